"""Projects, people, members, labels and accounts, as actions."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection

from annotations.actions import projects
from annotations.actions.accounts import make_account, make_account_and_password
from annotations.actions.review import decide
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused, Stale
from annotations.domain.vocabulary import Preset, Role
from annotations.models import Event, Label, Membership, Person, PersonAccount, Project, guards
from annotations.queries.reading import shown_parts, shown_token
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return build.desk()


@pytest.fixture
def unchanged():
    """Fail where the test leaves an event behind that was not there at ``unchanged.begin()``."""

    class Watch:
        def begin(self):
            self.before = (
                Event.objects.count(),
                Person.objects.count(),
                Membership.objects.count(),
            )

    watch = Watch()
    yield watch
    assert watch.before == (
        Event.objects.count(),
        Person.objects.count(),
        Membership.objects.count(),
    )


def last() -> Event:
    return Event.objects.order_by("-time", "-sequence").first()


# --- projects ---------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", Preset.values)
def test_a_project_begins_as_its_preset_says_with_labels_and_a_manager(preset):
    account = build.account("ada")
    account.first_name = "Ada שלום"

    project, person = projects.create_project(
        slug="a-1", name=" The  flood 🌊 ", account=account, preset=preset
    )

    assert project.name == "The flood 🌊"
    assert person.name == "Ada שלום"
    assert project.preset == preset
    assert [label.kind for label in project.labels.all()] == ["fact", "claim", "opinion"]
    assert Membership.objects.get().role == Role.MANAGER
    assert [
        (event.stream.kind, event.kind)
        for event in Event.objects.order_by("stream__kind", "sequence")
    ] == [("access", "person.linked"), ("access", "member.set"), ("project", "project.created")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"slug": "desk"}, "slug_taken", id="taken"),
        pytest.param({"slug": ""}, "slug", id="empty slug"),
        pytest.param({"slug": "-a"}, "slug", id="begins with a hyphen"),
        pytest.param({"slug": "Café"}, "slug", id="capital and accent"),
        pytest.param({"slug": "a" * 61}, "slug", id="too long"),
        pytest.param({"preset": "none"}, "preset", id="no such preset"),
        pytest.param({"name": " \n"}, "name_missing", id="no name"),
        pytest.param({"name": "é" * 201}, "name_length", id="name too long"),
    ],
)
def test_a_project_that_cannot_be_leaves_no_trace(at, unchanged, given, code):
    unchanged.begin()

    with pytest.raises(Refused) as refusal:
        projects.create_project(**{"slug": "new", "name": "New", "account": at.dan, **given})

    assert refusal.value.code == code
    assert Project.objects.count() == 1


def test_a_change_of_guidelines_or_rules_raises_their_version(at):
    projects.change_project(at.project, guidelines="Read it.", by=at.ada, revision=1)
    projects.change_project(at.project, policy={"sources": 2}, by=at.ada, revision=2)
    projects.change_project(at.project, organisation="Café", by=at.ada)

    at.project.refresh_from_db()
    assert (at.project.guideline_version, at.project.policy_version) == (2, 2)
    assert at.project.revision == 4
    change = json.loads(last().payload)["changes"][0]
    assert (change["before"]["organisation"], change["after"]["organisation"]) == ("", "Café")


def test_a_change_that_changes_nothing_is_no_event(at, unchanged):
    unchanged.begin()

    projects.change_project(
        at.project,
        name=at.project.name,
        guidelines=at.project.guidelines,
        policy=at.project.policy,
        mode=at.project.mode,
        by=at.ada,
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"slug": "other"}, "fixed", id="the slug stays"),
        pytest.param({"policy_version": 7}, "fixed", id="versions rise by themselves"),
        pytest.param({"name": ""}, "name_missing", id="no name"),
        pytest.param({"policy": {"truth": 1}}, "policy", id="no such rule"),
        pytest.param({"guidelines": "<b>" * 201}, "note_nesting", id="nested too deep"),
    ],
)
def test_a_change_that_cannot_be_is_refused(at, unchanged, change, code):
    unchanged.begin()

    with pytest.raises(Refused) as refusal:
        projects.change_project(at.project, by=at.ada, **change)

    assert refusal.value.code == code


def test_a_change_based_on_an_older_version_is_refused_with_the_row_as_it_is(at):
    projects.change_project(at.project, name="First", by=at.ada)

    with pytest.raises(Stale) as refusal:
        projects.change_project(at.project, name="Second", by=at.ada, revision=1)

    assert refusal.value.details["current"]["name"] == "First"
    assert refusal.value.details["based_on"] == 1


def test_the_mode_changes_while_nothing_is_marked_and_then_no_more(at):
    projects.change_project(at.project, mode="independent", by=at.ada)
    projects.change_project(at.project, mode="shared", by=at.ada)
    build.mark(at, build.article(at), "Nobody was hurt")

    with pytest.raises(Refused, match="their layers would mix"):
        projects.change_project(at.project, mode="independent", by=at.ada)


@pytest.mark.parametrize("who", ["ben", "cleo"])
def test_only_a_manager_changes_settings_people_and_labels(at, unchanged, who):
    by = getattr(at, who)
    unchanged.begin()

    for attempt in (
        lambda: projects.change_project(at.project, name="x", by=by),
        lambda: projects.add_label(at.project, key="d", name="d", kind="other", by=by),
        lambda: projects.change_label(at.label("c"), name="d", by=by),
        lambda: projects.add_person(at.project, name="x", by=by),
        lambda: projects.rename_person(at.ada, name="x", by=by),
        lambda: projects.set_member(at.project, account=at.dan, role="viewer", by=by),
        lambda: projects.remove_member(at.project, account=at.account(at.ada), by=by),
        lambda: projects.link_person(at.ada, account=at.dan, by=by),
        lambda: projects.add_account(at.project, username="x", role="viewer", by=by),
    ):
        with pytest.raises(NotAllowed):
            attempt()

    assert not User.objects.filter(username="x").exists()


# --- people and members -----------------------------------------------------------------------


def test_a_person_is_added_and_renamed(at):
    person = projects.add_person(at.project, name="  E\u0301ve  Dupont ", by=at.ada)
    assert person.name == "E\u0301ve Dupont"

    projects.rename_person(person, name="Ève", by=at.ada, revision=1)
    with pytest.raises(Stale):
        projects.rename_person(person, name="Éva", by=at.ada, revision=1)

    person.refresh_from_db()
    assert (person.name, person.revision) == ("Ève", 2)


def test_a_member_gets_a_person_of_the_account_s_name_or_the_one_named(at):
    eve = projects.add_person(at.project, name="Ève", by=at.ada)
    fay = build.account("fay")

    as_eve = projects.set_member(at.project, account=at.dan, role="viewer", by=at.ada, person=eve)
    as_fay = projects.set_member(at.project, account=fay, role="viewer", by=at.ada)

    assert (as_eve, as_fay.name) == (eve, "fay")


def test_the_same_role_again_is_no_event(at, unchanged):
    unchanged.begin()

    projects.set_member(at.project, account=at.account(at.ben), role="reviewer", by=at.ada)


def test_a_role_that_is_none_is_refused(at, unchanged):
    unchanged.begin()

    with pytest.raises(Refused, match=r"no role “boss”\. Roles: viewer, annotator"):
        projects.set_member(at.project, account=at.account(at.ben), role="boss", by=at.ada)


def test_a_person_of_another_project_cannot_be_a_member_here(at, unchanged):
    other = build.desk("other", prefix="x")
    stranger = projects.add_person(other.project, name="Ève", by=other.ada)
    unchanged.begin()

    with pytest.raises(Refused, match="belongs to another project"):
        projects.set_member(at.project, account=at.dan, role="viewer", by=at.ada, person=stranger)


def test_the_last_manager_stays_until_there_is_another(at):
    account = at.account(at.ada)
    for attempt in (
        lambda: projects.set_member(at.project, account=account, role="viewer", by=at.ada),
        lambda: projects.remove_member(at.project, account=account, by=at.ada),
    ):
        with pytest.raises(Refused, match="needs a manager"):
            attempt()

    projects.set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    projects.remove_member(at.project, account=account, by=at.ben)

    assert not Membership.objects.filter(account=account).exists()
    assert PersonAccount.objects.get(account=account).ended_at is not None


def test_removing_somebody_who_is_no_member_is_no_event(at, unchanged):
    unchanged.begin()

    projects.remove_member(at.project, account=at.dan, by=at.ada)


def test_an_account_moves_to_another_person_and_its_former_one_keeps_what_it_did(at):
    span = build.mark(at, build.article(at), "Nobody was hurt")
    eve = projects.add_person(at.project, name="Ève", by=at.ada)
    account = at.account(at.cleo)

    projects.link_person(eve, account=account, by=at.ada)

    span.refresh_from_db()
    assert span.author == at.cleo
    assert PersonAccount.objects.get(account=account, ended_at=None).person == eve
    assert PersonAccount.objects.get(person=at.cleo).ended_at is not None


def test_linking_what_is_linked_changes_nothing(at, unchanged):
    unchanged.begin()

    projects.link_person(at.ben, account=at.account(at.ben), by=at.ada)
    projects.link_person(at.ben, account=at.account(at.ben), role="reviewer", by=at.ada)


def test_a_person_has_one_account(at, unchanged):
    unchanged.begin()

    with pytest.raises(AlreadyThere, match="ben is linked to another account already"):
        projects.link_person(at.ben, account=at.dan, by=at.ada)


def read_by_ben(at):
    span = build.mark(at, build.article(at), "Nobody was hurt")
    decide(span, outcome="accepted", shown=shown_token(shown_parts([span])[span.pk]), by=at.ben)


def test_no_account_becomes_author_and_second_reader_of_a_span(at):
    read_by_ben(at)
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)

    with pytest.raises(Refused, match="both author and second reader") as refusal:
        projects.hand_over(at.cleo, account=at.account(at.ben))

    assert refusal.value.code == "four_eyes"


def test_nor_by_way_of_a_link_that_has_ended(at):
    read_by_ben(at)
    ben = at.account(at.ben)
    projects.remove_member(at.project, account=ben, by=at.ada)
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)

    with pytest.raises(Refused, match="both author and second reader"):
        projects.hand_over(at.cleo, account=ben, role="viewer")


def test_a_second_reader_may_act_as_somebody_who_wrote_nothing_he_read(at):
    read_by_ben(at)
    eve = projects.add_person(at.project, name="Ève", by=at.ada)

    projects.link_person(eve, account=at.account(at.ben), by=at.ada)

    assert PersonAccount.objects.filter(person=eve, ended_at=None).exists()


def test_somebody_new_may_act_as_the_author(at):
    read_by_ben(at)
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)

    projects.hand_over(at.cleo, account=at.dan, role="annotator")

    assert Membership.objects.get(account=at.dan).role == Role.ANNOTATOR


# --- a project that came without members ------------------------------------------------------


def test_a_project_is_adopted_once_by_one_of_its_people(at):
    other = build.desk("other", prefix="x")
    account = at.account(at.ada)
    with pytest.raises(AlreadyThere, match="has members already"):
        projects.adopt_project(at.project, account=at.dan, person=at.ben)
    Membership.objects.filter(project=at.project).delete()
    with pytest.raises(Refused, match="belongs to another project"):
        projects.adopt_project(at.project, account=account, person=other.ada)
    with pytest.raises(AlreadyThere, match="linked to another account"):
        projects.adopt_project(at.project, account=at.dan, person=at.ada)

    projects.adopt_project(at.project, account=account, person=at.ada)

    assert Membership.objects.get(project=at.project).role == Role.MANAGER
    assert PersonAccount.objects.filter(person=at.ada, ended_at=None).count() == 1


def test_whoever_adopts_a_project_acts_as_the_person_named_and_as_nobody_else(at):
    account = at.account(at.ben)
    Membership.objects.filter(project=at.project).delete()
    with guards.lifted(connection):
        PersonAccount.objects.filter(person=at.ada).delete()

    projects.adopt_project(at.project, account=account, person=at.ada)

    assert PersonAccount.objects.get(account=account, ended_at=None).person == at.ada
    assert PersonAccount.objects.get(person=at.ben).ended_at is not None


# --- accounts ---------------------------------------------------------------------------------


def test_an_account_gets_a_password_that_nobody_stores(at):
    account, password = make_account_and_password("eve", name="Éve שלום 🌊")

    assert account.check_password(password)
    assert password not in User.objects.get(username="eve").password
    assert account.get_full_name() == "Éve שלום 🌊"
    assert not account.is_staff
    assert not account.is_superuser


def test_an_account_without_a_password_lets_nobody_in():
    assert not make_account("eve").has_usable_password()


@pytest.mark.parametrize("username", ["", "a b", "a" * 151, "a/b"])
def test_a_user_name_that_cannot_be_is_refused(username):
    with pytest.raises(Refused, match="cannot be a user name"):
        make_account(username)


def test_a_user_name_is_taken_in_whatever_case():
    make_account("Eve")

    with pytest.raises(AlreadyThere):
        make_account("eVE")


def test_a_role_that_is_none_leaves_no_account(at, unchanged):
    unchanged.begin()

    with pytest.raises(Refused, match="no role"):
        projects.add_account(at.project, username="eve", role="boss", by=at.ada)

    assert not User.objects.filter(username="eve").exists()


# --- labels -----------------------------------------------------------------------------------


def test_a_label_is_added_last_and_changed(at):
    label = projects.add_label(
        at.project, key="D", name=" in  doubt ", kind="other", colour="#AB00FF", by=at.ada
    )
    assert (label.key, label.name, label.colour) == ("d", "in doubt", "#ab00ff")
    assert list(at.project.labels.all())[-1] == label

    projects.change_label(label, key="D", colour="", retired=True, kind="other", by=at.ada)

    label.refresh_from_db()
    assert (label.key, label.colour, label.retired, label.revision) == ("d", "", True, 2)
    projects.change_label(label, position=0, by=at.ada)
    assert label.position == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"key": "C"}, "label_key_taken", id="key taken"),
        pytest.param({"key": "m"}, "label_key", id="key of the workspace"),
        pytest.param({"key": ""}, "label_key", id="no key"),
        pytest.param({"key": "ש"}, "label_key", id="key of another script"),
        pytest.param({"name": ""}, "name_missing", id="no name"),
        pytest.param({"name": "x" * 41}, "name_length", id="name too long"),
        pytest.param({"colour": "#12345"}, "colour", id="no colour"),
        pytest.param({"kind": "truth"}, "label_kind", id="no such kind"),
        pytest.param({"definition": "x" * 20481}, "note_size", id="definition too long"),
    ],
)
def test_a_label_that_cannot_be_is_refused_when_added_and_when_changed(at, unchanged, given, code):
    unchanged.begin()
    whole = {"key": "d", "name": "doubt", "kind": "other", **given}

    with pytest.raises(Refused) as added:
        projects.add_label(at.project, by=at.ada, **whole)
    with pytest.raises(Refused) as changed:
        projects.change_label(at.label("o"), by=at.ada, **given)

    assert added.value.code == changed.value.code == code
    assert Label.objects.count() == 3


def test_a_label_keeps_its_kind_and_its_project(at, unchanged):
    unchanged.begin()

    with pytest.raises(Refused, match="kind of a label is fixed"):
        projects.change_label(at.label("c"), kind="fact", by=at.ada)
    with pytest.raises(Refused, match="project of a label cannot be changed"):
        projects.change_label(at.label("c"), project=at.project, by=at.ada)
    with pytest.raises(Stale):
        projects.change_label(at.label("c"), name="x", revision=9, by=at.ada)
