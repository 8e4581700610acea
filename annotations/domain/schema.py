"""Fields that came after the first release, and how older histories are read.

A payload, a fixture or a backup written before a field was there does not name it. Whoever
compares such a state with a row fills in ``absent`` first, and a digest of a row leaves a field
out while it equals ``absent``: so a history stays as it was written, and nothing that was signed
lapses because a column was added (DESIGN 3, "Fields come later"). No migration appends an event
or changes a payload.

To add a field to an exported table: give the model's column a default, and name the field here
with the next version and that default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Later:
    """A field added after the first release."""

    #: The first version of payloads (their ``v``) that name the field.
    since: int
    #: What a row holds where nothing names the field, as payloads spell it: the column's default.
    absent: Any


#: By table, as payloads name it, and by field.
LATER: dict[str, dict[str, Later]] = {
    "decision": {
        "carried_from": Later(since=3, absent=None),
        "declined_at": Later(since=4, absent=None),
        "answered_by": Later(since=4, absent=None),
        "answer": Later(since=4, absent=""),
    },
    "signoff": {"scheme": Later(since=2, absent=1)},
}

#: The version of the payload's shape, in each payload as ``v``.
PAYLOAD_VERSION = max(field.since for fields in LATER.values() for field in fields.values())


def read_payload(text: str) -> dict[str, Any]:
    """Return a payload with every row of its ``changes`` as today's payloads would have it."""
    content: dict[str, Any] = json.loads(text)
    version = content["v"]
    if version < PAYLOAD_VERSION:
        for change in content["changes"]:
            for state in (change["before"], change["after"]):
                if state is not None:
                    complete(change["table"], state, version)
    return content


def complete(table: str, state: dict[str, Any], version: int) -> None:
    """Fill in the fields of a row that payloads of ``version`` do not name.

    >>> state = {"signer": "ada"}
    >>> complete("signoff", state, 1)
    >>> state
    {'signer': 'ada', 'scheme': 1}
    """
    for name, field in LATER.get(table, {}).items():
        if field.since > version:
            state.setdefault(name, field.absent)


def without_absent(table: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a digest of a row is made of: a later field only where it says something.

    >>> without_absent("signoff", {"signer": "ada", "scheme": 1})
    {'signer': 'ada'}
    """
    later = LATER.get(table, {})
    return {
        name: value
        for name, value in state.items()
        if name not in later or value != later[name].absent
    }
