"""The page of all sources, its file, and the page of one source."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions.evidence import add_source, cite, set_confidential, source_of_article
from annotations.actions.projects import set_member
from annotations.domain.vocabulary import Role
from annotations.models import ConfidentialDetails, Event, Source
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


def page(told: Story, query: str = "", *, by=None) -> str:
    visitor = build.logged_in(told.desk, by or told.desk.ben)
    return visitor.get(f"/p/desk/sources/{query}").content.decode()


def shown(html: str) -> int:
    return html.count('class="title"')


def table(told: Story, query: str = "", *, by=None) -> list[dict[str, str]]:
    answer = build.logged_in(told.desk, by or told.desk.ben).get(f"/p/desk/sources.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def there(source: Source) -> str:
    return reverse("source", args=("desk", source.pk))


def form_of(source: Source, **changed) -> dict[str, object]:
    return {
        "revision": source.revision,
        "title": source.title,
        "kind": source.kind,
        "url": source.url,
        "publisher": source.publisher,
        "authors": "; ".join(source.authors),
        "published": source.published,
        "level": source.level,
        "language": source.language,
        "note": source.note,
        "access": source.access,
        **changed,
    }


# --- the list ---------------------------------------------------------------------------------


def test_a_row_says_where_its_source_is_cited(told):

    html = page(told)

    for expected in (
        f'href="{there(told.report)}"',
        "Gauge report",
        "The agency",
        "August 2021",
        "official document",
        "1 supports",
        "1 confirmed; in 2 articles",
    ):
        assert expected in html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?q=gauge+agency", 1),
        ("?q=keeper", 0),
        ("?kind=official", 1),
        ("?level=primary", 0),
        ("?access=confidential", 1),
        ("?use=cited", 2),
        ("?use=none", 0),
        ("?use=unconfirmed", 1),
        ("?use=refuting", 0),
    ],
)
def test_the_filters_live_in_the_address(told, query, count):

    assert shown(page(told, query)) == count
    assert len(table(told, query)) == count


def test_sources_are_kept_by_who_added_them(told):

    assert shown(page(told, f"?added_by={told.desk.cleo.pk}")) == 2
    assert shown(page(told, f"?added_by={told.desk.ben.pk}")) == 0


@pytest.mark.parametrize(
    "column", ["title", "kind", "publisher", "published", "access", "cited", "added_by"]
)
def test_each_order_holds_in_both_directions(told, column):
    add_source(told.desk.project, by=told.desk.ada, title="Almanac שלום", kind="book")

    up = [row["source"] for row in table(told, f"?sort={column}")]
    down = [row["source"] for row in table(told, f"?sort=-{column}")]

    assert len(up) == 3
    assert up == down[::-1]


def test_a_confidential_source_is_named_to_its_readers_alone(told):

    assert "keeper" not in page(told)
    assert "Known to the desk" in page(told)
    assert "keeper" in page(told, by=told.desk.cleo)
    hidden = next(row for row in table(told, by=told.desk.cleo) if row["access"][0] == "c")
    assert hidden["title"] == "Known to the desk"


def test_the_place_in_the_order_tells_nothing_of_a_hidden_title(told):
    add_source(told.desk.project, by=told.desk.ada, title="Levels", kind="book")

    titles = [row["title"] for row in table(told)]

    assert titles == ["Gauge report", "Known to the desk", "Levels"]


def test_the_file_runs_in_no_spreadsheet(told):
    add_source(told.desk.project, by=told.desk.ada, title="=1+1 שלום", kind="book", authors=["@a"])

    row = table(told, "?kind=book")[0]

    assert (row["title"], row["authors"]) == ("'=1+1 שלום", "'@a")


def test_in_independent_mode_citations_of_another_layer_do_not_count():
    desk = build.desk(preset="dataset")
    article = build.article(desk)
    source = add_source(desk.project, by=desk.ben, title="Gauge", kind="book")
    cite(build.mark(desk, article, "Nobody was hurt", by=desk.ben), source, by=desk.ben)

    html = build.logged_in(desk, desk.cleo).get("/p/desk/sources/").content.decode()
    assert "not cited" in html
    html = build.logged_in(desk, desk.cleo).get(there(source)).content.decode()
    assert "Not cited yet" in html
    assert "Nobody was hurt" not in html
    html = build.logged_in(desk, desk.ben).get(there(source)).content.decode()
    assert "Nobody was hurt" in html


def test_an_empty_project_says_what_to_do_next():
    desk = build.desk()

    html = build.logged_in(desk, desk.cleo).get("/p/desk/sources/").content.decode()

    assert "No sources yet" in html
    assert "/p/desk/spans/?sources=none" in html


def test_the_list_makes_as_many_queries_for_many_sources_as_for_one():
    desk = build.desk()
    article = build.article(desk)

    def add(number: int) -> None:
        span = build.mark(desk, article, "Nobody was hurt")
        kind = {"kind": "interview", "access": "confidential", "confidential": "Her."}
        cite(
            span, add_source(desk.project, by=desk.cleo, title=f"G {number}", **kind), by=desk.cleo
        )

    add(0)
    visitor = build.logged_in(desk, desk.cleo)
    few = queries(visitor, "/p/desk/sources/")
    for number in range(1, 31):
        add(number)
    assert queries(visitor, "/p/desk/sources/") == few <= MOST_QUERIES


# --- one source -------------------------------------------------------------------------------


def test_a_source_shows_its_citations_with_their_spans(told):

    html = build.logged_in(told.desk, told.desk.ben).get(there(told.report)).content.decode()

    for expected in (
        "Cited 1 time",
        "two metres",
        f"{reverse('article', args=('desk', told.flood.pk))}#s-{told.claim.pk}",
        reverse("evidence", args=("desk", told.dam.pk, told.shared.pk)),
        "confirmed by ben",
        "#:~:text=two%20metres",
    ):
        assert expected in html


def test_a_source_page_makes_as_many_queries_for_many_citations_as_for_one():
    desk = build.desk()
    article = build.article(desk)
    source = add_source(desk.project, by=desk.cleo, title="Gauge", kind="book")
    cite(build.mark(desk, article, "Nobody was hurt"), source, by=desk.cleo)
    visitor = build.logged_in(desk, desk.cleo)
    few = queries(visitor, there(source))
    for _ in range(30):
        cite(build.mark(desk, article, "Nobody was hurt"), source, by=desk.cleo)
    assert queries(visitor, there(source)) == few <= MOST_QUERIES


def test_a_source_is_changed_by_its_form(told):
    answer = build.logged_in(told.desk, told.desk.cleo).post(
        there(told.report),
        form_of(told.report, title="Gauge, corrected", authors="Zoe\u0301; The agency "),
    )

    assert answer.status_code == 303
    told.report.refresh_from_db()
    assert told.report.title == "Gauge, corrected"
    assert told.report.authors == ["Zoe\u0301", "The agency"]


def test_a_change_that_is_refused_shows_what_was_typed(told):
    answer = build.logged_in(told.desk, told.desk.cleo).post(
        there(told.report), form_of(told.report, title="Typed", published="yesterday")
    )

    assert answer.status_code == 422
    assert "is no date" in answer.content.decode()
    assert 'value="Typed"' in answer.content.decode()
    told.report.refresh_from_db()
    assert told.report.title == "Gauge report"


def test_a_stale_change_shows_both_versions(told):
    visitor = build.logged_in(told.desk, told.desk.cleo)
    old = form_of(told.report)
    visitor.post(there(told.report), {**old, "title": "First", "authors": "A; B"})

    answer = visitor.post(there(told.report), {**old, "title": "Second"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "It now reads: First" in html
    assert "It now reads: A; B" in html
    assert 'value="Second"' in html


def test_a_viewer_reads_and_changes_nothing(told):
    viewer = build.account("eve")
    set_member(told.desk.project, account=viewer, role=Role.VIEWER, by=told.desk.ada)
    visitor = Client()
    visitor.force_login(viewer)

    assert "Change this source" not in visitor.get(there(told.report)).content.decode()
    assert visitor.post(there(told.report), form_of(told.report, title="X")).status_code == 403
    assert visitor.get("/p/desk/sources/new/").status_code == 403
    assert "Add a source" not in visitor.get("/p/desk/sources/").content.decode()


def test_strangers_and_other_projects_get_404(told):
    other = build.desk("other", prefix="x")
    stranger = Client()
    stranger.force_login(told.desk.dan)

    assert stranger.get("/p/desk/sources/").status_code == 404
    assert stranger.get(there(told.report)).status_code == 404
    foreign = reverse("source", args=("other", told.report.pk))
    assert build.logged_in(other, other.ada).get(foreign).status_code == 404


# --- confidential -----------------------------------------------------------------------------


def test_details_are_shown_to_named_readers_alone(told):
    set_confidential(
        told.secret, details="Her name is Ünal.", readers=[told.desk.ada], by=told.desk.cleo
    )

    assert (
        "Ünal"
        in build.logged_in(told.desk, told.desk.cleo).get(there(told.secret)).content.decode()
    )
    assert (
        "Ünal" in build.logged_in(told.desk, told.desk.ada).get(there(told.secret)).content.decode()
    )
    html = build.logged_in(told.desk, told.desk.ben).get(there(told.secret)).content.decode()
    assert "Ünal" not in html
    assert "keeper" not in html
    assert "Change this source" not in html


def test_who_does_not_read_a_confidential_source_cannot_change_it(told):
    answer = build.logged_in(told.desk, told.desk.ben).post(
        there(told.secret), form_of(told.secret, title="Taken")
    )

    assert "keeper" not in answer.content.decode()
    told.secret.refresh_from_db()
    assert told.secret.title == "Talk with a keeper of the dam"


def test_a_reader_names_other_readers_and_no_event_tells_the_details(told):
    answer = build.logged_in(told.desk, told.desk.cleo).post(
        there(told.secret),
        form_of(told.secret, details="In the red שלום safe.", readers=[str(told.desk.ben.pk)]),
    )

    assert answer.status_code == 303
    kept = ConfidentialDetails.objects.get(source=told.secret)
    assert kept.details == "In the red שלום safe."
    assert set(kept.readers.all()) == {told.desk.ben, told.desk.cleo}
    assert not Event.objects.filter(payload__contains="In the red").exists()
    html = build.logged_in(told.desk, told.desk.ben).get(there(told.secret)).content.decode()
    assert f'value="{told.desk.cleo.pk}"' in html


def test_an_open_source_becomes_confidential_with_its_details(told):
    visitor = build.logged_in(told.desk, told.desk.cleo)
    visitor.post(
        there(told.report),
        form_of(told.report, access="confidential", url="", kind="letter", details="From her."),
    )

    assert ConfidentialDetails.objects.get(source=told.report).details == "From her."
    assert "Gauge report" in visitor.get(there(told.report)).content.decode()
    assert "Gauge report" not in page(told)


# --- a new one --------------------------------------------------------------------------------


def test_a_source_is_added_by_its_form():
    desk = build.desk()
    visitor = build.logged_in(desk, desk.cleo)
    assert visitor.get("/p/desk/sources/new/").status_code == 200

    answer = visitor.post(
        "/p/desk/sources/new/",
        {"title": "Zoe\u0301’s letter שלום", "kind": "letter", "access": "open"},
    )

    source = Source.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == there(source)
    assert source.added_by == desk.cleo


def test_a_known_address_is_not_added_twice(told):
    answer = build.logged_in(told.desk, told.desk.cleo).post(
        "/p/desk/sources/new/",
        {"title": "Again", "kind": "web", "access": "open", "url": told.report.url},
    )

    assert answer.status_code == 422
    assert "This source is here already, as “Gauge report”." in answer.content.decode()


def test_details_of_an_open_source_are_refused():
    desk = build.desk()
    answer = build.logged_in(desk, desk.cleo).post(
        "/p/desk/sources/new/",
        {"title": "T", "kind": "book", "access": "open", "details": "Secret."},
    )

    assert "Only a confidential source has details to keep." in answer.content.decode()
    assert not Source.objects.exists()


def test_a_source_that_is_an_article_links_it_and_stays_one(told):
    source = source_of_article(told.dam, by=told.desk.cleo)
    visitor = build.logged_in(told.desk, told.desk.cleo)

    html = visitor.get(there(source)).content.decode()
    assert reverse("article", args=("desk", told.dam.pk)) in html
    answer = visitor.post(there(source), form_of(source, note="Ours."))

    assert answer.status_code == 303
    source.refresh_from_db()
    assert (source.kind, source.article_id, source.note) == ("article", told.dam.pk, "Ours.")
