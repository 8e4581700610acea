"""The only doors to an object: everything a screen shows begins with what the member may see.

Who is no member of a project gets ``Missing``, as for a project that is not there.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from annotations.domain.cursor import Cursor
from annotations.domain.errors import Missing, Refused
from annotations.domain.permissions import Right, check, may, why_not_make
from annotations.domain.vocabulary import Mode, Role, StreamKind
from annotations.models import (
    Article,
    Assertion,
    Assignment,
    Block,
    Citation,
    Comment,
    ConfidentialDetails,
    Decision,
    ImportBatch,
    ImportItem,
    Label,
    Membership,
    Person,
    PersonAccount,
    Project,
    Source,
    Span,
    Speaker,
    Stream,
    WorkLogEntry,
)
from annotations.models.prepared import Prepared


@dataclass(frozen=True)
class Member:
    """An account in a project: the person it acts as there, and its role."""

    account: User
    project: Project
    person: Person
    role: Role

    def may(self, right: Right) -> bool:
        return may(self.role, right)

    def must(self, right: Right) -> None:
        """Raise ``NotAllowed`` unless the member holds ``right``.

        For what a screen shows; a change is refused by its action.
        """
        check(self.role, right)

    @property
    def streams(self) -> QuerySet[Stream]:
        """The streams that the member may read."""
        return Stream.objects.filter(self.readable("", "project"))

    def readable(self, stream: str = "stream__", project: str = "") -> Q:
        """Return the condition that a row's stream may be read.

        ``stream`` is the path from the row to its stream; ``project`` the path to its project,
        where the condition has to say it.
        """
        allowed = Q(**{project: self.project}) if project else Q()
        return allowed & readable(self.project.mode, self.person.pk, stream)


def readable(mode: str, person: UUID, stream: str = "stream__") -> Q:
    """Return the condition that ``person`` may read a row's stream; in shared mode all may."""
    if mode == Mode.SHARED:
        return Q()
    return ~Q(**{f"{stream}kind": StreamKind.LAYER}) | Q(**{f"{stream}person": person})


#: The links of an account that it acts by, with its role; few, so the project is picked here.
_LINKS = Prepared(
    lambda account: (
        PersonAccount.objects.filter(account=account, ended_at=None)
        .select_related("person", "project")
        .annotate(
            role=Subquery(
                Membership.objects.filter(
                    project=OuterRef("project"), account=OuterRef("account")
                ).values("role")[:1]
            )
        )
    ),
    int,
)


def member(account: User | AnonymousUser, slug: str) -> Member:
    """Return the account's membership of the project ``slug``. One query."""
    if not account.is_authenticated:
        raise Missing("There is no such project.")
    link: Any = next((one for one in _LINKS(account.pk) if one.project.slug == slug), None)
    if link is None or link.role is None:
        raise Missing("There is no such project.")
    link.person.project = link.project
    return Member(account, link.project, link.person, Role(link.role))


def may_make(account: User | AnonymousUser) -> bool:
    """Say whether the account begins projects and makes accounts."""
    return why_not_make(is_staff=account.is_staff, makers=settings.PROJECT_MAKERS) is None


def account_to_add(by: Member, username: str) -> User:
    """Return the account that a manager names to add it to the project, or to link it there.

    Staff may name any account; everybody else one with which they share a project. Raises
    ``Refused`` for any other, in the same words whether there is such an account or not. One
    query.
    """
    known = User.objects.filter(username=username)
    if not by.account.is_staff:
        known = known.filter(memberships__project__memberships__account=by.account)
    found = known.first()
    if found is None:
        who = "" if by.account.is_staff else ", or none that shares a project with you"
        raise Refused(
            f"There is no account “{username}”{who}. Ask for the user name as it is written on "
            "their first page, or ask whoever runs this server to add them.",
            code="account_unknown",
        )
    return found


def projects(account: User) -> QuerySet[Project]:
    """Return the projects the account is a member of, by name."""
    return (
        Project.objects.filter(
            memberships__account=account,
            people__links__account=account,
            people__links__ended_at=None,
        )
        .distinct()
        .order_by("name", "slug")
    )


def _one(rows: QuerySet[Any], what: str, **condition: Any) -> Any:
    found = rows.filter(**condition).first()
    if found is None:
        raise Missing(f"There is no such {what} in this project.")
    return found


def _sequence(stream: Q) -> Subquery:
    return Subquery(Stream.objects.filter(stream).values("sequence"))


_ARTICLE = {
    mode: Prepared(
        lambda project, key, person, mode=mode: Article.objects.filter(
            project=project, pk=key
        ).annotate(
            seen_project=_sequence(Q(pk=project)),
            seen_article=_sequence(Q(pk=OuterRef("pk"))),
            seen_layers=Subquery(
                Stream.objects.filter(
                    readable(mode, person, ""), article=OuterRef("pk"), kind=StreamKind.LAYER
                )
                .order_by()
                .values("article")
                .values_list(Sum("sequence"))
            ),
        ),
        UUID,
        UUID,
        UUID,
    )
    for mode in Mode
}


def article(by: Member, key: UUID) -> Article:
    """Return an article of the project with its text."""
    found = _ARTICLE[by.project.mode].first(by.project.pk, key, by.person.pk)
    if found is None:
        raise Missing("There is no such article in this project.")
    found.project = by.project
    return found


def read_at(article: Any) -> Cursor:
    """Return how far the member had read when ``article`` came from the door above."""
    return Cursor(article.seen_project, article.seen_article, article.seen_layers or 0)


def span(by: Member, key: UUID, *, of: UUID | None = None) -> Span:
    """Return a span that the member may see, with its article and label; withdrawn ones too."""
    rows = Span.objects.filter(by.readable(), article__project=by.project).select_related(
        "article", "label", "speaker", "assertion", "author"
    )
    found: Span = _one(rows if of is None else rows.filter(article=of), "span", pk=key)
    found.article.project = by.project
    return found


def block(by: Member, of: UUID, index: int) -> Block:
    found: Block = _one(
        Block.objects.filter(article__project=by.project).select_related("article"),
        "block",
        article=of,
        index=index,
    )
    found.article.project = by.project
    return found


def label(by: Member, key: UUID) -> Label:
    found: Label = _one(Label.objects.filter(project=by.project), "label", pk=key)
    found.project = by.project
    return found


def speaker(by: Member, key: UUID) -> Speaker:
    found: Speaker = _one(Speaker.objects.filter(project=by.project), "speaker", pk=key)
    found.project = by.project
    return found


def person(by: Member, key: UUID) -> Person:
    found: Person = _one(Person.objects.filter(project=by.project), "person", pk=key)
    found.project = by.project
    return found


def source(by: Member, key: UUID) -> Source:
    found: Source = _one(Source.objects.filter(project=by.project), "source", pk=key)
    found.project = by.project
    return found


def assertion(by: Member, key: UUID) -> Assertion:
    rows = Assertion.objects.filter(by.readable(), project=by.project)
    found: Assertion = _one(rows.select_related("speaker"), "assertion", pk=key)
    found.project = by.project
    return found


def citation(by: Member, key: UUID) -> Citation:
    rows = Citation.objects.filter(
        by.readable("assertion__stream__"), assertion__project=by.project
    )
    found: Citation = _one(
        rows.select_related("assertion", "source", "added_by", "confirmed_by"), "citation", pk=key
    )
    found.assertion.project = by.project
    return found


def log_entry(by: Member, key: UUID, *, of: UUID | None) -> WorkLogEntry:
    """Return a search or contact logged for the assertion ``of`` that the member may see."""
    rows = WorkLogEntry.objects.filter(
        by.readable("assertion__stream__"), assertion__project=by.project, assertion=of
    )
    found: WorkLogEntry = _one(rows.select_related("assertion"), "log entry", pk=key)
    found.assertion.project = by.project
    return found


def comment(by: Member, key: UUID, *, of: UUID) -> Comment:
    """Return a comment on the article ``of`` or one of its spans that the member may read."""
    rows = Comment.objects.filter(by.readable(), article__project=by.project, article=of)
    found: Comment = _one(rows.select_related("article", "parent", "span"), "comment", pk=key)
    found.article.project = by.project
    if found.parent is not None:
        found.parent.article = found.article
    return found


def assignment(by: Member, key: UUID, *, of: UUID) -> Assignment:
    rows = Assignment.objects.filter(article__project=by.project, article=of)
    found: Assignment = _one(rows.select_related("article", "person"), "assignment", pk=key)
    found.article.project = by.project
    return found


def decision(by: Member, key: UUID, *, of: UUID) -> Decision:
    """Return a decision on a span that the member may see."""
    rows = Decision.objects.filter(
        by.readable("span__stream__"), span__article__project=by.project, span=of
    )
    found: Decision = _one(rows.select_related("span__article"), "decision", pk=key)
    found.span.article.project = by.project
    return found


def confidential(by: Member, of: Source) -> str | None:
    """Return a confidential source's details where the member is one of its named readers."""
    details = ConfidentialDetails.objects.filter(source=of, readers=by.person).first()
    return None if details is None else details.details


def import_batch(by: Member, key: UUID) -> ImportBatch:
    """Return a batch of files on their way into the project."""
    found: ImportBatch = _one(
        ImportBatch.objects.filter(project=by.project).select_related("person"),
        "import",
        pk=key,
    )
    found.project = by.project
    return found


def import_item(by: Member, of: UUID, key: int) -> ImportItem:
    found: ImportItem = _one(
        ImportItem.objects.filter(batch__project=by.project).select_related("batch"),
        "article",
        batch=of,
        pk=key,
    )
    found.batch.project = by.project
    return found
