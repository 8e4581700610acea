"""Going from span to span, and changing the one that is active."""

from itertools import pairwise
from typing import Any

import pytest

from tests.browser.conftest import Reader


@pytest.fixture
def nested(reader: Reader) -> dict[str, str]:
    spans = {
        "long": reader.stand.mark("The mill on the Weir closed in 2019"),
        "short": reader.stand.mark("the Weir", "l-fact"),
        "cross": reader.stand.mark("Weir closed", "l-opinion"),
        "late": reader.stand.mark("It was a poor bargain", "l-opinion"),
    }
    reader.open()
    return spans


def active(reader: Reader) -> Any:
    return reader.page.evaluate(
        "document.querySelector('#span-list [aria-current]')?.dataset.span ?? null"
    )


def test_n_and_p_walk_the_spans_and_the_focus_follows_in_the_text(
    reader: Reader, nested: dict[str, str]
) -> None:
    seen = []
    for _ in range(4):
        reader.press("n")
        seen.append(active(reader))
    assert seen == [nested["long"], nested["short"], nested["cross"], nested["late"]]
    assert reader.page.evaluate("document.activeElement.dataset.s") == nested["late"]
    reader.press("n")
    assert reader.said() == "That was the last span."
    reader.press("p")
    assert active(reader) == nested["cross"]


def test_in_the_list_n_goes_on_in_the_list(reader: Reader, nested: dict[str, str]) -> None:
    reader.press("n", "Enter")
    assert reader.page.evaluate("document.activeElement.id") == f"card-{nested['long']}"
    reader.press("n")
    assert reader.page.evaluate("document.activeElement.id") == f"card-{nested['short']}"
    reader.press("Enter")
    assert nested["short"] in reader.page.evaluate("document.activeElement.dataset.s")


def test_repeated_clicks_cycle_through_the_spans_that_overlap(
    reader: Reader, nested: dict[str, str]
) -> None:
    seen = []
    for _ in range(4):
        reader.click("Weir closed")
        seen.append(active(reader))
        # Two clicks in quick succession are a double click, which selects a word.
        reader.page.wait_for_timeout(550)
    assert seen == [nested["short"], nested["cross"], nested["long"], nested["short"]]


def test_all_segments_of_the_active_span_show_it(reader: Reader, nested: dict[str, str]) -> None:
    reader.click("mill on")
    words = reader.page.locator("mark.active").all_text_contents()
    assert "".join(words) == "The mill on the Weir closed in 2019"
    reader.click("nobody was")
    assert reader.page.locator("mark.active").count() == 0


def test_only_one_mark_is_a_tab_stop(reader: Reader, nested: dict[str, str]) -> None:
    assert reader.page.locator("mark[tabindex='0']").count() == 1
    reader.press("n", "n")
    stops = reader.page.locator("mark[tabindex='0']")
    assert stops.count() == 1
    assert stops.get_attribute("aria-details") == f"card-{nested['short']}"


def test_a_click_on_a_card_brings_its_words_into_sight(
    reader: Reader, nested: dict[str, str]
) -> None:
    reader.page.set_viewport_size({"width": 1300, "height": 300})
    reader.page.locator(f"#card-{nested['late']} .span-card-quote").click()
    assert active(reader) == nested["late"]
    reader.page.wait_for_timeout(100)
    box = reader.page.locator(f"#s-{nested['late']}").bounding_box()
    assert 0 <= box["y"] <= 300


def box_of(reader: Reader, selector: str) -> Any:
    return reader.page.locator(selector).bounding_box()


def test_a_card_stands_level_with_its_words(reader: Reader) -> None:
    late = reader.stand.mark("It was a poor bargain", "l-opinion")
    reader.open().press("n")
    reader.page.wait_for_timeout(150)
    assert abs(box_of(reader, f"#s-{late}")["y"] - box_of(reader, f"#card-{late}")["y"]) <= 6


def test_cards_of_words_that_stand_close_do_not_cover_one_another(
    reader: Reader, nested: dict[str, str]
) -> None:
    reader.press("n", "n")
    reader.page.wait_for_timeout(150)
    boxes = [box_of(reader, f"#card-{span}") for span in nested.values()]
    for before, after in pairwise(boxes):
        assert before["y"] + before["height"] <= after["y"]


def test_a_change_made_in_the_card_is_one_request_and_shows_in_the_text(
    reader: Reader, nested: dict[str, str]
) -> None:
    reader.press("n", "n", "n", "n", "e")
    card = reader.page.locator(f"#card-{nested['late']}")
    card.get_by_label("Label").select_option("l-fact")
    card.get_by_role("button", name="Save").click()
    reader.page.wait_for_selector(f"#s-{nested['late']}.fact")
    assert len(reader.stand.log) == 1
    assert active(reader) == nested["late"]


def test_withdrawing_takes_the_marks_away_and_undo_brings_them_back(
    reader: Reader, nested: dict[str, str]
) -> None:
    reader.press("n", "n", "w")
    reader.wait_saved(3)
    assert reader.painted(nested["short"]) == ""
    reader.press("u")
    reader.wait_saved(4)
    assert reader.painted(nested["short"]) == "the Weir"
    reader.press("n")
    assert active(reader) is not None


def test_the_ends_of_the_active_span_move_by_keyboard(
    reader: Reader, nested: dict[str, str]
) -> None:
    reader.press("n", "n", "n", "n", "]", "ArrowLeft", "ArrowLeft", "Enter")
    reader.page.wait_for_function(
        "(id) => document.getElementById(id).textContent.includes('It was a') &&"
        " !document.getElementById(id).textContent.includes('poor')",
        arg=f"card-{nested['late']}",
    )
    assert reader.painted(nested["late"]) == "It was a"
    assert len(reader.stand.log) == 1


def test_the_ends_of_the_active_span_are_dragged(reader: Reader, nested: dict[str, str]) -> None:
    reader.press("n", "n", "n", "n")
    x, y = reader.place("It was a poor", end=True)
    box = reader.page.locator(".handle-end").bounding_box()
    reader.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reader.page.mouse.down()
    reader.page.mouse.move(x + 1, y, steps=6)
    reader.page.mouse.up()
    reader.page.wait_for_function(
        "(id) => !document.getElementById(id).textContent.includes('bargain')",
        arg=f"card-{nested['late']}",
    )
    assert reader.painted(nested["late"]) == "It was a poor"


def test_escape_gives_up_a_moved_end(reader: Reader, nested: dict[str, str]) -> None:
    reader.press("n", "n", "n", "n", "]", "ArrowLeft", "Escape")
    reader.page.wait_for_timeout(100)
    assert reader.stand.log == []


def focused(reader: Reader) -> str:
    return reader.page.evaluate("document.activeElement.id")


def test_withdrawing_leaves_the_focus_at_the_next_card_or_the_list(
    reader: Reader, nested: dict[str, str]
) -> None:
    cards = reader.page.locator("#span-list > li")
    reader.press("n")
    for left, then in ((3, "short"), (2, "cross"), (1, "late")):
        reader.press("w")
        reader.wait_saved(left)
        assert focused(reader) == f"card-{nested[then]}"
        assert active(reader) == nested[then]
    reader.press("w")
    reader.wait_saved(0)
    assert cards.count() == 0
    assert focused(reader) == "span-list"
