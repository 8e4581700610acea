"""Whoever has no session cannot keep from working those who have one."""

import time

from tests.load.anonymous import Guessers, held_open, is_open, wait_until_ended
from tests.load.client import Client, Log, check_histories, check_stored, milliseconds, scene

GUESSERS = 30
HALF = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\nusername="


def saves(at, where, log, count):
    client = Client(at.jars[0], where, log)
    for number, (path, data) in enumerate(at.marking(at.articles[0], 0)):
        if number == count:
            break
        client.save(path, **data)
        time.sleep(0.02)
    client.close()


def test_saves_go_on_while_thirty_guess_passwords_of_ever_new_names(mortal, soak, figures):
    at = scene(people=1, articles=1)
    where = mortal.urls[0]
    calm, busy = Log(), Log()
    count = soak(30, 600)
    saves(at, where, calm, count)
    guessers = Guessers(where, GUESSERS)

    with guessers.at_work():
        # The budget of an address first, so that what is measured includes its hashing.
        saves(at, where, busy, count)

    for name, log in (("nobody", calm), (f"{GUESSERS} connections", busy)):
        figures(
            f"a save while {name} guess{'es' if log is calm else ''} passwords of ever new names",
            f"p50 {milliseconds(log.all(), 0.5):.0f} ms, p99 {milliseconds(log.all(), 0.99):.0f} "
            f"ms, most {milliseconds(log.all(), 1):.0f} ms of {len(log.all())}"
            + (f"; answers to guesses {dict(guessers.answers)}" if log is busy else ""),
        )
    assert {write.status for write in busy.all()} == {200}
    assert guessers.answers.keys() <= {200, 429, 503}
    # At most the free guesses of one address, and those that came back meanwhile.
    assert guessers.answers[200] <= 30 + soak(5, 30)
    assert guessers.answers[429] > 0
    assert soak(True, milliseconds(busy.all(), 0.99) < 200)
    for write in calm.all():
        busy.note(write)
    check_stored(busy)
    check_histories()


def test_pages_are_answered_while_others_send_nothing_or_half_of_it(mortal, soak, figures):
    at = scene(people=1, articles=1)
    where = mortal.urls[0]
    count = soak(300, 1_100)
    log = Log()
    with held_open(where(), count) as silent, held_open(where(), 60, HALF) as half:
        began = time.monotonic()
        saves(at, where, log, 10)
        assert any(map(is_open, silent))
        assert any(map(is_open, half))
        took = wait_until_ended([*silent, *half], 40)
        figures(
            f"a save while {count} connections are silent and 60 stop in a body",
            f"most {milliseconds(log.all(), 1):.0f} ms of {len(log.all())}; all of them ended "
            f"after {time.monotonic() - began:.0f} s",
        )

    assert {write.status for write in log.all()} == {200}
    assert took < 40
    check_histories()
