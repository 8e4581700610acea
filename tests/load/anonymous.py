"""Connections of nobody: guesses of passwords, bodies without an end, silence."""

import http.client
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

PATIENCE = 60.0


class Guessers:
    """Connections that each guess passwords, one after the other, with names nobody had before."""

    def __init__(self, where: Callable[[], str], connections: int) -> None:
        self.where = where
        #: How often each status was answered.
        self.answers: Counter[int] = Counter()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]

    def _run(self) -> None:
        address = urlsplit(self.where())
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=PATIENCE
        )
        connection.request("GET", "/login/")
        page = connection.getresponse()
        cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
        assert token is not None
        while not self._stop.is_set():
            body = urlencode(
                {"username": str(uuid4()), "password": "x", "csrfmiddlewaretoken": token[1]}
            )
            try:
                connection.request(
                    "POST",
                    "/login/",
                    body,
                    {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
                )
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            with self._guard:
                self.answers[answer.status] += 1
        connection.close()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(PATIENCE)


@contextmanager
def held_open(url: str, count: int, *sent: bytes) -> Iterator[list[socket.socket]]:
    """Hold so many connections open, each of which sends this and then nothing."""
    address = urlsplit(url)
    made: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
            made.append(one)
            try:
                for piece in sent:
                    one.sendall(piece)
            except ConnectionError:
                continue
        yield made
    finally:
        for one in made:
            one.close()


def is_open(one: socket.socket) -> bool:
    """Say whether the other end still holds a connection; what it has sent is thrown away."""
    one.setblocking(False)
    try:
        while one.recv(1 << 16):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def wait_until_ended(held: list[socket.socket], seconds: float) -> float:
    """Return after how many seconds none is open any more."""
    began = time.monotonic()
    while any(map(is_open, held)):
        assert time.monotonic() - began < seconds, "Some are open still."
        time.sleep(0.1)
    return time.monotonic() - began
