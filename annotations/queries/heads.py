"""The head of every history, to be kept elsewhere, and whether they are still here.

A chain that somebody computed anew from its beginning fits in itself. Only who has kept the hash
of an event somewhere else can tell.
"""

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import QuerySet

from annotations.domain.errors import Refused
from annotations.models import Event, Project, Stream
from annotations.queries.finding import Finding

_LINE = re.compile(
    r"(?P<stream>[0-9a-fA-F-]{32,36}) (?P<sequence>[0-9]{1,10})(?: (?P<hash>[0-9a-f]{64}))?"
)


def _streams(project: Project | None) -> QuerySet[Stream]:
    return Stream.objects.all() if project is None else Stream.objects.filter(project=project)


def head_lines(project: Project | None = None) -> Iterator[str]:
    """Yield ``UUID SEQUENCE HASH`` of each history, as a backup's ``heads_sha256`` has them."""
    streams = _streams(project).order_by("pk")
    for stream, sequence, head in streams.values_list("pk", "sequence", "head_hash"):
        yield f"{stream} {sequence} {head}"


def lost_heads(lines: Iterable[str], project: Project | None = None) -> Iterator[Finding]:
    """Yield a finding for each head that is not here any more, be the history longer by now.

    With ``project`` the heads of other projects that are here are passed over. Raises ``Refused``
    for a line that is none.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        stream, sequence, kept = _read(line.strip(), number)
        here = Stream.objects.filter(pk=stream).first()
        if here is None:
            yield Finding("head_missing", f"The history {stream} is not here any more.")
        elif project is not None and here.project_id != project.pk:
            continue
        elif here.sequence < sequence:
            yield Finding(
                "head_shorter",
                f"The history {stream} has {here.sequence} events; it had {sequence}.",
            )
        elif sequence:
            events = Event.objects.filter(stream=stream, sequence=sequence)
            if events.values_list("hash", flat=True).first() != kept:
                yield Finding(
                    "head_differs",
                    f"Event {sequence} of the history {stream} is not the one that was there.",
                )


def _read(line: str, number: int) -> tuple[UUID, int, str | None]:
    found = _LINE.fullmatch(line)
    try:
        if found is None or (found["sequence"].strip("0") and not found["hash"]):
            raise ValueError(line)
        return UUID(found["stream"]), int(found["sequence"]), found["hash"]
    except ValueError:
        raise Refused(
            f"Line {number} is not a head of a history: “{line[:100]}”. A head is written UUID "
            "SEQUENCE HASH, as manage.py verify --print-heads writes it.",
            code="head",
        ) from None
