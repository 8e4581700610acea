"""Rows that belong to this database alone and append no event: ticks, receipts, inboxes."""

import datetime
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q

from annotations.actions.recording import Key, claimed, nothing, repeatable, require
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import Access, InboxKind, Outcome
from annotations.models import (
    Article,
    Assignment,
    Block,
    Comment,
    ConfidentialDigest,
    Decision,
    Export,
    InboxItem,
    Person,
    PersonAccount,
    Project,
    ReadMark,
    Salt,
    Source,
    search,
)
from annotations.models.base import now
from annotations.queries.confidential import kept_digests

#: Bytes of the salt of a database.
SALT = 32


@repeatable(nothing)
def tick_read(block: Block, *, by: Person, read: bool = True, key: Key | None = None) -> None:
    """Note that ``by`` has read the block, or has not."""
    with claimed(by, key, uuid4(), None):
        require(by, Right.TICK_READ, block.article.project_id)
        if read:
            ReadMark.objects.get_or_create(block=block, person=by)
        else:
            ReadMark.objects.filter(block=block, person=by).delete()


def tick_counted(article: Article, *, by: Person, indexes: Collection[int] = ()) -> int:
    """Note that ``by`` has read the blocks of these indexes or, without any, all that count.

    Returns how many that are.
    """
    rows = Block.objects.filter(article=article).order_by("index")
    if indexes:
        rows = rows.filter(index__in=indexes)
    else:
        rows = rows.filter(role__in=article.project.rules.counted_roles)
    blocks = list(rows.select_related("article"))
    with transaction.atomic():
        for block in blocks:
            tick_read(block, by=by)
    return len(blocks)


@transaction.atomic
def note_export(
    project: Project,
    *,
    by: Person | None,
    format: str,
    selection: Mapping[str, Any],
    articles: int | None,
    file_name: str,
    size: int,
    sha256: str,
    head: tuple[int, str],
    sources: Iterable[UUID],
) -> Export:
    """Note a file that left, with the sources it names; nobody: from the command line."""
    if by is not None:
        require(by, Right.EXPORT, project.pk)
    made = Export.objects.create(
        project=project,
        person=by,
        format=format,
        selection=dict(selection),
        articles=articles,
        file_name=file_name[:1000],
        size=size,
        sha256=sha256,
        head_sequence=head[0],
        head_hash=head[1],
    )
    made.sources.add(*Source.objects.filter(project=project, pk__in=set(sources)))
    return made


@transaction.atomic
def rebuild_search() -> int:
    """Make every entry of the search anew; return how many did not fit.

    Writers wait meanwhile: a few seconds for 100,000 spans.
    """
    wrong = search.out_of_step(connection)
    search.install(connection, anew=True)
    return wrong


# Inboxes: what concerns whom is noted where it happens; whether it still holds is asked when it is
# shown (``queries.inbox``), so that nothing here is taken back.


def _linked(people: Iterable[UUID]) -> dict[UUID, int]:
    """Return the accounts that act as ``people`` now."""
    links = PersonAccount.objects.filter(person__in=list(people), ended_at=None)
    return dict(links.values_list("person", "account"))


def _put(concerned: Mapping[UUID, InboxKind], at: datetime.datetime, **about: Any) -> None:
    """Put something into the inboxes of people; what stands there already stays as it is."""
    if concerned:
        InboxItem.objects.bulk_create(
            _items(concerned, _linked(concerned), at, **about), ignore_conflicts=True
        )


def _items(
    concerned: Mapping[UUID, InboxKind],
    accounts: Mapping[UUID, int],
    at: datetime.datetime,
    **about: Any,
) -> list[InboxItem]:
    return [
        InboxItem(account_id=accounts[person], person_id=person, kind=kind, at=at, **about)
        for person, kind in concerned.items()
        if person in accounts
    ]


def _concerned(thread: Sequence[Comment], comment: Comment) -> dict[UUID, InboxKind]:
    """Return whom a comment concerns: those it mentions, and who had a part in the thread before.

    ``thread`` is what was said before it, and not withdrawn since.
    """
    found: dict[UUID, InboxKind] = {}
    for before in thread:
        found |= dict.fromkeys((before.author_id, *map(UUID, before.mentions)), InboxKind.REPLY)
    found |= dict.fromkeys(map(UUID, comment.mentions), InboxKind.MENTION)
    found.pop(comment.author_id, None)
    return found


def notice_comment(comment: Comment, *, at: datetime.datetime) -> None:
    """Put a comment, new or changed, into the inboxes of those whom it concerns.

    Who is mentioned only now finds it unread; who is mentioned no more loses it.
    """
    thread: list[Comment] = []
    if comment.parent_id is not None:
        whole = Q(pk=comment.parent_id) | Q(parent=comment.parent_id)
        before = Comment.objects.filter(whole, created_at__lte=comment.created_at)
        thread = list(before.filter(withdrawn_at=None).exclude(pk=comment.pk))
    concerned = _concerned(thread, comment)
    if comment.revision > 1:
        noted = InboxItem.objects.filter(comment=comment)
        noted.exclude(person__in=concerned).delete()
        mentioned = [who for who, kind in concerned.items() if kind == InboxKind.MENTION]
        noted.filter(person__in=mentioned, kind=InboxKind.REPLY).update(
            kind=InboxKind.MENTION, at=at, read_at=None
        )
    _put(concerned, at, comment=comment)


def _authors(decision: Decision) -> dict[UUID, InboxKind]:
    span = decision.span
    authors = {span.author_id, *map(UUID, span.authors.split())}
    return dict.fromkeys(authors - {decision.reader_id}, InboxKind.DECISION)


def notice_decision(decision: Decision) -> None:
    """Tell the authors of a span that it was returned, or that a change is proposed."""
    if decision.outcome != Outcome.ACCEPTED:
        _put(_authors(decision), decision.made_at, decision=decision)


def notice_answer(decision: Decision, *, at: datetime.datetime) -> None:
    """Tell a second reader that a proposal was taken or declined."""
    _put({decision.reader_id: InboxKind.DECISION}, at, decision=decision)
    # Of one that was undone and answered anew the newer answer is news.
    InboxItem.objects.filter(decision=decision, person=decision.reader_id).update(
        at=at, read_at=None
    )


def _read_when_made(assignment: Assignment) -> datetime.datetime | None:
    """Return when an assignment was read already: one to oneself."""
    own = assignment.created_by_id == assignment.person_id
    return assignment.created_at if own else None


def notice_assignment(assignment: Assignment) -> None:
    """Tell somebody what is assigned to him."""
    _put(
        {assignment.person_id: InboxKind.ASSIGNMENT},
        assignment.created_at,
        assignment=assignment,
        read_at=_read_when_made(assignment),
    )


def salt() -> str:
    """Return the salt of this database's digests, made at the first call."""
    found = Salt.objects.first()
    if found is None:
        found, _ = Salt.objects.get_or_create(defaults={"value": secrets.token_hex(SALT)}, pk=1)
    return found.value


@transaction.atomic
def keep_digests(*sources: UUID) -> None:
    """Note what is kept of these sources now, where any of it is confidential."""
    rows = Source.objects.filter(pk__in=sources)
    found = kept_digests(rows, salt())
    ConfidentialDigest.objects.filter(source__in=set(sources) - found.keys()).delete()
    for source, value in found.items():
        ConfidentialDigest.objects.update_or_create(source_id=source, defaults={"value": value})


@transaction.atomic
def keep_new_digests(project: UUID) -> None:
    """Note what is kept of sources that a fixture made confidential."""
    without = Source.objects.filter(
        project=project, access=Access.CONFIDENTIAL, confidential_digest=None
    )
    keep_digests(*without.values_list("pk", flat=True))


@transaction.atomic
def fill_inboxes(project: UUID, person: Person | None = None) -> None:
    """Put everything that concerns ``person``, or anybody, into the inbox of the account linked.

    For what was there before the link, and for what a fixture brought. What stands in an inbox
    already stays as it is, read or unread. Reads every comment of the project.
    """
    links = PersonAccount.objects.filter(project=project, ended_at=None)
    if person is not None:
        links = links.filter(person=person)
    accounts = dict(links.values_list("person", "account"))
    found: list[InboxItem] = []
    threads: dict[UUID, list[Comment]] = {}
    comments = Comment.objects.filter(article__project=project, withdrawn_at=None).defer("body")
    for comment in comments.order_by("created_at", "uuid"):
        thread = threads.setdefault(comment.parent_id or comment.pk, [])
        concerned = _concerned(thread, comment)
        found += _items(concerned, accounts, comment.created_at, comment=comment)
        thread.append(comment)
    decisions = Decision.objects.filter(span__article__project=project, voided_at=None)
    for decision in decisions.exclude(outcome=Outcome.ACCEPTED).select_related("span"):
        found += _items(_authors(decision), accounts, decision.made_at, decision=decision)
    answered = Decision.objects.filter(span__article__project=project, answered_by__isnull=False)
    for decision in answered:
        reader = {decision.reader_id: InboxKind.DECISION}
        at = decision.taken_at or decision.declined_at or decision.made_at
        found += _items(reader, accounts, at, decision=decision)
    for assignment in Assignment.objects.filter(
        article__project=project, person__in=accounts, done_at=None, withdrawn_at=None
    ):
        found += _items(
            {assignment.person_id: InboxKind.ASSIGNMENT},
            accounts,
            assignment.created_at,
            assignment=assignment,
            read_at=_read_when_made(assignment),
        )
    InboxItem.objects.bulk_create(found, ignore_conflicts=True, batch_size=500)


@transaction.atomic
def mark_read(account: User, *, item: int | None = None, read: bool = True) -> int:
    """Mark one item of an account's inbox as read or unread, or all of them; return how many."""
    mine = InboxItem.objects.filter(account=account, read_at__isnull=read)
    if item is not None:
        mine = mine.filter(pk=item)
    return mine.update(read_at=now() if read else None)
