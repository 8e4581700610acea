"""What the columns of the tables can hold on either database, taken from the models.

PostgreSQL refuses a text that is longer than its column, a NUL, half of a character, and a number
out of range; SQLite takes them all. So actions ask here before they write, guards refuse on
SQLite what came past them (``guards.py``), and ``verify`` names what is there from earlier days.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations

from annotations.domain.errors import Refused
from annotations.domain.portable import json_fault, number_fault, text_fault
from annotations.models.base import a_row_of

#: Apps whose tables are held to their limits: ours, and the accounts.
_APPS = ("annotations", "auth")
#: An index, whose rows triggers fill.
_LEFT_OUT = frozenset(("annotations.searchentry",))


_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limit:
    """What one column can hold: a ``text`` of so many characters, ``json``, or a ``number``."""

    kind: str
    name: str
    column: str
    words: str
    #: Of a text the most characters, of a number the largest; None for no limit.
    most: int | None = None
    least: int = 0

    def fault(self, value: Any) -> str:
        """Say why the column cannot hold a value; "" where it can."""
        if value is None:
            return ""
        if self.kind == "json":
            return json_fault(value)
        if self.kind == "text":
            return text_fault(value, self.most) if isinstance(value, str) else ""
        return number_fault(value, self.least, self.most or 0) if isinstance(value, int) else ""


def _limit(field: "models.Field[Any, Any]") -> Limit | None:
    named = (field.attname, field.column, str(field.verbose_name))
    if isinstance(field, models.JSONField):
        return Limit("json", *named)
    if isinstance(field, models.CharField | models.TextField):
        return Limit("text", *named, field.max_length)
    kind = field.get_internal_type()
    if kind in BaseDatabaseOperations.integer_field_ranges and not field.primary_key:
        least, most = BaseDatabaseOperations.integer_field_ranges[kind]
        if most >= _LARGEST:
            # No column of either database holds more than 64 bits.
            return None
        return Limit("number", *named, most, least)
    return None


@cache
def limits_of(model: type[models.Model]) -> tuple[Limit, ...]:
    """Return the limits of a table's columns, in their order."""
    found = (_limit(field) for field in model._meta.concrete_fields)
    return tuple(limit for limit in found if limit is not None)


def limited() -> list[type[models.Model]]:
    """Return the tables that are held to their limits."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in _APPS
        and model._meta.managed
        and not model._meta.proxy
        and model._meta.label_lower not in _LEFT_OUT
        and limits_of(model)
    ]


def check_row(row: models.Model) -> None:
    """Raise ``Refused`` where a column cannot hold what the row has for it."""
    values = row.__dict__
    for limit in limits_of(type(row)):
        if fault := limit.fault(values.get(limit.name)):
            raise Refused(
                f"The {limit.words} of {a_row_of(type(row))} {fault}.",
                code="unportable",
                field=limit.name,
            )
