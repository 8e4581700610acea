"""One server on SQLite and three on PostgreSQL, how long it goes on, and where figures go."""

import datetime
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection

from tests.conftest import ServerProcess, no_other_server

T = TypeVar("T")

#: Set by ``tests/run --soak``: the full lengths, and figures that are told.
SOAK = bool(os.environ.get("WORKBENCH_SOAK"))
#: Server processes; SQLite is served by one (docs/settings.md).
SERVERS = {"sqlite": 1, "postgresql": 3}
_LINES: list[str] = []


class Servers:
    """The servers of one database; each is known by its number and may be killed and started."""

    def __init__(self, folder: Path, first: ServerProcess | None = None) -> None:
        self.folder = folder
        self.count = SERVERS[connection.vendor]
        self.running: dict[int, ServerProcess] = {}
        self.started = 0
        if first is not None:
            self.running[0] = first
        for number in range(self.count):
            if number not in self.running:
                self.start(number)

    def start(self, number: int) -> None:
        self.started += 1
        self.running[number] = ServerProcess(self.folder / f"server-{self.started}.log")

    def kill(self, number: int) -> None:
        self.running[number].kill()

    def stop(self, number: int) -> None:
        self.running[number].stop()

    @property
    def urls(self) -> list[Callable[[], str]]:
        """Return for each server what gives its present address, over which clients spread."""
        return [lambda number=number: self.running[number].url for number in range(self.count)]

    def said(self) -> list[str]:
        """Return what the servers' logs say, line by line."""
        return [
            line
            for server in self.running.values()
            for line in server.log.read_text().splitlines()
            if " INFO workbench.access: " not in line
        ]


@pytest.fixture(scope="session")
def _servers(
    _server_process: ServerProcess, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    with django_db_blocker.unblock():
        found = Servers(tmp_path_factory.mktemp("servers"), first=_server_process)
    yield found
    for number in range(1, found.count):
        found.stop(number)


@pytest.fixture
def servers(server: ServerProcess, _servers: Servers) -> Iterator[Servers]:
    """The servers of this database; none of them may say that anything went wrong.

    That a writer was put off is nothing wrong: his next try is answered.
    """
    before = _servers.said()
    yield _servers
    said = [line for line in _servers.said() if line not in before]
    assert [line for line in said if "Service Unavailable: " not in line] == []


@pytest.fixture
def mortal(transactional_db: None, tmp_path: Path) -> Iterator[Servers]:
    """Servers of the test's own, which it may kill."""
    with no_other_server():
        found = Servers(tmp_path)
        yield found
        for number in range(found.count):
            if found.running[number].process.poll() is None:
                found.stop(number)


@pytest.fixture
def soak() -> Callable[[T, T], T]:
    """``soak(short, full)`` is one of them, by whether this is ``tests/run --soak``."""
    return lambda short, full: full if SOAK else short


@pytest.fixture
def figures() -> Callable[[str, str], None]:
    """``figures(work, here)`` keeps a dated line for docs/performance.md."""

    def tell(work: str, here: str) -> None:
        day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        _LINES.append(f"| {day} | {connection.vendor} | {work} | {here} |")
        if SOAK:
            # At once, and again at the end: what takes an hour may be broken off.
            sys.stdout.write(f"\n{_LINES[-1]}\n")
            sys.stdout.flush()

    return tell


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if SOAK and _LINES:
        terminalreporter.section("soak")
        for line in _LINES:
            terminalreporter.write_line(line)
