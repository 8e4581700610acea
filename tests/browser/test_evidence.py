"""Evidence beside the article: keys, the outbox, going on."""

from typing import Any

import pytest
from django.urls import reverse

from annotations.actions import evidence
from annotations.models import Citation, Span
from tests.builders import article, desk, mark

FIRST = "The river rose two metres in 2021"
SECOND = "Nobody was hurt"


class Stage:
    """A desk with two claims in an article, and a page of cleo's on it."""

    def __init__(self, page: Any, log_in: Any) -> None:
        self.page = page
        self.at = desk()
        self.article = article(self.at)
        self.first = mark(self.at, self.article, FIRST)
        self.second = mark(self.at, self.article, SECOND)
        self.source = evidence.add_source(
            self.at.project,
            by=self.at.cleo,
            title="Gauge report שלום",
            publisher="Water Board",
            published="2021-09",
            level="primary",
            url="https://water.example/gauge",
        )
        log_in(page, self.at.account(self.at.cleo))

    def url(self, name: str = "article", *more: Any) -> str:
        return reverse(name, args=[self.at.project.slug, self.article.pk, *more])

    def open(self, span: Span) -> None:
        """Open the article at a span, with its evidence beside it."""
        self.page.goto(f"{self.url()}#s-{span.pk}")
        self.page.wait_for_selector(f"#card-{span.pk}[aria-current]")
        self.page.keyboard.press(".")
        self.panel(span)

    def panel(self, span: Span) -> Any:
        found = self.page.locator(f"#evidence .evidence-panel[data-span='{span.pk}']")
        found.wait_for()
        return found


@pytest.fixture
def stage(page: Any, log_in: Any) -> Stage:
    return Stage(page, log_in)


def cite_by_keys(stage: Stage, keys: str) -> None:
    stage.open(stage.first)
    page = stage.page
    page.keyboard.press("3")
    page.keyboard.press("/")
    page.keyboard.type("gauge wat")
    page.wait_for_function(
        "() => document.querySelector('[data-hint]').textContent.includes('Cites Gauge report')"
    )
    page.keyboard.press(keys)


def test_a_source_is_cited_by_keys_and_shown_at_its_claim(stage: Stage) -> None:
    cite_by_keys(stage, "Control+Enter")
    page = stage.page
    page.wait_for_selector("#evidence .citation[data-new]")

    made = Citation.objects.get()
    assert (made.source, made.stance) == (stage.source, "refutes")
    page.wait_for_selector(f"#card-{stage.first.pk} >> text=1 source")
    assert page.locator(f"#card-{stage.first.pk}").get_attribute("aria-current")
    assert stage.panel(stage.first).locator("[name=source]").input_value() == ""
    assert page.evaluate("document.activeElement.id") == f"citation-{made.pk}"
    assert page.evaluate("document.getElementById('announcements').textContent").startswith(
        "Cited: Gauge report שלום."
    )
    # The next source of the same claim is one key away.
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "source"


def test_a_second_key_cites_and_turns_the_sheet_in_sight(stage: Stage) -> None:
    cite_by_keys(stage, "Control+Shift+Enter")
    page = stage.page
    panel = stage.panel(stage.second)

    assert Citation.objects.get().assertion.spans.get() == stage.first
    page.wait_for_selector(f"#card-{stage.second.pk}[aria-current]")
    turned = panel.locator(".evidence-turned")
    assert turned.inner_text() == "Cited. The next claim without a source:"
    assert panel.locator(".evidence-quote[data-new]").is_visible()
    assert page.evaluate("document.getElementById('evidence').scrollTop") == 0


def test_citing_twice_in_a_row_by_a_held_key_cites_once(stage: Stage) -> None:
    stage.open(stage.first)
    form = stage.page.locator("#ev-cite")
    form.locator("#ev-new-source > summary").click()
    form.get_by_label("Title").fill("A letter")
    form.get_by_label("Kind").select_option("book")
    for _ in range(3):
        stage.page.keyboard.press("Control+Enter")
    stage.page.wait_for_selector("#evidence .citation[data-new]")
    stage.page.wait_for_function(
        "() => document.querySelector('#ev-cite [name=title]').value === ''"
    )
    assert Citation.objects.count() == 1


def test_what_is_typed_in_one_form_of_the_sheet_survives_saving_each_of_the_others(
    stage: Stage,
) -> None:
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    for fold in ("#ev-verdict", "#ev-describe", "#ev-work"):
        panel.locator(f"{fold} > summary").click()
    panel.get_by_label("refuted").check()
    panel.get_by_label("Because").fill("The gauge שלום says one metre.")
    panel.get_by_label("In neutral words").fill("It rose.")
    panel.locator("#ev-cite [name=quotation]").fill("one metre")
    panel.get_by_label("contact").check()
    panel.get_by_label("Whom").fill("Zoé 🌊")

    panel.get_by_role("button", name="Log it").click()
    panel.locator(".evidence-log >> text=Zoé").wait_for()
    # D10: what was logged leaves its form, so that a second press logs nothing twice.
    stage.page.wait_for_function("() => document.querySelector('[name=who]').value === ''")
    panel.get_by_label("How far the search is").select_option("searching")
    panel.get_by_role("button", name="Save the state").click()
    panel.locator(".evidence-state >> text=searching").wait_for()
    panel.locator("#ev-describe").get_by_role("button", name="Save").click()
    panel.locator(".evidence-paraphrase >> text=It rose.").wait_for()
    evidence.cite(stage.first, stage.source, by=stage.at.ben, stance="context")
    panel.locator(".citation >> text=added by ben").wait_for()

    assert panel.get_by_label("refuted").is_checked()
    assert panel.get_by_label("Because").input_value() == "The gauge שלום says one metre."
    assert panel.locator("#ev-cite [name=quotation]").input_value() == "one metre"
    panel.get_by_role("button", name="Save the verdict").click()
    stage.page.wait_for_selector(f"#card-{stage.first.pk} >> text=refuted")
    assert stage.page.locator("#outbox").is_hidden()
    stage.first.refresh_from_db()
    assert stage.first.assertion.log.count() == 1
    assert stage.first.assertion.verdict_reason == "The gauge שלום says one metre."


def test_what_is_typed_is_there_again_after_the_next_claim_and_after_a_reload(
    stage: Stage,
) -> None:
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    panel.locator("#ev-verdict > summary").click()
    panel.get_by_label("refuted").check()
    panel.get_by_label("Because").fill("One metre.")
    stage.page.keyboard.press("Escape")
    stage.page.keyboard.press("n")
    stage.panel(stage.second)
    stage.page.keyboard.press("p")
    panel = stage.panel(stage.first)

    assert panel.get_by_label("Because").input_value() == "One metre."
    assert panel.get_by_label("refuted").is_checked()
    assert "not saved" in panel.locator(".evidence-turned").inner_text()

    stage.page.reload()
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    panel.locator(".draft").get_by_role("button", name="Put it back").click()
    assert panel.get_by_label("Because").input_value() == "One metre."


def test_the_last_source_is_one_key(stage: Stage) -> None:
    evidence.cite(stage.first, stage.source, by=stage.at.cleo)
    stage.open(stage.second)
    page = stage.page
    page.keyboard.press(",")
    page.keyboard.type("nobody")
    page.keyboard.press("Alt+4")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"#card-{stage.second.pk} >> text=1 source")

    made = Citation.objects.order_by("-created_at").first()
    assert made is not None
    assert (made.source, made.quotation, made.stance) == (stage.source, "nobody", "context")


def test_a_pasted_link_fills_in_the_quotation_and_asks_for_a_title_of_what_is_new(
    stage: Stage,
) -> None:
    stage.open(stage.first)
    form = stage.page.locator("#ev-cite")
    form.locator("[name=source]").fill("https://new.example/#:~:text=Cafe%CC%81%20%F0%9F%8C%8A")
    stage.page.wait_for_function("() => document.querySelector('#ev-new-source').open")
    assert form.get_by_label("Quotation").input_value() == "Cafe\u0301 🌊"

    form.get_by_role("button", name="Cite", exact=True).click()
    form.locator(".errorlist").wait_for()
    assert "Give it a title" in form.locator(".errorlist").inner_text()
    assert stage.page.locator("#outbox").is_hidden()

    form.get_by_label("Title").fill("A page")
    form.get_by_role("button", name="Cite", exact=True).click()
    stage.page.wait_for_selector("#evidence .citation[data-new]")
    assert Citation.objects.get().source.url == "https://new.example/"


def test_a_verdict_without_a_reason_is_refused_on_its_form_and_then_saved(stage: Stage) -> None:
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    panel.locator("#ev-verdict > summary").click()
    panel.get_by_label("refuted").check()
    panel.get_by_role("button", name="Save the verdict").click()
    panel.locator("#ev-verdict .errorlist").wait_for()
    assert "needs its reason" in panel.locator("#ev-verdict .errorlist").inner_text()
    panel.get_by_label("Because").fill("The gauge says one metre.")
    panel.get_by_role("button", name="Save the verdict").click()
    stage.page.wait_for_selector(f"#card-{stage.first.pk} >> text=refuted")
    assert stage.panel(stage.first).locator("#ev-verdict").get_attribute("open") is not None


def test_an_old_verdict_is_not_overwritten_unseen(stage: Stage) -> None:
    evidence.describe_assertion(stage.first, by=stage.at.cleo, paraphrase="It rose.")
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    panel.locator("#ev-verdict > summary").click()
    panel.get_by_label("refuted").check()
    panel.get_by_label("Because").fill("No.")
    # What is being written stays, and with it the version it was written on.
    evidence.give_verdict(stage.first, by=stage.at.ben, verdict="supported", reason="Seen.")
    panel.get_by_role("button", name="Save the verdict").click()
    dialog = stage.page.get_by_role("dialog", name="ben changed this assertion")
    dialog.wait_for()
    assert "Seen." in dialog.inner_text()
    stage.first.assertion.refresh_from_db()
    assert stage.first.assertion.verdict == "supported"
    dialog.get_by_role("button", name="Save mine").click()
    stage.page.wait_for_selector(f"#card-{stage.first.pk} >> text=refuted")


def test_the_panel_follows_the_walk_and_escape_closes_it(stage: Stage) -> None:
    stage.open(stage.first)
    stage.page.keyboard.press("n")
    stage.panel(stage.second)
    stage.page.keyboard.press("Escape")
    stage.page.locator("#evidence").wait_for(state="hidden")
    assert stage.page.locator(f"#card-{stage.second.pk}").get_attribute("aria-current")


def test_one_key_copies_the_assertion_as_text(stage: Stage) -> None:
    evidence.cite(stage.first, stage.source, by=stage.at.cleo, quotation="two metres")
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stage.page.goto(f"{stage.url()}#s-{stage.first.pk}")
    stage.page.wait_for_selector(f"#card-{stage.first.pk}[aria-current]")
    stage.page.keyboard.press("y")
    stage.page.wait_for_function(
        "() => document.getElementById('announcements').textContent.startsWith('Copied')"
    )
    copied = stage.page.evaluate("navigator.clipboard.readText()")
    assert f"“{FIRST}”" in copied
    assert "- supports: Gauge report שלום, Water Board, September 2021: “two metres”" in copied


def test_an_assertion_is_found_and_joined_beside_the_article(stage: Stage) -> None:
    evidence.cite(stage.second, stage.source, by=stage.at.cleo)
    stage.open(stage.first)
    panel = stage.panel(stage.first)
    panel.get_by_label("Words of another assertion").fill("HURT")
    panel.get_by_role("button", name="Find one").click()
    stage.page.locator(".evidence-candidate").wait_for()
    stage.page.locator(".evidence-candidate").get_by_role("button", name="Join").click()
    sides = stage.page.locator("#ev-join .evidence-side")
    sides.nth(1).locator(".citation-source >> text=Gauge report").wait_for()
    assert FIRST in sides.nth(0).inner_text()
    first, second = (sides.nth(at).bounding_box() for at in (0, 1))
    assert first["y"] == second["y"]
    assert first["x"] < second["x"]
    stage.page.get_by_role("button", name="Join both").click()
    stage.page.wait_for_selector(f"#card-{stage.first.pk} >> text=1 source")
    stage.first.refresh_from_db()
    stage.second.refresh_from_db()
    assert stage.first.assertion_id == stage.second.assertion_id


def test_confidential_details_go_to_the_readers_ticked(stage: Stage) -> None:
    stage.open(stage.first)
    form = stage.page.locator("#ev-cite")
    form.locator("#ev-new-source > summary").click()
    form.get_by_label("Title").fill("An engineer")
    form.get_by_label("confidential: known to the desk").check()
    form.get_by_label("Details of a confidential source").fill("Inés Hart")
    form.get_by_label("Ada").check()
    form.get_by_label("ben").check()
    form.get_by_role("button", name="Cite", exact=True).click()
    stage.page.wait_for_selector("#evidence .citation[data-new]")
    kept = Citation.objects.get().source.confidential
    assert {reader.pk for reader in kept.readers.all()} == {
        stage.at.ada.pk,
        stage.at.ben.pk,
        stage.at.cleo.pk,
    }


def test_without_javascript_a_source_is_cited_and_what_is_refused_stands_in_sight(
    plain_page: Any, log_in: Any
) -> None:
    stage = Stage(plain_page, log_in)
    plain_page.goto(f"{stage.url()}")
    plain_page.locator(f"#card-{stage.first.pk}").get_by_role("link", name="Evidence").click()
    form = plain_page.locator("#ev-cite")
    form.locator("[name=source]").fill("zebra")
    form.locator("[name=quotation]").fill("two metres 🌊")
    form.get_by_role("button", name="Cite", exact=True).click()

    error = plain_page.get_by_text("No source or article has these words")
    assert error.is_visible()
    assert 0 <= error.bounding_box()["y"] < plain_page.viewport_size["height"]
    form.locator("[name=source]").fill("gauge")
    form.get_by_role("button", name="Cite", exact=True).click()
    plain_page.wait_for_url(f"**{stage.url('evidence', stage.first.pk)}#citation-*")

    made = Citation.objects.get()
    assert made.quotation == "two metres 🌊"
    assert plain_page.locator(f"#citation-{made.pk}").is_visible()
    assert "Cited: Gauge report שלום." in plain_page.inner_text("#messages")
    form.locator("[name=source]").fill("gauge")
    form.locator("[name=quotation]").fill("three")
    form.get_by_role("button", name="Cite and go to the next claim").click()
    plain_page.wait_for_url(f"**{stage.url('evidence', stage.second.pk)}*")
    assert "Cited. This span has no source yet." in plain_page.inner_text("#messages")


def fill_the_page(page: Any) -> None:
    page.get_by_label("refuted", exact=True).check()
    page.get_by_label("Because").fill("One metre שלום.")
    page.get_by_label("In neutral words").fill("It rose.")
    page.get_by_label("Whom").fill("Zoe\u0301 🌊")


def test_without_javascript_what_is_typed_in_another_form_is_still_there(
    plain_page: Any, log_in: Any
) -> None:
    stage = Stage(plain_page, log_in)
    page = plain_page
    page.goto(stage.url("evidence", stage.first.pk))
    fill_the_page(page)
    page.get_by_role("button", name="Log it").click()

    assert "Logged. What else you typed is still here, not saved." in page.inner_text("#messages")
    assert page.get_by_label("refuted", exact=True).is_checked()
    assert page.get_by_label("Because").input_value() == "One metre שלום."
    assert page.get_by_label("Whom").input_value() == ""
    page.get_by_role("button", name="Save the verdict").click()
    assert page.get_by_label("In neutral words").input_value() == "It rose."
    page.locator("#ev-describe").get_by_role("button", name="Save").click()
    assert "still here" not in page.inner_text("#messages")

    stage.first.refresh_from_db()
    made = stage.first.assertion
    assert (made.verdict, made.paraphrase, made.log.count()) == ("refuted", "It rose.", 1)
    # Enter in a field of a form saves that form, where nothing else was typed.
    page.get_by_label("Whom").fill("Ann")
    page.get_by_label("Whom").press("Enter")
    page.locator(".evidence-log >> text=Ann").wait_for()


def test_on_the_page_with_scripts_kept_words_outlive_a_live_patch_and_a_reload(
    stage: Stage,
) -> None:
    page = stage.page
    page.goto(stage.url("evidence", stage.first.pk))
    fill_the_page(page)
    page.get_by_label("Whom").press("Enter")
    page.locator(".evidence-log >> text=Zoe\u0301").wait_for()
    assert page.get_by_label("Because").input_value() == "One metre שלום."
    page.wait_for_selector("html[data-live=live]")
    # What others do is offered and put in when one asks for it, around what was typed.
    evidence.cite(stage.first, stage.source, by=stage.at.ben, stance="context")
    page.locator(".live-news").get_by_role("button", name="Show it").click()
    page.locator(".citation >> text=added by ben").wait_for()

    assert page.get_by_label("Because").input_value() == "One metre שלום."
    assert page.get_by_label("refuted", exact=True).is_checked()
    page.goto(stage.url("evidence", stage.second.pk))
    page.goto(stage.url("evidence", stage.first.pk))
    draft = page.locator(".draft", has_text="One metre שלום.")
    draft.get_by_role("button", name="Put it back").click()
    assert page.get_by_label("Because").input_value() == "One metre שלום."
