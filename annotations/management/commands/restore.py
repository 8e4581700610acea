from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotations.actions.restoring import restore_backup
from annotations.domain.errors import Refused
from annotations.formats.backup import Backup
from annotations.management.commands.backup import Progress, ending_in_order
from annotations.queries.backup import check, refuse_unless_empty, to_migrate, who_rules
from annotations.queries.verification import verify


class Command(BaseCommand):
    help = (
        "Fills an empty database from a file that manage.py backup wrote, on SQLite or "
        "PostgreSQL, whichever the file came from, and verifies it. Makes the tables where there "
        "are none. Everybody logs in anew afterwards, with the passwords of the backup."
    )

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--with-faults",
            action="store_true",
            help="restore also what does not fit, of a database that was damaged when the backup "
            "was made; says what that is",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults: bool = options["with_faults"]
        try:
            backup = Backup(options["file"])
            refuse_unless_empty()
            last = to_migrate(backup)
            broken = check(backup, Progress(self.stderr, "Reading"))
            if broken and not faults:
                raise CommandError(
                    f"{broken[0]} So it was in the database, or somebody has changed the file. "
                    "Nothing was restored; --with-faults restores it nevertheless."
                )
            with ending_in_order():
                found = self.restore(backup, last, faults=faults)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        Progress(self.stderr, "").end()
        for finding in found:
            self.stdout.write(finding)
        rows = sum(table.rows for table in backup.tables)
        if not found:
            self.stdout.write(f"{rows:,} rows are restored, of {backup.made_at}. Everything fits.")
        for line in (*who_rules(), f"SHA-256 of the backup: {backup.sha256}"):
            self.stdout.write(line)
        if found:
            raise CommandError(
                f"{rows:,} rows are restored, with {len(found)} things that do not fit."
            )

    def restore(self, backup: Backup, last: list[Any], *, faults: bool) -> list[str]:
        """Make the tables that the backup needs, fill them, bring them up to date."""
        told = Progress(self.stderr, "Restoring")
        if not last:
            call_command("migrate", verbosity=0, interactive=False)
            return restore_backup(backup, faults=faults, told=told)
        executor = MigrationExecutor(connection)
        executor.migrate(last)
        registry = executor.loader.project_state(last).apps
        restore_backup(backup, registry=registry, faults=faults, told=told)
        call_command("migrate", verbosity=0, interactive=False)
        return [str(finding) for finding in verify()]
