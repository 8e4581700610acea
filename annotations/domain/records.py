"""What importers make, actions store and rendering reads: plain records of an article's text.

Every offset counts Unicode code points of the article's canonical text, end exclusive. Blocks
stand in the order of the text, do not overlap, and only line breaks and blanks lie between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag

#: What an article's record of changes says of its metadata (``domain.versions``, ``.drafts``).
KEPT, CORRECTED, TWO_DATES = "kept", "corrected", "two dates"


@dataclass(frozen=True, slots=True)
class Markup:
    """Inline standoff markup of one stretch of text: a link, emphasis, code."""

    start: int
    end: int
    tag: MarkupTag
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlockDraft:
    """A paragraph, heading, quotation, list item or caption as an importer proposes it.

    ``duplicate_of`` is the index of the block whose words this one repeats, and ``score`` says
    how nearly, from 0 to 100; both are None where the block repeats nothing.
    """

    start: int
    end: int
    tag: BlockTag
    role: BlockRole
    duplicate_of: int | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article as read from a file; nothing of it is stored yet.

    ``name`` is the file it came from, with the line where a file holds many. ``published`` is a
    date of known precision: "2021", "2021-09", "2021-09-14" or "". Other metadata not found is
    "". ``publisher`` is the publisher of record, ``site`` where this copy was taken from.
    ``changes`` records what was done to the characters, and which metadata was not understood.
    ``source_sha256`` digests the bytes as they came (of the line, where a file holds many).
    """

    name: str
    text: str
    markup: tuple[Markup, ...]
    blocks: tuple[BlockDraft, ...]
    title: str = ""
    byline: str = ""
    publisher: str = ""
    site: str = ""
    published: str = ""
    url: str = ""
    language: str = ""
    licence: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    source_sha256: str = ""
    media_type: str = "text/plain"
