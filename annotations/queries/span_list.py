"""The spans of all articles of a project, filtered, and what is known of each."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from annotations.domain.vocabulary import Access, Outcome, Verdict, WorkState
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.models import Article, Citation, Decision, Label, Person, Span, Speaker
from annotations.queries.access import Member
from annotations.queries.articles import live_in, newest
from annotations.queries.reading import standing_decisions

#: What a span may lack or have of sources, as the list filters it.
SOURCES = {
    "none": "without source",
    "unconfirmed": "without confirmed source",
    "any": "with a source",
    "confirmed": "with a confirmed source",
}
#: How far second reading is; decisions that were voided do not count.
READING = {
    "none": "without second reader",
    Outcome.ACCEPTED.value: "accepted",
    Outcome.RETURNED.value: "returned",
    Outcome.PROPOSED.value: "change proposed",
}
#: Stands for spans of which nothing is said: no verdict, no speaker.
NONE = "none"


def span_rows(by: Member) -> QuerySet[Span]:
    """Return the live spans that the member may read in the last version of each article.

    The newest first; each with label, speaker, author, assertion and article, its text apart.
    These are fetched for the rows of a page alone: joined, they would be sorted with all others,
    at ten times the cost.
    """
    articles = Article.objects.defer("text", "markup", "changes")
    return (
        live_in(newest(by.project.pk))
        .filter(by.readable())
        .prefetch_related("label", "speaker", "author", "assertion", Prefetch("article", articles))
        .order_by("-created_at", "-uuid")
    )


def _cited(**condition: Any) -> Exists:
    return Exists(
        Citation.objects.filter(assertion=OuterRef("assertion"), withdrawn_at=None, **condition)
    )


def with_sources(rows: QuerySet[Span], which: str) -> QuerySet[Span]:
    """Keep the spans that are one of ``SOURCES``."""
    confirmed = _cited(confirmed_by__isnull=False)
    wanted = {
        "none": ~_cited(),
        "unconfirmed": ~confirmed,
        "any": _cited(),
        "confirmed": confirmed,
    }
    return rows.filter(wanted[which])


def in_reading(rows: QuerySet[Span], which: str) -> QuerySet[Span]:
    """Keep the spans that are one of ``READING``."""
    standing = Decision.objects.filter(span=OuterRef("pk"), voided_at=None, declined_at=None)
    if which == NONE:
        return rows.filter(~Exists(standing.filter(outcome=Outcome.ACCEPTED)))
    return rows.filter(Exists(standing.filter(outcome=which)))


def with_verdict(rows: QuerySet[Span], verdict: str) -> QuerySet[Span]:
    """Keep the spans of one verdict, or without any (``NONE``)."""
    if verdict == NONE:
        return rows.filter(Q(assertion=None) | Q(assertion__verdict=""))
    return rows.filter(assertion__verdict=verdict)


def in_work_state(rows: QuerySet[Span], state: str) -> QuerySet[Span]:
    """Keep the spans in one state of work; what has no assertion yet is to do."""
    wanted = Q(assertion__work_state=state)
    return rows.filter(wanted | Q(assertion=None) if state == WorkState.TODO else wanted)


def of_speaker(rows: QuerySet[Span], speaker: str) -> QuerySet[Span]:
    return rows.filter(speaker=None if speaker == NONE else UUID(speaker))


def of_title(rows: QuerySet[Span], words: str) -> QuerySet[Span]:
    """Keep the spans of articles that have each of the words in their title."""
    for word in words.split():
        rows = rows.filter(article__title__icontains=word)
    return rows


@dataclass(frozen=True)
class Choices:
    """What the filters offer: (value, words) each."""

    labels: list[tuple[str, str]]
    speakers: list[tuple[str, str]]
    people: list[tuple[str, str]]


def choices(by: Member) -> Choices:
    """Return labels, retired ones too, speakers and people of the project. Three queries."""

    def named(rows: QuerySet[Any]) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in rows.values_list("pk", "name")]

    return Choices(
        labels=named(Label.objects.filter(project=by.project)),
        speakers=named(Speaker.objects.filter(project=by.project).order_by("name", "uuid")),
        people=named(Person.objects.filter(project=by.project).order_by("name", "uuid")),
    )


def title_of(by: Member, article: UUID) -> str | None:
    """Return the title of an article of the project; None where there is no such article."""
    return (
        Article.objects.filter(project=by.project, pk=article)
        .values_list("title", flat=True)
        .first()
    )


@dataclass
class Known:
    """What a row says besides the span: its sources and its second reading."""

    #: Titles of the different sources cited; a confidential one is only known to the desk.
    sources: list[str] = field(default_factory=list)
    #: The keys of those that are named.
    named: set[UUID] = field(default_factory=set)
    #: How many of them somebody confirmed.
    confirmed: int = 0
    #: (outcome, second reader) of each decision that stands, the oldest first.
    decisions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """The outcome that asks for something, or else "accepted"; "" without a decision."""
        outcomes = [outcome for outcome, _ in self.decisions]
        asking = [outcome for outcome in outcomes if outcome != Outcome.ACCEPTED]
        return (asking or outcomes or [""])[-1]


def known_of(by: Member, spans: list[Span]) -> dict[UUID, Known]:
    """Return what is known of each span. Two queries, however many."""
    cited: dict[UUID, dict[UUID, tuple[str, bool]]] = defaultdict(dict)
    hidden: set[UUID] = set()
    for assertion, source, title, access, confirmed in (
        Citation.objects.filter(
            by.readable("assertion__stream__"),
            assertion__in={span.assertion_id for span in spans if span.assertion_id},
            withdrawn_at=None,
        )
        .order_by("created_at", "uuid")
        .values_list("assertion", "source", "source__title", "source__access", "confirmed_by")
    ):
        shown = KNOWN_TO_THE_DESK if access == Access.CONFIDENTIAL else title
        if access == Access.CONFIDENTIAL:
            hidden.add(source)
        before = cited[assertion].get(source, (shown, False))[1]
        cited[assertion][source] = (shown, before or confirmed is not None)
    decisions = standing_decisions(spans)
    found = {}
    for span in spans:
        by_key = cited[span.assertion_id] if span.assertion_id else {}
        sources = list(by_key.values())
        found[span.pk] = Known(
            [title for title, _ in sources],
            by_key.keys() - hidden,
            sum(confirmed for _, confirmed in sources),
            [(each.outcome, each.reader.name) for each in decisions.get(span.pk, [])],
        )
    return found


#: The columns of the download. Offsets count Unicode code points, the end exclusive.
COLUMNS = (
    "span",
    "article",
    "article title",
    "article published",
    "article address",
    "start",
    "end",
    "quote",
    "label",
    "kind",
    "voice",
    "speaker",
    "by way of",
    "certainty",
    "uncertain",
    "note",
    "marked by",
    "marked at",
    "paraphrase",
    "state of work",
    "verdict",
    "verdict reason",
    "verdict as of",
    "sources",
    "sources confirmed",
    "source titles",
    "second reading",
    "second readers",
)
#: Spans read at a time.
_CHUNK = 500


def span_table(
    by: Member, rows: QuerySet[Span], named: set[UUID] | None = None
) -> Iterator[list[object]]:
    """Yield the ``COLUMNS`` of each span, in the order of ``rows``; two queries each 500.

    ``named`` takes the keys of the sources of which it says what they are.
    """
    named = set() if named is None else named
    chunk: list[Span] = []
    for span in rows.iterator(chunk_size=_CHUNK):
        chunk.append(span)
        if len(chunk) == _CHUNK:
            yield from _lines(by, chunk, named)
            chunk = []
    yield from _lines(by, chunk, named)


def _lines(by: Member, spans: list[Span], named: set[UUID]) -> Iterator[list[object]]:
    known = known_of(by, spans) if spans else {}
    for span in spans:
        assertion, of_it = span.assertion, known[span.pk]
        named |= of_it.named
        yield [
            span.pk,
            span.article_id,
            span.article.title,
            span.article.published,
            span.article.url,
            span.start,
            span.end,
            span.quote,
            span.label.name,
            span.label.kind,
            span.get_voice_display(),
            span.speaker.name if span.speaker else "",
            span.chain,
            span.get_certainty_display(),
            "yes" if span.uncertain else "",
            span.note,
            span.author.name,
            span.created_at.isoformat(timespec="seconds"),
            assertion.paraphrase if assertion else "",
            WorkState(assertion.work_state if assertion else WorkState.TODO).label,
            Verdict(assertion.verdict).label if assertion and assertion.verdict else "",
            assertion.verdict_reason if assertion else "",
            assertion.verdict_as_of if assertion else "",
            len(of_it.sources),
            of_it.confirmed,
            "; ".join(of_it.sources),
            READING[of_it.outcome or NONE],
            "; ".join(reader for _, reader in of_it.decisions),
        ]
