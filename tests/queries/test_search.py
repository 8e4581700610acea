"""Search: what is found by which words, and that the index keeps step with the rows."""

import pytest
from django.core.management import call_command
from django.db import connection

from annotations.actions.articles import purge_article
from annotations.actions.evidence import (
    add_source,
    change_source,
    describe_assertion,
    join_assertion,
    split_assertion,
)
from annotations.actions.spans import change_span
from annotations.domain.words import Term, terms, words
from annotations.models import SearchEntry, Source, Span
from annotations.models.search import install, lift, out_of_step
from annotations.queries.search import found_by
from tests import builders as build


def quotes(search: str) -> set[str]:
    return set(found_by(Span.objects.all(), search).values_list("quote", flat=True))


# --- words ------------------------------------------------------------------------------------


def test_words_are_folded():
    assert words("Zoe\u0301’s “Café-Bar” שָׁלוֹם 👩‍👩‍👧 1,5 co\u00adoperate") == [
        "zoe",
        "s",
        "cafe",
        "bar",
        "שלום",
        "1",
        "5",
        "cooperate",
    ]


@pytest.mark.parametrize(
    ("search", "read"),
    [
        ("", []),
        ("👩‍👩‍👧 – “”", []),
        ("River of", [Term(("river",), True), Term(("of",), False)]),
        ("don’t", [Term(("don", "t"), True)]),
        ("“Two metres” x", [Term(("two", "metres"), False), Term(("x",), False)]),
        ('an "open end', [Term(("an",), False), Term(("open",), True), Term(("end",), True)]),
    ],
)
def test_a_search_is_read_as_words_and_quoted_phrases(search, read):
    assert terms(search) == read


def test_a_search_of_a_thousand_words_is_cut():
    assert len(terms("word " * 1000)) == 20


# --- finding ----------------------------------------------------------------------------------


@pytest.fixture
def desk(db) -> build.Desk:
    return build.desk()


@pytest.fixture
def spans(desk):
    text = (
        "Zoe\u0301 didn’t see the flood 👩‍👩‍👧\n\n"
        "STRASSE and Straße, naïve cooperation שלום of the town. Two metres high, two of them."
    )
    article = build.article(desk, text)
    return [
        build.mark(desk, article, quote)
        for quote in (
            "Zoe\u0301 didn’t see",
            "the flood",
            "Straße, naïve cooperation",
            "שלום of the town",
            "Two metres high",
        )
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("zoe", {"Zoe\u0301 didn’t see"}, id="an accent as two code points"),
        pytest.param("Zo\u00eb", {"Zoe\u0301 didn’t see"}, id="another accent"),
        pytest.param("didn't", {"Zoe\u0301 didn’t see"}, id="a straight apostrophe"),
        pytest.param("strasse", {"Straße, naïve cooperation"}, id="a sharp s"),
        pytest.param("NAIVE", {"Straße, naïve cooperation"}, id="capitals"),
        pytest.param("coop", {"Straße, naïve cooperation"}, id="a beginning"),
        pytest.param("operation", set(), id="no middle of a word"),
        pytest.param("co", set(), id="two letters are a whole word"),
        pytest.param("שלום", {"שלום of the town"}, id="right to left"),
        pytest.param("town of", {"שלום of the town"}, id="words in any order"),
        pytest.param('"town of"', set(), id="quoted words keep their order"),
        pytest.param("“two METRES”", {"Two metres high"}, id="a quoted phrase"),
        pytest.param('"two metre"', set(), id="a quoted word is whole"),
        pytest.param("town flood", set(), id="every word is asked for"),
        pytest.param("👩‍👩‍👧", set(), id="no word"),
        pytest.param('the AND flood OR NOT ( ) * ^ : "', set(), id="no operators"),
        pytest.param("flood' | !", {"the flood"}, id="signs are no operators"),
    ],
)
def test_spans_are_found_by_their_words(spans, search, found):
    assert quotes(search) == found


def test_a_blank_search_keeps_everything(spans):
    assert quotes("  ") == {span.quote for span in spans}


def test_a_span_is_found_by_its_note_and_by_its_paraphrase_together_with_its_quote(desk, spans):
    flood = spans[1]
    change_span(flood, note="Ask the <b>gauge</b> keeper", by=desk.cleo)
    describe_assertion(flood, paraphrase="Rain fell for Ünal’s nine days", by=desk.cleo)

    assert quotes("gauge") == quotes("unal") == quotes("nine flood gauge") == {"the flood"}


# --- in step ----------------------------------------------------------------------------------


def test_each_way_of_writing_keeps_the_index_in_step(desk, spans):
    source = add_source(
        desk.project,
        by=desk.cleo,
        title="Gauge report",
        authors=["Zoë Ünal", "The agency"],
        url="https://gauge.example/two-metres",
    )
    assert list(found_by(Source.objects.all(), "unal agency metres report")) == [source]

    change_source(source, by=desk.cleo, title="Tide tables")
    change_span(spans[0], note="first note", by=desk.cleo)
    assertion = describe_assertion(spans[0], paraphrase="nobody saw it", by=desk.cleo)
    join_assertion(spans[1], assertion, by=desk.cleo)
    assert quotes("nobody") == {spans[0].quote, spans[1].quote}
    describe_assertion(spans[1], paraphrase="somebody saw it", by=desk.cleo)
    assert quotes("nobody") == set()
    assert quotes("somebody") == {spans[0].quote, spans[1].quote}
    spans[1].refresh_from_db()
    split_assertion(spans[1], by=desk.cleo)

    assert quotes("somebody") == {spans[0].quote}
    assert not found_by(Source.objects.all(), "gauge report").exists()
    assert found_by(Source.objects.all(), "tide").exists()
    assert out_of_step(connection) == 0


def test_what_a_confidential_source_is_cannot_be_searched_for(desk):
    source = add_source(desk.project, by=desk.cleo, title="Keeper", kind="interview")
    assert found_by(Source.objects.all(), "keeper").exists()

    change_source(source, by=desk.cleo, access="confidential")

    assert not found_by(Source.objects.all(), "keeper").exists()
    assert list(found_by(Source.objects.all(), "known to the desk")) == [source]
    assert out_of_step(connection) == 0


def test_a_purge_leaves_no_word_of_the_article(desk, spans):
    purge_article(spans[0].article, reason="asked for", by=desk.ada)

    assert quotes("flood") == set()
    assert not SearchEntry.objects.exists()


def test_rows_written_while_no_trigger_stood_are_taken_in_when_it_is_put_up_again(desk, spans):
    lift(connection)
    article = build.article(desk, "A late word.", title="Late")
    build.mark(desk, article, "late word")
    assert quotes("late") == set()

    install(connection)

    assert quotes("late") == {"late word"}
    assert out_of_step(connection) == 0


def test_entries_that_say_something_else_are_made_anew_by_a_migration(desk, spans):
    lift(connection)
    change_span(spans[0], note="unheard", by=desk.cleo)
    assert out_of_step(connection) > 0

    install(connection, anew=True)

    assert quotes("unheard") == {spans[0].quote}
    assert out_of_step(connection) == 0


def test_migrate_leaves_the_index_as_it_is(desk, spans):
    call_command("migrate", verbosity=0)

    assert quotes("flood") == {"the flood"}
    assert out_of_step(connection) == 0
