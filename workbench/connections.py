"""What a connection may cost before anybody knows who is at its other end.

httptools, which reads requests, has no limits of its own: heads (the request line and headers)
are counted here, silent connections are ended, and their number stays below that of the files
which this process may open. How large a body may be, and how long it may take, depends on who
sends it, so ``workbench/intake.py`` says that. The values are in docs/limits.md.
"""

import asyncio
import contextlib
import ipaddress
from collections import Counter
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

#: Bytes of a head or of trailers, and how many headers there may be.
MOST_HEAD, MOST_HEADERS = 64 * 1024, 100
#: Seconds from connecting, or from the first byte of a later request, to the end of the head.
HEAD_SECONDS = 20.0
#: Seconds in which something of an answer has to leave this process; the system takes a few MB on
#: behalf of a slow client, so one that still gets 10 KB a second is well within it.
STALLED_SECONDS = 300.0
#: Seconds in which a refused client may take the words before its connection is cut.
LINGER_SECONDS = 2.0
#: Bytes that are parsed between two looks at what has been counted.
PIECE = 16 * 1024
#: Connections of one address and of all; fewer where this process may not open so many files.
MOST_OF_ONE, MOST = 256, 4096
#: Files that may be open by wish, where the system allows to raise the number.
WANTED_FILES = 8192
#: Connections that are accepted at once: asyncio counts none until it has taken that many.
BACKLOG = 64


def most_connections(files: int | None = None) -> int:
    """Return how many connections are kept open, from how many files this process may open.

    A quarter is left for the database, for bodies and for downloads.
    """
    return min(MOST, (files or allowed_files()) * 3 // 4)


def allowed_files() -> int:
    """Return how many files this process may open, raised as far as needed and allowed."""
    try:
        import resource
    except ImportError:  # Windows has no such limit; its C library has 512 by default.
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Refused inside some containers, where the number stays as it is.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return WANTED_FILES if soft == resource.RLIM_INFINITY else soft


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has an IPv6 address at all has 2⁶⁴ of them.

    >>> network_of("192.0.2.7"), network_of("2001:db8::1"), network_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


class Proxies:
    """The addresses in ``FORWARDED_ALLOW_IPS``: behind one of them are many clients."""

    def __init__(self, wanted: str | Sequence[str]) -> None:
        names = wanted.split(",") if isinstance(wanted, str) else wanted
        self.all = "*" in wanted
        self.networks = []
        for name in names:
            with contextlib.suppress(ValueError):
                self.networks.append(ipaddress.ip_network(name.strip(), strict=False))

    def __contains__(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return True  # A Unix socket: only a program of this machine is there.
        return self.all or any(found in network for network in self.networks)


class Crowd:
    """The open connections of this process.

    Where there are too many the one that has been silent longest goes, so that connections that
    only lie there keep nobody out; where none is silent the newest is refused.
    """

    def __init__(self, most: int, most_of_one: int = MOST_OF_ONE, proxies: Any = ()) -> None:
        self.most, self.most_of_one, self.proxies = most, min(most_of_one, most), proxies
        self.places: dict[Connection, str] = {}
        self.counts: Counter[str] = Counter()
        #: Those of which no whole request has come, the longest silent first.
        self.silent: dict[Connection, None] = {}

    def enter(self, one: "Connection") -> str:
        """Count a new connection; return why it is refused, or ""."""
        address = one.client[0] if one.client else ""
        place = "" if address in self.proxies else network_of(address)
        refusal = ""
        if place and self.counts[place] >= self.most_of_one:
            if not self._drop_one(place):
                refusal = f"There are {self.most_of_one} connections from your address already."
        elif len(self.places) >= self.most and not self._drop_one():
            refusal = f"There are {self.most} connections already, the most there may be."
        self.places[one] = place
        self.counts[place] += 1
        if not refusal:
            self.silent[one] = None
        return refusal

    def _drop_one(self, place: str = "") -> bool:
        found = next((one for one in self.silent if place in ("", self.places[one])), None)
        if found is None:
            return False
        self.leave(found)
        found.transport.abort()
        return True

    def leave(self, one: "Connection") -> None:
        self.silent.pop(one, None)
        place = self.places.pop(one, None)
        if place is not None:
            self.counts[place] -= 1
            if not self.counts[place]:
                del self.counts[place]


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits on what it may hold before a request is whole."""

    crowd: Crowd

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head_timer: asyncio.TimerHandle | None = None
        self.stall_timer: asyncio.TimerHandle | None = None
        #: A head is awaited, or half of it is here.
        self.in_head = True
        #: The whole request is here.
        self.whole = True
        self.began = self.refused = self.oversized = False
        #: Bytes since the last that were of use: a body's, or the end of a head.
        self.idle = 0
        self.head = self.headers_seen = 0

    # Coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        refusal = self.crowd.enter(self)
        if refusal:
            return self.refuse(503, f"{refusal} Come again in a few seconds.", retry_after=5)
        self._await_head()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.leave(self)
        self._cancel()
        super().connection_lost(exc)

    def _cancel(self) -> None:
        for timer in (self.head_timer, self.stall_timer):
            if timer is not None:
                timer.cancel()
        self.head_timer = self.stall_timer = None

    def is_known(self) -> None:
        """Keep this connection whoever else comes: somebody who is logged in sends something."""
        self.crowd.silent.pop(self, None)

    # Heads

    def _await_head(self) -> None:
        self.head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        self.head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            # The next request waits behind an answer that is our affair.
            self._await_head()
        elif self.began:
            self.refuse(408, f"The headers of this request took over {HEAD_SECONDS:.0f} seconds.")
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE):
            if self.refused or self.transport.is_closing():
                return
            if self.in_head and self.head_timer is None:
                # Also before the first letter of a method: empty lines are no sign of life.
                self._await_head()
            piece = data[at : at + PIECE] if len(data) > PIECE else data
            self.idle += len(piece)
            super().data_received(piece)
            if self.idle > MOST_HEAD and not self.refused:
                self._refuse_head()

    def on_message_begin(self) -> None:
        self.began, self.whole = True, False
        self.idle = self.head = self.headers_seen = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers_seen += 1
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def _count(self, more: int) -> None:
        self.head += more
        if self.head > MOST_HEAD or self.headers_seen > MOST_HEADERS:
            self.oversized = True
            # The parser stops, and says that it did by what `send_400_response` answers.
            raise ValueError("head")

    def on_headers_complete(self) -> None:
        self.in_head, self.idle = False, 0
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None
        self.scope["workbench.connection"] = self  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.idle = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_head = self.whole = True
        self.began, self.idle = False, 0
        self.crowd.silent.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if not self.whole:
            # Nobody waits for the rest of this body any more, so nothing would end it.
            self._linger()
        elif self in self.crowd.places:
            self.crowd.silent[self] = None

    # Refusing

    def _refuse_head(self) -> None:
        self.refuse(
            431,
            f"The headers of this request exceed {MOST_HEAD // 1024} KB or {MOST_HEADERS} lines. "
            "Delete this site's cookies in your browser, then try again.",
        )

    def send_400_response(self, msg: str) -> None:
        if self.refused:
            return
        if self.oversized:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def refuse(self, status: int, words: str, *, retry_after: int = 0) -> None:
        """Answer with a sentence and end the connection."""
        self.refused = True
        if self.transport.is_closing():
            return
        if (
            self.cycle is not None
            and self.cycle.response_started
            and not self.cycle.response_complete
        ):
            # Half of an answer is out: words would become part of it.
            self.transport.abort()
            return
        body = f"{words}\n".encode()
        lines = [
            STATUS_LINE[status],
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(body),
            b"cache-control: no-store\r\n",
            b"connection: close\r\n",
        ]
        if retry_after:
            lines.append(b"retry-after: %d\r\n" % retry_after)
        self.transport.write(b"".join([*lines, b"\r\n", body]))
        self._linger()

    def _linger(self) -> None:
        """Read on for a moment: a client that is still sending would not see the answer."""
        self.refused = True
        self._cancel()
        self._unset_keepalive_if_required()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if len(self.crowd.places) > self.crowd.most + self.crowd.most // 8:
            self.transport.close()
            return
        with contextlib.suppress(OSError):
            self.transport.write_eof()
        self.flow.resume_reading()
        self.head_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    # Sending

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking(self.transport.get_write_buffer_size())

    def _watch_taking(self, left: int) -> None:
        self.stall_timer = self.loop.call_later(STALLED_SECONDS, self._look_whether_taken, left)

    def _look_whether_taken(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        else:
            self._watch_taking(left)

    def resume_writing(self) -> None:
        if self.stall_timer is not None:
            self.stall_timer.cancel()
            self.stall_timer = None
        super().resume_writing()


def connections_of(crowd: Crowd) -> type[Connection]:
    """Return the protocol of a server whose connections are this crowd."""
    return type("CountedConnection", (Connection,), {"crowd": crowd})
