"""The article page's scripts against the real server."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from annotations.actions.articles import import_article
from annotations.domain.records import ArticleDraft, BlockDraft
from annotations.domain.text import is_blank, sha256, tidy
from annotations.domain.vocabulary import BlockRole, BlockTag
from annotations.models import Article, Event, ReadMark, Span
from tests import builders
from tests.browser.conftest import Reader
from tests.browser.stand import Stand
from tests.browser.test_axe import violations
from tests.browser.test_offsets_property import SELECT, blocks_of, nasty_text

TEXT = (
    "The mill on the Weir\n\nThe mayor, Inés Hart, said that the town had offered 1,250 pounds;"
    " the owners refused it.\n\nהעיר שילמה את החוב. The cafe\u0301 owners 👩‍👧 left."
)


def open_article(page: Any, server: Any, log_in: Any, at: Any, article: Article) -> Reader:
    log_in(page, at.account(at.cleo))
    address = f"{server.url}/p/{at.project.slug}/a/{article.pk}/"
    return Reader(page, Stand(text=article.text, url=address)).open()


@pytest.fixture
def at(server: Any) -> Any:
    return builders.desk()


@pytest.fixture
def reader(page: Any, server: Any, log_in: Any, at: Any) -> Iterator[Reader]:
    return open_article(page, server, log_in, at, builders.article(at, TEXT))


def spans() -> list[Span]:
    return list(Span.objects.filter(withdrawn_at=None).order_by("created_at"))


def wait_cards(reader: Reader, count: int) -> None:
    reader.page.wait_for_function(
        "(count) => document.querySelectorAll('#span-list > li').length === count", arg=count
    )


def test_a_selection_is_marked_by_one_key_and_painted(reader: Reader) -> None:
    reader.drag("the town had offered 1,250 pounds")
    reader.wait_pending("the town had offered 1,250 pounds")
    reader.press("s", "c")
    wait_cards(reader, 1)

    span = spans()[0]
    assert (span.quote, span.label.key, span.voice) == (
        "the town had offered 1,250 pounds",
        "c",
        "named",
    )
    assert span.speaker.name == "Inés Hart"
    assert reader.painted(str(span.pk)) == span.quote
    assert reader.page.evaluate("document.getElementById('article').textContent") == TEXT


def test_the_keyboard_alone_marks_undoes_and_marks_again(reader: Reader) -> None:
    reader.press("m", "ArrowDown", "ArrowLeft", "f")
    wait_cards(reader, 1)
    assert spans()[0].quote == "the owners refused it"
    reader.press("u")
    wait_cards(reader, 0)
    assert spans() == []

    reader.press("o")
    wait_cards(reader, 1)
    reader.press("Escape", "u")
    wait_cards(reader, 0)
    assert spans() == []


def test_where_there_is_nothing_to_undo_it_says_so_and_keeps_nothing(reader: Reader) -> None:
    reader.press("u")
    reader.page.get_by_text("There is nothing of yours to undo in this article.").wait_for()

    assert reader.page.locator("#outbox").is_hidden()
    assert reader.page.evaluate(
        "localStorage.length === 0 || !Object.keys(localStorage).some((key) => key.startsWith('outbox'))"
    )


def test_a_span_is_edited_moved_and_withdrawn_by_keys(reader: Reader) -> None:
    reader.click("refused", click_count=2)
    reader.wait_pending("refused")
    reader.press("f")
    wait_cards(reader, 1)
    span = spans()[0]

    reader.press("e")
    note = reader.page.locator(f"#card-{span.pk}").get_by_label("Note")
    note.fill("Ask both owners.")
    note.press("Tab")
    reader.page.locator(f"#card-{span.pk}").get_by_role("button", name="Save").click()
    reader.page.locator(f"#card-{span.pk} .span-card-note").wait_for()
    span.refresh_from_db()
    assert span.note == "Ask both owners."

    reader.page.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")
    reader.page.evaluate("document.activeElement.blur()")
    reader.press("]", "ArrowRight", "Enter")
    reader.page.wait_for_function(
        "(id) => document.querySelector(`#card-${id} .span-card-quote`).textContent"
        ".includes('refused it')",
        arg=str(span.pk),
    )
    span.refresh_from_db()
    assert span.quote == "refused it"

    reader.page.evaluate("document.activeElement.blur()")
    reader.press("w")
    wait_cards(reader, 0)
    assert spans() == []


def with_an_active_span(reader: Reader, at: Any) -> Span:
    earlier = builders.mark(at, Article.objects.get(), "mayor")
    reader.page.reload()
    reader.page.locator(f"#card-{earlier.pk} .span-card-quote").click()
    reader.page.locator(f"#card-{earlier.pk}[aria-current]").wait_for()
    return earlier


def test_a_key_pressed_before_the_answer_is_about_the_span_just_marked(
    reader: Reader, at: Any
) -> None:
    held: list[Any] = []
    reader.page.route("**/spans/add", lambda route: held.append(route))
    earlier = with_an_active_span(reader, at)
    reader.click("refused", click_count=2)
    reader.wait_pending("refused")
    reader.press("f", "e")
    for _ in range(100):
        reader.page.wait_for_timeout(20)
        if held:
            break
    held[0].continue_()
    wait_cards(reader, 2)
    [_, marked] = spans()
    assert marked.quote == "refused"
    note = reader.page.locator(f"#card-{marked.pk}").get_by_label("Note")
    note.fill("Ask both owners 👩‍👧.")
    assert not reader.page.locator(f"#card-{earlier.pk}").get_by_label("Note").is_visible()


def test_a_key_after_a_refused_mark_leaves_the_span_before_it_alone(
    reader: Reader, at: Any
) -> None:
    reader.page.route(
        "**/spans/add", lambda route: route.fulfill(status=400, json={"title": "No."})
    )
    with_an_active_span(reader, at)
    reader.click("refused", click_count=2)
    reader.wait_pending("refused")
    reader.press("f", "w")
    reader.page.locator("#outbox").get_by_text("No.").wait_for()

    assert [span.quote for span in spans()] == ["mayor"]


def test_a_change_somebody_made_meanwhile_is_not_overwritten_unasked(
    reader: Reader, at: Any
) -> None:
    from annotations.actions.spans import change_span

    reader.click("refused", click_count=2)
    reader.wait_pending("refused")
    reader.press("f")
    wait_cards(reader, 1)
    span = spans()[0]
    reader.page.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")
    change_span(span, by=at.ben, note="Mine.")

    # As it is where the stream has not told of it yet.
    reader.page.evaluate(
        "(id) => { document.getElementById(`card-${id}`).dataset.revision = '1'; }",
        str(span.pk),
    )
    reader.press("w")
    dialog = reader.page.get_by_role("dialog", name="ben changed this span")
    dialog.wait_for()
    assert "Mine." in dialog.inner_text()
    assert len(spans()) == 1
    dialog.get_by_role("button", name="Withdraw it all the same").click()
    wait_cards(reader, 0)


def test_a_paragraph_is_ticked_as_read_by_a_key(reader: Reader) -> None:
    reader.click("The mayor")
    reader.press("r")
    reader.page.locator("#b1.is-read").wait_for()
    assert ReadMark.objects.count() == 1
    reader.press("r")
    reader.page.wait_for_function("() => !document.querySelector('.is-read')")
    assert not ReadMark.objects.exists()
    # And while marking by keyboard.
    reader.press("m", "PageDown", "r")
    reader.page.locator("#b2.is-read").wait_for()
    assert ReadMark.objects.get().block.index == 2


@pytest.mark.parametrize("seed", range(2))
def test_every_selection_is_stored_as_it_was_selected(
    page: Any, server: Any, log_in: Any, at: Any, seed: int
) -> None:
    chance = random.Random(100 + seed)
    text = "\n\n".join(
        line for _ in range(6) if not is_blank(line := nasty_text(chance).replace("\n", " "))
    )
    blocks = tuple(
        BlockDraft(block.start, block.end, BlockTag.PARAGRAPH, BlockRole.BODY)
        for block in blocks_of(text)
    )
    article = import_article(
        at.project,
        ArticleDraft(
            name="nasty.txt", text=text, markup=(), blocks=blocks, title="Nasty",
            source_sha256=sha256(text),
        ),
        by=at.ada,
    )  # fmt: skip
    reader = open_article(page, server, log_in, at, article)
    assert reader.page.evaluate("document.getElementById('article').textContent") == text
    made = 0
    for count in range(12):
        start, end = sorted(chance.sample(range(len(text) + 1), 2))
        got = reader.page.evaluate(SELECT, [[[start, end, count % 2 == 0]], "en"])[0]
        assert got["raw"] == text[start:end]
        if got["span"] is None:
            continue
        reader.wait_pending(got["read"])
        reader.press("c")
        made += 1
        wait_cards(reader, made)
        span = spans()[-1]
        assert (span.start, span.end) == (got["span"]["start"], got["span"]["end"])
        assert tidy(text, span.start, span.end) == (span.start, span.end)
        assert span.quote == got["read"] == text[span.start : span.end]
        assert reader.page.evaluate("document.getElementById('article').textContent") == text
    assert made > 5


@pytest.mark.parametrize("change", ["undo", "change", "withdraw"])
def test_a_change_whose_answer_was_lost_is_sent_again_and_done_once(
    reader: Reader, change: str
) -> None:
    for count, words in enumerate(("the town had offered", "the owners refused it"), 1):
        reader.drag(words)
        reader.wait_pending(words)
        reader.press("c")
        wait_cards(reader, count)
    lost = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().json()["message"])
            route.abort()
        else:
            route.continue_()

    reader.page.route(re.compile(f"/{change}$"), lose)
    before = Event.objects.count()
    if change == "change":
        form = reader.page.locator("#span-list .is-active form[action$='/change']")
        form.wait_for(state="attached")
        form.evaluate("(form) => { form.note.value = 'Seen 🌊'; form.requestSubmit(); }")
    else:
        reader.press("u" if change == "undo" else "w")
    outbox = reader.page.locator("#outbox")
    outbox.wait_for()
    assert "could not be reached" in outbox.inner_text()
    outbox.wait_for(state="hidden")

    reader.page.wait_for_function(
        "(said) => document.getElementById('announcements').textContent.includes(said)", arg=lost[0]
    )
    assert Event.objects.count() == before + 1
    assert len(spans()) == (2 if change == "change" else 1)
    wait_cards(reader, len(spans()))


@pytest.mark.parametrize(
    ("answer", "quotes"),
    [
        ("Mark them in ¶ 1", ["cafe\u0301"]),
        ("Mark them here", ["café"]),
        ("Cancel", []),
    ],
)
def test_a_mark_in_a_repeat_goes_to_its_original_on_one_confirmation(
    page: Any, server: Any, log_in: Any, at: Any, answer: str, quotes: list[str]
) -> None:
    reader = open_article(page, server, log_in, at, builders.repeating(at))
    reader.click("café", click_count=2)
    reader.wait_pending("café")
    reader.press("c")
    page.get_by_role("dialog", name="This paragraph is a repeat").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name=answer).click()
    wait_cards(reader, len(quotes))

    assert [span.quote for span in spans()] == quotes
    assert page.locator("dialog").count() == 0
