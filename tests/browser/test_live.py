"""What one person does arrives in the other's open pages, and is in nobody's way."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from annotations.actions import review
from annotations.actions.articles import set_roles
from annotations.actions.evidence import NewSource, cite, give_verdict
from annotations.actions.projects import change_project, remove_member
from annotations.actions.review import add_comment
from annotations.actions.spans import change_span, withdraw_span
from annotations.domain.vocabulary import BlockRole, SourceKind, Stance, Verdict
from annotations.models import Article
from tests import builders
from tests.browser.conftest import Reader
from tests.browser.stand import Stand
from tests.conftest import (
    PROJECT,
    ServerProcess,
    carry_session,
    database_url,
    no_other_server,
    watch,
)
from tests.live.proxy import Proxy, address_of
from tests.stories import sign

pytestmark = pytest.mark.each_database("each has its own way of telling what changed")

CLAIM = "The river rose two metres"
OTHER = "Nobody was hurt"


@pytest.fixture
def at(server: Any) -> Any:
    return builders.desk()


@pytest.fixture
def article(at: Any) -> Article:
    return builders.article(at)


@pytest.fixture
def open_as(browser: Any, server: Any, at: Any) -> Iterator[Callable[..., Any]]:
    """``open_as(person, address)`` opens a page in a browser profile of that person's own."""
    wrong: list[str] = []
    contexts: dict[Any, Any] = {}

    def open_page(person: Any, address: str, url: str = server.url) -> Any:
        context = contexts.get((person.pk, url))
        if context is None:
            context = contexts[person.pk, url] = browser.new_context(base_url=url)
            watch(context, wrong)
            carry_session(context, at.account(person), url)
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("() => document.documentElement.dataset.live === 'live'")
        return page

    yield open_page
    for context in contexts.values():
        context.close()
    assert wrong == []


@pytest.fixture
def proxy(server: Any) -> Iterator[Proxy]:
    line = Proxy(server)
    yield line
    line.close()


def place(article: Article) -> str:
    return f"/p/{article.project.slug}/a/{article.pk}/"


def state_of(page: Any) -> Any:
    """Return what the page shows of the article: blocks with their marks, and cards in order."""
    return page.evaluate(
        """() => {
          const plain = (element, extra) => {
            const copy = element.cloneNode(true);
            for (const one of [copy, ...copy.querySelectorAll("*")]) {
              for (const name of ["style", "tabindex", "aria-current", "data-here", "data-here-names",
                                  "data-editing"]) one.removeAttribute(name);
              one.classList.remove("is-active", "active", "is-read");
              if (one.getAttribute("class") === "") one.removeAttribute("class");
            }
            for (const one of copy.querySelectorAll(extra)) one.remove();
            for (const one of copy.querySelectorAll(".span-card-open")) one.removeAttribute("hidden");
            return copy.outerHTML;
          };
          return {
            blocks: [...document.querySelectorAll("#article [data-o]")].map((one) => plain(one, "none")),
            cards: [...document.querySelectorAll("#span-list > li")].map((one) => plain(one, ".span-card-more")),
            text: document.getElementById("article").textContent,
          };
        }"""
    )


def wait_card(page: Any, span: Any, words: str = "") -> None:
    page.wait_for_function(
        "([id, words]) => document.getElementById(id)?.textContent.includes(words)",
        arg=[f"card-{span.pk}", words],
    )


def test_spans_notes_evidence_roles_and_sign_offs_of_others_arrive(at, article, open_as):
    page = open_as(at.ben, place(article))

    span = builders.mark(at, article, CLAIM)
    wait_card(page, span)
    page.wait_for_selector(f"#article [data-start~='{span.pk}']")
    change_span(span, note="שלום e\u0301 🌊", by=at.cleo)
    wait_card(page, span, "שלום e\u0301 🌊")
    source = NewSource({"kind": SourceKind.OFFICIAL, "title": "Gauge"})
    cite(span, source=source, stance=Stance.SUPPORTS, quotation="two metres", by=at.cleo)
    wait_card(page, span, "1 source")
    give_verdict(span, verdict=Verdict.SUPPORTED, reason="It says so", as_of="2021", by=at.cleo)
    wait_card(page, span, "supported")
    set_roles(article, {2: BlockRole.BOILERPLATE}, by=at.ben)
    page.wait_for_selector("#b2[data-role=boilerplate]")
    other = builders.mark(at, article, OTHER, "f")
    wait_card(page, other)
    withdraw_span(other, by=at.cleo)
    page.wait_for_selector(f"#card-{other.pk}", state="detached")

    fresh = open_as(at.ada, place(article))
    assert state_of(page) == state_of(fresh)


def test_a_sign_off_arrives_on_the_article_and_on_the_page_of_sign_offs(at, article, open_as):
    workspace = open_as(at.ben, place(article))
    signing = open_as(at.ada, f"{place(article)}sign-off")

    sign(article, at.ada)

    workspace.get_by_text("signed off").wait_for()
    signing.get_by_text("1 of 1 sign-off").wait_for()


def test_nothing_that_others_do_is_in_the_way_of_who_writes(at, article, open_as):
    mine = builders.mark(at, article, CLAIM, by=at.ben)
    page = open_as(at.ben, f"{place(article)}#s-{mine.pk}")
    note = page.locator(f"#card-{mine.pk} .span-card-more textarea[name=note]")
    page.locator(f"#card-{mine.pk} .span-card-more summary").first.click()
    note.fill("half a no")
    note.evaluate("(field) => field.setSelectionRange(2, 4)")
    before = page.evaluate("scrollY")

    change_span(mine, uncertain=True, by=at.ada)
    other = builders.mark(at, article, "two metres in 2021", "f")
    wait_card(page, other)
    wait_card(page, mine, "uncertain")
    page.get_by_text("What you typed is kept").wait_for()

    assert note.input_value() == "half a no"
    assert note.evaluate(
        "(field) => [field === document.activeElement, field.selectionStart, field.selectionEnd]"
    ) == [True, 2, 4]
    assert page.evaluate("scrollY") == before
    withdraw_span(mine, by=at.ada)
    page.locator(f"#card-{mine.pk}[data-gone]").wait_for()
    assert note.input_value() == "half a no"


def withdrawn_while_writing(at, article, open_as):
    """Return ben's page, the card of a span, the note in it that he writes, and another span."""
    mine = builders.mark(at, article, CLAIM, by=at.ben)
    other = builders.mark(at, article, OTHER, "f")
    page = open_as(at.ben, f"{place(article)}#s-{mine.pk}")
    card = page.locator(f"#card-{mine.pk}")
    card.locator(".span-card-more summary").first.click()
    note = card.locator(".span-card-more textarea[name=note]")
    note.fill("half a no שלום 🌊")
    withdraw_span(mine, by=at.ada)
    return page, card, note, other


def test_who_writes_is_told_that_the_span_was_withdrawn_and_lets_its_card_go(at, article, open_as):
    page, card, note, other = withdrawn_while_writing(at, article, open_as)

    card.get_by_text("What you typed is kept; Save restores it or lets it go.").wait_for()
    assert "withdrawn by somebody else" in (page.text_content("#announcements") or "")
    note.fill("")
    assert note.evaluate("(field) => field === document.activeElement")
    note.press("Escape")
    card.wait_for()
    page.locator(f"#card-{other.pk}").locator(".span-card-quote").click()
    card.wait_for(state="detached")


def test_theirs_stays_and_the_card_of_what_they_withdrew_goes(at, article, open_as):
    page, card, note, other = withdrawn_while_writing(at, article, open_as)
    card.get_by_text("Save restores it or lets it go").wait_for()
    note.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Leave it withdrawn").press("Enter")

    card.wait_for(state="detached")
    page.wait_for_function("(id) => document.activeElement.id === `card-${id}`", arg=str(other.pk))


def test_a_drag_that_is_going_on_selects_what_it_would_have(at, article, open_as, server):
    page = open_as(at.ben, place(article))
    reader = Reader(page, Stand(text=article.text, url=""))
    start, middle = reader.place("The river"), reader.place("disgrace")
    end = reader.place("the town", end=True)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*middle, steps=3)

    span = builders.mark(at, article, "two metres in 2021")
    page.wait_for_timeout(600)
    page.mouse.move(*end, steps=3)
    page.mouse.up()

    wait_card(page, span)
    reader.wait_pending(
        article.text[article.text.index("The river") : article.text.index("the town") + 8]
    )


def test_a_page_whose_line_was_cut_says_so_and_comes_back_by_itself(at, article, open_as, proxy):
    page = open_as(at.ben, place(article), proxy.url)
    proxy.cut()
    page.get_by_text("No connection to the server").wait_for()
    span = builders.mark(at, article, CLAIM)
    proxy.mend()

    wait_card(page, span)
    page.wait_for_function("() => document.documentElement.dataset.live === 'live'")
    assert page.locator("#live-state").inner_text() == ""


def test_a_server_that_stops_and_starts_again_costs_nobody_anything(
    at, article, open_as, proxy, tmp_path
):
    with no_other_server():
        first = ServerProcess(tmp_path / "first.log")
        proxy.to = address_of(first)
        page = open_as(at.ben, place(article), proxy.url)
        reader = Reader(page, Stand(text=article.text, url=""))
        reader.place(OTHER)
        first.kill()
        page.get_by_text("No connection to the server").wait_for()
        reader.drag(OTHER)
        reader.wait_pending(OTHER)
        reader.press("f")
        page.locator("#outbox").get_by_text(OTHER).wait_for()
        theirs = builders.mark(at, article, CLAIM)

        second = ServerProcess(tmp_path / "second.log")
        proxy.to = address_of(second)
        wait_card(page, theirs)
        page.locator("#span-list > li", has_text=OTHER).wait_for()
        page.locator("#outbox").wait_for(state="hidden")

        fresh = open_as(at.ada, place(article), proxy.url)
        assert state_of(page) == state_of(fresh)
        assert page.locator("#live-state").inner_text() == ""
        page.close()
        second.stop()


def test_a_line_that_drops_again_and_again_loses_nothing(at, article, open_as, proxy):
    page = open_as(at.ben, place(article), proxy.url)
    chance = random.Random(11)
    marked = []
    for number in range(150):
        kind = chance.random()
        if kind < 0.4 or not marked:
            words = chance.choice(article.text.split())
            marked.append(builders.mark(at, article, words, chance.choice("fco")))
        elif kind < 0.8:
            change_span(chance.choice(marked), note=f"{number} e\u0301", by=at.cleo)
        else:
            withdraw_span(marked.pop(chance.randrange(len(marked))), by=at.cleo)
        if chance.random() < 0.2:
            proxy.drop(0.7, chance)
    last = builders.mark(at, article, OTHER)

    wait_card(page, last)
    fresh = open_as(at.ada, place(article))
    page.wait_for_function(
        "(count) => document.querySelectorAll('#span-list > li').length === count",
        arg=len(marked) + 1,
    )
    assert state_of(page) == state_of(fresh)


def test_the_others_are_named_with_where_they_are_and_gone_when_they_leave(at, article, open_as):
    span = builders.mark(at, article, CLAIM, by=at.ben)
    page = open_as(at.ada, place(article))
    other = open_as(at.ben, f"{place(article)}#s-{span.pk}")
    here = page.locator("#here")
    here.get_by_text("ben", exact=True).wait_for()
    other.locator(f"#card-{span.pk} .span-card-more summary").first.click()
    other.locator(f"#card-{span.pk} textarea[name=note]").first.focus()

    page.locator(f"#card-{span.pk}[data-editing=ben]").wait_for()
    assert "is changing a span" in here.inner_text()
    other.close()
    here.wait_for(state="hidden")


def test_ten_tabs_of_one_browser_on_ten_articles_all_stay_live(at, article, open_as):
    articles = [builders.article(at, f"{builders.TEXT} {number}.") for number in range(10)]
    pages = [open_as(at.ben, place(one)) for one in articles]

    for one in articles:
        one.span = builders.mark(at, one, CLAIM)

    for page, one in zip(pages, articles, strict=True):
        wait_card(page, one.span)


def test_the_list_of_articles_follows(at, article, open_as):
    page = open_as(at.ben, "/p/desk/")

    builders.article(at, "A second one 🌊.", title="Another flood")

    page.get_by_role("link", name="Another flood").wait_for()


def test_the_inbox_and_the_list_of_projects_follow(at, article, open_as):
    page = open_as(at.ben, "/inbox/")
    projects = open_as(at.cleo, "/")

    add_comment(article, body="@ben, look at the cafe\u0301 🌊", by=at.ada)
    change_project(at.project, name="The desk שלום", by=at.ada)

    page.get_by_text("look at the cafe\u0301").wait_for()
    page.locator("#inbox-link").get_by_text("1").wait_for()
    projects.get_by_role("link", name="The desk שלום").wait_for()


def test_a_member_who_is_removed_is_told_and_learns_nothing_more(at, article, open_as):
    page = open_as(at.ben, place(article))

    remove_member(at.project, account=at.account(at.ben), by=at.ada)
    page.get_by_text("no member of this project any more").wait_for()
    span = builders.mark(at, article, CLAIM)
    page.wait_for_timeout(1500)

    assert page.locator(f"#card-{span.pk}").count() == 0


@pytest.fixture
def wsgi_only(transactional_db: None) -> Iterator[str]:
    """The address of the same workbench behind a server that has no streams."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.wsgi_only"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()
    process.stdout.close()


def test_where_only_wsgi_is_there_the_page_looks_now_and_then(at, article, browser, wsgi_only):
    wrong: list[str] = []
    pages = {}
    for person in (at.ben, at.ada):
        context = browser.new_context(base_url=wsgi_only)
        watch(context, wrong)
        carry_session(context, at.account(person), wsgi_only)
        page = pages[person.pk] = context.new_page()
        page.goto(place(article))
        page.wait_for_function("() => document.documentElement.dataset.live === 'looking'")
    page = pages[at.ben.pk]

    span = builders.mark(at, article, CLAIM)
    wait_card(page, span)
    page.locator("#here").get_by_text("Ada", exact=True).wait_for()
    reader = Reader(page, Stand(text=article.text, url=""))
    reader.drag("Nobody was hurt")
    reader.wait_pending("Nobody was hurt")
    reader.press("f")
    mine = page.locator("#span-list > li", has_text="Nobody was hurt")
    mine.wait_for()

    pages[at.ada.pk].locator("#span-list > li", has_text="Nobody was hurt").wait_for()
    assert page.locator("#live-state").inner_text() == ""
    for one in pages.values():
        one.context.close()
    assert wrong == []


def test_evidence_that_others_bring_comes_into_the_open_sheet_beside_what_is_typed(
    at, article, open_as
):
    span = builders.mark(at, article, CLAIM)
    page = open_as(at.ben, f"{place(article)}#s-{span.pk}")
    page.keyboard.press(".")
    sheet = page.locator(".evidence-panel")
    field = sheet.locator("#ev-cite [name=quotation]")
    field.fill("half a quotation שלום")

    source = NewSource({"kind": SourceKind.OFFICIAL, "title": "Gauge e\u0301 🌊"})
    cite(span, source=source, stance=Stance.SUPPORTS, quotation="two metres", by=at.cleo)
    give_verdict(span, verdict=Verdict.SUPPORTED, reason="It says so", as_of="2021", by=at.cleo)

    sheet.get_by_text("Gauge e\u0301 🌊").first.wait_for()
    sheet.get_by_text("It says so").first.wait_for()
    assert field.input_value() == "half a quotation שלום"
    assert field.evaluate("(field) => field === document.activeElement")


def test_a_reason_that_is_being_written_outlives_what_changes_on_the_page_of_sign_offs(
    at, article, open_as
):
    builders.mark(at, article, CLAIM)
    page = open_as(at.ada, f"{place(article)}sign-off")
    reason = page.locator("#sign-form input[name^='waive']").first
    reason.fill("It can wa")

    builders.mark(at, article, OTHER)

    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((one) => one.initiatorType === 'fetch')"
    )
    assert reason.input_value() == "It can wa"
    reason.evaluate("(field) => { field.value = field.defaultValue; field.blur(); }")
    builders.mark(at, article, "a colossal blunder", "o")
    page.get_by_text("a colossal blunder").first.wait_for(state="attached")


def test_whoever_types_reasons_is_told_that_the_page_of_sign_offs_moved_on(at, article, open_as):
    first, second = builders.mark(at, article, CLAIM), builders.mark(at, article, OTHER, "f")
    page = open_as(at.ada, f"{place(article)}sign-off/")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    reason = "It can wait e\u0301 🌊 שלום"
    page.locator(f"[name='waive:second_reader:{first.pk}']").fill("Read by two")
    page.locator(f"[name='waive:second_reader:{second.pk}']").fill(reason)
    page.locator("[name='waive-all:read']").fill("On paper")

    withdraw_span(first, by=at.cleo)
    page.get_by_text("What stands here has changed since you opened it.").wait_for()
    assert page.locator(f"[name='waive:second_reader:{first.pk}']").input_value() == "Read by two"
    page.get_by_role("button", name="Show it").click()

    page.locator(f"[name='waive:second_reader:{first.pk}']").wait_for(state="detached")
    assert page.locator(f"[name='waive:second_reader:{second.pk}']").input_value() == reason
    assert page.locator("[name='waive-all:read']").input_value() == "On paper"
    kept = page.locator(".live-kept")
    assert "The river rose two metres" in kept.inner_text()
    assert "Read by two" in kept.inner_text()
    assert page.locator(".live-news").count() == 0
    builders.mark(at, article, "a colossal blunder", "o")
    page.get_by_text("What stands here has changed since you opened it.").wait_for()
    assert "Read by two" in kept.inner_text()
    kept.get_by_role("button", name="Discard").click()
    assert kept.count() == 0


def test_a_change_that_leaves_a_form_as_it_was_is_no_news_to_whoever_types_there(
    at, article, open_as
):
    span = builders.mark(at, article, CLAIM)
    review.add_comment(article, body="Who says so?", by=at.cleo)
    page = open_as(at.ada, f"{place(article)}comments/")
    page.get_by_text("Answer", exact=False).first.click()
    page.locator("textarea[name=body]").first.fill("The Board 🌊")

    review.add_comment(article, body="Since when?", by=at.cleo, span=span)
    page.get_by_text("Since when?").first.wait_for()

    assert page.locator(".live-news").count() == 0


def test_evidence_of_others_is_no_news_to_whoever_cites_and_is_shown_beside_it(
    at, article, open_as
):
    span = builders.mark(at, article, CLAIM)
    page = open_as(at.ben, f"{place(article)}spans/{span.pk}/evidence")
    page.locator("#ev-cite [name=quotation]").fill("half a quotation שלום")

    source = NewSource({"kind": SourceKind.OFFICIAL, "title": "Gauge e\u0301 🌊"})
    cite(span, source=source, stance=Stance.SUPPORTS, quotation="two metres", by=at.cleo)
    page.get_by_text("Gauge e\u0301 🌊").first.wait_for()

    assert page.locator("#ev-cite [name=quotation]").input_value() == "half a quotation שלום"
    assert page.locator(".live-news").count() == 0


def test_a_page_whose_form_was_refused_follows_others_and_keeps_what_was_typed(
    at, article, open_as
):
    first, second = builders.mark(at, article, CLAIM), builders.mark(at, article, OTHER, "f")
    page = open_as(at.ada, f"{place(article)}sign-off/")
    page.locator(f"[name='waive:second_reader:{first.pk}']").fill("Read by two")
    page.locator(f"[name='waive:second_reader:{second.pk}']").fill("It can wait")
    page.get_by_role("button", name="Waive as given").click()
    page.get_by_role("alert").wait_for()
    assert page.url.endswith("/sign-off/sign")
    page.wait_for_function("() => document.documentElement.dataset.live === 'live'")

    withdraw_span(first, by=at.cleo)
    page.get_by_role("button", name="Show it").click()

    page.locator(f"[name='waive:second_reader:{first.pk}']").wait_for(state="detached")
    still = page.locator(f"[name='waive:second_reader:{second.pk}']")
    assert still.input_value() == "It can wait"
    assert "Read by two" in page.locator(".live-kept").inner_text()
    still.evaluate("(field) => { field.value = field.defaultValue; field.blur(); }")
    builders.mark(at, article, "a colossal blunder", "o")
    page.get_by_text("a colossal blunder").first.wait_for(state="attached")


def test_a_second_reader_is_told_and_decides_when_to_look(at, article, open_as):
    span = builders.mark(at, article, CLAIM)
    page = open_as(at.ben, f"{place(article)}second-reading")
    words = page.locator(".reading-paragraph mark")
    assert words.inner_text() == CLAIM

    change_span(span, end=span.end + len(" in 2021"), by=at.cleo)
    page.get_by_text("What you read here was changed.").wait_for()

    assert words.inner_text() == CLAIM
    page.get_by_role("button", name="Show it").click()
    page.wait_for_function(
        "(quote) => document.querySelector('.reading-paragraph mark').textContent === quote",
        arg=f"{CLAIM} in 2021",
    )
    assert page.locator(".live-news").count() == 0


def test_what_is_being_edited_stays_in_its_own_place_among_others_like_it(at, article, open_as):
    page = open_as(at.ben, place(article))

    left = page.evaluate(
        """async () => {
          const script = [...document.querySelectorAll("link[rel=modulepreload]")]
            .find(({ href }) => /merge\\b.*js$/.test(href));
          const { merge } = await import(script.href);
          const list = (words) => {
            const made = document.createElement("ol");
            made.innerHTML = words.map(([id, word]) =>
              `<li class="thread"><div id="${id}"><p>${word}</p><form method="post"><textarea></textarea></form></div></li>`
            ).join("");
            return made;
          };
          const old = list([["a", "one"], ["b", "two"], ["c", "three"]]);
          document.body.append(old);
          old.querySelector("#c textarea").value = "being edited";
          merge(old, list([["a", "ONE"], ["b", "TWO"], ["c", "THREE"], ["d", "four"]]));
          return [...old.children].map((item) =>
            [item.querySelector("p").textContent, item.querySelector("textarea").value]);
        }"""
    )

    assert left == [["ONE", ""], ["TWO", ""], ["THREE", "being edited"], ["four", ""]]
