"""Two addresses for whoever watches a server: ``/healthz`` and ``/readyz``.

``/healthz`` says that the process answers, and asks nothing of anything. ``/readyz`` says whether
people can work: 200, or 503 with a word a line for each part that fails.

| word | what fails |
|---|---|
| ``database`` | it does not answer |
| ``file`` | an SQLite file was swapped, or its folder or disk takes no change |
| ``migrations`` | tables of this version are missing |
| ``guards`` | the database would not refuse what it should |
| ``worker`` | no worker process runs |

Both come before everything else: any ``Host``, no redirect to HTTPS, no session, no log-in.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

from workbench.sqlite.files import Files, FileSwapped, check_before_opening
from workbench.trouble import database_file, disk_is_full, throw_away, trouble_of

HEALTH, READY = "/healthz", "/readyz"
#: Seconds for which what costs several queries is believed.
KEPT = 5.0
_PLAIN = "text/plain; charset=utf-8"


class Health:
    """Answers the two addresses; the first of all layers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in (HEALTH, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return _plain("Ask with GET.", status=405, Allow="GET, HEAD")
        if request.path_info == HEALTH:
            return _plain("ok")
        failing = list(PARTS.failing())
        return _plain("\n".join(failing) or "ok", status=503 if failing else 200)


def _plain(text: str, *, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(
        f"{text}\n",
        status=status,
        content_type=_PLAIN,
        headers={"Cache-Control": "no-store", **headers},
    )


class Parts:
    """What a server needs, and which of it fails."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._slow: list[str] = []
        self._until = 0.0

    def failing(self) -> Iterator[str]:
        """Yield a word for each part that fails.

        Where the database does not answer, nobody knows about what is in it.
        """
        file = not file_is_fit()
        if file:
            yield "file"
        try:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.execute("SELECT 1")
            yield from self.slow()
        except Exception as error:
            if trouble_of(error) is None:
                raise
            throw_away()
            if not file:
                yield "file" if isinstance(error, FileSwapped) else "database"

    def slow(self) -> list[str]:
        with self._guard:
            if time.monotonic() > self._until:
                self._slow = [word for word, fails in _checks() if fails()]
                self._until = time.monotonic() + KEPT
            return self._slow

    def forget(self) -> None:
        self._until = 0.0


PARTS = Parts()


def _checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    yield "migrations", migrations_are_missing
    for word, name in settings.READINESS.items():
        yield word, import_string(name)


def migrations_are_missing() -> bool:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def file_is_fit() -> bool:
    """Say whether an SQLite file is there, the same as ever, and can be written; else True."""
    file = database_file()
    connection = connections[DEFAULT_DB_ALIAS]
    if file is None or connection.is_in_memory_db():
        return True
    opened: Files | None = connection._files
    try:
        check_before_opening(str(file))
        if opened is not None and connection.connection is not None:
            opened.check()
    except FileSwapped:
        return False
    return (
        os.access(file, os.R_OK | os.W_OK)
        and os.access(file.parent, os.W_OK)
        and not disk_is_full()
    )
