"""The article page under a finger, on a telephone's screen."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import builders
from tests.browser.conftest import Reader
from tests.browser.stand import Stand
from tests.browser.test_outbox import plant
from tests.conftest import PATIENCE


class Finger(Reader):
    """The page, and what a finger does on it.

    A long press selects by the operating system, which a browser without a screen has none of:
    the press is a finger's, the selection is made by script, as the page sees both.
    """

    def select(self, words: str) -> None:
        x, y = self.place(words)
        self.page.touchscreen.tap(x + 3, y)
        start = self.stand.text.index(words)
        self.page.evaluate(
            """async ([from, to]) => {
              const { toRange } = await import("/static/annotations/js/offsets.js");
              const range = toRange(document.getElementById("article"), from, to);
              getSelection().removeAllRanges();
              getSelection().addRange(range);
            }""",
            [start, start + len(words)],
        )

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()

    def tap_words(self, words: str) -> None:
        # Amid the words: a browser moves a tap at their edge to a mark beside them.
        left, y = self.place(words)
        right, _ = self.place(words, end=True)
        self.page.touchscreen.tap((left + right) / 2, y)

    def box(self, selector: str) -> dict[str, float]:
        return self.page.locator(selector).first.bounding_box()

    def words_box(self, words: str) -> tuple[float, float]:
        """Return the upper and the lower edge of words on the screen, without scrolling there."""
        start = self.stand.text.index(words)
        top, bottom = self.page.evaluate(
            """async ([from, to]) => {
              const { toRange } = await import("/static/annotations/js/offsets.js");
              const range = toRange(document.getElementById("article"), from, to);
              const box = range.getBoundingClientRect();
              return [box.top, box.bottom];
            }""",
            [start, start + len(words)],
        )
        return top, bottom


def finger_on(browser: Any, stand: Stand, width: int, height: int) -> Iterator[Finger]:
    wrong: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
    )
    context.set_default_timeout(PATIENCE)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield Finger(context.new_page(), stand).open()
    context.close()
    assert not wrong


@pytest.fixture
def finger(browser: Any, stand: Stand) -> Iterator[Finger]:
    yield from finger_on(browser, stand, 390, 844)


@pytest.fixture
def tablet(browser: Any, stand: Stand) -> Iterator[Finger]:
    yield from finger_on(browser, stand, 1180, 820)


def test_words_selected_by_touch_are_marked_by_a_tap_on_a_label(finger: Finger) -> None:
    finger.select("the town had offered")
    finger.wait_pending("the town had offered")

    finger.tap("#marker [data-label=l-claim]")

    assert finger.wait_saved(1) == ["the town had offered"]
    assert finger.page.is_hidden("#marker")
    assert finger.page.evaluate("getSelection().isCollapsed")


def test_a_selection_that_a_finger_still_moves_is_waited_for(finger: Finger) -> None:
    finger.select("closed")
    for words in ("closed in", "closed in 2019"):
        finger.page.wait_for_timeout(100)
        finger.page.evaluate(
            """async ([from, to]) => {
              const { toRange } = await import("/static/annotations/js/offsets.js");
              const { endContainer, endOffset } = toRange(document.getElementById("article"), from, to);
              getSelection().extend(endContainer, endOffset);
            }""",
            [finger.stand.text.index(words), finger.stand.text.index(words) + len(words)],
        )
        assert finger.page.is_hidden("#marker")
    finger.wait_pending("closed in 2019")


def test_the_sheet_lies_at_the_lower_edge_and_never_on_the_words(finger: Finger) -> None:
    finger.stand.load([f"Paragraph {n} of a long article has some words." for n in range(60)])
    finger.open()
    words = "Paragraph 40 of a long article has some words."
    finger.place(words)
    finger.page.evaluate(
        "document.getElementById('b40').scrollIntoView({ block: 'end', behavior: 'instant' })"
    )
    start = finger.stand.text.index(words)
    finger.page.evaluate(
        """async ([from, to]) => {
          dispatchEvent(new Event("resize"));
          const finger = { pointerType: "touch", bubbles: true };
          document.body.dispatchEvent(new PointerEvent("pointerdown", finger));
          const { toRange } = await import("/static/annotations/js/offsets.js");
          getSelection().addRange(toRange(document.getElementById("article"), from, to));
        }""",
        [start, start + len(words)],
    )
    finger.wait_pending(words)

    sheet = finger.box("#marker")
    top, bottom = finger.words_box(words)
    assert (sheet["x"], sheet["width"]) == (0, 390)
    assert abs(sheet["y"] + sheet["height"] - 844) <= 1
    # Room for the handles that hang below a selection.
    assert bottom + 40 <= sheet["y"]
    assert top >= 0
    assert finger.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_the_sheet_opens_stays_when_the_selection_goes(finger: Finger) -> None:
    finger.select("closed")
    finger.wait_pending("closed")

    finger.tap("#marker summary")
    finger.page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    finger.page.wait_for_timeout(500)

    assert finger.page.is_visible("#marker-note")
    finger.tap("#marker-note")
    finger.page.keyboard.type("By touch 🌊")
    finger.tap("#marker [data-label=l-fact]")
    assert finger.wait_saved(1) == ["closed"]
    assert finger.stand.log[-1][1]["note"] == "By touch 🌊"


def test_the_sheet_is_closed_by_its_cross_and_opens_for_the_same_words_again(
    finger: Finger,
) -> None:
    finger.select("closed")
    finger.wait_pending("closed")
    finger.tap("#marker .popover-close")
    finger.wait_pending(None)
    assert finger.page.is_hidden("#marker")

    finger.select("closed")
    finger.wait_pending("closed")
    assert finger.page.is_visible("#marker")


def test_a_long_press_on_words_that_are_selected_already_asks_again(finger: Finger) -> None:
    finger.select("closed")
    finger.wait_pending("closed")
    finger.tap("#marker .popover-close")
    finger.wait_pending(None)

    x, y = finger.place("closed")
    finger.page.evaluate(
        """([x, y]) => {
          const at = { bubbles: true, clientX: x, clientY: y, pointerType: "touch" };
          const under = document.elementFromPoint(x, y);
          under.dispatchEvent(new PointerEvent("pointerdown", at));
          under.dispatchEvent(new PointerEvent("contextmenu", at));
        }""",
        [x + 3, y],
    )

    finger.wait_pending("closed")


def test_a_tap_beside_the_selection_gives_it_up(finger: Finger) -> None:
    finger.select("closed")
    finger.wait_pending("closed")
    finger.tap_words("The last one")
    finger.wait_pending(None)
    assert finger.page.is_hidden("#marker")


def test_a_tap_on_a_mark_goes_to_its_span_also_from_a_selection(finger: Finger) -> None:
    first = finger.stand.mark("offered 1,250 pounds")
    inner = finger.stand.mark("1,250", "l-fact")
    finger.open()
    finger.tap_words("offered")
    finger.page.locator(f"#card-{first}[aria-current]").wait_for(state="attached")

    finger.select("closed")
    finger.wait_pending("closed")
    finger.tap_words("1,250")

    finger.page.locator(f"#card-{inner}[aria-current]").wait_for(state="attached")
    finger.wait_pending(None)
    finger.tap_words("1,250")
    finger.page.locator(f"#card-{first}[aria-current]").wait_for(state="attached")


def test_a_handle_of_a_span_is_large_enough_and_dragged_by_a_finger(finger: Finger) -> None:
    finger.stand.mark("offered")
    finger.open()
    finger.tap_words("offered")
    handle = finger.box(".handle-end")
    assert min(handle["width"], handle["height"]) >= 24
    x, y = finger.place("1,250 pounds", end=True)
    session = finger.page.context.new_cdp_session(finger.page)
    handle = finger.box(".handle-end")
    at = [handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2]

    def touch(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [{"x": at[0], "y": at[1]}])
    for step in (0.5, 1):
        # The finger is below what it points at.
        goal = (at[0] + (x - at[0]) * step, at[1] + (y + 24 - at[1]) * step)
        touch("touchMove", [{"x": goal[0], "y": goal[1]}])
    touch("touchEnd", [])

    finger.page.wait_for_function(
        "() => document.querySelector('#span-list .span-card-quote').textContent.includes('1,250')"
    )
    assert finger.stand.quotes() == ["offered 1,250 pounds"]


def test_on_a_tablet_the_popover_keeps_clear_of_the_browser_s_own_handles(tablet: Finger) -> None:
    tablet.select("closed")
    tablet.wait_pending("closed")

    box = tablet.box("#marker")
    _, bottom = tablet.words_box("closed")
    assert box["y"] >= bottom + 40


def test_what_is_not_saved_stands_above_the_bar_scrolls_and_folds(finger: Finger) -> None:
    for number, words in enumerate(("closed", "money", "refused")):
        plant(
            finger.page,
            words,
            finger.stand.text.index(words),
            key=f"6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c1{number}",
            state="refused",
            error="This label was retired by somebody; choose another one of this project 🌊.",
        )
    finger.open()
    outbox = finger.page.locator("#outbox")
    outbox.wait_for()
    box = finger.box("#outbox")
    assert box["height"] <= 844 / 3
    assert box["y"] + box["height"] <= 844 - 48
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert outbox.evaluate("(one) => one.scrollHeight > one.clientHeight")

    fold = outbox.get_by_role("button", name="3 changes are not saved")
    fold.tap()
    assert fold.get_attribute("aria-expanded") == "false"
    assert finger.box("#outbox")["height"] < 60
    fold.tap()
    outbox.get_by_role("button", name="Discard").first.tap()
    outbox.get_by_role("button", name="2 changes are not saved").wait_for()
    assert outbox.locator("li").count() == 2


def test_what_stands_beside_a_paragraph_is_on_the_screen_and_no_key_is_hinted_at(
    browser: Any, server: Any, log_in: Any
) -> None:
    at = builders.desk()
    on = builders.article(at)
    context = browser.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE)
    phone = context.new_page()
    log_in(phone, at.account(at.cleo))
    phone.goto(f"/p/{at.project.slug}/a/{on.pk}/")
    phone.locator("#b0").wait_for()
    edge = phone.evaluate(
        """() => {
          const block = document.getElementById("b0");
          block.classList.add("is-read");
          block.dataset.here = "É";
          const style = getComputedStyle(block, "::after");
          const chunk = block.closest(".chunk").getBoundingClientRect();
          const box = block.getBoundingClientRect();
          return [box.right - parseFloat(style.right), Math.min(chunk.right, innerWidth)];
        }"""
    )
    assert edge[0] <= edge[1] + 0.5
    assert (
        phone.locator("button kbd:visible, .help kbd:visible, .span-hint kbd:visible").count() == 0
    )
    assert phone.locator(".comment-acts .help").is_hidden()
    context.close()
