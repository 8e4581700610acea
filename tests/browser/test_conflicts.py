"""Two people at one span in real browsers: both versions side by side, chosen by keys or forms."""

from typing import Any

import pytest
from django.urls import reverse

from annotations.actions.evidence import give_verdict
from annotations.actions.spans import change_span, withdraw_span
from annotations.models import Comment, Span
from tests.browser.test_axe import violations
from tests.builders import Desk, article, desk, mark

MINE = "Ask the cafe\u0301 owners 👩‍👧."
THEIRS = "שלום: ask <b>the town</b>."


@pytest.fixture
def at(server: Any) -> Desk:
    return desk()


@pytest.fixture
def span(at: Desk) -> Span:
    return mark(at, article(at), "The dam, a colossal blunder")


@pytest.fixture
def open_card(page: Any, log_in: Any, at: Desk, span: Span) -> Any:
    """Cleo's page, the card of the span open, nothing from the live stream."""
    page.route("**/live/**", lambda route: route.abort())
    page.route("**/events**", lambda route: route.abort())
    log_in(page, at.account(at.cleo))
    page.goto(reverse("article", args=[at.project.slug, span.article_id]) + f"#s-{span.pk}")
    card = page.locator(f"#card-{span.pk}")
    card.locator(".span-panel").wait_for(state="attached")
    if not card.locator(".span-card-more").evaluate("(one) => one.open"):
        card.locator(".span-card-more > summary").click()
    return card


def as_seen_before(page: Any, span: Span) -> None:
    """Let the page hold the first revision, as one does that nobody has told of a change yet."""
    page.evaluate(
        "(id) => { for (const one of document.querySelectorAll(`#card-${id} [name=revision]`))"
        " one.value = '1'; }",
        str(span.pk),
    )


def test_two_notes_are_compared_and_both_kept(
    page: Any, at: Desk, span: Span, open_card: Any
) -> None:
    open_card.get_by_label("Note").fill(MINE)
    change_span(span, by=at.ben, note=THEIRS)
    as_seen_before(page, span)
    open_card.get_by_role("button", name="Save").click()

    dialog = page.get_by_role("dialog", name="ben changed this span")
    dialog.wait_for()
    assert THEIRS in dialog.inner_text()
    assert MINE in dialog.inner_text()
    assert dialog.locator("ins").count() >= 2
    assert violations(page) == []
    dialog.get_by_role("button", name="Keep both", exact=True).press("Enter")

    page.locator("#outbox").wait_for(state="hidden")
    page.locator(f"#card-{span.pk} .span-card-note").get_by_text("owners").wait_for()
    span.refresh_from_db()
    assert span.note == f"{THEIRS}\n\n{MINE}"


def test_the_choice_can_wait_and_outlives_a_reload(
    page: Any, at: Desk, span: Span, open_card: Any
) -> None:
    open_card.get_by_label("Note").fill(MINE)
    change_span(span, by=at.ben, note=THEIRS)
    as_seen_before(page, span)
    open_card.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_role("button", name="Decide later").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="See both versions").click()
    change_span(span, by=at.ada, note="Newer.")
    page.get_by_role("dialog").get_by_role("button", name="Save mine").click()

    again = page.get_by_role("dialog", name="Ada changed this span")
    again.wait_for()
    assert "Newer." in again.inner_text()
    again.get_by_role("button", name="Keep theirs").click()
    page.locator("#outbox").wait_for(state="hidden")
    span.refresh_from_db()
    assert span.note == "Newer."


def test_two_verdicts_leave_one_and_a_comment(page: Any, log_in: Any, at: Desk, span: Span) -> None:
    log_in(page, at.account(at.cleo))
    page.goto(reverse("evidence", args=[at.project.slug, span.article_id, span.pk]))
    page.locator("#ev-verdict").get_by_label("supported", exact=True).check()
    page.get_by_label("Because").fill(MINE)
    give_verdict(span, by=at.ben, verdict="refuted", reason=THEIRS)
    page.get_by_role("button", name="Save the verdict").click()

    page.get_by_role("heading", name="Two versions").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Keep both: mine as a comment").click()

    page.get_by_text("Kept as a comment.").first.wait_for()
    assert MINE in Comment.objects.get(span=span).body


def test_without_javascript_the_same_choice_is_a_page(
    plain_page: Any, log_in: Any, at: Desk, span: Span
) -> None:
    log_in(plain_page, at.account(at.cleo))
    plain_page.goto(reverse("span", args=[at.project.slug, span.article_id, span.pk]))
    plain_page.get_by_label("Note").fill(MINE)
    withdraw_span(span, by=at.ben)
    plain_page.get_by_role("button", name="Save").click()

    plain_page.get_by_text("ben withdrew this span").wait_for()
    plain_page.get_by_role("button", name="Restore it and keep both").click()
    plain_page.get_by_text("Changed.").wait_for()

    span.refresh_from_db()
    assert (span.note, span.withdrawn_at) == (MINE, None)


@pytest.mark.parametrize("offline", [False, True], ids=["at once", "offline"])
def test_saving_twice_in_a_row_is_no_conflict_with_oneself(
    page: Any, at: Desk, span: Span, open_card: Any, offline: bool
) -> None:
    page.context.set_offline(offline)
    note, save = open_card.get_by_label("Note"), open_card.get_by_role("button", name="Save")
    # In one go: a form without the focus is renewed once the first answer is there.
    note.evaluate(
        "(field, texts) => { for (const text of texts)"
        " { field.value = text; field.form.requestSubmit(); } }",
        [MINE, f"{MINE} {THEIRS}"],
    )
    if offline:
        page.locator("#outbox").get_by_text("2 changes are not saved").wait_for()
        page.context.set_offline(False)

    page.wait_for_function(
        "() => !Object.keys(localStorage).some((name) => name.startsWith('outbox'))"
    )
    span.refresh_from_db()
    assert (span.note, span.revision) == (f"{MINE} {THEIRS}", 3)
    assert save.is_visible()
    assert page.get_by_role("dialog").count() == 0


def focused(page: Any, wanted: str) -> None:
    page.wait_for_function(
        "(id) => document.activeElement.id === id && !document.querySelector('dialog[open]')",
        arg=wanted,
    )


def test_a_choice_leaves_the_focus_at_the_card_or_at_what_waits(
    page: Any, at: Desk, span: Span, open_card: Any
) -> None:
    open_card.get_by_label("Note").fill(MINE)
    change_span(span, by=at.ben, note=THEIRS)
    as_seen_before(page, span)
    open_card.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    see = page.get_by_role("button", name="See both versions")
    page.wait_for_function("() => document.activeElement.textContent === 'See both versions'")
    see.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Keep theirs").press("Enter")
    focused(page, f"card-{span.pk}")
    page.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")
    focused(page, f"card-{span.pk}")


def test_keeping_both_leaves_the_focus_at_the_card(
    page: Any, at: Desk, span: Span, open_card: Any
) -> None:
    open_card.get_by_label("Note").fill(MINE)
    change_span(span, by=at.ben, note=THEIRS)
    as_seen_before(page, span)
    open_card.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Keep both", exact=True).press("Enter")
    page.locator(f"#card-{span.pk} .span-card-note").get_by_text("owners").wait_for()
    focused(page, f"card-{span.pk}")


@pytest.fixture
def following(page: Any, log_in: Any, at: Desk, span: Span) -> Any:
    """Cleo's page, the span active, which is told of what others do."""
    log_in(page, at.account(at.cleo))
    page.goto(reverse("article", args=[at.project.slug, span.article_id]) + f"#s-{span.pk}")
    page.locator(f"#card-{span.pk} .span-panel").wait_for(state="attached")
    page.wait_for_function("() => document.documentElement.dataset.live === 'live'")
    return page


@pytest.fixture
def moving(following: Any) -> Any:
    """The same, the end of the span one word further back and not saved yet."""
    following.keyboard.press("]")
    following.keyboard.press("ArrowLeft")
    return following


def wait_quote(page: Any, span: Span, words: str) -> None:
    page.wait_for_function(
        "([id, words]) => document.querySelector(`#card-${id} .span-card-quote`).textContent.trim()"
        " === words",
        arg=[str(span.pk), words],
    )


def test_each_end_of_a_span_may_be_moved_by_another_person(
    moving: Any, at: Desk, span: Span
) -> None:
    change_span(span, by=at.ben, start=span.start + 4)
    wait_quote(moving, span, "dam, a colossal blunder")

    moving.keyboard.press("Enter")
    wait_quote(moving, span, "dam, a colossal")

    span.refresh_from_db()
    assert span.quote == "dam, a colossal"


def test_an_end_that_another_moved_meanwhile_is_not_put_back_unasked(
    moving: Any, at: Desk, span: Span
) -> None:
    change_span(span, by=at.ben, end=span.start + len("The dam"))
    wait_quote(moving, span, "The dam")

    moving.keyboard.press("Enter")
    dialog = moving.get_by_role("dialog", name="ben changed this span")
    dialog.wait_for()
    span.refresh_from_db()
    assert span.quote == "The dam"
    dialog.get_by_role("button", name="Save mine").click()
    wait_quote(moving, span, "The dam, a colossal")

    span.refresh_from_db()
    assert span.quote == "The dam, a colossal"


def test_a_label_that_another_changes_does_not_stand_in_the_way_of_an_end(
    moving: Any, at: Desk, span: Span
) -> None:
    change_span(span, by=at.ben, label=at.label("f"))
    moving.locator(f"#card-{span.pk}[data-kind=fact]").wait_for()

    moving.keyboard.press("Enter")
    moving.wait_for_function(
        "(id) => document.getElementById(`card-${id}`).dataset.revision === '3'", arg=str(span.pk)
    )

    span.refresh_from_db()
    assert (span.quote, span.label) == ("The dam, a colossal", at.label("f"))
    assert moving.get_by_role("dialog").count() == 0
