"""Which blocks say again what another block says, by their sentences, word for word or nearly.

Pages repeat themselves: pull quotes, a lead printed as teaser and again as text, captions and
their alternative texts, form headings. A block repeats another when its sentences' words stand
in the other's sentences in the same order; the score is the share of its words that do, 0 to
100. Words are compared folded and without apostrophes.

Sentences are looked up by runs of three words, and a run that stands in too many places is not
looked up, so the time grows with the length of the text.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz.distance import LCSseq

from annotations.domain.text import find_all, fold, sentences
from annotations.domain.vocabulary import COUNTED_ROLES, BlockRole

#: The lowest score that makes a repeat.
NEAR = 80
#: Shorter blocks, counted in words, repeat only when nearly every word does.
SHORT = 8
SHORT_NEAR = 95
#: Body blocks shorter than this are never repeats: refrains, answers, exclamations.
FEWEST_WORDS = 5

_WORD = re.compile(
    # Scripts without blanks between words are compared by character.
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]|[^\W_]+"
)
_RUN = 3
_COMMON_RUN = 24
_CANDIDATES = 6
_LONGEST_SENTENCE = 400


class Stretch(Protocol):
    """A block or its draft: half-open code-point offsets, and a role where one is known."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Repeat:
    """``original`` is the index of the block that is repeated."""

    original: int
    score: int


def words(text: str) -> list[str]:
    """Return the words of ``text`` folded, as repeats compare them."""
    return _WORD.findall(fold(text).text.replace("'", ""))


def find_repeats(
    text: str, blocks: Sequence[Stretch], roles: Sequence[BlockRole] | None = None
) -> list[Repeat | None]:
    """Return for each block the block that it repeats, or None where it is an original.

    The original is never itself a repeat. Of two that repeat each other it is the one in the
    body (by ``roles``; without them every block counts as body), then the longer one, then the
    earlier one; but what stands before the body has begun, with nothing but repeats above it,
    is a teaser of the later one.
    """
    if roles is None:
        roles = [BlockRole.BODY] * len(blocks)
    return _Finder(text, blocks, roles).find()


class _Finder:
    def __init__(self, text: str, blocks: Sequence[Stretch], roles: Sequence[BlockRole]) -> None:
        self.roles = roles
        self.sentences: list[list[tuple[str, ...]]] = []
        for block in blocks:
            part = text[block.start : block.end]
            self.sentences.append(
                [
                    tuple(found[cut : cut + _LONGEST_SENTENCE])
                    for start, end in sentences(part)
                    if (found := words(part[start:end]))
                    for cut in range(0, len(found), _LONGEST_SENTENCE)
                ]
            )
        self.sizes = [sum(map(len, block)) for block in self.sentences]

    def find(self) -> list[Repeat | None]:
        matches = self._matches()
        self.twins = [
            {other for other in found if index in matches[other]}
            for index, found in enumerate(matches)
        ]
        lead = self._lead(matches)
        rank = [self._rank(index, lead) for index in range(len(self.roles))]
        best: list[Repeat | None] = [None] * len(rank)
        for index, found in enumerate(matches):
            # Only a better ranked block can be an original, so no two are each other's.
            better = [
                (score, rank[other], other)
                for other, score in found.items()
                if self._may_repeat(index, other, score)
                and (
                    rank[other] > rank[index]
                    or (other not in self.twins[index] and rank[other][0] >= rank[index][0])
                )
            ]
            if better:
                score, _, other = max(better)
                best[index] = Repeat(other, score)
        return [self._to_the_original(index, best) for index in range(len(best))]

    def _to_the_original(self, index: int, best: list[Repeat | None]) -> Repeat | None:
        first = best[index]
        if first is None:
            return None
        at, score, seen = first.original, first.score, {index}
        while (following := best[at]) is not None and at not in seen:
            seen.add(at)
            score = min(score, following.score)
            at = following.original
        return None if at in seen else Repeat(at, score)

    def _rank(self, index: int, lead: frozenset[int]) -> tuple[int, bool, int, int]:
        role = self.roles[index]
        place = 2 if role == BlockRole.BODY else 1 if role in COUNTED_ROLES else 0
        later = index in lead
        return place, not later, self.sizes[index], -index

    def _may_repeat(self, index: int, other: int, score: int) -> bool:
        role, theirs = self.roles[index], self.roles[other]
        size = self.sizes[index]
        if role in (BlockRole.HEADLINE, BlockRole.HEADING, BlockRole.BYLINE):
            # Titles are content of their own, also where a sentence of the body says the same.
            return theirs == role and other in self.twins[index]
        if role == BlockRole.BODY and (theirs != BlockRole.BODY or size < FEWEST_WORDS):
            return False
        if other not in self.twins[index] and (size < FEWEST_WORDS or theirs != BlockRole.BODY):
            return False
        return score >= (SHORT_NEAR if size < SHORT else NEAR)

    def _lead(self, matches: list[dict[int, int]]) -> frozenset[int]:
        """Return the body blocks from the first on that a later body block says again."""
        lead = set()
        for index, role in enumerate(self.roles):
            if role != BlockRole.BODY or self.sizes[index] < FEWEST_WORDS:
                continue
            if not any(
                # A paragraph printed twice in a row is no teaser of itself.
                other > index + 1 and self.roles[other] == BlockRole.BODY
                for other in matches[index]
            ):
                break
            lead.add(index)
        return frozenset(lead)

    def _matches(self) -> list[dict[int, int]]:
        """Return for each block those that contain at least ``NEAR`` of it, with the score."""
        matches: list[dict[int, int]] = [{} for _ in self.sentences]
        same: dict[tuple[tuple[str, ...], ...], list[int]] = defaultdict(list)
        for index, block in enumerate(self.sentences):
            if self.sizes[index] > 1:
                same[tuple(block)].append(index)
        for group in same.values():
            # The neighbours in a group are enough, since repeats are followed to the original.
            for index in group:
                for other in (*group[:2], group[-1]):
                    if other != index:
                        matches[index][other] = matches[other][index] = 100
        unique = [group[0] for group in same.values()] + [
            group[-1] for group in same.values() if len(group) > 1
        ]
        runs: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for index in unique:
            for number, sentence in enumerate(self.sentences[index]):
                for run in _runs(sentence):
                    runs[run].append((index, number))
        for index in unique:
            for other in self._candidates(index, runs):
                if other not in matches[index]:
                    score = self._score(index, other)
                    if score >= NEAR:
                        matches[index][other] = score
        for group in same.values():
            if len(group) > 1:
                alike = set(group)
                found = {
                    other: score
                    for end in (group[0], group[-1])
                    for other, score in matches[end].items()
                    if other not in alike
                }
                for index in group:
                    matches[index].update(found)
        return matches

    def _candidates(self, index: int, runs: dict[int, list[tuple[int, int]]]) -> list[int]:
        shared: Counter[int] = Counter()
        wanted = 0
        for sentence in self.sentences[index]:
            for run in _runs(sentence):
                wanted += 1
                places = runs[run]
                if len(places) <= _COMMON_RUN:
                    shared.update({other for other, _ in places if other != index})
        # A word changed in every five breaks three runs of three of five.
        return [
            other
            for other, count in shared.most_common(_CANDIDATES)
            if count * 6 >= wanted and self.sizes[other] * 5 >= self.sizes[index] * 4
        ]

    def _score(self, index: int, other: int) -> int:
        """Return which share of the words of block ``index`` block ``other`` says in order."""
        theirs = self.sentences[other]
        runs: dict[int, set[int]] = defaultdict(set)
        for number, sentence in enumerate(theirs):
            for run in _runs(sentence):
                runs[run].add(number)
        said = 0
        for sentence in self.sentences[index]:
            shared: Counter[int] = Counter()
            for run in _runs(sentence):
                shared.update(runs[run] if len(runs.get(run, ())) <= _COMMON_RUN else ())
            said += max(
                (
                    LCSseq.similarity(sentence, theirs[number])
                    for number, _ in shared.most_common(_CANDIDATES)
                ),
                default=0,
            )
        return 100 * said // self.sizes[index]


def place_in_original(
    text: str, repeat: tuple[int, int], original: tuple[int, int], span: tuple[int, int]
) -> tuple[int, int] | None:
    """Return where the words of a span in a repeat stand in its original; None where nowhere.

    All four are offsets in code points of ``text``, half-open; words are compared folded. Of
    several places the one is taken that lies as far into the original as the span into the repeat.
    """
    found = find_all(text[slice(*original)], text[slice(*span)])
    if not found:
        return None
    wanted = (span[0] - repeat[0]) / max(repeat[1] - repeat[0], 1)
    length = max(original[1] - original[0], 1)
    start, end = min(found, key=lambda place: abs(place[0] / length - wanted))
    return original[0] + start, original[0] + end


def _runs(sentence: tuple[str, ...]) -> list[int]:
    """Return the hashes of the runs of three words; of a shorter sentence, its own."""
    if len(sentence) <= _RUN:
        return [hash(sentence)]
    return [hash(sentence[at : at + _RUN]) for at in range(len(sentence) - _RUN + 1)]
