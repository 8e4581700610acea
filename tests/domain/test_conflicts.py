"""What two people made of one row: nothing that either wrote is lost when both are kept."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.conflicts import (
    COMPARED,
    RULES,
    UNSAID,
    Way,
    both,
    compare,
    join_texts,
    moved_on,
    word_changes,
)

SPAN = {
    "start": 4,
    "end": 9,
    "label": "claim",
    "voice": "author",
    "speaker": None,
    "chain": "",
    "note": "",
    "quote_kind": "none",
    "claim_kind": "",
    "certainty": "asserted",
    "check_worthiness": None,
    "uncertain": False,
    "withdrawn_at": None,
}
ASSERTION = {**UNSAID, "speaker": None}
EMOJI, ACCENT, HEBREW = "Ask her 👩‍👧.", "The cafe\u0301 owners.", "שלום לכם"


def kept(table: str, was: Any, theirs: Any, mine: Any) -> Any:
    return both(RULES[table], compare(RULES[table], was, theirs, mine))


def test_what_one_side_alone_changed_merges_without_a_clash():
    found = compare(
        RULES["span"], SPAN, SPAN | {"label": "fact"}, {"note": EMOJI, "label": "claim"}
    )

    assert [(one.name, one.by_them, one.by_me, one.clashes) for one in found] == [
        ("label", True, False, False),
        ("note", False, True, False),
    ]
    assert both(RULES["span"], found).values == {"note": EMOJI}


def test_two_notes_are_both_kept_whole_theirs_first():
    found = kept("span", SPAN, SPAN | {"note": HEBREW}, {"note": ACCENT})

    assert (found.way, found.values) == (Way.MERGED, {"note": f"{HEBREW}\n\n{ACCENT}"})


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        pytest.param({"label": "fact"}, {"label": "opinion"}, id="two labels"),
        pytest.param({"start": 5}, {"end": 12}, id="one end each"),
        pytest.param({"start": 5, "end": 8}, {"start": 3, "end": 9}, id="both ends"),
    ],
)
def test_a_span_cannot_have_two_labels_or_ends_so_mine_is_one_of_its_own(theirs, mine):
    assert kept("span", SPAN, SPAN | theirs, {"start": 4, "end": 9} | mine).way == Way.APART


def test_the_same_change_by_both_is_no_clash():
    found = compare(RULES["span"], SPAN, SPAN | {"label": "fact"}, {"label": "fact"})

    assert not any(one.clashes for one in found)


def test_voice_and_speaker_are_taken_together():
    unnamed = SPAN | {"voice": "unnamed"}
    found = kept("span", SPAN, unnamed, {"voice": "named", "speaker": "the mayor"})

    assert (found.way, found.values) == (Way.MERGED, {})
    assert [one.name for one in found.told] == ["voice", "speaker"]


def test_two_verdicts_are_settled_in_a_comment_and_two_reasons_stand_together():
    ben = ASSERTION | {"verdict": "refuted", "verdict_reason": HEBREW}
    mine = {"verdict": "supported", "verdict_reason": ACCENT, "verdict_as_of": ""}
    assert kept("assertion", ASSERTION, ben, mine).way == Way.COMMENT
    assert [one.mine for one in kept("assertion", ASSERTION, ben, mine).told] == [
        "supported",
        ACCENT,
    ]

    agreed = kept("assertion", ASSERTION, ben, mine | {"verdict": "refuted"})
    assert (agreed.way, agreed.values) == (
        Way.MERGED,
        {"verdict_reason": f"{HEBREW}\n\n{ACCENT}"},
    )


def test_a_reason_written_for_the_verdict_before_is_not_put_under_another():
    was = ASSERTION | {"verdict": "supported", "verdict_reason": "Yes."}
    ben = was | {"verdict": "refuted", "verdict_reason": "No."}

    assert kept(
        "assertion", was, ben, {"verdict": "supported", "verdict_reason": "Yes, by far."}
    ).way == (Way.COMMENT)


def test_where_the_version_both_began_from_is_unknown_every_difference_clashes():
    found = compare(RULES["span"], None, SPAN | {"note": "a"}, {"note": "b", "label": "claim"})

    assert [(one.name, one.clashes, one.was) for one in found] == [("note", True, "a")]


def test_a_row_has_moved_on_only_by_what_people_see_of_it():
    assert not moved_on(RULES["span"], SPAN, SPAN | {"authors": "ada ben", "revision": 7})
    assert moved_on(RULES["span"], SPAN, SPAN | {"withdrawn_at": "2021-01-01T00:00:00.000Z"})
    # An assertion nobody had made says nothing of its speaker.
    assert not moved_on(RULES["assertion"], UNSAID, ASSERTION | {"speaker": "the mayor"})


@pytest.mark.parametrize(
    ("theirs", "mine", "joined"),
    [
        ("", "a", "a"),
        ("a", "", "a"),
        ("a\nb", "b", "a\nb"),
        ("b", "a\nb", "a\nb"),
        ("not refuted", "refuted", "not refuted\n\nrefuted"),
    ],
)
def test_a_text_that_holds_the_other_by_lines_stands_for_both(theirs, mine, joined):
    assert join_texts(theirs, mine) == joined


TEXTS = st.text(st.sampled_from("ab \n.é\u0301👩‍👧ש"), max_size=30)


@given(TEXTS, TEXTS)
def test_joining_loses_no_text(theirs, mine):
    joined = join_texts(theirs, mine)

    assert theirs in joined
    assert mine in joined


SPANS = st.fixed_dictionaries(
    {
        "start": st.integers(0, 2),
        "end": st.integers(5, 7),
        "label": st.sampled_from(["fact", "claim"]),
        "voice": st.sampled_from(["author", "named"]),
        "speaker": st.sampled_from([None, "mayor"]),
        "chain": st.just(""),
        "note": TEXTS,
        "quote_kind": st.just("none"),
        "claim_kind": st.just(""),
        "certainty": st.sampled_from(["asserted", "hedged"]),
        "check_worthiness": st.sampled_from([None, 1]),
        "uncertain": st.booleans(),
        "withdrawn_at": st.none(),
    }
)


@given(was=st.none() | SPANS, theirs=SPANS, mine=SPANS)
@settings(max_examples=200)
def test_keeping_both_loses_no_change_of_either(was, theirs, mine):
    differences = compare(RULES["span"], was, theirs, mine)
    result = both(RULES["span"], differences)

    if result.way == Way.APART:
        # Theirs stays as it is, mine is a row of its own.
        assert result.values == {}
        return
    told = {one.name for one in result.told}
    merged = theirs | result.values
    for one in differences:
        if one.name == "note":
            assert not one.by_them or one.theirs in merged["note"]
            assert not one.by_me or one.mine in merged["note"]
        elif one.by_them and one.theirs != one.mine:
            assert merged[one.name] == one.theirs
            assert not one.by_me or one.name in told
        elif one.by_me and one.name not in told:
            assert merged[one.name] == one.mine


@given(TEXTS, TEXTS)
def test_changed_words_put_together_are_the_two_texts(was, now):
    parts = word_changes(was, now)

    assert "".join(part.text for part in parts if part.state != "new") == was
    assert "".join(part.text for part in parts if part.state != "gone") == now


@pytest.mark.parametrize(
    ("was", "now", "states"),
    [
        ("Ask the mill שלום again.", "Ask the town שלום again.", "same gone new same"),
        ("Ask the cafe\u0301 owners.", "Nobody 👩‍👧 knows it, they say.", "gone new"),
        ("", "Nobody knows.", "new"),
        ("Nobody knows.", "", "gone"),
        ("Nobody knows.", "Nobody knows.", "same"),
        ("", "", ""),
    ],
)
def test_texts_that_share_few_words_stand_one_after_the_other(was, now, states):
    assert " ".join(part.state for part in word_changes(was, now)) == states


def test_very_long_texts_are_compared_as_wholes():
    was, now = "a " * COMPARED, "b " * COMPARED

    assert [part.state for part in word_changes(was, now)] == ["gone", "new"]
