"""Where words stand in an article, each place with what speaks for and against marking it."""

from bisect import bisect_right
from dataclasses import dataclass
from uuid import UUID

from annotations.domain.errors import Refused
from annotations.domain.places import MOST_FOUND, times
from annotations.domain.places import found as found_places
from annotations.domain.rendering import shorten
from annotations.domain.spans import MOST_AT_ONCE, cuts_word
from annotations.models import Article, Block, Span
from annotations.queries.access import Member

#: Characters shown on either side of an occurrence.
CONTEXT = 80


@dataclass(frozen=True)
class Occurrence:
    """One place; ``marked`` are the labels under which exactly these words are marked already."""

    start: int
    end: int
    before: str
    words: str
    after: str
    block: int
    repeat_of: int | None
    cuts_word: bool
    marked: dict[UUID, str]

    @property
    def place(self) -> str:
        return f"{self.start}-{self.end}"

    @property
    def plain(self) -> bool:
        """Say whether nothing but a mark of the same label speaks against it."""
        return self.repeat_of is None and not self.cuts_word

    def sensible(self, label: UUID | None) -> bool:
        """Say whether to mark it as ``label``; as None, whether it is marked as nothing yet."""
        return self.plain and (label not in self.marked if label else not self.marked)


@dataclass(frozen=True)
class Occurrences:
    found: list[Occurrence]
    #: How many more stand in parts of the article that do not count.
    elsewhere: int


def occurrences(by: Member, article: Article, words: str) -> Occurrences:
    """Return where ``words`` stand, folded, in the parts that count. Two queries.

    Raises ``Refused`` where they stand nowhere, or in more places than are marked at once.
    """
    text = article.text
    counted = frozenset(by.project.rules.counted_roles)
    blocks = list(
        Block.objects.filter(article=article)
        .order_by("start")
        .values_list("start", "end", "index", "role", "duplicate_of__index")
    )
    ends = [end for _, end, *_ in blocks]
    found: list[tuple[int, int, int]] = []
    elsewhere = 0
    places = found_places(text, words)
    for start, end in places:
        at = bisect_right(ends, start)
        if at == len(blocks):
            elsewhere += 1
            continue
        _, _, _, role, repeat_of = blocks[at]
        if role in counted or repeat_of is not None:
            found.append((start, end, at))
        else:
            elsewhere += 1
    _check(words, len(found), elsewhere, times(places) if len(places) > MOST_FOUND else "")
    marked = _marked(by, article, {(start, end) for start, end, _ in found})
    return Occurrences(
        [
            Occurrence(
                start=start,
                end=end,
                before=before(text, start, blocks[at][0]),
                words=text[start:end],
                after=after(text, end, blocks[at][1]),
                block=blocks[at][2],
                repeat_of=blocks[at][4],
                cuts_word=cuts_word(text, start, end),
                marked=marked.get((start, end), {}),
            )
            for start, end, at in found
        ],
        elsewhere,
    )


def before(text: str, start: int, least: int) -> str:
    """Return the words of a paragraph, which begins at ``least``, before a place in it."""
    cut = start - CONTEXT
    if cut <= least:
        return text[least:start]
    shown = text[cut:start]
    return "…" + (shown.partition(" ")[2] or shown)


def after(text: str, end: int, most: int) -> str:
    """Return the words of a paragraph, which ends at ``most``, after a place in it."""
    cut = end + CONTEXT
    if cut >= most:
        return text[end : max(end, most)]
    shown = text[end:cut]
    return (shown.rpartition(" ")[0] or shown) + "…"


def _check(words: str, count: int, elsewhere: int, many: str) -> None:
    quoted = f"“{shorten(words, 60)}”"
    if not count and elsewhere:
        raise Refused(
            f"{quoted} stands only in parts of this article that do not count, such as captions "
            "or boilerplate; set their roles first.",
            code="quote_elsewhere",
        )
    if not count:
        raise Refused(f"{quoted} does not stand in this article.", code="quote_missing")
    if count > MOST_AT_ONCE or many:
        raise Refused(
            f"{quoted} stands {many or f'{count:,} times'} in this article. At most {MOST_AT_ONCE:,} places "
            "are marked at once: look for longer words.",
            code="places_too_many",
        )


def _marked(
    by: Member, article: Article, places: set[tuple[int, int]]
) -> dict[tuple[int, int], dict[UUID, str]]:
    rows = Span.objects.filter(
        by.readable(), article=article, withdrawn_at=None, start__in={start for start, _ in places}
    ).values_list("start", "end", "label", "label__name")
    marked: dict[tuple[int, int], dict[UUID, str]] = {}
    for start, end, label, name in rows:
        if (start, end) in places:
            marked.setdefault((start, end), {})[label] = name
    return marked
