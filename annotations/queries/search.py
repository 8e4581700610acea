# ruff: noqa: S608, S611 - every name put into SQL here is a table or column of our own models.
"""Finding spans and sources by their words: one interface over FTS5 and PostgreSQL.

Words are folded (case, accents, quotation marks, invisible characters). Each word of a search
must begin a word of what is found; one of fewer than three letters must be it; words in double
quotation marks stand together as they are. What is found is not what may be read: the caller's
query begins with what the member may see, and is narrowed here.
"""

from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from annotations.domain.words import Term, terms
from annotations.models import SearchEntry
from annotations.models.search import INDEX

_ENTRY = SearchEntry._meta.db_table


def found_by(rows: QuerySet[Any], search: str) -> QuerySet[Any]:
    """Keep the spans or sources that have every word of ``search``; all where it is blank.

    A span is found by its quote, its note and its assertion's paraphrase; a source by title,
    publisher, authors, address and note. What holds no word at all finds nothing.
    """
    if not search.strip():
        return rows
    asked = terms(search)
    if not asked:
        return rows.none()
    if connections[rows.db].vendor == "sqlite":
        return rows.filter(pk__in=RawSQL(_FTS5, [" AND ".join(map(_match, asked))]))
    sql = _TSVECTOR + " && ".join(["search_term(%s, %s)"] * len(asked)) + ")"
    return rows.filter(
        pk__in=RawSQL(
            sql, [part for term in asked for part in (" ".join(term.words), term.beginning)]
        )
    )


_FTS5 = (
    f"SELECT target FROM {_ENTRY} WHERE id IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s)"
)
_TSVECTOR = f"SELECT target FROM {_ENTRY} WHERE to_tsvector('simple', words) @@ ("


def _match(term: Term) -> str:
    # Quoted, no word is read as an operator; words have no quotation marks of their own.
    return f'"{" ".join(term.words)}"' + (" *" if term.beginning else "")
