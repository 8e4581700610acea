"""Operations: what is written, what is told, what is undone when something fails."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection

from annotations.actions.projects import change_project
from annotations.actions.recording import (
    Key,
    Repeated,
    check_revision,
    operation,
    require,
    require_edit,
    role_of,
)
from annotations.actions.spans import change_span
from annotations.actions.undo import undo_last
from annotations.domain.errors import NotAllowed, Refused, Stale
from annotations.domain.events import Kind
from annotations.domain.permissions import Right
from annotations.domain.schema import PAYLOAD_VERSION
from annotations.domain.vocabulary import Preset, Role
from annotations.models import Event, Label, Person, Receipt, SignOff, Span, Speaker, Stream
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return build.desk()


def head(stream: UUID) -> tuple[int, str]:
    return Stream.objects.values_list("sequence", "head_hash").get(pk=stream)


def test_an_operation_tells_before_and_after_of_every_row_in_one_chained_event(at):
    before = head(at.project.pk)

    with operation(at.project, at.ada, at.project.pk) as op:
        person = op.create(Person(project=at.project, name="Éve 🌊"))
        op.save(person, name="Ève שלום")
        op.record(at.project.pk, Kind.PERSON_ADDED, blocks={}, remark="x")

    event = Event.objects.get(operation=op.uuid)
    payload = json.loads(event.payload)
    first, second = payload["changes"]
    assert first == {
        "table": "person",
        "id": str(person.pk),
        "before": None,
        "after": {"name": "Éve 🌊", "project": str(at.project.pk), "revision": 1},
    }
    assert (second["before"]["name"], second["after"]["name"]) == ("Éve 🌊", "Ève שלום")
    assert second["after"]["revision"] == person.revision == 2
    assert (payload["v"], payload["blocks"], payload["remark"]) == (PAYLOAD_VERSION, {}, "x")
    assert event.sequence == before[0] + 1
    assert event.hash == event.link.hash(before[1])
    assert head(at.project.pk) == (event.sequence, event.hash)
    assert event.time == round(op.at.timestamp() * 1000)


def test_blocks_are_named_once_and_in_order(at):
    article = build.article(at)

    with operation(at.project, at.ada, at.project.pk) as op:
        op.create(Person(project=at.project, name="Éve"))
        op.record(at.project.pk, Kind.PERSON_ADDED, blocks={article.pk: [2, 0, 2]})

    payload = json.loads(Event.objects.get(operation=op.uuid).payload)
    assert payload["blocks"] == {str(article.pk): [0, 2]}


def test_several_events_of_an_operation_share_its_number_and_its_time(at):
    with operation(at.project, at.ada, at.project.pk) as op:
        for name in ("Éve", "Fay"):
            op.create(Person(project=at.project, name=name))
            op.record(at.project.pk, Kind.PERSON_ADDED)

    one, two = Event.objects.filter(operation=op.uuid).order_by("sequence")
    assert (two.sequence, two.time) == (one.sequence + 1, one.time)
    assert two.hash == two.link.hash(one.hash)


def test_nothing_changed_is_no_event(at):
    before = head(at.project.pk)

    with operation(at.project, at.ada, at.project.pk) as op:
        assert op.save(at.ben, name=at.ben.name) is False
        op.record(at.project.pk, Kind.PERSON_RENAMED)

    assert head(at.project.pk) == before
    assert at.ben.revision == 1


def test_a_kind_whose_rows_are_local_is_told_all_the_same(at):
    with operation(at.project, at.ada, at.project.pk) as op:
        op.record(at.project.pk, Kind.MEMBER_SET, always=True, role="viewer")

    payload = json.loads(Event.objects.get(operation=op.uuid).payload)
    assert (payload["changes"], payload["role"]) == ([], "viewer")


def test_rows_that_no_event_tells_of_are_a_mistake_and_are_not_stored(at):
    with (
        pytest.raises(RuntimeError, match=r"no event tells of: \['person'\]"),
        operation(at.project, at.ada, at.project.pk) as op,
    ):
        op.create(Person(project=at.project, name="Éve"))

    assert not Person.objects.filter(name="Éve").exists()


def test_an_error_at_the_end_takes_everything_back(at):
    before = head(at.project.pk)

    def break_off():
        with operation(at.project, at.ada, at.project.pk) as op:
            op.create_many(Speaker, [Speaker(project=at.project, name="Éve")])
            op.record(at.project.pk, Kind.SPEAKER_ADDED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert head(at.project.pk) == before
    assert not Speaker.objects.exists()


def test_locks_are_taken_project_first_then_articles_by_key(at, django_assert_num_queries):
    articles = [build.article(at, f"Text {n}\n\nשלום 🌊") for n in range(3)]
    keys = [article.pk for article in articles]

    with operation(at.project, at.ada, *reversed(keys), at.project.pk) as op:
        assert list(op._streams) == [at.project.pk, *sorted(keys)]


# --- requests repeated ------------------------------------------------------------------------


def test_a_key_gives_back_what_its_request_made_and_refuses_another(at):
    key, made = build.key("x"), uuid4()
    with operation(at.project, at.ada, key=key, makes=made) as op:
        assert key.repeats is None

    with pytest.raises(Repeated) as repeated, operation(at.project, at.ada, key=key):
        pytest.fail("It was done before.")
    assert repeated.value.made == made
    assert key.repeats == Receipt.objects.get().operation == op.uuid
    other = build.key("y", uuid=key.uuid)
    with (
        pytest.raises(Refused, match="with other values") as refusal,
        operation(at.project, at.ada, key=other),
    ):
        pytest.fail("The key was used before.")
    assert refusal.value.code == "key_reused"


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_of_one_key_at_once_the_second_waits_and_does_nothing():
    at = build.desk()
    article = build.article(at)
    for quote in ("Nobody was hurt", "a colossal blunder", "The river"):
        build.mark(at, article, quote)
    asked = build.key("undo")
    together = Barrier(2)

    def press(_: int) -> UUID | None:
        together.wait()
        try:
            return undo_last(article, by=at.cleo, key=Key(asked.uuid, asked.sha256))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(press, range(2))

    assert first == second
    assert Event.objects.filter(kind="operation.undone").count() == 1
    assert Span.objects.filter(withdrawn_at=None).count() == 2


def test_what_an_operation_made_otherwise_is_on_record(at):
    key, made = build.key("x"), uuid4()
    with operation(at.project, at.ada, key=key, makes=uuid4()) as op:
        op.made(made)
    with operation(at.project, at.ada) as without:
        without.made(uuid4())

    assert Receipt.objects.get().made == made


def test_a_refused_request_leaves_its_key_unused(at):
    key = build.key("x")
    with pytest.raises(Refused), operation(at.project, at.ada, key=key):
        raise Refused("No.")

    with operation(at.project, at.ada, key=build.key("corrected", uuid=key.uuid)) as op:
        assert op.events == []


def test_a_request_for_two_actions_has_a_key_for_each_and_the_same_ones_again(at):
    whole = build.key("source and details")
    parts = [whole.part("details"), Key(whole.uuid, whole.sha256).part("details")]

    for key in (whole, parts[0]):
        with operation(at.project, at.ada, key=key):
            assert key.repeats is None
    with pytest.raises(Repeated), operation(at.project, at.ada, key=parts[1]):
        pytest.fail("It was done before.")


def test_a_key_is_one_person_s(at):
    key = build.key("x")
    with operation(at.project, at.ada, key=key):
        pass

    other = build.key("y", uuid=key.uuid)
    with operation(at.project, at.ben, key=other):
        assert other.repeats is None
    assert Receipt.objects.count() == 2


# --- rights -----------------------------------------------------------------------------------


def test_a_role_is_that_of_the_account_linked_now(at):
    assert role_of(at.ada) == Role.MANAGER
    assert role_of(at.cleo) == Role.ANNOTATOR
    account = at.account(at.cleo)
    account.is_active = False
    account.save()
    assert role_of(at.cleo) is None


def test_a_right_holds_in_one_s_own_project_alone(at):
    other = build.desk("other", prefix="x")
    require(at.ada, Right.ERASE, at.project.pk)

    with pytest.raises(NotAllowed, match="no member"):
        require(at.ada, Right.READ, other.project.pk)


def test_in_shared_mode_a_reviewer_edits_what_others_wrote(at):
    span = build.mark(at, build.article(at), "Nobody was hurt")

    require_edit(at.cleo, span, at.project)
    require_edit(at.ben, span, at.project)
    with pytest.raises(NotAllowed):
        require_edit(at.cleo, build.mark(at, span.article, "1974", by=at.ada), at.project)


def test_in_independent_mode_nobody_does(at):
    apart = build.desk("apart", Preset.DATASET, prefix="x")
    span = build.mark(apart, build.article(apart), "Nobody was hurt")

    require_edit(apart.cleo, span, apart.project)
    with pytest.raises(NotAllowed, match="independent mode"):
        require_edit(apart.ada, span, apart.project)


def test_a_revision_that_has_moved_on_is_stale_and_none_is_not_asked(at):
    label = at.label("c")
    check_revision(label, None)
    check_revision(label, 1)

    with pytest.raises(Stale, match="you saw version 2, it is now version 1") as refusal:
        check_revision(label, 2)
    assert refusal.value.details["current"]["name"] == "claim"
    assert isinstance(label, Label)


# --- sign-offs that lapse ---------------------------------------------------------------------


def test_a_change_that_a_sign_off_covers_lets_it_lapse_and_names_the_items(told):
    signed = SignOff.objects.get(article=told.flood)

    change_span(told.claim, note="A note is exported too.", by=told.desk.cleo)

    signed.refresh_from_db()
    assert signed.lapsed_at is not None
    assert {"item": f"span:{told.claim.pk}", "what": "changed"} in signed.lapse
    events = Event.objects.filter(stream=told.flood.pk).order_by("-sequence")[:2]
    lapse, change = events
    assert (lapse.kind, change.kind) == ("article.sign_off_lapsed", "span.changed")
    assert lapse.operation == change.operation


def test_a_change_of_the_project_reaches_the_sign_offs_of_its_articles(told):

    change_project(told.desk.project, policy={"sources": 3}, by=told.desk.ada)

    assert SignOff.objects.get().lapse == [{"item": "policy", "what": "changed"}]
    assert Event.objects.get(kind=Kind.SIGN_OFF_LAPSED).stream_id == told.flood.pk


def test_a_sign_off_lapses_once(told):
    change_span(told.claim, note="One.", by=told.desk.cleo)
    first = SignOff.objects.get(article=told.flood).lapsed_at

    change_span(told.claim, note="Two.", by=told.desk.cleo)

    assert SignOff.objects.get(article=told.flood).lapsed_at == first
    assert Event.objects.filter(kind=Kind.SIGN_OFF_LAPSED).count() == 1


def test_touching_an_article_without_a_change_lets_nothing_lapse(told):

    with operation(told.desk.project, told.desk.ada, told.desk.project.pk) as op:
        op.touch([told.flood.pk])
        op.create(Person(project=told.desk.project, name="Éve"))
        op.record(told.desk.project.pk, Kind.PERSON_ADDED)

    assert SignOff.objects.get(article=told.flood).lapsed_at is None


def test_who_acts_as_whom_is_held_once(at, django_assert_num_queries):
    with operation(at.project, at.ada) as op:
        op.hold_links()
        with django_assert_num_queries(0):
            op.hold_links()
