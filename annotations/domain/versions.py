"""What is known of an article, from one version to the next: kept, said otherwise, or corrected.

A field of metadata is *kept* from the version before where the new file does not say it, says it
in nothing but other capitals, accents or signs, or says again what a person had corrected. What
the file itself says then stands in the record of changes, as it does of what a person corrects
before an article is stored: the version after compares with that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotations.domain.records import CORRECTED, KEPT, TWO_DATES, ArticleDraft
from annotations.domain.text import fold

#: What goes from version to version; the address is what makes one of the other.
INHERITED = ("title", "byline", "publisher", "site", "published", "language", "licence")

Changes = Iterable[Mapping[str, Any]]


def said_otherwise(changes: Changes) -> dict[str, Mapping[str, Any]]:
    """Return the entries of a record of changes that say what the file says of a field."""
    return {one["field"]: one for one in changes if one["what"] in (KEPT, CORRECTED)}


def said_by_file(values: Mapping[str, str], changes: Changes) -> dict[str, str]:
    """Return what a file said, of the ``values`` that were stored when it was imported.

    Where it said nothing, what the last file before it said that did.
    """
    entries = said_otherwise(changes)
    return {
        name: entries[name].get("said", entries[name]["from"]) if name in entries else values[name]
        for name in INHERITED
    }


def corrected(draft: ArticleDraft, **values: Any) -> ArticleDraft:
    """Return the draft with what a person says of it, and the record of what its file says."""
    entries = said_otherwise(draft.changes)
    record = list(draft.changes)
    for name, value in values.items():
        if name not in INHERITED or (getattr(draft, name) == value and name not in entries):
            continue
        said = entries[name]["from"] if name in entries else getattr(draft, name)
        record = [one for one in record if one is not entries.get(name)]
        record.append({"what": CORRECTED, "field": name, "from": said})
    return replace(draft, **values, changes=tuple(record))


def inherit(
    draft: ArticleDraft, before: Mapping[str, str] | None, said: Mapping[str, str]
) -> ArticleDraft:
    """Return the draft with what goes on from the version ``before`` it, or from none.

    ``said`` is what the file of that version said. What was kept from another version before is
    given back first; what a person corrected stays.
    """
    entries = said_otherwise(draft.changes)
    record = [one for one in draft.changes if one["what"] != KEPT]
    values = {name: one["from"] for name, one in entries.items() if one["what"] == KEPT}
    for name in INHERITED if before is not None else ():
        if name in entries and name not in values:
            continue
        new, old = values.get(name, getattr(draft, name)), before[name] if before else ""
        again = _alike(new, said[name]) and not _alike(old, said[name])
        silent = not new and not (name == "published" and _says_otherwise(draft.changes, old))
        if old and new != old and (silent or again or _alike(new, old)):
            values[name] = old
            entry = {"what": KEPT, "field": name, "from": new}
            record.append(
                entry if new or said[name] in ("", old) else {**entry, "said": said[name]}
            )
    return replace(draft, **values, changes=tuple(record))


def _says_otherwise(changes: Changes, old: str) -> bool:
    """Say whether a date that may mean two days means another than the ``old`` one in either."""
    return any(
        one["what"] == TWO_DATES and not any(day.startswith(old) for day in one["readings"])
        for one in changes
    )


def _alike(one: str, other: str) -> bool:
    return fold(one).text == fold(other).text


@dataclass(frozen=True)
class Difference:
    """A field of which the version before and the new file say two things."""

    field: str
    before: str
    #: What the new file says; "" where it does not say it.
    file: str
    #: What is stored as it stands.
    now: str

    @property
    def is_silent(self) -> bool:
        return not self.file


def differences(draft: ArticleDraft, before: Mapping[str, str]) -> list[Difference]:
    """Return where the new file says something else than the version before it, or nothing."""
    entries = said_otherwise(draft.changes)
    found = []
    for name in INHERITED:
        now = getattr(draft, name)
        file = entries[name]["from"] if name in entries else now
        if before[name] and file != before[name]:
            found.append(Difference(name, before[name], file, now))
    return found
