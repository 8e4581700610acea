"""Deleting what is of no use any more: what ran out, and what nobody came back to.

Nothing here is anybody's work: receipts after their 90 days, sessions that ended, imports that
nobody stored or dropped for 90 days, leases that ran out. It goes in steps, so that whoever saves
meanwhile waits for one step at most, and may be broken off and begun again at any point.
"""

import datetime
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from annotations.actions.leases import leased
from annotations.models import ImportBatch, Lease, Receipt
from annotations.models.base import now

#: Seconds after which another process takes a tidying for broken off.
LONGEST = 3600
#: How long the result of a request is remembered.
RECEIPTS_KEPT = datetime.timedelta(days=90)
#: How long an import waits for whoever began it, after it was last worked on.
BATCHES_KEPT = datetime.timedelta(days=90)
#: How long a lease that ran out is kept, for whoever looks why.
LEASES_KEPT = datetime.timedelta(days=1)
#: Rows that one step deletes; a batch brings the files of its items along.
STEP, FEW = 1000, 10

log = logging.getLogger(__name__)


def _receipts() -> QuerySet[Any]:
    return Receipt.objects.filter(created_at__lt=now() - RECEIPTS_KEPT)


def _sessions() -> QuerySet[Any]:
    return Session.objects.filter(expire_date__lt=now())


def _batches() -> QuerySet[Any]:
    return ImportBatch.objects.filter(beat_at__lt=now() - BATCHES_KEPT)


def _leases() -> QuerySet[Any]:
    return Lease.objects.filter(until__lt=Now() - LEASES_KEPT)


#: What is deleted: its name, its rows, and how many go at once.
_KINDS: dict[str, tuple[Callable[[], QuerySet[Any]], int]] = {
    "receipts": (_receipts, STEP),
    "sessions": (_sessions, STEP),
    "imports": (_batches, FEW),
    "leases": (_leases, STEP),
}


def to_tidy() -> dict[str, int]:
    """Return how many rows of each kind are of no use any more."""
    return {name: rows().count() for name, (rows, _) in _KINDS.items()}


def tidy() -> dict[str, int] | None:
    """Delete what is of no use any more; return how many rows of each kind went.

    None where another process is at it.
    """
    with leased("tidy", seconds=LONGEST) as free:
        if not free:
            return None
        return {name: _delete(rows, step) for name, (rows, step) in _KINDS.items()}


def tidy_daily() -> None:
    gone = tidy()
    if gone is not None and any(gone.values()):
        log.info("Tidied: %s.", ", ".join(f"{count} {name}" for name, count in gone.items()))


def _delete(rows: Callable[[], QuerySet[Any]], step: int) -> int:
    gone = 0
    while True:
        with transaction.atomic():
            keys = list(rows().order_by("pk").values_list("pk", flat=True)[:step])
            rows().filter(pk__in=keys).delete()
        gone += len(keys)
        if len(keys) < step:
            return gone
