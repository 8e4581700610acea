"""The hash chain of a stream: what is hashed, in which order, and nothing else.

A payload is canonical JSON text: keys sorted, no blanks, UTF-8, no floats. Its digest and the
event's other columns are joined by line feeds and hashed with the hash before; UUIDs are 32
lower-case hex digits there, times whole milliseconds since 1970 in UTC. A payload may later be
erased; the chain over its digest still holds.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

#: What stands before the first event of a stream.
GENESIS = ""


def canonical_json(value: Any) -> str:
    """Return ``value`` as JSON with one spelling, so that equal values hash alike.

    Raises ``TypeError`` for floats, whose spelling differs between programs, and for anything
    JSON has no form for.

    >>> canonical_json({"b": 1, "a": "é"})
    '{"a":"é","b":1}'
    """
    _refuse_floats(value)
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"A payload holds no floats: {value!r}.")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def digest(text: str) -> str:
    """Return the SHA-256 of ``text`` in UTF-8, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of ``value``."""
    return digest(canonical_json(value))


def account_digest(salt: str, account: int) -> str:
    """Return what the access stream says of an account: nobody without the salt can guess it."""
    return digest_of([salt, "account", account])


@dataclass(frozen=True, slots=True)
class Link:
    """The hashed columns of one event; ``time`` in milliseconds since 1970."""

    stream: UUID
    sequence: int
    operation: UUID
    actor: UUID
    kind: str
    time: int
    payload_sha256: str

    def hash(self, previous: str) -> str:
        """Return the hash of this event after one whose hash is ``previous``.

        The database's guard computes the same text (``models/guards.py``): change both or none.
        """
        return digest(
            "\n".join(
                (
                    previous,
                    self.stream.hex,
                    str(self.sequence),
                    self.operation.hex,
                    self.actor.hex,
                    self.kind,
                    str(self.time),
                    self.payload_sha256,
                )
            )
        )
