"""A span fits its article, splits no character, and its voice goes with its speaker."""

import pytest

from annotations.domain.errors import SpanRefused
from annotations.domain.spans import (
    MOST_AT_ONCE,
    check_bounds,
    check_check_worthiness,
    check_places,
    check_quote,
    check_voice,
    cuts_word,
)

#: 21 characters: "é" is written as two, the emoji is one, the Hebrew word four.
TEXT = "Cafe\u0301 🌊  שלום, said B."


@pytest.mark.parametrize(
    ("start", "end", "code", "sentence"),
    [
        pytest.param(4, 4, "span_empty", "empty: it starts and ends at 4", id="empty"),
        pytest.param(9, 4, "span_backwards", "runs backwards, from 9 to 4", id="backwards"),
        pytest.param(0, 23, "span_outside", "does not fit an article of 22 characters", id="past"),
        pytest.param(-1, 3, "span_outside", "from -1 to 3 does not fit", id="before the start"),
        pytest.param(0, 4, "span_splits_character", 'ends at 4, inside .* "e\u0301"', id="end"),
        pytest.param(4, 7, "span_splits_character", r"starts at 4, .* \(3 to 5\)", id="start"),
        pytest.param(5, 7, "span_blank", "starts with a blank, at 5", id="blank at the start"),
        pytest.param(6, 9, "span_blank", "ends with a blank, at 8", id="blank at the end"),
        pytest.param(7, 9, "span_blank", "starts with a blank", id="only blanks"),
    ],
)
def test_a_span_that_does_not_fit_its_text_is_refused(start, end, code, sentence):
    assert len(TEXT) == 22

    with pytest.raises(SpanRefused, match=sentence) as refusal:
        check_bounds(TEXT, start, end)

    assert refusal.value.code == code
    assert refusal.value.details["start"] == start


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        pytest.param(0, 5, "Cafe\u0301", id="ends with an accent"),
        pytest.param(6, 7, "🌊", id="one emoji"),
        pytest.param(9, 13, "שלום", id="right to left"),
        pytest.param(0, 22, TEXT, id="the whole text"),
    ],
)
def test_whole_words_make_a_span(start, end, words):
    check_bounds(TEXT, start, end)
    check_quote(TEXT, start, end, words)


def test_an_accent_on_a_blank_is_a_character_to_be_seen():
    check_bounds("a \u0301b", 1, 4)
    check_bounds("a \u0301b", 0, 3)


def test_words_that_do_not_stand_there_are_refused_and_shown_short():
    with pytest.raises(SpanRefused, match='says "Café", but the text from 0 to 5 reads "Cafe'):
        check_quote(TEXT, 0, 5, "Café")
    with pytest.raises(SpanRefused, match=r'says "x{59}…", but'):
        check_quote(TEXT, 0, 5, "x" * 200)


@pytest.mark.parametrize(
    ("voice", "has_speaker", "chain"),
    [
        ("author", False, ""),
        ("named", True, ""),
        ("named", True, "ada, on what ben asked"),
        ("unnamed", False, "an official, on the plan"),
        ("document", False, ""),
        ("document", True, ""),
    ],
)
def test_a_voice_goes_with_its_speaker(voice, has_speaker, chain):
    check_voice(voice, has_speaker, chain)


@pytest.mark.parametrize(
    ("voice", "has_speaker", "chain", "code"),
    [
        ("choir", False, "", "span_voice"),
        ("named", False, "", "span_speaker_missing"),
        ("author", True, "", "span_speaker_unwanted"),
        ("unnamed", True, "", "span_speaker_unwanted"),
        ("author", False, "ada, on what ben asked", "span_chain"),
    ],
)
def test_a_voice_without_what_it_needs_is_refused(voice, has_speaker, chain, code):
    with pytest.raises(SpanRefused) as refusal:
        check_voice(voice, has_speaker, chain)

    assert refusal.value.code == code


@pytest.mark.parametrize("value", [None, 0, 3])
def test_check_worthiness_is_not_said_or_0_to_3(value):
    check_check_worthiness(value)


@pytest.mark.parametrize("value", [-1, 4])
def test_other_check_worthiness_is_refused(value):
    with pytest.raises(SpanRefused, match=rf"Check-worthiness is {value}; use 0 .* to 3"):
        check_check_worthiness(value)


def test_places_marked_together_stand_once_each_in_the_order_of_the_text():
    assert check_places([(7, 9), (0, 3), (7, 9)]) == [(0, 3), (7, 9)]


def test_no_place_and_too_many_are_refused():
    with pytest.raises(SpanRefused, match="Choose at least one place"):
        check_places([])
    with pytest.raises(SpanRefused, match="At most 1,000 places are marked at once, not 1,001"):
        check_places((n, n + 1) for n in range(MOST_AT_ONCE + 1))


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        pytest.param("war", True, id="goes on after"),
        pytest.param("fare", True, id="began before"),
        pytest.param("cafe\u0301", True, id="behind an accent of its own"),
        pytest.param("dam", False, id="before an apostrophe"),
        pytest.param("שלום", False, id="before a comma"),
        pytest.param("🌊", False, id="no word"),
        pytest.param("東京", False, id="a script without blanks"),
        pytest.param("end", False, id="at the end"),
    ],
)
def test_an_occurrence_within_a_longer_word_is_told_from_a_word(words, cut):
    text = "warfare cafe\u0301s the dam’s שלום, x🌊x 東京都 end"
    start = text.index(words)

    assert cuts_word(text, start, start + len(words)) is cut
