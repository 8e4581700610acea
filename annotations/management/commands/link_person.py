from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.projects import hand_over
from annotations.domain.errors import Refused
from annotations.domain.vocabulary import Role
from annotations.queries.projects import account_named, person_named, project_named


class Command(BaseCommand):
    help = (
        "Lets an account act as somebody who has worked in a project before, perhaps through "
        "another account. The settings page refuses this, because a manager could then sign in "
        "somebody else’s name. Nothing that was done changes; what is done from now on appears "
        "as “through another account” in histories and on certificates, and the four eyes count "
        "the account as everybody that it was ever linked to."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project’s short name")
        parser.add_argument("--person", required=True, metavar="NAME", help="whom of the project")
        parser.add_argument("--account", required=True, metavar="USERNAME", help="the account")
        parser.add_argument(
            "--role", choices=Role.values, help="the role that the account gets (or keeps)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            project = project_named(options["slug"])
            person = person_named(project, options["person"])
            account = account_named(options["account"])
            hand_over(person, account=account, role=options["role"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(
            f"{options['account']} acts as {person.name} in “{project.name}” from now on. What "
            f"{person.name} did before stays as it was."
        )
