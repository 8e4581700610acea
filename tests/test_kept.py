"""What released versions wrote is taken by this one, whole and without a finding.

``tests/kept/`` holds, under the name of its last migration, the demo and a desk with a row in
every table: as a database, as a backup, and the demo as the fixture that people have.
"""

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from uuid import uuid4

import pytest
from django.db import connection

from annotations.domain.schema import LATER, PAYLOAD_VERSION
from annotations.models.rows import TABLES, columns
from tests.conftest import PROJECT, database_url

KEPT = PROJECT / "tests" / "kept"
RELEASES = sorted(path.name for path in KEPT.iterdir() if path.is_dir())


def manage(project, url, *arguments):
    """Run a command of ``project`` on the database of ``url``; return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env={"DATABASE_URL": url, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unpacked(release, name, folder):
    """Return the URL of a copy of a kept database."""
    file = folder / f"{name}.sqlite3"
    file.write_bytes(gzip.decompress((KEPT / release / f"{name}.sqlite3.gz").read_bytes()))
    return f"sqlite:///{file}"


def signed_and_told(url):
    """Return every event's hash and payload, and which sign-offs have lapsed."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        events = database.execute(
            "SELECT stream_id, sequence, hash, payload FROM annotations_event ORDER BY 1, 2"
        ).fetchall()
        lapsed = database.execute(
            "SELECT uuid, lapsed_at IS NULL FROM annotations_signoff ORDER BY 1"
        ).fetchall()
    database.close()
    assert events
    assert any(stands for _, stands in lapsed)
    return events, lapsed


@pytest.fixture
def fresh(request, tmp_path):
    """Return the URL of a database without tables, of the kind that is tested."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
        return
    request.getfixturevalue("django_db_blocker").unblock()
    name = f"kept_{uuid4().hex}"
    url = database_url()
    path, _, query = url.rpartition("?")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{path.rpartition('/')[0]}/{name}?{query}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.sqlite_only("what is kept is a database of SQLite")
@pytest.mark.parametrize("name", ["demo", "desk"])
@pytest.mark.parametrize("release", RELEASES)
def test_a_desk_that_was_running_is_migrated_and_its_history_stays(release, name, tmp_path):
    url = unpacked(release, name, tmp_path)
    before = signed_and_told(url)

    manage(PROJECT, url, "migrate", "-v0")

    assert "Everything fits." in manage(PROJECT, url, "verify")
    assert signed_and_told(url) == before


@pytest.mark.parametrize("name", ["demo", "desk"])
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.django_db(transaction=True)
def test_a_backup_that_was_taken_is_restored(release, name, fresh):
    manage(PROJECT, fresh, "restore", str(KEPT / release / f"{name}.backup"))

    assert "Everything fits." in manage(PROJECT, fresh, "verify")


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.django_db(transaction=True)
def test_the_fixture_that_people_have_is_taken(release, fresh):
    manage(PROJECT, fresh, "migrate", "-v0")
    manage(PROJECT, fresh, "loaddata", str(KEPT / release / "demo.json.gz"), "-v0")

    assert "Everything fits." in manage(PROJECT, fresh, "verify")


# A field that comes later

#: Each exported table that has a history, the file of its model and a line in it.
GROWING = {
    "project": ("project", "    guideline_version ="),
    "label": ("project", "    colour ="),
    "article": ("article", "    byline ="),
    "span": ("span", "    quote_kind ="),
    "citation": ("evidence", "    locator ="),
    "assertion": ("evidence", "    paraphrase ="),
    "decision": ("review", "    reason_code ="),
    "comment": ("review", "    body ="),
    "signoff": ("review", "    sole_author ="),
}


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Return a copy of the project in which each of these tables has a field more."""
    copy = tmp_path_factory.mktemp("grown")
    for name in ("annotations", "workbench", "templates", "fixtures"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "manage.py", copy)
    for table, (module, line) in GROWING.items():
        model = copy / "annotations" / "models" / f"{module}.py"
        source = model.read_text()
        start = source.index(
            line, source.index(f"class {table.capitalize().replace('off', 'Off')}(")
        )
        model.write_text(
            f'{source[:start]}    later = models.CharField(max_length=20, default="é none")\n'
            f"{source[start:]}"
        )
    schema = copy / "annotations" / "domain" / "schema.py"
    fields = "".join(
        f'LATER.setdefault("{table}", {{}})["later"] = Later(since=99, absent="é none")\n'
        for table in GROWING
    )
    before, after = re.split(r"(?=#: The version of the payload)", schema.read_text())
    schema.write_text(f"{before}{fields}\n{after}")
    manage(copy, "sqlite:///:memory:", "makemigrations", "annotations", "-n", "grow", "-v0")
    return copy


@pytest.mark.sqlite_only("what is kept is a database of SQLite")
@pytest.mark.parametrize("release", RELEASES)
def test_a_field_that_comes_later_breaks_no_history_and_lapses_nothing(release, grown, tmp_path):
    url = unpacked(release, "desk", tmp_path)
    before = signed_and_told(url)

    manage(grown, url, "migrate", "-v0")

    assert "Everything fits." in manage(grown, url, "verify")
    assert signed_and_told(url) == before
    # Work goes on: what is written from now on names the field, and fits what was before.
    manage(grown, url, "shell", "--no-imports", "-c", CHANGE_EVERYTHING)
    assert "Everything fits." in manage(grown, url, "verify")
    after, _ = signed_and_told(url)
    assert "é none" in "".join(payload or "" for *_, payload in after)


CHANGE_EVERYTHING = """
from annotations.actions.review import add_comment
from annotations.actions.spans import change_span
from annotations.models import Person, Span
for span in Span.objects.filter(withdrawn_at=None, article__project__slug="desk"):
    by = Person.objects.get(name="Ada", project=span.article.project)
    change_span(span, note="Looked at again.", by=by)
    add_comment(span.article, body="Again.", span=span, by=by)
"""


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.django_db(transaction=True)
def test_a_fixture_and_a_backup_from_before_a_field_are_taken(release, grown, fresh):
    manage(grown, fresh, "restore", str(KEPT / release / "desk.backup"))
    manage(grown, fresh, "loaddata", str(KEPT / release / "demo.json.gz"), "-v0")

    assert "Everything fits." in manage(grown, fresh, "verify")


def test_what_a_later_field_holds_where_nothing_names_it_is_its_columns_default():
    for table, fields in LATER.items():
        for name, field in fields.items():
            default = TABLES[table]._meta.get_field(name).get_default()
            assert field.absent == default, (table, name)
            assert field.since <= PAYLOAD_VERSION


def test_every_field_since_the_first_release_is_named_in_the_schema():
    first = gzip.decompress((KEPT / RELEASES[0] / "demo.json.gz").read_bytes())
    known = {}
    for row in json.loads(first):
        known.setdefault(row["model"].partition(".")[2], set()).update(row["fields"])
    for table, model in TABLES.items():
        now = {name for name, _, _ in columns(model)}
        if table in known:
            assert now - known[table] == LATER.get(table, {}).keys(), table
