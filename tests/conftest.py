"""What every test may ask for.

``db`` wraps a test in a transaction, ``transactional_db`` flushes the tables after it, and
``server`` runs ``manage.py serve`` on the same database (so a test builds what the browser
sees). A test is marked ``database`` or ``browser`` by what it asks for; tests/run counts by
these marks. What a browser does with a page is the same on either database, so it is looked at on
SQLite (``page_only``), but for tests marked ``each_database``.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from tests.setup_machine import chromium

PROJECT = Path(__file__).resolve().parent.parent
DATABASE_FIXTURES = {"db", "transactional_db", "server"}
BROWSER_FIXTURES = {"browser", "page", "plain_page"}
MARKS = ("database", "sqlite_only", "postgres_only", "page_only")
#: tests/run reads here what ran; each run names a file.
REPORT = "WORKBENCH_TEST_REPORT"

#: Milliseconds a browser may take for one thing: a busy machine is slow, and that is no failure.
PATIENCE = 30_000

hypothesis_settings.register_profile("suite", max_examples=100, deadline=None)
hypothesis_settings.load_profile("suite")


class QuickHasher(PBKDF2PasswordHasher):
    """One round, which a server in its own process verifies as it does any other hash."""

    iterations = 1


def pytest_configure(config: pytest.Config) -> None:
    # No test that renders a page should have to collect and hash the static files first.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # whitenoise walks through it for every client that a test makes, and warns where it is
    # missing; no test asks it for a file but through the server, which has its own.
    empty = tempfile.TemporaryDirectory()
    config.add_cleanup(empty.cleanup)
    settings.STATIC_ROOT = empty.name
    settings.PASSWORD_HASHERS = ["tests.conftest.QuickHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & BROWSER_FIXTURES:
            item.add_marker("browser")
            if not item.get_closest_marker("each_database"):
                item.add_marker("page_only")
        case = getattr(item, "cls", None)
        if (
            asked & DATABASE_FIXTURES
            or item.get_closest_marker("django_db")
            or (case is not None and issubclass(case, TransactionTestCase))
        ):
            item.add_marker("database")


class Tally:
    """Counts the tests that ran, by the marks that decide on which database they run."""

    def __init__(self) -> None:
        self.seen = dict.fromkeys(("all", *MARKS), 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self.seen["all"] += 1
            if "database" in report.keywords:
                for mark in MARKS:
                    self.seen[mark] += mark in report.keywords

    def pytest_sessionfinish(self) -> None:
        if path := os.environ.get(REPORT):
            Path(path).write_text(json.dumps(self.seen))


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Tally())


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # In memory, Django's test database has one connection for all threads and does not exist
    # for a second process; what this project must prove needs both.
    if connection.vendor == "sqlite":
        name = tmp_path_factory.getbasetemp() / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(name)


@pytest.fixture(autouse=True, scope="session")
def _lifted_for_the_flush() -> Iterator[None]:
    """Let the flush after a ``transactional_db`` test empty the tables that refuse it."""
    if not find_spec("annotations.models.guards"):
        yield
        return
    from annotations.models import guards

    flush = TransactionTestCase._fixture_teardown

    def lift_flush_install(case: TransactionTestCase) -> None:
        for used in connections.all(initialized_only=True):
            guards.lift(used)
        try:
            flush(case)
        finally:
            for used in connections.all(initialized_only=True):
                guards.install(used)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lift_flush_install)
        yield


def database_url() -> str:
    """Return the ``DATABASE_URL`` of the database that this test uses."""
    about = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(about['NAME']))}"
    user = quote(about["USER"], safe="")
    password = ":" + quote(about["PASSWORD"], safe="") if about["PASSWORD"] else ""
    options = {"host": about["HOST"], "port": about["PORT"]} | about["OPTIONS"]
    query = urlencode({key: value for key, value in options.items() if isinstance(value, str)})
    return f"postgresql://{user}{password}@/{quote(about['NAME'], safe='')}?{query}"


@pytest.fixture
def told(db: None) -> Any:
    """A story, told by actions once for each process and from then on put back row by row."""
    from tests.stories import told

    return told()


class ServerProcess:
    """``manage.py serve`` in a process of its own, on the test database.

    Without a worker unless one is asked for: it would write while tables are emptied.
    """

    #: Those that run now.
    running: ClassVar[list["ServerProcess"]] = []

    def __init__(
        self, log: Path, *arguments: str, worker: bool = False, **environ_more: str
    ) -> None:
        self.log = log
        self.database_url = database_url()
        self.environ = {**os.environ, "DATABASE_URL": self.database_url, **environ_more}
        self.arguments = arguments if worker else ("--no-worker", *arguments)
        self.port = "0"
        self.start()

    def start(self) -> None:
        """Start it, also once more, at the address that it had."""
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", self.port, *self.arguments],
                cwd=PROJECT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "://" not in line:
            self.process.wait()
            raise RuntimeError(f"The server did not start: {line}{self.log.read_text()}")
        self.url = next(word for word in line.split() if "://" in word).rstrip("/")
        self.port = self.url.rpartition(":")[2]
        self.running.append(self)

    def kill(self) -> None:
        self.running.remove(self)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> None:
        self.running.remove(self)
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def no_other_server() -> Iterator[None]:
    """Stop the session's server meanwhile: one SQLite file is served by one."""
    stopped = [] if connection.vendor == "postgresql" else list(ServerProcess.running)
    for other in stopped:
        other.stop()
    try:
        yield
    finally:
        for other in stopped:
            other.start()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what a server that was just stopped left open: PostgreSQL drops no database in use."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def _server_process(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.getbasetemp() / "server.log")
    yield server
    if server in ServerProcess.running:
        server.stop()


@pytest.fixture
def server(transactional_db: None, _server_process: ServerProcess) -> ServerProcess:
    """The running server; ``server.url`` has no slash at its end."""
    if _server_process.process.poll() is not None:
        pytest.fail(f"The server has died: {_server_process.log.read_text()}")
    return _server_process


@pytest.fixture
def worker(server: ServerProcess) -> Iterator[None]:
    """``manage.py work`` beside the server, for as long as the test runs."""
    environ = {**os.environ, "DATABASE_URL": server.database_url}
    with subprocess.Popen(
        [sys.executable, "manage.py", "work"], cwd=PROJECT, env=environ, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield
        process.terminate()


def session_of(user: Any) -> str:
    """Log ``user`` in and return the key of the session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    [session[BACKEND_SESSION_KEY]] = settings.AUTHENTICATION_BACKENDS
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def carry_session(where: Any, user: Any, url: str) -> None:
    """Let a page or context of a browser carry a session of ``user`` at the server ``url``."""
    context = getattr(where, "context", where)
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": session_of(user),
                "url": url,
                "httpOnly": True,
            }
        ]
    )


@pytest.fixture
def log_in(server: ServerProcess) -> Callable[[Any, Any], None]:
    """``log_in(page_or_context, user)``: the browser carries the user's session from here on."""
    return partial(carry_session, url=server.url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium of this machine, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        pytest.fail("No Chromium on this machine; tests/run says how to get one.")
    arguments = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        # Without these it looks up hosts at every start, which a closed network refuses.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-domain-reliability",
        "--disable-features=OptimizationHints,MediaRouter,Translate",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, in which Django would refuse to query.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            launched = playwright.chromium.launch(executable_path=program, args=arguments)
            yield launched
            launched.close()


def watch(context: Any, wrong: list[str]) -> None:
    """Note uncaught errors and policy violations of the context's pages; be patient with them."""
    context.set_default_timeout(PATIENCE)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            wrong.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )


def _watched(context: Any) -> Iterator[Any]:
    """A page whose uncaught errors and policy violations fail the test."""
    wrong: list[str] = []
    watch(context, wrong)
    page = context.new_page()
    page.wrong = wrong
    yield page
    context.close()
    assert not wrong


@pytest.fixture
def page(browser: Any, server: ServerProcess) -> Iterator[Any]:
    """A page in a fresh browser profile; addresses are relative to the server.

    A test that provokes an uncaught error or a policy violation empties ``page.wrong``.
    """
    yield from _watched(browser.new_context(base_url=server.url))


@pytest.fixture
def plain_page(browser: Any, server: ServerProcess) -> Iterator[Any]:
    """The same with JavaScript off."""
    yield from _watched(browser.new_context(base_url=server.url, java_script_enabled=False))
