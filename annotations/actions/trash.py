"""Bringing back at once what was withdrawn in an article."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from annotations.actions.evidence import check_cited, record_evidence, streams_of
from annotations.actions.recording import (
    Key,
    Operation,
    operation,
    repeatable,
    require,
    require_edit,
    role_of,
)
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused
from annotations.domain.events import Kind
from annotations.domain.permissions import Right, may
from annotations.models import Article, Citation, Person, Span
from annotations.queries.articles import touched_blocks
from annotations.queries.trash import withdrawn_citations, withdrawn_spans
from annotations.queries.undoing import line_streams


@repeatable(lambda made: made)
def restore_all(article: Article, *, by: Person, key: Key | None = None) -> UUID | None:
    """Restore every withdrawn span and citation of the article that ``by`` may restore.

    What cannot come back, because the same is cited again or it is not his to restore, stays
    withdrawn. Returns the operation, or None where nothing could be restored.
    """
    assertions = {one.assertion_id for one in withdrawn_citations(article, by)}
    streams = set(line_streams(article, by)).union(*map(streams_of, assertions))
    with operation(article.project, by, *streams, key=key) as op:
        require(by, Right.EDIT_OWN, article.project_id)
        citations = list(withdrawn_citations(article, by).order_by("assertion", "created_at"))
        found = {one.assertion_id for one in citations}
        if not set[UUID]().union(*map(streams_of, found)) <= streams:
            raise Refused("Something changed at the same moment; try again.", code="meanwhile")
        _restore_spans(op, article, list(withdrawn_spans(article, by).order_by("stream", "start")))
        _restore_citations(op, citations)
        if not op.events:
            return None
        op.made(op.uuid)
    return op.uuid


def _restore_spans(op: Operation, article: Article, spans: Sequence[Span]) -> None:
    for stream, members in groupby(spans, attrgetter("stream_id")):
        back = [span for span in members if _may_edit(op, span)]
        for span in back:
            op.save(span, withdrawn_at=None)
        blocks = touched_blocks(article, *((span.start, span.end) for span in back))
        op.record(stream, Kind.SPAN_RESTORED, blocks={article.pk: blocks})


def _may_edit(op: Operation, span: Span) -> bool:
    try:
        require_edit(op.by, span, op.project)
    except NotAllowed:
        return False
    return True


def _restore_citations(op: Operation, citations: Sequence[Citation]) -> None:
    others = may(role_of(op.by), Right.EDIT_OTHERS)
    for _, members in groupby(citations, attrgetter("assertion_id")):
        back = [one for one in members if others or one.added_by_id == op.by.pk]
        restored = [one for one in back if _restore_citation(op, one)]
        if restored:
            assertion = restored[0].assertion
            record_evidence(op, assertion, Kind.CITATION_RESTORED, substance=True)


def _restore_citation(op: Operation, citation: Citation) -> bool:
    """Restore a citation unless the same is cited again; say whether it was."""
    try:
        check_cited(citation.assertion, citation.source, vars(citation))
    except AlreadyThere:
        return False
    return op.save(citation, withdrawn_at=None)
