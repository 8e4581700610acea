"""Lines of JSON: a header, then one article a line with its spans and their evidence.

Offsets count Unicode code points, end exclusive; the header and each line say so. Specified in
docs/formats.md. Loses the history (of which it keeps length and head), withdrawn rows, comments,
assignments and earlier sign-offs that lapsed.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from annotations.formats.exporters import Dataset

#: How positions in a line are counted, in the words of docs/formats.md.
OFFSETS = {
    "offset_unit": "unicode_code_point",
    "end": "exclusive",
    "normalization": "none",
    "newline": "\n",
}


class JsonlExporter:
    name = "jsonl"
    title = "JSONL: one article a line, with spans and evidence"
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def write(self, dataset: Dataset) -> Iterator[bytes]:
        yield _line({"type": "header", "format": "workbench", "version": 1, **dataset.header()})
        for article in dataset.articles():
            yield _line({"type": "article", **article})


def _line(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content | OFFSETS, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
