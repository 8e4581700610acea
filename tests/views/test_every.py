"""Marking every occurrence: what is offered, what is suggested, and what one request marks."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions.articles import set_roles
from annotations.actions.undo import undo_last
from annotations.domain import spans as domain
from annotations.models import Event, Span
from annotations.queries import occurrences
from tests import builders as build
from tests.views.test_spans import JSON

pytestmark = pytest.mark.django_db

TEXT = (
    "The dam שלום broke\n\n"
    "“The  Dam” was old. Dams are. The dam 👩‍👩‍👧 held.\n\n"
    "The dam was old.\n\n"
    "The dam, by our own photographer."
)


@pytest.fixture
def on(at):
    return build.article(at, TEXT)


def offered(html: str) -> list[tuple[str, bool, str]]:
    """Return of each place its words, whether it is ticked, and what is said of it."""
    found = []
    for item in re.findall(r'<li class="every-place".*?</li>', html, re.DOTALL):
        words = re.search(r"<strong>(.*?)</strong>", item, re.DOTALL)[1]
        notes = ", ".join(re.findall(r'class="badge">(.*?)</span>', item))
        found.append((words, " checked" in item, notes))
    return found


def test_places_are_found_folded_and_what_speaks_against_one_is_said(at, on, client, url):
    build.mark(at, on, "The dam", "f")
    set_roles(on, {3: "author_bio"}, by=at.ben)
    html = client.get(f"{url}spans/every", {"quote": " the dam "}).content.decode()

    assert offered(html) == [
        ("The dam", False, "marked as fact already"),
        ("The  Dam", True, ""),
        ("The dam", True, ""),
        ("The dam", True, ""),
    ]
    assert "1 more in parts that do not count" in html
    # Under another label it is no double.
    other = {"quote": "the dam", "label": at.label("c").pk}
    assert offered(client.get(f"{url}spans/every", other).content.decode())[0][1]


def test_what_cuts_a_word_or_stands_in_a_repeat_is_left_out_at_first(at, client):
    on = build.repeating(at)
    url = f"/p/{at.project.slug}/a/{on.pk}/spans/every"

    found = offered(client.get(url, {"quote": "owners"}).content.decode())
    assert found == [("owners", False, "in a repeat of ¶ 1"), ("owners", True, "")]
    assert offered(client.get(url, {"quote": "owner"}).content.decode())[1] == (
        "owner",
        False,
        "part of a longer word",
    )


def test_a_selection_and_a_span_bring_their_words_label_and_voice(at, on, client, url):
    span = build.mark(at, on, "The dam", "o", voice="named", speaker_name="The mayor")

    part = client.get(f"{url}spans/every", {"span": span.pk}, headers=JSON).json()["html"]
    assert "stands here 5 times" in part
    assert re.search(rf'value="{span.label_id}"[^>]* checked', part)
    assert re.search(rf'value="{span.speaker_id}" selected', part)
    page = client.get(f"{url}spans/every", {"start": 4, "end": 8}).content.decode()
    assert ">dam</strong>" in page


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"quote": "zebra"}, "“zebra” does not stand in this article."),
        ({"quote": "photographer"}, "stands only in parts of this article that do not count"),
        ({"quote": "dam"}, "“dam” stands 5 times in this article. At most 4 places"),
    ],
)
def test_what_cannot_be_offered_is_said(at, on, client, url, asked, sentence, monkeypatch):
    set_roles(on, {3: "author_bio"}, by=at.ben)
    monkeypatch.setattr(occurrences, "MOST_AT_ONCE", 4)

    page = client.get(f"{url}spans/every", asked)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    refusal = client.get(f"{url}spans/every", asked, headers=JSON)
    assert sentence in refusal.json()["detail"]


@pytest.mark.parametrize("asked", [{"span": "x"}, {"start": "x", "end": "2"}, {"start": "2"}])
def test_an_address_that_names_no_words_is_refused(client, url, asked):
    assert client.get(f"{url}spans/every", asked).status_code == 422


def test_a_selection_outside_the_article_asks_for_words(client, url):
    page = client.get(f"{url}spans/every", {"start": 9, "end": 10_000})
    assert page.status_code == 200
    assert offered(page.content.decode()) == []


def test_chosen_places_are_marked_by_one_event_and_painted(at, on, client, url):
    places = ["0-7", "21-29"]
    form = {"place": places, "label": at.label("c").pk, "voice": "unnamed", "note": "Again."}

    answer = client.post(f"{url}spans/every", form, headers=JSON)

    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["message"] == "2 places marked as claim."
    assert sorted(said["blocks"]) == ["0", "1"]
    assert len(said["cards"]) == 2
    assert [(s.quote, s.voice, s.note) for s in Span.objects.order_by("start")] == [
        ("The dam", "unnamed", "Again."),
        ("The  Dam", "unnamed", "Again."),
    ]
    assert Event.objects.filter(kind="span.added").count() == 1
    undo_last(on, by=at.cleo)
    assert not Span.objects.filter(withdrawn_at=None).exists()


def test_without_scripts_a_form_marks_and_leads_to_the_first(at, on, client, url):
    page = client.get(f"{url}spans/every", {"quote": "the dam"}).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    form = {"place": ["0-7"], "label": at.label("c").pk, "key": key, "quote": "the dam"}

    for _ in range(2):
        answer = client.post(f"{url}spans/every", form)
        assert answer.status_code == 303
        assert answer.url == f"{url}#s-{Span.objects.get().pk}"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"label": ""}, "Choose a label."),
        ({"place": []}, "Choose at least one place to mark."),
        ({"place": ["x"]}, "A place reads like 12-20."),
        ({"place": ["0-9999"]}, "does not fit an article"),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_chosen(at, on, client, url, wrong, sentence):
    form = {"place": ["21-29"], "label": at.label("c").pk, "quote": "the dam", **wrong}

    answer = client.post(f"{url}spans/every", form)

    assert answer.status_code == 422
    html = answer.content.decode()
    assert sentence in html
    if "place" not in wrong:
        assert [ticked for _, ticked, _ in offered(html)] == [False, True, False, False, False]
    refused = client.post(f"{url}spans/every", form, headers=JSON)
    assert sentence in refused.json()["detail"]
    assert not Span.objects.exists()


def test_too_many_places_are_refused_in_words(at, on, client, url, monkeypatch):
    monkeypatch.setattr(domain, "MOST_AT_ONCE", 1)
    form = {"place": ["0-7", "21-29"], "label": at.label("c").pk}

    refused = client.post(f"{url}spans/every", form, headers=JSON)

    assert "At most 1 places are marked at once, not 2" in refused.json()["detail"]


def test_it_costs_the_same_for_one_place_and_for_many(at, client):
    many = build.article(at, "\n\n".join(["A dam rose."] * 200), name="many.txt")
    few = build.article(at, "A dam rose.\n\nAn owl.", name="few.txt")
    costs = []
    for article in (few, few, many):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/p/{at.project.slug}/a/{article.pk}/spans/every?quote=dam")
        costs.append(len(queries))

    # The first of them writes statements that the others find.
    assert costs[1] == costs[2] < 15
