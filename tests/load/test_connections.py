"""Every connection of the server to SQLite flushes each commit to the disk."""

import ast
import sqlite3
import threading
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.sqlite3 import base

from annotations.actions import leases
from annotations.formats.reading import Reader
from annotations.queries.snapshot import snapshot
from tests import builders
from tests.conftest import PROJECT
from tests.workbench.test_serving import ask
from workbench.asgi import application
from workbench.background import Readers, Worker

FULL = 2
pytestmark = pytest.mark.sqlite_only("PostgreSQL flushes unless its own settings say otherwise")


@pytest.fixture
def opened(transactional_db, monkeypatch):
    """Every connection that was opened to a database, by whomever in this process."""
    found = []
    connect = sqlite3.connect

    def noting(*args, **kwargs):
        made = connect(*args, **kwargs)
        found.append(made)
        return made

    monkeypatch.setattr(sqlite3, "connect", noting)
    monkeypatch.setattr(base.Database, "connect", noting)
    yield found
    monkeypatch.undo()


def synchronous(opened):
    """Return the setting of each connection that is still open."""
    found = []
    for one in opened:
        try:
            found.append(one.execute("PRAGMA synchronous").fetchone()[0])
        except sqlite3.ProgrammingError:
            continue
    return found


def in_a_thread(work):
    """Run ``work`` in a thread that leaves its connection open, and return what SQLite gave it."""
    kept = []

    def run():
        work()
        kept.append(connections["default"].connection)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return kept[0]


def read():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def write():
    with transaction.atomic():
        read()


def read_a_snapshot():
    with snapshot():
        read()


def read_after_a_failure():
    read()
    connection.close()
    read()


def run_a_command():
    call_command("verify", stdout=StringIO())


@pytest.mark.parametrize(
    "work", [read, write, read_a_snapshot, read_after_a_failure, run_a_command]
)
def test_a_connection_of_any_thread_flushes_each_commit(opened, work):
    used = in_a_thread(work)

    assert used in opened
    assert set(synchronous(opened)) == {FULL}
    used.close()


def test_a_copy_of_a_connection_flushes_each_commit(opened):
    copy = connection.copy()
    copy.ensure_connection()

    assert copy.connection in opened
    assert set(synchronous(opened)) == {FULL}
    copy.close()


def test_the_threads_that_answer_pages_flush_each_commit(opened):
    asked = [
        threading.Thread(
            target=ask,
            args=(application,),
            kwargs={
                "method": "GET",
                "path": "/login/",
                "request_headers": [(b"host", b"localhost")],
            },
        )
        for _ in range(12)
    ]
    builders.account("eva")
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join(30)
    status, _ = ask(
        application,
        b"username=eva&password=wrong",
        path="/login/",
        request_headers=[
            (b"host", b"localhost"),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
    )

    assert status in (200, 403, 422)
    assert opened
    assert set(synchronous(opened)) == {FULL}


def test_a_turn_of_the_worker_flushes_each_commit(opened, monkeypatch):
    seen = []
    monkeypatch.setattr(connections, "close_all", lambda: seen.extend(synchronous(opened)))

    class Once:
        done = False

        def waiting(self):
            return [] if self.done else ["work"]

        def take_turn(self, name, holder, *, reader, ending):
            write()
            self.done = True
            worker.ending.set()

    worker = Worker(Once(), leases, Readers(Reader), name="w", holder=uuid4(), beat=10)
    worker.run()

    assert seen
    assert set(seen) == {FULL}


def test_nobody_opens_the_database_past_these_but_to_look():
    """What imports sqlite3 for itself is listed here, with what it may do."""
    only_reads = {
        # To look whether a file is whole, and to keep its log where it is.
        "workbench/sqlite/files.py",
        # SQLite's numbers of errors.
        "workbench/trouble.py",
    }
    found = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("annotations", "workbench")
        for path in (PROJECT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(name.name == "sqlite3" for name in node.names)
    }

    assert found <= only_reads
    for name in found:
        text = (PROJECT / name).read_text()
        assert "?mode=" in text or "sqlite3.connect(" not in text
