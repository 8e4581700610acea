"""The dialog that marks every occurrence: by keys alone, narrow, and with very many places."""

import time
from typing import Any

import pytest

from annotations.actions.projects import set_member
from annotations.models import Event, Span
from tests import builders
from tests.browser.test_workspace import Reader, open_article, wait_cards

TEXT = (
    "The dam שלום broke\n\nThe  Dam was old. Dams are. The dam 👩‍👩‍👧 held.\n\n"
    "Nobody, said the mayor, had seen the dam."
)


@pytest.fixture
def at(server: Any) -> Any:
    return builders.desk()


@pytest.fixture
def reader(page: Any, server: Any, log_in: Any, at: Any) -> Reader:
    return open_article(page, server, log_in, at, builders.article(at, TEXT))


def live() -> list[str]:
    return [span.quote for span in Span.objects.filter(withdrawn_at=None).order_by("start")]


def dialog(reader: Reader) -> Any:
    box = reader.page.locator("dialog.every-dialog")
    box.wait_for()
    return box


def test_a_selection_is_marked_everywhere_by_keys_alone_and_taken_back_by_one(reader, at):
    reader.drag("dam 👩‍👩‍👧")
    reader.click("dam", click_count=2)
    reader.wait_pending("dam")
    reader.press("a")
    box = dialog(reader)
    assert "dam stands here 5 times" in box.inner_text()
    assert "part of a longer word" in box.inner_text()

    # The label, past voice and speaker to the places; one of them is left out.
    reader.press("Space")
    assert box.get_by_role("button", name="Mark 4 places as fact").is_enabled()
    box.locator("input[name=place]").first.focus()
    reader.press("Space", "Tab", "Tab", "Tab", "Tab")
    assert "3 of 5 chosen" in box.inner_text()
    reader.press("Tab", "Enter")
    wait_cards(reader, 3)

    assert live() == ["Dam", "dam", "dam"]
    assert Event.objects.filter(kind="span.added").count() == 1
    for span in Span.objects.all():
        assert reader.painted(str(span.pk)) == span.quote
    assert reader.page.locator("dialog.every-dialog").count() == 0
    assert reader.page.evaluate("document.getElementById('article').textContent") == TEXT
    reader.press("u")
    wait_cards(reader, 0)
    assert live() == []


def test_the_popover_hands_on_its_voice_and_a_change_of_label_suggests_anew(reader, at):
    builders.mark(at, builders.Article.objects.get(), "The dam", "c")
    reader.page.reload()
    reader.drag("The dam 👩‍👩‍👧")
    reader.wait_pending("The dam 👩‍👩‍👧")
    reader.press("Escape")
    reader.drag("The dam")
    reader.wait_pending("The dam")
    reader.press("Enter")
    reader.page.locator("#marker-speaker").fill("The mayor")
    reader.page.locator(".popover-every").click()
    box = dialog(reader)

    assert box.get_by_label("Or a new speaker").input_value() == "The mayor"
    first = box.locator("input[name=place]").first
    assert "marked as claim already" in box.inner_text()
    box.get_by_role("radio", name="opinion").check()
    assert first.is_checked()
    box.get_by_role("radio", name="claim").check()
    assert not first.is_checked()
    box.get_by_role("button", name="All", exact=True).click()
    box.get_by_role("button", name="None", exact=True).click()
    assert box.get_by_role("button", name="Mark 0 places").is_disabled()
    box.get_by_role("button", name="Suggested").click()
    box.locator("[data-mark]").click()
    wait_cards(reader, 4)
    assert {span.speaker.name for span in Span.objects.exclude(speaker=None)} == {"The mayor"}


def test_a_refusal_stays_in_the_dialog_and_escape_leaves_it(reader):
    reader.click("dam", click_count=2)
    reader.wait_pending("dam")
    reader.press("a")
    box = dialog(reader)
    box.locator("[data-mark]").click()
    box.get_by_text("Choose a label.").wait_for()

    reader.press("Escape")

    reader.page.wait_for_function("() => !document.querySelector('dialog.every-dialog')")
    assert reader.page.locator("#outbox").is_hidden()
    assert live() == []


def test_the_active_span_is_looked_for_from_its_card_and_by_key(reader, at):
    span = builders.mark(at, builders.Article.objects.get(), "dam", "o")
    reader.page.reload()
    reader.press("n", "a")
    box = dialog(reader)
    assert box.get_by_role("radio", name="opinion").is_checked()
    reader.press("Escape")
    reader.press("e")
    reader.page.locator(f"#card-{span.pk} a[data-every]").click()
    dialog(reader)


def test_what_stands_in_no_part_that_counts_is_said(reader, at):
    from annotations.actions.articles import set_roles

    set_roles(builders.Article.objects.get(), {2: "boilerplate"}, by=at.ben)
    reader.click("Nobody", click_count=2)
    reader.wait_pending("Nobody")
    reader.press("a")

    reader.page.get_by_text("“Nobody” stands only in parts").wait_for()
    assert reader.page.locator("dialog.every-dialog").count() == 0


def test_a_viewer_has_no_key_for_it(page, server, log_in, at):
    set_member(at.project, account=at.account(at.cleo), role="viewer", by=at.ada)
    reader = open_article(page, server, log_in, at, builders.article(at, TEXT))

    reader.press("n", "a")

    assert reader.page.locator("dialog.every-dialog").count() == 0


def test_three_hundred_places_do_not_make_it_slow_and_it_fits_a_narrow_screen(
    page, server, log_in, at
):
    text = "\n\n".join(f"{n} The old dam שלום held on for a while." for n in range(300))
    page.set_viewport_size({"width": 390, "height": 844})
    reader = open_article(page, server, log_in, at, builders.article(at, text))
    reader.click("dam", click_count=2)
    reader.wait_pending("dam")
    page.evaluate("performance.mark('asked')")
    reader.press("a")
    box = dialog(reader)
    assert "300 of 300 chosen" in box.inner_text()

    page.get_by_role("radio", name="fact").check()
    ticking = page.evaluate(
        """() => {
          const from = performance.now();
          document.querySelector("[data-choose=none]").click();
          document.querySelector("[data-choose=all]").click();
          return performance.now() - from;
        }"""
    )
    assert ticking < 250
    assert page.evaluate("document.querySelector('.every').scrollWidth <= innerWidth")
    began = time.monotonic()
    box.get_by_role("button", name="Mark 300 places as fact").click()
    wait_cards(reader, 300)
    assert time.monotonic() - began < 10
    assert Span.objects.count() == 300


def test_without_scripts_a_page_finds_and_marks(at, server, plain_page, log_in):
    on = builders.article(at, TEXT)
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(f"{server.url}/p/{at.project.slug}/a/{on.pk}/")
    plain_page.get_by_role("link", name="Mark every occurrence").click()
    plain_page.get_by_label("Words to look for").fill("the dam")
    plain_page.get_by_role("button", name="Look for them").click()
    plain_page.get_by_role("radio", name="claim").check()
    plain_page.locator("input[name=place]").nth(1).uncheck()
    plain_page.get_by_role("button", name="Mark the chosen places").click()

    plain_page.get_by_text("3 places marked as claim.").wait_for()
    assert live() == ["The dam", "The dam", "the dam"]
