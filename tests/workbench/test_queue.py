"""Writers to SQLite queue: nobody fails, nobody starves, nobody blocks the rest by dying."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import OperationalError
from django.test import RequestFactory

from workbench.sqlite.queue import WriteQueue, WriteQueueFull, WriteQueueTimeout, queue_for
from workbench.trouble import TryAgain

PROJECT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.sqlite_only("PostgreSQL queues writers itself")


@pytest.fixture
def queue(tmp_path):
    queue = WriteQueue(str(tmp_path / "db"))
    yield queue
    queue.close_files()


def in_threads(work, count):
    """Run ``work(index)`` in threads and return what each raised, or None."""
    raised = [None] * count

    def run(index):
        try:
            work(index)
        except BaseException as error:
            raised[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


@pytest.fixture
def counter(transactional_db):
    with transaction.atomic():
        connection.cursor().execute("CREATE TABLE counter (n integer NOT NULL CHECK (n >= 0))")
        connection.cursor().execute("INSERT INTO counter VALUES (0)")
    yield
    with transaction.atomic():
        connection.cursor().execute("DROP TABLE counter")


def count():
    with connection.cursor() as cursor:
        return cursor.execute("SELECT n FROM counter").fetchone()[0]


def add(by=1):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = n + %s", [by])


def add_read_first():
    # Reads before it writes: what DEFERRED transactions cannot do together.
    with transaction.atomic(), connection.cursor() as cursor:
        now = cursor.execute("SELECT n FROM counter").fetchone()[0]
        cursor.execute("UPDATE counter SET n = %s", [now + 1])


# The queue by itself


def test_writers_go_first_come_first_served(queue):
    order = []
    queue.enter()

    def work(index):
        wait_until(lambda: queue.waiting() == index)
        queue.enter()
        order.append(index)
        queue.leave()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    wait_until(lambda: queue.waiting() == 6)
    queue.leave()
    for thread in threads:
        thread.join(10)

    assert order == [0, 1, 2, 3, 4, 5]


def test_one_too_many_is_turned_away_at_once(queue):
    queue.most_waiting = 1
    queue.enter()
    waiting = threading.Thread(target=lambda: (queue.enter(), queue.leave()))
    waiting.start()
    wait_until(lambda: queue.waiting() == 1)

    with pytest.raises(WriteQueueFull, match="1 others wait to write already"):
        queue.enter()

    queue.leave()
    waiting.join(10)
    queue.enter(patience=1)
    queue.leave()


def test_impatience_leaves_the_line_as_it_was(queue):
    queue.enter()

    assert isinstance(in_threads(lambda _: queue.enter(0.05), 1)[0], WriteQueueTimeout)

    assert queue.waiting() == 0
    queue.leave()
    queue.enter(patience=1)
    queue.leave()


def test_two_names_of_one_file_share_a_queue(tmp_path):
    (tmp_path / "db").touch()
    (tmp_path / "other").symlink_to(tmp_path / "db")

    assert queue_for(tmp_path / "db") is queue_for(tmp_path / "other")


HOLDER = """
import sys, time
from workbench.sqlite.queue import WriteQueue
queue = WriteQueue(sys.argv[1])
queue.enter()
print("held", flush=True)
time.sleep(60)
"""


def hold_elsewhere(queue):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, queue.database],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_killed_process_holds_up_nobody(queue):
    with hold_elsewhere(queue) as process:
        with pytest.raises(WriteQueueTimeout, match=r"within 0\.1 seconds"):
            queue.enter(patience=0.1)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

        queue.enter(patience=5)
        queue.leave()


def test_a_forked_child_does_not_inherit_its_parents_place(queue, tmp_path):
    shared = queue_for(tmp_path / "forked")
    shared.enter()
    child = os.fork()
    if child == 0:
        try:
            queue_for(tmp_path / "forked").enter(patience=0.1)
            os._exit(1)
        except WriteQueueTimeout:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    shared.leave()

    assert os.waitstatus_to_exitcode(status) == 0


# Django's transactions


def test_a_new_connection_is_set_up_for_many_writers(counter):
    with connection.cursor() as cursor:
        pragmas = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_threads_that_read_before_they_write_lose_no_update(counter):
    raised = in_threads(lambda _: [add_read_first() for _ in range(20)], 12)

    assert raised == [None] * 12
    assert count() == 240


def test_threads_may_write_without_a_transaction(counter):
    raised = in_threads(lambda _: [add() for _ in range(20)], 8)

    assert raised == [None] * 8
    assert count() == 160


WRITER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "workbench.settings"
import django
django.setup()
from django.db import connection, transaction
print("ready", flush=True)
sys.stdin.readline()
slowest = 0
for _ in range(100):
    started = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        n = cursor.execute("SELECT n FROM counter").fetchone()[0]
        cursor.execute("UPDATE counter SET n = %s", [n + 1])
    slowest = max(slowest, time.monotonic() - started)
print(slowest)
"""


def test_two_processes_take_turns_and_lose_no_update(counter):
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER],
            cwd=PROJECT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    # This process writes too, all the time: the others must not starve beside it.
    while any(process.poll() is None for process in processes):
        add_read_first()
        add(-1)
    said = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert count() == 200
    assert all(float(slowest) < 5 for slowest in said)


@pytest.mark.parametrize("how", ["error", "refused row", "rollback", "broken savepoint", "closed"])
def test_however_a_transaction_ends_the_next_one_may_begin(how, counter):
    if how == "error":
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            add(1 // 0)
    elif how == "refused row":
        with pytest.raises(IntegrityError), transaction.atomic():
            add(-5)
    elif how == "rollback":
        with transaction.atomic():
            add()
            transaction.set_rollback(True)
    elif how == "broken savepoint":
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic():
                add(-5)
            transaction.set_rollback(True)
    else:
        with transaction.atomic():
            connection.close()

    assert in_threads(lambda _: add_read_first(), 2) == [None, None]
    assert count() == 2


def test_a_commit_that_fails_frees_the_queue(transactional_db):
    with transaction.atomic():
        connection.cursor().execute("CREATE TABLE parent (id integer PRIMARY KEY)")
        connection.cursor().execute(
            "CREATE TABLE child (p integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute("INSERT INTO child VALUES (7)")

    def drop(_):
        with transaction.atomic():
            connection.cursor().execute("DROP TABLE child")
            connection.cursor().execute("DROP TABLE parent")

    assert in_threads(drop, 1) == [None]


def test_a_transaction_that_cannot_begin_frees_the_queue(counter, monkeypatch):
    monkeypatch.setattr(connection, "transaction_mode", "NONSENSE")
    with pytest.raises(OperationalError), transaction.atomic():
        pass
    monkeypatch.undo()
    connection.close()

    assert in_threads(lambda _: add_read_first(), 1) == [None]


def test_a_reader_does_not_wait_for_a_writer(counter):
    def read(_):
        connection.ensure_connection()
        connection.transaction_mode = "DEFERRED"
        with transaction.atomic():
            assert count() == 0

    with transaction.atomic():
        add()
        started = time.monotonic()
        assert in_threads(read, 2) == [None, None]

    assert time.monotonic() - started < 5


def test_a_full_line_becomes_503_with_the_time_to_come_again():
    requests = RequestFactory()
    middleware = TryAgain(lambda request: None)
    full = WriteQueueFull("4 others wait <here>; nothing was saved.")

    page = middleware.process_exception(requests.post("/"), full)
    problem = middleware.process_exception(
        requests.post("/", headers={"accept": "application/json"}), full
    )

    assert (page.status_code, page["Retry-After"]) == (503, "1")
    assert b"wait &lt;here&gt;" in page.content
    assert (problem.status_code, problem["Content-Type"]) == (503, "application/problem+json")
    assert b'"code": "try_again"' in problem.content
    assert middleware.process_exception(requests.post("/"), ValueError()) is None


def test_what_sqlite_stored_is_readable_by_any_sqlite(counter):
    add(3)

    with sqlite3.connect(connection.settings_dict["NAME"]) as plain:
        assert plain.execute("SELECT n FROM counter").fetchone() == (3,)
    plain.close()
