"""The rows of a fixture into the database, many at once.

Django saves a fixture row by row, each with a dozen queries of ours that check it. Most rows of a
large one are new, and what is wrong with a new row the guards refuse; so these go in by one
statement, and only where it is refused each goes by itself, so that what is wrong has a name.
"""

from collections.abc import Callable
from typing import Any

from django.core.serializers.base import DeserializedObject
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction

from annotations.models import Event, SignOff, WithheldPayload
from annotations.models.loading import check_told, sort_out
from annotations.models.prepared import insert
from annotations.models.rows import EXPORTED

#: Rows at once: some of them have a text or a payload, which can be a megabyte each.
AT_ONCE = 100
#: What a sign-off covers is not compared by any guard.
TABLES = frozenset(EXPORTED) - {SignOff}


class Loading:
    """Gathers rows of one table after the other; ``save`` stores one by itself."""

    def __init__(self, save: Callable[[DeserializedObject], Any]) -> None:
        self.save = save
        self.waiting: list[DeserializedObject] = []

    def add(self, loaded: DeserializedObject, using: str) -> None:
        """Store the row, now or with the next ones of its table."""
        model = type(loaded.object)
        if self.waiting and type(self.waiting[0].object) is not model:
            self.flush()
        if model not in TABLES or loaded.deferred_fields or using != DEFAULT_DB_ALIAS:
            self.flush()
            self.save(loaded)
            return
        self.waiting.append(loaded)
        if len(self.waiting) == AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Store the rows that wait. In a transaction: a refusal leaves half of them."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return
        by_row = {id(loaded.object): loaded for loaded in waiting}
        looked_at, new = sort_out([loaded.object for loaded in waiting], DEFAULT_DB_ALIAS)
        for row in looked_at:
            self.save(by_row[id(row)])
        try:
            with transaction.atomic():
                insert(type(waiting[0].object), new)
        except DatabaseError:
            for row in new:
                self.save(by_row[id(row)])
        else:
            check_told((row for row in new if isinstance(row, Event)), DEFAULT_DB_ALIAS)
        withheld = [row for row in new if isinstance(row, Event) and row.payload is None]
        if withheld:
            insert(WithheldPayload, [WithheldPayload(event=row) for row in withheld])
