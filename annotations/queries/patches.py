"""What a change did to an article's page: blocks, cards and counts to put in, as JSON.

A patch says how things are, not what became of them, so it can be put in twice, late or after a
newer one of other blocks; ``revision`` (the total of a cursor) tells a page which of two is newer.
It is read in one snapshot and cut from the streams its reader may read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from annotations.domain.cursor import Cursor
from annotations.domain.rendering import BlockView, render_block, render_card
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Mode, StreamKind
from annotations.models import Article, Event, Label, Span, Speaker, Stream
from annotations.models.prepared import Prepared
from annotations.queries.access import Member, readable
from annotations.queries.snapshot import snapshot
from annotations.queries.workspace import (
    Marked,
    SpanRow,
    block_values,
    blocks_where,
    labels,
    marked_up,
    markup_of,
    row_values,
    rows_of,
    speakers,
)

#: A page that lacks more events than this fetches everything anew.
MOST_BEHIND = 200
#: Spans whose cards go into one answer; thirty thousand cards are 50 MB.
MOST_TOLD = 2_000

#: Tables of the project whose rows stand in words on every card of an article.
_WORDS = frozenset({"label", "speaker", "person", "project"})


#: Who made an event, and its payload; None where that is withheld.
Told = tuple[UUID, dict[str, Any] | None]


@dataclass(frozen=True)
class Touched:
    """What some events wrote to, of one article."""

    spans: set[UUID] = field(default_factory=set)
    indexes: set[int] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    actors: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Changed:
    """What a page has to put in after a change: some blocks whole, and some cards.

    It counts by itself, so that a change costs the same however much is marked. A span in
    ``gone`` is withdrawn, or not for this member.
    """

    blocks: list[BlockView]
    marked: Marked
    gone: list[UUID]
    cursor: Cursor


_SEQUENCES = {
    mode: Prepared(
        lambda article, project, person, mode=mode: Stream.objects.filter(
            readable(mode, person, "") & (Q(article=article) | Q(pk=project))
        ).values_list("kind", "sequence"),
        UUID,
        UUID,
        UUID,
    )
    for mode in Mode
}


def cursor_now(by: Member, article: Article) -> Cursor:
    """Return how many events the member could have seen by now. One query."""
    counts = dict.fromkeys(StreamKind, 0)
    for kind, sequence in _SEQUENCES[by.project.mode](article.pk, by.project.pk, by.person.pk):
        counts[StreamKind(kind)] += sequence
    return Cursor(counts[StreamKind.PROJECT], counts[StreamKind.ARTICLE], counts[StreamKind.LAYER])


def project_cursor(by: Member) -> int:
    """Return how many events of the whole project the member could have seen. One query."""
    total = by.streams.exclude(kind=StreamKind.ACCESS).aggregate(total=Sum("sequence"))["total"]
    return total or 0


def _spelt(row: SpanRow) -> SpanRow:
    return row._replace(
        uuid=str(row.uuid), assertion=None if row.assertion is None else str(row.assertion)
    )


_BLOCKS_AT = Prepared(
    lambda article, start, end: block_values(Q(article=article, start__lt=end, end__gt=start)),
    UUID,
    int,
    int,
)
_ROWS_AT = {
    mode: Prepared(
        lambda article, person, start, end, mode=mode: row_values(
            readable(mode, person) & Q(article=article, start__lt=end, end__gt=start)
        ),
        UUID,
        UUID,
        int,
        int,
    )
    for mode in Mode
}


def _painted(by: Member, article: Article, blocks: list[BlockView]) -> list[SpanRow]:
    """Return every span in ``blocks``, in the order of the text."""
    mode = by.project.mode
    if len(blocks) <= blocks[-1].index - blocks[0].index:
        # Blocks far apart: what stands between them is not read.
        inside = Q()
        for block in blocks:
            inside |= Q(start__lt=block.end, end__gt=block.start)
        return rows_of(by, article, inside)
    place = (article.pk, by.person.pk, blocks[0].start, blocks[-1].end)
    return [_spelt(SpanRow(*values)) for values in _ROWS_AT[mode](*place)]


def _around(article: Article, blocks: list[BlockView], starts: list[int]) -> list[BlockView]:
    """Return ``blocks`` and those in which something starts, in the order of the text."""
    if not starts:
        return blocks
    inside = Q()
    for start in starts if len(starts) <= MOST_BEHIND else ():
        inside |= Q(start__lte=start, end__gt=start)
    return sorted({*blocks, *blocks_where(Q(article=article) & inside)}, key=lambda one: one.start)


def changed(
    by: Member,
    article: Article,
    *,
    spans: Iterable[UUID] = (),
    ranges: Iterable[tuple[int, int]] = (),
    indexes: Iterable[int] = (),
) -> Changed:
    """Return the blocks that ``ranges`` or ``indexes`` touch, and the cards of ``spans``.

    Every span in those blocks is painted with them. Where neither is given, the blocks are those
    that the spans stand in. Nine queries at most, in one snapshot.
    """
    with snapshot():
        ranges, indexes = list(ranges), list(indexes)
        listed = frozenset(map(str, spans))
        if not ranges and not indexes:
            ranges = list(
                Span.objects.filter(article=article, pk__in=listed).values_list("start", "end")
            )
        if len(ranges) == 1 and not indexes:
            blocks = [BlockView(*values) for values in _BLOCKS_AT(article.pk, *ranges[0])]
        else:
            touched = Q(index__in=indexes)
            for start, end in ranges:
                touched |= Q(start__lt=end, end__gt=start)
            blocks = blocks_where(Q(article=article) & touched)
        rows = _painted(by, article, blocks) if blocks else []
        around = blocks
        if elsewhere := listed.difference(row.uuid for row in rows):
            others = rows_of(by, article, Q(pk__in=elsewhere))
            rows = sorted(rows + others, key=lambda row: (row.start, -row.end, row.uuid))
            # Their blocks are not painted anew, but their cards say which these are.
            around = _around(article, blocks, [row.start for row in others])
        return Changed(
            blocks=blocks,
            marked=marked_up(by.project.rules, article, rows, around, listed=listed),
            gone=[UUID(key) for key in sorted(listed.difference(row.uuid for row in rows))],
            cursor=cursor_now(by, article),
        )


def patch(article: Article, change: Changed, place: str) -> dict[str, Any]:
    """Return a change as a page takes it; ``place`` is the address of the article's page."""
    markup = markup_of(article)
    cards: dict[str, str | None] = {str(gone): None for gone in change.gone}
    cards |= {card.uuid: render_card(card, place) for card in change.marked.cards}
    return {
        "revision": change.cursor.total,
        "blocks": {
            str(block.index): render_block(article.text, block, markup, change.marked.views)
            for block in change.blocks
        },
        "cards": cards,
    }


# Of one operation


def touched_by(by: Member, article: Article, operation: UUID) -> Touched:
    """Return what an operation touched, as its events say. Two queries."""
    events = Event.objects.filter(operation=operation, stream__in=by.streams, payload__isnull=False)
    return _in_article(by, article, _read(events.values_list("actor_id", "payload")))


def _read(found: Iterable[tuple[UUID, str | None]]) -> list[Told]:
    return [(actor, None if payload is None else read_payload(payload)) for actor, payload in found]


def _in_article(by: Member, article: Article, found: Iterable[Told]) -> Touched:
    touched = Touched()
    spans: set[UUID] = set()
    assertions: set[UUID] = set()
    for actor, content in found:
        if content is None:
            continue
        if "next" in content:
            # A newer version of the article: no row of this one tells of it.
            touched.tables.add("article")
        indexes = content.get("blocks", {}).get(str(article.pk), ())
        touched.indexes.update(indexes)
        touched.actors.add(actor)
        for change in content["changes"]:
            table, row = change["table"], change["after"] or change["before"]
            touched.tables.add(table)
            if table == "span":
                spans.add(UUID(change["id"]))
            elif table == "assertion":
                assertions.add(UUID(change["id"]))
            elif table in _OF_ASSERTIONS:
                # Both, where it moved from one to the other.
                states = (change["before"] or row, row)
                assertions.update(
                    UUID(state[name]) for state in states for name in _OF_ASSERTIONS[table]
                )
            elif table in _OF_SPANS and row["span"]:
                spans.add(UUID(row["span"]))
    here = Span.objects.filter(by.readable(), article=article)
    touched.spans.update(
        here.filter(Q(pk__in=spans) | Q(assertion__in=assertions)).values_list("pk", flat=True)
    )
    # Withdrawn, or of another's layer now: the page has to take it away.
    touched.spans.update(spans - touched.spans)
    return touched


#: Fields of a row by which it hangs on assertions, or that it is about a span, by table.
_OF_ASSERTIONS = {
    "citation": ("assertion",),
    "worklogentry": ("assertion",),
    "assertionrelation": ("subject", "object"),
}
_OF_SPANS = frozenset({"decision", "comment"})


# Since a page was read


def since(by: Member, article: Article, cursor: Cursor | None, place: str) -> dict[str, Any] | None:
    """Return the patch of everything that a page at ``cursor`` lacks; None where it lacks nothing.

    With no cursor the whole article comes (``"whole": true``); where too much is missing, or words
    that stand on every card have changed, only ``"reset": true``: the page asks again with none.
    Of an article with more than ``MOST_TOLD`` spans no whole comes: ``"reload": true`` asks for a
    look at the page itself, which sends them in parts.
    """
    with snapshot():
        now = cursor_now(by, article)
        if cursor is None:
            if _spans_of(by, article).count() > MOST_TOLD:
                return {"reset": True, "reload": True, "cursor": str(now), "revision": now.total}
            return {**_whole(by, article, place), "cursor": str(now)}
        behind = cursor.behind(now)
        if behind == 0:
            return None
        told = {"cursor": str(now), "revision": now.total}
        if not 0 < behind <= MOST_BEHIND:
            return {**told, "reset": True}
        events = _missing(by, article, cursor, now)
        if events is None or any(_resets(content) for _, content in events):
            return {**told, "reset": True}
        touched = _in_article(by, article, events)
        if len(touched.spans) > MOST_TOLD:
            return {**told, "reset": True}
        if not touched.spans and not touched.indexes:
            answer: dict[str, Any] = {"blocks": {}, "cards": {}}
        else:
            change = changed(by, article, spans=touched.spans, indexes=touched.indexes)
            answer = patch(article, change, place)
        if touched.tables & _WORDS:
            answer["data"] = words(labels(by), speakers(by))
        return {
            **answer,
            **told,
            "tables": sorted(touched.tables),
            "actors": sorted(map(str, touched.actors)),
        }


def _spans_of(by: Member, article: Article) -> QuerySet[Span]:
    return Span.objects.filter(by.readable(), article=article, withdrawn_at=None)


def _missing(by: Member, article: Article, seen: Cursor, now: Cursor) -> list[Told] | None:
    """Return actor and payload of each event between two cursors; None where it cannot be told."""
    wanted = Q(stream=article.pk, sequence__gt=seen.article) | Q(
        stream=by.project.pk, sequence__gt=seen.project
    )
    if now.layers != seen.layers:
        if by.project.mode == Mode.SHARED:
            # The count is of several layers together.
            return None
        wanted |= Q(stream__article=article, stream__person=by.person, sequence__gt=seen.layers)
    return _read(Event.objects.filter(wanted).values_list("actor_id", "payload"))


def _resets(content: dict[str, Any] | None) -> bool:
    """Say whether an event is withheld, or changed a row whose words stand on many cards."""
    return content is None or any(
        change["table"] in _WORDS and change["before"] is not None for change in content["changes"]
    )


def _whole(by: Member, article: Article, place: str) -> dict[str, Any]:
    blocks = blocks_where(Q(article=article))
    rows = rows_of(by, article)
    change = Changed(
        blocks=blocks,
        marked=marked_up(by.project.rules, article, rows, blocks),
        gone=[],
        cursor=cursor_now(by, article),
    )
    return {
        **patch(article, change, place),
        "whole": True,
        "tables": ["*"],
        "actors": [],
        "data": words(labels(by), speakers(by)),
    }


def words(labels: Iterable[Label], speakers: Iterable[Speaker]) -> dict[str, Any]:
    """Return the labels and speakers that a page offers for a new span."""
    return {
        "labels": [
            {
                "uuid": str(label.pk),
                "key": label.key,
                "name": label.name,
                "kind": label.kind,
                "definition": label.definition,
            }
            for label in labels
        ],
        "speakers": [
            {
                "uuid": str(speaker.pk),
                "name": speaker.name,
                "aliases": speaker.aliases,
                "role": speaker.role,
            }
            for speaker in speakers
        ],
    }
