"""Whatever befalls the database, people hear it in words, with 503, and nothing is restarted."""

import asyncio
import errno
import json
import sqlite3
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import cache
from django.core.handlers.exception import convert_exception_to_response
from django.db import (
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.utils import InterfaceError
from django.http import HttpResponse
from django.test import Client, RequestFactory

import manage
from annotations.live import stream
from annotations.models import Span
from tests import builders
from tests.workbench.test_serving import in_a_loop
from workbench import asgi, intake, server, static, trouble
from workbench.sqlite.queue import DEADLINE, LockRefused, WriteQueue, WriteQueueTimeout
from workbench.trouble import trouble_of

JSON = {"accept": "application/json"}


def of_sqlite(code, kind=OperationalError):
    inner = sqlite3.OperationalError("said so")
    inner.sqlite_errorcode = code
    outer = kind("said so")
    outer.__cause__ = inner
    return outer


def of_postgresql(state, kind=OperationalError):
    inner = psycopg.errors.lookup(state)("said so") if state else psycopg.OperationalError("gone")
    outer = kind("said so")
    outer.__cause__ = inner
    return outer


def during(inner, outer):
    """Return ``outer`` as raised while ``inner`` was handled."""
    outer.__context__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), trouble.DISK_FULL),
        (of_sqlite(sqlite3.SQLITE_READONLY), trouble.READ_ONLY),
        (of_sqlite(sqlite3.SQLITE_READONLY_CANTINIT), trouble.READ_ONLY),
        (of_sqlite(sqlite3.SQLITE_BUSY), trouble.LOCKED),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), trouble.LOCKED),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), trouble.UNREACHABLE),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), trouble.DAMAGED),
        (of_sqlite(sqlite3.SQLITE_NOTADB), trouble.DAMAGED),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), trouble.FAILED),
        (of_sqlite(sqlite3.SQLITE_ERROR), trouble.FAILED),
        (of_postgresql(None), trouble.UNREACHABLE),
        (of_postgresql("57P01"), trouble.UNREACHABLE),
        (of_postgresql("57P03"), trouble.UNREACHABLE),
        (of_postgresql("08006"), trouble.UNREACHABLE),
        (of_postgresql("28P01"), trouble.UNREACHABLE),
        (of_postgresql("25P03", InternalError), trouble.UNREACHABLE),
        (of_postgresql("53300"), trouble.BUSY),
        (of_postgresql("53100"), trouble.DISK_FULL),
        (of_postgresql("25006", InternalError), trouble.READ_ONLY),
        (of_postgresql("40P01"), trouble.LOCKED),
        (of_postgresql("55P03"), trouble.LOCKED),
        (of_postgresql("XX001", InternalError), trouble.DAMAGED),
        (InterfaceError("connection already closed"), trouble.FAILED),
        (OperationalError("something new"), trouble.FAILED),
        (OSError(errno.ENOSPC, "No space left on device"), trouble.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), trouble.DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), trouble.READ_ONLY),
        (OSError(errno.EMFILE, "Too many open files"), trouble.BUSY),
        (during(of_sqlite(sqlite3.SQLITE_FULL), ValueError("session")), trouble.DISK_FULL),
        (during(OSError(errno.EACCES, "Permission denied"), LockRefused("x")), trouble.READ_ONLY),
        (during(OSError(errno.ENOSPC, "No space"), LockRefused("x")), trouble.DISK_FULL),
    ],
)
def test_an_error_of_the_database_or_the_disk_is_told_by_its_kind(error, told):
    assert trouble_of(error) == told


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("UNIQUE constraint failed"),
        of_postgresql("22001", DataError),
        of_postgresql("42P01", ProgrammingError),
        of_postgresql("25P02", InternalError),
        ValueError("ours"),
        OSError(errno.ENOENT, "No such file"),
        None,
    ],
)
def test_a_mistake_of_ours_is_not_passed_off_as_the_database_s(error):
    assert trouble_of(error) is None


def test_a_disk_that_is_full_is_named_where_sqlite_names_only_a_failure(db, monkeypatch):
    monkeypatch.setattr(trouble, "disk_is_full", lambda: True)

    assert trouble_of(of_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE)) == trouble.DISK_FULL


@pytest.fixture
def failing():
    """``failing(error, *words)``: every statement in which all ``words`` appear raises it."""

    @contextmanager
    def fail(error, *words):
        def refuse(execute, sql, params, many, context):
            if all(word in sql for word in words):
                raise error
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            yield

    return fail


@pytest.fixture
def desk(db):
    return builders.desk()


@pytest.fixture
def browser_of(desk):
    client = Client(raise_request_exception=False)
    client.force_login(desk.account(desk.ada))
    return client


FULL = of_sqlite(sqlite3.SQLITE_FULL)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("django_session",), id="the session"),
        pytest.param(("auth_user",), id="the account"),
        pytest.param(("annotations_project",), id="the view"),
        pytest.param(("annotations_inboxitem",), id="the template"),
    ],
)
def test_a_page_whose_layers_or_view_or_template_fail_is_a_503(browser_of, desk, failing, words):
    where = f"/p/{desk.project.slug}/"
    # Cached, the session would ask nothing of the database.
    cache.clear()
    with failing(FULL, *words):
        page = browser_of.get(where)
        problem = browser_of.get(where, headers=JSON)

    assert page.status_code == problem.status_code == 503
    assert (page["Retry-After"], problem["Retry-After"]) == ("10", "10")
    assert "The disk of the server is full" in page.content.decode()
    assert problem["Content-Type"] == "application/problem+json"
    told = json.loads(problem.content)
    assert (told["code"], told["status"]) == ("disk_full", 503)
    assert browser_of.get(where).status_code == 200


@pytest.mark.parametrize("words", [("INSERT", "django_session"), ("UPDATE", "auth_user")])
def test_a_log_in_that_cannot_be_stored_is_a_503(transactional_db, failing, words):
    desk = builders.desk()
    account = desk.account(desk.ada)
    account.set_password("a long word 1")
    account.save()
    client = Client(raise_request_exception=False)
    form = {"username": account.username, "password": "a long word 1"}

    with failing(FULL, *words):
        refused = client.post("/login/", form)

    assert refused.status_code == 503
    assert client.post("/login/", form).status_code == 302


def test_a_session_that_cannot_be_updated_is_no_bad_request(browser_of, failing):
    def view(request):
        request.session["x"] = 1
        return HttpResponse("ok")

    request = RequestFactory().get("/")
    request.COOKIES = {key: morsel.value for key, morsel in browser_of.cookies.items()}

    with failing(FULL, "UPDATE", "django_session"):
        answer = convert_exception_to_response(SessionMiddleware(view))(request)

    assert answer.status_code == 503


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_save_that_cannot_be_stored_is_a_503_and_the_next_one_is_stored(
    transactional_db, headers
):
    desk = builders.desk()
    article = builders.article(desk)
    client = Client(raise_request_exception=False)
    client.force_login(desk.account(desk.ada))
    label = desk.project.labels.first()
    path = f"/p/{desk.project.slug}/a/{article.pk}/spans/add"
    values = {"start": 0, "end": 5, "quote": article.text[:5], "label": label.pk}

    def fail(execute, sql, params, many, context):
        if "INSERT" in sql and "event" in sql:
            raise FULL
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        refused = client.post(path, values, headers=headers)
    none = Span.objects.count()
    stored = client.post(path, values, headers=headers)

    assert (refused.status_code, none) == (503, 0)
    assert stored.status_code in (200, 303)
    assert Span.objects.count() == 1


def test_connections_that_failed_are_opened_anew(transactional_db):
    connection.ensure_connection()
    before = connection.connection

    trouble.answer_to(RequestFactory().get("/"), FULL)
    connection.ensure_connection()

    assert connection.connection is not before


def test_inside_a_transaction_nothing_is_closed(transactional_db):
    with transaction.atomic():
        trouble.throw_away()
        assert connection.connection is not None


def test_the_page_needs_no_template_where_the_disk_gives_none(monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(trouble.loader, "render_to_string", fail)

    told = trouble.page(trouble.DISK_FULL, safe=True)

    assert "The disk of the server is full" in told


@pytest.mark.sqlite_only("what SQLite itself says")
class TestSQLite:
    @pytest.fixture
    def table(self, transactional_db):
        with transaction.atomic():
            connection.cursor().execute("CREATE TABLE room (x text)")
        yield
        connection.close()
        with transaction.atomic():
            connection.cursor().execute("DROP TABLE room")

    # More than the pages that earlier tests may have left free.
    def fail(self, before="", what="INSERT INTO room VALUES (zeroblob(20000000))"):
        connection.ensure_connection()
        if before:
            connection.connection.execute(before).close()
        with pytest.raises(OperationalError) as raised, transaction.atomic():
            connection.cursor().execute(what)
        return trouble_of(raised.value)

    def test_a_full_disk(self, table):
        assert self.fail("PRAGMA max_page_count = 1") == trouble.DISK_FULL

    def test_a_database_that_may_only_be_read(self, table):
        assert self.fail("PRAGMA query_only = 1") == trouble.READ_ONLY

    def test_a_table_that_is_gone(self, table):
        assert self.fail(what="INSERT INTO gone VALUES (1)") == trouble.FAILED

    def test_a_lock_of_another_program_is_not_waited_for_longer_than_the_request_has(self, table):
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        token = DEADLINE.set(time.monotonic() + 0.2)
        try:
            assert self.fail() == trouble.LOCKED
        finally:
            DEADLINE.reset(token)
            other.execute("ROLLBACK")
            other.close()
        usual = connection.connection.execute("PRAGMA busy_timeout").fetchone()
        assert usual == (30_000,)

    def test_a_request_that_has_waited_already_does_not_wait_as_long_again(self, tmp_path):
        queue = WriteQueue(str(tmp_path / "db"))
        queue.enter()
        token = DEADLINE.set(time.monotonic() - 1)
        try:
            with pytest.raises(WriteQueueTimeout, match="within 30 seconds"):
                queue.enter()
        finally:
            DEADLINE.reset(token)
            queue.leave()
            queue.close_files()


def answered(application, method="GET", path="/", body=b"", accept=b"application/json"):
    """Send one request to an ASGI application; return status, headers and body."""
    sent = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"t=project",
        "http_version": "1.1",
        "headers": [
            (b"accept", accept),
            (b"host", b"localhost"),
            (b"cookie", b"workbench_session=x; sessionid=" + b"a" * 32),
        ],
    }
    messages = [
        {"type": "http.request", "body": body, "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    in_a_loop(asyncio.wait_for(application(scope, receive, send), 10))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent)


def pages(environ, start_response):
    raise FULL


def test_what_fails_before_django_sees_it_is_a_503():
    application = asgi.Workbench(pages, streams={}, threads=2, most_bytes=1000)

    status, headers, body = answered(application)

    assert (status, headers["retry-after"]) == (503, "10")
    assert json.loads(body)["code"] == "disk_full"


def test_a_mistake_stays_a_mistake():
    def broken(environ, start_response):
        raise ZeroDivisionError

    application = asgi.Workbench(broken, streams={}, threads=2, most_bytes=1000)

    with pytest.raises(ZeroDivisionError):
        answered(application)


def test_an_upload_that_the_disk_has_no_room_for_is_a_503(monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(intake.tempfile, "SpooledTemporaryFile", lambda **_: Full())
    application = asgi.Workbench(pages, streams={}, threads=2, most_bytes=1000)

    status, _, body = answered(application, "POST", body=b"a", accept=b"text/html")

    assert status == 503
    assert b"The disk of the server is full" in body


def test_whoever_waits_in_vain_for_the_writers_before_is_told_in_time(monkeypatch):
    monkeypatch.setattr(asgi, "PATIENCE", 0.05)
    application = asgi.Workbench(pages, streams={}, threads=2, most_bytes=1000)
    application.writers = asyncio.Semaphore(0)

    status, headers, body = answered(application, "POST")

    assert (status, headers["retry-after"]) == (503, "1")
    assert "did not finish within 30 seconds" in json.loads(body)["detail"]


@pytest.mark.parametrize("where", ["account_of", "door"])
def test_a_stream_that_cannot_begin_is_a_503(transactional_db, monkeypatch, where):
    desk = builders.desk()
    hub = stream.Hub()
    monkeypatch.setattr(stream, "HUB", hub)
    monkeypatch.setattr(stream.queries, "account_of", lambda _: desk.account(desk.ada))

    def fail(*_):
        raise FULL

    monkeypatch.setattr(stream.queries, where, fail)

    async def run(*arguments):
        try:
            await stream.application(*arguments)
        finally:
            hub.end()

    status, headers, body = answered(run, path="/live/")

    assert (status, headers["retry-after"]) == (503, "10")
    assert json.loads(body)["code"] == "disk_full"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FULL, "The disk of the database is full: make room, then run this again. (said so)"),
        (OSError(errno.ENOSPC, "No space left", "/a/b"), "/a/b cannot be used: No space left."),
        (OSError(errno.ENOSPC, "No space left"), "Nothing more could be written: "),
        (OSError(errno.EACCES, "Permission denied", "/a"), "/a cannot be used: Permission denied."),
        (of_postgresql(None), "The database cannot be reached: see that it runs"),
        (OperationalError("something new"), "The database failed. (something new)"),
    ],
)
def test_a_command_ends_with_a_sentence(db, error, said):
    with pytest.raises(SystemExit) as ended:
        manage.refuse(error)

    assert str(ended.value).startswith(said)


def test_a_command_s_own_mistake_keeps_its_traceback(db):
    manage.refuse(IntegrityError("UNIQUE constraint failed"))
    manage.refuse(OSError("no reason"))


def test_what_a_full_disk_cut_off_of_the_static_files_is_not_kept(tmp_path, settings, monkeypatch):
    root = tmp_path / "static"
    root.mkdir()
    settings.STATIC_ROOT = str(root)

    def fail(*_, **__):
        (root / "cut-off.0123.css").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(static, "call_command", fail)

    with pytest.raises(OSError, match="No space left"):
        static.prepare()

    assert list(root.iterdir()) == []
    assert not (tmp_path / "static.fingerprint").exists()


@pytest.mark.postgres_only("SQLite has one lock, and its queue")
def test_a_lock_of_another_program_is_not_waited_for_for_ever(transactional_db, monkeypatch):
    desk = builders.desk()
    monkeypatch.setattr(server, "PATIENCE", 0.1)
    other = connections["default"].copy("other")
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE annotations_project IN ACCESS EXCLUSIVE MODE")
    server.wait_for_no_lock_for_ever(connection)
    try:
        with pytest.raises(OperationalError) as raised:
            desk.project.refresh_from_db()
    finally:
        other.close()
        connection.close()

    assert trouble_of(raised.value) == trouble.LOCKED
