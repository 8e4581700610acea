"""Whoever watches a server learns whether it lives, and which part keeps people from working."""

import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from annotations.actions import leases
from annotations.domain.leases import WORKER
from annotations.models import Lease, guards
from workbench import health
from workbench.sqlite import files


@pytest.fixture(autouse=True)
def asked_anew(request):
    """What was asked is forgotten, and a worker runs."""
    for database in ("transactional_db", "db"):
        if database in request.fixturenames:
            request.getfixturevalue(database)
            leases.take(WORKER, uuid4())
            break
    health.PARTS.forget()
    yield
    health.PARTS.forget()


@pytest.fixture
def anybody():
    return Client(raise_request_exception=False)


def ready(client, **options):
    answer = client.get("/readyz", **options)
    return answer.status_code, answer.content.decode().split()


def test_a_server_that_lives_says_so_and_asks_nothing(anybody, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = anybody.get("/healthz", headers={"host": "anything.example"})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_neither_address_is_led_to_https_or_a_login(anybody, db, path):
    with override_settings(SECURE_SSL_REDIRECT=True):
        answer = anybody.get(path, headers={"host": "10.0.0.7:8000"})

    assert answer.status_code == 200
    assert anybody.head(path).status_code == 200
    assert anybody.post(path).status_code == 405
    assert anybody.get(f"{path}/").status_code != 200


def test_a_server_in_which_people_can_work_is_ready(anybody, db):
    assert ready(anybody) == (200, ["ok"])


def test_what_is_slow_to_ask_is_asked_once_in_a_while(anybody, db, django_assert_max_num_queries):
    ready(anybody)

    with django_assert_max_num_queries(1):
        assert ready(anybody) == (200, ["ok"])


def test_a_database_that_does_not_answer_is_named_alone(anybody, db):
    def fail(*_):
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert ready(anybody) == (503, ["database"])
    assert ready(anybody) == (200, ["ok"])


def test_guards_that_do_not_stand_are_named(anybody, transactional_db):
    guards.lift(connection)
    try:
        assert ready(anybody) == (503, ["guards"])
    finally:
        guards.install(connection)
    health.PARTS.forget()
    assert ready(anybody) == (200, ["ok"])


def test_a_worker_that_does_not_run_is_named(anybody, db):
    leases.release(Lease.objects.get().holder)

    assert ready(anybody) == (503, ["worker"])


def test_migrations_that_are_missing_are_named(anybody, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'annotations'")

    assert ready(anybody) == (503, ["migrations"])


def test_a_mistake_of_ours_is_no_part_that_fails(anybody, db, monkeypatch):
    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(health, "migrations_are_missing", fail)

    assert anybody.get("/readyz").status_code == 500


@pytest.mark.sqlite_only("PostgreSQL's files are its own")
class TestTheFile:
    def test_a_file_that_was_swapped_is_named(self, anybody, transactional_db):
        path = Path(connection.settings_dict["NAME"])
        connection.ensure_connection()
        away = path.with_name("away")
        path.rename(away)
        try:
            assert ready(anybody) == (503, ["file"])
        finally:
            away.rename(path)
        assert ready(anybody) == (200, ["ok"])

    def test_a_disk_without_room_is_named(self, anybody, db, monkeypatch):
        monkeypatch.setattr(health, "disk_is_full", lambda: True)

        assert ready(anybody) == (503, ["file"])

    def test_a_file_that_may_only_be_read_is_named(self, anybody, db, monkeypatch):
        monkeypatch.setattr(health.os, "access", lambda *_: False)

        assert ready(anybody) == (503, ["file"])

    def test_a_file_that_a_server_did_not_begin_with_is_named(self, anybody, db, monkeypatch):
        def refuse(_):
            raise files.FileSwapped("another")

        monkeypatch.setattr(health, "check_before_opening", refuse)

        assert ready(anybody) == (503, ["file"])

    def test_a_database_that_is_locked_for_reading_is_named(self, anybody, db):
        error = sqlite3.OperationalError("unable to open")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN

        def refuse(*_):
            raise error

        with connection.execute_wrapper(refuse):
            assert ready(anybody) == (503, ["database"])


def test_the_server_itself_answers_under_any_name(server):
    def get(path):
        request = urllib.request.Request(f"{server.url}{path}", headers={"Host": "evil.example"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    assert get("/healthz") == (200, b"ok\n")
    assert get("/readyz") == (200, b"ok\n")
    assert get("/login/")[0] == 400
