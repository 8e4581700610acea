"""What a row may hold so that either database takes it.

PostgreSQL is the stricter of the two: it has no NUL in a text, holds a column to its length and a
number to its size. Its limits are held on SQLite, too, so that a desk can move at any time.
"""

import re
from typing import Any

#: The largest whole number of a column, and so of a page, a revision or an offset.
MOST_NUMBER = 2**31 - 1

_SURROGATE = re.compile("[\ud800-\udfff]")


def text_fault(text: str, most: int | None = None) -> str:
    """Say why a text cannot be stored in a column of ``most`` characters; "" where it can.

    >>> text_fault("cafe" * 100, 300)
    'has 400 characters, and 300 fit'
    """
    if most is not None and len(text) > most:
        return f"has {len(text):,} characters, and {most:,} fit"
    if "\0" in text:
        return "holds a NUL character, which no database text can"
    # The search is slow beside asking whether a text is ASCII, as most are.
    if not text.isascii() and _SURROGATE.search(text):
        return "holds half of a character, a lone surrogate, which no UTF-8 can"
    return ""


def number_fault(number: int, least: int, most: int) -> str:
    """Say why a whole number does not fit between ``least`` and ``most``; "" where it does."""
    if least <= number <= most:
        return ""
    return f"is outside of {least:,} to {most:,}"


def json_fault(value: Any) -> str:
    """Say why a JSON value cannot be stored; "" where it can. Looks at keys and values alike."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if fault := text_fault(one):
                return fault
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
    return ""
