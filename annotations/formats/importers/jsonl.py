"""JSON Lines: one article a line, ``text`` or ``html`` with what is known of it.

Keys: ``text`` or ``html``, and title, byline, publisher, site, published, url, language, licence.
What a line says outranks what its text or page says. Keys that are not known are no reason to
refuse an article; they are named in its record of changes.

A file is taken whole or not at all: where a line cannot be used, every such line is refused by
its number and no article of the file is given. So it is read twice, because keeping the
articles of a large file until its last line is read would take memory without bound.
"""

from dataclasses import fields, replace
from typing import Any

import orjson

from annotations.domain.errors import ImportRefused, Refused
from annotations.domain.records import TWO_DATES, ArticleDraft
from annotations.domain.roles import Hints
from annotations.formats import contract
from annotations.formats.contract import Read
from annotations.formats.importers import metadata
from annotations.formats.importers.html import read_page
from annotations.formats.importers.text import read_text

_MARK = b"\xef\xbb\xbf"


class JsonlImporter:
    name = "jsonl"
    title = "JSON Lines"
    suffixes = (".jsonl", ".ndjson")
    media_type = "application/x-ndjson"

    def read(self, data: bytes, *, name: str) -> Read:
        try:
            contract.check_many(data, name=name)
        except ImportRefused as refusal:
            yield refusal
            return
        lines = _lines(data)
        if not lines:
            yield ImportRefused("there is no text in it.", name=name, code="empty")
            return
        refusals = [each for each in _read_lines(lines, name) if isinstance(each, ImportRefused)]
        yield from refusals or _read_lines(lines, name)


def _lines(data: bytes) -> list[tuple[int, bytes]]:
    """Return the lines that hold anything, by number.

    Lines end at LF alone: U+2028 and its like may stand unescaped inside JSON strings.
    """
    lines = data.removeprefix(_MARK).split(b"\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _read_lines(lines: list[tuple[int, bytes]], name: str) -> Read:
    for number, line in lines:
        try:
            yield _read_line(line, name=name, number=number)
        except ImportRefused as refusal:
            yield refusal


def _read_line(line: bytes, *, name: str, number: int) -> ArticleDraft:
    contract.check_size(line, name=name, line=number)
    record = _record(line, name=name, number=number)
    contents = {key: record.pop(key) for key in ("text", "html") if record.get(key) is not None}
    if len(contents) != 1:
        raise ImportRefused(
            'it needs "text" or "html", and not both.', name=name, line=number, code="keys"
        )
    key, content = contents.popitem()
    if not isinstance(content, str):
        raise ImportRefused(f'"{key}" must be text.', name=name, line=number, code="keys")
    for other in ("text", "html"):
        record.pop(other, None)
    try:
        given, odd = metadata.given(record)
    except Refused as refusal:
        raise ImportRefused(refusal.message, name=name, line=number, code="keys") from refusal
    hints = Hints(given.title, given.byline, "", given.site)
    read = read_text if key == "text" else read_page
    draft = read(
        content,
        name=f"{name}:{number}",
        source_sha256=contract.sha256(line),
        hints=hints,
        where=(name, number),
    )
    said = {
        field.name: getattr(given, field.name)
        for field in fields(given)
        if field.name != "undecided" and getattr(given, field.name)
    }
    found = list(draft.changes)
    if given.undecided:
        doubt = metadata.two_dates(given.undecided)
        # What the record says counts before what its text says, but where that decides it.
        if draft.published not in doubt["readings"]:
            said["published"] = ""
            found = [change for change in found if change["what"] != TWO_DATES]
            odd.append(doubt)
    return replace(draft, **said, changes=(*found, *odd))


def _record(line: bytes, *, name: str, number: int) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if "surrogate" in error.msg:
            reason, code = "it holds half of a surrogate pair, which is no character.", "text"
        else:
            reason, code = f"it is no JSON at column {error.colno} ({error.msg}).", "json"
        raise ImportRefused(reason, name=name, line=number, code=code) from error
    if not isinstance(record, dict):
        raise ImportRefused("it must be a JSON object.", name=name, line=number, code="json")
    return record
