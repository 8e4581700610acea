"""A newer version announces itself in open pages; spans are settled by keys, and without scripts."""

from typing import Any

import pytest

from annotations.actions.articles import import_article
from annotations.models import Article, Span
from annotations.queries.carrying import doubtful_spans, left_spans
from tests import builders
from tests.browser.test_live import open_as, place  # noqa: F401 - a fixture
from tests.builders import TEXT, Desk, draft, mark

URL = "https://paper.example/flood"
CLAIM = "The river rose two metres in 2021"
QUOTE = "“It was a disgrace,” said the mayor"
GONE = "a colossal blunder"
NEXT = (
    TEXT.replace("two metres in 2021", "almost two metres in 2021")
    .replace("a disgrace", "an utter disgrace")
    .replace("The dam, a colossal blunder, was built in 1974.", "Ducks came, a huge mistake 🌊.")
)


@pytest.fixture
def at(server: Any) -> Desk:
    return builders.desk()


@pytest.fixture
def first(at: Desk) -> Article:
    return builders.article(at, url=URL)


def following(at: Desk) -> Article:
    return import_article(at.project, draft(NEXT, url=URL), by=at.ada)


def test_a_newer_version_announces_itself_in_every_open_page_of_the_older_one(
    at: Desk,
    first: Article,
    open_as: Any,  # noqa: F811
) -> None:
    addresses = (place(first), f"{place(first)}sign-off/", f"{place(first)}versions")
    pages = [open_as(at.ben, address) for address in addresses]
    pages[0].evaluate("window.same = true")

    second = following(at)

    for page in pages[:2]:
        line = page.locator("#newer")
        line.wait_for()
        assert "A newer version of this article was imported on" in line.inner_text()
    pages[2].get_by_text("A newer version is here").wait_for()
    assert pages[0].evaluate("window.same")
    pages[0].get_by_role("link", name="compare").click()
    pages[0].wait_for_url(f"**{place(second)}versions")


def test_spans_are_settled_by_keys_alone(
    at: Desk,
    first: Article,
    open_as: Any,  # noqa: F811
) -> None:
    mark(at, first, CLAIM)
    mark(at, first, QUOTE, "o")
    gone = mark(at, first, GONE, "o")
    second = following(at)
    one, two = doubtful_spans(second)
    page = open_as(at.cleo, f"{place(second)}versions")
    shown = page.locator("#carried-title")
    press = page.keyboard.press

    press("n")
    page.wait_for_url(f"**span={two.pk}*")
    page.locator("#previous-span").wait_for()
    press("p")
    page.wait_for_url(f"**span={one.pk}*")
    page.locator("#settle-form").wait_for()
    press("a")
    page.get_by_text("1 of 3 settled").first.wait_for()
    page.wait_for_url(f"**span={two.pk}*")
    press("w")
    page.get_by_text("2 of 3 settled").first.wait_for()
    assert "Not found" in shown.inner_text()
    press("l")
    page.get_by_text("Everything is settled").wait_for()
    assert left_spans(second) == {gone.pk}

    for settled in (2, 1, 0):
        press("u")
        page.get_by_text(f"{settled} of 3 settled").first.wait_for()
    assert list(doubtful_spans(second)) == [one, two]

    page.goto(f"{place(second)}versions?span={gone.pk}")
    page.locator("#quote").fill("a huge mistake")
    page.get_by_role("button", name="Mark these words").click()
    page.get_by_text("1 of 3 settled").first.wait_for()
    assert Span.objects.get(carried_from=gone).quote == "a huge mistake"


def test_a_place_that_is_proposed_is_taken_by_its_digit(
    at: Desk,
    first: Article,
    open_as: Any,  # noqa: F811
) -> None:
    old = builders.article(
        at, "Head 🌊\n\nThe mayor denied that the rents had doubled, שלום.", url=f"{URL}/2"
    )
    mark(at, old, "The mayor denied that the rents had doubled")
    ducks = "Ducks came to the river, and a good many of them stayed 🌊. " * 20
    text = (
        f"Head 🌊\n\nThe mayor denied that all the rents had doubled, שלום. {ducks}"
        "The mayor denies that rents have doubled."
    )
    new = import_article(at.project, draft(text, url=f"{URL}/2"), by=at.ada)
    page = open_as(at.cleo, f"{place(new)}versions")

    page.keyboard.press("1")
    assert page.locator("#settle-form").is_visible(), "a digit takes only what is in sight"
    page.keyboard.press("m")
    page.keyboard.press("1")

    page.get_by_text("1 of 1 settled").first.wait_for()
    assert Span.objects.get(article=new).quote == "The mayor denies that rents have doubled"


def test_the_screen_works_without_scripts(
    at: Desk, first: Article, plain_page: Any, log_in: Any
) -> None:
    mark(at, first, CLAIM)
    gone = mark(at, first, GONE, "o")
    second = following(at)
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(f"{place(second)}versions")

    plain_page.get_by_role("button", name="It stands").click()
    plain_page.get_by_text("Not found in this version").wait_for()
    plain_page.locator("#quote").fill("a HUGE mistake")
    plain_page.get_by_role("button", name="Mark these words").click()

    plain_page.get_by_text("Everything is settled").wait_for()
    assert Span.objects.get(carried_from=gone).quote == "a huge mistake"
    plain_page.get_by_role("button", name="Undo").click()
    plain_page.get_by_text("1 of 2 settled").wait_for()
