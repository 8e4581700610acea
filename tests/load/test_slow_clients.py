"""Clients that never read what they asked for hold up nobody."""

import socket
import time
from urllib.parse import urlsplit

from tests import builders
from tests.load.client import Client, Log, check_histories, check_stored, milliseconds, scene

STUCK = 20


def ask_and_never_read(url, path, headers):
    """Send a request whose answer nobody takes, and return the socket once it has begun."""
    address = urlsplit(url)
    held = socket.socket()
    # Small, and set before the connection is made: the rest has to wait on the server.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    held.settimeout(60)
    held.connect((address.hostname, address.port))
    lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", f"Cookie: {headers['Cookie']}"]
    held.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return held


def rest_of(held):
    """Take the whole answer after all; return how much it announces and how much came."""
    data = bytearray()
    while chunk := held.recv(1 << 20):
        data += chunk
        head, ends, body = bytes(data).partition(b"\r\n\r\n")
        if ends:
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(body) >= length:
                break
    return length, len(body)


def test_a_save_is_answered_while_twenty_never_read_their_download(servers, soak, figures):
    at = scene(people=4, articles=1)
    # More than the system's buffers take: the rest has to wait somewhere.
    builders.article(at.desk, "\n\n".join(["The river שלום rose 🌊. " * 2_000] * 120))
    log = Log()
    clients = [
        Client(jar, servers.urls[number % servers.count], log) for number, jar in enumerate(at.jars)
    ]
    path = f"/p/{at.project.slug}/export/file/?format=jsonl&articles=all&people=pseudonyms"
    stuck = [
        ask_and_never_read(servers.urls[number % servers.count](), path, clients[0].headers)
        for number in range(STUCK)
    ]
    try:
        for held in stuck:
            # Its thread has computed the file and gone on; the event loop is sending.
            assert held.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
        for number, (where, data) in zip(
            range(soak(20, 400)), at.marking(at.articles[0], 0), strict=False
        ):
            clients[number % len(clients)].save(where, **data)
            time.sleep(soak(0, 0.02))

        saves = log.acknowledged()
        figures(
            f"a save while {STUCK} clients do not read their download of 6 MB",
            f"p50 {milliseconds(saves, 0.5):.0f} ms, p99 {milliseconds(saves, 0.99):.0f} ms, most "
            f"{milliseconds(saves, 1):.0f} ms of {len(saves)}",
        )
        assert len(saves) == len(log.all())
        assert soak(True, milliseconds(saves, 0.99) < 200)
        length, came = rest_of(stuck[0])
        assert length == came > 5_000_000
    finally:
        for held in stuck:
            held.close()
        for client in clients:
            client.close()
    check_stored(log)
    check_histories()
