"""How one wording became another: by whole words, so that either can be rebuilt.

Words keep what belongs to them (accents, joiners, the comma in 1,250), and no part begins or
ends inside a character. Writing without blanks between words is compared sign by sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import regex
from rapidfuzz.distance import Indel

from annotations.domain.conflicts import Part
from annotations.domain.text import Graphemes, grapheme_at

#: Words of a text up to which two are compared word by word: time and memory grow with the
#: square, and of a longer one nobody reads every word that changed.
COMPARED = 4_000
#: Characters of a word that is not cut where only some of a passage is shown.
_LONG_WORD = 40

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}\p{{Cf}}]--{_UNSPACED}]"
_TOKEN = regex.compile(
    # Flags before \X, which counts a row of them from its beginning at each of them.
    rf"\s+|{_LETTER}+(?:[’'.,:/-]{_LETTER}+)*|{_UNSPACED}\p{{M}}*"
    r"|\p{Regional_Indicator}{1,2}\p{GCB=Extend}*|\X",
    regex.VERSION1,
)
_WORD = regex.compile(r"[\p{L}\p{N}]")

SAME, GONE, NEW = "same", "gone", "new"


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    graphemes = Graphemes(text)
    inside = False
    for token in _TOKEN.finditer(text):
        if inside:
            found[-1] += token[0]
        else:
            found.append(token[0])
        first, last = graphemes.at(token.end())
        inside = first != last
    return found


def difference(old: str, new: str) -> list[Part]:
    """Return how ``old`` became ``new``: stretches "same" in both, "gone" and "new".

    What is not new, joined, is ``old``; what is not gone is ``new``. Blanks and signs between
    two changes belong to them, and of neighbours the one that is gone stands first.

    >>> [(part.state, part.text) for part in difference("one metre", "two metres")]
    [('gone', 'one metre'), ('new', 'two metres')]
    """
    ours, theirs = _tokens(old), _tokens(new)
    if max(len(ours), len(theirs)) > COMPARED:
        ours, theirs = _coarse(ours, theirs)
    number: dict[str, int] = {}
    ids = [[number.setdefault(token, len(number)) for token in some] for some in (ours, theirs)]
    found: list[tuple[str, str]] = []
    for step in Indel.opcodes(*ids):
        gone = "".join(ours[step.src_start : step.src_end])
        if step.tag == "equal":
            found.append((SAME, gone))
        elif step.tag == "delete":
            found.append((GONE, gone))
        else:
            found.append((NEW, "".join(theirs[step.dest_start : step.dest_end])))
    return _joined(found)


def _coarse(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    """Return two long texts as what they begin and end with alike, and what lies between."""
    most = min(len(ours), len(theirs))
    head = next((at for at in range(most) if ours[at] != theirs[at]), most)
    most -= head
    tail = next((at for at in range(most) if ours[-at - 1] != theirs[-at - 1]), most)

    def three(tokens: list[str]) -> list[str]:
        until = len(tokens) - tail
        parts = (tokens[:head], tokens[head:until], tokens[until:])
        return [words for part in parts if (words := "".join(part))]

    return three(ours), three(theirs)


def _joined(found: list[tuple[str, str]]) -> list[Part]:
    parts: list[Part] = []
    gone, new = "", ""
    for at, (state, text) in enumerate(found):
        between = 0 < at < len(found) - 1 and not _WORD.search(text)
        if state == GONE:
            gone += text
        elif state == NEW:
            new += text
        elif between:
            gone, new = gone + text, new + text
        else:
            parts += _change(gone, new)
            parts.append(Part(SAME, text))
            gone, new = "", ""
    return parts + _change(gone, new)


def _change(gone: str, new: str) -> list[Part]:
    return [Part(state, text) for state, text in ((GONE, gone), (NEW, new)) if text]


@dataclass(frozen=True, slots=True)
class Passage:
    """Some of a text, and where in it (offsets in ``text``) the words stand that it is about."""

    text: str
    start: int
    end: int

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two passages, in parts: what stands before its words, they, and what follows."""

    before: list[Part] = field(default_factory=list)
    words: list[Part] = field(default_factory=list)
    after: list[Part] = field(default_factory=list)
    #: Whether the passage goes on before and after what is here.
    cut_before: bool = False
    cut_after: bool = False

    def near(self, most: int) -> "Side":
        """Return the side with about ``most`` characters before its words and after them.

        Passages are compared before they are cut: at a cut, what is out of sight on one side
        alone would seem to be gone.
        """
        before, after = _text(self.before), _text(self.after)
        first, last = max(0, len(before) - most), min(len(after), most)
        if first:
            blank = before.find(" ", first, first + _LONG_WORD)
            first = grapheme_at(before, first if blank < 0 else blank + 1)[1]
        if last < len(after):
            blank = after.rfind(" ", max(0, last - _LONG_WORD), last)
            last = grapheme_at(after, last if blank < 0 else blank)[0]
        return Side(
            _stretch(self.before, first, len(before)),
            self.words,
            _stretch(self.after, 0, last),
            first > 0,
            last < len(after),
        )


def _text(parts: Iterable[Part]) -> str:
    return "".join(part.text for part in parts)


def _stretch(parts: Iterable[Part], start: int, end: int) -> list[Part]:
    found, at = [], 0
    for part in parts:
        text = part.text[max(0, start - at) : max(0, end - at)]
        if text:
            found.append(Part(part.state, text))
        at += len(part.text)
    return found


def beside(old: Passage, new: Passage) -> tuple[Side, Side]:
    """Return both passages with what differs between them.

    Of passages that have less than a third in common only their words are compared: everything
    would be gone on one side and new on the other.
    """
    parts = difference(old.text, new.text)
    kept = sum(len(part.text) for part in parts if part.state == SAME)
    if 3 * kept < min(len(old.text), len(new.text)):
        words = difference(old.words, new.words)
        return _alone(old, words, NEW), _alone(new, words, GONE)
    return _cut(old, parts, NEW), _cut(new, parts, GONE)


def _alone(passage: Passage, words: Iterable[Part], other: str) -> Side:
    before, after = passage.text[: passage.start], passage.text[passage.end :]
    return Side(
        [Part(SAME, before)] if before else [],
        [part for part in words if part.state != other],
        [Part(SAME, after)] if after else [],
    )


def _cut(passage: Passage, parts: Iterable[Part], other: str) -> Side:
    own = [part for part in parts if part.state != other]
    return Side(
        _stretch(own, 0, passage.start),
        _stretch(own, passage.start, passage.end),
        _stretch(own, passage.end, len(passage.text)),
    )
