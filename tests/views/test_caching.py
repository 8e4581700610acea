"""What browsers may keep: nothing that was made for somebody."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import logged_in, mark

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("projects", {}),
        ("article", {}),
        ("settings", {}),
        ("evidence", {}),
        ("history", {}),
        ("changes", JSON),
        ("inbox-count", JSON),
        ("login", {}),
    ],
)
def test_no_answer_to_somebody_is_kept_by_a_browser(at, on, name, headers):
    span = mark(at, on, "The river rose two metres")
    about = {
        "projects": [],
        "inbox-count": [],
        "login": [],
        "settings": [at.project.slug],
        "evidence": [at.project.slug, on.pk, span.pk],
    }.get(name, [at.project.slug, on.pk])

    answer = logged_in(at, at.ada).get(reverse(name, args=about), headers=headers)

    assert answer.status_code in (200, 302)
    assert "no-store" in answer["Cache-Control"]


def test_refusals_and_pages_for_nobody_are_not_kept_either(at):
    page = reverse("settings", args=[at.project.slug])
    client_of_dan = Client()
    client_of_dan.force_login(at.dan)

    for answer in (
        client_of_dan.get(page),
        Client().get(page),
        Client().post(page, {"name": "typed"}),
        Client().get("/no/such/page/"),
    ):
        assert "no-store" in answer["Cache-Control"]


def test_log_out_lets_the_browser_throw_its_cache_away_and_no_more(at):
    answer = logged_in(at, at.ada).post("/logout/")

    # "storage" would take what another account has not sent yet.
    assert answer["Clear-Site-Data"] == '"cache"'
    assert "no-store" in answer["Cache-Control"]
