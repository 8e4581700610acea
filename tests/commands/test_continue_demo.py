"""The demo's story is told to its end, and what is new in it goes through the actions."""

import gzip
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from annotations.management.commands import _demo_content as demo
from annotations.models import Article, Decision, Span
from annotations.queries.blockers import blockers
from annotations.queries.verification import verify

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "demo.json"
KEPT = Path(__file__).resolve().parents[1] / "kept"


@pytest.fixture
def continued(transactional_db, tmp_path):
    output = tmp_path / "demo.json"
    call_command("continue_demo", output=str(output))
    return output


def test_the_story_leaves_one_article_signed_one_lapsed_and_one_in_work(continued):
    by_name = {article.name: article for article in Article.objects.all()}
    oath, victory, doha = (by_name[f"{key}.html"] for key in ("oath", "victory", "doha"))

    lapsed = oath.sign_offs.get()
    assert lapsed.lapsed_at is not None
    assert "citation" in {item["item"].split(":")[0] for item in lapsed.lapse}
    assert len(lapsed.waivers) == 1
    assert victory.sign_offs.get().lapsed_at is None
    assert blockers(victory) == []
    assert not doha.sign_offs.exists()
    assert {blocker.kind for blocker in blockers(doha)} > {"second_reader", "returned", "comment"}
    assert set(Decision.objects.values_list("outcome", flat=True)) == {
        "accepted",
        "returned",
        "proposed",
    }
    # Last, so that one database is filled once: what is written is what is kept,
    # and nothing of the confidential source is in it.
    # Compared outside the assertion: spelling out how megabytes differ takes pytest for ever.
    same = continued.read_bytes() == FIXTURE.read_bytes()
    assert same, (
        "The story goes on, or its tables have new columns: migrate an empty database and run "
        "manage.py continue_demo --output fixtures/demo.json there."
    )
    [details] = [source.details for source in demo.SOURCES if source.details]
    secret, _ = details.split(" Invented.")
    assert not any(sentence in continued.read_text() for sentence in secret.split(". "))


def test_a_new_sitting_is_told_after_all_that_is_there(transactional_db, monkeypatch):
    more = demo.Sitting(
        "2027-03-01T09:00",
        "ben",
        (
            demo.Mark("new", "doha", "O", "Doha"),
            demo.Propose("new", {"label": "C"}, "It can be checked. 🌊"),
            demo.Take("new"),
        ),
    )
    proposer = demo.Sitting("2027-03-02T09:00", "ada", more.steps[1:2])
    taker = demo.Sitting("2027-03-03T09:00", "ben", more.steps[2:])
    first = demo.Sitting("2027-03-01T09:00", "ben", more.steps[:1])
    monkeypatch.setattr(demo, "SITTINGS", (*demo.SITTINGS, first, proposer, taker))

    call_command("continue_demo")

    span = Span.objects.get(quote="Doha", label__key="c", created_at__year=2027)
    assert span.decisions.get().taken_at is not None
    assert not list(verify())


def test_what_people_have_of_the_demo_is_where_its_history_begins():
    def events(rows):
        return {
            (row["fields"]["stream"], row["fields"]["sequence"]): row["fields"]["hash"]
            for row in rows
            if row["model"] == "annotations.event"
        }

    now = events(json.loads(FIXTURE.read_bytes()))
    for kept in sorted(KEPT.glob("*/demo.json.gz")):
        before = events(json.loads(gzip.decompress(kept.read_bytes())))
        assert before
        assert before.items() <= now.items()
