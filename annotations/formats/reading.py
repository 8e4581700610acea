"""Files read in a process of their own, so that one which does not end stops nobody else.

A regular expression holds the interpreter until it is done, and a thread cannot be stopped: what
can be ended is a process. ``Reader`` is one; it reads file after file, and where a file takes
longer than it may the process is killed and the file refused.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from annotations.domain.drafts import from_json
from annotations.domain.errors import ImportRefused
from annotations.domain.records import ArticleDraft
from annotations.formats.contract import MAX_BYTES, Read

log = logging.getLogger(__name__)

#: Seconds that a process may take to be ready for its first file; mostly it is a quarter of one.
START = 60.0
#: Bytes after which a process has read enough: what it holds by then goes with it.
ENOUGH = 1_000_000

#: How the answer with an article begins.
_DRAFT = b'{"draft"'

_ROOT = Path(__file__).resolve().parents[2]
#: Of this process's environment, what a reader has no business to know begins so.
_OURS = ("DATABASE_", "WORKBENCH_")

#: Codes of refusals after which nothing more comes of a file, whatever came before.
STOPPED = ("too_slow", "memory", "broke_off")

BROKE_OFF = "what went wrong stands in the server’s log."


class ReaderDied(Exception):
    """The process ended in the middle of a file, and not by us."""


class Reader:
    """A process that reads files, started when the first comes. One thread at a time may use it."""

    def __init__(self) -> None:
        self.seconds: float = settings.FILE_SECONDS
        self._process: subprocess.Popen[bytes] | None = None
        #: Bytes that the process has read, and whether it reads now.
        self._read = 0
        self._reading = False
        self._closed = False
        self._ready = False

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, if it does not run; it is ready for a file a quarter of a second on."""
        if self._process is not None:
            return
        if self._closed:
            raise ReaderDied
        hidden = {name for name in os.environ if name.startswith(_OURS)}
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", settings.FILE_READER, str(settings.FILE_MEGABYTES)],
            cwd=_ROOT,
            env={name: value for name, value in os.environ.items() if name not in hidden},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C at a terminal reaches the whole group; its parent ends this one.
            start_new_session=True,
        )
        self._read, self._ready = 0, False

    def end(self) -> None:
        """End the process at once; any thread may call this, also while another reads."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if not self._reading:
                _close(process)

    def close(self) -> None:
        """End the process, and start no other."""
        self._closed = True
        self.end()

    def read(self, data: bytes, *, name: str) -> Read:
        """Yield what the importer of a file makes of it, as ``Importer.read`` does.

        Whatever goes wrong refuses the file; raises ``ReaderDied`` where the process ended by
        itself, or by somebody else: then it may be worth another try. A reader whose answers
        are not drawn to the end is ended, and whoever draws them slowly takes of the file's time.
        """
        for line in self._lines(data, name):
            yield _found(json.loads(line), name)

    def read_whole(self, data: bytes, *, name: str) -> Read:
        """Yield the same once the file is read to its end; of one that was stopped, only that.

        What is read is kept in a file meanwhile: the articles of a large one fill the memory.
        """
        with tempfile.TemporaryFile() as kept:
            for line in self._lines(data, name):
                if not line.startswith(_DRAFT):
                    found = _found(json.loads(line), name)
                    if isinstance(found, ImportRefused) and found.code in STOPPED:
                        yield found
                        return
                kept.write(line)
            kept.seek(0)
            for line in kept:
                yield _found(json.loads(line), name)

    def _lines(self, data: bytes, name: str) -> Iterator[bytes]:
        """Yield the answers of the process to a file, each a line of JSON."""
        self.start()
        process = self._process
        assert process is not None  # noqa: S101
        most = limit(len(data), self.seconds)
        self._reading, whole = True, False
        late = threading.Event()
        try:
            self._wait_until_ready(process)
            with killed_after(most, process, late):
                yield from self._answers(process, data, name, most)
            whole = True
        except ReaderDied:
            if not late.is_set():
                raise
            yield _line(
                ImportRefused(
                    f"reading it took longer than {most:,g} second{'s' * (most != 1)}, so it was "
                    "stopped. Leave out what is not part of the article, or split the file, and "
                    "import it again.",
                    name=name,
                    code="too_slow",
                )
            )
        finally:
            self._read += len(data)
            if not whole or late.is_set() or self._read > ENOUGH:
                self.end()
            self._reading = False
            if process.returncode is not None:
                _close(process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        if self._ready:
            return
        assert process.stdout is not None  # noqa: S101
        with killed_after(START, process, threading.Event()):
            if process.stdout.readline() != b"\n":
                raise ReaderDied
        self._ready = True

    def _answers(
        self, process: subprocess.Popen[bytes], data: bytes, name: str, most: float
    ) -> Iterator[bytes]:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        about = {"name": name, "size": len(data), "seconds": most}
        try:
            process.stdin.write(json.dumps(about).encode() + b"\n" + data)
            process.stdin.flush()
        except OSError:
            raise ReaderDied(name) from None
        while (line := process.stdout.readline()) != b"\n":
            if not line.endswith(b"\n"):
                raise ReaderDied(name)
            yield line
            if not line.startswith(_DRAFT) and json.loads(line).get("last"):
                self.end()
                return


def refused(refusal: ImportRefused) -> dict[str, Any]:
    return {
        "refused": {
            "reason": refusal.reason,
            "name": refusal.name,
            "line": refusal.line,
            "code": refusal.code,
        }
    }


def _line(refusal: ImportRefused) -> bytes:
    return json.dumps(refused(refusal)).encode() + b"\n"


def _found(answer: dict[str, Any], name: str) -> ArticleDraft | ImportRefused:
    if "draft" in answer:
        return from_json(answer["draft"])
    if "refused" in answer:
        return ImportRefused(**answer["refused"])
    log.error("Reading %s broke off.\n%s", name, answer["broke"])
    return broke_off(name)


def broke_off(name: str) -> ImportRefused:
    return ImportRefused(f"it could not be read; {BROKE_OFF}", name=name, code="broke_off")


def limit(size: int, seconds: float) -> float:
    """Return the seconds that a file of ``size`` bytes may take.

    Only a file of many articles, on the command line, is larger than one article may be; it has
    the time of as many.
    """
    return seconds * max(1, size // MAX_BYTES)


@contextmanager
def killed_after(
    seconds: float, process: subprocess.Popen[bytes], late: threading.Event
) -> Iterator[None]:
    """Kill the process where the block takes longer, and set ``late`` before."""

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that has ended."""
    for pipe in (process.stdin, process.stdout):
        # What it had not taken of a file is flushed in vain.
        with suppress(OSError):
            assert pipe is not None  # noqa: S101
            pipe.close()
