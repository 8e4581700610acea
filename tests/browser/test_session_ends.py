"""A session that ends while somebody works: nothing that was typed or marked is lost."""

from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from annotations.models import Source, Span
from tests.builders import PASSWORD, Desk, article, desk

WORDS = "Nobody"


@pytest.fixture
def at(page: Any, log_in: Any) -> Desk:
    """A desk, and a page of cleo's on its article whose session has just ended."""
    at = desk()
    on = article(at)
    log_in(page, at.account(at.cleo))
    page.goto(reverse("article", args=[at.project.slug, on.pk]))
    page.wait_for_function("() => document.getElementById('announcements') !== null")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    return at


def mark(page: Any) -> Any:
    page.evaluate(
        """async (words) => {
          const { toRange } = await import("/static/annotations/js/offsets.js");
          const article = document.getElementById("article");
          const at = [...article.textContent.split(words)[0]].length;
          getSelection().setBaseAndExtent(...(({ startContainer, startOffset, endContainer,
            endOffset }) => [startContainer, startOffset, endContainer, endOffset])(
            toRange(article, at, at + words.length)));
        }""",
        WORDS,
    )
    page.locator(".popover:visible").wait_for()
    page.keyboard.press("f")
    outbox = page.locator("#outbox")
    outbox.wait_for()
    return outbox


def log_in_elsewhere(page: Any, name: str) -> None:
    """Log in by the form, in another tab: the token that the first page carries dies with that."""
    tab = page.context.new_page()
    tab.goto("/login/")
    tab.fill("[name=username]", name)
    tab.fill("[name=password]", PASSWORD)
    tab.click("main button")
    tab.wait_for_url("**/")
    tab.close()


def test_a_mark_made_after_the_session_ended_is_saved_once_its_maker_is_back(
    page: Any, at: Desk
) -> None:
    outbox = mark(page)
    assert "You are logged out" in outbox.inner_text()

    log_in_elsewhere(page, at.account(at.cleo).username)
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.locator("#span-list li").wait_for()

    assert outbox.is_hidden()
    span = Span.objects.get()
    assert (span.quote, span.author) == (WORDS, at.cleo)


def test_a_mark_is_not_saved_in_the_name_of_somebody_else_who_logged_in(
    page: Any, at: Desk
) -> None:
    mark(page)

    log_in_elsewhere(page, at.account(at.ben).username)
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_selector("#outbox >> text=Somebody else is logged in")

    assert not Span.objects.exists()


def test_what_was_typed_into_a_plain_form_is_kept_and_sent_when_the_session_ended(
    plain_page: Any, log_in: Any
) -> None:
    at = desk()
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(reverse("source-new", args=[at.project.slug]))
    plain_page.fill("[name=title]", "Gauge <b>report</b> שלום 🌊")
    plain_page.fill("[name=url]", "https://gauge.example/2021")
    plain_page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    plain_page.locator("main form button").last.click()

    assert "Nothing was saved" in plain_page.inner_text("main")
    typed = plain_page.locator("main textarea:visible")
    assert typed.first.input_value() == "Gauge <b>report</b> שלום 🌊"
    assert not Source.objects.exists()

    log_in_elsewhere(plain_page, at.account(at.cleo).username)
    again = plain_page.get_by_role("button", name="Send it once more")
    again.click()
    # The token is that of before the login; the next page has the new one.
    again.click()
    plain_page.locator("#messages [data-level=success]").wait_for()

    assert Source.objects.get().title == "Gauge <b>report</b> שלום 🌊"
