"""Members named in a body: which they are, how it is stored, edited and shown."""

import re
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.errors import Refused
from annotations.domain.mentions import MOST, handles, parse, plain, render, typed

ADA, BEN, LONG, ZOE, SHALOM, WAVE = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 7))
PEOPLE = {
    ADA: "Ada",
    BEN: "Ben Okafor",
    LONG: "Ada Lovelace",
    ZOE: "Zoe\u0301 d’Arc",
    SHALOM: "שלום",
    WAVE: "Team 🌊👩‍👩‍👧",
}


def stored(key: str) -> str:
    return f"@{{{key}}}"


@pytest.mark.parametrize(
    ("written", "body"),
    [
        pytest.param("@Ada, look", f"{stored(ADA)}, look", id="one name"),
        pytest.param("Ask @ada’s desk.", f"Ask {stored(ADA)}’s desk.", id="case, and a genitive"),
        pytest.param("@Ada Lovelace?", f"{stored(LONG)}?", id="the longest name"),
        pytest.param("@Ada Love", f"{stored(ADA)} Love", id="the longest that stands there"),
        pytest.param("@ben  okafor", f"{stored(BEN)}", id="two blanks"),
        pytest.param("@Zoé d'Arc", f"{stored(ZOE)}", id="an accent and an apostrophe otherwise"),
        pytest.param("אל @שלום!", f"אל {stored(SHALOM)}!", id="right to left"),
        pytest.param("@\u200fשלום", stored(SHALOM), id="a direction mark between"),
        pytest.param("@team 🌊👩‍👩‍👧now", f"{stored(WAVE)}now", id="an emoji at its end"),
        pytest.param("(@Ada)@Ben Okafor", f"({stored(ADA)}){stored(BEN)}", id="two in a row"),
        pytest.param("@Ada\u200d@Ada", f"{stored(ADA)}@Ada", id="a joiner between two"),
        pytest.param(f"{stored(ADA)}@Ada", f"{stored(ADA)}@Ada", id="the same as it is stored"),
        pytest.param(f"x{stored(ADA)}", f"x{stored(ADA)}", id="as stored, wherever it stands"),
        pytest.param(f"{stored(ADA)} again", f"{stored(ADA)} again", id="as it is stored"),
    ],
)
def test_a_name_behind_an_at_sign_is_a_mention(written: str, body: str) -> None:
    found, mentioned = parse(written, PEOPLE)

    assert found == body
    assert mentioned == re.findall(r"@\{([^}]+)\}", body)


@pytest.mark.parametrize(
    "written",
    [
        "write to x@ada.example",
        "zoe\u0301@ada",
        "ada+x@ada",
        "https://paper.example/@ada",
        "@adam",
        "@ada_b",
        "@ada@social.example",
        "@ada.example",
        "@ada-maria",
        "Ada",
        "@ Ada",
        "@nobody",
        "@{70000000-0000-4000-8000-000000000000}",
        "@Ada@Ada",
        "",
    ],
)
def test_what_only_looks_like_one_is_text(written: str) -> None:
    assert parse(written, PEOPLE) == (written, [])


def test_each_is_mentioned_once_in_order() -> None:
    assert parse("@Ben Okafor and @Ada, @ben okafor", PEOPLE)[1] == [BEN, ADA]


def test_people_of_one_name_are_told_apart() -> None:
    people = {ADA: "Zoe", BEN: "Zoé", LONG: "Ada", WAVE: "\u200d"}

    assert handles(people) == {ADA: "Zoe (1000)", BEN: "Zoé (2000)", LONG: "Ada"}
    assert parse("@Zoe and @zoe (2000)", people) == (f"@Zoe and {stored(BEN)}", [BEN])


def test_a_mention_survives_a_rename() -> None:
    body, mentioned = parse("@Ben Okafor, look 🌊", PEOPLE)
    renamed = PEOPLE | {BEN: "Benno <b>"}

    assert plain(body, mentioned, renamed) == "@Benno <b>, look 🌊"
    assert "@<bdi>Benno &lt;b&gt;</bdi></span>, look 🌊" in render(body, mentioned, renamed)
    assert typed(body, mentioned, renamed) == "@Benno <b>, look 🌊"
    assert plain(body, mentioned, {}) == "@…, look 🌊"


def test_where_a_new_name_would_read_otherwise_the_stored_body_is_edited() -> None:
    body, mentioned = parse("@Ben Okafor Lovelace", PEOPLE)
    renamed = PEOPLE | {BEN: "Ada"}

    assert typed(body, mentioned, {BEN: "Ada", LONG: "Ada Lovelace"}) == f"{stored(BEN)} Lovelace"
    assert typed(body, mentioned, {}) == f"{stored(BEN)} Lovelace"
    assert parse(typed(body, mentioned, renamed), renamed)[1] == [BEN]


def test_ones_own_mention_says_so() -> None:
    assert 'data-state="me"' in render(stored(ADA), [ADA], PEOPLE, ADA)
    assert 'data-state="me"' not in render(stored(ADA), [ADA], PEOPLE, BEN)
    assert "<bdi>…</bdi>" in render(stored(ADA), [ADA], {})


@pytest.mark.parametrize(
    ("text", "address", "after"),
    [
        ("See https://a.example/x.", "https://a.example/x", "."),
        ("(http://a.example/b(c))", "http://a.example/b(c)", ")"),
        ("«https://a.example/é?q=1&r=2»", "https://a.example/é?q=1&r=2", "»"),
        ("HTTPS://A.EXAMPLE/…", "HTTPS://A.EXAMPLE/", "…"),
    ],
)
def test_an_address_is_a_link_without_its_sentence(text: str, address: str, after: str) -> None:
    html = render(text, [], {})
    [link] = re.findall(r'<a href="([^"]+)" dir="ltr" rel="noopener noreferrer nofollow">', html)

    assert unescape(link) == address
    assert html.endswith(f"</a>{after}")


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "xhttps://a.example", "data:text/html,x", "https://", "@ftp://x"],
)
def test_nothing_else_is(text: str) -> None:
    assert "<a" not in render(text, [], {})


WORDS = st.lists(
    st.sampled_from(
        [
            *(f"@{name}" for name in PEOPLE.values()),
            *map(stored, PEOPLE),
            *(
                "ada",
                "@",
                "{",
                "}",
                " ",
                "\n",
                "x@y.example",
                "é",
                "e\u0301",
                "🌊",
                "\u200d",
                "שלום",
            ),
            *("<b>", "&amp;", "https://a.example/", ".", "-", "Lovelace", "(1000)"),
        ]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=200)
@given(WORDS | st.text(max_size=30))
def test_editing_without_a_change_changes_nothing(written: str) -> None:
    body, mentioned = parse(written, PEOPLE)

    assert parse(body, PEOPLE) == (body, mentioned)
    assert parse(typed(body, mentioned, PEOPLE), PEOPLE) == (body, mentioned)
    assert set(mentioned) == {key for key in PEOPLE if stored(key) in body and key in mentioned}


@settings(max_examples=200)
@given(WORDS | st.text(max_size=30))
def test_what_is_shown_is_what_was_written_and_no_markup(written: str) -> None:
    body, mentioned = parse(written, PEOPLE)
    html = render(body, mentioned, PEOPLE)
    bare = re.sub(r"</?(?:a|span|bdi)\b[^>]*>", "", html)

    assert "<" not in bare
    assert unescape(bare) == plain(body, mentioned, PEOPLE)


def test_what_only_looks_like_a_stored_mention_is_text():
    token = "@{8d8ac610-566d-4ef0-9c22-186b2a5ed793}"

    assert render(f"Look, {token} 🌊", [], {}) == f"Look, {token} 🌊"
    assert plain(f"{token} שלום", [], {}) == f"{token} שלום"


def test_more_mentions_than_a_comment_may_have_are_refused():
    parse("@Ada " * MOST, PEOPLE)
    with pytest.raises(Refused, match="at most 50 are told of one") as refusal:
        parse("@Ada " * (MOST + 1), PEOPLE)
    assert refusal.value.code == "mentions_too_many"
    with pytest.raises(Refused):
        parse(f"{stored(ADA)} " * (MOST + 1), PEOPLE)


def test_what_was_stored_before_there_was_a_limit_is_shown_as_it_is_stored():
    body = f"{stored(ADA)} " * (MOST + 1)

    assert typed(body, [ADA], PEOPLE) == body
    assert render(body, [ADA], PEOPLE).count("@<bdi>Ada</bdi>") == MOST + 1


@pytest.mark.parametrize("end", [")", ").", "]", "…", "}’"])
def test_signs_behind_an_address_are_none_of_it_however_many(end):
    shown = render(f"https://x.example/a{end * 3000}", [], {})

    assert 'href="https://x.example/a"' in shown
    assert shown.endswith(f"</a>{escape(end * 3000)}")
