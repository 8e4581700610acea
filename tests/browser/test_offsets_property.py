"""Any text, any range: the page's own reader and the server's own slice agree.

The recipe is to build texts of everything that browsers and counters stumble over, select a
random stretch forwards and backwards, read it with the page's module, save it, and compare with
what Python cuts out of the same text.
"""

import random

import pytest

from annotations.domain.rendering import BlockView
from annotations.domain.text import canonicalise, is_blank, tidy
from tests.browser.conftest import Reader

NASTY = [
    "👩‍👩‍👧‍👦", "👍🏽", "🇦🇹", "🇦", "🇦🇹🇨", "1️⃣", "☎︎", "☎️", "e\u0301\u0323", "\u1112\u1161\u11ab",
    "क्ष", "न\u092eस्ते", "مُحَمَّد", "שָׁלוֹם", "\u2067abc\u2069", "\u00a0", "\u00ad", "\u200b",
    "\u200c", "\u200d", "<", "&", ">", '"', "'", "</p>", "&amp;", "<!--", "\r\n", "\r", "\x00",
    "\t", "\ufeff", "\ufffe", "\U0001f1e6", "\U0010ffff", "\u0301", "  ", " ", "\n", "a", "mill",
    "river", ".", "—", "“", "”", "\ufffc", "\u2028", "\u0085",
]  # fmt: skip

SELECT = """async ([stretches, language]) => {
  const offsets = await import("/static/annotations/js/offsets.js");
  const article = document.getElementById("article");
  const selection = getSelection();
  return stretches.map(([start, end, backward]) => {
    const from = offsets.pointAt(article, start, "start");
    const to = offsets.pointAt(article, end, "end");
    if (backward) selection.setBaseAndExtent(to.node, to.index, from.node, from.index);
    else selection.setBaseAndExtent(from.node, from.index, to.node, to.index);
    const raw = selection.getRangeAt(0).toString();
    const span = offsets.fromSelection(article, selection);
    const read = span && offsets.textBetween(article, span.start, span.end);
    return { raw, span, read, formed: read === null || read.isWellFormed() };
  });
}"""


def nasty_text(chance: random.Random) -> str:
    raw = "".join(chance.choice(NASTY) for _ in range(chance.randrange(2, 60)))
    return canonicalise(raw).text


def blocks_of(text: str) -> list[BlockView]:
    """Return every line of ``text`` as a block; blank ones are separators."""
    blocks, at = [], 0
    for line in text.split("\n"):
        if not is_blank(line):
            blocks.append(BlockView(index=len(blocks), start=at, end=at + len(line)))
        at += len(line) + 1
    return blocks


@pytest.mark.parametrize("seed", range(6))
def test_what_is_selected_is_what_the_server_cuts_out(reader: Reader, seed: int) -> None:
    chance = random.Random(seed)
    stand = reader.stand
    seen = 0
    for _ in range(8):
        text = nasty_text(chance)
        blocks = blocks_of(text)
        if not blocks:
            continue
        stand.load([])
        stand.text, stand.blocks = text, blocks
        for number in range(chance.randrange(5)):
            first = chance.choice(blocks)
            last = chance.choice([block for block in blocks if block.start >= first.start])
            start, end = tidy(
                text,
                chance.randrange(first.start, first.end),
                chance.randrange(last.start, last.end) + 1,
            )
            if start < end:
                held = stand.mark(text[start:end], ["l-fact", "l-claim", "l-opinion"][number % 3])
                stand.spans[held].start, stand.spans[held].end = start, end
        reader.open()
        assert reader.page.evaluate("document.getElementById('article').textContent") == text

        stretches = []
        for _ in range(25):
            start, end = sorted(chance.sample(range(len(text) + 1), 2))
            stretches.append([start, end, chance.random() < 0.5])
        for (start, end, _), got in zip(
            stretches, reader.page.evaluate(SELECT, [stretches, "en"]), strict=True
        ):
            assert got["raw"] == text[start:end]
            assert got["formed"]
            if got["span"] is None:
                assert is_blank(text[start:end])
                continue
            seen += 1
            span = (got["span"]["start"], got["span"]["end"])
            assert got["read"] == text[slice(*span)]
            # Whatever the page sends, the server takes as it is.
            assert tidy(text, *span) == span
            assert span[0] <= end
            assert span[1] >= start
    assert seen > 50


def test_a_nasty_stretch_is_saved_and_painted_as_it_was_selected(reader: Reader) -> None:
    chance = random.Random(7)
    text = "\n\n".join(
        line for _ in range(6) if not is_blank(line := nasty_text(chance).replace("\n", " "))
    )
    reader.stand.load([])
    reader.stand.text, reader.stand.blocks = text, blocks_of(text)
    reader.open()
    for count in range(1, 9):
        start, end = sorted(chance.sample(range(len(text) + 1), 2))
        got = reader.page.evaluate(SELECT, [[[start, end, count % 2 == 0]], "en"])[0]
        if got["span"] is None:
            continue
        already = len(reader.stand.spans)
        reader.wait_pending(got["read"])
        reader.press("c")
        reader.wait_saved(already + 1)
        span, held = list(reader.stand.spans.items())[-1]
        words = text[held.start : held.end]
        assert words == got["read"]
        separators = [
            text[before.end : after.start]
            for before, after in zip(reader.stand.blocks, reader.stand.blocks[1:], strict=False)
            if held.start < before.end and after.start < held.end
        ]
        painted = reader.painted(span)
        assert len(painted) == len(words) - sum(map(len, separators))
        assert reader.page.evaluate("document.getElementById('article').textContent") == text
    assert len(reader.stand.spans) > 3
