"""No pattern takes more than linear time over what other people write.

``re`` holds the interpreter while it searches: one line that makes a pattern read it again and
again stops every page, save and stream of the server (DESIGN 1, "Nothing stops the desk").
"""

import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import pytest

from tests.patterns import ROOT, Pattern, hidden_calls, lines, patterns

#: Characters of the longest field that a person fills in, and of a line of an article.
SIZE = 20_000
#: Where a pattern is held to short lines alone, and the code that does so.
SHORTER = {
    "annotations.domain.furniture.CREDIT_TAIL": 450,  # roles._is_caption
    "annotations.domain.furniture.FORM": 1_200,  # roles._forms, roles._site_bios
    "annotations.domain.furniture.BIO": 900,  # roles._is_bio
    "annotations.domain.furniture.BIO_MORE": 900,  # roles._is_bio
}
MOST_SECONDS = 0.05
METHODS = ("search", "match", "fullmatch", "sub", "split", "findall", "finditer")
#: Patterns that are made while the app runs, and why they are none of other people's making.
MADE_WHILE_RUNNING = {
    "annotations/domain/furniture.py: re.compile(": "called for this module's own patterns alone",
    "annotations/domain/text.py: re.compile('[' + ": "one class of single characters, escaped",
    "workbench/asgi.py: re.compile(hashing": "a path of the settings",
    "workbench/intake.py: re.compile(": "of the settings' own names, each behind a mark of its own",
}
FOUND = patterns()
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for package in ("annotations", "workbench")
    for path in sorted((ROOT / package).rglob("*.py"))
)


class TooSlow(Exception):
    """A search that did not end by itself."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise ``TooSlow`` in a search that uses more CPU than that: ``re`` looks for signals."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the shortest of five runs: the machine's other work is not the pattern's.

    Whoever measures coverage looks at each line, which is not the pattern's work either.
    """
    best = 1e9
    before = sys.gettrace()
    sys.settrace(None)
    try:
        for _ in range(5):
            began = time.process_time()
            work()
            best = min(best, time.process_time() - began)
            if best < MOST_SECONDS:
                break
    finally:
        sys.settrace(before)
    return best


def uses(where: str) -> list[str]:
    """Return the methods by which the app uses a pattern; all of them where none is to be seen."""
    name = where.rpartition(".")[2]
    used = set(re.findall(rf"\b{re.escape(name)}\.({'|'.join(METHODS)})\(", SOURCES))
    return sorted(
        used - {"findall", "finditer"} | ({"sub"} if used & {"findall", "finditer"} else set())
    ) or list(METHODS[:5])


def slow_lines(pattern: Pattern, methods: list[str], size: int) -> list[str]:
    found = []
    is_bytes = isinstance(pattern.pattern, bytes)
    for line in lines(pattern, size):
        text: Any = line.encode() if is_bytes else line
        for method in methods:
            ask = cast("Callable[..., object]", getattr(pattern, method))
            given = (text[:0], text) if method == "sub" else (text,)
            try:
                with ended_after(0.5):
                    seconds = cpu_seconds(lambda ask=ask, given=given: ask(*given))  # type: ignore[misc]
            except TooSlow:
                seconds = 0.5
            if seconds >= MOST_SECONDS:
                found.append(f"{method} takes {seconds:.2f} s of {line[:30]!r}…{line[-10:]!r}")
                return found
    return found


def test_the_walk_finds_patterns_of_modules_classes_and_tables() -> None:
    assert len(FOUND) > 60
    assert {"annotations.domain.furniture.TRAIL", "annotations.html._TAG"} <= FOUND.keys()
    assert any(where.startswith("annotations.formats.importers.html._RAW_ENDS.") for where in FOUND)


@pytest.mark.parametrize("where", sorted(FOUND))
def test_no_line_slows_a_pattern_down(where: str) -> None:
    assert slow_lines(FOUND[where], uses(where), SHORTER.get(where, SIZE)) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(r"^[^.!?]{1,40}(?:\s[>|/·•]\s[^.!?|>]{1,80}){2,}$", id="exponential"),
        pytest.param(r"\s*\n\s*\n\s*", id="blanks round blanks"),
        pytest.param(r"\s*(?:\[…\]|…|\.\.\.|\n)\s*", id="blanks round a mark"),
        pytest.param(r"(?:\w+[-_]?)+$", id="a repeat in a repeat"),
        pytest.param(r"@\w*\.?\w*;", id="the same class twice"),
    ],
)
def test_a_slow_pattern_is_found(source: str) -> None:
    assert slow_lines(re.compile(source), ["search"], SIZE)


def test_no_pattern_is_hidden_in_a_function() -> None:
    """What is compiled in a function is not walked: patterns are named, at module level."""
    hidden = [
        one
        for one in hidden_calls()
        if not any(one.startswith(made) for made in MADE_WHILE_RUNNING)
    ]

    assert hidden == []
