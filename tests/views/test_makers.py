"""Who begins projects, makes accounts and adds people; and what nobody learns by trying."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from annotations.actions.projects import create_project, set_member
from annotations.domain.vocabulary import Role
from annotations.models import Event, Membership, Project
from tests import builders
from tests.builders import logged_in

NEW = {"slug": "own", "name": "My own שלום", "preset": "desk"}


@pytest.fixture
def eve(at):
    """A manager of a project of her own who is not staff, and shares the desk with its people."""
    account = builders.account("eve")
    set_member(at.project, account=account, role=Role.VIEWER, by=at.ada)
    create_project(slug="hers", name="Hers", account=account)
    return account


@pytest.fixture
def hers(eve):
    client = Client()
    client.force_login(eve)
    return client


def add_member(client, name, slug="hers"):
    return client.post(reverse("member-add", args=[slug]), {"username": name, "role": "annotator"})


def add_account(client, name, slug="hers"):
    return client.post(
        reverse("account-add", args=[slug]),
        {"username": name, "name": "Somebody", "role": "annotator"},
    )


@pytest.mark.parametrize("setting", ["staff", "everybody"])
@pytest.mark.parametrize("who", ["ada", "cleo", "dan"])
def test_a_project_is_begun_by_whom_the_setting_names(at, settings, setting, who):
    settings.PROJECT_MAKERS = setting
    client = Client()
    client.force_login(User.objects.get(username=who))
    may = setting == "everybody" or who == "ada"

    first = client.get("/").content.decode()
    page = client.get("/projects/new/")
    begun = client.post("/projects/new/", NEW)

    assert (reverse("project-new") in first) == may
    assert (page.status_code, begun.status_code) == ((200, 303) if may else (403, 403))
    assert Project.objects.filter(slug="own").exists() == may
    if not may:
        for answer in (page, begun):
            assert "Only staff begin projects and make accounts here." in answer.content.decode()
            assert "manage.py staff" in answer.content.decode()


@pytest.mark.parametrize("setting", ["staff", "everybody"])
def test_an_account_is_made_by_whom_the_setting_names(at, hers, settings, setting):
    settings.PROJECT_MAKERS = setting
    page = hers.get(reverse("settings", args=["hers"])).content.decode()
    made = add_account(hers, "newcomer")
    by_staff = add_account(logged_in(at, at.ada), "another", at.project.slug)

    assert (reverse("account-add", args=["hers"]) in page) == (setting == "everybody")
    assert made.status_code == (200 if setting == "everybody" else 403)
    assert by_staff.status_code == 200
    assert User.objects.filter(username="another").exists()
    assert User.objects.filter(username__startswith="newcomer").exists() == (setting == "everybody")


def test_a_taken_user_name_is_answered_as_a_free_one_to_who_is_not_staff(at, hers, settings):
    settings.PROJECT_MAKERS = "everybody"
    for name in ("dan", "DAN", "nobody-has-this"):
        answer = add_account(hers, name)
        made = User.objects.latest("pk")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert made.username != name
        assert made.username.startswith(f"{name}-")
        # What is shown is the name that one logs in with.
        assert made.username in page

    settings.PROJECT_MAKERS = "staff"
    answers = [add_account(hers, name) for name in ("dan", "nobody-has-that")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert len({answer.content.decode().partition("<main")[2] for answer in answers}) == 1


def test_adding_a_member_tells_nobody_which_user_names_there_are(at, hers):
    answers = {name: add_member(hers, name) for name in ("dan", "nobody-has-this")}

    pages = {
        name: answer.content.decode().replace(name, "NAME").split('id="people"')[-1]
        for name, answer in answers.items()
    }
    assert {answer.status_code for answer in answers.values()} == {422}
    assert "or none that shares a project with you" in pages["dan"]
    errors = {page[page.index("There is no account") :][:200] for page in pages.values()}
    assert len(errors) == 1
    assert not Membership.objects.filter(account=at.dan, project__slug="hers").exists()


def test_who_shares_a_project_is_added_and_it_is_recorded(at, hers):
    project = Project.objects.get(slug="hers")
    told = Event.objects.filter(stream__project=project, kind="member.set")
    before = told.count()

    assert add_member(hers, "ben").status_code == 303

    assert Membership.objects.filter(account__username="ben", project=project).exists()
    assert told.count() == before + 1
    # Staff may name anybody, as they can read who there is.
    assert add_member(logged_in(at, at.ada), "dan", at.project.slug).status_code == 303


def test_linking_a_person_tells_no_more(at, hers, eve):
    project = Project.objects.get(slug="hers")
    hers.post(reverse("person-add", args=["hers"]), {"name": "A name"})
    person = project.people.get(name="A name")
    link = reverse("person-link", args=["hers", person.pk])

    answers = [
        hers.post(link, {"username": name, "role": "viewer"}) for name in ("dan", "nobody-here")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    for answer in answers:
        assert "or none that shares a project with you" in answer.content.decode()


def test_a_command_makes_somebody_staff(at):
    out = StringIO()
    call_command("staff", "cleo", stdout=out)

    assert "cleo may begin projects" in out.getvalue()
    assert logged_in(at, at.cleo).get("/projects/new/").status_code == 200
    with pytest.raises(CommandError, match="There is no account"):
        call_command("staff", "nobody")


def test_the_setting_is_one_of_two_words():
    from annotations.domain.errors import SettingsRefused
    from workbench import environment

    def read(value):
        return environment.choice({"X": value}, "X", default="staff", among=("staff", "everybody"))

    assert [read(value) for value in ("", "staff", "everybody")] == ["staff", "staff", "everybody"]
    with pytest.raises(SettingsRefused, match='X is "nobody"; use staff or everybody'):
        read("nobody")
