# ruff: noqa: S608 - every name put into SQL here is a table or column of our own models.
"""The index of words: one entry for each span and each source, kept in step by triggers.

A span's entry holds the words of its quote, its note and its assertion's paraphrase; a source's
those of its title, publisher, authors, address and note; what a confidential one is stays out.
Triggers, so that ``loaddata``, ``bulk_create`` and raw SQL are covered; they are put up after
each ``migrate``, like the guards and for the same reason (docs/decisions/0004-search.md).

On SQLite the words are made by ``domain.words.searched``, which each connection is given under
the name ``search_words``. PostgreSQL has a function of that name which folds nearly alike.
"""

from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from annotations.domain.vocabulary import Access
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.domain.words import searched
from annotations.models.evidence import Assertion, Source
from annotations.models.span import Span

#: The virtual table of FTS5 on SQLite; the index on PostgreSQL.
INDEX = "annotations_search"


class SearchEntry(models.Model):
    """The words by which a span or a source is found. Of this database alone."""

    #: The UUID of the span or source; no foreign key, because triggers write here before Django
    #: has checked its own, and delete with the row.
    target = models.UUIDField(unique=True)
    words = models.TextField()

    def __str__(self) -> str:
        return self.words


_ENTRY = SearchEntry._meta.db_table
_SPAN = Span._meta.db_table
_ASSERTION = Assertion._meta.db_table
_SOURCE = Source._meta.db_table


def _of_span(row: str) -> str:
    return (
        f"search_words({row}.quote || ' ' || {row}.note || ' ' || COALESCE("
        f"(SELECT paraphrase FROM {_ASSERTION} WHERE uuid = {row}.assertion_id), ''))"
    )


def _of_source(row: str) -> str:
    columns = ("title", "publisher", "authors", "url", "note")
    # A list of names is kept as JSON, whose brackets and quotation marks are no words.
    parts = " || ' ' || ".join(f"CAST({row}.{column} AS text)" for column in columns)
    return (
        f"search_words(CASE WHEN {row}.access = '{Access.CONFIDENTIAL.value}' "
        f"THEN '{KNOWN_TO_THE_DESK}' ELSE {parts} END)"
    )


def _insert(words: str) -> str:
    return f"INSERT INTO {_ENTRY} (target, words) VALUES (NEW.uuid, {words});"


def _change(words: str) -> str:
    return f"UPDATE {_ENTRY} SET words = {words} WHERE target = NEW.uuid;"


_DELETE = f"DELETE FROM {_ENTRY} WHERE target = OLD.uuid;"
_OF_ITS_SPANS = (
    f"UPDATE {_ENTRY} SET words = (SELECT {_of_span('span')} FROM {_SPAN} span "
    f"WHERE span.uuid = {_ENTRY}.target) "
    f"WHERE target IN (SELECT uuid FROM {_SPAN} WHERE assertion_id = NEW.uuid);"
)

#: Name, the change it follows, its table, what it does.
_TRIGGERS: tuple[tuple[str, str, str, str], ...] = (
    ("search_span_insert", "INSERT", _SPAN, _insert(_of_span("NEW"))),
    (
        "search_span_update",
        "UPDATE OF quote, note, assertion_id",
        _SPAN,
        _change(_of_span("NEW")),
    ),
    ("search_span_delete", "DELETE", _SPAN, _DELETE),
    ("search_source_insert", "INSERT", _SOURCE, _insert(_of_source("NEW"))),
    (
        "search_source_update",
        "UPDATE OF title, publisher, authors, url, note, access",
        _SOURCE,
        _change(_of_source("NEW")),
    ),
    ("search_source_delete", "DELETE", _SOURCE, _DELETE),
    # A fixture may bring a span before its assertion.
    ("search_assertion_insert", "INSERT", _ASSERTION, _OF_ITS_SPANS),
    ("search_assertion_update", "UPDATE OF paraphrase", _ASSERTION, _OF_ITS_SPANS),
)
_INTO_INDEX = f"INSERT INTO {INDEX} (rowid, words) VALUES (NEW.id, NEW.words);"
_OUT_OF_INDEX = f"INSERT INTO {INDEX} ({INDEX}, rowid, words) VALUES ('delete', OLD.id, OLD.words);"
#: SQLite's index holds no text of its own and is told of each change.
_INDEX_TRIGGERS = (
    ("search_entry_insert", "INSERT", _ENTRY, _INTO_INDEX),
    ("search_entry_update", "UPDATE OF words", _ENTRY, f"{_OUT_OF_INDEX} {_INTO_INDEX}"),
    ("search_entry_delete", "DELETE", _ENTRY, _OUT_OF_INDEX),
)


def _sqlite() -> list[str]:
    statements = [
        # The words are folded already: the tokenizer only parts them. Two and three letters are
        # indexed as beginnings, so that a longer one starts from few.
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5("
        f"words, content='{_ENTRY}', content_rowid='id', prefix='3', "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")"
    ]
    for name, change, table, does in (*_TRIGGERS, *_INDEX_TRIGGERS):
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW BEGIN {does} END",
        ]
    return statements


#: Accents, vowel points and invisible characters, once a text is taken apart (NFKD).
_DROPPED = (
    r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)


def _postgresql(collation: str) -> list[str]:
    lowered = f"replace(lower(normalize(text, NFKD){collation}), 'ß', 'ss')"
    statements = [
        "CREATE OR REPLACE FUNCTION search_words(text text) RETURNS text "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $words$ SELECT trim(regexp_replace("
        f"regexp_replace({lowered}, '{_DROPPED}', '', 'g'){collation}, "
        "'[^[:alnum:]]+', ' ', 'g')) $words$",
        "CREATE OR REPLACE FUNCTION search_term(term text, beginning boolean) RETURNS tsquery "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $term$ SELECT CASE "
        "WHEN beginning AND numnode(query) > 0 THEN (query::text || ':*')::tsquery "
        "ELSE query END FROM phraseto_tsquery('simple', search_words(term)) AS query $term$",
        f"CREATE INDEX IF NOT EXISTS {INDEX} ON {_ENTRY} USING gin (to_tsvector('simple', words))",
    ]
    for name, change, table, does in _TRIGGERS:
        statements += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $trigger$ BEGIN {does} RETURN NULL; END $trigger$",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} AFTER {change} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return statements


def _collation(connection: BaseDatabaseWrapper) -> str:
    """Return the collation that knows every script's capitals, whatever the database's own is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'")
        return ' COLLATE "und-x-icu"' if cursor.fetchone() else ""


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers down: SQLite fails to rebuild a table that a trigger of another names."""
    with connection.cursor() as cursor:
        for name, _, table, _ in (*_TRIGGERS, *_INDEX_TRIGGERS):
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            elif table != _ENTRY:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")


def install(connection: BaseDatabaseWrapper, *, anew: bool = False) -> None:
    """Put up index and triggers, and take in what they missed.

    ``anew`` makes every entry again, which a migration asks for: while it ran, no trigger stood.
    Otherwise only missing and left-over entries are looked for, which costs little.
    """
    sqlite = connection.vendor == "sqlite"
    everything = f"SELECT uuid FROM {_SPAN} UNION ALL SELECT uuid FROM {_SOURCE}"
    missing = f"WHERE uuid NOT IN (SELECT target FROM {_ENTRY})"
    with connection.cursor() as cursor:
        for statement in _sqlite() if sqlite else _postgresql(_collation(connection)):
            cursor.execute(statement)
        if anew and sqlite:
            # The index may have missed a change too, and forgets only what it is told rightly.
            cursor.execute(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")
        cursor.execute(
            f"DELETE FROM {_ENTRY}" + ("" if anew else f" WHERE target NOT IN ({everything})")
        )
        for table, words in ((_SPAN, _of_span("own")), (_SOURCE, _of_source("own"))):
            cursor.execute(
                f"INSERT INTO {_ENTRY} (target, words) SELECT uuid, {words} "
                f"FROM {table} own {missing}"
            )


def before_migrating(using: str, plan: list[Any] | None = None, **_: object) -> None:
    """Receive ``pre_migrate``."""
    if plan:
        lift(connections[using])


def after_migrating(using: str, plan: list[Any] | None = None, **_: object) -> None:
    """Receive ``post_migrate``."""
    connection = connections[using]
    # A migration to zero, or to before the tables, leaves nothing to search.
    if {_ENTRY, _SPAN, _SOURCE} <= set(connection.introspection.table_names()):
        install(connection, anew=bool(plan))


def out_of_step(connection: BaseDatabaseWrapper) -> int:
    """Return how many entries are missing, left over, or hold other words than their row.

    On SQLite also how many the index does not know, or knows and should not; whether it has their
    words right, only rebuilding it would tell.
    """
    expected = (
        f"SELECT uuid AS target, {_of_span('span')} AS words FROM {_SPAN} span UNION ALL "
        f"SELECT uuid, {_of_source('source')} FROM {_SOURCE} source"
    )
    stored = f"SELECT target, words FROM {_ENTRY}"
    counts = [
        f"(SELECT count(*) FROM (SELECT * FROM ({expected}) e EXCEPT {stored}) a)",
        f"(SELECT count(*) FROM ({stored} EXCEPT SELECT * FROM ({expected}) e) b)",
    ]
    if connection.vendor == "sqlite":
        # FTS5 keeps a row for each entry in this table; the index itself answers from _ENTRY.
        indexed = f"SELECT id FROM {INDEX}_docsize"
        counts += [
            f"(SELECT count(*) FROM {_ENTRY} WHERE id NOT IN ({indexed}))",
            f"(SELECT count(*) FROM {INDEX}_docsize WHERE id NOT IN (SELECT id FROM {_ENTRY}))",
        ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " + ".join(counts))
        count: int = cursor.fetchone()[0]
    return count


def give_words(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receive ``connection_created``: SQLite's triggers fold by our own function."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("search_words", 1, searched, deterministic=True)
