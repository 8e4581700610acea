from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.domain.errors import Refused
from annotations.queries.dataset import project_by_slug
from annotations.queries.finding import Finding
from annotations.queries.heads import head_lines, lost_heads
from annotations.queries.snapshot import snapshot
from annotations.queries.verification import not_compared, verify


class Command(BaseCommand):
    help = (
        "Checks histories, texts, quotes, sign-offs, links, guards and search, a finding a line; "
        "fails where any is wrong. A history that somebody wrote anew from its beginning fits in "
        "itself: keep what --print-heads prints on another machine, and compare with --heads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="only this project")
        heads = parser.add_mutually_exclusive_group()
        heads.add_argument(
            "--print-heads",
            action="store_true",
            help="check nothing; print UUID, length and last hash of every history, a line each",
        )
        heads.add_argument(
            "--heads",
            metavar="FILE",
            type=Path,
            help="check also that every history of FILE, printed by --print-heads, is here and as "
            "it was, be it longer by now",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["project"]
        kept = self.kept(options["heads"]) if options["heads"] else []
        found = 0
        try:
            with snapshot():
                project = project_by_slug(slug) if slug else None
                if options["print_heads"]:
                    for line in head_lines(project):
                        self.stdout.write(line)
                    return
                for finding in self.findings(project, kept):
                    found += 1
                    self.stdout.write(str(finding))
                for sentence in not_compared(project):
                    self.stdout.write(sentence)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        if found:
            raise CommandError(
                f"{found} found that does not fit." if found == 1 else f"{found} things do not fit."
            )
        self.stdout.write("Everything fits.")

    def findings(self, project: Any, kept: list[str]) -> Iterator[Finding]:
        yield from lost_heads(kept, project)
        yield from verify(project)

    def kept(self, file: Path) -> list[str]:
        try:
            lines = file.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise CommandError(f"{file} cannot be read: {why}.") from None
        if not any(line.strip() for line in lines):
            raise CommandError(f"{file} names no history; it was not printed by --print-heads.")
        return lines
