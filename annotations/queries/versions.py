"""A row as it was at a revision, and who has changed it since: read from its history."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotations.domain.schema import read_payload
from annotations.models import Event


@dataclass(frozen=True)
class Version:
    """A row after one change of it: its state as payloads have it."""

    state: dict[str, Any]
    actor: str
    operation: UUID
    #: Milliseconds since 1970 in UTC.
    time: int

    @property
    def revision(self) -> int:
        revision: int = self.state["revision"]
        return revision


def versions(key: UUID, streams: Iterable[UUID], since: int) -> list[Version]:
    """Return a row's versions from revision ``since`` on, the newest first.

    Looked for in ``streams``; one whose payload was withheld is left out. The events are read
    from the newest backwards, and only as far as needed.
    """
    found: list[Version] = []
    wanted = str(key)
    for stream in streams:
        events = (
            Event.objects.filter(stream=stream, payload__contains=wanted)
            .order_by("-sequence")
            .values_list("payload", "actor__name", "operation", "time")
        )
        for payload, actor, operation, time in events.iterator(chunk_size=20):
            here = [
                Version(change["after"], actor, operation, time)
                for change in reversed(read_payload(payload or "")["changes"])
                if change["id"] == wanted
            ]
            found += [version for version in here if version.revision >= since]
            if any(version.revision <= since for version in here):
                break
    return sorted(found, key=lambda version: -version.revision)
