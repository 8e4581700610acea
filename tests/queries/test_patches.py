"""A page that puts in what it lacks, whenever it asks, is equal to one that is opened now."""

import random
from typing import Any

import pytest

from annotations.actions import articles, evidence, projects, review, spans, undo
from annotations.actions.articles import purge_article, set_roles
from annotations.domain.cursor import Cursor
from annotations.domain.errors import Refused
from annotations.domain.vocabulary import BlockRole, Preset
from annotations.models import Article, Label, Span
from annotations.queries import access, patches
from tests import builders
from tests.stories import sign, token

pytestmark = pytest.mark.django_db

WORDS = ("The river rose", "two metres in 2021", "disgrace", "שלום", "Nobody was hurt", "1974")


class Page:
    """What a page of an article holds, and how it follows."""

    def __init__(self, at: Any, article: Article, person: Any) -> None:
        self.at, self.person, self.key = at, person, article.pk
        self.resets = 0
        self.open()

    def door(self) -> tuple[Any, Article]:
        by = access.member(self.at.account(self.person), self.at.project.slug)
        return by, access.article(by, self.key)

    def open(self) -> None:
        whole = patches.since(*self.door(), None, "/")
        assert whole is not None
        self.cursor = _cursor(whole["cursor"])
        self.blocks, self.cards = whole["blocks"], whole["cards"]

    def follow(self) -> "dict[str, Any] | None":
        told = patches.since(*self.door(), self.cursor, "/")
        if told is None:
            return None
        if told.get("reset"):
            self.resets += 1
            self.open()
        else:
            assert told["revision"] >= self.cursor.total
            self.cursor = _cursor(told["cursor"])
            self.blocks |= told["blocks"]
            for span, html in told["cards"].items():
                if html is None:
                    self.cards.pop(span, None)
                else:
                    self.cards[span] = html
        return told


def _cursor(text: str) -> Cursor:
    return Cursor(*map(int, text.split(".")))


def same(page: Page, fresh: Page) -> bool:
    return (page.cursor, page.blocks, page.cards) == (fresh.cursor, fresh.blocks, fresh.cards)


class Desk:
    """People who do at random whatever can be done in two articles that share assertions."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.at = builders.desk()
        self.articles = [builders.article(self.at), builders.article(self.at, builders.TEXT + "!")]

    def somebody(self) -> Any:
        return self.chance.choice([self.at.ada, self.at.ben])

    def span(self, *, live: bool = True) -> Span | None:
        found = list(Span.objects.filter(withdrawn_at__isnull=live).order_by("pk"))
        if not found:
            return None
        one = self.chance.choice(found)
        # As a view has it: the article with its project.
        return Span.objects.select_related("article__project", "assertion").get(pk=one.pk)

    def do(self) -> None:
        by, chance = self.somebody(), self.chance
        article = chance.choice(self.articles)
        kind = chance.choice(
            [
                "mark",
                "mark",
                "mark",
                "note",
                "ends",
                "withdraw",
                "restore",
                "roles",
                "cite",
                "verdict",
                "join",
                "split",
                "comment",
                "decide",
                "undo",
                "redo",
                "log",
                "speaker",
                "sign",
                "details",
            ]
        )
        span = self.span(live=kind != "restore")
        try:
            if kind == "mark":
                builders.mark(self.at, article, chance.choice(WORDS), chance.choice("fco"), by=by)
            elif kind == "roles":
                role = chance.choice([BlockRole.BODY, BlockRole.CAPTION])
                set_roles(article, {chance.randrange(3): role}, by=by)
            elif kind in ("undo", "redo"):
                getattr(undo, f"{kind}_last")(article, by=by)
            elif kind == "sign":
                sign(article, by)
            elif kind == "details":
                articles.correct_article(article, by=by, byline=f"{chance.random()} e\u0301")
            elif span is not None:
                self.do_to(span, kind, by)
        except Refused:
            # What may not be done is not done; that is other tests' to say.
            return

    def do_to(self, span: Span, kind: str, by: Any) -> None:
        chance = self.chance
        if kind == "note":
            spans.change_span(span, note=f"{chance.random()} 🌊", by=by)
        elif kind == "ends":
            spans.change_span(span, end=span.end - 1, by=by)
        elif kind == "speaker":
            spans.change_span(
                span, speaker_name=chance.choice(("The mayor", "זאב")), voice="named", by=by
            )
        elif kind == "withdraw":
            spans.withdraw_span(span, by=by)
        elif kind == "restore":
            spans.restore_span(span, by=by)
        elif kind == "cite":
            source = evidence.NewSource({"kind": "official", "title": f"Gauge {chance.random()}"})
            evidence.cite(span, source, stance="supports", by=by)
        elif kind == "verdict":
            verdict = chance.choice(("supported", "refuted"))
            evidence.give_verdict(span, verdict=verdict, reason="so", as_of="2021", by=by)
        elif kind == "join":
            other = self.span()
            if other is not None and other.assertion is not None:
                evidence.join_assertion(span, other.assertion, by=by)
        elif kind == "split":
            evidence.split_assertion(span, by=by)
        elif kind == "comment":
            review.add_comment(span.article, body="Look, @ben", span=span, by=by)
        elif kind == "log":
            evidence.set_work_state(span, state="searching", by=by)
        else:
            review.decide(span, outcome="accepted", shown=token(span), by=by)


@pytest.mark.parametrize("seed", range(6))
def test_a_page_that_follows_is_equal_to_one_opened_now(seed):
    chance = random.Random(seed)
    desk = Desk(chance)
    pages = [Page(desk.at, one, desk.at.cleo) for one in desk.articles]

    for _ in range(60):
        desk.do()
        for page in pages:
            if chance.random() < 0.3:
                page.follow()

    for page, article in zip(pages, desk.articles, strict=True):
        page.follow()
        assert page.follow() is None
        assert same(page, Page(desk.at, article, desk.at.cleo))


def test_in_independent_mode_each_follows_his_own_layer():
    at = builders.desk("apart", Preset.DATASET)
    article = builders.article(at)
    pages = {person.pk: Page(at, article, person) for person in (at.ben, at.cleo)}

    mine = builders.mark(at, article, "1974", by=at.cleo)

    assert pages[at.ben.pk].follow() is None
    told = pages[at.cleo.pk].follow()
    assert list(told["cards"]) == [str(mine.pk)]
    assert told["cursor"] == "4.1.1"
    spans.change_span(mine, note="שלום", by=at.cleo)
    assert list(pages[at.cleo.pk].follow()["cards"]) == [str(mine.pk)]
    assert pages[at.ben.pk].follow() is None
    assert same(pages[at.cleo.pk], Page(at, article, at.cleo))


def test_another_name_of_a_label_or_of_a_person_is_on_every_card():
    at = builders.desk()
    article = builders.article(at)
    span = builders.mark(at, article, "1974")
    page = Page(at, article, at.ben)

    projects.change_label(
        Label.objects.get(project=at.project, key="c"), name="assertion", by=at.ada
    )
    assert page.follow()["reset"] is True
    assert "assertion" in page.cards[str(span.pk)]
    projects.rename_person(at.cleo, name="Zoe\u0301", by=at.ada)
    assert page.follow()["reset"] is True
    assert "Zoe\u0301" in page.cards[str(span.pk)]


def test_who_was_named_for_the_first_time_comes_with_the_patch():
    at = builders.desk()
    article = builders.article(at)
    page = Page(at, article, at.ben)

    builders.mark(at, article, "1974", speaker_name="The mayor", voice="named")

    assert [one["name"] for one in page.follow()["data"]["speakers"]] == ["The mayor"]


def test_a_page_of_a_database_that_was_put_back_fetches_everything():
    at = builders.desk()
    article = builders.article(at)
    page = Page(at, article, at.ben)
    page.cursor = page.cursor._replace(article=page.cursor.article + 5)

    assert page.follow()["reset"] is True
    assert same(page, Page(at, article, at.ben))


def test_a_page_of_an_article_whose_text_was_removed_is_emptied():
    at = builders.desk()
    article = builders.article(at)
    builders.mark(at, article, "1974")
    page = Page(at, article, at.ben)

    purge_article(article, reason="The court said so.", by=at.ada)

    assert page.follow()["reset"] is True
    assert (page.blocks, page.cards) == ({}, {})


def test_the_cost_of_a_patch_does_not_grow_with_what_is_marked(django_assert_max_num_queries):
    at = builders.desk()
    article = builders.article(at)
    page = Page(at, article, at.ben)
    for words in WORDS:
        builders.mark(at, article, words)
    by, on = page.door()

    with django_assert_max_num_queries(14):
        patches.since(by, on, page.cursor, "/")


def test_of_very_many_spans_a_page_is_asked_to_load_itself_again(monkeypatch):
    at = builders.desk()
    article = builders.article(at)
    for words in WORDS[:2]:
        builders.mark(at, article, words)
    page = Page(at, article, at.ben)
    monkeypatch.setattr(patches, "MOST_TOLD", 1)

    builders.mark(at, article, "1974")
    one = patches.since(*page.door(), page.cursor, "/")
    whole = patches.since(*page.door(), None, "/")
    builders.mark(at, article, "שלום")
    two = patches.since(*page.door(), page.cursor, "/")

    assert one is not None
    assert len(one["cards"]) == 1
    assert whole is not None
    assert whole["reset"]
    assert whole["reload"]
    assert "cards" not in whole
    assert _cursor(whole["cursor"]).total > page.cursor.total
    assert two is not None
    assert two["reset"] is True
