"""The popover and the keyboard mode: labels, voice, speaker, note."""

import pytest

from tests.browser.conftest import Reader


def test_the_popover_does_not_take_the_focus_and_each_label_shows_its_key(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")

    assert reader.page.evaluate("document.activeElement === document.body")
    keys = reader.page.locator("#marker .popover-labels kbd").all_text_contents()
    assert keys == ["F", "C", "O"]
    assert reader.page.get_by_role("dialog", name="Mark the selected text").is_visible()


def test_a_click_on_a_label_saves_with_speaker_and_note(reader: Reader) -> None:
    reader.drag("the town had offered 1,250 pounds")
    reader.wait_pending("the town had offered 1,250 pounds")
    reader.press("Enter")
    reader.page.get_by_role("combobox", name="Speaker").fill("har")
    assert reader.page.locator("#marker-speakers > li").all_text_contents() == [
        "Inés Hart",
        "New speaker: har",
    ]
    reader.press("ArrowDown", "Enter")
    reader.page.get_by_label("Note").fill("Ask the town clerk. 🌊")
    reader.page.get_by_role("button", name="Claim").click()

    assert reader.wait_saved(1) == ["the town had offered 1,250 pounds"]
    _, sent = reader.stand.log[-1]
    assert (sent["voice"], sent["speaker"], sent["note"]) == (
        "named",
        "s-1",
        "Ask the town clerk. 🌊",
    )
    assert reader.page.locator("mark.other-voice").count() == 1


def test_a_new_speaker_is_sent_by_name_and_known_from_then_on(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.press("Enter")
    reader.page.get_by_role("combobox", name="Speaker").fill("Otto Brandt")
    reader.press("Enter", "c")
    reader.wait_saved(1)
    assert reader.stand.log[-1][1]["speaker_name"] == "Otto Brandt"

    reader.click("money", click_count=2)
    reader.wait_pending("money")
    reader.press("Enter")
    reader.page.get_by_role("combobox", name="Speaker").fill("bra")
    assert reader.page.locator("#marker-speakers > li").first.text_content() == "Otto Brandt"


def test_s_proposes_the_speaker_of_the_sentence(reader: Reader) -> None:
    reader.drag("the town had offered 1,250 pounds")
    reader.wait_pending("the town had offered 1,250 pounds")
    reader.press("s", "c")
    reader.wait_saved(1)
    assert reader.stand.log[-1][1]["speaker"] == "s-1"


def test_escape_leaves_a_field_then_the_popover_and_marks_nothing(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.press("Enter")
    reader.page.get_by_label("Note").fill("a")
    reader.press("Escape")
    assert reader.page.is_visible("#marker")
    reader.press("Escape")
    assert reader.page.is_hidden("#marker")
    assert reader.stand.log == []


def test_keys_typed_into_the_note_tag_nothing(reader: Reader) -> None:
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.press("Enter")
    reader.page.get_by_label("Note").focus()
    reader.page.keyboard.type("focus on n and p?")
    assert reader.page.get_by_label("Note").input_value() == "focus on n and p?"
    assert reader.stand.log == []
    assert reader.page.locator("dialog").count() == 0


def test_at_390_pixels_the_popover_stands_inside_the_screen(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 390, "height": 700})
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    box = reader.page.locator("#marker").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 700
    reader.page.locator("#marker").get_by_role("button", name="Fact").click()
    assert reader.wait_saved(1) == ["closed"]


# ── the keyboard mode ───────────────────────────────────────────────────────────────────────────


def test_a_clause_is_marked_without_mouse_or_selection(reader: Reader) -> None:
    reader.press("m")
    reader.wait_pending("The mill on the Weir closed in 2019, and nobody was paid")
    reader.press("ArrowRight", "c")

    assert reader.wait_saved(1) == ["The mill on the Weir closed in 2019"]
    assert reader.page.evaluate("getSelection().isCollapsed || getSelection().rangeCount === 0")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["ArrowLeft"], "nobody was paid"),
        (["ArrowDown", "ArrowLeft"], "the owners refused it"),
        (["ArrowDown", "ArrowRight", "ArrowRight"], "Inés Hart"),
        (["ArrowDown", "ArrowLeft", "ArrowLeft"], "the town had offered 1,250 pounds"),
        (["ArrowLeft", "Shift+ArrowRight"], "nobody was paid. The mayor"),
        (
            ["ArrowRight", "ArrowRight", "ArrowUp"],
            "The mill on the Weir closed in 2019, and nobody was paid",
        ),
        (["Control+ArrowRight", "Control+ArrowRight"], "mill"),
        (["ArrowRight", "[", "ArrowRight"], "mill on the Weir closed in 2019"),
        (["ArrowRight", "]", "ArrowLeft", "ArrowLeft"], "The mill on the Weir closed"),
        (["ArrowRight", "]", "Control+ArrowLeft"], "The mill on the Weir closed in 201"),
        (["ArrowDown", "ArrowDown", "ArrowDown", "q"], "“We were warned,”"),
        (["ArrowDown", "ArrowDown", "ArrowDown", "q", "q"], "We were warned,"),
        (
            ["PageDown", "PageDown", "PageDown"],
            "Nobody in the town believes that the money will come back",
        ),
        (["PageDown", "PageDown"], "העיר שילמה את החוב"),
    ],
)
def test_the_keys_of_the_mode_reach(reader: Reader, keys: list[str], words: str) -> None:
    reader.press("m", *keys)
    reader.wait_pending(words)


def test_typical_clauses_need_five_presses_at_most_once_their_sentence_is_reached(
    reader: Reader,
) -> None:
    wanted = {
        "nobody was paid": [],
        "the town had offered 1,250 pounds": ["ArrowDown"],
        "the owners refused it": ["ArrowDown"],
    }
    within = {
        "nobody was paid": ["ArrowLeft", "f"],
        "the town had offered 1,250 pounds": ["ArrowLeft", "ArrowLeft", "s", "c"],
        "the owners refused it": ["ArrowLeft", "s", "c"],
    }
    for count, (words, reach) in enumerate(wanted.items(), start=1):
        assert len(within[words]) <= 5
        reader.open().press("m", *reach, *within[words])
        assert reader.wait_saved(count)[-1] == words


def test_the_speaker_is_proposed_and_said(reader: Reader) -> None:
    reader.press("m", "ArrowDown", "ArrowLeft", "s")
    reader.page.wait_for_function(
        "() => document.querySelector('#announcements').textContent.includes('Voice: Inés Hart')"
    )
    reader.press("c")
    reader.wait_saved(1)
    assert reader.stand.log[-1][1]["voice"] == "named"
    assert reader.stand.log[-1][1]["speaker"] == "s-1"


def test_enter_opens_the_details_and_escape_comes_back_to_the_mode(reader: Reader) -> None:
    reader.press("m", "ArrowRight", "Enter")
    reader.page.get_by_label("Note").fill("Look this up.")
    reader.press("Escape", "Escape")
    assert reader.page.evaluate("document.activeElement.id") == "keyboard-mode"
    reader.press("Enter")
    reader.page.get_by_role("button", name="Fact").click()
    assert reader.wait_saved(1) == ["The mill on the Weir closed in 2019"]


def test_escape_leaves_the_mode_and_the_page_s_keys_work_again(reader: Reader) -> None:
    reader.press("m", "n")
    reader.wait_pending("The mill on the Weir closed in 2019, and nobody was paid")
    reader.press("Escape")
    reader.wait_pending(None)
    assert reader.page.is_hidden("#keyboard-mode")
    reader.press("n")
    assert reader.said() == "There are no spans yet."


def test_the_mode_begins_at_the_active_span(reader: Reader) -> None:
    reader.stand.mark("It was a poor bargain")
    reader.open().press("n", "m")
    reader.wait_pending("It was a poor bargain")
