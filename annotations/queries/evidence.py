"""What is known for and against what a span says: its panel, and what it can be joined to.

A confidential source is shown to its readers as it is, to everybody else as "Known to the desk".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.domain.citations import (
    canonical_url,
    show_partial_date,
    split_text_fragment,
    text_fragment_url,
)
from annotations.domain.errors import Refused
from annotations.domain.rendering import shorten
from annotations.domain.text import fold, sentences
from annotations.domain.vocabulary import Access, Relation, SourceKind, SourceLevel, Stance, Verdict
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Block,
    Citation,
    ConfidentialDetails,
    Person,
    Source,
    Span,
    Speaker,
    WorkLogEntry,
)
from annotations.queries.access import Member

#: Sources proposed to somebody who has typed nothing yet, and found by what was typed.
PROPOSED = 150
FOUND = 20
#: Assertions proposed to join.
SIMILAR = 8

# Words that say nothing of what an assertion is about, in no language but English; in others
# every word counts, which only costs precision.
_SLIGHT_WORDS = (
    "a an and are as at be been but by for from had has have he her his in is it its not of on or "
    "our said she that the their them they this to was we were which who will with would"
)
_SLIGHT = frozenset(_SLIGHT_WORDS.split())


# Sources


@dataclass(frozen=True)
class SourceView:
    """A source as the member may see it."""

    uuid: UUID
    kind: str
    title: str
    publisher: str
    authors: str
    published: str
    level: str
    url: str
    article: UUID | None
    confidential: bool
    language: str = ""
    note: str = ""
    #: What the named readers of a confidential source read, and who they are.
    details: str = ""
    readers: tuple[str, ...] = ()
    #: Confidential, and the member is none of its readers.
    hidden: bool = False

    @property
    def label(self) -> str:
        """The source in one line, as it is chosen from a list."""
        about = ", ".join(part for part in (self.publisher or self.authors, self.published) if part)
        return f"{self.title} — {about}" if about else self.title


@dataclass(frozen=True)
class _Secrets:
    """The confidential sources that the member reads, with what it reads of them."""

    details: dict[UUID, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


def _secrets(by: Member, sources: Iterable[UUID] | None = None) -> _Secrets:
    """Return the details that name the member as a reader. Two queries, one where none is."""
    rows = ConfidentialDetails.objects.filter(source__project=by.project, readers=by.person)
    if sources is not None:
        rows = rows.filter(source__in=list(sources))
    return _Secrets(
        {
            row.source_id: (row.details, tuple(reader.name for reader in row.readers.all()))
            for row in rows.prefetch_related("readers")
        }
    )


def _source_view(source: Source, secrets: _Secrets) -> SourceView:
    kind = SourceKind(source.kind).label
    level = SourceLevel(source.level).label if source.level else ""
    confidential = source.access == Access.CONFIDENTIAL
    if confidential and source.pk not in secrets.details:
        return SourceView(
            uuid=source.pk,
            kind=kind,
            title=KNOWN_TO_THE_DESK,
            publisher="",
            authors="",
            published="",
            level=level,
            url="",
            article=None,
            confidential=True,
            hidden=True,
        )
    details, readers = secrets.details.get(source.pk, ("", ()))
    return SourceView(
        uuid=source.pk,
        kind="article of this project" if source.article_id else kind,
        title=source.title,
        publisher=source.publisher,
        authors=", ".join(source.authors),
        published=show_partial_date(source.published),
        level=level,
        url=source.url,
        article=source.article_id,
        confidential=confidential,
        language=source.language,
        note=source.note,
        details=details,
        readers=readers,
    )


def source_views(by: Member, sources: Iterable[Source]) -> list[SourceView]:
    """Return the sources as the member may see them. Two queries at most."""
    sources = list(sources)
    hidden = [one.pk for one in sources if one.access == Access.CONFIDENTIAL]
    secrets = _secrets(by, hidden) if hidden else _Secrets()
    return [_source_view(source, secrets) for source in sources]


@dataclass(frozen=True)
class Choice:
    """A source, or an article that may become one, to choose by its words."""

    value: str
    label: str


def _choice(view: SourceView) -> Choice:
    # Two that are hidden must not look like one.
    label = f"{view.label} ({view.kind}, {view.uuid.hex[:4]})" if view.hidden else view.label
    return Choice(f"source:{view.uuid}", label)


def _article_choice(key: UUID, title: str, publisher: str, published: str) -> Choice:
    about = ", ".join(part for part in (publisher, show_partial_date(published)) if part)
    return Choice(f"article:{key}", f"Article: {title}{f' — {about}' if about else ''}")


def _articles(by: Member, besides: UUID) -> QuerySet[Article, Any]:
    """Return the project's articles that no source stands for yet."""
    return (
        Article.objects.filter(project=by.project, purged_at=None)
        .exclude(pk=besides)
        .exclude(Exists(Source.objects.filter(project=by.project, article=OuterRef("pk"))))
        .order_by("-imported_at", "pk")
        .values_list("pk", "title", "publisher", "published")
    )


def proposed_sources(by: Member, article: UUID) -> list[Choice]:
    """Return what may be cited, the newest first, for a list to type into. Four queries."""
    sources = Source.objects.filter(project=by.project).exclude(article=article)
    views = source_views(by, sources.order_by("-created_at", "pk")[:PROPOSED])
    return [
        *map(_choice, views),
        *(_article_choice(*row) for row in _articles(by, article)[:PROPOSED]),
    ]


def find_sources(by: Member, words: str, article: UUID) -> list[Choice]:
    """Return the sources and articles that have each of the words, folded; the closest first.

    A line chosen from the list is found as itself alone.
    """
    wanted = fold(words).text.split()
    if not wanted:
        return []
    views = source_views(
        by, Source.objects.filter(project=by.project).exclude(article=article).order_by("title")
    )
    choices = [(_choice(view), f"{view.authors} {view.url} {view.note}") for view in views]
    choices += [(_article_choice(*row), "") for row in _articles(by, article)]
    exact = [choice for choice, _ in choices if choice.label == words.strip()]
    if exact:
        return exact[:1]
    found = []
    for choice, more in choices:
        told = fold(choice.label).text
        if all(word in told or word in fold(more).text for word in wanted):
            first = told.find(wanted[0])
            found.append((first < 0, first, choice.label, choice))
    found.sort(key=lambda one: one[:3])
    return [choice for *_, choice in found[:FOUND]]


def source_at(by: Member, url: str) -> Source | None:
    """Return the project's source at a canonical address."""
    return Source.objects.filter(project=by.project, url=url).first()


def last_source(by: Member) -> SourceView | None:
    """Return the source that the member cited last. Four queries at most."""
    cited = (
        Citation.objects.filter(added_by=by.person, assertion__project=by.project)
        .order_by("-created_at", "-pk")
        .select_related("source")
        .first()
    )
    return source_views(by, [cited.source])[0] if cited else None


# The panel


@dataclass(frozen=True)
class CitationView:
    """A citation with what may be done about it."""

    row: Citation
    source: SourceView
    stance: str
    #: Opens the source at the quoted words; "" where it has no address.
    link: str
    own: bool


@dataclass(frozen=True)
class Place:
    """A live span of an assertion, and where it stands."""

    uuid: UUID
    article: UUID
    title: str
    quote: str
    label: str
    kind: str


@dataclass(frozen=True)
class RelationView:
    """A relation as it reads from this assertion's side."""

    uuid: UUID
    words: str
    paraphrase: str
    verdict: str
    note: str
    author: str
    #: A span that carries the other assertion, where the member may see one.
    place: Place | None


@dataclass(frozen=True)
class Panel:
    """Everything that a span's evidence panel shows."""

    span: Span
    #: The span's words with what stands before and after them in their sentences.
    before: str
    words: str
    after: str
    assertion: Assertion | None
    verdict: str
    citations: list[CitationView]
    withdrawn: list[CitationView]
    log: list[WorkLogEntry]
    elsewhere: list[Place]
    relations: list[RelationView]
    text: str


#: How a relation reads from its object's side.
_SEEN_FROM_THE_OTHER = {
    Relation.REPEATS: "is repeated by",
    Relation.CONTRADICTS: "is contradicted by",
    Relation.NARROWS: "is narrowed by",
    Relation.DEPENDS: "is depended on by",
}


def panel(by: Member, span: Span) -> Panel:
    """Return the evidence of a span; it comes from ``access``. Nine queries at most."""
    before, words, after = in_its_sentence(span)
    if span.assertion_id is None:
        return Panel(
            span, before, words, after, None, "", [], [], [], [], [], _text(span, None, [])
        )
    assertion = Assertion.objects.select_related("speaker", "verdict_by").get(pk=span.assertion_id)
    views = citation_views(by, assertion.pk)
    live = [view for view in views if view.row.withdrawn_at is None]
    related = _relations(by, assertion)
    places = _places(by, {assertion.pk, *(one.other(assertion).pk for one in related)})
    return Panel(
        span=span,
        before=before,
        words=words,
        after=after,
        assertion=assertion,
        verdict=Verdict(assertion.verdict).label if assertion.verdict else "",
        citations=live,
        withdrawn=[view for view in views if view.row.withdrawn_at is not None],
        log=list(
            WorkLogEntry.objects.filter(assertion=assertion, withdrawn_at=None)
            .select_related("author")
            .order_by("on", "created_at", "uuid")
        ),
        elsewhere=[place for place in places.get(assertion.pk, []) if place.uuid != span.pk],
        relations=[one.view(assertion, places) for one in related],
        text=_text(span, assertion, live),
    )


def in_its_sentence(span: Span) -> tuple[str, str, str]:
    """Return what stands before, in and after a span within its sentences. One query."""
    text = span.article.text
    stretches = [
        (start + first, start + last)
        for start, end in Block.objects.filter(
            article=span.article_id, start__lt=span.end, end__gt=span.start
        )
        .order_by("start")
        .values_list("start", "end")
        for first, last in sentences(text[start:end])
        if start + first < span.end and start + last > span.start
    ]
    low = min((start for start, _ in stretches), default=span.start)
    high = max((end for _, end in stretches), default=span.end)
    return text[min(low, span.start) : span.start], span.quote, text[span.end : max(high, span.end)]


def citation_views(by: Member, assertion: UUID) -> list[CitationView]:
    """Return an assertion's citations, withdrawn ones too, oldest first. Three queries at most."""
    rows = list(
        Citation.objects.filter(assertion=assertion)
        .select_related("source", "added_by", "confirmed_by")
        .order_by("created_at", "uuid")
    )
    sources = source_views(by, (row.source for row in rows))
    return [
        CitationView(
            row=row,
            source=source,
            stance=Stance(row.stance).label,
            link=opened_at(source, row),
            own=row.added_by_id == by.person.pk,
        )
        for row, source in zip(rows, sources, strict=True)
    ]


def opened_at(source: SourceView, citation: Citation) -> str:
    """Return the address that opens a source at the words cited; in their original language."""
    words = citation.original_quotation or citation.quotation
    return text_fragment_url(source.url, words) if source.url else ""


@dataclass(frozen=True)
class _Related:
    row: AssertionRelation

    def other(self, than: Assertion) -> Assertion:
        return self.row.object if self.row.subject_id == than.pk else self.row.subject

    def view(self, here: Assertion, places: dict[UUID, list[Place]]) -> RelationView:
        other = self.other(here)
        kind = Relation(self.row.kind)
        own = self.row.subject_id == here.pk
        shown = places.get(other.pk, [])
        return RelationView(
            uuid=self.row.pk,
            words=kind.label if own else _SEEN_FROM_THE_OTHER[kind],
            paraphrase=other.paraphrase,
            verdict=Verdict(other.verdict).label if other.verdict else "",
            note=self.row.note,
            author=self.row.author.name,
            place=shown[0] if shown else None,
        )


def assertion_places(by: Member, assertion: Assertion) -> list[Place]:
    """Return the live spans of an assertion that the member may see. One query."""
    return _places(by, [assertion.pk]).get(assertion.pk, [])


def relation_views(by: Member, assertion: Assertion) -> list[RelationView]:
    """Return an assertion's relations as they read from its side. Two queries."""
    related = _relations(by, assertion)
    places = _places(by, {one.other(assertion).pk for one in related}) if related else {}
    return [one.view(assertion, places) for one in related]


def _relations(by: Member, assertion: Assertion) -> list[_Related]:
    rows = _relations_of(by, assertion.pk).filter(withdrawn_at=None).order_by("created_at", "uuid")
    return [_Related(row) for row in rows]


def _relations_of(by: Member, assertion: UUID) -> QuerySet[AssertionRelation]:
    return AssertionRelation.objects.filter(
        Q(subject=assertion) | Q(object=assertion),
        by.readable("subject__stream__"),
        by.readable("object__stream__"),
    ).select_related("subject", "object", "author")


def _places(by: Member, assertions: Iterable[UUID]) -> dict[UUID, list[Place]]:
    """Return the live spans of each assertion that the member may see. One query."""
    found: dict[UUID, list[Place]] = {}
    for assertion, key, article, title, quote, label, kind in (
        Span.objects.filter(by.readable(), assertion__in=list(assertions), withdrawn_at=None)
        .order_by("article__imported_at", "article", "start", "uuid")
        .values_list(
            "assertion", "uuid", "article", "article__title", "quote", "label__name", "label__kind"
        )
    ):
        place = Place(key, article, title, shorten(quote), label, kind)
        found.setdefault(assertion, []).append(place)
    return found


# As text


def assertion_text(by: Member, span: Span) -> str:
    """Return what a span says, who says so, the verdict and the sources, as clean text."""
    return panel(by, span).text


def _text(span: Span, assertion: Assertion | None, citations: list[CitationView]) -> str:
    quote = " ".join(span.quote.split())
    said = assertion.paraphrase.strip() if assertion else ""
    lines = [said or f"“{quote}”"]
    if said:
        lines.append(f"In the article: “{quote}”")
    lines.append(f"Said by: {_who(span, assertion)}")
    about = span.article
    where = ", ".join(
        part for part in (about.title, about.publisher, show_partial_date(about.published)) if part
    )
    if where:
        lines.append(f"Where: {where}{f' <{about.url}>' if about.url else ''}")
    if assertion is not None and assertion.verdict:
        as_of = show_partial_date(assertion.verdict_as_of)
        lines.append(
            f"Verdict: {Verdict(assertion.verdict).label} (as of {as_of}). "
            f"{assertion.verdict_reason}"
        )
    else:
        lines.append("Verdict: none yet")
    if citations:
        lines.append("Sources:")
        lines += [f"- {_cited(view)}" for view in citations]
    else:
        lines.append("Sources: none yet")
    return "\n".join(lines)


def _who(span: Span, assertion: Assertion | None) -> str:
    speaker: Speaker | None = span.speaker or (assertion.speaker if assertion else None)
    if speaker is not None:
        who = f"{speaker.name}, {speaker.role}" if speaker.role else speaker.name
    elif span.voice == "author":
        who = span.article.byline or "the author"
    else:
        who = f"{'an' if span.voice == 'unnamed' else 'a'} {span.get_voice_display()}"
    if span.chain:
        who = f"{who} ({span.chain})"
    on = show_partial_date(assertion.said_on) if assertion else ""
    return f"{who}, {on}" if on else who


def _cited(view: CitationView) -> str:
    row, source = view.row, view.source
    parts = [source.title, source.authors, source.publisher, source.published, row.locator]
    words = f"{view.stance}: {', '.join(part for part in parts if part)}"
    if row.quotation:
        words += f": “{' '.join(row.quotation.split())}”"
    if source.url:
        words += f" <{source.url}>"
    notes = []
    if row.accessed_on:
        notes.append(f"looked up {show_partial_date(row.accessed_on.isoformat())}")
    if row.archive_url and not source.hidden:
        notes.append(f"archived at {row.archive_url}")
    if row.confirmed_by:
        notes.append(f"confirmed by {row.confirmed_by.name}")
    return f"{words} ({'; '.join(notes)})" if notes else words


# Joining


@dataclass(frozen=True)
class Similar:
    """An assertion that may say the same, and a span or two that carry it."""

    uuid: UUID
    paraphrase: str
    verdict: str
    citations: int
    places: list[Place]


def similar_assertions(
    by: Member, span: Span, words: str = "", *, most: int = SIMILAR
) -> list[Similar]:
    """Return the assertions that share the most words with ``words``, or with the span's own.

    Compared are folded words of paraphrases and of the quotes of live spans; the rarer a word is
    among them, the more it tells. Four queries.
    """
    own = span.assertion.paraphrase if span.assertion else ""
    wanted = _telling(words) or _telling(f"{span.quote} {own}")
    rows = Assertion.objects.filter(by.readable(), project=by.project)
    told: dict[UUID, set[str]] = {}
    about: dict[UUID, tuple[str, str]] = {}
    for key, paraphrase, verdict in rows.values_list("uuid", "paraphrase", "verdict"):
        if key != span.assertion_id:
            told[key] = _telling(paraphrase)
            about[key] = (paraphrase, verdict)
    carried = Span.objects.filter(
        by.readable(), article__project=by.project, withdrawn_at=None, assertion__isnull=False
    )
    for key, quote in carried.values_list("assertion", "quote"):
        if key in told:
            told[key] |= _telling(quote)
    common = Counter(word for words_of in told.values() for word in words_of)
    scores = {
        key: sum(1 / common[word] for word in wanted & words_of)
        * (len(wanted & words_of) / len(wanted) if wanted else 0)
        for key, words_of in told.items()
    }
    best = sorted(
        (key for key, score in scores.items() if score > 0), key=lambda key: (-scores[key], key)
    )[:most]
    places = _places(by, best)
    cited = Counter(
        Citation.objects.filter(assertion__in=best, withdrawn_at=None).values_list(
            "assertion", flat=True
        )
    )
    return [
        Similar(
            uuid=key,
            paraphrase=about[key][0],
            verdict=Verdict(about[key][1]).label if about[key][1] else "",
            citations=cited[key],
            places=places.get(key, [])[:2],
        )
        for key in best
    ]


def _telling(words: str) -> set[str]:
    """Return the folded words that say what a text is about, without their punctuation."""
    found = {word.strip(".,;:!?…()[]\"'-«»") for word in fold(words).text.split()}
    return {word for word in found if word and word not in _SLIGHT}


# Going on


def spans_of(by: Member, span: Span) -> list[UUID]:
    """Return the spans of the span's article that show the same evidence, itself among them."""
    if span.assertion_id is None:
        return [span.pk]
    rows = Span.objects.filter(by.readable(), article=span.article_id)
    return list(rows.filter(assertion=span.assertion_id).values_list("pk", flat=True))


def next_without_source(by: Member, span: Span) -> UUID | None:
    """Return the next span of the article that asks for a source and has none, or None.

    After the last one the search begins again at the top. Which kinds of label ask for a source
    the project's policy says. One query.
    """
    live = Citation.objects.filter(assertion=OuterRef("assertion"), withdrawn_at=None)
    open_spans = (
        Span.objects.filter(
            by.readable(),
            ~Exists(live),
            article=span.article_id,
            withdrawn_at=None,
            label__kind__in=by.project.rules.sourced_kinds,
        )
        .exclude(pk=span.pk)
        .order_by("start", "-end", "uuid")
        .values_list("uuid", "start")
    )
    found = list(open_spans)
    later = [key for key, start in found if start >= span.start]
    return next(iter(later or [key for key, _ in found]), None)


# What the forms offer


def speakers(by: Member) -> list[Speaker]:
    return list(Speaker.objects.filter(project=by.project).order_by("name", "uuid"))


def readers(by: Member) -> list[Person]:
    """Return who may be named as a reader of confidential details: all but the member."""
    return list(
        Person.objects.filter(project=by.project).exclude(pk=by.person.pk).order_by("name", "uuid")
    )


def relation(by: Member, key: UUID, of: UUID | None) -> AssertionRelation | None:
    """Return a relation of the assertion ``of``, or one taken back, that the member may see."""
    return _relations_of(by, of).filter(pk=key).first() if of else None


@dataclass(frozen=True)
class LookedUp:
    """What a pasted address or a few letters stand for."""

    choices: list[Choice]
    url: str = ""
    quotation: str = ""
    error: str = ""


def look_up(by: Member, typed: str, article: UUID) -> LookedUp:
    """Return what ``typed`` names: a known source, a new address with its quotation, or several.

    ``article`` is the one cited for, which is no source of its own.
    """
    if "://" not in typed:
        return LookedUp(find_sources(by, typed, article))
    address, quotation = split_text_fragment(typed.strip())
    try:
        url = canonical_url(address)
    except Refused as refusal:
        return LookedUp([], error=refusal.message)
    known = source_at(by, url)
    choices = [_choice(view) for view in source_views(by, [known])] if known else []
    return LookedUp(choices, url, quotation)
