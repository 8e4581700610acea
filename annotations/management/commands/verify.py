from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.domain.errors import Refused
from annotations.queries.dataset import project_by_slug
from annotations.queries.snapshot import snapshot
from annotations.queries.verification import verify


class Command(BaseCommand):
    help = (
        "Checks histories, texts, quotes, sign-offs, guards and search; fails where any is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="only this project")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["project"]
        found = 0
        try:
            with snapshot():
                for finding in verify(project_by_slug(slug) if slug else None):
                    found += 1
                    self.stdout.write(str(finding))
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        if found:
            raise CommandError(
                f"{found} found that does not fit." if found == 1 else f"{found} things do not fit."
            )
        self.stdout.write("Everything fits.")
