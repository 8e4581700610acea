import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.articles import import_article
from annotations.domain.drafts import preview, repeats, tidy_name, undecided_date
from annotations.domain.errors import AlreadyThere, ImportRefused, Refused
from annotations.domain.records import ArticleDraft
from annotations.formats.contract import MAX_FILE_BYTES
from annotations.formats.reading import Reader, ReaderDied, broke_off
from annotations.formats.registry import IMPORTERS
from annotations.queries.dataset import manager_of, project_by_slug

#: How wide the bar is, in characters.
BAR = 30


class Command(BaseCommand):
    help = "Imports articles from files: " + ", ".join(
        f"{each.title} ({' '.join(each.suffixes)})" for each in IMPORTERS.values()
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument(
            "--by", metavar="USERNAME", help="the manager who imports (the project’s first)"
        )
        parser.add_argument("--licence", default="", help="where a file names none")
        parser.add_argument(
            "--redistributable", action="store_true", help="the texts may be passed on"
        )
        parser.add_argument(
            "--preview",
            action="store_true",
            help="store nothing; print what was read, one JSON object a line",
        )
        parser.add_argument(
            "--no-versions",
            action="store_true",
            help="refuse a changed text at a known address instead of storing its next version",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.project = project_by_slug(options["project"])
            self.by = None if options["preview"] else manager_of(self.project, options["by"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.options = options
        self.bar = self.stderr.isatty()
        files = options["files"]
        refused = done = 0
        reader = Reader()
        try:
            for number, name in enumerate(files):
                self.draw(number, len(files), tidy_name(name))
                for found in read_file(Path(name), reader):
                    self.draw(number, len(files), found.name)
                    refused += not self.take(found)
                    done += 1
        finally:
            reader.end()
        self.clear()
        if refused:
            raise CommandError(f"{refused:,} of {done:,} refused.")

    def take(self, found: ArticleDraft | ImportRefused) -> bool:
        """Store or print one article; say whether it is here now, or was fit to be printed."""
        try:
            if isinstance(found, ImportRefused):
                raise found
            found = replace(found, licence=found.licence or self.options["licence"])
            if self.options["preview"]:
                self.say(json.dumps(preview(found), ensure_ascii=False))
            else:
                self.store(found)
        except AlreadyThere as refusal:
            place = f"/p/{self.project.slug}/a/{refusal.details['article']}/"
            self.say(f"{found.name}: known: {refusal.message} {place}")
            return refusal.code == "text_known"
        except ImportRefused as refusal:
            self.say(refusal.message, to_stderr=self.options["preview"])
            return False
        except Refused as refusal:
            self.say(f"{found.name}: {refusal.message}", to_stderr=self.options["preview"])
            return False
        return True

    def store(self, draft: ArticleDraft) -> None:
        article = import_article(
            self.project,
            draft,
            by=self.by,
            as_version=not self.options["no_versions"],
            redistributable=self.options["redistributable"] or None,
        )
        blocks, again = len(draft.blocks), repeats(draft)
        counts = f"{blocks:,} block{'' if blocks == 1 else 's'}"
        if again:
            counts += f", {again:,} of them {'a repeat' if again == 1 else 'repeats'}"
        how = "new version" if article.previous_id else "stored"
        place = f"/p/{self.project.slug}/a/{article.pk}/"
        self.say(f"{draft.name}: {how}: “{article.title}”, {counts}. {place}")
        undecided = undecided_date(article.published, article.changes)
        if undecided:
            self.say(f"{draft.name}: published on {undecided} Choose one at {place}details/")

    def draw(self, number: int, total: int, name: str) -> None:
        if self.bar:
            full = BAR * number // total
            line = f"[{'#' * full}{'.' * (BAR - full)}] {number} of {total} files, {name[:40]}"
            self.stderr.write(f"\r\x1b[K{line}", str, ending="")
            self.stderr.flush()

    def clear(self) -> None:
        if self.bar:
            self.stderr.write("\r\x1b[K", str, ending="")
            self.stderr.flush()

    def say(self, line: str, *, to_stderr: bool = False) -> None:
        self.clear()
        (self.stderr if to_stderr else self.stdout).write(line, str)


def read_file(path: Path, reader: Reader) -> Iterator[ArticleDraft | ImportRefused]:
    """Yield what the importer of a file makes of it; a file that cannot be opened is refused."""
    name = tidy_name(str(path))
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            yield ImportRefused(
                f"this has {path.stat().st_size:,} bytes, and a file may have {MAX_FILE_BYTES:,}.",
                name=name,
                code="too_large",
            )
            return
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        yield ImportRefused(f"it cannot be read ({reason}).", name=name, code="unreadable")
        return
    try:
        yield from reader.read_whole(data, name=name)
    except ReaderDied:
        yield broke_off(name)
