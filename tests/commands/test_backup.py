"""A backup is one state of the whole database, and comes back as it was, or not at all."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from io import StringIO
from types import SimpleNamespace
from uuid import uuid4

import orjson
import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from annotations.actions import imports
from annotations.actions.imports import Upload
from annotations.actions.recording import Key
from annotations.actions.restoring import restore_backup
from annotations.actions.spans import add_span
from annotations.formats.backup import MANIFEST, Backup
from annotations.management.commands.backup import Progress, unfinished
from annotations.models import (
    Article,
    Event,
    ImportItem,
    Project,
    Span,
    guards,
)
from annotations.models.limits import limits_of
from annotations.queries.backup import LEFT_OUT, OF_MIGRATE, backup_tables, tables, what_is_here
from annotations.queries.portable import unportable
from annotations.queries.search import found_by
from annotations.queries.verification import verify
from tests import builders
from tests.conftest import PROJECT, database_url
from tests.stories import everything

pytestmark = pytest.mark.django_db


def back_up(path, **options):
    said = StringIO()
    call_command("backup", str(path), stderr=said, **options)
    return said.getvalue()


def restore(path, **options):
    said = StringIO()
    call_command("restore", str(path), stdout=said, **options)
    return said.getvalue()


def empty():
    """Leave of the database what ``migrate`` makes, as nothing but a test can."""
    # PostgreSQL alters no table while a check of its rows is pending.
    connection.check_constraints()
    with guards.lifted(connection), connection.cursor() as cursor:
        for model in reversed(tables()):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        connection.check_constraints()
    # Content types and permissions come anew, under other keys than the backup's.
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0)


def digests(path):
    """Return the digest of each table: two backups of equal rows have the same."""
    return {table.name: (table.rows, table.sha256) for table in Backup(path).tables}


@pytest.fixture
def desk():
    """A desk with a row in every table that a backup has."""
    return everything().desk


# What is in it


def test_no_table_is_forgotten():
    known = {model._meta.label_lower for model in tables()} | LEFT_OUT.keys()
    every = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    names = {model._meta.db_table for model in tables()}
    left_out = {apps.get_model(name)._meta.db_table for name in LEFT_OUT}
    stored = {
        name
        for name in connection.introspection.table_names()
        # The tables in which SQLite's index keeps itself.
        if not name.startswith(("annotations_search", "sqlite_"))
    }

    assert known == every
    assert stored - names - left_out <= {"django_migrations"}


def test_every_row_comes_back_as_it_was(desk, tmp_path):
    said = back_up(tmp_path / "a")
    before = digests(tmp_path / "a")
    findings = list(verify())
    empty()
    assert what_is_here() == []

    restored = restore(tmp_path / "a")
    back_up(tmp_path / "b")

    assert digests(tmp_path / "b") == before
    assert findings == list(verify()) == []
    rows = sum(count for count, _ in before.values())
    assert said.startswith(f"{rows:,} rows of {len(before)} tables in ")
    assert restored.startswith(f"{rows:,} rows are restored, of 20")
    assert "Everything fits.\n" in restored


def test_local_rows_are_in_it_to_the_last_byte_and_microsecond(desk, tmp_path):
    password = desk.account(desk.ada).password
    back_up(tmp_path / "a")
    empty()

    restore(tmp_path / "a")

    ada = User.objects.get(username="ada")
    assert ada.password == password
    assert ada.check_password(builders.PASSWORD)
    assert ada.last_login.microsecond == 123456
    assert ada.groups.get().name == "Réviseurs 🌊 שלום"
    assert ada.groups.get().permissions.count() == 2
    assert ada.user_permissions.get() == Permission.objects.last()
    assert bytes(ImportItem.objects.get().content) == bytes(range(256))


def test_who_is_logged_in_is_not_in_it(desk, client, tmp_path):
    client.force_login(desk.account(desk.ada))
    assert Session.objects.exists()

    back_up(tmp_path / "a")

    assert "sessions.session" not in digests(tmp_path / "a")


def test_work_goes_on_in_what_was_restored(desk, tmp_path):
    back_up(tmp_path / "a")
    empty()
    restore(tmp_path / "a")
    ada = Project.objects.get().people.get(name="Ada")

    # Rows whose keys the database counts: the next one follows those that came.
    User.objects.create_user("eva")
    article = Article.objects.get(title="The dam")
    add_span(
        article,
        start=4,
        end=7,
        label=desk.label("c"),
        by=ada,
        key=Key(uuid4(), "c" * 64),
    )
    imports.create_batch(Project.objects.get(), [Upload("b.txt", b"b")], by=ada)

    assert list(verify()) == []
    assert found_by(Span.objects.all(), "colossal").exists()


def test_the_file_is_its_owners_alone_and_replaces_nothing_unasked(desk, tmp_path):
    path = tmp_path / "a"
    path.write_text("precious")
    path.chmod(0o644)

    with pytest.raises(CommandError, match=r"a is there already; --overwrite replaces a file\."):
        back_up(path)
    assert path.read_text() == "precious"
    back_up(path, overwrite=True)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_and_an_empty_name_are_said_to_be_that(tmp_path, overwrite):
    with pytest.raises(CommandError, match=f"{tmp_path} is a folder; give the backup a file name"):
        back_up(tmp_path, overwrite=overwrite)
    with pytest.raises(CommandError, match=r"^Give the backup a file name\.$"):
        back_up("", overwrite=overwrite)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(desk, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        back_up(tmp_path / "none" / "a")


def test_remains_of_a_backup_that_was_killed_are_used_up(desk, tmp_path):
    remains = tmp_path / ".a.unfinished"
    remains.write_text("half of it " * 1_000_000)
    remains.chmod(0o644)

    back_up(tmp_path / "a")

    assert [found.name for found in tmp_path.iterdir()] == ["a"]
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_second_backup_to_the_same_file_is_refused(desk, tmp_path):
    with unfinished(tmp_path / "a"), pytest.raises(CommandError, match="Another backup is being"):
        back_up(tmp_path / "a")


def test_an_error_leaves_no_file(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("annotations.formats.backup.orjson.dumps", lambda *_, **__: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        back_up(tmp_path / "a")

    assert list(tmp_path.iterdir()) == []


def test_what_was_written_badly_is_not_kept(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: os.pwrite(file, b"rust" * 25, 100))

    with pytest.raises(CommandError, match="is damaged or cut off"):
        back_up(tmp_path / "a")

    assert list(tmp_path.iterdir()) == []


def test_a_history_that_does_not_hold_is_backed_up_and_told(desk, tmp_path):
    broken = Event.objects.filter(stream=desk.project.pk, sequence=2)
    connection.check_constraints()
    with guards.lifted(connection):
        broken.update(kind="span.forged")

    with pytest.raises(CommandError, match=r"but 1 of its histories do not hold: .* first event"):
        back_up(tmp_path / "a")

    assert (tmp_path / "a").exists()
    empty()
    with pytest.raises(CommandError, match=r"does not hold .* Nothing was restored; --with-faults"):
        restore(tmp_path / "a")
    assert what_is_here() == []
    with pytest.raises(CommandError, match="rows are restored, with 1 things that do not fit"):
        restore(tmp_path / "a", with_faults=True)
    assert broken.get().kind == "span.forged"
    assert len(guards.standing(connection)) == len(guards.due(connection))


def test_a_terminal_is_told_how_far_it_is():
    class Terminal(StringIO):
        def write(self, text, ending="\n"):
            super().write(text)

        def isatty(self):
            return True

    Progress(terminal := Terminal(), "Writing")("annotations.span", 12000)

    assert "Writing annotations.span: 12,000" in terminal.getvalue()


# What is refused, and leaves the database as it was


@contextmanager
def untouched():
    """Hold that the database is empty afterwards, its guards standing."""
    yield
    assert what_is_here() == []
    assert Permission.objects.exists()
    assert len(guards.standing(connection)) == len(guards.due(connection))


def test_a_database_with_rows_is_refused_and_they_are_named(desk, tmp_path):
    back_up(tmp_path / "a")
    connection.check_constraints()

    with pytest.raises(
        CommandError,
        match=r"not empty: it holds 1 project, 3 persons, 3 labels, 1 speaker and rows of \d+ other",
    ):
        restore(tmp_path / "a")


def test_one_account_is_enough_to_be_refused(desk, tmp_path):
    back_up(tmp_path / "a")
    empty()
    User.objects.create_user("eva")

    with pytest.raises(CommandError, match=r"it holds 1 user\. A backup is restored into an empty"):
        restore(tmp_path / "a")


def rewrite(path, change):
    """Change members of a backup and its manifest to match, as somebody with a ZIP tool could."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    said = orjson.loads(members[MANIFEST])
    change(members, said)
    for table in said["tables"]:
        rows = members[f"{table['name']}.jsonl"]
        table["rows"], table["sha256"] = rows.count(b"\n"), hashlib.sha256(rows).hexdigest()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {MANIFEST: orjson.dumps(said)}).items():
            archive.writestr(name, content)


def test_a_damaged_file_is_refused_before_anything_is_stored(desk, tmp_path):
    back_up(tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:-40])
    empty()

    with untouched(), pytest.raises(CommandError, match="is damaged or cut off"):
        restore(tmp_path / "a")


def test_a_file_that_goes_bad_while_it_is_read_leaves_nothing(desk, tmp_path, monkeypatch):
    back_up(tmp_path / "a")
    empty()
    monkeypatch.setattr("annotations.management.commands.restore.check", lambda *_: [])
    whole = bytearray((tmp_path / "a").read_bytes())
    with zipfile.ZipFile(tmp_path / "a") as archive:
        late = archive.getinfo("annotations.event.jsonl").header_offset + 100
    whole[late : late + 20] = b"rust" * 5
    (tmp_path / "a").write_bytes(whole)

    with untouched(), pytest.raises(CommandError, match=r"event\.jsonl cannot be read"):
        restore(tmp_path / "a")


def test_a_file_of_a_newer_version_is_refused(desk, tmp_path):
    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", lambda _, said: said["migrations"].append(["annotations", "0999_x"]))
    empty()

    with (
        untouched(),
        pytest.raises(
            CommandError, match=r"newer version.*does not know its migration annotations\.0999_x"
        ),
    ):
        restore(tmp_path / "a")


def test_a_table_that_is_unknown_here_is_refused(desk, tmp_path):
    def rename(members, said):
        said["tables"].append(
            {"name": "annotations.quiz", "columns": ["uuid"], "rows": 0, "sha256": ""}
        )
        members["annotations.quiz.jsonl"] = b""

    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", rename)
    empty()

    with untouched(), pytest.raises(CommandError, match=r"has a table annotations\.quiz"):
        restore(tmp_path / "a")


def test_a_file_of_an_earlier_version_asks_for_a_new_database(desk, tmp_path):
    def earlier(_, said):
        said["migrations"] = [m for m in said["migrations"] if m[1] != "0004_live_spans"]

    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", earlier)
    empty()

    with untouched(), pytest.raises(CommandError, match="earlier version than the tables of this"):
        restore(tmp_path / "a")


def change_row(members, table, old, new):
    name = f"annotations.{table}.jsonl"
    assert old in members[name]
    members[name] = members[name].replace(old, new)


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        pytest.param(
            "span",
            b"colossal blunder",
            b"smallish blunder",
            "The quote is not the text",
            id="quote",
        ),
        pytest.param(
            "article", b"rose two metres", b"rose six metres", "does not fit its SHA-256", id="text"
        ),
        pytest.param("span", b"Very harsh.", b"Very kind.", "not what its last event", id="note"),
        pytest.param("stream", b'"project"', b'"layer"', "", id="constraint"),
    ],
)
def test_what_somebody_changed_in_the_file_is_refused_whole(desk, tmp_path, table, old, new, said):
    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", lambda members, _: change_row(members, table, old, new))
    empty()

    with untouched(), pytest.raises(CommandError, match=f"{said}.*Nothing was restored"):
        restore(tmp_path / "a")


def test_a_row_whose_parent_is_missing_is_refused_whole(desk, tmp_path):
    def orphan(members, _):
        lines = members["annotations.membership.jsonl"].splitlines(keepends=True)
        row = orjson.loads(lines[0])
        row[2] = 4711
        members["annotations.membership.jsonl"] = b"".join([orjson.dumps(row), b"\n", *lines[1:]])

    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", orphan)
    empty()

    with untouched(), pytest.raises(CommandError, match="The database refused what"):
        restore(tmp_path / "a")


def test_a_history_cut_short_with_its_head_is_seen_by_the_manifest(desk, tmp_path):
    def cut(members, _):
        streams = [orjson.loads(line) for line in members["annotations.stream.jsonl"].splitlines()]
        events = [orjson.loads(line) for line in members["annotations.event.jsonl"].splitlines()]
        last = next(e for e in reversed(events) if e[1] == str(desk.project.pk))
        before = next(e for e in events if e[1:3] == [last[1], last[2] - 1])
        for row in streams:
            if row[0] == last[1]:
                row[5:7] = [before[2], before[-1]]
        events.remove(last)
        for name, rows in (("stream", streams), ("event", events)):
            members[f"annotations.{name}.jsonl"] = b"".join(orjson.dumps(r) + b"\n" for r in rows)

    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", cut)
    empty()

    with untouched(), pytest.raises(CommandError, match="heads of its histories are not those"):
        restore(tmp_path / "a")
    with pytest.raises(CommandError, match="things that do not fit"):
        restore(tmp_path / "a", with_faults=True)


def test_events_without_their_stream_and_streams_without_their_events_are_told(desk, tmp_path):
    def lose(members, said):
        members["annotations.event.jsonl"] = b""

    back_up(tmp_path / "a")
    rewrite(tmp_path / "a", lose)
    empty()

    with untouched(), pytest.raises(CommandError, match=r"has lost its \d+ events"):
        restore(tmp_path / "a")


# Other databases, other processes


def manage(*arguments, url, **more):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )


def test_a_backup_goes_from_any_database_into_any_other(desk, tmp_path):
    """On SQLite from file to file; on PostgreSQL into SQLite and back again."""
    other = f"sqlite:///{tmp_path}/other.sqlite3"
    back_up(tmp_path / "a")

    done = manage("restore", tmp_path / "a", url=other)
    assert (done.returncode, done.stderr) == (0, "")
    assert manage("backup", tmp_path / "b", url=other).returncode == 0
    assert digests(tmp_path / "b") == digests(tmp_path / "a")
    empty()
    restore(tmp_path / "b")
    back_up(tmp_path / "c")

    assert digests(tmp_path / "c") == digests(tmp_path / "a")


def test_what_was_backed_up_before_an_upgrade_is_restored_after_it(tmp_path):
    """Of the tables of the first release, which no later version may fail to restore."""
    old = f"sqlite:///{tmp_path}/old.sqlite3"
    new = f"sqlite:///{tmp_path}/new.sqlite3"
    for state in (["auth"], ["annotations", "0001"]):
        assert manage("migrate", "--skip-checks", *state, url=old).returncode == 0
    eva = "from django.contrib.auth.models import User; User.objects.create_user('eva', 'é@🌊.org')"
    assert manage("shell", "--no-imports", "-c", eva, url=old).returncode == 0

    assert manage("backup", tmp_path / "a", url=old).returncode == 0
    done = manage("restore", tmp_path / "a", url=new)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything fits." in done.stdout
    assert manage("verify", url=new).stdout == "Everything fits.\n"
    again = manage("restore", tmp_path / "a", url=new)
    assert "not empty: it holds 1 user" in again.stderr


def test_a_database_without_tables_has_nothing_to_back_up(tmp_path):
    done = manage("backup", tmp_path / "a", url=f"sqlite:///{tmp_path}/new.sqlite3")

    assert done.stderr.strip() == (
        "CommandError: There is nothing to back up: the database has no tables yet."
    )
    assert not list(tmp_path.glob("*a*"))


def test_a_database_of_a_newer_version_is_not_backed_up_by_halves(desk, tmp_path):
    MigrationRecorder(connection).record_applied("annotations", "0999_x")

    with pytest.raises(CommandError, match=r"newer version: its migration annotations\.0999_x is"):
        back_up(tmp_path / "a")


def test_tables_of_an_earlier_version_are_filled_as_they_are(desk, tmp_path):
    back_up(tmp_path / "a")
    before = digests(tmp_path / "a")
    empty()
    registry = MigrationLoader(connection).project_state().apps

    found = restore_backup(Backup(tmp_path / "a"), registry=registry)

    back_up(tmp_path / "b")
    assert found == []
    assert digests(tmp_path / "b") == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.django_db(transaction=True)
def test_a_backup_that_is_killed_leaves_no_file_of_its_name(desk, tmp_path, number):
    process = stopped_in_the_middle(
        "backup", tmp_path / "a", "annotations.queries.backup.plain_rows"
    )
    with process:
        process.send_signal(number)

    assert process.returncode != 0
    left = [] if number == signal.SIGTERM else [".a.unfinished"]
    assert [found.name for found in tmp_path.iterdir() if "a" in found.name] == left
    back_up(tmp_path / "a")
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.django_db(transaction=True)
def test_a_restore_that_is_killed_leaves_the_database_empty(desk, tmp_path, number):
    back_up(tmp_path / "a")
    with transaction.atomic():
        empty()

    process = stopped_in_the_middle(
        "restore", tmp_path / "a", "annotations.actions.restoring.heads"
    )
    with process:
        process.send_signal(number)

    with untouched():
        assert process.returncode != 0
    assert "Everything fits." in restore(tmp_path / "a")


STOPPING = """
import sys
from importlib import import_module
import django
django.setup()
from django.core.management import execute_from_command_line
command, path, where = sys.argv[1:]
module, _, name = where.rpartition(".")
module = import_module(module)
before = getattr(module, name)
calls = 0
def stop(*args, **kwargs):
    global calls
    calls += 1
    if calls == 5 or command == "restore":
        print("here", flush=True)
        sys.stdin.readline()
    return before(*args, **kwargs)
setattr(module, name, stop)
execute_from_command_line(["manage.py", command, path])
"""


def stopped_in_the_middle(command, path, where):
    """Run a command until it comes to the function named ``where``, and leave it waiting there."""
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPING, command, str(path), where],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "workbench.settings",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    if line != "here\n":
        with process:
            pytest.fail(process.stderr.read())
    return process


# Crafted files, and the longest and oddest values


def drop(name):
    return lambda members, said: said.pop(name)


def put(value, *place):
    def change(members, said):
        at = said
        for part in place[:-1]:
            at = at[part]
        at[place[-1]] = value

    return change


def in_rows(table, value):
    """Put a value into every column but the first of a table's first row."""

    def change(members, said):
        name = f"annotations.{table}.jsonl"
        first, *rest = members[name].splitlines(keepends=True)
        row = orjson.loads(first)
        row[1:] = [value] * (len(row) - 1)
        members[name] = b"".join([orjson.dumps(row), b"\n", *rest])

    return change


def extra_column(members, said):
    [table] = [one for one in said["tables"] if one["name"] == "annotations.label"]
    table["columns"].append("shape")
    rows = [orjson.loads(line) for line in members["annotations.label.jsonl"].splitlines()]
    members["annotations.label.jsonl"] = b"".join(
        orjson.dumps([*row, "round"]) + b"\n" for row in rows
    )


#: How a file is refused that somebody has put together.
NOTHING = "Nothing was restored|Take another copy"


def without_events(members, said):
    said["tables"] = [one for one in said["tables"] if one["name"] != "annotations.event"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        *(
            pytest.param(drop(name), f"has no {name} as this program writes it", id=f"no {name}")
            for name in ("migrations", "history", "made_at")
        ),
        pytest.param(
            put({"a": 1}, "migrations"), "has no migrations", id="migrations as an object"
        ),
        pytest.param(put([["a"]], "migrations"), "has no migrations", id="half a migration"),
        pytest.param(put([[1, 2]], "migrations"), "has no migrations", id="numbered migrations"),
        pytest.param(put("x", "history"), "has no history", id="history in words"),
        pytest.param(put(-1, "history", "events"), "has no history", id="events below none"),
        pytest.param(put(7, "made_at"), "has no made_at", id="made at seven"),
        pytest.param(put("x", "tables", 0, "columns"), "has no tables", id="columns in words"),
        pytest.param(put(None, "version"), "is damaged", id="no version"),
        pytest.param(extra_column, r"has a column shape of annotations\.label", id="a column more"),
        pytest.param(without_events, r"has no table annotations\.event", id="no events"),
        *(
            pytest.param(in_rows(table, value), NOTHING, id=f"{value!r} in {table}")
            for table in ("event", "stream", "span", "membership", "project")
            for value in (None, 10**18, "é", {"a": [1]}, [])
        ),
    ],
)
def test_a_crafted_file_gets_a_sentence_and_stores_nothing(desk, tmp_path, change, says):
    path = tmp_path / "a"
    back_up(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    said = orjson.loads(members[MANIFEST])
    change(members, said)
    for table in said["tables"] if isinstance(said.get("tables"), list) else ():
        rows = members[f"{table['name']}.jsonl"]
        table["rows"], table["sha256"] = rows.count(b"\n"), hashlib.sha256(rows).hexdigest()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {MANIFEST: orjson.dumps(said)}).items():
            archive.writestr(name, content)
    empty()

    with untouched(), pytest.raises(CommandError, match=says):
        restore(path)


def test_the_end_of_a_restore_names_who_rules_and_the_digest_of_the_whole(desk, tmp_path):
    def promote(members, said):
        name = "annotations.membership.jsonl"
        members[name] = members[name].replace(b'"annotator"', b'"manager"')

    User.objects.filter(username="ben").update(is_superuser=True)
    taken = back_up(tmp_path / "a")
    whole = Backup(tmp_path / "a").sha256
    rewrite(tmp_path / "a", promote)
    empty()

    with pytest.raises(CommandError, match="Nothing was restored"):
        restore(tmp_path / "a")

    assert f"SHA-256 of the backup: {whole}" in taken
    assert Backup(tmp_path / "a").sha256 != whole


def test_a_restore_says_superusers_and_managers(desk, tmp_path):
    User.objects.filter(username="ben").update(is_superuser=True)
    back_up(tmp_path / "a")
    empty()

    said = restore(tmp_path / "a")

    assert "Superusers: ben." in said
    assert "Managers of desk: ada." in said
    assert f"SHA-256 of the backup: {Backup(tmp_path / 'a').sha256}" in said


#: Odd, and one character each of a column's count.
ODD = "é🌊ש\u0301\u200d\\u0000\n\t\"'<%_—\U0010ffff"


def longest(model, field, value):
    """Return the longest and oddest value that a column may have, unlike those of other rows."""
    if isinstance(field, models.BooleanField | models.ForeignKey) or field.primary_key:
        return value
    if isinstance(field, models.JSONField):
        return {**value, ODD: [ODD]} if isinstance(value, dict) else [*(value or []), ODD]
    limit = next((one for one in limits_of(model) if one.name == field.attname), None)
    if limit is None or value is None or field.choices:
        return value
    if limit.kind == "number":
        return limit.most
    room = (limit.most or 2_000) - len(value)
    return (ODD * 2_000)[: max(room, 0)] + value


def in_checks(model):
    """Return the fields that a CHECK of the table or a unique index names."""
    named = {name for names in model._meta.unique_together for name in names}
    for constraint in model._meta.constraints:
        condition = getattr(constraint, "condition", None)
        named |= {name.partition("__")[0] for name in _names_in(condition)}
        named |= set(getattr(constraint, "fields", ()))
    return named


def _names_in(condition):
    for child in getattr(condition, "children", ()):
        if isinstance(child, tuple):
            yield child[0]
            yield from [child[1].name] if isinstance(child[1], models.F) else []
        else:
            yield from _names_in(child)


def test_a_desk_whose_every_field_is_longest_and_oddest_is_restored(desk, tmp_path):
    """Whatever SQLite and its guards let in, PostgreSQL takes; and the other way round."""
    # Events and their streams are hashed: their columns have one length each.
    hashed = {"annotations.event", "annotations.stream", *OF_MIGRATE}
    filled = set()

    def fill(members, said):
        models_by = {model._meta.label_lower: model for model in tables()}
        for table in said["tables"]:
            model = models_by[table["name"]]
            if table["name"] in hashed or not limits_of(model):
                continue
            left = in_checks(model)
            rows = []
            for line in members[f"{table['name']}.jsonl"].splitlines():
                row = orjson.loads(line)
                for at, name in enumerate(table["columns"]):
                    field = model._meta.get_field(name)
                    if name not in left and not field.unique:
                        row[at] = longest(model, field, row[at])
                        filled.add(f"{table['name']}.{name}")
                rows.append(orjson.dumps(row) + b"\n")
            members[f"{table['name']}.jsonl"] = b"".join(rows)

    path = tmp_path / "a"
    back_up(path)
    rewrite(path, fill)
    before = {table.name: list(Backup(path).rows(table)) for table in Backup(path).tables}
    empty()

    # The rows are not what the history tells of them: that is named, and taken with faults.
    registry = SimpleNamespace(get_models=apps.get_models)
    with transaction.atomic():
        restore_backup(Backup(path), registry=registry, faults=True)
        for name, _, rows in backup_tables():
            assert [orjson.loads(orjson.dumps(row)) for row in rows] == before[name], name
        assert list(unportable(connection)) == []
        transaction.set_rollback(True)
    assert {"annotations.span.note", "annotations.span.chain", "auth.user.first_name"} <= filled
    assert {"annotations.comment.mentions", "annotations.importitem.name"} <= filled
