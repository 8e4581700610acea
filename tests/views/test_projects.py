"""The first page, a new project, its settings, and logging in, as a browser sends them."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.domain.vocabulary import Role
from annotations.models import Event, Label, Membership, Person, Project, Span
from tests.builders import PASSWORD, account, article, mark

pytestmark = pytest.mark.django_db


def browser(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


@pytest.fixture(autouse=True)
def _everybody_begins_projects(settings):
    """What is tested here is how they begin; test_makers.py holds who begins them."""
    settings.PROJECT_MAKERS = "everybody"


@pytest.fixture
def ada(at):
    return browser(at.account(at.ada))


def address(name, at, **more):
    return reverse(name, kwargs={"slug": at.project.slug, **more})


def errors(response):
    return " ".join(re.findall(r'class="errorlist[^"]*"[^>]*>(.*?)</ul>', response.text, re.DOTALL))


def policy(at, **changes):
    """Return what the policy form posts when only ``changes`` differ from what it showed."""
    data = {**at.project.rules.to_json(), "revision": at.project.revision, **changes}
    return {name: value for name, value in data.items() if value is not False}


# --- the first page ---------------------------------------------------------------------------


def test_whoever_has_no_project_is_told_how_to_begin_one(at):
    page = browser(at.dan).get("/")

    assert "No project yet" in page.text
    assert reverse("project-new") in page.text
    assert "<strong>dan</strong>" in page.text
    assert at.project.name not in page.text


def test_the_first_page_lists_my_projects_with_my_role_and_their_articles(at):
    article(at)
    page = browser(at.account(at.cleo)).get("/")

    assert f'href="/p/{at.project.slug}/"' in page.text
    assert "annotator" in page.text
    assert 'data-label="Articles" class="number">1</td>' in page.text


def test_the_first_page_costs_the_same_with_one_project_and_with_six(
    at, django_assert_max_num_queries
):
    client = browser(at.account(at.ada))
    with django_assert_max_num_queries(8) as one:
        client.get("/")
    for number in range(5):
        client.post(reverse("project-new"), {"name": f"Flood {number} 🌊", "preset": "solo"})
    with django_assert_max_num_queries(8) as six:
        client.get("/")

    assert Project.objects.count() == 6
    assert len(six) == len(one)


# --- a new project ----------------------------------------------------------------------------


def test_a_new_project_gets_its_short_name_from_its_name_and_its_maker_as_manager(at):
    answer = browser(at.dan).post(
        reverse("project-new"),
        {"name": "Zoe\u0301’s  desk 🌊", "organisation": "שלום", "preset": "solo"},
    )

    project = Project.objects.get(slug="zoes-desk")
    assert answer.status_code == 303
    assert answer["Location"] == "/p/zoes-desk/settings/"
    assert (project.name, project.organisation) == ("Zoe\u0301’s desk 🌊", "שלום")
    assert project.rules.sole_author
    assert Membership.objects.get(project=project, account=at.dan).role == Role.MANAGER
    assert Label.objects.filter(project=project).count() == 3


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"name": ""}, "required", id="no name"),
        pytest.param({"name": "🌊"}, "none can be made from this name", id="no letters"),
        pytest.param({"slug": "desk"}, "There is a project “desk” already.", id="taken"),
        pytest.param({"slug": "a_b"}, "cannot stand in an address", id="underscore"),
        pytest.param({"slug": "a b"}, "valid “slug”", id="blank in it"),
        pytest.param({"preset": "dataset"}, "choose desk or solo", id="not there yet"),
    ],
)
def test_a_new_project_that_cannot_be_is_refused_with_what_was_typed(at, typed, says):
    data = {"name": "Flood", "slug": "", "organisation": "Town", "preset": "desk", **typed}

    answer = browser(at.dan).post(reverse("project-new"), data)

    assert answer.status_code == 422
    assert says in errors(answer)
    assert 'value="Town"' in answer.text
    assert Project.objects.count() == 1


def test_the_dataset_preset_is_named_as_coming_and_cannot_be_chosen(at):
    page = browser(at.dan).get(reverse("project-new"))

    assert 'value="dataset"' not in page.text
    assert "comes with a later version" in page.text


# --- settings ---------------------------------------------------------------------------------


def test_whoever_may_not_change_the_settings_reads_them_without_accounts_or_forms(at):
    page = browser(at.account(at.cleo)).get(address("settings", at))

    assert "Second readers a span needs" in page.text
    assert "Ben" in page.text or "ben" in page.text
    assert "<code>ben</code>" not in page.text
    assert "/settings/policy/" not in page.text
    assert page.text.count("<form") == 2, "the theme and the way out"


def test_the_settings_cost_the_same_whatever_they_list(at, django_assert_max_num_queries):
    client = browser(at.account(at.ada))
    with django_assert_max_num_queries(12) as few:
        client.get(address("settings", at))
    for number in range(5):
        client.post(address("person-add", at), {"name": f"Person {number}"})
        client.post(
            address("label-add", at),
            {"name": f"Label {number}", "key": str(number), "kind": "other"},
        )
    with django_assert_max_num_queries(12) as many:
        client.get(address("settings", at))

    assert len(many) == len(few)


def test_the_project_is_renamed_and_its_guidelines_are_shown_cleaned(at, ada):
    answer = ada.post(
        address("project-change", at),
        {
            "revision": 1,
            "name": "Flood desk",
            "guidelines": "Read <b>twice</b>.\r\n\r\n<script>alert(1)</script>",
        },
    )
    page = browser(at.account(at.cleo)).get(address("settings", at))

    assert answer.status_code == 303
    at.project.refresh_from_db()
    assert "\r" not in at.project.guidelines
    assert at.project.guideline_version == 2
    assert "<b>twice</b>" in page.text
    assert "<script>alert" not in page.text


def test_a_change_based_on_an_older_version_shows_both_and_can_be_sent_again(at, ada):
    ada.post(address("project-change", at), {"revision": 1, "name": "First"})

    conflict = ada.post(address("project-change", at), {"revision": 1, "name": "Second"})

    assert conflict.status_code == 422
    assert "you saw version 1, it is now version 2" in errors(conflict)
    assert "It now reads: First" in errors(conflict)
    assert 'value="Second"' in conflict.text
    at.project.refresh_from_db()
    assert at.project.name == "First"

    ada.post(address("project-change", at), {"revision": 2, "name": "Second"})
    at.project.refresh_from_db()
    assert at.project.name == "Second"


def test_guidelines_that_are_too_long_are_refused_and_kept_on_the_page(at, ada):
    answer = ada.post(
        address("project-change", at), {"revision": 1, "name": "Desk", "guidelines": "é" * 20_500}
    )

    assert answer.status_code == 422
    assert "20500 characters" in errors(answer)
    assert "é" * 20_500 in answer.text


def test_every_rule_of_the_policy_is_a_field_and_is_saved(at, ada):
    before = at.project.rules.to_json()
    answer = ada.post(
        address("policy-change", at),
        policy(at, sources=2, sourced_kinds=["fact", "claim"], read=False, second_readers=0),
    )

    assert answer.status_code == 303
    at.project.refresh_from_db()
    assert at.project.rules.to_json() == before | {
        "sources": 2,
        "sourced_kinds": ["fact", "claim"],
        "read": False,
        "second_readers": 0,
    }
    assert at.project.policy_version == 2


def test_saving_the_rules_unchanged_is_no_event(at, ada):
    before = Event.objects.count()

    answer = ada.post(address("policy-change", at), policy(at))

    assert answer.status_code == 303
    assert Event.objects.count() == before


def test_a_rule_outside_its_bounds_is_refused(at, ada):
    answer = ada.post(address("policy-change", at), policy(at, sources=10))

    assert answer.status_code == 422
    assert "less than or equal to 9" in errors(answer)


def test_a_conflict_between_rules_says_what_they_are_now(at, ada):
    ada.post(address("policy-change", at), policy(at, sources=3, sourced_kinds=[], read=False))

    conflict = ada.post(address("policy-change", at), policy(at, comments=False))

    assert conflict.status_code == 422
    for said in ("It now reads: 3", "It now reads: none", "It now reads: no", "reads: yes"):
        assert said in errors(conflict)


# --- people -----------------------------------------------------------------------------------


def test_a_member_is_added_by_user_name_and_gets_another_role_and_leaves(at, ada):
    ada.post(address("member-add", at), {"username": "dan", "role": "viewer"})
    dan = Person.objects.get(links__account=at.dan)
    assert browser(at.dan).get(address("settings", at)).status_code == 200

    ada.post(address("member-role", at, person=dan.pk), {"role": "reviewer"})
    assert Membership.objects.get(account=at.dan).role == Role.REVIEWER

    ada.post(address("member-remove", at, person=dan.pk))
    assert browser(at.dan).get(address("settings", at)).status_code == 404
    assert Person.objects.filter(pk=dan.pk).exists()


def test_an_unknown_user_name_is_said_beside_the_form(at, ada):
    answer = ada.post(address("member-add", at), {"username": "nobody", "role": "viewer"})

    assert answer.status_code == 422
    assert "There is no account “nobody”." in errors(answer)
    assert 'value="nobody"' in answer.text


@pytest.mark.parametrize("way", ["member-role", "member-remove"])
def test_the_last_manager_stays(at, ada, way):
    answer = ada.post(address(way, at, person=at.ada.pk), {"role": "viewer"})

    assert answer.status_code == 422
    assert "A project needs a manager" in errors(answer)
    assert Membership.objects.get(account=at.account(at.ada)).role == Role.MANAGER


def test_an_account_is_made_with_a_password_that_is_shown_once_and_works(at, ada):
    page = ada.post(
        address("account-add", at), {"username": "eve", "name": "Éve שלום", "role": "annotator"}
    )
    password = re.search(r"Password</dt><dd><code>([^<]+)", page.text)[1]

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert password not in ada.get(address("settings", at)).text
    eve = Client()
    assert eve.login(username="eve", password=password)
    assert eve.get(address("settings", at)).status_code == 200
    assert Person.objects.filter(name="Éve שלום").exists()


def test_an_account_of_a_taken_name_is_refused_and_nobody_is_added(at, ada):
    people, accounts = Person.objects.count(), User.objects.count()

    answer = ada.post(
        address("account-add", at), {"username": "DAN", "name": "Dan", "role": "viewer"}
    )

    assert answer.status_code == 422
    assert "There is an account “DAN” already." in errors(answer)
    assert (Person.objects.count(), User.objects.count()) == (people, accounts)


def test_a_person_is_added_by_name_renamed_and_linked_to_an_account(at, ada):
    ada.post(address("person-add", at), {"name": "Éve"})
    eve = Person.objects.get(name="Éve")
    ada.post(address("person-rename", at, person=eve.pk), {"name": "Ève", "revision": 1})
    eve.refresh_from_db()
    assert eve.name == "Ève"

    ada.post(address("person-link", at, person=eve.pk), {"username": "dan", "role": "viewer"})

    assert Person.objects.get(links__account=at.dan) == eve
    assert Membership.objects.get(account=at.dan).role == Role.VIEWER


def test_a_person_without_an_account_has_no_role_to_set(at, ada):
    ada.post(address("person-add", at), {"name": "Éve"})
    eve = Person.objects.get(name="Éve")

    answer = ada.post(address("member-role", at, person=eve.pk), {"role": "viewer"})

    assert answer.status_code == 422
    assert Membership.objects.count() == 3


def test_a_rename_based_on_an_older_version_is_a_conflict(at, ada):
    ada.post(address("person-rename", at, person=at.ben.pk), {"name": "Benno", "revision": 1})

    answer = ada.post(
        address("person-rename", at, person=at.ben.pk), {"name": "Benny", "revision": 1}
    )

    assert answer.status_code == 422
    assert "It now reads: Benno" in errors(answer)


# --- labels -----------------------------------------------------------------------------------


def test_a_label_is_added_changed_and_retired(at, ada):
    ada.post(
        address("label-add", at),
        {"name": "doubt", "key": "D", "kind": "other", "colour": "#AA0011", "definition": "Hm."},
    )
    label = Label.objects.get(project=at.project, name="doubt")
    assert (label.key, label.kind, label.colour) == ("d", "other", "#aa0011")

    ada.post(
        address("label-change", at, label=label.pk),
        {"name": "unsure", "key": "d", "definition": "", "retired": "on", "revision": 1},
    )

    label.refresh_from_db()
    assert (label.name, label.retired, label.colour) == ("unsure", True, "")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"key": "f"}, "belongs to another label", id="taken"),
        pytest.param({"key": "s"}, "does something else in the workspace", id="reserved"),
        pytest.param({"key": "é"}, "one letter from a to z", id="not a key everywhere"),
        pytest.param({"colour": "red"}, "no colour", id="colour by name"),
        pytest.param({"kind": "truth"}, "valid choice", id="no such kind"),
        pytest.param({"name": ""}, "required", id="no name"),
    ],
)
def test_a_label_that_cannot_be_is_refused(at, ada, typed, says):
    answer = ada.post(
        address("label-add", at), {"name": "doubt", "key": "d", "kind": "other", **typed}
    )

    assert answer.status_code == 422
    assert says in errors(answer)
    assert Label.objects.count() == 3


def test_the_settings_say_how_many_spans_carry_a_label(at, ada):
    mark(at, article(at), "Nobody was hurt")

    page = ada.get(address("settings", at))

    assert "Kind claim · 1 span" in page.text
    assert "Kind fact · 0 spans" in page.text
    assert Span.objects.count() == 1


# --- logging in -------------------------------------------------------------------------------


def test_whoever_is_not_logged_in_is_sent_to_the_login_page_and_back(at):
    client = Client()
    wanted = address("settings", at)

    sent = client.get(wanted)
    login = client.post(sent["Location"], {"username": "ada", "password": PASSWORD})

    assert sent["Location"] == f"/login/?next={wanted}"
    assert login["Location"] == wanted


def test_a_program_that_is_not_logged_in_gets_a_problem_and_no_page(at):
    answer = Client().get(address("settings", at), headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "logged_out"


def test_a_form_sent_after_the_session_ended_shows_what_was_typed_but_no_secret(at):
    answer = Client().post(
        address("settings", at), {"name": "<b>Desk</b> שלום", "new_password1": "hush", "empty": ""}
    )

    page = answer.content.decode()
    assert answer.status_code == 401
    assert "Nothing was saved" in page
    assert "&lt;b&gt;Desk&lt;/b&gt; שלום" in page
    assert "hush" not in page


def test_a_form_whose_token_is_old_shows_what_was_typed_and_who_is_logged_in(at):
    client = Client(enforce_csrf_checks=True)
    client.force_login(at.account(at.ada))

    page = client.post(address("settings", at), {"name": "Desk 🌊", "csrfmiddlewaretoken": "old"})
    program = client.post(address("settings", at), headers={"Accept": "application/json"})

    assert page.status_code == program.status_code == 403
    assert "Desk 🌊" in page.content.decode()
    assert program.json()["code"] == "stale_token"
    assert program.json()["account"] == at.account(at.ada).username
    assert len(program.json()["token"]) == 64


def test_words_sent_from_another_site_are_not_shown_as_typed_here(at):
    client = Client(enforce_csrf_checks=True)

    page = client.post(
        address("settings", at), {"name": "Call 555"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert page.status_code == 403
    assert "Call 555" not in page.content.decode()


def test_a_wrong_password_is_refused_and_the_user_name_kept():
    account("eve")

    answer = Client().post("/login/", {"username": "eve", "password": "wrong"})

    assert "correct username and password" in answer.text
    assert 'value="eve"' in answer.text


def test_one_logs_out_by_a_post_alone(at, ada):
    assert ada.get("/logout/").status_code == 405
    ada.post("/logout/")

    assert ada.get("/").status_code == 302


def test_a_changed_password_holds_and_a_short_one_is_refused(at, ada):
    new = "עוד a longer phrase 🌊"
    short = ada.post(
        "/password/",
        {"old_password": PASSWORD, "new_password1": "ab1", "new_password2": "ab1"},
    )
    changed = ada.post(
        "/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )

    assert "too short" in short.text
    assert changed["Location"] == "/password/changed/"
    assert "Password changed" in ada.get("/password/changed/").text
    assert Client().login(username="ada", password=new)


def test_an_inactive_account_is_shown_as_one_that_may_not_log_in(at, ada):
    User.objects.filter(username="ben").update(is_active=False)

    assert "may not log in" in ada.get(address("settings", at)).text
