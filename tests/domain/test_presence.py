from uuid import uuid4

import pytest

from annotations.domain.presence import LASTS, MOST, MOST_OF_ONE, Place, Presence

ARTICLE = uuid4()


class Clock:
    def __init__(self):
        self.now = 1000

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def presence(clock):
    return Presence(clock)


def place(name="Zoe\u0301 🌊", **more):
    return Place(uuid4(), uuid4(), name, **more)


def test_pages_are_listed_by_name_until_they_are_closed(presence):
    ben, ada = place("ben"), place("ada")
    presence.put(ARTICLE, ben)
    presence.put(ARTICLE, ada)

    assert presence.of(ARTICLE) == [ada, ben]
    presence.leave(ARTICLE, ada.tab, ada.person)
    presence.leave(ARTICLE, ben.tab, ben.person)
    assert presence.of(ARTICLE) == []
    assert len(presence) == 0


def test_nobody_closes_the_page_of_another(presence):
    ben = place("ben")
    presence.put(ARTICLE, ben)

    presence.leave(ARTICLE, ben.tab, uuid4())
    presence.leave(uuid4(), ben.tab, ben.person)

    assert presence.of(ARTICLE) == [ben]


def test_a_page_that_falls_silent_is_gone_and_forgotten(presence, clock):
    silent, speaking = place("silent"), place("שלום")
    presence.put(ARTICLE, silent)
    presence.put(uuid4(), silent)
    clock.now += LASTS - 1
    presence.put(ARTICLE, speaking)
    assert presence.of(ARTICLE) == [silent, speaking]

    clock.now += 1

    assert presence.of(ARTICLE) == [speaking]
    assert len(presence) == 3
    presence.put(ARTICLE, speaking)
    assert len(presence) == 1


def test_where_there_are_too_many_pages_the_oldest_make_room(presence):
    person = uuid4()
    own = [Place(uuid4(), person, "ada", block=number) for number in range(MOST_OF_ONE + 1)]
    for one in own:
        presence.put(ARTICLE, one)
    assert {one.block for one in presence.of(ARTICLE)} == set(range(1, MOST_OF_ONE + 1))

    for _ in range(MOST):
        presence.put(ARTICLE, place())

    assert len(presence.of(ARTICLE)) == MOST
    assert not set(own) & set(presence.of(ARTICLE))


@pytest.mark.parametrize("where", [{}, {"block": 3}, {"block": 0, "span": uuid4()}])
def test_a_place_is_read_as_it_was_written(where):
    one = place(**where)

    assert Place.from_json(one.to_json()) == one
