"""A database file that is swapped, deleted, damaged or served twice is noticed and named."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections, transaction

from tests.conftest import PROJECT
from workbench.sqlite import files
from workbench.sqlite.claim import Claimed, claim
from workbench.sqlite.files import FileSwapped, Unsound, refuse_unsound
from workbench.sqlite.watch import Watch

pytestmark = pytest.mark.sqlite_only("PostgreSQL's files are its own")


@pytest.fixture
def database(tmp_path, request):
    """A database of the test's own beside the test database, with one table, open."""
    name = str(tmp_path / "desk.sqlite3")
    made = connections["default"].copy("desk")
    made.settings_dict = {**made.settings_dict, "NAME": name}
    connections["desk"] = made
    with made.cursor() as cursor:
        cursor.execute("CREATE TABLE django_migrations (name text)")
    yield made
    made.close()
    del connections["desk"]
    files.let_go(name)


def name_of(database):
    return database.settings_dict["NAME"]


def write(database, word="x"):
    with transaction.atomic("desk"), database.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES (%s)", [word])


def words(database):
    with database.cursor() as cursor:
        return [row[0] for row in cursor.execute("SELECT name FROM django_migrations").fetchall()]


def later(database):
    """Let the last look be long ago."""
    database._files.looked -= 1


def moved_over(path):
    other = f"{path}.other"
    with closing(sqlite3.connect(other)) as made:
        made.execute("CREATE TABLE django_migrations (name text)")
        made.commit()
    Path(other).replace(path)


SWAPS = [
    pytest.param(lambda path: Path(path).unlink(), id="deleted"),
    pytest.param(moved_over, id="another moved over it"),
    pytest.param(lambda path: Path(path).rename(f"{path}.away"), id="moved away"),
    pytest.param(lambda path: Path(f"{path}-wal").unlink(), id="its log deleted"),
    pytest.param(lambda path: Path(f"{path}-shm").unlink(), id="the index of its log deleted"),
]


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_written_after_a_swap_is_refused_at_once(db, database, swap):
    write(database)
    swap(name_of(database))

    with pytest.raises(FileSwapped):
        write(database)
    with pytest.raises(FileSwapped), database.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES ('alone')")


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_read_after_a_swap_is_refused_soon(db, database, swap):
    write(database)
    swap(name_of(database))
    later(database)

    with pytest.raises(FileSwapped):
        words(database)


def test_a_swap_in_the_midst_of_a_change_acknowledges_nothing(db, database):
    def swap_after_writing():
        with transaction.atomic("desk"):
            write(database)
            Path(name_of(database)).rename(f"{name_of(database)}.away")

    with pytest.raises(FileSwapped):
        swap_after_writing()

    assert database._entered is None


def test_the_right_file_put_back_is_served_on(db, database):
    path = name_of(database)
    files.hold(path)
    write(database, "before")
    Path(path).rename(f"{path}.away")
    with pytest.raises(FileSwapped):
        write(database, "meanwhile")
    database.close()
    with pytest.raises(FileSwapped):
        database.ensure_connection()
    Path(f"{path}.away").rename(path)

    write(database, "after")

    assert words(database) == ["before", "after"]


def test_a_process_that_serves_opens_no_other_file_and_replays_no_log_into_it(db, database):
    path = name_of(database)
    files.hold(path)
    for number in range(50):
        write(database, f"word {number}")
    database.close()
    moved_over(path)
    before = Path(path).read_bytes()

    with pytest.raises(FileSwapped):
        database.ensure_connection()
    with pytest.raises(FileSwapped):
        Watch(path)
    # As after a kill, which leaves the log where it is.
    with pytest.raises(Unsound, match="belongs to the file before it"):
        refuse_unsound(path)
    files.let_go(path)

    assert Path(path).read_bytes() == before


def test_a_watch_notices_a_swap(db, database):
    path = name_of(database)
    watch = Watch(path)
    Path(path).rename(f"{path}.away")

    with pytest.raises(FileSwapped):
        watch.moved()
    watch.close()


def test_a_database_that_is_made_while_it_is_held_is_the_one_that_is_held(tmp_path, db):
    name = str(tmp_path / "new.sqlite3")
    files.hold(name)
    made = connections["default"].copy("new")
    made.settings_dict = {**made.settings_dict, "NAME": name}
    made.ensure_connection()
    moved_over(name)
    made.close()

    with pytest.raises(FileSwapped):
        made.ensure_connection()
    files.let_go(name)


# Before a start


@pytest.fixture
def stopped(tmp_path):
    """A database of many pages that nobody has open."""
    path = tmp_path / "desk.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE django_migrations (name text)")
        made.execute("CREATE INDEX i ON django_migrations (name)")
        made.execute("PRAGMA journal_mode = WAL")
        made.executemany(
            "INSERT INTO django_migrations VALUES (?)", [(f"{n} " * 50,) for n in range(2000)]
        )
        made.commit()
    return path


def left_with_its_log(path, change="UPDATE django_migrations SET name = name || 'é'"):
    """Return the bytes of the log that a process leaves that is killed after a change."""
    code = (
        "import os, sqlite3, sys\n"
        "made = sqlite3.connect(sys.argv[1])\n"
        "made.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "made.execute(sys.argv[2])\n"
        "made.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path), change], check=False)
    return Path(f"{path}-wal").read_bytes()


def test_what_is_whole_or_empty_or_not_there_is_sound(stopped, tmp_path):
    refuse_unsound(str(stopped))
    refuse_unsound(str(tmp_path / "none.sqlite3"))
    (tmp_path / "empty.sqlite3").touch()
    refuse_unsound(str(tmp_path / "empty.sqlite3"))


def test_what_a_crash_left_is_sound_and_is_left_as_it_is(stopped):
    log = left_with_its_log(stopped)
    before = stopped.read_bytes()

    refuse_unsound(str(stopped))

    assert stopped.read_bytes() == before
    assert Path(f"{stopped}-wal").read_bytes() == log
    with closing(sqlite3.connect(stopped)) as made:
        assert made.execute("SELECT count(*) FROM django_migrations WHERE name LIKE '%é'")


def test_the_log_of_another_file_is_refused_and_stays_out_of_this_one(stopped):
    monday = Path(f"{stopped}.monday")
    shutil.copy(stopped, monday)
    with closing(sqlite3.connect(stopped)) as made:
        made.execute("DELETE FROM django_migrations WHERE rowid % 3 = 0")
        made.executemany("INSERT INTO django_migrations VALUES (?)", [("z" * 400,)] * 500)
        made.commit()
    left_with_its_log(stopped)
    monday.replace(stopped)
    before = stopped.read_bytes()

    with pytest.raises(Unsound, match=r"move .*-wal and .*-shm away and start again"):
        refuse_unsound(str(stopped))

    assert stopped.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"not a database at all, but words" * 40, "it is not an SQLite database"),
        (lambda data: data[: len(data) // 2 // 4096 * 4096], "malformed|page"),
        (lambda data: data[:8192] + b"\xff" * 8192 + data[16384:], "malformed|page|Page"),
    ],
    ids=["words", "cut off", "overwritten"],
)
def test_a_damaged_file_is_refused(stopped, damage, said):
    stopped.write_bytes(damage(stopped.read_bytes()))

    with pytest.raises(Unsound, match=said):
        refuse_unsound(str(stopped))


def test_the_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "notes.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE notes (x)")

    with pytest.raises(Unsound, match="the SQLite database of another program"):
        refuse_unsound(str(path))


def test_a_log_without_its_database_is_refused(stopped):
    left_with_its_log(stopped)
    stopped.unlink()

    with pytest.raises(Unsound, match="is not there, but its write-ahead log is"):
        refuse_unsound(str(stopped))


def test_a_check_that_takes_too_long_looks_at_the_first_pages(stopped, monkeypatch):
    monkeypatch.setattr(files, "BRIEF", -1.0)
    monkeypatch.setattr(files, "_STEPS", 1)

    refuse_unsound(str(stopped))


# One server


def test_a_second_claim_is_refused_until_the_first_process_is_gone(tmp_path):
    name = str(tmp_path / "desk.sqlite3")
    code = (
        "import sys, time\n"
        "from workbench.sqlite.claim import claim\n"
        "claim(sys.argv[1]).take()\n"
        "print('taken', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, name], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "taken\n"
        mine = claim(name)
        with pytest.raises(Claimed, match=r"Another server already serves .*desk\.sqlite3"):
            mine.take()
        other.send_signal(signal.SIGKILL)

    mine.take()
    mine.let_go()


def test_a_second_server_is_refused_and_commands_are_not(server):
    environ = {**os.environ, "DATABASE_URL": server.database_url}

    def manage(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    second = manage("serve", "--port", "0")

    assert second.returncode == 1
    assert second.stderr.startswith("CommandError: Another server already serves ")
    assert manage("verify").returncode == 0
