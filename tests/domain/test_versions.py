"""What goes on from one version of an article to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.drafts import undecided_date
from annotations.domain.records import ArticleDraft
from annotations.domain.versions import (
    INHERITED,
    Difference,
    corrected,
    differences,
    inherit,
    said_by_file,
)

NOTHING = dict.fromkeys(INHERITED, "")


def draft(**values):
    return ArticleDraft(name="a.txt", text="Zoe\u0301 🌊 שלום", markup=(), blocks=(), **values)


@pytest.mark.parametrize(
    ("new", "old", "said", "becomes"),
    [
        pytest.param("", "The Review", "", "The Review", id="not said"),
        pytest.param("The Review", "The Review", "The Review", "The Review", id="the same"),
        pytest.param(
            "ZOÉ COLE", "Zoe\u0301 Cole", "Zoe\u0301 Cole", "Zoe\u0301 Cole", id="capitals"
        ),
        pytest.param("Desk", "Zoe\u0301 Cole", "Desk", "Zoe\u0301 Cole", id="said again"),
        pytest.param("DESK", "Zoe\u0301 Cole", "Desk", "Zoe\u0301 Cole", id="nearly said again"),
        pytest.param("Ada Hale", "Zoe\u0301 Cole", "Desk", "Ada Hale", id="said otherwise"),
        pytest.param("Ada Hale", "Desk", "Desk", "Ada Hale", id="nobody had corrected it"),
        pytest.param("Ada Hale", "", "", "Ada Hale", id="not known before"),
        pytest.param("", "", "Desk", "", id="emptied"),
    ],
)
def test_what_a_person_corrected_outranks_what_the_file_says_again(new, old, said, becomes):
    read = draft(byline=new)

    found = inherit(read, {**NOTHING, "byline": old}, {**NOTHING, "byline": said})

    assert found.byline == becomes
    kept = {"what": "kept", "field": "byline", "from": new}
    assert list(found.changes) == ([kept] if becomes != new else [])
    # And the version after learns what this file said.
    assert said_by_file({**NOTHING, "byline": becomes}, found.changes)["byline"] == new


def test_a_file_that_says_nothing_leaves_what_the_one_before_it_said():
    before, said = {**NOTHING, "byline": "Zoe\u0301 Cole"}, {**NOTHING, "byline": "DESK"}
    second = inherit(draft(), before, said)

    heard = said_by_file(before, second.changes)
    third = inherit(draft(byline="Desk"), before, heard)

    assert heard["byline"] == "DESK"
    assert third.byline == "Zoe\u0301 Cole"


def test_what_is_said_in_the_preview_stays_whatever_the_version_before_says():
    before = {**NOTHING, "byline": "Zoe\u0301 Cole", "publisher": "The Review"}
    read = inherit(draft(byline="Desk"), before, {**before, "byline": "Desk"})

    said = corrected(read, byline="Desk", publisher="")

    assert (said.byline, said.publisher) == ("Desk", "")
    assert inherit(said, before, NOTHING) == said
    assert differences(said, before) == [
        Difference("byline", "Zoe\u0301 Cole", "Desk", "Desk"),
        Difference("publisher", "The Review", "", ""),
    ]
    # Said and not changed is not corrected.
    assert corrected(draft(byline="Desk"), byline="Desk") == draft(byline="Desk")


def test_what_was_kept_of_one_version_is_given_back_where_it_is_none():
    before = {**NOTHING, "publisher": "The Review"}
    read = draft(byline="Desk")
    kept = inherit(read, before, before)

    assert kept.publisher == "The Review"
    assert inherit(kept, None, {}) == read
    other = inherit(kept, {**NOTHING, "publisher": "The Post"}, NOTHING)
    assert other.publisher == "The Post"
    assert [one["from"] for one in other.changes] == [""]


@pytest.mark.parametrize(
    ("old", "becomes"),
    [
        pytest.param("2026-04-11", "2026-04-11", id="one of them"),
        pytest.param("2026-11", "2026-11", id="the month of one of them"),
        pytest.param("2021-07", "", id="neither: it is asked"),
    ],
)
def test_a_date_of_two_meanings_is_decided_by_the_version_before_where_it_is_one(old, becomes):
    two = {"what": "two dates", "from": "11/04/26", "readings": ["2026-04-11", "2026-11-04"]}
    before = {**NOTHING, "published": old}

    read = inherit(draft(changes=(two,)), before, before)

    assert read.published == becomes
    assert (undecided_date(read.published, read.changes) is None) == bool(becomes)


words = st.dictionaries(st.sampled_from(INHERITED), st.text("aAé🌊 ", max_size=4)).map(
    lambda found: {**NOTHING, **found}
)


@given(words, words, words)
def test_inheriting_twice_is_inheriting_once_and_can_be_taken_back(new, before, said):
    read = draft(**new)

    once = inherit(read, before, said)

    assert inherit(once, before, said) == once
    assert inherit(once, None, {}) == read
    heard = said_by_file({name: getattr(once, name) for name in INHERITED}, once.changes)
    for name in INHERITED:
        assert heard[name] in ((new[name],) if new[name] else ("", said[name]))
        assert getattr(once, name) in (new[name], before[name])
        assert getattr(once, name) or not before[name]
