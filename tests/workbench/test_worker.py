"""The server's worker process, as it runs: killed, held up, ended, and beside another."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.urls import reverse

from annotations.actions import imports
from annotations.actions.imports import Upload
from annotations.actions.projects import set_member
from annotations.models import Article, Event, ImportBatch, ImportItem, Lease
from annotations.queries.leases import worker_runs
from annotations.queries.verification import verify
from tests.builders import article, desk
from tests.conftest import PROJECT, ServerProcess, database_url, no_other_server
from tests.load.client import Client, Log, cookies

PATIENCE = 60
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for processes where Linux lists them"
)


def until(true, patience=PATIENCE):
    end = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < end, "It did not come about."
        time.sleep(0.02)
    return found


def children(pid):
    """Return the processes that ``pid`` started and that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(path.parent.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def at(transactional_db):
    return desk()


@pytest.fixture
def serving(transactional_db, tmp_path):
    """``serving(…)`` starts a server of the test's own, whose readers know bad files."""
    started = []

    def start(*arguments, seconds=60):
        server = ServerProcess(
            tmp_path / f"server-{len(started)}.log",
            *arguments,
            worker="--no-worker" not in arguments,
            DJANGO_SETTINGS_MODULE="tests.bad_files",
            WORKBENCH_FILE_SECONDS=str(seconds),
        )
        started.append(server)
        return server

    with no_other_server():
        yield start
        for server in started:
            if server in ServerProcess.running:
                server.stop()


@pytest.fixture
def client():
    """``client(at, person, server)`` is the person's browser."""
    opened = []

    def opens(at, person, server):
        one = Client(cookies(at.account(person)), lambda: server.url, Log())
        one.headers["Accept"] = "text/html"
        opened.append(one)
        return one

    yield opens
    for one in opened:
        one.close()


@contextmanager
def working():
    """``manage.py work``, which runs meanwhile."""
    environ = {**os.environ, "DATABASE_URL": database_url()}
    with subprocess.Popen(
        [sys.executable, "manage.py", "work"], cwd=PROJECT, env=environ, stdout=subprocess.PIPE
    ) as work:
        assert work.stdout.readline() == b"At work (Ctrl-C stops it).\n"
        yield work
        work.terminate()


def worker_of(server):
    return until(lambda: children(server.process.pid))[0]


def lines(count):
    return "\n".join(
        json.dumps({"text": f"Title {n} 🌊\n\nThe words of number {n} are שלום, they say."})
        for n in range(count)
    ).encode()


def state_of(batch):
    return ImportBatch.objects.get(pk=batch.pk).state


def stored_once(count):
    assert Article.objects.count() == count
    assert Article.objects.values("text_sha256").distinct().count() == count
    assert Event.objects.filter(kind="article.imported").count() == count
    assert [str(finding) for finding in verify()] == []


def test_a_pasted_text_is_read_by_the_time_its_page_is_answered(at, serving, client):
    server = serving()
    until(worker_runs)
    one = client(at, at.ada, server)
    text = urlencode({"text": "A flood 🌊\n\nThe river rose, they say.", "kind": "txt"})
    # The first wakes the reader.
    for _ in range(2):
        assert one.request("POST", reverse("import-paste", args=["desk"]), text)[0] == 303
        until(lambda: not ImportBatch.objects.filter(state="reading").exists())
    ImportBatch.objects.all().delete()

    one.request("POST", reverse("import-paste", args=["desk"]), text)

    batch = ImportBatch.objects.get()
    _, _, page = one.request("GET", reverse("import-batch", args=["desk", batch.pk]))
    assert b"Reading the files" not in page
    assert "The river rose, they say." in page.decode()


def test_a_file_that_does_not_end_holds_up_nobody_and_is_refused(at, serving, client):
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    on = article(at)
    server = serving(seconds=4)
    ours = client(at, at.ben, server)
    bad = imports.create_batch(
        at.project, [Upload("bad.loops", b"A text"), Upload("next.txt", b"Another")], by=at.ada
    )
    until(lambda: Lease.objects.filter(name=f"import {bad.pk}").exists())
    until(lambda: ImportItem.objects.get(name="bad.loops").attempts)

    good = imports.create_batch(at.project, [Upload("good.txt", b"A good text")], by=at.ben)
    saves = 0
    while state_of(good) == "reading":
        status, _, _ = ours.request(
            "POST",
            f"/p/desk/a/{on.pk}/spans/add",
            urlencode({"start": 0, "end": 3 + saves, "label": at.label("c").pk, "voice": "author"}),
        )
        assert status == 303
        saves += 1
    assert saves
    assert ImportItem.objects.filter(name="bad.loops", state="waiting").exists()

    until(lambda: state_of(bad) == "preview")
    first, second = bad.items.all()
    assert first.message == (
        "bad.loops: reading it took longer than 4 seconds, so it was stopped. Leave out what is "
        "not part of the article, or split the file, and import it again."
    )
    assert (first.state, second.state) == ("refused", "read")


def test_a_worker_killed_while_it_reads_is_started_again_and_nothing_is_read_twice(at, serving):
    server = serving()
    uploads = [Upload(f"{n}.slow", f"A text of its own, {n}".encode()) for n in range(4)]
    batch = imports.create_batch(at.project, uploads, by=at.ada)
    for done in (1, 2):
        until(lambda done=done: batch.items.filter(state="read").count() >= done)
        worker = worker_of(server)
        readers = children(worker)
        os.kill(worker, signal.SIGKILL)
        until(lambda readers=readers: not any(map(alive, readers)))

    until(lambda: state_of(batch) == "preview")

    assert [(item.name, item.state) for item in batch.items.all()] == [
        (f"{n}.slow", "read") for n in range(4)
    ]


def test_a_worker_killed_while_it_stores_is_started_again_and_nothing_is_stored_twice(at, serving):
    server = serving()
    batch = imports.create_batch(at.project, [Upload("many.jsonl", lines(80))], by=at.ada)
    until(lambda: state_of(batch) == "preview")
    imports.store_batch(batch, by=at.ada)
    for stored in (5, 40):
        until(lambda stored=stored: Article.objects.count() >= stored)
        os.kill(worker_of(server), signal.SIGKILL)

    until(lambda: state_of(batch) == "done")

    stored_once(80)


@pytest.mark.parametrize("state", ["reading", "storing"])
def test_a_server_that_is_killed_takes_its_worker_along_and_the_next_goes_on(at, serving, state):
    server = serving()
    uploads = [Upload(f"{n}.slow", f"A text of its own, {n}".encode()) for n in range(3)]
    uploads.append(Upload("many.jsonl", lines(40)))
    batch = imports.create_batch(at.project, uploads, by=at.ada)
    if state == "storing":
        until(lambda: state_of(batch) == "preview")
        imports.store_batch(batch, by=at.ada)
        until(lambda: Article.objects.count() >= 3)
    else:
        until(lambda: batch.items.filter(state="read").exists())
    worker = worker_of(server)
    processes = [worker, *children(worker)]

    server.kill()

    until(lambda: not any(map(alive, processes)))
    until(lambda: not Lease.objects.exists())
    before = Article.objects.count()
    serving()
    if state == "reading":
        assert before == 0
        until(lambda: state_of(batch) == "preview")
        imports.store_batch(batch, by=at.ada)
    until(lambda: state_of(batch) == "done")
    stored_once(43)


def test_a_server_that_is_asked_to_end_ends_with_its_worker_and_its_readers(at, serving):
    server = serving()
    batch = imports.create_batch(at.project, [Upload("a.loops", b"A text")], by=at.ada)
    until(lambda: ImportItem.objects.get().attempts)
    worker = worker_of(server)
    processes = [worker, *until(lambda: children(worker))]

    server.process.terminate()
    server.process.wait(20)

    assert not any(map(alive, processes))
    assert not Lease.objects.exists()
    assert [item.attempts for item in batch.items.all()] == [0]
    assert server.log.read_text() == ""


def test_where_no_worker_runs_the_page_says_so_and_manage_py_work_takes_it_up(at, serving, client):
    server = serving("--no-worker")
    one = client(at, at.ada, server)
    batch = imports.create_batch(at.project, [Upload("a.txt", b"A text")], by=at.ada)
    _, _, page = one.request("GET", reverse("import-batch", args=["desk", batch.pk]))
    said = re.search(r"<p class=\"refusal\" data-no-worker>(.*?)</p>", page.decode())
    assert said
    assert said[1].startswith("No worker process is running, so no file is read")
    assert children(server.process.pid) == []

    with working() as work:
        until(lambda: state_of(batch) == "preview")
        work.send_signal(signal.SIGINT)
        assert work.wait(20) == 0

    assert not worker_runs()


def test_two_workers_on_one_database_do_each_thing_once(at, serving):
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    serving()
    with working():
        until(lambda: Lease.objects.filter(name__startswith="worker ").count() == 2)
        share_the_work(at)


def share_the_work(at):
    batches = [
        imports.create_batch(
            at.project,
            [Upload(f"{n}.txt", f"A text of its own, {number} {n}".encode()) for n in range(6)],
            by=(at.ada, at.ben)[number % 2],
        )
        for number in range(6)
    ]
    until(lambda: {state_of(batch) for batch in batches} == {"preview"})
    assert ImportItem.objects.filter(state="read").count() == 36
    for batch in batches:
        imports.store_batch(batch, by=at.ada)

    until(lambda: {state_of(batch) for batch in batches} == {"done"})

    stored_once(36)


@pytest.mark.sqlite_only("PostgreSQL's files are its own")
def test_a_worker_writes_to_no_file_but_the_one_it_began_with(transactional_db, tmp_path):
    ours, away, other = (tmp_path / name for name in ("ours", "away", "other"))
    for path in (ours, other):
        with closing(sqlite3.connect(path)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)

    def leases_in(path):
        with closing(sqlite3.connect(path)) as looked:
            return looked.execute("SELECT count(*) FROM annotations_lease").fetchone()[0]

    with (tmp_path / "log").open("w") as log:
        environ = {**os.environ, "DATABASE_URL": f"sqlite:///{ours}"}
        with subprocess.Popen(
            [sys.executable, "manage.py", "work"],
            cwd=PROJECT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as work:
            until(lambda: leases_in(ours) == 1)
            for suffix in ("-wal", "-shm"):
                Path(f"{ours}{suffix}").rename(f"{away}{suffix}")
            ours.rename(away)
            other.rename(ours)

            until(lambda: (tmp_path / "log").read_text())
            work.terminate()

    [said] = (tmp_path / "log").read_text().splitlines()
    assert "The worker cannot use the database: " in said
    assert leases_in(ours) == 0
