"""The export page and its file, as a browser asks for them."""

import io
import json
import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotations.actions.articles import purge_article
from annotations.models import Article, Project
from tests import builders
from tests.stories import sign, story

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return story()


def get(at, person, name="export", **data):
    client = Client()
    client.force_login(at.desk.account(person) if hasattr(person, "project_id") else person)
    return client.get(reverse(name, args=[at.desk.project.slug]), data)


def test_the_page_says_what_matches_and_why_the_rest_does_not(at):
    page = get(at, at.desk.cleo).text

    assert "2 articles with 3 spans." in page
    assert "1 of 2 matches, with 2 spans." in page
    assert "1 awaits second reading" in page


def test_the_file_is_what_the_command_writes(at, tmp_path):
    call_command("export_dataset", project="desk", format="fixture", output=f"{tmp_path}/out")

    answer = get(
        at, at.desk.cleo, "export-file", format="fixture", articles="all", people="pseudonyms"
    )

    assert answer.content == (tmp_path / "out").read_bytes()
    assert 'filename="desk-' in answer["Content-Disposition"]


def test_jsonl_of_the_signed_off_articles_alone(at):
    answer = get(
        at, at.desk.ada, "export-file", format="jsonl", articles="signed_off", people="names"
    )

    header, *articles = map(json.loads, answer.content.splitlines())
    assert [article["uuid"] for article in articles] == [str(at.flood.pk)]
    assert header["articles"] == 1


@pytest.fixture
def versions(at):
    """Import a newer version of the flood, of which one span was carried over."""
    Article.objects.filter(pk=at.flood.pk).update(
        url="https://paper.example/flood", revision=at.flood.revision + 1
    )
    text = at.flood.text.replace("Nobody was hurt", "Two were hurt")
    newer = builders.article(at.desk, text, url="https://paper.example/flood")
    sign(at.flood, at.desk.ben)
    return newer


def listed(at, name):
    """Return how many rows the list ``name`` says it has."""
    return int(re.search(r"(\d+) (?:article|span)s?\b", get(at, at.desk.ada, name).text)[1])


def exported(at, **more):
    chosen = {"format": "jsonl", "articles": "all", "people": "names", **more}
    _, *lines = get(at, at.desk.ada, "export-file", **chosen).content.splitlines()
    return [json.loads(line) for line in lines]


def test_newest_versions_leave_with_the_counts_of_the_lists(at, versions):
    page = get(at, at.desk.ada).text
    counts = (listed(at, "articles"), listed(at, "spans"))
    rows = exported(at)

    assert f"{counts[0]} articles with {counts[1]} spans." in page
    assert "1 is an earlier version" in page
    assert "A fixture holds that version, too" in page
    assert (len(rows), sum(len(row["spans"]) for row in rows)) == counts
    assert {row["uuid"] for row in rows} == {str(versions.pk), str(at.dam.pk)}
    older = exported(at, older_versions="on")
    assert {row["uuid"] for row in older} == {str(versions.pk), str(at.dam.pk), str(at.flood.pk)}
    # Signed off is the older version alone, which leaves where older ones are asked for.
    assert exported(at, articles="signed_off") == []
    signed = exported(at, articles="signed_off", older_versions="on")
    assert [row["uuid"] for row in signed] == [str(at.flood.pk)]


def test_a_fixture_holds_the_versions_before_and_says_how_many(at, versions, tmp_path):
    said = io.StringIO()

    call_command(
        "export_dataset", project="desk", format="fixture", output=f"{tmp_path}/out", stderr=said
    )

    rows = json.loads((tmp_path / "out").read_text())
    assert len([row for row in rows if row["model"] == "annotations.article"]) == 3
    assert "2 articles with " in said.getvalue()
    assert "Of the others, 1 is an earlier version." in said.getvalue()
    assert "1 more leave in a fixture" in said.getvalue()
    said = io.StringIO()
    call_command(
        "export_dataset",
        *("--project", "desk", "--format", "jsonl", "--older-versions"),
        *("--output", f"{tmp_path}/out"),
        stderr=said,
    )
    assert len((tmp_path / "out").read_text().splitlines()) == 4
    assert "3 articles with " in said.getvalue()


def test_where_the_newest_version_was_purged_the_one_before_it_leaves(at, versions):
    purge_article(versions, reason="A court order.", by=at.desk.ada)

    assert {row["uuid"] for row in exported(at)} == {str(at.flood.pk), str(at.dam.pk)}
    assert "1 had its text removed" in get(at, at.desk.ada).text
    client = Client()
    client.force_login(at.desk.account(at.desk.ada))
    assert 'class="number">2<' in client.get(reverse("projects")).text


def test_an_unknown_format_comes_back_with_the_page(at):
    answer = get(at, at.desk.ada, "export-file", format="brta", articles="all", people="names")

    assert answer.status_code == 422
    assert "brta" in answer.text


@pytest.mark.parametrize("name", ["export", "export-file"])
def test_a_stranger_finds_nothing(at, name):
    assert get(at, at.desk.dan, name).status_code == 404


def test_in_independent_mode_only_a_manager_exports():
    desk = builders.desk(preset="dataset")
    at = type("At", (), {"desk": desk})

    assert Project.objects.get().mode == "independent"
    assert get(at, desk.cleo).status_code == 403
    assert get(at, desk.ada).status_code == 200


def test_the_page_asks_as_many_queries_for_two_articles_as_for_one(
    at, django_assert_max_num_queries
):
    client = Client()
    client.force_login(at.desk.account(at.desk.ada))
    with django_assert_max_num_queries(30):
        client.get(reverse("export", args=["desk"]))
