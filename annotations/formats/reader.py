"""The process in which files are read: bytes come in, articles go out, nothing else is known to it.

Started as ``python -m annotations.formats.reader MEGABYTES`` by ``formats.reading``, which
may kill it at any moment. For each file it takes a line of JSON (``name``, ``size``, ``seconds``)
and the file's bytes, and answers with lines of JSON: ``draft`` or ``refused`` for each article,
``broke`` with a traceback where an importer failed, and an empty line at the end.

It has no database, no settings and no secret. It is less urgent than the server, the first that
the system ends where memory is short, and outlives a parent that was killed by a second.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from annotations.domain.drafts import to_json
from annotations.domain.errors import ImportRefused
from annotations.formats.reading import refused
from annotations.formats.registry import importer_for

#: Added to the niceness of the process.
NICE = 5
#: Seconds after the limit at which the process ends by itself, should nobody have ended it.
GRACE = 1


def serve(files: IO[bytes], answers: IO[bytes], megabytes: int) -> None:
    """Read files until there are no more, or until memory ran out: then nothing is sure any more."""
    while head := files.readline():
        about = json.loads(head)
        with ended_after(about["seconds"] + GRACE):
            for answer in _read(files.read(about["size"]), about["name"], megabytes):
                answers.write(json.dumps(answer).encode() + b"\n")
                answers.flush()
                if answer.get("last"):
                    return
        answers.write(b"\n")
        answers.flush()


def _read(data: bytes, name: str, megabytes: int) -> Iterator[dict[str, Any]]:
    try:
        for found in importer_for(name, data).read(data, name=name):
            if isinstance(found, ImportRefused):
                yield refused(found)
            else:
                yield {"draft": to_json(found)}
    except MemoryError:
        reason = (
            f"reading it took more than {megabytes:,} MB of memory, so it was stopped. Leave "
            "out what is not part of the article, or split the file, and import it again."
        )
        yield {**refused(ImportRefused(reason, name=name, code="memory")), "last": True}
    except Exception:
        yield {"broke": traceback.format_exc()}


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Let the system end this process after so many seconds, whatever it is doing.

    No handler of Python's: a regular expression that does not end would keep it from running.
    """
    set_alarm(seconds)
    try:
        yield
    finally:
        set_alarm(0)


def set_alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):  # pragma: no branch - Windows has none
        signal.setitimer(signal.ITIMER_REAL, seconds)


def step_back(megabytes: int, *, limit: Callable[[int], None] | None = None) -> None:
    """Make the process less urgent than others, and bound its memory where the system can."""
    with suppress(AttributeError, OSError):
        os.nice(NICE)
    # The kernel's choice where memory is short: rather this than the server.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with suppress(ImportError, OSError, ValueError):
        (limit or limit_memory)(megabytes)


def limit_memory(megabytes: int) -> None:
    import resource

    most = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:  # pragma: no cover - runs in a process of its own (tests/formats/test_reading)
    # Ctrl-C is for the server, which ends its processes in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    megabytes = int(sys.argv[1])
    step_back(megabytes)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not pass for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError):
        # Ready: from here on the time counts for the file.
        answers.write(b"\n")
        answers.flush()
        serve(sys.stdin.buffer, answers, megabytes)


if __name__ == "__main__":  # pragma: no cover
    main()
