"""What every importer keeps to, and the limits that hold for all of them.

An importer reads bytes and yields, for each article in them, an ``ArticleDraft`` or an
``ImportRefused`` that names file, line and reason. It never raises for what a file holds, never
touches the network, and one bad article does not stop the next.
"""

import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from annotations.domain.errors import ImportRefused, TextRefused
from annotations.domain.records import ArticleDraft
from annotations.domain.text import decode, looks_binary

#: The most bytes one article may have: a file, or a line of a file that holds many.
MAX_BYTES = 5_000_000

#: The most bytes a file of many articles may have.
MAX_FILE_BYTES = 200_000_000

#: The deepest nesting of elements that a web page may have.
MAX_NESTING = 200

#: The most attributes of one element of a web page: the parser compares each with every other.
MAX_ATTRIBUTES = 500

#: The most inline marks (links, emphasis) that are kept of one block.
MAX_MARKS = 2_000

#: The most blocks an article may have; a book has a tenth of it.
MAX_BLOCKS = 100_000

#: The longest value of a metadata field, in code points; no title or byline is longer.
MAX_FIELD = 1_000

#: Without the non-joiner Persian words are misspelt; without the joiner a family is three people.
_JOINERS = "\u200c\u200d"

Read = Iterator[ArticleDraft | ImportRefused]


class Importer(Protocol):
    """One file format that articles come in."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str:
        """What people read in a list of formats."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of file names, lower case, with the dot."""
        ...

    @property
    def media_type(self) -> str: ...

    def read(self, data: bytes, *, name: str) -> Read:
        """Yield the articles of ``data``; ``name`` is the file's, for messages."""
        ...


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_size(data: bytes, *, name: str, line: int | None = None) -> None:
    """Refuse more than ``MAX_BYTES``."""
    if len(data) > MAX_BYTES:
        raise ImportRefused(
            f"this has {len(data):,} bytes, and an article may have {MAX_BYTES:,}.",
            name=name,
            line=line,
            code="too_large",
        )


def check_many(data: bytes, *, name: str) -> None:
    """Refuse a file of many articles that has more than ``MAX_FILE_BYTES``."""
    if len(data) > MAX_FILE_BYTES:
        raise ImportRefused(
            f"this has {len(data):,} bytes, and a file of many articles may have"
            f" {MAX_FILE_BYTES:,}.",
            name=name,
            code="too_large",
        )


def read_text(data: bytes, *, name: str, charset: str | None = None) -> str:
    """Return ``data`` decoded strictly; refuses binary, undecodable and too many bytes."""
    check_size(data, name=name)
    if looks_binary(data):
        raise ImportRefused(
            "this is a binary file; text, HTML or JSONL is needed.", name=name, code="binary"
        )
    with named(name):
        return decode(data, charset)


@contextmanager
def named(name: str, line: int | None = None) -> Iterator[None]:
    """Turn what the domain refuses about a text into a refusal that names file and line."""
    try:
        yield
    except TextRefused as refusal:
        reason = refusal.message[:1].lower() + refusal.message[1:]
        raise ImportRefused(reason, name=name, line=line, code=refusal.code) from refusal


def check_content(text: str, *, name: str, line: int | None = None) -> None:
    """Refuse text without a character that is seen."""
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise ImportRefused("there is no text in it.", name=name, line=line, code="empty")


def check_blocks(count: int, *, name: str, line: int | None = None) -> None:
    """Refuse more than ``MAX_BLOCKS``: each is judged by its words, which takes its time."""
    if count > MAX_BLOCKS:
        raise ImportRefused(
            f"this has more than {MAX_BLOCKS:,} paragraphs.",
            name=name,
            line=line,
            code="too_large",
        )


def tidy_field(value: str) -> str:
    """Return a metadata value on one line, without controls, at most ``MAX_FIELD`` long.

    Marks that are not seen (a soft hyphen, a zero-width space, an override of the direction) go
    without leaving a blank, since they stand inside words; what joins letters or emoji stays.
    """
    seen = "".join(map(_shown, value))
    return " ".join(seen.split())[:MAX_FIELD].strip()


def _shown(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    return "" if unicodedata.category(char) == "Cf" else " "
