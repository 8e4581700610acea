"""One connection tells what others did, to those who may know it, and to nobody else."""

import asyncio
import http.client
import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from annotations.actions import wake
from annotations.actions.presence import be_here
from annotations.actions.projects import remove_member, set_member
from annotations.actions.spans import change_span, withdraw_span
from annotations.domain.vocabulary import Mode, Preset, Role
from annotations.live.hub import Hub
from annotations.queries import access, patches
from tests import builders
from tests.conftest import session_of
from tests.live.line import Line
from tests.workbench.test_serving import in_a_loop

CLAIM = "The river rose two metres"


@pytest.fixture
def apart(transactional_db):
    """A project in which everybody works in a layer of his own."""
    return builders.desk("apart", Preset.DATASET, prefix="a")


@pytest.fixture
def desk(transactional_db):
    return builders.desk()


@pytest.fixture
def article(desk):
    return builders.article(desk)


@pytest.fixture
def lines(server, desk):
    """``lines(person, *topics)`` opens a stream as that person; all are closed at the end."""
    opened = []

    def open_line(person: Any, *topics: str, last: str = "") -> Line:
        line = Line(server.url, session_of(desk.account(person)), *topics, last=last)
        opened.append(line)
        return line

    yield open_line
    for line in opened:
        line.close()


def post(server: Any, path: str, session: str, **values: Any) -> int:
    """Post a form to the server as the page of a session does; return the status."""
    token = "c" * 32
    request = urllib.request.Request(
        f"{server.url}{path}",
        urlencode({**values, "csrfmiddlewaretoken": token}).encode(),
        {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; "
            f"{settings.CSRF_COOKIE_NAME}={token}"
        },
    )
    with urllib.request.urlopen(request) as answer:
        status: int = answer.status
    return status


def topic(article: Any, cursor: str = "") -> str:
    return f"{article.project.slug}/{article.pk}@{cursor}"


def now(desk: Any, article: Any, person: Any) -> str:
    by = access.member(desk.account(person), desk.project.slug)
    return str(patches.cursor_now(by, access.article(by, article.pk)))


def test_a_span_marked_by_one_is_told_to_the_other_with_its_block_and_card(desk, article, lines):
    line = lines(desk.ben, topic(article, now(desk, article, desk.ben)))
    line.event("hello")

    span = builders.mark(desk, article, CLAIM)

    told = line.event("patch").data
    assert told["topic"] == f"desk/{article.pk}"
    assert f'data-start="{span.pk}"' in told["blocks"]["1"]
    assert f'id="card-{span.pk}"' in told["cards"][str(span.pk)]
    assert (told["actors"], told["tables"]) == ([str(desk.cleo.pk)], ["span"])
    assert told["cursor"] == now(desk, article, desk.ben)


def test_a_stream_resumes_where_its_client_had_read(desk, article, lines):
    before = now(desk, article, desk.ben)
    span = builders.mark(desk, article, CLAIM)
    change_span(span, note="שלום 🌊", by=desk.cleo)
    other = builders.mark(desk, article, "Nobody was hurt", "f")
    withdraw_span(other, by=desk.cleo)

    told = lines(desk.ben, topic(article, before)).event("patch")

    assert "שלום 🌊" in told.data["cards"][str(span.pk)]
    assert told.data["cards"][str(other.pk)] is None
    assert told.id == f"desk/{article.pk}@{told.data['cursor']}"
    resumed = lines(desk.ben, topic(article, before), last=told.id)
    assert resumed.event("hello").id == told.id
    assert [one.event for one in resumed.told if one.event == "patch"] == []


def test_who_is_far_behind_is_told_to_fetch_everything(desk, article, lines):
    before = now(desk, article, desk.ben)
    span = builders.mark(desk, article, CLAIM)
    for number in range(patches.MOST_BEHIND):
        change_span(span, note=f"{number}", by=desk.cleo)

    told = lines(desk.ben, topic(article, before)).event("patch").data

    assert told["reset"] is True
    assert "blocks" not in told


def test_a_project_tells_that_something_changed_in_any_of_its_articles(desk, article, lines):
    line = lines(desk.ben, "desk@")
    line.event("hello")

    builders.mark(desk, article, CLAIM)

    assert line.event("changed").data["topic"] == "desk"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param((), 400, "topic", id="nothing asked for"),
        pytest.param(("desk/no-uuid@",), 400, "topic", id="no article"),
        pytest.param(("desk@12.3",), 400, "cursor", id="no count"),
        pytest.param(("desk/00000000-0000-4000-8000-000000000000@12",), 400, "cursor", id="short"),
        pytest.param(("elsewhere@",), 404, "missing", id="another project"),
        pytest.param(("desk/00000000-0000-4000-8000-000000000000@",), 404, "missing", id="gone"),
    ],
)
def test_what_cannot_be_followed_is_refused_before_the_first_byte(desk, lines, query, status, code):
    line = lines(desk.ben, *query)

    assert (line.status, line.problem()["code"]) == (status, code)


def test_a_stranger_and_somebody_logged_out_follow_nothing(desk, article, server):
    for session, status in ((session_of(desk.dan), 404), ("no-session", 401)):
        line = Line(server.url, session, topic(article))
        assert line.status == status
        line.close()


def test_the_stream_of_a_member_who_is_removed_ends(desk, article, lines):
    line = lines(desk.ben, topic(article))
    line.event("hello")

    remove_member(desk.project, account=desk.account(desk.ben), by=desk.ada)

    assert line.event("gone").data == {"topic": f"desk/{article.pk}", "again": False}
    assert line.over.wait(20)


def test_a_stream_whose_reader_gets_another_role_is_told_to_come_again(desk, article, lines):
    line = lines(desk.ben, topic(article), "desk@")
    line.event("hello")

    set_member(desk.project, account=desk.account(desk.ben), role=Role.VIEWER, by=desk.ada)

    assert line.event("gone").data["again"] is True
    assert line.over.wait(20)


def test_twenty_clients_that_never_read_hold_up_nobody(desk, article, lines, server):
    stuck = [lines(desk.ben, topic(article)) for _ in range(20)]
    reader = lines(desk.cleo, topic(article))
    reader.event("hello")

    span = builders.mark(desk, article, CLAIM)

    assert str(span.pk) in reader.event("patch").data["cards"]
    assert len(stuck) == 20


def log_out(server, session, account):
    assert post(server, "/logout/", session) == 200


def log_out_in_another_process(server, session, account):
    SessionStore(session).flush()


def end_by_hand(server, session, account):
    Session.objects.filter(session_key=session)._raw_delete("default")


def run_out(server, session, account):
    Session.objects.filter(session_key=session).update(expire_date=timezone.now())


def deactivate(server, session, account):
    account.is_active = False
    account.save()


def deactivate_by_hand(server, session, account):
    User.objects.filter(pk=account.pk).update(is_active=False)


def change_password(server, session, account):
    account.set_password("another river 🌊")
    account.save()


@pytest.mark.parametrize(
    "end",
    [
        log_out,
        log_out_in_another_process,
        end_by_hand,
        run_out,
        deactivate,
        deactivate_by_hand,
        change_password,
    ],
)
def test_a_stream_ends_with_its_session_and_tells_nothing_more(desk, article, server, lines, end):
    """Within a second, so before the look at everybody that comes every 30 seconds."""
    account = desk.account(desk.ben)
    session = session_of(account)
    line = Line(server.url, session, topic(article))
    line.event("hello")
    other = lines(desk.cleo, topic(article))
    other.event("hello")

    end(server, session, account)

    assert line.over.wait(15)
    span = builders.mark(desk, article, CLAIM)
    assert str(span.pk) in other.event("patch").data["cards"]
    assert [one for one in line.told if one.event == "patch"] == []
    assert not other.over.is_set()
    line.close()


def test_a_thousand_ends_at_once_are_two_looks(monkeypatch):
    looks = []

    async def go():
        hub = Hub()

        async def look():
            looks.append(True)
            await asyncio.sleep(0.01)

        hub._look_whose_is_over = look
        for _ in range(1_000):
            hub.told(wake.Ended())
        await asyncio.sleep(0.2)
        hub.end()

    in_a_loop(go())
    assert len(looks) == 2


def test_each_end_of_a_session_is_told_by_itself(desk, monkeypatch):
    told = []
    monkeypatch.setattr(wake, "tell", told.append)
    account = desk.account(desk.ben)

    log_out_in_another_process(None, session_of(account), account)
    deactivate(None, "", account)

    assert told.count(wake.Ended()) == 2
    assert wake.read_signal(json.dumps(wake.Ended().to_json())) == wake.Ended()


@pytest.mark.parametrize("host", ["evil.test", "", "localhost.evil.test", "[", "evil.test:80"])
def test_a_stream_asks_for_its_host_as_pages_do(desk, article, server, host):
    where = urlsplit(server.url)
    found = []
    for path in (f"/live/?t={topic(article)}", "/login/"):
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        session = session_of(desk.account(desk.ben))
        connection.request(
            "GET", path, headers={"Host": host, "Cookie": f"workbench_session={session}"}
        )
        answer = connection.getresponse()
        found.append(answer.status)
        connection.close()

    assert found == [400, 400] or (host == "" and found[0] == 400)


def test_in_independent_mode_nobody_is_told_of_another_s_work_or_presence(apart, server):
    assert apart.project.mode == Mode.INDEPENDENT
    article = builders.article(apart)
    before = now(apart, article, apart.ben)
    own = Line(server.url, session_of(apart.account(apart.cleo)), topic(article))
    others = Line(server.url, session_of(apart.account(apart.ben)), topic(article, before))
    for line in (own, others):
        line.event("hello")

    span = builders.mark(apart, article, CLAIM)
    assert str(span.pk) in own.event("patch").data["cards"]
    be_here(article, by=apart.cleo, tab=uuid4(), block=1)
    mine = builders.mark(apart, article, "Nobody was hurt", by=apart.ben)
    told = others.event("patch").data

    assert list(told["cards"]) == [str(mine.pk)]
    assert told["actors"] == [str(apart.ben.pk)]
    assert now(apart, article, apart.ben) == told["cursor"]
    assert all(one.data["here"] == [] for one in others.told if one.event == "here")
    for line in (own, others):
        line.close()


def test_who_has_the_article_open_is_told_with_the_place(desk, article, lines, server):
    line = lines(desk.ben, topic(article))
    assert line.event("here").data["here"] == []
    tab = uuid4()

    cleo, place = session_of(desk.account(desk.cleo)), f"/p/desk/a/{article.pk}/here"
    assert post(server, place, cleo, tab=tab, block=2) == 200

    told = line.wait(lambda one: one.event == "here" and one.data["here"]).data["here"]
    assert [(one["name"], one["block"], one["span"]) for one in told] == [("cleo", 2, None)]
    named = time.monotonic()
    assert post(server, place, cleo, tab=tab, gone=1) == 200
    line.wait(lambda one: one.event == "here" and one.at > named and one.data["here"] == [])
