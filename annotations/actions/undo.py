"""Taking back one's last operation in an article, by a new operation."""

import json
from typing import Any
from uuid import UUID

from annotations.actions.recording import Operation, operation, require_edit
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.models import Article, Event, Person, Record, Span, Stream
from annotations.models.rows import TABLES, state_of

#: Tables whose rows an undo puts back. A voided decision stays void and a lapsed sign-off stays
#: lapsed, whatever is undone.
_UNDOABLE = frozenset(
    {"span", "assertion", "citation", "assertionrelation", "worklogentry", "block", "comment"}
)
#: Fields that an undo leaves as they are: they say what happened, not what holds.
_KEPT = frozenset({"revision", "authors"})


def undo_last(article: Article, *, by: Person) -> UUID | None:
    """Undo the last operation of ``by`` in the article that is not undone yet.

    Returns the operation undone, or None where there is nothing left. Raises ``Refused`` when
    somebody has built on it since.
    """
    found = last_operation(article, by)
    if found is None:
        return None
    events = list(Event.objects.filter(operation=found).order_by("stream", "sequence"))
    with operation(article.project, by, *{event.stream_id for event in events}) as op:
        for event in reversed(events):
            _reverse(op, event, by)
            op.record(
                event.stream_id,
                Kind.UNDONE,
                undoes=str(found),
                blocks=_blocks(event),
            )
    return found


def last_operation(article: Article, by: Person) -> UUID | None:
    """Return the last operation of ``by`` in the article that an undo would take back."""
    streams = Stream.objects.filter(article=article)
    mine = (
        Event.objects.filter(stream__in=streams, actor=by)
        .exclude(kind=Kind.SIGN_OFF_LAPSED)
        .order_by("-time", "-sequence")
        .values_list("operation", "kind", "payload")
    )
    undone: set[str] = set()
    for made, kind, payload in mine.iterator(chunk_size=50):
        if payload is None:
            return None
        content = json.loads(payload)
        if kind == Kind.UNDONE:
            undone.add(content["undoes"])
            continue
        if str(made) in undone:
            continue
        if kind in (
            Kind.ARTICLE_IMPORTED,
            Kind.SPANS_CARRIED,
            Kind.SIGNED_OFF,
            Kind.PAYLOAD_ERASED,
        ):
            return None
        if any(change["table"] in _UNDOABLE for change in content["changes"]):
            return made
    return None


def _blocks(event: Event) -> dict[UUID, list[int]]:
    return {UUID(key): found for key, found in json.loads(event.payload or "")["blocks"].items()}


def _reverse(op: Operation, event: Event, by: Person) -> None:
    for change in reversed(json.loads(event.payload or "")["changes"]):
        if change["table"] not in _UNDOABLE:
            continue
        model = TABLES[change["table"]]
        row = model._default_manager.get(pk=change["id"])
        if isinstance(row, Span):
            require_edit(by, row, op.project)
        _put_back(op, row, change)


def _put_back(op: Operation, row: Record, change: dict[str, Any]) -> None:
    now_is = state_of(row)
    after, before = change["after"], change["before"]
    if before is None:
        if row.revision != after["revision"]:
            raise _built_upon(row)
        if "withdrawn_at" in now_is:
            op.save(row, withdrawn_at=op.at)
        return
    values: dict[str, Any] = {}
    for name, value in before.items():
        if name in _KEPT or value == after[name]:
            continue
        if now_is[name] != after[name]:
            raise _built_upon(row)
        field = row._meta.get_field(name)
        values[field.attname] = field.to_python(value)
    op.save(row, **values)


def _built_upon(row: Record) -> Refused:
    return Refused(
        f"This {row._meta.verbose_name} was changed again since; undo that first.",
        code="built_upon",
    )
