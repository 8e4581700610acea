"""What concerns an account in all of its projects: mentions, answers, returned spans, assignments.

``InboxItem`` only points. Here is asked what still holds: a comment or a span that was withdrawn,
a decision that is void, an assignment that is done is not shown, nor anything of a stream that
the person may not read, nor of a project that the account is no longer a member of.
"""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from annotations.domain import mentions
from annotations.domain.permissions import Right, may
from annotations.domain.proposals import Asked
from annotations.domain.rendering import render_asked
from annotations.domain.vocabulary import InboxKind, Mode, Outcome, ReturnReason, Role, StreamKind
from annotations.models import Decision, InboxItem, Membership, PersonAccount
from annotations.models.prepared import Prepared
from annotations.queries.comments import names_of
from annotations.queries.proposals import told

#: Items on one page.
PAGE = 25
#: Beyond this the header says no number: nobody counts on it, and counting costs.
COUNTED = 99

#: Projects that a page of no one project follows: all windows of a browser share one line, with a limit.
FOLLOWED = 12

#: What the page can be narrowed to, with the words of its links.
SHOWN = {
    "": "Everything",
    "unread": "Unread",
    InboxKind.MENTION.value: "Mentions",
    InboxKind.REPLY.value: "Replies",
    InboxKind.DECISION.value: "Your spans",
    InboxKind.ASSIGNMENT.value: "Assignments",
}


@dataclass(frozen=True)
class Item:
    """One thing that concerns the account, in words; ``html`` is safe."""

    pk: int
    kind: InboxKind
    #: What happened, after the name of who did it: "mentioned you".
    words: str
    who: str
    at: datetime.datetime
    unread: bool
    project: str
    slug: str
    article: UUID
    title: str
    #: The span that it is about, and its words; None and "" where it is about the article.
    span: UUID | None
    quote: str
    #: Whether that span was withdrawn since, so that the article shows it no more.
    gone: bool
    html: str
    comment: UUID | None
    #: What a second reader asks, old and new, as safe HTML; and the proposal, where one may answer it.
    asked: str = ""
    answers: tuple[UUID, ...] = ()


def followed(account: User | AnonymousUser) -> list[str]:
    """Return the slugs of projects from which something may come, joined last first."""
    members = Membership.objects.filter(account=account.pk).order_by("-pk")
    return list(members.values_list("project__slug", flat=True)[:FOLLOWED])


def _readable(stream: str) -> Q:
    return (
        Q(person__project__mode=Mode.SHARED)
        | ~Q(**{f"{stream}__kind": StreamKind.LAYER})
        | Q(**{f"{stream}__person": F("person")})
    )


def _items(account: User | int) -> QuerySet[InboxItem]:
    """Return what still concerns an account, or the account of this key."""
    own = PersonAccount.objects.filter(
        account=account,
        ended_at=None,
        project__in=Membership.objects.filter(account=account).values("project"),
    )
    said = Q(comment__isnull=False, comment__withdrawn_at=None)
    to_author = ~Q(decision__reader=F("person")) & Q(
        decision__voided_at=None, decision__taken_at=None, decision__declined_at=None
    )
    to_reader = Q(decision__reader=F("person"), decision__answered_by__isnull=False)
    decided = Q(decision__isnull=False, decision__span__withdrawn_at=None) & (to_author | to_reader)
    asked = Q(assignment__isnull=False, assignment__withdrawn_at=None, assignment__done_at=None)
    return InboxItem.objects.filter(
        (said & _readable("comment__stream"))
        | (decided & _readable("decision__span__stream"))
        | asked,
        account=account,
        person__in=own.values("person"),
    )


#: On every page, so it is written once.
_UNREAD = Prepared(
    lambda account: (
        _items(account).filter(read_at=None).order_by().values_list("pk", flat=True)[: COUNTED + 1]
    ),
    int,
)


def unread(account: User | AnonymousUser) -> int:
    """Return how many items are unread, counted up to one more than ``COUNTED``. One query."""
    return len(_UNREAD(account.pk)) if account.is_authenticated else 0


def inbox(account: User, *, shown: str = "", page: int = 1) -> tuple[list[Item], bool]:
    """Return a page of the inbox, the newest first, and whether there are older ones.

    ``shown`` is one of ``SHOWN``. Two queries.
    """
    rows = _items(account)
    if shown == "unread":
        rows = rows.filter(read_at=None)
    elif shown:
        rows = rows.filter(kind=shown)
    first = (page - 1) * PAGE
    found = list(_with_places(rows)[first : first + PAGE + 1])
    return _told_all(found[:PAGE]), len(found) > PAGE


def item_of(account: User, item: int) -> Item | None:
    """Return one item of the account's inbox, where it still holds."""
    return next(iter(_told_all(list(_with_places(_items(account).filter(pk=item))))), None)


def _with_places(rows: QuerySet[InboxItem]) -> QuerySet[InboxItem]:
    return (
        rows.select_related(
            "person__project",
            "comment__author",
            "decision__reader",
            "decision__answered_by",
            "decision__span",
            "assignment__created_by",
        )
        .defer("person__project__guidelines", "person__project__policy")
        .annotate(
            article=Coalesce("comment__article", "decision__span__article", "assignment__article"),
            title=Coalesce(
                "comment__article__title",
                "decision__span__article__title",
                "assignment__article__title",
            ),
            span=Coalesce("comment__span", "decision__span"),
            quote=Coalesce("comment__span__quote", "decision__span__quote"),
            gone=F("comment__span__withdrawn_at"),
        )
        .order_by("-at", "-id")
    )


def _told_all(rows: list[InboxItem]) -> list[Item]:
    mentioned = {key for row in rows if row.comment is not None for key in row.comment.mentions}
    names = names_of(mentioned)
    proposed = [row for row in rows if row.decision is not None and row.decision.proposal]
    asked = {UUID(one.uuid): one for one in _proposals(proposed)}
    editors = _editors(proposed)
    return [_told(row, names, asked, editors) for row in rows]


def _proposals(rows: list[InboxItem]) -> list[Asked]:
    if not rows:
        return []
    return [one for _, one in told(Decision.objects.filter(pk__in=[r.decision_id for r in rows]))]


def _editors(rows: list[InboxItem]) -> set[int]:
    """Return the items whose account may change the span that a proposal is about."""
    if not rows:
        return set()
    roles = dict(
        Membership.objects.filter(
            account=rows[0].account_id, project__in={row.person.project_id for row in rows}
        ).values_list("project", "role")
    )
    found = set()
    for row in rows:
        decision: Any = row.decision
        own = decision.span.author_id == row.person_id
        shared = row.person.project.mode == Mode.SHARED
        role = Role(roles[row.person.project_id])
        if may(role, Right.EDIT_OWN) if own else shared and may(role, Right.EDIT_OTHERS):
            found.add(row.pk)
    return found


def _told(row: Any, names: dict[str, str], proposals: dict[UUID, Asked], editors: set[int]) -> Item:
    html = asked = ""
    answers: tuple[UUID, ...] = ()
    if row.comment is not None:
        comment = row.comment
        who = comment.author.name
        words = "mentioned you" if row.kind == InboxKind.MENTION else "answered in your thread"
        html = mentions.render(comment.body, comment.mentions, names, str(row.person_id))
    elif row.decision is not None:
        decision = row.decision
        who = decision.reader.name
        html = mentions.render(decision.reason, (), {})
        if decision.reader_id == row.person_id:
            who = decision.answered_by.name
            html = mentions.render(decision.answer, (), {})
            words = (
                "took the change that you proposed"
                if decision.taken_at
                else "keeps the span as it is, against your proposal"
            )
        elif decision.outcome == Outcome.RETURNED:
            reason = ReturnReason(decision.reason_code).label
            words = f"returned your span: {reason}"
        else:
            words = "proposes a change to your span"
            asked = render_asked(proposals[decision.pk])
            answers = (decision.pk,) if row.pk in editors else ()
    else:
        assignment = row.assignment
        who = assignment.created_by.name
        due = f", due {assignment.due:%-d %B %Y}" if assignment.due else ""
        words = f"assigned to you: {assignment.get_kind_display()}{due}"
    return Item(
        pk=row.pk,
        kind=InboxKind(row.kind),
        words=words,
        who=who,
        at=row.at,
        unread=row.read_at is None,
        project=row.person.project.name,
        slug=row.person.project.slug,
        article=row.article,
        title=row.title,
        span=row.span,
        quote=row.quote or "",
        gone=row.gone is not None,
        html=html,
        comment=row.comment_id,
        asked=asked,
        answers=answers,
    )
