from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.projects import adopt_project
from annotations.domain.errors import Refused
from annotations.queries.projects import account_named, person_named, project_named


class Command(BaseCommand):
    help = "Gives a project that a fixture brought its first manager: fixtures bring no rights."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project’s short name")
        parser.add_argument("--manager", required=True, metavar="USERNAME", help="the account")
        parser.add_argument(
            "--person", required=True, metavar="NAME", help="whom of the project it acts as"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            project = project_named(options["slug"])
            account = account_named(options["manager"])
            person = person_named(project, options["person"])
            adopt_project(project, account=account, person=person)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{options['manager']} manages “{project.name}” now, as {person.name}.")
