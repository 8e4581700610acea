# ruff: noqa: S608 - every name put into SQL here is a table or column of our own models.
"""Triggers that hold the history and the text against every way of writing.

They stand on SQLite and PostgreSQL alike and hold against ``bulk_create``, ``update()``,
``loaddata`` and raw SQL. A guard refuses an UPDATE only where a value differs, so loading the same
rows again is no change; a parent that is missing counts as a refusal. They are put up after each
``migrate``, because rebuilding a table on SQLite drops its triggers without a word.

SQLite has no SHA-256 of its own: Django gives it to the connections it opens. A program without
it cannot write guarded rows at all, which errs on the safe side.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.models import User
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from annotations.models.article import Article, Block
from annotations.models.base import Record, a_row_of
from annotations.models.evidence import Assertion, AssertionRelation, Citation, Source, WorkLogEntry
from annotations.models.history import Event, Stream
from annotations.models.limits import Limit, limited, limits_of
from annotations.models.local import PersonAccount, Salt, WithheldPayload
from annotations.models.project import Label, Person, Project
from annotations.models.review import Assignment, Comment, Decision, SignOff
from annotations.models.rows import EXPORTED
from annotations.models.span import Span, Speaker

PREFIX = "guard_"


class Dialect:
    """The few spellings in which SQLite and PostgreSQL differ; this one is SQLite's."""

    def differs(self, one: str, other: str) -> str:
        return f"({one}) IS NOT ({other})"

    def hex(self, uuid: str) -> str:
        return uuid

    def sha256(self, text: str) -> str:
        return f"SHA256({text})"

    def contains(self, text: str, part: str) -> str:
        return f"instr({text}, {part}) > 0"

    def number(self, value: str) -> str:
        return value

    line_feed = "char(10)"

    def hold_off(self, tables: list[str]) -> list[str]:
        """Return what keeps others from writing until the transaction ends: here its beginning."""
        return []

    def create(self, guard: "Guard") -> list[str]:
        message = guard.message.replace("'", "''")
        return [
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW "
            f"WHEN {guard.refuses(self)} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]

    def drop(self, name: str, table: str) -> list[str]:
        return [f"DROP TRIGGER IF EXISTS {name}"]

    def existing(self) -> str:
        return f"SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{PREFIX}%'"


class PostgreSQL(Dialect):
    def differs(self, one: str, other: str) -> str:
        return f"({one}) IS DISTINCT FROM ({other})"

    def hex(self, uuid: str) -> str:
        return f"replace(({uuid})::text, '-', '')"

    def sha256(self, text: str) -> str:
        return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"

    def contains(self, text: str, part: str) -> str:
        return f"strpos({text}, {part}) > 0"

    def number(self, value: str) -> str:
        return f"({value})::text"

    line_feed = "chr(10)"

    def hold_off(self, tables: list[str]) -> list[str]:
        return [f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"]

    def create(self, guard: "Guard") -> list[str]:
        message = guard.message.replace("'", "''")
        row = "OLD" if guard.event == "DELETE" else "NEW"
        return [
            f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ "
            f"BEGIN IF {guard.refuses(self)} THEN RAISE EXCEPTION '{message}' "
            f"USING ERRCODE = 'check_violation'; END IF; RETURN {row}; END $guard$",
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
        ]

    def drop(self, name: str, table: str) -> list[str]:
        return [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"DROP FUNCTION IF EXISTS {name}()",
        ]

    def existing(self) -> str:
        return (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            f"WHERE NOT tgisinternal AND tgname LIKE '{PREFIX}%'"
        )


DIALECTS: dict[str, Dialect] = {"sqlite": Dialect(), "postgresql": PostgreSQL()}


@dataclass(frozen=True)
class Guard:
    """One trigger: which change of which table is refused, when, and with what sentence."""

    model: type[models.Model]
    event: str
    about: str
    message: str
    refuses: Callable[[Dialect], str]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.model._meta.model_name}_{self.about}_{self.event.lower()}"


def _columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]


def _any_differs(dialect: Dialect, columns: list[str]) -> str:
    return " OR ".join(dialect.differs(f'NEW."{column}"', f'OLD."{column}"') for column in columns)


def _revision_rises(model: type[models.Model]) -> Guard:
    return Guard(
        model,
        "UPDATE",
        "revision",
        f"{a_row_of(model).capitalize()} changes only when its revision rises.",
        lambda d: f"NEW.revision <= OLD.revision AND ({_any_differs(d, _columns(model))})",
    )


def _frozen(model: type[models.Model], *columns: str, unless: str = "") -> Guard:
    what = ", ".join(column.removesuffix("_id") for column in columns)
    return Guard(
        model,
        "UPDATE",
        "frozen",
        f"The {what} of {a_row_of(model)} never changes.",
        lambda d: (
            f"({_any_differs(d, list(columns))})" + (f" AND NOT ({unless})" if unless else "")
        ),
    )


def _stays(model: type[models.Model], article: str = "") -> Guard:
    """Refuse a DELETE, but for rows of an article whose text was purged."""
    table = Article._meta.db_table
    purged = (
        f"(SELECT purged_at FROM {table} WHERE uuid = ({article})) IS NULL" if article else "1 = 1"
    )
    return Guard(
        model,
        "DELETE",
        "stays",
        f"{a_row_of(model).capitalize()} is never deleted; withdraw it instead.",
        lambda _: purged,
    )


_ARTICLE = Article._meta.db_table
_SPAN = Span._meta.db_table
_STREAM = Stream._meta.db_table
_EVENT = Event._meta.db_table
_LABEL = Label._meta.db_table
_PERSON = Person._meta.db_table
_SPEAKER = Speaker._meta.db_table
_SOURCE = Source._meta.db_table
_ASSERTION = Assertion._meta.db_table
_BLOCK = Block._meta.db_table


def _quote_differs(d: Dialect) -> str:
    return d.differs(
        "NEW.quote",
        f'(SELECT substr(text, NEW.start + 1, NEW."end" - NEW.start) '
        f"FROM {_ARTICLE} WHERE uuid = NEW.article_id)",
    )


def _quote_moved(d: Dialect) -> str:
    return f"({_any_differs(d, ['start', 'end', 'quote'])}) AND {_quote_differs(d)}"


def _text_differs(d: Dialect) -> str:
    return f"NEW.purged_at IS NULL AND {d.differs('NEW.text_sha256', d.sha256('NEW.text'))}"


def _project_of(table: str, key: str) -> str:
    return f"(SELECT project_id FROM {table} WHERE uuid = {key})"


def _strangers_to_span(d: Dialect) -> str:
    project = _project_of(_ARTICLE, "NEW.article_id")
    return " OR ".join(
        (
            d.differs(_project_of(_LABEL, "NEW.label_id"), project),
            d.differs(_project_of(_PERSON, "NEW.author_id"), project),
            d.differs(
                f"(SELECT article_id FROM {_STREAM} WHERE uuid = NEW.stream_id)", "NEW.article_id"
            ),
            "(NEW.speaker_id IS NOT NULL AND "
            + d.differs(_project_of(_SPEAKER, "NEW.speaker_id"), project)
            + ")",
            "(NEW.assertion_id IS NOT NULL AND "
            + d.differs(_project_of(_ASSERTION, "NEW.assertion_id"), project)
            + ")",
        )
    )


def _breaks_chain(d: Dialect) -> str:
    previous = (
        "CASE WHEN NEW.sequence = 1 THEN '' ELSE (SELECT hash FROM "
        f"{_EVENT} WHERE stream_id = NEW.stream_id AND sequence = NEW.sequence - 1) END"
    )
    parts = (
        previous,
        d.hex("NEW.stream_id"),
        d.number("NEW.sequence"),
        d.hex("NEW.operation"),
        d.hex("NEW.actor_id"),
        "NEW.kind",
        d.number("NEW.time"),
        "NEW.payload_sha256",
    )
    text = f" || {d.line_feed} || ".join(f"({part})" for part in parts)
    return (
        f"{d.differs('NEW.hash', d.sha256(text))} OR (NEW.payload IS NOT NULL AND "
        f"{d.differs('NEW.payload_sha256', d.sha256('NEW.payload'))})"
    )


def _rewrites_history(d: Dialect) -> str:
    columns = [column for column in _columns(Event) if column != "payload"]
    erased = (
        f"NEW.payload IS NULL AND EXISTS (SELECT 1 FROM {_EVENT} WHERE stream_id = OLD.stream_id "
        "AND kind = 'payload.erased' AND sequence > OLD.sequence)"
    )
    return (
        f"({_any_differs(d, columns)}) OR "
        f"({d.differs('NEW.payload', 'OLD.payload')} AND NOT ({erased}))"
    )


def _reads_own(d: Dialect) -> str:
    authors = f"(SELECT authors FROM {_SPAN} WHERE uuid = NEW.span_id)"
    # A decision that was voided since stands no more: its reader may have become an author.
    return (
        f"NEW.voided_at IS NULL AND COALESCE({d.contains(authors, d.hex('NEW.reader_id'))}, 1 = 1)"
    )


_ASSERTION_ARTICLE = (
    f"SELECT {_STREAM}.article_id FROM {_ASSERTION} JOIN {_STREAM} "
    f"ON {_STREAM}.uuid = {_ASSERTION}.stream_id WHERE {_ASSERTION}.uuid = "
)

_SPECIAL: tuple[Guard, ...] = (
    # Text
    _frozen(Article, "project_id", "text_sha256", "source_sha256", "previous_id"),
    Guard(
        Article,
        "UPDATE",
        "text",
        "The text of an article never changes.",
        lambda d: (
            f"({_any_differs(d, ['text', 'markup'])}) AND "
            "NOT (NEW.purged_at IS NOT NULL AND NEW.text = '')"
        ),
    ),
    Guard(Article, "INSERT", "digest", "The text does not fit its SHA-256.", _text_differs),
    Guard(
        Article,
        "UPDATE",
        "purge",
        "A purged article stays purged.",
        lambda d: f"OLD.purged_at IS NOT NULL AND {d.differs('NEW.purged_at', 'OLD.purged_at')}",
    ),
    *(_frozen(model, "project_id") for model in (Person, Label, Speaker, Source, Assertion)),
    _frozen(Block, "article_id", "index", "start", "end"),
    Guard(
        Block,
        "INSERT",
        "repeat",
        "A block repeats only a block of its own article.",
        lambda d: (
            "NEW.duplicate_of_id IS NOT NULL AND EXISTS (SELECT 1 FROM "
            f"{_BLOCK} WHERE uuid = NEW.duplicate_of_id AND article_id <> NEW.article_id)"
        ),
    ),
    # Spans
    Guard(Span, "INSERT", "quote", "The quote is not the text at its offsets.", _quote_differs),
    Guard(Span, "UPDATE", "quote", "The quote is not the text at its offsets.", _quote_moved),
    Guard(
        Span,
        "INSERT",
        "project",
        "A span’s article, label, author, speaker and assertion are of one project.",
        _strangers_to_span,
    ),
    Guard(
        Span,
        "UPDATE",
        "project",
        "A span’s article, label, author, speaker and assertion are of one project.",
        lambda d: (
            f"({_any_differs(d, ['label_id', 'speaker_id', 'assertion_id'])}) "
            f"AND ({_strangers_to_span(d)})"
        ),
    ),
    _frozen(Span, "article_id", "author_id", "stream_id"),
    Guard(
        Citation,
        "INSERT",
        "project",
        "A citation’s source and assertion are of one project.",
        lambda d: d.differs(
            _project_of(_SOURCE, "NEW.source_id"), _project_of(_ASSERTION, "NEW.assertion_id")
        ),
    ),
    # It moves along where the span that shows it joins another assertion.
    Guard(
        Citation,
        "UPDATE",
        "project",
        "A citation’s source and assertion are of one project.",
        lambda d: (
            f"({d.differs('NEW.assertion_id', 'OLD.assertion_id')}) AND "
            + d.differs(
                _project_of(_SOURCE, "NEW.source_id"), _project_of(_ASSERTION, "NEW.assertion_id")
            )
        ),
    ),
    _frozen(Citation, "source_id", "added_by_id"),
    # Second reading
    Guard(
        Decision,
        "INSERT",
        "four_eyes",
        "Nobody is second reader of what he wrote.",
        _reads_own,
    ),
    _frozen(
        Decision,
        *("span_id", "reader_id", "outcome", "reason_code", "digest", "made_at"),
        "carried_from_id",
    ),
    Guard(
        Decision,
        "UPDATE",
        "void",
        "A decision that was voided stays void.",
        lambda _: "OLD.voided_at IS NOT NULL AND NEW.voided_at IS NULL",
    ),
    Guard(
        SignOff,
        "UPDATE",
        "lapse",
        "A sign-off that lapsed never stands again.",
        lambda _: "OLD.lapsed_at IS NOT NULL AND NEW.lapsed_at IS NULL",
    ),
    _frozen(SignOff, "article_id", "signer_id", "signed_at", "scheme", "digest", "items"),
    # History
    Guard(
        Event, "INSERT", "chain", "An event does not follow from the one before it.", _breaks_chain
    ),
    Guard(Event, "UPDATE", "history", "History is never rewritten.", _rewrites_history),
    _frozen(Stream, "project_id", "kind", "article_id", "person_id"),
    Guard(
        Stream,
        "UPDATE",
        "length",
        "A stream never grows shorter.",
        lambda d: (
            "NEW.sequence < OLD.sequence OR (NEW.sequence = OLD.sequence AND "
            f"{d.differs('NEW.head_hash', 'OLD.head_hash')})"
        ),
    ),
)

_ACCOUNTS = "An account is never deleted; deactivate it instead."
_LINKS = "A link of a person to an account is never deleted or changed; it ends."

_LOCAL: tuple[Guard, ...] = (
    # Four eyes are those of accounts, over all links ever made.
    Guard(User, "DELETE", "stays", _ACCOUNTS, lambda _: "1 = 1"),
    Guard(PersonAccount, "DELETE", "stays", _LINKS, lambda _: "1 = 1"),
    Guard(
        PersonAccount,
        "UPDATE",
        "frozen",
        _LINKS,
        lambda d: (
            f"({_any_differs(d, ['person_id', 'project_id', 'account_id', 'since'])}) OR "
            f"(OLD.ended_at IS NOT NULL AND {d.differs('NEW.ended_at', 'OLD.ended_at')})"
        ),
    ),
    Guard(
        WithheldPayload,
        "INSERT",
        "empty",
        "Only a payload that is not here was withheld.",
        lambda _: (
            f"EXISTS (SELECT 1 FROM {_EVENT} WHERE uuid = NEW.event_id AND payload IS NOT NULL)"
        ),
    ),
    Guard(
        WithheldPayload,
        "DELETE",
        "stays",
        "What says that a payload was withheld stays.",
        lambda _: "1 = 1",
    ),
    Guard(Salt, "DELETE", "stays", "The salt of a database stays.", lambda _: "1 = 1"),
    Guard(
        Salt,
        "UPDATE",
        "frozen",
        "The salt of a database never changes.",
        lambda d: d.differs("NEW.value", "OLD.value"),
    ),
)

_DELETES = (
    *(
        _stays(model)
        for model in (Project, Person, Label, Speaker, Article, Stream, Source, Event, SignOff)
    ),
    *(_stays(model, "OLD.article_id") for model in (Block, Span, Comment, Assignment)),
    _stays(Decision, f"SELECT article_id FROM {_SPAN} WHERE uuid = OLD.span_id"),
    _stays(Citation, f"{_ASSERTION_ARTICLE} OLD.assertion_id"),
    _stays(WorkLogEntry, f"{_ASSERTION_ARTICLE} OLD.assertion_id"),
    _stays(AssertionRelation, f"{_ASSERTION_ARTICLE} OLD.subject_id"),
    _stays(Assertion, f"SELECT article_id FROM {_STREAM} WHERE uuid = OLD.stream_id"),
)


def _cannot_hold(limit: Limit) -> str:
    """Return when SQLite would store in a column what PostgreSQL refuses."""
    value = f'NEW."{limit.column}"'
    if limit.kind == "number":
        return f"{value} NOT BETWEEN {limit.least} AND {limit.most}"
    if limit.kind == "json":
        # Of a backslash that is escaped itself "u0000" are letters.
        return f"instr(replace({value}, '\\\\', ''), '\\u0000') > 0"
    nul = f"instr({value}, char(0)) > 0"
    return nul if limit.most is None else f"length({value}) > {limit.most} OR {nul}"


def _limits(model: type[models.Model]) -> tuple[Guard, Guard]:
    message = (
        f"A column of {a_row_of(model)} cannot hold this: a text is too long or has a NUL "
        "character, or a number is out of range."
    )
    limits = limits_of(model)
    anywhere = " OR ".join(_cannot_hold(limit) for limit in limits)
    changed = " OR ".join(
        f'(NEW."{limit.column}" IS NOT OLD."{limit.column}" AND ({_cannot_hold(limit)}))'
        for limit in limits
    )
    return (
        Guard(model, "INSERT", "limits", message, lambda _: anywhere),
        Guard(model, "UPDATE", "limits", message, lambda _: changed),
    )


GUARDS: tuple[Guard, ...] = (
    *(_revision_rises(model) for model in EXPORTED if issubclass(model, Record)),
    *_SPECIAL,
    *_LOCAL,
    *_DELETES,
)


@cache
def _due(vendor: str) -> tuple[Guard, ...]:
    if vendor != "sqlite":
        return GUARDS
    return (*GUARDS, *(guard for model in limited() for guard in _limits(model)))


def due(connection: BaseDatabaseWrapper) -> tuple[Guard, ...]:
    """Return the guards that must stand in a database of this kind.

    On SQLite also those that hold columns to what PostgreSQL can take.
    """
    return _due(connection.vendor)


def standing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the guards that stand in the database, as name → table."""
    with connection.cursor() as cursor:
        cursor.execute(DIALECTS[connection.vendor].existing())
        return dict(cursor.fetchall())


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the guards down. Only a purge of a test database and a test of ``verify`` may."""
    dialect = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        for name, table in standing(connection).items():
            for statement in dialect.drop(name, table):
                cursor.execute(statement)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard up anew."""
    lift(connection)
    dialect = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        for guard in due(connection):
            for statement in dialect.create(guard):
                cursor.execute(statement)


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Take the guards down for a while."""
    lift(connection)
    try:
        yield
    finally:
        install(connection)
