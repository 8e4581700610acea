"""How far a page has read: which events its reader's state already holds.

A cursor counts events of streams that the reader may read and of no others, so that it says
nothing of work that is not for him.
"""

from typing import NamedTuple

from annotations.domain.errors import Refused

#: Digits of a count that are read; what is longer is none.
_DIGITS = 12


class Cursor(NamedTuple):
    """Counts of events: of the project's stream, the article's, and its readable layers' in sum.

    It is spelled ``12.40.3``.
    """

    project: int = 0
    article: int = 0
    layers: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @property
    def total(self) -> int:
        """How many events that are; it only rises."""
        return sum(self)

    def behind(self, other: "Cursor") -> int:
        """Return how many events it lacks of ``other``; -1 where it has some that ``other`` lacks.

        That happens when a database was put back to an earlier state.
        """
        missing = [there - here for here, there in zip(self, other, strict=True)]
        return -1 if min(missing) < 0 else sum(missing)


def parse_cursor(text: str) -> Cursor:
    """Read what ``str`` of a cursor wrote. Raises ``Refused`` for anything else.

    >>> parse_cursor("12.40.3").total
    55
    """
    parts = text.split(".")
    if len(parts) == len(Cursor._fields) and all(
        part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in parts
    ):
        return Cursor(*map(int, parts))
    raise Refused(f"“{text[:40]}” is no cursor; one is three counts, as in 12.40.3.", code="cursor")
