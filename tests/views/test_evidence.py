"""The evidence of a span on its page and as a fragment, as a browser and a script post it."""

import datetime
import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.evidence import (
    NewSource,
    add_source,
    cite,
    confirm_citation,
    describe_assertion,
    give_verdict,
    log_work,
    relate_assertions,
    set_confidential,
    withdraw_citation,
)
from annotations.actions.spans import withdraw_span
from annotations.models import (
    Assertion,
    AssertionRelation,
    Citation,
    ConfidentialDetails,
    Event,
    Source,
    Span,
    WorkLogEntry,
)
from annotations.queries.evidence import similar_assertions
from annotations.queries.access import member
from tests.builders import article, desk, mark

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
FIRST = "The river rose two metres in 2021"
SECOND = "Nobody was hurt"
OTHER_TEXT = "Dry years\n\nA gauge showed 🌊 that the river rose two metres. Zoe\u0301 said שלום.\n"


class Desk:
    """A claim of cleo's with a page, and browsers of everybody."""

    def __init__(self):
        self.at = desk()
        self.article = article(self.at)
        self.span = mark(self.at, self.article, FIRST)
        self.cleo, self.ben, self.ada = (
            self.browser(person) for person in (self.at.cleo, self.at.ben, self.at.ada)
        )

    def browser(self, person):
        client = Client()
        client.force_login(self.at.account(person))
        return client

    def url(self, step="", span=None):
        span = span or self.span
        base = reverse("evidence", args=[self.at.project.slug, span.article_id, span.pk])
        return f"{base}/{step}" if step else base

    def page(self, client=None, span=None, query=""):
        return (client or self.cleo).get(self.url(span=span) + query)

    def source(self, title="Gauge report", **more):
        values = {"title": title, "url": "https://water.example/gauge", "publisher": "Water Board"}
        return add_source(self.at.project, by=self.at.cleo, **(values | more))

    def member(self, person):
        return member(self.at.account(person), self.at.project.slug)


@pytest.fixture
def at():
    return Desk()


def shown(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode())))


def test_the_page_shows_the_words_in_their_sentence_with_label_and_voice(at):
    page = at.page()

    assert page.status_code == 200
    assert f'<mark class="m claim">{FIRST}</mark><span class="quiet">.</span>' in page.text
    assert "claim" in page.text
    assert "No source is cited yet" in page.text
    assert "marked by cleo" in shown(page)


def test_a_fragment_is_the_panel_alone(at):
    fragment = at.page(query="?fragment=1")

    assert "<html" not in fragment.text
    assert f'data-span="{at.span.pk}"' in fragment.text
    assert "Cite a source" in fragment.text


def test_a_pasted_link_to_words_of_a_known_page_cites_it_with_those_words(at):
    known = at.source()
    answer = at.cleo.post(
        at.url("cite"),
        {
            "source": "https://WATER.example/gauge?utm_source=x#:~:text=rose%20two%20metres",
            "stance": "supports",
            "accessed_on": "2026-11-02",
        },
    )

    assert answer.status_code == 303
    made = Citation.objects.get()
    assert made.source == known
    assert made.quotation == "rose two metres"
    assert made.accessed_on == datetime.date(2026, 11, 2)
    page = at.page()
    assert 'href="https://water.example/gauge#:~:text=' in page.text
    assert "looked up 2 November 2026" in shown(page)
