"""A proposed change on the card of its author: it comes by itself, and a key answers it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from annotations.actions.review import decide
from annotations.models import Article, Decision, Span
from tests import builders
from tests.conftest import carry_session, watch
from tests.stories import token

WORDS = "It was a disgrace"
ASKED = "#card-{} > .asked"


@pytest.fixture
def at(server: Any) -> Any:
    return builders.desk()


@pytest.fixture
def article(at: Any) -> Article:
    return builders.article(at)


@pytest.fixture
def span(at: Any, article: Article) -> Span:
    return builders.mark(at, article, WORDS)


@pytest.fixture
def open_as(browser: Any, server: Any, at: Any) -> Iterator[Callable[..., Any]]:
    """``open_as(person)`` opens the address in a profile of that person's own."""
    wrong: list[str] = []
    contexts = []

    def open_page(person: Any, address: str) -> Any:
        context = browser.new_context(base_url=server.url)
        contexts.append(context)
        watch(context, wrong)
        carry_session(context, at.account(person), server.url)
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("() => document.documentElement.dataset.live === 'live'")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def propose(at: Any, span: Span) -> Decision:
    proposal = {"start": span.start + 7, "label": str(at.label("o").pk)}
    return decide(
        span,
        outcome="proposed",
        proposal=proposal,
        reason="Only the verdict.",
        shown=token(span),
        by=at.ben,
    )


def place(article: Article, span: Span) -> str:
    return f"/p/{article.project.slug}/a/{article.pk}/#s-{span.pk}"


def test_it_comes_without_a_reload_and_y_takes_it(
    at: Any, article: Article, span: Span, open_as: Any
) -> None:
    mine = open_as(at.cleo, place(article, span))
    theirs = open_as(at.ada, place(article, span))
    mine.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")

    propose(at, span)

    shown = mine.locator(ASKED.format(span.pk))
    shown.wait_for()
    assert shown.locator("del").all_inner_texts() == ["It was ", "claim"]
    mine.locator(f"#card-{span.pk} > .span-answer").wait_for()
    mine.keyboard.press("y")
    mine.get_by_text("Changed as proposed.").first.wait_for(state="attached")

    shown.wait_for(state="detached")
    mine.locator(f"#card-{span.pk} > .span-answer").wait_for(state="detached")
    theirs.locator(ASKED.format(span.pk)).wait_for(state="detached")
    assert theirs.locator(f"#card-{span.pk}").get_attribute("data-kind") == "opinion"
    span.refresh_from_db()
    assert span.quote == "a disgrace"


def test_n_keeps_mine_with_a_line_that_its_reader_finds(
    at: Any, article: Article, span: Span, open_as: Any
) -> None:
    propose(at, span)
    mine = open_as(at.cleo, place(article, span))
    answer = mine.locator(f"#card-{span.pk} > .span-answer")
    answer.wait_for()

    mine.keyboard.press("n")
    mine.keyboard.type("It is hers 🌊")
    mine.keyboard.press("Control+Enter")

    mine.locator(ASKED.format(span.pk)).wait_for(state="detached")
    assert Decision.objects.get().answer == "It is hers 🌊"
    mine.keyboard.press("u")
    mine.locator(ASKED.format(span.pk)).wait_for()
    assert Decision.objects.get().declined_at is None


def test_the_button_goes_when_it_was_pressed(
    at: Any, article: Article, span: Span, open_as: Any
) -> None:
    propose(at, span)
    mine = open_as(at.cleo, place(article, span))

    mine.locator(f"#card-{span.pk} > .span-answer").get_by_text("Take it").click()

    mine.locator(f"#card-{span.pk} > .span-answer").wait_for(state="detached")
    span.refresh_from_db()
    assert span.quote == "a disgrace"


def test_without_a_proposal_the_keys_do_what_they_did(
    at: Any, article: Article, span: Span, open_as: Any
) -> None:
    other = builders.mark(at, article, "Nobody was hurt")
    page = open_as(at.cleo, place(article, span))
    page.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")

    page.keyboard.press("n")

    page.locator(f"#card-{other.pk}[aria-current]").wait_for()
