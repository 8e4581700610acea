import errno
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.operational import note_export
from annotations.domain.errors import Refused
from annotations.formats.registry import EXPORTERS, exporter
from annotations.formats.tally import Tally
from annotations.queries.dataset import ProjectDataset, project_by_slug
from annotations.queries.exports import head_of
from annotations.queries.snapshot import snapshot

#: Bytes between two signs of life.
STEP = 1024 * 1024


class Command(BaseCommand):
    help = "Writes a project's articles, spans and evidence to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--format", required=True, help=", ".join(sorted(EXPORTERS)))
        parser.add_argument("--output", required=True, metavar="FILE", help="- for the terminal")
        parser.add_argument(
            "--signed-off", action="store_true", help="only articles that are signed off"
        )
        parser.add_argument(
            "--older-versions",
            action="store_true",
            help="also versions of which there is a newer one",
        )
        parser.add_argument(
            "--people",
            choices=("pseudonyms", "names"),
            default="pseudonyms",
            help="how people leave (%(default)s)",
        )
        parser.add_argument(
            "--standoff",
            action="store_true",
            help="articles that may not be redistributed leave without their text",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen = exporter(options["format"])
            with snapshot():
                dataset = ProjectDataset(
                    project_by_slug(options["project"]),
                    people=options["people"],
                    signed_off=options["signed_off"],
                    standoff=options["standoff"],
                    older_versions=options["older_versions"],
                )
                self.say_what_leaves(dataset)
                chunks = chosen.write(dataset)
                file, head = Tally(chunks), head_of(dataset.project)
                try:
                    size = self.write(file, options["output"])
                finally:
                    # Broken off it would end after the connection, with a traceback of its own.
                    getattr(chunks, "close", lambda: None)()
                articles = len(dataset.matching)
            names = ("people", "signed_off", "standoff", "older_versions")
            note_export(
                dataset.project,
                by=None,
                format=chosen.name,
                selection={name: options[name] for name in names},
                articles=articles,
                file_name=options["output"],
                size=size,
                sha256=file.sha256,
                head=head,
                sources=dataset.named,
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stderr.write(f"{size:,} bytes written.")

    def say_what_leaves(self, dataset: ProjectDataset) -> None:
        articles, spans = dataset.counts()
        self.stderr.write(
            f"{articles:,} article{'' if articles == 1 else 's'}"
            f" with {spans:,} span{'' if spans == 1 else 's'}"
            f" match{'es' if articles == 1 else ''}."
        )
        if dataset.why_not:
            self.stderr.write(f"Of the others, {', '.join(dataset.why_not)}.")
        if dataset.along:
            self.stderr.write(
                f"{dataset.along:,} more leave in a fixture, because these refer to them."
            )
        kept = len(dataset.not_redistributable.intersection(dataset.matching))
        if kept:
            how = "without" if dataset.standoff else "with"
            hint = "" if dataset.standoff else "; --standoff leaves it out"
            who = "it leaves" if kept == 1 else "they leave"
            whose = "its" if kept == 1 else "their"
            self.stderr.write(f"{kept:,} may not be redistributed; {who} {how} {whose} text{hint}.")

    def write(self, chunks: Iterable[bytes], output: str) -> int:
        if output == "-":
            return self.copy(chunks, sys.stdout.buffer)
        target = Path(output)
        if target.is_dir():
            raise CommandError(f"{output} cannot be written: {os.strerror(errno.EISDIR)}.")
        try:
            return self.write_file(chunks, target)
        except OSError as error:
            if error.errno is None:
                raise
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None

    def write_file(self, chunks: Iterable[bytes], target: Path) -> int:
        # Beside its place, so that the renaming is one step and nothing half-written is seen.
        file = tempfile.NamedTemporaryFile(  # noqa: SIM115
            dir=target.parent, prefix=f".{target.name}.", delete=False
        )
        try:
            with file:
                size = self.copy(chunks, file)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(file.name).chmod(0o666 & ~umask)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
        return size

    def copy(self, chunks: Iterable[bytes], file: IO[bytes]) -> int:
        size = shown = 0
        for chunk in chunks:
            file.write(chunk)
            size += len(chunk)
            if size - shown >= STEP and self.stderr.isatty():
                shown = size
                self.stderr.write(f"\r{size // STEP:,} MB", ending="")
        if shown:
            self.stderr.write("\r", ending="")
        return size
