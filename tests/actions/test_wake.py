"""What open pages are told of: every change, once, when it holds."""

import json
from contextlib import nullcontext
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection, transaction

from annotations.actions import presence, wake
from annotations.actions.projects import add_label, set_member
from annotations.actions.spans import change_span
from annotations.domain.presence import Place
from annotations.domain.vocabulary import Mode, Role
from tests import builders

sqlite_only = pytest.mark.sqlite_only("PostgreSQL tells by NOTIFY; tests/live hears it")


@pytest.fixture
def heard():
    """The signals that this process gave."""
    signals = []
    stop = wake.listen(signals.append)
    yield signals
    stop()


@pytest.fixture
def at(transactional_db):
    return builders.desk()


@sqlite_only
def test_a_change_names_its_article_after_the_commit_and_not_before(at, heard):
    article = builders.article(at)
    heard.clear()
    with transaction.atomic():
        span = builders.mark(at, article, "Nobody was hurt")
        assert heard == []

    assert heard == [wake.Changed(at.project.pk, frozenset({article.pk}))]
    heard.clear()
    change_span(span, note="", by=at.cleo)
    assert heard == []


@sqlite_only
def test_what_is_rolled_back_is_told_to_nobody(at, heard):
    article = builders.article(at)
    heard.clear()

    with transaction.atomic():
        builders.mark(at, article, "Nobody was hurt")
        transaction.set_rollback(True)

    assert heard == []


@sqlite_only
def test_a_change_of_the_project_and_of_rights_says_so(at, heard):
    add_label(at.project, key="x", name="Other", kind="other", by=at.ada)
    assert heard[-1] == wake.Changed(at.project.pk, whole=True)

    set_member(at.project, account=at.dan, role=Role.VIEWER, by=at.ada)
    assert heard[-1].access is True


@sqlite_only
def test_a_page_says_where_its_reader_is_but_not_in_independent_mode(at, heard):
    article = builders.article(at)
    tab, span = uuid4(), uuid4()
    heard.clear()

    presence.be_here(article, by=at.ben, tab=tab, block=2, span=span)
    place = Place(tab, at.ben.pk, at.ben.name, 2, span)
    assert heard == [wake.Seen(article.pk, place)]
    assert presence.who_is_here(article) == [place]
    presence.leave(article, by=at.ben, tab=tab)
    assert heard[-1].gone is True
    assert presence.who_is_here(article) == []

    heard.clear()
    article.project.mode = Mode.INDEPENDENT
    presence.be_here(article, by=at.ben, tab=tab)
    assert heard == []
    assert presence.who_is_here(article) == []
    presence.leave(article, by=at.ben, tab=tab)


@pytest.mark.postgres_only("SQLite tells by a call")
def test_the_other_processes_are_notified(at):
    article = builders.article(at)
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {wake.CHANNEL}")
    builders.mark(at, article, "Nobody was hurt")

    told = [
        wake.read_signal(one.payload)
        for one in connection.connection.notifies(timeout=5, stop_after=1)
    ]

    assert told == [wake.Changed(at.project.pk, frozenset({article.pk}))]
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN *")


def test_on_postgresql_a_signal_is_a_notification(monkeypatch):
    said = []

    class Cursor:
        def execute(self, sql, parameters):
            said.append((sql, parameters))

    monkeypatch.setattr(
        wake,
        "connection",
        SimpleNamespace(vendor="postgresql", cursor=lambda: nullcontext(Cursor())),
    )
    signal = wake.Changed(uuid4(), whole=True)

    wake.tell(signal)

    [(sql, (channel, payload))] = said
    assert ("pg_notify" in sql, channel) == (True, wake.CHANNEL)
    assert wake.read_signal(payload) == signal


@pytest.mark.parametrize(
    "signal",
    [
        wake.Changed(uuid4(), frozenset({uuid4(), uuid4()}), access=True),
        wake.Changed(uuid4(), whole=True),
        wake.Seen(uuid4(), Place(uuid4(), uuid4(), "שלום e\u0301", 1, uuid4()), gone=True),
    ],
)
def test_a_signal_is_read_as_it_was_written(signal):
    assert wake.read_signal(json.dumps(signal.to_json())) == signal


def test_a_signal_about_very_many_articles_tells_the_whole_project():
    articles = frozenset(uuid4() for _ in range(wake.MOST_ARTICLES + 1))

    told = wake.Changed(uuid4(), articles).to_json()

    assert (told["articles"], told["whole"]) == ([], True)
