"""An article as its reader works on it: blocks, spans, cards, and what a change did to them.

The number of queries is the same for one span and for ten thousand. Everything comes as records
of ``domain.rendering``; of spans only those of streams that the member may read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from annotations.domain.errors import Refused
from annotations.domain.policy import Policy
from annotations.domain.records import Markup
from annotations.domain.rendering import BlockView, CardView, SpanView
from annotations.domain.repeats import place_in_original
from annotations.domain.vocabulary import (
    BlockRole,
    LabelKind,
    MarkupTag,
    Outcome,
    ReturnReason,
    Verdict,
    Voice,
)
from annotations.models import (
    Article,
    Block,
    Citation,
    Comment,
    Decision,
    Label,
    ReadMark,
    SignOff,
    Span,
    Speaker,
)
from annotations.models.prepared import Prepared, PreparedIn
from annotations.queries.access import Member
from annotations.queries.carrying import numbers_of
from annotations.queries.plain import plain_rows
from annotations.queries.proposals import asked_of


class SpanRow(NamedTuple):
    """A live span with the words of what it points to, keys spelled as a page has them."""

    uuid: str
    start: int
    end: int
    kind: str
    label: str
    key: str
    voice: str
    speaker: str | None
    author: str
    note: str
    uncertain: bool
    revision: int
    assertion: str | None
    verdict: str | None
    carry_settled: bool


_COLUMNS = (
    "uuid",
    "start",
    "end",
    "label__kind",
    "label__name",
    "label__key",
    "voice",
    "speaker__name",
    "author__name",
    "note",
    "uncertain",
    "revision",
    "assertion_id",
    "assertion__verdict",
    "carry_settled",
)

#: Cards that come with the page, and those fetched at a time after it: a card costs a browser
#: more than the marks it stands beside.
FIRST_CARDS, MORE_CARDS = 40, 1000

#: What a span's standing decisions and evidence come to, by key, in the words of its card.
State = tuple[str, str]


@dataclass(frozen=True)
class KindCount:
    """How many spans of a kind there are, and how many of them in another voice."""

    kind: LabelKind
    count: int
    other_voice: int

    @property
    def many(self) -> str:
        return self.kind.label if self.kind == LabelKind.OTHER else f"{self.kind.label}s"

    @property
    def word(self) -> str:
        return self.kind.label if self.count == 1 else self.many


@dataclass(frozen=True)
class Marked:
    """Spans ready to be painted and listed, in the order of the text, the longest first.

    ``after`` is where the list goes on, where it is too long for one page.
    """

    views: list[SpanView]
    cards: list[CardView]
    after: str = ""


@dataclass(frozen=True)
class Workspace:
    article: Article
    blocks: list[BlockView]
    markup: list[Markup]
    marked: Marked
    counts: list[KindCount]
    labels: list[Label]
    speakers: list[Speaker]
    sign_offs: list[SignOff]
    #: Indexes of the blocks that the member has read, and of those counted that nobody has.
    read: list[int]
    unread: list[int]

    @property
    def headed(self) -> bool:
        return any(block.role == BlockRole.HEADLINE for block in self.blocks)


def workspace(by: Member, article: Article) -> Workspace:
    """Return everything that an article's page shows. Eleven queries."""
    blocks = blocks_where(Q(article=article))
    rows = rows_of(by, article)
    mine, anybody = _ticks(by, article)
    counted = frozenset(by.project.rules.counted_roles)
    return Workspace(
        article=article,
        blocks=blocks,
        markup=markup_of(article),
        marked=marked_up(by.project.rules, article, rows, blocks, most=FIRST_CARDS),
        counts=_counts((row.kind, row.voice) for row in rows),
        labels=labels(by),
        speakers=speakers(by),
        sign_offs=sign_offs_of(article),
        read=sorted(mine),
        unread=[
            block.index
            for block in blocks
            if block.index not in anybody and block.role in counted and block.repeat_of is None
        ],
    )


_LABELS = Prepared(lambda project: Label.objects.filter(project=project, retired=False), UUID)


def sign_offs_of(article: Article) -> list[SignOff]:
    return list(
        SignOff.objects.filter(article=article).select_related("signer").order_by("signed_at")
    )


def is_headed(article: Article) -> bool:
    """Say whether a block of the text is its headline."""
    return Block.objects.filter(article=article, role=BlockRole.HEADLINE).exists()


def labels(by: Member) -> list[Label]:
    """Return the labels a new span may have, in the project's order."""
    return _LABELS(by.project.pk)


def speakers(by: Member) -> list[Speaker]:
    return list(Speaker.objects.filter(project=by.project).order_by("name", "uuid"))


def markup_of(article: Article) -> list[Markup]:
    return [
        Markup(start, end, MarkupTag(tag), attributes)
        for start, end, tag, attributes in article.markup
    ]


def block_values(condition: Q) -> QuerySet[Block, tuple[Any, ...]]:
    return (
        Block.objects.filter(condition)
        .order_by("index")
        .values_list("index", "start", "end", "tag", "role", "duplicate_of__index")
    )


def blocks_where(condition: Q) -> list[BlockView]:
    return [BlockView(*values) for values in block_values(condition)]


def row_values(condition: Q) -> QuerySet[Span, tuple[Any, ...]]:
    return (
        Span.objects.filter(condition, withdrawn_at=None)
        .order_by("start", "-end", "uuid")
        .values_list(*_COLUMNS)
    )


def rows_of(
    by: Member, article: Article, condition: Q | None = None, *, most: int | None = None
) -> list[SpanRow]:
    found = row_values(by.readable() & Q(article=article) & (condition or Q()))
    return [SpanRow(*values) for values in plain_rows(found[:most], *_COLUMNS)]


def _ticks(by: Member, article: Article) -> tuple[set[int], set[int]]:
    """Return the indexes of the blocks that the member has read, and that anybody has."""
    mine, anybody = set(), set()
    for index, person in ReadMark.objects.filter(block__article=article).values_list(
        "block__index", "person"
    ):
        anybody.add(index)
        if person == by.person.pk:
            mine.add(index)
    return mine, anybody


def _counts(found: Iterable[tuple[str, str]]) -> list[KindCount]:
    every: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for kind, voice in found:
        every[kind] += 1
        if voice != Voice.AUTHOR:
            others[kind] += 1
    return [KindCount(kind, every[kind], others[kind]) for kind in LabelKind]


# What stands beside a span


def marked_up(
    rules: Policy,
    article: Article,
    rows: Sequence[SpanRow],
    blocks: Sequence[BlockView],
    *,
    listed: frozenset[str] | None = None,
    most: int | None = None,
) -> Marked:
    """Return the rows as they are painted, and ``most`` of those in ``listed`` as cards.

    None stands for all. Three queries at most, none for evidence where no span has any, and one a
    version where something accepted in an earlier one is carried over.
    """
    if not rows:
        return Marked([], [])
    cited = _counted(_CITED(sorted({UUID(row.assertion) for row in rows if row.assertion})))
    if listed is None:
        within = Q(span__article=article)
        decisions, comments = _decisions(_decided_in(within)), _counted(_commented_in(within))
    else:
        # Few spans are asked for by their keys: a join over the article's would cost more.
        decisions = _decisions(_DECIDED([UUID(row.uuid) for row in rows]))
        comments = _counted(_COMMENTED([UUID(key) for key in sorted(listed)]))
    asking = [
        UUID(key)
        for key, made in decisions.items()
        if any(outcome != Outcome.ACCEPTED for outcome, *_ in made)
    ]
    asked = asked_of(asking) if asking else {}
    text = article.text
    views: list[SpanView] = []
    cards: list[CardView] = []
    at = 0
    for row in rows:
        states = _states(row, rules, decisions.get(row.uuid), cited)
        keys = {key for key, _ in states}
        views.append(
            SpanView(
                uuid=row.uuid,
                start=row.start,
                end=row.end,
                kind=row.kind,
                voice=row.voice,
                uncertain=row.uncertain,
                returned="returned" in keys or "proposed" in keys,
                accepted="accepted" in keys,
                unsourced="unsourced" in keys,
            )
        )
        while at < len(blocks) - 1 and blocks[at].end <= row.start:
            at += 1
        if (listed is None or row.uuid in listed) and len(cards) != most:
            cards.append(
                CardView(
                    uuid=row.uuid,
                    start=row.start,
                    end=row.end,
                    block=blocks[at].index if blocks else 0,
                    kind=row.kind,
                    label=row.label,
                    key=row.key,
                    quote=text[row.start : row.end],
                    author=row.author,
                    voice=row.voice,
                    speaker=row.speaker or "",
                    note=row.note,
                    revision=row.revision,
                    states=states,
                    citations=cited[row.assertion] if row.assertion else 0,
                    verdict=Verdict(row.verdict).label if row.verdict else "",
                    comments=comments[row.uuid],
                    asked=tuple(asked.get(row.uuid, ())),
                )
            )
    return Marked(views, cards, _place(rows[len(cards) - 1]) if len(cards) == most else "")


def _place(row: SpanRow) -> str:
    return f"{row.start}.{row.end}.{row.uuid}"


def more_cards(by: Member, article: Article, after: str) -> Marked:
    """Return the next cards of the list, those that stand behind the place ``after``.

    Raises ``Refused`` for a place that is none.
    """
    try:
        first, last, key = after.split(".")
        start, end, uuid = int(first), int(last), UUID(key)
    except ValueError:
        raise Refused(f"“{after}” is no place in a list of spans.", code="place") from None
    behind = Q(start__gt=start) | Q(start=start, end__lt=end) | Q(start=start, end=end, pk__gt=uuid)
    rows = rows_of(by, article, behind, most=MORE_CARDS)
    blocks = blocks_where(Q(article=article))
    return marked_up(by.project.rules, article, rows, blocks, most=MORE_CARDS)


#: A standing decision: outcome, reason, and the number of the earlier version that was read, or 0.
_Decided = tuple[str, str, int]


def _decided_in(within: Q) -> QuerySet[Decision, tuple[UUID, str, str, UUID | None]]:
    return (
        Decision.objects.filter(within, voided_at=None, declined_at=None)
        .order_by("made_at", "uuid")
        .values_list("span", "outcome", "reason_code", "carried_from__span__article")
    )


_DECIDED = PreparedIn(lambda spans: _decided_in(Q(span__in=spans)))


def _decisions(
    rows: Iterable[tuple[UUID, str, str, UUID | None]],
) -> dict[str, list[_Decided]]:
    rows = list(rows)
    numbers = numbers_of(version for *_, version in rows)
    found: dict[str, list[_Decided]] = {}
    for span, outcome, reason, version in rows:
        read_in = 0 if version is None else numbers[version]
        found.setdefault(str(span), []).append((outcome, reason, read_in))
    return found


def _counted(rows: Iterable[tuple[UUID, int]]) -> Counter[str]:
    return Counter({str(key): number for key, number in rows})


#: How many live citations each assertion has.
_CITED = PreparedIn(
    lambda assertions: (
        Citation.objects.filter(assertion__in=assertions, withdrawn_at=None)
        .order_by()
        .values("assertion")
        .values_list("assertion", Count("pk"))
    )
)


def _commented_in(within: Q) -> QuerySet[Comment, tuple[UUID, int]]:
    """Return how many open comments each span has: those of threads that nobody resolved."""
    opened = Q(parent=None) | Q(parent__resolved_at=None)
    return (
        Comment.objects.filter(within, opened, resolved_at=None, withdrawn_at=None)
        .order_by()
        .values("span")
        .values_list("span", Count("pk"))
    )


_COMMENTED = PreparedIn(lambda spans: _commented_in(Q(span__in=spans)))


def _states(
    row: SpanRow, rules: Policy, decisions: list[_Decided] | None, cited: Counter[str]
) -> tuple[State, ...]:
    unsourced = (
        rules.sources > 0
        and row.kind in rules.sourced_kinds
        and (row.assertion is None or not cited[row.assertion])
    )
    own = _OWN_STATES[unsourced, row.uncertain, not row.carry_settled]
    return (*_decided(decisions, rules.second_readers), *own) if decisions else own


#: States by whether a source is missing, the author is uncertain, and it was carried in doubt.
#: Made once: thousands of spans share eight of them.
_OWN_STATES: dict[tuple[bool, ...], tuple[State, ...]] = {
    flags: tuple(
        state
        for flag, state in zip(
            flags,
            (
                ("unsourced", "no source"),
                ("uncertain", "uncertain"),
                ("carried", "carried over in doubt"),
            ),
            strict=True,
        )
        if flag
    )
    for flags in product((False, True), repeat=3)
}


def _decided(decisions: list[_Decided], readers: int) -> tuple[State, ...]:
    outcomes = [outcome for outcome, _, _ in decisions]
    if Outcome.RETURNED in outcomes:
        reason = next(code for outcome, code, _ in decisions if outcome == Outcome.RETURNED)
        return (("returned", f"returned: {ReturnReason(reason).label}"),)
    if Outcome.PROPOSED in outcomes:
        return (("proposed", "change proposed"),)
    if len(outcomes) < readers:
        return ()
    # What is read in this version, too, is accepted here.
    read_in = min(version for _, _, version in decisions)
    return (("accepted", f"accepted, read in version {read_in}" if read_in else "accepted"),)


@dataclass(frozen=True)
class BlockRow:
    """A block on the page of roles and reading."""

    view: BlockView
    text: str
    confirmed: bool
    score: int | None
    spans: int
    read: bool
    readers: int


def block_rows(by: Member, article: Article) -> list[BlockRow]:
    """Return the article's blocks with who read them and how many spans begin there.

    Four queries.
    """
    views = blocks_where(Q(article=article))
    about = {
        index: (confirmed, score)
        for index, confirmed, score in Block.objects.filter(article=article).values_list(
            "index", "confirmed", "score"
        )
    }
    mine: set[int] = set()
    readers: Counter[int] = Counter()
    for index, person in ReadMark.objects.filter(block__article=article).values_list(
        "block__index", "person"
    ):
        readers[index] += 1
        if person == by.person.pk:
            mine.add(index)
    starts = sorted(
        Span.objects.filter(by.readable(), article=article, withdrawn_at=None).values_list(
            "start", flat=True
        )
    )
    rows, at = [], 0
    for view in views:
        first = at
        while at < len(starts) and starts[at] < view.end:
            at += 1
        confirmed, score = about[view.index]
        rows.append(
            BlockRow(
                view=view,
                text=article.text[view.start : view.end],
                confirmed=confirmed,
                score=score,
                spans=at - first,
                read=view.index in mine,
                readers=readers[view.index],
            )
        )
    return rows


def repeats_of(article: Article) -> list[BlockView]:
    """Return the article's blocks that repeat another one."""
    return blocks_where(Q(article=article, duplicate_of__isnull=False))


def in_original(article: Article, start: int, end: int) -> tuple[int, int, int] | None:
    """Return where words of a repeat stand in its original: its block's index, start and end.

    None where they are in no repeat, reach over its ends, or do not stand in its original.
    """
    around = blocks_at(article, start, end)
    if len(around) != 1 or around[0].repeat_of is None:
        return None
    [repeat] = around
    [original] = blocks_where(Q(article=article, index=repeat.repeat_of))
    place = place_in_original(
        article.text, (repeat.start, repeat.end), (original.start, original.end), (start, end)
    )
    return place and (original.index, *place)


def blocks_at(article: Article, start: int, end: int) -> list[BlockView]:
    """Return the blocks that a stretch of the text reaches into."""
    return blocks_where(Q(article=article, start__lt=end, end__gt=start))
