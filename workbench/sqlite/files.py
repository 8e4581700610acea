"""The files of an SQLite database, and whether they are still those that were opened.

A path is not a file: somebody may move another file to it while connections go on writing to the
one before, which nobody finds again. So a connection remembers which files it opened (device and
inode of the database, its write-ahead log and the log's index), looks again before and after each
commit and, for reads, at most ``LOOK`` seconds after its last look. Every look is three ``stat``.

A process that serves calls ``hold`` once: from then on no connection is opened to any other file,
so that a log which belongs to the file before is not replayed into the one after.
"""

import json
import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.utils import OperationalError

SUFFIXES = ("", "-wal", "-shm")
#: Seconds that a reader trusts its last look.
LOOK = 0.2
#: Seconds that the check of a file may take at a start, and where a log was left behind.
BRIEF, THOROUGH = 2.0, 10.0
#: Steps of SQLite's machine between two looks at the clock.
_STEPS = 10_000

#: Device and inode, or None where there was no such file.
Identity = tuple[int, int] | None


class FileSwapped(OperationalError):
    """The file at the path is not the one that was opened."""


class Unsound(Exception):
    """A file cannot be served as it is; the message says why, and what to do."""


def identity(path: str) -> Identity:
    try:
        # No Path is made of it: this runs several times a save.
        about = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return about.st_dev, about.st_ino


@dataclass
class Files:
    """The files that a connection opened."""

    name: str
    seen: tuple[Identity, ...]
    looked: float

    @classmethod
    def of(cls, name: str) -> "Files":
        return cls(name, tuple(identity(name + suffix) for suffix in SUFFIXES), time.monotonic())

    def check(self) -> None:
        """Raise ``FileSwapped`` where one of the files is another now, or gone."""
        now = tuple([identity(self.name + suffix) for suffix in SUFFIXES])
        if now != self.seen:
            for suffix, before, one in zip(SUFFIXES, self.seen, now, strict=True):
                if before is not None and one != before:
                    raise FileSwapped(f"{self.name}{suffix} is not the file that was opened.")
            # The log of a new database is made with the first change.
            self.seen = now
        self.looked = time.monotonic()

    def check_now_and_then(self) -> None:
        if time.monotonic() - self.looked > LOOK:
            self.check()


class Hold:
    """Binds a process to the database file that it began with, for as long as it lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = identity(name)
        self._files: Files | None = None
        #: A connection that is never used: while it is open the log stays the same file.
        self._anchor: sqlite3.Connection | None = None

    def check(self) -> None:
        """Raise ``FileSwapped`` unless a connection that is opened now opens the right files."""
        if self.began is not None and identity(self.name) != self.began:
            raise FileSwapped(f"{self.name} is not the file that this process began with.")
        if self._files is not None:
            self._files.check()

    def anchor(self) -> None:
        """Keep the log where it is; where the folder is read-only there is none to keep."""
        if self._anchor is None:
            with suppress(sqlite3.Error):
                made = connect(self.name, "rw")
                self.began = self.began or identity(self.name)
                made.execute("SELECT count(*) FROM sqlite_master").fetchone()
                self._anchor, self._files = made, Files.of(self.name)
                _note(self.name, self._files)

    def close(self) -> None:
        """Put the log back into the database, so that a stopped desk is one file."""
        if self._anchor is not None:
            with suppress(sqlite3.Error):
                self._anchor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._anchor.close()
        self._anchor = self._files = None


_holds: dict[str, Hold] = {}


def hold(name: str) -> Hold:
    """Let this process open no other file than the one that is at ``name`` now."""
    held = _holds.get(name)
    if held is None:
        held = _holds[name] = Hold(name)
        held.anchor()
    return held


def let_go(name: str) -> None:
    held = _holds.pop(name, None)
    if held is not None:
        held.close()


def let_go_of_all() -> None:
    for name in list(_holds):
        let_go(name)


def check_before_opening(name: str) -> None:
    held = _holds.get(name)
    if held is not None:
        held.check()


def note_opened(name: str) -> None:
    held = _holds.get(name)
    if held is not None:
        held.anchor()


def connect(name: str, mode: str, **options: Any) -> sqlite3.Connection:
    """Open a database that must be there already: SQLite would make one."""
    return sqlite3.connect(
        f"file:{quote(name)}?mode={mode}",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        **options,
    )


# Whether a log belongs to the database beside it


def _note_of(name: str) -> Path:
    return Path(f"{name}.serve")


def _note(name: str, files: Files) -> None:
    """Write down which log belongs to which database, for the start after a crash."""
    with suppress(OSError):
        inodes = [one and one[1] for one in files.seen]
        _note_of(name).write_text(json.dumps({"database": inodes[0], "log": inodes[1]}) + "\n")


def _is_of_another(name: str) -> bool:
    """Say whether the log at ``name`` was that of a database that is not here any more."""
    database, log = identity(name), identity(f"{name}-wal")
    try:
        noted = json.loads(_note_of(name).read_text())
        of_database, of_log = noted["database"], noted["log"]
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return (
        database is not None
        and log is not None
        and log[1] == of_log
        and database[1] != of_database
        and _left_behind(name)
    )


# What a file must be to be served


def refuse_unsound(name: str) -> None:
    """Raise ``Unsound`` where the database at ``name`` is damaged, or no desk, or not whole.

    Changes nothing in it: a connection that only reads puts no log back into the database. What is
    not there yet, and what is empty, is sound. Where the check takes longer than it may, the first
    page of every table and index must do.
    """
    left = _left_behind(name)
    if identity(name) is None:
        if left:
            raise Unsound(
                f"{name} is not there, but its write-ahead log is ({name}-wal). Put the database "
                "file back beside it, or move the log away to begin without it."
            )
        return
    if left and _is_of_another(name):
        raise Unsound(
            f"{name} was replaced while a server had it open: {name}-wal belongs to the file "
            f"before it and would damage this one. Move {name}-wal and {name}-shm away (together "
            "with the file before, if you have it), then start again."
        )
    try:
        with closing(connect(name, "ro", timeout=5)) as connection:
            found = _faults(connection, THOROUGH if left else BRIEF)
    except sqlite3.DatabaseError as error:
        found = _words(error)
    if not found:
        return
    if left:
        raise Unsound(
            f"{name} cannot be served together with the write-ahead log beside it: {found}. If the "
            f"file was put there while a server had another one open, move {name}-wal and "
            f"{name}-shm away and start again; otherwise restore a backup (docs/backup.md)."
        )
    raise Unsound(f"{name} cannot be served: {found}. Restore a backup (docs/backup.md).")


def _left_behind(name: str) -> bool:
    with suppress(OSError):
        return Path(f"{name}-wal").stat().st_size > 0
    return False


def _words(error: sqlite3.DatabaseError) -> str:
    """Return what is wrong with the file; empty where it is only not to be had just now."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN):
        return ""
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        # A log that cannot be read without writing, in a folder that is read-only: what is asked
        # of the database later is answered in words.
        return ""
    return "it is not an SQLite database" if code == sqlite3.SQLITE_NOTADB else str(error)


def _faults(connection: sqlite3.Connection, seconds: float) -> str:
    """Return the first thing that is wrong with a database, or an empty string."""
    rows = connection.execute("SELECT type, name FROM sqlite_master WHERE rootpage > 0").fetchall()
    tables = [name for kind, name in rows if kind == "table"]
    if tables and "django_migrations" not in tables:
        return "it is the SQLite database of another program"
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return (
            "" if said == "ok" else " ".join(said.replace("*** in database main ***", "").split())
        )
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
    finally:
        connection.set_progress_handler(None, 0)
    for table in tables:
        quoted = table.replace('"', '""')
        connection.execute(f'SELECT * FROM "{quoted}" LIMIT 1').fetchone()  # noqa: S608
    return ""
