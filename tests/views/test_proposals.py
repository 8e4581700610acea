"""What a second reader asks, where its author works: on the card, the span's page, in the inbox."""

import re

import pytest

from annotations.actions.review import decide
from annotations.actions.spans import add_speaker
from annotations.models import Decision
from tests import builders as build
from tests.stories import token

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}
WORDS = "It was a disgrace"


@pytest.fixture
def span(at, on):
    return build.mark(at, on, WORDS)


@pytest.fixture
def proposed(at, span) -> Decision:
    mayor = add_speaker(at.project, name="The mayor <b>", by=at.cleo)
    return decide(
        span,
        outcome="proposed",
        proposal={
            "start": span.start + 7,
            "end": span.end,
            "label": str(at.label("o").pk),
            "voice": "named",
            "speaker": str(mayor.pk),
            "chain": "the town’s paper",
            "quote_kind": "direct",
        },
        reason="Her <i>own</i> words שלום",
        shown=token(span),
        by=at.ben,
    )


def asked(html: str) -> str:
    """Return what is asked as text, what goes in [-…-] and what comes in {+…+}."""
    [found] = re.findall(r'<div class="asked".*?</div>', html, re.DOTALL)
    for tag, marks in (("del", "[-{}-]"), ("ins", "{{+{}+}}")):
        found = re.sub(
            rf"<{tag}>(.*?)</{tag}>", lambda one, marks=marks: marks.format(one[1]), found
        )
    return re.sub(r"<[^>]+>", " ", found)


LINES = [
    "ben  proposes a change",
    "[-It was -]a disgrace",
    "[-claim-] → {+opinion+}",
    "[-author-] → {+named speaker+}",
    "[-nobody named-] → {+The mayor &lt;b&gt;+}",
    "[-none-] → {+the town’s paper+}",
    "Her &lt;i&gt;own&lt;/i&gt; words שלום",
]


@pytest.mark.parametrize("place", ["", "spans/{}/", "/inbox/"])
def test_a_proposal_is_shown_as_old_and_new(at, url, client, span, proposed, place):
    to = place if place.startswith("/") else url + place.format(span.pk)

    shown = asked(client.get(to).content.decode())

    for line in LINES:
        assert line in shown


@pytest.mark.parametrize("place", ["", "spans/{}/"])
def test_a_return_can_be_read_there_too(at, on, url, client, span, place):
    decide(
        span,
        outcome="returned",
        reason_code="boundary",
        reason="Extend to the whole clause é",
        shown=token(span),
        by=at.ben,
    )

    shown = asked(client.get(url + place.format(span.pk)).content.decode())

    assert "ben  returned it: boundary" in shown
    assert "Extend to the whole clause é" in shown


def test_a_card_that_is_patched_shows_it_and_a_long_stretch_is_cut(at, client):
    long = build.article(at, "Floods\n\n" + "It rained 🌊 all day. " * 60 + "It stopped.")
    body = long.text[8:]
    span = build.mark(at, long, body)
    decide(
        span,
        outcome="proposed",
        proposal={"start": span.start, "end": span.end - len(" It stopped.")},
        shown=token(span),
        by=at.ben,
    )
    to = f"/p/desk/a/{long.pk}/spans/{span.pk}/change"

    card = client.post(to, {"revision": 1, "note": "x"}, headers=JSON).json()["cards"][str(span.pk)]

    assert "[- It stopped.-]" in asked(card) or "[-It stopped.-]" in asked(card)
    assert len(asked(card)) < 700


@pytest.mark.parametrize(("person", "answers"), [("cleo", True), ("ada", True), ("ben", False)])
def test_who_may_answer_finds_the_buttons(at, url, client_of, span, proposed, person, answers):
    client = client_of(getattr(at, person))

    page = client.get(f"{url}spans/{span.pk}/").content.decode()
    panel = client.get(f"{url}spans/{span.pk}/", headers=JSON).json()["answer"]

    for html in (page, panel):
        assert (f"decisions/{proposed.pk}/take" in html) is answers
        assert (f"decisions/{proposed.pk}/decline" in html) is answers


def test_a_viewer_reads_it_and_finds_no_button(at, url, span, proposed):
    from annotations.actions.projects import set_member

    eve = set_member(at.project, account=build.account("eve"), role="viewer", by=at.ada)
    page = build.logged_in(at, eve).get(f"{url}spans/{span.pk}/").content.decode()

    assert "proposes a change" in page
    assert "/take" not in page


def test_it_is_taken_and_declined_without_a_script_and_leads_back(at, url, client, span, proposed):
    page = client.get("/inbox/").content.decode()
    [take] = re.findall(r'action="([^"]+/take)"', page)
    [decline] = re.findall(r'action="([^"]+/decline)"', page)

    nothing = client.post(decline, {"answer": " ", "next": "/inbox/"})
    declined = client.post(decline, {"answer": "They are hers.", "next": "/inbox/"})
    late = client.post(take, {"next": "/inbox/"})

    assert nothing.status_code == 422
    assert "Say in a line why you keep yours" in nothing.content.decode()
    assert (declined.status_code, declined["Location"]) == (303, "/inbox/")
    assert late.status_code == 422
    assert "cleo has kept the span as it was: “They are hers.”" in late.content.decode()
    assert Decision.objects.get().answer == "They are hers."
    assert "Take it" not in client.get("/inbox/").content.decode()


def test_a_script_gets_the_card_without_what_was_answered(at, url, client, span, proposed):
    to = f"{url}spans/{span.pk}/decisions/{proposed.pk}/decline"

    answer = client.post(to, {"answer": "They are hers."}, headers=JSON).json()

    assert answer["message"] == "Kept as it is; its second reader is told why."
    assert "asked" not in answer["cards"][str(span.pk)]
    assert "change proposed" not in answer["cards"][str(span.pk)]


def test_taken_by_a_script_the_blocks_of_old_and_new_words_come(at, url, client, span, proposed):
    to = f"{url}spans/{span.pk}/decisions/{proposed.pk}/take"

    answer = client.post(to, headers=JSON).json()

    assert answer["message"] == "Changed as proposed."
    assert "The mayor" in answer["cards"][str(span.pk)]
    assert list(answer["blocks"]) == ["1"]


def test_its_reader_reads_the_answer_in_the_inbox_and_before_deciding_anew(
    at, url, client, client_of, span, proposed
):
    to = f"{url}spans/{span.pk}/decisions/{proposed.pk}/decline"
    client.post(to, {"answer": "They are hers é."})
    ben = client_of(at.ben)

    inbox = ben.get("/inbox/").content.decode()
    reading = ben.get(f"{url}second-reading/").content.decode()

    assert "keeps the span as it is, against your proposal" in inbox
    assert "They are hers é." in inbox
    assert "They are hers é." in reading
    assert 'value="accepted"' in reading


def test_a_viewer_of_an_inbox_reads_a_proposal_that_others_answer(at, client, span, proposed):
    from annotations.models import Membership

    Membership.objects.filter(account=at.account(at.cleo)).update(role="viewer")

    page = client.get("/inbox/").content.decode()

    assert "proposes a change to your span" in page
    assert "/take" not in page


def test_many_proposals_cost_as_many_queries_as_one(at, on, url, client, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def propose(quote: str) -> None:
        span = build.mark(at, on, quote)
        proposal = {"label": str(at.label("o").pk)}
        decide(span, outcome="proposed", proposal=proposal, shown=token(span), by=at.ben)

    propose("river")
    pages = (url, "/inbox/")
    for page in pages:
        client.get(page)
    counts = []
    for page in pages:
        with CaptureQueriesContext(connection) as found:
            client.get(page)
        counts.append(len(found))
    for quote in ("rose", "metres", "disgrace", "mayor"):
        propose(quote)

    for page, count in zip(pages, counts, strict=True):
        with django_assert_num_queries(count):
            client.get(page)
