"""A line between browser and server that a test can cut."""

import contextlib
import random
import socket
import threading
from typing import Any
from urllib.parse import urlsplit


def address_of(server: Any) -> tuple[str, int]:
    where = urlsplit(server.url)
    return where.hostname, where.port


class Proxy:
    """Passes every connection on to ``to``, until it is cut; then it takes none."""

    def __init__(self, to: Any) -> None:
        self.to = address_of(to)
        self._whole = threading.Event()
        self._whole.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = self._start(self._accept)

    def _start(self, work, *args) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                if not self._whole.is_set():
                    raise OSError
                server = socket.create_connection(self.to, timeout=30)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
                pair = (client, server)
                self._threads += [
                    self._start(self._pass, *pair),
                    self._start(self._pass, *reversed(pair)),
                ]

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def drop(self, share: float = 1.0, chance: random.Random | None = None) -> None:
        """End some of the connections; new ones are taken."""
        with self._lock:
            for end in list(self._open):
                if share >= 1 or (chance or random).random() < share:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self._whole.clear()
        self.drop()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)
        for thread in self._threads:
            thread.join(10)
        for end in self._open:
            end.close()
