"""Reviewers' notes and guidelines as safe HTML: the only module that imports bleach.

Imported articles never pass through here: their HTML is not sent on (DESIGN 2).
"""

import re
from functools import cache

import bleach
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from annotations.domain.errors import Refused

#: The most characters that a note may hold.
MOST = 20 * 1024
#: The most start tags that may stand open within one another. bleach's parser recurses.
MOST_NESTING = 200

TAGS = frozenset(
    {
        *("a", "abbr", "b", "blockquote", "br", "code", "em", "h3", "h4", "i", "kbd"),
        *("li", "ol", "p", "q", "strong", "sub", "sup", "ul"),
    }
)
ATTRIBUTES = {"a": ["href", "title"], "abbr": ["title"]}
PROTOCOLS = frozenset({"http", "https", "mailto"})

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*>?")
_UNSTORED = re.compile("[\x00\ud800-\udfff]")
_HAS_PARAGRAPHS = re.compile(r"<(?:p|ul|ol|h3|h4|blockquote)[\s>]", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})


def check_note(text: str) -> None:
    """Raise ``Refused`` for a note that is too long or nested too deep to be cleaned."""
    size = len(text)
    if size > MOST:
        raise Refused(
            f"This text has {size} characters; a note or a guideline may have {MOST}.",
            code="note_size",
        )
    depth = _depth(text)
    if depth > MOST_NESTING:
        raise Refused(
            f"The tags of this text stand {depth} deep in one another; {MOST_NESTING} are allowed.",
            code="note_nesting",
        )


def _depth(text: str) -> int:
    """Return how deep tags stand in one another; an end tag that opens nothing counts nothing.

    An upper bound: tags that a parser would close by itself count as open.
    """
    depth = deepest = 0
    for closing, name in _TAG.findall(text):
        if closing:
            depth = max(depth - 1, 0)
        elif name.lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def clean_note(text: str) -> SafeString:
    """Return ``text`` as HTML that is safe to send: ``TAGS`` stay, every other tag goes.

    What stood in a tag that goes stays as text, a script's too. Paragraphs typed as plain text
    become paragraphs. Raises ``Refused`` as ``check_note`` does.
    """
    check_note(text)
    # Neither is text to a parser or a database: NUL, and halves of a UTF-16 pair.
    text = _UNSTORED.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _HAS_PARAGRAPHS.search(text):
        parts = _BLANK_LINES.split(text.strip())
        text = "".join(f"<p>{part}</p>" for part in parts if part).replace("\n", "<br>")
    return mark_safe(_cleaner().clean(text))  # noqa: S308 - cleaned in this line


def show_note(text: str) -> SafeString:
    """Return ``text`` as HTML that is safe to send, whatever came in past the forms.

    What ``clean_note`` refuses is shown with its tags as words: a page never fails for a note.
    """
    try:
        return clean_note(text)
    except Refused:
        return format_html("<p>{}</p>", text)


@cache
def _cleaner() -> bleach.Cleaner:
    return bleach.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        protocols=PROTOCOLS,
        strip=True,
        strip_comments=True,
    )
