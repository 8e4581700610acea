"""What the tests of the article page's scripts share: a stand-in server, a page, gestures."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.stand import Stand, serve
from tests.conftest import watch

PARAGRAPHS = [
    "The mill on the Weir closed in 2019, and nobody was paid. The mayor, Inés Hart, said that"
    " the town had offered 1,250 pounds; the owners refused it.",
    "According to the Water Board, the river rose 🌊 by a metre in one night. “We were warned,”"
    " it wrote, “but the cafe\u0301 owners were not” — a scandal, as some say.",
    "העיר שילמה את החוב. It was a poor bargain.",
    "Nobody in the town believes that the money will come back. The 👩‍👧 family left.",
    "A fifth paragraph stands here, so that there is a second chunk. It has two sentences.",
    "The last one ends the article. It mentions the mill again.",
]


class Reader:
    """The page, and what a reviewer does on it."""

    def __init__(self, page: Any, stand: Stand) -> None:
        self.page = page
        self.stand = stand

    def open(self) -> "Reader":
        self.page.goto(self.stand.url)
        self.page.wait_for_function("() => document.getElementById('announcements') !== null")
        return self

    def place(self, words: str, *, end: bool = False) -> tuple[float, float]:
        """Return the point of the screen at the beginning, or the end, of ``words``."""
        start = self.stand.text.index(words)
        x, y = self.page.evaluate(
            """async ([from, to, end]) => {
              const { toRange } = await import("/static/annotations/js/offsets.js");
              const article = document.getElementById("article");
              const range = end ? toRange(article, to - 1, to) : toRange(article, from, from + 1);
              range.startContainer.parentElement.scrollIntoView({ block: "center" });
              const box = range.getBoundingClientRect();
              return [end ? box.right - 1 : box.left + 1, box.top + box.height / 2];
            }""",
            [start, start + len(words), end],
        )
        return x, y

    def drag(self, first: str, last: str | None = None, *, backward: bool = False) -> None:
        """Drag from the beginning of ``first`` to the end of ``last``, or the other way."""
        last_words = first if last is None else last
        self.place(last_words, end=True)
        places = [self.place(first), self.place(last_words, end=True)]
        if backward:
            places.reverse()
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        mouse.move(*places[1], steps=5)
        mouse.up()

    def click(self, words: str, **options: Any) -> None:
        x, y = self.place(words)
        self.page.mouse.click(x + 3, y, **options)

    def pending(self) -> str | None:
        """Return the words about to be marked, as the page paints them."""
        return self.page.evaluate(
            """() => {
              const painted = CSS.highlights.get("pending");
              return painted ? [...painted].map(String).join("|") : null;
            }"""
        )

    def wait_pending(self, words: str | None) -> None:
        self.page.wait_for_function(
            """(words) => {
              const painted = CSS.highlights.get("pending");
              return (painted ? [...painted].map(String).join("|") : null) === words;
            }""",
            arg=words,
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_saved(self, count: int) -> list[str]:
        """Wait until ``count`` spans have cards; return what is marked."""
        self.page.wait_for_function(
            "(count) => document.querySelectorAll('#span-list > li').length === count", arg=count
        )
        return self.stand.quotes()

    def painted(self, span: str) -> str:
        """Return the words whose marks name ``span``."""
        return self.page.evaluate(
            """(span) => [...document.querySelectorAll(`#article [data-s~="${span}"]`)]
              .map((mark) => mark.textContent).join("")""",
            span,
        )

    def said(self) -> str:
        return (self.page.text_content("#announcements") or "").replace("\u00a0", " ").strip()


@pytest.fixture(scope="session")
def _stand() -> Iterator[Stand]:
    stand = Stand()
    server = serve(stand)
    yield stand
    server.shutdown()
    server.server_close()


@pytest.fixture
def stand(_stand: Stand) -> Stand:
    _stand.load(PARAGRAPHS)
    return _stand


@pytest.fixture
def reader(browser: Any, stand: Stand) -> Iterator[Reader]:
    """The page of the stand-in server, open; errors and policy violations fail the test."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    watch(context, wrong)
    page = context.new_page()
    yield Reader(page, stand).open()
    context.close()
    assert not wrong
