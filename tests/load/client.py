"""People who write through real HTTP, and remember what the server acknowledged.

Each write has a key of its own. It is sent again after 503, as the page's outbox does, and, where
the connection was lost, under the same key: then nobody knows whether it was stored. What the log
says was acknowledged must be there, once.
"""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from annotations.actions.projects import set_member
from annotations.domain.vocabulary import Role
from annotations.models import Article, Event, Label, Project, Span, Stream
from annotations.queries.verification import verify
from tests import builders
from tests.benchmarks import generate

#: Seconds one request may take before it counts as lost.
PATIENCE = 60.0
#: What a lost connection raises, whether the server died before, in or after the request.
LOST = (OSError, http.client.HTTPException)


def cookies(user: Any) -> dict[str, str]:
    """Return the cookies of a browser in which the account is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    [session[BACKEND_SESSION_KEY]] = settings.AUTHENTICATION_BACKENDS
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: "c" * 32}


@dataclass
class Write:
    """One request that writes, with its key, and what came of it."""

    path: str
    data: dict[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    #: How often it was sent, and how often the server asked to come again.
    sent: int = 0
    put_off: int = 0
    #: Status and content of the answer that settled it.
    status: int | None = None
    answer: Any = None
    #: Seconds from the first sending to that answer.
    took: float = 0.0
    began: float = 0.0


class Log:
    """Every write of a test, in the order in which they were first sent."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self._guard = threading.Lock()

    def note(self, write: Write) -> None:
        with self._guard:
            self.writes.append(write)

    def all(self) -> list[Write]:
        with self._guard:
            return list(self.writes)

    def acknowledged(self) -> list[Write]:
        return [write for write in self.all() if write.status == 200]

    def wait_for(self, more: int) -> None:
        """Return when so many more are acknowledged."""
        wanted = len(self.acknowledged()) + more
        deadline = time.monotonic() + 2 * PATIENCE
        while len(self.acknowledged()) < wanted:
            assert time.monotonic() < deadline, "Nothing is acknowledged any more."
            time.sleep(0.02)

    def refused(self) -> list[Write]:
        return [write for write in self.all() if write.status not in (None, 200)]

    def figures(self, seconds: float) -> str:
        """Return how many were acknowledged in a second, and how long they took."""
        done = self.acknowledged()
        put_off = sum(write.put_off for write in done)
        return (
            f"{len(done) / seconds:.0f}/s, p50 {milliseconds(done, 0.5):.0f} ms, "
            f"p99 {milliseconds(done, 0.99):.0f} ms, most {milliseconds(done, 1):.0f} ms, "
            f"{put_off} put off, {len(self.refused())} refused"
        )


def milliseconds(writes: Iterable[Write], share: float) -> float:
    ordered = sorted(write.took for write in writes)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Client:
    """One person at one connection; ``where`` gives the server's address anew for each."""

    def __init__(self, jar: dict[str, str], where: Callable[[], str], log: Log) -> None:
        self.where = where
        self.log = log
        self.connection: http.client.HTTPConnection | None = None
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
            "X-CSRFToken": jar[settings.CSRF_COOKIE_NAME],
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    def save(self, path: str, **data: Any) -> Write:
        """Send a new write until it is settled; raises what ``LOST`` names where it is not."""
        write = Write(path, data)
        self.log.note(write)
        self.send(write)
        return write

    def send(self, write: Write) -> None:
        """Send a write, which may have been sent before."""
        write.began = write.began or time.monotonic()
        while True:
            write.sent += 1
            status, pause, content = self.request(
                "POST", write.path, urlencode({**write.data, "key": write.key})
            )
            if status == 503:
                write.put_off += 1
                time.sleep(pause)
                continue
            write.answer = json.loads(content) if content.startswith(b"{") else content
            write.took = time.monotonic() - write.began
            write.status = status
            return

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, float, bytes]:
        """Return status, seconds to wait before coming again, and content."""
        if self.connection is None:
            address = urlsplit(self.where())
            self.connection = http.client.HTTPConnection(
                address.hostname or "", address.port, timeout=PATIENCE
            )
        try:
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except LOST:
            self.close()
            raise
        if answer.will_close:
            self.close()
        return answer.status, float(answer.headers.get("Retry-After", 0)), content

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# --- a desk under load --------------------------------------------------------------------------


@dataclass
class Scene:
    """A project with many people, and articles long enough for all that they mark."""

    desk: builders.Desk
    articles: list[Article]
    jars: list[dict[str, str]]
    label: Label

    @property
    def project(self) -> Project:
        return self.desk.project

    def marking(self, article: Article, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield writes that mark places of an article, each with a note that no other has."""
        for number in itertools.count():
            for start, end in generate.ranges(1000 * number + seed, article.text, 100):
                yield (
                    f"/p/{self.project.slug}/a/{article.pk}/spans/add",
                    {
                        "start": start,
                        "end": end,
                        "label": self.label.pk,
                        "voice": "author",
                        "note": f"é 🌊 שלום {uuid4()}",
                    },
                )


def scene(
    people: int, articles: int, characters: int = 60_000, role: str = Role.ANNOTATOR
) -> Scene:
    at = builders.desk("load")
    accounts = [builders.account(f"writer{number}") for number in range(people)]
    for account in accounts:
        set_member(at.project, account=account, role=role, by=at.ada)
    return Scene(
        at,
        [
            builders.import_article(at.project, generate.draft(number, characters), by=at.ada)
            for number in range(articles)
        ],
        [cookies(account) for account in accounts],
        at.label("c"),
    )


class Writers:
    """Threads that each mark an article, one place after the other, until they are stopped.

    With ``insist`` a write whose connection was lost is sent again under its key until it is
    settled, and the same server or its successor is asked; without, a lost connection fails.
    ``pause`` is how many seconds each takes for the next.
    """

    def __init__(
        self,
        at: Scene,
        urls: list[Callable[[], str]],
        log: Log,
        *,
        insist: bool = False,
        pause: float = 0.0,
    ) -> None:
        self.log = log
        self.insist = insist
        self.pause = pause
        self.failed: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(
                    Client(jar, urls[number % len(urls)], log),
                    at.marking(at.articles[number % len(at.articles)], number),
                ),
            )
            for number, jar in enumerate(at.jars)
        ]

    def _run(self, client: Client, marking: Iterator[tuple[str, dict[str, Any]]]) -> None:
        try:
            for path, data in marking:
                self._save(client, Write(path, data))
                if self._stop.wait(self.pause):
                    break
        except BaseException as error:
            self.failed.append(error)
        finally:
            client.close()

    def _save(self, client: Client, write: Write) -> None:
        self.log.note(write)
        while True:
            try:
                return client.send(write)
            except LOST:
                if not self.insist:
                    raise
                time.sleep(random.uniform(0.02, 0.2))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them write; afterwards every one has been answered, or what failed is raised."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)
        if self.failed:
            raise self.failed[0]


# --- what must be true afterwards ---------------------------------------------------------------


def check_stored(log: Log, settled: list[Write] | None = None) -> None:
    """Hold that what was acknowledged is there, and that nothing is there twice or unasked.

    ``settled`` is what was acknowledged before the database is looked at, where others go on.
    Spans without a note are not theirs.
    """
    acknowledged = log.acknowledged() if settled is None else settled
    there = Counter(Span.objects.exclude(note="").values_list("note", flat=True))
    # Looked at after the database: whatever is there was asked for before.
    asked = {write.data["note"] for write in log.all()}
    lost = [write.data["note"] for write in acknowledged if not there[write.data["note"]]]
    assert lost == [], f"{len(lost)} acknowledged spans are not there."
    doubled = [note for note, count in there.items() if count > 1]
    assert doubled == [], f"{len(doubled)} spans are there more than once."
    assert there.keys() <= asked, "There are spans that nobody asked for."


def check_histories() -> None:
    """Hold that every sequence is without a gap, and that ``verify`` finds nothing."""
    for stream in Stream.objects.all():
        told = Event.objects.filter(stream=stream).order_by("sequence")
        numbers = list(told.values_list("sequence", flat=True))
        assert numbers == list(range(1, stream.sequence + 1))
    assert [str(finding) for finding in verify()] == []
