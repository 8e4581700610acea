import pytest
from django.contrib.auth.models import User
from django.test import Client

from workbench import accounts
from workbench.accounts import Guesses, Tries

PASSWORD = "a quiet river 🌊"


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tries(clock, monkeypatch):
    made = Tries(clock)
    monkeypatch.setattr(accounts, "TRIES", made)
    monkeypatch.setattr(accounts, "GUESSES", Guesses(clock))
    return made


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", password=PASSWORD)


def log_in(name, password, address="192.0.2.1", page="/login/"):
    return Client(REMOTE_ADDR=address).post(page, {"username": name, "password": password})


def test_ten_wrong_passwords_cost_nothing_and_the_next_ones_ever_longer_waits(tries, clock):
    waits = []
    for _ in range(20):
        wait = tries.begin(("ada", "192.0.2.1"))
        waits.append(wait)
        clock.now += wait
        if wait:
            assert tries.begin(("ada", "192.0.2.1")) == 0

    assert waits == [0] * 10 + [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_a_try_that_has_to_wait_does_not_lengthen_the_wait(tries, clock):
    for _ in range(10):
        tries.begin(("ada", ""))

    first = tries.begin(("ada", ""))
    again = tries.begin(("ada", ""))
    clock.now += 1

    assert first == again == 1
    assert tries.begin(("ada", "")) == 0


def test_a_name_that_rests_is_forgotten_and_there_is_no_end_of_names(tries, clock):
    for _ in range(11):
        clock.now += tries.begin(("ada", ""))
    clock.now += Tries.KEPT + 1
    assert tries.begin(("ada", "")) == 0
    assert tries.begin(("ada", "")) == 0

    for number in range(Tries.MOST + 5):
        tries.begin((f"nobody {number}", ""))

    assert len(tries) == Tries.MOST


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_a_form_says_how_long_to_wait_and_does_not_look_at_the_password(tries, ada, page):
    for _ in range(10):
        wrong = log_in("ada", "wrong", page=page)
    # The name is the same however it is written, so that its cases are no further tries.
    held = [log_in(name, PASSWORD, page=page) for name in ("ada", "ADA", "ａda")]

    assert "Too many" not in wrong.text
    for answer in held:
        assert answer.status_code == 200
        assert "Too many wrong passwords were tried. Wait 1 second, then try again." in answer.text


def test_others_and_other_places_do_not_wait_and_the_wait_ends(tries, clock, ada):
    User.objects.create_user("ben", password=PASSWORD)
    for _ in range(10):
        log_in("ada", "wrong")

    assert log_in("ben", PASSWORD).status_code == 302
    assert log_in("ada", PASSWORD, address="192.0.2.2").status_code == 302
    clock.now += 1
    assert log_in("ada", PASSWORD).status_code == 302


def test_the_right_password_begins_the_count_anew(tries, ada):
    for _ in range(3):
        for _ in range(9):
            log_in("ada", "wrong")
        assert log_in("ada", PASSWORD).status_code == 302
    assert len(tries) == 0


def test_an_address_has_a_budget_of_guesses_for_whatever_names(clock):
    guesses = Guesses(clock)

    waits = [guesses.take("192.0.2.1") for _ in range(Guesses.FREE + 3)]

    assert waits == [0] * Guesses.FREE + [20, 20, 20]
    assert guesses.wait("192.0.2.1") == 20
    assert guesses.take("192.0.2.2") == 0
    clock.now += 20
    assert [guesses.take("192.0.2.1") for _ in range(2)] == [0, 20]
    clock.now += Guesses.FREE * Guesses.SECONDS
    assert [guesses.take("192.0.2.1") for _ in range(Guesses.FREE)] == [0] * Guesses.FREE


def test_there_is_no_end_of_addresses_and_a_right_password_costs_nothing(clock):
    guesses = Guesses(clock)
    for number in range(Guesses.MOST + 5):
        guesses.take(f"address {number}")
    assert len(guesses._until) == Guesses.MOST

    for _ in range(5 * Guesses.FREE):
        assert guesses.take("192.0.2.1") == 0
        guesses.give_back("192.0.2.1")


def test_ever_new_names_from_one_address_are_refused_without_a_look_at_the_password(
    tries, ada, monkeypatch
):
    looked = []
    monkeypatch.setattr(
        accounts.ModelBackend, "authenticate", lambda *about, **more: looked.append(more) or None
    )
    for number in range(Guesses.FREE):
        log_in(f"nobody {number}", "wrong")
    refused = log_in("somebody new", "wrong")
    # The same network of IPv6 is the same place, however many addresses it has.
    for number in range(Guesses.FREE):
        log_in(f"nobody {number}", "wrong", address=f"2001:db8::{number:x}")
    refused_as_well = log_in("ada", PASSWORD, address="2001:db8::ffff")

    assert len(looked) == 2 * Guesses.FREE
    for answer in (refused, refused_as_well):
        assert "wrong passwords were tried from your address. Wait 20 seconds" in answer.text
    assert "correct username" in log_in("ada", "wrong", address="192.0.2.99").text


def test_a_name_that_is_not_there_costs_as_much_as_one_that_is(tries, ada, monkeypatch):
    """As many hashes are made: otherwise the time would tell which names there are."""
    from tests.conftest import QuickHasher

    User.objects.create_user("eve", password=PASSWORD, is_active=False)
    User.objects.create_user("nopass")
    made = []
    encode = QuickHasher.encode
    monkeypatch.setattr(
        QuickHasher, "encode", lambda *about: made.append(about[1]) or encode(*about)
    )
    counts = {}
    for name in ("ada", "nobody", "eve", "nopass"):
        made.clear()
        assert "correct username" in log_in(name, "wrong").text
        counts[name] = len(made)

    assert set(counts.values()) == {1}
