"""One process at a time holds a lease, by the database's clock, and a dead one lets it run out."""

import datetime
import threading
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.db.models import F

from annotations.actions import leases
from annotations.actions.leases import LeaseLost
from annotations.domain.leases import LENGTH, WORKER
from annotations.models import Lease
from annotations.queries.leases import running, worker_runs

ADA, BEN = uuid4(), uuid4()


def later(seconds):
    """Let so many seconds pass, as the leases see it."""
    gone = datetime.timedelta(seconds=seconds)
    Lease.objects.update(beat_at=F("beat_at") - gone, until=F("until") - gone)


@pytest.mark.django_db
def test_a_lease_is_taken_once_until_it_is_given_back():
    assert leases.take("a", ADA)
    assert not leases.take("a", BEN)
    assert not leases.take("a", ADA)
    assert leases.take("b", BEN)

    leases.release(BEN, "a")
    assert not leases.take("a", BEN)
    leases.release(ADA, "a")
    assert leases.take("a", BEN)


@pytest.mark.django_db
def test_a_lease_that_nobody_renews_runs_out():
    leases.take("a", ADA)
    later(LENGTH - 1)
    assert not leases.take("a", BEN)
    assert running().count() == 1

    later(2)

    assert running().count() == 0
    assert leases.take("a", BEN)
    assert leases.renew(ADA) == set()
    assert Lease.objects.get().holder == BEN


@pytest.mark.django_db
def test_a_renewed_lease_goes_on_and_says_how_far_its_work_is():
    leases.take("a", ADA)
    leases.take("b", ADA)
    later(LENGTH - 1)
    assert leases.renew(ADA) == {"a", "b"}
    later(LENGTH - 1)
    leases.tell("a", ADA, done=3, total=7)
    leases.tell("a", BEN, done=4, total=7)
    later(2)

    [left] = running()

    assert (left.name, left.done, left.total) == ("a", 3, 7)


@pytest.mark.django_db
def test_what_is_told_of_one_work_is_not_told_of_the_next():
    leases.take("a", ADA)
    leases.tell("a", ADA, done=3, total=7)
    later(LENGTH + 1)

    leases.take("a", BEN)

    assert (Lease.objects.get().done, Lease.objects.get().total) == (None, None)


@pytest.mark.django_db
def test_a_clock_that_was_set_back_by_a_day_keeps_nobody_waiting():
    leases.take("a", ADA)
    later(-24 * 3600)

    assert running().count() == 0
    assert leases.take("a", BEN)


@pytest.mark.django_db
def test_a_clock_that_was_set_back_by_a_second_takes_nothing_from_its_holder():
    leases.take("a", ADA)
    later(-1)

    assert running().count() == 1
    assert not leases.take("a", BEN)


@pytest.mark.django_db
def test_what_a_lease_protects_is_written_by_its_holder_alone():
    leases.take("a", ADA)
    later(LENGTH + 1)
    with transaction.atomic():
        leases.hold("a", ADA)
    leases.take("a", BEN)

    with pytest.raises(LeaseLost), transaction.atomic():
        leases.hold("a", ADA)


@pytest.mark.django_db
def test_a_process_that_ended_leaves_nothing_to_wait_for():
    leases.take("a", ADA)
    leases.take("b", ADA)
    leases.take("c", BEN)

    leases.release(ADA)

    assert [lease.name for lease in Lease.objects.all()] == ["c"]


@pytest.mark.django_db
def test_work_that_fails_gives_its_lease_back_and_the_second_is_told():
    def work():
        with leases.leased("tidy") as first, leases.leased("tidy") as second:
            assert (first, second) == (True, False)
            assert Lease.objects.count() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not Lease.objects.exists()


@pytest.mark.django_db
def test_a_worker_is_alive_as_long_as_it_renews_its_lease():
    assert not worker_runs()
    leases.take("import x", ADA)
    assert not worker_runs()

    leases.take(f"{WORKER}{ADA}", ADA)
    assert worker_runs()

    later(LENGTH + 1)
    assert not worker_runs()


def test_of_many_that_reach_for_a_lease_at_once_one_gets_it(transactional_db):
    for left in ("free", "run out"):
        if left == "run out":
            later(LENGTH + 1)
        got, start = [], threading.Barrier(8)

        def reach(got=got, start=start):
            try:
                start.wait(20)
                got.append(leases.take("a", uuid4()))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=reach) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert sorted(got) == [False] * 7 + [True]
