"""Rows in bulk as plain JSON values, spelled straight from what the database stores.

Django makes a UUID of each key and a datetime of each time, which then are spelled as text again:
of an export of many thousand rows that is most of its cost.
"""

from collections.abc import Callable, Generator, Iterator
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from annotations.models.rows import stored_spelling

#: Rows fetched at once, and of tables that hold whole texts.
ROWS, TEXTS = 250, 10


#: How to spell what the driver of a kind of database gives of a column; None where as it is.
Spelling = Callable[[Any, str], Callable[[Any], Any] | None]


def plain_rows(
    rows: QuerySet[Any, Any], *names: str, size: int = ROWS, spelling: Spelling = stored_spelling
) -> Generator[tuple[Any, ...], None, None]:
    """Yield the fields ``names`` of each row as a fixture has them (``models.rows``)."""
    compiler = rows.values_list(*names).query.get_compiler(rows.db)
    vendor = connections[rows.db].vendor
    for chunk in compiler.execute_sql(chunked_fetch=True, chunk_size=size):
        columns: list[Any] = list(zip(*chunk, strict=True))
        for number, (column, _, _) in enumerate(compiler.select):
            spell = spelling(column.output_field, vendor)
            if spell is not None:
                columns[number] = map(spell, columns[number])
        yield from zip(*columns, strict=True)


def plain_records(
    rows: QuerySet[Any, Any], *names: str, size: int = ROWS
) -> Iterator[dict[str, Any]]:
    """Yield the same by name."""
    for values in plain_rows(rows, *names, size=size):
        yield dict(zip(names, values, strict=True))
