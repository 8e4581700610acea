"""Evidence that no span shows: what must not come about, and what older versions left behind."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.domain.rendering import shorten
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Verdict
from annotations.models import (
    Assertion,
    AssertionRelation,
    Citation,
    Event,
    Span,
    WorkLogEntry,
)
from annotations.queries.access import Member

#: Rows on a page.
SIZE = 50


def with_evidence(rows: QuerySet[Assertion]) -> QuerySet[Assertion]:
    """Keep the assertions on which something hangs that somebody found, said or decided."""
    about = {"assertion": OuterRef("pk"), "withdrawn_at": None}
    ends = Q(subject=OuterRef("pk")) | Q(object=OuterRef("pk"))
    return rows.filter(
        ~Q(verdict="", paraphrase="")
        | Exists(Citation.objects.filter(**about))
        | Exists(WorkLogEntry.objects.filter(**about))
        | Exists(AssertionRelation.objects.filter(ends, withdrawn_at=None))
    )


def unseen(rows: QuerySet[Assertion]) -> QuerySet[Assertion]:
    """Keep the assertions with evidence that no span carries; a withdrawn span is in the trash."""
    return with_evidence(rows.filter(~Exists(Span.objects.filter(assertion=OuterRef("pk")))))


def unseen_among(keys: Iterable[UUID]) -> set[UUID]:
    """Return which of the assertions have evidence that no span shows. One query."""
    rows = unseen(Assertion.objects.filter(pk__in=set(keys)))
    return set(rows.values_list("pk", flat=True))


def is_carried(assertion: UUID, besides: UUID) -> bool:
    """Say whether a live span besides one carries the assertion."""
    spans = Span.objects.filter(assertion=assertion, withdrawn_at=None)
    return spans.exclude(pk=besides).exists()


def holds_anything(assertion: UUID) -> bool:
    return with_evidence(Assertion.objects.filter(pk=assertion)).exists()


# --- the page that names them -----------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """A span that carried the assertion, and can take its evidence up again."""

    uuid: UUID
    article: UUID
    title: str
    quote: str


@dataclass(frozen=True)
class Row:
    uuid: UUID
    paraphrase: str
    verdict: str
    reason: str
    citations: int
    log: int
    #: The newest first.
    left: list[Left]


def unseen_rows(by: Member, page: int) -> tuple[list[Row], int]:
    """Return a page of the assertions that no span shows, and how many there are."""
    found = unseen(Assertion.objects.filter(by.readable(), project=by.project)).order_by(
        "created_at", "pk"
    )
    first = (page - 1) * SIZE
    return [_row(by, one) for one in found[first : first + SIZE]], found.count()


def _row(by: Member, assertion: Assertion) -> Row:
    live = {"assertion": assertion, "withdrawn_at": None}
    return Row(
        uuid=assertion.pk,
        paraphrase=assertion.paraphrase,
        verdict=Verdict(assertion.verdict).label if assertion.verdict else "",
        reason=assertion.verdict_reason,
        citations=Citation.objects.filter(**live).count(),
        log=WorkLogEntry.objects.filter(**live).count(),
        left=_left(by, assertion.pk),
    )


def _left(by: Member, assertion: UUID) -> list[Left]:
    """Return the live spans that once carried an assertion, as the history says."""
    events = Event.objects.filter(
        stream__in=by.streams, payload__contains=f'"assertion":"{assertion}"'
    ).order_by("-time", "-sequence")
    keys: list[str] = []
    for payload in events.values_list("payload", flat=True)[:200]:
        for change in read_payload(payload or "")["changes"]:
            states = (change["before"] or {}, change["after"])
            if change["table"] == "span" and str(assertion) in (
                state.get("assertion") for state in states
            ):
                keys.append(change["id"])
    spans = {
        str(span.pk): span
        for span in Span.objects.filter(
            by.readable(), pk__in=keys, withdrawn_at=None
        ).select_related("article")
    }
    return [
        Left(span.pk, span.article_id, span.article.title, shorten(span.quote))
        for span in (spans[key] for key in dict.fromkeys(keys) if key in spans)
    ]
