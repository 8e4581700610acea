"""Rows that SQLite holds and PostgreSQL would refuse: a desk that has them cannot be moved."""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from annotations.models.base import a_row_of
from annotations.models.limits import Limit, limited, limits_of

#: Bytes with which half of a surrogate pair begins where somebody wrote one as UTF-8; no
#: character of UTF-8 has them.
_HALVES = [f"x'ED{second:02X}'" for second in range(0xA0, 0xC0)]
#: Rows of one table that are named; beyond that they are counted.
NAMED = 100


def unportable(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str]]:
    """Yield code and sentence for each row that PostgreSQL would refuse, and which of its columns.

    One pass over each table of an SQLite database; PostgreSQL has refused them already. A row
    that no program can read, for half of a character in it, is "unreadable".
    """
    if connection.vendor != "sqlite":
        return
    for model in limited():
        yield from _of_table(connection, model)


def _of_table(connection: BaseDatabaseWrapper, model: type[Model]) -> Iterator[tuple[str, str]]:
    checks = [
        (limit, code, why, condition)
        for limit in limits_of(model)
        for code, why, condition in _conditions(limit)
    ]
    key, table = model._meta.pk.column, model._meta.db_table
    found = ", ".join(f"({condition})" for *_, condition in checks)
    anything = " OR ".join(f"({condition})" for *_, condition in checks)
    # Every name in it is one of our own models' tables and columns.
    sql = f'SELECT "{key}", {found} FROM "{table}" WHERE {anything}'  # noqa: S608
    more = 0
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for number, (row, *held) in enumerate(cursor):
            if number >= NAMED:
                more += 1
                continue
            for (limit, code, why, _), holds in zip(checks, held, strict=True):
                if holds:
                    yield (
                        code,
                        f"The {limit.words} of {a_row_of(model)} ({row}) {why}: PostgreSQL would "
                        "refuse it, so this database cannot be moved there until it is changed.",
                    )
    if more:
        yield "unportable", f"{more:,} more rows of this kind: {model._meta.verbose_name_plural}."


def _conditions(limit: Limit) -> list[tuple[str, str, str]]:
    column = f'"{limit.column}"'
    if limit.kind == "number":
        return [
            (
                "unportable",
                f"is outside of {limit.least:,} to {limit.most:,}",
                f"{column} NOT BETWEEN {limit.least} AND {limit.most}",
            )
        ]
    # Most texts have no byte ED at all: only then its thirty-two followers are looked for.
    halves = " OR ".join(f"instr(CAST({column} AS BLOB), {half})" for half in _HALVES)
    half = (
        "unreadable",
        "holds half of a character",
        f"instr(CAST({column} AS BLOB), x'ED') AND ({halves})",
    )
    if limit.kind == "json":
        escaped = f"replace({column}, '\\\\', '')"
        return [
            ("unportable", "holds a NUL character", f"instr({escaped}, '\\u0000')"),
            half,
        ]
    found = [("unportable", "holds a NUL character", f"instr({column}, char(0))"), half]
    if limit.most is not None:
        why = f"has more than the {limit.most:,} characters that fit"
        found.insert(0, ("unportable", why, f"length({column}) > {limit.most}"))
    return found
