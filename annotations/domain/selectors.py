"""How a span is found again: by its position, or by its words and what stands around them.

The two selectors are those of the W3C Web Annotation Data Model (4.2.4, 4.2.5). Offsets count
Unicode code points, end exclusive. Scores are whole numbers from 0 to 100.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property

from rapidfuzz import fuzz

from annotations.domain.text import (
    Folded,
    Graphemes,
    find_in,
    fold,
    grapheme_at,
    sentences,
    tidy,
)
from annotations.domain.vocabulary import CarryState

#: dom-anchor-text-quote refuses more on either side; counted in UTF-16 units.
LONGEST_CONTEXT = 32
#: Below it, words are not taken for a rewording of others.
LEAST_SCORE = 60
#: A shorter quote, alone in other surroundings, is taken for a coincidence.
_TELLING = 12
_SAME_BUT_FOLDED = 99
_MOST_OCCURRENCES = 1000
#: A person is shown no more places than these, and none that is less like the words.
_MOST_PROPOSED = 5
_WORTH_A_LOOK = 40
_MOST_BLOCKS = 8
_LONGEST_SLID = 400


@dataclass(frozen=True, slots=True)
class TextPositionSelector:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextQuoteSelector:
    exact: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where words were found, and how like the wanted ones they and their surroundings are."""

    start: int
    end: int
    score: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a span in the next version; a gone one has ``start == end``, its place."""

    start: int
    end: int
    state: CarryState
    score: int
    #: Whether every sentence that it reaches into stands there word for word, in the same order.
    whole: bool = field(default=False, compare=False)


def quote_selector(text: str, start: int, end: int) -> TextQuoteSelector:
    """Return the words of ``text[start:end]`` with at most 32 UTF-16 units on either side.

    Prefix and suffix never begin or end within a character, so they may be shorter.
    """
    return TextQuoteSelector(text[start:end], _prefix(text, start), _suffix(text, end))


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _prefix(text: str, at: int) -> str:
    start = max(0, at - LONGEST_CONTEXT)
    while _units(text[start:at]) > LONGEST_CONTEXT:
        start += 1
    start = grapheme_at(text, start)[1]
    return text[start:at]


def _suffix(text: str, at: int) -> str:
    end = min(len(text), at + LONGEST_CONTEXT)
    while _units(text[at:end]) > LONGEST_CONTEXT:
        end -= 1
    return text[at : max(at, grapheme_at(text, end)[0])]


# --- finding ----------------------------------------------------------------------------------

# Scripts without blanks between words are taken character by character.
_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")


class _Target:
    """A text that is searched more than once; what costs time is made once, when asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._same_words: dict[str, tuple[list[tuple[int, int]], int]] = {}

    @cached_property
    def folded(self) -> Folded:
        return fold(self.text)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for token in _TOKEN.finditer(self.text):
            places.setdefault(token[0].casefold(), []).append(token.start())
        return places

    def exact(self, quote: str) -> list[tuple[int, int]]:
        text, length = self.text, len(quote)
        found = []
        # Apart, because each is then asked in rising order where places overlap.
        starts, ends = Graphemes(text), Graphemes(text)
        at = text.find(quote)
        while at >= 0:
            if starts.at(at)[0] == at and ends.at(at + length)[0] == at + length:
                found.append((at, at + length))
            at = text.find(quote, at + 1)
        return found

    def same_words(self, quote: str) -> tuple[list[tuple[int, int]], int]:
        """Return the occurrences and the score their words have: exact ones, else folded ones."""
        if quote not in self._same_words:
            exact = self.exact(quote)
            self._same_words[quote] = (
                (exact, 100) if exact else (find_in(self.folded, quote), _SAME_BUT_FOLDED)
            )
        return self._same_words[quote]

    def context(self, start: int, end: int, prefix: str, suffix: str) -> float:
        """Say how like ``prefix`` and ``suffix`` the surroundings are, from 0 to 1."""
        asked = len(prefix) + len(suffix)
        if not asked:
            return 1.0
        before = self.text[max(0, start - len(prefix)) : start]
        after = self.text[end : end + len(suffix)]
        same = fuzz.ratio(prefix, before) * len(prefix) + fuzz.ratio(suffix, after) * len(suffix)
        return same / asked / 100

    def near(self, quote: str, around: int | None) -> Found | None:
        """Return the likeliest rewording of ``quote``, near ``around`` or where its words cluster.

        The time is bounded: a handful of windows a few times the quote's length is looked at.
        """
        likely = self.rewordings(quote, around)
        return likely[0] if likely and likely[0].score >= LEAST_SCORE else None

    def rewordings(self, quote: str, around: int | None) -> list[Found]:
        """Return the likeliest rewording in each place that ``near`` looks at, the best first."""
        best: list[Found] = []
        length = len(quote)
        for at in self._likely(quote, around):
            low = grapheme_at(self.text, max(0, at - length // 2 - 200))[0]
            high = grapheme_at(self.text, min(len(self.text), at + 2 * length + 200))[1]
            if found := _reworded(quote, self.text, low, high):
                best.append(found)
        return sorted(best, key=lambda found: -found.score)

    def _likely(self, quote: str, around: int | None) -> list[int]:
        """Return places where many of the quote's rarer words stand as far apart as in it."""
        width = max(32, len(quote) // 2)
        votes: Counter[int] = Counter()
        for token in _TOKEN.finditer(quote):
            places = self.places.get(token[0].casefold(), [])
            if len(places) > 100:
                continue
            # Two stripes for each vote, so that a cluster on a border is not halved.
            stripes = {(place - token.start()) // width for place in places}
            votes.update(stripes | {stripe + 1 for stripe in stripes})
        likely = [max(0, stripe * width) for stripe, _ in votes.most_common(3)]
        return likely if around is None else [around, *likely]


def _reworded(quote: str, text: str, low: int, high: int) -> Found | None:
    """Return the stretch of whole words within ``text[low:high]`` that is most like ``quote``."""
    window = fold(text[low:high])
    wanted = fold(quote).text.strip(" ")
    ours, theirs = list(_TOKEN.finditer(wanted)), list(_TOKEN.finditer(window.text))
    if not ours or not theirs:
        return None
    starts, ends = _corners([token[0] for token in ours], [token[0] for token in theirs])
    if len(wanted) <= _LONGEST_SLID and (slid := fuzz.partial_ratio_alignment(wanted, window.text)):
        begun = [token.start() for token in theirs]
        starts.add(max(0, bisect_right(begun, slid.dest_start) - 1))
        ends.add(max(1, bisect_left(begun, slid.dest_end)))
    best, first, last = 0.0, 0, 0
    for start in starts:
        for end in ends:
            if start >= end:
                continue
            words = window.text[theirs[start].start() : theirs[end - 1].end()]
            score = fuzz.ratio(wanted, words, score_cutoff=best)
            if score > best:
                best, first, last = score, theirs[start].start(), theirs[end - 1].end()
    if not best:
        return None
    # Quotation marks and full stops belong to the span if they did before.
    lead, tail = wanted[: ours[0].start()], wanted[ours[-1].end() :]
    if window.text[:first].endswith(lead):
        first -= len(lead)
    if window.text.startswith(tail, last):
        last += len(tail)
    score = fuzz.ratio(wanted, window.text[first:last])
    start, end = window.span(first, last)
    return Found(*tidy(text, low + start, low + end), round(score))


def _corners(ours: list[str], theirs: list[str]) -> tuple[set[int], set[int]]:
    """Return where, in tokens, a rewording may start and end, judged by the words they share."""
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    starts, ends = set(), set()
    for block in sorted(blocks, key=lambda block: -block.size)[:_MOST_BLOCKS]:
        if not block.size:
            continue
        behind = len(ours) - block.a - block.size
        starts |= {block.b, max(0, block.b - block.a)}
        ends |= {block.b + block.size, min(len(theirs), block.b + block.size + behind)}
    return starts, ends


def find_quote(
    text: str, exact: str, prefix: str = "", suffix: str = "", hint: int | None = None
) -> list[Found]:
    """Return where ``exact`` stands in ``text``, the likeliest place first.

    Every occurrence as it is; else every one compared folded (``text.fold``); else the one
    likeliest rewording, of at least 60. The words count for 60 of the score and the surroundings
    for 40; ``hint``, about where it should start, decides between equals. Of more than a
    thousand occurrences only the thousand nearest to the hint are weighed. Nothing but blanks
    is found nowhere.
    """
    if not fold(exact).text.strip(" "):
        return []
    target = _Target(text)
    about = hint or 0
    places, words = target.same_words(exact)
    if len(places) > _MOST_OCCURRENCES:
        places = sorted(places, key=lambda place: abs(place[0] - about))[:_MOST_OCCURRENCES]
    if not places:
        near = target.near(exact, hint)
        if near is None:
            return []
        places, words = [(near.start, near.end)], near.score
    found = [
        Found(
            start,
            end,
            round(words * (0.6 + 0.4 * target.context(start, end, prefix, suffix))),
        )
        for start, end in places
    ]
    return sorted(found, key=lambda one: (-one.score, abs(one.start - about), one.start))


# --- carrying spans to the next version -------------------------------------------------------


class _Alignment:
    """Where the unchanged sentences of one text stand in the next, and so about where all does."""

    def __init__(self, old: str, new: str) -> None:
        ours, theirs = sentences(old), sentences(new)
        matcher = SequenceMatcher(None, [old[a:b] for a, b in ours], [new[a:b] for a, b in theirs])
        self.old: list[tuple[int, int]] = []
        self.new: list[int] = []
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                self.old.append(ours[block.a + step])
                self.new.append(theirs[block.b + step][0])
        self.starts = [start for start, _ in self.old]
        self.length = len(new)
        self.every = ours
        self.every_start = [start for start, _ in ours]
        self.by_start = dict(zip(self.starts, self.new, strict=True))

    def place(self, start: int, end: int) -> tuple[int, bool]:
        """Return about where old ``start`` now stands, and whether all the span is unchanged.

        The second is False also for a span of several sentences; its words then decide.
        """
        index = bisect_right(self.starts, start) - 1
        if index < 0:
            return min(start, self.length), False
        old_start, old_end = self.old[index]
        place = min(self.new[index] + start - old_start, self.length)
        return place, end <= old_end

    def is_whole(self, start: int, end: int, place: int) -> bool:
        """Say whether each old sentence of the span stands as far from ``place`` as it did."""
        first = max(bisect_right(self.every_start, start) - 1, 0)
        last = bisect_left(self.every_start, end)
        return all(
            self.by_start.get(begins) == begins + place - start
            for begins, _ in self.every[first:last]
        )


def carry(old_text: str, new_text: str, spans: Iterable[tuple[int, int]]) -> list[Carried]:
    """Return what became of each span of ``old_text`` in ``new_text``, in the order given.

    Unchanged: the same words at the same offsets. Moved: the same words elsewhere; of several
    occurrences the one whose surroundings, then whose place among the unchanged sentences, fits
    best. Reworded: other words (also where only quotation marks, case or the like differ) with
    the likeness as score. Gone: nothing of at least 60 near by or anywhere; words of fewer than
    12 characters are never taken for reworded, and in wholly other surroundings not for moved.
    """
    target = _Target(new_text)
    alignment = _Alignment(old_text, new_text)
    found = []
    for start, end in spans:
        one = _carry_one(old_text, target, alignment, start, end)
        same = one.state in (CarryState.UNCHANGED, CarryState.MOVED)
        whole = same and alignment.is_whole(start, end, one.start)
        found.append(replace(one, whole=whole))
    return found


def proposals(old_text: str, start: int, end: int, new_text: str, hint: int) -> list[Found]:
    """Return up to five places of ``new_text`` where a span of ``old_text`` may stand now.

    The likeliest first: each occurrence of its words, and rewordings of at least 40. ``hint`` is
    about where it should start.
    """
    quote = old_text[start:end]
    prefix, suffix = _prefix(old_text, start), _suffix(old_text, end)
    target = _Target(new_text)
    places, words = target.same_words(quote)
    places = sorted(places, key=lambda place: abs(place[0] - hint))[:_MOST_OCCURRENCES]
    weighed = [
        Found(*place, round(words * (0.6 + 0.4 * target.context(*place, prefix, suffix))))
        for place in places
    ]
    weighed.sort(key=lambda one: (-one.score, abs(one.start - hint)))
    apart: list[Found] = []
    for one in [*weighed, *target.rewordings(quote, hint)]:
        if one.score >= _WORTH_A_LOOK and not any(
            one.start < other.end and other.start < one.end for other in apart
        ):
            apart.append(one)
    return apart[:_MOST_PROPOSED]


def _carry_one(
    old_text: str, target: _Target, alignment: _Alignment, start: int, end: int
) -> Carried:
    quote = old_text[start:end]
    about, kept = alignment.place(start, end)
    if kept:
        state = CarryState.UNCHANGED if about == start else CarryState.MOVED
        return Carried(about, about + len(quote), state, 100)
    prefix, suffix = _prefix(old_text, start), _suffix(old_text, end)
    places, words = target.same_words(quote)
    if len(places) > _MOST_OCCURRENCES:
        places = sorted(places, key=lambda place: abs(place[0] - about))[:_MOST_OCCURRENCES]
    if places:
        weighed = [
            (round(target.context(*place, prefix, suffix), 2), -abs(place[0] - about), place)
            for place in places
        ]
        context, _, (first, last) = max(weighed)
        # A few letters in wholly other surroundings are other letters.
        if context >= 0.5 or len(quote) >= _TELLING:
            score = round(words * (0.6 + 0.4 * context))
            if words < 100:
                return Carried(first, last, CarryState.REWORDED, score)
            if first == start:
                return Carried(first, last, CarryState.UNCHANGED, score)
            return Carried(first, last, CarryState.MOVED, score)
    near = target.near(quote, about) if len(quote) >= _TELLING else None
    if near is None:
        place, _ = grapheme_at(target.text, about)
        return Carried(place, place, CarryState.GONE, 0)
    return Carried(near.start, near.end, CarryState.REWORDED, near.score)
