from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.accounts import make_staff
from annotations.domain.errors import Refused
from annotations.queries.projects import account_named


class Command(BaseCommand):
    help = "Lets an account begin projects and make accounts (WORKBENCH_PROJECT_MAKERS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="the account")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            make_staff(account_named(options["username"]))
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{options['username']} may begin projects and make accounts now.")
