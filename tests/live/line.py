"""A client of the live stream that a test holds: what a browser's page would be told."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Told:
    """An event of the stream as it came, and when, in seconds of a clock that only rises."""

    event: str
    id: str
    data: Any
    at: float


class Line:
    """An open stream, read by a thread of its own."""

    def __init__(self, url: str, session: str, *topics: str, last: str = "") -> None:
        self.topics = topics
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        query = "&".join(f"t={topic}" for topic in topics)
        headers = {"Cookie": f"workbench_session={session}"}
        if last:
            headers["Last-Event-ID"] = last
        self._connection.connect()
        # Kept: the connection lets go of it where the answer says that it is the last.
        self._socket = self._connection.sock
        self._connection.request("GET", f"/live/?{query}", headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.told: list[Told] = []
        self.over = threading.Event()
        self._more = threading.Condition()
        self._thread: threading.Thread | None = None
        if self.status == 200:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self._response.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name.rstrip(":")] = value
                    continue
                told = Told(
                    fields.get("event", "message"),
                    fields.get("id", ""),
                    json.loads(fields["data"]) if fields.get("data") else None,
                    time.monotonic(),
                )
                fields = {}
                with self._more:
                    self.told.append(told)
                    self._more.notify_all()
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        finally:
            self.over.set()
            with self._more:
                self._more.notify_all()

    def wait(self, fits: Callable[[Told], bool], seconds: float = 20) -> Told:
        """Return the first event that fits, told already or to come."""
        until = time.monotonic() + seconds
        with self._more:
            while True:
                for told in self.told:
                    if fits(told):
                        return told
                left = until - time.monotonic()
                if left <= 0 or self.over.is_set():
                    raise AssertionError(f"It was never told; there was {self.told}")
                self._more.wait(left)

    def event(self, name: str) -> Told:
        return self.wait(lambda told: told.event == name)

    def problem(self) -> Any:
        return json.loads(self._response.read())

    def close(self) -> None:
        if self._thread is not None:
            # Shut down, not closed: the thread still reads from it, and ends by this.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join(10)
        self._response.close()
        self._connection.close()
        self._socket.close()
