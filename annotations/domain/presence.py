"""Who is here: the open pages of each article, and softly where their readers are.

A page says so every few seconds; one that falls silent is taken for closed. Nothing of this is
stored or exported. Times are milliseconds of a clock that only rises.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

#: How long a page that says nothing counts as open; it speaks every 10 seconds.
LASTS = 25_000
#: Pages of one article that are kept, and of one person among them: a page that reloads in a loop
#: fills no memory.
MOST, MOST_OF_ONE = 200, 20


@dataclass(frozen=True)
class Place:
    """A page, who reads it, the block in view and the span whose form is open."""

    tab: UUID
    person: UUID
    name: str
    block: int | None = None
    span: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "tab": str(self.tab),
            "person": str(self.person),
            "name": self.name,
            "block": self.block,
            "span": None if self.span is None else str(self.span),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Place":
        span = values["span"]
        return cls(
            tab=UUID(values["tab"]),
            person=UUID(values["person"]),
            name=values["name"],
            block=values["block"],
            span=None if span is None else UUID(span),
        )


class Presence:
    """The places of every article's open pages. Threads may share it."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[UUID, dict[UUID, tuple[Place, int]]] = {}
        self._swept = clock()

    def put(self, article: UUID, place: Place) -> None:
        """Note a page; the oldest make room where there are too many."""
        with self._lock:
            self._sweep()
            pages = self._seen.setdefault(article, {})
            pages.pop(place.tab, None)
            pages[place.tab] = (place, self._clock())
            own = [tab for tab, (one, _) in pages.items() if one.person == place.person]
            for tab in own[:-MOST_OF_ONE] or list(pages)[:-MOST]:
                del pages[tab]

    def leave(self, article: UUID, tab: UUID, person: UUID) -> None:
        """Note that a page was closed; only whoever read it can say so."""
        with self._lock:
            pages = self._seen.get(article, {})
            if tab in pages and pages[tab][0].person == person:
                del pages[tab]

    def of(self, article: UUID) -> list[Place]:
        """Return the open pages of an article, by name."""
        oldest = self._clock() - LASTS
        with self._lock:
            pages = [place for place, at in self._seen.get(article, {}).values() if at > oldest]
        return sorted(pages, key=lambda place: (place.name, place.tab))

    def _sweep(self) -> None:
        """Forget the pages that fell silent, now and then."""
        now = self._clock()
        if now - self._swept < LASTS:
            return
        self._swept = now
        for article, pages in list(self._seen.items()):
            kept = {tab: (place, at) for tab, (place, at) in pages.items() if at > now - LASTS}
            if kept:
                self._seen[article] = kept
            else:
                del self._seen[article]

    def __len__(self) -> int:
        """Return how many pages are kept, the silent ones too."""
        with self._lock:
            return sum(map(len, self._seen.values()))
