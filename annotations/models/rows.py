"""Rows as plain JSON values: what fixtures, payloads and digests say of a row.

A row's ``fields`` are named and spelled as Django's JSON fixtures have them: keys of other rows
as UUIDs with dashes, times in UTC with milliseconds and a Z.
"""

import datetime
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import models

from annotations.domain.history import digest, digest_of
from annotations.domain.withholding import known_to_the_desk
from annotations.models.article import Article, Block
from annotations.models.base import Record
from annotations.models.evidence import Assertion, AssertionRelation, Citation, Source, WorkLogEntry
from annotations.models.history import Event, Stream
from annotations.models.project import Label, Person, Project
from annotations.models.review import Assignment, Comment, Decision, SignOff
from annotations.models.span import Span, Speaker

#: Every exported table, parents before children, as a fixture lists them.
EXPORTED: tuple[type[models.Model], ...] = (
    Project,
    Person,
    Label,
    Speaker,
    Article,
    Stream,
    Source,
    Block,
    Assertion,
    AssertionRelation,
    WorkLogEntry,
    Citation,
    Span,
    Decision,
    Comment,
    Assignment,
    SignOff,
    Event,
)

#: The tables whose rows events carry, by the name they have in payloads.
TABLES: dict[str, type[Record]] = {
    model._meta.model_name or "": model for model in EXPORTED if issubclass(model, Record)
}


def show_time(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _time(value: datetime.datetime | None) -> str | None:
    return None if value is None else show_time(value)


@cache
def columns(model: type[models.Model]) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    """Return (name, attribute, how to spell it) of each field but the key, in the table's order."""
    found = []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        if isinstance(field, models.ForeignKey | models.UUIDField | models.DateField):
            spell = _time if isinstance(field, models.DateTimeField) else _text
        else:
            spell = _plain
        found.append((field.name, field.attname, spell))
    return tuple(found)


class _Keys(dict[Any, str | None]):
    """Spell UUIDs as SQLite stores them, by 32 digits, with dashes; each one once."""

    def __missing__(self, stored: str | None) -> str | None:
        spelt = stored
        if stored is not None:
            spelt = "-".join((stored[:8], stored[8:12], stored[12:16], stored[16:20], stored[20:]))
        self[stored] = spelt
        return spelt


def _sqlite_time(stored: datetime.datetime | None) -> str | None:
    """Spell a time as SQLite's driver gives it: without a zone, in UTC."""
    return None if stored is None else f"{stored.isoformat(timespec='milliseconds')}Z"


def _json(stored: str | None) -> Any:
    return None if stored is None else json.loads(stored)


def stored_spelling(field: "models.Field[Any, Any]", vendor: str) -> Callable[[Any], Any] | None:
    """Return how to spell what the driver of ``vendor`` gives of a field; None where as it is.

    What it returns is made for one run over some thousand rows: it remembers the keys it met.
    """
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    sqlite = vendor == "sqlite"
    if isinstance(field, models.UUIDField):
        return _Keys().__getitem__ if sqlite else _text
    if isinstance(field, models.DateTimeField):
        return _sqlite_time if sqlite else _time
    if isinstance(field, models.DateField):
        return _text
    if isinstance(field, models.JSONField):
        return _json
    return None


def column(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """Return a column of a table by the name of its field."""
    found = model._meta.get_field(name)
    if not isinstance(found, models.Field):
        raise TypeError(f"{name} is no column of {model.__name__}.")
    return found


def fields_of(row: models.Model) -> dict[str, Any]:
    """Return the row's fields as a fixture has them."""
    values = row.__dict__
    return {name: spell(values[attribute]) for name, attribute, spell in columns(type(row))}


def spelt(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values``, as an action takes them, as a payload would have them."""
    found = {}
    for name, attribute, spell in columns(model):
        for given in {name, attribute} & values.keys():
            value = values[given]
            found[name] = spell(value.pk if isinstance(value, models.Model) else value)
    return found


def state_of(row: Record) -> dict[str, Any]:
    """Return the row's fields as a payload has them (``told``)."""
    return told(type(row), fields_of(row))


def told(model: type[Record], fields: dict[str, Any]) -> dict[str, Any]:
    """Return ``fields`` as a payload may tell them.

    What is long and frozen stands by its digest; of a confidential source only what the desk
    says of it, so that no history holds who it is.
    """
    for name in model.DIGESTED:
        value = fields[name]
        fields[name] = digest(value) if isinstance(value, str) else digest_of(value)
    return known_to_the_desk(fields) if model is Source else fields
