"""Django's JSON fixture, as ``loaddata`` takes it: everything, with its history.

One row a line inside one JSON array, keys sorted, so that two exports can be compared line by
line. Loses nothing but what must not leave (docs/formats.md).
"""

from collections.abc import Iterator

import orjson

from annotations.formats.exporters import Dataset

#: Bytes gathered before they are passed on.
CHUNK = 64 * 1024


class FixtureExporter:
    name = "fixture"
    title = "Django fixture: everything, with its history"
    suffix = ".json"
    media_type = "application/json"

    def write(self, dataset: Dataset) -> Iterator[bytes]:
        dumps, sort = orjson.dumps, orjson.OPT_SORT_KEYS
        buffer = bytearray(b"[")
        separator = b"\n"
        for model, pk, fields in dataset.rows():
            buffer += separator
            buffer += dumps({"fields": fields, "model": model, "pk": pk}, option=sort)
            separator = b",\n"
            if len(buffer) >= CHUNK:
                yield bytes(buffer)
                buffer.clear()
        buffer += b"\n]\n"
        yield bytes(buffer)
