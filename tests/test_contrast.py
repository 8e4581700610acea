"""The colours of the pages can be told apart: WCAG 2.2, 1.4.3 and 1.4.11, in both themes."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parent.parent / "annotations/static/annotations/css/tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")
COLOURS = {name: pair for name, *pair in PAIR.findall(TOKENS.read_text())}
GROUNDS = ("paper", "desk", "raised", "selected")
KINDS = ("fact", "claim", "opinion", "other")

TEXT_PAIRS = [
    *((words, ground) for words in ("ink", "ink-soft", "link") for ground in GROUNDS),
    *(("ink-faint", ground) for ground in ("paper", "desk", "raised")),
    *(
        (words, ground)
        for words in ("good", "care", "bad", *KINDS)
        for ground in ("paper", "desk", "raised")
    ),
    *(("ink", f"{kind}-{wash}") for kind in KINDS for wash in ("wash", "strong")),
    *(("ink-soft", f"{kind}-wash") for kind in KINDS),
    *(("ink", f"{state}-wash") for state in ("good", "care", "bad")),
    *(("on-badge", kind) for kind in (*KINDS, "bad")),
    ("paper", "ink"),
    ("paper", "ink-soft"),
]
LINE_PAIRS = [
    *((kind, f"{kind}-{wash}") for kind in KINDS for wash in ("wash", "strong")),
    *((line, ground) for line in ("rule", "focus") for ground in ("paper", "raised", "desk")),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_recommendation():
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), TEXT_PAIRS)
def test_words_can_be_read_on_their_ground(theme, words, ground):
    assert contrast(COLOURS[words][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINE_PAIRS)
def test_lines_can_be_seen_on_their_ground(theme, line, ground):
    assert contrast(COLOURS[line][theme], COLOURS[ground][theme]) >= 3
