"""One server for one SQLite file: sessions, presence and live updates are of one process.

``NAME.serve`` is locked by the server for its life. The operating system frees the lock when the
process dies, however it dies; management commands do not ask for it.
"""

import fcntl
import os

from workbench.sqlite.queue import LockRefused


class Claimed(Exception):
    """Another server has the database; the message says which database."""


class Claim:
    def __init__(self, database: str) -> None:
        self.database = database
        self._file: int | None = None

    def take(self) -> None:
        """Raise ``Claimed`` where another server has it, ``LockRefused`` where no file can be."""
        if self._file is not None:
            return
        path = f"{self.database}.serve"
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise LockRefused(
                f'The lock file "{path}" cannot be opened ({error.strerror}); '
                "the folder of the database must be writable."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise Claimed(
                f"Another server already serves {self.database}. Stop it first; PostgreSQL is for "
                "a desk that several servers serve (docs/settings.md)."
            ) from None
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


_claims: dict[str, Claim] = {}


def claim(database: str) -> Claim:
    """Return this process's claim to a database file, taken or not."""
    real = os.path.realpath(database)
    return _claims.setdefault(real, Claim(real))


def check_claim(database: str) -> None:
    """Take, before a write, what a server could not take when it started in a read-only folder."""
    if _claims:
        waiting = _claims.get(os.path.realpath(database))
        if waiting is not None and waiting._file is None:
            try:
                waiting.take()
            except Claimed as error:
                raise LockRefused(str(error)) from None


def _let_go_in_a_fork() -> None:
    # The lock is the parent's; a child that outlives it must not keep it.
    for one in _claims.values():
        one.let_go()
    _claims.clear()


os.register_at_fork(after_in_child=_let_go_in_a_fork)
