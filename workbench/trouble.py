"""A database that fails through no fault of the request: 503, in words, and when to come again.

``trouble_of`` tells such an error from a mistake of ours. Whatever answers people asks it: views
(``TryAgain``), the layers around them (``broken`` and ``interrupted``, the handlers of 500 and
400), the server (``workbench/asgi.py``), live streams and commands. Connections that had a part
are closed, so that the next request opens new ones and nobody restarts anything.
"""

import errno
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.utils.html import escape
from django.views import defaults

from workbench import logs
from workbench.sqlite.files import FileSwapped
from workbench.sqlite.queue import LockRefused, TryAgainLater

PROBLEM = "application/problem+json"
#: Bytes of room below which a disk counts as full: a change needs some pages in two files.
LEAST_ROOM = 256 * 1024
#: Errors of the operating system, and SQLite's own, that stand for the same.
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    #: What programs read; it never changes.
    code: str
    detail: str
    #: Seconds after which it may have passed.
    pause: int
    #: The same, for whoever runs a command on the machine itself.
    command: str = ""


DISK_FULL = Trouble(
    "disk_full",
    "The disk of the server is full, so nothing was saved. Tell whoever runs this server, and try "
    "again once there is room.",
    10,
    "The disk of the database is full: make room, then run this again.",
)
READ_ONLY = Trouble(
    "read_only",
    "The server may not write to its database or beside it, so nothing was saved. Tell whoever runs "
    "this server: the database, its folder and its disk must be writable. Then try again.",
    10,
    "The database cannot be written to: make the file, its folder and its disk writable for "
    "whoever runs this, then run it again.",
)
LOCKED = Trouble(
    "try_again",
    "Another program has locked the database, so nothing was saved. Try again in a moment.",
    1,
    "Another program has locked the database: end it, or run this again later.",
)
UNREACHABLE = Trouble(
    "unreachable",
    "The database cannot be reached just now, so the server cannot say that anything was saved. "
    "Try again in a moment; if it lasts, tell whoever runs this server.",
    2,
    "The database cannot be reached: see that it runs, and that DATABASE_URL names it.",
)
DAMAGED = Trouble(
    "damaged",
    "The database is damaged, so nothing was saved. Tell whoever runs this server: manage.py "
    "verify and docs/operations.md say more.",
    30,
    "The database is damaged: docs/operations.md says how to go on.",
)
SWAPPED = Trouble(
    "swapped",
    "The database file was replaced, moved or deleted while the server runs, so nothing was saved. "
    "Tell whoever runs this server: they put the file back or start the server again "
    "(docs/operations.md). Then try again.",
    10,
    "The database file was replaced, moved or deleted meanwhile: run this again.",
)
BUSY = Trouble(
    "busy",
    "The server has more to do than it can hold open, so nothing was saved. Try again in a moment.",
    5,
    "There is no room for one more connection or open file: run this again later.",
)
FAILED = Trouble(
    "database",
    "The database failed, so the server cannot say that anything was saved. Try again in a moment; "
    "if it lasts, tell whoever runs this server.",
    5,
)

#: By SQLite's primary result code (sqlite.org/rescode.html).
_SQLITE = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
#: By the beginning of PostgreSQL's SQLSTATE (its manual, appendix A); the longest that fits.
_POSTGRESQL = {
    "08": UNREACHABLE,
    "25006": READ_ONLY,
    "25P03": UNREACHABLE,
    "28": UNREACHABLE,
    "3D": UNREACHABLE,
    "40001": LOCKED,
    "40P01": LOCKED,
    "53": BUSY,
    "53100": DISK_FULL,
    "55P03": LOCKED,
    "57": UNREACHABLE,
    "57014": LOCKED,
    "58": FAILED,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


def trouble_of(error: BaseException | None) -> Trouble | None:
    """Return what is wrong with the database, or with the disk, where ``error`` comes from that.

    None for any other error, also for one of the database that the request or the code is to
    blame for: a broken constraint, a value that does not fit.
    """
    for one in _chain(error):
        if isinstance(one, FileSwapped):
            return SWAPPED
        if isinstance(one, TryAgainLater):
            return Trouble("try_again", str(one), 1)
        if isinstance(one, OSError):
            if one.errno in _FULL:
                return DISK_FULL
            if one.errno == errno.EROFS:
                return READ_ONLY
            if one.errno in _TOO_MANY_FILES:
                return BUSY
        if isinstance(one, LockRefused):
            return READ_ONLY
        told = _told(one)
        if told is not None:
            return told
    if any(isinstance(one, OperationalError | InterfaceError) for one in _chain(error)):
        return FAILED
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those it was raised from or during, the innermost first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return reversed(found)


def _told(error: BaseException) -> Trouble | None:
    """Return what the driver's own error tells; Django's keeps that as its cause."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        # The extended code holds the primary one in its last byte.
        if code & 0xFF == sqlite3.SQLITE_IOERR:
            return DISK_FULL if disk_is_full() else FAILED
        if code & 0xFF == sqlite3.SQLITE_CANTOPEN and folder_is_read_only():
            return READ_ONLY
        return _SQLITE.get(code & 0xFF)
    if not type(error).__module__.startswith("psycopg"):
        return None
    state = getattr(error, "sqlstate", None)
    if state is None:
        # The line to the server broke, or was never there.
        return UNREACHABLE if type(error).__name__ != "ProgrammingError" else None
    fitting = [start for start in _POSTGRESQL if state.startswith(start)]
    return _POSTGRESQL[max(fitting, key=len)] if fitting else None


def database_file() -> Path | None:
    """Return where the SQLite database is; None on PostgreSQL."""
    connection = connections[DEFAULT_DB_ALIAS]
    return Path(str(connection.settings_dict["NAME"])) if connection.vendor == "sqlite" else None


def disk_is_full() -> bool:
    """Say whether the disk of an SQLite database has no room for a change."""
    file = database_file()
    with suppress(OSError):
        about = os.statvfs(file.parent) if file is not None else None
        return about is not None and about.f_bavail * about.f_frsize < LEAST_ROOM
    return False


def folder_is_read_only() -> bool:
    """Say whether an SQLite database is there, in a folder that takes no log beside it."""
    file = database_file()
    return file is not None and file.exists() and not os.access(file.parent, os.W_OK)


def throw_away() -> None:
    """Close this thread's connections; the next query opens new ones."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            # What cannot be closed in order is dropped all the same.
            with suppress(DatabaseError):
                connection.close()


class TryAgain:
    """Answers what a view could not do because of the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer_to(request, exception)


def broken(request: HttpRequest) -> HttpResponseBase:
    """Answer what failed anywhere, also in the layers around views: Django's ``handler500``."""
    told = answer_to(request, sys.exc_info()[1])
    if told is not None:
        return told
    if "application/json" not in request.headers.get("Accept", ""):
        return HttpResponse(
            loader.render_to_string("500.html", {"number": logs.number()}), status=500
        )
    problem = {
        "code": "broken",
        "title": "Internal Server Error",
        "detail": "Something broke here, and the error was written to the server’s log.",
        "status": 500,
        "request": logs.number(),
    }
    return HttpResponse(json.dumps(problem), status=500, content_type=PROBLEM)


def interrupted(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a bad request: Django's ``handler400``.

    A session that could not be saved counts as one, whatever the reason.
    """
    return answer_to(request, exception) or defaults.bad_request(request, exception)


def answer_to(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer an error that is the database's with 503; None for any other."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    if trouble.code != "try_again":
        throw_away()
    note(trouble, request.path, error)
    response = answer(trouble, request.headers.get("Accept", ""), safe=request.method == "GET")
    # Told above, in one line and without a traceback.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def sentence(error: BaseException) -> str | None:
    """Return what a command says of an error that is none of its own; None for a mistake of ours.

    A file that cannot be read or written is named.
    """
    trouble = trouble_of(error)
    said = str(error).strip()
    if isinstance(error, DatabaseError | InterfaceError):
        if trouble is None:
            return None
        return f"{trouble.command or 'The database failed.'} ({said})"
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return f"Nothing more could be written: {said}." if trouble else None


def note(trouble: Trouble, path: str, error: BaseException | None) -> None:
    log.warning("Service Unavailable: %s (%s: %s)", path, trouble.code, str(error).strip())


def answer(trouble: Trouble, accept: str, *, safe: bool = False) -> HttpResponse:
    """Return 503 as problem details or as a page, neither of which asks the database."""
    if "application/json" in accept:
        content: Any = json.dumps(
            {
                "code": trouble.code,
                "title": "Not available" if safe else "Not saved yet",
                "detail": trouble.detail,
                "status": 503,
                "request": logs.number(),
            }
        )
        response = HttpResponse(content, status=503, content_type=PROBLEM)
    else:
        response = HttpResponse(page(trouble, safe=safe), status=503)
    response["Retry-After"] = str(trouble.pause)
    response["Cache-Control"] = "no-store"
    return response


def page(trouble: Trouble, *, safe: bool) -> str:
    try:
        context = {"detail": trouble.detail, "safe": safe, "number": logs.number()}
        return loader.render_to_string("503.html", context)
    except Exception:
        # A template that cannot be read, from a disk that fails, must not hide what is wrong.
        log.exception("The page that says so cannot be rendered.")
        return f"<!doctype html><title>Try again</title><p>{escape(trouble.detail)}</p>"
