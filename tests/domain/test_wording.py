"""Two wordings beside each other: what is gone and what is new, and both can be rebuilt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain import wording
from annotations.domain.text import Graphemes, is_boundary
from annotations.domain.wording import Passage, beside, difference

#: An emoji of several code points, an accent of its own code point, right-to-left words, a flag,
#: signs without blanks between them.
BITS = ["two", "metres", " ", "\n", "e\u0301", "\u0301", "👩‍👩‍👧", "🇫🇷", "שלום", "سلام", "‏", ",", "1,250",
        "水位", "ที่นี่", "don’t", "\u200d", "“", "."]  # fmt: skip
texts = st.lists(st.sampled_from(BITS), max_size=14).map("".join)


def shown(old: str, new: str) -> list[tuple[str, str]]:
    return [(part.state, part.text) for part in difference(old, new)]


def rebuilt(parts, other: str) -> str:
    return "".join(part.text for part in parts if part.state != other)


def marked_up(side) -> str:
    signs = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    before, words, after = (
        "".join(signs[part.state].format(part.text) for part in parts)
        for parts in (side.before, side.words, side.after)
    )
    return f"{before}<{words}>{after}"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        pytest.param("a b", "a b", [("same", "a b")], id="nothing changed"),
        pytest.param("", "", [], id="nothing there"),
        pytest.param("", "a b", [("new", "a b")], id="all new"),
        pytest.param("a b", "", [("gone", "a b")], id="all gone"),
        pytest.param(
            "It rose two metres.",
            "It rose almost two metres.",
            [("same", "It rose "), ("new", "almost "), ("same", "two metres.")],
            id="a word more",
        ),
        pytest.param(
            "cost 1,250 pounds",
            "cost 1,300 pounds",
            [("same", "cost "), ("gone", "1,250"), ("new", "1,300"), ("same", " pounds")],
            id="a number is one word",
        ),
        pytest.param(
            "we don’t know, yet",
            "we can’t say – yet",
            [("same", "we "), ("gone", "don’t know,"), ("new", "can’t say –"), ("same", " yet")],
            id="what stands between two changes changes with them",
        ),
        pytest.param(
            "Cafe\u0301 👩‍👩‍👧 שלום",
            "Cafe 👩‍👧 שלום",
            [("gone", "Cafe\u0301 👩‍👩‍👧"), ("new", "Cafe 👩‍👧"), ("same", " שלום")],
            id="accents and emoji are whole",
        ),
        pytest.param(
            "水位上昇", "水位下降", [("same", "水位"), ("gone", "上昇"), ("new", "下降")], id="no blanks"
        ),
    ],
)  # fmt: skip
def test_words_that_differ_are_gone_or_new(old, new, parts):
    assert shown(old, new) == parts


@given(texts, texts)
@settings(max_examples=300)
def test_both_texts_can_be_rebuilt_and_no_character_is_split(old, new):
    parts = difference(old, new)

    assert rebuilt(parts, "new") == old
    assert rebuilt(parts, "gone") == new
    assert all(part.text for part in parts)
    for text, other in ((old, "new"), (new, "gone")):
        at, graphemes = 0, Graphemes(text)
        for part in parts:
            if part.state != other:
                assert graphemes.at(at) == (at, at)
                at += len(part.text)


@given(texts, texts, st.data())
def test_sides_hold_their_passage_whole_with_its_words_apart(old, new, data):
    def passage(text):
        borders = [at for at in range(len(text) + 1) if is_boundary(text, at)]
        start, end = sorted(data.draw(st.tuples(*[st.sampled_from(borders)] * 2)))
        return Passage(text, start, end)

    pair = passage(old), passage(new)
    for side, whole in zip(beside(*pair), pair, strict=True):
        before, words, after = (
            "".join(part.text for part in parts) for parts in (side.before, side.words, side.after)
        )
        assert (before, words, after) == (
            whole.text[: whole.start],
            whole.words,
            whole.text[whole.end :],
        )


def test_the_words_are_marked_in_both_passages():
    old = "Zoe\u0301 says it rose two metres שלום. Nobody 🌊 was hurt."
    new = "Zoe\u0301 says it rose almost two metres שלום. Nobody 🌊 drowned."

    one, two = (Passage(text, text.index("it rose"), text.index(". Nobody")) for text in (old, new))

    assert [marked_up(side) for side in beside(one, two)] == [
        "Zoe\u0301 says <it rose two metres שלום>. Nobody 🌊 [-was hurt-].",
        "Zoe\u0301 says <it rose {+almost +}two metres שלום>. Nobody 🌊 {+drowned+}.",
    ]


def test_of_passages_that_share_little_only_the_words_are_compared():
    old = "The river 🌊 rose. Nobody was hurt."
    new = "Ducks came שלום, and a long winter of cafe\u0301 talk. Nobody drowned. It ended badly."

    one, two = beside(
        Passage(old, old.index("Nobody"), len(old)),
        Passage(new, new.index("Nobody"), new.index(" It")),
    )

    assert marked_up(one) == "The river 🌊 rose. <Nobody [-was hurt-].>"
    assert marked_up(two).startswith("Ducks came שלום, and a long winter")
    assert marked_up(two).endswith("talk. <Nobody {+drowned+}.> It ended badly.")


def test_of_a_long_passage_some_is_shown_around_its_words():
    old = "One two three four five 🌊 six. Nobody was hurt. Seven שלום eight nine ten."
    side = beside(
        *[Passage(text, text.index("Nobody"), text.index(" Seven"))
          for text in (old, old.replace("One", "Two"))]
    )[0]  # fmt: skip

    assert marked_up(side.near(500)) == marked_up(side)
    assert not side.near(500).cut_before
    near = side.near(12)
    assert marked_up(near) == "🌊 six. <Nobody was hurt.> Seven שלום"
    assert (near.cut_before, near.cut_after) == (True, True)


@given(texts, texts, st.integers(0, 60))
@settings(max_examples=100)
def test_what_is_shown_of_a_passage_is_whole_characters_next_to_its_words(before, after, most):
    text = f"{before} x {after}"
    at = len(before) + 1
    side, _ = beside(Passage(text, at, at + 1), Passage("y", 0, 1))

    near = side.near(most)

    shown_before = "".join(part.text for part in near.before)
    shown_after = "".join(part.text for part in near.after)
    assert text[:at].endswith(shown_before)
    assert text[at + 1 :].startswith(shown_after)
    assert near.cut_before == (len(shown_before) < at)
    assert near.cut_after == (len(shown_after) < len(text) - at - 1)
    assert is_boundary(text[:at], at - len(shown_before))
    assert is_boundary(text[at + 1 :], len(shown_after))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("a b c d 🌊", "a b x d 🌊", id="in the middle"),
        pytest.param("a b c d 🌊", "a b c d", id="shorter"),
        pytest.param("a b", "a b a b a b", id="repeated"),
        pytest.param("b c d e", "x c d e", id="at the beginning"),
    ],
)
def test_long_texts_are_compared_by_how_they_begin_and_end(monkeypatch, old, new):
    monkeypatch.setattr(wording, "COMPARED", 2)

    parts = difference(old, new)

    assert rebuilt(parts, "new") == old
    assert rebuilt(parts, "gone") == new
    assert [part.state for part in parts].count("gone") <= 1
    assert "same" in {part.state for part in parts}
