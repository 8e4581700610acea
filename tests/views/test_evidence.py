"""The evidence of a span on its page and as a fragment, as a browser and a script post it."""

import datetime
import html
import re

import lxml.html
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
    join_assertion,
    log_work,
    relate_span,
    withdraw_citation,
)
from annotations.actions.projects import set_member
from annotations.actions.recording import operation
from annotations.actions.spans import rewrote, withdraw_span
from annotations.domain.events import Kind
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
from annotations.queries.access import member
from annotations.queries.evidence import assertion_text, similar_assertions
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


# --- citing -----------------------------------------------------------------------------------


def test_a_source_is_cited_by_a_few_letters_and_the_page_stays_with_its_claim(at):
    known = at.source("Gauge report שלום")
    mark(at.at, at.article, SECOND)

    answer = at.cleo.post(at.url("cite"), {"source": "gauge WATER", "stance": "refutes"})

    made = Citation.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"{at.url()}#citation-{made.pk}"
    assert (made.source, made.stance, made.accessed_on) == (known, "refutes", None)
    page = at.page()
    assert "Cited: Gauge report שלום." in shown(page)
    assert f'id="citation-{made.pk}"' in page.text


def test_cite_and_go_on_goes_to_the_next_claim_and_says_so(at):
    at.source("Gauge report שלום")
    second = mark(at.at, at.article, SECOND)
    mark(at.at, at.article, "It was a disgrace", "o")
    cited = {"source": "gauge WATER", "stance": "refutes", "then": "next"}

    answer = at.cleo.post(at.url("cite"), cited)

    assert answer.status_code == 303
    assert answer["Location"] == at.url(span=second) + "#main"
    assert "Cited. This span has no source yet." in shown(at.page(span=second))
    assert Citation.objects.get().assertion == Span.objects.get(pk=at.span.pk).assertion


def test_where_every_span_has_a_source_going_on_stays_and_says_so(at):
    at.source()
    cited = {"source": "gauge", "stance": "supports", "then": "next"}
    answer = at.cleo.post(at.url("cite"), cited)

    assert answer["Location"] == f"{at.url()}#citation-{Citation.objects.get().pk}"
    assert "No other span of this article lacks a source." in shown(at.page())


@pytest.mark.parametrize("then", [("", ""), ("next", "next"), ("", "next"), ("next", "")])
def test_a_citation_sent_twice_is_made_once_by_whichever_of_both_buttons(at, then):
    mark(at.at, at.article, SECOND)
    typed = {
        "title": "Rivers",
        "kind": "book",
        "stance": "supports",
        "key": "11111111-1111-4111-8111-111111111111",
    }
    for one in then:
        assert at.cleo.post(at.url("cite"), typed | {"then": one}).status_code == 303

    assert Citation.objects.count() == Source.objects.count() == 1


def test_of_several_sources_with_the_letters_one_is_chosen_and_nothing_typed_is_lost(at):
    at.source()
    other = at.source("Gauge readings", url="https://other.example/")
    typed = {"source": "gauge", "stance": "partly", "quotation": "two\r\nmetres שלום"}

    asked = at.cleo.post(at.url("cite"), typed)

    assert asked.status_code == 422
    assert "Several sources have these words" in asked.text
    assert f'value="source:{other.pk}"' in asked.text
    assert "metres שלום</textarea>" in asked.text
    at.cleo.post(at.url("cite"), typed | {"chosen": f"source:{other.pk}"})
    made = Citation.objects.get()
    assert (made.source, made.stance, made.quotation) == (other, "partly", "two\nmetres שלום")


def test_a_line_of_the_list_is_one_source_even_where_others_have_its_words(at):
    at.source("Gauge", publisher="")
    at.source("Gauge report", url="https://other.example/", publisher="")

    at.cleo.post(at.url("cite"), {"source": "Gauge", "stance": "supports"})

    assert Citation.objects.get().source.title == "Gauge"


def test_a_new_address_asks_for_its_title_and_keeps_the_quotation_of_the_link(at):
    typed = {
        "source": "https://new.example/p#:~:text=Cafe%CC%81%20%F0%9F%8C%8A",
        "stance": "context",
    }

    asked = at.cleo.post(at.url("cite"), typed)

    assert asked.status_code == 422
    assert "No source has this address yet" in asked.text
    assert re.search(r'<details id="ev-new-source" open>', asked.text)
    assert not Source.objects.exists()

    at.cleo.post(
        at.url("cite"),
        typed
        | {
            "title": "A page",
            "level": "secondary",
            "authors": "Inés Hart; Zoe\u0301 ;",
            "published": "2021-09",
        },
    )
    made = Citation.objects.get()
    assert made.quotation == "Cafe\u0301 🌊"
    assert made.source.url == "https://new.example/p"
    assert made.source.authors == ["Inés Hart", "Zoe\u0301"]
    assert (made.source.kind, made.source.level) == ("web", "secondary")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"source": ""}, "Say which source"),
        ({"source": "zebra"}, "No source or article has these words"),
        ({"source": "ftp://x.example/"}, "is not a web address"),
        ({"source": "", "title": "A page"}, "A web page needs an address"),
        ({"source": "", "title": "B", "kind": "book", "published": "1.2.2020"}, "is no date"),
        ({"source": "gauge", "stance": "doubts"}, "doubts"),
        ({"source": "gauge", "accessed_on": "yesterday"}, "valid date"),
        ({"source": "gauge", "archive_url": "ftp://x.example/"}, "is not a web address"),
    ],
)
def test_what_cannot_be_cited_comes_back_with_the_reason(at, typed, said):
    at.source()
    before = Event.objects.count()

    answer = at.cleo.post(at.url("cite"), {"stance": "supports"} | typed)

    assert answer.status_code == 422
    assert said in shown(answer)
    assert Event.objects.count() == before


def test_a_book_needs_no_address(at):
    at.cleo.post(
        at.url("cite"), {"title": "Rivers", "kind": "book", "stance": "supports", "locator": "p. 9"}
    )

    made = Citation.objects.get()
    assert (made.source.kind, made.source.url, made.locator) == ("book", "", "p. 9")


def test_another_article_of_the_project_is_cited_by_its_words_and_opens_here(at):
    other = article(at.at, OTHER_TEXT, title="Dry years")

    at.cleo.post(at.url("cite"), {"source": "dry years", "stance": "supports"})
    at.cleo.post(at.url("cite"), {"source": "dry years", "stance": "context"})

    assert Source.objects.get().article == other
    assert Citation.objects.count() == 2
    assert f'href="{reverse("article", args=[at.at.project.slug, other.pk])}"' in at.page().text


def test_the_article_itself_is_no_source(at):
    asked = at.cleo.post(at.url("cite"), {"source": "flood", "stance": "supports"})
    assert "No source or article has these words" in asked.text

    chosen = {"chosen": f"article:{at.article.pk}", "stance": "supports"}
    asked = at.cleo.post(at.url("cite"), chosen)
    assert "An article is no source for what it says itself" in asked.text


def test_the_last_source_is_one_button(at):
    assert "data-last-source" not in at.page().text
    known = at.source()
    cite(at.span, known, by=at.at.cleo)
    second = mark(at.at, at.article, SECOND)
    page = at.page(span=second)
    button = re.search(r'<button name="chosen" value="([^"]+)" data-last-source', page.text)

    at.cleo.post(
        at.url("cite", second), {"chosen": button[1], "stance": "supports", "quotation": "no one"}
    )

    made = Citation.objects.exclude(assertion=at.span.assertion).get()
    assert (made.source, made.quotation) == (known, "no one")
    assert "data-last-source" not in at.page(at.ben).text


@pytest.mark.parametrize("chosen", ["source:x", "article:", "source:" + "0" * 32, "shoe"])
def test_a_source_that_is_not_there_cannot_be_chosen(at, chosen):
    answer = at.cleo.post(at.url("cite"), {"chosen": chosen, "stance": "supports"})
    assert answer.status_code == 404


# --- confidential -----------------------------------------------------------------------------


def test_a_confidential_source_is_known_to_the_desk_and_told_to_its_readers_alone(at):
    at.cleo.post(
        at.url("cite"),
        {
            "title": "A dam engineer",
            "access": "confidential",
            "details": "Inés Hart שלום",
            "readers": [str(at.at.ben.pk)],
            "stance": "supports",
        },
    )
    made = Citation.objects.get()
    assert (made.source.kind, made.source.access) == ("interview", "confidential")
    assert set(ConfidentialDetails.objects.get().readers.all()) == {at.at.cleo, at.at.ben}

    for reader in (at.cleo, at.ben):
        page = at.page(reader)
        assert "Inés Hart שלום" in page.text
        assert "A dam engineer" in page.text
    page = at.page(at.ada)
    assert "Hart" not in page.text
    assert "A dam engineer" not in page.text
    assert "Known to the desk" in page.text
    text = assertion_text(at.member(at.at.ada), at.span.__class__.objects.get(pk=at.span.pk))
    assert "supports: Known to the desk" in text
    assert "engineer" not in text


def test_a_confidential_source_without_a_title_gets_one_that_tells_nothing(at):
    at.cleo.post(at.url("cite"), {"access": "confidential", "stance": "supports"})

    assert Source.objects.get().title == "A confidential source"


def test_who_is_no_reader_does_not_find_a_confidential_source_by_its_words(at):
    secret = NewSource(
        {"title": "A dam engineer", "kind": "letter", "access": "confidential"}, "Inés Hart"
    )
    cite(at.span, secret, by=at.at.cleo)
    find = reverse("source-find", args=[at.at.project.slug, at.article.pk])

    assert at.ada.get(find, {"words": "engineer"}).json()["choices"] == []
    assert len(at.cleo.get(find, {"words": "engineer"}).json()["choices"]) == 1
    listed = at.ada.get(find, {"words": "known to the desk"}).json()["choices"]
    assert len(listed) == 1
    assert "engineer" not in listed[0]["label"]


# --- what becomes of a citation ---------------------------------------------------------------


def test_a_citation_is_changed_on_its_form_and_a_stale_form_says_so(at):
    made = cite(at.span, at.source(), by=at.at.cleo, quotation="one metre")
    step = f"citations/{made.pk}/change"
    typed = {
        "revision": 1,
        "stance": "partly",
        "quotation": "two metres",
        "original_quotation": "שני",
    }

    answer = at.cleo.post(at.url(step), typed)
    assert answer.status_code == 303
    made.refresh_from_db()
    assert (made.stance, made.quotation, made.original_quotation) == ("partly", "two metres", "שני")

    stale = at.cleo.post(at.url(step), typed | {"quotation": "three metres"})
    assert stale.status_code == 409
    assert "<del>one metre</del><ins>three metres</ins>" in stale.text
    assert 'name="revision" value="2"' in stale.text


def test_somebody_else_confirms_and_never_the_one_who_added(at):
    made = cite(at.span, at.source(), by=at.at.ben)
    assert "The source says this" not in at.page(at.ben).text
    assert "The source says this" not in at.page(at.cleo).text
    assert "The source says this" in at.page(at.ada).text

    answer = at.ada.post(at.url(f"citations/{made.pk}/confirm"), {"revision": 1})
    assert answer.status_code == 303
    assert "Ada says that the source says this" in shown(at.page())
    own = at.ben.post(at.url(f"citations/{made.pk}/confirm"), headers=JSON)
    assert (own.status_code, own.json()["code"]) == (422, "own_citation")


def test_a_citation_is_withdrawn_and_restored(at):
    made = cite(at.span, at.source(), by=at.at.cleo)
    others = cite(at.span, made.source, by=at.at.ben, locator="p. 2")

    at.cleo.post(at.url(f"citations/{made.pk}/withdraw"), {"revision": "1"})
    page = at.page()
    assert "Withdrawn (1)" in page.text
    assert at.cleo.post(at.url(f"citations/{others.pk}/withdraw")).status_code == 403
    at.cleo.post(at.url(f"citations/{made.pk}/restore"), {"revision": "2"})
    assert "Withdrawn (1)" not in at.page().text


def test_a_citation_of_another_span_is_not_reached_through_this_one(at):
    other = mark(at.at, at.article, SECOND)
    made = cite(other, at.source(), by=at.at.cleo)

    for step in ("change", "confirm", "withdraw", "restore"):
        answer = at.ada.post(at.url(f"citations/{made.pk}/{step}"), {"revision": 1})
        assert answer.status_code == 404


# --- the assertion ----------------------------------------------------------------------------


def test_what_is_asserted_the_verdict_the_state_and_the_log_are_saved_and_shown(at):
    posts = {
        "describe": {"paraphrase": "It rose by 2 m שלום.", "said_on": "2021-07", "due": ""},
        "state": {"state": "waiting", "due": ""},
        "log": {"kind": "contact", "who": "The mayor", "what": "Asked", "answer": "No 🌊"},
    }
    for step, typed in posts.items():
        made = Assertion.objects.first()
        seen = {"revision": made.revision} if made else {}
        assert at.cleo.post(at.url(step), typed | seen).status_code == 303, step
    assertion = Assertion.objects.get()
    at.cleo.post(
        at.url("verdict"),
        {"verdict": "refuted", "verdict_reason": "One metre.", "revision": assertion.revision},
    )

    page = shown(at.page())
    for words in ("It rose by 2 m שלום.", "refuted", "One metre.", "The mayor", "No 🌊", "contact"):
        assert words in page
    assert WorkLogEntry.objects.get().author == at.at.cleo


def test_a_logged_search_is_withdrawn_by_a_button_of_its_author(at):
    own = log_work(at.span, kind="search", where="Gauges שלום", by=at.at.cleo)
    other = log_work(at.span, kind="contact", who="The mayor 🌊", by=at.at.ben)
    page = at.page()
    assert at.url(f"log/{own.pk}/withdraw") in page.text
    assert at.url(f"log/{other.pk}/withdraw") not in page.text
    assert at.url(f"log/{own.pk}/withdraw") in at.page(at.ben).text

    refused = at.cleo.post(at.url(f"log/{other.pk}/withdraw"), {"revision": 1})
    answer = at.cleo.post(at.url(f"log/{own.pk}/withdraw"), {"revision": 1})

    assert (refused.status_code, answer.status_code) == (403, 303)
    assert "Gauges שלום" not in shown(at.page())
    assert "The mayor" in shown(at.page())


def test_a_log_entry_of_another_assertion_is_not_there(at):
    elsewhere = mark(at.at, at.article, SECOND)
    entry = log_work(elsewhere, kind="search", where="Archive", by=at.at.cleo)

    assert at.cleo.post(at.url(f"log/{entry.pk}/withdraw"), {"revision": 1}).status_code == 404


def test_an_assertion_has_the_speaker_chosen(at):
    named = mark(at.at, at.article, SECOND, voice="named", speaker_name="Inés Hart")

    at.cleo.post(at.url("describe"), {"paraphrase": "x", "speaker": str(named.speaker_id)})

    assert Assertion.objects.get().speaker == named.speaker


@pytest.mark.parametrize(
    ("step", "typed", "said"),
    [
        ("verdict", {"verdict": "refuted"}, "needs its reason"),
        ("describe", {"paraphrase": "kept", "said_on": "soon"}, "is no date"),
        ("state", {"state": "not_due"}, "needs the date it waits for"),
        ("log", {"kind": "search"}, "Say where you searched"),
        ("relate", {"kind": "likes"}, "likes"),
    ],
)
def test_what_is_refused_comes_back_on_its_form(at, step, typed, said):
    answer = at.cleo.post(at.url(step), typed)

    assert answer.status_code == 422
    assert said in shown(answer)
    assert not Assertion.objects.exists()
    problem = at.cleo.post(at.url(step), typed, headers=JSON)
    assert problem["Content-Type"] == "application/problem+json"
    assert said in problem.json()["detail"]


def test_an_assertion_made_by_somebody_since_is_not_overwritten_unseen(at):
    describe_assertion(at.span, by=at.at.ben, paraphrase="Ben’s words")

    answer = at.cleo.post(at.url("describe"), {"paraphrase": "Cleo’s words"})

    assert answer.status_code == 409
    assert "Ben’s words" in shown(answer)
    again = {"paraphrase": "Cleo’s words", "revision": Assertion.objects.get().revision}
    assert at.cleo.post(at.url("describe"), again).status_code == 303


# --- joining ----------------------------------------------------------------------------------


@pytest.fixture
def far(at):
    """A span of another article with a citation and a paraphrase."""
    span = mark(at.at, article(at.at, OTHER_TEXT, title="Dry years"), "the river rose two metres")
    cite(span, at.source(), by=at.at.cleo)
    describe_assertion(span, by=at.at.cleo, paraphrase="Water level, up by 2 m")
    return span


def test_an_assertion_of_another_article_is_found_joined_and_split_off(at, far):
    found = at.page(query="?find=RIVER%20ros\u00e9").text
    assert "Water level, up by 2 m" in found
    assert "in Dry years" in found
    key = re.search(r'name="join" value="([^"]+)"', found)[1]

    at.cleo.post(at.url("join"), {"assertion": key})
    at.span.refresh_from_db()
    assert at.span.assertion_id == far.assertion_id
    page = at.page()
    assert "Gauge report" in page.text
    assert at.url(span=far) in page.text

    at.cleo.post(at.url("split"))
    at.span.refresh_from_db()
    assert at.span.assertion is None


def test_the_words_of_the_span_find_it_without_typing_and_other_words_do_not(at, far):
    assert "Water level" in at.page(query="?find=").text
    assert "No other assertion shares words" in at.page(query="?find=zebra").text
    by = at.member(at.at.cleo)
    assert [one.uuid for one in similar_assertions(by, at.span)] == [far.assertion_id]
    assert similar_assertions(by, far) == []


def gauge():
    return Source.objects.get(title="Gauge report")


def test_both_sides_stand_beside_each_other_before_they_are_joined(at, far):
    cite(at.span, gauge(), by=at.at.ben, quotation="one שלום metre")
    give_verdict(at.span, verdict="refuted", reason="One metre 🌊.", by=at.at.ben)
    log_work(at.span, kind="contact", who="The mayor", answer="No.", by=at.at.ben)
    describe_assertion(at.span, by=at.at.ben, paraphrase="It rose.")
    give_verdict(far, verdict="supported", reason="The gauge.", by=at.at.cleo)
    key = str(far.assertion_id)

    page = at.page(query=f"?join={key}")

    both = page.text[page.text.index('id="ev-join"') : page.text.index("Leave them apart")]
    own, theirs = both.split('aria-labelledby="ev-join-theirs"')
    for word in ("one שלום metre", "One metre 🌊.", "The mayor", "It rose.", "refuted", "ben"):
        assert word in own
    for word in ("The gauge.", "supported", "rose two metres", "in <bdi>Dry years"):
        assert word in theirs
    assert page.text.count('name="join-wording"') == 2
    assert page.text.count('name="join-verdict" value="own"') == 1


def test_joining_asks_which_verdict_holds_and_brings_the_evidence_along(at, far):
    cite(at.span, gauge(), by=at.at.ben, quotation="one metre")
    give_verdict(at.span, verdict="refuted", reason="One metre 🌊.", by=at.at.ben)
    describe_assertion(at.span, by=at.at.ben, paraphrase="It rose.")
    give_verdict(far, verdict="supported", reason="The gauge.", by=at.at.cleo)
    key = str(far.assertion_id)

    for sent in ({}, {"wording": "own"}, {"wording": "own", "verdict": "neither"}):
        asked = at.cleo.post(at.url("join"), {"assertion": key, **sent})
        assert asked.status_code == 422
        assert 'id="ev-join"' in asked.text
        assert Span.objects.get(pk=at.span.pk).assertion_id != far.assertion_id
    assert 'value="own" checked' in asked.text
    told = at.cleo.post(at.url("join"), {"assertion": key}, headers=JSON)
    assert "Both have a" in told.json()["detail"]
    assert (told.status_code, told.json()["code"]) == (422, "choose")

    answer = at.cleo.post(
        at.url("join"), {"assertion": key, "wording": "own", "verdict": "own"}, headers=JSON
    )

    assert answer.json()["message"] == "Joined: both show one evidence now."
    one = Assertion.objects.get(pk=key)
    assert (one.paraphrase, one.verdict, one.verdict_by) == ("It rose.", "refuted", at.at.ben)
    assert Citation.objects.filter(assertion=one).count() == 2
    assert "one metre" in at.page(span=far).text


def test_what_an_older_version_left_unseen_is_named_and_taken_up_again(at, far):
    cite(at.span, gauge(), by=at.at.ben, quotation="one metre")
    left = Span.objects.get(pk=at.span.pk).assertion
    # As a join did before the evidence came along.
    with operation(at.at.project, at.at.ben, at.article.pk) as op:
        rewrote(op, [Span.objects.get(pk=at.span.pk)], {"assertion": None})
        op.record(at.article.pk, Kind.ASSERTION_SPLIT, assertion=str(left.pk))
    url = reverse("unseen", args=[at.at.project.slug])

    page = at.cleo.get(url)

    assert "1 source" in page.text
    again = f"{at.url()}?join={left.pk}#ev-join"
    assert again in page.text
    assert "one metre" in at.cleo.get(again).text
    at.cleo.post(at.url("join"), {"assertion": str(left.pk)})
    assert "There is none" in at.cleo.get(url).text
    assert f'href="{url}"' in at.cleo.get(reverse("sources", args=[at.at.project.slug])).text
    assert at.cleo.get(f"{url}?page=9").status_code == 200


def test_a_contradiction_is_related_linked_from_both_sides_and_taken_back(at, far):
    at.cleo.post(
        at.url("relate"),
        {"assertion": str(far.assertion_id), "kind": "contradicts", "note": "by a metre"},
    )
    here, there = at.page().text, at.page(span=far).text
    assert "Contradicts" in here
    assert f'href="{at.url(span=far)}"' in here
    assert "Is contradicted by" in there
    assert f'href="{at.url()}"' in there

    relation = AssertionRelation.objects.get()
    at.cleo.post(at.url(f"relations/{relation.pk}/withdraw"))
    assert "Contradicts" not in at.page().text
    before = Event.objects.count()
    assert at.cleo.post(at.url(f"relations/{relation.pk}/withdraw")).status_code == 303
    assert at.cleo.post(at.url(f"relations/{at.span.pk}/withdraw")).status_code == 404
    assert Event.objects.count() == before


def test_an_assertion_that_is_not_there_is_not_joined(at):
    lost = at.cleo.post(at.url("join"), {"assertion": "00000000-0000-4000-8000-000000000000"})
    assert lost.status_code == 404
    assert at.cleo.post(at.url("join"), {"assertion": "x"}, headers=JSON).status_code == 422


# --- scripts ----------------------------------------------------------------------------------


def test_a_script_gets_the_cards_that_changed_and_the_span_to_go_on_with(at):
    second = mark(at.at, at.article, SECOND)
    at.source()

    answer = at.cleo.post(
        at.url("cite"), {"source": "gauge", "stance": "supports"}, headers=JSON
    ).json()

    assert answer["span"] == str(at.span.pk)
    assert answer["made"] == str(Citation.objects.get().pk)
    assert "1 source" in answer["cards"][str(at.span.pk)]
    assert list(answer["blocks"]) == ["1"]
    assert answer["message"] == "Cited: Gauge report."

    answer = at.cleo.post(
        at.url("cite"), {"source": "gauge", "stance": "context", "then": "next"}, headers=JSON
    ).json()

    assert answer["span"] == str(second.pk)
    assert answer["message"].startswith("Cited.")


def test_a_verdict_changes_the_cards_of_every_span_of_the_article_that_shows_it(at):
    second = mark(at.at, at.article, SECOND)
    describe_assertion(at.span, by=at.at.cleo, paraphrase="x")
    join_assertion(second, at.span.assertion, by=at.at.cleo)
    typed = {"verdict": "supported", "verdict_reason": "Seen.", "revision": 2}

    answer = at.cleo.post(at.url("verdict"), typed, headers=JSON).json()

    assert answer["span"] == str(at.span.pk)
    assert all("supported" in answer["cards"][str(key)] for key in (at.span.pk, second.pk))


def test_a_script_gets_the_fields_that_are_wrong(at):
    answer = at.cleo.post(at.url("cite"), {"source": "zebra"}, headers=JSON)

    assert answer.status_code == 422
    assert set(answer.json()["fields"]) >= {"stance"}
    answer = at.cleo.post(
        at.url("cite"),
        {"source": "", "title": "B", "kind": "book", "published": "x", "stance": "supports"},
        headers=JSON,
    )
    assert answer.json()["code"] == "date"


def test_a_request_sent_twice_with_its_key_is_done_once(at):
    typed = {
        "title": "Rivers",
        "kind": "book",
        "stance": "supports",
        "key": "11111111-1111-4111-8111-111111111111",
    }
    for _ in range(2):
        assert at.cleo.post(at.url("cite"), typed, headers=JSON).status_code == 200

    assert Citation.objects.count() == Source.objects.count() == 1


def test_letters_and_addresses_are_looked_up_for_the_form(at):
    at.source()
    find = reverse("source-find", args=[at.at.project.slug, at.article.pk])

    def ask(words):
        return at.cleo.get(find, {"words": words}).json()

    assert ask("water")["choices"][0]["label"] == "Gauge report — Water Board"
    known = ask("https://water.example/gauge#:~:text=two%20metres")
    assert (len(known["choices"]), known["quotation"]) == (1, "two metres")
    assert ask("https://new.example/")["url"] == "https://new.example/"
    assert "is not a web address" in ask("ftp://x.example/")["error"]
    assert ask(" ")["choices"] == []


# --- who may ----------------------------------------------------------------------------------


def test_a_viewer_reads_and_has_no_form(at):
    cite(at.span, at.source(), by=at.at.cleo)
    set_member(at.at.project, account=at.at.dan, role="viewer", by=at.at.ada)
    viewer = Client()
    viewer.force_login(at.at.dan)

    page = at.page(viewer)

    assert "Gauge report" in page.text
    assert at.url() + "/" not in page.text
    for step in ("cite", "split", "verdict"):
        typed = {"source": "gauge", "stance": "supports"}
        assert viewer.post(at.url(step), typed).status_code == 403
    find = reverse("source-find", args=[at.at.project.slug, at.article.pk])
    assert viewer.get(find).status_code == 403


def test_a_stranger_and_another_projects_span_are_not_there(at):
    stranger = Client()
    stranger.force_login(at.at.dan)
    assert at.page(stranger).status_code == 404
    other = desk("other", prefix="x")
    foreign = mark(other, article(other), FIRST)
    wrong = reverse("evidence", args=[at.at.project.slug, at.article.pk, foreign.pk])
    assert at.cleo.get(wrong).status_code == 404


def test_a_withdrawn_span_keeps_its_evidence_to_be_read(at):
    cite(at.span, at.source(), by=at.at.cleo)
    withdraw_span(at.span, by=at.at.cleo)

    page = at.page()

    assert "Gauge report" in page.text
    assert "ev-cite" not in page.text


# --- text and cost ----------------------------------------------------------------------------


def test_the_text_to_copy_says_who_said_what_and_what_is_known_of_it(at):
    span = mark(
        at.at,
        at.article,
        "a colossal blunder",
        voice="named",
        speaker_name="Inés Hart",
        chain="by radio",
    )
    describe_assertion(span, by=at.at.cleo, paraphrase="The dam was a mistake.", said_on="2021-07")
    made = cite(
        span,
        at.source(published="2021-09"),
        by=at.at.cleo,
        quotation="a  mistake 🌊",
        locator="p. 4",
        accessed_on=datetime.date(2026, 11, 2),
        archive_url="https://archive.example/1",
    )
    confirm_citation(made, by=at.at.ben)
    give_verdict(span, verdict="supported", reason="It says so.", as_of="2026-11", by=at.at.cleo)
    span.refresh_from_db()

    assert assertion_text(at.member(at.at.cleo), span).splitlines() == [
        "The dam was a mistake.",
        "In the article: “a colossal blunder”",
        "Said by: Inés Hart (by radio), July 2021",
        "Where: The flood, July 2021",
        "Verdict: supported (as of November 2026). It says so.",
        "Sources:",
        "- supports: Gauge report, Water Board, September 2021, p. 4: “a mistake 🌊” "
        "<https://water.example/gauge> (looked up 2 November 2026; archived at "
        "https://archive.example/1; confirmed by ben)",
    ]


@pytest.mark.parametrize(
    ("voice", "who"),
    [("author", "the author"), ("unnamed", "an unnamed speaker"), ("document", "a document")],
)
def test_without_a_speaker_the_text_says_whose_voice_it_is(at, voice, who):
    span = mark(at.at, at.article, SECOND, voice=voice)

    text = assertion_text(at.member(at.at.cleo), span)

    assert text.startswith(f"“{SECOND}”\nSaid by: {who}\n")
    assert text.endswith("Verdict: none yet\nSources: none yet")


def test_the_page_costs_the_same_with_much_evidence(at, django_assert_max_num_queries):
    def fill(number):
        for n in range(number):
            made = cite(
                at.span, at.source(f"S{n}", url=f"https://s{number}.example/{n}"), by=at.at.cleo
            )
            log_work(at.span, kind="search", where=f"Archive {n}", by=at.at.cleo)
            if n % 2:
                withdraw_citation(made, by=at.at.cleo)
            secret = NewSource(
                {"title": f"E{number} {n}", "kind": "letter", "access": "confidential"}, "x"
            )
            cite(at.span, secret, by=at.at.cleo)
            other = mark(at.at, at.article, "was built in 1974")
            relate_span(other, at.span.assertion, kind="repeats", by=at.at.cleo)
            join_assertion(mark(at.at, at.article, SECOND), at.span.assertion, by=at.at.cleo)

    fill(2)
    with django_assert_max_num_queries(40) as few:
        at.page(query="?find=")
    fill(6)
    with django_assert_max_num_queries(40) as many:
        at.page(query="?find=")

    assert len(many) == len(few)


# --- one page, many forms ---------------------------------------------------------------------

#: What is typed in each form of the page, by the names that its fields have there.
TYPED = {
    "cite": {"quotation": "one שלום metre", "stance": "refutes", "title": "Rivers", "kind": "book"},
    "verdict": {"verdict-verdict": "refuted", "verdict-verdict_reason": "One metre 🌊.\r\nNo."},
    "describe": {"describe-paraphrase": "It ros\u0301e.", "describe-said_on": "2021"},
    "state": {"state-state": "not_due", "state-due": "2031"},
    "log": {"log-kind": "contact", "log-who": "Zoe\u0301", "log-answer": "No."},
}
BUTTONS = {
    "cite": "cite",
    "verdict": "verdict",
    "describe": "describe",
    "state": "state",
    "log": "log",
}


def fields_of(answer):
    """Return what a browser sends of the page that is shown, without a button."""
    [form] = [one for one in lxml.html.fromstring(answer.text).forms if "data-parts" in one.attrib]
    sent = {}
    for name, value in form.form_values():
        # A radio button whose value is empty has none for lxml.
        value = "" if value == "on" else value
        # Of a text area a browser leaves out the first line feed.
        text = value.replace("\r\n", "\n").removeprefix("\n")
        sent.setdefault(name, []).append(text.replace("\n", "\r\n"))
    return sent


def is_kept(answer, part):
    """Say whether the page shows what was typed in a part."""
    there = fields_of(answer)
    return {name: there.get(name) for name in TYPED[part]} == {
        name: [value] for name, value in TYPED[part].items()
    }


@pytest.mark.parametrize("saved", BUTTONS)
def test_without_a_script_what_is_typed_in_the_other_forms_comes_back_with_the_page(at, saved):
    at.source()
    cite(at.span, Source.objects.get(), by=at.at.cleo, quotation="two metres")
    sent = fields_of(at.page())
    for typed in TYPED.values():
        sent |= {name: [value] for name, value in typed.items()}

    answer = at.cleo.post(at.url(BUTTONS[saved]), sent)

    assert answer.status_code == 200
    assert "What else you typed is still here, not saved." in shown(answer)
    others = [part for part in TYPED if part != saved]
    assert [part for part in others if not is_kept(answer, part)] == []
    assert not is_kept(answer, saved) or saved in ("verdict", "describe", "state")
    assert "errorlist" not in answer.text
    assert fields_of(answer)["key"] != sent["key"]
    # One after the other is saved, and at the end nothing is left to keep.
    for part in others:
        answer = at.cleo.post(at.url(BUTTONS[part]), fields_of(answer))
        assert answer.status_code == (303 if part == others[-1] else 200), shown(answer)
    one = Span.objects.get(pk=at.span.pk).assertion
    # A verdict ends the work, unless its state was saved after it.
    assert (one.verdict, one.paraphrase) == ("refuted", "It ros\u0301e.")
    assert one.work_state == ("done" if saved == "state" else "not_due")
    assert (one.citations.count(), one.log.count()) == (2, 1)


@pytest.mark.parametrize(
    "press", ["confirm", "withdraw", "split", "unlog", "unrelate", "look", "refused", "candidate"]
)
def test_no_other_button_of_the_page_loses_what_is_typed(at, far, press):
    made = cite(at.span, gauge(), by=at.at.cleo, quotation="two metres")
    entry = log_work(at.span, kind="search", where="Archive", by=at.at.ben)
    other = mark(at.at, at.article, "was built in 1974")
    related = relate_span(
        other, Span.objects.get(pk=at.span.pk).assertion, kind="repeats", by=at.at.ben
    )
    join_assertion(mark(at.at, at.article, SECOND), related.object, by=at.at.cleo)
    client = at.ben
    sent = fields_of(at.page(client))
    for typed in TYPED.values():
        sent |= {name: [value] for name, value in typed.items()}
    revision = str(Citation.objects.get(pk=made.pk).revision)
    step, more = {
        "confirm": (f"citations/{made.pk}/confirm", {"revision": revision}),
        "withdraw": (f"citations/{made.pk}/withdraw", {"revision": revision}),
        "split": ("split", {}),
        "unlog": (f"log/{entry.pk}/withdraw", {"revision": str(entry.revision)}),
        "unrelate": (f"relations/{related.pk}/withdraw", {}),
        "look": ("look", {"find": "water level"}),
        "refused": ("verdict", {"verdict-verdict_reason": ""}),
        "candidate": ("look", {"join": str(far.assertion_id)}),
    }[press]

    answer = client.post(at.url(step), sent | more)

    assert answer.status_code == (422 if press == "refused" else 200)
    parts = [part for part in TYPED if not (press == "refused" and part == "verdict")]
    assert [part for part in parts if not is_kept(answer, part)] == []
    if press == "candidate":
        assert 'id="ev-join"' in answer.text


def test_what_is_kept_does_not_go_over_what_somebody_else_saved_meanwhile(at):
    describe_assertion(at.span, by=at.at.cleo, paraphrase="It rose.")
    sent = fields_of(at.page())
    sent |= {name: [value] for name, value in TYPED["verdict"].items()}
    sent |= {name: [value] for name, value in TYPED["log"].items()}
    give_verdict(at.span, verdict="supported", reason="Seen.", by=at.at.ben)

    answer = at.cleo.post(at.url("log"), sent)

    assert is_kept(answer, "verdict")
    told = at.cleo.post(at.url("verdict"), fields_of(answer))
    assert told.status_code == 409
    assert Span.objects.get(pk=at.span.pk).assertion.verdict == "supported"


def test_what_nobody_typed_shows_what_is_stored_since(at):
    describe_assertion(at.span, by=at.at.cleo, paraphrase="It rose.")
    sent = fields_of(at.page())
    sent |= {name: [value] for name, value in TYPED["verdict"].items()}
    sent |= {name: [value] for name, value in TYPED["log"].items()}
    describe_assertion(at.span, by=at.at.ben, paraphrase="It rose by two metres.")

    answer = at.cleo.post(at.url("log"), sent)

    assert fields_of(answer)["describe-paraphrase"] == ["It rose by two metres."]
    assert is_kept(answer, "verdict")


def test_enter_saves_the_one_form_that_was_typed_in_and_asks_where_there_are_several(at):
    sent = fields_of(at.page())
    nothing = at.cleo.post(at.url("save"), sent)
    assert nothing.status_code == 303, re.findall(r"data-kept>.{90}", nothing.text)
    one = sent | {name: [value] for name, value in TYPED["log"].items()}

    assert at.cleo.post(at.url("save"), one).status_code == 303
    assert WorkLogEntry.objects.get().who == "Zoe\u0301"

    both = one | {name: [value] for name, value in TYPED["verdict"].items()}
    asked = at.cleo.post(at.url("save"), both | {"key": ["22222222-1111-4111-8111-111111111111"]})
    assert "press the button of what to save" in shown(asked)
    assert is_kept(asked, "log")
    assert is_kept(asked, "verdict")
    assert WorkLogEntry.objects.count() == 1


def test_candidates_are_related_from_the_page_each_with_its_own_fields(at, far):
    page = at.cleo.post(at.url("look"), fields_of(at.page()) | {"find": ["water level"]})
    sent = fields_of(page) | {
        f"relate-{far.assertion_id}-kind": ["narrows"],
        f"relate-{far.assertion_id}-note": ["by a metre"],
        "relate": [str(far.assertion_id)],
    }

    at.cleo.post(at.url("relate"), sent)

    made = AssertionRelation.objects.get()
    assert (made.kind, made.note, made.object) == ("narrows", "by a metre", far.assertion)
