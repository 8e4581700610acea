"""Noticing that another connection, of any process, has written to an SQLite database."""

import sqlite3
from urllib.parse import quote


class Watch:
    """A connection that reads nothing but ``PRAGMA data_version``.

    The number changes when another connection commits. One thread at a time may use it.
    """

    def __init__(self, name: str) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(name)}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._version = self._read()

    def _read(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def moved(self) -> bool:
        """Say whether anything was committed since the last time this was asked."""
        before, self._version = self._version, self._read()
        return before != self._version

    def close(self) -> None:
        self._connection.close()
