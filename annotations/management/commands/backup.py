import errno
import fcntl
import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from annotations.domain.errors import Refused
from annotations.formats.backup import Backup, write
from annotations.queries.backup import about, backup_tables, check
from annotations.queries.snapshot import snapshot


class Command(BaseCommand):
    help = (
        "Writes the whole database to one file, while others go on working: every project with "
        "its history, accounts with the hashes of their passwords, members, tokens, and what "
        "confidential sources are. Only its owner can read the file; keep it as you keep the "
        "database. docs/backup.md says more."
    )

    # Whatever is wrong with the pages, what is stored can be saved.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--overwrite", action="store_true", help="replace FILE where it is")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            raise CommandError("Give the backup a file name.")
        target = Path(options["file"])
        if target.is_dir():
            raise CommandError(f"{target} is a folder; give the backup a file name.")
        if target.exists() and not options["overwrite"]:
            raise CommandError(f"{target} is there already; --overwrite replaces a file.")
        try:
            with ending_in_order(), unfinished(target) as (file, path):
                with snapshot(), closing(backup_tables()) as rows:
                    manifest = about()
                    tables = write(file, rows, manifest, Progress(self.stderr, "Writing"))
                file.flush()
                os.fsync(file.fileno())
                found = check(Backup(path), Progress(self.stderr, "Reading back"))
                if target.exists() and not options["overwrite"]:
                    raise CommandError(f"{target} has come meanwhile, and is left as it is.")
                path.replace(target)
                flush_folder(target.parent)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from None
        Progress(self.stderr, "").end()
        count = sum(table.rows for table in tables)
        self.stderr.write(
            f"{count:,} rows of {len(tables)} tables in {target.stat().st_size:,} bytes, "
            f"written and read back. SHA-256 of the backup: {Backup(target).sha256}"
        )
        if found:
            raise CommandError(
                f"{target} has what the database holds, but {len(found)} of its histories do not "
                f"hold: {found[0]} manage.py verify says more."
            )


class Progress:
    """Says on a terminal how far it is, on one line."""

    def __init__(self, out: Any, what: str) -> None:
        self.out = out
        self.what = what

    def __call__(self, table: str, rows: int) -> None:
        self.say(f"{self.what} {table}: {rows:,}")

    def end(self) -> None:
        self.say("")

    def say(self, words: str) -> None:
        if self.out.isatty():
            # Erases the line to its end: the one before may have been longer.
            self.out.write(f"\r{words}\x1b[K\r", ending="")


@contextmanager
def unfinished(target: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a file beside ``target`` that its owner alone can read; on an error it is gone again.

    Of one that was killed, the next for the same target takes the remains.
    """
    path = target.with_name(f".{target.name}.unfinished")
    taken = CommandError(f"Another backup is being written to {target}.")
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "w+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        except OSError as error:
            # Some network shares have no locks.
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
                raise
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(file.fileno())):
            # Finished, and renamed, between the two lines: this is somebody's backup.
            raise taken
        os.fchmod(file.fileno(), 0o600)
        file.truncate(0)
        try:
            yield file, path
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def flush_folder(folder: Path) -> None:
    """Make a rename outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """End through every ``finally`` where the system asks for an end."""

    def end(number: int, _: Any) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
