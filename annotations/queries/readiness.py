"""What a server asks before it says that people can work (``workbench/health.py``)."""

from annotations.queries.leases import worker_runs
from annotations.queries.verification import missing_guards


def guards_are_missing() -> bool:
    return any(missing_guards())


def worker_is_missing() -> bool:
    return not worker_runs()
