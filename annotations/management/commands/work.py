import signal
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand
from django.db import connection

from annotations.actions import importing, leases
from annotations.domain.leases import BEAT, WORKER
from annotations.formats.reading import Reader
from annotations.queries.imports import waiting_for_a_turn
from workbench.background import Readers, Worker, follow
from workbench.sqlite.files import hold


class Imports:
    """The work that there is: reading and storing what people import."""

    waiting = staticmethod(waiting_for_a_turn)
    take_turn = staticmethod(importing.take_turn)


class Command(BaseCommand):
    help = (
        "Does what takes long, such as reading files, until Ctrl-C. manage.py serve starts one by "
        "itself; where something else serves (WSGI), or serve --no-worker does, run this beside it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--of-server",
            type=UUID,
            metavar="UUID",
            help="set by manage.py serve: end when standard input is closed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        of_server = options["of_server"]
        if of_server is None:
            # Here, because it brings the server along: 10 MB that a worker has no use for.
            from annotations.management.commands.serve import refuse_an_old_database

            refuse_an_old_database()
        holder = of_server or uuid4()
        worker = Worker(
            Imports(), leases, Readers(Reader), name=f"{WORKER}{holder}", holder=holder, beat=BEAT
        )

        def end(*_: object) -> None:
            worker.ending.set()

        if connection.vendor == "sqlite":
            # Like the server: it opens no other file than this one.
            hold(str(connection.settings_dict["NAME"]))
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        if of_server is not None:
            follow(sys.stdin.buffer, sys.stdout.buffer, worker.ending)
        else:
            self.stdout.write("At work (Ctrl-C stops it).")
        worker.run()
