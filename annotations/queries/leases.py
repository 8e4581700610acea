"""Who works on what now, as the leases say."""

import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from annotations.domain.leases import LENGTH, WORKER
from annotations.models import Lease


def running() -> QuerySet[Lease]:
    """Return the leases that hold; one renewed in the future is of a clock that was set back."""
    latest = Now() + datetime.timedelta(seconds=LENGTH)
    return Lease.objects.filter(until__gt=Now(), beat_at__lte=latest)


def worker_runs() -> bool:
    """Say whether a worker process is alive, of this server or of another on this database."""
    return running().filter(name__startswith=WORKER).exists()
