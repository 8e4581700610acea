from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.articles import purge_article
from annotations.domain.errors import Refused
from annotations.queries.dataset import article_by_key, manager_of


class Command(BaseCommand):
    help = "Removes an article's text, spans and payloads, and keeps the bare chain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--article", required=True, metavar="UUID")
        parser.add_argument("--reason", required=True, metavar="TEXT")
        parser.add_argument(
            "--by", metavar="USERNAME", help="a manager; the project's first where none is given"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            article = article_by_key(_uuid(options["article"]))
            by = manager_of(article.project, options["by"])
            if not options["reason"].strip():
                raise CommandError("A purge needs a reason.")
            if not options["yes"]:
                self.ask(article.title)
            purge_article(article, reason=options["reason"], by=by)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"“{article.title}” is purged; its chain of events is kept.")

    def ask(self, title: str) -> None:
        try:
            answer = input(
                f"This removes the text and every span of “{title}” for good. Type yes: "
            )
        except EOFError:
            raise CommandError(
                "Nobody answered, and nothing was purged; --yes does it without asking."
            ) from None
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was purged.")


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise CommandError(f"“{value}” is no UUID of an article.") from None
