"""What is taken from whom: how large, how slowly, and whose turn it is."""

import asyncio
import threading
import time

import pytest

from tests.workbench.test_serving import SESSION, ask, echo, in_a_loop
from workbench import asgi, intake
from workbench.intake import MOST_OF_STRANGERS, SLOWEST, Bodies, Gone, Line, NotTaken, Sessions

GONE = (b"cookie", b"sessionid=" + b"b" * 32)
MB = 1024 * 1024


def is_session(key):
    return key == "a" * 32


def _async(work):
    async def found(*about):
        return work(*about)

    return found


def workbench(pages=echo, *, threads=4, **more):
    return asgi.Workbench(
        pages, streams={}, threads=threads, most_bytes=8 * MB, is_session=is_session, **more
    )


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def _not_held(monkeypatch):
    monkeypatch.setattr(asgi, "HELD", 0)


# Bodies


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("cookie", "size", "expected"),
    [
        pytest.param(SESSION, 4 * MB, 200, id="logged in"),
        pytest.param(SESSION, 8 * MB + 1, 413, id="logged in, over the limit of all"),
        pytest.param(None, MOST_OF_STRANGERS, 200, id="a stranger"),
        pytest.param(None, MOST_OF_STRANGERS + 1, 413, id="a stranger, over theirs"),
        pytest.param(GONE, MOST_OF_STRANGERS + 1, 413, id="a session that ended"),
        pytest.param((b"cookie", b"sessionid=x"), 2 * MB, 413, id="no key at all"),
        pytest.param((b"cookie", b"other=" + b"a" * 32), 2 * MB, 413, id="another cookie"),
        pytest.param((b"cookie", b"xsessionid=" + b"a" * 32), 2 * MB, 413, id="a longer name"),
    ],
)
def test_a_large_body_needs_a_session(declared, cookie, size, expected):
    headers = [cookie] if cookie else []
    if declared:
        headers.append((b"content-length", str(size).encode()))
    pieces = [b"x" * min(MB, size - at) for at in range(0, size, MB)]

    status, body = ask(workbench(), *pieces, request_headers=headers)

    assert status == expected
    if expected == 200:
        assert body.startswith(str(size).encode())
    elif size < 8 * MB:
        assert body.startswith(b"This request is larger than 1 MB, the most that is taken at once ")
        assert b"Log in first" in body


def test_a_body_that_is_declared_too_large_is_refused_before_any_of_it_is_asked_for():
    received = []

    async def receive():
        received.append(True)
        return {"type": "http.request", "body": b""}

    async def go():
        bodies = Bodies(8 * MB, Sessions("sessionid", _async(is_session)))
        scope = {"headers": [(b"content-length", str(2 * MB).encode()), GONE]}
        with pytest.raises(NotTaken):
            await bodies.gather(scope, receive)

    in_a_loop(go())
    assert received == []


def test_a_stranger_has_twenty_seconds_for_the_whole_of_it(monkeypatch):
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(NotTaken, match="within 0 seconds") as refused:
        gather_slowly([b"x"] * 100, every=0.02, cookie=GONE)

    assert refused.value.status == 408
    assert time.monotonic() - began < 5


def test_who_is_logged_in_may_be_slow_as_long_as_it_keeps_coming(monkeypatch):
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.2)
    piece = b"x" * SLOWEST

    # A piece is worth a second and comes in a part of it, though far slower than a stranger may.
    assert gather_slowly([piece] * 20, every=0.03) == 20 * SLOWEST
    with pytest.raises(NotTaken, match="and 4 KB more each second"):
        gather_slowly([b"x"] * 100, every=0.02)


def test_who_stops_in_the_middle_is_ended_logged_in_or_not(monkeypatch):
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.1)
    for cookie in (SESSION, GONE):
        with pytest.raises(NotTaken) as refused:
            gather_slowly([b"x", b"y"], every=30, cookie=cookie)
        assert refused.value.status == 408


def gather_slowly(pieces, *, every, cookie=SESSION):
    async def go():
        bodies = Bodies(8 * MB, Sessions("sessionid", _async(is_session)))
        incoming = list(pieces)

        async def receive():
            if len(incoming) < len(pieces):
                await asyncio.sleep(every)
            body = incoming.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(incoming)}

        with await bodies.gather({"headers": [cookie]}, receive) as file:
            return len(file.read())

    return in_a_loop(go())


def test_a_session_that_sends_keeps_its_connection_and_a_stranger_does_not():
    kept = []

    class Connection:
        def is_known(self):
            kept.append(True)

    for cookie in (SESSION, GONE):
        scope = {"headers": [cookie], "workbench.connection": Connection()}
        in_a_loop(gather_of(scope))

    assert kept == [True]


async def gather_of(scope, *, pieces=(b"a", b"b"), bodies=None):
    incoming = list(pieces)
    bodies = bodies or Bodies(8 * MB, Sessions("sessionid", _async(is_session)))

    async def receive():
        if not incoming:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": incoming.pop(0), "more_body": True}

    with pytest.raises(Gone):
        await bodies.gather(scope, receive)
    assert bodies._strangers == 0


def test_so_many_bodies_of_strangers_are_gathered_at_a_time(monkeypatch):
    monkeypatch.setattr(intake, "MOST_GATHERED", 3)

    async def go():
        bodies = Bodies(8 * MB, Sessions("sessionid", _async(is_session)))
        go_on = asyncio.Event()

        async def receive():
            if go_on.is_set():
                return {"type": "http.request", "body": b"b"}
            if asyncio.current_task() not in begun:
                begun.add(asyncio.current_task())
                return {"type": "http.request", "body": b"a", "more_body": True}
            await go_on.wait()
            return {"type": "http.request", "body": b"b"}

        begun: set[object] = set()
        tasks = [
            asyncio.create_task(bodies.gather({"headers": [cookie]}, receive))
            for cookie in [GONE] * 4 + [SESSION] * 2
        ]
        await asyncio.sleep(0.05)
        go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = in_a_loop(go())

    refused = [one for one in found if isinstance(one, NotTaken)]
    assert [(one.status, one.pause) for one in refused] == [(503, 20)]
    taken = [one for one in found if one not in refused]
    assert len(taken) == 5
    for file in taken:
        file.close()


# Turns


def many(application, count, *, path="/", headers=(), client="192.0.2.1"):
    """Send so many POSTs at once; return the status of each."""

    async def one(number):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            sent.append(message)

        address = client.format(number)
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "headers": list(headers),
            "client": (address, 1),
        }
        await application(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    async def all_of_them():
        return await asyncio.gather(*(one(number) for number in range(count)))

    return in_a_loop(asyncio.wait_for(all_of_them(), 30))


class Pages:
    """An application that is slow, and notes how many of it run at once, by path."""

    def __init__(self, pause=0.02):
        self.pause, self.busy, self.most = pause, 0, 0
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        time.sleep(self.pause)
        with self.lock:
            self.busy -= 1
        start_response("200 OK", [])
        return [b""]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/login/", [], id="a log-in"),
        pytest.param("/anything/", [], id="anything of a stranger"),
        pytest.param("/anything/", [GONE], id="anything of a session that ended"),
        pytest.param("/login/", [SESSION], id="a password of somebody logged in"),
    ],
)
def test_one_password_is_looked_at_at_a_time(path, headers):
    pages = Pages()

    found = many(workbench(pages, hashing="/login/"), 8, path=path, headers=headers)

    assert [status for status, _, _ in found] == [200] * 8
    assert pages.most == 1


def test_log_ins_that_wait_take_no_turn_of_those_who_save():
    slow, quick = threading.Event(), []

    def pages(environ, start_response):
        if environ["PATH_INFO"] == "/login/":
            slow.wait(10)
        else:
            quick.append(len(quick))
            if len(quick) == 8:
                slow.set()
        start_response("200 OK", [])
        return [b""]

    application = workbench(pages, threads=2)

    async def one(path, headers):
        async def receive():
            return {"type": "http.request", "body": b""}

        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "headers": headers,
        }
        await application(scope, receive, send)
        return sent[0]["status"]

    async def go():
        guesses = [asyncio.create_task(one("/login/", [])) for _ in range(5)]
        await asyncio.sleep(0.1)
        saves = await asyncio.gather(*(one("/save", [SESSION]) for _ in range(8)))
        return saves, await asyncio.gather(*guesses)

    saves, guesses = in_a_loop(asyncio.wait_for(go(), 20))
    assert saves == [200] * 8
    assert guesses == [200] * 5


def test_the_line_is_bounded_for_an_address_and_for_all():
    one = many(workbench(Pages()), 14)
    all_of_them = many(workbench(Pages()), 40, client="192.0.2.{}")

    assert [status for status, _, _ in one].count(429) == 4
    assert [status for status, _, _ in all_of_them].count(503) == 10
    for status, headers, body in one + all_of_them:
        if status != 200:
            assert headers[b"retry-after"] == b"3"
            assert b"are logging in just now. Try again in a few seconds." in body


def test_an_address_that_has_guessed_too_often_hears_so_before_a_thread_is_taken():
    pages = Pages()
    application = workbench(pages, hashing="/login/", put_off={"192.0.2.1": 7}.get)
    accept = [(b"accept", b"application/json")]

    [(status, headers, body)] = many(application, 1, path="/login/", headers=accept)

    assert (status, headers[b"retry-after"]) == (429, b"7")
    assert b'"code": "too_many_tries"' in body
    assert b"Wait 7 seconds" in body
    assert pages.most == 0
    # What hashes nothing costs no guess.
    assert many(application, 1, path="/theme/")[0][0] == 200
    page = many(application, 1, path="/login/", headers=[(b"accept", b"text/html,*/*")])[0][2]
    assert page.startswith(b"<!doctype html>")
    assert b"<p>Too many wrong passwords" in page


def test_who_asks_again_at_once_is_held_for_a_moment(monkeypatch):
    monkeypatch.setattr(asgi, "HELD", 0.3)
    application = workbench(Pages(), hashing="/login/", put_off=lambda place: 7)
    began = time.monotonic()

    many(application, 5, path="/login/")

    assert time.monotonic() - began >= 0.3


def test_whoever_waits_in_vain_for_a_turn_hears_so(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE", 0.05)

    async def go():
        line = Line()
        async with line.turn("a"):
            with pytest.raises(NotTaken, match="The server is busy") as refused:
                async with line.turn("b"):
                    pass
        async with line.turn("c"):
            return refused.value.status, line

    status, line = in_a_loop(go())
    assert status == 503
    assert not line._waiting


def test_a_turn_that_fails_lets_the_next_one_in():
    async def go():
        line = Line(most=2)
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                async with line.turn("a"):
                    raise ZeroDivisionError
        async with line.turn("a"):
            return line

    assert not in_a_loop(go())._waiting


# Sessions


def test_a_session_is_looked_up_once_in_a_while_and_no_more_than_one_at_a_time():
    clock, asked, busy = Clock(), [], []

    async def look(key):
        asked.append(key)
        busy.append(True)
        assert len(busy) == 1
        await asyncio.sleep(0.001)
        busy.pop()
        return is_session(key)

    sessions = Sessions("sessionid", look, clock=clock)

    async def go():
        scope = {"headers": [SESSION]}
        assert all([await sessions.knows(scope) for _ in range(3)])
        assert asked == ["a" * 32]
        assert await sessions.knows(scope, surely=True)
        assert len(asked) == 2
        clock.now += intake.BELIEVED + 1
        assert await sessions.knows(scope)
        assert len(asked) == 3
        made_up = [{"headers": [(b"cookie", b"sessionid=%032x" % n)]} for n in range(20)]
        assert not any(await asyncio.gather(*map(sessions.knows, made_up)))
        assert not await sessions.knows({"headers": []})

    in_a_loop(go())
    assert len(asked) == 23


def test_there_is_no_end_of_sessions(monkeypatch):
    monkeypatch.setattr(intake, "MOST_BELIEVED", 3)
    sessions = Sessions("sessionid", _async(bool))

    async def go():
        for number in range(10):
            await sessions.knows({"headers": [(b"cookie", b"sessionid=%032x" % number)]})

    in_a_loop(go())
    assert len(sessions._believed) == 3


def test_every_path_that_hashes_a_password_is_named():
    """By the views that do: of Django's own, of its admin, and ours."""
    import re

    from django.conf import settings
    from django.urls import reverse

    found = re.compile(settings.HASHING_PATHS)
    for name, about in (
        ("login", []),
        ("password", []),
        ("account-add", ["city-desk"]),
        ("admin:login", []),
        ("admin:auth_user_add", []),
        ("admin:auth_user_password_change", [7]),
    ):
        assert found.fullmatch(reverse(name, args=about)), name
    for other in ("/p/city-desk/a/x/spans/add", "/theme/", "/logout/"):
        assert not found.fullmatch(other)
