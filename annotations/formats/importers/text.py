"""Plain text: one article a file, its characters kept as they are.

A block is a paragraph between blank lines where lines are wrapped at a width, else a line:
text saved from a page has one line for each paragraph, and captions, names and form lines
often follow one another without a blank line.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from annotations.domain.errors import ImportRefused
from annotations.domain.records import ArticleDraft, BlockDraft
from annotations.domain.roles import Hints, Piece, propose_roles
from annotations.domain.text import canonicalise
from annotations.domain.vocabulary import BlockRole, BlockTag
from annotations.formats import contract
from annotations.formats.contract import Read
from annotations.formats.importers import metadata

#: Widths that people and programs wrap lines at.
_WRAPPED_WIDTHS = range(40, 121)
_BULLET = re.compile(r"[•‣◦▪●–*-]\s+\S")
_REPOST = re.compile(
    r"\b(?:originally|first)\s+(?:published|appeared)\s+(?:in|on|by|at)\s+(?:the\s+)?"
    r"(?P<publisher>[A-Z][^.,;()\n]{1,60})",
    re.IGNORECASE,
)


_MORE_FROM = re.compile(
    r"(?:More from|Mehr (?:aus|von)|Plus d'articles de|Más de|Altro da|Mais de|Meer van|المزيد من)"
    r"\s+(?P<site>[A-Z\u0600-\u06ff][^.!?:]{2,40}):?"
)
_RIGHTS = re.compile(r"(?:©|\(c\)|Copyright)[\s©\d–-]+(?P<site>[^.,|·•©\d]{4,50})", re.IGNORECASE)
_THE = re.compile(r"(?:The|Der|Die|Das|Le|La|Les|El|Il|Lo|O|A|De|Het)\s")
_PUBLISHED_BY = re.compile(
    r"\b(?:published by|herausgegeben von|erscheint (?:im|bei)|édité par|publié par|editado por"
    r"|publicado por|edito da|pubblicato da|uitgegeven door)\s+(?:the\s+|der\s+|la\s+)?"
    r"(?P<publisher>[A-Z][^.,;()\n]{2,60}?)(?=\s+(?:and|und|et|y|e|en)\s+[a-zà-ÿ]|[.,;()\n]|$)"
)
_PARTICLES = frozenset(
    [
        "al",
        "bin",
        "da",
        "de",
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
    ]
)


class TextImporter:
    name = "text"
    title = "Plain text"
    suffixes = (".txt", ".text", ".md")
    media_type = "text/plain"

    def read(self, data: bytes, *, name: str) -> Read:
        try:
            text = contract.read_text(data, name=name)
            yield read_text(text, name=name, source_sha256=contract.sha256(data))
        except ImportRefused as refusal:
            yield refusal


def read_text(
    raw: str,
    *,
    name: str,
    source_sha256: str,
    hints: Hints | None = None,
    where: tuple[str, int | None] | None = None,
) -> ArticleDraft:
    """Return the article that plain text holds, with what its own lines say of it.

    ``where`` is the file and line that refusals name, where they are not ``name``.
    """
    file, line = where or (name, None)
    with contract.named(file, line):
        canonical = canonicalise(raw)
    text = canonical.text
    contract.check_content(text, name=file, line=line)
    found = pieces(text)
    contract.check_blocks(len(found), name=file, line=line)
    blocks = propose_roles(text, found, (), hints)
    published, undecided = date_of(text, blocks)
    return ArticleDraft(
        name=name,
        text=text,
        markup=(),
        blocks=blocks,
        title=title_in(text, blocks),
        byline=byline_in(text, blocks),
        site=site_named_in(text, blocks),
        publisher=publisher_named_in(text, blocks),
        published=published,
        url=url_of(text, blocks),
        language=metadata.language_of(text),
        changes=(*canonical.changes, *doubts(published, undecided)),
        source_sha256=source_sha256,
        media_type=TextImporter.media_type,
    )


def pieces(text: str) -> list[Piece]:
    """Return the blocks of canonical plain text, without the blanks round them."""
    found = []
    width = max((end - start for start, end in _lines(text, 0, len(text))), default=0)
    for start, end in _paragraphs(text):
        lines = list(_lines(text, start, end))
        if len(lines) > 1 and _is_wrapped(text, lines, width):
            lines = [(lines[0][0], lines[-1][1])]
        for first, last in lines:
            item = _BULLET.match(text, first, last) is not None
            found.append(Piece(first, last, BlockTag.ITEM if item else BlockTag.PARAGRAPH))
    return found


def _paragraphs(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    open_at: int | None = None
    for start, end in _lines(text, 0, len(text), keep_blank=True):
        if start < end and open_at is None:
            open_at = start
        if start == end and open_at is not None:
            found.append((open_at, start))
            open_at = None
    if open_at is not None:
        found.append((open_at, len(text)))
    return found


def _lines(text: str, start: int, end: int, *, keep_blank: bool = False) -> list[tuple[int, int]]:
    """Return each line without the blanks at its ends; blank ones are empty or left out."""
    found = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        line = text[start:stop]
        first = start + len(line) - len(line.lstrip())
        last = max(first, start + len(line.rstrip()))
        if first < last or keep_blank:
            found.append((first, last))
        start = stop + 1
    return found


def _is_wrapped(text: str, lines: Sequence[tuple[int, int]], width: int) -> bool:
    """Say whether the lines are one paragraph, each broken where the next word did not fit.

    ``width`` is the longest line of the whole text: what is wrapped is wrapped throughout.
    """
    if width not in _WRAPPED_WIDTHS:
        return False
    for (start, end), (following, until) in pairwise(lines):
        word = text[following:until].split(None, 1)[0]
        if end - start + 1 + len(word) <= width:
            return False
    return True


def first_of(text: str, blocks: Sequence[BlockDraft], role: BlockRole) -> str:
    """Return what the first block in ``role`` says, as a metadata value; "" without one."""
    for block in blocks:
        if block.role == role:
            return contract.tidy_field(text[block.start : block.end])
    return ""


#: Where the line under a headline begins that stands in the same block, or in the same line.
_UNDER = re.compile(
    r"(?:^|[\s|·•–—-])((?:(?:posted|written|submitted|published|reported|filed) (?:by|on)"
    r"|(?:veröffentlicht|publié|publicado|pubblicato|geplaatst) (?:von|am|par|le|por|el|da|il|door|op))"
    r"\b.{0,200})$",
    re.IGNORECASE,
)


def _headline(text: str, blocks: Sequence[BlockDraft]) -> tuple[str, str]:
    """Return the headline, and what under it says by whom and when; "" where nothing does.

    Old pages have both in one block, parted by a line break or by nothing.
    """
    for block in blocks:
        if block.role != BlockRole.HEADLINE:
            continue
        lines = [contract.tidy_field(line) for line in text[block.start : block.end].split("\n")]
        for number, line in enumerate(lines):
            under = _UNDER.search(line)
            # A headline of which nothing would be left is no line under one.
            title = " ".join([*lines[:number], line[: under.start()] if under else ""])
            title = contract.tidy_field(title).rstrip(" |·•–—-")
            if under and title and any(char.isdigit() for char in under[1]):
                return title, " ".join([under[1], *lines[number + 1 :]]).strip()
    return first_of(text, blocks, BlockRole.HEADLINE), ""


def title_in(text: str, blocks: Sequence[BlockDraft]) -> str:
    """Return the headline without the line under it."""
    return _headline(text, blocks)[0]


_BY = re.compile(
    r"(?:posted by|submitted by|reported by|filed by|by|written by|words by|text by|von|par|por|di|a cura di|door|av|af|przez|بقلم)\b[\s:]*"
    r"|(?:text|autor|autorin|auteur|texte|author|tekst|texto|автор|مאת)\s*:\s*",
    re.IGNORECASE,
)
_AFTER_NAMES = re.compile(r"\s[|•·–—]\s|,\s(?=\S+ (?:is|was|of|in|and|founder)\b|the\b|an?\b)")
_BETWEEN_PARTS = re.compile(r"\s[|·•–—]\s")


def byline_of(line: str) -> str:
    """Return the names of a byline without "By" and without what the people are."""
    name = _BY.sub("", line, count=1) if _BY.match(line) else line
    name = _AFTER_NAMES.split(name, maxsplit=1)[0]
    return name.strip(" ,.;:|") if not name.startswith(",") else ""


#: What in a byline follows the names: when it was.
_WHEN = re.compile(
    r",? (?:(?:on|am|le|el|il|op|em|at|um) )?(?=\d|[^\W\d]{3,12}\.? \d{1,4}\b)", re.IGNORECASE
)


def _names_before_date(line: str) -> str:
    """Return the names of a line that says by whom and when; "" where it does not say by whom."""
    return byline_of(_WHEN.split(line, maxsplit=1)[0]) if _BY.match(line) else ""


def byline_in(text: str, blocks: Sequence[BlockDraft]) -> str:
    """Return who wrote the article by its byline, else by its author's bio; "" if neither says."""
    names = _names_before_date(_headline(text, blocks)[1])
    if names:
        return names
    for block in blocks:
        if block.role == BlockRole.BYLINE:
            line = contract.tidy_field(text[block.start : block.end])
            for names in (byline_of(line), _names_before_date(line)):
                if names and not any(char.isdigit() for char in names):
                    return names
    return name_of_bio(first_of(text, blocks, BlockRole.AUTHOR_BIO))


def name_of_bio(bio: str) -> str:
    """Return the name that a bio begins with: the capitalised words before its verb."""
    name: list[str] = []
    for word in bio.lstrip("•‣◦▪●*–-—· ").split():
        if not word[:1].isupper() and word not in _PARTICLES:
            return " ".join(name) if 2 <= len(name) <= 6 else ""
        name.append(word.rstrip(","))
        if word.endswith(","):
            break
    return " ".join(name) if 2 <= len(name) <= 6 else ""


def site_named_in(text: str, blocks: Sequence[BlockDraft]) -> str:
    """Return what the page calls itself, or "" in doubt.

    That is a name at its top with which its words about itself begin, whoever claims its rights,
    or whose other articles it offers.
    """
    wanted = (BlockRole.BOILERPLATE, BlockRole.SECTION, BlockRole.BYLINE, BlockRole.SITE_BIO)
    lines = [
        (block.role, contract.tidy_field(text[block.start : min(block.end, block.start + 200)]))
        for block in blocks
        if block.role in wanted
    ]
    about = [_THE.sub("", line) for role, line in lines if role == BlockRole.SITE_BIO]
    furniture = (BlockRole.BOILERPLATE, BlockRole.SECTION, BlockRole.BYLINE)
    for role, line in lines:
        if role in furniture and len(line) <= 120:
            for part in _BETWEEN_PARTS.split(line):
                name = _THE.sub("", part)
                if len(name) >= 5 and any(said.startswith(f"{name} ") for said in about):
                    return part
    for role, line in lines:
        match = _RIGHTS.match(line)
        if match and role == BlockRole.BOILERPLATE:
            return match["site"].strip()
    for role, line in lines:
        match = _MORE_FROM.fullmatch(line)
        if match and role == BlockRole.BOILERPLATE and " " in match["site"]:
            return match["site"]
    return ""


def publisher_named_in(text: str, blocks: Sequence[BlockDraft]) -> str:
    """Return the publisher that a repost or the page's words about itself name, else ""."""
    match = _REPOST.search(text)
    if match:
        return contract.tidy_field(match["publisher"])
    for block in blocks:
        if block.role == BlockRole.SITE_BIO:
            match = _PUBLISHED_BY.search(text, block.start, block.end)
            if match:
                return contract.tidy_field(match["publisher"])
    return ""


def date_of(text: str, blocks: Sequence[BlockDraft]) -> tuple[str, str]:
    """Return the date that a line by the byline names, else "", and one of two meanings."""
    lines = [_headline(text, blocks)[1]]
    lines += [text[block.start : block.end] for block in blocks if block.role == BlockRole.BYLINE]
    found = next(filter(None, map(metadata.date_in, lines)), "")
    return found, next(filter(None, map(metadata.undecided_in, lines)), "")


def doubts(published: str, undecided: str) -> list[dict[str, Any]]:
    """Return the record of a date of two meanings, where nothing else says when it was."""
    return [metadata.two_dates(undecided)] if undecided and not published else []


def url_of(text: str, blocks: Sequence[BlockDraft]) -> str:
    """Return the address that a line of its own gives, as saved pages have it, else ""."""
    for block in blocks:
        if block.role != BlockRole.BODY:
            for word in text[block.start : block.end].split():
                address = metadata.web_address(word)
                if address:
                    return address
    return ""
