"""A whole database as one ZIP file, the same whichever database it was.

A member for each table, one row a line as a JSON array of its columns in the order that the
manifest gives; ``manifest.json`` comes last and says of each table how many rows it has and their
SHA-256, and which migrations the database had. Keys are UUIDs with dashes, times ISO 8601 in
UTC, bytes Base64. docs/backup.md describes it for people.

What is written or read is never held: a row at a time, and the manifest.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from annotations.domain.errors import BackupRefused

#: What a manifest calls itself, and the version of what this module writes.
FORMAT, VERSION = "workbench backup", 1
MANIFEST = "manifest.json"

#: Bytes read or written at once.
_CHUNK = 256 * 1024
#: Rows between two calls of ``told``.
STEP = 1_000
#: What a ZIP file begins with.
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Table:
    """What the manifest says of one table."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


#: Hears now and then of which table how many rows are done.
Told = Callable[[str, int], None]


def silent(table: str, rows: int) -> None:
    """Hear nothing."""


def write(
    file: IO[bytes],
    tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    about: Mapping[str, Any],
    told: Told = silent,
) -> list[Table]:
    """Write name, columns and rows of each table, and a manifest that also says ``about``."""
    written = []
    # Little is gained by more: the rows are mostly keys, which nothing makes smaller.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=2) as archive:
        for name, columns, rows in tables:
            with archive.open(f"{name}.jsonl", "w", force_zip64=True) as member:
                count, sha256 = _write_rows(member, name, rows, told)
            written.append(Table(name, tuple(columns), count, sha256))
        manifest = {
            **about,
            "format": FORMAT,
            "version": VERSION,
            "tables": [vars(table) for table in written],
        }
        archive.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return written


def _write_rows(
    member: IO[bytes], name: str, rows: Iterable[Sequence[Any]], told: Told
) -> tuple[int, str]:
    sha256 = hashlib.sha256()
    buffer = bytearray()
    count = 0
    for row in rows:
        # Sorted: PostgreSQL keeps the keys of JSON values in an order of its own.
        buffer += orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        count += 1
        if len(buffer) >= _CHUNK:
            sha256.update(buffer)
            member.write(buffer)
            buffer.clear()
        if count % STEP == 0:
            told(name, count)
    sha256.update(buffer)
    member.write(buffer)
    told(name, count)
    return count, sha256.hexdigest()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _has(value: object, **parts: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(
        name in value and fits(value[name]) for name, fits in parts.items()
    )


def _is_migration(value: object) -> bool:
    return _are_texts(value) and isinstance(value, list) and len(value) == 2


def _is_table(value: object) -> bool:
    return _has(value, name=_is_text, columns=_are_texts, rows=_is_number, sha256=_is_text)


#: What a manifest says, and how each part of it is known.
_PARTS: dict[str, Callable[[Any], bool]] = {
    "made_at": _is_text,
    "migrations": lambda value: isinstance(value, list) and all(map(_is_migration, value)),
    "history": lambda value: _has(
        value, streams=_is_number, events=_is_number, heads_sha256=_is_text
    ),
    "tables": lambda value: isinstance(value, list) and all(map(_is_table, value)),
}


def _misshapen(about: Mapping[str, Any]) -> str:
    """Return the first part of a manifest that is missing or of another shape; "" for none."""
    return next(
        (name for name, fits in _PARTS.items() if name not in about or not fits(about[name])), ""
    )


class Backup:
    """A backup that is read; everything it finds wrong is ``BackupRefused``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                start = file.read(len(_ZIP))
        except OSError as error:
            raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from None
        # In most of its length a damaged one still begins as it should.
        if start != _ZIP:
            raise BackupRefused(f"{path} is no backup of a workbench.", code="backup_unknown")
        with self._reading(MANIFEST) as member:
            manifest = member.read()
            #: What the manifest says besides its tables.
            self.about: dict[str, Any] = orjson.loads(manifest)
            if self.about["format"] != FORMAT:
                raise ValueError(self.about["format"])
            known = self.about["version"] <= VERSION
        #: The digest of the whole: the manifest has the digest of each table.
        self.sha256 = hashlib.sha256(manifest).hexdigest()
        if not known:
            raise BackupRefused(
                f"{path} is written in version {self.about['version']} of the format, and this "
                f"workbench reads up to version {VERSION}. Restore it with the version that made "
                "it, or a later one.",
                code="backup_newer",
            )
        if wrong := _misshapen(self.about):
            raise BackupRefused(
                f"The manifest of {path} has no {wrong} as this program writes it: somebody has "
                "changed it, or another program wrote it. Take another copy.",
                code="backup_manifest",
            )
        self.tables = tuple(
            Table(table["name"], tuple(table["columns"]), table["rows"], table["sha256"])
            for table in self.about["tables"]
        )

    @property
    def made_at(self) -> str:
        return str(self.about["made_at"])

    def table(self, name: str) -> Table:
        """Return the table of a name; refuses a backup without it."""
        for table in self.tables:
            if table.name == name:
                return table
        raise BackupRefused(
            f"{self.path} has no table {name}: it is no whole backup.", code="backup_table"
        )

    def rows(self, table: Table) -> Iterator[list[Any]]:
        """Yield the rows of a table; at its end they are held to number and digest."""
        sha256 = hashlib.sha256()
        count = 0
        with self._reading(f"{table.name}.jsonl") as member:
            for line in io.BufferedReader(member, _CHUNK):
                sha256.update(line)
                row = orjson.loads(line)
                if len(row) != len(table.columns):
                    raise ValueError(line)
                count += 1
                yield row
            if (count, sha256.hexdigest()) != (table.rows, table.sha256):
                raise ValueError(table.name)

    def records(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield the same by the names of the columns."""
        for row in self.rows(table):
            yield dict(zip(table.columns, row, strict=True))

    @contextmanager
    def _reading(self, member: str) -> Iterator[Any]:
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(member) as file:
                yield file
        except Exception as error:
            # Where bytes are missing or others, zipfile raises whatever comes of it.
            raise BackupRefused(
                f"{self.path} is damaged or cut off: {member} cannot be read "
                f"({type(error).__name__}). Take another copy of it.",
                code="backup_damaged",
            ) from error
