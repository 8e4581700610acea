"""Articles on their way in: kept as JSON between reading and storing, and shown before.

A draft's JSON is the record's own fields; ``from_json(to_json(draft)) == draft`` for every draft.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from annotations.domain.citations import show_partial_date
from annotations.domain.records import (
    CORRECTED,
    KEPT,
    TWO_DATES,
    ArticleDraft,
    BlockDraft,
    Markup,
)
from annotations.domain.text import sha256
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag

#: The longest name of a file that is kept.
LONGEST_NAME = 300


@dataclass(frozen=True)
class Undecided:
    """A date of publication as it is written, and the days that it may mean."""

    words: str
    readings: list[str]

    def __str__(self) -> str:
        days = " or ".join(show_partial_date(day) for day in self.readings)
        return f"“{self.words}”: {days}?"


def undecided_date(published: str, changes: Iterable[Mapping[str, Any]]) -> Undecided | None:
    """Return the date that a person has to decide on; None where one is known, or none is said."""
    for change in changes:
        if not published and change.get("what") == TWO_DATES:
            return Undecided(change["from"], list(change["readings"]))
    return None


def to_json(draft: ArticleDraft) -> dict[str, Any]:
    """Return the draft as values that JSON can hold."""
    return asdict(draft)


def from_json(value: Mapping[str, Any]) -> ArticleDraft:
    markup = tuple(
        Markup(mark["start"], mark["end"], MarkupTag(mark["tag"]), mark["attributes"])
        for mark in value["markup"]
    )
    blocks = tuple(
        BlockDraft(**{**block, "tag": BlockTag(block["tag"]), "role": BlockRole(block["role"])})
        for block in value["blocks"]
    )
    changes = tuple(value["changes"])
    return ArticleDraft(**{**value, "markup": markup, "blocks": blocks, "changes": changes})


def preview(draft: ArticleDraft) -> dict[str, Any]:
    """Return what ``import_articles --preview`` prints of an article."""
    undecided = undecided_date(draft.published, draft.changes)
    return {
        "file": draft.name,
        "title": draft.title,
        "byline": draft.byline,
        "publisher": draft.publisher,
        "published": draft.published,
        **({"published_undecided": asdict(undecided)} if undecided else {}),
        "url": draft.url,
        "language": draft.language,
        "blocks": [
            {
                "index": index,
                "role": str(block.role),
                "start": block.start,
                "end": block.end,
                "text": draft.text[block.start : block.end],
                "duplicate_of": block.duplicate_of,
            }
            for index, block in enumerate(draft.blocks)
        ],
    }


def repeats(draft: ArticleDraft) -> int:
    """Return how many blocks say again what another says."""
    return sum(block.duplicate_of is not None for block in draft.blocks)


def summary(draft: ArticleDraft) -> dict[str, Any]:
    """Return what a list shows of a draft; ``sha256`` is the text's."""
    roles = Counter(str(block.role) for block in draft.blocks)
    undecided = undecided_date(draft.published, draft.changes)
    return {
        "title": draft.title,
        "byline": draft.byline,
        "publisher": draft.publisher,
        "published": draft.published,
        "url": draft.url,
        "language": draft.language,
        "characters": len(draft.text),
        "blocks": len(draft.blocks),
        "body": roles[str(BlockRole.BODY)],
        "repeats": repeats(draft),
        "sha256": sha256(draft.text),
        "undecided": str(undecided or ""),
    }


def tidy_name(name: str) -> str:
    r"""Return a file's name without its folders, fit to be stored and shown on one line.

    Characters that cannot be shown, and the halves of surrogates that a file system's undecodable
    bytes come as, become U+FFFD. A longer name loses its middle and keeps its ending.

    >>> tidy_name("C:\\texts\\a\nb.txt")
    'a�b.txt'
    """
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    shown = "".join(char if char.isprintable() else "\ufffd" for char in last).strip()
    if len(shown) > LONGEST_NAME:
        shown = f"{shown[: LONGEST_NAME - 41]}…{shown[-40:]}"
    return shown or "unnamed"


#: How fields of metadata are called, where not by their names.
_NAMES = {"published": "date of publication", "site": "site it was taken from"}

#: What becomes a line feed, in words.
_NEWLINES = {
    "CRLF": "Carriage return and line feed",
    "CR": "Carriage return",
    "VT": "Vertical tab",
    "FF": "Form feed",
    "NEL": "Next line (U+0085)",
    "LS": "Line separator (U+2028)",
    "PS": "Paragraph separator (U+2029)",
}


def changes_in_words(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each thing that was done to the characters at import."""
    return [_change_in_words(change) for change in changes]


def _change_in_words(change: Mapping[str, Any]) -> str:
    what, before, count = change["what"], change.get("from", ""), change.get("count", 1)
    times = "once" if count == 1 else f"{count:,} times"
    if what == "newline":
        return f"{_NEWLINES.get(before, before)} became a line feed, {times}."
    if what == "removed":
        return f"The control character {before} was removed, {times}."
    if what == "unknown key":
        return f"“{before}” is no field that is known; it was left out."
    if what in (KEPT, CORRECTED):
        says = f"says “{before}”" if before else "does not say it"
        how = "is that of the version before" if what == KEPT else "was corrected before storing"
        return f"The {_NAMES.get(change['field'], change['field'])} {how}; the file {says}."
    if what == TWO_DATES:
        days = " or ".join(show_partial_date(day) for day in change["readings"])
        return f"“{before}” may mean {days}: which of them is for a person to say."
    if what == "marks":
        return (
            f"Links and emphases beyond the first {change['most']:,} of a paragraph were left out,"
            f" {count:,} in all; the words are all here."
        )
    if what == "cut":
        return f"The {before} was cut to {count:,} characters."
    return f"{what}: {before or times}."
