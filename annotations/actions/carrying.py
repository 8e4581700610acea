"""Spans carried to the next version of an article, and what people settle about them there."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from annotations.actions.four_eyes import may_be_carried
from annotations.actions.recording import (
    Key,
    Operation,
    check_revision,
    check_seen,
    nothing,
    operation,
    repeatable,
    require,
    require_edit,
    role_of,
    row,
)
from annotations.actions.spans import write_span
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.domain.history import digest_of
from annotations.domain.permissions import Right, may
from annotations.domain.selectors import Carried, carry
from annotations.domain.spans import check_bounds
from annotations.domain.vocabulary import CarryState, Mode, Voice
from annotations.models import Article, Assertion, Decision, Person, Span
from annotations.queries.articles import agreed_spans, touched_blocks
from annotations.queries.carrying import (
    acceptances_to_carry,
    alike_spans,
    carried_acceptances,
    left_spans,
    unplaced_spans,
)
from annotations.queries.four_eyes import authors_of
from annotations.queries.reading import shown_parts


def carry_spans(op: Operation, old: Article, new: Article) -> None:
    """Carry the live spans of the shared or agreed layer to the next version.

    They keep author, label, voice and assertion. A doubt that nobody has settled goes on. What a
    second reader accepted stays accepted where not a word of its sentences is another: as a new
    decision, of the same reader, that says from which it was carried (``_carry_acceptances``).
    Nothing else that was decided is carried: it names the version that was read.
    """
    spans = list(agreed_spans(old).select_related("assertion"))
    found = carry(old.text, new.text, [(span.start, span.end) for span in spans])
    carried = []
    whole: dict[UUID, Span] = {}
    for span, place in zip(spans, found, strict=True):
        if place.state == CarryState.GONE:
            continue
        same = place.state in (CarryState.UNCHANGED, CarryState.MOVED)
        if same and not span.carry_settled:
            # To what a person last agreed to it is as like as it was.
            place = Carried(place.start, place.end, CarryState.REWORDED, span.carry_score or 0)
        copy = _copy(span, new, place.start, place.end)
        copy.carry_state = place.state
        copy.carry_score = place.score
        copy.carry_settled = same and span.carry_settled
        carried.append(copy)
        if place.whole and copy.carry_settled:
            whole[span.pk] = copy
    op.create_many(Span, carried)
    _carry_acceptances(op, [span for span in spans if span.pk in whole], whole)
    gone = [
        str(span.pk)
        for span, place in zip(spans, found, strict=True)
        if place.state == CarryState.GONE
    ]
    op.record(new.pk, Kind.SPANS_CARRIED, always=bool(gone), gone=gone)
    _share_assertions(op, {span.assertion_id for span in carried if span.assertion_id})


def _carry_acceptances(op: Operation, spans: list[Span], copies: Mapping[UUID, Span]) -> None:
    """Accept the copies of spans in the name of whoever accepted these.

    Not where they would read their own work, also by another account of theirs.
    """
    accepted = [
        (one, copies[span])
        for span, decisions in acceptances_to_carry(spans).items()
        for one in decisions
    ]
    if not accepted:
        return
    allowed = may_be_carried(op, [(one.reader_id, authors_of(copy)) for one, copy in accepted])
    parts = shown_parts(list(copies.values()))
    carried = [
        Decision(
            span=copy,
            reader_id=one.reader_id,
            outcome=one.outcome,
            reason=one.reason,
            digest=digest_of(parts[copy.pk]),
            made_at=one.made_at,
            # What was read, not what was carried from it: of three versions the first.
            carried_from_id=one.carried_from_id or one.pk,
        )
        for (one, copy), may in zip(accepted, allowed, strict=True)
        if may
    ]
    op.create_many(Decision, carried)


@repeatable(nothing)
def ask_again(article: Article, *, by: Person, key: Key | None = None) -> None:
    """Ask for a second reading of every span whose acceptance was carried over.

    They fall away and do not come back; a reader accepts them anew.
    """
    with operation(article.project, by, article.pk, key=key) as op:
        require(by, Right.REOPEN, article.project_id)
        decisions = list(carried_acceptances(article).select_related("span"))
        for decision in decisions:
            op.save(decision, voided_at=op.at)
        places = [(decision.span.start, decision.span.end) for decision in decisions]
        op.record(
            article.pk,
            Kind.ASKED_AGAIN,
            blocks={article.pk: touched_blocks(article, *places)},
        )


def _copy(span: Span, article: Article, start: int, end: int, uuid: UUID | None = None) -> Span:
    values: dict[str, Any] = {
        field.attname: getattr(span, field.attname)
        for field in Span._meta.concrete_fields
        if field.name not in ("uuid", "revision")
    }
    copy = Span(uuid=uuid or uuid4(), **values)
    copy.article = article
    copy.stream_id = article.pk
    copy.start, copy.end = start, end
    copy.quote = article.text[start:end]
    copy.carried_from = span
    if copy.voice == Voice.AUTHOR:
        # Spans of earlier days may have one; the new one is held to the rule of voices.
        copy.chain = ""
    return copy


def _share_assertions(op: Operation, assertions: Iterable[UUID]) -> None:
    """Move assertions that spans of two articles now share to the project's stream."""
    for assertion in Assertion.objects.filter(pk__in=list(assertions)).exclude(
        stream=op.project.pk
    ):
        op.save(assertion, stream_id=op.project.pk)
    op.record(op.project.pk, Kind.ASSERTION_SHARED)


@repeatable(nothing)
def settle_carried(
    span: Span, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    """Say that a doubtful carrying-over is right as it stands."""
    _settle(span, by, revision, key)


@repeatable(nothing)
def move_carried(
    span: Span,
    *,
    start: int,
    end: int,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
) -> None:
    """Say where a span that was carried over should stand instead; that settles it.

    How it had been found stays with it (``carry_state``, ``carry_score``).
    """
    _settle(span, by, revision, key, start=start, end=end)


def _settle(span: Span, by: Person, revision: int | None, key: Key | None, **ends: Any) -> None:
    article = span.article
    with operation(article.project, by, span.stream_id, key=key) as op:
        span.refresh_from_db()
        require_edit(by, span, article.project)
        ends = check_seen(op, span, revision, **ends)
        if not span.carry_state:
            raise Refused(
                f"“{_short(span.quote)}” was not carried over from another version.",
                code="not_carried",
            )
        if span.withdrawn_at is not None:
            raise Refused("This span was withdrawn; restore it first.", code="withdrawn")
        old = (span.start, span.end)
        new = (ends.get("start", span.start), ends.get("end", span.end))
        values: dict[str, Any] = {**ends, "carry_settled": True}
        if new != old:
            check_bounds(article.text, *new)
            values["quote"] = article.text[slice(*new)]
        write_span(op, span, values)
        op.record(
            span.stream_id,
            Kind.SPANS_SETTLED,
            blocks={article.pk: touched_blocks(article, old, new)},
        )


@repeatable(nothing)
def settle_alike(article: Article, *, by: Person, key: Key | None = None) -> None:
    """Settle every doubtful span of whose words only case, accents or signs are others.

    Those that the person may change; one undo takes all of them back.
    """
    with operation(article.project, by, article.pk, key=key) as op:
        require(by, Right.EDIT_OWN, article.project_id)
        role = role_of(by)
        others = article.project.mode == Mode.SHARED and may(role, Right.EDIT_OTHERS)
        keys = [key for key, author in alike_spans(article).items() if others or author == by.pk]
        found = Span.objects.in_bulk(keys)
        spans = [found[key] for key in keys]
        for span in spans:
            op.save(span, carry_settled=True)
        places = [(span.start, span.end) for span in spans]
        op.record(
            article.pk,
            Kind.SPANS_SETTLED,
            blocks={article.pk: touched_blocks(article, *places)},
        )


@repeatable(row(Span))
def place_carried(
    span: Span,
    article: Article,
    *,
    start: int,
    end: int,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
    uuid: UUID | None = None,
) -> Span:
    """Mark in ``article`` what ``span`` of the version before says, where it was not found again.

    The new span is the old one's author's as much as ``by``'s, and shares its evidence.
    ``revision`` is the old one's.
    """
    uuid = uuid or uuid4()
    streams = (article.project_id, span.stream_id, article.pk)
    with operation(article.project, by, *streams, key=key, makes=uuid) as op:
        _check_unplaced(span, article, by, revision)
        check_bounds(article.text, start, end)
        copy = _copy(span, article, start, end, uuid)
        copy.carry_state = CarryState.GONE
        copy.carry_score = None
        copy.carry_settled = True
        copy.authors = " ".join(sorted({*span.authors.split(), by.pk.hex}))
        op.create(copy)
        op.record(
            article.pk,
            Kind.SPANS_PLACED,
            blocks={article.pk: touched_blocks(article, (start, end))},
        )
        _share_assertions(op, [span.assertion_id] if span.assertion_id else [])
    return copy


@repeatable(nothing)
def leave_span(
    span: Span,
    article: Article,
    *,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
) -> None:
    """Say that ``span`` of the version before has no place in ``article``: it stays where it is.

    It can be placed all the same, later.
    """
    with operation(article.project, by, span.stream_id, article.pk, key=key) as op:
        _check_unplaced(span, article, by, revision)
        if span.pk not in left_spans(article):
            op.record(article.pk, Kind.SPAN_LEFT, always=True, left=[str(span.pk)])


def _check_unplaced(span: Span, article: Article, by: Person, revision: int | None) -> None:
    span.refresh_from_db()
    require_edit(by, span, article.project)
    if span.article_id != article.previous_id or span.stream_id != span.article_id:
        raise Refused(
            f"“{_short(span.quote)}” is no span of the version before this one.",
            code="not_of_version_before",
        )
    check_revision(span, revision)
    if not unplaced_spans(article).filter(pk=span.pk).exists():
        raise Refused(
            f"“{_short(span.quote)}” stands in this version already, or was withdrawn in the one "
            "before.",
            code="placed",
        )


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= 60 else line[:59] + "…"
