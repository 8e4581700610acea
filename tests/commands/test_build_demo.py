"""The demo's work goes through the actions, and the fixture in the repository is what comes out."""

from pathlib import Path

import pytest
from django.core.management import call_command

from annotations.models import Article, ConfidentialDetails, Decision
from annotations.queries.blockers import blockers

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "demo.json"


@pytest.fixture
def built(transactional_db, tmp_path):
    output = tmp_path / "demo.json"
    call_command("build_demo", output=str(output))
    return output


def test_the_replay_leaves_one_article_signed_one_lapsed_and_one_in_work(built):
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
    # Last, so that one database is built once: what is written is what is kept,
    # and nothing of the confidential source is in it.
    # Compared outside the assertion: spelling out how megabytes differ takes pytest for ever.
    same = built.read_bytes() == FIXTURE.read_bytes()
    assert same, (
        "The demo or what it goes through has changed: migrate an empty database and run "
        "manage.py build_demo --output fixtures/demo.json there."
    )
    secret, _ = ConfidentialDetails.objects.get().details.split(" Invented.")
    assert not any(sentence in built.read_text() for sentence in secret.split(". "))
