"""The workbench as one ASGI application: pages in threads, everything slow on the event loop.

A page is answered by Django's WSGI application in a pool of threads, at a quarter of the CPU
that Django's own ASGI handler needs. A thread is held only while Django computes: request
bodies are gathered before, and large downloads (``workbench/downloads.py``) are sent after, by
the event loop, so slow clients hold none. Streams that stay open never come near a thread:
``STREAMS`` routes them to an ASGI application of their own.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from workbench.downloads import SLOT, Handover

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

IN_MEMORY = 1024 * 1024
CHUNK = 256 * 1024
#: Methods of requests that only read.
SAFE = ("GET", "HEAD", "OPTIONS")


class TooLarge(Exception):
    pass


class Gone(Exception):
    """The client hung up before its request was complete."""


class Workbench:
    """Routes by path prefix to ``streams``, the rest to ``pages``, a WSGI application."""

    def __init__(
        self,
        pages: Any,
        *,
        streams: Mapping[str, Application],
        threads: int,
        most_bytes: int,
    ) -> None:
        self.pages = WSGIMiddleware(pages, workers=threads)
        # One writes at a time, the others wait: here, where waiting holds no thread, so that half
        # of the threads are left for readers and a burst of saves is queued and not refused.
        self.writers = asyncio.Semaphore(max(1, threads // 2))
        self.streams = dict(streams)
        self.most_bytes = most_bytes

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live_on(receive, send)
        elif scope["type"] == "http":
            for prefix, application in self.streams.items():
                if scope["path"].startswith(prefix):
                    return await application(scope, receive, send)
            await self.answer(scope, receive, send)

    async def live_on(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.pages.executor.shutdown(wait=True, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            body = await gather(scope, receive, self.most_bytes)
        except TooLarge:
            return await refuse(scope, send, self.most_bytes)
        except Gone:
            return None
        handover = Handover()
        # WSGI cannot tell X-Forwarded-For from X_Forwarded_For: a client could pass the second
        # by a proxy that only knows the first.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]

        turn = contextlib.ExitStack()

        async def send_pages(message: Message) -> None:
            if message["type"] == "http.response.start":
                # What it had to write is written; its client may be slow to take the answer.
                turn.close()
            if handover.file is None or message["type"] != "http.response.body":
                return await send(message)
            if message.get("more_body"):
                # Django's empty chunk; the file takes its place.
                return None
            with handover.file as file:
                if scope["method"] != "HEAD":
                    await send_file(file, receive, send)
                else:
                    await send({"type": "http.response.body", "body": b""})

        if scope["method"] not in SAFE:
            await self.writers.acquire()
            turn.callback(self.writers.release)
        try:
            await self.pages({**scope, "headers": headers, SLOT: handover}, body, send_pages)
        finally:
            turn.close()
            handover.close()


async def gather(scope: dict[str, Any], receive: Receive, most: int) -> Receive:
    """Wait for the whole body and return it as a ``receive`` of its own."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > most:
            raise TooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return once(message)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise TooLarge
            file.write(chunk)
            if not message.get("more_body"):
                break
            message = await receive()
    except BaseException:
        file.close()
        raise
    file.seek(0)

    async def replay() -> Message:
        if file.closed:
            return {"type": "http.disconnect"}
        chunk = file.read(CHUNK)
        more = len(chunk) == CHUNK
        if not more:
            file.close()
        return {"type": "http.request", "body": chunk, "more_body": more}

    return replay


def once(message: Message) -> Receive:
    left = [message]

    async def replay() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return replay


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


async def refuse(scope: dict[str, Any], send: Send, most: int) -> None:
    body = (
        f"This request is larger than {most // 1024 // 1024} MB, the most that is taken at once. "
        "Send fewer files.\n"
    ).encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

#: Streams that stay open, by path prefix: the live updates are mounted here.
STREAMS: dict[str, Application] = {}

application = Workbench(
    get_wsgi_application(),
    streams=STREAMS,
    threads=settings.SERVER_THREADS,
    most_bytes=settings.MAX_BODY_BYTES,
)
