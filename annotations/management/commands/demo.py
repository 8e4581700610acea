"""The demo in one command: tables, fixture, accounts, server. Run twice, it changes nothing."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection, transaction

from annotations.actions.accounts import make_account_and_password, make_staff
from annotations.actions.operational import tick_counted
from annotations.actions.projects import adopt_project, hand_over
from annotations.domain.errors import HistoryRefused, Refused
from annotations.management.commands import _demo_content as content
from annotations.queries.articles import article_titled
from annotations.queries.projects import (
    account_named,
    has_history,
    has_members,
    person_named,
    project_named,
)
from workbench.server import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    CannotListen,
    CannotServe,
    listen,
    serve,
    take_database,
)

FIXTURE = Path(settings.BASE_DIR) / "fixtures" / "demo.json"
#: Ports tried one after the other where the first is taken.
TRIES = 11


class Command(BaseCommand):
    help = "Sets up the demo on this machine and serves it until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-server", action="store_true", help="stop before serving")
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help="port, 0 for any free one (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["port"] <= 65535:
            raise CommandError(f"Port {options['port']} does not exist; use 0 to 65535.")
        if not options["no_server"]:
            try:
                take_database()
            except CannotServe as refusal:
                raise CommandError(str(refusal)) from None
        call_command("migrate", verbosity=0, interactive=False)
        self.load()
        passwords = self.accounts()
        self.tell(passwords)
        if options["no_server"]:
            self.stdout.write("Not served: manage.py serve does that.")
            return
        try:
            listener = listen(DEFAULT_HOST, options["port"], tries=TRIES)
        except CannotListen as refusal:
            raise CommandError(str(refusal)) from None
        serve(listener, ready=self.announce)

    def load(self) -> None:
        if not FIXTURE.is_file():
            raise CommandError(f"{FIXTURE} is missing; take it from the repository.")
        if has_history(heads(json.loads(FIXTURE.read_bytes()))):
            self.stdout.write("The demo is here already; what was done in it since stays.")
            return
        try:
            call_command("loaddata", str(FIXTURE), verbosity=0)
        except CommandError as error:
            # Of an older edition articles stand here under other keys, with the same addresses.
            if not isinstance(error.__cause__, HistoryRefused | IntegrityError):
                raise
            self.stdout.write(
                "The demo here was worked on, or is of another edition than this version's: yours "
                "stays, nothing was loaded."
            )

    def accounts(self) -> dict[str, str]:
        """Return the passwords of the demo's accounts by user name, made on the first run.

        Later runs make and change nothing: who is a member by then, the managers decided.
        """
        path = Path(settings.LOCAL_DIR) / "demo-accounts.json"
        kept = json.loads(path.read_text()) if path.is_file() else {}
        database = "{ENGINE} {HOST} {NAME}".format(**connection.settings_dict)
        project = project_named(content.PROJECT.slug)
        if has_members(project):
            found: dict[str, str] = kept.get(database, {})
            return found
        passwords: dict[str, str] = {}
        manager = None
        try:
            with transaction.atomic():
                for member in content.PEOPLE:
                    account = self.account(member.key, member.name, passwords)
                    person = person_named(project, member.name)
                    if manager is None:
                        # So that the demo shows how projects begin and accounts are made.
                        make_staff(account)
                        adopt_project(project, account=account, person=person)
                        manager = person
                    else:
                        hand_over(person, account=account, role=member.role)
                # Inside, because passwords that nobody can look up are worth nothing.
                keep(path, json.dumps(kept | {database: passwords}, indent=1) + "\n")
                tick_as_told(project, content.SITTINGS)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        return passwords

    def account(self, username: str, name: str, passwords: dict[str, str]) -> Any:
        """Return a new account, or the one of this user name, whose password stays its own."""
        try:
            return account_named(username)
        except Refused:
            account, passwords[username] = make_account_and_password(username, name=name)
            return account

    def tell(self, passwords: dict[str, str]) -> None:
        self.stdout.write("Accounts of the demo (passwords as made; whoever changed one knows it):")
        for member in content.PEOPLE:
            password = passwords.get(member.key, "(not made by the demo)")
            self.stdout.write(f"  {member.key:<6} {password:<24} {member.name}, {member.role}")
        self.stdout.write(
            f"{content.PEOPLE[0].key} is staff, and so may begin projects and make accounts "
            "(manage.py staff does that for another)."
        )

    def announce(self, address: str) -> None:
        self.stdout.write(f"The workbench is at {address} (Ctrl-C stops it)")
        self.stdout.flush()


def tick_as_told(project: Any, sittings: Iterable[content.Sitting]) -> None:
    """Tick what the demo's people read: ticks are of one database and no fixture has them."""
    names = {member.key: member.name for member in content.PEOPLE}
    titles = {article.key: article.title for article in content.ARTICLES}
    for sitting in sittings:
        for step in sitting.steps:
            if isinstance(step, content.Read):
                tick_counted(
                    article_titled(project, titles[step.article]),
                    by=person_named(project, names[sitting.by]),
                    indexes=step.blocks,
                )


def heads(rows: list[dict[str, Any]]) -> list[tuple[UUID, int, str]]:
    """Return stream, length and last hash of each history that a fixture brings."""
    return [
        (UUID(row["pk"]), row["fields"]["sequence"], row["fields"]["head_hash"])
        for row in rows
        if row["model"] == "annotations.stream"
    ]


def keep(path: Path, text: str) -> None:
    """Write a file that its owner alone can read; what it held before stays until it is whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
