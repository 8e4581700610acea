"""Who follows what, and what they are told.

A *topic* is an article or a project; its followers are in *sights*: those who may read the same
streams. What changed is read and rendered once per topic and sight and put into the queues of the
streams that follow it. A queue that fills, because its client does not read, ends its stream: the
client comes back with its cursor and lacks nothing.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, close_old_connections
from django.urls import reverse

from annotations.actions import presence, wake
from annotations.domain.cursor import parse_cursor
from annotations.domain.errors import Missing
from annotations.domain.vocabulary import Mode
from annotations.live.listening import hear
from annotations.queries import live as queries
from annotations.queries import patches
from workbench.trouble import throw_away

T = TypeVar("T")

#: Seconds between two messages about one article, one project, and who is in an article.
PACE, CALM, POLITE = 0.04, 2.0, 0.4
#: Seconds between two checks of every stream's membership, and of silent pages.
RECHECK, SWEEP = 30.0, 2.0
#: Seconds between two looks at whose sessions are over: what nobody told, as a command of another
#: process or a row that was changed by hand, ends a stream within a second as well.
SESSIONS = 0.7
#: Messages that wait for a client before its stream is ended.
MOST_WAITING = 64
#: Streams of one account, and of all.
MOST_OF_ONE, MOST = 40, 2000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What a page follows: a project or an article of it, and how far it has read."""

    slug: str
    article: UUID | None
    cursor: str

    @property
    def name(self) -> str:
        return self.slug if self.article is None else f"{self.slug}/{self.article}"


@dataclass(frozen=True)
class Joined:
    """A followed topic as a thread found it: its door, its present cursor, what the page lacks."""

    wanted: Wanted
    door: queries.Door
    project: UUID
    cursor: str
    missing: dict[str, Any] | None


@dataclass(eq=False)
class Stream:
    """One connection of one browser, and the messages that wait for it."""

    account: User
    session: str
    joined: dict[str, Joined] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    waiting: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    #: The task that sends, which is cancelled where its client does not read.
    task: asyncio.Task[Any] | None = None
    full: bool = False

    def put(self, event: str, data: str) -> None:
        if self.full:
            return
        if self.waiting.qsize() >= MOST_WAITING and self.task is not None:
            self.full = True
            self.task.cancel()
            return
        at = ",".join(f"{name}@{cursor}" for name, cursor in self.cursors.items())
        self.waiting.put_nowait(f"event: {event}\nid: {at}\ndata: {data}\n\n".encode())

    def end(self) -> None:
        self.waiting.put_nowait(None)


@dataclass(eq=False)
class Sight:
    """The streams of a topic whose readers see the same."""

    cursor: str
    streams: set[Stream] = field(default_factory=set)


@dataclass(eq=False)
class Topic:
    name: str
    slug: str
    article: UUID | None
    project: UUID
    sights: dict[str, Sight] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    present: asyncio.Event = field(default_factory=asyncio.Event)
    #: How many events there were when the database was last looked at.
    heads: tuple[int, ...] = ()
    #: Who is here, as last told.
    here: str = "[]"
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Hub:
    """Everything of one server process; all methods but those given to a thread run in its loop."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self.topics: dict[str, Topic] = {}
        self.streams: dict[Stream, None] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.ended = False
        self.ending = self.look_again = False
        #: How many ask just now whether their session is one.
        self.arriving = 0
        self.looking = False

    async def in_thread(self, work: Callable[..., T], *args: Any) -> T:
        """Run what may query in one of two threads."""

        def run() -> T:
            close_old_connections()
            try:
                return work(*args)
            except DatabaseError:
                # The thread's next work opens a connection of its own.
                throw_away()
                raise

        return await asyncio.get_running_loop().run_in_executor(self.threads, run)

    # Coming and going

    async def enter(self, stream: Stream, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Let a stream follow what it wants; return what is not there for its account."""
        if not self.tasks:
            self.tasks = [
                asyncio.create_task(hear(self.told, self.anything, self.in_thread)),
                asyncio.create_task(self._every(RECHECK, self._recheck)),
                asyncio.create_task(self._every(SESSIONS, self._end_the_ended)),
                asyncio.create_task(self._every(SWEEP, self._look_who_left)),
            ]
        missing = []
        for one in wanted:
            joined: Joined | None = await self.in_thread(join, stream.account, one)
            while joined is not None and not self._admit(stream, joined):
                # The others were told of something while this one read: it reads again.
                joined = await self.in_thread(join, stream.account, one)
            if joined is None:
                missing.append(one)
        self.streams[stream] = None
        own = [other for other in self.streams if other.account.pk == stream.account.pk]
        for other in own[:-MOST_OF_ONE]:
            self.leave(other)
            other.end()
        return missing

    def _admit(self, stream: Stream, joined: Joined) -> bool:
        wanted = joined.wanted
        topic = self.topics.get(wanted.name)
        if topic is None:
            topic = Topic(wanted.name, wanted.slug, wanted.article, joined.project)
            self.topics[wanted.name] = topic
            topic.tasks.append(asyncio.create_task(self._follow(topic)))
            if wanted.article is not None:
                topic.tasks.append(asyncio.create_task(self._greet(topic)))
        sight = topic.sights.setdefault(joined.door.sight, Sight(joined.cursor))
        if total(joined.cursor) < total(sight.cursor):
            return False
        stream.joined[wanted.name] = joined
        stream.cursors[wanted.name] = joined.cursor
        sight.streams.add(stream)
        if joined.missing is not None:
            stream.put(*spell(topic, joined.missing))
        if topic.article is not None:
            stream.put("here", self._here(topic, joined.door.sight))
        # Whatever came between its reading and this moment.
        topic.moved.set()
        return True

    def leave(self, stream: Stream) -> None:
        self.streams.pop(stream, None)
        for name in list(stream.joined):
            self._part(stream, name)

    def _part(self, stream: Stream, name: str) -> None:
        joined = stream.joined.pop(name)
        stream.cursors.pop(name)
        topic = self.topics[name]
        sight = topic.sights[joined.door.sight]
        sight.streams.discard(stream)
        if not sight.streams:
            del topic.sights[joined.door.sight]
        if not topic.sights:
            for task in topic.tasks:
                task.cancel()
            del self.topics[name]

    def end(self) -> None:
        """End every stream and take no more: the server is about to stop."""
        self.ended = True
        for task in self.tasks:
            task.cancel()
        for stream in list(self.streams):
            self.leave(stream)
            stream.end()
        self.threads.shutdown(wait=False, cancel_futures=True)

    # What was heard

    def told(self, signal: wake.Signal) -> None:
        if isinstance(signal, wake.Seen):
            presence.note(signal)
            for topic in self.topics.values():
                if topic.article == signal.article:
                    topic.present.set()
            return
        if isinstance(signal, wake.Ended):
            self._soon(self._end_the_ended())
            return
        for topic in self.topics.values():
            if topic.project == signal.project and (
                signal.whole or topic.article is None or topic.article in signal.articles
            ):
                topic.moved.set()
        if signal.access:
            self._soon(self._recheck(signal.project))

    def anything(self) -> None:
        """Look which topics have moved: somebody wrote, and nobody said what."""
        if self.topics and not self.looking:
            self.looking = True
            self._soon(self._look())

    async def _look(self) -> None:
        try:
            topics = list(self.topics.values())
            found = await self.in_thread(
                queries.heads,
                [topic.article for topic in topics if topic.article is not None],
                list({topic.project for topic in topics}),
                [topic.project for topic in topics if topic.article is None],
            )
        finally:
            self.looking = False
        rights = set()
        for topic in topics:
            project = topic.project
            if topic.article is None:
                heads = (found.get(("all", project), 0),)
            else:
                heads = (
                    found.get(("article", topic.article), 0),
                    found.get(("project", project), 0),
                )
            heads += (found.get(("access", project), 0),)
            # Also at the first look: rights may have changed between its joining and now.
            if heads[-1:] != topic.heads[-1:]:
                rights.add(project)
            if heads != topic.heads:
                topic.heads = heads
                topic.moved.set()
        for project in rights:
            await self._recheck(project)

    def _soon(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(_complain)

    async def _every(self, seconds: float, work: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:
                log.warning("Live updates: %s", error)

    # What is told

    async def _follow(self, topic: Topic) -> None:
        pace = CALM if topic.article is None else PACE
        while True:
            await topic.moved.wait()
            topic.moved.clear()
            for key, sight in list(topic.sights.items()):
                try:
                    await self._tell(topic, key, sight)
                except Exception as error:
                    log.warning("Live updates of %s: %s", topic.name, error)
            await asyncio.sleep(pace)

    async def _tell(self, topic: Topic, key: str, sight: Sight) -> None:
        reader = next(iter(sight.streams), None)
        if reader is None:
            return
        wanted = Wanted(topic.slug, topic.article, sight.cursor)
        joined = await self.in_thread(join, reader.account, wanted)
        if joined is None or joined.door.sight != key:
            # This reader may not read on; the round after this asks another one.
            await self._recheck(topic.project)
            topic.moved.set()
            return
        sight.cursor = joined.cursor
        if joined.missing is None:
            return
        event, data = spell(topic, joined.missing)
        for stream in list(sight.streams):
            stream.cursors[topic.name] = joined.cursor
            stream.put(event, data)

    def _here(self, topic: Topic, sight: str) -> str:
        # In independent mode nobody learns who else is at work.
        places = presence.PRESENCE.of(topic.article) if sight == Mode.SHARED else []
        here = [place.to_json() for place in places]
        return json.dumps({"topic": topic.name, "here": here}, ensure_ascii=False)

    async def _greet(self, topic: Topic) -> None:
        while True:
            await topic.present.wait()
            topic.present.clear()
            sight = topic.sights.get(Mode.SHARED)
            here = self._here(topic, Mode.SHARED)
            if sight is not None and here != topic.here:
                topic.here = here
                for stream in list(sight.streams):
                    stream.put("here", here)
            await asyncio.sleep(POLITE)

    async def _look_who_left(self) -> None:
        # Who falls silent gives no signal. Nothing is sent where nobody has.
        for topic in self.topics.values():
            topic.present.set()

    # Who may read on

    async def _end_the_ended(self) -> None:
        """End the streams of sessions that are over; told of many ends at once, look once more."""
        self.look_again = True
        if self.ending:
            return
        self.ending = True
        try:
            while self.look_again:
                self.look_again = False
                await self._look_whose_is_over()
        finally:
            self.ending = False

    async def _look_whose_is_over(self) -> None:
        streams = list(self.streams)
        if not streams:
            return
        asked = [(one.session, one.account.pk, one.account.password) for one in streams]
        over = await self.in_thread(queries.ended, asked)
        for stream in streams:
            if stream.session in over and stream in self.streams:
                self.leave(stream)
                stream.end()

    async def _recheck(self, project: UUID | None = None) -> None:
        """End what streams may not follow any more, and those whose session has ended."""
        for stream in list(self.streams):
            asked = {
                name: joined.door
                for name, joined in stream.joined.items()
                if project is None or joined.project == project
            }
            if not asked:
                continue
            wanted = [stream.joined[name].wanted for name in asked]
            doors = await self.in_thread(doors_of, stream.session, stream.account, wanted)
            if stream not in self.streams:
                continue
            if doors is None:
                self.leave(stream)
                stream.end()
                continue
            for name, door in asked.items():
                if name in stream.joined and doors.get(name) != door:
                    self._part(stream, name)
                    stream.put("gone", json.dumps({"topic": name, "again": name in doors}))
            if not stream.joined:
                self.leave(stream)
                stream.end()


def _complain(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("Live updates: %s", error)


def total(cursor: str) -> int:
    return sum(map(int, cursor.split(".")))


def spell(topic: Topic, message: dict[str, Any]) -> tuple[str, str]:
    """Return the name and the data of an event; JSON holds no line break, so one line is enough."""
    event = "changed" if topic.article is None else "patch"
    return event, json.dumps({"topic": topic.name, **message}, ensure_ascii=False)


# In a thread


def join(account: User, wanted: Wanted) -> Joined | None:
    """Open what a stream wants and read what its page lacks; None where it is not there for it."""
    try:
        door, by, on = queries.door(account, wanted.slug, wanted.article)
    except Missing:
        return None
    missing: dict[str, Any] | None = None
    if on is None:
        cursor = str(patches.project_cursor(by))
        if wanted.cursor and wanted.cursor != cursor:
            missing = {"cursor": cursor}
    else:
        seen = parse_cursor(wanted.cursor) if wanted.cursor else patches.cursor_now(by, on)
        missing = patches.since(by, on, seen, reverse("article", args=[wanted.slug, on.pk]))
        cursor = str(seen) if missing is None else missing["cursor"]
    return Joined(wanted, door, by.project.pk, cursor, missing)


def doors_of(session: str, account: User, wanted: list[Wanted]) -> dict[str, Any] | None:
    """Return the doors that are still open, by topic; None where the session has ended."""
    if queries.account_of(session) != account:
        return None
    doors = {}
    for one in wanted:
        try:
            doors[one.name], _, _ = queries.door(account, one.slug, one.article)
        except Missing:
            continue
    return doors
