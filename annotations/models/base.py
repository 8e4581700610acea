"""What every exported row has."""

import datetime
import json
import uuid
from typing import Any

from django.db import models
from django.utils import timezone


def now() -> datetime.datetime:
    """Return the time in UTC, cut to whole milliseconds: what fixtures and hashes can hold."""
    time = timezone.now()
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class OneSpelling(json.JSONEncoder):
    """Spell equal values alike, so that a guard sees a difference only where there is one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options | {"sort_keys": True, "ensure_ascii": False, "separators": (",", ":")}
        )


def a_row_of(model: type[models.Model]) -> str:
    """Return "an article", "a span": a row of the table, as sentences name it."""
    name = str(model._meta.verbose_name)
    # "u" is spoken as in "user", the one name that begins with it.
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def json_field(**options: Any) -> models.JSONField:
    return models.JSONField(encoder=OneSpelling, **options)


class Record(models.Model):
    """A row that is exported: known everywhere by its UUID, changed only when ``revision`` rises.

    The UUID is the primary key, so fixtures, payloads and addresses name a row alike in every
    database (docs/decisions/0001-uuid-primary-keys.md).
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.PositiveIntegerField(default=1)

    #: Fields that stand in payloads and digests as the digest of their value: long and frozen.
    DIGESTED: tuple[str, ...] = ()

    class Meta:
        abstract = True


def choice(
    choices: type[models.TextChoices], *, blank: bool = False, **kwargs: object
) -> models.CharField:
    """Return a column for one of ``choices``; ``one_of`` holds the database to it."""
    return models.CharField(max_length=20, choices=choices.choices, blank=blank, **kwargs)


def one_of(model: str, **fields: type[models.TextChoices]) -> list[models.CheckConstraint]:
    """Return a CHECK for each field that refuses values outside its choices.

    A blank is allowed where the vocabulary is optional, which the field's name says by a
    trailing ``__blank``.
    """
    constraints = []
    for name, choices in fields.items():
        field = name.removesuffix("__blank")
        values = [*choices.values, *([""] if name.endswith("__blank") else [])]
        constraints.append(
            models.CheckConstraint(
                condition=models.Q(**{f"{field}__in": values}), name=f"{model}_{field}_known"
            )
        )
    return constraints
