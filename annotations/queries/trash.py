"""What was withdrawn in an article: by whom, when, where it stood, and whether it can come back."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from annotations.domain.events import Kind
from annotations.domain.permissions import Right
from annotations.domain.rendering import shorten
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Access, Mode, Stance
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.models import Article, Block, Citation, Event, Person, Span
from annotations.queries.access import Member, readable
from annotations.queries.occurrences import after, before

#: Rows on a page.
SIZE = 50


@dataclass(frozen=True)
class Row:
    """A withdrawn span or citation; ``words`` are its quote or quotation, without an ellipsis."""

    table: str
    uuid: UUID
    at: datetime.datetime
    who: str
    what: str
    #: Of a span the key and kind of its label; of a citation its stance, in words.
    key: str
    kind: str
    before: str
    words: str
    after: str
    #: Of a citation: the words it was brought to bear on.
    about: str
    revision: int
    #: Why the member cannot restore it; empty where he can.
    why_not: str


@dataclass(frozen=True)
class Trash:
    rows: list[Row]
    total: int
    #: Whether any of the rows shown can be restored by the member.
    any: bool


def withdrawn_spans(article: Article, person: Person) -> QuerySet[Span]:
    """Return the article's withdrawn spans that the person may see."""
    mode = article.project.mode
    return Span.objects.filter(
        readable(mode, person.pk), article=article, withdrawn_at__isnull=False
    ).order_by("-withdrawn_at", "start", "uuid")


def withdrawn_citations(article: Article, person: Person) -> QuerySet[Citation]:
    """Return the withdrawn citations of assertions of the article that the person may see."""
    mode = article.project.mode
    return (
        Citation.objects.filter(
            readable(mode, person.pk, "assertion__stream__"),
            assertion__in=Span.objects.filter(
                readable(mode, person.pk), article=article, assertion__isnull=False
            ).values("assertion"),
            withdrawn_at__isnull=False,
        )
        .select_related("assertion__project", "source")
        .order_by("-withdrawn_at", "uuid")
    )


def trash(by: Member, article: Article, page: int) -> Trash:
    """Return a page of what was withdrawn, the newest first. Ten queries at most."""
    places = [
        (at, key)
        for rows in (
            withdrawn_spans(article, by.person).values_list("withdrawn_at", "uuid"),
            withdrawn_citations(article, by.person).values_list("withdrawn_at", "uuid"),
        )
        for at, key in rows
        if at is not None
    ]
    places.sort(reverse=True)
    first = (min(page, -(-len(places) // SIZE)) - 1) * SIZE
    shown = {key for _, key in places[max(first, 0) : max(first, 0) + SIZE]}
    spans = list(
        withdrawn_spans(article, by.person)
        .filter(pk__in=shown)
        .select_related("label", "assertion")
    )
    here = Span.objects.filter(by.readable(), article=article).order_by("start", "uuid")
    citations = list(
        withdrawn_citations(article, by.person)
        .filter(pk__in=shown)
        .prefetch_related(Prefetch("assertion__spans", here, to_attr="here"))
    )
    who = _who(by, article, [*spans, *citations])
    blocks = list(
        Block.objects.filter(article=article).order_by("start").values_list("start", "end")
    )
    equal = _cited_again(citations)
    rows = [
        *(_span_row(by, article, span, who, blocks) for span in spans),
        *(_citation_row(by, citation, who, equal) for citation in citations),
    ]
    rows.sort(key=lambda row: (row.at, row.uuid), reverse=True)
    return Trash(rows, len(places), any(not row.why_not for row in rows))


def _span_row(
    by: Member, article: Article, span: Span, who: dict[UUID, str], blocks: list[tuple[int, int]]
) -> Row:
    around = [block for block in blocks if block[0] < span.end and block[1] > span.start]
    first, last = (around[0][0], around[-1][1]) if around else (span.start, span.end)
    own = span.author_id == by.person.pk
    may = by.may(Right.EDIT_OWN if own else Right.EDIT_OTHERS)
    if not own and by.project.mode != Mode.SHARED:
        may = False
    return Row(
        table="span",
        uuid=span.pk,
        at=_at(span),
        who=who.get(span.pk, ""),
        what=span.label.name,
        key=span.label.key,
        kind=span.label.kind,
        before=before(article.text, span.start, first),
        words=shorten(span.quote, 400),
        after=after(article.text, span.end, last),
        about="",
        revision=span.revision,
        why_not="" if may else "Only its author, or who may edit others’ spans, can restore it.",
    )


def _citation_row(
    by: Member, citation: Citation, who: dict[UUID, str], equal: set[tuple[Any, ...]]
) -> Row:
    source = citation.source
    hidden = source.access == Access.CONFIDENTIAL
    may = by.may(Right.ADD_EVIDENCE) and (
        citation.added_by_id == by.person.pk or by.may(Right.EDIT_OTHERS)
    )
    why = "" if may else "Only who added it, or may edit others’ work, can restore it."
    if may and _words_of(citation) in equal:
        why = "The same source is cited there again, with the same words and stance."
    here: list[Span] = citation.assertion.here  # type: ignore[attr-defined]
    return Row(
        table="citation",
        uuid=citation.pk,
        at=_at(citation),
        who=who.get(citation.pk, ""),
        what=KNOWN_TO_THE_DESK if hidden else source.title,
        key="",
        kind=Stance(citation.stance).label,
        before="",
        words=shorten(citation.quotation, 400),
        after="",
        about=shorten(here[0].quote) if here else "",
        revision=citation.revision,
        why_not=why,
    )


def _at(row: Span | Citation) -> datetime.datetime:
    assert row.withdrawn_at is not None  # noqa: S101 - what is asked for is withdrawn
    return row.withdrawn_at


def _words_of(citation: Citation) -> tuple[Any, ...]:
    return (
        citation.assertion_id,
        citation.source_id,
        citation.stance,
        citation.quotation,
        citation.locator,
    )


def _cited_again(citations: Sequence[Citation]) -> set[tuple[Any, ...]]:
    live = Citation.objects.filter(
        assertion__in={one.assertion_id for one in citations}, withdrawn_at=None
    )
    return {_words_of(one) for one in live}


def _who(by: Member, article: Article, rows: Sequence[Span | Citation]) -> dict[UUID, str]:
    """Return who withdrew each row, as the history says.

    The events of those moments are read. The first undos wrote a time of their own into a row:
    for what they withdrew all events are looked through.
    """
    streams = by.streams.filter(Q(article=article) | Q(pk=by.project.pk))
    events = Event.objects.filter(stream__in=streams).order_by("time", "sequence")
    times = {round(_at(row).timestamp() * 1000) for row in rows}
    found = _withdrawers(events.filter(time__in=times), rows)
    missing = [row for row in rows if row.pk not in found]
    if missing:
        named = Q()
        for row in missing:
            named |= Q(payload__contains=str(row.pk))
        found |= _withdrawers(events.filter(named, kind=Kind.UNDONE), missing)
    return found


def _withdrawers(events: QuerySet[Event], rows: Sequence[Span | Citation]) -> dict[UUID, str]:
    wanted = {str(row.pk): row.pk for row in rows}
    found: dict[UUID, str] = {}
    for name, payload in events.filter(payload__isnull=False).values_list("actor__name", "payload"):
        for change in read_payload(payload or "")["changes"]:
            if change["id"] in wanted and change["after"]["withdrawn_at"]:
                found[wanted[change["id"]]] = name
    return found
