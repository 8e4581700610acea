"""Statements that Django writes once and the database runs many times, with other values.

A save reads a dozen small things, and Django takes ten times as long to write each query as SQLite
to answer it. Those on the way of every save are written once for each kind of database.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.models.sql import InsertQuery, UpdateQuery

R = TypeVar("R")

#: What stands for the first integer while a query is written; no constant of a query is near.
_INTEGER = 1_900_000_001
#: The same for keys: no row has one of these.
_KEY = 0xFFFF_FFFF_0000_4000_8000_0000_0000_0000


class _Written(NamedTuple):
    sql: str
    #: For each parameter the number of the value that fills it, or None and a constant.
    parameters: list[tuple[int | None, Any]]
    #: What turns a column of the answer into Python, by its number.
    converters: list[tuple[int, list[Callable[[Any, Any, Any], Any]], Any]]
    build: Callable[[Any], Any]


class Prepared(Generic[R]):
    """A queryset written once: ``make`` is given stand-ins, a call the values in their place.

    ``kinds`` are the types of the values, UUID or int, none of which may be None; ``make`` uses
    them as they are in conditions, as often as it likes. Rows come as the queryset has them:
    tuples of ``values_list``, or models with what ``select_related`` and ``annotate`` add.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, R]], *kinds: type) -> None:
        self.make = make
        self.kinds = kinds
        self._written: dict[str, _Written] = {}

    def __call__(self, *values: Any) -> list[R]:
        connection: Any = connections[DEFAULT_DB_ALIAS]
        written = self._written.get(connection.vendor)
        if written is None:
            written = self._written[connection.vendor] = self._write(connection)
        filled = _stored(values, connection.vendor)
        with connection.cursor() as cursor:
            cursor.execute(
                written.sql,
                [constant if n is None else filled[n] for n, constant in written.parameters],
            )
            rows = cursor.fetchall()
        return [written.build(row) for row in _converted(rows, written, connection)]

    def first(self, *values: Any) -> R | None:
        rows = self(*values)
        return rows[0] if rows else None

    def _write(self, connection: Any) -> _Written:
        # Not random: whoever replays a history with chosen random numbers must get the same ones
        # whether or not a query was written before.
        stand_ins = [
            UUID(int=_KEY + number) if kind is UUID else _INTEGER + number
            for number, kind in enumerate(self.kinds)
        ]
        rows: Any = self.make(*stand_ins)
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        number = {value: n for n, value in enumerate(_stored(stand_ins, connection.vendor))}
        found = [(number.get(value), value) for value in parameters]
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        return _Written(
            sql,
            found,
            [(number, *converters[number]) for number in converters],
            _builder(rows, compiler),
        )


class PreparedIn(Generic[R]):
    """A queryset about some rows by their keys, which ``make`` uses as they are in one ``__in``.

    Written for 4, 16, 64 … keys: the first key fills what is left over.
    """

    def __init__(self, make: Callable[[Sequence[UUID]], QuerySet[Any, R]]) -> None:
        self.make = make
        self._by_size: dict[int, Prepared[R]] = {}

    def __call__(self, keys: Sequence[UUID]) -> list[R]:
        if not keys:
            return []
        size = 4
        while size < len(keys):
            size *= 4
        if size > 256:
            return list(self.make(keys))
        prepared = self._by_size.get(size)
        if prepared is None:
            prepared = Prepared(lambda *stand_ins: self.make(stand_ins), *(UUID,) * size)
            self._by_size[size] = prepared
        return prepared(*keys, *(keys[0],) * (size - len(keys)))


def _stored(values: Any, vendor: str) -> list[Any]:
    if vendor == "sqlite":
        return [value.hex if isinstance(value, UUID) else value for value in values]
    return list(values)


def _converted(rows: list[Any], written: _Written, connection: Any) -> Iterator[Any]:
    for row in rows:
        columns = list(row)
        for number, steps, column in written.converters:
            value = columns[number]
            for step in steps:
                value = step(value, column, connection)
            columns[number] = value
        yield columns


def _builder(rows: Any, compiler: Any) -> Callable[[Any], Any]:
    """Return what makes of a row's columns what the queryset would."""
    if rows._iterable_class is ValuesListIterable:
        return tuple
    if rows._iterable_class is FlatValuesListIterable:
        return itemgetter(0)
    if rows._iterable_class is not ModelIterable:
        raise TypeError("A prepared query gives models, or tuples of values_list.")
    fields = compiler.klass_info["select_fields"]
    first, last = fields[0], fields[-1] + 1
    attributes = [column.target.attname for column, _, _ in compiler.select[first:last]]
    related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)
    annotations = list((compiler.annotation_col_map or {}).items())
    from_db = rows.model.from_db

    def build(columns: Any) -> Any:
        row = from_db(DEFAULT_DB_ALIAS, attributes, columns[first:last])
        for populator in related:
            populator.populate(columns, row)
        for name, number in annotations:
            setattr(row, name, columns[number])
        return row

    return build


_INSERTS: dict[tuple[str, type[Model]], str] = {}
_UPDATES: dict[tuple[str, type[Model], tuple[str, ...]], str] = {}


def insert(model: type[Model], rows: Sequence[Any]) -> None:
    """Store new rows as they stand, in one statement; a key that the database gives is not read.

    Like ``bulk_create``, without the limit on parameters that cuts its statements short.
    """
    if not rows:
        return
    connection: Any = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in model._meta.local_concrete_fields if not field.db_returning]
    sql = _INSERTS.get((connection.vendor, model))
    if sql is None:
        query = InsertQuery(model)
        query.insert_values(fields, rows[:1])
        ((sql, _),) = query.get_compiler(connection=connection).as_sql()
        _INSERTS[connection.vendor, model] = sql
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [
                [
                    field.get_db_prep_save(field.pre_save(row, add=True), connection)
                    for field in fields
                ]
                for row in rows
            ],
        )
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update(row: Model, *names: str) -> None:
    """Store the fields ``names`` of a row that is there; none of them may be None."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    model = type(row)
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    sql = _UPDATES.get((connection.vendor, model, names))
    if sql is None:
        query: Any = model._default_manager.filter(pk=row.pk).query.chain(UpdateQuery)
        query.add_update_fields([(field, None, getattr(row, field.attname)) for field in fields])
        sql, _ = query.get_compiler(connection=connection).as_sql()
        _UPDATES[connection.vendor, model, names] = sql
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in (*fields, model._meta.pk)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
