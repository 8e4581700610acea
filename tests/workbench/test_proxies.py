"""The samples of docs/operations.md, as they stand there, before a real server."""

import http.client
import os
import re
import socket
import ssl
import subprocess
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tests import builders
from tests.conftest import PROJECT, ServerProcess, no_other_server, session_of
from tests.setup_machine import PROXIES, proxy

HOST = "desk.example.org"
#: An address of this machine that is not the one that everybody has.
CLIENT = "127.0.0.7"
pytestmark = [
    pytest.mark.proxy,
    pytest.mark.sqlite_only("is about the proxy, which knows no database"),
]


def sample(language):
    """Return the one block of docs/operations.md in a language."""
    text = (PROJECT / "docs" / "operations.md").read_text()
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def replaced(text, *pairs):
    """Return the text with each of what must appear in it replaced."""
    for old, new in pairs:
        assert old in text, f"The sample has no {old!r} any more."
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key, chain = folder / "privkey.pem", folder / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
            *("-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def nginx(folder, certificate, port, plain, upstream):
    site = replaced(
        sample("nginx"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("/etc/letsencrypt/live/desk.example.org", str(certificate)),
    )
    kept = "".join(
        f"{what}_temp_path {folder}/{what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    # Started by root it would become somebody who may not enter the folder of this test.
    user = "user root;\n" if os.geteuid() == 0 else ""
    file.write_text(
        f"{user}pid {folder}/pid;\nerror_log {folder}/error.log;\ndaemon off;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{kept}{site}}}\n"
    )
    # What it would open before it has read the file.
    return ["-c", str(file), "-e", f"{folder}/error.log", "-p", str(folder)]


def caddy(folder, certificate, port, plain, upstream):
    site = replaced(
        sample("caddyfile"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("{\n    servers", f"{{\n    admin off\n    http_port {plain}\n    servers"),
        (
            f"{HOST} {{",
            f"{HOST}:{port} {{\n    bind 127.0.0.1\n"
            f"    tls {certificate}/fullchain.pem {certificate}/privkey.pem",
        ),
    )
    file = folder / "Caddyfile"
    file.write_text(site)
    return ["run", "--adapter", "caddyfile", "--config", str(file)]


class Behind:
    """A desk behind a proxy, and who asks it."""

    def __init__(self, port, plain, server):
        self.port, self.plain, self.server = port, plain, server

    def open(self, *, host=HOST, tls=True):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection(
            ("127.0.0.1", self.port if tls else self.plain), 20, source_address=(CLIENT, 0)
        )
        made = http.client.HTTPConnection(host, self.port, timeout=20)
        made.sock = context.wrap_socket(raw, server_hostname=HOST) if tls else raw
        return made

    def ask(self, method, path, body=None, *, host=HOST, tls=True, **headers):
        with closing(self.open(host=host, tls=tls)) as made:
            made.request(method, path, body, {"Host": f"{host}:{self.port}", **headers})
            answer = made.getresponse()
            return answer.status, answer.headers, answer.read()


@pytest.fixture(params=PROXIES)
def behind(request, transactional_db, certificate, tmp_path, monkeypatch):
    program = proxy(request.param)
    if program is None:
        pytest.fail(f"No {request.param} on this machine; tests/run says how to get one.")
    port, plain = free_port(), free_port()
    monkeypatch.setenv("HOME", str(tmp_path))
    with no_other_server():
        server = ServerProcess(
            tmp_path / "server.log", WORKBENCH_HTTPS="True", WORKBENCH_ALLOWED_HOSTS=HOST
        )
        make = {"nginx": nginx, "caddy": caddy}[request.param]
        arguments = make(tmp_path, certificate, port, plain, server.port)
        with (tmp_path / "proxy.log").open("w") as log:
            running = subprocess.Popen(
                [program, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_for(port, running, tmp_path / "proxy.log")
            yield Behind(port, plain, server)
        finally:
            running.terminate()
            running.wait(20)
            server.stop()


def wait_for(port, running, log):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


def test_a_desk_behind_the_sample(behind):
    desk = builders.desk()
    article = builders.article(desk)
    session = session_of(desk.account(desk.ada))
    token = "c" * 32
    cookies = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}"
    }
    ours = {"Referer": f"https://{HOST}:{behind.port}/", "Origin": f"https://{HOST}:{behind.port}"}

    # A page, by HTTPS, with the flags of HTTPS.
    status, headers, page = behind.ask("GET", "/login/")
    assert (status, b"csrfmiddlewaretoken" in page) == (200, True)
    assert "secure" in headers["Set-Cookie"].lower()
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    status, headers, _ = behind.ask("GET", "/login/", tls=False)
    assert (status // 100, headers["Location"].startswith("https://")) == (3, True)

    # An unknown host reaches nothing, nor do the two addresses need a known one.
    status, _, page = behind.ask("GET", "/login/", host="evil.example")
    assert status == 400 or page == b""
    assert behind.ask("GET", "/healthz")[2] == b"ok\n"

    # The address of the client is the proxy's word, not the client's.
    form = {"username": "ada", "password": "wrong", "csrfmiddlewaretoken": token}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "192.0.2.99"}
    assert behind.ask("POST", "/login/", urlencode(form), **kind, **cookies, **ours)[0] in (
        200,
        302,
    )
    forged = {**kind, "Cookie": f"{settings.CSRF_COOKIE_NAME}={token}"}
    assert behind.ask("POST", "/login/", urlencode(form), **forged, **ours)[0] == 200
    said = Path(behind.server.log).read_text()
    assert f"by somebody from {CLIENT}." in said
    assert "192.0.2.99" not in said

    # A stream comes as it is written, and not in one piece at its end.
    with closing(behind.open()) as made:
        topic = f"{desk.project.slug}/{article.pk}@"
        made.request(
            "GET", f"/live/?t={topic}", headers={"Host": f"{HOST}:{behind.port}", **cookies}
        )
        stream = made.getresponse()
        assert stream.status == 200
        first = [stream.readline() for _ in range(6)]
        assert b"event: hello\n" in first
        builders.mark(desk, article, "The river rose two metres")
        until = time.monotonic() + 15
        while stream.readline() != b"event: patch\n":
            assert time.monotonic() < until

    # What the server takes passes, and what it does not is refused before it.
    large = b"a" * (2 * 1024 * 1024)
    sent = {"Content-Type": "application/octet-stream", **cookies, **ours}
    assert behind.ask("POST", "/projects/add/", large, **sent)[0] in (403, 404, 405)
    try:
        too_large = behind.ask("POST", "/login/", b"a" * (65 * 1024 * 1024), **sent)[0]
    except OSError:
        # It hung up on us while we were sending, which says the same.
        too_large = 413
    assert too_large == 413
