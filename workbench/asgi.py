"""The workbench as one ASGI application: pages in threads, everything slow on the event loop.

A page is answered by Django's WSGI application in a pool of threads, at a fifth of the CPU that
Django's own ASGI handler needs. A thread is held only while Django computes: request bodies are
gathered before, and answers are sent after, large downloads (``workbench/downloads.py``) from a
file, all by the event loop, so slow clients hold none. Streams that stay open never come near a
thread: they are routed to an ASGI application of their own.
"""

import asyncio
import contextvars
import io
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from workbench.downloads import SLOT, Handover
from workbench.health import HEALTH, READY
from workbench.intake import (
    HELD,
    Bodies,
    Gone,
    Line,
    Message,
    NotTaken,
    Receive,
    Sessions,
    header,
    place_of,
)
from workbench.logs import numbered
from workbench.sqlite.queue import DEADLINE, PATIENCE
from workbench.trouble import Trouble, answer, note, trouble_of

Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

CHUNK = 256 * 1024
#: Methods of requests that only read.
SAFE = ("GET", "HEAD", "OPTIONS")


#: What a request hears whose turn to write did not come.
TOO_LATE = Trouble(
    "try_again",
    f"The changes before this one did not finish within {PATIENCE:g} seconds, so nothing was "
    "saved. Try again.",
    1,
)


class TooLate(Exception):
    """So many write that nobody's turn comes in time."""


class Workbench:
    """Routes by path prefix to ``streams``, the rest to ``pages``, a WSGI application."""

    def __init__(
        self,
        pages: Any,
        *,
        streams: Mapping[str, Application],
        threads: int,
        most_bytes: int,
        cookie: str = "sessionid",
        is_session: Callable[[str], bool] = bool,
        hashing: str = "",
        put_off: Callable[[str], int] = lambda place: 0,
        end_streams: Callable[[], None] = lambda: None,
    ) -> None:
        """Answer requests with ``pages``.

        ``is_session`` looks up the key in the ``cookie`` named so. ``hashing`` is a pattern of
        the paths whose POST hashes a password, and ``put_off`` returns for how many seconds none
        is looked at from a place, where it has guessed wrong too often.
        """
        self.pages = pages
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="page")
        #: Whoever has no session, and whatever hashes a password, shares this one.
        self.gate = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self.hashing = re.compile(hashing or "(?!)")
        self.put_off = put_off
        self.sessions = Sessions(cookie, partial(self.look_up, is_session))
        self.bodies = Bodies(most_bytes, self.sessions)
        self.strangers, self.hashers = Line(), Line()
        # One writes at a time, the others wait: here, where waiting holds no thread, so that half
        # of the threads are left for readers and a burst of saves is queued and not refused.
        self.writers = asyncio.Semaphore(max(1, threads // 2))
        self.streams = dict(streams)
        #: What ends the streams that are open, so that a server need not wait for them.
        self.end_streams = end_streams

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live_on(receive, send)
        elif scope["type"] == "http":
            if scope["path"] == HEALTH and scope["method"] in SAFE:
                # Also while every thread is busy: a server that works hard is not dead.
                return await say_healthy(send)
            if scope["path"] != READY:
                send = numbered(scope, send)
            for prefix, application in self.streams.items():
                if scope["path"].startswith(prefix):
                    return await application(scope, receive, send)
            await self.answer(scope, receive, send)

    async def live_on(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.end_streams()
        for threads in (self.threads, self.gate):
            threads.shutdown(wait=True, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        handover = Handover()
        try:
            try:
                start, content = await self.computed(scope, receive, handover)
            except NotTaken as refusal:
                return await refuse(scope, send, refusal)
            except TooLate:
                start, content = put_off_with(TOO_LATE, scope)
            except Gone:
                return None
            except Exception as error:
                return await put_off(scope, send, error)
            await send(start)
            if handover.file is None:
                await send({"type": "http.response.body", "body": content})
            elif scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            else:
                await send_file(handover.file, receive, send)
        finally:
            handover.close()

    async def computed(
        self, scope: dict[str, Any], receive: Receive, handover: Handover
    ) -> tuple[Message, bytes]:
        """Return the answer of the pages, once the request is here and it is its turn."""
        with await self.bodies.gather(scope, receive) as body:
            environ = environ_of({**scope, SLOT: handover}, body)
            DEADLINE.set(time.monotonic() + PATIENCE)
            # Let go before the answer is sent: its client may be slow to take it.
            async with self.turn(scope) as threads:
                return await self.in_thread(environ, threads)

    @asynccontextmanager
    async def turn(self, scope: Mapping[str, Any]) -> AsyncIterator[ThreadPoolExecutor]:
        """Wait until it is this request's turn; return the threads, one of which answers it."""
        hashes = self.hashing.fullmatch(scope["path"]) is not None
        if scope["method"] in SAFE:
            yield self.threads
        elif not await self.sessions.knows(scope):
            place = place_of(scope)
            seconds = self.put_off(place) if hashes else 0
            if seconds:
                raise NotTaken(
                    429,
                    "Too many wrong passwords were tried from your address. Wait "
                    f"{seconds} {'second' if seconds == 1 else 'seconds'}, then try again.",
                    pause=seconds,
                )
            async with self.strangers.turn(place):
                yield self.gate
        elif hashes:
            async with self.hashers.turn(self.sessions.key_of(scope)):
                yield self.gate
        else:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.writers.acquire()
            except TimeoutError:
                raise TooLate from None
            try:
                yield self.threads
            finally:
                self.writers.release()

    async def in_thread(
        self, environ: dict[str, Any], threads: ThreadPoolExecutor
    ) -> tuple[Message, bytes]:
        """Return the start of the answer and its whole content, as a thread computed them."""
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, run, call, self.pages, environ)

    async def look_up(self, is_session: Callable[[str], bool], key: str) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self.threads, is_session, key)


def environ_of(scope: Mapping[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """Return the WSGI environ (PEP 3333) of an ASGI scope, whose whole body is gathered."""
    server, port = scope.get("server") or ("localhost", 80)
    client, client_port = scope.get("client") or ("", 0)
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    environ: dict[str, Any] = {
        "asgi.scope": scope,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin1"),
        "QUERY_STRING": scope["query_string"].decode("latin1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": client,
        "REMOTE_PORT": str(client_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        # WSGI cannot tell X-Forwarded-For from X_Forwarded_For: a client could pass the second
        # by a proxy that only knows the first.
        if b"_" in raw:
            continue
        name = raw.decode("latin1").upper().replace("-", "_")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        text = value.decode("latin1")
        join = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{join}{text}" if key in environ else text
    # Counted, because a body that came in chunks declares no length.
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def call(pages: Any, environ: dict[str, Any]) -> tuple[Message, bytes]:
    """Run a WSGI application; return the start of its answer and the whole of its content."""
    began: Message = {"type": "http.response.start"}

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        began["status"] = int(status.split(" ", 1)[0])
        # Stripped: what a cookie morsel puts out begins with a blank, which no header may.
        began["headers"] = [
            (name.encode("latin1").lower(), value.strip().encode("latin1"))
            for name, value in headers
        ]

    chunks = pages(environ, start_response)
    try:
        return began, b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()


async def send_file(file: Any, receive: Receive, send: Send) -> None:
    """Send a file as the client takes it; stop where the client hangs up."""
    gone = asyncio.ensure_future(receive())
    try:
        while not gone.done():
            # A file on a slow disk must not hold up the other clients.
            chunk = await asyncio.to_thread(file.read, CHUNK)
            more = len(chunk) == CHUNK
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
            if not more:
                return
    finally:
        gone.cancel()


async def say_healthy(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"3"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})


async def refuse(scope: Mapping[str, Any], send: Send, refusal: NotTaken) -> None:
    if refusal.pause:
        # Who asks again at once must not gain by it, nor keep the event loop busy.
        await asyncio.sleep(HELD)
    start, body = refusal.answer(header(scope, b"accept").decode("latin1"))
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def put_off(scope: dict[str, Any], send: Send, error: Exception) -> None:
    """Answer 503 to what a full disk or a database that fails kept the pages from answering."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    note(trouble, scope["path"], error)
    start, content = put_off_with(trouble, scope)
    await send(start)
    await send({"type": "http.response.body", "body": content})


def put_off_with(trouble: Trouble, scope: Mapping[str, Any]) -> tuple[Message, bytes]:
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    told = answer(trouble, accept.decode("latin1"), safe=scope["method"] in SAFE)
    headers = [
        (name.lower().encode("latin1"), value.encode("latin1")) for name, value in told.items()
    ]
    headers.append((b"content-length", str(len(told.content)).encode()))
    return {"type": "http.response.start", "status": 503, "headers": headers}, told.content


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

pages = get_wsgi_application()

# Imports models, which Django has to know by then.
from annotations.live import stream as live  # noqa: E402
from workbench.accounts import GUESSES  # noqa: E402

application = Workbench(
    pages,
    #: Streams that stay open, by path prefix.
    streams={"/live/": live.application},
    end_streams=live.end,
    threads=settings.SERVER_THREADS,
    most_bytes=settings.MAX_BODY_BYTES,
    cookie=settings.SESSION_COOKIE_NAME,
    is_session=live.is_session,
    hashing=settings.HASHING_PATHS,
    put_off=GUESSES.wait,
)
