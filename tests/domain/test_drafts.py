"""Drafts kept as JSON, names of files, and what was done to the characters, in words."""

import json

import pytest

from annotations.domain.drafts import (
    LONGEST_NAME,
    changes_in_words,
    from_json,
    preview,
    repeats,
    summary,
    tidy_name,
    to_json,
)
from annotations.domain.records import ArticleDraft, BlockDraft, Markup
from annotations.domain.text import sha256
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag

TEXT = "Zoe\u0301 🌊\n\nשלום, they said.\n\nשלום, they said!"
DRAFT = ArticleDraft(
    name="flood.txt",
    text=TEXT,
    markup=(Markup(0, 4, MarkupTag.LINK, {"href": "https://a.example/"}),),
    blocks=(
        BlockDraft(0, 6, BlockTag.H1, BlockRole.HEADLINE),
        BlockDraft(8, 24, BlockTag.PARAGRAPH, BlockRole.BODY),
        BlockDraft(26, 42, BlockTag.PARAGRAPH, BlockRole.BODY, 1, 97),
    ),
    title="Zoe\u0301",
    changes=({"what": "newline", "from": "CRLF", "count": 2},),
)


def test_a_draft_comes_back_from_json_as_it_was():
    back = from_json(json.loads(json.dumps(to_json(DRAFT))))

    assert back == DRAFT
    assert isinstance(back.blocks[0].role, BlockRole)
    assert isinstance(back.markup[0].tag, MarkupTag)


def test_a_summary_counts_and_digests_and_a_preview_holds_each_blocks_words():
    said = summary(DRAFT)

    assert (said["blocks"], said["body"], said["repeats"]) == (3, 2, repeats(DRAFT)) == (3, 2, 1)
    assert said["sha256"] == sha256(TEXT)
    assert preview(DRAFT)["blocks"][2] == {
        "index": 2,
        "role": "body",
        "start": 26,
        "end": 42,
        "text": TEXT[26:42],
        "duplicate_of": 1,
    }


@pytest.mark.parametrize(
    ("name", "tidied"),
    [
        pytest.param("flood.txt", "flood.txt", id="as it is"),
        pytest.param("/tmp/texts/שלום 🌊.txt", "שלום 🌊.txt", id="folders"),
        pytest.param("C:\\texts\\a.txt", "a.txt", id="folders of Windows"),
        pytest.param("texts/", "texts", id="a folder"),
        pytest.param("a\udcff\n\u202eb.txt", "a\ufffd\ufffd\ufffdb.txt", id="not to be shown"),
        pytest.param(" / ", "unnamed", id="nothing left"),
        pytest.param("", "unnamed", id="empty"),
    ],
)
def test_a_files_name_is_fit_for_one_line(name, tidied):
    assert tidy_name(name) == tidied


def test_a_long_name_loses_its_middle_and_keeps_its_ending():
    name = tidy_name("é" * 400 + ".jsonl")

    assert len(name) == LONGEST_NAME
    assert name.endswith(".jsonl")


def test_what_was_done_to_the_characters_is_said_in_sentences():
    assert changes_in_words(
        [
            {"what": "newline", "from": "LS", "count": 1200},
            {"what": "newline", "from": "new", "count": 1},
            {"what": "removed", "from": "U+0000", "count": 1},
            {"what": "unknown key", "from": "colour"},
            {"what": "published not understood", "from": "soon"},
            {"what": "folded"},
        ]
    ) == [
        "Line separator (U+2028) became a line feed, 1,200 times.",
        "new became a line feed, once.",
        "The control character U+0000 was removed, once.",
        "“colour” is no field that is known; it was left out.",
        "published not understood: soon.",
        "folded: once.",
    ]
