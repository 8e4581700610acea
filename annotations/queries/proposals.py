"""What second readers ask of the authors of spans, and why a proposal does not stand any more."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, IntegerField, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Substr

from annotations.domain.events import WORDS, Kind
from annotations.domain.proposals import Asked, lines_of
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Outcome, ReturnReason
from annotations.models import Decision, Event, Label, PersonAccount, Speaker
from annotations.models.rows import fields_of
from annotations.queries.access import Member

#: What of a span voids a decision, in words, by the fields that say it.
_PARTS = {
    "boundaries": ("start", "end"),
    "label": ("label",),
    "voice": ("voice", "speaker", "chain"),
}


def with_words(decisions: "QuerySet[Decision]") -> "QuerySet[Decision]":
    """Add to decisions the words that they propose for their spans, as ``words``.

    They are cut out of the text in the database: it may have megabytes.
    """
    start, end = (
        Coalesce(Cast(KeyTextTransform(name, "proposal"), IntegerField()), F(f"span__{name}"))
        for name in ("start", "end")
    )
    return decisions.annotate(words=Substr("span__article__text", start + 1, end - start))


def asked_of(spans: Iterable[UUID]) -> dict[str, list[Asked]]:
    """Return what stands asked of the authors of spans, by span, oldest first.

    One query, and two more for the names that proposals mention.
    """
    decisions = (
        Decision.objects.filter(
            span__in=list(spans), voided_at=None, declined_at=None, taken_at=None
        )
        .exclude(outcome=Outcome.ACCEPTED)
        .order_by("made_at", "uuid")
    )
    found: dict[str, list[Asked]] = {}
    for span, asked in told(decisions):
        found.setdefault(str(span), []).append(asked)
    return found


def told(decisions: "QuerySet[Decision]") -> list[tuple[UUID, Asked]]:
    """Return decisions as they are shown to the authors of their spans."""
    rows: list[Any] = list(
        with_words(decisions).select_related("reader", "span").defer("span__article__text")
    )
    names = _names(rows)
    return [(row.span_id, asked(row, names)) for row in rows]


def asked(row: Any, names: dict[str, str]) -> Asked:
    """Return a decision as it is shown; ``row`` came through ``with_words``."""
    span = row.span
    lines = (
        lines_of(row.proposal, fields_of(span), names, (span.quote, row.words))
        if row.outcome == Outcome.PROPOSED
        else ()
    )
    return Asked(
        uuid=str(row.pk),
        outcome=row.outcome,
        who=row.reader.name,
        why=ReturnReason(row.reason_code).label if row.reason_code else "",
        reason=row.reason,
        lines=lines,
    )


def _names(rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of the labels and speakers that proposals mention, now and proposed."""
    names: dict[str, str] = {}
    proposals = [row for row in rows if row.proposal]
    for name, table in (("label", Label), ("speaker", Speaker)):
        keys = {
            str(key)
            for row in proposals
            if name in row.proposal
            for key in (row.proposal[name], getattr(row.span, f"{name}_id"))
            if key
        }
        if keys:
            rows_named = table._default_manager.filter(pk__in=keys).values_list("pk", "name")
            names |= {str(key): called for key, called in rows_named}
    return names


def own_proposals(by: Member, decisions: Sequence[UUID]) -> set[UUID]:
    """Return which of the decisions the member's own account has made, as whoever it acted."""
    if not decisions:
        return set()
    mine = PersonAccount.objects.filter(
        project=by.project,
        account__in=PersonAccount.objects.filter(person=by.person).values("account"),
    ).values("person")
    found = Decision.objects.filter(pk__in=decisions, reader__in=mine)
    return set(found.values_list("pk", flat=True))


def why_not_standing(decision: Decision) -> str:
    """Return in a sentence why a proposal cannot be answered any more; "" where it can."""
    reader = decision.reader.name
    who = decision.answered_by.name if decision.answered_by else "somebody"
    if decision.outcome != Outcome.PROPOSED:
        return f"{reader} proposed no change."
    if decision.taken_at is not None:
        return f"{who} has taken it."
    if decision.declined_at is not None:
        return f"{who} has kept the span as it was: “{decision.answer}”"
    if decision.voided_at is None:
        return ""
    event, changes = _voided(decision)
    if event is None:
        return "what it was about has changed."
    actor, kind = event.actor.name, Kind(event.kind)
    if event.actor_id == decision.reader_id and kind in (Kind.DECISION_MADE, Kind.UNDONE):
        done = "taken it back" if kind == Kind.UNDONE else "decided anew"
        return f"{reader} has {done}."
    said = f"since {reader} made it, {actor} {WORDS[kind]}"
    return f"{said} ({', '.join(changes)})." if changes else f"{said}."


def _voided(decision: Decision) -> tuple[Event | None, list[str]]:
    """Return the event that voided a decision, and what of its span that changed."""
    for event in (
        Event.objects.filter(
            stream__project=decision.reader.project_id, payload__contains=str(decision.pk)
        )
        .select_related("actor")
        .order_by("-time", "-sequence")
    ):
        changes = read_payload(event.payload or "")["changes"]
        for change in changes:
            before = change["before"]
            if change["id"] != str(decision.pk) or before is None or before["voided_at"]:
                continue
            if change["after"]["voided_at"]:
                return event, _changed(changes, str(decision.span_id))
    return None, []


def _changed(changes: list[dict[str, Any]], span: str) -> list[str]:
    return [
        part
        for change in changes
        if change["id"] == span and change["before"] is not None
        for part, names in _PARTS.items()
        if any(change["before"][name] != change["after"][name] for name in names)
    ]
