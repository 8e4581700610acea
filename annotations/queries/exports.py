"""Which files have left, and which of them hold what a source was before it was confidential."""

from django.db.models import QuerySet

from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Access
from annotations.domain.withholding import as_told
from annotations.models import Citation, Event, Export, Project, Source, Stream
from annotations.queries.access import Member

#: Rows on a page.
SIZE = 25


def exports(by: Member) -> QuerySet[Export]:
    """Return the files that have left the project, the newest first."""
    return Export.objects.filter(project=by.project).select_related("person").order_by("-at", "-pk")


def exports_that_name(by: Member, source: Source) -> list[Export]:
    """Return the files that say what a source is or was, the newest first."""
    return list(exports(by).filter(sources=source)[:1000])


def head_of(project: Project) -> tuple[int, str]:
    """Return length and head of the project's own history."""
    return Stream.objects.filter(pk=project.pk).values_list("sequence", "head_hash").get()


def events_that_tell(source: Source) -> list[Event]:
    """Return the events whose payloads say what a confidential source was while it was open.

    Those of the source in the project's stream, and those of its citations that name an archived
    copy, wherever they are told. Their payloads are not kept on the rows returned.
    """
    if source.access != Access.CONFIDENTIAL:
        return []
    cited = Citation.objects.filter(source=source)
    streams = {source.project_id, *cited.values_list("assertion__stream", flat=True)}
    streams.update(
        key for key in cited.values_list("assertion__spans__stream", flat=True) if key is not None
    )
    rows = Event.objects.filter(stream__in=streams, payload__contains=str(source.pk))
    return [
        event
        for event in rows.order_by("stream", "sequence")
        if any(_tells(change, source) for change in read_payload(event.payload or "")["changes"])
    ]


def _tells(change: dict[str, object], source: Source) -> bool:
    table, states = change["table"], (change["before"], change["after"])
    if table == "source" and change["id"] != str(source.pk):
        return False
    return any(
        as_told(str(table), state, confidential=True) != state
        for state in states
        if isinstance(state, dict)
        and (table == "source" or (table == "citation" and state["source"] == str(source.pk)))
    )
