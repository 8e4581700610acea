"""Leases: work that one process at a time does, on whichever machine (DESIGN 1).

A lease is taken by its name, holds for some seconds and is renewed meanwhile; whoever died lets
it run out. Only the database's clock counts. Nothing here appends an event.

Whoever writes what the lease protects calls ``hold`` in the transaction of the change: a process
that slept through its time then finds that another has taken over, and stores nothing.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from annotations.domain.leases import LENGTH
from annotations.models import Lease


class LeaseLost(Exception):
    """Another process holds the lease now, or nobody does."""


def _in(seconds: float) -> Combinable:
    return Now() + datetime.timedelta(seconds=seconds)


@transaction.atomic
def take(name: str, holder: UUID, *, seconds: float = LENGTH) -> bool:
    """Take the lease ``name`` for ``holder``; say whether it was free.

    One that was renewed in what is the future now dates from before the clock was set back, and
    is free, too. A process is refused what it holds itself like everybody else.
    """
    free = Q(until__lte=Now()) | Q(beat_at__gt=_in(LENGTH))
    fresh = {"holder": holder, "beat_at": Now(), "until": _in(seconds)}
    if Lease.objects.filter(free, name=name).update(**fresh, done=None, total=None):
        return True
    _, made = Lease.objects.get_or_create(name=name, defaults=fresh)
    return made


@transaction.atomic
def renew(holder: UUID, *, seconds: float = LENGTH) -> set[str]:
    """Let all that ``holder`` holds run for ``seconds`` more; return the names of it."""
    held = Lease.objects.filter(holder=holder)
    # Also what ran out while the process slept: nobody has taken it, or it had another holder.
    held.update(beat_at=Now(), until=_in(seconds))
    return set(held.values_list("name", flat=True))


@transaction.atomic
def tell(name: str, holder: UUID, *, done: int, total: int, seconds: float = LENGTH) -> None:
    """Say how far the work is, and renew its lease; call it every 2 seconds at most."""
    held = Lease.objects.filter(name=name, holder=holder)
    held.update(beat_at=Now(), until=_in(seconds), done=done, total=total)


def hold(name: str, holder: UUID) -> None:
    """Keep the lease from being taken until the transaction ends; raises ``LeaseLost``."""
    if not Lease.objects.select_for_update().filter(name=name, holder=holder).exists():
        raise LeaseLost(name)


@transaction.atomic
def release(holder: UUID, name: str | None = None) -> None:
    """Give back one lease of the process, or all: what ended needs nobody to wait for it."""
    held = Lease.objects.filter(holder=holder)
    (held if name is None else held.filter(name=name)).delete()


@contextmanager
def leased(name: str, *, seconds: float = LENGTH) -> Iterator[bool]:
    """Hold a lease for a block of work that takes less than ``seconds``; say whether it was free.

    >>> with leased("tidy", seconds=600) as free:  # doctest: +SKIP
    ...     if free:
    ...         tidy()
    """
    holder = uuid4()
    free = take(name, holder, seconds=seconds)
    try:
        yield free
    finally:
        if free:
            release(holder, name)
