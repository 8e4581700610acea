"""The article's element holds the text, character for character, whatever is laid over it."""

import dataclasses
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.records import Markup
from annotations.domain.rendering import (
    Bar,
    BlockView,
    CardView,
    SpanView,
    map_bars,
    render_article,
    render_block,
    render_card,
    render_map,
    shorten,
)
from tests.test_linear import steps

TEXT = "Ada 🌊 said: “the cafe\u0301 <closed> in 2001 & reopened”.\n\nבן agreed."
BLOCKS = (
    BlockView(0, 0, TEXT.index("\n"), "h1", "headline"),
    BlockView(1, TEXT.index("ב"), len(TEXT), "p", "body", 0),
)


class Reader(HTMLParser):
    """Read rendered HTML as a browser would: text, marks and what each character lies in."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marks: list[dict[str, str]] = []
        self.marked: list[frozenset[str]] = []
        self.styled: list[frozenset[str]] = []
        self.stack: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "mark":
            assert all(open_tag != "mark" for open_tag, _ in self.stack)
            self.marks.append({**attributes, "text": ""})
        if tag == "a":
            assert all(open_tag != "a" for open_tag, _ in self.stack)
        self.stack.append((tag, attributes))

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        within = frozenset(
            uuid
            for tag, attributes in self.stack
            if tag == "mark"
            for uuid in attributes["data-s"].split()
        )
        if within:
            self.marks[-1]["text"] += data
        self.marked += [within] * len(data)
        tags = frozenset(tag for tag, _ in self.stack) - {"mark", "div"}
        self.styled += [tags] * len(data)


NASTY = [
    "a", "b", " ", "\t", "&", "<", ">", '"', "'", "</p>", "&amp;", "]]>", "<!--", "<mark>",
    "e\u0301", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u202e", "\ufeff", "\ufffe", "👩\u200d👧",
    "🇦🇫", "ש", "ع", "क्ष", "\U0010ffff",
]  # fmt: skip
lines = st.lists(st.sampled_from(NASTY), min_size=1, max_size=12).map("".join)


@st.composite
def articles(draw):
    """Draw a text cut into blocks, with markup and spans that overlap, nest and cross."""
    text = draw(st.sampled_from(["", "\n", " \n"]))
    blocks = []
    for index in range(draw(st.integers(0, 6))):
        line = draw(lines)
        tag = draw(st.sampled_from(["p", "h2", "blockquote", "li", "figcaption", "pre"]))
        blocks.append(BlockView(index, len(text), len(text) + len(line), tag, "body"))
        text += line + draw(st.sampled_from(["\n", "\n\n", "\n \n"]))
    offsets = st.integers(0, len(text))
    stretches = st.tuples(offsets, offsets).map(sorted)
    markup = [
        Markup(start, end, draw(st.sampled_from(["a", "em", "strong", "code"])), {"href": href})
        for start, end in draw(st.lists(stretches, max_size=5))
        for href in [draw(st.sampled_from(["https://e.org/?a=1&b=\"2'", "javascript:x()", ""]))]
    ]
    kinds = st.sampled_from(["fact", "claim", "opinion", "other"])
    spans = [
        SpanView(f"u{number}", start, end, draw(kinds), draw(st.sampled_from(["author", "named"])))
        for number, (start, end) in enumerate(draw(st.lists(stretches, max_size=8)))
        if start < end
    ]
    return text, blocks, markup, spans


def in_blocks(blocks):
    return [offset for block in blocks for offset in range(block.start, block.end)]


@settings(max_examples=150, deadline=None)
@given(articles(), st.integers(1, 4))
def test_whatever_is_laid_over_it_the_text_stays_exact(article, chunk):
    text, blocks, markup, spans = article

    read = Reader(render_article(text, blocks, markup, spans, chunk=chunk))

    assert read.text == text
    for offset in in_blocks(blocks):
        assert read.marked[offset] == {s.uuid for s in spans if s.start <= offset < s.end}
        assert read.styled[offset] - {"p", "h2", "blockquote"} == {
            m.tag for m in markup if m.start <= offset < m.end
        }
    outside = set(range(len(text))) - set(in_blocks(blocks))
    assert not any(read.marked[offset] for offset in outside)


@settings(max_examples=150, deadline=None)
@given(articles())
def test_the_segments_of_a_span_joined_are_its_quote(article):
    text, blocks, markup, spans = article
    inside = set(in_blocks(blocks))

    read = Reader(render_article(text, blocks, markup, spans))

    for span in spans:
        joined = "".join(m["text"] for m in read.marks if span.uuid in m["data-s"].split())
        assert joined == "".join(text[n] for n in range(span.start, span.end) if n in inside)
    for block in blocks:
        touching = [s for s in spans if s.start < block.end and s.end > block.start]
        html = render_block(text, block, markup, spans)
        assert html.count("<mark") <= 2 * len(touching) + 1


@settings(max_examples=100, deadline=None)
@given(articles())
def test_a_block_alone_is_rendered_as_in_its_article(article):
    text, blocks, markup, spans = article
    whole = render_article(text, blocks, markup, spans)

    assert all(render_block(text, block, markup, spans) in whole for block in blocks)


def test_segments_say_which_spans_begin_and_end_there_and_the_shortest_gives_the_id():
    spans = [
        SpanView("long", 0, 20, "fact"),
        SpanView("short", 0, 3, "claim", "named", unsourced=True),
        SpanView("across", 12, len(TEXT), "opinion", uncertain=True),
    ]

    marks = Reader(render_article(TEXT, BLOCKS, (), spans)).marks

    assert [(m["text"], m["class"], m["data-s"]) for m in marks] == [
        ("Ada", "m fact claim other-voice unsourced d2 s-start s-fact s-claim s-end", "long short"),
        (TEXT[3:12], "m fact d1", "long"),
        (TEXT[12:20], "m fact opinion uncertain d2 s-start s-opinion s-end", "long across"),
        (TEXT[20 : TEXT.index("\n")], "m opinion uncertain d1", "across"),
        ("בן agreed.", "m opinion uncertain d1 s-end e-uncertain", "across"),
    ]
    assert [m.get("id") for m in marks] == ["s-short", None, "s-across", None, None]
    assert [m.get("data-start") for m in marks] == ["long short", None, "across", None, None]


def test_blocks_carry_their_offsets_role_and_the_block_they_repeat():
    html = render_article(TEXT, BLOCKS, (), ())

    first, second = BLOCKS
    assert f'<h1 id="b0" data-o="0" data-n="{first.end}" data-role="headline" dir="auto">' in html
    assert (
        f'<p id="b1" data-o="{second.start}" data-n="{second.end - second.start}"'
        ' data-role="body" data-repeat="0" dir="auto">' in html
    )


@pytest.mark.parametrize(
    ("tag", "opening"),
    [
        pytest.param("li", '<p id="b0" class="li"', id="list item"),
        pytest.param("figcaption", '<p id="b0" class="caption"', id="caption"),
        pytest.param("pre", '<p id="b0" class="pre"', id="preformatted keeps a first line break"),
        pytest.param("blockquote", '<blockquote id="b0"', id="quotation"),
        pytest.param("script", '<p id="b0"', id="anything else is a paragraph"),
    ],
)
def test_block_elements_never_nest(tag, opening):
    html = render_block("\nשלום", BlockView(0, 0, 5, tag), (), ())

    assert html.startswith(opening)
    assert Reader(html).text == "\nשלום"


def test_a_link_that_crosses_a_span_is_split_and_the_mark_stays_whole():
    link = Markup(2, 6, "a", {"href": 'https://example.org/?q="<x>"&n=1'})

    html = render_block("abcdefgh", BlockView(0, 0, 8), [link], [SpanView("u", 4, 8, "fact")])

    opening = (
        '<a href="https://example.org/?q=&quot;&lt;x&gt;&quot;&amp;n=1"'
        ' rel="noopener noreferrer nofollow" draggable="false" tabindex="-1">'
    )
    assert f"ab{opening}cd</a><mark" in html
    assert f">{opening}ef</a>gh</mark></p>" in html


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", " JAVASCRIPT:alert(1)", "data:text/html,x", "/relative", ""]
)
def test_only_web_and_mail_addresses_become_links(href):
    html = render_block("abc", BlockView(0, 0, 3), [Markup(0, 3, "a", {"href": href})], ())

    assert html.endswith("<a>abc</a></p>")


def test_markup_that_is_not_on_the_list_leaves_only_its_text():
    html = render_block("abc", BlockView(0, 0, 3), [Markup(0, 3, "script", {})], ())

    assert html.endswith('dir="auto">abc</p>')


def test_an_identifier_from_outside_cannot_leave_its_attribute():
    html = render_block("abc", BlockView(0, 0, 3), (), [SpanView('"><script>', 0, 3, "fact")])

    assert "<script" not in html
    assert Reader(html).text == "abc"


def test_chunks_hold_as_many_blocks_as_asked_and_a_guess_of_their_height():
    text = "\n".join("abcde")
    blocks = [BlockView(n, 2 * n, 2 * n + 1) for n in range(5)]

    html = render_article(text, blocks, (), (), chunk=2)

    assert [part.count("<p ") for part in html.split('<div class="chunk"')[1:]] == [2, 2, 1]
    assert '<div class="chunk" data-height="106">' in html


def test_the_map_merges_what_touches_and_keeps_within_the_article():
    assert map_bars([(0, 10), (5, 20), (990, 1000), (500, 500)], 1000) == [
        Bar(0, 20),
        Bar(500, 2),
        Bar(990, 10),
    ]
    assert map_bars([(999, 1000)], 1000) == [Bar(998, 2)]
    assert map_bars([], 0) == []


def test_the_map_has_a_lane_for_each_kind_and_shows_what_nobody_read():
    svg = render_map([SpanView("u", 0, 10, "claim")], BLOCKS, len(TEXT))

    assert 'class="map-claim" d="M11 0h8' in svg
    assert 'class="map-unread"' in svg
    assert "map-fact" not in svg


def test_a_doubt_or_a_return_is_shown_where_that_span_ends():
    spans = [SpanView("u", 0, 4, "fact", uncertain=True), SpanView("v", 2, 8, "fact")]

    marks = Reader(render_block("abcdefgh", BlockView(0, 0, 8), (), spans)).marks

    assert ["e-uncertain" in mark["class"] for mark in marks] == [False, True, False]


@pytest.mark.parametrize("state", ["uncertain", "returned", "accepted", "unsourced"])
def test_the_state_of_a_span_is_a_class_of_its_mark(state):
    span = SpanView("u", 2, 6, "claim", **{state: True})

    [mark] = Reader(render_block("abcdefgh", BlockView(0, 0, 8), (), [span])).marks

    assert state in mark["class"].split()


CARD = CardView(
    uuid="u",
    start=3,
    end=9,
    block=1,
    kind="claim",
    label="claim",
    key="c",
    quote="קול <b> & more",
    author="Ada",
    voice="named",
    speaker="Zoe\u0301 <i>",
    note='"note"',
    revision=4,
    states=(("unsourced", "no source"),),
    citations=2,
    verdict="supported",
    comments=1,
)


def test_a_card_says_what_is_known_of_its_span_and_nothing_gets_out_of_it():
    html = render_card(CARD, "/p/x/a/y/")

    read = Reader(html)
    assert "קול <b> & more" in read.text
    assert "Zoe\u0301 <i>" in read.text
    assert "2 sources · supported · 1 comment · Ada" in read.text
    assert '<li id="card-u" class="span-card" data-span="u" data-start="3" data-end="9"' in html
    assert (
        'data-block="1" data-kind="claim" data-voice="named" data-revision="4" data-state="unsourced"'
        in html
    )
    assert 'href="/p/x/a/y/spans/u/"' in html


@pytest.mark.parametrize(("voice", "words"), [("unnamed", "unnamed speaker"), ("author", "")])
def test_a_card_names_a_voice_that_is_not_the_authors(voice, words):
    html = render_card(dataclasses.replace(CARD, voice=voice, speaker=""), "/")

    assert (f">{words}</span>" in html) is bool(words)


def test_a_long_quote_keeps_its_beginning_and_its_end():
    assert shorten("word " * 100, 40) == "word word word word word word…word word"
    assert shorten("word " * 100, 36) == "word word word word word…word word"
    assert shorten(" one\n line ") == "one line"
    # Words are whole; what has no blank is cut where it must be.
    assert shorten("The harbour office paid nothing to the owners of cafe\u0301s", 48) == (
        "The harbour office paid nothing to…of cafe\u0301s"
    )
    assert shorten("🌊" * 50, 12) == "🌊" * 8 + "…" + "🌊" * 3


def test_every_look_at_a_block_of_many_marks_takes_steps_that_grow_with_them():
    def work(pairs: int, spans: int) -> int:
        text = "ab " * pairs
        marks = [
            mark
            for at in range(0, 3 * pairs, 3)
            for mark in (Markup(at, at + 1, "strong", {}), Markup(at + 1, at + 2, "em", {}))
        ]
        views = [SpanView(str(at), 3 * at, 3 * at + 2, "fact") for at in range(spans)]
        return steps(lambda: render_article(text, [BlockView(0, 0, len(text) - 1)], marks, views))

    assert work(200, 0) < 2.6 * work(100, 0)
    assert work(200, 200) < 2.6 * work(100, 100)
