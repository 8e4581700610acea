"""Undo and redo by keys and buttons, across reloads, with and without scripts."""

from typing import Any

import pytest

from annotations.actions import evidence, spans
from annotations.models import Citation, Span
from tests import builders
from tests.browser.test_workspace import Reader, open_article, wait_cards

TEXT = "The mill שלום\n\nThe owners refused it. The cafe\u0301 👩‍👧 closed. The owners left."


@pytest.fixture
def at(server: Any) -> Any:
    return builders.desk()


@pytest.fixture
def on(at: Any) -> Any:
    return builders.article(at, TEXT)


@pytest.fixture
def reader(page: Any, server: Any, log_in: Any, at: Any, on: Any) -> Reader:
    return open_article(page, server, log_in, at, on)


def said(reader: Reader, words: str) -> None:
    reader.page.wait_for_function(
        "(words) => document.getElementById('announcements').textContent.includes(words)", arg=words
    )


def live() -> list[str]:
    return [span.quote for span in Span.objects.filter(withdrawn_at=None).order_by("start")]


@pytest.mark.parametrize(("undo", "redo"), [("u", "Shift+U"), ("Control+z", "Control+Shift+Z"), ("Control+z", "Control+y")])  # fmt: skip
def test_keys_undo_and_redo_in_words_also_after_a_reload(at, on, reader, undo, redo):
    for quote in ("The owners refused it", "left"):
        builders.mark(at, on, quote)
    reader.page.reload()
    wait_cards(reader, 2)

    reader.press(undo)
    wait_cards(reader, 1)
    said(reader, "Undone: marked a span “left”.")
    reader.page.reload()
    reader.page.wait_for_function("() => document.getElementById('announcements') !== null")
    reader.press(undo)
    wait_cards(reader, 0)
    reader.press(redo)
    wait_cards(reader, 1)
    said(reader, "Redone: marked a span “The owners refused it”.")
    reader.page.reload()
    reader.page.wait_for_function("() => document.getElementById('announcements') !== null")
    reader.press(redo)
    wait_cards(reader, 2)
    reader.press(redo)
    reader.page.get_by_text("There is nothing to redo").wait_for()
    assert live() == ["The owners refused it", "left"]
    assert reader.page.locator("#outbox").is_hidden()


def test_buttons_undo_and_redo_and_stand_beside_each_other(at, on, reader):
    builders.mark(at, on, "left")
    reader.page.reload()
    reader.page.get_by_role("button", name="Undo", exact=True).click()
    wait_cards(reader, 0)
    reader.page.get_by_role("button", name="Redo", exact=True).click()
    wait_cards(reader, 1)

    boxes = [
        reader.page.get_by_role("button", name=name, exact=True).bounding_box()
        for name in ("Undo", "Redo")
    ]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 2


def test_what_another_built_upon_is_a_notice_and_no_unsaved_change(at, on, reader):
    span = builders.mark(at, on, "left")
    spans.change_span(span, note="theirs", by=at.ben)
    reader.page.reload()

    reader.press("u")

    notice = reader.page.locator("#messages")
    notice.get_by_text("ben has changed this span since: note: – → theirs.").wait_for()
    assert reader.page.locator("#outbox").is_hidden()
    assert live() == ["left"]


def test_single_keys_that_are_off_leave_the_others_on(at, on, reader):
    builders.mark(at, on, "left")
    reader.page.evaluate("localStorage.setItem('keys', 'off')")
    reader.page.reload()
    wait_cards(reader, 1)

    reader.press("u", "Shift+U")
    reader.press("Control+z")

    wait_cards(reader, 0)
    said(reader, "Undone: marked a span “left”.")


def test_the_keyboard_mode_redoes_too(reader):
    reader.press("m", "ArrowDown", "f")
    wait_cards(reader, 1)
    reader.press("u")
    wait_cards(reader, 0)
    reader.press("Shift+U")
    wait_cards(reader, 1)


def test_the_help_lists_redo(reader):
    reader.press("?")

    assert "Redo what you undid last" in reader.page.locator("#keys-help").inner_text()


def test_an_open_panel_shows_what_is_undone_and_redone(at, on, reader):
    span = builders.mark(at, on, "left")
    source = evidence.add_source(at.project, title="Gauge report", kind="official", by=at.cleo)
    evidence.cite(span, source, quotation="They left.", by=at.cleo)
    reader.page.goto(f"{reader.stand.url}#s-{span.pk}")
    reader.page.reload()
    reader.press(".")
    reader.page.locator("#evidence").get_by_text("They left.").first.wait_for()

    reader.press("u")
    reader.page.wait_for_function(
        "() => !document.querySelector('#evidence .evidence-citations, #evidence .citation')"
        " || !document.querySelector('#evidence').innerText.includes('They left.')"
        " || document.querySelector('#evidence').innerText.includes('ithdrawn')"
    )
    assert not Citation.objects.filter(withdrawn_at=None).exists()
    reader.press("Shift+U")
    said(reader, "Redone: cited a source “Gauge report”.")
    reader.page.locator(f"#card-{span.pk}").get_by_text("1 source").wait_for()
    assert Citation.objects.filter(withdrawn_at=None).exists()


def test_without_scripts_buttons_undo_and_redo_and_say_what(at, on, server, plain_page, log_in):
    builders.mark(at, on, "left")
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(f"{server.url}/p/{at.project.slug}/a/{on.pk}/")

    plain_page.get_by_role("button", name="Undo", exact=True).click()
    plain_page.get_by_text("Undone: marked a span “left”.").wait_for()
    assert live() == []
    plain_page.get_by_role("button", name="Redo", exact=True).click()
    plain_page.get_by_text("Redone: marked a span “left”.").wait_for()
    assert live() == ["left"]


def test_restoring_from_the_trash_leaves_the_focus_in_it(at, on, server, page, log_in):
    for words in ("The owners refused it", "The owners left"):
        spans.withdraw_span(builders.mark(at, on, words), by=at.cleo)
    log_in(page, at.account(at.cleo))
    page.goto(f"/p/{at.project.slug}/a/{on.pk}/trash")
    page.get_by_role("button", name="Restore", exact=True).first.press("Enter")
    page.get_by_text("The span is restored.").wait_for()
    page.wait_for_function("() => document.activeElement.id === 'trash'")
    page.get_by_role("button", name="Restore all").press("Enter")
    page.get_by_text("Nothing is withdrawn").wait_for()
    page.wait_for_function("() => document.activeElement.id === 'trash'")
    assert page.get_by_role("heading", name=on.title).first.is_visible()
