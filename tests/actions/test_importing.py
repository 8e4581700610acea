"""Turns of a worker: whose turn it is, what holds the lease, and what breaks off in the middle."""

import logging
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.db.models import F

from annotations.actions import importing, imports, leases
from annotations.actions.imports import Upload
from annotations.actions.projects import set_member
from annotations.domain.errors import ImportRefused
from annotations.domain.leases import IMPORT
from annotations.formats.reading import ReaderDied
from annotations.models import Article, Event, ImportBatch, ImportItem
from annotations.queries.imports import waiting_for_a_turn
from tests.builders import account, desk
from tests.turns import Here, run, take_turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return desk()


def text(number):
    return f"Flood {number} 🌊\n\nThe café\u0301 שלום number {number} was flooded, twice.".encode()


def begin(at, *contents, by=None):
    uploads = [Upload(f"{n}.txt", each) for n, each in enumerate(contents)]
    return imports.create_batch(at.project, uploads, by=by or at.ada)


def read(at, *contents):
    return run(begin(at, *contents))


def states(batch):
    return [item.state for item in batch.items.all()]


def names(*batches):
    return [f"{IMPORT}{batch.pk}" for batch in batches]


class Fails(Here):
    """Reads as it should, but for files whose names are in ``by``: of these it does something."""

    def __init__(self, **by):
        self.by = by
        self.read_so_far = []

    def read_whole(self, data, *, name):
        self.read_so_far.append(name)
        yield from super().read_whole(data, name=name)
        act = self.by.get(f"file{name.partition('.')[0]}")
        if act is not None:
            yield from act(name)


def dies(name):
    raise ReaderDied(name)
    yield


def too_slow(name):
    yield ImportRefused("it took too long.", name=name, code="too_slow")


# --- whose turn it is -------------------------------------------------------------------------


def test_a_batch_waits_for_a_turn_until_it_is_read_and_again_when_it_is_to_be_stored(at):
    batch = begin(at, text(1))
    assert waiting_for_a_turn() == names(batch)

    batch = run(batch)
    assert waiting_for_a_turn() == []

    imports.store_batch(batch, by=at.ada)
    assert waiting_for_a_turn() == names(batch)
    assert run(batch).state == "done"
    assert waiting_for_a_turn() == []


def test_of_one_account_one_batch_at_a_time_has_a_turn_and_the_others_are_next(at):
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    first, second, other = (
        begin(at, text(1), text(2)),
        begin(at, text(3)),
        begin(at, text(4), by=at.ben),
    )
    assert waiting_for_a_turn() == names(first, other)

    leases.take(*names(first), uuid4())
    assert waiting_for_a_turn() == names(other)
    leases.take(*names(other), uuid4())
    assert waiting_for_a_turn() == []

    ImportBatch.objects.filter(pk=second.pk).update(beat_at=F("created_at"))
    for name in names(first, other):
        [lease] = leases.Lease.objects.filter(name=name)
        leases.release(lease.holder)
    assert waiting_for_a_turn() == names(first, other)


def test_two_projects_of_one_account_are_one_account(at):
    elsewhere = desk("elsewhere", prefix="x")
    set_member(elsewhere.project, account=account("both"), role="manager", by=elsewhere.ada)
    set_member(
        at.project,
        account=elsewhere.project.memberships.get(account__username="both").account,
        role="manager",
        by=at.ada,
    )
    one = at.project.people.get(links__account__username="both")
    two = elsewhere.project.people.get(links__account__username="both")
    first = begin(at, text(1), by=one)
    begin(elsewhere, text(2), by=two)

    assert waiting_for_a_turn() == names(first)


def test_after_a_turn_whoever_has_waited_longest_is_next(at, monkeypatch):
    monkeypatch.setattr(importing, "TURN", 0.0)
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    long, short = begin(at, text(1), text(2), text(3)), begin(at, text(4), by=at.ben)

    take_turn(long)

    assert states(long) == ["read", "waiting", "waiting"]
    assert waiting_for_a_turn() == names(short, long)


def test_a_turn_ends_where_the_process_ends(at):
    batch = begin(at, text(1), text(2))

    take_turn(batch, ending=lambda: True)

    assert states(batch) == ["read", "waiting"]


# --- leases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["reading", "storing"])
def test_a_worker_that_lost_its_lease_writes_nothing_more(at, state):
    batch = begin(at, text(1))
    if state == "storing":
        batch = run(batch)
        imports.store_batch(batch, by=at.ada)
    before = states(batch)

    importing.take_turn(*names(batch), uuid4(), reader=Here())

    assert states(batch) == before
    assert not Article.objects.exists()
    assert run(batch).state in ("preview", "done")


def test_a_lease_that_is_lost_while_a_file_is_read_leaves_the_file_to_the_next(at):
    batch = begin(at, text(1))

    def another_takes_over(name):
        leases.Lease.objects.update(holder=uuid4())
        return iter(())

    take_turn(batch, Fails(file0=another_takes_over))
    leases.Lease.objects.all().delete()

    assert states(batch) == ["waiting"]
    assert states(run(batch)) == ["read"]


def test_a_turn_of_a_batch_that_was_dropped_or_waits_for_a_person_does_nothing(at):
    batch = read(at, text(1))
    before = batch.beat_at

    take_turn(batch)
    assert ImportBatch.objects.get().beat_at == before

    imports.drop_batch(batch, by=at.ada)
    take_turn(batch)
    assert not ImportBatch.objects.exists()


def test_a_batch_that_is_dropped_while_it_is_read_is_gone(at):
    batch = begin(at, text(1), text(2))

    def dropped(name):
        imports.drop_batch(batch, by=at.ada)
        return iter(())

    take_turn(batch, Fails(file0=dropped))

    assert not ImportBatch.objects.exists()
    assert not ImportItem.objects.exists()


# --- what breaks off --------------------------------------------------------------------------


def test_a_file_whose_reader_dies_is_tried_again_and_then_refused(at, caplog):
    batch = begin(at, text(1), text(2))
    reader = Fails(file0=dies)

    while ImportBatch.objects.get().state == "reading":
        take_turn(batch, reader)

    first, second = batch.items.all()
    assert (first.state, second.state) == ("refused", "read")
    assert first.message == "0.txt: reading it broke off 3 times."
    assert reader.read_so_far == ["0.txt"] * importing.ATTEMPTS + ["1.txt"]
    assert "The process that read 0.txt ended." in caplog.text


def test_a_reader_that_was_ended_with_the_worker_is_no_fault_of_its_file(at, caplog):
    batch = begin(at, text(1))
    for _ in range(importing.ATTEMPTS + 1):
        take_turn(batch, Fails(file0=dies), ending=lambda: True)

    assert states(batch) == ["waiting"]
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []
    assert states(run(batch)) == ["read"]


def test_a_file_that_takes_too_long_is_refused_at_once_and_nothing_of_it_stays(at, monkeypatch):
    monkeypatch.setattr(importing, "STEP", 1)
    batch = begin(at, text(1), text(2))
    reader = Fails(file0=too_slow)

    take_turn(batch, reader)

    first, second = batch.items.all()
    assert (first.state, first.message) == ("refused", "0.txt: it took too long.")
    assert second.state == "read"
    assert reader.read_so_far == ["0.txt", "1.txt"]


def test_an_article_by_which_the_process_ends_is_refused_and_the_others_are_stored(at, monkeypatch):
    batch = read(at, text(1), text(2), text(3))
    imports.store_batch(batch, by=at.ada)
    stored = importing.import_article

    class Killed(BaseException):
        pass

    def second_kills(project, of, **more):
        if "Flood 2" in of.text:
            raise Killed
        return stored(project, of, **more)

    monkeypatch.setattr(importing, "import_article", second_kills)
    for _ in range(1 + importing.ATTEMPTS):
        with pytest.raises(Killed):
            take_turn(batch)
    assert Article.objects.count() == 1

    assert states(run(batch)) == ["stored", "refused", "stored"]
    assert batch.items.all()[1].message == "1.txt: storing it broke off 3 times."
    assert Event.objects.filter(kind="article.imported").count() == 2


def test_a_busy_database_is_asked_again_and_at_last_given_up(at, monkeypatch):
    batch = begin(at, text(1))
    slept = []
    monkeypatch.setattr(importing.time, "sleep", slept.append)
    finish = importing._Reading._next
    busy = [True]

    def once_busy(reading):
        if busy:
            busy.pop()
            raise OperationalError("locked")
        return finish(reading)

    monkeypatch.setattr(importing._Reading, "_next", once_busy)
    assert run(batch).state == "preview"
    assert slept == [importing.PAUSES[0]]

    imports.store_batch(batch, by=at.ada)

    def always_busy(*args, **more):
        raise OperationalError("locked")

    monkeypatch.setattr(importing, "import_article", always_busy)
    with pytest.raises(OperationalError):
        run(batch)
    assert slept[1:] == list(importing.PAUSES)
    assert states(batch) == ["read"]


def test_what_is_said_of_a_file_that_was_stopped_is_not_said_in_the_log(at, caplog):
    with caplog.at_level(logging.INFO):
        take_turn(begin(at, text(1)), Fails(file0=too_slow))

    assert [one for one in caplog.records if one.levelno > logging.INFO] == []
