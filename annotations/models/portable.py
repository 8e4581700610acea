"""Columns as a backup spells them, the same from and into either database.

As exports do (``rows.stored_spelling``), but that nothing is cut: times keep their microseconds.
Straight from what a driver gives to what it takes, because a Python value between the two would
be most of the cost.
"""

import base64
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from annotations.models.rows import stored_spelling

#: Columns that both drivers give and take as JSON has them.
_PLAIN = (
    models.AutoField,
    models.BooleanField,
    models.CharField,
    models.FloatField,
    models.IntegerField,
    models.TextField,
)


def columns(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    return list(model._meta.concrete_fields)


def _kind(field: Any) -> Any:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def spelling(field: "models.Field[Any, Any]", vendor: str) -> Callable[[Any], Any] | None:
    """Return how a backup spells what the driver gives of a column; None where as it is."""
    kind = _kind(field)
    if isinstance(kind, models.DateTimeField):
        return _time
    if isinstance(kind, models.BinaryField):
        return _bytes
    spell = stored_spelling(field, vendor)
    if spell is None and not isinstance(kind, _PLAIN):
        raise TypeError(f"How does a backup spell {field}, a {type(kind).__name__}?")
    return spell


def _time(stored: Any) -> str | None:
    # Naive from SQLite's driver and aware from PostgreSQL's, both in UTC.
    return None if stored is None else f"{stored.replace(tzinfo=None).isoformat()}Z"


def _bytes(stored: Any) -> str | None:
    return None if stored is None else base64.b64encode(stored).decode()


def storing(
    field: "models.Field[Any, Any]", connection: BaseDatabaseWrapper
) -> Callable[[Any], Any] | None:
    """Return what makes of a spelt value what the driver takes; None where it takes it as it is."""
    kind = _kind(field)
    if isinstance(kind, models.JSONField):
        return lambda value: kind.get_db_prep_save(value, connection)
    if isinstance(kind, models.BinaryField):
        return lambda value: None if value is None else base64.b64decode(value)
    # PostgreSQL reads keys and times as they are spelt.
    if connection.vendor == "sqlite":
        if isinstance(kind, models.UUIDField):
            return lambda value: None if value is None else value.replace("-", "")
        if isinstance(kind, models.DateTimeField):
            return lambda value: None if value is None else value[:-1].replace("T", " ")
    return None
