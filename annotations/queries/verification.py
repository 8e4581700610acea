"""Whether what is stored is what its history says.

Each ``Finding`` is one sentence that names the article and the row. A payload that was withheld
or erased is no fault: its digest still stands in the chain, but what it told of cannot be
compared, so rows whose story has such a gap are held to what is left of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

from annotations.domain.errors import HistoryRefused
from annotations.domain.history import GENESIS, digest, digest_of
from annotations.domain.schema import read_payload
from annotations.domain.signoff import SCHEME, difference, items_digest
from annotations.domain.vocabulary import Outcome
from annotations.models import (
    Article,
    Block,
    Citation,
    Decision,
    Event,
    Project,
    Record,
    SignOff,
    Span,
    Stream,
    guards,
)
from annotations.models import search as index
from annotations.models.rows import TABLES, state_of
from annotations.queries.signing import covered_items

#: Path from each table to its project.
_PROJECT: dict[str, str] = {
    "project": "pk",
    "block": "article__project",
    "assertionrelation": "subject__project",
    "worklogentry": "assertion__project",
    "citation": "assertion__project",
    "span": "article__project",
    "decision": "span__article__project",
    "comment": "article__project",
    "assignment": "article__project",
    "signoff": "article__project",
}
#: Path from each table to the article that a finding names, where a row has one.
_ARTICLE: dict[str, str] = {
    "article": "pk",
    "block": "article_id",
    "span": "article_id",
    "comment": "article_id",
    "assignment": "article_id",
    "signoff": "article_id",
}
#: Tables whose rows events of several streams tell of.
_ANYWHERE = {"assertion", "assertionrelation", "citation", "worklogentry"}


@dataclass(frozen=True)
class Finding:
    """Something that does not fit; ``code`` says which check found it."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class _Row:
    """What the events tell of one row: by revision, the digests before and after."""

    steps: dict[int, tuple[str | None, str]] = field(default_factory=dict)


class _Verifier:
    def __init__(self, project: Project, using: str) -> None:
        self.project = project
        self.using = using
        self.titles: dict[UUID, str] = dict(
            Article.objects.using(using).filter(project=project).values_list("pk", "title")
        )
        self.rows: dict[tuple[str, str], _Row] = {}
        #: The articles (None: the project) in whose streams a payload is withheld, so that the
        #: events do not tell everything of their rows.
        self.gaps: set[UUID | None] = set()

    def name(self, article: UUID | None) -> str:
        if article is None:
            return f"The project “{self.project.name}”"
        return f"The article “{self.titles.get(article, article)}”"

    def find(self) -> Iterator[Finding]:
        yield from self.streams()
        yield from self.tables()
        yield from self.missing_rows()
        yield from self.texts()
        yield from self.readers()
        yield from self.sign_offs()

    # Chains

    def streams(self) -> Iterator[Finding]:
        streams = Stream.objects.using(self.using).filter(project=self.project).order_by("uuid")
        for stream in streams:
            yield from self.chain(stream)
        known = {stream.pk for stream in streams}
        for key in sorted(self.titles.keys() - known):
            yield Finding("stream_missing", f"{self.name(key)} has no history.")

    def chain(self, stream: Stream) -> Iterator[Finding]:
        name = self.name(stream.article_id)
        if stream.person_id:
            name += f" (layer {stream.pk})"
        previous, length = GENESIS, 0
        events = Event.objects.using(self.using).filter(stream=stream).order_by("sequence")
        for event in events.iterator(2000):
            length += 1
            if event.sequence != length:
                yield Finding(
                    "event_missing",
                    f"{name}: event {length} is missing; the next there is is {event.sequence}.",
                )
                length = event.sequence
            elif event.link.hash(previous) != event.hash:
                yield Finding(
                    "event_hash",
                    f"{name}: event {event.sequence} ({event.kind}) does not follow from the one "
                    "before it; its hash does not fit.",
                )
            previous = event.hash
            if event.payload is None:
                self.gaps.add(stream.article_id)
            else:
                yield from self.payload(event, event.payload, name)
        if stream.sequence != length:
            yield Finding(
                "stream_length",
                f"{name}: its history says {stream.sequence} events, but there are {length}.",
            )
        elif stream.head_hash != previous:
            yield Finding(
                "stream_head",
                f"{name}: the head of its history is not the hash of event {length}.",
            )

    def payload(self, event: Event, payload: str, name: str) -> Iterator[Finding]:
        if digest(payload) != event.payload_sha256:
            yield Finding(
                "payload_digest",
                f"{name}: the payload of event {event.sequence} ({event.kind}) does not fit its "
                "digest.",
            )
            return
        for change in read_payload(payload)["changes"]:
            after = change["after"]
            if after is None or change["table"] not in TABLES:
                continue
            row = self.rows.setdefault((change["table"], change["id"]), _Row())
            before = change["before"]
            step = (None if before is None else digest_of(before), digest_of(after))
            if row.steps.setdefault(after["revision"], step) != step:
                yield Finding(
                    "row_told_twice",
                    f"{name}: two events tell of revision {after['revision']} of "
                    f"{change['table']} {change['id']}.",
                )

    # Rows

    def tables(self) -> Iterator[Finding]:
        for table, model in TABLES.items():
            path = _PROJECT.get(table, "project")
            rows = model._default_manager.using(self.using).filter(**{path: self.project.pk})
            for row in rows.order_by("uuid").iterator(500):
                yield from self.row(table, row)

    def row(self, table: str, row: Record) -> Iterator[Finding]:
        article = self.article_of(table, row)
        name = self.describe(table, row, article)
        gap = self.may_be_withheld(table, article)
        told = self.rows.pop((table, str(row.pk)), None)
        if told is None:
            if not gap:
                yield Finding("row_untold", f"{name} stands in no event.")
            return
        yield from self.steps(name, told, gap=gap)
        last = max(told.steps)
        if row.revision == last:
            if told.steps[last][1] != digest_of(state_of(row)):
                yield Finding("row_differs", f"{name} is not what its last event says of it.")
        elif row.revision < last or not gap:
            yield Finding(
                "row_revision",
                f"{name} has revision {row.revision}, but its last event made revision {last}.",
            )

    def steps(self, name: str, told: _Row, *, gap: bool) -> Iterator[Finding]:
        revisions = sorted(told.steps)
        for revision in revisions:
            before, _ = told.steps[revision]
            earlier = told.steps.get(revision - 1)
            if earlier is not None:
                if before != earlier[1]:
                    yield Finding(
                        "row_chain",
                        f"{name}: revision {revision} does not begin where revision "
                        f"{revision - 1} ended.",
                    )
            elif (revision != 1 or before is not None) and not gap:
                yield Finding("row_gap", f"{name}: no event tells of revision {revision - 1}.")

    def missing_rows(self) -> Iterator[Finding]:
        """Rows that events tell of and that are not there; those of a purge are withheld."""
        for table, key in sorted(self.rows):
            yield Finding(
                "row_missing",
                f"{self.name(None)}: its events tell of {_words(TABLES[table])} {key}, "
                "which is not there.",
            )

    def article_of(self, table: str, row: Any) -> UUID | None:
        if table == "decision":
            return (
                Span.objects.using(self.using)
                .filter(pk=row.span_id)
                .values_list("article", flat=True)
                .first()
            )
        found: UUID | None = getattr(row, _ARTICLE[table]) if table in _ARTICLE else None
        return found

    def may_be_withheld(self, table: str, article: UUID | None) -> bool:
        """Say whether an event that told of the row may be one whose payload is withheld."""
        if article is not None:
            return article in self.gaps
        # The story of an assertion may begin in any article.
        return bool(self.gaps) if table in _ANYWHERE else None in self.gaps

    def describe(self, table: str, row: Any, article: UUID | None) -> str:
        if table == "article":
            return self.name(article)
        short = f" (“{_short(row.quote)}”)" if table == "span" else ""
        return f"{self.name(article)}: {_words(type(row))} {row.pk}{short}"

    # What must hold of the rows themselves

    def texts(self) -> Iterator[Finding]:
        articles = Article.objects.using(self.using).filter(project=self.project, purged_at=None)
        for article in articles.order_by("uuid").iterator(20):
            name = self.name(article.pk)
            if digest(article.text) != article.text_sha256:
                yield Finding("text_digest", f"{name}: its text does not fit its SHA-256.")
            spans = Span.objects.using(self.using).filter(article=article).order_by("start", "uuid")
            for span in spans.iterator(2000):
                found = article.text[span.start : span.end]
                if found != span.quote:
                    yield Finding(
                        "quote",
                        f"{name}: span {span.pk} says “{_short(span.quote)}” at {span.start}–"
                        f"{span.end}, but the text there reads “{_short(found)}”.",
                    )
            yield from self.blocks(article, name)

    def blocks(self, article: Article, name: str) -> Iterator[Finding]:
        blocks = list(Block.objects.using(self.using).filter(article=article).order_by("index"))
        of_article = {block.pk for block in blocks}
        reached = 0
        for block in blocks:
            if block.start < reached or block.end > len(article.text):
                yield Finding(
                    "block",
                    f"{name}: block {block.index} at {block.start}–{block.end} overlaps another "
                    f"or ends outside the {len(article.text)} characters of the text.",
                )
            reached = max(reached, block.end)
            if block.duplicate_of_id is not None and block.duplicate_of_id not in of_article:
                yield Finding(
                    "block", f"{name}: block {block.index} repeats one of another article."
                )

    def readers(self) -> Iterator[Finding]:
        decisions = (
            Decision.objects.using(self.using)
            .filter(span__article__project=self.project, voided_at=None)
            .select_related("span")
            .order_by("uuid")
        )
        yield from self.carried()
        for decision in decisions.iterator(2000):
            if decision.reader_id.hex in decision.span.authors.split():
                yield Finding(
                    "four_eyes",
                    f"{self.name(decision.span.article_id)}: decision {decision.pk} on span "
                    f"{decision.span_id} is by one of the span’s authors.",
                )
        citations = Citation.objects.using(self.using).filter(
            assertion__project=self.project, confirmed_by__isnull=False
        )
        for citation in citations.order_by("uuid").iterator(2000):
            if citation.confirmed_by_id == citation.added_by_id:
                yield Finding(
                    "four_eyes",
                    f"{self.name(None)}: citation {citation.pk} is confirmed by who added it.",
                )

    def carried(self) -> Iterator[Finding]:
        """Hold each acceptance that was carried over to the one that it says it comes from."""
        before = dict(
            Article.objects.using(self.using)
            .filter(project=self.project, previous__isnull=False)
            .values_list("pk", "previous")
        )
        decisions = Decision.objects.using(self.using).filter(
            span__article__project=self.project, carried_from__isnull=False
        )
        ends = ("reader", "outcome", "carried_from__reader", "carried_from__outcome")
        articles = ("span__article", "carried_from__span__article", "carried_from__carried_from")
        rows = decisions.order_by("uuid").values_list("pk", "carried_from", *ends, *articles)
        for key, origin, reader, outcome, first, read, article, wanted, further in rows.iterator():
            version = before.get(article)
            while version is not None and version != wanted:
                version = before.get(version)
            same = reader == first and outcome == read == Outcome.ACCEPTED
            if version is None or further is not None or not same:
                yield Finding(
                    "carried_from",
                    f"{self.name(article)}: decision {key} says that it was carried over from "
                    f"decision {origin}, which is no acceptance by the same reader in an earlier "
                    "version.",
                )

    def sign_offs(self) -> Iterator[Finding]:
        sign_offs = SignOff.objects.using(self.using).filter(article__project=self.project)
        for sign_off in sign_offs.order_by("uuid").iterator(100):
            wrong = sign_off_wrong(sign_off, self.using)
            if wrong:
                yield Finding(
                    "sign_off",
                    f"{self.name(sign_off.article_id)}: sign-off {sign_off.pk} {wrong}.",
                )
            yield from self.signed_head(sign_off)

    def signed_head(self, sign_off: SignOff) -> Iterator[Finding]:
        head = GENESIS
        if sign_off.head_sequence:
            head = (
                Event.objects.using(self.using)
                .filter(stream=sign_off.article_id, sequence=sign_off.head_sequence)
                .values_list("hash", flat=True)
                .first()
                or "missing"
            )
        if head != sign_off.head_hash:
            yield Finding(
                "sign_off_head",
                f"{self.name(sign_off.article_id)}: sign-off {sign_off.pk} names another event "
                f"{sign_off.head_sequence} than the history has.",
            )


def sign_off_wrong(sign_off: SignOff, using: str = DEFAULT_DB_ALIAS) -> str:
    """Return what is wrong with a sign-off's digest, as words that follow its name; "" if nothing.

    What a lapsed one covered has changed since, so only its digest is checked.
    """
    if not 1 <= sign_off.scheme <= SCHEME:
        return (
            f"is signed by scheme {sign_off.scheme}, which this version of the workbench does not "
            "know"
        )
    if items_digest(sign_off.items) != sign_off.digest:
        return "carries a digest that is not that of its items"
    if sign_off.lapsed_at is None:
        changes = difference(
            sign_off.items, covered_items(sign_off.article_id, using, scheme=sign_off.scheme)
        )
        if changes:
            named = ", ".join(f"{change.name} {change.what}" for change in changes[:3])
            more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
            return f"stands, but covers something else than is here: {named}{more}"
    return ""


def _words(model: type[Model]) -> str:
    return str(model._meta.verbose_name)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


def verify(project: Project | None = None, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """Yield what does not fit, of one project or of all, of the guards and of the search.

    Holds two digests for each revision of each row of one project.
    """
    if project is None:
        yield from missing_guards(using)
        yield from search_out_of_step(using)
    projects = Project.objects.using(using).order_by("slug") if project is None else [project]
    for each in projects:
        yield from _Verifier(each, using).find()


def missing_guards(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """Yield a finding for each guard that does not stand in the database."""
    standing = guards.standing(connections[using])
    for guard in guards.GUARDS:
        if guard.name not in standing:
            yield Finding(
                "guard",
                f"The guard {guard.name} does not stand: the database would not refuse "
                f"“{guard.message}” Run manage.py migrate.",
            )


def search_out_of_step(using: str) -> Iterator[Finding]:
    """Yield a finding where the search does not know the words of the rows as they are."""
    count = index.out_of_step(connections[using])
    if count:
        fits = "1 entry of the search does" if count == 1 else f"{count} entries of the search do"
        yield Finding(
            "search",
            f"{fits} not fit the spans and sources: they may not be found by their words. "
            "Run manage.py rebuild_search.",
        )


def check_loaded_sign_off(instance: SignOff, raw: bool, using: str, **_: object) -> None:
    """Receive ``pre_save``: refuse a fixture's sign-off whose digest does not fit.

    A fixture lists sign-offs after everything that they cover.
    """
    if not raw:
        return
    wrong = sign_off_wrong(instance, using)
    if wrong:
        article = Article.objects.using(using).get(pk=instance.article_id)
        raise HistoryRefused(
            f"The sign-off {instance.pk} of the article “{article.title}” {wrong}. "
            "Nothing was loaded.",
            code="sign_off",
        )


def check_loaded_projects(keys: set[UUID], using: str = DEFAULT_DB_ALIAS) -> None:
    """Refuse a load that leaves a project in a state its history does not tell."""
    for project in Project.objects.using(using).filter(pk__in=keys).order_by("slug"):
        for finding in verify(project, using=using):
            raise HistoryRefused(f"{finding} Nothing was loaded.", code=finding.code)
