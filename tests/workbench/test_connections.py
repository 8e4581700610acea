"""What a connection may hold before a request is whole: heads, silence, numbers; on real sockets."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest
import uvicorn

from workbench import connections
from workbench.connections import (
    MOST_HEAD,
    MOST_HEADERS,
    Crowd,
    Proxies,
    connections_of,
    most_connections,
    network_of,
)

NOBODY = Proxies("")
LARGE = 8 << 20


async def application(scope, receive, send):
    """Answer with the path, and with how much of a body came; ``/large`` is 8 MB."""
    size, more = 0, scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body")
    body = b"x" * LARGE if scope["path"] == "/large" else f"{scope['path']} {size}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def serving(crowd):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    config = uvicorn.Config(
        application,
        http=connections_of(crowd),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
        listener.close()
    assert not thread.is_alive()
    assert not crowd.counts, "Connections that are gone are counted still."


@pytest.fixture
def at():
    with serving(Crowd(64)) as address:
        yield address


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.3)


def connect(address):
    made = socket.create_connection(address, timeout=20)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def everything(held):
    """Return what comes until the server ends the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while chunk := held.recv(1 << 16):
            found += chunk
    return found


def ask(address, sent):
    with connect(address) as held:
        with contextlib.suppress(ConnectionError):
            held.sendall(sent)
        return everything(held)


def get(path="/", headers="", method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode()


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(f"X: {'y' * MOST_HEAD}\r\n", id="one long header"),
        pytest.param(f"{'y' * MOST_HEAD}: x\r\n", id="one long name"),
        pytest.param("".join(f"X{n}: {'y' * 700}\r\n" for n in range(95)), id="many of them"),
        pytest.param("".join(f"X{n}: y\r\n" for n in range(MOST_HEADERS)), id="very many"),
    ],
)
def test_headers_that_are_too_long_or_too_many_are_refused_in_words(at, headers):
    answer = ask(at, get(headers=headers))

    assert status(answer) == 431
    assert b"exceed 64 KB or 100 lines" in answer


def test_a_long_address_counts_as_well(at):
    assert status(ask(at, get("/" + "a" * MOST_HEAD))) in (400, 431)


def test_headers_up_to_the_limit_are_taken(at):
    longest = MOST_HEAD - 200
    many = "".join(f"X{n}: y\r\n" for n in range(MOST_HEADERS - 3))

    assert status(ask(at, get(headers=f"X: {'y' * longest}\r\n"))) == 200
    assert status(ask(at, get(headers=many))) == 200


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nX: ", b"GET /", b"POST / HTTP/1.1\r\n"])
def test_a_head_without_an_end_is_cut_at_the_limit_and_not_gathered(at, begun):
    with connect(at) as held:
        sent = 0
        with contextlib.suppress(OSError):
            held.sendall(begun)
            for _ in range(400):
                held.sendall(b"y" * 8192 if begun[-1:] == b" " else b"y: z\r\n" * 1300)
                sent += 8192
        answer = everything(held)

    # The system's buffers take some, and what comes after the answer is read and thrown away.
    assert sent < 400 * 8192 or status(answer) in (400, 431)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(b"0\r\n" + b"T: y\r\n" * 20_000, id="many trailers"),
        pytest.param(b"0\r\nT: " + b"y" * 200_000, id="a long trailer"),
        pytest.param(b"1;" + b"y" * 200_000, id="a long chunk extension"),
    ],
)
def test_what_surrounds_a_body_is_no_way_round_the_limit(at, extra):
    answer = ask(at, get(method="POST", headers="Transfer-Encoding: chunked\r\n") + extra)

    assert status(answer) in (400, 431, None)


def test_bodies_are_not_counted_as_heads(at):
    chunk = b"x" * 20_000
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for _ in range(50)) + b"0\r\n\r\n"
    length = get(method="POST", headers="Content-Length: 1000000\r\n") + b"x" * 1_000_000
    pieces = get(method="POST", headers="Transfer-Encoding: chunked\r\n") + chunked

    assert ask(at, length).endswith(b"/ 1000000")
    assert ask(at, pieces).endswith(b"/ 1000000")


@pytest.mark.parametrize(
    ("drip", "expected"),
    [
        pytest.param(b"", None, id="silent"),
        pytest.param(b"GET / HTTP/1.1\r\n", 408, id="half a head"),
        pytest.param(b"G", 408, id="a letter"),
    ],
)
def test_who_sends_no_whole_head_in_time_is_ended(quick, at, drip, expected):
    began = time.monotonic()
    answer = ask(at, drip)

    assert status(answer) == expected
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("drip", [b"\r\n", b"X: y\r\n"])
@pytest.mark.parametrize("after_a_request", [False, True])
def test_a_drip_is_no_sign_of_life(quick, at, drip, after_a_request):
    with connect(at) as held:
        if after_a_request:
            held.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert held.recv(1000)
        if drip != b"\r\n":
            held.sendall(b"GET / HTTP/1.1\r\n")
        ended = False
        until = time.monotonic() + 10
        while not ended and time.monotonic() < until:
            time.sleep(0.1)
            try:
                held.sendall(drip)
                held.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    ended = held.recv(1000) == b""
                held.setblocking(True)
            except ConnectionError:
                ended = True
    assert ended


def test_a_connection_that_rests_between_requests_is_no_slow_one(quick, at):
    with connect(at) as held:
        for _ in range(3):
            held.sendall(b"GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while not answer.endswith(b"/again 0"):
                answer += held.recv(1000)
            time.sleep(0.7)


def test_a_body_that_nobody_waits_for_any_more_holds_no_connection(quick, at):
    with connect(at) as held:
        held.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        answer = everything(held)

    assert answer.endswith(b"/early 0")


def test_who_takes_nothing_of_an_answer_is_cut_and_who_takes_it_slowly_is_not(monkeypatch, at):
    monkeypatch.setattr(connections, "STALLED_SECONDS", 1)

    def begin():
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        held.settimeout(20)
        held.connect(at)
        held.sendall(get("/large"))
        return held

    with begin() as stuck, begin() as slow:
        taken, until = 0, time.monotonic() + 3
        while chunk := slow.recv(1 << 16):
            taken += len(chunk)
            if time.monotonic() < until:
                time.sleep(0.03)
        # Nearly all of it was lost: the system's buffers hold what was sent before the cut.
        assert len(everything(stuck)) < LARGE
    assert taken > LARGE


class TestTheCrowd:
    def test_where_it_is_full_the_longest_silent_gives_way(self, quick, monkeypatch):
        monkeypatch.setattr(connections, "HEAD_SECONDS", 60)
        with serving(Crowd(8)) as at:
            silent = [connect(at) for _ in range(8)]
            time.sleep(0.2)
            for _ in range(4):
                assert status(ask(at, get())) == 200
            assert silent[0].recv(10) == b""
            # Those who came last are there still.
            silent[7].sendall(get("/late"))
            assert everything(silent[7]).endswith(b"/late 0")
            for one in silent:
                one.close()

    def test_half_a_body_is_silence_until_its_sender_is_known(self, quick, monkeypatch):
        monkeypatch.setattr(connections, "HEAD_SECONDS", 60)
        with serving(Crowd(8)) as at:
            held = [connect(at) for _ in range(8)]
            for one in held:
                one.sendall(get(method="POST", headers="Content-Length: 10\r\n") + b"half")
            time.sleep(0.2)
            assert status(ask(at, get())) == 200
            for one in held:
                one.close()

    def test_one_address_has_a_part_of_them_unless_a_proxy_has_it(self, quick, monkeypatch):
        monkeypatch.setattr(connections, "HEAD_SECONDS", 60)
        for proxies, kept in ((NOBODY, 4), (Proxies("127.0.0.1"), 10)):
            with serving(Crowd(64, most_of_one=4, proxies=proxies)) as at:
                held = [connect(at) for _ in range(10)]
                time.sleep(0.3)
                there = 0
                for one in held:
                    one.setblocking(False)
                    try:
                        one.recv(10)
                    except BlockingIOError:
                        there += 1
                    except ConnectionError:
                        pass
                    one.close()
                assert there == kept

    def test_where_all_are_at_work_the_newest_hears_so(self):
        crowd = Crowd(1, proxies=Proxies("*"))
        with serving(crowd) as at, connect(at) as busy:
            busy.sendall(get("/large"))
            assert busy.recv(10)
            answer = ask(at, b"")
            everything(busy)

        assert status(answer) == 503
        assert b"retry-after: 5" in answer
        assert b"There are 1 connections already, the most there may be." in answer


def test_the_number_stays_below_that_of_open_files():
    assert most_connections(1024) == 768
    assert most_connections(256) == 192
    assert most_connections(1 << 20) == connections.MOST
    assert 0 < most_connections() <= connections.MOST


def test_an_address_of_ipv6_counts_by_its_network():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::5") == "2001:db8:1:2::"
    assert network_of("fe80::1%eth0") == "fe80::"
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("not an address") == "not an address"


def test_proxies_are_named_by_address_or_network():
    found = Proxies("127.0.0.1, 10.0.0.0/8,nonsense")

    assert "127.0.0.1" in found
    assert "10.1.2.3" in found
    assert "192.0.2.1" not in found
    assert "" in found, "A Unix socket."
    assert "192.0.2.1" in Proxies("*")
