"""Work that is not acknowledged yet: it outlives reloads, crashes and days, and is sent once."""

import json
import time
from typing import Any

import pytest
from django.urls import reverse

from annotations.actions.spans import withdraw_span
from annotations.models import Decision, Span
from tests.browser.conftest import Reader
from tests.browser.stand import ADDRESS
from tests.browser.test_saving import mark
from tests.builders import TEXT, Desk, article, desk
from tests.builders import mark as mark_words

DAY = 24 * 3600 * 1000
NOTE = "Ask the cafe\u0301 owners 👩‍👧 שלום."


def plant(page: Any, words: str, start: int, *, account: str = "ada", **more: Any) -> None:
    """Put a change into the browser's storage, as a page left it there that is gone."""
    entry = {
        "key": "6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c11",
        "account": account,
        "address": ADDRESS,
        "title": "The mill",
        "path": "spans/add",
        "fields": {"start": str(start), "end": str(start + len(words)), "label": "l-fact"},
        "words": f"Fact: “{words}”",
        "span": {"start": start, "end": start + len(words)},
        "state": "failed",
        "error": "The server could not be reached.",
        "tries": 3,
        "at": int(time.time() * 1000),
        "holder": "a page that is gone",
        **more,
    }
    page.evaluate(
        "([name, entry]) => localStorage.setItem(name, entry)",
        [f"outbox/2 {account} {entry['key']}", json.dumps(entry)],
    )


def kept(page: Any) -> list[str]:
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('outbox'))")


def painted(page: Any, name: str) -> list[str]:
    return page.evaluate("(name) => [...(CSS.highlights.get(name) ?? [])].map(String)", name)


def another(reader: Reader) -> Reader:
    """Open the article in another tab of the same browser."""
    return Reader(reader.page.context.new_page(), reader.stand).open()


def wait_quotes(reader: Reader, *wanted: str) -> None:
    end = time.monotonic() + 30
    while sorted(reader.stand.quotes()) != sorted(wanted):
        assert time.monotonic() < end, reader.stand.quotes()
        reader.page.wait_for_timeout(50)


def test_what_a_crashed_tab_left_is_sent_by_one_that_is_open(reader: Reader) -> None:
    other = another(reader)
    reader.stand.broken = 500
    mark(other, "closed")
    other.page.locator("#outbox").wait_for()
    reader.stand.broken = None
    with pytest.raises(Exception, match="crash"):
        other.page.goto("chrome://crash")

    began = time.monotonic()
    wait_quotes(reader, "closed")
    assert time.monotonic() - began < 15
    reader.wait_saved(1)
    assert kept(reader.page) == []


def test_what_a_closed_tab_left_is_sent_by_the_next_that_opens(reader: Reader) -> None:
    reader.stand.broken = 0
    mark(reader, "closed")
    reader.page.locator("#outbox").wait_for()
    other = reader.page.context.new_page()
    reader.page.close()
    reader.stand.broken = None

    assert Reader(other, reader.stand).open().wait_saved(1) == ["closed"]


def test_two_tabs_lose_nothing_and_send_nothing_twice(reader: Reader) -> None:
    other = another(reader)
    reader.stand.broken = 500
    mark(reader, "closed")
    mark(other, "money", "c")
    for one in (reader, other):
        one.page.locator("#outbox").wait_for()
        assert one.page.locator("#outbox li").count() == 1
    third = another(reader)
    assert third.page.locator("#outbox").is_hidden()
    assert len(kept(third.page)) == 2

    reader.stand.broken = None
    wait_quotes(reader, "closed", "money")
    reader.page.wait_for_function("() => localStorage.length === 0")
    saved = [fields["key"] for path, fields in reader.stand.log if path == "spans/add"]
    assert len(set(saved)) == 2
    assert kept(third.page) == []


def test_a_tab_that_loads_again_has_its_own_changes_also_beside_another(reader: Reader) -> None:
    another(reader)
    reader.stand.broken = 422
    mark(reader, "closed")
    reader.page.locator("#outbox li").wait_for()
    reader.page.on("dialog", lambda dialog: dialog.accept())

    reader.page.reload()

    reader.page.locator("#outbox li").get_by_text("closed").wait_for()


def test_a_change_is_painted_as_pending_after_a_reload_until_it_is_saved(reader: Reader) -> None:
    reader.stand.broken = 500
    mark(reader, "closed")
    reader.page.locator("#outbox").wait_for()
    reader.page.on("dialog", lambda dialog: dialog.accept())
    reader.page.reload()

    reader.page.wait_for_function("() => CSS.highlights.has('failed')")
    assert painted(reader.page, "failed") == ["closed"]
    reader.stand.delay, reader.stand.broken = 1, None
    reader.page.locator("#outbox").get_by_role("button", name="Retry").click()
    assert painted(reader.page, "saving") == ["closed"]
    assert reader.wait_saved(1) == ["closed"]


def test_a_change_of_yesterday_is_sent_without_asking(reader: Reader) -> None:
    start = reader.stand.text.index("closed")
    plant(reader.page, "closed", start, at=int(time.time() * 1000) - 2 * DAY)

    reader.open()

    assert reader.wait_saved(1) == ["closed"]


def test_a_change_older_than_the_receipts_asks_before_it_is_sent(reader: Reader) -> None:
    start = reader.stand.text.index("closed")
    plant(reader.page, "closed", start, at=int(time.time() * 1000) - 100 * DAY)

    reader.open()
    outbox = reader.page.locator("#outbox")
    outbox.get_by_text("It may have been saved then").wait_for()
    assert reader.stand.quotes() == []
    outbox.get_by_role("button", name="Send it now").click()

    assert reader.wait_saved(1) == ["closed"]
    assert outbox.is_hidden()


def test_an_outbox_of_somebody_else_is_neither_shown_nor_sent(reader: Reader) -> None:
    plant(reader.page, "closed", reader.stand.text.index("closed"), account="ben")

    reader.open()
    reader.page.wait_for_timeout(500)

    assert reader.page.locator("#outbox").is_hidden()
    assert reader.stand.quotes() == []
    assert len(kept(reader.page)) == 1


def test_an_outbox_of_version_1_is_taken_over(reader: Reader) -> None:
    start = reader.stand.text.index("closed")
    entry = {
        "key": "6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c12",
        "path": "spans/add",
        "fields": {"start": str(start), "end": str(start + 6), "label": "l-fact"},
        "words": "Fact: “closed”",
        "span": {"start": start, "end": start + 6},
        "state": "failed",
        "error": "",
        "tries": 1,
        "at": 1,
        "tab": "x",
    }
    entry["at"] = int(time.time() * 1000)
    reader.page.evaluate(
        "([name, list]) => localStorage.setItem(name, list)",
        [f"outbox ada {ADDRESS}", json.dumps([entry])],
    )

    reader.open()

    assert reader.wait_saved(1) == ["closed"]
    assert kept(reader.page) == []


def test_what_was_written_stands_with_the_reason_why_it_was_refused(reader: Reader) -> None:
    start = reader.stand.text.index("closed")
    fields = {"start": str(start), "end": str(start + 6), "label": "l-fact", "note": NOTE}
    plant(
        reader.page, "closed", start, fields=fields, state="refused", error="This label is retired."
    )

    reader.open()
    outbox = reader.page.locator("#outbox")
    outbox.get_by_text("This label is retired.").wait_for()
    outbox.get_by_text("What you wrote").click()

    assert outbox.locator(".outbox-text").inner_text() == NOTE
    assert reader.stand.quotes() == []


def test_a_browser_that_keeps_nothing_is_told_of_and_the_page_still_holds_it(
    reader: Reader,
) -> None:
    reader.page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    )
    reader.open()
    reader.stand.broken = 500
    mark(reader, "closed")
    outbox = reader.page.locator("#outbox")
    outbox.get_by_text("its storage is full or forbidden").wait_for()

    reader.stand.broken = None
    outbox.get_by_role("button", name="Retry").click()
    assert reader.wait_saved(1) == ["closed"]


def test_a_browser_without_locks_takes_over_what_lay_for_a_minute(reader: Reader) -> None:
    reader.page.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined });")
    start = reader.stand.text.index("closed")
    plant(reader.page, "closed", start, at=int(time.time() * 1000) - 90_000)

    reader.open()

    assert reader.wait_saved(1) == ["closed"]
    reader.stand.broken = 500
    mark(reader, "money")
    reader.page.locator("#outbox").wait_for()
    reader.stand.broken = None
    reader.page.on("dialog", lambda dialog: dialog.accept())
    reader.page.reload()
    reader.wait_saved(2)


@pytest.mark.parametrize("button", ["Withdraw", "Save"])
def test_a_double_click_on_a_button_is_one_request(reader: Reader, button: str) -> None:
    reader.stand.mark("closed")
    reader.open().press("n")
    reader.page.get_by_text("Edit").click()
    reader.stand.delay = 0.3
    reader.page.get_by_role("button", name=button).dblclick()
    reader.page.wait_for_timeout(1_200)

    sent = [path for path, _ in reader.stand.log if path.startswith("spans/")]
    assert len(sent) == 1


def test_what_waits_behind_a_change_that_failed_is_sent_once_the_server_answers(
    reader: Reader,
) -> None:
    reader.stand.broken = 0
    mark(reader, "closed")
    outbox = reader.page.locator("#outbox")
    outbox.get_by_text("could not be reached").wait_for()
    mark(reader, "money", "c")
    outbox.get_by_text("2 changes are not saved").wait_for()
    assert "Waits for the one before it." in outbox.inner_text()

    reader.stand.broken = None

    assert reader.wait_saved(2) == ["closed", "money"]
    outbox.wait_for(state="hidden")


def test_a_double_click_on_a_label_marks_once(reader: Reader) -> None:
    reader.stand.delay = 0.3
    reader.drag("closed in 2019")
    reader.wait_pending("closed in 2019")
    reader.page.locator(".popover:visible").get_by_role("button", name="Fact").dblclick()
    reader.wait_saved(1)
    reader.page.wait_for_timeout(700)

    assert reader.stand.quotes() == ["closed in 2019"]


def test_the_same_change_pressed_again_while_it_waits_is_one(reader: Reader) -> None:
    reader.stand.broken = 500
    mark(reader, "closed")
    reader.page.locator("#outbox").wait_for()
    mark(reader, "closed")
    reader.page.wait_for_timeout(300)
    assert reader.page.locator("#outbox li").count() == 1
    reader.stand.broken = None

    assert reader.wait_saved(1) == ["closed"]


# --- the real server --------------------------------------------------------------------------


@pytest.fixture
def at(server: Any) -> Desk:
    return desk()


@pytest.fixture
def there(page: Any, log_in: Any, at: Desk) -> Any:
    log_in(page, at.account(at.cleo))
    return page


def waiting(page: Any, at: Desk, on: Any, words: str, **more: Any) -> None:
    start = TEXT.index(words)
    plant(
        page,
        words,
        start,
        account=at.account(at.cleo).username,
        address=reverse("article", args=[at.project.slug, on.pk]),
        title="The flood",
        fields={
            "start": str(start),
            "end": str(start + len(words)),
            "label": str(at.label("f").pk),
        },
        **more,
    )


def test_a_list_says_what_is_unsent_elsewhere_and_sends_it(there: Any, at: Desk) -> None:
    on = article(at)
    there.goto(reverse("articles", args=[at.project.slug]))
    waiting(there, at, on, "Nobody")
    there.route("**/spans/add", lambda route: route.abort())
    there.reload()

    line = there.locator("#unsent")
    line.get_by_text("One change on one article is not saved yet").wait_for()
    assert line.get_by_role("link", name="The flood").get_attribute("href").endswith(f"{on.pk}/")
    assert not Span.objects.exists()
    there.unroute("**/spans/add")
    line.get_by_role("button", name="Send now").click()
    line.wait_for(state="detached")

    assert Span.objects.get().quote == "Nobody"
    assert kept(there) == []


def test_what_is_refused_elsewhere_is_decided_on_its_own_page(there: Any, at: Desk) -> None:
    on = article(at)
    there.goto(reverse("articles", args=[at.project.slug]))
    waiting(there, at, on, "Nobody", path="spans/add", key="6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c13")
    there.route(
        "**/spans/add",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body='{"code": "label_retired", "detail": "The label is retired."}',
        ),
    )
    there.reload()
    line = there.locator("#unsent")
    line.get_by_text("(1 refused)").wait_for()
    line.get_by_role("link", name="The flood").click()

    there.locator("#outbox").get_by_text("The label is retired.").wait_for()
    assert there.locator("#unsent").count() == 0


def test_what_waits_elsewhere_stands_in_the_flow_and_is_called_what_it_is(
    there: Any, at: Desk
) -> None:
    on = article(at)
    there.set_viewport_size({"width": 390, "height": 800})
    there.goto(reverse("articles", args=[at.project.slug]))
    key = "6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c1"
    waiting(there, at, on, "Nobody", state="refused", conflict="<p>Two versions</p>", key=f"{key}4")
    waiting(there, at, on, "river", state="refused", error="Retired.", key=f"{key}5")
    for address in (
        "/inbox/",
        reverse("trash", args=[at.project.slug, on.pk]),
        reverse("comments", args=[at.project.slug, on.pk]),
    ):
        there.goto(address)
        line = there.locator("#unsent")
        line.get_by_text("(1 waits for your choice, 1 refused)").wait_for()
        box = line.bounding_box()
        title = there.locator("h1").first.bounding_box()
        assert box["y"] + box["height"] <= title["y"]
        assert there.locator("#unsent").get_attribute("role") == "status"


def test_a_half_written_note_is_offered_again_after_a_reload(there: Any, at: Desk) -> None:
    span = mark_words(at, article(at), "Nobody")
    address = reverse("span", args=[at.project.slug, span.article_id, span.pk])
    there.goto(address)
    there.get_by_label("Note").fill(NOTE)
    there.wait_for_timeout(700)
    there.reload()
    offer = there.locator(".draft")
    assert NOTE in offer.inner_text()
    offer.get_by_role("button", name="Put it back").click()
    assert there.get_by_label("Note").input_value() == NOTE
    there.get_by_role("button", name="Save").click()
    there.wait_for_url(lambda url: "/spans/" not in url)

    there.goto(address)
    assert there.get_by_label("Note").input_value() == NOTE
    assert there.locator(".draft").count() == 0
    assert not there.evaluate("Object.keys(localStorage).some((name) => name.startsWith('draft'))")


def test_a_reason_is_offered_again_at_its_own_obstacle_whatever_was_settled(
    page: Any, log_in: Any, at: Desk
) -> None:
    log_in(page, at.account(at.ada))
    first = mark_words(at, article(at), "Nobody")
    second = mark_words(at, first.article, "1974")
    address = reverse("sign-off", args=[at.project.slug, first.article_id])
    page.goto(address)
    field = page.locator(f"[name='waive:second_reader:{second.pk}']")
    field.fill(NOTE)
    page.wait_for_timeout(700)
    withdraw_span(first, by=at.ada)
    page.goto(address)

    offer = page.locator(".draft")
    assert offer.count() == 1
    assert str(second.pk) in offer.evaluate("(line) => line.previousElementSibling.name")
    field.fill("Besides:")
    offer.get_by_role("button", name="Put it back").click()
    assert field.input_value() == f"Besides: {NOTE}"


def test_a_plain_form_pressed_twice_is_one_request(page: Any, log_in: Any, at: Desk) -> None:
    span = mark_words(at, article(at), "Nobody", by=at.ada)
    mark_words(at, span.article, "1974", by=at.ada)
    log_in(page, at.account(at.ben))
    page.goto(reverse("second-reading", args=[at.project.slug, span.article_id]))
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.locator("#accept-form button").dblclick()
    page.get_by_text("Accepted.").wait_for()

    assert len([url for url in sent if str(span.article_id) in url and "/here" not in url]) == 1
    assert Decision.objects.count() == 1
