"""``create_project``, ``adopt_project`` and ``demo``: what a terminal says and what is there then."""

import json
import re
import stat
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from annotations.actions.projects import change_project, remove_member
from annotations.domain.vocabulary import Role
from annotations.management.commands import demo as demo_command
from annotations.models import (
    Article,
    Event,
    Membership,
    Person,
    PersonAccount,
    Project,
    Span,
    guards,
)
from tests.builders import account, desk


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


# --- create_project ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_project_begins_with_its_manager():
    account("ada")

    said = run("create_project", "city-desk", manager="ada", organisation="Café שלום")

    project = Project.objects.get(slug="city-desk")
    assert (project.name, project.organisation) == ("City desk", "Café שלום")
    assert Membership.objects.get(project=project).role == Role.MANAGER
    assert said == "The project “City desk” is there; ada manages it.\n"


@pytest.mark.django_db
def test_a_manager_without_an_account_is_refused_with_what_would_do():
    with pytest.raises(CommandError, match=r"no account “ada”\. Make it with --create-account"):
        run("create_project", "desk", manager="ada")

    assert not Project.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_account_is_made_when_asked_for_and_its_password_printed_once():
    said = run("create_project", "desk", manager="ada", create_account=True, preset="solo")

    password = said.split()[-1]
    assert Client().login(username="ada", password=password)
    assert Project.objects.get().preset == "solo"


@pytest.mark.django_db
def test_a_refused_project_leaves_no_account():
    desk()
    accounts = User.objects.count()

    with pytest.raises(CommandError, match="There is a project “desk” already"):
        run("create_project", "desk", manager="eve", create_account=True)

    assert User.objects.count() == accounts


# --- adopt_project ----------------------------------------------------------------------------


@pytest.fixture
def orphan(db):
    """A project as a fixture brings it: people and no rights."""
    at = desk()
    with guards.lifted(connection):
        Membership.objects.all().delete()
        PersonAccount.objects.all().delete()
    return at


def test_a_project_without_members_gets_its_first_manager(orphan):
    said = run("adopt_project", "desk", manager="ada", person="Ada")

    assert said == "ada manages “Desk” now, as Ada.\n"
    assert Membership.objects.get().role == Role.MANAGER
    assert PersonAccount.objects.get().person == orphan.ada


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"slug": "other"}, "no project “other”. Projects: desk", id="project"),
        pytest.param({"manager": "eve"}, "no account “eve”", id="account"),
        pytest.param({"person": "Éve"}, "Nobody .* People: Ada, ben, cleo", id="person"),
    ],
)
def test_what_is_not_there_cannot_adopt(orphan, given, says):
    asked = {"slug": "desk", "manager": "ada", "person": "Ada", **given}

    with pytest.raises(CommandError, match=says):
        run("adopt_project", asked.pop("slug"), **asked)

    assert not Membership.objects.exists()


def test_a_name_that_two_people_have_is_no_answer(orphan):
    Person.objects.create(project=orphan.project, name="Ada")

    with pytest.raises(CommandError, match="2 of the project’s people are called “Ada”"):
        run("adopt_project", "desk", manager="ada", person="Ada")


def test_a_project_with_members_is_not_adopted(db):
    desk()

    with pytest.raises(CommandError, match="has members already"):
        run("adopt_project", "desk", manager="dan", person="Ada")


# --- demo -------------------------------------------------------------------------------------


@pytest.fixture
def local(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path / "local"
    return settings.LOCAL_DIR


def test_the_demo_makes_accounts_that_open_its_project_and_keeps_their_passwords(db, local):
    said = run("demo", no_server=True)

    kept = local / "demo-accounts.json"
    [passwords] = json.loads(kept.read_text()).values()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(passwords) == {"ada", "ben", "cleo"}
    for username, password in passwords.items():
        assert re.search(rf"^  {username} +{password} ", said, re.MULTILINE)
    client = Client()
    assert client.login(username="ada", password=passwords["ada"])
    assert "Five years after Kabul" in client.get("/").text
    assert set(Membership.objects.values_list("account__username", "role")) == {
        ("ada", "manager"),
        ("ben", "reviewer"),
        ("cleo", "reviewer"),
    }


def test_run_again_it_changes_nothing_and_keeps_what_was_done_since(db, local):
    first = run("demo", no_server=True)
    project = Project.objects.get()
    ada, cleo = (Person.objects.get(links__account__username=name) for name in ("ada", "cleo"))
    change_project(project, name="Ours now", by=ada)
    remove_member(project, account=User.objects.get(username="cleo"), by=ada)
    Path(local / "demo-accounts.json").chmod(0o600)
    before = (Event.objects.count(), User.objects.count(), Span.objects.count())

    again = run("demo", no_server=True)

    project.refresh_from_db()
    assert project.name == "Ours now"
    assert not cleo.links.filter(ended_at=None).exists()
    assert (Event.objects.count(), User.objects.count(), Span.objects.count()) == before
    assert "The demo is here already" in again
    assert first.splitlines()[-4:] == again.splitlines()[-4:]


def test_loading_the_demo_s_fixture_again_after_linking_changes_nothing(db, local):
    run("demo", no_server=True)
    before = list(Event.objects.values_list("hash", flat=True))

    call_command("loaddata", str(demo_command.FIXTURE), verbosity=0)

    assert list(Event.objects.values_list("hash", flat=True)) == before


def test_a_newer_demo_does_not_overwrite_what_went_another_way(db, local, tmp_path, monkeypatch):
    run("demo", no_server=True)
    fixture = demo_command.FIXTURE.read_text()
    project = Project.objects.get()
    change_project(project, name="Ours now", by=Person.objects.get(links__account__username="ada"))
    newer = tmp_path / "newer.json"
    rows = json.loads(fixture)
    for row in rows:
        if row["model"] == "annotations.stream" and row["fields"]["kind"] == "project":
            row["fields"]["head_hash"] = "0" * 64
    newer.write_text(json.dumps(rows))
    monkeypatch.setattr(demo_command, "FIXTURE", newer)

    said = run("demo", no_server=True)

    assert "yours stays, nothing was loaded" in said
    project.refresh_from_db()
    assert project.name == "Ours now"


def test_an_edition_of_the_demo_with_other_keys_leaves_the_one_that_is_here(
    db, local, tmp_path, monkeypatch
):
    run("demo", no_server=True)
    before = set(Event.objects.values_list("hash", flat=True))
    other = tmp_path / "other.json"
    fixture = demo_command.FIXTURE.read_text()
    for key in Article.objects.values_list("pk", flat=True):
        fixture = fixture.replace(str(key), str(uuid4()))
    other.write_text(fixture)
    monkeypatch.setattr(demo_command, "FIXTURE", other)

    said = run("demo", no_server=True)

    assert "yours stays, nothing was loaded" in said
    assert set(Event.objects.values_list("hash", flat=True)) == before


def test_a_fixture_that_cannot_be_read_is_an_error(db, local, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_command, "FIXTURE", tmp_path / "gone.json")
    with pytest.raises(CommandError, match=r"gone\.json is missing"):
        run("demo", no_server=True)

    broken = tmp_path / "broken.json"
    broken.write_text('[{"model": "annotations.nothing", "pk": 1, "fields": {}}]')
    monkeypatch.setattr(demo_command, "FIXTURE", broken)
    with pytest.raises(CommandError):
        run("demo", no_server=True)


def test_an_account_of_the_same_name_is_used_and_its_password_left_alone(db, local):
    account("ada")

    said = run("demo", no_server=True)

    assert Membership.objects.get(account__username="ada").role == Role.MANAGER
    assert "(not made by the demo)" in said
    assert Client().login(username="ada", password="a long enough pass-phrase")


def test_a_port_that_does_not_exist_is_refused_before_anything_is_made(db, local):
    with pytest.raises(CommandError, match="Port 70000 does not exist"):
        run("demo", port=70000)

    assert not Project.objects.exists()
