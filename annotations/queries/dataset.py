"""What leaves of a project: every row in order, or one record an article.

Draw on a ``ProjectDataset`` inside ``snapshot()``. Everything is read in chunks; what is held is
the keys of the articles and, of an export that does not take all of them, of their assertions.

* The events of a stream that leaves all leave, so its chain can be checked; a payload leaves
  where every row it tells of leaves, and as it is here. Otherwise it is withheld.
* ``signed_off`` takes the articles that bear as many standing sign-offs as the policy asks (at
  least one), and whatever their rows refer to: earlier versions, articles they cite, and articles
  in whose stream a shared assertion still lives.
* Pseudonyms take the place of people's names, "Known to the desk" that of what a confidential
  source is, whose details are a table that never leaves.
* ``standoff`` empties the text of articles that may not be redistributed, and their quotes.
"""

import datetime
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from annotations.domain.errors import Missing
from annotations.domain.vocabulary import Access, Outcome, Role, StreamKind
from annotations.domain.withholding import known_to_the_desk, pseudonym
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
from annotations.models.rows import EXPORTED, columns, show_time

People = Literal["pseudonyms", "names"]
T = TypeVar("T")
M = TypeVar("M", bound=Model)

#: Keys in one query's list, rows fetched at once, and articles gathered at once for a record.
KEYS, ROWS, ARTICLES = 500, 2000, 20
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
    ) -> None:
        self.project = project
        self.people = people
        self.signed_off = signed_off
        self.standoff = standoff

    # What leaves

    @cached_property
    def _states(self) -> dict[UUID, str]:
        """Why each article that does not match does not; "" for those that do."""
        return article_states(self.project)

    @cached_property
    def matching(self) -> list[UUID]:
        """The articles asked for, in order; texts that were purged match nothing."""
        return sorted(
            key
            for key, state in self._states.items()
            if not state or (not self.signed_off and state != "purged")
        )

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
        return 0 if leaving is None else len(leaving.articles) - len(self.matching)

    def counts(self) -> tuple[int, int]:
        """Return how many articles match and how many spans stand in them."""
        spans = sum(
            Span.objects.filter(article__in=part, withdrawn_at=None).count()
            for part in _parts(self.matching, KEYS)
        )
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
            name = model._meta.label_lower
            change = self._change(model)
            spell = columns(model)
            attributes = [attribute for _, attribute, _ in spell]
            for queryset in self._querysets(model):
                for pk, *values in queryset.values_list("pk", *attributes).iterator(ROWS):
                    fields = {
                        field: as_json(value)
                        for (field, _, as_json), value in zip(spell, values, strict=True)
                    }
                    if change is not None:
                        change(pk, fields)
                    yield Row(name, str(pk), fields)

    def _querysets(self, model: type[Model]) -> Iterator[QuerySet[Any]]:
        """Yield querysets that together have the rows that leave, each in order.

        The order is by keys and numbers alone, which both databases sort alike.
        """
        rows = model._default_manager.all()
        leaving = self._leaving
        if model in _OF_ARTICLE:
            path = _OF_ARTICLE[model]
            order = _ORDER.get(model, ("uuid",))
            if leaving is None:
                yield rows.filter(**{f"{path}__project": self.project}).order_by(
                    f"{path}_id", *order
                )
                return
            for part in _parts(leaving.articles, KEYS):
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
        streams = Stream.objects.filter(project=self.project).values_list("pk", "article")
        leaving = self._leaving
        return sorted(
            pk
            for pk, article in streams
            if leaving is None or article is None or article in leaving.article_set
        )

    def _change(self, model: type[Model]) -> Callable[[UUID, dict[str, Any]], None] | None:
        """Return what withholds parts of a row's fields, where anything of the table may be."""
        if model is Person and self.people == "pseudonyms":
            return lambda pk, fields: fields.update(name=pseudonym(pk))
        if model is Source:
            return lambda _, fields: fields.update(known_to_the_desk(fields))
        if model is Event:
            return lambda _, fields: fields.update(payload=self._payload(fields["payload"]))
        if not self._textless:
            return None
        textless = {str(key) for key in self._textless}

        def empty_text(pk: UUID, fields: dict[str, Any]) -> None:
            if str(pk) in textless:
                fields["text"] = ""

        def empty_quote(_: UUID, fields: dict[str, Any]) -> None:
            if fields["article"] in textless:
                fields["quote"] = ""

        found: dict[type[Model], Callable[[UUID, dict[str, Any]], None]] = {
            Article: empty_text,
            Span: empty_quote,
        }
        return found.get(model)

    # Payloads

    @cached_property
    def _confidential(self) -> set[str]:
        keys = Source.objects.filter(project=self.project, access=Access.CONFIDENTIAL)
        return {str(key) for key in keys.values_list("pk", flat=True)}

    def _payload(self, payload: str | None) -> str | None:
        """Return the payload as it leaves: whole, or not at all."""
        if payload is None:
            return None
        # Canonical JSON: these strings cannot stand inside a value, whose quotes are escaped.
        if self.people == "pseudonyms" and '"table":"person"' in payload:
            return None
        tells_source = bool(self._confidential) and '"table":"source"' in payload
        tells_quote = bool(self._textless) and '"table":"span"' in payload
        if not (tells_source or tells_quote or self._leaving is not None):
            return payload
        changes = json.loads(payload)["changes"]
        if all(self._may_leave(change) for change in changes):
            return payload
        return None

    def _may_leave(self, change: dict[str, Any]) -> bool:
        table, key = change["table"], change["id"]
        states = [state for state in (change["before"], change["after"]) if state is not None]
        if table == "source" and key in self._confidential:
            hidden = all(
                known_to_the_desk(state | {"access": Access.CONFIDENTIAL})
                == state | {"access": Access.CONFIDENTIAL}
                for state in states
            )
            if not hidden:
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
            "articles": len(self.matching),
        }

    def articles(self) -> Iterator[dict[str, Any]]:
        for part in _parts(self.matching, ARTICLES):
            yield from self._records(part)

    @cached_property
    def _names(self) -> dict[UUID, str]:
        return {
            person.pk: pseudonym(person.pk) if self.people == "pseudonyms" else person.name
            for person in Person.objects.filter(project=self.project)
        }

    def _person(self, key: UUID | None) -> dict[str, str] | None:
        return None if key is None else {"uuid": str(key), "name": self._names[key]}

    def _records(self, part: list[UUID]) -> Iterator[dict[str, Any]]:
        blocks = _grouped(
            Block.objects.filter(article__in=part).order_by("index"), lambda row: row.article_id
        )
        # Plain values: building a model for each of many thousand spans takes most of the time.
        spans: dict[UUID, list[dict[str, Any]]] = {}
        for values in (
            Span.objects.filter(article__in=part, withdrawn_at=None)
            .order_by("start", "end", "uuid")
            .values(*_SPAN)
        ):
            spans.setdefault(values["article_id"], []).append(values)
        assertions = {
            row.pk: row
            for row in Assertion.objects.filter(spans__article__in=part, spans__withdrawn_at=None)
        }
        evidence = {
            key: self._assertion(assertions[key], citations)
            for key, citations in _with_citations(list(assertions)).items()
        }
        decisions = _grouped(
            Decision.objects.filter(
                span__article__in=part, span__withdrawn_at=None, voided_at=None
            ).order_by("made_at", "uuid"),
            lambda row: row.span_id,
        )
        sign_offs = _grouped(
            SignOff.objects.filter(article__in=part, lapsed_at=None).order_by("signed_at", "uuid"),
            lambda row: row.article_id,
        )
        streams = _grouped(
            Stream.objects.filter(article__in=part).order_by("uuid"), lambda row: row.article_id
        )
        layers = {row.pk: row.person_id for rows in streams.values() for row in rows}
        for article in Article.objects.filter(pk__in=part).order_by("uuid"):
            key = article.pk
            yield {
                **self._article(article),
                "blocks": [_block(row, blocks[key]) for row in blocks.get(key, [])],
                "spans": [
                    self._span(
                        row,
                        article.text,
                        evidence,
                        decisions.get(row["uuid"], []),
                        layers[row["stream_id"]],
                    )
                    for row in spans.get(key, [])
                ],
                "sign_offs": [
                    {
                        "uuid": str(row.pk),
                        "signer": self._person(row.signer_id),
                        "signed_at": show_time(row.signed_at),
                        "digest": row.digest,
                        "waivers": row.waivers,
                        "sole_author": row.sole_author,
                    }
                    for row in sign_offs.get(key, [])
                ],
                "history": [
                    {
                        "stream": str(row.pk),
                        "layer": self._person(row.person_id),
                        "sequence": row.sequence,
                        "head_hash": row.head_hash,
                    }
                    for row in streams.get(key, [])
                ],
            }

    def _article(self, article: Article) -> dict[str, Any]:
        record: dict[str, Any] = {
            "uuid": str(article.pk),
            **{
                name: getattr(article, name)
                for name in (
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
                )
            },
            "previous": _key(article.previous_id),
            "length": len(article.text),
        }
        if not article.redistributable:
            record["note"] = note(article.licence)
        if article.pk not in self._textless:
            record["text"] = article.text
        return record

    @cached_property
    def _labels(self) -> dict[UUID, tuple[str, str]]:
        labels = Label.objects.filter(project=self.project)
        return {key: (name, kind) for key, name, kind in labels.values_list("pk", "name", "kind")}

    @cached_property
    def _speakers(self) -> dict[UUID | None, dict[str, Any]]:
        speakers = Speaker.objects.filter(project=self.project)
        return {
            key: {"uuid": str(key), "name": name, "role": role}
            for key, name, role in speakers.values_list("pk", "name", "role")
        }

    def _span(
        self,
        span: dict[str, Any],
        text: str,
        evidence: dict[UUID, dict[str, Any]],
        decisions: list[Decision],
        layer: UUID | None,
    ) -> dict[str, Any]:
        label, kind = self._labels[span["label_id"]]
        assertion = span["assertion_id"]
        record: dict[str, Any] = {
            **{name: span[name] for name in _SPAN_AS_IT_IS},
            "uuid": str(span["uuid"]),
            "label": label,
            "kind": kind,
            "speaker": self._speakers.get(span["speaker_id"]),
            "author": self._person(span["author_id"]),
            "layer": self._person(layer),
            "created_at": show_time(span["created_at"]),
            "assertion": None if assertion is None else evidence[assertion],
            "decisions": [
                {
                    "outcome": row.outcome,
                    "reader": self._person(row.reader_id),
                    "reason_code": row.reason_code,
                    "reason": row.reason,
                    "proposal": row.proposal,
                    "made_at": show_time(row.made_at),
                }
                for row in decisions
            ],
        }
        if span["article_id"] not in self._textless:
            start, end = span["start"], span["end"]
            record["quote"] = span["quote"]
            record["prefix"] = text[max(0, start - CONTEXT) : start]
            record["suffix"] = text[end : end + CONTEXT]
        return record

    def _assertion(self, row: Assertion, citations: list[Citation]) -> dict[str, Any]:
        return {
            "uuid": str(row.pk),
            "paraphrase": row.paraphrase,
            "speaker": self._speakers.get(row.speaker_id),
            "said_on": row.said_on,
            "due": row.due,
            "work_state": row.work_state,
            "verdict": row.verdict,
            "verdict_reason": row.verdict_reason,
            "verdict_as_of": row.verdict_as_of,
            "verdict_by": self._person(row.verdict_by_id),
            "citations": [self._citation(citation) for citation in citations],
        }

    def _citation(self, row: Citation) -> dict[str, Any]:
        return {
            "uuid": str(row.pk),
            "stance": row.stance,
            "quotation": row.quotation,
            "original_quotation": row.original_quotation,
            "original_language": row.original_language,
            "locator": row.locator,
            "accessed_on": _date(row.accessed_on),
            "archive_url": row.archive_url,
            "archived_on": _date(row.archived_on),
            "file_sha256": row.file_sha256,
            "note": row.note,
            "added_by": self._person(row.added_by_id),
            "confirmed_by": self._person(row.confirmed_by_id),
            "source": {
                "uuid": str(row.source_id),
                "article": _key(row.source.article_id),
                **known_to_the_desk({name: getattr(row.source, name) for name in _SOURCE}),
            },
        }


_SOURCE = (
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

_SPAN_AS_IT_IS = (
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
)
_SPAN = (
    *_SPAN_AS_IT_IS,
    "uuid",
    "quote",
    "article_id",
    "stream_id",
    "label_id",
    "speaker_id",
    "author_id",
    "assertion_id",
    "created_at",
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


#: Why an article is left out of an export of signed-off articles.
WHY_NOT = {
    "second_reading": ("awaits second reading", "await second reading"),
    "returned": ("was returned by a second reader", "were returned by a second reader"),
    "sign_off": ("awaits sign-off", "await sign-off"),
    "lapsed": ("was changed since it was signed off", "were changed since they were signed off"),
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
    agreed = Span.objects.filter(
        article__project=project, withdrawn_at=None, stream__kind=StreamKind.ARTICLE
    )
    returned = set(
        Decision.objects.filter(span__in=agreed, voided_at=None)
        .exclude(outcome=Outcome.ACCEPTED)
        .values_list("span__article", flat=True)
    )
    unread = set(
        agreed.annotate(accepted=accepted)
        .filter(accepted__lt=rules.second_readers)
        .values_list("article", flat=True)
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


def _grouped(rows: Iterable[M], key: Callable[[M], UUID | None]) -> dict[UUID, list[M]]:
    found: dict[UUID, list[M]] = {}
    for row in rows:
        of = key(row)
        if of is not None:
            found.setdefault(of, []).append(row)
    return found


def _with_citations(assertions: list[UUID]) -> dict[UUID, list[Citation]]:
    found: dict[UUID, list[Citation]] = {key: [] for key in assertions}
    for part in _parts(assertions, KEYS):
        for citation in (
            Citation.objects.filter(assertion__in=part, withdrawn_at=None)
            .select_related("source")
            .order_by("created_at", "uuid")
        ):
            found[citation.assertion_id].append(citation)
    return found


def _key(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _date(value: datetime.date | None) -> str | None:
    return None if value is None else value.isoformat()


def _block(block: Block, blocks: list[Block]) -> dict[str, Any]:
    original = None
    if block.duplicate_of_id is not None:
        original = next(row.index for row in blocks if row.pk == block.duplicate_of_id)
    return {
        "index": block.index,
        "start": block.start,
        "end": block.end,
        "tag": block.tag,
        "role": block.role,
        "confirmed": block.confirmed,
        "duplicate_of": original,
        "score": block.score,
    }
