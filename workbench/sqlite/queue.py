"""A fair queue before SQLite's one write lock.

Left to itself SQLite lets writers retry at random, and under load some wait for seconds while
others pass them. Here a writer waits its turn: first come, first served within a process, and
turn about between processes, through two file locks beside the database. The operating system
frees those when a process dies, however it dies.

``NAME.lock`` is held by the writer, in whichever process. ``NAME.next`` is held by the one who
is next: a process that has just written cannot overtake it, because it must queue for
``NAME.next`` first.
"""

import fcntl
import os
import threading
import time
from collections import deque
from contextvars import ContextVar
from pathlib import Path

from django.db.utils import OperationalError

#: Seconds a writer waits altogether.
PATIENCE = 30.0
#: When, by the monotonic clock, a request must have its turn: whatever it waits for, for the server
#: (``workbench/asgi.py``), for other writers or for other programs, it waits ``PATIENCE`` in all.
DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
#: Seconds between two looks at a file lock that another process holds: at first, at most.
SOON, LATE = 0.0002, 0.005


class TryAgainLater(OperationalError):
    """Nothing was written; the same request may succeed in a moment."""


class WriteQueueFull(TryAgainLater):
    """As many wait for the write lock as may."""


class WriteQueueTimeout(TryAgainLater):
    """The writer in front did not finish in time."""


class LockRefused(OperationalError):
    """The lock files beside the database cannot be had."""


def patience_left(patience: float = PATIENCE) -> float:
    """Return for how many seconds a writer may go on waiting, 0 where its time is up."""
    deadline = DEADLINE.get()
    return patience if deadline is None else max(0.0, min(patience, deadline - time.monotonic()))


class WriteQueue:
    """The queue of one database file. A thread that holds it must not enter it again."""

    def __init__(self, database: str) -> None:
        self.database = database
        #: How many may wait in this process besides the one who writes; None for any number.
        self.most_waiting: int | None = None
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._files: tuple[int, int] | None = None

    def enter(self, patience: float = PATIENCE) -> None:
        """Return when it is this thread's turn; every return needs one ``leave``.

        Raises ``WriteQueueFull`` at once, or ``WriteQueueTimeout`` after ``patience`` seconds.
        """
        deadline = time.monotonic() + patience_left(patience)
        self._enter_process(deadline, patience)
        try:
            self._enter_machine(deadline, patience)
        except BaseException:
            self._leave_process()
            raise

    def leave(self) -> None:
        try:
            if self._files is not None:
                fcntl.flock(self._files[0], fcntl.LOCK_UN)
        finally:
            self._leave_process()

    def waiting(self) -> int:
        """Return how many threads of this process wait."""
        return len(self._waiting)

    def _enter_process(self, deadline: float, patience: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            if self.most_waiting is not None and len(self._waiting) >= self.most_waiting:
                raise WriteQueueFull(
                    f"{len(self._waiting)} others wait to write already; "
                    "nothing was saved, try again in a second."
                )
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            arrived = turn.acquire(timeout=max(0.0, deadline - time.monotonic()))
        except BaseException:
            # Interrupted from the keyboard: step out, or hand on what has just been handed over.
            self._step_out(turn)
            raise
        if not arrived and self._step_out(turn, hand_on=False):
            raise self._too_late(patience)

    def _step_out(self, turn: threading.Lock, *, hand_on: bool = True) -> bool:
        """Leave the line; False where the turn had come meanwhile."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return True
        if hand_on:
            self._leave_process()
        return False

    def _leave_process(self) -> None:
        with self._guard:
            if self._waiting:
                # Handed on, not set free: a newcomer cannot snatch it.
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _enter_machine(self, deadline: float, patience: float) -> None:
        if self._files is None:
            held = self._open("lock")
            try:
                self._files = (held, self._open("next"))
            except BaseException:
                os.close(held)
                raise
        held, following = self._files
        self._lock(following, deadline, patience)
        try:
            self._lock(held, deadline, patience)
        finally:
            fcntl.flock(following, fcntl.LOCK_UN)

    def _open(self, suffix: str) -> int:
        path = f"{self.database}.{suffix}"
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise LockRefused(
                f'The lock file "{path}" cannot be opened ({error.strerror}); '
                "the folder of the database must be writable."
            ) from error

    def _lock(self, file: int, deadline: float, patience: float) -> None:
        pause = SOON
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._too_late(patience) from None
                time.sleep(pause)
                pause = min(pause * 1.5, LATE)
            else:
                return

    def _too_late(self, patience: float) -> WriteQueueTimeout:
        return WriteQueueTimeout(
            f"Another change to the database did not finish within {patience:g} seconds; "
            "nothing was saved, try again."
        )

    def close_files(self) -> None:
        for file in self._files or ():
            os.close(file)
        self._files = None


_queues: dict[str, WriteQueue] = {}
_queues_guard = threading.Lock()


def queue_for(database: str | Path) -> WriteQueue:
    """Return this process's queue for a database file, the same for every name of it."""
    real = os.path.realpath(database)
    with _queues_guard:
        return _queues.setdefault(real, WriteQueue(real))


def _begin_anew_in_a_fork() -> None:
    # A child shares its parent's file locks and has none of its threads.
    global _queues_guard
    _queues_guard = threading.Lock()
    for queue in _queues.values():
        queue.close_files()
    _queues.clear()


os.register_at_fork(after_in_child=_begin_anew_in_a_fork)
