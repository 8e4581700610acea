"""The second-reading mode: the spans a reader has still to decide on, one at a time."""

from dataclasses import dataclass
from uuid import UUID

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
from annotations.queries.reading import shown_parts, shown_token, standing_decisions

#: How many code points of its paragraph stand before and after a span.
CONTEXT = 600


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


def waiting_spans(by: Member, article: Article) -> list[Span]:
    """Return the spans that wait for the member's decision, in order of the text. Three queries.

    Those lack acceptances that the policy asks, or stand returned; none that the member wrote
    or has decided on.
    """
    spans = _spans(by, article)
    decisions = standing_decisions(spans)
    asked = max(by.project.rules.second_readers, 1)
    own = one_with(by.person.pk)
    return [
        span
        for span in spans
        if own.isdisjoint(authors_of(span)) and _open(decisions.get(span.pk, []), by, asked)
    ]


def _spans(by: Member, article: Article) -> list[Span]:
    return list(
        Span.objects.filter(by.readable(), article=article, withdrawn_at=None)
        .select_related("label", "speaker", "assertion", "author", "assertion__speaker")
        .order_by("start", "end", "uuid")
    )


def _open(decisions: list[Decision], by: Member, asked: int) -> bool:
    if any(decision.reader_id == by.person.pk for decision in decisions):
        return False
    accepted = sum(decision.outcome == Outcome.ACCEPTED for decision in decisions)
    return bool(accepted < asked)


def reading(by: Member, article: Article, key: UUID | None) -> Reading | None:
    """Return the span ``key``, or the first that waits, as its second reader sees it."""
    everything = _spans(by, article)
    waiting = waiting_spans(by, article)
    keys = [span.pk for span in waiting]
    found = next((span for span in everything if span.pk == key), None)
    span = found or (waiting[0] if waiting else None)
    if span is None:
        return None
    order = {one.pk: place for place, one in enumerate(everything)}
    here = order[span.pk]
    after = [one for one in keys if order[one] > here]
    before = [one for one in keys if order[one] < here]
    rest = [one for one in keys if one != span.pk]
    own = one_with(by.person.pk) & authors_of(span)
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
        place=here + 1,
        waiting=len(waiting),
        total=len(everything),
        next=after[0] if after else (rest[0] if rest else None),
        previous=before[-1] if before else None,
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
