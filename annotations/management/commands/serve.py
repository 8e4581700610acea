from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from workbench.server import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    CannotListen,
    CannotServe,
    listen,
    serve,
    take_database,
)
from workbench.trouble import READ_ONLY, trouble_of


class Command(BaseCommand):
    help = "Serves the workbench until Ctrl-C."
    # `manage.py check` runs them; here they would double the time to the first page.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default=DEFAULT_HOST, help="address to listen on (%(default)s)"
        )
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help="port, 0 for any free one (%(default)s)"
        )
        parser.add_argument(
            "--next-free-port",
            action="store_true",
            help="where the port is taken, try the next ten",
        )
        parser.add_argument(
            "--no-worker",
            action="store_true",
            help="start no worker process: another server's, or manage.py work, does what takes long",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["port"] <= 65535:
            raise CommandError(f"Port {options['port']} does not exist; use 0 to 65535.")
        try:
            take_database()
        except CannotServe as refusal:
            raise CommandError(str(refusal)) from None
        try:
            refuse_an_old_database()
        except NotReadable as refusal:
            # It serves words until the folder is writable, and the desk from then on.
            self.stderr.write(str(refusal))
        try:
            listener = listen(
                options["host"], options["port"], tries=11 if options["next_free_port"] else 1
            )
        except CannotListen as refusal:
            raise CommandError(str(refusal)) from None
        serve(listener, ready=self.announce, worker=not options["no_worker"])

    def announce(self, address: str) -> None:
        self.stdout.write(f"The workbench is at {address} (Ctrl-C stops it)")
        self.stdout.flush()


class NotReadable(CommandError):
    """SQLite reads nothing without its log, which a read-only folder does not take."""


def refuse_an_old_database() -> None:
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        said = f"The database cannot be reached: {str(error).strip()}"
        raise (NotReadable if trouble_of(error) == READ_ONLY else CommandError)(said) from None
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations of this version; "
            "run manage.py migrate first."
        )
