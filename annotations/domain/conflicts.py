"""Two people changed one row: what each made of it, what stands side by side, what goes together.

A version is a row's state as payloads have it (keys and dates as text). ``was`` is the version
that both began from, ``theirs`` the one that is stored, ``mine`` the fields that were sent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz.distance import Indel


@dataclass(frozen=True)
class Rules:
    """How the fields of a table go together when two people have changed them."""

    #: What a person sees of the row: a change of anything else is nobody's conflict.
    shown: tuple[str, ...]
    #: Texts that can stand one after the other.
    texts: frozenset[str] = frozenset()
    #: Fields that mean something only with one another.
    together: tuple[frozenset[str], ...] = ()
    #: Fields of which a row can have but one value, so that mine needs a row of its own.
    apart: frozenset[str] = frozenset()
    #: The text that takes in, in words, what cannot stand beside theirs; "": a comment does.
    sink: str = ""


RULES: dict[str, Rules] = {
    "span": Rules(
        shown=(
            *("start", "end", "label", "voice", "speaker", "chain", "note", "quote_kind"),
            *("claim_kind", "certainty", "check_worthiness", "uncertain", "withdrawn_at"),
        ),
        texts=frozenset({"note"}),
        together=(frozenset({"start", "end"}), frozenset({"voice", "speaker", "chain"})),
        apart=frozenset({"start", "end", "label"}),
        sink="note",
    ),
    "citation": Rules(
        shown=(
            *("stance", "quotation", "locator", "accessed_on", "archive_url", "archived_on"),
            *("original_quotation", "original_language", "note", "file_sha256"),
            *("confirmed_by", "withdrawn_at"),
        ),
        texts=frozenset({"note"}),
        together=(
            frozenset({"archive_url", "archived_on"}),
            frozenset({"original_quotation", "original_language"}),
        ),
        # By these a citation is another one than the next (actions.evidence.cite).
        apart=frozenset({"stance", "quotation", "locator"}),
        sink="note",
    ),
    "assertion": Rules(
        shown=(
            *("paraphrase", "speaker", "said_on", "due", "work_state"),
            *("verdict", "verdict_reason", "verdict_as_of"),
        ),
        texts=frozenset({"paraphrase", "verdict_reason"}),
        together=(
            frozenset({"verdict", "verdict_reason", "verdict_as_of"}),
            frozenset({"work_state", "due"}),
        ),
    ),
}

#: An assertion before anybody has said anything of it.
UNSAID: dict[str, Any] = {
    **dict.fromkeys(("paraphrase", "said_on", "due", "verdict", "verdict_reason"), ""),
    "verdict_as_of": "",
    "work_state": "todo",
}


def moved_on(rules: Rules, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Say whether anything that a person sees of the row differs between two versions."""
    return any(was.get(name, now[name]) != now[name] for name in rules.shown)


def changed_fields(rules: Rules, was: Mapping[str, Any], sent: Mapping[str, Any]) -> set[str]:
    """Return the fields of ``sent`` that are not as they were, and those that go with them.

    A form sends all of its fields: what its sender left as it was is no change of his.
    """
    changed = {name for name, value in sent.items() if name not in was or was[name] != value}
    for group in rules.together:
        if group & changed:
            changed |= group & sent.keys()
    return changed


@dataclass(frozen=True)
class Difference:
    """One field that either side has changed."""

    name: str
    was: Any
    theirs: Any
    #: What was sent; theirs, where the field was not.
    mine: Any
    by_them: bool
    by_me: bool
    #: Both have, and neither value can take the other's place unasked.
    clashes: bool

    @property
    def values(self) -> tuple[Any, Any, Any]:
        return self.was, self.theirs, self.mine


def compare(
    rules: Rules,
    was: Mapping[str, Any] | None,
    theirs: Mapping[str, Any],
    mine: Mapping[str, Any],
) -> list[Difference]:
    """Return the fields that differ from what both began from, in the order they are shown.

    Where that is not known (its payload was withheld) whatever differs between the two is taken
    to be changed by both.
    """
    changed: dict[str, tuple[bool, bool]] = {}
    for name in rules.shown:
        sent = mine.get(name, theirs[name])
        if was is None:
            changed[name] = (sent != theirs[name],) * 2
        else:
            before = was.get(name, theirs[name])
            changed[name] = (theirs[name] != before, sent not in (before, theirs[name]))
    groups = [*rules.together, *(frozenset({name}) for name in rules.shown)]
    clashing = {
        name
        for group in groups
        if any(changed[one][0] for one in group) and any(changed[one][1] for one in group)
        for name in group
        if mine.get(name, theirs[name]) != theirs[name]
    }
    return [
        Difference(
            name,
            was=theirs[name] if was is None else was.get(name, theirs[name]),
            theirs=theirs[name],
            mine=mine.get(name, theirs[name]),
            by_them=by_them,
            by_me=by_me,
            clashes=name in clashing,
        )
        for name, (by_them, by_me) in changed.items()
        if by_them or by_me
    ]


class Way(StrEnum):
    """How both versions can be kept."""

    MERGED = "merged"
    APART = "apart"
    COMMENT = "comment"


@dataclass(frozen=True)
class Both:
    """What keeps both versions, and loses nothing of either."""

    way: Way
    #: The fields to write over theirs, where the two merge.
    values: Mapping[str, Any]
    #: Mine that theirs stands in place of: it is told in words.
    told: tuple[Difference, ...] = ()


def both(rules: Rules, differences: Iterable[Difference]) -> Both:
    """Return how to keep what both have changed.

    A field that one side alone has changed is taken from that side, two texts stand one after the
    other. What of mine has no place in the row is told in words, or is a row of its own.
    """
    differences = list(differences)
    clashes = [one for one in differences if one.clashes]
    if any(one.name in rules.apart for one in clashes):
        return Both(Way.APART, {})
    told = tuple(one for one in clashes if one.name not in rules.texts)
    if told and not rules.sink:
        return Both(Way.COMMENT, {}, tuple(one for one in differences if one.by_me or one.clashes))
    values = {
        one.name: join_texts(one.theirs, one.mine) if one.clashes else one.mine
        for one in differences
        if one.by_me and one not in told
    }
    return Both(Way.MERGED, values, told)


def join_texts(theirs: str, mine: str) -> str:
    r"""Return both texts whole, theirs first; one that holds the other's lines stands for both.

    >>> join_texts("Ask the mill.", "Ask the town.")
    'Ask the mill.\n\nAsk the town.'
    """
    if not mine or _has_lines(theirs, mine):
        return theirs
    if not theirs or _has_lines(mine, theirs):
        return mine
    return f"{theirs}\n\n{mine}"


def _has_lines(whole: str, part: str) -> bool:
    # By lines: "not refuted" does not say what "refuted" says.
    return f"\n{part}\n" in f"\n{whole}\n"


#: Words of a text up to which two of them are compared word by word: the time grows with the
#: square, and a reader sees no more in a longer one.
COMPARED = 1500
#: Share of words in both texts below which neither can be read between the words of the other.
ALIKE = 0.4

#: Blanks, punctuation, and words with the marks and emoji that belong to them.
_WORDS = re.compile(r"""\s+|[.,;:!?…()\[\]«»„“”"–—-]+|[^\s.,;:!?…()\[\]«»„“”"–—-]+""")


@dataclass(frozen=True)
class Part:
    """A stretch of a text beside another: in both, gone from the first, or new in the second."""

    state: str
    text: str


def word_changes(was: str, now: str) -> list[Part]:
    """Return how ``was`` became ``now``, by words: "same", "gone" and "new" stretches.

    >>> [(part.state, part.text) for part in word_changes("one metre", "two metre")]
    [('gone', 'one'), ('new', 'two'), ('same', ' metre')]
    """
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    if max(len(old), len(new)) <= COMPARED:
        parts = _by_words(old, new)
        if _alike(parts, old, new):
            return parts
    return _by_words([was] if was else [], [now] if now else [])


def _by_words(old: list[str], new: list[str]) -> list[Part]:
    # Not difflib: of words that come again and again its time grows with the cube, and a note of
    # a thousand numbered items took minutes.
    number: dict[str, int] = {}
    ids = [[number.setdefault(word, len(number)) for word in words] for words in (old, new)]
    parts: list[Part] = []
    gone = fresh = ""
    for step in Indel.opcodes(*ids):
        before = "".join(old[step.src_start : step.src_end])
        if step.tag == "equal":
            parts += [*_changed(gone, fresh), Part("same", before)]
            gone = fresh = ""
        elif step.tag == "delete":
            gone += before
        else:
            fresh += "".join(new[step.dest_start : step.dest_end])
    return parts + _changed(gone, fresh)


def _changed(gone: str, fresh: str) -> list[Part]:
    return [Part(state, words) for state, words in (("gone", gone), ("new", fresh)) if words]


def _alike(parts: Iterable[Part], old: list[str], new: list[str]) -> bool:
    both = sum(
        not word.isspace()
        for part in parts
        if part.state == "same"
        for word in _WORDS.findall(part.text)
    )
    words = sum(not word.isspace() for word in (*old, *new))
    return 2 * both >= ALIKE * words
