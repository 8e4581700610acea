"""Tables as CSV (RFC 4180) for spreadsheet programs.

UTF-8 with a byte order mark: without one Excel reads accents and other scripts wrongly, and
Python's ``utf-8-sig``, LibreOffice, R and pandas drop it. A cell that a spreadsheet would take
for a formula gets an apostrophe before it, which shows in the file: other people's words must not
run on a reader's machine (OWASP, "CSV injection"). Numbers are left as they are.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"
#: What begins a formula; the wide forms do in some languages.
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LINES = 500


def cell(value: object) -> object:
    """Return ``value`` so that no spreadsheet runs it.

    >>> cell("=1+1"), cell(-1)
    ("'=1+1", -1)
    """
    if isinstance(value, str) and value.startswith(_BEGIN_FORMULAS):
        return f"'{value}"
    return value


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the table as bytes, some hundred lines at a time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(head)
    for count, row in enumerate(rows, 1):
        writer.writerow([cell(value) for value in row])
        if count % _LINES == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
