"""Importing in a real browser: with and without scripts, at every width, in light and dark."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from annotations.models import Article, Span
from tests.builders import TEXT, article, desk, mark

FLOOD = f"{TEXT}\n\nNobody was hurt. The dam, a colossal blunder, was built in 1974.\n"


pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def at(transactional_db: None) -> Any:
    return desk()


def upload(page: Any, *files: tuple[str, str]) -> None:
    page.goto(reverse("import", args=["desk"]))
    page.get_by_label("Files", exact=True).set_input_files(
        [{"name": n, "mimeType": "text/plain", "buffer": text.encode()} for n, text in files]
    )
    page.get_by_role("button", name="Upload and read").click()
    page.get_by_role("heading", name="Check what was read").wait_for()


def test_enter_in_a_field_saves_and_two_quick_clicks_store_once(
    page: Any, at: Any, log_in: Any
) -> None:
    log_in(page, at.account(at.ada))
    upload(page, ("flood.txt", FLOOD))
    page.get_by_label("Title").fill("The flood שלום 🌊")
    page.get_by_label("Role of paragraph 2").select_option("caption")
    # Saved when the field is left, and once more by the form, whose page comes then.
    with page.expect_navigation():
        page.get_by_label("Title").press("Enter")
    page.get_by_text("Saved; not stored yet.").wait_for()
    assert not Article.objects.exists()

    page.get_by_label("By").fill("Zoe\u0301")
    page.get_by_role("button", name="Store this article").dblclick()
    page.get_by_role("heading", name="Imported").wait_for()

    stored = Article.objects.get()
    assert (stored.title, stored.byline, stored.text) == ("The flood שלום 🌊", "Zoe\u0301", FLOOD)
    assert stored.blocks.get(index=2).role == "caption"
    page.get_by_role("link", name="The flood").click()
    assert page.locator("#article").text_content() == FLOOD


def test_a_page_without_scripts_follows_the_work_to_its_end(
    plain_page: Any, at: Any, log_in: Any
) -> None:
    log_in(plain_page, at.account(at.ada))
    lines = "\n".join(
        json.dumps({"text": f"Title {n} 🌊\n\nThe words of number {n} are שלום, they say."})
        for n in range(120)
    )
    upload(plain_page, ("many.jsonl", lines))

    plain_page.get_by_role("button", name=re.compile("Store these 120 articles")).click()
    plain_page.get_by_role("heading", name="Imported").wait_for(timeout=60_000)

    assert Article.objects.count() == 120


@pytest.mark.parametrize("scripts", [True, False])
def test_no_correction_is_lost_by_going_to_the_next_article(
    page: Any, plain_page: Any, at: Any, log_in: Any, scripts: bool
) -> None:
    page = page if scripts else plain_page
    log_in(page, at.account(at.ada))
    upload(page, ("flood.txt", FLOOD), ("dam.txt", f"The dam in the valley\n\n{FLOOD}"))
    page.get_by_label("Publisher").fill("The Stell Review שלום")
    page.get_by_label("Published on").fill("2024-03")
    page.get_by_role("button", name="The dam in the valley").dblclick()
    page.get_by_role("heading", name="The dam in the valley").wait_for()
    assert page.get_by_label("Publisher").input_value() == ""
    page.get_by_label("By", exact=True).fill("Zoe\u0301 🌊")

    page.get_by_role("button", name="Zoe\u0301 saw the flood").click()
    page.get_by_role("heading", name="Zoe\u0301 saw the flood").wait_for()
    assert page.get_by_label("Published on").input_value() == "2024-03"
    page.get_by_label("Published on").fill("2024")
    page.get_by_role("button", name="The dam in the valley").click()
    page.get_by_role("heading", name="The dam in the valley").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Zoe\u0301 saw the flood").wait_for()
    # However old the page is that the browser shows again, sending it undoes nothing.
    page.get_by_role("button", name="Store these 2 articles").click()
    page.get_by_role("heading", name="Imported").wait_for()

    flood, dam = Article.objects.get(name="flood.txt"), Article.objects.get(name="dam.txt")
    assert (flood.publisher, flood.published) == ("The Stell Review שלום", "2024")
    assert dam.byline == "Zoe\u0301 🌊"


def test_a_field_that_is_left_is_saved_before_anything_is_pressed(
    page: Any, at: Any, log_in: Any
) -> None:
    log_in(page, at.account(at.ada))
    upload(page, ("flood.txt", FLOOD))
    page.get_by_label("By", exact=True).fill("Zoe\u0301")
    page.get_by_label("Publisher").fill("The Review")
    page.get_by_label("Role of paragraph 1").select_option("caption")
    page.locator(".import-saved", has_text="Saved; not stored yet.").wait_for()
    page.get_by_label("Published on").fill("soon")
    page.get_by_label("Published on").blur()
    page.locator(".import-saved", has_text='Not saved: "soon" is no date').wait_for()
    page.get_by_label("Published on").fill("")
    page.get_by_label("Published on").blur()
    page.locator(".import-saved", has_text="Saved; not stored yet.").wait_for()

    page.reload()

    assert page.get_by_label("By", exact=True).input_value() == "Zoe\u0301"
    assert page.get_by_label("Publisher").input_value() == "The Review"
    assert page.get_by_label("Role of paragraph 1").input_value() == "caption"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit_and_have_no_violations(
    browser: Any, server: Any, log_in: Any, at: Any, width: int, scheme: str
) -> None:
    url = "https://paper.example/flood"
    old = article(at, url=url, changes=({"what": "newline", "from": "CRLF", "count": 2},))
    mark(at, old, "The river rose two metres in 2021.")
    new = article(at, FLOOD.replace("rose two", "rose almost two"), url=url)
    assert Span.objects.filter(article=new, carry_settled=False).exists()
    # axe is put in as a script of its own, which the page's policy would refuse.
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        bypass_csp=True,
    )
    log_in(context, at.account(at.ada))
    page = context.new_page()

    def check() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []

    page.goto(reverse("import", args=["desk"]))
    check()
    page.get_by_role("button", name="Upload and read").click()
    page.get_by_text("Choose at least one file.").wait_for()
    check()
    changed = json.dumps({"text": FLOOD.replace("rose two", "rose twelve"), "url": url})
    upload(page, ("flood.txt", FLOOD), ("bad.txt", ""), ("c.jsonl", changed), ("d.txt", TEXT))
    check()
    page.get_by_label("Address").fill("javascript:alert(1)")
    page.get_by_role("button", name="Save corrections").first.click()
    page.locator(".errorlist", has_text="is not a web address").wait_for()
    check()
    page.goto(reverse("article-details", args=["desk", new.pk]))
    check()
    page.get_by_label("Role of paragraph 1").select_option("caption")
    page.get_by_role("button", name="Save the roles").click()
    page.get_by_role("heading", name="Before the roles are saved").wait_for()
    check()
    context.close()
