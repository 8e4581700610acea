"""What the import pages show: batches, what was read, and an article's details and versions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from annotations.domain.drafts import Undecided, changes_in_words, from_json, undecided_date
from annotations.domain.errors import Missing
from annotations.domain.leases import IMPORT
from annotations.domain.records import ArticleDraft
from annotations.domain.versions import Difference, differences
from annotations.domain.vocabulary import BlockRole
from annotations.models import Article, Block, ImportBatch, ImportItem, PersonAccount, Span
from annotations.queries import article_versions
from annotations.queries.access import Member
from annotations.queries.articles import metadata_of
from annotations.queries.leases import running

#: Articles of a batch, and blocks of an article, on one page.
ITEMS_PAGE, BLOCKS_PAGE = 50, 200
#: Rows of a list that is shown in full no further.
LISTED = 200

_State = ImportItem.State
STORABLE = (_State.READ, _State.VERSION)
#: States in which a batch waits for a worker, or is being worked on.
WORKING = (ImportBatch.State.READING, ImportBatch.State.STORING)


# --- batches ----------------------------------------------------------------------------------


def batches(by: Member) -> QuerySet[ImportBatch]:
    """Return the project's batches, the newest first, with their articles counted by fate."""
    counted = {
        "files": Count("items"),
        "stored": Count("items", filter=Q(items__state=_State.STORED)),
        "refused": Count("items", filter=Q(items__state=_State.REFUSED)),
        "storable": Count("items", filter=Q(items__state__in=STORABLE)),
    }
    return (
        ImportBatch.objects.filter(project=by.project)
        .select_related("person")
        .annotate(**counted)
        .order_by("-created_at", "uuid")[:LISTED]
    )


def waiting_for_a_turn() -> list[str]:
    """Return the leases of the batches that a worker may take up, the longest waiting first.

    Of each account one batch at a time, so that nobody takes all the places. Two queries.
    """
    account = PersonAccount.objects.filter(person=OuterRef("person"), ended_at=None)
    found = (
        ImportBatch.objects.filter(state__in=WORKING)
        .annotate(account=Subquery(account.values("account")[:1]))
        .order_by("beat_at", "pk")
        .values_list("pk", "account", "person")
    )
    waiting = [(f"{IMPORT}{pk}", account or person) for pk, account, person in found]
    if not waiting:
        return []
    held = set(running().filter(name__startswith=IMPORT).values_list("name", flat=True))
    served = {owner for name, owner in waiting if name in held}
    names = []
    for name, owner in waiting:
        if owner not in served:
            served.add(owner)
            names.append(name)
    return names


def waits_for_a_worker(batch: UUID) -> bool:
    """Say whether files of a batch are still to be read, or articles of it to be stored."""
    return ImportBatch.objects.filter(pk=batch, state__in=WORKING).exists()


@dataclass(frozen=True)
class Progress:
    state: str
    done: int
    total: int
    #: Articles read so far; of one file there may be thousands.
    articles: int

    @property
    def working(self) -> bool:
        return self.state in WORKING


def progress(batch: ImportBatch) -> Progress:
    """Say how far a batch is. One query."""
    left = STORABLE if batch.state == ImportBatch.State.STORING else (_State.WAITING,)
    counts = ImportItem.objects.filter(batch=batch).aggregate(
        left=Count("id", filter=Q(state__in=left)),
        articles=Count("id", filter=~Q(state=_State.WAITING)),
    )
    done = max(batch.total - counts["left"], 0)
    return Progress(batch.state, done, batch.total, counts["articles"])


@dataclass(frozen=True)
class BlockRow:
    index: int
    text: str
    role: str
    duplicate_of: int | None
    score: int | None
    counted: bool
    confirmed: bool = False
    spans: int = 0

    @property
    def role_label(self) -> str:
        return BlockRole(self.role).label


@dataclass(frozen=True)
class Chosen:
    """The article of a batch that is open on the page; ``draft`` is None where it was refused."""

    item: ImportItem
    draft: ArticleDraft | None
    rows: list[BlockRow] = field(default_factory=list)
    first: int = 0
    pages: range = range(0)
    changes: list[str] = field(default_factory=list)
    #: How many live spans the version before has.
    spans: int = 0

    @property
    def undecided(self) -> Undecided | None:
        draft = self.draft
        return None if draft is None else undecided_date(draft.published, draft.changes)

    @property
    def differences(self) -> list[Difference]:
        """What the file says otherwise than the version before it, or does not say."""
        if self.draft is None or self.item.state != _State.VERSION or self.item.article is None:
            return []
        return differences(self.draft, metadata_of(self.item.article))


@dataclass(frozen=True)
class Preview:
    items: list[ImportItem]
    page: int
    pages: int
    counts: dict[str, int]
    chosen: Chosen | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def storable(self) -> int:
        return sum(self.counts.get(state, 0) for state in STORABLE)


def preview(
    by: Member, batch: ImportBatch, key: int | None, page: int, first: int, *, opens: bool
) -> Preview:
    """Return a page of a batch's articles and, where it ``opens`` one, the one that is open.

    ``key`` is the chosen item's, else the first that can be stored is open; ``first`` is the
    first block shown of it. A fixed number of queries.
    """
    rows = ImportItem.objects.filter(batch=batch)
    counts = dict(rows.order_by().values_list("state").annotate(Count("id")))
    pages = max(1, -(-sum(counts.values()) // ITEMS_PAGE))
    page = min(max(page, 1), pages)
    begin = (page - 1) * ITEMS_PAGE
    light = rows.defer("draft", "content").select_related("article").order_by("position", "id")
    items = list(
        light.defer("draft", "content", "article__text", "article__markup")[
            begin : begin + ITEMS_PAGE
        ]
    )
    if opens and key is None:
        fit = [item for item in items if item.state in STORABLE]
        key = fit[0].pk if fit else None
    chosen = None if key is None else _chosen(by, rows.filter(pk=key), first)
    return Preview(items, page, pages, counts, chosen)


def _chosen(by: Member, rows: QuerySet[ImportItem], first: int) -> Chosen | None:
    spans = (
        Span.objects.filter(
            article=OuterRef("article"), stream=OuterRef("article"), withdrawn_at=None
        )
        .order_by()
        .values("article")
        .annotate(n=Count("uuid"))
        .values("n")
    )
    item = (
        rows.select_related("article")
        .defer("content", "article__text", "article__markup")
        .annotate(spans=Subquery(spans))
        .first()
    )
    if item is None:
        return None
    if item.draft is None:
        return Chosen(item, None)
    draft = from_json(item.draft)
    counted = frozenset(by.project.rules.counted_roles)
    first, pages = _paged(len(draft.blocks), first)
    found = [
        BlockRow(
            index,
            draft.text[block.start : block.end],
            str(block.role),
            block.duplicate_of,
            block.score,
            str(block.role) in counted,
        )
        for index, block in enumerate(draft.blocks[first : first + BLOCKS_PAGE], start=first)
    ]
    return Chosen(
        item, draft, found, first, pages, changes_in_words(draft.changes), item.spans or 0
    )


def side_of(item: ImportItem, field: str, side: str) -> str:
    """Return what the version ``before`` an article says of a field, or its own ``file``."""
    chosen = Chosen(item, from_json(item.draft or {}))
    found = next((one for one in chosen.differences if one.field == field), None)
    if found is None:
        raise Missing("The two versions say the same of this by now.")
    return found.before if side == "before" else found.file


def _paged(total: int, first: int) -> tuple[int, range]:
    """Return the first block of the page that ``first`` is on, and where each page begins."""
    first = min(max(first, 0), max(total - 1, 0))
    pages = range(0, total, BLOCKS_PAGE) if total > BLOCKS_PAGE else range(0)
    return first - first % BLOCKS_PAGE, pages


# --- an article's details ---------------------------------------------------------------------


@dataclass(frozen=True)
class Details:
    article: Article
    rows: list[BlockRow]
    first: int
    pages: range
    changes: list[str]
    previous: Article | None
    next: Article | None
    #: How many spans the version before left in question, and how many of them are settled.
    to_settle: int = 0
    settled: int = 0

    @property
    def undecided(self) -> Undecided | None:
        return undecided_date(self.article.published, self.article.changes)


def details(by: Member, article: Article, first: int) -> Details:
    """Return what the details page shows of an article. A fixed number of queries."""
    blocks = Block.objects.filter(article=article)
    first, pages = _paged(blocks.count(), first)
    versions = Article.objects.only("uuid", "title", "imported_at", "previous_id", "purged_at")
    previous = versions.filter(pk=article.previous_id).first() if article.previous_id else None
    total, waiting = (0, 0) if previous is None else article_versions.progress(article)
    return Details(
        article,
        _block_rows(by, article, blocks, first),
        first,
        pages,
        changes_in_words(article.changes),
        previous,
        versions.filter(previous=article).first(),
        total,
        total - waiting,
    )


def _readable(by: Member, article: Article) -> QuerySet[Span]:
    return Span.objects.filter(by.readable(), article=article, withdrawn_at=None).order_by(
        "start", "end", "uuid"
    )


def _block_rows(
    by: Member, article: Article, blocks: QuerySet[Block], first: int
) -> list[BlockRow]:
    counted = frozenset(by.project.rules.counted_roles)
    shown = list(
        blocks.filter(index__gte=first, index__lt=first + BLOCKS_PAGE)
        .order_by("index")
        .annotate(original=F("duplicate_of__index"))
    )
    spans = spans_in(by, article, [block.index for block in shown], shown)
    return [
        BlockRow(
            block.index,
            article.text[block.start : block.end],
            block.role,
            block.original,
            block.score,
            block.role in counted,
            block.confirmed,
            len(spans[block.index]),
        )
        for block in shown
    ]


def spans_in(
    by: Member, article: Article, indexes: Collection[int], blocks: Iterable[Block] | None = None
) -> dict[int, list[Span]]:
    """Return the live spans, of those the member may see, that reach into each of the blocks."""
    if blocks is None:
        blocks = list(Block.objects.filter(article=article, index__in=indexes).order_by("index"))
    found: dict[int, list[Span]] = {block.index: [] for block in blocks}
    if not found:
        return found
    within = {
        "end__gt": min(block.start for block in blocks),
        "start__lt": max(block.end for block in blocks),
    }
    spans = list(_readable(by, article).filter(**within).select_related("label"))
    for block in blocks:
        for span in spans:
            if span.start >= block.end:
                break
            if span.end > block.start:
                found[block.index].append(span)
    return found


def roles_of(article: Article, indexes: Collection[int]) -> dict[int, str]:
    """Return the roles of blocks as they are now."""
    rows = Block.objects.filter(article=article, index__in=indexes)
    return dict(rows.values_list("index", "role"))
