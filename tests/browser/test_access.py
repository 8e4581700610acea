"""axe over the article page's own parts while they are open, in light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Reader

STATES = {
    "popover": [],
    "popover with fields": ["Enter"],
    "keyboard mode": ["Escape", "m", "ArrowRight"],
    "help": ["Escape", "?"],
    "active span with handles": ["Escape", "n", "Enter"],
    "unsaved": ["u"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_no_violation_with(reader: Reader, state: str, scheme: str) -> None:
    reader.stand.mark("It was a poor bargain", "l-opinion")
    reader.page.emulate_media(color_scheme=scheme)
    reader.open()
    reader.click("closed", click_count=2)
    reader.wait_pending("closed")
    reader.press(*STATES[state])
    reader.page.wait_for_timeout(200)
    report = Axe().run(
        reader.page,
        # The frame around them is the stand-in's own; real pages are tested as a whole.
        context=[
            ["#article"],
            ["#marker"],
            ["#keyboard-mode"],
            ["#keys-help"],
            ["#outbox"],
            [".handle"],
        ],
        options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
    )
    found = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in report.response["violations"]
    ]
    assert found == []
