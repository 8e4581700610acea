"""The list of articles: what it says, and how many queries it makes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions.evidence import add_source, cite
from annotations.actions.operational import tick_read
from annotations.actions.review import decide
from annotations.models import Block
from annotations.queries.reading import shown_parts, shown_token
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


def test_the_list_says_how_far_each_article_is(desk):
    article = build.article(desk)
    claim = build.mark(desk, article, "The river rose two metres in 2021")
    build.mark(desk, article, "It was a disgrace", "o", voice="unnamed")
    source = add_source(desk.project, by=desk.cleo, title="Gauge", url="https://gauge.example/")
    cite(claim, source, by=desk.cleo)
    claim.refresh_from_db()
    decide(
        claim,
        outcome="accepted",
        shown=shown_token(shown_parts([claim])[claim.pk]),
        by=desk.ben,
    )
    tick_read(Block.objects.filter(article=article).first(), by=desk.ben)

    page = build.logged_in(desk, desk.cleo).get("/p/desk/").content.decode()

    assert "The flood" in page
    assert "in work" in page
    assert "1 claim, 1 opinion" in page
    assert "1 in the author’s voice" in page
    assert "1 of 1<svg" in page
    assert "1 of 2<svg" in page
    assert "1 of 3<svg" in page
    assert "July 2021" in page


def test_an_empty_project_says_what_to_do_next(desk):
    page = build.logged_in(desk, desk.ada).get("/p/desk/").content.decode()

    assert "No articles yet" in page
    assert "/p/desk/import/" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("?q=second", 1), ("?state=work", 1), ("?state=new", 1), ("?state=signed", 0)],
)
def test_the_filter_lives_in_the_address(desk, query, count):
    first = build.article(desk)
    build.article(desk, "Another text.", title="The second one")
    build.mark(desk, first, "Nobody was hurt")

    page = build.logged_in(desk, desk.cleo).get(f"/p/desk/{query}").content.decode()

    assert page.count('class="title"') == count


def test_the_page_makes_as_many_queries_for_many_articles_as_for_one(
    desk, django_assert_num_queries
):
    visitor = build.logged_in(desk, desk.cleo)
    build.mark(desk, build.article(desk), "Nobody was hurt")
    visitor.get("/p/desk/")

    with CaptureQueriesContext(connection) as few:
        visitor.get("/p/desk/")
    for number in range(30):
        build.mark(desk, build.article(desk, f"Text number {number}."), "Text")
    with django_assert_num_queries(len(few)):
        visitor.get("/p/desk/")
    # On PostgreSQL the session is one query more.
    assert len(few) <= 10
