"""Reading text, web pages and JSON Lines: the text exact, its structure beside it, refusals said."""

import html as html_module
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.drafts import (
    changes_in_words,
    from_json,
    preview,
    to_json,
    undecided_date,
)
from annotations.domain.errors import ImportRefused, Refused
from annotations.domain.records import ArticleDraft
from annotations.domain.text import canonicalise
from annotations.domain.vocabulary import BlockRole, BlockTag
from annotations.formats import contract
from annotations.formats.importers import metadata
from annotations.formats.importers.html import HtmlImporter
from annotations.formats.registry import IMPORTERS, importer, importer_for

FIRST = (
    "The ferry crossed for the last time on Friday 🌊, and nobody on board knew it. The engine"
    " had been repaired twice since spring, and the cafe\u0301 on the quay had closed. שלום,"
    " said the captain, and let go the rope."
)
SECOND = (
    "The council had voted in March to end the service, with seven votes against five. No vote"
    " has been taken since, and the bridge that was promised is still a drawing on a wall."
)


def read(data, name="page.html"):
    data = data.encode() if isinstance(data, str) else data
    return list(importer_for(name, data).read(data, name=name))


def one(data, name="page.html"):
    (draft,) = read(data, name)
    assert isinstance(draft, ArticleDraft), draft
    return draft


def refusal(data, name="page.html"):
    (refused,) = read(data, name)
    assert isinstance(refused, ImportRefused), refused
    return refused


def texts(draft):
    return [draft.text[block.start : block.end] for block in draft.blocks]


def marked(draft):
    return [(mark.tag.value, draft.text[mark.start : mark.end]) for mark in draft.markup]


def tiles(draft):
    """Blocks in order, none empty, only blanks between them; markup inside one block."""
    at = 0
    for block in draft.blocks:
        assert block.start < block.end
        assert not draft.text[at : block.start].strip()
        words = draft.text[block.start : block.end]
        assert words == words.strip()
        at = block.end
    assert not draft.text[at:].strip()
    for mark in draft.markup:
        assert any(b.start <= mark.start < mark.end <= b.end for b in draft.blocks)
    return True


# --- the registry


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match=r'Unknown format "brta"\. Formats: html, jsonl, text\.'):
        importer("brta")
    assert importer("html") is IMPORTERS["html"]


@pytest.mark.parametrize(
    ("name", "data", "format_name"),
    [
        pytest.param("a.TXT", b"<html>", "text", id="the ending decides"),
        pytest.param("a.htm", b"plain", "html", id="a short ending"),
        pytest.param("a.jsonl", b"", "jsonl", id="lines"),
        pytest.param("a", b"\xef\xbb\xbf  <!DOCTYPE HTML><p>x", "html", id="a page by its start"),
        pytest.param("a", b'{"text": "x"}', "jsonl", id="an object by its start"),
        pytest.param("pasted", b"Some words", "text", id="anything else"),
        pytest.param("a", b"{curly words}", "text", id="curly words"),
    ],
)
def test_a_file_finds_its_importer(name, data, format_name):
    assert importer_for(name, data).name == format_name


@pytest.mark.parametrize("found", IMPORTERS.values(), ids=IMPORTERS)
def test_each_importer_says_what_it_is(found):
    assert found.title
    assert found.media_type
    assert all(suffix.startswith(".") for suffix in found.suffixes)


# --- refusals


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param("a.txt", b"caf\xe9", "not utf-8", id="undecodable"),
        pytest.param("a.txt", b"%PDF-1.7 and so on", "binary", id="a signature"),
        pytest.param("a.html", b"\x00\x01\x02" * 50, "binary", id="binary"),
        pytest.param("a.txt", b"", "no text", id="empty"),
        pytest.param("a.txt", " \n\xa0\u200b\n".encode(), "no text", id="blank"),
        pytest.param("a.html", b"", "no text", id="an empty page"),
        pytest.param("a.html", b"<script>x()</script><p> </p>", "no text", id="nothing shown"),
        pytest.param("a.html", b"<!-- only this -->", "no text", id="a comment"),
        pytest.param("a.jsonl", b"\n\n", "no text", id="no lines"),
        pytest.param("a.html", b"<div>" * 201 + b"x", "more than 200 deep", id="nesting"),
        pytest.param("a.html", b"<meta charset=klingon><p>x", 'nknown charset "klingon"',
                     id="an unknown charset"),
        pytest.param("a.jsonl", b'{"text": "x"', "no JSON", id="broken JSON"),
        pytest.param("a.jsonl", b"[1]", "JSON object", id="no object"),
        pytest.param("a.jsonl", b'{"title": "x"}', '"text" or "html"', id="neither"),
        pytest.param("a.jsonl", b'{"text": "x", "html": "y"}', "not both", id="both"),
        pytest.param("a.jsonl", b'{"text": 3}', "must be text", id="a number for text"),
        pytest.param("a.jsonl", b'{"text": "x", "title": [1]}', "not a list", id="a list"),
        pytest.param("a.jsonl", b'{"text": "x", "title": true}', "not true or false", id="true"),
        pytest.param("a.jsonl", b'{"text": "x", "title": {}}', "not an object", id="an object"),
        pytest.param("a.jsonl", b'{"text": "x\\ud800"}', "surrogate", id="a lone surrogate"),
        pytest.param("a.jsonl", b'{"text": " "}', "no text", id="a blank line's text"),
        pytest.param("a.jsonl", b'{"html": " "}', "no text", id="a blank line's page"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_article_is_refused_in_one_sentence_with_its_file(name, data, reason):
    refused = refusal(data, name)

    assert reason in refused.message
    assert refused.message.startswith(name)
    assert ", line 1:" in refused.message or not data.startswith((b"{", b"["))
    assert refused.message.endswith(".")


def test_more_than_five_million_bytes_are_refused_before_anything_is_read():
    assert "5,000,000" in refusal(b"x" * 5_000_001, "a.txt").message
    assert "5,000,000" in refusal(b"x" * 5_000_001, "a.html").message
    many = b'{"text": "' + b"x" * 5_000_000 + b'"}\n{"text": "Words."}'
    [large] = read(many, "a.jsonl")
    assert (large.line, large.code) == (1, "too_large")


def test_a_file_of_many_articles_and_an_article_of_many_blocks_have_their_limits(monkeypatch):
    monkeypatch.setattr(contract, "MAX_BLOCKS", 2)
    assert "more than 2 paragraphs" in refusal("a\n\nb\n\nc", "a.txt").message
    assert "more than 2 paragraphs" in refusal("<p>a<p>b<p>c").message
    monkeypatch.setattr("annotations.formats.contract.MAX_FILE_BYTES", 10)
    assert "many articles" in refusal(b'{"text": "too long"}', "a.jsonl").message


def test_a_broken_line_refuses_its_file_and_every_broken_line_is_named():
    lines = b'\xef\xbb\xbf{"text": "One."}\n\n{"text": \r\n{"text": "Three."}\n{"text": " "}\n'

    refused = list(read(lines, "many.jsonl"))

    assert [(each.name, each.line) for each in refused] == [("many.jsonl", 3), ("many.jsonl", 5)]


def test_a_file_of_lines_that_can_all_be_used_is_read_line_by_line():
    lines = b'\xef\xbb\xbf{"text": "One."}\n\n{"text": "Three.", "title": null}\n'

    first, last = read(lines, "many.jsonl")

    assert (first.name, first.text) == ("many.jsonl:1", "One.")
    assert (last.name, last.text) == ("many.jsonl:3", "Three.")


def test_nesting_that_only_the_parser_sees_is_refused_too(monkeypatch):
    monkeypatch.setattr("annotations.formats.importers.html.check_nesting", lambda *a, **k: None)
    assert "more than 200 deep" in refusal("<div>" * 300 + "x").message


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<p>x" * 500, id="paragraphs without end tags"),
        pytest.param("<ul>" + "<li>x" * 500 + "</ul>", id="items without end tags"),
        pytest.param("<br>" * 500 + "<img src=a><hr/>x", id="void elements"),
        pytest.param("<!-- " + "<div>" * 500 + " -->x", id="in a comment"),
        pytest.param("<script>" + "'<div>'" * 500 + "</SCRIPT>x", id="in a script"),
        pytest.param("<span/>" * 500 + "x", id="closed at once"),
        pytest.param("<a title='" + "<div>" * 500 + "'>x</a>", id="in an attribute"),
        pytest.param("<div>" * 200 + "x" + "</div>" * 200 + "</p></b>", id="just deep enough"),
        pytest.param("<div><b></div>" * 500 + "x", id="closed by what is around"),
        pytest.param("x < y and a <3 <", id="no tags at all"),
        pytest.param("x<!-- never closed <div>", id="an open comment"),
        pytest.param("x<script>never closed", id="an open script"),
    ],
)
def test_a_page_that_is_long_but_not_deep_is_read(page):
    assert "x" in one(page).text


def test_a_tag_whose_quotation_mark_never_closes_ends_the_count():
    assert one("<p>x</p><a title='" + "<div>" * 300).text.startswith("x")
    assert one("<p>x</p><a title").text == "x"


# --- plain text


def test_plain_text_is_kept_as_it_is_and_its_lines_are_blocks():
    raw = f"A ferry's end\n\n{FIRST}\n\n\n{SECOND}  \n"
    draft = one(raw, "a.txt")

    assert draft.text == raw
    assert tiles(draft)
    assert texts(draft) == ["A ferry's end", FIRST, SECOND]
    assert draft.title == "A ferry's end"
    assert draft.language == "en"
    assert (draft.media_type, draft.markup) == ("text/plain", ())
    assert draft.source_sha256 == contract.sha256(raw.encode())


def test_what_was_done_to_the_characters_is_recorded():
    draft = one(b"\xef\xbb\xbfOne\r\nTwo\x07", "a.txt")

    assert draft.text == "One\nTwo"
    assert {"what": "newline", "from": "CRLF", "count": 1} in draft.changes
    assert {"what": "removed", "from": "U+0007", "count": 1} in draft.changes


def test_utf_16_is_read_by_its_mark():
    assert one("Grüße 🌊".encode("utf-16"), "a.txt").text == "Grüße 🌊"


def test_wrapped_lines_are_one_paragraph_and_other_lines_are_not():
    wrapped = (
        "The ferry crossed for the last time on Friday, and\n"
        "nobody on board knew it. The engine had been made\n"
        "whole twice since spring, and a cafe had closed."
    )
    draft = one(f"{wrapped}\n\n{wrapped}\n\nName\nEmail", "a.txt")
    assert texts(draft) == [wrapped, wrapped, "Name", "Email"]
    assert len(one(f"{wrapped}\n\n{SECOND}", "a.txt").blocks) == 4
    assert texts(one("• one thing\n• another", "a.txt")) == ["• one thing", "• another"]
    assert one("• one thing", "a.txt").blocks[0].tag == BlockTag.ITEM


@pytest.mark.parametrize(
    ("lines", "byline"),
    [
        pytest.param("By Ada Lovelace", "Ada Lovelace", id="by"),
        pytest.param("Von Ada Lovelace und Ben Okri", "Ada Lovelace und Ben Okri", id="two"),
        pytest.param("By Ada Lovelace, the engineer of the line", "Ada Lovelace", id="a post"),
        pytest.param("By Ada Lovelace | 3 May 2021", "Ada Lovelace", id="a date behind"),
        pytest.param("Ada Lovelace\n3 May 2021", "Ada Lovelace", id="a bare name over a date"),
        pytest.param("3 May 2021", "", id="a date alone"),
    ],
)
def test_the_byline_of_a_text_is_who_wrote_it(lines, byline):
    draft = one(f"A ferry's end on the river\n\n{lines}\n\n{FIRST}\n\n{SECOND}", "a.txt")
    assert draft.byline == byline
    assert draft.published == ("2021-05-03" if "2021" in lines else "")


@pytest.mark.parametrize(
    ("bio", "byline"),
    [
        pytest.param("Ada de Lovelace is a professor at the University of Stell.", "Ada de Lovelace",
                     id="a name"),
        pytest.param("• ADA LOVELACE, is a fellow of Stell College.", "ADA LOVELACE",
                     id="a bullet, capitals, a comma"),
        pytest.param("About the author\n\nShe is known.", "", id="no name"),
        pytest.param("About the author\n\nAda.", "", id="one name"),
        pytest.param("About the author\n\nAda,", "", id="one name and a comma"),
    ],
)  # fmt: skip
def test_where_no_byline_is_the_bio_names_the_author(bio, byline):
    assert one(f"A ferry's end\n\n{FIRST}\n\n{SECOND}\n\n{bio}", "a.txt").byline == byline


@pytest.mark.parametrize(
    ("last", "publisher", "site"),
    [
        pytest.param("This article was originally published in Stell Review, in May.",
                     "Stell Review", "", id="a repost"),
        pytest.param("© 2024 The Stell Review. All rights reserved.", "", "The Stell Review",
                     id="rights"),
        pytest.param("More from Stell Review\n\nThe end of bread", "", "Stell Review", id="more"),
        pytest.param("More from Science\n\nThe end of bread", "", "", id="more of a section"),
    ],
)  # fmt: skip
def test_publisher_and_site_are_two_things(last, publisher, site):
    draft = one(f"A ferry's end\n\n{FIRST}\n\n{SECOND}\n\n{last}", "a.txt")
    assert (draft.publisher, draft.site) == (publisher, site)


def test_a_page_that_tells_of_itself_names_its_site_and_its_publisher():
    about = "The Stell Review is a magazine. It is published by Weir & Sons and comes out weekly."
    text = f"The Stell Review\n\nA ferry's end on the river\n\n{FIRST}\n\n{SECOND}\n\n{about}"
    draft = one(text, "a.txt")
    assert (draft.site, draft.publisher) == ("The Stell Review", "Weir & Sons")
    quiet = "The Stell Review is a magazine with no owner but its many readers."
    assert one(text.replace(about, quiet), "a.txt").publisher == ""


def test_the_address_a_saved_text_gives_is_found():
    text = f"A ferry's end\n\nhttps://stell.example/ferry\n\n{FIRST}\n\n{SECOND}"
    assert one(text, "a.txt").url == "https://stell.example/ferry"


# --- web pages


def test_white_space_is_collapsed_as_a_browser_does_and_blocks_stand_apart():
    draft = one(
        "<h1> A  ferry's\n end </h1><p>One\t two<br> three <b> four</b></p> loose <div>five</div>"
        "<pre>  a\n    b</pre><p>&nbsp;</p><table><tr><td>1</td><td>2</td></tr></table>"
    )
    assert texts(draft) == [
        "A ferry's end",
        "One two\nthree four",
        "loose",
        "five",
        "a\n    b",
        "1\t2",
    ]
    assert draft.text.startswith("A ferry's end\n\nOne two\nthree four\n\n")
    assert tiles(draft)


def test_two_line_breaks_begin_a_new_block_and_markup_stays_inside():
    draft = one("<div><b>one<br><br>two</b> three</div>")
    assert texts(draft) == ["one", "two three"]
    assert marked(draft) == [("strong", "one"), ("strong", "two")]


def test_a_link_round_blocks_becomes_one_in_each():
    draft = one("<a href='https://a.example/'><p>one</p><p>two</p></a>")
    assert marked(draft) == [("a", "one"), ("a", "two")]
    assert draft.markup[0].attributes == {"href": "https://a.example/"}


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        pytest.param("https://a.example/x?y=1#z", True, id="https"),
        pytest.param("HTTP://A.example", True, id="http in capitals"),
        pytest.param("mailto:ada@stell.example", True, id="mail"),
        pytest.param("mailto:?body=x", False, id="mail to nobody"),
        pytest.param("/relative", False, id="relative"),
        pytest.param("javascript:alert(1)", False, id="a script"),
        pytest.param("java\nscript:alert(1)", False, id="a script in two lines"),
        pytest.param("data:text/html,x", False, id="data"),
        pytest.param("https://", False, id="no host"),
        pytest.param("https://[broken", False, id="a broken host"),
        pytest.param("https://a.example/ x", False, id="blanks"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_only_absolute_web_and_mail_links_are_kept_and_the_words_always(href, kept):
    draft = one(f'<p>see <a href="{html_module.escape(href)}">this</a></p>')
    assert draft.text == "see this"
    assert bool(draft.markup) == kept


def test_inline_markup_is_kept_beside_the_text_and_nothing_else_is():
    draft = one(
        "<p><em>a</em> <i>b</i> <strong>c</strong> <code>d</code> H<sub>2</sub>O<sup>3</sup>"
        " <u onclick='x()'>e</u> <b></b><em> </em><b>&nbsp;</b></p>"
    )
    assert draft.text.strip() == "a b c d H2O3 e"
    assert marked(draft) == [
        ("em", "a"), ("em", "b"), ("strong", "c"), ("code", "d"), ("sub", "2"), ("sup", "3"),
    ]  # fmt: skip


def test_what_is_never_shown_is_no_text():
    draft = one(
        "<head><title>t</title></head><p>seen <!-- not -->too</p><script>no</script><style>no</style>"
        "<template>no</template><noscript>no</noscript><p hidden>no</p><div style='display: none'>no"
        "</div><span class='sr-only'>no</span><select><option>no</select><textarea>no</textarea>"
        "<dialog>no</dialog><dialog open>open</dialog><svg><text>no</text></svg><?pi no?>"
        "<img alt='no'><div class='x'>last</div>"
    )
    assert texts(draft) == ["seen too", "open", "last"]


def test_blocks_keep_what_they_are():
    draft = one(
        "<h1>One</h1><h3>Three</h3><blockquote><p>said</p></blockquote><ul><li><p>item</p></li></ul>"
        "<figure><img><figcaption>shown</figcaption></figure><pre>code</pre><p>para</p>"
    )
    assert [block.tag.value for block in draft.blocks] == [
        "h1", "h3", "blockquote", "li", "figcaption", "pre", "p",
    ]  # fmt: skip


def test_character_references_cannot_bring_in_controls():
    draft = one("<p>a&#7;b&#x85;c&#xD800;d</p><p>&#7;</p>")
    assert len(draft.blocks) == 1
    assert draft.text == canonicalise(draft.text).text
    assert tiles(draft)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("<meta charset='windows-1252'><p>Gr\xfc\xdfe".encode("cp1252"), id="meta"),
        pytest.param('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'
                     "<p>Gr\xfc\xdfe".encode("latin-1"), id="http-equiv"),
        pytest.param('<?xml version="1.0" encoding="iso-8859-15"?><p>Grüße'.encode("latin-1"),
                     id="an XML declaration"),
        pytest.param("<p>Grüße".encode(), id="none is UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + "<meta charset=latin1><p>Grüße".encode(), id="a mark"),
        pytest.param("<meta charset=utf-16><p>Grüße".encode(), id="an impossible one"),
        pytest.param("<p>Grüße".encode("utf-16"), id="UTF-16 by its mark"),
    ],
)  # fmt: skip
def test_a_page_is_decoded_as_it_declares(data):
    assert one(data).text == "Grüße"


def test_what_stands_after_a_comment_that_is_never_closed_is_not_counted_as_nested():
    assert one("<p>The ferry שלום.</p><!-- never closed" + "<div>" * 3000).text.startswith("The")


_WORDS = st.sampled_from(
    ["ferry", "a🌊b", "cafe\u0301", "שלום", " ", "\n\t", "\xa0", "&amp;", "&nbsp;", "&#8232;",
     "&#0;", "<", "x < y", "\u200b", "\r\n", "\x85", "👩‍👩‍👧"]
)  # fmt: skip
_TAGS = st.sampled_from(
    [
        "p",
        "div",
        "h1",
        "h2",
        "ul",
        "li",
        "blockquote",
        "figure",
        "figcaption",
        "pre",
        "table",
        "tr",
        "td",
        "a",
        "b",
        "em",
        "i",
        "code",
        "span",
        "section",
        "br",
        "article",
        "aside",
        "nav",
        "script",
        "template",
        "form",
        "unknown-tag",
    ]
)
_ATTRIBUTES = st.sampled_from(
    ["", " hidden", " href='https://a.example/'", " class='share'", " class='pull-quote'", " id=x"]
)


@st.composite
def _nodes(draw, depth=0):
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        if depth < 4 and draw(st.booleans()):
            tag = draw(_TAGS)
            end = draw(st.sampled_from([f"</{tag}>", ""]))
            parts.append(f"<{tag}{draw(_ATTRIBUTES)}>{draw(_nodes(depth + 1))}{end}")
        else:
            parts.append(draw(_WORDS))
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(_nodes())
def test_blocks_tile_the_text_of_any_page_and_markup_lies_inside_them(page):
    (draft,) = read(page)
    if isinstance(draft, ArticleDraft):
        assert tiles(draft)
        assert draft.text == canonicalise(draft.text).text
        for index, block in enumerate(draft.blocks):
            assert block.duplicate_of is None or (
                block.duplicate_of != index
                and draft.blocks[block.duplicate_of].duplicate_of is None
            )
    else:
        assert draft.code == "empty"


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab .\n\r\t\x0b\x00\x85\u2028\xa0\u200b🌊\u0301ש•"), max_size=60))
def test_blocks_tile_any_plain_text(text):
    (draft,) = read(text, "a.txt")
    if isinstance(draft, ArticleDraft):
        assert tiles(draft)
        assert draft.text == canonicalise(text).text
    else:
        assert draft.code in ("empty", "binary")


# --- JSON Lines


def test_what_a_line_says_outranks_what_its_text_says():
    line = {
        "text": f"A ferry's end\n\nBy Ben Okri\n\n{FIRST}",
        "title": "The  last\nferry",
        "byline": "Ada Lovelace",
        "publisher": "Stell Press",
        "site": "stell.example",
        "published": "2021-09",
        "url": "https://stell.example/ferry",
        "language": "en_GB",
        "licence": "CC BY 4.0",
    }
    draft = one(json.dumps(line), "a.jsonl")
    assert (draft.title, draft.byline) == ("The last ferry", "Ada Lovelace")
    assert (draft.publisher, draft.site) == ("Stell Press", "stell.example")
    assert (draft.published, draft.url) == ("2021-09", "https://stell.example/ferry")
    assert (draft.language, draft.licence) == ("en-GB", "CC BY 4.0")


def test_a_line_may_hold_a_page():
    line = {"html": f"<h1>A ferry's end</h1><p>{FIRST}</p>", "text": None, "title": "Another title"}
    draft = one(json.dumps(line), "a.jsonl")
    assert texts(draft) == ["A ferry's end", FIRST]
    assert (draft.title, draft.media_type) == ("Another title", "text/html")


def test_keys_and_values_that_are_not_understood_are_reported_and_refuse_nothing():
    line = {"text": "Words.", "colour": "red", "url": "ftp://x", "published": "soon", "site": " "}
    draft = one(json.dumps(line), "a.jsonl")
    assert (draft.url, draft.published) == ("", "")
    assert [change["what"] for change in draft.changes] == [
        "unknown key", "url not understood", "published not understood",
    ]  # fmt: skip


def test_line_separators_inside_a_string_do_not_end_a_line():
    assert one('{"text": "one\u2028two"}', "a.jsonl").text == "one\ntwo"


# --- metadata of pages

_ARTICLE = f"<h1>A ferry's end</h1><p>{FIRST}</p><p>{SECOND}</p>"


def page(head="", body=_ARTICLE, lang=""):
    return one(f"<!doctype html><html{lang}><head>{head}</head><body>{body}</body></html>")


def ld(**values):
    values = {"@type": "NewsArticle", **values}
    return f'<script type="application/ld+json">{json.dumps(values)}</script>'


def test_a_page_says_what_it_is_in_json_ld():
    draft = page(
        ld(
            headline="Another headline",
            author=[{"name": "Ada Lovelace"}, {"name": "Ben Okri"}, {"name": "Ada Lovelace"}],
            publisher={"name": "Stell Press"},
            datePublished="2021-09-14T08:00:00+02:00",
            mainEntityOfPage={"@id": "https://stell.example/ferry"},
            inLanguage="en",
            license="https://creativecommons.org/licenses/by/4.0/",
        )
    )
    assert (draft.title, draft.byline) == ("A ferry's end", "Ada Lovelace, Ben Okri")
    assert (draft.publisher, draft.site) == ("Stell Press", "stell.example")
    assert (draft.published, draft.url) == ("2021-09-14", "https://stell.example/ferry")
    assert draft.licence.startswith("https://creativecommons.org/")


def test_meta_elements_are_read_and_the_publisher_is_not_the_site():
    draft = page(
        '<meta property="og:site_name" content="The Repost"><meta name="author" content="Ada Lovelace">'
        '<meta property="article:published_time" content="2021-09-14T08:00:00Z">'
        '<meta property="og:locale" content="en_GB"><meta name="empty" content=" ">'
        '<link rel="stylesheet" href="x"><link rel="canonical" href="https://repost.example/f">'
        '<link rel="license" href="https://l.example/">',
        _ARTICLE + "<p>This article was first published in Stell Review.</p>",
    )
    assert (draft.site, draft.publisher) == ("The Repost", "Stell Review")
    assert (draft.byline, draft.published) == ("Ada Lovelace", "2021-09-14")
    assert (draft.url, draft.language) == ("https://repost.example/f", "en-GB")
    assert draft.licence == "https://l.example/"


def test_the_language_a_browser_sees_comes_first():
    assert page(ld(inLanguage="fr"), lang=" lang='en-GB'").language == "en-GB"
    assert page('<meta name="author" content="https://stell.example/ada">').byline == ""


def test_a_time_element_dates_a_page_by_its_attribute_or_its_words():
    assert page(body=f"<time datetime='2021-09-14'>x</time>{_ARTICLE}").published == "2021-09-14"
    assert page(body=f"<time>x</time><time>14 Sept 2021</time>{_ARTICLE}").published == "2021-09-14"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("{", id="broken"),
        pytest.param("[[" * 20 + "]]" * 20, id="deep"),
        pytest.param('{"@type": 3, "headline": "x"}', id="no type"),
        pytest.param('{"@type": "Person", "name": "x"}', id="something else"),
        pytest.param('{"@type": ["NewsArticle"], "author": 3, "publisher": {"name": 3}}', id="odd"),
    ],
)
def test_odd_json_ld_says_nothing(script):
    draft = page(f'<script type="application/ld+json">{script}</script><script>x</script>')
    assert (draft.byline, draft.publisher) == ("", "")


def test_json_ld_is_found_inside_a_graph():
    graph = {"@graph": [{"@type": "Person"}, {"@type": "Report", "author": "Ada Lovelace"}]}
    assert page(f'<script type="application/ld+json">{json.dumps(graph)}</script>').byline == (
        "Ada Lovelace"
    )


def test_a_date_among_the_words_of_a_page_is_not_its_own():
    told = "<p>On 9 May 2019 the line had been sold, and in 1996 nobody would have bought it.</p>"
    assert page(body=_ARTICLE + told).published == ""


def test_guesses_that_fail_leave_a_page_as_it_is(monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("no guess")

    monkeypatch.setattr("trafilatura.metadata.extract_metadata", fail)
    assert page().title == "A ferry's end"
    monkeypatch.setattr("trafilatura.metadata.extract_metadata", lambda *_a, **_o: None)
    assert page().title == "A ferry's end"
    assert metadata.guessed("x" * 1_000_001) == metadata.Metadata()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("14 September 2021", "2021-09-14", id="English"),
        pytest.param("September 14th, 2021", "2021-09-14", id="American"),
        pytest.param("Lindhorst, 14. März 2021", "2021-03-14", id="German"),
        pytest.param("le 1er août 2021", "2021-08-01", id="French"),
        pytest.param("14 de mayo de 2021", "2021-05-14", id="Spanish"),
        pytest.param("14 maggio 2021", "2021-05-14", id="Italian"),
        pytest.param("14 de março de 2021", "2021-03-14", id="Portuguese"),
        pytest.param("14 maart 2021", "2021-03-14", id="Dutch"),
        pytest.param("١٤ سبتمبر ٢٠٢١", "2021-09-14", id="Arabic, its digits too"),
        pytest.param("May 2021", "2021-05", id="a month"),
        pytest.param("updated 2021-09-14 08:00", "2021-09-14", id="ISO"),
        pytest.param("3.5.2021", "2021-05-03", id="points"),
        pytest.param("14/9/2021", "2021-09-14", id="day first"),
        pytest.param("9/14/2021", "2021-09-14", id="month first"),
        pytest.param("3/5/2021", "", id="either"),
        pytest.param("31 February 2021", "", id="no such day"),
        pytest.param("12 monkeys 2021, room 5 2021", "", id="no month"),
        pytest.param("monkeys 2021", "", id="no month, a year"),
        pytest.param("soon", "", id="none"),
    ],
)
def test_dates_are_read_in_words_with_the_precision_they_have(line, found):
    assert metadata.date_in(line) == found


def _asked(draft):
    """Return the date that a draft leaves to a person: its words and its readings."""
    undecided = undecided_date(draft.published, draft.changes)
    return None if undecided is None else (undecided.words, undecided.readings)


_TWO = ["2026-04-11", "2026-11-04"]


@pytest.mark.parametrize(
    ("body", "head"),
    [
        pytest.param("<p>posted by Dr. Hale on 11/04/26</p>", "", id="a byline"),
        pytest.param("<p>By Dr. Hale | 11.04.26, 10:30</p>", "", id="points"),
        pytest.param('<div class="date">11/04/26</div>', "", id="an element of that class"),
        pytest.param("<p>Posted: 11/04/26</p>", "", id="a line of its own"),
        pytest.param("<time>11/04/26</time>", "", id="time"),
        pytest.param('<p>By Dr. Hale <time datetime="11/04/26">then</time></p>', "", id="datetime"),
        pytest.param("", '<meta name="date" content="11/04/26">', id="meta"),
        pytest.param(
            "",
            '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished":'
            ' "11/04/26"}</script>',
            id="JSON-LD",
        ),
    ],
)
def test_a_date_of_two_meanings_is_asked_and_never_guessed(body, head):
    draft = page(
        head, f"<article><h1>The last ferry</h1>{body}<p>{FIRST}</p><p>{SECOND}</p></article>"
    )

    words = "11.04.26" if "11.04.26" in body else "11/04/26"
    assert draft.published == ""
    assert _asked(draft) == (words, _TWO)
    assert from_json(json.loads(json.dumps(to_json(draft)))) == draft
    assert preview(draft)["published_undecided"] == {"words": words, "readings": _TWO}
    assert (
        f"“{words}” may mean 11 April 2026 or 4 November 2026"
        in changes_in_words(draft.changes)[-1]
    )


@pytest.mark.parametrize(
    ("body", "head", "published"),
    [
        pytest.param(
            '<time datetime="2026-11-04">11/04/26</time>', "", "2026-11-04", id="datetime"
        ),
        pytest.param(
            "<p>By Dr. Hale, 11/04/26</p>",
            '<meta property="article:published_time" content="2026-04-11T08:00:00Z">',
            "2026-04-11",
            id="meta",
        ),
        pytest.param("<p>By Dr. Hale</p><p>4 November 2026</p>", "", "2026-11-04", id="a month"),
        pytest.param("<p>By Dr. Hale, 25/04/26</p>", "", "2026-04-25", id="a day after the 12th"),
        pytest.param("<p>By Dr. Hale, 04/25/2026</p>", "", "2026-04-25", id="the month first"),
        pytest.param("<p>By Dr. Hale, 04/04/26</p>", "", "2026-04-04", id="the same both ways"),
    ],
)
def test_a_date_that_is_said_clearly_anywhere_is_not_asked(body, head, published):
    draft = page(
        head, f"<article><h1>The last ferry</h1>{body}<p>{FIRST}</p><p>{SECOND}</p></article>"
    )

    assert draft.published == published
    assert _asked(draft) is None
    assert "published_undecided" not in preview(draft)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            "<b>The last ferry 🌊</b><br>posted by Dr. Hale on 11/04/26", id="a line break"
        ),
        pytest.param("<b>The last ferry 🌊 posted by Dr. Hale on 11/04/26</b>", id="one line"),
        pytest.param("<h1>The last ferry 🌊 – Posted on 11/04/26</h1>", id="a heading, no name"),
    ],
)
def test_a_byline_that_stands_in_the_headline_is_no_part_of_the_title(head):
    html = (
        "<html><head><title>Weir home page</title></head><body bgcolor=white>"
        f"<center><font size=6>{head}</font></center><p>{FIRST}<p>{SECOND}</body></html>"
    )

    draft = one(html)

    assert draft.title == "The last ferry 🌊"
    assert _asked(draft) == ("11/04/26", _TWO)
    if "posted by" in head:
        assert draft.byline == "Dr. Hale"


def test_a_line_of_json_says_its_date_in_two_meanings_too():
    def line(**more):
        return one(json.dumps({"text": f"The last ferry\n\n{FIRST}", **more}), "a.jsonl")

    assert _asked(line(published="11/04/26")) == ("11/04/26", _TWO)
    dated = {"text": f"The last ferry\n\nBy Ada Hale\n\n4 November 2026\n\n{FIRST}\n\n{SECOND}"}
    assert line(published="11/04/26", **dated).published == "2026-11-04"
    assert _asked(line(published="11/04/26", **dated)) is None
    assert _asked(line(published="12/03/26", **dated)) == ("12/03/26", ["2026-03-12", "2026-12-03"])
    assert line(published="soon").changes[-1]["what"] == "published not understood"


@pytest.mark.parametrize(
    ("value", "found"),
    [("2021", "2021"), ("2021-09", "2021-09"), ("2021-09-14T08:00", "2021-09-14"),
     ("2021-13", ""), ("2021-9-14", ""), ("", "")],
)  # fmt: skip
def test_iso_dates_keep_their_precision(value, found):
    assert metadata.iso_date(value) == found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param(
            "The river rose and it was the last day of that town as we know it.", "en", id="en"
        ),
        pytest.param("Der Fluss stieg und die Stadt ist nicht mehr, was sie war.", "de", id="de"),
        pytest.param("ارتفع النهر في ليلة واحدة", "ar", id="ar"),
        pytest.param("הנהר עלה בלילה אחד", "he", id="he"),
        pytest.param("川は一晩で上がりました", "ja", id="ja"),
        pytest.param("Zyx wvut srq", "", id="none"),
        pytest.param("", "", id="empty"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_script_or_its_commonest_words(text, language):
    assert metadata.language_of(text) == language


def test_metadata_is_one_line_of_printable_characters():
    assert contract.tidy_field("a\x00b\n c\u202e d" + "x" * 2000)[:7] == "a b c d"
    assert len(contract.tidy_field("x" * 2000)) == contract.MAX_FIELD


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param("Two \U0001f469\u200d\U0001f467 moved", None, id="emoji joined to a family"),
        pytest.param("\u0645\u06cc\u200c\u0634\u0648\u062f", None, id="Persian non-joiner"),
        pytest.param("Stadt\u00adverwaltung", "Stadtverwaltung", id="soft hyphen"),
        pytest.param("Lebanon\u200b\u2019s", "Lebanon\u2019s", id="zero-width space"),
        pytest.param("cafe\u0301 \ufeff\u202eevil", "cafe\u0301 evil", id="mark and override"),
        pytest.param("a\u00a0b\tc\u2028d", "a b c d", id="blanks"),
    ],
)
def test_metadata_keeps_what_joins_letters_and_splits_no_word(value, kept):
    assert contract.tidy_field(value) == (value if kept is None else kept)


def test_each_role_of_a_draft_is_one_of_the_vocabulary():
    assert {block.role for block in page().blocks} == {BlockRole.HEADLINE, BlockRole.BODY}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<p {}>x</p>", id="of an element"),
        pytest.param("<p {} x", id="of a tag that does not end"),
        pytest.param("<p title='a' {}>x</p>", id="behind a value"),
        pytest.param(
            "<title><p {}>x</p></title><p>y</p>", id="in what only browsers take for words"
        ),
        pytest.param("<p>x</p {}>", id="of an end tag"),
    ],
)
def test_too_many_attributes_are_refused_before_they_are_parsed(page, monkeypatch):
    monkeypatch.setattr("annotations.formats.importers.html._parse", pytest.fail)
    attributes = " ".join(f'a{n}="{n}"' for n in range(contract.MAX_ATTRIBUTES + 1))

    (refusal,) = HtmlImporter().read(page.format(attributes).encode(), name="x.html")

    assert refusal.code == "attributes"
    assert "more than 500 attributes" in refusal.message


def test_as_many_attributes_as_may_be_and_a_long_script_are_read():
    attributes = " ".join(f'a{n}="two words"' for n in range(contract.MAX_ATTRIBUTES))
    page = (
        f"<title>The <b class=x>tide</b></title><p {attributes}>The tide rose.</p>"
        f"<script>i<n; {'a b ' * 2000}</script>"
    )

    (draft,) = HtmlImporter().read(page.encode(), name="x.html")

    assert draft.text == "The tide rose."


def test_marks_beyond_the_most_of_a_paragraph_are_left_out_and_told_of(monkeypatch):
    monkeypatch.setattr("annotations.formats.importers.html.MAX_MARKS", 3)
    page = "<p><b>a</b><i>שלום</i> <b>e\u0301</b><i>🌊</i><br><br><b>c</b></p><p><b>d</b></p>"

    (draft,) = HtmlImporter().read(page.encode(), name="x.html")

    assert draft.text == "aשלום e\u0301🌊\n\nc\n\nd"
    assert [draft.text[mark.start : mark.end] for mark in draft.markup] == [
        "a",
        "שלום",
        "e\u0301",
        "c",
        "d",
    ]
    assert changes_in_words(draft.changes) == [
        "Links and emphases beyond the first 3 of a paragraph were left out, 1 in all; the words"
        " are all here."
    ]
