from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotations.actions.accounts import make_account_and_password
from annotations.actions.projects import create_project
from annotations.domain.errors import Refused
from annotations.domain.vocabulary import Preset
from annotations.forms import NewProjectForm
from annotations.queries.projects import account_named


class Command(BaseCommand):
    help = "Begins a project, with a manager, from a preset."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name in the project’s addresses: city-desk")
        parser.add_argument("--manager", required=True, metavar="USERNAME", help="who manages it")
        parser.add_argument("--name", default="", help="name of the project (made from the slug)")
        parser.add_argument("--organisation", default="", help="whose project it is")
        parser.add_argument(
            "--preset",
            default=Preset.DESK.value,
            choices=[value for value, _ in NewProjectForm.base_fields["preset"].choices],
            help="how you work (%(default)s)",
        )
        parser.add_argument(
            "--create-account",
            action="store_true",
            help="make the manager’s account, and print its password this once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["manager"]
        password = None
        try:
            # Both or none: a refused project leaves no account with a password nobody saw.
            with transaction.atomic():
                if options["create_account"]:
                    account, password = make_account_and_password(username)
                else:
                    account = account_named(username)
                project, _ = create_project(
                    slug=options["slug"],
                    name=options["name"] or options["slug"].replace("-", " ").capitalize(),
                    organisation=options["organisation"],
                    preset=options["preset"],
                    account=account,
                )
        except Refused as refusal:
            hint = (
                " Make it with --create-account, or manage.py createsuperuser."
                if refusal.code == "account_unknown"
                else ""
            )
            raise CommandError(f"{refusal.message}{hint}") from None
        self.stdout.write(f"The project “{project.name}” is there; {username} manages it.")
        if password is not None:
            self.stdout.write(f"Password of {username}, printed this once: {password}")
