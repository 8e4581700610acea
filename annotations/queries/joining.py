"""Both sides of a join beside each other, before a span joins an assertion."""

from dataclasses import dataclass

from annotations.domain.citations import show_partial_date
from annotations.domain.joining import VERDICT, WORDING, asks
from annotations.domain.rendering import shorten
from annotations.domain.vocabulary import Verdict, WorkState
from annotations.models import Assertion, Span, WorkLogEntry
from annotations.queries.access import Member
from annotations.queries.evidence import (
    CitationView,
    Place,
    RelationView,
    assertion_places,
    citation_views,
    relation_views,
)


@dataclass(frozen=True)
class Side:
    """What one assertion says and what hangs on it."""

    places: list[Place]
    paraphrase: str
    speaker: str
    said_on: str
    verdict: str
    verdict_key: str
    reason: str
    as_of: str
    by: str
    work: str
    citations: list[CitationView]
    log: list[WorkLogEntry]
    relations: list[RelationView]

    @property
    def empty(self) -> bool:
        return not (self.paraphrase or self.verdict or self.citations or self.log or self.relations)


@dataclass(frozen=True)
class Joining:
    """A span that joins an assertion, seen from both sides."""

    assertion: Assertion
    own: Side
    theirs: Side
    #: Other live spans that carry what the span leaves: then nothing comes along.
    others: list[Place]
    asks_wording: bool
    asks_verdict: bool
    #: How many citations say the same on both sides.
    twice: int

    @property
    def moves(self) -> bool:
        return not self.others and not self.own.empty


def joining(by: Member, span: Span, assertion: Assertion) -> Joining:
    """Return both sides of a join; both are readable for the member. Some twenty queries."""
    left = span.assertion
    own = _side(by, left) if left is not None else _bare(span)
    theirs = _side(by, assertion)
    others = [place for place in own.places if place.uuid != span.pk]
    alone = left is not None and not others
    said = {_words(view) for view in theirs.citations}
    return Joining(
        assertion=assertion,
        own=own,
        theirs=theirs,
        others=others,
        asks_wording=alone and asks(left, assertion, WORDING),
        asks_verdict=alone and asks(left, assertion, VERDICT),
        twice=sum(_words(view) in said for view in own.citations) if alone else 0,
    )


def _words(view: CitationView) -> tuple[object, ...]:
    return view.row.source_id, view.row.stance, view.row.quotation, view.row.locator


def _bare(span: Span) -> Side:
    here = Place(
        span.pk,
        span.article_id,
        span.article.title,
        shorten(span.quote),
        span.label.name,
        span.label.kind,
    )
    return Side([here], "", "", "", "", "", "", "", "", "", [], [], [])


def _side(by: Member, assertion: Assertion) -> Side:
    assertion = Assertion.objects.select_related("speaker", "verdict_by").get(pk=assertion.pk)
    return Side(
        places=assertion_places(by, assertion),
        paraphrase=assertion.paraphrase,
        speaker=assertion.speaker.name if assertion.speaker else "",
        said_on=show_partial_date(assertion.said_on),
        verdict=Verdict(assertion.verdict).label if assertion.verdict else "",
        verdict_key=assertion.verdict,
        reason=assertion.verdict_reason,
        as_of=show_partial_date(assertion.verdict_as_of),
        by=assertion.verdict_by.name if assertion.verdict_by else "",
        work=WorkState(assertion.work_state).label,
        citations=[
            view for view in citation_views(by, assertion.pk) if view.row.withdrawn_at is None
        ],
        log=list(
            WorkLogEntry.objects.filter(assertion=assertion, withdrawn_at=None)
            .select_related("author")
            .order_by("on", "created_at", "uuid")
        ),
        relations=relation_views(by, assertion),
    )
