"""What happens to work that cannot be saved, and when keys keep still."""

import pytest

from tests.browser.conftest import Reader


def mark(reader: Reader, words: str, key: str = "f") -> None:
    reader.click(words, click_count=2)
    reader.wait_pending(words)
    reader.press(key)


def test_a_failed_save_stays_on_screen_and_retry_saves_it_once(reader: Reader) -> None:
    reader.stand.broken = 500
    mark(reader, "closed")
    outbox = reader.page.locator("#outbox")
    outbox.wait_for()
    assert "Fact: “closed”" in outbox.inner_text()
    assert reader.page.evaluate("[...CSS.highlights.get('failed')].map(String)") == ["closed"]

    reader.stand.broken = None
    outbox.get_by_role("button", name="Retry").click()
    assert reader.wait_saved(1) == ["closed"]
    outbox.wait_for(state="hidden")
    assert not reader.page.evaluate("CSS.highlights.has('failed')")


def test_a_save_that_met_no_server_is_sent_again_after_a_reload(reader: Reader) -> None:
    reader.stand.broken = 0
    mark(reader, "closed")
    reader.page.locator("#outbox").wait_for()
    assert reader.page.evaluate("Object.keys(localStorage).some((k) => k.startsWith('outbox'))")

    reader.stand.broken = None
    reader.page.on("dialog", lambda dialog: dialog.accept())
    reader.page.reload()
    assert reader.wait_saved(1) == ["closed"]
    assert not reader.page.evaluate("Object.keys(localStorage).some((k) => k.startsWith('outbox'))")


def test_leaving_with_unsent_work_warns(reader: Reader) -> None:
    reader.stand.broken = 500
    mark(reader, "closed")
    reader.page.locator("#outbox").wait_for()
    asked = []

    def accept(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    reader.page.on("dialog", accept)
    reader.page.reload()
    assert asked == ["beforeunload"]


def test_an_answer_that_was_lost_does_not_mark_twice(reader: Reader) -> None:
    reader.stand.delay = 0.3
    mark(reader, "closed")
    reader.page.reload()
    reader.wait_saved(1)
    reader.page.wait_for_timeout(700)
    assert reader.stand.quotes() == ["closed"]


def test_two_saves_in_a_row_arrive_in_order(reader: Reader) -> None:
    reader.stand.delay = 0.2
    mark(reader, "closed")
    mark(reader, "money", "c")
    assert reader.wait_saved(2) == ["closed", "money"]


@pytest.mark.parametrize("reload", [False, True])
def test_an_undo_whose_answer_was_lost_is_sent_again_and_done_once(
    reader: Reader, reload: bool
) -> None:
    mark(reader, "closed")
    reader.wait_saved(1)
    mark(reader, "money", "c")
    reader.wait_saved(2)
    reader.stand.lost = True
    reader.press("u")
    outbox = reader.page.locator("#outbox")
    outbox.wait_for()
    assert "could not be reached" in outbox.inner_text()
    reader.stand.lost = False
    if reload:
        reader.page.on("dialog", lambda dialog: dialog.accept())
        reader.page.reload()

    assert reader.wait_saved(1) == ["closed"]
    outbox.wait_for(state="hidden")
    sent = [fields["key"] for path, fields in reader.stand.log if path == "undo"]
    assert len(sent) >= 2
    assert len(set(sent)) == 1


def test_a_refusal_says_why_and_can_be_discarded(reader: Reader) -> None:
    reader.press("u")
    outbox = reader.page.locator("#outbox")
    outbox.wait_for()
    assert "There is nothing to undo." in outbox.inner_text()
    outbox.get_by_role("button", name="Discard").click()
    outbox.wait_for(state="hidden")


def test_a_change_on_an_old_revision_leaves_the_choice(reader: Reader) -> None:
    span = reader.stand.mark("closed")
    reader.open().press("n")
    reader.stand.spans[span].revision = 5
    reader.press("w")
    dialog = reader.page.get_by_role("dialog", name="Ben changed this span")
    dialog.wait_for()
    reader.press("Escape")
    dialog.wait_for(state="detached")
    reader.page.get_by_role("button", name="See both versions").click()
    dialog.get_by_role("button", name="Save mine").click()
    assert reader.wait_saved(0) == []
    keys = [fields["key"] for path, fields in reader.stand.log if path.endswith("withdraw")]
    assert len(set(keys)) == len(keys) == 2


def test_no_key_fires_in_a_field_or_with_a_modifier(reader: Reader) -> None:
    reader.stand.mark("closed")
    reader.open()
    reader.page.focus("#search")
    reader.page.keyboard.type("mnpfcou?")
    assert reader.page.input_value("#search") == "mnpfcou?"
    reader.page.evaluate("document.activeElement.blur()")
    reader.press("Control+m", "Alt+n", "Shift+N")
    assert reader.page.is_hidden("#keyboard-mode")
    assert reader.page.locator("dialog").count() == 0
    assert reader.page.locator("[aria-current]").count() == 0
    assert [path for path, _ in reader.stand.log if path != "here"] == []


def test_the_help_lists_every_key_and_switches_single_keys_off_for_good(reader: Reader) -> None:
    reader.press("?")
    dialog = reader.page.get_by_role("dialog", name="Keys")
    text = dialog.inner_text()
    for words in (
        "Mark by keyboard",
        "Next span",
        "Undo",
        "Tag the selected text as fact",
        "Ctrl Z",
    ):
        assert words in text
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    reader.press("m")
    assert reader.page.is_hidden("#keyboard-mode")

    reader.open().press("m")
    assert reader.page.is_hidden("#keyboard-mode")
    reader.page.get_by_role("button", name="Keys").click()
    reader.page.get_by_role("checkbox").check()
    reader.press("Escape")
    reader.press("m")
    assert reader.page.is_visible("#keyboard-mode")
