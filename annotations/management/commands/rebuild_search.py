from typing import Any

from django.core.management.base import BaseCommand

from annotations.actions.operational import rebuild_search


class Command(BaseCommand):
    help = "Makes the search anew from the spans and sources; changes nothing of theirs."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = rebuild_search()
        self.stdout.write(
            "The search is made anew; it did fit."
            if not wrong
            else f"The search is made anew; {wrong} of its entries did not fit."
        )
