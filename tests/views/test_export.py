"""The export page and its file, as a browser asks for them."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Project
from tests import builders
from tests.stories import story

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
    from django.core.management import call_command

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
