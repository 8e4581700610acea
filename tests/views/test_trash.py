"""The trash of an article: who withdrew what and when, and what comes back."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions import evidence, spans
from annotations.actions.articles import purge_article
from annotations.actions.recording import operation
from annotations.actions.undo import undo_last
from annotations.domain.events import Kind
from annotations.domain.vocabulary import Mode
from annotations.models import Citation, Event, Span, guards
from annotations.queries import trash
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(at, on):
    return f"/p/{at.project.slug}/a/{on.pk}/trash"


def cited(at, span, by=None, **source):
    values = {"title": "Gauge report 🌊", "kind": "official", **source}
    work = evidence.add_source(at.project, by=at.cleo, **values)
    return evidence.cite(span, work, quotation="It rose.", by=by or at.cleo)


def rows(client, url):
    html = client.get(url).content.decode()
    found = re.findall(r'<li class="trash-row".*?</li>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_an_empty_trash_says_what_it_is_for(client, url):
    html = client.get(url).content.decode()

    assert "Nothing is withdrawn" in html
    assert 'id="trash" tabindex="-1" data-live="span citation"' in html


def test_it_tells_what_was_withdrawn_by_whom_and_where_it_stood(at, on, client, url):
    span = build.mark(at, on, "Nobody was hurt", "f")
    other = build.mark(at, on, "two metres")
    citation = cited(at, other)
    evidence.withdraw_citation(citation, by=at.ben)
    spans.withdraw_span(span, by=at.ben)
    build.mark(at, on, "The dam")
    undo_last(on, by=at.cleo)

    found = rows(client, url)

    assert len(found) == 3
    assert "fact Nobody was hurt . The dam, a colossal blunder" in found[1]
    assert "Withdrawn by ben," in found[1]
    assert "claim Nobody was hurt. The dam , a colossal" in found[0]
    assert "Withdrawn by cleo," in found[0]
    assert "citation Gauge report 🌊 supports It rose." in found[2]
    assert "Brought to bear on two metres" in found[2]


def test_a_confidential_source_stays_known_to_the_desk(at, on, client, url):
    citation = cited(at, build.mark(at, on, "two metres"), title="Her name", access="confidential")
    evidence.withdraw_citation(citation, by=at.cleo)

    assert "Known to the desk" in rows(client, url)[0]
    assert "Her name" not in client.get(url).content.decode()


def test_one_is_restored_and_a_second_press_changes_nothing(at, on, client, url):
    span = build.mark(at, on, "Nobody was hurt")
    citation = cited(at, span)
    evidence.withdraw_citation(citation, by=at.cleo)
    spans.withdraw_span(span, by=at.cleo)
    key = re.search(r'name="key" value="([^"]+)"', client.get(url).content.decode())[1]

    for _ in range(2):
        answer = client.post(f"{url}/restore", {"span": span.pk, "key": key})
        assert (answer.status_code, answer.url) == (303, f"{url}#trash")
    client.post(f"{url}/restore", {"citation": citation.pk})

    assert Span.objects.get().withdrawn_at is None
    assert Citation.objects.get().withdrawn_at is None
    assert Event.objects.filter(kind="span.restored").count() == 1


def test_all_are_restored_and_what_stays_is_named(at, on, client, url):
    span = build.mark(at, on, "two metres")
    citation = cited(at, span)
    evidence.withdraw_citation(citation, by=at.cleo)
    evidence.cite(span, citation.source, quotation="It rose.", by=at.ben)
    spans.withdraw_span(build.mark(at, on, "The dam"), by=at.cleo)
    spans.withdraw_span(build.mark(at, on, "Nobody was hurt", by=at.ben), by=at.ben)
    evidence.withdraw_citation(cited(at, span, title="Theirs", by=at.ben), by=at.ben)

    page = client.post(f"{url}/restore", follow=True).content.decode()

    assert "Restored a span “The dam”. 3 stay; below it says why." in page
    assert "The same source is cited there again" in page
    assert "Only its author, or who may edit others’ spans, can restore it." in page
    assert "Only who added it, or may edit others’ work, can restore it." in page
    refused = client.post(f"{url}/restore")
    assert refused.status_code == 422
    assert "Nothing here can be restored by you." in refused.content.decode()


@pytest.mark.parametrize("named", ["span", "citation"])
def test_a_row_that_is_not_there_is_missing(client, url, named):
    for key in ("x", "00000000-0000-4000-8000-000000000000"):
        assert client.post(f"{url}/restore", {named: key}).status_code == 404


def test_nobody_sees_what_others_withdrew_in_their_layers(at, on, client, url):
    at.project.mode = Mode.INDEPENDENT
    at.project.revision += 1
    at.project.save()
    on.project.mode = Mode.INDEPENDENT
    for by in (at.ben, at.cleo):
        span = build.mark(at, on, "The dam", by=by)
        spans.withdraw_span(span, by=by)

    assert len(rows(client, url)) == 1


def test_who_withdrew_by_a_first_undo_is_found_and_a_withheld_history_names_nobody(
    at, on, client, url
):
    span = build.mark(at, on, "The dam")
    with operation(at.project, at.cleo, on.pk) as op:
        op.save(span, withdrawn_at=op.at.replace(year=2020))
        op.record(on.pk, Kind.UNDONE, undoes=str(span.pk))
    assert "Withdrawn by cleo, " in rows(client, url)[0]

    guards.lift(connection)
    Event.objects.update(payload=None)
    guards.install(connection)
    assert "somebody whom the history does not name any more" in rows(client, url)[0]


def test_a_purged_article_has_an_empty_trash(at, on, client, url):
    spans.withdraw_span(build.mark(at, on, "The dam"), by=at.cleo)
    purge_article(on, reason="Asked for.", by=at.ada)

    assert "Nothing is withdrawn" in client.get(url).content.decode()


def test_pages_cost_the_same_and_a_number_past_the_end_shows_the_last(
    at, on, client, url, monkeypatch
):
    monkeypatch.setattr(trash, "SIZE", 3)
    monkeypatch.setattr("annotations.views.trash.SIZE", 3)
    words = ["Nobody", "was", "hurt", "The", "dam", "metres", "town"]
    for word in words:
        spans.withdraw_span(build.mark(at, on, word), by=at.cleo)
    span = build.mark(at, on, "colossal")
    evidence.withdraw_citation(cited(at, span), by=at.cleo)
    client.get(url)

    with CaptureQueriesContext(connection) as few:
        assert len(rows(client, url)) == 3
    monkeypatch.setattr(trash, "SIZE", 50)
    with CaptureQueriesContext(connection) as many:
        assert len(rows(client, url)) == 8
    assert len(few) == len(many) < 20
    monkeypatch.setattr(trash, "SIZE", 3)
    assert len(rows(client, f"{url}?page=99")) == 2
    assert len(rows(client, f"{url}?page=x")) == 3
