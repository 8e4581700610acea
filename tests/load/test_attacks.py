"""What befalls a machine under people at work costs nobody anything that was acknowledged.

A disk fills, a clock jumps, a database goes away: the rest is told in words,
and nobody restarts anything.
"""

import datetime
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from annotations.domain.vocabulary import Role
from annotations.models import Receipt, Span
from annotations.queries.verification import verify
from tests import builders
from tests.conftest import PROJECT, ServerProcess, no_other_server
from tests.load.client import Client, Log, Writers, check_histories, check_stored, scene

WRITERS = 8
SUPER = os.geteuid() == 0
MEGABYTE = 1024 * 1024


def ask(at, server, path, method="GET", body=None):
    """Ask as the first of the writers; return status, pause and what was said."""
    client = Client(at.jars[0], lambda: server.url, Log())
    try:
        return client.request(method, path, body)
    finally:
        client.close()


def ready(at, server):
    status, _, content = ask(at, server, "/readyz")
    return status, content.decode().split()


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "Waited in vain."
        time.sleep(0.05)


def put_off_since(log, moment):
    return any(write.put_off and write.began > moment - 30 for write in log.all())


# A disk that fills


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wb-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path) -> None:
    """Leave no room on the disk of a folder."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                continue


def manage(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


if SUPER and shutil.which("mount"):

    @pytest.mark.sqlite_only("PostgreSQL's disk is another program's")
    def test_a_disk_that_fills_under_writers_and_is_emptied(
        transactional_db, soak, figures, tmp_path
    ):
        times = soak(1, 5)
        at = scene(WRITERS, WRITERS)
        log = Log()
        with no_other_server(), small_disk(soak(24, 64)) as folder:
            file = folder / "desk.sqlite3"
            with closing(sqlite3.connect(file)) as copy:
                connection.ensure_connection()
                connection.connection.backup(copy)
            url = f"sqlite:///{file}"
            server = ServerProcess(tmp_path / "server.log", DATABASE_URL=url)
            try:
                with Writers(at, [lambda: server.url], log, insist=True).at_work():
                    for _ in range(times):
                        log.wait_for(WRITERS)
                        fill(folder)
                        full = time.monotonic()
                        wait_until(lambda full=full: put_off_since(log, full))
                        assert ready(at, server) == (503, ["file", "worker"])
                        project = f"/p/{at.project.slug}/"
                        assert ask(at, server, project)[0] == 200
                        check_words(at, server)
                        check_commands(at, folder, url)
                        (folder / "filler").unlink()
                        log.wait_for(1)
            finally:
                server.stop()
            assert manage(url, "verify").stdout == "Everything fits.\n"
            with closing(sqlite3.connect(file)) as kept:
                rows = kept.execute("SELECT note FROM annotations_span WHERE note <> ''").fetchall()
        there = [note for (note,) in rows]
        acknowledged = [write.data["note"] for write in log.acknowledged()]
        figures(
            f"the disk filled {times} times under {WRITERS} writers, and emptied",
            f"{len(acknowledged)} acknowledged, none lost, none twice; "
            f"{sum(write.put_off for write in log.all())} put off",
        )
        assert set(acknowledged) <= set(there)
        assert len(there) == len(set(there))
        said = (tmp_path / "server.log").read_text()
        assert "Traceback" not in said


def check_words(at, server):
    """Hold that a save on a full disk is told what is wrong, as JSON and as a page."""
    article = at.articles[0]
    client = Client(at.jars[0], lambda: server.url, Log())
    path = f"/p/{at.project.slug}/a/{article.pk}/spans/add"
    try:
        status, pause, content = client.request("POST", path, f"start=0&end=3&label={at.label.pk}")
        problem = json.loads(content)
        client.headers["Accept"] = "text/html"
        page = client.request("POST", path, f"start=0&end=3&label={at.label.pk}")
    finally:
        client.close()
    assert (status, pause, problem["code"]) == (503, 10.0, "disk_full")
    assert page[0] == 503
    assert "The disk of the server is full" in page[2].decode()


def check_commands(at, folder, url):
    """Hold that commands on a full disk say one sentence and leave no rest."""
    before = sorted(path.name for path in folder.iterdir())
    output = str(folder / "out.jsonl")
    project = ("--project", at.project.slug)
    done = manage(url, "export_dataset", *project, "--format", "jsonl", "--output", output)
    backup = manage(url, "backup", str(folder / "desk.backup"))
    tidied = manage(url, "tidy")
    for one in (done, backup, tidied):
        assert one.returncode == 1, one.stderr
        assert "Traceback" not in one.stderr
    assert f"{output} cannot be written: No space left on device." in done.stderr
    assert "The disk of the database is full: make room" in tidied.stderr
    assert sorted(path.name for path in folder.iterdir()) == before


# A folder that may only be read


@pytest.mark.sqlite_only("PostgreSQL's files are its own")
def test_a_server_that_starts_in_a_read_only_folder_recovers(transactional_db, tmp_path):
    at = scene(1, 1)
    folder = tmp_path / "desk"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as copy:
        copy.execute("PRAGMA journal_mode = WAL")
    folder.chmod(0o555)
    # Root may write anywhere unless it gives that up.
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if SUPER else []
    log = Log()
    with (tmp_path / "log").open("w") as errors:
        process = subprocess.Popen(
            [*prefix, sys.executable, "manage.py", "serve", "--port", "0", "--no-worker"],
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        line = process.stdout.readline()
        assert "http://" in line, (tmp_path / "log").read_text()
        url = next(word for word in line.split() if word.startswith("http://")).rstrip("/")
        client = Client(at.jars[0], lambda: url, log)
        status, _, content = client.request("GET", f"/p/{at.project.slug}/")
        assert (status, json.loads(content)["code"]) == (503, "read_only")

        folder.chmod(0o755)

        path, data = next(at.marking(at.articles[0], 0))
        assert client.save(path, **data).status == 200
        client.close()
    finally:
        folder.chmod(0o755)
        process.terminate()
        process.wait(20)
        process.stdout.close()


# A clock that jumps


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_jumps_loses_and_doubles_nothing(transactional_db, monkeypatch, days):
    at = scene(1, 1, role=Role.REVIEWER)
    browser = Browser(raise_request_exception=False)
    browser.cookies.load(at.jars[0])
    marking = at.marking(at.articles[0], 0)
    right = timezone.now
    keys = []

    def save(key=None):
        path, data = next(marking) if key is None else keys[key][:2]
        sent = {**data, "key": str(builders.uuid4()) if key is None else keys[key][2]}
        if key is None:
            keys.append((path, data, sent["key"]))
        headers = {"accept": "application/json"}
        return browser.post(path, sent, headers=headers).status_code

    assert save() == 200
    monkeypatch.setattr(timezone, "now", lambda: right() + datetime.timedelta(days=days))
    # What was answered before is answered the same, and stored once.
    again = save(0)
    later = save()
    assert (again, later) == (200, 200)
    monkeypatch.undo()
    assert save() == 200
    assert save(0) == 200
    assert save(1) == 200

    assert Span.objects.count() == len(keys)
    assert Receipt.objects.count() == len(keys)
    assert [str(finding) for finding in verify()] == []


# A database that goes away


@pytest.mark.postgres_only("SQLite goes away with its file alone")
def test_a_postgresql_that_ends_every_connection_under_writers_loses_nothing(mortal, soak, figures):
    times = soak(3, 20)
    at = scene(WRITERS, WRITERS)
    log = Log()
    how = "ends every connection and takes none for a second"

    with Writers(at, mortal.urls, log, insist=True).at_work():
        for _ in range(times):
            log.wait_for(WRITERS)
            connection.close()
            if is_of_this_run():
                how = "is killed and started again"
                kill_and_start()
            else:
                turn_everybody_out()
            log.wait_for(WRITERS)

    put_off = sum(write.put_off for write in log.all())
    figures(
        f"PostgreSQL {how}, {times} times under {WRITERS} writers",
        f"{len(log.acknowledged())} acknowledged, none lost; {put_off} put off, "
        f"{len(log.refused())} refused",
    )
    assert log.refused() == []
    assert put_off > 0
    check_stored(log)
    check_histories()


def turn_everybody_out() -> None:
    """Do what a restart does to this database, for others work in the same cluster."""
    wanted = {**connection.get_connection_params(), "dbname": "postgres"}
    for name in ("context", "cursor_factory", "prepare_threshold"):
        wanted.pop(name, None)
    name = connection.settings_dict["NAME"]
    with psycopg.connect(**wanted, autocommit=True) as held:
        held.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            held.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            time.sleep(1)
        finally:
            held.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def folder_of_the_cluster() -> Path:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        return Path(cursor.fetchone()[0])


def is_of_this_run() -> bool:
    """Say whether nobody but this test uses the cluster: at full length, one of ``tests/run``."""
    alone = bool(os.environ.get("WORKBENCH_SOAK"))
    return alone and folder_of_the_cluster().parent.name.startswith("wb-pg-")


def kill_and_start() -> None:
    """Let PostgreSQL lose a process, at which it ends every connection and recovers its log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    os.kill(pid, signal.SIGKILL)
    connection.close()
    wait_until(is_there_again)


def is_there_again() -> bool:
    try:
        connection.close()
        connection.ensure_connection()
    except Exception:
        return False
    return True
