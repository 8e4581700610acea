"""Text as it is kept, counted, folded and searched.

Every offset here counts Unicode code points, end exclusive (W3C Web Annotation 4.2.5), unless
its name says UTF-16. Canonical text is what ``canonicalise`` returns: newlines are LF, no
control character but TAB and LF is left, and nothing else was changed, because every other
change would shift the offsets of data annotated elsewhere.
"""

import codecs
import hashlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import regex

from annotations.domain.errors import TextRefused

BOM = "\ufeff"


class OffsetRefused(TextRefused, ValueError):
    """An offset that no character of the text begins or ends at."""

    code = "offset"


# --- decoding ---------------------------------------------------------------------------------

_BOMS = (
    # UTF-32's little-endian mark begins with UTF-16's, so it is asked for first.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODECS_THAT_DROP_THE_BOM = {"utf-16", "utf-32", "utf-8-sig"}

#: Beginnings of files that are no text, though their first bytes may look like it.
_SIGNATURES = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"7z\xbc",
)
_CONTROL_BYTES = bytes([*range(9), *range(14, 27), *range(28, 32), 127])


def decode(data: bytes, charset: str | None = None) -> str:
    """Return ``data`` as text, decoded strictly, without one leading byte order mark.

    Without ``charset`` it is UTF-8, or what a UTF-16 or UTF-32 byte order mark says. A declared
    ISO-8859-1 is read as Windows-1252, as every browser does (WHATWG Encoding 4.2): read
    literally, its curly quotation marks would be control characters and vanish.

    Raises ``TextRefused`` for bytes that the charset does not have and for unknown charsets.
    """
    if charset is None:
        charset = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        codec = codecs.lookup(charset.strip()).name
        if codec == "iso8859-1":
            codec = "cp1252"
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        byte = data[error.start : error.start + 1].hex().upper() or "none"
        raise TextRefused(
            f"This is not {charset}: byte {error.start} (0x{byte}) cannot be decoded."
            " Save it as UTF-8, or declare its charset.",
            charset=charset,
            byte=error.start,
        ) from error
    except (LookupError, ValueError) as error:
        raise TextRefused(
            f'Unknown charset "{charset}". Save the text as UTF-8.', charset=charset
        ) from error
    if codec not in _CODECS_THAT_DROP_THE_BOM:
        text = text.removeprefix(BOM)
    return text


def looks_binary(data: bytes) -> bool:
    """Say whether ``data`` is a picture, an archive or the like rather than text.

    More than one control byte in a hundred decides (a single one never does: ``canonicalise``
    removes it), or a known file signature. Bytes behind a UTF-16 or UTF-32 mark are not judged.
    """
    if data.startswith(_SIGNATURES):
        return True
    if any(data.startswith(mark) for mark, _ in _BOMS):
        return False
    head = data[:65536]
    controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
    return controls > max(1, len(head) // 100)


# --- the canonical text -----------------------------------------------------------------------

_NEWLINE_NAMES = {
    "\r\n": "CRLF",
    "\r": "CR",
    "\v": "VT",
    "\f": "FF",
    "\x85": "NEL",
    "\u2028": "LS",
    "\u2029": "PS",
}
_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Of CRLF the CR goes: an offset between the two then stands before the newline, on either side.
_REMOVED = re.compile("\r(?=\n)|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical text, what was changed to make it, and the way from raw offsets to its own."""

    text: str
    #: For each kind of change ``{"what": "newline" | "removed", "from": name, "count": n}``.
    changes: list[dict[str, Any]]
    raw_length: int
    removed: tuple[int, ...] = field(repr=False)

    def map_offset(self, n: int) -> int:
        """Return where the raw offset ``n`` (0 to the raw length, both included) now stands.

        An offset at a removed character stands at what followed it. Raises ``OffsetRefused``
        outside the raw text.
        """
        if not 0 <= n <= self.raw_length:
            raise OffsetRefused(
                f"Offset {n} does not fit a text of {self.raw_length} characters.",
                offset=n,
                length=self.raw_length,
            )
        return n - bisect_left(self.removed, n)


def canonicalise(raw: str) -> Canonical:
    """Return the canonical form of ``raw``; canonical text comes back as it is.

    CRLF, CR, VT, FF, NEL, LS and PS become LF; NUL and the other control characters except TAB
    go. A byte order mark inside the text stays, ``decode`` dropped the one that marks bytes.
    Raises ``TextRefused`` for a lone surrogate, which no UTF-8 can carry.
    """
    surrogate = _LONE_SURROGATE.search(raw)
    if surrogate:
        at = surrogate.start()
        raise TextRefused(
            f"Character {at} is half of a surrogate pair (U+{ord(raw[at]):04X}); such text cannot"
            " be stored. Export it again from where it came.",
            offset=at,
        )
    newlines = Counter(_NEWLINES.findall(raw))
    controls = Counter(_CONTROLS.findall(raw))
    changes: list[dict[str, Any]] = [
        {"what": "newline", "from": name, "count": newlines[newline]}
        for newline, name in _NEWLINE_NAMES.items()
        if newlines[newline]
    ]
    changes += [
        {"what": "removed", "from": f"U+{ord(control):04X}", "count": count}
        for control, count in sorted(controls.items())
    ]
    if not changes:
        return Canonical(raw, [], len(raw), ())
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", raw))
    removed = tuple(match.start() for match in _REMOVED.finditer(raw))
    return Canonical(text, changes, len(raw), removed)


def sha256(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- UTF-16 -----------------------------------------------------------------------------------

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Utf16:
    """Both ways between code points and UTF-16 code units of one text, for many offsets."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._astral = [match.start() for match in _ASTRAL.finditer(text)]
        self._units = [at + before for before, at in enumerate(self._astral)]

    def to_code_points(self, offset: int) -> int:
        """Raise ``OffsetRefused`` inside a surrogate pair or outside the text."""
        length = self._length + len(self._astral)
        if not 0 <= offset <= length:
            raise OffsetRefused(
                f"Offset {offset} does not fit a text of {length} UTF-16 units.", offset=offset
            )
        before = bisect_left(self._units, offset)
        if before and self._units[before - 1] == offset - 1:
            raise OffsetRefused(
                f"UTF-16 offset {offset} falls inside a surrogate pair.", offset=offset
            )
        return offset - before

    def to_units(self, offset: int) -> int:
        """Raise ``OffsetRefused`` outside the text."""
        if not 0 <= offset <= self._length:
            raise OffsetRefused(
                f"Offset {offset} does not fit a text of {self._length} characters.",
                offset=offset,
            )
        return offset + bisect_left(self._astral, offset)


def from_utf16(text: str, offset: int) -> int:
    """Return the code-point offset of the UTF-16 ``offset`` in ``text``.

    Raises ``OffsetRefused`` (a ``ValueError``) when ``offset`` falls inside a surrogate pair or
    past the end. For many offsets of one text make one ``Utf16``.

    >>> from_utf16("a🌊b", 3)
    2
    """
    return Utf16(text).to_code_points(offset)


def to_utf16(text: str, offset: int) -> int:
    """Return the UTF-16 offset of the code-point ``offset``; ``OffsetRefused`` outside the text.

    >>> to_utf16("a🌊b", 2)
    3
    """
    return Utf16(text).to_units(offset)


# --- graphemes --------------------------------------------------------------------------------

_GRAPHEME = regex.compile(r"\X")
#: Trailing blanks; equal to JavaScript's ``\s`` on canonical text, so page and server trim alike.
_BLANKS = re.compile(r"[\s\ufeff]*")
_BLANKS_AT_END = regex.compile(r"(?r)[\s\ufeff]*")


def is_blank(text: str) -> bool:
    """Say whether ``text`` is empty or has only blanks: white space and U+FEFF."""
    return _BLANKS.fullmatch(text) is not None


class _PlainTable(dict[str, bool]):
    """Which characters join nothing on one side of them."""

    def __init__(self, plain: "regex.Pattern[str]") -> None:
        self._plain = plain

    def __missing__(self, char: str) -> bool:
        plain = self[char] = bool(self._plain.match(char))
        return plain


# Between two of these, in this order, a border stands wherever they stand (UAX 29). Syllables of
# Korean are among them: without, a Korean text would be read from its beginning at each place.
_PLAIN_BEFORE = regex.compile(r"[\p{GCB=Other}\p{GCB=Control}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}]")
_PLAIN_AFTER = regex.compile(
    r"[\p{GCB=Other}\p{GCB=Control}\p{GCB=LF}\p{GCB=L}\p{GCB=LV}\p{GCB=LVT}]"
)
_JOINS_NOT_ON = _PlainTable(_PLAIN_BEFORE)
_JOINS_NOT_BACK = _PlainTable(_PLAIN_AFTER)


def _first_grapheme(text: str, start: int) -> int:
    # On a slice: at a place in the text, regex would count a row of flags from its beginning.
    size = 32
    while True:
        length: int = _GRAPHEME.match(text[start : start + size]).end()  # type: ignore[union-attr]
        if length < size or start + size >= len(text):
            return length
        size *= 4


class Graphemes:
    """The graphemes of one text, for many offsets; quickest when asked in rising order."""

    def __init__(self, text: str) -> None:
        self._text = text
        # The grapheme read last: a text of nothing but joiners is not read again from its start.
        self._start = self._end = 0

    def at(self, n: int) -> tuple[int, int]:
        """Return the grapheme that ``n`` cuts in two, or ``(n, n)`` when ``n`` is a border."""
        text = self._text
        if not 0 < n < len(text) or (_JOINS_NOT_ON[text[n - 1]] and _JOINS_NOT_BACK[text[n]]):
            return n, n
        if not self._start < n <= self._end:
            floor = self._end if self._end < n else 0
            safe = n - 1
            while safe > floor and not (
                _JOINS_NOT_ON[text[safe - 1]] and _JOINS_NOT_BACK[text[safe]]
            ):
                safe -= 1
            self._end = safe
            while self._end < n:
                self._start = self._end
                self._end = self._start + _first_grapheme(text, self._start)
        return (n, n) if self._end == n else (self._start, self._end)


def grapheme_at(text: str, n: int) -> tuple[int, int]:
    """Return the grapheme that ``n`` cuts in two, or ``(n, n)`` when ``n`` is a border."""
    return Graphemes(text).at(n)


def is_boundary(text: str, n: int) -> bool:
    """Say whether ``n`` is a grapheme border of ``text`` (UAX 29, extended); the ends are."""
    return 0 <= n <= len(text) and grapheme_at(text, n) == (n, n)


def _after_blanks(text: str, start: int, end: int) -> int:
    return _BLANKS.match(text, start, end).end()  # type: ignore[union-attr]


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Return ``start, end`` snapped outward to grapheme borders, without blanks at the ends.

    What holds only blanks becomes empty: both are its start. A pair that is backwards or
    outside the text comes back as it is, for ``spans.check_bounds`` to refuse by its numbers.
    """
    return _Tidier(text).tidy(start, end)


class _Tidier:
    """``tidy`` for many stretches of one text in order, in a time that grows with the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        # What is asked of each rises from one stretch to the next.
        self._starts, self._ends, self._untils = Graphemes(text), Graphemes(text), Graphemes(text)

    def tidy(self, start: int, end: int) -> tuple[int, int]:
        text = self._text
        if not 0 <= start < end <= len(text):
            return start, end
        first, last = self._starts.at(start)[0], self._ends.at(end)[1]
        trimmed = _after_blanks(text, first, last)
        if trimmed == last:
            return first, first
        until = _BLANKS_AT_END.match(text, trimmed, last).start()  # type: ignore[union-attr]
        # A combining mark may sit on a blank, which then is no blank but half a character.
        return self._starts.at(trimmed)[0], self._untils.at(until)[1]


# --- folding ----------------------------------------------------------------------------------

_QUOTES = frozenset(
    "'\"`\u00b4"
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2034\u2035\u2036\u2037\u2057"
    "\u2039\u203a«»\u275b\u275c\u275d\u275e\u301d\u301e\u301f"
    # Letters that stand for ayn, hamza and okina, and are typed as any of the above.
    "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u055a\ua78c\u05f3\u05f4"
)
_DASHES = frozenset("\u2212\u2043\u02d7\u2796")
#: Format characters that are seen, unlike the rest of their category.
_SEEN_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def _is_accent(char: str) -> bool:
    # Not every combining mark is an accent: a nukta (class 7), a kana voicing mark (8), a virama
    # (9) and a stroke (1, as in U+2260) make another letter or sign of what they stand on.
    return 10 <= unicodedata.combining(char) <= 36 or unicodedata.combining(char) >= 200


def _is_unseen(char: str) -> bool:
    return (
        (unicodedata.category(char) == "Cf" and char not in _SEEN_FORMATS)
        or "\ufe00" <= char <= "\ufe0f"
        or char == "\u034f"
    )


def _fold_char(char: str) -> str:
    if char in _QUOTES:
        return "'"
    if char in _DASHES or unicodedata.category(char) == "Pd":
        return "-"
    if char.isspace():
        return " "
    if _is_unseen(char):
        return ""
    apart = unicodedata.normalize("NFKD", char)
    if apart.startswith(" "):  # a spacing accent, such as U+00A8: no blank
        return char
    apart = unicodedata.normalize("NFKD", apart.casefold())
    parts = (part for part in apart if not _is_accent(part))
    # Compatibility forms of dashes and quotation marks are folded once they are taken apart.
    return "".join(part if part == char else _fold_char(part) for part in parts)


class _FoldTable(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


_FOLD = _FoldTable()
_RUNS = re.compile(r"  +|--+")


class _Edits:
    """Where stretches of one text were replaced to make another; every other one is as it was."""

    __slots__ = ("new_ends", "new_starts", "old_ends", "old_starts")

    def __init__(self, edits: Iterable[tuple[int, int, int]]) -> None:
        """Take ``(old start, old end, new length)`` in order."""
        self.old_starts: list[int] = []
        self.old_ends: list[int] = []
        self.new_starts: list[int] = []
        self.new_ends: list[int] = []
        shift = 0
        for start, end, length in edits:
            self.old_starts.append(start)
            self.old_ends.append(end)
            self.new_starts.append(start + shift)
            self.new_ends.append(start + shift + length)
            shift += length - (end - start)

    def source(self, n: int) -> tuple[int, int]:
        """Return the old stretch that the new character ``n`` was made of."""
        edit = bisect_right(self.new_starts, n) - 1
        if edit < 0:
            return n, n + 1
        if n < self.new_ends[edit]:
            return self.old_starts[edit], self.old_ends[edit]
        start = self.old_ends[edit] + n - self.new_ends[edit]
        return start, start + 1


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for comparison, and the way back to the original's offsets."""

    text: str
    original: str
    _apart: _Edits = field(repr=False)
    _runs: _Edits = field(repr=False)

    def to_original(self, i: int) -> int:
        """Return where the source of folded character ``i`` begins; the end gives the end."""
        if not 0 <= i <= len(self.text):
            raise OffsetRefused(
                f"Offset {i} does not fit a folded text of {len(self.text)} characters.", offset=i
            )
        if i == len(self.text):
            return len(self.original)
        return self._apart.source(self._runs.source(i)[0])[0]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original stretch that folded ``start`` to ``end`` (not empty) came from.

        It ends with the last character's source, before any invisible ones behind it.
        """
        last = self._runs.source(end - 1)[1] - 1
        return self.to_original(start), self._apart.source(last)[1]


def fold(text: str) -> Folded:
    """Return ``text`` with everything levelled that hides equal words from each other.

    Case and accents go; every quotation mark, apostrophe, prime, ayn and hamza is ``'``; a run
    of dashes is ``-``; a run of blanks, newlines included, is one space; soft hyphens, joiners,
    byte order marks and direction marks vanish; compatibility forms are taken apart (NFKD).
    """
    apart = text.translate(_FOLD)
    odd = [char for char in set(text) if len(_FOLD[ord(char)]) != 1]
    edits: list[tuple[int, int, int]] = []
    if odd:
        odd_one = re.compile("[" + "".join(map(re.escape, odd)) + "]")
        edits = [
            (match.start(), match.end(), len(_FOLD[ord(match[0])]))
            for match in odd_one.finditer(text)
        ]
    runs = _Edits((match.start(), match.end(), 1) for match in _RUNS.finditer(apart))
    folded = _RUNS.sub(lambda run: run[0][0], apart) if runs.old_starts else apart
    return Folded(folded, text, _Edits(edits), runs)


def find_in(folded: Folded, needle: str, most: int | None = None) -> list[tuple[int, int]]:
    """Return what ``find_all`` does, in a text that is folded already."""
    wanted = fold(needle).text.strip(" ")
    if not wanted:
        return []
    # Apart, because each is then asked in rising order where places overlap.
    text, starts, ends = folded.original, Graphemes(folded.original), Graphemes(folded.original)
    same: dict[str, bool] = {}
    found: list[tuple[int, int]] = []
    last = (0, 0)
    at = folded.text.find(wanted)
    while at >= 0 and (most is None or len(found) < most):
        start, end = folded.span(at, at + len(wanted))
        start, end = starts.at(start)[0], ends.at(end)[1]
        if (start, end) == last:  # another part of the same long character
            at = folded.text.find(wanted, at + 1)
            continue
        last = (start, end)
        words = text[start:end]
        # Half a ligature or half a Hangul syllable folds to the needle; the whole one does not.
        if words not in same:
            same[words] = fold(words).text == wanted
        if same[words]:
            found.append((start, end))
        at = folded.text.find(wanted, at + (len(wanted) if same[words] else 1))
    return found


def find_all(text: str, needle: str, most: int | None = None) -> list[tuple[int, int]]:
    """Return every occurrence of ``needle`` in ``text``, compared folded, as exact offsets.

    From left to right, without overlaps, ends on grapheme borders; blanks around the needle do
    not count, and a needle of nothing else is found nowhere. ``most`` ends the search early.
    """
    return find_in(fold(text), needle, most)


# --- sentences --------------------------------------------------------------------------------

_CLOSERS = "\"'\u201d\u2019\u00bb\u203a)\\]}\u300d\u300f\u3011\uff09\u3009\u300b"
_STOPS = ".!?\u2026\u203c\u2047\u2048\u2049\u061f\u06d4\u0964\u0965\u1362"
# A row of stops is read once, from its first: "?????x" is no end, from whichever of them.
_STOP = regex.compile(
    rf"""
    (?P<wide>[\u3002\uff01\uff1f\uff61\uff0e]+[{_CLOSERS}]*)
  | (?P<stop>\.(?:[ \xa0]\.)+|(?<![{_STOPS}])[{_STOPS}]++)(?P<close>[{_CLOSERS}]*+(?:\[\w{{1,4}}\])*+)(?=\s|\ufeff|$)
  | (?P<line>\n\s*)
    """,
    regex.VERBOSE,
)
_LAST_WORD = regex.compile(r"(?r)[\p{L}\p{M}\p{N}.]+")
_NEXT_WORD = regex.compile(r"[\s\ufeff]*+[^\p{L}\p{N}\s\ufeff]*+(?P<word>[\p{L}\p{M}\p{N}]+)")
_INITIALS = regex.compile(r"(?:\p{L}\.)*\p{L}")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Always followed by the name or number that they belong to.
_BEFORE_NAMES = _words(
    "mr mrs ms mx dr prof gen col lt sgt capt cmdr adm maj brig sen rep gov pres hon rev fr st ste"
    " mt messrs mme mmes mlle sr sra srta dra sig dott avv ing hr fr dipl vs cf ca approx"
)
#: An end only when no number follows.
_BEFORE_NUMBERS = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc no nos nr núm art fig"
    " figs vol pp p ch sec ss para abs ab v c"
)
#: An end only when the next word is one that sentences like to begin with.
_ABBREVIATIONS = _words(
    "etc al inc ltd co corp dept univ est jr e.g i.e z.b d.h u.a usw bzw p.m a.m ph.d m.a b.a"
)
_STARTERS = _words(
    "the a an it he she they we this that these those there in on at by but and so yet or if as"
    " when while after before since although however its his her their our what why how who where"
    " for to from with no not all some many most"
    " der die das ein eine er sie es und aber le la les un une il elle ils et mais el los las en"
    " y pero lo gli un una e ma"
)
_GERMAN_MONTHS = _words(
    "januar februar märz april mai juni juli august september oktober november dezember"
)


def _goes_on(text: str, stop: "regex.Match[str]", begun: int) -> bool:
    """Say whether the full stop is none: the sentence that began at ``begun`` goes on after it."""
    following = _NEXT_WORD.match(text, stop.end())
    word = following["word"] if following else ""
    if word[:1].islower():
        return True
    if stop["stop"] != "." or stop["close"]:
        return False
    # Backwards from the stop, and no further than the word goes.
    before = _LAST_WORD.match(text, begun, stop.start())
    last = before[0].casefold() if before else ""
    if last in _BEFORE_NAMES:
        return bool(word)
    if last in _BEFORE_NUMBERS:
        return word[:1].isdigit()
    if last.isdigit() and len(last) <= 2:
        # "14. August", or the number of a list item, which belongs to its sentence.
        return word.casefold() in _GERMAN_MONTHS or text[begun : stop.start()].strip() == last
    if last in _ABBREVIATIONS or _INITIALS.fullmatch(last):
        return bool(word) and word.casefold() not in _STARTERS
    return False


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of ``text`` in order; between two of them stand only blanks.

    Rules, not a model: full stops of several scripts with the quotation marks and brackets that
    close behind them, abbreviations and initials, no end before a small letter. A newline ends
    a sentence, unless a line that had no full stop goes on with a small letter.
    """
    found: list[tuple[int, int]] = []
    tidier = _Tidier(text)
    begun = _after_blanks(text, 0, len(text))
    for stop in _STOP.finditer(text, begun):
        if stop.start() < begun:
            continue
        if stop["line"] is not None:
            single = stop["line"].count("\n") == 1
            if single and text[stop.end() : stop.end() + 1].islower():
                continue
            end = stop.start()
        elif stop["stop"] is not None and _goes_on(text, stop, begun):
            continue
        else:
            end = stop.end()
        found.append(tidier.tidy(begun, end))
        begun = max(found[-1][1], _after_blanks(text, stop.end(), len(text)))
    found.append(tidier.tidy(begun, len(text)))
    return [(start, end) for start, end in found if start < end]
