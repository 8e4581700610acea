"""Taking back one's last operation in an article, by a new operation."""

import json
from typing import Any
from uuid import UUID

from annotations.actions.evidence import record_evidence, streams_of
from annotations.actions.recording import Key, Operation, operation, repeatable, require_edit
from annotations.actions.spans import write_span
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.models import Article, Assertion, Citation, Event, Person, Record, Span, Stream
from annotations.models.base import now
from annotations.models.rows import TABLES, column, state_of

#: Tables whose rows an undo puts back. A voided decision stays void and a lapsed sign-off stays
#: lapsed, whatever is undone.
_UNDOABLE = frozenset(
    {"span", "assertion", "citation", "assertionrelation", "worklogentry", "block", "comment"}
)
#: Fields that an undo leaves as they are: they say what happened, not what holds.
_KEPT = frozenset({"revision", "authors"})
#: Events that an undo does not reach behind.
_BARRIERS = frozenset(
    {Kind.ARTICLE_IMPORTED, Kind.SPANS_CARRIED, Kind.SIGNED_OFF, Kind.PAYLOAD_ERASED}
)


def last_operation(article: Article, by: Person) -> UUID | None:
    """Return the last operation of ``by`` in the article that an undo would take back."""
    undone = {
        json.loads(payload or "")["undoes"]
        for payload in Event.objects.filter(
            stream__project=article.project_id, actor=by, kind=Kind.UNDONE, payload__isnull=False
        ).values_list("payload", flat=True)
    }
    mine = (
        Event.objects.filter(stream__in=Stream.objects.filter(article=article), actor=by)
        .exclude(kind__in=(Kind.SIGN_OFF_LAPSED, Kind.UNDONE))
        .order_by("-time", "-sequence")
        .values_list("operation", "kind", "payload")
    )
    for made, kind, payload in mine.iterator(chunk_size=50):
        if kind in _BARRIERS or payload is None:
            return None
        changes = json.loads(payload)["changes"]
        # Evidence that articles share changes in the project's stream; here only its echo stands.
        echo = kind == Kind.SPAN_EVIDENCE_CHANGED
        if str(made) not in undone and (
            echo or any(change["table"] in _UNDOABLE for change in changes)
        ):
            found: UUID = made
            return found
    return None


@repeatable(lambda made: made)
def undo_last(article: Article, *, by: Person, key: Key | None = None) -> UUID | None:
    """Undo the last operation of ``by`` in the article that is not undone yet.

    Returns the operation undone, or None where there is nothing left. Raises ``Refused`` when
    somebody has built on it since. A request repeated with the same ``key`` undoes nothing more.
    """
    found = last_operation(article, by)
    if found is None:
        with operation(article.project, by, key=key):
            return None
    events = list(Event.objects.filter(operation=found).order_by("stream", "sequence"))
    contents = [(event, json.loads(event.payload or "")) for event in events]
    streams = {event.stream_id for event in events}
    for _, content in contents:
        for change in content["changes"]:
            streams |= _streams(change)
    with operation(article.project, by, *streams, key=key, makes=found) as op:
        for event, content in reversed(contents):
            _reverse(op, event.stream_id, content, undoes=str(found))
    return found


def _streams(change: dict[str, Any]) -> set[UUID]:
    if change["table"] == "assertion":
        return streams_of(UUID(change["id"]))
    if change["table"] == "citation":
        return streams_of(UUID(change["after"]["assertion"]))
    return set()


def _reverse(op: Operation, stream: UUID, content: dict[str, Any], *, undoes: str) -> None:
    judged: Assertion | None = None
    for change in reversed(content["changes"]):
        if change["table"] not in _UNDOABLE:
            continue
        row = TABLES[change["table"]]._default_manager.get(pk=change["id"])
        values = _values(row, change)
        if not values:
            continue
        if isinstance(row, Span):
            require_edit(op.by, row, op.project)
            write_span(op, row, values)
            continue
        op.save(row, **values)
        if isinstance(row, Citation):
            judged = row.assertion
        elif isinstance(row, Assertion) and "verdict" in values:
            judged = row
    if judged is None:
        blocks = {UUID(key): found for key, found in content["blocks"].items()}
        op.record(stream, Kind.UNDONE, blocks=blocks, undoes=undoes)
    else:
        record_evidence(op, judged, Kind.UNDONE, substance=True, undoes=undoes)


def _values(row: Record, change: dict[str, Any]) -> dict[str, Any]:
    """Return what to write to a row to take a change back: a row that was made is withdrawn."""
    now_is, after, before = state_of(row), change["after"], change["before"]
    if before is None:
        if any(now_is[name] != value for name, value in after.items() if name not in _KEPT):
            raise _built_upon(row)
        if "withdrawn_at" in now_is:
            return {"withdrawn_at": now()}
        return {}
    values: dict[str, Any] = {}
    for name, value in before.items():
        if name in _KEPT or value == after[name]:
            continue
        if now_is[name] != after[name]:
            raise _built_upon(row)
        field = column(type(row), name)
        values[field.attname] = field.to_python(value)
    return values


def _built_upon(row: Record) -> Refused:
    return Refused(
        f"This {row._meta.verbose_name} was changed again since; undo that first.",
        code="built_upon",
    )
