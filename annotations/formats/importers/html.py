"""A web page: its visible text in blocks, its inline markup as standoff, its metadata.

The text is what a browser shows: white space collapsed as HTML does, ``br`` a line break, ``pre``
kept, a blank line between block elements, cells of a row apart by a tab. Left out is what is
never shown: scripts, styles, templates, ``noscript``, hidden elements, the choices of a
``select``, and the alternative texts of pictures. Kept of the markup are links to absolute http,
https and mailto addresses, emphasis, code, subscripts and superscripts; everything else of a
page's HTML is dropped and never stored.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import lxml.etree
import lxml.html

from annotations.domain.errors import ImportRefused
from annotations.domain.furniture import CLASS_WORDS
from annotations.domain.records import ArticleDraft, Markup
from annotations.domain.roles import Hints, Piece, propose_roles
from annotations.domain.text import canonicalise
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag
from annotations.formats import contract
from annotations.formats.contract import MAX_ATTRIBUTES, MAX_MARKS, MAX_NESTING, Read
from annotations.formats.importers import metadata
from annotations.formats.importers.text import (
    byline_in,
    date_of,
    doubts,
    publisher_named_in,
    site_named_in,
    title_in,
)


class HtmlImporter:
    name = "html"
    title = "Web page (HTML)"
    suffixes = (".html", ".htm", ".xhtml")
    media_type = "text/html"

    def read(self, data: bytes, *, name: str) -> Read:
        try:
            html = contract.read_text(data, name=name, charset=declared_charset(data))
            yield read_page(html, name=name, source_sha256=contract.sha256(data))
        except ImportRefused as refusal:
            yield refusal


def read_page(
    html: str,
    *,
    name: str,
    source_sha256: str,
    hints: Hints | None = None,
    where: tuple[str, int | None] | None = None,
) -> ArticleDraft:
    """Return the article of a page; refuses too deep nesting before it is parsed.

    ``where`` is the file and line that refusals name, where they are not ``name``.
    """
    file, line = where or (name, None)
    with contract.named(file, line):
        source = canonicalise(html)
    check_nesting(source.text, name=file, line=line)
    tree = _parse(source.text)
    if tree is None:
        raise ImportRefused("there is no text in it.", name=file, line=line, code="empty")
    # The parser adds html and body, and may nest what the count before it did not see.
    if _depth(tree) > MAX_NESTING + 2:
        raise _too_deep(file, line)
    text, pieces, markup, changes = extract(tree)
    contract.check_content(text, name=file, line=line)
    contract.check_blocks(len(pieces), name=file, line=line)
    known = metadata.of_page(tree)
    given = hints or Hints()
    blocks = propose_roles(
        text,
        pieces,
        markup,
        Hints(
            given.title or known.title,
            given.byline or known.byline,
            known.description,
            given.site or known.site,
        ),
    )
    published, undecided = date_of(text, blocks)
    said = metadata.Metadata(
        title=title_in(text, blocks),
        byline=byline_in(text, blocks),
        publisher=publisher_named_in(text, blocks),
        site=site_named_in(text, blocks),
        published=published,
        undecided=undecided,
        language=metadata.language_of(text),
    )
    known = replace(known, title=said.title or known.title).or_else(said)
    # Guesses come last: they take a © line's year for the date of publication.
    known = known.or_else(metadata.Metadata(site=metadata.host_of(known.url)))
    if not (known.title and known.byline and known.published):
        guessed = metadata.guessed(source.text)
        # A guess decides no date of two meanings: it takes one of them.
        known = known.or_else(replace(guessed, published="") if known.undecided else guessed)
    return ArticleDraft(
        name=name,
        text=text,
        markup=tuple(markup),
        blocks=blocks,
        title=known.title,
        byline=known.byline,
        publisher=said.publisher or known.publisher,
        site=known.site,
        published=known.published,
        url=known.url,
        language=known.language,
        licence=known.licence,
        changes=(*source.changes, *changes, *doubts(known.published, known.undecided)),
        source_sha256=source_sha256,
        media_type=HtmlImporter.media_type,
    )


# --- before parsing ---------------------------------------------------------------------------

_CHARSET = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)")


def declared_charset(data: bytes) -> str | None:
    """Return the charset that a page declares in its first 1,024 bytes, else None.

    A byte order mark outranks it (WHATWG Encoding 6.1), and a page that could be read so far
    cannot be the UTF-16 it may claim to be, so that counts as UTF-8 (HTML 13.2.3.2).
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    match = _CHARSET.search(data[:1_024]) or _XML_CHARSET.search(data[:1_024])
    if not match:
        return None
    declared = match[1].decode("ascii", "replace")
    return None if declared.lower().startswith(("utf-16", "utf-32")) else declared


_OPENS = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/>]*))")
_IN_TAG = re.compile(r"=\s*([\"'])|(/?)>")
#: Attribute names, and values without quotation marks: no element has fewer of them than attributes.
_WORD_IN_TAG = re.compile(r"[^\s/=]+")
_VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"])
_RAW_ENDS = {tag: re.compile(f"</{tag}", re.IGNORECASE) for tag in _RAW}
#: Their end tags may be left out, and a page of five hundred such items is not deep.
_ENDS_ITSELF = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "caption",
        "rt",
        "rp",
        "rb",
        "rtc",
        "html",
        "head",
        "body",
    ]
)


def check_nesting(html: str, *, name: str, line: int | None = None) -> None:
    """Refuse a page whose elements stand too deep or have too many attributes, in one linear pass.

    Parsers take quadratic time or run out of stack on more than ``MAX_NESTING`` and
    ``MAX_ATTRIBUTES``, so both are counted before one sees it.
    """
    stack: list[str] = []
    inside: dict[str, int] = {}
    at = 0
    while (match := _OPENS.search(html, at)) is not None:
        if match[1]:
            end = html.find("-->", match.start() + 2)
            if end < 0:
                return
            at = end + 3
            continue
        tag = match[3].lower()
        at, closed, words = _end_of_tag(html, match.end())
        if words > MAX_ATTRIBUTES:
            raise _too_many(name, line)
        if match[2]:
            while inside.get(tag, 0) > 0:
                popped = stack.pop()
                inside[popped] -= 1
                if popped == tag:
                    break
        elif tag in _RAW:
            ending = _RAW_ENDS[tag].search(html, at)
            until = ending.start() if ending else len(html)
            # What browsers take for words, the parser takes for elements; but of these two.
            if tag not in ("script", "style"):
                _check_attributes(html, at, until, name, line)
            at = until
        elif not closed and tag not in _VOID and tag not in _ENDS_ITSELF:
            stack.append(tag)
            inside[tag] = inside.get(tag, 0) + 1
            if len(stack) > MAX_NESTING:
                raise _too_deep(name, line)


def _check_attributes(html: str, at: int, until: int, name: str, line: int | None) -> None:
    while (match := _OPENS.search(html, at, until)) is not None:
        at, _, words = _end_of_tag(html, match.end(), until)
        if words > MAX_ATTRIBUTES:
            raise _too_many(name, line)


def _end_of_tag(html: str, at: int, until: int | None = None) -> tuple[int, bool, int]:
    """Return where the tag ends, past its ">", whether it closes itself, and its words."""
    until = len(html) if until is None else until
    words = 0
    while (match := _IN_TAG.search(html, at, until)) is not None:
        words += _words_in_tag(html, at, match.start())
        if match[1] is None:
            return match.end(), bool(match[2]), words
        closing = html.find(match[1], match.end(), until)
        if closing < 0:
            return until, False, words
        at = closing + 1
    return until, False, words + _words_in_tag(html, at, until)


def _words_in_tag(html: str, start: int, end: int) -> int:
    # Not counted further than it matters: the words of a page whose tag never ends are many.
    found = islice(_WORD_IN_TAG.finditer(html, start, end), MAX_ATTRIBUTES + 1)
    return sum(1 for _ in found)


def _too_many(name: str, line: int | None) -> ImportRefused:
    return ImportRefused(
        f"one of its elements has more than {MAX_ATTRIBUTES} attributes. Save the page again with"
        " a browser, or paste its text.",
        name=name,
        line=line,
        code="attributes",
    )


def _too_deep(name: str, line: int | None) -> ImportRefused:
    return ImportRefused(
        f"its elements are nested more than {MAX_NESTING} deep.",
        name=name,
        line=line,
        code="nesting",
    )


def _parse(html: str) -> Any:
    # The bytes are ours, so a charset declared in them no longer counts. huge_tree lifts the
    # parser's own limits, at which it would drop the rest of a page without a word.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(html.encode(), parser=parser)
    except lxml.etree.ParserError:
        return None


def _depth(tree: Any) -> int:
    depth = deepest = 0
    for event, _ in lxml.etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


# --- the walk ---------------------------------------------------------------------------------

_NEVER_SHOWN = frozenset(
    [
        "head",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "audio",
        "video",
        "canvas",
        "select",
        "datalist",
        "textarea",
        "input",
        "rp",
        "title",
        "meta",
        "link",
        "map",
        "frameset",
        "noframes",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "caption",
    ]
)
_BLOCK_TAGS = {
    **{f"h{level}": BlockTag(f"h{level}") for level in range(1, 7)},
    "blockquote": BlockTag.QUOTE,
    "li": BlockTag.ITEM,
    "figcaption": BlockTag.CAPTION,
    "caption": BlockTag.CAPTION,
    "pre": BlockTag.PRE,
}
_MARKUP_TAGS = {
    "a": MarkupTag.LINK,
    "em": MarkupTag.EMPHASIS,
    "i": MarkupTag.EMPHASIS,
    "strong": MarkupTag.STRONG,
    "b": MarkupTag.STRONG,
    "code": MarkupTag.CODE,
    "sub": MarkupTag.SUBSCRIPT,
    "sup": MarkupTag.SUPERSCRIPT,
}
_WHITE = re.compile(r"[ \t\n\f\r]+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: Every row of blanks, no-break ones too; those with two line breaks part paragraphs. One that
#: asks for the breaks itself reads a long row again from each of its blanks.
_GAP = re.compile(r"\s+")
_CLASS_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def extract(
    tree: Any,
) -> tuple[str, list[Piece], list[Markup], list[dict[str, Any]]]:
    """Return the canonical text of a parsed page, its blocks, its markup and what was changed."""
    walk = _Walk(tree)
    walk.run()
    # Character references can put in what canonical text may not hold.
    canonical = canonicalise("".join(walk.parts))
    text = canonical.text
    pieces = []
    for piece in walk.pieces:
        start, end = _trim(text, canonical.map_offset(piece.start), canonical.map_offset(piece.end))
        if start < end:
            pieces.append(replace(piece, start=start, end=end))
    markup = []
    for mark in walk.markup:
        start, end = _trim(text, canonical.map_offset(mark.start), canonical.map_offset(mark.end))
        if start < end:
            markup.append(replace(mark, start=start, end=end))
    changes = list(canonical.changes)
    if walk.left_out:
        changes.append({"what": "marks", "most": MAX_MARKS, "count": walk.left_out})
    return text, pieces, sorted(markup, key=lambda mark: (mark.start, -mark.end)), changes


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    first = start + len(part) - len(part.lstrip())
    return first, max(first, start + len(part.rstrip()))


class _Walk:
    """One pass over the tree; text, blocks and markup grow together, so their offsets agree."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.parts: list[str] = []
        self.length = 0
        self.pieces: list[Piece] = []
        self.markup: list[Markup] = []
        self.block: list[str] = []
        self.block_length = 0
        self.marks: list[tuple[int, int, MarkupTag, dict[str, str]]] = []
        self.open: list[tuple[int, MarkupTag, dict[str, str]]] = []
        self.tags: list[BlockTag] = [BlockTag.PARAGRAPH]
        self.hints: list[frozenset[str]] = [frozenset()]
        self.pre = 0
        #: Inline marks of blocks that have more than are kept.
        self.left_out = 0
        self.weights = _weights(tree)
        self.total = max(1, self.weights[tree])
        self.around_forms = _ancestors(tree, "form")
        self.around_pictures = {picture.getparent() for picture in tree.iter("img", "picture")}

    def run(self) -> None:
        walk = lxml.etree.iterwalk(self.tree, events=("start", "end", "comment"))
        for event, element in walk:
            if len(self.pieces) > contract.MAX_BLOCKS:
                # It will be refused; the rest would cost time only.
                return
            if event == "comment":
                self.add(element.tail)
            elif event == "start":
                if _is_hidden(element):
                    walk.skip_subtree()
                    if element.tag in _BLOCKS:
                        self.flush()
                else:
                    self.enter(element)
            else:
                if not _is_hidden(element):
                    self.leave(element)
                if element is not self.tree:
                    self.add(element.tail)
        self.flush()

    def enter(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self.flush()
            self.tags.append(_BLOCK_TAGS.get(tag, self._inherited(tag)))
            self.hints.append(self.hints[-1] | self._hints(element))
            self.pre += tag == "pre"
        elif tag in ("td", "th"):
            if self.block_length and element.getprevious() is not None:
                self.put("\t")
        elif tag == "br":
            if self.block and not self.pre:
                # A blank at the end of a line is not shown.
                line = self.block[-1].rstrip(" ")
                self.block_length -= len(self.block[-1]) - len(line)
                self.block[-1] = line
            self.put("\n")
        elif tag in _MARKUP_TAGS:
            attributes = _attributes(element)
            if attributes is not None:
                self.open.append((self.block_length, _MARKUP_TAGS[tag], attributes))
        self.add(element.text)

    def leave(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self.flush()
            self.tags.pop()
            self.hints.pop()
            self.pre -= tag == "pre"
        elif tag in _MARKUP_TAGS:
            attributes = _attributes(element)
            if attributes is not None:
                start, kind, _ = self.open.pop()
                self.marks.append((start, self.block_length, kind, attributes))

    def _inherited(self, tag: str) -> BlockTag:
        """Return the tag of the block around: a paragraph in a quotation or an item is its text."""
        return self.tags[-1] if tag in ("p", "div", "span") else BlockTag.PARAGRAPH

    def add(self, text: str | None) -> None:
        """Add characters of the page, white space collapsed unless preformatted."""
        if not text:
            return
        if self.pre:
            self.put(text)
            return
        text = _WHITE.sub(" ", text)
        if text[0] == " " and (not self.block_length or self.block[-1][-1:] in " \n\t"):
            text = text[1:]
        if text:
            self.put(text)

    def put(self, text: str) -> None:
        self.block.append(text)
        self.block_length += len(text)

    def flush(self) -> None:
        """End the block that was being filled; what holds only blanks leaves no trace."""
        text = "".join(self.block).rstrip(" \t\n")
        marks = self.marks + [
            (start, self.block_length, kind, attributes) for start, kind, attributes in self.open
        ]
        self.block, self.block_length, self.marks = [], 0, []
        self.open = [(0, kind, attributes) for _, kind, attributes in self.open]
        if not text.strip():
            return
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        base = self.length
        self.parts.append(text)
        self.length += len(text)
        marks.sort(key=lambda mark: (mark[0], -mark[1]))
        waiting, within = 0, marks[:0]
        for start, end in _paragraphs(text, split=not self.pre):
            self.pieces.append(Piece(base + start, base + end, self.tags[-1], self.hints[-1]))
            # A mark may go on into the next paragraph, so those that have not ended are kept.
            within = [mark for mark in within if mark[1] > start]
            while waiting < len(marks) and marks[waiting][0] < end:
                within.append(marks[waiting])
                waiting += 1
            kept = [mark for mark in within if max(mark[0], start) < min(mark[1], end)]
            self.left_out += max(0, len(kept) - MAX_MARKS)
            for first, last, kind, attributes in kept[:MAX_MARKS]:
                first, last = base + max(first, start), base + min(last, end)
                self.markup.append(Markup(first, last, kind, attributes))

    def _hints(self, element: Any) -> frozenset[str]:
        """Return what an element's name and class names say of the blocks in it.

        What holds most of the page's text is its frame, and its classes say nothing of one
        block: "newsletter-reader has-comments" on a body does not make its text a form.
        """
        if self.weights[element] > 0.6 * self.total:
            return frozenset()
        tag = element.tag
        found: set[str] = set()
        if element in self.around_forms and self.weights[element] <= 0.1 * self.total:
            found.add(BlockRole.BOILERPLATE)
        if tag == "div" and element in self.around_pictures and self.weights[element] <= 500:
            found.add("picture")
        if tag == "nav" or tag in ("form", "dialog", "menu"):
            found.add(BlockRole.BOILERPLATE)
        elif tag == "figcaption":
            found.add(BlockRole.CAPTION)
        elif tag in ("aside", "figure", "footer", "header", "blockquote"):
            found.add(tag)
            if tag == "footer" and not _is_inside(element, "article", "main"):
                found.add(BlockRole.BOILERPLATE)
        names = " ".join(
            element.get(attribute) or "" for attribute in ("class", "id", "itemprop", "role")
        )
        parts = [word.lower() for word in _CLASS_WORD.findall(names)]
        tokens = {*parts, *(one + two for one, two in pairwise(parts))}
        if tokens & {"author", "authors"} and tokens & {"bio", "box", "about", "description"}:
            found.add(BlockRole.AUTHOR_BIO)
        for role, known in CLASS_WORDS.items():
            if tokens & known:
                found.add(role)
        return frozenset(str(hint) for hint in found)


def _paragraphs(text: str, *, split: bool) -> Iterator[tuple[int, int]]:
    """Yield the parts of a block between blank lines, which two ``br`` in a row make."""
    start = 0
    for gap in _GAP.finditer(text) if split else ():
        if gap[0].count("\n") > 1:
            yield start, gap.start()
            start = gap.end()
    yield start, len(text)


def _is_hidden(element: Any) -> bool:
    if element.tag in _NEVER_SHOWN or element.get("hidden") is not None:
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    style = element.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    names = element.get("class")
    return bool(names) and not _UNSEEN_CLASSES.isdisjoint(names.lower().split())


#: Names that style sheets everywhere use for text that only a screen reader gets.
_UNSEEN_CLASSES = frozenset(["sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text"])


def _is_inside(element: Any, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _attributes(element: Any) -> dict[str, str] | None:
    """Return what is kept of an inline element's attributes; None drops the markup."""
    if element.tag != "a":
        return {}
    href = (element.get("href") or "").strip()
    address = metadata.web_address(href)
    if not address and href[:7].lower() == "mailto:" and _MAIL.fullmatch(href[7:]):
        address = href
    return {"href": address} if address else None


_MAIL = re.compile(r"[^\s@<>\"'?&]+@[^\s@<>\"'?&]+")


def _ancestors(tree: Any, tag: str) -> set[Any]:
    """Return the elements that a ``tag`` stands in."""
    found: set[Any] = set()
    for element in tree.iter(tag):
        for above in element.iterancestors():
            if above in found:
                break
            found.add(above)
    return found


def _weights(tree: Any) -> dict[Any, int]:
    """Return for each element how many visible characters it holds."""
    weights: dict[Any, int] = {}
    stack: list[int] = []
    walk = lxml.etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if _is_hidden(element):
                walk.skip_subtree()
            stack.append(0 if _is_hidden(element) else len((element.text or "").strip()))
            continue
        weight = weights[element] = stack.pop()
        if stack:
            stack[-1] += weight + len((element.tail or "").strip())
    return weights
