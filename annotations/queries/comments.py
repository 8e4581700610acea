"""Threads of comments on an article and its spans, as their pages show them.

A thread is a comment without parent and the answers to it. It is open until somebody resolves it;
one of which nothing is left, because everything in it was withdrawn, is shown nowhere. Only
comments of streams that the member may read are told.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from annotations.domain import mentions
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import Mode, StreamKind
from annotations.models import (
    Article,
    Comment,
    Person,
    Project,
    Span,
    Stream,
)
from annotations.queries.access import Member

#: Threads on one page of all, and the most that stand beside a text; the page has the others.
THREADS_PAGE, MOST = 50, 30


class Counts(NamedTuple):
    open: int
    resolved: int

    @property
    def all(self) -> int:
        return self.open + self.resolved


@dataclass(frozen=True)
class CommentView:
    uuid: UUID
    author: str
    own: bool
    at: datetime.datetime
    #: The body as HTML, mentions under the names of today; "" where it was withdrawn.
    html: str
    #: The body as its author edits it; "" where he may not.
    typed: str
    withdrawn: bool
    revision: int


@dataclass
class Thread:
    first: CommentView
    resolved_at: datetime.datetime | None
    resolved_by: str
    #: The span that it is about, with its label; None where it is about the article.
    span: Span | None
    replies: list[CommentView] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.resolved_at is None

    @property
    def live(self) -> int:
        """How many of its comments were not withdrawn."""
        return sum(not one.withdrawn for one in (self.first, *self.replies))


def readers(project: Project, stream: UUID) -> dict[str, str]:
    """Return the members who may read a stream, UUID → name, by name: who may be mentioned."""
    people = Person.objects.filter(
        Exists(
            Person.objects.filter(
                pk=OuterRef("pk"),
                links__ended_at=None,
                links__account__is_active=True,
                links__account__memberships__project=project,
            )
        ),
        project=project,
    )
    if project.mode != Mode.SHARED:
        layers = Stream.objects.filter(pk=stream, kind=StreamKind.LAYER)
        owner = layers.values_list("person", flat=True).first()
        if owner is not None:
            people = people.filter(pk=owner)
    found = people.order_by("uuid").values_list("pk", "name")
    return {str(key): name for key, name in sorted(found, key=lambda one: one[1].casefold())}


def _roots(by: Member, article: Article) -> QuerySet[Comment]:
    """Return the first comments of the threads that are shown."""
    answered = Comment.objects.filter(parent=OuterRef("pk"), withdrawn_at=None)
    return Comment.objects.filter(
        by.readable(), Q(withdrawn_at=None) | Exists(answered), article=article, parent=None
    )


def counts(by: Member, article: Article) -> Counts:
    """Return how many threads of the article and its spans are open, and resolved. One query."""
    roots = _roots(by, article)
    found = roots.aggregate(
        open=Count("pk", filter=Q(resolved_at=None)),
        resolved=Count("pk", filter=Q(resolved_at__isnull=False)),
    )
    return Counts(**found)


def threads_of_span(by: Member, span: Span) -> list[Thread]:
    """Return the newest threads of a span, the oldest first. Six queries at most."""
    return _newest(by, span.article, _roots(by, span.article).filter(span=span))


def threads_of_article(by: Member, article: Article) -> list[Thread]:
    """Return the newest threads about the article itself, the oldest first. Six queries at most."""
    return _newest(by, article, _roots(by, article).filter(span=None))


def _newest(by: Member, article: Article, roots: QuerySet[Comment]) -> list[Thread]:
    return _threads(by, article, roots.order_by("-created_at", "-uuid")[:MOST])[::-1]


def all_threads(
    by: Member, article: Article, *, resolved: bool | None = None, page: int = 1
) -> list[Thread]:
    """Return one page of the threads of article and spans, in the order of the text.

    ``resolved`` keeps only resolved or only open ones. Six queries at most.
    """
    roots = _roots(by, article)
    if resolved is not None:
        roots = roots.filter(resolved_at__isnull=not resolved)
    first = (page - 1) * THREADS_PAGE
    return _threads(by, article, _in_text_order(roots)[first : first + THREADS_PAGE])


def page_with(by: Member, article: Article, comment: UUID) -> int:
    """Return the page of ``all_threads`` that a comment stands on; the first where on none."""
    answers = Comment.objects.filter(pk=comment, article=article).values_list("parent", flat=True)
    thread = answers.first() or comment
    order = list(_in_text_order(_roots(by, article)).values_list("pk", flat=True))
    return order.index(thread) // THREADS_PAGE + 1 if thread in order else 1


def _in_text_order(roots: QuerySet[Comment]) -> QuerySet[Comment]:
    """Return first those about the article, then those of its spans as they stand in the text."""
    return roots.order_by(F("span__start").asc(nulls_first=True), "span__end", "created_at", "uuid")


def _threads(by: Member, article: Article, roots: QuerySet[Comment]) -> list[Thread]:
    firsts = list(roots.select_related("author", "resolved_by", "span__label"))
    if not firsts:
        return []
    answers = list(
        Comment.objects.filter(by.readable(), parent__in=[first.pk for first in firsts])
        .select_related("author")
        .order_by("created_at", "uuid")
    )
    show = _presenter(by, article, [*firsts, *answers])
    found = {
        first.pk: Thread(
            first=show(first),
            resolved_at=first.resolved_at,
            resolved_by=first.resolved_by.name if first.resolved_by else "",
            span=first.span,
        )
        for first in firsts
    }
    for answer in answers:
        # An answer withdrawn leaves no gap; a first comment does, for its answers' sake.
        if answer.withdrawn_at is None and answer.parent_id is not None:
            found[answer.parent_id].replies.append(show(answer))
    return list(found.values())


def _presenter(by: Member, article: Article, comments: Iterable[Comment]) -> Any:
    comments = list(comments)
    me = str(by.person.pk)
    named = {key for comment in comments for key in comment.mentions}
    names = names_of(named)
    may = by.may(Right.COMMENT)
    known: dict[UUID, dict[str, str]] = {}

    def people(comment: Comment) -> dict[str, str]:
        if not comment.mentions:
            return {}
        if comment.stream_id not in known:
            known[comment.stream_id] = readers(by.project, comment.stream_id)
        return editable(comment, known[comment.stream_id], names)

    def show(comment: Comment) -> CommentView:
        withdrawn = comment.withdrawn_at is not None
        own = comment.author_id == by.person.pk
        typed = ""
        if own and may and not withdrawn:
            typed = mentions.typed(comment.body, comment.mentions, people(comment))
        return CommentView(
            uuid=comment.pk,
            author=comment.author.name,
            own=own,
            at=comment.created_at,
            html="" if withdrawn else mentions.render(comment.body, comment.mentions, names, me),
            typed=typed,
            withdrawn=withdrawn,
            revision=comment.revision,
        )

    return show


def editable(
    comment: Comment, people: dict[str, str], names: dict[str, str] | None = None
) -> dict[str, str]:
    """Return who may be mentioned in a comment that is changed: also who stands in it already."""
    if names is None:
        names = names_of(comment.mentions)
    return {key: names[key] for key in comment.mentions if key in names} | people


def names_of(people: Iterable[str]) -> dict[str, str]:
    """Return the names of people by their UUIDs; no query where there are none."""
    wanted = set(people)
    if not wanted:
        return {}
    found = Person.objects.filter(pk__in=wanted).values_list("pk", "name")
    return {str(key): name for key, name in found}
