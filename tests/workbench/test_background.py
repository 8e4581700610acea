"""The worker takes up what waits, a few at once, and the server keeps one running."""

import io
import logging
import os
import signal
import threading
import time
from uuid import uuid4

import pytest
from django.db import OperationalError, connections

from annotations.actions import leases
from annotations.models import Lease
from annotations.queries.leases import worker_runs
from workbench import background
from workbench.background import Keeper, Readers, Worker, follow

PATIENCE = 30


def until(true, patience=PATIENCE):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "It did not come about."
        time.sleep(0.01)


class Reader:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


class Work:
    """Work of some names; each turn waits until it is let go."""

    def __init__(self, *names):
        self.names = list(names)
        self.begun = []
        self.go = {name: threading.Event() for name in names}
        self.fails = set()

    def waiting(self):
        held = set(Lease.objects.values_list("name", flat=True))
        return [name for name in self.names if name not in held]

    def take_turn(self, name, holder, *, reader, ending):
        if name not in self.names:
            # Done between the look and the lease, as a batch is asked for what it is now.
            return
        self.begun.append(name)
        while not (self.go[name].is_set() or ending()):
            time.sleep(0.01)
        if name in self.fails:
            self.fails.discard(name)
            raise ZeroDivisionError(name)
        if not ending():
            self.names.remove(name)


@pytest.fixture
def at_work(transactional_db):
    """``at_work(work)`` runs a worker in a thread until the test is over, and returns it."""
    started = []

    def start(work, **more):
        holder = more.pop("holder", None) or uuid4()
        worker = Worker(
            work, leases, Readers(Reader), name=f"worker {holder}", holder=holder, beat=0.2
        )

        def run():
            try:
                worker.run()
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        started.append((worker, thread))
        thread.start()
        return worker

    yield start
    for worker, thread in started:
        worker.ending.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_waits_is_done_a_few_at_once_and_each_once(at_work):
    names = [f"work {n}" for n in range(background.LANES + 2)]
    work = Work(*names)
    at_work(work)

    until(lambda: len(work.begun) == background.LANES)
    time.sleep(0.3)
    assert work.begun == names[: background.LANES], "one that does not end keeps its place alone"

    work.go[names[1]].set()
    until(lambda: len(work.begun) == background.LANES + 1)
    for go in work.go.values():
        go.set()
    until(lambda: not work.names)

    assert sorted(work.begun) == names


def test_two_workers_share_what_waits_and_do_nothing_twice(at_work):
    work = Work(*(f"work {n}" for n in range(40)))
    for go in work.go.values():
        go.set()

    at_work(work)
    at_work(work)
    until(lambda: not work.names)

    assert len(work.begun) == len(set(work.begun)) == 40


def test_a_worker_says_that_it_is_alive_and_that_it_has_ended(at_work):
    worker = at_work(Work())
    until(worker_runs)
    first = Lease.objects.get(name=worker.name).beat_at
    until(lambda: Lease.objects.get(name=worker.name).beat_at > first)

    Lease.objects.all().delete()
    until(worker_runs)
    worker.ending.set()

    until(lambda: not Lease.objects.exists())


def test_a_worker_renews_what_it_works_on(at_work):
    work = Work("long")
    at_work(work)
    until(lambda: work.begun)
    first = Lease.objects.get(name="long").beat_at

    until(lambda: Lease.objects.get(name="long").beat_at > first)


def test_a_successor_takes_up_at_once_what_the_dead_worker_held(at_work):
    holder = uuid4()
    leases.take("long", holder)
    leases.take("other", uuid4())
    work = Work("long", "other")

    at_work(work, holder=holder)

    until(lambda: work.begun)
    assert work.begun == ["long"]


def test_a_turn_that_breaks_off_is_logged_and_taken_again(at_work, caplog, monkeypatch):
    monkeypatch.setattr(background, "AGAIN", 0.1)
    work = Work("odd")
    work.fails.add("odd")
    work.go["odd"].set()

    with caplog.at_level(logging.ERROR):
        at_work(work)
        until(lambda: not work.names)

    assert work.begun == ["odd", "odd"]
    assert "A turn of odd broke off." in caplog.text
    assert "ZeroDivisionError: odd" in caplog.text


def test_a_database_that_is_away_for_a_while_is_asked_again(at_work, caplog, monkeypatch):
    monkeypatch.setattr(background, "AGAIN", 0.05)
    work = Work("late")
    work.go["late"].set()
    waiting, away = work.waiting, [1, 2, 3]

    def sometimes():
        if away:
            away.pop()
            raise OperationalError("it is away")
        return waiting()

    work.waiting = sometimes
    at_work(work)

    until(lambda: not work.names)
    assert caplog.text.count("The worker cannot use the database: it is away") == 1


def test_what_is_begun_is_ended_in_order_and_given_back(at_work):
    work = Work("a", "b")
    worker = at_work(work)
    until(lambda: len(work.begun) == 2)
    [*lent] = worker.readers._lent

    worker.ending.set()

    until(lambda: not Lease.objects.exists())
    assert work.names == ["a", "b"]
    assert [reader.closed for reader in lent] == [True, True]


# --- readers ----------------------------------------------------------------------------------


def test_one_reader_is_kept_for_the_next_turn_until_nobody_wants_it():
    readers = Readers(Reader)
    first, second = readers.lend(), readers.lend()
    assert first is not second

    readers.take_back(first)
    readers.take_back(second)
    assert (first.closed, second.closed) == (False, True)
    assert readers.lend() is first
    readers.take_back(first)

    readers.end_idle(60)
    assert not first.closed
    readers.end_idle(0)
    assert first.closed
    readers.end_idle(0)
    assert readers.lend() is not first


def test_when_all_is_over_no_reader_is_left():
    readers = Readers(Reader)
    lent, idle = readers.lend(), readers.lend()
    readers.take_back(idle)

    readers.end()

    assert (lent.closed, idle.closed) == (True, True)
    lent.closed = False
    readers.take_back(lent)
    assert lent.closed


# --- the two ends of the pipe -----------------------------------------------------------------


def test_a_worker_ends_when_the_pipe_of_its_server_is_closed(monkeypatch):
    monkeypatch.setattr(background, "ALIVE", 0.01)
    ours, server = os.pipe()
    told, ending = io.BytesIO(), threading.Event()
    with open(ours, "rb", buffering=0) as reading:
        follow(reading, told, ending)
        until(lambda: told.getvalue().startswith(b".."))
        assert not ending.is_set()

        os.close(server)

        assert ending.wait(PATIENCE)


@pytest.fixture
def kept(tmp_path, settings, monkeypatch):
    """``kept(code)`` keeps a process running that is no more than this code."""
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(background, "SOON", 0.05)
    started = []

    def start(code, **more):
        log = tmp_path / "log"
        (tmp_path / "manage.py").write_text(
            f"import os, sys, time\nopen({str(log)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{code}\n"
        )
        keeper = Keeper(**more)
        keeper.begun = lambda: log.read_text().split() if log.exists() else []
        started.append(keeper)
        keeper.start()
        return keeper

    yield start
    for keeper in started:
        keeper.tell_to_end()
        keeper.wait()


LIVES = "sys.stdin.read()"


def test_a_worker_that_was_killed_is_started_again_under_its_name(kept, caplog):
    keeper = kept(LIVES)
    until(lambda: len(keeper.begun()) == 1)

    os.kill(int(keeper.begun()[0]), signal.SIGKILL)

    until(lambda: len(keeper.begun()) == 2)
    assert "The worker process has ended (-9); another is started." in caplog.text
    assert str(keeper.holder) in keeper.process.args


def test_a_worker_that_is_silent_too_long_is_killed_and_started_again(kept, caplog):
    keeper = kept("time.sleep(1000)", silent=0.5)

    until(lambda: len(keeper.begun()) == 2)

    assert "The worker process has not answered for 0.5 seconds." in caplog.text


def test_a_worker_that_gives_signs_of_life_is_left_alone(kept, caplog):
    keeper = kept(
        "while True:\n sys.stdout.write('.'); sys.stdout.flush(); time.sleep(0.1)", silent=1.5
    )

    until(lambda: len(keeper.begun()) == 1)
    time.sleep(3)

    assert len(keeper.begun()) == 1
    assert caplog.text == ""
    keeper.process.kill()


def test_a_worker_that_ends_at_once_is_started_ever_more_seldom(kept, monkeypatch):
    monkeypatch.setattr(background, "LATE", 0.4)
    began = time.monotonic()
    keeper = kept("sys.exit(3)")

    until(lambda: len(keeper.begun()) == 5)

    assert time.monotonic() - began > 0.05 + 0.1 + 0.2 + 0.4


def test_the_server_ends_its_worker_and_starts_no_other(kept, caplog):
    keeper = kept(LIVES)
    until(lambda: len(keeper.begun()) == 1)

    keeper.tell_to_end()
    keeper.wait()

    assert keeper.process.returncode == 0
    time.sleep(0.3)
    assert len(keeper.begun()) == 1
    assert caplog.text == ""


def test_a_worker_that_does_not_end_is_killed(kept, monkeypatch):
    monkeypatch.setattr(background, "GRACE", -1.5)
    keeper = kept("time.sleep(1000)")
    until(lambda: len(keeper.begun()) == 1)

    keeper.tell_to_end()
    keeper.wait()

    assert keeper.process.returncode == -9


def test_a_server_that_ends_before_its_worker_began_starts_none():
    keeper = Keeper()
    keeper.tell_to_end()
    keeper.start()
    keeper.wait()

    assert keeper.process is None
