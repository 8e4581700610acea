"""What is said in place of what does not leave: names of people, confidential sources, text.

Each form depends on the row alone, so a copy that was loaded is exported with the same bytes.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

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
