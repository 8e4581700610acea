"""Four eyes are those of accounts: nobody judges their own work in another person's name."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import evidence, projects, review
from annotations.actions.four_eyes import may_be_carried
from annotations.actions.recording import operation
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.history import account_digest, digest_of
from annotations.models import (
    Citation,
    Decision,
    Event,
    PersonAccount,
    Salt,
    SignOff,
    Span,
    Stream,
)
from annotations.queries import access
from annotations.queries.four_eyes import one_with
from annotations.queries.second_reading import reading
from tests import builders as build
from tests.stories import accept, sign, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return build.desk()


@pytest.fixture
def flood(at):
    return build.article(at)


@pytest.fixture
def span(at, flood):
    """A claim that cleo marked."""
    return build.mark(at, flood, "Nobody was hurt")


def another_self(at, person, role="reviewer"):
    """Return a new person, Éve, as whom the account of ``person`` acts from now on."""
    eve = projects.add_person(at.project, name="Éve", by=at.ada)
    projects.link_person(eve, account=at.account(person), role=role, by=at.ada)
    return eve


def heads():
    return dict(Stream.objects.values_list("pk", "head_hash"))


def cite(at, span, by):
    source = evidence.add_source(at.project, kind="book", title="Rivers", by=by)
    return evidence.cite(span, source, by=by, quotation="Nobody was hurt")


def decide_on_it(at, span):
    eve = another_self(at, at.cleo)
    return lambda: accept(span, eve)


def propose_for_it(at, span):
    eve = another_self(at, at.cleo)
    return lambda: review.decide(
        span,
        outcome="proposed",
        shown=token(span),
        proposal={"label": str(at.label("f").pk)},
        by=eve,
    )


def take_what_one_proposed(at, span):
    decision = review.decide(
        span,
        outcome="proposed",
        shown=token(span),
        proposal={"label": str(at.label("f").pk)},
        by=at.ben,
    )
    eve = another_self(at, at.ben)
    return lambda: review.take_proposal(decision, by=eve)


def confirm_what_one_cited(at, span):
    citation = cite(at, span, at.cleo)
    eve = another_self(at, at.cleo)
    return lambda: evidence.confirm_citation(citation, by=eve)


def sign_what_one_marked(at, span):
    eve = another_self(at, at.cleo)
    return lambda: sign(span.article, eve)


ACTS = [
    (decide_on_it, "four_eyes"),
    (propose_for_it, "four_eyes"),
    (take_what_one_proposed, "four_eyes"),
    (confirm_what_one_cited, "own_citation"),
    (sign_what_one_marked, "sole_author"),
]


@pytest.mark.parametrize("ended", [False, True], ids=["", "link ended"])
@pytest.mark.parametrize(
    ("prepare", "code"), [pytest.param(*case, id=case[0].__name__) for case in ACTS]
)
def test_an_account_does_not_judge_what_it_wrote_as_somebody_else(at, span, prepare, code, ended):
    act = prepare(at, span)
    if ended:
        # The person goes on by an account of their own; what the first one did remains.
        eve = projects.Person.objects.get(name="Éve")
        projects.remove_member(at.project, account=at.account(eve), by=at.ada)
        projects.link_person(eve, account=at.dan, role="reviewer", by=at.ada)
    before = heads()

    with pytest.raises(Refused) as refusal:
        act()

    assert refusal.value.code == code
    assert heads() == before
    assert not Decision.objects.filter(outcome="accepted").exists()
    assert not SignOff.objects.exists()
    assert not Citation.objects.exclude(confirmed_by=None).exists()


def test_the_refusal_says_as_whom_one_acted(at, span):
    act = decide_on_it(at, span)

    with pytest.raises(NotAllowed, match=r"You act, or once acted, as cleo too\. You wrote part"):
        act()


def test_a_span_of_ones_other_self_does_not_wait_for_ones_decision(at, flood, span):
    eve = another_self(at, at.cleo)
    by = access.member(at.account(eve), at.project.slug)
    ben = access.member(at.account(at.ben), at.project.slug)

    assert reading(by, flood, None) is None
    assert reading(ben, flood, None).span == span
    shown = reading(by, flood, span.pk)
    assert (shown.may_decide, shown.waiting) == (False, 0)
    assert shown.why_not.startswith("You act, or once acted, as cleo too.")


def test_who_shares_no_account_is_somebody_else(at, span):
    eve = another_self(at, at.ben)

    accept(span, eve)

    assert one_with(eve.pk) == {eve.pk, at.ben.pk}
    assert one_with(at.cleo.pk) == {at.cleo.pk}


def test_two_who_each_shared_an_account_with_a_third_are_not_one(at):
    eve = another_self(at, at.ben)
    projects.remove_member(at.project, account=at.account(eve), by=at.ada)
    projects.link_person(eve, account=at.dan, role="reviewer", by=at.ada)
    fay = projects.add_person(at.project, name="Fay", by=at.ada)
    projects.link_person(fay, account=at.dan, role="reviewer", by=at.ada)

    assert one_with(eve.pk) == {eve.pk, at.ben.pk, fay.pk}
    assert one_with(fay.pk) == {fay.pk, eve.pk}


def test_a_redo_confirms_nothing_that_ones_other_self_cited(at, flood, span):
    citation = cite(at, span, at.cleo)
    eve = projects.add_person(at.project, name="Éve", by=at.ada)
    projects.link_person(eve, account=at.dan, role="reviewer", by=at.ada)
    evidence.confirm_citation(citation, by=eve)
    undo_last(flood, by=eve)
    projects.remove_member(at.project, account=at.dan, by=at.ada)
    projects.hand_over(eve, account=at.account(at.cleo), role="reviewer")

    with pytest.raises(NotAllowed) as refusal:
        redo_last(flood, by=eve)

    assert refusal.value.code == "own_citation"
    citation.refresh_from_db()
    assert citation.confirmed_by is None


def test_no_account_becomes_both_who_cited_and_who_confirmed(at, span):
    citation = cite(at, span, at.cleo)
    evidence.confirm_citation(citation, by=at.ben)
    projects.remove_member(at.project, account=at.account(at.ben), by=at.ada)

    with pytest.raises(Refused, match="confirmed a citation that it added"):
        projects.hand_over(at.ben, account=at.account(at.cleo))


def test_an_acceptance_is_carried_only_past_others(at, flood, span):
    eve = another_self(at, at.cleo)
    with operation(at.project, at.ada, flood.pk) as op, CaptureQueriesContext(connection) as asked:
        found = may_be_carried(
            op,
            [
                (at.ben.pk, {at.cleo.pk}),
                (at.cleo.pk, {at.cleo.pk, at.ada.pk}),
                (eve.pk, {at.cleo.pk}),
                (eve.pk, {at.ada.pk}),
            ],
        )

    assert found == [True, False, False, True]
    assert len(asked) == 2


def test_a_decision_costs_two_queries_for_it_and_a_span_none(at, flood, span):
    with CaptureQueriesContext(connection) as asked:
        accept(span, at.ben)
    of_links = [
        one["sql"]
        for one in asked.captured_queries
        if "annotations_personaccount" in one["sql"] and "role" not in one["sql"]
    ]
    of_access = [one for one in asked.captured_queries if '."kind" = ' in one["sql"]]
    assert (len(of_links), len(of_access)) == (1, 1)
    assert not Event.objects.filter(stream__kind="access", kind="decision.made").exists()

    with CaptureQueriesContext(connection) as asked:
        build.mark(at, flood, "The dam", "f")
    assert not [one for one in asked.captured_queries if '."kind" = ' in one["sql"]]


# --- who is linked, and by whom ---------------------------------------------------------------


def test_a_manager_does_not_become_somebody_who_left(at, flood, span):
    """The way of the finding: author, second reader, confirmer and signer in one."""
    client = build.logged_in(at, at.ada)
    left = reverse("person-link", args=(at.project.slug, at.cleo.pk))
    client.post(reverse("member-remove", args=(at.project.slug, at.cleo.pk)))

    answer = client.post(left, {"username": "ada", "role": "manager"})

    assert answer.status_code == 422
    said = answer.content.decode()
    assert "cleo has worked in this project, so only whoever runs this machine" in said
    assert at.account(at.ada) == User.objects.get(username="ada")
    assert not at.cleo.links.filter(ended_at=None).exists()


@pytest.mark.parametrize("way", ["link", "add a member"])
def test_nor_does_anybody_else(at, span, way):
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)
    more = {"account": at.dan, "role": "viewer", "by": at.ada}
    ways = {
        "link": lambda: projects.link_person(at.cleo, **more),
        "add a member": lambda: projects.set_member(at.project, person=at.cleo, **more),
    }

    with pytest.raises(Refused) as refusal:
        ways[way]()

    assert refusal.value.code == "person_acted"
    assert not PersonAccount.objects.filter(account=at.dan).exists()


def test_who_left_comes_back_by_the_account_that_was_theirs(at, span):
    account = at.account(at.cleo)
    projects.remove_member(at.project, account=account, by=at.ada)

    projects.link_person(at.cleo, account=account, role="annotator", by=at.ada)

    assert at.account(at.cleo) == account


def test_the_command_line_links_somebody_who_has_acted_and_says_what_that_does(at, span, capsys):
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)

    call_command("link_person", "desk", person="cleo", account="dan", role="reviewer")

    assert at.account(at.cleo) == at.dan
    assert capsys.readouterr().out == (
        "dan acts as cleo in “Desk” from now on. What cleo did before stays as it was.\n"
    )
    with pytest.raises(CommandError, match="linked to another account already"):
        call_command("link_person", "desk", person="cleo", account="ben")


def test_the_access_stream_says_which_account_and_only_to_who_has_the_salt(at):
    linked = {
        json.loads(event.payload)["person"]: json.loads(event.payload)["account"]
        for event in Event.objects.filter(kind="person.linked")
    }
    salt = Salt.objects.get().value

    for person in (at.ada, at.ben, at.cleo):
        said = linked[str(person.pk)]
        assert said == account_digest(salt, at.account(person).pk)
        assert said != digest_of(at.account(person).pk)
    assert len(set(linked.values())) == 3
    assert len(salt) == 64


# --- accounts and links stay ------------------------------------------------------------------


def test_an_account_that_was_linked_is_never_deleted(at):
    with pytest.raises(ProtectedError):
        at.account(at.cleo).delete()
    for statement in (
        "DELETE FROM annotations_personaccount",
        f"UPDATE annotations_personaccount SET account_id = {at.dan.pk}",
        "DELETE FROM auth_user",
        "DELETE FROM annotations_salt",
        "UPDATE annotations_salt SET value = 'x'",
    ):
        with (
            pytest.raises(IntegrityError, match=r"never (deleted|changes)|stays"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_link_that_ended_does_not_revive(at):
    projects.remove_member(at.project, account=at.account(at.cleo), by=at.ada)

    with pytest.raises(IntegrityError, match="never deleted or changed; it ends"):
        PersonAccount.objects.filter(person=at.cleo).update(ended_at=None)


def test_the_admin_deactivates_accounts_and_deletes_none(at):
    at.dan.is_staff = at.dan.is_superuser = True
    at.dan.save()
    client = Client()
    client.force_login(at.dan)
    cleo = at.account(at.cleo)

    listed = client.get(reverse("admin:auth_user_changelist")).content.decode()
    page = client.get(reverse("admin:auth_user_change", args=(cleo.pk,)))

    assert "delete_selected" not in listed
    assert (page.status_code, "Delete" in page.content.decode()) == (200, False)
    assert client.post(reverse("admin:auth_user_delete", args=(cleo.pk,))).status_code == 403
    assert User.objects.filter(pk=cleo.pk).exists()


# --- what histories and certificates say ------------------------------------------------------


def certificate(at, flood, person):
    signed = SignOff.objects.get()
    client = build.logged_in(at, person)
    address = reverse("certificate", args=(at.project.slug, flood.pk, signed.pk))
    return client.get(address).content.decode()


def history(at, flood):
    client = build.logged_in(at, at.ada)
    return client.get(reverse("history", args=(at.project.slug, flood.pk))).content.decode()


def test_history_and_certificate_say_what_was_done_through_another_account(at, flood, span):
    other = build.mark(at, flood, "The dam", "f", by=at.ben)
    citation = cite(at, span, at.cleo)
    accept(other, at.ada)
    assert "through another account" not in history(at, flood)
    projects.remove_member(at.project, account=at.account(at.ben), by=at.ada)
    projects.hand_over(at.ben, account=at.dan, role="reviewer")
    accept(Span.objects.get(pk=span.pk), at.ben)
    evidence.confirm_citation(citation, by=at.ben)
    sign(flood, at.ben)

    told = history(at, flood)
    signed = certificate(at, flood, at.ada)

    assert told.count("<strong>ben</strong> (through another account)") == 3
    assert "<strong>ben</strong> <time" in told
    assert "<strong>ben</strong> (through another account) signed" in signed
    assert "by Ada, ben (through another account)" in signed
    assert "1 of them through another account" in signed


def test_what_an_account_does_as_a_second_person_is_through_another_account(at, flood, span):
    build.mark(at, flood, "The dam", "f", by=at.ben)
    eve = another_self(at, at.cleo)
    review.add_comment(flood, body="Hm.", by=eve)

    told = history(at, flood)

    assert told.count("(through another account)") == 1
    assert "<strong>Éve</strong> (through another account)" in told


def test_nothing_is_said_where_links_changed_before_anybody_acted(at, flood, span):
    eve = another_self(at, at.ben)
    review.add_comment(flood, body="Hm.", by=eve)
    projects.remove_member(at.project, account=at.account(eve), by=at.ada)

    assert "through another account" not in history(at, flood)
