"""Selecting text with the mouse and the keyboard, and what becomes of it."""

import pytest

from tests.browser.conftest import Reader


def test_a_double_click_offers_a_word_and_a_key_tags_it(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")

    assert reader.page.is_visible("#marker")
    reader.press("f")

    assert reader.wait_saved(1) == ["closed"]
    assert reader.page.is_hidden("#marker")


def test_a_triple_click_takes_the_paragraph_and_not_what_separates_it(reader: Reader) -> None:
    reader.click("Nobody in", click_count=3)
    reader.wait_pending(
        "Nobody in the town believes that the money will come back. The 👩‍👧 family left."
    )


@pytest.mark.parametrize("backward", [False, True])
def test_a_drag_across_paragraphs_takes_both_ends(reader: Reader, backward: bool) -> None:
    reader.drag("the owners refused it.", "According to the Water Board", backward=backward)
    words = "the owners refused it.\n\nAccording to the Water Board"
    reader.wait_pending(words)
    reader.press("c")

    assert reader.wait_saved(1) == [words]
    span = next(iter(reader.stand.spans))
    assert reader.painted(span) == words.replace("\n\n", "")


def test_a_drag_that_begins_before_the_article_begins_with_its_text(reader: Reader) -> None:
    box = reader.page.locator("#before").bounding_box()
    end = reader.place("The mill on the Weir", end=True)
    reader.page.mouse.move(box["x"] + 2, box["y"] + 4)
    reader.page.mouse.down()
    reader.page.mouse.move(*end, steps=5)
    reader.page.mouse.up()
    reader.wait_pending("The mill on the Weir")


def test_a_selection_that_ends_after_the_article_ends_with_its_text(reader: Reader) -> None:
    reader.page.evaluate(
        """() => {
          const last = document.querySelector("[data-o]:nth-last-child(1)#b5").firstChild;
          getSelection().setBaseAndExtent(document.querySelector("#after").firstChild, 5, last, 31);
        }"""
    )
    reader.wait_pending("It mentions the mill again.")


def test_a_selection_outside_the_article_offers_nothing(reader: Reader) -> None:
    reader.page.evaluate("getSelection().selectAllChildren(document.querySelector('#before'))")
    reader.page.wait_for_timeout(250)
    assert reader.pending() is None
    assert reader.page.is_hidden("#marker")


def test_selecting_everything_takes_the_whole_text(reader: Reader) -> None:
    reader.page.evaluate("document.activeElement.blur()")
    reader.press("Control+a")
    reader.wait_pending(reader.stand.text)


def test_blanks_at_the_ends_are_left_out(reader: Reader) -> None:
    start = reader.stand.text.index(" closed ")
    reader.page.evaluate(
        """(start) => {
          const text = document.querySelector("#b0").firstChild;
          getSelection().setBaseAndExtent(text, start, text, start + 8);
        }""",
        start,
    )
    reader.wait_pending("closed")


def test_an_emoji_and_an_accent_are_never_cut(reader: Reader) -> None:
    reader.page.evaluate(
        """() => {
          const text = document.querySelector("#b1").firstChild;
          const from = text.data.indexOf("🌊") + 1;
          getSelection().setBaseAndExtent(text, from, text, text.data.indexOf("cafe") + 4);
        }"""
    )
    reader.page.wait_for_function("() => CSS.highlights.has('pending')")
    words = reader.pending()
    assert words is not None
    assert words.startswith("🌊 by")
    assert words.endswith("cafe\u0301")
    reader.press("o")
    assert reader.wait_saved(1) == [words]


def test_a_right_to_left_word_is_taken_by_a_double_click(reader: Reader) -> None:
    x, y = reader.place("שילמה", end=True)
    reader.page.mouse.click(x, y, click_count=2)
    reader.wait_pending("שילמה")


def test_a_selection_inside_nested_marks_counts_like_any_other(reader: Reader) -> None:
    reader.stand.mark("The mill on the Weir closed in 2019")
    reader.stand.mark("mill on the Weir", "l-fact")
    reader.stand.mark("Weir closed", "l-opinion")
    reader.open()
    reader.drag("the Weir closed in")
    reader.wait_pending("the Weir closed in")
    reader.press("c")
    assert reader.wait_saved(4)[-1] == "the Weir closed in"


def test_the_browser_s_own_keys_select_too(reader: Reader) -> None:
    reader.click("Nobody in", click_count=2)
    reader.press("Shift+Control+ArrowRight", "Shift+Control+ArrowRight")
    reader.wait_pending("Nobody in the")


def test_a_selection_that_is_given_up_closes_the_popover(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.click("The last one")
    reader.wait_pending(None)
    assert reader.page.is_hidden("#marker")


def test_a_save_keeps_the_selection_made_meanwhile_and_its_direction(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.stand.delay = 0.5
    reader.press("f")
    reader.page.evaluate(
        """() => {
          const text = document.querySelector("#b0").firstChild;
          getSelection().setBaseAndExtent(text, 50, text, 41);
        }"""
    )
    reader.wait_saved(1)
    words, backward = reader.page.evaluate(
        """() => {
          const selection = getSelection();
          const range = selection.getRangeAt(0);
          return [range.toString(), range.startContainer !== selection.anchorNode
            || range.startOffset !== selection.anchorOffset];
        }"""
    )
    assert words == reader.stand.text[41:50]
    assert backward
