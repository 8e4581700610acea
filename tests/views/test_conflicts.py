"""A save that came second: both versions side by side, and a form for each choice."""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.evidence import (
    add_source,
    change_citation,
    cite,
    describe_assertion,
    give_verdict,
    set_work_state,
    withdraw_citation,
)
from annotations.actions.spans import change_span, withdraw_span
from annotations.models import Assertion, Citation, Comment, Event, Span
from tests.builders import Desk, article, mark

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
DAM = "The dam, a colossal blunder"
MINE = "Ask the cafe\u0301 owners 👩‍👧."
THEIRS = "שלום: ask <b>the town</b>."


class _Forms(HTMLParser):
    """The forms of a page: what each choice would post, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {}
        self._form: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        about = dict(attrs)
        if tag == "form":
            self._form = {"method": about["method"], "action": about["action"], "fields": {}}
            if "data-choice" in about:
                self.found[about["data-choice"]] = self._form
        elif tag == "input" and self._form is not None:
            self._form["fields"][about["name"]] = about["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@dataclass
class Page:
    at: Desk
    span: Span
    client: Client

    def post(self, step: str, typed: dict[str, Any], **more: Any) -> Any:
        base = reverse("article", args=["desk", self.span.article_id])
        return self.client.post(f"{base}spans/{self.span.pk}/{step}", typed, **more)

    def choose(self, answer: Any, name: str) -> Any:
        form = choices(answer)[name]
        return self.client.post(form["action"], form["fields"])


def choices(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 409
    forms = _Forms()
    forms.feed(answer.content.decode())
    return forms.found


def said(answer: Any) -> str:
    words = re.sub(r"<(?!/?(ins|del)\b)[^>]+>", " ", answer.content.decode())
    return html.unescape(" ".join(words.split()))


@pytest.fixture
def page(at: Desk) -> Page:
    client = Client()
    client.force_login(at.account(at.cleo))
    return Page(at, mark(at, article(at), DAM), client)


def test_two_notes_stand_side_by_side_and_keeping_both_loses_neither(at, page):
    change_span(page.span, by=at.ben, note=THEIRS)

    answer = page.post("change", {"revision": 1, "note": MINE})

    assert "ben changed this span just now" in said(answer)
    assert f"<ins>{THEIRS.split('<')[0]}" in said(answer)
    assert "<ins>Ask the cafe\u0301 owners 👩‍👧.</ins>" in said(answer)
    assert str(at.label("c").pk) not in said(answer)
    assert set(choices(answer)) == {"theirs", "mine", "both"}
    assert choices(answer)["theirs"]["method"] == "get"
    assert page.choose(answer, "both").status_code == 303
    assert Span.objects.get().note == f"{THEIRS}\n\n{MINE}"


def test_mine_replaces_theirs_knowingly(at, page):
    change_span(page.span, by=at.ben, note=THEIRS)

    answer = page.post("change", {"revision": 1, "note": MINE})

    assert "ben’s version of note gives way to yours" in said(answer)
    assert page.choose(answer, "mine").status_code == 303
    assert Span.objects.get().note == MINE


def test_what_only_one_of_us_changed_is_taken_from_each(at, page):
    change_span(page.span, by=at.ben, label=at.label("f"))

    answer = page.post(
        "change", {"revision": 1, "note": MINE, "label": str(at.label("c").pk), "uncertain": "on"}
    )

    assert "<del>Claim</del><ins>Fact</ins>" in said(answer).replace("claim", "Claim").replace(
        "fact", "Fact"
    )
    assert "both changed it" not in said(answer)
    page.choose(answer, "both")
    span = Span.objects.get()
    assert (span.note, span.label.kind, span.uncertain) == (MINE, "fact", True)


def test_two_labels_keep_mine_as_a_span_of_its_own(at, page):
    change_span(page.span, by=at.ben, label=at.label("f"), note="bens")

    answer = page.post("change", {"revision": 1, "note": MINE, "label": str(at.label("o").pk)})
    assert "mine as a span of its own" in said(answer)
    page.choose(answer, "both")

    first, second = Span.objects.order_by("created_at")
    assert (first.label.kind, first.note) == ("fact", "bens")
    assert (second.label.kind, second.note, second.quote) == ("opinion", MINE, DAM)
    assert second.author == at.cleo


def test_ends_that_both_moved_are_shown_as_words(at, page):
    start = page.span.start
    change_span(page.span, by=at.ben, start=start, end=start + len("The dam"))

    answer = page.post(
        "change",
        {
            "revision": 1,
            "start": start + 4,
            "end": start + len(DAM),
            "speaker_name": "",
            "quote": "",
        },
    )

    assert "<del>, a colossal blunder</del>" in said(answer)
    page.choose(answer, "both")
    assert sorted(Span.objects.values_list("quote", flat=True)) == [
        "The dam",
        "dam, a colossal blunder",
    ]


def test_what_cannot_stand_beside_theirs_is_written_into_the_note(at, page):
    change_span(page.span, by=at.ben, certainty="denied")

    answer = page.post("change", {"revision": 1, "certainty": "hedged", "claim_kind": "causal"})
    assert "what ben saved stands; yours is written into the note" in said(answer)
    page.choose(answer, "both")

    span = Span.objects.get()
    assert (span.certainty, span.claim_kind) == ("denied", "causal")
    assert span.note == "cleo had certainty: hedged."


def test_a_speaker_who_is_new_with_mine_is_named_and_made_once_it_is_chosen(at, page):
    change_span(page.span, by=at.ben, note="bens")

    answer = page.post(
        "change", {"revision": 1, "voice": "named", "speaker": "", "speaker_name": "Inés 🌊"}
    )
    assert "<ins>Inés 🌊</ins>" in said(answer)
    page.choose(answer, "both")

    span = Span.objects.get()
    assert (span.speaker.name, span.note) == ("Inés 🌊", "bens")


def test_a_choice_that_is_stale_again_shows_the_newest(at, page):
    change_span(page.span, by=at.ben, note="bens")
    answer = page.post("change", {"revision": 1, "note": MINE})
    change_span(page.span, by=at.ada, note="adas")

    again = page.choose(answer, "mine")

    assert again.status_code == 409
    assert "Ada changed this span" in said(again)
    assert "adas" in said(again)
    page.choose(again, "mine")
    assert Span.objects.get().note == MINE


def test_a_choice_sent_twice_is_one_save(at, page):
    change_span(page.span, by=at.ben, label=at.label("f"))
    answer = page.post("change", {"revision": 1, "label": str(at.label("o").pk)})

    page.choose(answer, "both")
    page.choose(answer, "both")

    assert Span.objects.count() == 2


def test_a_script_gets_the_same_screen_within_the_refusal(at, page):
    change_span(page.span, by=at.ben, note=THEIRS)

    answer = page.post("change", {"revision": 1, "note": MINE}, headers=JSON)

    body = answer.json()
    assert (answer.status_code, body["code"], body["current"]["revision"]) == (409, "stale", 2)
    assert 'data-choice="both"' in body["conflict"]
    assert "&lt;b&gt;the" in body["conflict"]
    assert "csrfmiddlewaretoken" in body["conflict"]


def test_the_same_change_by_both_leaves_nothing_to_choose(at, page):
    change_span(page.span, by=at.ben, label=at.label("f"))

    answer = page.post("change", {"revision": 1, "label": str(at.label("f").pk)})

    assert answer.status_code in (200, 303)
    assert Span.objects.get().label == at.label("f")


def test_a_span_withdrawn_meanwhile_is_restored_with_mine_or_let_go(at, page):
    withdraw_span(page.span, by=at.ben)

    answer = page.post("change", {"revision": 1, "note": MINE})
    assert "ben withdrew this span" in said(answer)
    assert "Leave it withdrawn" in said(answer)
    assert "Restore it" in said(answer)
    page.choose(answer, "both")

    span = Span.objects.get()
    assert (span.note, span.withdrawn_at) == (MINE, None)


def test_a_span_withdrawn_meanwhile_that_i_only_looked_at_can_be_restored(at, page):
    withdraw_span(page.span, by=at.ben)

    answer = page.post("change", {"revision": 1, "note": ""})
    page.choose(answer, "mine")

    assert Span.objects.get().withdrawn_at is None


def test_withdrawing_what_somebody_has_changed_asks_first(at, page):
    change_span(page.span, by=at.ben, note=THEIRS)

    answer = page.post("withdraw", {"revision": 1})
    assert set(choices(answer)) == {"theirs", "mine"}
    assert "Withdraw it all the same" in said(answer)
    page.choose(answer, "mine")

    assert Span.objects.get().withdrawn_at is not None


# --- evidence ---------------------------------------------------------------------------------


def test_two_verdicts_leave_theirs_standing_and_mine_as_a_comment(at, page):
    give_verdict(page.span, verdict="refuted", reason=THEIRS, as_of="2021", by=at.ben)

    answer = page.post(
        "evidence/verdict",
        {
            "revision": "",
            "verdict": "supported",
            "verdict_reason": MINE,
            "verdict_as_of": "2021-07",
        },
    )
    assert "mine as a comment" in said(answer)
    page.choose(answer, "both")

    assertion = Assertion.objects.get()
    assert (assertion.verdict, assertion.verdict_reason) == ("refuted", THEIRS)
    body = Comment.objects.get(span=page.span).body
    assert "Verdict: supported" in body
    assert f"Because: {MINE}" in body
    assert "As of: July 2021" in body


def test_my_verdict_can_replace_theirs(at, page):
    give_verdict(page.span, verdict="refuted", reason=THEIRS, by=at.ben)

    answer = page.post(
        "evidence/verdict", {"revision": "", "verdict": "supported", "verdict_reason": MINE}
    )
    page.choose(answer, "mine")

    assertion = Assertion.objects.get()
    assert (assertion.verdict, assertion.verdict_by) == ("supported", at.cleo)


def test_two_states_of_the_search_are_put_side_by_side(at, page):
    set_work_state(page.span, state="searching", by=at.ada)
    seen = Assertion.objects.get().revision
    set_work_state(page.span, state="waiting", by=at.ben)

    answer = page.post("evidence/state", {"revision": seen, "state": "nothing_found", "due": ""})
    assert "<del>searching</del><ins>searched, nothing found</ins>" in said(answer)
    page.choose(answer, "mine")

    assert Assertion.objects.get().work_state == "nothing_found"


def test_two_paraphrases_are_both_kept(at, page):
    describe_assertion(page.span, by=at.ben, paraphrase=THEIRS)

    answer = page.post("evidence/describe", {"paraphrase": MINE, "said_on": "2021-07"})
    page.choose(answer, "both")

    assertion = Assertion.objects.get()
    assert (assertion.paraphrase, assertion.said_on) == (f"{THEIRS}\n\n{MINE}", "2021-07")


@pytest.fixture
def citation(at, page):
    source = add_source(at.project, by=at.cleo, kind="official", title="Gauge report")
    return cite(page.span, source, by=at.cleo, quotation="one metre")


def test_two_quotations_are_two_citations(at, page, citation):
    change_citation(citation, by=at.ben, quotation=THEIRS)

    answer = page.post(
        f"evidence/citations/{citation.pk}/change",
        {"revision": 1, "stance": "supports", "quotation": MINE},
    )
    assert "mine as a citation of its own" in said(answer)
    page.choose(answer, "both")

    assert set(Citation.objects.values_list("quotation", flat=True)) == {THEIRS, MINE}
    assert len({one.source_id for one in Citation.objects.all()}) == 1


def test_notes_and_dates_of_a_citation_are_merged(at, page, citation):
    change_citation(citation, by=at.ben, note=THEIRS, accessed_on=None)

    answer = page.post(
        f"evidence/citations/{citation.pk}/change",
        {
            "revision": 1,
            "stance": "supports",
            "quotation": "one metre",
            "note": MINE,
            "accessed_on": "2021-09-03",
        },
    )
    page.choose(answer, "both")

    citation.refresh_from_db()
    assert citation.note == f"{THEIRS}\n\n{MINE}\n\ncleo had looked up on: 3 September 2021."
    assert citation.accessed_on is None


def test_a_citation_withdrawn_meanwhile_is_restored_with_mine(at, page, citation):
    withdraw_citation(citation, by=at.ben)

    answer = page.post(
        f"evidence/citations/{citation.pk}/change",
        {"revision": 1, "stance": "supports", "quotation": MINE},
    )
    page.choose(answer, "both")

    citation.refresh_from_db()
    assert (citation.quotation, citation.withdrawn_at) == (MINE, None)


def test_a_citation_whose_words_changed_is_confirmed_only_as_it_is_now(at, page, citation):
    change_citation(citation, by=at.cleo, quotation=THEIRS)
    page.client.force_login(at.account(at.ben))

    answer = page.post(f"evidence/citations/{citation.pk}/confirm", {"revision": 1})
    assert "Confirm it as it is now" in said(answer)
    page.choose(answer, "mine")

    citation.refresh_from_db()
    assert citation.confirmed_by == at.ben


def test_who_confirmed_it_meanwhile_is_named(at, page, citation):
    from annotations.actions.evidence import confirm_citation

    confirm_citation(citation, by=at.ben)

    answer = page.post(
        f"evidence/citations/{citation.pk}/change",
        {"revision": 1, "stance": "supports", "quotation": MINE},
    )

    assert "<ins>by ben</ins>" in said(answer)


def test_a_withdrawn_citation_is_not_confirmed(at, page, citation):
    withdraw_citation(citation, by=at.cleo)
    page.client.force_login(at.account(at.ben))

    answer = page.post(f"evidence/citations/{citation.pk}/confirm", {"revision": 1})

    assert set(choices(answer)) == {"theirs"}


def test_texts_too_long_for_one_field_are_not_joined(at, page):
    change_span(page.span, by=at.ben, note="a" * 15_000)

    answer = page.post("change", {"revision": 1, "note": "b" * 15_000})

    assert set(choices(answer)) == {"theirs", "mine"}


def test_a_verdict_of_any_length_fits_into_a_comment(at, page):
    give_verdict(page.span, verdict="refuted", reason=THEIRS, by=at.ben)

    answer = page.post(
        "evidence/verdict",
        {"revision": "", "verdict": "supported", "verdict_reason": "é" * 20_000},
    )

    assert set(choices(answer)) == {"theirs", "mine", "both"}


def test_where_the_version_i_saw_is_withheld_the_two_still_stand_side_by_side(at, page):
    from django.db import connection

    from annotations.models import guards

    change_span(page.span, by=at.ben, note=THEIRS)
    with guards.lifted(connection):
        Event.objects.filter(kind="span.added").update(payload=None)

    answer = page.post("change", {"revision": 1, "note": MINE})

    assert "<ins>" not in said(answer)
    assert MINE in said(answer)
    page.choose(answer, "both")
    assert Span.objects.get().note == f"{THEIRS}\n\n{MINE}"
