"""The worker process: what takes long is done beside the server, and never by it (DESIGN 1).

``Keeper`` is the server's side: it starts ``manage.py work``, starts it again where it ended or
has stopped answering, and ends it. ``Worker`` is the process: it looks for work, takes a lease on
each, and gives it a turn in a thread. What the work is, and how leases are kept, the command says.

Each process holds an end of the other's pipe: the worker ends when the server's is closed, however
the server ended, and the server hears a sign of life of the worker's interpreter. What could hold
the interpreter for ever, reading a file, is therefore not done by the worker's threads either, but
by readers, processes of its own that are killed.
"""

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any, Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error, connection, connections

from workbench.sqlite.watch import Watch

log = logging.getLogger(__name__)

#: Batches that are worked on at once: where one has a file that takes its minute, others go on.
LANES = 4
#: Seconds between two looks for new work: on SQLite a number is read, on PostgreSQL a query asked.
LOOK = {"sqlite": 0.05, "postgresql": 0.2}
#: Seconds after which it looks although nothing seems to have changed: leases run out.
AT_LAST = 2.0
#: Seconds before a database that failed is asked again.
AGAIN = 2.0
#: Seconds that a reader waits for another file before it is ended.
IDLE = 60.0
#: Seconds that turns get to end in order.
GRACE = 5.0
#: Seconds between two signs of life, and how long the server waits for one.
ALIVE, SILENT = 2.0, 60.0
#: Seconds before a worker that ended is started again: at first, at most.
SOON, LATE = 0.5, 30.0


class Leases(Protocol):
    """How leases are kept (``annotations.actions.leases``)."""

    def take(self, name: str, holder: UUID) -> bool: ...
    def renew(self, holder: UUID) -> set[str]: ...
    def release(self, holder: UUID, name: str | None = None) -> None: ...


class Reader(Protocol):
    """A process that reads files."""

    def close(self) -> None: ...


class Work(Protocol):
    """A kind of work: what of it waits, and what is done of one in a turn."""

    def waiting(self) -> Sequence[str]:
        """Return the names of the leases that may be taken, in their order."""
        ...

    def take_turn(
        self, name: str, holder: UUID, *, reader: Any, ending: Callable[[], bool]
    ) -> None: ...


class Readers:
    """The readers that are lent to turns; one that is idle is kept for a while."""

    def __init__(self, make: Callable[[], Reader]) -> None:
        self.make = make
        self._guard = threading.Lock()
        self._idle: Reader | None = None
        self._since = 0.0
        self._lent: set[Reader] = set()
        self._ended = False

    def lend(self) -> Reader:
        with self._guard:
            reader, self._idle = self._idle or self.make(), None
            self._lent.add(reader)
            return reader

    def take_back(self, reader: Reader) -> None:
        with self._guard:
            self._lent.discard(reader)
            if self._idle is None and not self._ended:
                self._idle, self._since = reader, time.monotonic()
                return
        reader.close()

    def end_idle(self, after: float) -> None:
        """End the reader that nobody wanted for ``after`` seconds; its memory goes with it."""
        with self._guard:
            if self._idle is None or time.monotonic() - self._since < after:
                return
            reader, self._idle = self._idle, None
        reader.close()

    def end(self) -> None:
        """End all, also those that read."""
        with self._guard:
            self._ended = True
            readers = [*self._lent, *([self._idle] if self._idle else [])]
            self._idle = None
        for reader in readers:
            reader.close()


class Worker:
    """Takes up what waits, each in a thread, at most ``LANES`` at once."""

    def __init__(
        self,
        work: Work,
        leases: Leases,
        readers: Readers,
        *,
        name: str,
        holder: UUID,
        beat: float,
    ) -> None:
        self.work = work
        self.leases = leases
        self.readers = readers
        #: The lease by which others see that a worker is alive, and how often it is renewed.
        self.name = name
        self.holder = holder
        self.beat = beat
        self.ending = threading.Event()
        self._guard = threading.Lock()
        self._lanes: dict[str, threading.Thread] = {}
        self._watch: Watch | None = None
        self._beaten = self._looked = float("-inf")
        #: Set where a turn has ended: perhaps there is more.
        self._more = threading.Event()

    def run(self) -> None:
        """Work until ``ending`` is set; then give back what is held."""
        pause = LOOK[connection.vendor]
        began, said = False, ""
        try:
            while not self.ending.is_set():
                try:
                    if not began:
                        # What a worker before it under the same name left, which is dead.
                        self.leases.release(self.holder)
                        began = True
                    self.look()
                    said = ""
                except Exception as error:
                    if str(error) != said:
                        # Once, not every two seconds of a night.
                        said = str(error)
                        log.warning("The worker cannot use the database: %s", said)
                    self._forget_connection()
                    self.ending.wait(AGAIN)
                else:
                    self.ending.wait(pause)
        finally:
            self.end()

    def look(self) -> None:
        """Renew what is held, and begin a turn of whatever waits."""
        now = time.monotonic()
        if now - self._beaten >= self.beat:
            if self.name not in self.leases.renew(self.holder):
                self.leases.take(self.name, self.holder)
            self._beaten = now
        self.readers.end_idle(IDLE)
        if self._moved() or self._more.is_set() or now - self._looked >= AT_LAST:
            self._more.clear()
            self._looked = now
            self._begin_turns()

    def _moved(self) -> bool:
        if connection.vendor != "sqlite":
            return True
        if self._watch is None:
            self._watch = Watch(str(connection.settings_dict["NAME"]))
            return True
        return self._watch.moved()

    def _begin_turns(self) -> None:
        for name in self.work.waiting():
            with self._guard:
                if len(self._lanes) >= LANES:
                    return
            if self.leases.take(name, self.holder):
                thread = threading.Thread(target=self._turn, args=(name,), name=name, daemon=True)
                with self._guard:
                    self._lanes[name] = thread
                thread.start()

    def _turn(self, name: str) -> None:
        reader = self.readers.lend()
        try:
            self.work.take_turn(name, self.holder, reader=reader, ending=self.ending.is_set)
        except Exception:
            log.exception("A turn of %s broke off.", name)
            # Whatever it was may still be there: not at once again.
            self.ending.wait(AGAIN)
        finally:
            self.readers.take_back(reader)
            with contextlib.suppress(Error):
                self.leases.release(self.holder, name)
            connections.close_all()
            with self._guard:
                del self._lanes[name]
            self._more.set()

    def end(self) -> None:
        """Stop the readers, wait for what is being written, and give back every lease."""
        self.ending.set()
        self.readers.end()
        until = time.monotonic() + GRACE
        with self._guard:
            lanes = list(self._lanes.values())
        for lane in lanes:
            lane.join(max(0.0, until - time.monotonic()))
        # Where the database is away they run out by themselves.
        with contextlib.suppress(Error):
            self.leases.release(self.holder)
        self._forget_connection()

    def _forget_connection(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
        with contextlib.suppress(Error):
            connection.close()


def follow(server: IO[bytes], answers: IO[bytes], ending: threading.Event) -> None:
    """Set ``ending`` once the server's end of the pipe is closed; tell it meanwhile that we live."""

    def hear() -> None:
        while server.read(1):
            pass
        ending.set()

    def tell() -> None:
        with contextlib.suppress(OSError):
            while not ending.wait(ALIVE):
                answers.write(b".")
                answers.flush()

    for target in (hear, tell):
        threading.Thread(target=target, name=target.__name__, daemon=True).start()


class Keeper:
    """Keeps a worker process running until it is told to stop."""

    def __init__(self, arguments: Sequence[str] = ("work",), *, silent: float = SILENT) -> None:
        #: The same for every worker it starts: each takes up at once what the one before held.
        self.holder = uuid4()
        self.arguments = arguments
        self.silent = silent
        self.process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)

    def start(self) -> None:
        """Return at once; the first page waits for no worker."""
        self._thread.start()

    def _keep(self) -> None:
        pause = SOON
        while (process := self._start()) is not None:
            began = time.monotonic()
            self._wait_for(process)
            if self._ending.is_set():
                return
            log.error("The worker process has ended (%s); another is started.", process.returncode)
            if time.monotonic() - began > LATE:
                pause = SOON
            self._ending.wait(pause)
            pause = min(2 * pause, LATE)

    def _start(self) -> subprocess.Popen[bytes] | None:
        """Start a worker; None where there is to be none any more."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.arguments]
        with self._guard:
            if self._ending.is_set():
                return None
            self.process = subprocess.Popen(  # noqa: S603
                [*command, "--of-server", str(self.holder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C at a terminal reaches the whole group; the server ends its worker.
                start_new_session=True,
            )
            return self.process

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the process has ended; one that is silent too long is killed."""
        heard = [time.monotonic()]
        answers = process.stdout
        assert answers is not None  # noqa: S101

        def hear() -> None:
            while answers.read(1):
                heard[0] = time.monotonic()
            answers.close()

        threading.Thread(target=hear, name="worker heard", daemon=True).start()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
                break
            if time.monotonic() - heard[0] > self.silent:
                log.error("The worker process has not answered for %g seconds.", self.silent)
                process.kill()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def tell_to_end(self) -> None:
        """Let the worker end; returns at once."""
        with self._guard:
            self._ending.set()
            process = self.process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def wait(self) -> None:
        """Return when it has ended, at the latest when its time is over."""
        process = self.process
        if process is None:
            return
        try:
            process.wait(GRACE + 2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
