"""Kinds of events: named once, in the past tense, with words for people."""

import re

from annotations.domain.events import WORDS, Kind


def test_every_kind_has_words_that_follow_a_name():
    assert set(WORDS) == set(Kind)
    for kind, words in WORDS.items():
        assert re.fullmatch(r"[a-z][^.]*[^. ]", words), kind
    assert len(set(WORDS.values())) == len(WORDS)


def test_a_kind_names_a_thing_and_what_happened_to_it_and_fits_its_column():
    for kind in Kind:
        assert re.fullmatch(r"[a-z]+\.[a-z]+(?:_[a-z]+)*", kind), kind
        assert len(kind) <= 40
