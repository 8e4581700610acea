"""Words near a span: found where the span is, and never at an earlier place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.errors import Refused
from annotations.domain.places import found, nearest, nearest_found, place_of, times

TEXT = "The dam broke. Nobody saw the dam 🌊 that was built in 1974; the cafe\u0301 שלום stood."


def around(words: str, nth: int = 0) -> tuple[int, int]:
    at = -1
    for _ in range(nth + 1):
        at = TEXT.index(words, at + 1)
    return at, at + len(words)


def test_words_that_also_occur_earlier_are_found_in_the_span():
    near = around("Nobody saw the dam 🌊 that was built")

    start, end = place_of(TEXT, "THE DAM", near, (0, len(TEXT)))

    assert (start, TEXT[start:end]) == (TEXT.index("the dam"), "the dam")


def test_words_are_compared_folded_and_their_offsets_are_exact():
    start, end = place_of(TEXT, "the Café שלום", around("built in 1974"), (0, len(TEXT)))

    assert TEXT[start:end] == "the cafe\u0301 שלום"


def test_only_the_words_around_the_span_are_looked_at():
    within = around("Nobody saw the dam 🌊 that was built")

    with pytest.raises(Refused, match="do not stand in the paragraph") as refusal:
        place_of(TEXT, "cafe\u0301", within, within)

    assert refusal.value.code == "quote_not_found"


def test_of_two_within_the_span_a_person_chooses():
    text = "the dam, the dam"

    with pytest.raises(Refused, match="appear 2 times") as refusal:
        place_of(text, "the dam", (0, len(text)), (0, len(text)))

    assert refusal.value.code == "quote_ambiguous"
    assert refusal.value.details["places"] == [[0, 7], [9, 16]]


def test_no_words_at_all_are_asked_for():
    with pytest.raises(Refused, match="Give the words"):
        place_of(TEXT, " \n", (0, 3), (0, len(TEXT)))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6, unique=True), st.integers(0, 60))
def test_a_place_over_the_span_comes_before_every_other(starts, at):
    places = [(start, start + 4) for start in starts]
    span = (at, at + 5)

    found = nearest(places, *span)

    over = [place for place in places if place[0] < span[1] and span[0] < place[1]]
    assert found
    assert set(found) <= set(places)
    assert not over or found == over


def test_words_that_stand_everywhere_are_not_all_looked_for(monkeypatch):
    monkeypatch.setattr("annotations.domain.places.MOST_FOUND", 3)

    assert len(found("e 🌊 " * 9, "e")) == 4
    assert times(found("e 🌊 " * 9, "e")) == "more than 3 times"
    assert times(found("e 🌊 " * 3, "e")) == "3 times"


def test_the_nearest_place_is_found_though_more_stand_before_it(monkeypatch):
    monkeypatch.setattr("annotations.domain.places.MOST_FOUND", 3)
    monkeypatch.setattr("annotations.domain.places.NEAR", 12)
    text = "cafe\u0301 שלום 🌊 " * 40

    start = text.index("שלום", 200)
    assert nearest_found(text, "שלום", start + 2, start + 6) == (start, start + 4)
    assert nearest_found(text, "cafe", 0, 3) == (0, 5)
    assert nearest_found(text + "dam", "dam", 0, 3) == (len(text), len(text) + 3)
    assert nearest_found(text, "dam", 0, 3) is None
