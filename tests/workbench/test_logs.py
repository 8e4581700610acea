"""A request is found in the log by its number, and the log holds nothing that is private."""

import json
import logging
import re
import sys
import urllib.error
import urllib.request

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from annotations.actions.accounts import make_account_and_password
from annotations.actions.imports import Upload, create_batch
from annotations.domain.errors import SettingsRefused
from tests import builders
from tests.turns import run
from workbench import accounts, environment, logs

JSON = {"accept": "application/json"}
PASSWORD = "a long word 1 é"


@pytest.fixture
def desk(db):
    return builders.desk()


@pytest.fixture
def client(desk):
    client = Client(raise_request_exception=False)
    client.force_login(desk.account(desk.ada))
    return client


@pytest.fixture
def lines(caplog):
    """``lines()`` returns what was logged, by loggers of the workbench."""
    caplog.set_level(logging.INFO, "workbench")
    return lambda name="workbench": [
        record.getMessage() for record in caplog.records if record.name.startswith(name)
    ]


def test_every_request_has_a_line_with_neither_query_nor_text(client, desk, lines):
    account = desk.account(desk.ada)

    answer = client.get(f"/p/{desk.project.slug}/?q=TOPSECRET")

    [line] = lines("workbench.access")
    assert re.fullmatch(rf"GET /p/{desk.project.slug}/ 200 \d+ ms account {account.pk}", line)
    assert re.fullmatch(r"[0-9a-f]{12}", answer["X-Request-ID"])


def test_a_number_is_taken_from_nobody(client):
    mine = client.get("/login/", headers={"x-request-id": "forged"})["X-Request-ID"]
    again = client.get("/login/")["X-Request-ID"]

    assert "forged" != mine != again


def test_a_path_cannot_write_a_line_of_its_own(lines):
    logs.Asked().line("GET", "/a\n2026-01-01 ERROR forged: é", 404)

    assert lines() == ["GET /a%0A2026-01-01%20ERROR%20forged:%20%C3%A9 404 0 ms"]


def broken(*_):
    raise ZeroDivisionError


def gone(*_):
    raise OperationalError("gone")


@pytest.mark.parametrize(("fails", "status"), [(broken, 500), (gone, 503)])
def test_pages_and_problems_of_errors_show_the_number(client, desk, fails, status):
    with connection.execute_wrapper(fails):
        page = client.get(f"/p/{desk.project.slug}/")
        problem = client.get(f"/p/{desk.project.slug}/", headers=JSON)

    assert page.status_code == problem.status_code == status
    assert page["X-Request-ID"] in page.content.decode()
    assert problem["Content-Type"] == "application/problem+json"
    told = json.loads(problem.content)
    assert (told["request"], told["status"]) == (problem["X-Request-ID"], status)


def test_a_refusal_shows_the_number_to_programs(client):
    problem = client.get("/p/nowhere/", headers=JSON)

    assert problem.json()["request"] == problem["X-Request-ID"]


def test_what_is_logged_meanwhile_carries_the_number(client, monkeypatch, caplog):
    formatted = []
    monkeypatch.setattr(
        caplog.handler, "emit", lambda record: formatted.append(logs.Text().format(record))
    )
    with connection.execute_wrapper(gone):
        answer = client.get("/")

    [line] = [line for line in formatted if "Service Unavailable" in line]
    assert f"workbench.trouble: [{answer['X-Request-ID']}] Service Unavailable: / " in line


def record(**more):
    made = logging.LogRecord("workbench.x", logging.ERROR, "f.py", 1, "a %s é\n", ("b",), None)
    made.__dict__.update(more)
    return made


def test_a_line_for_programs_is_one_object():
    try:
        raise ValueError("broken")
    except ValueError:
        told = logs.Json().format(record(exc_info=sys.exc_info()))
    token = logs.ASKED.set(logs.Asked(number="0123"))
    numbered = json.loads(logs.Json().format(record()))
    logs.ASKED.reset(token)

    assert "\n" not in told
    assert json.loads(told)["error"].endswith("ValueError: broken")
    assert "request" not in json.loads(told)
    assert (numbered["request"], numbered["level"]) == ("0123", "ERROR")
    assert (numbered["logger"], numbered["message"]) == ("workbench.x", "a b é\n")
    assert numbered["time"].endswith("+00:00")


def test_outside_of_a_request_a_line_has_no_number():
    assert logs.Text().format(record()).endswith(" ERROR workbench.x: a b é\n")


def test_a_format_that_there_is_not_is_refused():
    with pytest.raises(SettingsRefused, match='WORKBENCH_LOG is "xml"; use text or json'):
        environment.choice(
            {"WORKBENCH_LOG": "xml"}, "WORKBENCH_LOG", default="text", among=("text", "json")
        )


# Accounts


@pytest.fixture
def ada(desk):
    account = desk.account(desk.ada)
    account.set_password(PASSWORD)
    account.save()
    return account


def log_in(username, password):
    return Client(REMOTE_ADDR="192.0.2.7").post(
        "/login/", {"username": username, "password": password}
    )


def test_a_failed_log_in_is_logged_without_what_was_typed(ada, lines):
    log_in("ada", "wrong password")
    log_in("my own password", "x")

    failed = [line for line in lines("workbench.accounts") if "failed" in line]
    assert failed == [
        f"A log-in failed: account {ada.pk}, by somebody from 192.0.2.7.",
        "A log-in failed: an unknown name, by somebody from 192.0.2.7.",
    ]


def test_a_throttled_name_is_logged(ada, lines, monkeypatch):
    monkeypatch.setattr(accounts.TRIES, "begin", lambda _: 4)

    log_in("ada", PASSWORD)

    [line] = [line for line in lines("workbench.accounts") if "wait" in line]
    assert line == f"A log-in has to wait 4 s: account {ada.pk}, by somebody from 192.0.2.7."


def test_a_new_password_is_logged_with_who_set_it(client, ada, lines):
    client.force_login(ada)
    client.post(
        "/password/",
        {"old_password": PASSWORD, "new_password1": "another 2 é", "new_password2": "another 2 é"},
    )

    assert f"The password of account {ada.pk} was set by account {ada.pk} from 127.0.0.1." in lines(
        "workbench.accounts"
    )


def test_a_made_account_is_logged_whoever_makes_it(db, lines):
    account, password = make_account_and_password("eve", name="Eve Secret")
    call_command("createsuperuser", interactive=False, username="root", email="r@example.org")

    said = lines("workbench.accounts")
    assert f"Account {account.pk} was made on the command line." in said
    assert any(re.fullmatch(r"Account \d+ \(superuser\) was made on .*", line) for line in said)
    assert not any(word in line for line in said for word in (password, "Eve", "eve", "root"))


def test_the_server_numbers_what_it_refuses_itself_and_streams(server):
    def get(path, **headers):
        request = urllib.request.Request(f"{server.url}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.headers

    status, headers = get("/live/?t=a")
    assert status == 401
    page, page_headers = get("/login/")
    assert page == 200
    assert len(page_headers.get_all("X-Request-ID")) == 1
    log = server.log.read_text()
    assert f"[{headers['X-Request-ID']}] GET /live/ 401 " in log
    assert f"[{page_headers['X-Request-ID']}] GET /login/ 200 " in log


def test_a_refused_file_is_logged_by_its_place_in_an_import_that_somebody_began(desk, caplog):
    caplog.set_level(logging.INFO, "annotations")
    uploads = [Upload("Secret name.txt", b"A text that is whole."), Upload("b.jsonl", b"{")]
    batch = create_batch(desk.project, uploads, by=desk.ada)

    run(batch)

    began, refused = [record.getMessage() for record in caplog.records]
    assert began == f"Import {batch.pk} of 2 files was begun on the command line."
    assert re.fullmatch(rf"File 2 of import {batch.pk} was refused: \w+\.", refused)
