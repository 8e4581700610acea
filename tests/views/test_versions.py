"""The versions of an article, and the screen on which carried spans are settled."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions.articles import import_article, purge_article
from annotations.actions.carrying import leave_span, settle_carried
from annotations.actions.projects import set_member
from annotations.actions.spans import change_span, withdraw_span
from annotations.models import Article, Decision, Event, Span
from annotations.queries import article_versions
from annotations.queries.carrying import doubtful_spans, left_spans, unplaced_spans
from tests.builders import TEXT, Desk, account, article, draft, mark
from tests.stories import accept, sign

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
URL = "https://paper.example/flood"
CLAIM = "The river rose two metres in 2021"
GONE = "a colossal blunder"
NEXT = TEXT.replace("two metres in 2021", "almost two metres in 2021").replace(
    "The dam, a colossal blunder, was built in 1974.",
    "Ducks came: a huge mistake, say 🌊 all. A huge mistake, too.",
)


@pytest.fixture
def first(at: Desk) -> Article:
    return article(at, url=URL)


def following(at: Desk, text: str = NEXT) -> Article:
    return import_article(at.project, draft(text, url=URL), by=at.ada)


def browser(at: Desk, person: Any) -> Client:
    client = Client()
    client.force_login(at.account(person))
    return client


def place(on: Article, name: str = "versions", *more: Any) -> str:
    return reverse(name, args=["desk", on.pk, *more])


def get(client: Client, on: Article, **query: Any) -> str:
    response = client.get(place(on), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.text)


def send(client: Client, on: Article, what: str, span: Any, **data: Any) -> Any:
    fields = {"key": uuid4(), "revision": span.revision, **data}
    return client.post(place(on, f"carried-{what}", span.pk), fields)


def opens(response: Any) -> str | None:
    """Return the span that is open where a change leads to."""
    assert response.status_code == 303, response.text
    found = re.search(r"span=([0-9a-f-]+)", response["Location"])
    return found and found[1]


# --- the page ---------------------------------------------------------------------------------


def test_an_article_of_one_version_says_when_there_will_be_another(at, first):
    page = get(browser(at, at.cleo), first)

    assert "One version so far" in page
    assert 'aria-current="page">Versions</a>' in page


def test_both_sides_of_a_doubtful_span_stand_beside_each_other_with_what_differs(at, first):
    mark(at, first, CLAIM, note="Ask the gauge <b>שלום</b> 👩‍👧.")
    mark(at, first, GONE, "o")
    second = following(at)

    page = get(browser(at, at.cleo), second)

    assert "0 of 2 settled" in page
    assert f'<mark class="m" data-kind="claim">{CLAIM}</mark>. “It was' in page
    assert (
        '<mark class="m" data-kind="claim">The river rose <ins>almost </ins>two metres in 2021'
        "</mark>" in page
    )
    assert "Ask the gauge <b>שלום</b> 👩‍👧." in page
    assert "0 sources" in page
    assert "1 of 2 that wait" in page
    waiting = page[page.index("What waits") :]
    assert "The river rose <ins>almost </ins>two metres in 2021" in waiting
    assert "not found" in waiting


def test_versions_are_listed_and_an_older_one_leads_to_the_newest(at, first):
    mark(at, first, CLAIM)
    second = following(at)
    third = following(at, NEXT.replace("Ducks", "Geese"))
    ada = browser(at, at.ada)

    old = get(ada, first)
    assert old.count('class="versions-number"') == 3
    assert "A newer version is here" in old
    assert "1 span waits there" in old
    assert f'href="{place(third)}"' in old
    assert "What waits" not in get(ada, second)
    newest = get(ada, third)
    assert ">Version 1</h3>" in newest, "the doubt is about what was last agreed to"
    assert "<ins>almost </ins>" in newest

    purge_article(third, reason="Asked for.", by=at.ada)
    assert f'href="{place(second)}">Compare' in get(ada, first)
    assert ">purged</span>" in get(ada, second)


def test_nothing_is_asked_where_everything_stands_word_for_word(at, first):
    mark(at, first, "Nobody was hurt", "f")
    second = following(at)

    assert "Nothing to settle" in get(browser(at, at.cleo), second)
    assert "carried over word for word" in get(browser(at, at.cleo), first)


def test_all_settled_is_said(at, first):
    mark(at, first, CLAIM)
    second = following(at)
    settle_carried(doubtful_spans(second).get(), by=at.cleo)

    assert "Everything is settled" in get(browser(at, at.cleo), second)
    assert "1 of 1 settled" in get(browser(at, at.cleo), second)
    assert "All spans in question are settled there" in get(browser(at, at.cleo), first)


def test_a_span_that_is_asked_for_is_open_and_any_other_is_not(at, first):
    mark(at, first, CLAIM)
    gone = mark(at, first, GONE, "o")
    second = following(at)
    cleo = browser(at, at.cleo)
    other = mark(at, second, "Nobody", "f")

    assert "Not found in this version" in get(cleo, second, span=gone.pk)
    for unknown in (uuid4(), other.pk, "nonsense"):
        assert "Reworded" in get(cleo, second, span=unknown)
    doubtful = doubtful_spans(second).get()
    settle_carried(doubtful, by=at.cleo)
    assert 'id="carried-title">Settled' in get(cleo, second, span=doubtful.pk)
    assert "Not found" in get(cleo, second)


def test_what_was_marked_in_the_older_version_since_waits_as_such(at, first):
    second = following(at)
    mark(at, first, "Nobody was hurt", "f")

    page = get(browser(at, at.cleo), second)

    assert "Marked in the older version since" in page
    assert page.count('<mark class="m" data-kind="fact">Nobody was hurt</mark>') == 2
    assert "likely here" in page
    assert "It stands there" in page
    assert "<del>" not in page[page.index("side-old") : page.index("side-new")]


def test_a_list_of_many_is_cut_into_pages_and_the_open_span_is_on_its_own(at, monkeypatch):
    monkeypatch.setattr(article_versions, "PER_PAGE", 2)
    text = " ".join(f"The {n} café שלום 🌊 owners saw it rise." for n in range(5))
    old = article(at, text, url=URL)
    for n in range(5):
        mark(at, old, f"The {n} café שלום 🌊 owners")
    new = following(at, text.replace("café שלום", "old café שלום"))
    cleo = browser(at, at.cleo)

    assert "1 of 3" in get(cleo, new)
    last = list(doubtful_spans(new))[-1]
    page = get(cleo, new, span=last.pk)
    assert ('aria-current="page">3 of 3' in page, "5 of 5 that wait" in page) == (True, True)
    assert 'aria-current="page">2 of 3' in get(cleo, new, page=2)
    assert 'aria-current="page">3 of 3' in get(cleo, new, page=99)


def test_the_page_costs_the_same_at_one_span_and_at_two_hundred(at):
    text = " ".join(f"The {n} café שלום 🌊 owners saw it rise." for n in range(200))
    costs = []
    for count in (1, 200):
        url = f"{URL}/{count}"
        old = article(at, f"{count} {text}", url=url)
        for n in range(count):
            mark(at, old, f"The {n} café שלום 🌊 owners", "cfo"[n % 3])
        new = import_article(
            at.project,
            draft(f"{count} " + text.replace("café שלום", "old café שלום"), url=url),
            by=at.ada,
        )
        cleo = browser(at, at.cleo)
        with CaptureQueriesContext(
            connection,
        ) as found:
            get(cleo, new)
        costs.append(len(found))

    assert costs[0] == costs[1] <= 30


# --- what is done -----------------------------------------------------------------------------


def test_each_settled_span_opens_the_next_one(at, first):
    mark(at, first, CLAIM)
    mark(at, first, "“It was a disgrace,” said the mayor", "o")
    gone = mark(at, first, GONE, "o")
    second = following(at, NEXT.replace("It was a disgrace", "It was an utter disgrace"))
    cleo = browser(at, at.cleo)
    one, two = doubtful_spans(second)

    assert opens(send(cleo, second, "settle", one)) == str(two.pk)
    assert opens(send(cleo, second, "withdraw", two)) == str(gone.pk)
    assert opens(send(cleo, second, "leave", gone)) is None

    assert not doubtful_spans(second).exists()
    assert left_spans(second) == {gone.pk}
    page = get(cleo, second)
    assert "3 of 3 settled" in page
    assert "1 left with the older version" in page
    assert "Left with the older version ·" in get(cleo, second, span=gone.pk)


def test_a_span_is_moved_to_a_place_that_is_proposed_or_quoted(at, first):
    mark(at, first, CLAIM)
    second = following(at)
    cleo = browser(at, at.cleo)
    span = doubtful_spans(second).get()
    start = second.text.index("two metres")

    opens(send(cleo, second, "move", span, start=start - 1, end=start + 10))
    span.refresh_from_db()
    assert (span.quote, span.carry_settled) == ("two metres", True)

    opens(send(cleo, second, "move", span, quote="the RIVER rose"))
    span.refresh_from_db()
    assert span.quote == "The river rose"


def test_words_that_stand_more_than_once_are_asked_about(at, first):
    old = mark(at, first, GONE, "o")
    second = following(at)
    cleo = browser(at, at.cleo)

    asked = send(cleo, second, "place", old, quote="a huge mistake")
    told = cleo.post(
        place(second, "carried-place", old.pk), {"quote": "a huge mistake"}, headers=JSON
    )

    assert asked.status_code == 422
    assert "2 places: which one?" in asked.text
    assert (told.status_code, told.json()["code"]) == (422, "quote_ambiguous")
    [start, end] = told.json()["places"][1]
    opens(send(cleo, second, "place", old, start=start, end=end))
    assert Span.objects.get(article=second).quote == "A huge mistake"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"quote": "no such words שלום"}, "does not stand in this version"),
        ({"quote": "  "}, "Give the words"),
        ({"start": "3", "end": "x"}, "two numbers"),
        ({"start": "9", "end": "3"}, "backwards"),
        ({"start": "3", "end": "90000"}, "does not fit"),
    ],
)
def test_a_place_that_is_none_is_refused_beside_the_span(at, first, sent, says):
    old = mark(at, first, GONE, "o")
    second = following(at)

    answer = send(browser(at, at.cleo), second, "place", old, **sent)

    assert answer.status_code == 422
    assert says in answer.text
    assert 'id="carried"' in answer.text
    assert list(unplaced_spans(second)) == [old]


def test_what_others_settle_is_not_ones_own_to_settle(at, first):
    span = mark(at, first, CLAIM, by=at.ada)
    mine = mark(at, first, GONE, "o")
    second = following(at)
    cleo = browser(at, at.cleo)
    vic = set_member(at.project, account=account("vic"), role="viewer", by=at.ada)

    page = get(cleo, second)
    assert "Not found in this version" in page, "what is her own comes first"
    assert "for Ada" in page
    doubtful = doubtful_spans(second).get()
    assert "its author or a reviewer settles it" in get(cleo, second, span=doubtful.pk)
    assert send(cleo, second, "settle", doubtful).status_code == 403
    assert '<form method="post" action="/p/desk/a' not in get(browser(at, vic), second)
    assert opens(send(browser(at, at.ben), second, "settle", doubtful)) == str(mine.pk)
    assert span.carry_settled


def test_all_whose_words_are_the_same_are_settled_with_one_button(at, first):
    mark(at, first, "“It was a disgrace,” said the mayor", "o")
    mark(at, first, CLAIM)
    text = TEXT.replace("“It was a disgrace,”", '"It was a disgrace,"')
    second = following(at, text.replace("two metres", "almost two metres"))
    cleo = browser(at, at.cleo)
    assert "Settle 1 whose words are the same" in get(cleo, second)

    answer = cleo.post(place(second, "carried-alike"), {"key": uuid4()})

    assert opens(answer) == str(doubtful_spans(second).get().pk)
    assert "Settle 1 whose" not in get(cleo, second)


def test_the_last_step_is_taken_back_and_its_span_is_open_again(at, first):
    mark(at, first, CLAIM)
    gone = mark(at, first, GONE, "o")
    second = following(at)
    cleo = browser(at, at.cleo)
    span = doubtful_spans(second).get()
    send(cleo, second, "settle", span)
    send(cleo, second, "leave", gone)

    cleo.post(place(second, "versions-undo"), {"key": uuid4()})
    assert left_spans(second) == set()
    assert opens(cleo.post(place(second, "versions-undo"), {"key": uuid4()})) == str(span.pk)

    assert list(doubtful_spans(second)) == [span]
    refused = cleo.post(place(second, "versions-undo"), {"key": uuid4()})
    assert refused.status_code == 422
    assert "nothing of yours to undo" in refused.text


def test_a_request_sent_twice_is_done_once(at, first):
    old = mark(at, first, GONE, "o")
    second = following(at)
    cleo = browser(at, at.cleo)
    fields = {"key": uuid4(), "start": 0, "end": 3}

    answers = [cleo.post(place(second, "carried-place", old.pk), fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert Span.objects.filter(article=second).count() == 1


def test_scripts_get_how_far_it_is_and_what_is_next(at, first):
    mark(at, first, CLAIM)
    gone = mark(at, first, GONE, "o")
    second = following(at)
    span = doubtful_spans(second).get()

    answer = browser(at, at.cleo).post(
        place(second, "carried-settle", span.pk), {"key": uuid4()}, headers=JSON
    )

    assert answer.json() == {
        "message": "Settled: it stands.",
        "next": str(gone.pk),
        "url": f"{place(second)}?span={gone.pk}#settling",
        "settled": 1,
        "total": 2,
    }


def test_a_span_that_somebody_changed_meanwhile_is_shown_in_both_versions(at, first):
    mark(at, first, CLAIM)
    second = following(at)
    span = doubtful_spans(second).get()
    cleo = browser(at, at.cleo)
    change_span(span, note="Wait שלום.", by=at.ada)

    asked = cleo.post(place(second, "carried-settle", span.pk), {"revision": 1})

    assert asked.status_code == 409
    assert "It stands as it is now" in asked.text
    span.refresh_from_db()
    assert opens(send(cleo, second, "settle", span)) is None


def test_a_span_of_the_older_version_that_changed_meanwhile_is_shown_as_it_is_now(at, first):
    old = mark(at, first, GONE, "o")
    second = following(at)
    change_span(old, note="Wait 🌊 now.", by=at.ada)

    answer = browser(at, at.cleo).post(
        place(second, "carried-leave", old.pk), {"revision": 1, "key": uuid4()}
    )

    assert answer.status_code == 409
    assert "changed in the meantime" in answer.text
    assert "Wait 🌊 now." in answer.text


def test_what_was_settled_elsewhere_is_not_in_the_way(at, first):
    mark(at, first, CLAIM)
    old = mark(at, first, GONE, "o")
    second = following(at)
    leave_span(old, second, by=at.ada)
    withdraw_span(doubtful_spans(second).get(), by=at.cleo)

    assert "2 of 2 settled" in get(browser(at, at.cleo), second)


# --- what the older version says --------------------------------------------------------------


def test_pages_of_an_older_version_say_that_there_is_a_newer_one(at, first):
    cleo = browser(at, at.cleo)
    for name in ("article", "article-about", "sign-off"):
        assert "A newer version" not in cleo.get(place(first, name)).text

    second = following(at)

    for name in ("article", "article-about", "sign-off"):
        page = cleo.get(place(first, name)).text
        assert "A newer version of this article was imported on" in page
        assert f'href="{place(second, "article")}"' in page
        assert f'href="{place(second)}"' in page
        assert "A newer version" not in cleo.get(place(second, name)).text


def test_a_page_that_is_open_is_told_to_look_at_the_head_again(at, first):
    cleo = browser(at, at.cleo)
    changes = place(first, "changes")
    since = cleo.get(changes).json()["cursor"]

    following(at)

    told = cleo.get(changes, {"since": since}).json()
    assert told["tables"] == ["article"]
    assert (told["blocks"], told["cards"]) == ({}, {})


def test_the_history_of_both_versions_tells_of_it(at, first):
    gone = mark(at, first, GONE, "o")
    second = following(at)
    leave_span(gone, second, by=at.cleo)
    cleo = browser(at, at.cleo)
    cleo.post(place(second, "versions-undo"), {"key": uuid4()})

    assert "imported a newer version of the article" in cleo.get(place(first, "history")).text
    told = cleo.get(place(second, "history")).text
    assert "left a span with the version before" in told
    assert "undid an operation" in told
    assert Event.objects.filter(stream=second.pk).count() == 4


def test_a_blocker_of_the_sign_off_leads_to_where_it_is_settled(at, first):
    mark(at, first, CLAIM)
    second = following(at)
    span = doubtful_spans(second).get()

    page = browser(at, at.ben).get(place(second, "sign-off")).text

    assert f'href="{place(second)}?span={span.pk}"' in page


def test_what_was_accepted_in_the_version_before_is_said_and_may_be_asked_again(at, first):
    span = mark(at, first, "Nobody was hurt")
    accept(span, at.ben)
    second = following(at)
    new = Span.objects.get(article=second, quote="Nobody was hurt")
    ada = browser(at, at.ada)

    card = ada.get(reverse("article", args=["desk", second.pk])).text
    assert "accepted, read in version 1" in card
    page = ada.get(reverse("second-reading", args=["desk", second.pk]), {"span": new.pk}).text
    assert "· read in version 1" in page
    page = get(ada, second)
    assert "1 acceptance of an earlier version counts here" in page
    assert "Ask for all of them again" in page
    assert "Ask for all of them again" not in get(browser(at, at.ben), second)
    told = ada.get(reverse("history", args=["desk", second.pk])).text
    assert "carried spans over from the version before" in told
    record = next(
        json.loads(line)
        for line in ada.get(
            reverse("export-file", args=["desk"]),
            {"format": "jsonl", "articles": "all", "people": "names"},
        ).content.splitlines()[1:]
    )
    [decision] = [one for row in record["spans"] for one in row["decisions"]]
    assert decision["carried_from"] == str(Decision.objects.get(span=span).pk)

    answer = ada.post(reverse("read-again", args=["desk", second.pk]), follow=True)

    assert "waits for a second reader" in answer.text
    assert "acceptance" not in get(ada, second)
    assert (
        "accepted"
        not in ada.get(reverse("article", args=["desk", second.pk]))
        .text.split("<main")[1]
        .split("span-list")[-1]
    )
    waits = browser(at, at.ben).get(reverse("second-reading", args=["desk", second.pk])).text
    assert "Nobody was hurt" in waits
    told = ada.get(reverse("history", args=["desk", second.pk])).text
    assert "asked for a second reading of what was accepted in an earlier version" in told


def test_the_certificate_says_what_was_read_in_an_earlier_version(at, first):
    for words in ("Nobody was hurt", "The river rose"):
        accept(mark(at, first, words), at.ben)
    second = following(at)
    accept(Span.objects.get(article=second, quote="The river rose"), at.ben)
    sign(second, at.ada)

    place = reverse("certificate", args=["desk", second.pk, second.sign_offs.get().pk])
    page = browser(at, at.ada).get(place).text

    assert "2 decisions by ben; 1 of them read in version 1" in page
