"""The article's page without scripts, with a long list, and the guide over it."""

from typing import Any

import pytest
from django.urls import reverse

from annotations.models import ReadMark, Span
from tests.builders import TEXT, article, desk, mark

QUOTE = "The river rose two metres in 2021"


@pytest.fixture
def at(server: Any) -> Any:
    return desk()


@pytest.fixture
def on(at: Any) -> Any:
    return article(at)


@pytest.fixture
def url(on: Any) -> str:
    return reverse("article", args=["desk", on.pk])


def test_without_scripts_words_are_marked_changed_withdrawn_and_restored(
    plain_page: Any, log_in: Any, at: Any, on: Any, url: str
) -> None:
    page = plain_page
    log_in(page, at.account(at.cleo))
    page.goto(url)
    page.get_by_role("link", name="Mark by quoting").first.click()
    page.get_by_label("Words to mark").fill("the RIVER rose  two metres in 2021")
    page.get_by_role("radio", name="claim").check()
    page.get_by_role("button", name="Mark", exact=True).click()
    assert page.locator("#article mark").inner_text() == QUOTE
    assert "Marked as claim." in page.locator("#messages").inner_text()

    page.locator(".span-card-open").click()
    page.get_by_role("radio", name="fact").check()
    page.get_by_label("Or a new speaker").fill("Zoe\u0301")
    page.get_by_label("Voice").select_option("named")
    page.get_by_role("button", name="Save").click()
    assert "fact" in page.locator(".span-card-head").inner_text()
    assert Span.objects.get().speaker.name == "Zoe\u0301"

    page.locator(".span-card-open").click()
    address = page.url
    page.get_by_role("button", name="Withdraw").click()
    assert page.locator("#article mark").count() == 0
    page.goto(address)
    page.get_by_role("button", name="Restore").click()
    assert page.locator("#article mark").inner_text() == QUOTE

    page.get_by_role("button", name="Undo").click()
    assert page.locator("#article mark").count() == 0


def test_without_scripts_words_that_stand_twice_are_chosen(
    plain_page: Any, log_in: Any, at: Any, on: Any, url: str
) -> None:
    page = plain_page
    log_in(page, at.account(at.cleo))
    page.goto(f"{url}spans/add")
    page.get_by_label("Words to mark").fill("was")
    page.get_by_role("radio", name="claim").check()
    page.get_by_role("button", name="Mark", exact=True).click()
    page.get_by_role("button", name="Mark this one").nth(1).click()

    assert Span.objects.get().start == TEXT.index("was", TEXT.index("was") + 1)


def test_without_scripts_a_paragraph_is_ticked_as_read(
    plain_page: Any, log_in: Any, at: Any, on: Any, url: str
) -> None:
    page = plain_page
    log_in(page, at.account(at.ben))
    page.goto(url)
    page.get_by_role("link", name="Roles and reading").click()
    page.locator("#block-1").get_by_role("button", name="Tick").click()

    assert page.locator("#block-1").get_by_role("button", name="read").is_visible()
    assert ReadMark.objects.get().block.index == 1


def test_a_theme_is_chosen_without_scripts_and_kept(plain_page: Any) -> None:
    page = plain_page
    page.goto("/login/")
    page.locator(".menu summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Dark").click()

    assert page.url.endswith("/login/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_rest_of_a_long_list_follows_the_page(
    page: Any, log_in: Any, at: Any, on: Any, url: str
) -> None:
    for _ in range(302):
        mark(at, on, "Nobody was hurt")
    log_in(page, at.account(at.cleo))
    page.goto(url)

    page.wait_for_function("() => document.querySelectorAll('#span-list > li').length === 302")
    page.wait_for_selector("#span-more", state="detached")
    assert "302 claims" in page.locator("#span-counts").inner_text()


def test_the_guide_opens_over_the_article(
    page: Any, log_in: Any, at: Any, on: Any, url: str
) -> None:
    log_in(page, at.account(at.cleo))
    page.goto(url)
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog", name="Guide")
    dialog.get_by_text("Could any record settle it?").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.url.endswith(url)
