"""What is said in place of what does not leave: names of people, confidential sources, text.

Each form depends on the row alone, so a copy that was loaded is exported with the same bytes.

What a source is stays here from the moment it is confidential, its older states included, and so
do the states that it had while it was, once it is open again. The archived copy of a citation
says what its source is; its quotation, wording, place and note are the citation's own and are
shown and exported like those of any other.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from annotations.domain.history import digest_of

#: The title with which a confidential source leaves.
KNOWN_TO_THE_DESK = "Known to the desk"

_PSEUDONYM = re.compile(r"Person [0-9a-f]{8}")
_BLANK: dict[str, Any] = {
    "title": KNOWN_TO_THE_DESK,
    "publisher": "",
    "authors": [],
    "published": "",
    "language": "",
    "note": "",
    "url": "",
}
#: The fields of a confidential source that stay here.
WITHHELD_OF_SOURCES = frozenset(_BLANK)
_BLANK_COPY: dict[str, Any] = {"archive_url": "", "archived_on": None}


def confidential_digest(
    salt: str, source: Mapping[str, Any], details: str | None, readers: Iterable[str]
) -> str:
    """Return one digest over what no event tells of a confidential source.

    That is what is withheld of ``source``, its fields as a fixture has them, who or what it is
    (None where nobody said) and who may read that.
    """
    kept = {name: source[name] for name in WITHHELD_OF_SOURCES}
    return digest_of([salt, "source", kept, details, sorted(readers)])


def pseudonym(person: UUID) -> str:
    """Return the name under which a person leaves: made of the key, which leaves in any case.

    >>> pseudonym(UUID("3f2a91bc-0000-4000-8000-000000000000"))
    'Person 3f2a91bc'
    """
    return f"Person {person.hex[:8]}"


def is_pseudonym(name: str) -> bool:
    return _PSEUDONYM.fullmatch(name) is not None


def known_to_the_desk(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a source as they may leave: of a confidential one what kind it is.

    Kind, level and access stay, and who added it; what it is and who spoke does not.
    """
    fields = dict(source)
    if fields["access"] == "confidential":
        fields.update(_BLANK)
    return fields


def without_copy(citation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a citation of a confidential source without its archived copy."""
    return {**citation, **{name: _BLANK_COPY[name] for name in _BLANK_COPY if name in citation}}


def as_told(table: str, state: Mapping[str, Any], *, confidential: bool) -> dict[str, Any]:
    """Return a row's state as its history may tell it, to anybody.

    ``confidential``: the source is so now, or that of the citation.

    >>> was = {"access": "open", "title": "Ann Lee", "level": "primary"}
    >>> as_told("source", was, confidential=True)["title"]
    'Known to the desk'
    """
    if table == "source" and (confidential or state["access"] == "confidential"):
        hidden = known_to_the_desk({**state, "access": "confidential"})
        return {name: hidden[name] for name in state} | {"access": state["access"]}
    if table == "citation" and confidential:
        return without_copy(state)
    return dict(state)
