"""The versions of an article, and what is to be settled between the newest and the one before.

A fixed number of queries for one span and for thousands; a version more costs one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotations.domain.conflicts import Part
from annotations.domain.permissions import Right
from annotations.domain.rendering import shorten
from annotations.domain.selectors import LEAST_SCORE, Found, proposals
from annotations.domain.text import grapheme_at
from annotations.domain.vocabulary import CarryState, Mode
from annotations.domain.wording import SAME, Passage, Side, beside, difference
from annotations.models import Article, Block, Citation, Span
from annotations.queries.access import Member
from annotations.queries.carrying import (
    alike_spans,
    carried_acceptances,
    doubtful_spans,
    left_spans,
    unplaced_spans,
)

#: Spans that one page lists.
PER_PAGE = 25
#: Code points around a span that are compared, and those that are shown.
COMPARED, SHOWN = 1_500, 320
#: Code points shown around a place that is proposed.
AROUND = 80
#: Spans left with the older version that are listed.
LISTED = 200


# --- which versions there are -----------------------------------------------------------------


def _versions() -> QuerySet[Article]:
    return Article.objects.select_related("imported_by").defer("text", "markup", "changes")


def newer_version(article: Article) -> Article | None:
    """Return the newest version after this one that is not purged. One query where there is none."""
    newest = None
    following = _versions().filter(previous=article.pk).first()
    while following is not None:
        if following.purged_at is None:
            newest = following
        following = _versions().filter(previous=following.pk).first()
    return newest


def versions_of(article: Article) -> list[Article]:
    """Return every version of the article, the oldest first."""
    found = [article]
    while (before := found[0].previous_id) is not None:
        found.insert(0, _versions().get(pk=before))
    while (following := _versions().filter(previous=found[-1].pk).first()) is not None:
        found.append(following)
    return found


# --- what is to be settled --------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """A span that waits, as the list shows it; one that was not found is the older version's."""

    span: Span
    found: bool
    #: Marked in the older version after this one was imported.
    late: bool
    parts: list[Part]
    evidence: int
    may_settle: bool


@dataclass(frozen=True)
class Proposal:
    """A place in the newer version that a span may be moved to."""

    found: Found
    side: Side


@dataclass
class Card:
    """One span with both passages, and what can be done about it."""

    span: Span
    #: What a person last agreed to: the span of the older version, or an older one still.
    origin: Span | None
    found: bool
    late: bool
    left: bool
    old: Side | None
    #: Of a span that was not found: the likeliest place, where one is like enough.
    new: Side | None
    likely: Found | None
    proposals: list[Proposal]
    evidence: int
    may_settle: bool
    why_not: str
    place: int = 0
    next: UUID | None = None
    previous: UUID | None = None

    @property
    def settled(self) -> bool:
        return self.found and self.span.carry_settled


@dataclass
class Settling:
    """What is to be settled in a version, and how far that is."""

    total: int
    waiting: int
    rows: list[Waiting]
    page: int
    pages: int
    card: Card | None
    #: How many wait of whose words only case, accents, signs or blanks are others.
    alike: int
    #: How many acceptances of earlier versions count in this one.
    carried: int = 0
    left: list[Span] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return self.total - self.waiting


@dataclass(frozen=True)
class _Queue:
    """The keys of what waits, in the order of the list, and of those what the member may settle."""

    keys: list[UUID]
    mine: list[UUID]
    doubtful: int
    left: set[UUID]

    def after(self, key: UUID | None) -> UUID | None:
        """Return what comes up next: below in the list, or from its head again."""
        rest = [one for one in self.mine if one != key]
        if key not in self.keys:
            return rest[0] if rest else None
        below = set(self.keys[self.keys.index(key) + 1 :])
        return next((one for one in rest if one in below), rest[0] if rest else None)

    def before(self, key: UUID) -> UUID | None:
        above = set(self.keys[: self.keys.index(key)] if key in self.keys else ())
        return next((one for one in reversed(self.mine) if one in above), None)


def _queue(by: Member, article: Article) -> _Queue:
    left = left_spans(article)
    doubtful = list(doubtful_spans(article).values_list("pk", "author"))
    unplaced = [
        row for row in unplaced_spans(article).values_list("pk", "author") if row[0] not in left
    ]
    rows = doubtful + unplaced
    return _Queue(
        [key for key, _ in rows],
        [key for key, author in rows if not _why_not(by, author)],
        len(doubtful),
        left,
    )


def _why_not(by: Member, author: UUID) -> str:
    """Say why the member may not settle a span of this author; empty where he may."""
    if author == by.person.pk:
        return "" if by.may(Right.EDIT_OWN) else "Your role does not include changing spans."
    if by.project.mode != Mode.SHARED:
        return "In independent mode everybody settles only what is their own."
    if not by.may(Right.EDIT_OTHERS):
        return "Somebody else marked this span: its author or a reviewer settles it."
    return ""


def next_waiting(by: Member, article: Article, key: UUID | None) -> UUID | None:
    """Return what comes up after a span is settled. Three queries."""
    return _queue(by, article).after(key)


def progress(article: Article) -> tuple[int, int]:
    """Return how many spans were to be settled in this version, and how many still are."""
    doubtful = doubtful_spans(article).count()
    unplaced = set(unplaced_spans(article).values_list("pk", flat=True))
    left = left_spans(article)
    return _total(article, len(unplaced)), doubtful + len(unplaced - left)


def _total(article: Article, unplaced: int) -> int:
    counts = Span.objects.filter(article=article, stream=article.pk).aggregate(
        reworded=Count("pk", filter=Q(carry_state=CarryState.REWORDED)),
        placed=Count("pk", filter=Q(carry_state=CarryState.GONE, withdrawn_at=None)),
    )
    total: int = counts["reworded"] + counts["placed"] + unplaced
    return total


def settling(
    by: Member, article: Article, *, key: UUID | None = None, page: int | None = None
) -> Settling:
    """Return what waits in the newest version: the list, and the span ``key`` or the first one.

    Without ``page`` it is the page that the open span is on.
    """
    queue = _queue(by, article)
    shown = key if key in queue.keys else None
    card = _card(by, article, queue, key) if key is not None else None
    if card is None:
        first = queue.mine or queue.keys
        shown = first[0] if first else None
        card = _card(by, article, queue, shown) if shown is not None else None
    pages = max(1, -(-len(queue.keys) // PER_PAGE))
    if page is None:
        page = queue.keys.index(shown) // PER_PAGE + 1 if shown is not None else 1
    page = min(max(page, 1), pages)
    wanted = queue.keys[(page - 1) * PER_PAGE : page * PER_PAGE]
    unplaced = list(unplaced_spans(article).filter(pk__in=queue.left)) if queue.left else []
    alike = [key for key, author in alike_spans(article).items() if not _why_not(by, author)]
    return Settling(
        total=_total(article, len(queue.keys) - queue.doubtful + len(unplaced)),
        waiting=len(queue.keys),
        rows=_rows(by, article, wanted),
        page=page,
        pages=pages,
        card=card,
        alike=len(alike),
        carried=carried_acceptances(article).count(),
        left=unplaced[:LISTED],
    )


def _with_evidence(spans: QuerySet[Span]) -> QuerySet[Span]:
    cited = (
        Citation.objects.filter(assertion=OuterRef("assertion"), withdrawn_at=None)
        .order_by()
        .values("assertion")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return spans.select_related("label", "speaker", "author").annotate(
        evidence=Coalesce(Subquery(cited), 0)
    )


def _rows(by: Member, article: Article, keys: list[UUID]) -> list[Waiting]:
    spans = {span.pk: span for span in _with_evidence(Span.objects.filter(pk__in=keys))}
    origins = _origins(spans.values())
    rows = []
    for key in keys:
        span = spans[key]
        found = span.article_id == article.pk
        origin = origins.get(key) if found else None
        words = shorten(span.quote)
        rows.append(
            Waiting(
                span,
                found,
                not found and span.created_at > article.imported_at,
                difference(shorten(origin.quote) if origin else words, words),
                span.evidence,  # type: ignore[attr-defined]
                not _why_not(by, span.author_id),
            )
        )
    return rows


def _origins(spans: Iterable[Span]) -> dict[UUID, Span]:
    """Return, by key, what a person last agreed to of spans that were carried over.

    That is the span each was carried from, or, where that one waited too, what it had come from.
    """
    wanted = {span.pk: span.carried_from_id for span in spans if span.carried_from_id}
    origins: dict[UUID, Span] = {}
    while wanted:
        found = Span.objects.in_bulk(set(wanted.values()))
        further = {}
        for key, before in wanted.items():
            origins[key] = origin = found[before]
            if not origin.carry_settled and origin.carried_from_id:
                further[key] = origin.carried_from_id
        wanted = further
    return origins


def _card(by: Member, article: Article, queue: _Queue, key: UUID) -> Card | None:
    here = Q(article=article, stream=article.pk) & ~Q(carry_state="")
    spans = Span.objects.filter(
        here | Q(pk__in=unplaced_spans(article).order_by().values("pk")), withdrawn_at=None
    )
    span = _with_evidence(spans.filter(pk=key)).first()
    if span is None:
        return None
    found = span.article_id == article.pk
    origin = _origins([span]).get(span.pk) if found else span
    old = new = None
    places: list[Found] = []
    likely = None
    if found:
        new = _passage(article, span.start, span.end)
    if origin is not None:
        before = Article.objects.only("text").get(pk=origin.article_id)
        old = _passage(before, origin.start, origin.end)
        hint = span.start if found else span.start * len(article.text) // len(before.text)
        places = proposals(before.text, origin.start, origin.end, article.text, hint)
        if found:
            places = [one for one in places if (one.start, one.end) != (span.start, span.end)]
        elif places and places[0].score >= LEAST_SCORE:
            likely = places.pop(0)
            new = _passage(article, likely.start, likely.end)
    one_side = old or new or Passage("", 0, 0)
    sides = beside(old or one_side, new or one_side)
    why_not = _why_not(by, span.author_id)
    return Card(
        span=span,
        origin=origin,
        found=found,
        late=not found and span.created_at > article.imported_at,
        left=span.pk in queue.left,
        old=sides[0].near(SHOWN) if old else None,
        new=sides[1].near(SHOWN) if new else None,
        likely=likely,
        proposals=[proposal(article, place) for place in places],
        evidence=span.evidence,  # type: ignore[attr-defined]
        may_settle=not why_not,
        why_not=why_not,
        place=queue.keys.index(span.pk) + 1 if span.pk in queue.keys else 0,
        next=queue.after(span.pk),
        previous=queue.before(span.pk),
    )


def _passage(article: Article, start: int, end: int) -> Passage:
    """Return the paragraphs that a stretch reaches into, as far as they are compared."""
    text = article.text
    blocks = Block.objects.filter(article=article.pk, start__lt=end, end__gt=start)
    places = list(blocks.values_list("start", "end")) or [(start, end)]
    first = max(start - COMPARED, min(begins for begins, _ in places))
    last = min(end + COMPARED, max(ends for _, ends in places))
    first, last = grapheme_at(text, min(first, start))[1], grapheme_at(text, max(last, end))[0]
    return Passage(text[first:last], start - first, end - first)


def proposal(article: Article, found: Found) -> Proposal:
    """Return a place with some words around it."""
    text = article.text
    first = grapheme_at(text, max(0, found.start - 2 * AROUND))[1]
    last = grapheme_at(text, min(len(text), found.end + 2 * AROUND))[0]
    side = Side(
        [Part(SAME, text[first : found.start])],
        [Part(SAME, text[found.start : found.end])],
        [Part(SAME, text[found.end : max(found.end, last)])],
    )
    return Proposal(found, side.near(AROUND))
