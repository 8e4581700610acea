"""Evidence: sources, assertions, citations, verdicts and the log of the search for them."""

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from annotations.actions.four_eyes import OWN_CITATION, check_four_eyes
from annotations.actions.operational import keep_digests
from annotations.actions.recording import (
    Key,
    Operation,
    check_revision,
    check_seen,
    nothing,
    operation,
    repeatable,
    require,
    row,
    row_or_none,
)
from annotations.actions.spans import rewrote
from annotations.domain.citations import canonical_url, partial_date
from annotations.domain.errors import AlreadyThere, Refused
from annotations.domain.events import Kind
from annotations.domain.joining import VERDICT, WORDING, asks, comes_along
from annotations.domain.limits import (
    MOST_AUTHORS,
    MOST_CITATIONS,
    MOST_ENTRIES,
    check_number,
    check_room,
)
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import (
    Access,
    LogKind,
    Mode,
    Relation,
    Side,
    SourceKind,
    SourceLevel,
    Stance,
    StreamKind,
    Verdict,
    WorkState,
)
from annotations.domain.withholding import known_to_the_desk
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Citation,
    ConfidentialDetails,
    Event,
    Person,
    Project,
    Source,
    Span,
    WorkLogEntry,
)
from annotations.queries.articles import touched_blocks
from annotations.queries.exports import events_that_tell
from annotations.queries.unseen import holds_anything, is_carried

#: What of a source may be given and changed.
SOURCE_FIELDS = frozenset(
    {
        "kind",
        "title",
        "publisher",
        "authors",
        "published",
        "level",
        "url",
        "article",
        "access",
        "language",
        "note",
    }
)
#: What of a citation may be given and changed.
CITATION_FIELDS = frozenset(
    {
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
    }
)


_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class NewSource:
    """A source that a citation brings with it; ``values`` and the rest as ``add_source`` takes."""

    values: dict[str, Any]
    confidential: str = ""
    readers: tuple[Person, ...] = ()


def _only(values: dict[str, Any], allowed: frozenset[str], what: str) -> None:
    unknown = values.keys() - allowed
    if unknown:
        raise Refused(f"{min(unknown)} of {what} cannot be set.", code="field")


def _one_of(value: str, choices: type, what: str) -> None:
    if value not in choices.values:  # type: ignore[attr-defined]
        raise Refused(f"“{value}” is no {what}.", code="choice")


# Sources


def _check_source(values: dict[str, Any]) -> None:
    """Tidy the fields of a source, the whole of them, and refuse what does not go together."""
    _one_of(values["kind"], SourceKind, "kind of source")
    _one_of(values["access"], Access, "way of access")
    if values["level"]:
        _one_of(values["level"], SourceLevel, "level of source")
    values["title"] = values["title"].strip()
    if not values["title"]:
        raise Refused("A source needs a title.", code="title_missing")
    check_number(
        len(values["authors"]),
        MOST_AUTHORS,
        "Authors of this source",
        "Name the first of them, and say “and others”.",
    )
    values["published"] = partial_date(values["published"])
    if values["access"] == Access.CONFIDENTIAL and values["url"]:
        raise Refused(
            "A confidential source has no address here; put it into its details.",
            code="confidential_url",
        )
    if values["url"]:
        values["url"] = canonical_url(values["url"])
    elif values["access"] == Access.OPEN and values["kind"] == SourceKind.WEB:
        raise Refused(
            "A web page needs an address; choose “no link” where there is none.",
            code="url_missing",
        )
    article = values.get("article")
    if (values["kind"] == SourceKind.ARTICLE) != (article is not None):
        raise Refused(
            "A source that is another article of the project names that article, and only such "
            "a source does.",
            code="article_missing",
        )


_SOURCE_DEFAULTS: dict[str, Any] = {
    "kind": SourceKind.WEB.value,
    "title": "",
    "publisher": "",
    "authors": [],
    "published": "",
    "level": "",
    "url": "",
    "article": None,
    "access": Access.OPEN.value,
    "language": "",
    "note": "",
}


@repeatable(row(Source))
def add_source(
    project: Project,
    *,
    by: Person,
    confidential: str = "",
    readers: Iterable[Person] = (),
    key: Key | None = None,
    **values: Any,
) -> Source:
    """Add a work that can be cited; ``values`` are some of ``SOURCE_FIELDS``.

    ``confidential`` is who or what it is, kept in this database for ``readers`` and the person
    who adds it. Raises ``AlreadyThere`` (with ``source``) for a URL or article that is known.
    """
    makes = uuid4()
    with operation(project, by, project.pk, key=key, makes=makes) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        source = _add_source(op, values, confidential, readers, makes)
    return source


def _add_source(
    op: Operation,
    values: dict[str, Any],
    confidential: str,
    readers: Iterable[Person],
    uuid: UUID | None = None,
) -> Source:
    _only(values, SOURCE_FIELDS, "a source")
    values = _SOURCE_DEFAULTS | values
    _check_source(values)
    _refuse_known(op.project, values, None)
    source = op.create(
        Source(
            uuid=uuid or uuid4(),
            project=op.project,
            added_by=op.by,
            created_at=op.at,
            **values,
        )
    )
    op.record(op.project.pk, Kind.SOURCE_ADDED)
    if confidential:
        _keep_confidential(source, confidential, {op.by, *readers})
    elif source.access == Access.CONFIDENTIAL:
        keep_digests(source.pk)
    return source


def _keep_confidential(source: Source, details: str, readers: Iterable[Person]) -> None:
    if source.access != Access.CONFIDENTIAL:
        raise Refused("Only a confidential source has details to keep.", code="not_confidential")
    kept, _ = ConfidentialDetails.objects.update_or_create(
        source=source, defaults={"details": details}
    )
    kept.readers.set(readers)
    keep_digests(source.pk)


def _refuse_known(project: Project, values: dict[str, Any], source: Source | None) -> None:
    same: QuerySet[Source] = Source.objects.filter(project=project)
    if source is not None:
        same = same.exclude(pk=source.pk)
    if values["url"]:
        same = same.filter(url=values["url"])
    elif values["article"] is not None:
        same = same.filter(article=values["article"])
    else:
        return
    known = same.first()
    if known is not None:
        # Of an article that a confidential source stands for nobody learns its title this way.
        title = known_to_the_desk({"access": known.access, "title": known.title})["title"]
        raise AlreadyThere(
            f"This source is here already, as “{title}”.",
            code="source_known",
            source=str(known.pk),
        )


def source_of_article(article: Article, *, by: Person) -> Source:
    """Return the source that stands for an article of the project, made where there is none."""
    project = article.project
    with operation(project, by, project.pk) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        return _source_of_article(op, article)


def _source_of_article(op: Operation, article: Article) -> Source:
    known = Source.objects.filter(project=op.project, article=article).first()
    if known is not None:
        return known
    values = {
        "kind": SourceKind.ARTICLE.value,
        "title": article.title,
        "publisher": article.publisher,
        "authors": [article.byline] if article.byline else [],
        "published": article.published,
        "language": article.language,
        "article": article,
    }
    return _add_source(op, values, "", ())


@repeatable(nothing)
def change_source(
    source: Source,
    *,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
    **values: Any,
) -> None:
    """Change a source, everywhere it is cited.

    What a confidential one is only those who know it may change. Where it becomes so, the
    archived copies that its citations name are taken out: they say what it is.
    """
    project = source.project
    with operation(project, by, project.pk, key=key) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        source.refresh_from_db()
        if source.access == Access.CONFIDENTIAL:
            _require_insider(source, by)
        check_revision(source, revision)
        _only(values, SOURCE_FIELDS, "a source")
        whole = {name: getattr(source, name) for name in SOURCE_FIELDS} | values
        _check_source(whole)
        _refuse_known(project, whole, source)
        op.save(source, **{name: whole[name] for name in values})
        if source.access == Access.CONFIDENTIAL:
            for citation in Citation.objects.filter(source=source).exclude(archive_url=""):
                op.save(citation, archive_url="", archived_on=None)
        op.record(project.pk, Kind.SOURCE_CHANGED)
        keep_digests(source.pk)
        op.touch(
            Article.objects.filter(
                spans__assertion__citations__source=source, sign_offs__lapsed_at=None
            )
            .values_list("pk", flat=True)
            .distinct()
        )


@repeatable(nothing)
def erase_older_states(source: Source, *, reason: str, by: Person, key: Key | None = None) -> None:
    """Erase from the history what a confidential source was while it was open; for good.

    The payloads go, the events and their digests stay. Files that left before keep theirs.
    """
    if not reason.strip():
        raise Refused("Erasing needs a reason.", code="reason_missing")
    streams = {source.project_id, *(event.stream_id for event in events_that_tell(source))}
    with operation(source.project, by, *streams, key=key) as op:
        require(by, Right.ERASE, source.project_id)
        source.refresh_from_db()
        if source.access != Access.CONFIDENTIAL:
            raise Refused(
                "Only what a confidential source was is erased; this one is open.",
                code="not_confidential",
            )
        events = events_that_tell(source)
        if not {event.stream_id for event in events} <= streams:
            raise Refused(_MEANWHILE, code="joined_meanwhile")
        for stream in sorted({event.stream_id for event in events}):
            op.record(stream, Kind.PAYLOAD_ERASED, always=True, reason=reason.strip())
        # The events of this operation must be stored before the guards let payloads go.
        op.finish()
        op.events.clear()
        Event.objects.filter(pk__in=[event.pk for event in events]).update(payload=None)


@repeatable(nothing)
def set_confidential(
    source: Source,
    *,
    details: str,
    readers: Iterable[Person],
    by: Person,
    key: Key | None = None,
) -> None:
    """Set who or what a confidential source is and who may read that; no event tells of it.

    Its readers may, and whoever added the source while it has none.
    """
    with operation(source.project, by, source.project_id, key=key):
        require(by, Right.ADD_EVIDENCE, source.project_id)
        _require_insider(source, by)
        _keep_confidential(source, details, {by, *readers})


def _require_insider(source: Source, by: Person) -> None:
    """Refuse who does not know what a confidential source is."""
    kept = ConfidentialDetails.objects.filter(source=source).first()
    known = source.added_by_id == by.pk
    if kept is not None:
        known = kept.readers.filter(pk=by.pk).exists()
    if not known:
        raise Refused(
            "Only its readers may change what a confidential source is, or, while there are none, "
            "whoever added the source.",
            code="not_reader",
        )


# Assertions


def live_spans(assertion: Assertion) -> list[Span]:
    return list(
        Span.objects.filter(assertion=assertion, withdrawn_at=None)
        .select_related("article")
        .order_by("stream", "start", "uuid")
    )


@contextmanager
def _evidence(
    span: Span, by: Person, *more: UUID, key: Key | None = None, makes: UUID | None = None
) -> Iterator[Operation]:
    """Run an operation on a span's evidence with every stream locked that it may write to.

    ``more`` are streams it may write to besides those that show the evidence.
    """
    project = span.article.project
    streams = {span.stream_id, *more}
    if span.assertion_id:
        streams |= streams_of(span.assertion_id)
    with operation(project, by, *streams, key=key, makes=makes) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        span.refresh_from_db()
        _refuse_withdrawn(span)
        if span.assertion_id:
            _require_held(span.assertion_id, streams)
        yield op


def _refuse_withdrawn(row: Span | Citation) -> None:
    if row.withdrawn_at is not None:
        raise Refused(
            f"This {row._meta.verbose_name} was withdrawn; restore it first.", code="withdrawn"
        )


_MEANWHILE = "Another span joined this assertion at the same moment; send your change again."


def _require_held(assertion: UUID, streams: set[UUID]) -> None:
    # The streams were looked up before they were locked: a span may have joined in between, and
    # locking its stream now could wait for somebody who waits for us.
    if not streams_of(assertion) <= streams:
        raise Refused(_MEANWHILE, code="joined_meanwhile")


def streams_of(assertion: UUID) -> set[UUID]:
    return {
        *Assertion.objects.filter(pk=assertion).values_list("stream", flat=True),
        *Span.objects.filter(assertion=assertion).values_list("stream", flat=True),
    }


@contextmanager
def _about(span: Span, by: Person, key: Key | None) -> Iterator[tuple[Operation, UUID]]:
    """Run an operation on the span's assertion; yield also the key it has or, made now, gets.

    Where the operation makes none it says so, by ``op.made(None)``.
    """
    makes = span.assertion_id or uuid4()
    with _evidence(span, by, key=key, makes=makes) as op:
        yield op, makes
        op.made(span.assertion_id)


def _assertion(op: Operation, span: Span, uuid: UUID | None = None) -> Assertion:
    """Return the span's assertion, made now where it has none."""
    if span.assertion_id:
        assertion = Assertion.objects.get(pk=span.assertion_id)
        return assertion
    assertion = op.create(
        Assertion(
            uuid=uuid or uuid4(),
            project=op.project,
            stream_id=span.stream_id,
            created_by=op.by,
            created_at=op.at,
            speaker_id=span.speaker_id,
        )
    )
    op.save(span, assertion=assertion)
    op.record(span.stream_id, Kind.ASSERTION_ADDED)
    return assertion


def _seen(
    op: Operation, span: Span, makes: UUID, revision: int | None, **sent: Any
) -> tuple[Assertion, dict[str, Any]]:
    """Return the span's assertion and what is to be written on it (``check_seen``).

    One made just now was never seen.
    """
    made = span.assertion_id is None
    assertion = _assertion(op, span, makes)
    return assertion, sent if made else check_seen(op, assertion, revision, **sent)


def record_evidence(
    op: Operation,
    assertion: Assertion,
    kind: Kind,
    *,
    substance: bool,
    also: Collection[UUID] = (),
    writers: Collection[UUID] = (),
    **extra: Any,
) -> None:
    """Record a change of an assertion where it lives, and tell every article that shows it.

    A change of substance makes its writer, and the ``writers`` of what comes to it, authors of
    each span and voids their decisions. The streams in ``also`` are told of it by the same kind of event, the others of changed evidence.
    """
    by_stream: dict[UUID, list[Span]] = {}
    for span in live_spans(assertion):
        by_stream.setdefault(span.stream_id, []).append(span)
    home = by_stream.pop(assertion.stream_id, [])
    if substance:
        rewrote(op, home, writers=writers)
    op.record(assertion.stream_id, kind, blocks=_blocks(home), **extra)
    for stream, spans in sorted(by_stream.items()):
        if substance:
            rewrote(op, spans, writers=writers)
        _tell(op, stream, spans, assertion, kind, also, extra)


def _tell(
    op: Operation,
    stream: UUID,
    spans: list[Span],
    assertion: Assertion,
    kind: Kind,
    also: Collection[UUID],
    extra: dict[str, Any],
) -> None:
    blocks = _blocks(spans)
    if stream in also:
        op.record(stream, kind, blocks=blocks, always=True, **extra)
    else:
        about = str(assertion.pk)
        op.record(stream, Kind.SPAN_EVIDENCE_CHANGED, blocks=blocks, always=True, assertion=about)


def record_leaving(op: Operation, assertion: Assertion, *, substance: bool) -> None:
    """Tell the spans of an assertion that some of its evidence has gone back where it came from."""
    by_stream: dict[UUID, list[Span]] = {}
    for span in live_spans(assertion):
        by_stream.setdefault(span.stream_id, []).append(span)
    for stream, spans in sorted(by_stream.items()):
        if substance:
            rewrote(op, spans)
        _tell(op, stream, spans, assertion, Kind.SPAN_EVIDENCE_CHANGED, (), {})


def record_relation(
    op: Operation,
    relation: AssertionRelation,
    kind: Kind,
    *,
    also: Collection[UUID] = (),
    **extra: Any,
) -> None:
    """Record a change of a relation in the project, and tell every article that shows it."""
    op.record(op.project.pk, kind, **extra)
    by_stream: dict[UUID, list[Span]] = {}
    for assertion in (relation.subject, relation.object):
        for span in live_spans(assertion):
            by_stream.setdefault(span.stream_id, []).append(span)
    for stream, spans in sorted(by_stream.items()):
        _tell(op, stream, spans, relation.subject, kind, also, extra)


def _blocks(spans: list[Span]) -> dict[UUID, Iterable[int]]:
    by_article: dict[UUID, list[Span]] = {}
    for span in spans:
        by_article.setdefault(span.article_id, []).append(span)
    return {
        article: touched_blocks(found[0].article, *((span.start, span.end) for span in found))
        for article, found in by_article.items()
    }


@repeatable(row_or_none(Assertion))
def describe_assertion(
    span: Span,
    *,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
    **values: Any,
) -> Assertion | None:
    """Say in neutral words what the span says: paraphrase, speaker, said on, due.

    Where nothing is said of a span without an assertion, none is made.
    """
    _only(values, frozenset({"paraphrase", "speaker", "said_on", "due"}), "an assertion")
    for name in ("said_on", "due"):
        if name in values:
            values[name] = partial_date(values[name])
    with _about(span, by, key) as (op, makes):
        if span.assertion_id is None and not _says_more(span, values):
            return None
        assertion, values = _seen(op, span, makes, revision, **values)
        if op.save(assertion, **values):
            record_evidence(op, assertion, Kind.ASSERTION_CHANGED, substance=False)
    return assertion


def _says_more(span: Span, values: dict[str, Any]) -> bool:
    """Say whether ``values`` differ from what an assertion of the span would begin with."""
    speaker = values.get("speaker")
    return any(values.get(name) for name in ("paraphrase", "said_on", "due")) or (
        "speaker" in values and (speaker.pk if speaker else None) != span.speaker_id
    )


@repeatable(row_or_none(Assertion))
def set_work_state(
    span: Span,
    *,
    state: str,
    by: Person,
    due: str | None = None,
    revision: int | None = None,
    key: Key | None = None,
) -> Assertion | None:
    """Say how far the search for evidence is; "not due" needs the date it waits for."""
    _one_of(state, WorkState, "state of work")
    with _about(span, by, key) as (op, makes):
        if span.assertion_id is None and state == WorkState.TODO and not due:
            return None
        values: dict[str, Any] = {"work_state": state}
        if due is not None:
            values["due"] = partial_date(due)
        assertion, values = _seen(op, span, makes, revision, **values)
        now_state = values.get("work_state", assertion.work_state)
        if now_state == WorkState.NOT_DUE and not values.get("due", assertion.due):
            raise Refused("“Not due” needs the date it waits for.", code="due_missing")
        if op.save(assertion, **values):
            record_evidence(op, assertion, Kind.WORK_STATE_SET, substance=False)
    return assertion


@repeatable(row(WorkLogEntry))
def log_work(
    span: Span,
    *,
    kind: str,
    by: Person,
    on: datetime.date | None = None,
    where: str = "",
    what: str = "",
    who: str = "",
    answer: str = "",
    key: Key | None = None,
) -> WorkLogEntry:
    """Log a search made or a person asked: where, what, when, who, and the answer.

    A request repeated with the same ``key`` returns the entry it made.
    """
    _one_of(kind, LogKind, "kind of log entry")
    if not (where.strip() or what.strip() or who.strip()):
        raise Refused("Say where you searched, or what or whom you asked.", code="log_empty")
    makes = uuid4()
    with _evidence(span, by, key=key, makes=makes) as op:
        assertion = _assertion(op, span)
        check_room(
            WorkLogEntry.objects.filter(assertion=assertion, withdrawn_at=None).count(),
            MOST_ENTRIES,
            "Entries in this log",
            "Add to the answer of one of them, or withdraw some.",
        )
        entry = op.create(
            WorkLogEntry(
                uuid=makes,
                assertion=assertion,
                kind=kind,
                on=on or op.at.date(),
                where=where,
                what=what,
                who=who,
                answer=answer,
                author=by,
                created_at=op.at,
            )
        )
        record_evidence(op, assertion, Kind.WORK_LOGGED, substance=False)
    return entry


@repeatable(nothing)
def withdraw_log(
    entry: WorkLogEntry, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    """Take a logged search or contact back: it stays in the history alone.

    One's own; who may edit others' work, anybody's.
    """
    assertion = entry.assertion
    streams = streams_of(assertion.pk)
    with operation(assertion.project, by, *streams, key=key) as op:
        require(by, Right.ADD_EVIDENCE, assertion.project_id)
        if entry.author_id != by.pk:
            require(by, Right.EDIT_OTHERS, assertion.project_id)
        _require_held(assertion.pk, streams)
        entry.refresh_from_db()
        check_revision(entry, revision)
        if entry.withdrawn_at is None:
            op.save(entry, withdrawn_at=op.at)
            record_evidence(op, assertion, Kind.WORK_LOG_WITHDRAWN, substance=False)


@repeatable(row_or_none(Assertion))
def give_verdict(
    span: Span,
    *,
    verdict: str,
    by: Person,
    reason: str = "",
    as_of: str = "",
    revision: int | None = None,
    key: Key | None = None,
) -> Assertion | None:
    """Say what the evidence comes to, why, and as of when; "" takes the verdict back.

    A verdict never changes a label. Giving one ends the work; taking it back reopens it.
    """
    if verdict:
        _one_of(verdict, Verdict, "verdict")
        if not reason.strip():
            raise Refused("A verdict needs its reason.", code="reason_missing")
    with _about(span, by, key) as (op, makes):
        if span.assertion_id is None and not verdict:
            return None
        given = {
            "verdict": verdict,
            "verdict_reason": reason.strip() if verdict else "",
            "verdict_as_of": (partial_date(as_of) or op.at.date().isoformat()) if verdict else "",
        }
        assertion, given = _seen(op, span, makes, revision, **given)
        if verdict:
            state = WorkState.DONE.value
        elif assertion.work_state == WorkState.DONE:
            state = WorkState.SEARCHING.value
        else:
            state = assertion.work_state
        if any(getattr(assertion, name) != value for name, value in given.items()):
            by_whom = by if verdict else None
            op.save(assertion, **given, verdict_by=by_whom, work_state=state)
            record_evidence(op, assertion, Kind.VERDICT_SET, substance=True)
    return assertion


@repeatable(nothing)
def join_assertion(
    span: Span,
    assertion: Assertion,
    *,
    by: Person,
    wording: str = "",
    verdict: str = "",
    key: Key | None = None,
) -> None:
    """Let the span say what ``assertion`` says, with all its evidence.

    Where no other span carries the assertion that it leaves, what hangs on that comes along:
    citations with who added and confirmed them, log entries, relations, wording and verdict.
    Where both have a wording or a verdict, these say which holds, as ``Side``. A citation that
    says the same as one that is there is withdrawn.

    Joined from another article, the assertion is the project's from then on. In independent mode
    nobody joins what belongs to a layer: the project would show it before its time.
    """
    project = span.article.project
    if assertion.project_id != project.pk:
        raise Refused("This assertion belongs to another project.", code="assertion_foreign")
    streams = {span.stream_id, project.pk, *streams_of(assertion.pk), *_streams_left(span)}
    with operation(project, by, *streams, key=key) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        span.refresh_from_db()
        assertion.refresh_from_db()
        _refuse_withdrawn(span)
        if span.assertion_id == assertion.pk:
            return
        _require_held(assertion.pk, streams)
        left = _left_alone(span)
        taken = {} if left is None else _taken(left, assertion, wording=wording, verdict=verdict)
        if left is not None and not _streams_left(span) <= streams:
            raise Refused(_MEANWHILE, code="joined_meanwhile")
        if assertion.stream_id not in (span.stream_id, project.pk):
            _refuse_layer(assertion)
            op.save(assertion, stream_id=project.pk)
            op.record(project.pk, Kind.ASSERTION_SHARED)
        rewrote(op, [span], {"assertion": assertion}, writers=_writers(assertion))
        op.record(
            span.stream_id,
            Kind.ASSERTION_JOINED,
            blocks=_blocks([span]),
            assertion=str(assertion.pk),
        )
        if left is not None:
            if left.stream_id != assertion.stream_id and holds_anything(left.pk):
                _refuse_layer(left)
            _bring_along(op, left, assertion, taken)


def _streams_left(span: Span) -> set[UUID]:
    """Return every stream that tells of what hangs on the span's assertion."""
    if span.assertion_id is None:
        return set()
    ends = {span.assertion_id}
    for pair in _relations_at(span.assertion_id).values_list("subject", "object"):
        ends.update(pair)
    return set().union(*map(streams_of, ends))


def _relations_at(assertion: UUID) -> QuerySet[AssertionRelation]:
    return AssertionRelation.objects.filter(Q(subject=assertion) | Q(object=assertion))


def _left_alone(span: Span) -> Assertion | None:
    """Return the assertion that no span would show any more if this one left it."""
    if span.assertion_id is None or is_carried(span.assertion_id, besides=span.pk):
        return None
    return Assertion.objects.get(pk=span.assertion_id)


def _writers(assertion: Assertion) -> set[UUID]:
    """Return who wrote the evidence that a second reader of its spans is shown."""
    cited = Citation.objects.filter(assertion=assertion, withdrawn_at=None)
    found = set(cited.values_list("added_by", flat=True))
    return found | ({assertion.verdict_by_id} if assertion.verdict_by_id else set())


_WORK = ("work_state", "due")


def _taken(left: Assertion, to: Assertion, **chosen: str) -> dict[str, Any]:
    """Return what ``to`` takes of the assertion that its evidence comes from."""
    taken: dict[str, Any] = {}
    for name, fields in (("wording", WORDING), ("verdict", VERDICT)):
        side = chosen[name]
        if side:
            _one_of(side, Side, "side")
        asked = asks(left, to, fields)
        if asked and not side:
            raise Refused(f"Both have a {name}: choose which holds.", code="choose", field=name)
        if comes_along(left, to, fields) or (asked and side == Side.OWN):
            taken |= {field: getattr(left, field) for field in fields}
    judged = "verdict" in taken
    if judged:
        taken["verdict_by_id"] = left.verdict_by_id
    if judged or (not to.verdict and to.work_state == WorkState.TODO):
        taken |= {field: getattr(left, field) for field in _WORK}
    alone = {field: getattr(left, field) for field in ("said_on", "due")}
    kept = {field: value for field, value in alone.items() if value and not getattr(to, field)}
    return kept | taken


def _bring_along(op: Operation, left: Assertion, to: Assertion, taken: dict[str, Any]) -> None:
    writers = _writers(left)
    substance, changed = "verdict" in taken, False
    there = {_said(one): one for one in Citation.objects.filter(assertion=to, withdrawn_at=None)}
    for citation in Citation.objects.filter(assertion=left):
        again = citation.withdrawn_at is None and _said(citation) in there
        changed |= op.save(citation, assertion=to, **({"withdrawn_at": op.at} if again else {}))
        substance = substance or citation.withdrawn_at is None
    for entry in WorkLogEntry.objects.filter(assertion=left):
        changed |= op.save(entry, assertion=to)
    changed |= op.save(to, **taken)
    # What was not chosen is told by the history alone: nothing hangs where no span shows it.
    changed |= op.save(
        left,
        **dict.fromkeys(("paraphrase", "said_on", "due", *VERDICT), ""),
        verdict_by_id=None,
        work_state=WorkState.TODO.value,
    )
    told = str(left.pk)
    if changed:
        record_evidence(
            op, to, Kind.EVIDENCE_MOVED, substance=substance, writers=writers, left=told
        )
    for relation in _relations_at(left.pk).select_related("subject", "object"):
        if _move_relation(op, relation, left, to):
            record_relation(op, relation, Kind.EVIDENCE_MOVED, left=told)


def _said(citation: Citation) -> tuple[Any, ...]:
    """Return what makes two citations of one assertion the same (``check_cited``)."""
    return citation.source_id, citation.stance, citation.quotation, citation.locator


def _move_relation(
    op: Operation, relation: AssertionRelation, left: Assertion, to: Assertion
) -> bool:
    """Move one end of a relation; what would relate an assertion to itself, or again, ends."""
    ends = {
        "subject": to if relation.subject_id == left.pk else relation.subject,
        "object": to if relation.object_id == left.pk else relation.object,
    }
    same = AssertionRelation.objects.filter(**ends, kind=relation.kind, withdrawn_at=None)
    if ends["subject"].pk == ends["object"].pk or same.exists():
        return relation.withdrawn_at is None and op.save(relation, withdrawn_at=op.at)
    return op.save(relation, **ends)


def _refuse_layer(assertion: Assertion) -> None:
    if assertion.project.mode == Mode.INDEPENDENT and assertion.stream.kind == StreamKind.LAYER:
        raise Refused(
            "In independent mode an assertion stays in its layer until the work is adjudicated.",
            code="layer",
        )


@repeatable(nothing)
def split_assertion(span: Span, *, by: Person, key: Key | None = None) -> None:
    """Take the span off its assertion; the evidence stays with the assertion's other spans."""
    with _evidence(span, by, key=key) as op:
        if span.assertion_id is None:
            return
        alone = not is_carried(span.assertion_id, besides=span.pk)
        if alone and holds_anything(span.assertion_id):
            raise Refused(
                "No other span shows this evidence, so this one cannot be split off from it.",
                code="last_span",
            )
        left = str(span.assertion_id)
        rewrote(op, [span], {"assertion": None})
        op.record(span.stream_id, Kind.ASSERTION_SPLIT, blocks=_blocks([span]), assertion=left)


@repeatable(row(AssertionRelation))
def relate_assertions(
    subject: Assertion,
    other: Assertion,
    *,
    kind: str,
    by: Person,
    note: str = "",
    key: Key | None = None,
) -> AssertionRelation:
    """Say that ``subject`` repeats, contradicts, narrows or depends on ``other``."""
    _check_relation(kind, subject.project_id, other)
    project = subject.project
    makes = uuid4()
    streams = {project.pk, *streams_of(subject.pk), *streams_of(other.pk)}
    with operation(project, by, *streams, key=key, makes=makes) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        _require_held(subject.pk, streams)
        _require_held(other.pk, streams)
        return _relate(op, subject, other, kind, note, makes)


@repeatable(row(AssertionRelation))
def relate_span(
    span: Span,
    other: Assertion,
    *,
    kind: str,
    by: Person,
    note: str = "",
    key: Key | None = None,
) -> AssertionRelation:
    """Say how what the span says stands to ``other``; its assertion is made where it has none."""
    project = span.article.project
    _check_relation(kind, project.pk, other)
    makes = uuid4()
    more = {project.pk, *streams_of(other.pk)}
    with _evidence(span, by, *more, key=key, makes=makes) as op:
        _require_held(other.pk, more)
        return _relate(op, _assertion(op, span), other, kind, note, makes)


def _check_relation(kind: str, project: UUID, other: Assertion) -> None:
    _one_of(kind, Relation, "relation")
    if other.project_id != project:
        raise Refused("These assertions belong to two projects.", code="assertion_foreign")


def _relate(
    op: Operation, subject: Assertion, other: Assertion, kind: str, note: str, uuid: UUID
) -> AssertionRelation:
    if subject.pk == other.pk:
        raise Refused("An assertion is not related to itself.", code="relation_self")
    _refuse_layer(subject)
    _refuse_layer(other)
    known = AssertionRelation.objects.filter(
        subject=subject, object=other, kind=kind, withdrawn_at=None
    ).first()
    if known is not None:
        op.made(known.pk)
        return known
    relation = op.create(
        AssertionRelation(
            uuid=uuid,
            subject=subject,
            object=other,
            kind=kind,
            note=note,
            author=op.by,
            created_at=op.at,
        )
    )
    record_relation(op, relation, Kind.ASSERTIONS_RELATED)
    return relation


@repeatable(nothing)
def withdraw_relation(relation: AssertionRelation, *, by: Person, key: Key | None = None) -> None:
    project = relation.subject.project
    ends = (relation.subject_id, relation.object_id)
    streams = {project.pk}.union(*map(streams_of, ends))
    with operation(project, by, *streams, key=key) as op:
        require(by, Right.ADD_EVIDENCE, project.pk)
        for end in ends:
            _require_held(end, streams)
        relation.refresh_from_db()
        if relation.withdrawn_at is None:
            op.save(relation, withdrawn_at=op.at)
            record_relation(op, relation, Kind.RELATION_WITHDRAWN)


# Citations


@repeatable(row(Citation))
def cite(
    span: Span,
    source: Source | Article | NewSource,
    *,
    by: Person,
    key: Key | None = None,
    **values: Any,
) -> Citation:
    """Bring a source to bear on what the span says; ``values`` are some of ``CITATION_FIELDS``.

    Looked up today unless ``accessed_on`` says otherwise. An article of the project, or a new
    source, becomes a source of the project in the same operation. A request repeated with the
    same ``key`` returns the citation it made.
    """
    _only(values, CITATION_FIELDS, "a citation")
    _check_citation(values)
    project = span.article.project
    if not isinstance(source, NewSource) and source.project_id != project.pk:
        raise Refused("This source belongs to another project.", code="source_foreign")
    makes = uuid4()
    more = () if isinstance(source, Source) else (project.pk,)
    with _evidence(span, by, *more, key=key, makes=makes) as op:
        if isinstance(source, NewSource):
            source = _add_source(op, source.values, source.confidential, source.readers)
        elif isinstance(source, Article):
            source = _source_of_article(op, source)
        if source.article_id == span.article_id:
            raise Refused("An article is no source for what it says itself.", code="own_article")
        _refuse_copy(source, values)
        assertion = _assertion(op, span)
        check_cited(assertion, source, values)
        check_room(
            Citation.objects.filter(assertion=assertion, withdrawn_at=None).count(),
            MOST_CITATIONS,
            "Sources cited for this assertion",
            "Withdraw a citation that says nothing new, or split the span off.",
        )
        values.setdefault("accessed_on", op.at.date())
        citation = op.create(
            Citation(
                uuid=makes,
                assertion=assertion,
                source=source,
                added_by=by,
                created_at=op.at,
                **values,
            )
        )
        record_evidence(op, assertion, Kind.CITATION_ADDED, substance=True)
    return citation


def check_cited(assertion: Assertion, source: Source, values: Mapping[str, Any]) -> None:
    """Refuse a citation that says nothing new: the same source, words, place and stance."""
    same = {name: values.get(name, "") for name in ("quotation", "locator")}
    stance = values.get("stance", Stance.SUPPORTS)
    found = Citation.objects.filter(
        assertion=assertion, source=source, stance=stance, withdrawn_at=None, **same
    ).first()
    if found is not None:
        raise AlreadyThere(
            "This source is cited here already, with the same words and the same stance.",
            citation=str(found.pk),
        )


def _check_citation(values: dict[str, Any]) -> None:
    if "stance" in values:
        _one_of(values["stance"], Stance, "stance")
    if values.get("archive_url"):
        values["archive_url"] = canonical_url(values["archive_url"])
    if values.get("file_sha256") and not _SHA256.fullmatch(values["file_sha256"]):
        raise Refused("A SHA-256 has 64 hexadecimal digits in small letters.", code="sha256")


def _refuse_copy(source: Source, values: Mapping[str, Any]) -> None:
    if source.access == Access.CONFIDENTIAL and values.get("archive_url"):
        raise Refused(
            "The address of an archived copy says what a confidential source is; put it into the "
            "source’s details.",
            code="confidential_url",
        )


@contextmanager
def _of_citation(
    citation: Citation,
    by: Person,
    right: Right,
    revision: int | None,
    key: Key | None,
    **sent: Any,
) -> Iterator[tuple[Operation, dict[str, Any]]]:
    project = citation.assertion.project
    streams = streams_of(citation.assertion_id)
    with operation(project, by, *streams, key=key) as op:
        require(by, right, project.pk)
        # A join may have brought it to another assertion meanwhile.
        citation.refresh_from_db()
        _require_held(citation.assertion_id, streams)
        yield op, check_seen(op, citation, revision, **sent)


def _refuse_unseen(citation: Citation) -> None:
    if not Span.objects.filter(assertion=citation.assertion_id).exists():
        raise Refused(
            "No span shows any more what this citation was brought to bear on; cite the source "
            "again where it belongs.",
            code="unseen",
        )


def _require_own(citation: Citation, by: Person) -> None:
    if citation.added_by_id != by.pk:
        require(by, Right.EDIT_OTHERS, by.project_id)


@repeatable(nothing)
def change_citation(
    citation: Citation,
    *,
    by: Person,
    revision: int | None = None,
    restore: bool = False,
    key: Key | None = None,
    **values: Any,
) -> None:
    """Change a citation; what somebody had confirmed must be confirmed again.

    ``restore`` puts a withdrawn one back first.
    """
    _only(values, CITATION_FIELDS, "a citation")
    _check_citation(values)
    with _of_citation(citation, by, Right.ADD_EVIDENCE, revision, key, **values) as (op, values):
        _require_own(citation, by)
        if restore:
            _refuse_unseen(citation)
        if restore and op.save(citation, withdrawn_at=None):
            record_evidence(op, citation.assertion, Kind.CITATION_RESTORED, substance=True)
        _refuse_withdrawn(citation)
        _refuse_copy(citation.source, values)
        differing = {
            name: value for name, value in values.items() if getattr(citation, name) != value
        }
        if differing:
            op.save(citation, **differing, confirmed_by=None, confirmed_at=None)
            record_evidence(op, citation.assertion, Kind.CITATION_CHANGED, substance=True)


@repeatable(nothing)
def confirm_citation(
    citation: Citation, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    """Say that the source says what is quoted of it; somebody else than who added it does."""
    with _of_citation(citation, by, Right.CONFIRM, revision, key) as (op, _):
        check_four_eyes(
            op,
            [citation.added_by_id],
            OWN_CITATION,
            code="own_citation",
            kind=Refused,
        )
        _refuse_withdrawn(citation)
        if citation.confirmed_by_id is None:
            op.save(citation, confirmed_by=by, confirmed_at=op.at)
            record_evidence(op, citation.assertion, Kind.CITATION_CONFIRMED, substance=False)


@repeatable(nothing)
def withdraw_citation(
    citation: Citation, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    with _of_citation(citation, by, Right.ADD_EVIDENCE, revision, key) as (op, _):
        _require_own(citation, by)
        if citation.withdrawn_at is None:
            op.save(citation, withdrawn_at=op.at)
            record_evidence(op, citation.assertion, Kind.CITATION_WITHDRAWN, substance=True)


@repeatable(nothing)
def restore_citation(
    citation: Citation, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    with _of_citation(citation, by, Right.ADD_EVIDENCE, revision, key) as (op, _):
        _require_own(citation, by)
        if citation.withdrawn_at is not None:
            _refuse_unseen(citation)
            check_cited(citation.assertion, citation.source, vars(citation))
            op.save(citation, withdrawn_at=None)
            record_evidence(op, citation.assertion, Kind.CITATION_RESTORED, substance=True)
