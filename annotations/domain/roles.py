"""What each block of an article is, as a proposal that a person may change.

Rules of structure first: where a block stands, how long it is, how it ends, how much of it is
links, what element it came from; then the words that pages put round articles
(``furniture.py``); then which blocks repeat others. In doubt a block is body, because a
paragraph of the argument must never be taken for anything else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from annotations.domain import furniture
from annotations.domain.records import BlockDraft, Markup
from annotations.domain.repeats import Repeat, find_repeats, words
from annotations.domain.text import fold, sentences
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag

_HEADINGS = (BlockTag.H1, BlockTag.H2, BlockTag.H3, BlockTag.H4, BlockTag.H5, BlockTag.H6)
_STOPS = ".!?…。！？؟۔।"
_CLOSERS = "\"'”’“‘»›«‹)]}」』*"
_BULLETS = "•‣◦▪●*–-—· \t\xa0"

#: Words below which a whole block may be form, teaser or credit by its vocabulary.
_LINE = 320
#: Authors and site names that are looked for; no page has more.
_MOST_NAMES = 12
#: Blocks at the top among which the headline is looked for.
_MOST_HEAD = 80
#: A paragraph of several sentences, or of one, that only an article has: no teaser is as long.
_LONG = 140
_LONG_SENTENCE = 250


@dataclass(frozen=True, slots=True)
class Piece:
    """A block before its role is known.

    ``hints`` are BlockRole values and element names that an importer read off the page, such as
    "boilerplate", "aside" or "figure"; plain text has none.
    """

    start: int
    end: int
    tag: BlockTag = BlockTag.PARAGRAPH
    hints: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hints:
    """Metadata known from elsewhere that the text itself says again; "" where unknown."""

    title: str = ""
    byline: str = ""
    description: str = ""
    site: str = ""


@dataclass(slots=True)
class _Block:
    index: int
    text: str
    tag: BlockTag
    hints: frozenset[str]
    links: float
    strong: float
    #: Whether nothing but a line break stands between it and the next block.
    touches: bool
    folded: str = field(init=False)
    size: int = field(init=False)
    is_long: bool = field(init=False)
    role: BlockRole | None = None

    def __post_init__(self) -> None:
        self.folded = fold(self.text.strip(_BULLETS)).text.strip()
        self.size = len(self.text)
        self.is_long = self._is_long()

    @property
    def is_short(self) -> bool:
        return self.size <= _LINE

    @property
    def ends(self) -> bool:
        """Whether it ends as a sentence does."""
        return self.text.rstrip(_CLOSERS)[-1:] in _STOPS

    @property
    def is_title(self) -> bool:
        """Whether it is a line that could be a title, a name or a label: short, no full stop."""
        last = self.text.rstrip(_CLOSERS)[-1:]
        return self.size <= 160 and (last not in ".…。।۔,;:" or last == "")

    @property
    def is_prose(self) -> bool:
        return self.ends and self.links < 0.5 and (self.size >= 60 or _wide(self.text) >= 25)

    def _is_long(self) -> bool:
        """Whether it is a paragraph that no teaser, caption or form line is as long as."""
        if not self.is_prose:
            return False
        if self.size >= _LONG_SENTENCE or _wide(self.text) >= 80:
            return True
        return self.size >= _LONG and len(sentences(self.text)) > 1


def propose_roles(
    text: str,
    pieces: Sequence[Piece],
    markup: Iterable[Markup] = (),
    hints: Hints | None = None,
) -> tuple[BlockDraft, ...]:
    """Return the blocks of an article with a role each, and which of them repeat which."""
    blocks = _blocks(text, pieces, markup)
    page = _Page(blocks, hints or Hints())
    page.read()
    repeats = find_repeats(text, pieces, [block.role or BlockRole.BODY for block in blocks])
    _pull_quotes(blocks, repeats)
    page.read_headings()
    return tuple(
        BlockDraft(
            start=piece.start,
            end=piece.end,
            tag=piece.tag,
            role=block.role or BlockRole.BODY,
            duplicate_of=repeat.original if repeat else None,
            score=repeat.score if repeat else None,
        )
        for piece, block, repeat in zip(pieces, blocks, repeats, strict=True)
    )


def _blocks(text: str, pieces: Sequence[Piece], markup: Iterable[Markup]) -> list[_Block]:
    marks = sorted(
        (mark.start, mark.end, mark.tag == MarkupTag.LINK)
        for mark in markup
        if mark.tag in (MarkupTag.LINK, MarkupTag.STRONG, MarkupTag.EMPHASIS)
    )
    blocks = []
    at = 0
    for index, piece in enumerate(pieces):
        linked = strong = 0
        # Markup lies inside one block, so both lists are walked once.
        while at < len(marks) and marks[at][0] < piece.end:
            start, end, is_link = marks[at]
            if is_link:
                linked += end - start
            else:
                strong += end - start
            at += 1
        size = max(1, piece.end - piece.start)
        blocks.append(
            _Block(
                index,
                text[piece.start : piece.end],
                piece.tag,
                piece.hints,
                linked / size,
                strong / size,
                index + 1 < len(pieces)
                and text.count("\n", piece.end, pieces[index + 1].start) == 1,
            )
        )
    return blocks


_PARTICLES = frozenset(
    [
        "al",
        "bin",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "ibn",
        "la",
        "le",
        "ten",
        "van",
        "von",
        "zu",
        "y",
    ]
)
_PARTS = re.compile(r"[|·•]")
_PARTS_OF_MASTHEAD = re.compile(r"[|·•:]")
_PARTS_OF_SHARE_BAR = re.compile(r"[\s|,/·•()]+")
_BETWEEN_NAMES = re.compile(r"[,|·•]| and | und | et | y | e | en | & ")
_BEFORE_CLAIMANT = re.compile(r"^[^\w]*(?:copyright|c\))?[\W\d]*")
_AFTER_CLAIMANT = re.compile(r"[.|·]")
_CLAIMED = re.compile(r"©\s?[^.!?\d]{2,60}$")
_RIGHTS = re.compile(r"(?:©|\(?c\)|copyright)")
_ARTICLE = re.compile(
    r"^(?:the|der|die|das|le|la|les|l'|el|il|lo|gli|o|a|os|as|de|het)[ ]?(?<=[ '])"
)


class _Page:
    """Reads the blocks from the certain to the doubtful; a role once given stays."""

    def __init__(self, blocks: list[_Block], hints: Hints) -> None:
        self.blocks = blocks
        self.hints = hints
        self.title = fold(hints.title).text.strip()
        self.description = fold(hints.description).text.strip()
        self.byline = fold(hints.byline).text.strip()
        self.names: list[str] = _names(self.byline)
        self.sites: list[str] = []
        self.first = 0
        self.last_long = -1
        # What sentences begin with, up to six words, so that a name is looked up and not sought.
        self.openings: dict[str, int] = {}
        self.rights: list[str] = []
        self.titled = len(blocks)
        for block in blocks:
            if block.ends:
                opening = _ARTICLE.sub("", block.folded[:200]).replace(",", " ").split()[:6]
                for count in range(1, len(opening) + 1):
                    self.openings[" ".join(opening[:count])] = block.index
            if _RIGHTS.match(block.folded):
                self.rights.append(block.folded[:200])
            if self.titled > block.index and len(block.text.split(None, 5)) >= 5:
                self.titled = block.index

    def read(self) -> None:
        self._by_element()
        self._forms()
        self._comments()
        self._teasers()
        self.first = self._first_body()
        self._head(self.first)
        self.names = self._names_of_authors()
        self.sites = self._names_of_sites()
        self._site_bios()
        self._tail()
        self._pictures()

    def _names_of_authors(self) -> list[str]:
        names = _names(self.byline)
        for block in self.blocks[: self.first]:
            if block.role == BlockRole.BYLINE:
                line = _PARTS.split(furniture.BYLINE.sub("", block.folded, count=1))[0]
                names += [name for name in _names(line) if not any(map(str.isdigit, name))]
        return [name for name in dict.fromkeys(names) if " " in name][:_MOST_NAMES]

    def _names_of_sites(self) -> list[str]:
        """Return what the page may be called: its name, its masthead, who claims its rights."""
        names = [fold(self.hints.site).text.strip()]
        for block in self.blocks[: self.first]:
            parts = [part.strip() for part in _PARTS_OF_MASTHEAD.split(block.folded)]
            if block.role == BlockRole.BYLINE:
                names += [part for part in parts[1:] if not furniture.DATELINE.search(part)]
            elif block.role in (BlockRole.BOILERPLATE, BlockRole.SECTION):
                names += parts
        for block in self.blocks:
            if block.is_short and _RIGHTS.match(block.folded):
                claimant = _BEFORE_CLAIMANT.sub("", block.folded, count=1)
                names.append(_AFTER_CLAIMANT.split(claimant)[0].strip())
        names = [name for name in names if len(name) >= 5 and name not in self.names]
        return list(dict.fromkeys(names))[:_MOST_NAMES]

    def _site_bios(self) -> None:
        """Take the sentences below the article that begin with the name of the page."""
        for block in reversed(self.blocks[self.first + 1 :]):
            if block.role is None and block.is_long and not self._begins_with_site(block):
                return
            if (
                block.role in (None, BlockRole.BOILERPLATE)
                and block.ends
                and 40 <= block.size <= 1_200
                and not furniture.FORM.search(block.folded)
                and self._begins_with_site(block)
                and not _is_bio(block, self.names)
            ):
                block.role = BlockRole.SITE_BIO

    def _begins_with_site(self, block: _Block) -> bool:
        text = _ARTICLE.sub("", block.folded)
        return any(text.startswith(_ARTICLE.sub("", site) + " ") for site in self.sites)

    # -- from the certain

    def _by_element(self) -> None:
        """Take what the page's own elements and class names say, where the text does not deny."""
        for block in self.blocks:
            for role in (
                BlockRole.BOILERPLATE,
                BlockRole.PULL_QUOTE,
                BlockRole.CREDIT,
                BlockRole.CAPTION,
                BlockRole.AUTHOR_BIO,
            ):
                if role in block.hints and block.role is None:
                    block.role = role
            if block.role is None and "figure" in block.hints and block.is_short:
                block.role = BlockRole.CAPTION
            if block.role == BlockRole.CAPTION and furniture.CREDIT.search(block.folded):
                block.role = BlockRole.CREDIT

    def _forms(self) -> None:
        self.last_long = max((block.index for block in self._open(0) if block.is_long), default=-1)
        for block in self.blocks:
            if block.role is None and block.is_short and _is_furniture(block):
                after = self._after(block)
                if after is not None and after.ends and furniture.ABOUT_SITE.search(block.folded):
                    # "About us" is a link of a menu, unless what it announces follows.
                    continue
                if not self._is_late(block) and _CLAIMED.match(block.folded):
                    # Rights claimed in the middle of an article are a picture's.
                    continue
                # A sentence of the argument may hold a word or two of a form.
                if block.ends and len(sentences(block.text)) > 2 and not self._is_late(block):
                    continue
                block.role = BlockRole.BOILERPLATE

    def _is_late(self, block: _Block) -> bool:
        return block.index > self.last_long

    def _open(self, start: int, end: int | None = None) -> Iterable[_Block]:
        return (block for block in self.blocks[start:end] if block.role is None)

    def _comments(self) -> None:
        """Close the page at the readers' discussion, when most of the text stands above it."""
        weights = [
            block.size if block.role is None and block.is_prose else 0 for block in self.blocks
        ]
        above = 0
        for block, weight in zip(self.blocks, weights, strict=True):
            if (
                block.size <= 80
                and block.role in (None, BlockRole.BOILERPLATE)
                and furniture.COMMENTS.search(block.folded)
                and above * 2 >= sum(weights)
                and above
            ):
                for later in self.blocks[block.index :]:
                    if later.role is None and not _is_bio(later, self.names):
                        later.role = BlockRole.BOILERPLATE
                return
            above += weight

    def _teasers(self) -> None:
        """Take the titles and their one-line companions under "more from" and the like."""
        for block in self.blocks:
            if (
                block.role is None
                and block.size <= 70
                and not block.ends
                and furniture.RELATED.search(block.folded)
                and self._follows_prose(block)
            ):
                block.role = BlockRole.BOILERPLATE
                if block.links >= 0.5 and block.tag not in _HEADINGS:
                    continue
                for later in self._teaser_group(block.index + 1):
                    later.role = BlockRole.BOILERPLATE

    def _follows_prose(self, block: _Block) -> bool:
        return next(
            (above.is_prose for above in self._open(0, block.index) if above.is_prose), False
        )

    def _teaser_group(self, start: int) -> list[_Block]:
        group: list[_Block] = []
        lines = 0
        for block in self.blocks[start:]:
            if block.role == BlockRole.BOILERPLATE:
                continue
            if block.role is not None or block.is_long or _is_bio(block, self.names):
                break
            lines = lines + 1 if block.ends and block.links < 0.5 else 0
            group.append(block)
            # A teaser is a title with a line below it, and a caption at most: where more
            # sentences follow one another the article goes on.
            if lines == 3:
                del group[-3:]
                break
        titles = sum(block.is_title and not block.ends for block in group)
        inside = start <= self.last_long
        if inside or titles < 2:
            # What leads over to the next paragraph is its heading or its first line, and what
            # follows one title alone may be the article's last line, unless it is a link.
            while (
                group
                and group[-1].links < 0.5
                and ((inside and group[-1].tag in _HEADINGS) or group[-1].ends)
                and (inside or not self._is_below(start))
            ):
                group.pop()
        return group

    def _is_below(self, start: int) -> bool:
        """Say whether something that ends articles stands right above."""
        above = self.blocks[start - 2 : start - 1]
        return bool(above) and (
            above[0].role == BlockRole.BOILERPLATE or _is_bio(above[0], self.names)
        )

    def _tail(self) -> None:
        """Walk up from the end over everything that is not the article's last paragraph."""
        below = False
        for block in reversed(self.blocks):
            before = self._before(block)
            if block.role is not None:
                below = below or block.role == BlockRole.BOILERPLATE
                continue
            if block.is_short and block.size <= 60 and self._names_a_bio(block):
                below = True
            elif furniture.ABOUT_AUTHOR.search(block.folded) and block.size <= 60:
                block.role = BlockRole.AUTHOR_BIO
                self._give_following(block, BlockRole.AUTHOR_BIO)
            elif furniture.ABOUT_SITE.search(block.folded) and block.size <= 60:
                block.role = BlockRole.SITE_BIO
                self._give_following(block, BlockRole.SITE_BIO)
            elif _is_bio(block, self.names):
                block.role = BlockRole.AUTHOR_BIO
            elif before is not None and self._is_site_bio(block, before, below):
                block.role = BlockRole.SITE_BIO
            elif before is not None and _is_about(before) and not block.is_title:
                # Decided when its heading is reached.
                continue
            elif block.is_prose or block.ends:
                return
            elif block.links >= 0.5:
                block.role = BlockRole.BOILERPLATE
            elif not below:
                # A last line without a full stop may be a verse, a signature, a list's end.
                continue

    def _before(self, block: _Block) -> _Block | None:
        return self.blocks[block.index - 1] if block.index else None

    def _after(self, block: _Block) -> _Block | None:
        following = block.index + 1
        return self.blocks[following] if following < len(self.blocks) else None

    def _names_a_bio(self, block: _Block) -> bool:
        """Take a name that stands over a bio, once or repeated."""
        after = self._after(block)
        if not (
            block.is_title
            and after is not None
            and after.role in (BlockRole.AUTHOR_BIO, BlockRole.SITE_BIO)
        ):
            return False
        name = block.folded.strip(" :")
        of_bio = name and len(name.split()) <= 6 and after.folded.startswith(name)
        if after.role == BlockRole.SITE_BIO or of_bio:
            block.role = after.role
            return True
        return False

    def _is_site_bio(self, block: _Block, before: _Block, below: bool) -> bool:
        if not block.ends or block.size > 1_200:
            return False
        over = self._before(before)
        is_name = before.is_title and before.size <= 60 and len(before.folded.split()) <= 6
        if is_name and furniture.FIRST_PERSON.search(block.folded) and over is not None:
            return over.folded == before.folded
        site = fold(self.hints.site).text.strip()
        return (
            bool(site)
            and block.folded.startswith(site)
            and furniture.SITE_IS.search(block.folded) is not None
        )

    def _give_following(self, heading: _Block, role: BlockRole) -> None:
        for block in self.blocks[heading.index + 1 :]:
            if block.role is not None or not block.ends:
                return
            block.role = role

    # -- to the doubtful

    def _first_body(self) -> int:
        """Return the index of the first paragraph of the article."""
        blocks = self.blocks
        for block in blocks:
            if block.role is not None:
                continue
            if self._is_byline(block) or self._is_standfirst(block):
                continue
            if block.is_prose and not (block.is_short and self._is_opening(block)):
                return block.index
        return len(blocks)

    def _is_opening(self, block: _Block) -> bool:
        """Say whether a shorter sentence at the top is standfirst, caption or label."""
        if block.tag in _HEADINGS or {"standfirst", "section", "figure"} & block.hints:
            return True
        if _is_caption(block) or _is_date(block) or "picture" in block.hints:
            return True
        after = self._after(block)
        if after is not None and furniture.CREDIT.search(after.folded) and not block.is_long:
            return True
        if after is not None and _is_alternative(block, after):
            return True
        rest = self.blocks[block.index + 1 :]
        # What stands above the byline belongs to the title.
        for later in rest[:6]:
            if self._is_byline(later) or _is_date(later):
                return True
            if later.is_long:
                return False
        return False

    def _is_name_line(self, block: _Block) -> bool:
        """Say whether a line is the bare name of a person: by a date, or of a bio further down."""
        parts = block.text.split()
        if not (2 <= len(parts) <= 5 and block.size <= 60 and block.is_title):
            return False
        if not all(part[:1].isupper() or part in _PARTICLES for part in parts):
            return False
        around = (self._before(block), self._after(block))
        if any(near is not None and _is_date(near) for near in around):
            return True
        return self.titled < block.index < self.openings.get(" ".join(block.folded.split()), -1)

    def _is_masthead(self, block: _Block) -> bool:
        """Say whether a line at the top is the name of the page rather than of the article."""
        name = " ".join(_ARTICLE.sub("", block.folded).split())
        if " " in name and self.openings.get(name, -1) > block.index:
            return True
        # "© 2024", "Copyright (c) 2019-2024" and the like stand before the name.
        return any(0 <= line.find(name) <= 30 for line in self.rights)

    def _is_standfirst(self, block: _Block) -> bool:
        return bool(
            BlockRole.STANDFIRST in block.hints
            or (
                len(self.description) >= 40
                and block.size <= 400
                and block.folded.rstrip(".…") == self.description.rstrip(".…")
            )
        )

    def _is_byline(self, block: _Block) -> bool:
        if block.size > 240 or block.tag in _HEADINGS:
            return False
        if self.byline and block.folded in (self.byline, f"by {self.byline}"):
            return True
        if self._is_name_line(block):
            return True
        if not furniture.BYLINE.search(block.folded) or len(sentences(block.text)) > 2:
            return BlockRole.BYLINE in block.hints and block.size <= 160 and not block.is_long
        if furniture.BYLINE_NEEDS_NAME.match(block.folded):
            # "By noon the square was full." begins like a byline; a name follows in a byline.
            rest = block.text.split(None, 1)[1:]
            name = rest[0] if rest else ""
            if not (name[:1].isupper() or name.startswith(",")):
                return False
            return not block.ends or name.startswith(",") or block.size <= 60
        return not block.ends or block.size <= 80

    def _head(self, first: int) -> None:
        head = [block for block in self.blocks[:first] if block.role is None]
        headline = self._headline(head)
        at = -1
        if headline is not None:
            headline.role = BlockRole.HEADLINE
            at = headline.index
            self._above(headline)
        for block in head:
            if block.role is not None:
                continue
            after = self._after(block)
            if self._is_byline(block) or _is_date(block):
                block.role = BlockRole.BYLINE
            elif furniture.CREDIT.search(block.folded):
                block.role = BlockRole.CREDIT
            elif (
                _is_caption(block)
                or "picture" in block.hints
                or (after is not None and furniture.CREDIT.search(after.folded) and block.ends)
            ):
                block.role = BlockRole.CAPTION
            elif after is not None and _is_alternative(block, after):
                block.role = BlockRole.CREDIT
            elif headline is None:
                continue
            elif block.folded == headline.folded:
                block.role = BlockRole.HEADLINE
            elif (
                self._is_standfirst(block)
                or block.ends
                or (block.index == at + 1 and block.size >= 60)
            ):
                block.role = BlockRole.STANDFIRST
            elif BlockRole.SECTION in block.hints:
                block.role = BlockRole.SECTION
            elif block.is_title and self._leads_to_body(block):
                block.role = BlockRole.HEADING

    def _above(self, headline: _Block) -> None:
        """Of what stands over the headline, the nearest line is its section, the rest a menu."""
        sectioned = False
        for block in reversed(self.blocks[: headline.index]):
            if block.role is not None or self._is_byline(block) or _is_date(block):
                continue
            if BlockRole.SECTION in block.hints:
                block.role = BlockRole.SECTION
            elif sectioned or self._is_masthead(block):
                block.role = BlockRole.BOILERPLATE
            else:
                block.role = BlockRole.SECTION
            sectioned = sectioned or not block.ends

    def _leads_to_body(self, block: _Block) -> bool:
        after = self._after(block)
        return after is not None and after.role is None and after.is_prose

    def _headline(self, head: list[_Block]) -> _Block | None:
        best: tuple[int, int, _Block] | None = None
        for place, block in enumerate(head[:_MOST_HEAD]):
            if block.size > 300 or self._is_byline(block) or _is_date(block):
                continue
            score = 0
            if self.title and (block.folded == self.title):
                score += 8
            elif self.title and len(block.folded) > 12 and block.folded in self.title:
                score += 6
            if block.tag == BlockTag.H1:
                score += 6
            elif block.tag in _HEADINGS:
                score += 2
            if BlockRole.HEADLINE in block.hints:
                score += 2
            if {BlockRole.SECTION, BlockRole.STANDFIRST} & block.hints:
                score -= 4
            count = len(words(block.text))
            score += (2 if count >= 3 else 0) + (1 if count >= 5 else 0)
            if score < 6 and self._is_masthead(block):
                score -= 5
            if block.text.endswith((".", "。", ":", "،")) or _is_caption(block):
                score -= 5
            if best is None or score > best[0]:
                best = (score, place, block)
        return best[2] if best is not None and best[0] > 0 else None

    def _pictures(self) -> None:
        """Find captions and credits between the paragraphs."""
        for block in self.blocks[self.first :]:
            if block.role is not None:
                continue
            after = self._after(block)
            if furniture.CREDIT.search(block.folded) and block.size <= 100 and not block.ends:
                block.role = BlockRole.CREDIT
            elif (
                _is_caption(block)
                or ("picture" in block.hints and block.is_short)
                or (
                    after is not None
                    and block.touches
                    and block.is_short
                    and after.size <= 100
                    and not after.ends
                    and furniture.CREDIT.search(after.folded)
                )
            ):
                block.role = BlockRole.CAPTION
            elif after is not None and block.is_short and _is_alternative(block, after):
                block.role = BlockRole.CREDIT

    def read_headings(self) -> None:
        """Find the headings between the paragraphs, once the pull quotes are known."""
        for block in self.blocks[self.first :]:
            before, after = self._before(block), self._after(block)
            if block.role is None and (
                block.tag in _HEADINGS
                or (before is not None and after is not None and _is_heading(block, before, after))
            ):
                block.role = BlockRole.HEADING


def _is_furniture(block: _Block) -> bool:
    if block.size <= 90:
        parts = [part for part in _PARTS_OF_SHARE_BAR.split(block.folded) if part]
        parts = [part for part in parts if not part.isdigit()]
        if (
            parts
            and furniture.SHARE_WORDS.issuperset(parts)
            and not furniture.SHARES.isdisjoint(parts)
        ):
            return True
    if not block.ends and block.size <= 220 and furniture.RELATED_LINE.search(block.folded):
        return True
    if "aside" in block.hints and block.links >= 0.5:
        return True
    if not block.ends and furniture.TRAIL.search(block.folded) and not _is_date(block):
        return True
    return furniture.FORM.search(block.folded) is not None


def _is_about(block: _Block) -> bool:
    return block.size <= 60 and bool(
        furniture.ABOUT_AUTHOR.search(block.folded) or furniture.ABOUT_SITE.search(block.folded)
    )


def _is_alternative(block: _Block, after: _Block) -> bool:
    """Say whether a line is the alternative text of a picture, printed above its caption."""
    return _is_caption(after) and _overlap(block, after) >= 0.6


def _is_date(block: _Block) -> bool:
    """Say whether a line is a date, alone or beside names: "Ada | 3 May 2021 | The Courier"."""
    return block.size <= 110 and any(
        furniture.DATELINE.search(part.strip()) for part in _PARTS.split(block.folded)
    )


def _is_caption(block: _Block) -> bool:
    if block.size > 450 or block.tag in _HEADINGS:
        return False
    if furniture.CREDIT_TAIL.search(block.folded):
        return True
    if not block.is_short or len(sentences(block.text)) > 2:
        return False
    return (
        sum(
            pattern.search(block.folded) is not None
            for pattern in (furniture.PICTURE, furniture.PICTURED, furniture.ENDS_WITH_DATE)
        )
        >= 2
        and furniture.PICTURE.search(block.folded) is not None
    )


def _is_heading(block: _Block, before: _Block, after: _Block) -> bool:
    """Say whether a line of plain text between two paragraphs is a heading."""
    text = block.text
    if not (block.tag == BlockTag.PARAGRAPH and block.is_title and block.size <= 100):
        return False
    if text[:1] in _BULLETS + "\"'“‘«„(" or not words(text) or len(text.split()) > 14:
        return False
    return (
        not text[:1].islower()
        and after.role is None
        and after.is_prose
        and not after.text[:1].islower()
        and (before.ends or before.role not in (None, BlockRole.BODY))
        and before.text[-1:] != ":"
        and not (text[-1:] in "!?؟！？" and len(text) > 80)
    )


def _is_bio(block: _Block, names: Sequence[str]) -> bool:
    """Say whether a block tells who an author is: a name, then a post, an office, books."""
    if block.size > 900 or not block.text.strip(_BULLETS):
        return False
    if block.ends and any(block.folded.startswith(name + end) for name in names for end in " ,"):
        return True
    if not furniture.BIO.search(block.folded):
        return False
    stripped = block.text.strip(_BULLETS)
    first = stripped.split()[:2]
    if any(
        (word[:1].islower() and word not in _PARTICLES) or not word[:1].isalpha() for word in first
    ):
        return False
    score = 1
    if furniture.BIO_MORE.search(block.folded):
        score += 1
    if block.text[:1] in _BULLETS:
        score += 1
    if all(word.isupper() and len(word) > 1 for word in first):
        score += 1
    if block.strong > 0.5 or "aside" in block.hints or "footer" in block.hints:
        score += 1
    return score >= 2


def _names(byline: str) -> list[str]:
    parts = _BETWEEN_NAMES.split(byline)
    return [part.strip() for part in parts if len(part.strip()) > 3]


def _wide(text: str) -> int:
    """Return how many characters of scripts without blanks between words ``text`` has."""
    return sum("\u3040" <= char <= "\u9fff" for char in text)


def _overlap(block: _Block, other: _Block) -> float:
    """Return which share of the words of ``block`` the ``other`` has too."""
    own = words(block.text)
    theirs = set(words(other.text))
    return sum(word in theirs for word in own) / len(own) if own else 0.0


def _pull_quotes(blocks: list[_Block], repeats: list[Repeat | None]) -> None:
    """Call a short block a pull quote when it stands alone and repeats part of a longer one.

    Not what is repeated as a whole: that is a paragraph of a lead printed twice.
    """
    texts = Counter(block.folded for block in blocks if block.role is None)
    for index, repeat in enumerate(repeats):
        block = blocks[index]
        if repeat is None or block.role is not None:
            continue
        original = blocks[repeat.original]
        around = [
            repeats[at] is not None and blocks[at].role is None
            for at in (index - 1, index + 1)
            if 0 <= at < len(blocks)
        ]
        if (
            block.is_short
            and block.size * 5 <= original.size * 4
            and texts[block.folded] == 1
            and not any(around)
        ):
            block.role = BlockRole.PULL_QUOTE
    for quote, block in pairwise(blocks):
        repeat = repeats[quote.index]
        if (
            quote.role == BlockRole.PULL_QUOTE
            and block.role is None
            and block.size <= 100
            and not block.ends
            and repeat is not None
            and _says_who(block, blocks[repeat.original])
        ):
            block.role = BlockRole.PULL_QUOTE


def _says_who(block: _Block, original: _Block) -> bool:
    """Say whether a line below a pull quote names its speaker."""
    if block.text[:1] in "-–—―":
        return True
    names = [word for word in block.text.split(",")[0].split() if word[:1].isupper()]
    known = set(words(original.text))
    return "," in block.text and any(
        len(part) > 3 and part in known for name in names for part in words(name)
    )
