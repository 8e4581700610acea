"""Rows by the events that made them."""

from typing import Any
from uuid import UUID

from annotations.domain.events import Kind
from annotations.domain.schema import read_payload
from annotations.models import Event, Project, Record
from annotations.models.rows import TABLES


def rows_made(project: Project, kind: Kind, table: str, **with_values: Any) -> list[Record]:
    """Return the rows of ``table`` that events of ``kind`` made, as they are now, oldest first.

    ``with_values`` are fields that a row had when it was made. Two queries.
    """
    events = Event.objects.filter(
        stream__project=project, kind=kind, payload__isnull=False
    ).order_by("time", "sequence")
    keys = [
        UUID(change["id"])
        for payload in events.values_list("payload", flat=True)
        for change in read_payload(payload or "")["changes"]
        if change["table"] == table
        and change["before"] is None
        and all(change["after"][name] == value for name, value in with_values.items())
    ]
    here = TABLES[table]._default_manager.in_bulk(keys)
    return [here[key] for key in keys]


def last_event_time(project: Project) -> int:
    """Return when the newest event of the project happened, in milliseconds since 1970."""
    newest = Event.objects.filter(stream__project=project).order_by("-time")
    return newest.values_list("time", flat=True)[0]
