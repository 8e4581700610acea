"""Which request is taken in, by who sends it: how large its body, how slowly, and when its turn is.

Somebody who has no session gets little: a small body, a short time, and one thread in which all
such requests that are no GET take turns, because a log-in hashes a password and that is work for
a quarter of a second. Whoever is logged in shares nothing with them. Nobody is asked who they are
before there is a reason to: a body that is not here yet, or a request that would change something.
The values are in docs/limits.md.
"""

import asyncio
import io
import json
import re
import tempfile
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from html import escape
from http import HTTPStatus
from typing import IO, Any

from workbench import logs
from workbench.connections import network_of
from workbench.sqlite.queue import PATIENCE

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

#: Bytes of a body that whoever has no session may send.
MOST_OF_STRANGERS = 1024 * 1024
#: Seconds in which the whole body of a stranger has to come, and the first of anybody's.
BODY_SECONDS = 20.0
#: Bytes a second at which, after those, a body of somebody who is logged in has to keep coming.
SLOWEST = 4096
#: Bodies of strangers that are gathered at a time.
MOST_GATHERED = 32
#: Strangers' requests that wait for their one turn, and those of one address among them.
MOST_WAITING, MOST_WAITING_OF_ONE = 30, 10
#: Seconds that a request put off is held before it hears so: who asks again at once gains nothing.
HELD = 1.0
#: Seconds for which a session that was looked up is believed, and how many are kept.
BELIEVED, MOST_BELIEVED = 30.0, 10_000
IN_MEMORY = 1024 * 1024


class NotTaken(Exception):
    """A request that is not taken in, with the words of the answer."""

    def __init__(self, status: int, detail: str, *, pause: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.pause = status, detail, pause

    def answer(self, accept: str) -> tuple[Message, bytes]:
        """Return start and content of the answer, for a program or for a person."""
        title = HTTPStatus(self.status).phrase
        if "application/json" in accept:
            problem = {
                "code": _CODES[self.status],
                "title": title,
                "status": self.status,
                "detail": self.detail,
                "request": logs.number(),
            }
            body, kind = json.dumps(problem).encode(), b"application/problem+json"
        elif "text/html" in accept:
            page = _PAGE.format(title=title, detail=escape(self.detail))
            body, kind = page.encode(), b"text/html; charset=utf-8"
        else:
            body, kind = f"{self.detail}\n".encode(), b"text/plain; charset=utf-8"
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self.pause:
            headers.append((b"retry-after", str(self.pause).encode()))
        return {"type": "http.response.start", "status": self.status, "headers": headers}, body


_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title>'
    "<h1>{title}</h1><p>{detail}</p></html>"
)
_CODES = {408: "too_slow", 413: "too_large", 429: "too_many_tries", 503: "try_again"}


class Gone(Exception):
    """The client hung up before its request was complete."""


def header(scope: Mapping[str, Any], wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def place_of(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return network_of(client[0]) if client else ""


class Sessions:
    """Who is logged in, as far as it was asked lately. ``look`` asks the database, in a thread."""

    def __init__(
        self, cookie: str, look: Callable[[str], Awaitable[bool]], clock: Any = time.monotonic
    ) -> None:
        self._pattern = re.compile(
            rb"(?:^|;)\s*" + re.escape(cookie.encode()) + rb"=([a-z0-9]{32})\b"
        )
        self._look, self._clock = look, clock
        self._believed: OrderedDict[str, float] = OrderedDict()
        # One at a time: made-up keys must not take every thread.
        self._turn = asyncio.Semaphore(1)

    def key_of(self, scope: Mapping[str, Any]) -> str:
        """Return the key of the session that a request names, or ""."""
        found = self._pattern.findall(
            b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        )
        return found[-1].decode() if found else ""

    async def knows(self, scope: Mapping[str, Any], *, surely: bool = False) -> bool:
        """Say whether a request comes from a session; ``surely``: ask again in any case."""
        key = self.key_of(scope)
        if not key:
            return False
        if not surely and self._believed.get(key, 0.0) > self._clock():
            return True
        async with self._turn:
            known = await self._look(key)
        self._believed.pop(key, None)
        if known:
            self._believed[key] = self._clock() + BELIEVED
            if len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)
        return known


class Line:
    """Requests that take turns, one at a time, in the order in which they came."""

    def __init__(self, most: int = MOST_WAITING, most_of_one: int = MOST_WAITING_OF_ONE) -> None:
        self.most, self.most_of_one = most, most_of_one
        self._turn = asyncio.Semaphore(1)
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, place: str) -> AsyncIterator[None]:
        """Wait for one's turn; raises ``NotTaken`` where too many wait already."""
        if self._waiting.total() >= self.most:
            raise NotTaken(
                503, "Too many people are logging in just now. Try again in a few seconds.", pause=3
            )
        if self._waiting[place] >= self.most_of_one:
            raise NotTaken(
                429,
                "Too many people at your address are logging in just now. Try again in a few "
                "seconds.",
                pause=3,
            )
        self._waiting[place] += 1
        try:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._turn.acquire()
            except TimeoutError:
                raise NotTaken(503, "The server is busy. Try again in a moment.", pause=3) from None
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place]


class Bodies:
    """Gathers the bodies of requests, each from its beginning to its end."""

    def __init__(self, most: int, sessions: Sessions, clock: Any = time.monotonic) -> None:
        self.most, self.sessions, self._clock = most, sessions, clock
        self._strangers = 0

    async def gather(self, scope: Mapping[str, Any], receive: Receive) -> IO[bytes]:
        """Wait for the whole body and return it; raises ``NotTaken`` or ``Gone``."""
        declared = int(header(scope, b"content-length") or 0)
        known = False
        if declared > self.most:
            raise _too_large(self.most)
        if declared > MOST_OF_STRANGERS:
            known = await self._ask(scope)
        began = self._clock()
        message = await self._next(receive, began, 0)
        if not message.get("more_body"):
            body = message.get("body", b"")
            if len(body) > self.most:
                raise _too_large(self.most)
            if len(body) > MOST_OF_STRANGERS and not known:
                await self._ask(scope)
            return io.BytesIO(body)
        known = known or await self._is_known(scope)
        if not known and self._strangers >= MOST_GATHERED:
            raise NotTaken(
                503, "Too many requests are being sent just now. Try again later.", pause=20
            )
        self._strangers += not known
        try:
            return await self._gather(receive, message, known, began)
        finally:
            self._strangers -= not known

    async def _gather(
        self, receive: Receive, message: Message, known: bool, began: float
    ) -> IO[bytes]:
        most = self.most if known else MOST_OF_STRANGERS
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        try:
            size = 0
            while True:
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > most:
                    raise _too_large(most, stranger=not known)
                file.write(chunk)
                if not message.get("more_body"):
                    break
                message = await self._next(receive, began, size if known else 0)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    async def _next(self, receive: Receive, began: float, size: int) -> Message:
        """Return the next piece of a body of which ``size`` bytes came; of a stranger's, none."""
        left = began + BODY_SECONDS + size / SLOWEST - self._clock()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            raise NotTaken(
                408,
                f"This request took too long: it has to be here within {BODY_SECONDS:.0f} seconds"
                + (f" and {SLOWEST // 1024} KB more each second." if size else "."),
            ) from None
        if message["type"] == "http.disconnect":
            raise Gone
        return message

    async def _is_known(self, scope: Mapping[str, Any]) -> bool:
        known = await self.sessions.knows(scope, surely=True)
        connection = scope.get("workbench.connection")
        if known and connection is not None:
            connection.is_known()
        return known

    async def _ask(self, scope: Mapping[str, Any]) -> bool:
        if await self._is_known(scope):
            return True
        raise _too_large(MOST_OF_STRANGERS, stranger=True)


def _too_large(most: int, *, stranger: bool = False) -> NotTaken:
    words = f"This request is larger than {most // 1024 // 1024} MB, the most that is taken at once"
    if stranger:
        return NotTaken(413, f"{words} from somebody who is not logged in. Log in first.")
    return NotTaken(413, f"{words}. Send fewer files.")
