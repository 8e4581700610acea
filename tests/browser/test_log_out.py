"""Logging out on a computer that others use: nothing of the article is left in the browser."""

import json
import os
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import Citation
from tests.browser.test_evidence import Stage
from tests.browser.test_session_ends import mark
from tests.builders import Desk, article, desk
from tests.builders import mark as mark_words
from tests.conftest import PATIENCE, carry_session
from tests.setup_machine import chromium

SECRET = "Inés 🌊 Hart, 555-0100 שלום"
OURS = re.compile(r"^(outbox|draft|keys|tab)")


@pytest.fixture
def at(server: Any) -> Desk:
    return desk()


def stored(page: Any) -> dict[str, str]:
    """Return everything that the browser keeps for the site, by name."""
    return page.evaluate(
        "() => Object.fromEntries([localStorage, sessionStorage].flatMap((one) => Object.entries(one)))"
    )


def log_out(page: Any) -> None:
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Log out").click()


def is_out(page: Any) -> None:
    page.wait_for_url("**/login/**")
    assert "The river" not in page.content()


@pytest.mark.parametrize("kind", ["page", "plain_page"])
@pytest.mark.parametrize("where", ["article", "settings", "evidence"])
def test_back_after_log_out_shows_nothing(
    request: Any, log_in: Any, at: Desk, kind: str, where: str
) -> None:
    page = request.getfixturevalue(kind)
    on = article(at)
    span = mark_words(at, on, "The river rose two metres")
    log_in(page, at.account(at.ada))
    about = {"article": [on.pk], "settings": [], "evidence": [on.pk, span.pk]}[where]
    page.goto(reverse(where, args=[at.project.slug, *about]))
    before = page.inner_text("main")
    log_out(page)
    page.wait_for_url("**/login/**")

    page.go_back()
    page.wait_for_load_state()
    page.wait_for_timeout(300)
    shown = page.inner_text("body")
    assert "river rose" not in shown
    assert before[:60] not in shown
    assert "Log in" in shown


def test_log_out_asks_once_where_work_is_not_saved_and_leaves_nothing(
    page: Any, log_in: Any, at: Desk
) -> None:
    on = article(at)
    log_in(page, at.account(at.cleo))
    page.goto(reverse("article", args=[at.project.slug, on.pk]))
    other = {"outbox/2 ada 1": "of somebody else", "draft/1 ada x": "hers"}
    page.wait_for_function("() => document.getElementById('announcements') !== null")
    page.evaluate(
        """(other) => {
          for (const [name, value] of Object.entries(other)) localStorage.setItem(name, value);
          sessionStorage.setItem("tab", "a name");
        }""",
        other,
    )
    page.evaluate(
        "(name) => localStorage.setItem(name, JSON.stringify({text: 'half', at: Date.now()}))",
        f"draft/1 {at.account(at.cleo).username} /p/x",
    )
    page.route("**/spans/**", lambda route: route.abort())
    mark(page)
    asked: list[str] = []

    def answer(yes: bool) -> Any:
        def act(dialog: Any) -> None:
            asked.append(dialog.message)
            if yes:
                dialog.accept()
            else:
                dialog.dismiss()

        return act

    page.once("dialog", answer(False))
    log_out(page)
    page.wait_for_timeout(200)
    assert asked == [
        "One change is not saved and one text is not sent; log out anyway? What is not saved is "
        "lost."
    ]
    assert page.locator("#outbox li").count() == 1
    assert any(name.startswith("outbox/2 cleo ") for name in stored(page))

    page.once("dialog", answer(True))
    page.get_by_role("button", name="Log out").click()
    is_out(page)
    assert len(asked) == 2
    assert {name: text for name, text in stored(page).items() if OURS.match(name)} == other


def test_log_out_asks_nothing_where_nothing_waits(page: Any, log_in: Any, at: Desk) -> None:
    log_in(page, at.account(at.cleo))
    page.goto(reverse("article", args=[at.project.slug, article(at).pk]))
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))

    log_out(page)
    is_out(page)

    assert asked == []
    assert [name for name in stored(page) if OURS.match(name)] == []


def test_another_tab_of_the_account_shows_nothing_either(page: Any, log_in: Any, at: Desk) -> None:
    log_in(page, at.account(at.cleo))
    address = reverse("article", args=[at.project.slug, article(at).pk])
    other = page.context.new_page()
    other.goto(address)
    page.goto(address)

    log_out(page)
    is_out(page)
    other.wait_for_url("**/login/**")

    assert "The river" not in other.content()


# What is confidential


@pytest.fixture
def citing(page: Any, log_in: Any) -> tuple[Stage, Any]:
    """The evidence of a claim beside its article, with a confidential source typed in."""
    stage = Stage(page, log_in)
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    form = panel.locator("#ev-cite")
    form.locator("#ev-new-source > summary").click()
    form.get_by_label("Title").fill(f"Talk with {SECRET}")
    form.get_by_label("confidential: known to the desk").check()
    form.get_by_label("Details of a confidential source").fill(SECRET)
    form.locator("[name=quotation]").fill("what may be kept")
    return stage, form


def test_what_is_confidential_is_sent_and_never_lies_in_the_storage(citing: Any) -> None:
    stage, form = citing
    page = stage.page
    page.wait_for_timeout(600)
    assert SECRET not in json.dumps(stored(page), ensure_ascii=False)

    page.context.set_offline(True)
    form.get_by_role("button", name="Cite", exact=True).click()
    page.locator("#outbox li").wait_for()
    kept = json.dumps(stored(page), ensure_ascii=False)
    assert SECRET not in kept
    assert "Hart" not in kept
    assert "what may be kept" in kept

    # The page itself still has it: back on the line, it is sent whole.
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((name) => name.startsWith('outbox'))"
    )
    made = Citation.objects.get().source
    assert made.confidential.details == SECRET
    assert SECRET in made.title


def test_what_was_not_kept_has_to_be_typed_again_after_a_reload(citing: Any) -> None:
    stage, form = citing
    page = stage.page
    page.route("**/evidence/**", lambda route: route.abort())
    form.get_by_role("button", name="Cite", exact=True).click()
    page.locator("#outbox li").wait_for()
    page.unroute("**/evidence/**")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()

    line = page.locator("#outbox li")
    line.wait_for()
    assert "has to be typed again" in line.inner_text()
    assert not Citation.objects.exists()
    line.get_by_label("Title").fill(f"Talk with {SECRET}")
    line.get_by_label("Details").fill(SECRET)
    page.wait_for_timeout(600)
    assert SECRET not in json.dumps(stored(page), ensure_ascii=False)
    line.get_by_role("button", name="Send it").click()
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((name) => name.startsWith('outbox'))"
    )

    made = Citation.objects.get()
    assert made.source.confidential.details == SECRET
    assert made.quotation == "what may be kept"


def test_a_draft_goes_where_its_source_becomes_confidential(
    page: Any, log_in: Any, at: Desk
) -> None:
    log_in(page, at.account(at.cleo))
    page.goto(reverse("source-new", args=[at.project.slug]))
    page.get_by_label("Title").fill(SECRET)
    page.wait_for_function(
        "() => Object.keys(localStorage).some((name) => name.startsWith('draft/1'))"
    )
    page.get_by_label("confidential: known to the desk").check()

    assert SECRET not in json.dumps(stored(page), ensure_ascii=False)


def test_what_an_earlier_version_kept_is_taken_out(page: Any, log_in: Any, at: Desk) -> None:
    on = article(at)
    log_in(page, at.account(at.cleo))
    address = reverse("article", args=[at.project.slug, on.pk])
    page.goto("/")
    page.route("**/evidence/**", lambda route: route.abort())
    entry = {
        "key": "6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c11",
        "account": "cleo",
        "address": address,
        "title": "x",
        "path": "spans/6f1e0a52-3a37-4a6f-9d6e-0d0a2f3b9c11/evidence/cite",
        "fields": {"stance": "supports", "details": SECRET},
        "words": "Cite",
        "span": None,
        "state": "refused",
        "error": "no",
        "tries": 1,
        "at": int(timezone.now().timestamp() * 1000),
        "holder": "",
    }
    page.evaluate(
        "([name, entry]) => localStorage.setItem(name, entry)",
        [f"outbox/2 cleo {entry['key']}", json.dumps(entry)],
    )
    page.goto(address)
    page.locator("#outbox li").wait_for()

    kept = json.dumps(stored(page), ensure_ascii=False)
    assert SECRET not in kept
    assert "supports" in kept


def test_back_shows_nothing_where_the_browser_keeps_pages_in_memory(
    browser: Any, server: Any, at: Desk
) -> None:
    """Playwright switches that memory off; here it is on, as in everybody's browser."""
    launched = browser.browser_type.launch(
        executable_path=chromium(),
        args=["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        context = launched.new_context(base_url=server.url)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        carry_session(context, at.account(at.cleo), server.url)
        page.goto(reverse("article", args=[at.project.slug, article(at).pk]))
        page.wait_for_function("() => document.getElementById('announcements') !== null")
        log_out(page)
        is_out(page)

        page.go_back()
        page.wait_for_timeout(2_000)

        assert "The river" not in page.content()
        page.get_by_role("button", name="Log in").wait_for()
    finally:
        launched.close()
