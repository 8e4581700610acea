"""Article text, standoff markup and spans into HTML, in one sweep over the text.

Every offset counts Unicode code points, end exclusive. What is returned has one property that
everything in the browser leans on: the text content of the article's element equals ``text``,
character for character. So nothing here puts words between the tags; badges and notes are CSS
content or stand outside the article. Everything is escaped, and of a link only http, https and
mailto addresses are kept.

``text`` is canonical (no CR, no NUL: an HTML parser changes both). Blocks stand in the order of
the text and do not overlap; spans and markup may overlap, nest and cross one another and the
blocks. A segment is a stretch of one block under the same set of spans: one ``<mark>``. Inline
markup lies inside the marks and is split by them, never the other way round, so a segment is
always one element. At most 2n + 1 segments come of n spans in a block.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from itertools import pairwise
from math import ceil
from operator import attrgetter, itemgetter

from annotations.domain.proposals import Asked, Line
from annotations.domain.records import Markup
from annotations.domain.vocabulary import BlockRole, BlockTag, LabelKind, MarkupTag, Outcome, Voice


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block as it is shown; ``repeat_of`` is the index of the block whose words it repeats."""

    index: int
    start: int
    end: int
    tag: str = BlockTag.PARAGRAPH
    role: str = BlockRole.BODY
    repeat_of: int | None = None


@dataclass(frozen=True, slots=True)
class SpanView:
    """A live span as it is painted. Its ends lie inside blocks, not on what separates them."""

    uuid: str
    start: int
    end: int
    kind: str
    voice: str = Voice.AUTHOR
    uncertain: bool = False
    returned: bool = False
    accepted: bool = False
    unsourced: bool = False


#: A span while it is painted: start, end, uuid (escaped), and its classes as bits of ``_CLASSES``.
_Paint = tuple[int, int, str, int]

#: A stretch and the inline markup that all of it is under, the outermost first.
_Styled = tuple[int, int, list[Markup]]

_CLASSES = (
    LabelKind.FACT.value,
    LabelKind.CLAIM.value,
    LabelKind.OPINION.value,
    LabelKind.OTHER.value,
    "other-voice",
    "uncertain",
    "returned",
    "accepted",
    "unsourced",
)
_KINDS = _CLASSES[:4]
_KIND_BIT = {kind: 1 << place for place, kind in enumerate(_KINDS)}
_ANY_KIND = sum(_KIND_BIT.values())
_OTHER_VOICE, _UNCERTAIN, _RETURNED, _ACCEPTED, _UNSOURCED = (1 << place for place in range(4, 9))

#: Elements for blocks. Block elements must not nest and ``<pre>`` swallows a first line break,
#: so list items, captions and preformatted text are paragraphs with a class.
_ELEMENTS: dict[str, tuple[str, str]] = {
    BlockTag.PARAGRAPH: ("p", ""),
    **{heading: (heading, "") for heading in ("h1", "h2", "h3", "h4", "h5", "h6")},
    BlockTag.QUOTE: ("blockquote", ""),
    BlockTag.ITEM: ("p", ' class="li"'),
    BlockTag.CAPTION: ("p", ' class="caption"'),
    BlockTag.PRE: ("p", ' class="pre"'),
}
_INLINE = frozenset(tag.value for tag in MarkupTag)
_SCHEMES = ("http://", "https://", "mailto:")

# What a chunk's height is guessed from until a browser has laid it out: characters of a line,
# pixels of a line, pixels between blocks. A wrong guess moves the scroll bar, nothing else.
_LINE_CHARACTERS, _LINE_PIXELS, _BLOCK_PIXELS = 66, 31, 22


def render_article(
    text: str,
    blocks: Sequence[BlockView],
    markup: Iterable[Markup],
    spans: Iterable[SpanView],
    *,
    chunk: int = 16,
) -> str:
    """Return what stands inside ``<article>``: ``chunk`` blocks to a ``<div class="chunk">``."""
    return "".join(article_parts(text, blocks, markup, spans, chunk=chunk))


def article_parts(
    text: str,
    blocks: Sequence[BlockView],
    markup: Iterable[Markup],
    spans: Iterable[SpanView],
    *,
    chunk: int = 16,
) -> Iterator[str]:
    """Yield the parts of :func:`render_article`, a chunk at a time, for streaming."""
    paints = _paints(spans)
    styles = _styles(markup)
    next_paint = next_style = 0
    live: list[_Paint] = []
    styled: list[Markup] = []
    at = 0
    for first in range(0, len(blocks), chunk):
        group = blocks[first : first + chunk]
        yield escape(text[at : group[0].start], quote=False)
        at = group[0].start
        out = [f'<div class="chunk" data-height="{_height(group)}">']
        for block in group:
            out.append(escape(text[at : block.start], quote=False))
            at, end = block.start, block.end
            live = [paint for paint in live if paint[1] > at]
            while next_paint < len(paints) and paints[next_paint][0] < end:
                if paints[next_paint][1] > at:
                    live.append(paints[next_paint])
                next_paint += 1
            if styled:
                styled = [style for style in styled if style.end > at]
            while next_style < len(styles) and styles[next_style].start < end:
                if styles[next_style].end > at:
                    styled.append(styles[next_style])
                next_style += 1
            _block(out, text, block, styled, live)
            at = end
        out.append("</div>")
        yield "".join(out)
    yield escape(text[at:], quote=False)


def render_block(
    text: str, block: BlockView, markup: Iterable[Markup], spans: Iterable[SpanView]
) -> str:
    """Return the element of one block, the same that :func:`render_article` makes of it.

    Of ``markup`` and ``spans`` only what touches the block is used. This is the path of a save:
    about a tenth of a millisecond with 25 spans.
    """
    start, end = block.start, block.end
    out: list[str] = []
    _block(
        out,
        text,
        block,
        _styles(style for style in markup if style.start < end and style.end > start),
        _paints(span for span in spans if span.start < end and span.end > start),
    )
    return "".join(out)


def _paints(spans: Iterable[SpanView]) -> list[_Paint]:
    """Return the spans as they are swept: by start, of those the longest first."""
    paints = [(span.start, -span.end, escape(str(span.uuid)), _bits(span)) for span in spans]
    paints.sort()
    return [(start, -end, uuid, bits) for start, end, uuid, bits in paints]


def _styles(markup: Iterable[Markup]) -> list[Markup]:
    styles = [style for style in markup if style.start < style.end and style.tag in _INLINE]
    styles.sort(key=attrgetter("end"), reverse=True)
    styles.sort(key=attrgetter("start"))
    return styles


def _bits(span: SpanView) -> int:
    bits = _KIND_BIT.get(span.kind, _KIND_BIT["other"])
    if span.voice != "author":
        bits |= _OTHER_VOICE
    if span.uncertain:
        bits |= _UNCERTAIN
    if span.returned:
        bits |= _RETURNED
    if span.accepted:
        bits |= _ACCEPTED
    if span.unsourced:
        bits |= _UNSOURCED
    return bits


@cache
def _class_names(bits: int, depth: int) -> str:
    names = [name for place, name in enumerate(_CLASSES) if bits >> place & 1]
    return " ".join(("m", *names, f"d{min(depth, 4)}"))


@cache
def _start_names(bits: int) -> str:
    """Return the classes of a segment where spans of these kinds begin."""
    return " s-start" + "".join(f" s-{kind}" for kind in _KINDS if bits & _KIND_BIT[kind])


@cache
def _end_names(bits: int) -> str:
    """Return the classes of a segment where spans in these states end."""
    return " s-end" + "".join(
        f" e-{name}"
        for name, bit in (("uncertain", _UNCERTAIN), ("returned", _RETURNED))
        if bits & bit
    )


def _all_bits(paints: Iterable[_Paint]) -> int:
    bits = 0
    for paint in paints:
        bits |= paint[3]
    return bits


def _height(group: Sequence[BlockView]) -> int:
    return sum(
        ceil(max(block.end - block.start, 1) / _LINE_CHARACTERS) * _LINE_PIXELS + _BLOCK_PIXELS
        for block in group
    )


def _block(
    out: list[str],
    text: str,
    block: BlockView,
    styles: Sequence[Markup],
    paints: Sequence[_Paint],
) -> None:
    element, extra = _ELEMENTS.get(block.tag, ("p", ""))
    repeat = "" if block.repeat_of is None else f' data-repeat="{block.repeat_of}"'
    start, end = block.start, block.end
    out.append(
        f'<{element} id="b{block.index}"{extra} data-o="{start}" data-n="{end - start}"'
        f' data-role="{escape(block.role)}"{repeat} dir="auto">'
    )
    runs = _runs(styles, start, end) if styles else []
    if not paints:
        _run(out, text, start, end, runs)
    else:
        _segments(out, text, start, end, runs, paints)
    out.append(f"</{element}>")


def _segments(
    out: list[str],
    text: str,
    start: int,
    end: int,
    runs: Sequence[_Styled],
    paints: Sequence[_Paint],
) -> None:
    """Write ``text[start:end]`` split at every border of a span; ``paints`` all touch it."""
    borders = {start, end}
    starting: dict[int, list[_Paint]] = {}
    ending: dict[int, list[_Paint]] = {}
    for paint in paints:
        first = max(start, paint[0])
        last = min(end, paint[1])
        borders.add(first)
        borders.add(last)
        starting.setdefault(first, []).append(paint)
        ending.setdefault(last, []).append(paint)
    edges = sorted(borders)
    active: list[_Paint] = []
    at = start
    for to in edges[1:]:
        for paint in ending.get(at, ()):
            active.remove(paint)
        active += starting.get(at, ())
        if active:
            out.append(_open_mark(active, at, to))
            _run(out, text, at, to, runs)
            out.append("</mark>")
        else:
            _run(out, text, at, to, runs)
        at = to


def _open_mark(active: Sequence[_Paint], at: int, to: int) -> str:
    begins: list[_Paint] = []
    ends: list[_Paint] = []
    for paint in active:
        if paint[0] == at:
            begins.append(paint)
        if paint[1] == to:
            ends.append(paint)
    classes = _class_names(_all_bits(active), len(active))
    rest = ""
    if begins:
        classes += _start_names(_all_bits(begins) & _ANY_KIND)
        # Sorted longest first, so the last is the shortest: the one a reader would mean.
        rest = f' data-start="{_uuids(begins)}" id="s-{begins[-1][2]}"'
    if ends:
        classes += _end_names(_all_bits(ends))
    return f'<mark class="{classes}" data-s="{_uuids(active)}"{rest}>'


_uuid = itemgetter(2)


def _uuids(paints: Sequence[_Paint]) -> str:
    return paints[0][2] if len(paints) == 1 else " ".join(map(_uuid, paints))


def _runs(styles: Sequence[Markup], start: int, end: int) -> list[_Styled]:
    """Return the stretches of a block under the same inline markup, where there is any.

    Each of ``styles`` overlaps the block, and they are in order of start.
    One sweep over the edges. To look at every style for every edge took 17 seconds of a paragraph
    with twenty thousand of them, at each view.
    """
    runs: list[_Styled] = []
    edges = {start, end}
    for style in styles:
        edges.add(max(style.start, start))
        edges.add(min(style.end, end))
    active: list[Markup] = []
    following, number = 0, len(styles)
    for at, to in pairwise(sorted(edges)):
        active = [style for style in active if style.end > at]
        while following < number and styles[following].start <= at:
            active.append(styles[following])
            following += 1
        if active:
            runs.append((at, to, _without_inner_links(active)))
    return runs


def _run(out: list[str], text: str, start: int, end: int, runs: Sequence[_Styled]) -> None:
    """Write ``text[start:end]`` with its inline markup, every element opened and closed here.

    Elements that cross are closed and opened again; a link inside a link is dropped, because a
    parser would end the outer one there.
    """
    opened: list[Markup] = []
    at = start
    for place in range(bisect_right(runs, start, key=itemgetter(1)), len(runs)):
        first, last, wanted = runs[place]
        if first >= end:
            break
        if first > at:
            out.extend(f"</{_element(style)}>" for style in reversed(opened))
            opened = []
            out.append(escape(text[at:first], quote=False))
            at = first
        kept = 0
        while kept < len(opened) and kept < len(wanted) and opened[kept] is wanted[kept]:
            kept += 1
        out.extend(f"</{_element(style)}>" for style in reversed(opened[kept:]))
        out.extend(_open(style) for style in wanted[kept:])
        opened = wanted
        last = min(last, end)
        out.append(escape(text[at:last], quote=False))
        at = last
    out.extend(f"</{_element(style)}>" for style in reversed(opened))
    if at < end:
        out.append(escape(text[at:end], quote=False))


def _without_inner_links(styles: list[Markup]) -> list[Markup]:
    linked = False
    kept = []
    for style in styles:
        if style.tag == "a":
            if linked:
                continue
            linked = True
        kept.append(style)
    return kept


def _element(style: Markup) -> str:
    return str(style.tag)


def _open(style: Markup) -> str:
    if style.tag != "a":
        return f"<{_element(style)}>"
    href = style.attributes.get("href", "").strip()
    if not href.lower().startswith(_SCHEMES):
        return "<a>"
    # A reader drags over links to mark them and walks spans by Tab, so a link takes neither.
    return (
        f'<a href="{escape(href)}" rel="noopener noreferrer nofollow"'
        ' draggable="false" tabindex="-1">'
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the slim map, in thousandths of the article."""

    top: int
    height: int


def map_bars(
    stretches: Iterable[tuple[int, int]], length: int, *, scale: int = 1000, least: int = 2
) -> list[Bar]:
    """Return the stretches of a text of ``length`` as bars, those that touch made one.

    However many there are, at most ``scale`` / 2 bars come out; none is lower than ``least``.
    """
    bars: list[Bar] = []
    top = bottom = -1
    for start, end in sorted(stretches):
        first = min(start * scale // max(length, 1), scale - least)
        last = min(max(ceil(end * scale / max(length, 1)), first + least), scale)
        if bottom >= first:
            bottom = max(bottom, last)
            continue
        if bottom >= 0:
            bars.append(Bar(top, bottom - top))
        top, bottom = first, last
    if bottom >= 0:
        bars.append(Bar(top, bottom - top))
    return bars


def render_map(spans: Iterable[SpanView], unread: Iterable[BlockView], length: int) -> str:
    """Return the slim map: an SVG with a lane for each kind, and what nobody has read behind.

    It repeats what the list beside it says in words, so it is hidden from assistive technology.
    """
    lanes: dict[str, list[tuple[int, int]]] = {kind: [] for kind in _KINDS}
    for span in spans:
        lanes[span.kind if span.kind in lanes else "other"].append((span.start, span.end))
    paths = [_path("map-unread", 0, 40, [(block.start, block.end) for block in unread], length)]
    paths += [
        _path(f"map-{kind}", place * 10 + 1, 8, stretches, length)
        for place, (kind, stretches) in enumerate(lanes.items())
    ]
    return (
        '<svg class="map" id="map" viewBox="0 0 40 1000" preserveAspectRatio="none"'
        f' aria-hidden="true" focusable="false">{"".join(paths)}</svg>'
    )


def _path(name: str, left: int, width: int, stretches: list[tuple[int, int]], length: int) -> str:
    if not stretches:
        return ""
    moves = "".join(
        f"M{left} {bar.top}h{width}v{bar.height}h-{width}z" for bar in map_bars(stretches, length)
    )
    return f'<path class="{name}" d="{moves}"/>'


@dataclass(frozen=True, slots=True)
class CardView:
    """A span as the side list tells of it.

    ``states`` are pairs of a state's key and its words, in the order in which they are shown.
    """

    uuid: str
    start: int
    end: int
    block: int
    kind: str
    label: str
    key: str
    quote: str
    author: str
    voice: str = Voice.AUTHOR
    speaker: str = ""
    note: str = ""
    revision: int = 0
    states: tuple[tuple[str, str], ...] = ()
    citations: int = 0
    verdict: str = ""
    comments: int = 0
    #: What second readers ask of its author.
    asked: tuple[Asked, ...] = ()


#: Characters of a quote that a card shows; its middle is left out beyond that.
CARD_QUOTE = 220
#: Characters shown of each stretch of words that a proposal leaves, drops or adds.
ASKED_WORDS = 400

_VOICES = {
    Voice.NAMED.value: "a speaker",
    Voice.UNNAMED.value: "unnamed speaker",
    Voice.DOCUMENT.value: "a document",
}


def shorten(quote: str, most: int = CARD_QUOTE) -> str:
    """Return ``quote`` on one line, its middle left out where it is longer than ``most``.

    Words stay whole, but for one that is longer than its part of the line.
    """
    line = " ".join(quote.split())
    if len(line) <= most:
        return line
    # The last words of a long span say where it ends, so they stay.
    tail = most // 4
    head, rest = line[: most - tail - 1], line[-tail:]
    if line[len(head)] != " ":
        head = head.rpartition(" ")[0] or head
    if line[-tail - 1] != " ":
        rest = rest.partition(" ")[2] or rest
    return f"{head.rstrip()}…{rest.lstrip()}"


#: What many cards repeat: labels, people, states.
_escaped = lru_cache(4096)(escape)


@lru_cache(256)
def _badges(states: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    return (
        " ".join(escape(state) for state, _ in states),
        "".join(
            f'<span class="badge" data-state="{escape(state)}">{escape(words)}</span>'
            for state, words in states
        ),
    )


def render_asked(asked: Asked) -> str:
    """Return what a second reader asks, as HTML: a reason, and what would change, old and new."""
    who = f"<bdi>{escape(asked.who)}</bdi>"
    if asked.outcome == Outcome.RETURNED:
        said = f"{who} returned it: {escape(asked.why)}"
    else:
        said = f"{who} proposes a change"
    lines = "".join(
        f"<dt>{escape(one.field)}</dt><dd>{_old_and_new(one)}</dd>" for one in asked.lines
    )
    return (
        f'<div class="asked" data-decision="{escape(asked.uuid)}" data-outcome="{escape(asked.outcome)}">'
        f'<p class="asked-who">{said}</p>'
        + (f'<dl class="asked-lines">{lines}</dl>' if lines else "")
        + (f'<p class="asked-reason" dir="auto">{escape(asked.reason)}</p>' if asked.reason else "")
        + "</div>"
    )


#: How a part of a wording is marked.
_PART = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}


def _old_and_new(line: Line) -> str:
    if not line.parts:
        return f"<del>{escape(line.before)}</del> → <ins>{escape(line.after)}</ins>"
    words = "".join(_PART[part.state].format(escape(_shown(part.text))) for part in line.parts)
    return f'<span class="asked-words" dir="auto">{words}</span>'


def _shown(text: str) -> str:
    """Return a stretch of words with its middle cut where it is long; its ends stay as they are."""
    if len(text) <= ASKED_WORDS:
        return text
    half = ASKED_WORDS // 2
    return f"{text[:half]}…{text[-half:]}"


def render_card(card: CardView, place: str) -> str:
    """Return the ``<li>`` of one span; ``place`` is its article's address, with a slash at its end.

    Plain strings, because a page has thousands of cards and a template costs ten times as much.
    """
    uuid, kind, label = _escaped(card.uuid), _escaped(card.kind), _escaped(card.label)
    speaker = card.speaker or _VOICES.get(card.voice, "")
    voice = f'<span class="span-card-voice">{_escaped(speaker)}</span>' if speaker else ""
    note = f'<p class="span-card-note">{escape(card.note)}</p>' if card.note else ""
    states, badges = _badges(card.states) if card.states else ("", "")
    line = shorten(card.quote)
    facts = []
    if card.citations:
        facts.append(f"{card.citations} source{'' if card.citations == 1 else 's'}")
    if card.verdict:
        facts.append(_escaped(card.verdict))
    if card.comments:
        facts.append(f"{card.comments} comment{'' if card.comments == 1 else 's'}")
    facts.append(_escaped(card.author))
    return (
        f'<li id="card-{uuid}" class="span-card" data-span="{uuid}" data-start="{card.start}"'
        f' data-end="{card.end}" data-block="{card.block}" data-kind="{kind}"'
        f' data-voice="{_escaped(card.voice)}" data-revision="{card.revision}"'
        f' data-state="{states}">'
        f'<p class="span-card-head"><span class="kind"><span class="kind-letter"'
        f' aria-hidden="true">{_escaped(card.key.upper())}</span>{label}</span>'
        f'{voice}</p><a class="span-card-quote" href="#s-{uuid}" dir="auto">'
        f"{escape(line)}</a>{note}"
        f"{''.join(map(render_asked, card.asked))}"
        f'<p class="span-card-foot">{badges}<span>{" · ".join(facts)}</span>'
        f'<a class="span-card-evidence" href="{_escaped(place)}spans/{uuid}/evidence">Evidence'
        f'<span class="visually-hidden"> {label}: {escape(line[:40])}</span></a>'
        f'<a class="span-card-open" href="{_escaped(place)}spans/{uuid}/">Edit'
        f'<span class="visually-hidden"> {label}: {escape(line[:40])}'
        f"</span></a></p></li>"
    )
