import gc
import os
import time

import pytest

from workbench import memory
from workbench.memory import GROWTH, WORTH, Keeper, give_back, resident


@pytest.fixture
def process():
    class Process:
        held = 100 * 1024 * 1024
        frees = 0
        given = 0

        def measure(self):
            return self.held

        def give_back(self):
            self.given += 1
            self.held -= self.frees

    return Process()


@pytest.fixture
def keeper(process):
    return Keeper(process.measure, process.give_back)


def looks(keeper, process, count):
    """Return at which of ``count`` looks memory was given back."""
    given = []
    for number in range(1, count + 1):
        before = process.given
        keeper.look()
        given += [number] * (process.given - before)
    return given


def test_nothing_is_looked_for_where_the_process_has_not_grown(process, keeper):
    process.held += GROWTH

    assert looks(keeper, process, 100) == []


def test_what_is_no_longer_needed_is_given_back_at_the_next_look(process, keeper):
    process.held += 3 * GROWTH
    process.frees = 3 * GROWTH

    assert looks(keeper, process, 100) == [1]


def test_what_is_still_needed_is_looked_for_ever_more_seldom(process, keeper):
    process.held += 3 * GROWTH

    assert looks(keeper, process, 100) == [1, 3, 7, 15, 31, 61, 91]


def test_what_was_needed_while_it_was_looked_for_is_given_back_later(process, keeper):
    process.held += 3 * GROWTH
    assert looks(keeper, process, 4) == [1, 3]
    process.frees = WORTH

    assert looks(keeper, process, 6) == [3, 4, 5, 6]


def test_growth_makes_the_next_search_due_at_once_and_others_soon(process, keeper):
    process.held += 3 * GROWTH
    assert looks(keeper, process, 20) == [1, 3, 7, 15]
    process.held += GROWTH + 1

    assert looks(keeper, process, 20) == [1, 3, 7, 15]


def test_what_the_process_holds_is_its_resident_pages(monkeypatch, tmp_path):
    (tmp_path / "statm").write_text("9000 2500 700 1 0 8000 0\n")
    monkeypatch.setattr(memory, "_STATM", tmp_path / "statm")

    assert resident() == 2500 * os.sysconf("SC_PAGE_SIZE")


def test_a_system_that_does_not_tell_is_left_alone(monkeypatch, tmp_path, process):
    monkeypatch.setattr(memory, "_STATM", tmp_path / "statm")

    keeper = Keeper(give_back=process.give_back)
    keeper.look()

    assert resident() == 0
    assert process.given == 0


def test_cycles_are_found_also_where_the_c_library_cannot_give_back(monkeypatch):
    class Link:
        found = 0

        def __init__(self):
            self.itself = self

        def __del__(self):
            Link.found += 1

    gc.collect()
    Link()
    give_back()
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    Link()
    give_back()

    assert Link.found == 2


def test_the_server_looks_again_and_again(monkeypatch):
    looks = []
    monkeypatch.setattr(memory, "PAUSE", 0.01)
    monkeypatch.setattr(Keeper, "look", lambda keeper: looks.append(keeper))

    ends = memory.watch()

    end = time.monotonic() + 10
    while len(looks) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    ends.set()
    assert len(looks) >= 3
