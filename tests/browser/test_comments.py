"""Comments and the inbox in a browser: names by keyboard, threads in a card, what stays typed."""

from collections.abc import Iterator
from typing import Any

import pytest

from annotations.actions import review
from annotations.actions.projects import rename_person
from annotations.models import Comment, Event, InboxItem
from tests import builders
from tests.browser.conftest import Reader
from tests.browser.test_workspace import open_article


@pytest.fixture
def at(server: Any) -> Any:
    desk = builders.desk()
    rename_person(desk.ben, name="Zoe\u0301 Okafor 🌊", by=desk.ada)
    rename_person(desk.ada, name="שרה", by=desk.ada)
    desk.ben.refresh_from_db()
    return desk


@pytest.fixture
def on(at: Any) -> Any:
    return builders.article(at)


@pytest.fixture
def span(at: Any, on: Any) -> Any:
    return builders.mark(at, on, "Nobody was hurt", "f")


@pytest.fixture
def reader(page: Any, server: Any, log_in: Any, at: Any, on: Any, span: Any) -> Iterator[Reader]:
    return open_article(page, server, log_in, at, on)


def field(reader: Reader) -> Any:
    return reader.page.locator(".span-card > .comments .comment-new textarea")


def commenting(reader: Reader) -> Any:
    """Press the keys that lead to the field of the first span."""
    reader.press("n", "t")
    found = field(reader)
    found.wait_for()
    reader.page.wait_for_function(
        "() => document.activeElement?.matches('.span-card .comment-new textarea')"
    )
    return found


def test_a_member_is_mentioned_by_keyboard_alone(reader: Reader, at: Any, span: Any) -> None:
    found = commenting(reader)
    reader.page.keyboard.type("Sure, @z")
    options = reader.page.get_by_role("listbox", name="Members").get_by_role("option")
    options.first.wait_for()
    assert options.all_text_contents() == ["Zoe\u0301 Okafor 🌊"]
    assert found.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    reader.press("Enter")
    assert found.input_value() == "Sure, @Zoe\u0301 Okafor 🌊 "
    reader.page.keyboard.type("@")
    options.nth(2).wait_for()
    reader.press("ArrowUp", "Tab")
    assert found.input_value().startswith("Sure, @Zoe\u0301 Okafor 🌊 @")
    reader.page.keyboard.type("?")
    reader.press("Control+Enter")
    reader.page.locator(f"#card-{span.pk} .comment-body").wait_for()

    comment = Comment.objects.get()
    assert comment.span_id == span.pk
    assert comment.mentions[0] == str(at.ben.pk)
    assert len(comment.mentions) == 2
    assert "1 comment" in reader.page.locator(f"#card-{span.pk} .span-card-foot").inner_text()
    reader.page.wait_for_function(
        "() => document.activeElement?.matches('.span-card .comment-new textarea')"
    )
    assert field(reader).input_value() == ""


def test_escape_closes_the_names_and_an_address_opens_none(reader: Reader) -> None:
    found = commenting(reader)
    reader.page.keyboard.type("@")
    reader.page.locator(".mention-list").wait_for()
    reader.press("Escape")
    assert reader.page.locator(".mention-list").count() == 0
    reader.page.keyboard.type(" x@z")
    reader.press("Enter")
    assert found.input_value() == "@ x@z\n"
    assert reader.page.locator(".mention-list").count() == 0
    reader.page.keyboard.type("@שר")
    reader.page.locator(".mention-list > li", has_text="שרה").click()
    assert found.input_value() == "@ x@z\n@שרה "


def test_a_name_is_chosen_by_finger_on_a_narrow_screen(
    page: Any, server: Any, log_in: Any, at: Any, on: Any
) -> None:
    review.add_comment(on, body="Sure?", by=at.ben)
    log_in(page, at.account(at.cleo))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/p/desk/a/{on.pk}/comments/")
    page.locator(".thread-answer summary").click()
    answer = page.locator(".thread-answer textarea")
    answer.press_sequentially("@")
    page.locator(".mention-list > li").nth(1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".mention-list > li").filter(has_text="Okafor").click()
    assert answer.input_value() == "@Zoe\u0301 Okafor 🌊 "
    answer.press("Control+Enter")
    page.get_by_text("Answered.").wait_for()
    assert Comment.objects.get(parent__isnull=False).mentions == [str(at.ben.pk)]


def test_a_thread_is_answered_resolved_and_opened_again(
    reader: Reader, at: Any, on: Any, span: Any
) -> None:
    review.add_comment(on, body="Who says so? https://paper.example/x", span=span, by=at.ben)
    reader.open()
    reader.press("n")
    card = reader.page.locator(f"#card-{span.pk}")
    card.locator(".thread-answer summary").click()
    card.locator(".thread-answer textarea").fill("The mayor שלום.")
    card.get_by_role("button", name="Answer").click()
    card.locator(".comment").nth(1).wait_for()
    assert card.locator(".comment-body a").get_attribute("href") == "https://paper.example/x"
    card.get_by_role("button", name="Resolve").click()
    folded = card.locator(".thread-resolved")
    folded.wait_for()
    assert not card.locator(".comment").first.is_visible()
    folded.locator("> summary").click()
    card.get_by_role("button", name="Reopen").click()
    card.get_by_role("button", name="Resolve").wait_for()

    kinds = list(Event.objects.filter(kind__startswith="comment.").order_by("sequence"))
    assert [event.kind for event in kinds] == [
        *("comment.added", "comment.added", "comment.resolved", "comment.reopened")
    ]


def test_what_is_typed_stays_when_the_span_is_changed(
    reader: Reader, at: Any, on: Any, span: Any
) -> None:
    from annotations.actions.spans import change_span

    found = commenting(reader)
    reader.page.keyboard.type("half a sen")
    review.add_comment(on, body="Another’s 🌊.", span=span, by=at.ben)
    change_span(span, note="Seen again.", by=at.ada)
    reader.page.locator(f"#card-{span.pk} .comment-body").wait_for()

    assert found.input_value() == "half a sen"
    assert reader.page.evaluate("document.activeElement.value") == "half a sen"


def test_what_is_refused_comes_back_into_its_field(reader: Reader) -> None:
    found = commenting(reader)
    # As a page has it that knows no limit.
    found.evaluate("(field) => field.removeAttribute('data-most')")
    too_much = "é" * 20_481
    found.fill(too_much)
    reader.press("Control+Enter")
    reader.page.locator(".comments .errorlist").wait_for()

    assert "it may have 20480" in reader.page.locator(".comments .errorlist").inner_text()
    assert found.input_value() == too_much
    assert reader.page.locator("#outbox").is_hidden()
    assert not Comment.objects.exists()


def test_a_comment_on_the_article_stands_below_it(reader: Reader, on: Any) -> None:
    reader.press("t")
    reader.page.keyboard.type("About the whole.")
    reader.press("Control+Enter")
    reader.page.locator("#comments .comment-body").wait_for()
    reader.page.wait_for_function("() => document.activeElement?.id === 'c-new-article'")

    assert Comment.objects.get().span_id is None
    reader.page.locator("#comments .comment-own summary").click()
    edit = reader.page.locator("#comments .comment-own textarea")
    edit.fill("About the whole 🌊.")
    reader.page.locator("#comments .comment-own").get_by_role("button", name="Save").click()
    reader.page.locator("#comments .comment-body", has_text="🌊").wait_for()
    assert Comment.objects.get().revision == 2


def test_the_inbox_leads_to_the_comment_and_counts_down(
    page: Any, server: Any, log_in: Any, at: Any, on: Any, span: Any
) -> None:
    comment = review.add_comment(on, body="@cleo, sure?", span=span, by=at.ben)
    review.resolve_comment(comment, by=at.ben)
    log_in(page, at.account(at.cleo))
    page.goto("/")
    page.get_by_role("link", name="Inbox, 1 unread").click()
    page.locator(".inbox-open").click()
    page.wait_for_function("(id) => document.activeElement?.id === `c-${id}`", arg=str(comment.pk))

    assert page.url.endswith(f"#s-{span.pk}")
    assert page.locator(f"#c-{comment.pk}").is_visible()
    assert page.get_by_role("link", name="Inbox", exact=True).is_visible()
    assert InboxItem.objects.get().read_at is not None


def test_a_mention_shows_in_the_header_of_a_page_that_is_open(
    reader: Reader, at: Any, on: Any
) -> None:
    assert reader.page.get_by_role("link", name="Inbox", exact=True).is_visible()
    review.add_comment(on, body="@cleo", by=at.ben)
    reader.page.get_by_role("link", name="Inbox, 1 unread").wait_for()
    reader.page.locator("#comments .comment-body").wait_for()


def test_without_a_script_a_comment_is_posted_and_shown(
    plain_page: Any, server: Any, log_in: Any, at: Any, on: Any, span: Any
) -> None:
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(f"/p/desk/a/{on.pk}/spans/{span.pk}/")
    plain_page.get_by_label("Comment on this span").fill("@Zoé Okafor 🌊, sure?")
    plain_page.get_by_role("button", name="Comment").click()
    plain_page.get_by_text("Commented.").wait_for()

    assert plain_page.locator(".mention").inner_text() == "@Zoe\u0301 Okafor 🌊"
    assert Comment.objects.get().mentions == [str(at.ben.pk)]


def test_a_comment_that_is_too_long_is_kept_whole_and_told_and_not_sent(
    reader: Reader, span: Any
) -> None:
    body = "Ask cafe\u0301 שלום 🌊 " * 1_300
    body = body[:20_479] + "!!"
    found = commenting(reader)
    found.evaluate("(field) => field.focus()")
    reader.page.keyboard.insert_text(body)
    line = reader.page.locator(f"#card-{span.pk} .field-room")
    line.get_by_text("This has 20,481 characters; 20,480 fit. Shorten it by 1").wait_for()

    assert found.input_value() == body
    assert line.get_attribute("id") in found.get_attribute("aria-describedby").split()
    reader.press("Control+Enter")
    assert not Comment.objects.exists()
    assert found.input_value() == body

    reader.press("Backspace")
    line.wait_for(state="detached")
    reader.press("Control+Enter")
    reader.page.locator(f"#card-{span.pk} .comment-body").wait_for()
    assert Comment.objects.get().body == body[:-1]


def test_a_note_that_is_too_long_is_not_sent_from_the_card_nor_the_popover(
    reader: Reader, span: Any
) -> None:
    too_long = "é🌊" * 10_000 + "x"
    reader.press("n", "e")
    note = reader.page.locator(f"#card-{span.pk}").get_by_label("Note")
    note.fill(too_long)
    reader.page.get_by_text("This has 20,001 characters; 20,000 fit.").wait_for()
    reader.page.locator(f"#card-{span.pk}").get_by_role("button", name="Save").click()
    assert note.evaluate("(one) => document.activeElement === one && !one.validity.valid")
    note.fill(too_long[:-1])
    reader.page.locator(f"#card-{span.pk}").get_by_role("button", name="Save").click()
    reader.page.locator(f"#card-{span.pk} .span-card-note").wait_for()
    span.refresh_from_db()
    assert span.note == too_long[:-1]

    reader.click("blunder", click_count=2)
    reader.page.locator("#marker summary").click()
    note = reader.page.locator("#marker textarea")
    note.fill(too_long)
    reader.page.locator("#marker .kind").first.click()
    assert note.is_visible()
    assert note.input_value() == too_long


def test_escape_leaves_the_field_for_its_card_and_what_is_typed_stays(
    reader: Reader, span: Any
) -> None:
    found = commenting(reader)
    reader.page.keyboard.type("half a wo @z")
    reader.page.locator(".mention-list").wait_for()
    reader.press("Escape")
    assert found.evaluate("(field) => field === document.activeElement")
    reader.press("Escape")
    assert reader.page.evaluate("document.activeElement.id") == f"card-{span.pk}"
    assert found.input_value() == "half a wo @z"

    reader.press("e")
    note = reader.page.locator(f"#card-{span.pk}").get_by_label("Note")
    note.fill("Ask the cafe\u0301 owners 👩‍👧.")
    reader.press("Escape")
    assert reader.page.evaluate("document.activeElement.id") == f"card-{span.pk}"
    assert note.input_value() == "Ask the cafe\u0301 owners 👩‍👧."
    note.focus()
    reader.press("Control+Enter")
    reader.page.locator(f"#card-{span.pk} .span-card-note").wait_for()
    span.refresh_from_db()
    assert span.note == "Ask the cafe\u0301 owners 👩‍👧."

    reader.page.locator("#c-new-article").focus()
    reader.press("Escape")
    assert reader.page.evaluate("document.activeElement.id") == "article"
    reader.press("?")
    listed = reader.page.locator("#keys-help").inner_text()
    assert "Leave the field; what is typed stays" in listed
    assert "Send the comment, or the change of the span" in listed
