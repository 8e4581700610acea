"""What a large page or import took goes back to the system once it is no longer needed.

Two things keep it otherwise. A page of an article leaves megabytes in cycles, which Python's
collector looks for only once as many objects are new as a quarter of all that live; and the C
library keeps what is freed for the thread that had it.
"""

import ctypes
import gc
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: Seconds between two looks at what the process holds.
PAUSE = 10.0
#: Bytes above what it held at the start that are worth a search, and by which more make the next
#: one due at once; what a search must find, or the next may rest longer; and how many looks it
#: rests at most.
GROWTH, WORTH, REST = 32 * 1024 * 1024, 8 * 1024 * 1024, 30

_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Return the bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = _STATM.read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    gc.collect()
    # glibc has it; other C libraries give back by themselves, or know of no such thing.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


class Keeper:
    """Gives memory back while there is some: a search costs 20 to 50 ms, in which nobody is served.

    A search in the midst of an import finds little, so there is always another, but one that found
    little doubles the looks until the next.
    """

    def __init__(
        self,
        measure: Callable[[], int] = resident,
        give_back: Callable[[], None] = give_back,
    ) -> None:
        self.measure = measure
        self.give_back = give_back
        self.least = self.held = measure()
        self.rest, self.waited = 1, 0

    def look(self) -> None:
        now = self.measure()
        self.waited += 1
        if now <= self.least + GROWTH:
            return
        if now > self.held + GROWTH:
            # What it grew by is in use perhaps, and soon no longer.
            self.rest = 1
        if self.waited < self.rest:
            return
        self.give_back()
        self.held = self.measure()
        self.waited = 0
        self.rest = 1 if now - self.held >= WORTH else min(2 * self.rest, REST)


def watch() -> threading.Event:
    """Look every ``PAUSE`` seconds, until the event returned is set or the process ends."""
    keeper, ends = Keeper(), threading.Event()

    def run() -> None:
        while not ends.wait(PAUSE):
            keeper.look()

    threading.Thread(target=run, name="memory", daemon=True).start()
    return ends
