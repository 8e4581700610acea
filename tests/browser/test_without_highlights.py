"""The article page in a browser that lacks the CSS Custom Highlight API."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Reader
from tests.browser.stand import Stand
from tests.conftest import PATIENCE

# How far the boxes painted under a name are from where words stand; null while there are none.
OFF = """async ([name, from, to]) => {
  const { toRange } = await import("/static/annotations/js/offsets.js");
  const range = toRange(document.getElementById("article"), from, to);
  const edges = ({ left, top, right, bottom }) => [left, top, right, bottom];
  const words = [...range.getClientRects()].filter(({ width }) => width > 0).map(edges);
  const found = [...document.querySelectorAll(`[data-painted="${name}"]`)];
  const boxes = found.map((box) => edges(box.getBoundingClientRect()));
  if (boxes.length !== words.length) return null;
  return Math.max(...boxes.flatMap((box, i) => box.map((edge, j) => Math.abs(edge - words[i][j]))));
}"""


class Older(Reader):
    def wait_painted(self, words: str, name: str = "pending") -> None:
        start = self.stand.text.index(words)
        at = [name, start, start + len(words)]
        # A promise is no condition that ``wait_for_function`` waits for.
        until = time.monotonic() + PATIENCE / 1000
        while (off := self.page.evaluate(OFF, at)) is None or off >= 1:
            assert time.monotonic() < until, f"“{words}” is not painted as {name}: off by {off}."
            self.page.wait_for_timeout(50)

    def wait_pending(self, words: str | None) -> None:
        if words is None:
            self.page.wait_for_function("() => !document.querySelector('[data-painted=pending]')")
        else:
            self.wait_painted(words)


@pytest.fixture
def older(browser: Any, stand: Stand) -> Iterator[Older]:
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    context.set_default_timeout(PATIENCE)
    context.add_init_script("delete window.Highlight; delete CSS.highlights;")
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    page = context.new_page()
    older = Older(page, stand).open()
    assert page.evaluate("typeof Highlight === 'undefined' && !('highlights' in CSS)")
    yield older
    context.close()
    assert not wrong


def test_words_are_selected_painted_and_tagged_by_a_key(older: Older) -> None:
    words = "the owners refused it.\n\nAccording to the Water Board"
    older.drag("the owners refused it.", "According to the Water Board", backward=True)
    older.wait_pending(words)
    assert older.page.is_visible("#marker")

    older.press("c")

    assert older.wait_saved(1) == [words]
    older.wait_pending(None)
    assert older.page.is_hidden("#marker")


def test_a_selection_is_left_as_the_reader_made_it(older: Older) -> None:
    start = older.stand.text.index(" closed ")
    older.page.evaluate(
        """(start) => {
          const text = document.querySelector("#b0").firstChild;
          getSelection().setBaseAndExtent(text, start + 8, text, start);
        }""",
        start,
    )
    older.wait_pending("closed")

    assert older.page.evaluate("getSelection().toString()") == " closed "
    assert older.page.evaluate("getSelection().anchorOffset > getSelection().focusOffset")


def test_a_selection_given_up_leaves_nothing_painted(older: Older) -> None:
    older.click("closed", click_count=2)
    older.wait_pending("closed")
    older.click("The last one")
    older.wait_pending(None)
    assert older.page.is_hidden("#marker")


def test_the_keyboard_marks_without_a_selection(older: Older) -> None:
    older.press("m")
    older.wait_pending("The mill on the Weir closed in 2019, and nobody was paid")
    older.press("ArrowRight")
    older.wait_pending("The mill on the Weir closed in 2019")
    older.press("c")
    assert older.wait_saved(1) == ["The mill on the Weir closed in 2019"]

    older.press("ArrowDown", "f")
    assert len(older.wait_saved(2)) == 2
    assert older.page.is_visible("#keyboard-mode")
    assert older.page.is_hidden("#marker")
    older.press("Escape")
    older.wait_pending(None)
    older.page.wait_for_timeout(300)
    assert older.page.is_hidden("#marker")
    assert older.page.evaluate("getSelection().isCollapsed")


def test_spans_are_walked_and_their_ends_moved(older: Older) -> None:
    older.stand.mark("closed")
    older.stand.mark("Nobody in the town")
    older.open().press("n", "n")
    assert "Nobody" in older.page.locator("[aria-current]").inner_text()

    older.press("]", "ArrowRight")
    older.wait_pending("Nobody in the town believes")
    older.page.wait_for_timeout(300)
    assert older.page.is_hidden("#marker")
    older.press("Enter")

    older.page.wait_for_function(
        "() => document.querySelector('[aria-current]').textContent.includes('believes')"
    )
    assert older.stand.quotes() == ["closed", "Nobody in the town believes"]
    older.wait_pending(None)


def test_what_could_not_be_saved_stays_painted_until_it_is(older: Older) -> None:
    older.stand.broken = 500
    older.click("closed", click_count=2)
    older.wait_pending("closed")
    older.press("f")
    older.wait_painted("closed", "failed")
    older.page.set_viewport_size({"width": 1000, "height": 700})
    older.wait_painted("closed", "failed")

    older.stand.broken = None
    older.page.locator("#outbox").get_by_role("button", name="Retry").click()
    assert older.wait_saved(1) == ["closed"]
    older.page.wait_for_function("() => !document.querySelector('[data-painted]')")
