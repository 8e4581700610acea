"""Server-sent events (WHATWG HTML, 9.2) over ASGI: ``GET /live/?t=TOPIC@CURSOR&t=…``.

A topic is ``project-slug`` or ``project-slug/article-uuid``. ``Last-Event-ID``, where a client
sends it, tells the cursors instead. Events: ``hello`` (whose session it is), ``patch`` (what an
article's page has to put in), ``changed`` (a project has), ``here`` (who has an article open),
``gone`` (a topic may not be followed any more) and ``beat``, so that a dead line shows.

Who asks is found out in one short call before the first byte: 401 without a session, 404 where
nothing of what is asked for is there.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http.request import split_domain_port, validate_host

from annotations.domain.cursor import parse_cursor
from annotations.domain.errors import Refused
from annotations.live.hub import MOST, Hub, Stream, Wanted
from annotations.queries import live as queries
from workbench import logs
from workbench.trouble import note, throw_away, trouble_of

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Seconds between two signs of life.
BEAT = 10.0
#: Requests whose session is looked up at a time: made-up ones must not hold up those who follow.
MOST_ARRIVING = 100
#: Topics that one stream may follow.
MOST_TOPICS = 40

HUB = Hub()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    if not is_ours(headers.get(b"host", "")):
        return await refuse(send, 400, "host", "This server is not known under that host name.")
    if scope["method"] != "GET":
        return await refuse(send, 405, "method", "A stream is read with GET.")
    if HUB.ended or HUB.arriving >= MOST_ARRIVING or len(HUB.streams) >= MOST:
        return await refuse(send, 503, "busy", "There are too many open streams; come back soon.")
    try:
        wanted = parse(scope["query_string"].decode("latin1"), headers.get(b"last-event-id", ""))
    except Refused as refusal:
        return await refuse(send, 400, refusal.code, refusal.message)
    session = session_of(headers.get(b"cookie", ""))
    HUB.arriving += 1
    try:
        account = await HUB.in_thread(queries.account_of, session) if session else None
    except DatabaseError as error:
        return await put_off(send, error)
    finally:
        HUB.arriving -= 1
    if account is None:
        return await refuse(send, 401, "logged_out", "You are logged out.")
    stream = Stream(account, session)
    try:
        try:
            missing = await HUB.enter(stream, wanted)
        except DatabaseError as error:
            return await put_off(send, error)
        if not stream.joined:
            return await refuse(send, 404, "missing", "There is no such project or article.")
        stream.put("hello", json.dumps({"account": account.get_username()}))
        for one in missing:
            stream.put("gone", json.dumps({"topic": one.name, "again": False}))
        await follow(stream, receive, send)
    finally:
        HUB.leave(stream)
    return None


async def follow(stream: Stream, receive: Receive, send: Send) -> None:
    """Send what waits for a stream until its client hangs up or it is ended."""
    stream.task = asyncio.current_task()
    left = asyncio.create_task(_left(stream, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        while True:
            try:
                data = await asyncio.wait_for(stream.waiting.get(), BEAT)
            except TimeoutError:
                data = b"event: beat\ndata: \n\n"
            more = data is not None
            await send({"type": "http.response.body", "body": data or b"", "more_body": more})
            if not more:
                return
    except asyncio.CancelledError:
        # Its client does not read, and what waits for it has no end: it may come back.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), 1)
    finally:
        left.cancel()


async def _left(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def parse(query: str, last: str) -> list[Wanted]:
    """Read which topics are asked for; raises ``Refused`` for what is none."""
    asked = [value for name, value in parse_qsl(query) if name == "t"]
    if not 0 < len(asked) <= MOST_TOPICS:
        raise Refused(
            f"Ask for 1 to {MOST_TOPICS} topics, as in ?t=project/article@0.0.0, not {len(asked)}.",
            code="topic",
        )
    told = dict(one.rpartition("@")[::2] for one in last.split(",")) if last else {}
    found = {}
    for one in asked:
        name, _, cursor = one.partition("@")
        cursor = told.get(name, cursor)
        slug, _, article = name.partition("/")
        try:
            key = UUID(article) if article else None
        except ValueError:
            raise Refused(f"“{name[:80]}” is no topic.", code="topic") from None
        if key is not None and cursor:
            parse_cursor(cursor)
        elif cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
            raise Refused(f"“{cursor[:40]}” is no count of events.", code="cursor")
        wanted = Wanted(slug, key, cursor)
        found[wanted.name] = wanted
    return list(found.values())


def session_of(cookies: str) -> str:
    """Return the key of the session that a request's cookies name; empty where there is none."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


async def put_off(send: Send, error: Exception) -> None:
    """Answer 503 where it is the database that kept a stream from beginning."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    note(trouble, "/live/", error)
    await refuse(send, 503, trouble.code, trouble.detail, pause=trouble.pause)


def is_ours(host: str) -> bool:
    """Say whether pages would answer under this host name, as Django does (``get_host``)."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_session(key: str) -> bool:
    """Say whether somebody is logged in in a session; called in a thread of its caller's."""
    close_old_connections()
    try:
        return queries.account_of(key) is not None
    except DatabaseError:
        throw_away()
        raise
    finally:
        close_old_connections()


async def refuse(send: Send, status: int, code: str, detail: str, *, pause: int = 5) -> None:
    problem = {"code": code, "status": status, "detail": detail, "request": logs.number()}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:
        headers.append((b"retry-after", str(pause).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def end() -> None:
    """End every stream, for a server that is about to stop."""
    HUB.end()
