"""The sources of a project and where each is cited; what a confidential one is stays hidden."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Lower

from annotations.domain.permissions import Right
from annotations.domain.rendering import shorten
from annotations.domain.vocabulary import Access, SourceKind, SourceLevel, Stance
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.models import Citation, ConfidentialDetails, Person, Source, Span
from annotations.queries.access import Member
from annotations.queries.evidence import SourceView, opened_at, source_views

#: How a source is used, as the list filters it.
USES = {
    "cited": "cited",
    "none": "not cited",
    "unconfirmed": "with citations nobody confirmed",
    "refuting": "cited against a claim",
}


def _citations(by: Member) -> QuerySet[Citation]:
    """Return the live citations that the member may read."""
    return Citation.objects.filter(
        by.readable("assertion__stream__"), assertion__project=by.project, withdrawn_at=None
    )


def source_rows(by: Member) -> QuerySet[Source]:
    """Return the project's sources by title, each with ``cited``: how many citations it has.

    ``shown_title`` and ``shown_publisher`` are what everybody may see, and so what may decide
    the order: where a hidden title sorts would tell its first letters.
    """

    def shown(name: str, instead: str) -> Case:
        hidden = When(access=Access.CONFIDENTIAL, then=Value(instead))
        return Case(hidden, default=F(name), output_field=CharField())

    cited = (
        _citations(by)
        .filter(source=OuterRef("pk"))
        .order_by()
        .values("source")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        Source.objects.filter(project=by.project)
        .select_related("added_by")
        .annotate(
            shown_title=Lower(shown("title", KNOWN_TO_THE_DESK)),
            shown_publisher=Lower(shown("publisher", "")),
            shown_published=shown("published", ""),
            cited=Coalesce(Subquery(cited, output_field=IntegerField()), Value(0)),
        )
        .order_by("shown_title", "uuid")
    )


def in_use(rows: QuerySet[Source], by: Member, use: str) -> QuerySet[Source]:
    """Keep the sources that are one of ``USES``."""
    citations = _citations(by).filter(source=OuterRef("pk"))
    wanted = {
        "cited": Exists(citations),
        "none": ~Exists(citations),
        "unconfirmed": Exists(citations.filter(confirmed_by=None)),
        "refuting": Exists(citations.filter(stance=Stance.REFUTES)),
    }
    return rows.filter(wanted[use])


def people(by: Member) -> list[tuple[str, str]]:
    return [
        (str(key), name)
        for key, name in Person.objects.filter(project=by.project)
        .order_by("name", "uuid")
        .values_list("pk", "name")
    ]


@dataclass
class Use:
    """Where a source is cited; every count is of live citations that the member may read."""

    stances: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    articles: int = 0

    @property
    def citations(self) -> int:
        return self.stances.total()


@dataclass(frozen=True)
class Row:
    """What a row of the list says besides the source's own columns."""

    view: SourceView
    use: Use


def uses_of(by: Member, sources: list[Source]) -> dict[UUID, Use]:
    """Return where each source is cited. Two queries, however many."""
    found: dict[UUID, Use] = defaultdict(Use)
    for source, stance, confirmed, count in (
        _citations(by)
        .filter(source__in=sources)
        .order_by()
        .annotate(known=Case(When(confirmed_by=None, then=Value(0)), default=Value(1)))
        .values_list("source", "stance", "known")
        .annotate(n=Count("pk"))
    ):
        found[source].stances[stance] += count
        found[source].confirmed += count if confirmed else 0
    for source, count in (
        Span.objects.filter(
            by.readable(),
            assertion__citations__source__in=sources,
            assertion__citations__withdrawn_at=None,
            withdrawn_at=None,
        )
        .order_by()
        .values_list("assertion__citations__source")
        .annotate(n=Count("article", distinct=True))
    ):
        found[source].articles = count
    return found


def rows_of(by: Member, sources: list[Source]) -> dict[UUID, Row]:
    """Return what the list says of each source. Four queries at most, however many."""
    uses = uses_of(by, sources)
    views = source_views(by, sources)
    return {
        source.pk: Row(view, uses[source.pk]) for source, view in zip(sources, views, strict=True)
    }


# --- one source -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cited:
    """A span whose assertion cites the source."""

    uuid: UUID
    article: UUID
    title: str
    quote: str
    label: str
    kind: str


@dataclass(frozen=True)
class CitationOf:
    """A citation of the source, and the spans it stands for."""

    row: Citation
    stance: str
    #: Opens the source at the quoted words; "" where it has no address.
    link: str
    spans: list[Cited]


@dataclass(frozen=True)
class SourcePage:
    source: Source
    view: SourceView
    use: Use
    #: Who reads the details of a confidential source; empty for who is none of them.
    readers: list[UUID]
    may_change: bool


def source_page(by: Member, source: Source) -> SourcePage:
    """Return a source as the member may see it. Seven queries at most."""
    confidential = source.access == Access.CONFIDENTIAL
    kept = confidential and ConfidentialDetails.objects.filter(source=source).first()
    readers = (
        list(kept.readers.order_by("name", "uuid").values_list("pk", flat=True)) if kept else []
    )
    # Of a source that was made confidential without details only who added it knows what it is.
    insiders = readers if kept else [source.added_by_id]
    known = not confidential or by.person.pk in insiders
    return SourcePage(
        source=source,
        view=source_views(by, [source])[0],
        use=uses_of(by, [source])[source.pk],
        readers=readers if by.person.pk in readers else [],
        may_change=by.may(Right.ADD_EVIDENCE) and known,
    )


def citations_of(by: Member, source: Source) -> QuerySet[Citation]:
    """Return the live citations of a source, the newest first."""
    return (
        _citations(by)
        .filter(source=source)
        .select_related("assertion", "added_by", "confirmed_by")
        .order_by("-created_at", "uuid")
    )


def with_spans(by: Member, view: SourceView, citations: list[Citation]) -> list[CitationOf]:
    """Return the citations with the spans they stand for. One query."""
    spans: dict[UUID, list[Cited]] = defaultdict(list)
    for assertion, key, article, title, quote, label, kind in (
        Span.objects.filter(
            by.readable(), assertion__in={row.assertion_id for row in citations}, withdrawn_at=None
        )
        .order_by("article__imported_at", "article", "start", "uuid")
        .values_list(
            "assertion", "uuid", "article", "article__title", "quote", "label__name", "label__kind"
        )
    ):
        spans[assertion].append(Cited(key, article, title, shorten(quote), label, kind))
    return [
        CitationOf(row, Stance(row.stance).label, opened_at(view, row), spans[row.assertion_id])
        for row in citations
    ]


# --- download ---------------------------------------------------------------------------------

#: The columns of the download; a confidential source is only known to the desk.
COLUMNS = (
    "source",
    "title",
    "kind",
    "publisher",
    "authors",
    "published",
    "level",
    "address",
    "access",
    "language",
    "note",
    "added by",
    "added at",
    "citations",
    "confirmed",
    *(Stance(stance).label for stance in Stance.values),
    "articles",
)
#: Sources read at a time.
_CHUNK = 500


def source_table(
    by: Member, rows: QuerySet[Source], named: set[UUID] | None = None
) -> Iterator[list[object]]:
    """Yield the ``COLUMNS`` of each source, in the order of ``rows``; two queries each 500.

    ``named`` takes the keys of the sources of which it says what they are.
    """
    chunk: list[Source] = []
    for source in rows.iterator(chunk_size=_CHUNK):
        chunk.append(source)
        if named is not None and source.access != Access.CONFIDENTIAL:
            named.add(source.pk)
        if len(chunk) == _CHUNK:
            yield from _lines(by, chunk)
            chunk = []
    yield from _lines(by, chunk)


def _lines(by: Member, sources: list[Source]) -> Iterator[list[object]]:
    uses = uses_of(by, sources) if sources else {}
    for source in sources:
        use = uses.get(source.pk, Use())
        hidden = source.access == Access.CONFIDENTIAL

        def told(value: Any, hidden: bool = hidden) -> Any:
            return "" if hidden else value

        yield [
            source.pk,
            KNOWN_TO_THE_DESK if hidden else source.title,
            SourceKind(source.kind).label,
            told(source.publisher),
            told("; ".join(source.authors)),
            told(source.published),
            SourceLevel(source.level).label if source.level else "",
            told(source.url),
            Access(source.access).label,
            told(source.language),
            told(source.note),
            source.added_by.name,
            source.created_at.isoformat(timespec="seconds"),
            use.citations,
            use.confirmed,
            *(use.stances[stance] for stance in Stance.values),
            use.articles,
        ]
