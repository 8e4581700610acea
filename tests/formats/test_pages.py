"""The rules for roles and repeats, held to pages written by someone who had not read them."""

import json
from pathlib import Path

import pytest

from annotations.domain.records import ArticleDraft
from annotations.formats.registry import importer_for

PAGES = Path(__file__).parent / "pages"
EXPECTED = sorted(PAGES.glob("*.json"))


def draft_of(expected: Path) -> tuple[ArticleDraft, dict]:
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    path = PAGES / wanted["file"]
    data = path.read_bytes()
    (draft,) = importer_for(path.name, data).read(data, name=path.name)
    assert isinstance(draft, ArticleDraft), draft
    return draft, wanted


def opening(text: str, wanted: str) -> str:
    """The text as far as ``wanted`` reaches, blanks levelled and without soft hyphens, as expectations are written."""
    return " ".join(text.replace("\u00ad", "").split())[: len(wanted)]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_each_block_of_a_page_gets_its_role_and_its_original(expected):
    draft, wanted = draft_of(expected)
    texts = [draft.text[block.start : block.end] for block in draft.blocks]

    proposed = [
        {
            "role": block.role.value,
            "starts": opening(text, line["starts"]),
            "repeat_of": None
            if block.duplicate_of is None
            else opening(texts[block.duplicate_of], line["repeat_of"] or "." * 30),
        }
        for block, text, line in zip(draft.blocks, texts, wanted["blocks"], strict=False)
    ]

    assert proposed == wanted["blocks"]
    assert len(texts) == len(wanted["blocks"])


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_what_a_page_says_of_itself_is_found(expected):
    draft, wanted = draft_of(expected)

    assert {name: getattr(draft, name) for name in wanted["metadata"]} == wanted["metadata"]


def test_there_are_twelve_pages():
    assert len(EXPECTED) == 12
