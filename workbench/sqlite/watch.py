"""Noticing that another connection, of any process, has written to an SQLite database."""

from workbench.sqlite import files


class Watch:
    """A connection that reads nothing but ``PRAGMA data_version``.

    The number changes when another connection commits. One thread at a time may use it.
    """

    def __init__(self, name: str) -> None:
        files.check_before_opening(name)
        self._connection = files.connect(name, "ro")
        self._version = self._read()
        self._files = files.Files.of(name)

    def _read(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def moved(self) -> bool:
        """Say whether anything was committed since the last time this was asked.

        Raises ``FileSwapped`` where the file is another now.
        """
        self._files.check()
        before, self._version = self._version, self._read()
        return before != self._version

    def close(self) -> None:
        self._connection.close()
