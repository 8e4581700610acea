"""One process serves pages from threads; slow clients hold none of them."""

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tests.conftest import no_other_server
from workbench import asgi, server
from workbench.downloads import SLOT, Handover, download, send
from workbench.security import CONTENT_SECURITY_POLICY, headers

PROJECT = Path(__file__).resolve().parent.parent.parent
LARGE = 3 * 1024 * 1024 + 7
#: Of somebody who is logged in.
SESSION = (b"cookie", b"theme=dark; sessionid=" + b"a" * 32)


def in_a_loop(work: Any) -> Any:
    """Run a coroutine in a thread: Playwright leaves a running loop in that of a browser test."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def echo(environ, start_response):
    """Answer with the length of the body, and the request headers that arrived."""
    length = len(environ["wsgi.input"].read())
    seen = ",".join(sorted(name for name in environ if name.startswith("HTTP_")))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{length} {seen}".encode()]


def handing_over(environ, start_response):
    environ["asgi.scope"][SLOT].file = environ["test.file"] = io.BytesIO(b"x" * LARGE)
    start_response("200 OK", [("Content-Length", str(LARGE))])
    return [b""]


def ask(application, *bodies, method="POST", path="/", request_headers=(), after=None, log=None):
    """Send one request and return status and body; ``after`` is received once bodies are out.

    ``log`` is filled with the messages that came.
    """
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": list(request_headers),
    }
    incoming = [
        {"type": "http.request", "body": body, "more_body": index < len(bodies) - 1}
        for index, body in enumerate(bodies or (b"",))
    ]
    sent = [] if log is None else log

    async def receive():
        if incoming:
            return incoming.pop(0)
        if after is None:
            await asyncio.Event().wait()
        return after

    async def collect(message):
        sent.append(message)

    in_a_loop(asyncio.wait_for(application(scope, receive, collect), 10))
    if not sent:
        return None, b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def workbench(pages, *, streams=None, most=10 * 1024 * 1024):
    return asgi.Workbench(pages, streams=streams or {}, threads=2, most_bytes=most)


def test_a_body_that_comes_in_pieces_arrives_whole():
    pieces = [b"a" * 700_000, b"", b"b" * 700_001]

    assert ask(workbench(echo), *pieces, request_headers=[SESSION]) == (
        200,
        b"1400001 HTTP_COOKIE",
    )


def test_what_a_page_asks_of_its_request_arrives():
    def tell(environ, start_response):
        names = ("PATH_INFO", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_COOKIE")
        start_response("201 Made", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [repr([environ.get(name) for name in names]).encode()]

    status, body = ask(
        workbench(tell),
        b"a",
        b"bc",
        path="/caf\u00e9",
        request_headers=[
            (b"content-type", b"a/b"),
            (b"cookie", b"a=1"),
            (b"cookie", b"b=2"),
            (b"content-length", b"3"),
        ],
    )

    assert status == 201
    # Paths as bytes spelled by Latin-1 (PEP 3333), a length that was counted.
    assert body.decode() == repr(["/caf\u00c3\u00a9", "3", "a/b", "a=1; b=2"])


def test_headers_are_sent_as_names_in_small_letters_and_stripped_values():
    def cookies(environ, start_response):
        start_response("200 OK", [("Set-Cookie", " a=1"), ("Set-Cookie", "b=2 ")])
        return []

    sent = []
    ask(workbench(cookies), log=sent)

    # After them the number of the request, which the server adds.
    assert sent[0]["headers"][:-1] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_an_application_that_fails_is_closed_and_its_error_is_told():
    closed = []

    class Chunks:
        def __iter__(self):
            yield b"a"
            raise ZeroDivisionError

        def close(self):
            closed.append(True)

    def pages(environ, start_response):
        start_response("200 OK", [])
        return Chunks()

    with pytest.raises(ZeroDivisionError):
        ask(workbench(pages))
    assert closed == [True]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_before_a_thread_sees_it(declared):
    length = [(b"content-length", b"2000001")] if declared else []

    status, body = ask(
        workbench(None, most=2_000_000), b"a" * 2_000_000, b"b", request_headers=[*length, SESSION]
    )

    assert status == 413
    assert body.startswith(b"This request is larger than 1 MB")


def test_a_client_that_hangs_up_while_sending_reaches_no_thread():
    pieces = (b"a", b"b")
    application = workbench(None)

    async def go():
        incoming = [
            {"type": "http.request", "body": pieces[0], "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive():
            return incoming.pop(0)

        await application({"type": "http", "path": "/", "headers": []}, receive, None)

    in_a_loop(go())


def test_a_header_with_an_underscore_cannot_pass_for_one_with_a_hyphen():
    sent = [(b"x_forwarded_for", b"1.2.3.4"), (b"x-other", b"5")]

    assert ask(workbench(echo), request_headers=sent) == (200, b"0 HTTP_X_OTHER")


def test_a_large_file_is_sent_after_its_thread_has_gone_on():
    status, body = ask(workbench(handing_over), method="GET")

    assert (status, len(body)) == (200, LARGE)


def test_a_head_request_gets_no_file():
    assert ask(workbench(handing_over), method="HEAD") == (200, b"")


def test_a_client_that_hangs_up_ends_its_download():
    _, body = ask(workbench(handing_over), method="GET", after={"type": "http.disconnect"})

    assert len(body) < LARGE


def test_half_of_the_threads_are_left_for_readers_however_many_write():
    busy = most = 0
    lock = threading.Lock()

    def pages(environ, start_response):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with lock:
            busy -= 1
        start_response("200 OK", [])
        return [b""]

    application = asgi.Workbench(pages, streams={}, threads=4, most_bytes=LARGE)

    async def one(method):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": "/",
            "query_string": b"",
            "http_version": "1.1",
            "headers": [SESSION],
        }
        await application(scope, receive, send)
        return sent[0]["status"]

    async def many(method):
        return await asyncio.gather(*(one(method) for _ in range(12)))

    assert in_a_loop(many("POST")) == [200] * 12
    assert most == 2
    assert in_a_loop(many("GET")) == [200] * 12
    assert most == 4


def test_a_stream_is_routed_past_the_threads():
    async def stream(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    application = workbench(None, streams={"/live/": stream})

    assert ask(application, path="/live/p/x") == (200, b"/live/p/x")


# What a view answers with


def test_a_small_download_is_an_ordinary_response():
    request = RequestFactory().get("/")
    request.META["asgi.scope"] = {SLOT: Handover()}

    response = download(request, [b"caf", "é🌊".encode()], filename="é.jsonl", content_type="a/b")

    assert response.content == "café🌊".encode()
    assert response["Content-Length"] == "9"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%A9.jsonl"


def test_a_large_download_is_left_for_the_event_loop():
    handover = Handover()
    request = RequestFactory().get("/")
    request.META["asgi.scope"] = {SLOT: handover}

    response = download(request, [b"x" * 1024] * 2048, filename="a", content_type="a/b")

    assert response.content == b""
    assert response["Content-Length"] == str(2 * 1024 * 1024)
    assert handover.file is not None
    assert len(handover.file.read()) == 2 * 1024 * 1024
    handover.close()
    assert handover.file.closed


def test_a_large_download_under_another_server_streams(db):
    file = io.BytesIO(b"x" * LARGE)

    response = send(RequestFactory().get("/"), file, filename="a", content_type="a/b")

    assert len(b"".join(response)) == LARGE
    response.close()
    assert file.closed


def test_an_error_among_the_chunks_leaves_no_half_file():
    def chunks():
        yield b"x" * LARGE
        raise ZeroDivisionError

    request = RequestFactory().get("/")
    request.META["asgi.scope"] = {SLOT: Handover()}
    with pytest.raises(ZeroDivisionError):
        download(request, chunks(), filename="a", content_type="a/b")

    assert request.META["asgi.scope"][SLOT].file is None


def test_a_page_may_run_no_script_but_ours_and_be_framed_by_nobody():
    response = headers(lambda request: HttpResponse())(RequestFactory().get("/"))

    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert response["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


# The command


def test_a_taken_port_is_refused_or_the_next_free_one_used():
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(server.CannotListen, match=f"Port {port} of 127.0.0.1 is taken"):
            server.listen("127.0.0.1", port)
        with server.listen("127.0.0.1", port, tries=11) as other:
            assert port < other.getsockname()[1] <= port + 10


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(server.CannotListen, match=r'"no\.such\.host\.invalid" is no address'):
        server.listen("no.such.host.invalid", 8000)


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")]
)
def test_the_address_shown_is_one_a_browser_here_can_open(host, shown):
    with server.listen(host, 0) as listener:
        assert server.address(listener) == f"http://{shown}:{listener.getsockname()[1]}/"


def get(url, path, headers=""):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n".encode())
        with connection.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
    return head.decode(), body


def test_the_server_answers_with_its_headers_and_refuses_a_strange_host(server):
    host = f"Host: {server.url.removeprefix('http://')}\r\n"

    head, _ = get(server.url, "/admin/login/", host)

    assert head.startswith("HTTP/1.1 200")
    assert "x-frame-options: DENY" in head
    assert "content-security-policy: default-src 'none'" in head
    assert "secure" not in head.partition("set-cookie:")[2].lower()
    assert get(server.url, "/admin/login/", "Host: evil.example\r\n")[0].startswith("HTTP/1.1 400")


def test_static_files_carry_a_digest_in_their_name_and_may_be_kept(server):
    host = f"Host: {server.url.removeprefix('http://')}\r\n"
    _, body = get(server.url, "/admin/login/", host)
    path = body.decode().partition('href="')[2].partition('"')[0]

    head, sheet = get(server.url, path, host)

    assert head.startswith("HTTP/1.1 200")
    assert "immutable" in head
    assert len(path.split(".")) == 3
    assert b"{" in sheet


def test_a_database_without_its_tables_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.endswith("of this version; run manage.py migrate first.\n")
    assert done.stderr.startswith("CommandError: The database lacks")


def test_ctrl_c_stops_the_server_in_order(server):
    url = f"{server.url}/"
    environ = {**os.environ, "DATABASE_URL": server.database_url}
    started = time.monotonic()
    with (
        no_other_server(),
        subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", "0"],
            cwd=PROJECT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as other,
    ):
        line = other.stdout.readline()
        other.send_signal(signal.SIGINT)
        _, errors = other.communicate(timeout=20)

    assert line.startswith("The workbench is at http://127.0.0.1:")
    assert url not in line
    assert (other.returncode, errors) == (0, "")
    assert time.monotonic() - started < 20
