"""The page of all spans: what it says, what its filters keep, and its file."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions.evidence import add_source, cite, describe_assertion
from annotations.models import Span
from annotations.queries.span_list import COLUMNS
from tests import builders as build
from tests.stories import Story

pytestmark = pytest.mark.django_db


#: A page makes at most so many, whatever it lists.
MOST_QUERIES = 16


def queries(visitor: Client, address: str) -> int:
    visitor.get(address)
    with CaptureQueriesContext(connection) as made:
        visitor.get(address)
    return len(made)


def page(told: Story, query: str = "") -> str:
    return build.logged_in(told.desk, told.desk.cleo).get(f"/p/desk/spans/{query}").content.decode()


def shown(html: str) -> int:
    return html.count('class="quote-link"')


def table(told: Story, query: str = "") -> list[dict[str, str]]:
    return read(build.logged_in(told.desk, told.desk.cleo).get(f"/p/desk/spans.csv{query}"))


def read(answer) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_row_says_what_is_known_of_its_span(told):

    html = page(told)

    assert shown(html) == 3
    claim = told.claim
    for expected in (
        f'href="{reverse("article", args=("desk", told.flood.pk))}#s-{claim.pk}"',
        reverse("evidence", args=("desk", told.flood.pk, claim.pk)),
        "The river rose two metres in 2021.",
        "The river rose by two metres.",
        "The mayor",
        "The dam",
        '<span class="badge" data-state="supported">supported</span>',
        '<span class="badge" data-state="accepted">accepted</span>',
        "by ben",
        "2 sources",
        "1 confirmed",
        "Very harsh.",
    ):
        assert expected in html


def test_withdrawn_spans_are_not_listed(told):
    assert "Nobody was hurt" not in page(told)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?q=river+rose", 2),
        ("?q=harsh", 1),
        ("?q=mistake", 1),
        ("?q=%22rose+the%22", 0),
        ("?voice=named", 1),
        ("?voice=author", 2),
        ("?speaker=none", 2),
        ("?verdict=supported", 2),
        ("?verdict=refuted", 0),
        ("?verdict=none", 1),
        ("?work=done", 2),
        ("?work=todo", 1),
        ("?sources=none", 1),
        ("?sources=any", 2),
        ("?sources=confirmed", 2),
        ("?sources=unconfirmed", 1),
        ("?reading=none", 1),
        ("?reading=accepted", 2),
        ("?reading=returned", 0),
        ("?article=dam", 1),
        ("?article=the+flood", 2),
        ("?article=the+flood&verdict=supported", 1),
        ("?voice=nonsense&article=dam", 1),
    ],
)
def test_the_filters_live_in_the_address(told, query, count):

    assert shown(page(told, query)) == count
    assert len(table(told, query)) == count


def test_spans_are_kept_by_label_speaker_author_and_one_article(told):
    desk = told.desk

    assert shown(page(told, f"?label={desk.label('o').pk}")) == 1
    assert shown(page(told, f"?speaker={told.claim.speaker_id}")) == 1
    assert shown(page(told, f"?author={desk.ada.pk}")) == 1
    html = page(told, f"?article={told.dam.pk}")
    assert shown(html) == 1
    assert "Only spans of “<bdi>The dam</bdi>”" in html


def test_an_article_of_another_project_is_neither_named_nor_searched(told):
    other = build.desk("other", prefix="x")
    foreign = build.article(other, "A secret שלום text.", title="Foreign")
    build.mark(other, foreign, "secret")

    html = page(told, f"?article={foreign.pk}")
    assert shown(html) == 0
    assert "Foreign" not in html
    assert shown(page(told, "?q=secret")) == 0


@pytest.mark.parametrize(
    "column",
    ["label", "voice", "article", "verdict", "author", "created_at"],
)
def test_each_order_holds_in_both_directions(told, column):

    up = [row["span"] for row in table(told, f"?sort={column}")]
    down = [row["span"] for row in table(told, f"?sort=-{column}")]

    assert len(up) == 3
    assert up == down[::-1]


def test_a_new_version_is_listed_instead_of_the_one_before(db):
    desk = build.desk()
    first = build.article(desk, url="https://example.org/flood")
    build.mark(desk, first, "Nobody was hurt")
    second = build.article(desk, build.TEXT + " More.", url="https://example.org/flood")
    assert second.previous_id == first.pk

    html = build.logged_in(desk, desk.cleo).get("/p/desk/spans/").content.decode()

    assert Span.objects.count() == 2
    assert shown(html) == 1
    assert str(second.pk) in html


def test_in_independent_mode_nobody_sees_what_another_marked(db):
    desk = build.desk(preset="dataset")
    article = build.article(desk)
    build.mark(desk, article, "Nobody was hurt", by=desk.cleo)
    build.mark(desk, article, "a colossal blunder", by=desk.ben)

    html = build.logged_in(desk, desk.cleo).get("/p/desk/spans/?q=").content.decode()
    assert "Nobody was hurt" in html
    assert "colossal" not in html
    assert (
        shown(build.logged_in(desk, desk.cleo).get("/p/desk/spans/?q=colossal").content.decode())
        == 0
    )
    assert b"colossal" not in build.logged_in(desk, desk.cleo).get("/p/desk/spans.csv").content


def test_the_file_holds_every_page_and_runs_in_no_spreadsheet(db):
    desk = build.desk()
    text = "=HYPERLINK(1) שלום 👩‍👩‍👧 cafe\u0301\n\nA line.\n\nAnother, with “quotes” and, commas."
    article = build.article(desk, text, title="@sum")
    build.mark(desk, article, "=HYPERLINK(1) שלום 👩‍👩‍👧 cafe\u0301", note="-1\nsecond line")
    for _ in range(30):
        build.mark(desk, article, "Another, with “quotes” and, commas.", "f")
    answer = build.logged_in(desk, desk.cleo).get("/p/desk/spans.csv?sort=created_at")

    rows = read(answer)

    assert len(rows) == 31
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["quote"] == "'=HYPERLINK(1) שלום 👩‍👩‍👧 cafe\u0301"
    assert rows[0]["note"] == "'-1\nsecond line"
    assert rows[0]["article title"] == "'@sum"
    assert rows[1]["quote"] == "Another, with “quotes” and, commas."
    start = text.index("Another")
    assert (rows[1]["start"], rows[1]["end"]) == (str(start), str(len(text)))


def test_a_confidential_source_is_known_to_the_desk(told):

    rows = table(told, "?q=mayor") or table(told)
    titles = next(row for row in rows if row["span"] == str(told.claim.pk))["source titles"]

    assert titles == "Gauge report; Known to the desk"
    assert "keeper" not in page(told)


def test_an_empty_project_says_what_to_do_next(db):
    desk = build.desk()

    html = build.logged_in(desk, desk.cleo).get("/p/desk/spans/").content.decode()

    assert "No spans yet" in html
    assert reverse("articles", args=("desk",)) in html


def test_filters_that_keep_nothing_stay_on_the_page(told):
    html = page(told, "?q=nowhere")

    assert "No span fits these filters." in html
    assert 'value="nowhere"' in html


def test_strangers_get_404(told):
    stranger = Client()
    stranger.force_login(told.desk.dan)

    assert stranger.get("/p/desk/spans/").status_code == 404
    assert stranger.get("/p/desk/spans.csv").status_code == 404


def test_the_page_makes_as_many_queries_for_many_spans_as_for_one():
    desk = build.desk()
    article = build.article(desk)
    source = add_source(desk.project, by=desk.cleo, title="Gauge", kind="book")

    def add() -> None:
        span = build.mark(desk, article, "Nobody was hurt", speaker_name="The mayor", voice="named")
        describe_assertion(span, paraphrase="All are well", by=desk.cleo)
        cite(Span.objects.get(pk=span.pk), source, by=desk.cleo)

    add()
    visitor = build.logged_in(desk, desk.cleo)
    few = queries(visitor, "/p/desk/spans/")
    for _ in range(30):
        add()
    assert queries(visitor, "/p/desk/spans/") == few <= MOST_QUERIES
