"""The second-reading mode: the spans a reader has still to decide on, one at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.domain.permissions import Right
from annotations.domain.vocabulary import Outcome
from annotations.models import (
    Article,
    Block,
    Citation,
    Decision,
    Label,
    Span,
    Speaker,
    WorkLogEntry,
)
from annotations.queries.access import Member
from annotations.queries.carrying import say_where_read
from annotations.queries.four_eyes import OWN_SPAN, authors_of, named, one_with
from annotations.queries.reading import shown_parts, shown_token

#: How many code points of its paragraph stand before and after a span.
CONTEXT = 600
_ORDER = ("start", "end", "uuid")


@dataclass
class Reading:
    """One span before its second reader, with all that the decision is about."""

    span: Span
    before: str
    after: str
    token: str
    citations: list[Citation]
    log: list[WorkLogEntry]
    decisions: list[Decision]
    authors: list[str]
    may_decide: bool
    why_not: str
    place: int
    waiting: int
    total: int
    next: UUID | None
    previous: UUID | None
    labels: list[Label]
    speakers: list[Speaker]


def _spans(by: Member, article: Article) -> QuerySet[Span]:
    return Span.objects.filter(by.readable(), article=article, withdrawn_at=None).order_by(*_ORDER)


def _waiting(by: Member, article: Article, own: Iterable[UUID]) -> QuerySet[Span]:
    """Return the spans that wait for the member's decision.

    Those lack acceptances that the policy asks, or stand returned; none that the member, who is
    one with ``own``, wrote or has decided on. Asked of the database: of the spans of an article
    there may be twenty thousand, and one of them is shown.
    """
    standing = Decision.objects.filter(span=OuterRef("pk"), voided_at=None, declined_at=None)
    asked = max(by.project.rules.second_readers, 1)
    accepted = standing.filter(outcome=Outcome.ACCEPTED).order_by("made_at", "uuid")
    waiting = _spans(by, article).exclude(Exists(standing.filter(reader=by.person)))
    # There are as many acceptances as are asked where there is a last one of so many.
    waiting = waiting.exclude(Exists(accepted[asked - 1 : asked]))
    for person in own:
        waiting = waiting.exclude(authors__contains=person.hex)
    return waiting


def _after(span: Span) -> Q:
    """Return the condition of what stands behind a span in the order of the text."""
    return (
        Q(start__gt=span.start)
        | Q(start=span.start, end__gt=span.end)
        | Q(start=span.start, end=span.end, uuid__gt=span.pk)
    )


def _before(span: Span) -> Q:
    return (
        Q(start__lt=span.start)
        | Q(start=span.start, end__lt=span.end)
        | Q(start=span.start, end=span.end, uuid__lt=span.pk)
    )


def reading(by: Member, article: Article, key: UUID | None) -> Reading | None:
    """Return the span ``key``, or the first that waits, as its second reader sees it."""
    everything = _spans(by, article)
    one_person = one_with(by.person.pk)
    waiting = _waiting(by, article, one_person)
    shown = ("label", "speaker", "assertion", "author", "assertion__speaker")
    span = everything.filter(pk=key).select_related(*shown).first() if key else None
    span = span or waiting.select_related(*shown).first()
    if span is None:
        return None
    others = waiting.exclude(pk=span.pk).values_list("pk", flat=True)
    following = others.filter(_after(span)).first() or others.first()
    own = one_person & authors_of(span)
    why_not = ""
    if not by.may(Right.SECOND_READ):
        why_not = "Your role does not include second reading."
    elif own:
        why_not = named(own, by.person.pk, OWN_SPAN)
    start, end = paragraph_of(span)
    return Reading(
        span=span,
        before=article.text[max(start, span.start - CONTEXT) : span.start],
        after=article.text[span.end : min(end, span.end + CONTEXT)],
        token=shown_token(shown_parts([span])[span.pk]),
        citations=_citations(span),
        log=list(
            WorkLogEntry.objects.filter(assertion=span.assertion_id, withdrawn_at=None)
            .select_related("author")
            .order_by("on", "uuid")
        )
        if span.assertion_id
        else [],
        decisions=_standing(span),
        authors=_authors(by, span),
        may_decide=not why_not,
        why_not=why_not,
        place=everything.filter(_before(span)).count() + 1,
        waiting=waiting.count(),
        total=everything.count(),
        next=following,
        previous=others.filter(_before(span)).last(),
        labels=list(Label.objects.filter(project=by.project, retired=False)),
        speakers=list(Speaker.objects.filter(project=by.project)),
    )


def _standing(span: Span) -> list[Decision]:
    """Return the decisions that stand, with proposals that were declined: why, is read here."""
    rows = Decision.objects.filter(span=span, voided_at=None)
    decisions = list(rows.select_related("reader", "answered_by").order_by("made_at", "uuid"))
    say_where_read(decisions)
    return decisions


def _citations(span: Span) -> list[Citation]:
    if span.assertion_id is None:
        return []
    return list(
        Citation.objects.filter(assertion=span.assertion_id, withdrawn_at=None).select_related(
            "source", "added_by", "confirmed_by"
        )
    )


def _authors(by: Member, span: Span) -> list[str]:
    keys = [UUID(key) for key in span.authors.split()]
    return sorted(by.project.people.filter(pk__in=keys).values_list("name", flat=True))


def paragraph_of(span: Span) -> tuple[int, int]:
    """Return where the blocks that the span reaches into begin and end."""
    blocks = Block.objects.filter(article=span.article_id, start__lt=span.end, end__gt=span.start)
    ranges = list(blocks.values_list("start", "end"))
    starts = [start for start, _ in ranges] or [span.start]
    ends = [end for _, end in ranges] or [span.end]
    return min(starts), max(ends)
