"""Django's JSON fixtures, read row by row where one row stands on each line, as ours do.

Django reads a whole file before it looks at the first row: ten times its size in memory. The
setting ``SERIALIZATION_MODULES`` names this module. A file that is laid out in another way is read
as Django does it.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from django.core.serializers import json
from django.core.serializers.base import DeserializationError

#: What Django asks of such a module besides; files are written by ``exporters/fixture.py``.
Serializer = json.Serializer


class Deserializer(json.Deserializer):
    """Rows of a JSON array, as Django's; a line that is no row is named by its number."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if not hasattr(stream_or_string, "readline"):
            super().__init__(stream_or_string, **options)
            return
        opening, first = _line(stream_or_string), _line(stream_or_string)
        if opening.strip() == b"[" and _row(first) is not None:
            super().__init__(b"[]", **options)
            # Django’s own walks over a list of rows here.
            self.stream = _rows(first, stream_or_string)  # type: ignore[assignment]
        else:
            rest = stream_or_string.read()
            rest = rest.encode() if isinstance(rest, str) else rest
            super().__init__(opening + first + rest, **options)


def _rows(line: bytes, stream: Any) -> Iterator[dict[str, Any]]:
    number = 2
    while True:
        row = _row(line)
        if row is None:
            raise DeserializationError(
                f"Line {number} is no row, and the last row has not come yet: the file is cut off "
                "or damaged."
            )
        yield row
        last = not line.rstrip().endswith(b",")
        line, number = _line(stream), number + 1
        if last:
            break
    if line.strip() != b"]" or stream.read(1000).strip():
        raise DeserializationError(
            f"The row before line {number} ends without a comma, as the last one does, but there "
            "is more than “]” behind it."
        )


def _line(stream: Any) -> bytes:
    line = stream.readline()
    return line.encode() if isinstance(line, str) else bytes(line)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line.rstrip().removesuffix(b","))
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) else None
