"""Undo and redo over HTTP: in words, once for each press, and with the reason where they end."""

import re

import pytest
from django.test import Client

from annotations.actions.evidence import add_source, cite
from annotations.actions.spans import change_span
from annotations.models import Citation, Event, Span
from tests import builders as build
from tests.stories import sign
from tests.views.test_spans import JSON

pytestmark = pytest.mark.django_db


def test_both_say_what_they_did_and_bring_the_blocks_and_cards(at, on, client, url):
    span = build.mark(at, on, "Nobody was hurt")

    undone = client.post(f"{url}undo", headers=JSON).json()
    assert undone["message"] == "Undone: marked a span “Nobody was hurt”."
    assert undone["cards"] == {str(span.pk): None}
    redone = client.post(f"{url}redo", headers=JSON).json()
    assert redone["message"] == "Redone: marked a span “Nobody was hurt”."
    assert list(redone["blocks"]) == ["2"]
    assert list(redone["cards"]) == [str(span.pk)]


def test_the_card_of_a_citation_undone_counts_it_no_more(at, on, client, url):
    span = build.mark(at, on, "Nobody was hurt")
    source = add_source(at.project, title="Report", kind="official", by=at.cleo)
    cite(span, source, by=at.cleo)

    undone = client.post(f"{url}undo", headers=JSON).json()

    assert "no source" in undone["cards"][str(span.pk)]
    assert not Citation.objects.filter(withdrawn_at=None).exists()


def test_a_press_of_redo_that_comes_twice_redoes_once(at, on, client, url):
    for quote in ("Nobody was hurt", "The dam"):
        build.mark(at, on, quote)
        client.post(f"{url}undo")
        client.post(f"{url}redo")
    client.post(f"{url}undo")
    client.post(f"{url}undo")
    page = client.get(url).content.decode().partition(f'action="{url}redo"')[2]
    key = re.search(r'name="key" value="([^"]+)"', page)[1]

    for _ in range(2):
        assert client.post(f"{url}redo", {"key": key}).status_code == 303

    assert Span.objects.filter(withdrawn_at=None).count() == 1


def test_nothing_to_redo_is_no_failure_of_the_server(client, url):
    answer = client.post(f"{url}redo", headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_redo")
    page = client.post(f"{url}redo")
    assert page.status_code == 422
    assert "There is nothing to redo" in page.content.decode()


def test_where_undo_ends_it_says_why(at, on, url):
    build.mark(at, on, "The dam", by=at.ben)
    client = Client()
    client.force_login(at.account(at.ada))
    build.mark(at, on, "Nobody was hurt", by=at.ada)
    sign(on, at.ada)

    answer = client.post(f"{url}undo", headers=JSON).json()

    assert answer["code"] == "nothing_to_undo"
    assert answer["detail"].startswith("Undo goes no further back: a sign-off is not undone")


def test_what_another_built_upon_is_refused_by_name(at, on, client, url):
    span = build.mark(at, on, "Nobody was hurt")
    change_span(span, note="שלום", by=at.ben)
    before = Event.objects.count()

    answer = client.post(f"{url}undo", headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (422, "built_upon")
    assert "ben has changed this span since: note: – → שלום." in answer.json()["detail"]
    assert Event.objects.count() == before


@pytest.mark.parametrize("where", ["undo", "versions/undo"])
def test_what_was_refused_is_passed_over_by_a_form_of_the_page(at, on, client, url, where):
    before = build.mark(at, on, "The dam")
    for quote in ("Nobody was hurt", "a colossal blunder"):
        change_span(build.mark(at, on, quote), note="שלום", by=at.ben)

    page = client.post(f"{url}{where}").content.decode()
    for most in (1, 2):
        assert "ben has changed this span since" in page
        past = re.findall(r'name="past" value="([^"]+)"', page)
        assert len(past) == most
        assert f'action="{url}{where}"' in page
        answer = client.post(f"{url}{where}", {"past": past})
        page = answer.content.decode()

    assert answer.status_code == 303
    before.refresh_from_db()
    assert before.withdrawn_at is not None
    assert Span.objects.filter(withdrawn_at=None).count() == 2


def test_the_history_tells_an_undo_and_a_redo_once_each(at, on, client, url):
    build.mark(at, on, "Nobody was hurt")
    client.post(f"{url}undo")
    client.post(f"{url}redo")

    page = client.get(f"{url}history", follow=True).content.decode()

    assert page.count("undid an operation") == 1
    assert page.count("redid an operation") == 1
