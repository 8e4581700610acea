from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.tidying import tidy, to_tidy


class Command(BaseCommand):
    help = (
        "Deletes what is of no use any more: receipts of requests after 90 days, sessions that "
        "ended, imports that nobody finished for 90 days, leases that ran out. The server does "
        "so once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count only, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.tell(to_tidy(), "would go")
            return
        gone = tidy()
        if gone is None:
            raise CommandError("Another process is tidying; nothing is left to do here.")
        self.tell(gone, "gone")

    def tell(self, counts: dict[str, int], what: str) -> None:
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count:,} {what}")
