"""Whether what is stored is what its history says.

Each ``Finding`` is one sentence that names the article and the row. A payload that was withheld
from a fixture, or erased, is no fault: its digest is still in the chain. What it told of cannot be
compared, so the rows that it could have told of, by its kind and its stream, are held to what is
left of their story. Any other empty payload is a fault.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.models import Max, Model

from annotations.domain.errors import HistoryRefused
from annotations.domain.events import TELLS_OF, Kind
from annotations.domain.history import GENESIS, digest, digest_of
from annotations.domain.schema import read_payload
from annotations.domain.signoff import SCHEME, difference, items_digest
from annotations.domain.vocabulary import Outcome, StreamKind
from annotations.models import (
    Article,
    Assertion,
    Block,
    Citation,
    Decision,
    Event,
    Person,
    Project,
    Record,
    SignOff,
    Span,
    Stream,
    WithheldPayload,
    guards,
)
from annotations.models import search as index
from annotations.models.rows import TABLES, state_of
from annotations.queries.articles import agreed_spans
from annotations.queries.confidential import confidential_differing
from annotations.queries.finding import Finding
from annotations.queries.four_eyes import ones
from annotations.queries.portable import unportable
from annotations.queries.signing import covered_items
from annotations.queries.verified_access import AccessVerifier

#: The code of what one account did as two people: named, and no reason to refuse what came.
ONE_ACCOUNT = "four_eyes_account"

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
#: Tables whose rows only the project's own stream tells of.
_OF_PROJECT = {"project", "person", "label", "speaker", "source"}
#: Tables whose rows only the article's stream tells of.
_OF_ARTICLE = {"article", "block", "assignment", "signoff"}
#: Path from each table to the article that a finding names, where a row has one.
_ARTICLE: dict[str, str] = {
    "article": "pk",
    "block": "article_id",
    "span": "article_id",
    "comment": "article_id",
    "assignment": "article_id",
    "signoff": "article_id",
}


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
        #: By stream the tables whose rows a payload that is not here could have told of.
        self.gaps: dict[UUID, set[str]] = defaultdict(set)
        #: The texts of articles by key, as the lists in the project's stream say; None: no list.
        self.listed: dict[UUID, str] | None = None
        self.list_withheld = False
        #: Decision, its reader, and who took what it proposes.
        self.taken: list[tuple[str, UUID, UUID]] = []

    def name(self, article: UUID | None) -> str:
        if article is None:
            return f"The project “{self.project.name}”"
        return f"The article “{self.titles.get(article, article)}”"

    def find(self) -> Iterator[Finding]:
        yield from self.portable()
        access = AccessVerifier(self.project, self.using)
        yield from self.safely(self.accounts, access.find, self.confidential)

    def safely(self, *checks: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        """Run checks, one after the other; what cannot even be read is a finding, too."""
        for check in checks:
            try:
                yield from check()
            except DatabaseError:
                raise
            except Exception as error:
                # Whatever somebody wrote past every action may be in a row.
                yield Finding(
                    "unreadable",
                    f"{self.name(None)}: something stored cannot be read ({error}), so that not "
                    f"everything of it was checked.",
                )

    def confidential(self) -> Iterator[Finding]:
        for key in confidential_differing(self.project, self.using):
            yield Finding(
                "confidential",
                f"{self.name(None)}: what is kept of the confidential source {key}, or who may "
                "read it, is not what was last written.",
            )

    def portable(self) -> Iterator[Finding]:
        """Yield what does not fit of the rows that a fixture brings."""
        yield from self.safely(
            self.streams,
            self.tables,
            self.missing_rows,
            self.articles,
            self.texts,
            self.readers,
            self.sign_offs,
        )

    # Chains

    def streams(self) -> Iterator[Finding]:
        streams = Stream.objects.using(self.using).filter(project=self.project).order_by("uuid")
        for stream in streams:
            yield from self.owner(stream)
            yield from self.chain(stream)
        known = {stream.pk for stream in streams}
        for key in sorted(self.titles.keys() - known):
            yield Finding("stream_missing", f"{self.name(key)} has no history.")
        if self.project.pk not in known:
            yield Finding("stream_missing", f"{self.name(None)} has no history.")
        access = [stream for stream in streams if stream.kind == StreamKind.ACCESS]
        if len(access) > 1:
            yield Finding("stream_owner", f"{self.name(None)} has {len(access)} access streams.")

    def owner(self, stream: Stream) -> Iterator[Finding]:
        """Hold a stream to what it is of: nothing else says whose events it holds."""
        of = {
            StreamKind.PROJECT: stream.pk == self.project.pk,
            StreamKind.ARTICLE: stream.pk == stream.article_id,
            StreamKind.ACCESS: stream.pk not in {self.project.pk, *self.titles},
            StreamKind.LAYER: stream.pk not in {self.project.pk, *self.titles},
        }
        here = stream.article_id is None or stream.article_id in self.titles
        if not of[StreamKind(stream.kind)] or not here or not self.is_layer_of(stream):
            yield Finding(
                "stream_owner",
                f"{self.story_of(stream)}: its history {stream.pk} belongs to something else than "
                "its row says.",
            )

    def is_layer_of(self, stream: Stream) -> bool:
        """Say whether the spans of a layer are its person's, on its article."""
        if stream.kind != StreamKind.LAYER:
            return True
        spans = Span.objects.using(self.using).filter(stream=stream)
        return not spans.exclude(article=stream.article_id, author=stream.person_id).exists()

    def story_of(self, stream: Stream) -> str:
        if stream.pk in self.titles:
            return self.name(stream.pk)
        name = self.name(stream.article_id)
        return f"{name} (layer {stream.pk})" if stream.person_id else name

    def chain(self, stream: Stream) -> Iterator[Finding]:
        name = self.story_of(stream)
        erased = self.erased_until(stream)
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
                yield from self.empty(event, erased, name)
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

    def erased_until(self, stream: Stream) -> int:
        """Return the sequence before which payloads of the stream may have been erased."""
        found = Event.objects.using(self.using).filter(stream=stream, kind=Kind.PAYLOAD_ERASED)
        return found.aggregate(last=Max("sequence"))["last"] or 0

    def empty(self, event: Event, erased: int, name: str) -> Iterator[Finding]:
        """Judge a payload that is not here, and note what it could have told of."""
        if event.kind in set(Kind):
            self.gaps[event.stream_id] |= TELLS_OF.get(Kind(event.kind), frozenset())
        if event.kind == Kind.ARTICLES_LISTED:
            self.list_withheld = True
        if event.sequence >= erased and event.pk not in self.withheld:
            yield Finding(
                "payload_missing",
                f"{name}: the payload of event {event.sequence} ({event.kind}) is not here, and "
                "nothing says that it was withheld or erased.",
            )

    @cached_property
    def withheld(self) -> set[UUID]:
        """The events whose payload did not come with the fixture that brought them."""
        rows = WithheldPayload.objects.using(self.using).filter(event__stream__project=self.project)
        return set(rows.values_list("pk", flat=True))

    def payload(self, event: Event, payload: str, name: str) -> Iterator[Finding]:
        if digest(payload) != event.payload_sha256:
            yield Finding(
                "payload_digest",
                f"{name}: the payload of event {event.sequence} ({event.kind}) does not fit its "
                "digest.",
            )
            return
        try:
            yield from self.told(event, read_payload(payload), name)
        except (AttributeError, KeyError, TypeError, ValueError):
            yield Finding(
                "payload_form",
                f"{name}: the payload of event {event.sequence} ({event.kind}) is not one that an "
                "action wrote; it cannot be read.",
            )

    def told(self, event: Event, content: dict[str, Any], name: str) -> Iterator[Finding]:
        """Note what an event tells of each row."""
        if event.kind == Kind.ARTICLES_LISTED:
            self.listed = (self.listed or {}) | {
                UUID(key): sha256 for key, sha256 in content["articles"].items()
            }
        for change in content["changes"]:
            after = change["after"]
            if after is None or change["table"] not in TABLES:
                continue
            if event.kind == Kind.PROPOSAL_TAKEN and change["table"] == "decision":
                self.taken.append((change["id"], UUID(after["reader"]), event.actor_id))
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
        gap = self.may_be_withheld(table, row)
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
            return self.spans[row.span_id][0] if row.span_id in self.spans else None
        found: UUID | None = getattr(row, _ARTICLE[table]) if table in _ARTICLE else None
        return found

    @cached_property
    def spans(self) -> dict[UUID, tuple[UUID, UUID]]:
        """Article and stream of each span."""
        rows = Span.objects.using(self.using).filter(article__project=self.project)
        return {
            key: (article, stream)
            for key, article, stream in rows.values_list("pk", "article", "stream")
        }

    @cached_property
    def homes(self) -> dict[UUID, UUID]:
        """The stream of each assertion."""
        rows = Assertion.objects.using(self.using).filter(project=self.project)
        return dict(rows.values_list("pk", "stream"))

    def may_be_withheld(self, table: str, row: Any) -> bool:
        """Say whether an event that told of the row may be one whose payload is not here."""
        return any(table in self.gaps[stream] for stream in self.told_in(table, row))

    def told_in(self, table: str, row: Any) -> Iterable[UUID]:
        """Return the streams with gaps that may have told of a row."""
        project = self.project.pk
        if table in _OF_PROJECT:
            streams = {project}
        elif table in _OF_ARTICLE:
            streams = {row.pk if table == "article" else row.article_id}
        elif table in ("span", "comment"):
            streams = {row.stream_id, project}
        elif table == "decision":
            streams = {project, *self.spans.get(row.span_id, ())[1:]}
        else:
            keys = {
                "assertion": [row.pk],
                "assertionrelation": [
                    getattr(row, "subject_id", None),
                    getattr(row, "object_id", None),
                ],
            }.get(table, [getattr(row, "assertion_id", None)])
            streams = {self.homes.get(key, project) for key in keys}
            if project in streams:
                # The story of an assertion that is the project's now may have begun anywhere.
                return list(self.gaps)
            streams.add(project)
        return streams & self.gaps.keys()

    def describe(self, table: str, row: Any, article: UUID | None) -> str:
        if table == "article":
            return self.name(article)
        short = f" (“{_short(row.quote)}”)" if table == "span" else ""
        return f"{self.name(article)}: {_words(type(row))} {row.pk}{short}"

    # What must hold of the rows themselves

    def articles(self) -> Iterator[Finding]:
        """Hold the articles to the lists of them. Where there is no list yet, none is missed."""
        if self.listed is None:
            return
        here = dict(
            Article.objects.using(self.using)
            .filter(project=self.project)
            .values_list("pk", "text_sha256")
        )
        for key in sorted(self.listed.keys() - here.keys()):
            yield Finding(
                "article_missing",
                f"{self.name(None)}: the article {key}, whose import it tells of, is not there.",
            )
        for key, sha256 in sorted(here.items()):
            if self.listed.get(key, sha256) != sha256:
                yield Finding(
                    "article_text", f"{self.name(key)} has another text than its project says."
                )
            elif key not in self.listed and not self.list_withheld:
                yield Finding(
                    "article_untold", f"{self.name(key)} is not among the articles of its project."
                )

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

    def accounts(self) -> Iterator[Finding]:
        """Name what one account did as two people: the persons differ, and the eyes do not."""
        for what, first, second in self.acts_of_two():
            if second in self.alike.get(first, frozenset()) - {first}:
                names = " and ".join(
                    sorted(self.people.get(one, str(one)) for one in (first, second))
                )
                yield Finding(
                    ONE_ACCOUNT,
                    f"{what}: an account was linked to both {names}, so four eyes were two.",
                )

    @cached_property
    def people(self) -> dict[UUID, str]:
        rows = Person.objects.using(self.using).filter(project=self.project)
        return dict(rows.values_list("pk", "name"))

    @cached_property
    def alike(self) -> dict[UUID, frozenset[UUID]]:
        return ones(list(self.people), self.using)

    def acts_of_two(self) -> Iterator[tuple[str, UUID, UUID]]:
        """Yield what two people did together, and both, wherever four eyes are asked for."""
        decisions = Decision.objects.using(self.using).filter(
            span__article__project=self.project, voided_at=None
        )
        for key, reader, article, authors in decisions.order_by("uuid").values_list(
            "pk", "reader", "span__article", "span__authors"
        ):
            for wrote in authors.split():
                yield f"{self.name(article)}: decision {key}", reader, UUID(wrote)
        citations = Citation.objects.using(self.using).filter(
            assertion__project=self.project, confirmed_by__isnull=False
        )
        for key, added, confirmed in citations.order_by("uuid").values_list(
            "pk", "added_by", "confirmed_by"
        ):
            yield f"{self.name(None)}: the confirmation of citation {key}", confirmed, added
        for proposal, reader, taker in self.taken:
            yield f"{self.name(None)}: the proposal of decision {proposal}, taken", reader, taker
        standing = SignOff.objects.using(self.using).filter(
            article__project=self.project, lapsed_at=None, sole_author=False
        )
        for sign_off in standing.select_related("article").order_by("uuid"):
            authors_here = set(
                agreed_spans(sign_off.article, self.using).values_list("author", flat=True)
            )
            if authors_here <= self.alike.get(sign_off.signer_id, frozenset()):
                for author in sorted(authors_here):
                    what = f"{self.name(sign_off.article_id)}: sign-off {sign_off.pk}"
                    yield what, sign_off.signer_id, author

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
        unreadable = False
        for code, text in unportable(connections[using]):
            unreadable = unreadable or code == "unreadable"
            yield Finding(code, text)
        if unreadable:
            # No row of such a table can be read, so nothing else can be held to its history.
            return
        yield from search_out_of_step(using)
    projects = Project.objects.using(using).order_by("slug") if project is None else [project]
    for each in projects:
        yield from _Verifier(each, using).find()


def not_compared(project: Project | None = None) -> list[str]:
    """Return what ``verify`` has nothing to hold to, in sentences with how many there are."""
    streams = Stream.objects.all() if project is None else Stream.objects.filter(project=project)
    events = Event.objects.filter(stream__in=streams)
    withheld = events.filter(payload=None, withheld__isnull=False).count()
    erased = events.filter(payload=None, withheld=None).count()
    listed = events.filter(kind=Kind.ARTICLES_LISTED).values("stream__project")
    articles = Article.objects.exclude(project__in=listed)
    links = events.filter(kind=Kind.PERSON_LINKED, payload__isnull=False).exclude(
        payload__contains='"account":'
    )
    unlisted = (articles if project is None else articles.filter(project=project)).count()
    old = links.count()
    found = []
    if withheld:
        found.append(f"{_count(withheld, 'payload')} withheld.")
    if erased:
        found.append(f"{_count(erased, 'payload')} erased.")
    if unlisted:
        are = "is" if unlisted == 1 else "are"
        found.append(
            f"{_count(unlisted, 'article')} {are} not listed in the project’s history yet: nobody "
            "would miss one. The next import lists them."
        )
    if old:
        found.append(
            f"{_count(old, 'link')} of people to accounts {'is' if old == 1 else 'are'} older than "
            "the digests of accounts: the history does not say which account it was."
        )
    return found


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def missing_guards(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """Yield a finding for each guard that does not stand in the database."""
    standing = guards.standing(connections[using])
    for guard in guards.due(connections[using]):
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
        for finding in _Verifier(project, using).portable():
            raise HistoryRefused(f"{finding} Nothing was loaded.", code=finding.code)
