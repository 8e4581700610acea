"""What a person's next undo and redo in an article would take back, and what stands in the way.

The newest operation of the person is read, the one that is next, and the one before that: a fixed
number of rows, however long the history (``domain.undoing``). Evidence that articles share is
told in the project's stream; each article that shows it has an event of its own beside that.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, When

from annotations.domain.events import MANY, WORDS, Kind, in_words
from annotations.domain.schema import read_payload
from annotations.domain.undoing import Did, Line, Step, line
from annotations.domain.vocabulary import Outcome, WorkState
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Citation,
    Comment,
    Decision,
    Event,
    Person,
    Record,
    Span,
    Stream,
    WorkLogEntry,
)
from annotations.models.rows import TABLES
from annotations.queries.history import lines_of, names_of, short

#: Events that an undo does not reach behind, with what a person is told.
_BARRIERS: dict[str, str] = {
    Kind.SIGNED_OFF: "a sign-off is not undone; it lapses when something that it covers changes",
    Kind.ARTICLE_IMPORTED: "an import is not undone",
    Kind.SPANS_CARRIED: "spans carried over from the version before are settled one by one",
    Kind.ASKED_AGAIN: "an acceptance that fell away is given again, not brought back",
    Kind.ARTICLE_PURGED: "what was removed for good does not come back",
    Kind.PAYLOAD_ERASED: "what was erased does not come back",
}
#: What happens to an article by the way, and was nobody's work in it.
_NOT_ON_THE_LINE = (Kind.SIGN_OFF_LAPSED, Kind.ARTICLE_SUPERSEDED)
_WITHHELD = "the history does not say any more what you did then"
_TURNED: dict[str, tuple[str, Did]] = {
    Kind.UNDONE: ("undoes", Did.UNDO),
    Kind.REDONE: ("redoes", Did.REDO),
}
#: The tables that the words of a kind are about, by the kind's first word.
_ABOUT = {
    "article": ("article",),
    "citation": ("citation",),
    "comment": ("comment",),
    "decision": ("decision",),
    "verdict": ("assertion",),
    "work": ("assertion", "worklogentry"),
    "assertion": ("assertion", "span"),
}
#: What an operation does by the way: its words are those of the rest of it.
_BY_THE_WAY = frozenset(
    {
        Kind.SIGN_OFF_LAPSED,
        Kind.SPAN_EVIDENCE_CHANGED,
        Kind.ASSERTION_ADDED,
        Kind.ASSERTION_SHARED,
        Kind.EVIDENCE_MOVED,
        Kind.SPEAKER_ADDED,
        Kind.SOURCE_ADDED,
    }
)
_Row = dict[str, Any]
#: Fields of a row that name assertions, by table.
_OF_ASSERTIONS = {
    "span": ("assertion",),
    "citation": ("assertion",),
    "worklogentry": ("assertion",),
    "assertionrelation": ("subject", "object"),
}
#: How many others' events are looked through for who built on something.
_LOOKED_THROUGH = 500


@dataclass(frozen=True)
class Found:
    """What is taken back next.

    ``events`` are of the operation to reverse: the change itself, or for a redo the undo of it.
    """

    newest: UUID
    change: UUID
    events: list[Event]
    #: The streams that hold the person's line in this article.
    streams: list[UUID]
    now: Line
    #: For an undo: what was next when the change was made.
    before: Line
    #: For a redo: the undo that is taken back.
    undo: Step | None = None

    @cached_property
    def contents(self) -> list[tuple[Event, dict[str, Any]]]:
        """The events with their payloads, in the order in which they are reversed.

        Nothing says which of two streams was told first. What hangs on an assertion is told in the
        articles of its spans: they are joined to it before anything else, and leave it last.
        """
        told = [(event, read_payload(event.payload or "")) for event in reversed(self.events)]
        return sorted(told, key=lambda one: _links(one[1]["changes"]))

    @property
    def barrier(self) -> str:
        """Say why an undo does not reach this operation; empty where it does."""
        for event in self.events:
            if event.kind in _BARRIERS:
                return _BARRIERS[event.kind]
        return _WITHHELD if any(event.payload is None for event in self.events) else ""


def _links(changes: Iterable[_Row]) -> int:
    """Say whether spans are joined to an assertion (-1) or leave one (1) when this is reversed."""
    for change in changes:
        before, after = change["before"] or {}, change["after"]
        if change["table"] == "span" and before and before["assertion"] != after["assertion"]:
            return 1 if before["assertion"] is None else -1
    return 0


def line_streams(article: Article, by: Person) -> list[UUID]:
    """Return the article's stream and, in independent mode, the person's own layer of it."""
    own = Stream.objects.filter(Q(person=None) | Q(person=by), article=article)
    return list(own.values_list("pk", flat=True))


def newest(streams: Collection[UUID], by: Person) -> Step | None:
    """Return the last operation of the person in these streams."""
    return _step(_last(streams, by, ()), streams, by)


def next_undo(article: Article, by: Person, *, passing: Found | None = None) -> Found | None:
    """Return what an undo would take back.

    Where of ``passing`` nothing is left to take back, it is what lies beneath that.
    """
    streams = line_streams(article, by)
    last = newest(streams, by)
    now = line(last)
    change = now.undo if passing is None else passing.before.undo
    if last is None or change is None:
        return None
    events = events_of(change)
    before = line(_step(_last(streams, by, events), streams, by))
    return Found(last.operation, change, events, streams, now, before)


def next_redo(article: Article, by: Person) -> Found | None:
    """Return the undo that a redo would take back."""
    streams = line_streams(article, by)
    last = newest(streams, by)
    now = line(last)
    if last is None or now.redo is None:
        return None
    events = events_of(now.redo)
    [told] = [event for event in events if event.stream_id in streams][:1]
    undo = _read(told.operation, told.kind, told.payload)
    if undo.of is None:
        return None
    return Found(last.operation, undo.of, events, streams, now, Line(), undo)


def nothing_to_undo(article: Article, by: Person) -> str:
    """Say why an undo takes nothing back."""
    found = next_undo(article, by)
    if found is None or not found.barrier:
        return "There is nothing of yours to undo in this article."
    return f"Undo goes no further back: {found.barrier}."


NOTHING_TO_REDO = (
    "There is nothing to redo: a redo takes back your own last undo, as long as you changed "
    "nothing since."
)


def events_of(operation: UUID) -> list[Event]:
    return list(Event.objects.filter(operation=operation).order_by("stream", "sequence"))


def _last(streams: Collection[UUID], by: Person, before: Sequence[Event]) -> _Row | None:
    """Return the person's last event in these streams, or the last before an operation's events.

    Of the text of what a change did nothing is read.
    """
    found: list[_Row] = []
    for stream in streams:
        rows = Event.objects.filter(stream=stream, actor=by).exclude(kind__in=_NOT_ON_THE_LINE)
        here = [event.sequence for event in before if event.stream_id == stream]
        if here:
            rows = rows.filter(sequence__lt=min(here))
        elif before:
            rows = rows.filter(time__lte=before[0].time).exclude(operation=before[0].operation)
        told = Case(When(kind__in=_TURNED, then=F("payload")))
        values = ("operation", "kind", "time", "sequence")
        found += map(dict, rows.order_by("-sequence").values(*values, told=told)[:1])
    # Within a stream the sequence tells which is later; between two of them only the time can.
    return max(found, key=lambda row: (row["time"], row["sequence"]), default=None)


def _read(operation: UUID, kind: str, told: str | None) -> Step:
    """Return an event as a step; an undo of which the history says nothing is a mere change."""
    if kind not in _TURNED or told is None:
        return Step(operation)
    name, did = _TURNED[kind]
    content = read_payload(told)
    of, before, over = (
        UUID(content[key]) if content.get(key) else None for key in (name, "before", "over")
    )
    return Step(operation, did, of, before, over)


def _step(row: _Row | None, streams: Collection[UUID], by: Person) -> Step | None:
    """Return the step that an event tells of.

    The first undos that there were did not say what was next after them: it is looked up.
    """
    if row is None:
        return None
    step = _read(row["operation"], row["kind"], row["told"])
    beneath: Step | None = step
    while beneath is not None and _says_nothing(row):
        row = _last(streams, by, events_of(beneath.of)) if beneath.of else None
        beneath = _read(row["operation"], row["kind"], row["told"]) if row else None
    if beneath is step:
        return step
    return Step(step.operation, Did.UNDO, step.of, line(beneath).undo)


def _says_nothing(row: _Row | None) -> bool:
    """Say whether an event is an undo without a word of what is next: its keys are sorted."""
    return (
        row is not None
        and row["kind"] == Kind.UNDONE
        and row["told"] is not None
        and not row["told"].startswith('{"before":')
    )


# What is taken back


def assertions_of(changes: Iterable[_Row]) -> set[UUID]:
    """Return the assertions which changes of rows name, and those that the rows hang on now."""
    keys: set[UUID] = set()
    rows: dict[str, set[str]] = {}
    for change in changes:
        rows.setdefault(change["table"], set()).add(change["id"])
        if change["table"] == "assertion":
            keys.add(UUID(change["id"]))
        for row in (change["before"] or {}, change["after"]):
            names = _OF_ASSERTIONS.get(change["table"], ())
            keys.update(UUID(row[name]) for name in names if row.get(name))
    for table, names in _OF_ASSERTIONS.items():
        if table in rows and table != "span":
            found = TABLES[table]._default_manager.filter(pk__in=rows[table])
            for pair in found.values_list(*names):
                keys.update(pair)
    return keys


def moved(changes: Iterable[_Row]) -> set[UUID]:
    """Return the assertions between which an event moved evidence; none where it moved none.

    A join that moved nothing but a wording or a verdict wrote to two assertions.
    """
    changes = list(changes)
    keys: set[UUID] = set()
    for change in changes:
        before, after = change["before"], change["after"]
        names = _OF_ASSERTIONS.get(change["table"], ()) if change["table"] != "span" else ()
        if before is not None and any(before[name] != after[name] for name in names):
            keys.update(UUID(row[name]) for row in (before, after) for name in names)
    written = {UUID(change["id"]) for change in changes if change["table"] == "assertion"}
    return keys | written if keys or len(written) > 1 else set()


def streams_of(changes: Iterable[_Row]) -> set[UUID]:
    """Return every stream that tells of the assertions which changes of rows name."""
    keys = assertions_of(changes)
    spans = Span.objects.filter(assertion__in=keys).values_list("stream", flat=True)
    return {*Assertion.objects.filter(pk__in=keys).values_list("stream", flat=True), *spans}


def is_borne_out(assertions: Iterable[UUID | None]) -> bool:
    """Say whether any of the assertions has a verdict or a citation: what a second reader saw."""
    keys = [key for key in assertions if key is not None]
    judged = Assertion.objects.filter(pk__in=keys).exclude(verdict="").exists()
    return judged or Citation.objects.filter(assertion__in=keys, withdrawn_at=None).exists()


def stands_alone(assertion: UUID, span: UUID) -> bool:
    """Say whether nothing but the span hangs on an assertion any more."""
    about = Q(assertion=assertion)
    ends = Q(subject=assertion) | Q(object=assertion)
    hanging = (
        Span.objects.filter(about, withdrawn_at=None).exclude(pk=span),
        Citation.objects.filter(about, withdrawn_at=None),
        WorkLogEntry.objects.filter(about, withdrawn_at=None),
        AssertionRelation.objects.filter(ends, withdrawn_at=None),
        Assertion.objects.filter(pk=assertion).exclude(
            paraphrase="", said_on="", due="", verdict="", work_state=WorkState.TODO
        ),
    )
    return not any(rows.exists() for rows in hanging)


# In words


def said(operation: UUID) -> str:
    """Say what an operation did, as after "Undone:": marked a span “…”. Ten queries at most."""
    told: dict[Kind, list[dict[str, Any]]] = {}
    for event in events_of(operation):
        if event.payload is not None:
            told.setdefault(Kind(event.kind), []).extend(read_payload(event.payload)["changes"])
    every = [change for changes in told.values() for change in changes]
    words = []
    for kind, changes in told.items():
        if kind in _BY_THE_WAY:
            continue
        rows = Counter(change["table"] for change in changes)
        words.append(f"{in_words(kind, rows)}{_about(kind, changes, every)}")
    return " and ".join(words) or "changed the evidence of a span"


def _about(kind: Kind, changes: list[_Row], every: list[_Row]) -> str:
    """Return the words of what a change is about, quoted, where it is about one thing.

    ``every`` are the changes of the whole operation: they may name a span where these do not.
    """
    wanted = _ABOUT.get(kind.partition(".")[0], ("span",))
    rows = [change for change in changes if change["table"] in wanted]
    if not rows or (len(rows) > 1 and kind in MANY):
        return ""
    table, row = rows[0]["table"], rows[0]["after"]
    if table == "comment":
        name = short(row["body"])
    elif table in ("assertion", "worklogentry"):
        key = rows[0]["id"] if table == "assertion" else row["assertion"]
        named = [change["id"] for change in every if change["table"] == "span"]
        spans = Span.objects.filter(Q(assertion=key) | Q(pk__in=named), withdrawn_at=None)
        name = short(spans.values_list("quote", flat=True).first() or "")
    else:
        name = names_of([{"changes": rows[:1]}]).get(rows[0]["id"], "").strip("“”")
    return f" “{name}”" if name else ""


def built_upon(row: Record, since: Event, by: Person, differing: Collection[str]) -> str:
    """Say who changed a row after an event told of it, and how: others before the person."""
    what = str(row._meta.verbose_name)
    keys = Q(payload__contains=str(row.pk))
    if isinstance(row, Span) and "assertion" in differing and row.assertion_id:
        keys |= Q(payload__contains=str(row.assertion_id))
    events = list(
        Event.objects.filter(keys, stream__project=by.project_id, time__gte=since.time)
        .exclude(operation=since.operation)
        .exclude(kind=Kind.SIGN_OFF_LAPSED)
        .select_related("actor")
        .order_by("-time", "-sequence")[:_LOOKED_THROUGH]
    )
    # A stable sort: others' changes come first, the newest of them at the head.
    events.sort(key=lambda event: event.actor_id == by.pk)
    if not events:
        return f"This {what} was changed again since."
    for event in events:
        for change in read_payload(event.payload or "")["changes"]:
            before, after = change["before"], change["after"]
            if change["id"] != str(row.pk) or before is None:
                continue
            changed = {name for name in after if before[name] != after[name]} & set(differing)
            if changed and event.actor_id != by.pk:
                return _sentence(event, what, change, changed)
    first = events[0]
    who = "You have" if first.actor_id == by.pk else f"{first.actor.name} has"
    return f"{who} built on this {what} since: {WORDS[Kind(first.kind)]}."


def _sentence(event: Event, what: str, change: dict[str, Any], changed: Collection[str]) -> str:
    who = event.actor.name
    if "withdrawn_at" in changed:
        done = "withdrawn" if change["after"]["withdrawn_at"] else "restored"
        return f"{who} has {done} this {what} since."
    lines = lines_of(change, names_of([{"changes": [change]}]))
    told = "; ".join(f"{one.field}: {one.before} → {one.after}" for one in lines)
    return f"{who} has changed this {what} since" + (f": {told}." if told else ".")


def leaned_on(spans: Iterable[UUID], comments: Iterable[UUID], by: Person) -> str:
    """Say who else has decided or commented on spans, or answered comments, that would go.

    Empty where nobody has. Two queries.
    """
    spans = list(spans)
    decision = (
        Decision.objects.filter(span__in=spans, voided_at=None)
        .exclude(reader=by)
        .select_related("reader")
        .first()
    )
    if decision is not None:
        outcome = Outcome(decision.outcome).label
        return f"{decision.reader.name} has decided on this span since: {outcome}."
    said = (
        Comment.objects.filter(Q(span__in=spans) | Q(parent__in=list(comments)), withdrawn_at=None)
        .exclude(author=by)
        .select_related("author")
        .first()
    )
    if said is None:
        return ""
    did = "answered this comment" if said.parent_id else "commented on this span"
    return f"{said.author.name} has {did} since: “{short(said.body)}”."
