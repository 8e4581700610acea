"""What leaves of a project: every row in order, or one record an article.

Draw on a ``ProjectDataset`` inside ``snapshot()``. Everything is read in chunks; what is held is
the keys of the articles and, of an export that does not take all of them, of their assertions.

* The events of a stream that leaves all leave, so its chain can be checked; a payload leaves
  where every row it tells of leaves, and as it is here. Otherwise it is withheld.
* The newest version of each article leaves, as the lists show it; ``older_versions`` takes those
  before it, too. A fixture holds the whole history and takes them in any case.
* ``signed_off`` takes the articles that bear as many standing sign-offs as the policy asks (at
  least one), and whatever their rows refer to: earlier versions, articles they cite, and articles
  in whose stream a shared assertion still lives.
* Pseudonyms take the place of people's names, "Known to the desk" that of what a confidential
  source is, whose details are a table that never leaves.
* ``standoff`` empties the text of articles that may not be redistributed, and their quotes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from annotations.domain.errors import Missing
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Access, Outcome, Role, StreamKind
from annotations.domain.withholding import as_told, known_to_the_desk, pseudonym, without_copy
from annotations.formats.exporters import Row
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    Decision,
    Event,
    Label,
    Person,
    Project,
    SignOff,
    Source,
    Span,
    Speaker,
    Stream,
    WorkLogEntry,
)
from annotations.models.rows import EXPORTED, columns
from annotations.queries.articles import agreed_in, live_in, newest
from annotations.queries.plain import ROWS, TEXTS, plain_records, plain_rows

People = Literal["pseudonyms", "names"]
T = TypeVar("T")

#: Keys in one query's list, and articles gathered at once for their records.
KEYS, ARTICLES = 500, 50
#: Code points of context before and after a quote.
CONTEXT = 32

#: Path from each table to its article, for the tables whose rows belong to one.
_OF_ARTICLE: dict[type[Model], str] = {
    Block: "article",
    Span: "article",
    Decision: "span__article",
    Comment: "article",
    Assignment: "article",
    SignOff: "article",
}
#: What stands after the article in the order of rows, where it is not the key alone.
_ORDER: dict[type[Model], tuple[str, ...]] = {
    Block: ("index",),
    Span: ("start", "end", "uuid"),
}
#: The same to the assertion.
_OF_ASSERTION: dict[type[Model], str] = {WorkLogEntry: "assertion", Citation: "assertion"}


class ProjectDataset:
    """One project as it leaves; see the module for what each choice does."""

    def __init__(
        self,
        project: Project,
        *,
        people: People = "pseudonyms",
        signed_off: bool = False,
        standoff: bool = False,
        older_versions: bool = False,
    ) -> None:
        self.project = project
        self.people = people
        self.signed_off = signed_off
        self.standoff = standoff
        self.older_versions = older_versions

        #: The sources of which it has said what they are, so far.
        self.named: set[UUID] = set()

    # What leaves

    @cached_property
    def _states(self) -> dict[UUID, str]:
        """Why each article does not match; "" where nothing keeps it out."""
        states: dict[UUID, str] = {}
        if self.signed_off:
            states = article_states(self.project)
        else:
            purged = Article.objects.filter(project=self.project).values_list("pk", "purged_at")
            states = {key: "" if at is None else "purged" for key, at in purged}
        if not self.older_versions:
            current = set(newest(self.project.pk).values_list("pk", flat=True))
            older = (key for key, state in states.items() if state != "purged")
            states |= {key: "older" for key in older if key not in current}
        return states

    @cached_property
    def matching(self) -> list[UUID]:
        """The articles asked for, in order; texts that were purged match nothing."""
        return sorted(key for key, state in self._states.items() if not state)

    @property
    def why_not(self) -> list[str]:
        """Why the others do not match, each reason with its number: "214 await second reading"."""
        matching = set(self.matching)
        left_out = Counter(state for key, state in self._states.items() if key not in matching)
        return [
            f"{left_out[state]:,} {one if left_out[state] == 1 else many}"
            for state, (one, many) in WHY_NOT.items()
            if left_out[state]
        ]

    @cached_property
    def _leaving(self) -> "_Leaving | None":
        """The rows that leave; None where every row does."""
        if not self.signed_off:
            return None
        return _closure(self.project, self.matching)

    @property
    def along(self) -> int:
        """How many articles leave in a fixture only because others refer to them."""
        leaving = self._leaving
        if leaving is None:
            return sum(state == "older" for state in self._states.values())
        return len(leaving.articles) - len(self.matching)

    def counts(self) -> tuple[int, int]:
        """Return how many articles match and how many spans stand in them."""
        spans = sum(live_in(part).count() for part in _parts(self.matching, KEYS))
        return len(self.matching), spans

    @cached_property
    def not_redistributable(self) -> set[UUID]:
        return set(
            Article.objects.filter(
                project=self.project, redistributable=False, purged_at=None
            ).values_list("pk", flat=True)
        )

    @cached_property
    def _textless(self) -> set[UUID]:
        return self.not_redistributable if self.standoff else set()

    # Rows

    def rows(self) -> Iterator[Row]:
        for model in EXPORTED:
            table = model._meta.label_lower
            change = self._change(model)
            names = [name for name, _, _ in columns(model)]
            size = TEXTS if model is Article else ROWS
            for queryset in self._querysets(model):
                for pk, *values in plain_rows(queryset, "pk", *names, size=size):
                    fields = dict(zip(names, values, strict=True))
                    if change is not None:
                        change(pk, fields)
                    yield Row(table, pk, fields)

    def _querysets(self, model: type[Model]) -> Iterator[QuerySet[Any]]:
        """Yield querysets that together have the rows that leave, each in order.

        The order is by keys and numbers alone, which both databases sort alike.
        """
        rows = model._default_manager.all()
        leaving = self._leaving
        if model in _OF_ARTICLE:
            path = _OF_ARTICLE[model]
            order = _ORDER.get(model, ("uuid",))
            # In parts, so that no database sorts all spans of a project at once.
            for part in _parts(sorted(self._states) if leaving is None else leaving.articles, KEYS):
                yield rows.filter(**{f"{path}__in": part}).order_by(f"{path}_id", *order)
        elif model in _OF_ASSERTION:
            if leaving is None:
                yield rows.filter(assertion__project=self.project).order_by("assertion_id", "uuid")
                return
            for part in _parts(leaving.assertions, KEYS):
                yield rows.filter(assertion__in=part).order_by("assertion_id", "uuid")
        elif model is Event:
            for part in _parts(self._streams, KEYS):
                yield rows.filter(stream__in=part).order_by("stream_id", "sequence")
        elif model is Stream:
            for part in _parts(self._streams, KEYS):
                yield rows.filter(pk__in=part).order_by("uuid")
        elif model is Project:
            yield rows.filter(pk=self.project.pk)
        elif leaving is None or model in (Person, Label, Speaker):
            path = "subject__project" if model is AssertionRelation else "project"
            yield rows.filter(**{path: self.project}).order_by("uuid")
        else:
            for part in _parts(leaving.keys(model), KEYS):
                yield rows.filter(pk__in=part).order_by("uuid")

    @cached_property
    def _streams(self) -> list[UUID]:
        # Who may log in here is nobody's business elsewhere.
        streams = (
            Stream.objects.filter(project=self.project)
            .exclude(kind=StreamKind.ACCESS)
            .values_list("pk", "article")
        )
        leaving = self._leaving
        return sorted(
            pk
            for pk, article in streams
            if leaving is None or article is None or article in leaving.article_set
        )

    def _change(self, model: type[Model]) -> Callable[[str, dict[str, Any]], None] | None:
        """Return what withholds parts of a row's fields, where anything of the table may be."""
        if model is Person and self.people == "pseudonyms":
            return lambda pk, fields: fields.update(name=pseudonym(UUID(pk)))
        if model is Source:
            return self._source
        if model is Event:
            return lambda _, fields: fields.update(payload=self._payload(fields["payload"]))
        if not self._textless:
            return None
        textless = {str(key) for key in self._textless}

        def empty_text(pk: str, fields: dict[str, Any]) -> None:
            if pk in textless:
                fields["text"] = ""

        def empty_quote(_: str, fields: dict[str, Any]) -> None:
            if fields["article"] in textless:
                fields["quote"] = ""

        found: dict[type[Model], Callable[[str, dict[str, Any]], None]] = {
            Article: empty_text,
            Span: empty_quote,
        }
        return found.get(model)

    def _source(self, pk: str, fields: dict[str, Any]) -> None:
        self._name(pk, fields["access"])
        fields.update(known_to_the_desk(fields))

    def _name(self, source: str, access: str) -> None:
        if access != Access.CONFIDENTIAL:
            self.named.add(UUID(source))

    # Payloads

    @cached_property
    def _confidential(self) -> set[str]:
        """The keys of confidential sources and of the citations of one."""
        sources = Source.objects.filter(project=self.project, access=Access.CONFIDENTIAL)
        citations = Citation.objects.filter(source__in=sources)
        keys = (*sources.values_list("pk", flat=True), *citations.values_list("pk", flat=True))
        return {str(key) for key in keys}

    def _payload(self, payload: str | None) -> str | None:
        """Return the payload as it leaves: whole, or not at all."""
        if payload is None:
            return None
        # Canonical JSON: these strings cannot stand inside a value, whose quotes are escaped.
        if self.people == "pseudonyms" and '"table":"person"' in payload:
            return None
        tells_source = bool(self._confidential) and (
            '"table":"source"' in payload or '"archive_url":"h' in payload
        )
        tells_quote = bool(self._textless) and '"table":"span"' in payload
        if not (tells_source or tells_quote or self._leaving is not None):
            return payload
        content = read_payload(payload)
        leaving = self._leaving
        listed = map(UUID, content.get("articles", ()))
        if leaving is not None and not leaving.article_set.issuperset(listed):
            return None
        if all(self._may_leave(change) for change in content["changes"]):
            return payload
        return None

    def _may_leave(self, change: dict[str, Any]) -> bool:
        table, key = change["table"], change["id"]
        states = [state for state in (change["before"], change["after"]) if state is not None]
        confidential = key in self._confidential
        if any(as_told(table, state, confidential=confidential) != state for state in states):
            return False
        if table == "span" and any(UUID(state["article"]) in self._textless for state in states):
            return False
        return self._leaving is None or self._leaving.has(table, key, states)

    # Records

    def header(self) -> dict[str, Any]:
        project = self.project
        heads = Stream.objects.filter(pk=project.pk).values_list("sequence", "head_hash").get()
        return {
            "project": {
                "uuid": str(project.pk),
                "slug": project.slug,
                "name": project.name,
                "organisation": project.organisation,
                "mode": project.mode,
                "guideline_version": project.guideline_version,
                "policy_version": project.policy_version,
                "history": {"sequence": heads[0], "head_hash": heads[1]},
            },
            "labels": [
                {
                    "uuid": str(label.pk),
                    "key": label.key,
                    "name": label.name,
                    "kind": label.kind,
                    "definition": label.definition,
                    "retired": label.retired,
                }
                for label in Label.objects.filter(project=project).order_by("position", "uuid")
            ],
            "people": self.people,
            "signed_off": self.signed_off,
            "standoff": self.standoff,
            "older_versions": self.older_versions,
            "articles": len(self.matching),
        }

    def articles(self) -> Iterator[dict[str, Any]]:
        for part in _parts(self.matching, ARTICLES):
            yield from self._records(part)

    @cached_property
    def _people(self) -> dict[str, dict[str, str]]:
        return {
            str(key): {
                "uuid": str(key),
                "name": pseudonym(key) if self.people == "pseudonyms" else name,
            }
            for key, name in Person.objects.filter(project=self.project).values_list("pk", "name")
        }

    def _person(self, key: str | None) -> dict[str, str] | None:
        return None if key is None else self._people[key]

    @cached_property
    def _labels(self) -> dict[str, tuple[str, str]]:
        labels = Label.objects.filter(project=self.project)
        return {
            str(key): (name, kind) for key, name, kind in labels.values_list("pk", "name", "kind")
        }

    @cached_property
    def _speakers(self) -> dict[str | None, dict[str, Any]]:
        speakers = Speaker.objects.filter(project=self.project)
        return {
            str(key): {"uuid": str(key), "name": name, "role": role}
            for key, name, role in speakers.values_list("pk", "name", "role")
        }

    def _records(self, part: list[UUID]) -> Iterator[dict[str, Any]]:
        blocks = _grouped(
            "article",
            Block.objects.filter(article__in=part).order_by("index"),
            *_BLOCK,
            "duplicate_of__index",
        )
        spans = _grouped(
            "article",
            live_in(part).order_by("start", "end", "uuid"),
            *_SPAN,
        )
        evidence = self._evidence(part)
        decisions = _grouped(
            "span",
            Decision.objects.filter(
                span__article__in=part, span__withdrawn_at=None, voided_at=None
            ).order_by("made_at", "uuid"),
            *_DECISION,
            "reader",
        )
        sign_offs = _grouped(
            "article",
            SignOff.objects.filter(article__in=part, lapsed_at=None).order_by("signed_at", "uuid"),
            *_SIGN_OFF,
            "signer",
        )
        streams = _grouped(
            "article",
            Stream.objects.filter(article__in=part).order_by("uuid"),
            *("uuid", "person", "sequence", "head_hash"),
        )
        layers = {row["uuid"]: row["person"] for rows in streams.values() for row in rows}
        for article in plain_records(
            Article.objects.filter(pk__in=part).order_by("uuid"), "text", *_ARTICLE, size=TEXTS
        ):
            key, text = article["uuid"], article.pop("text")
            yield {
                **self._article(article, text),
                "blocks": [_block(row) for row in blocks.get(key, ())],
                "spans": [
                    self._span(
                        row, text, evidence, decisions.get(row["uuid"], ()), layers[row["stream"]]
                    )
                    for row in spans.get(key, ())
                ],
                "sign_offs": [
                    {
                        **{name: row[name] for name in _SIGN_OFF},
                        "signer": self._person(row["signer"]),
                    }
                    for row in sign_offs.get(key, ())
                ],
                "history": [
                    {
                        "stream": row["uuid"],
                        "layer": self._person(row["person"]),
                        "sequence": row["sequence"],
                        "head_hash": row["head_hash"],
                    }
                    for row in streams.get(key, ())
                ],
            }

    def _article(self, record: dict[str, Any], text: str) -> dict[str, Any]:
        record["length"] = len(text)
        if not record["redistributable"]:
            record["note"] = note(record["licence"])
        if UUID(record["uuid"]) not in self._textless:
            record["text"] = text
        return record

    def _span(
        self,
        span: dict[str, Any],
        text: str,
        evidence: dict[str, dict[str, Any]],
        decisions: Sequence[dict[str, Any]],
        layer: str | None,
    ) -> dict[str, Any]:
        """Make of a row what a line says of the span: in place, for there are very many."""
        span["label"], span["kind"] = self._labels[span["label"]]
        span["speaker"] = self._speakers.get(span["speaker"])
        span["author"] = self._people[span["author"]]
        span["layer"] = self._person(layer)
        if span["assertion"] is not None:
            span["assertion"] = evidence[span["assertion"]]
        span["decisions"] = [
            {
                **{name: row[name] for name in _DECISION},
                "reader": self._person(row["reader"]),
            }
            for row in decisions
        ]
        del span["stream"]
        if self._textless and UUID(span["article"]) in self._textless:
            del span["quote"]
        else:
            start, end = span["start"], span["end"]
            span["prefix"] = text[max(0, start - CONTEXT) : start]
            span["suffix"] = text[end : end + CONTEXT]
        del span["article"]
        return span

    def _evidence(self, part: list[UUID]) -> dict[str, dict[str, Any]]:
        """Return the assertions of the articles' spans with their citations, by key."""
        found = {
            row["uuid"]: row
            for row in plain_records(
                Assertion.objects.filter(pk__in=live_in(part).values("assertion")),
                *_ASSERTION,
            )
        }
        for row in found.values():
            row["speaker"] = self._speakers.get(row["speaker"])
            row["verdict_by"] = self._person(row["verdict_by"])
            row["citations"] = []
        for keys in _parts(list(found), KEYS):
            for citation in plain_records(
                Citation.objects.filter(assertion__in=keys, withdrawn_at=None).order_by(
                    "created_at", "uuid"
                ),
                *("assertion", "added_by", "confirmed_by", "source"),
                *_CITATION,
                *(f"source__{name}" for name in _SOURCE),
            ):
                found[citation["assertion"]]["citations"].append(self._citation(citation))
        return found

    def _citation(self, row: dict[str, Any]) -> dict[str, Any]:
        source = {name: row[f"source__{name}"] for name in _SOURCE}
        cited = {name: row[name] for name in _CITATION}
        self._name(row["source"], source["access"])
        return {
            **(without_copy(cited) if source["access"] == Access.CONFIDENTIAL else cited),
            "added_by": self._person(row["added_by"]),
            "confirmed_by": self._person(row["confirmed_by"]),
            "source": {"uuid": row["source"], **known_to_the_desk(source)},
        }


# Fields that stand in a line as they are, and further ones that a line is made of

_ARTICLE = (
    "uuid",
    "title",
    "byline",
    "publisher",
    "site",
    "url",
    "published",
    "language",
    "licence",
    "redistributable",
    "source_sha256",
    "text_sha256",
    "markup",
    "previous",
)
_BLOCK = ("index", "start", "end", "tag", "role", "confirmed", "score")
_SPAN = (
    "uuid",
    "start",
    "end",
    "voice",
    "chain",
    "quote_kind",
    "claim_kind",
    "certainty",
    "check_worthiness",
    "uncertain",
    "note",
    "created_at",
    "quote",
    *("stream", "label", "speaker", "author", "assertion"),
)
_DECISION = (
    *("outcome", "reason_code", "reason", "proposal", "made_at"),
    *("declined_at", "answer", "carried_from"),
)
_SIGN_OFF = ("uuid", "signed_at", "digest", "waivers", "sole_author")
_ASSERTION = (
    "uuid",
    "paraphrase",
    "said_on",
    "due",
    "work_state",
    "verdict",
    "verdict_reason",
    "verdict_as_of",
    *("speaker", "verdict_by"),
)
_CITATION = (
    "uuid",
    "stance",
    "quotation",
    "original_quotation",
    "original_language",
    "locator",
    "accessed_on",
    "archive_url",
    "archived_on",
    "file_sha256",
    "note",
)
_SOURCE = (
    "article",
    "kind",
    "title",
    "publisher",
    "authors",
    "published",
    "level",
    "url",
    "access",
    "language",
    "note",
)


# What matches


def project_by_slug(slug: str) -> Project:
    """Return a project for whoever runs commands on this machine, which asks for no rights."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True))
        raise Missing(f"There is no project “{slug}”. Projects: {known or 'none yet'}.")
    return project


def article_by_key(key: UUID) -> Article:
    """Return an article of any project for whoever runs commands on this machine."""
    article = Article.objects.select_related("project").filter(pk=key).first()
    if article is None:
        raise Missing(f"There is no article {key}.")
    return article


def manager_of(project: Project, username: str | None = None) -> Person:
    """Return the person as whom a manager's account acts: the named one's, or the first's."""
    people = Person.objects.filter(
        project=project,
        links__ended_at=None,
        links__account__memberships__project=project,
        links__account__memberships__role=Role.MANAGER,
    )
    if username is not None:
        people = people.filter(links__account__username=username)
    person = people.order_by("links__since", "uuid").first()
    if person is None:
        who = f"{username} is no manager" if username else "There is no manager"
        raise Missing(f"{who} of the project “{project.slug}”.")
    return person


#: Why an article is left out of an export.
WHY_NOT = {
    "second_reading": ("awaits second reading", "await second reading"),
    "returned": ("was returned by a second reader", "were returned by a second reader"),
    "sign_off": ("awaits sign-off", "await sign-off"),
    "lapsed": ("was changed since it was signed off", "were changed since they were signed off"),
    "older": ("is an earlier version", "are earlier versions"),
    "purged": ("had its text removed", "had their text removed"),
}


def article_states(project: Project) -> dict[UUID, str]:
    """Return for each article "" where it is signed off, else a key of ``WHY_NOT``.

    Three queries. An article that lacks several things is told of the first that stops it.
    """
    rules = project.rules
    accepted = Count(
        "decisions", filter=Q(decisions__voided_at=None, decisions__outcome=Outcome.ACCEPTED)
    )
    agreed = agreed_in(project)
    returned = set(
        Decision.objects.filter(span__in=agreed, voided_at=None, declined_at=None)
        .exclude(outcome=Outcome.ACCEPTED)
        .values_list("span__article", flat=True)
    )
    unread = set(
        agreed.annotate(accepted=accepted)
        .filter(accepted__lt=rules.second_readers)
        .values_list("article", flat=True)
        .distinct()
    )
    rows = (
        Article.objects.filter(project=project)
        .annotate(
            standing=Count("sign_offs", filter=Q(sign_offs__lapsed_at=None)),
            signed=Count("sign_offs"),
        )
        .values_list("pk", "purged_at", "standing", "signed")
    )
    states = {}
    for key, purged_at, standing, signed in rows:
        if purged_at is not None:
            state = "purged"
        elif standing >= max(1, rules.sign_offs):
            state = ""
        elif key in returned:
            state = "returned"
        elif key in unread:
            state = "second_reading"
        elif signed and not standing:
            state = "lapsed"
        else:
            state = "sign_off"
        states[key] = state
    return states


class _Leaving:
    """The keys of the rows that leave when not every article does."""

    def __init__(self, articles: set[UUID], assertions: set[UUID], sources: set[UUID]) -> None:
        self.article_set = articles
        self.assertion_set = assertions
        self.source_set = sources
        self.articles = sorted(articles)
        self.assertions = sorted(assertions)
        self.relations = sorted(
            key
            for part in _parts(self.assertions, KEYS)
            for key, other in AssertionRelation.objects.filter(subject__in=part).values_list(
                "pk", "object"
            )
            if other in assertions
        )

    def keys(self, model: type[Model]) -> list[UUID]:
        found: dict[type[Model], list[UUID]] = {
            Article: self.articles,
            Assertion: self.assertions,
            Source: sorted(self.source_set),
            AssertionRelation: self.relations,
        }
        return found[model]

    def has(self, table: str, key: str, states: list[dict[str, Any]]) -> bool:
        """Say whether the row that a payload tells of leaves."""
        if table == "article":
            return UUID(key) in self.article_set
        if table == "assertion":
            return UUID(key) in self.assertion_set
        if table == "source":
            return UUID(key) in self.source_set
        if table == "assertionrelation":
            return all(
                UUID(state[end]) in self.assertion_set
                for state in states
                for end in ("subject", "object")
            )
        if table in ("citation", "worklogentry"):
            return all(UUID(state["assertion"]) in self.assertion_set for state in states)
        if table == "decision":
            article = Span.objects.filter(pk=states[0]["span"]).values_list("article", flat=True)
            return article.first() in self.article_set
        if table in ("project", "person", "label", "speaker"):
            return True
        return all(UUID(state["article"]) in self.article_set for state in states)


def _closure(project: Project, articles: Iterable[UUID]) -> _Leaving:
    """Return the articles with everything that their rows refer to."""
    found: set[UUID] = set()
    assertions: set[UUID] = set()
    sources: set[UUID] = set()
    new = set(articles)
    while new:
        found |= new
        linked: set[UUID] = set()
        fresh: set[UUID] = set()
        for part in _parts(sorted(new), KEYS):
            linked.update(
                previous
                for previous in Article.objects.filter(pk__in=part).values_list(
                    "previous", flat=True
                )
                if previous is not None
            )
            fresh.update(
                Assertion.objects.filter(
                    Q(pk__in=Span.objects.filter(article__in=part).values("assertion"))
                    | Q(stream__article__in=part)
                ).values_list("pk", flat=True)
            )
        fresh -= assertions
        assertions |= fresh
        for part in _parts(sorted(fresh), KEYS):
            linked.update(
                Assertion.objects.filter(pk__in=part, stream__article__isnull=False).values_list(
                    "stream__article", flat=True
                )
            )
            for source, article in Citation.objects.filter(assertion__in=part).values_list(
                "source", "source__article"
            ):
                sources.add(source)
                if article is not None:
                    linked.add(article)
        new = linked - found
    return _Leaving(found, assertions, sources)


# Small things


def note(licence: str) -> str:
    """Return what an article that may not be redistributed carries with it."""
    under = f" Its licence: {licence}." if licence else ""
    return f"The text of this article may not be redistributed.{under}"


def _parts(keys: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _grouped(of: str, rows: QuerySet[Any], *names: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by the key that their field ``of`` names."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in plain_records(rows, of, *names):
        found.setdefault(row[of], []).append(row)
    return found


def _block(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in _BLOCK}, "duplicate_of": row["duplicate_of__index"]}
