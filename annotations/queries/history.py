"""The history of an article as people read it: by operation, with what was and what is."""

import datetime
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from annotations.domain.events import WORDS, Kind, in_words
from annotations.domain.mentions import plain
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Access
from annotations.domain.withholding import KNOWN_TO_THE_DESK, as_told
from annotations.models import (
    Article,
    Assertion,
    Citation,
    Decision,
    Event,
    Label,
    Person,
    Record,
    Source,
    Span,
    Speaker,
)
from annotations.queries.access import Member
from annotations.queries.four_eyes import through_another_account

#: Fields that say nothing to a reader of the history.
_SILENT = frozenset(
    {
        "revision",
        "authors",
        "stream",
        "project",
        "created_at",
        "article",
        "assertion",
        "confirmed_at",
        "answered_by",
        "declined_at",
        "added_by",
        "author",
        "verdict_by",
        "created_by",
        "text_sha256",
        "source_sha256",
        "carry_score",
        "items",
        "digest",
        "head_hash",
        "head_sequence",
    }
)
#: Fields of a row that was made worth telling, by table.
_TOLD_OF_NEW = {
    "span": ("quote", "label", "voice", "speaker", "note"),
    "citation": ("source", "stance", "quotation", "locator"),
    "decision": ("outcome", "reason_code", "reason", "proposal"),
    "comment": ("body",),
    "assignment": ("kind", "person", "due"),
    "worklogentry": ("kind", "where", "what", "who", "answer"),
    "assertion": ("paraphrase",),
    "article": ("title", "byline", "publisher", "published", "url"),
    "signoff": ("digest",),
}
#: Events that may tell an article only of what another stream says.
_ECHOES = (Kind.SPAN_EVIDENCE_CHANGED, Kind.UNDONE, Kind.REDONE)
#: Tables whose words are quoted.
_QUOTED = (Span, Decision)
#: A time as payloads spell it.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
#: How many lines of one event are told; the rest is counted.
TOLD = 12
#: Events of one operation that are told, and changes of an event that lines are looked for in.
MOST_EVENTS, MOST_CHANGES = 100, 50


@dataclass(frozen=True)
class Line:
    """One field of one row: what it was and what it became, in words."""

    what: str
    field: str
    before: str
    after: str


@dataclass
class Told:
    """One event in words."""

    kind: str
    words: str
    lines: list[Line] = field(default_factory=list)
    more: int = 0
    withheld: bool = False
    reason: str = ""
    sequence: int = 0
    hash: str = ""


@dataclass
class Step:
    """One operation: everything one intention changed in the article."""

    operation: UUID
    actor: str
    at: datetime.datetime
    #: Whether it was done through another account than the actor's first.
    through: bool = False
    events: list[Told] = field(default_factory=list)
    #: Events of the operation that are not told.
    more: int = 0


def operations(
    by: Member, article: Article, *, page: int = 1, size: int = 50
) -> tuple[list[Step], int]:
    """Return a page of the article's operations, the newest first, and how many there are.

    Only events of streams that the member may read are told, of an operation the first
    ``MOST_EVENTS``. Ten queries whatever the page.
    """
    events = Event.objects.filter(stream__in=by.streams.filter(article=article))
    ordered = (
        events.values("operation")
        .annotate(last=Max("time"), end=Max("sequence"), number=Count("pk"))
        .order_by("-last", "-end")
    )
    total = ordered.count()
    number = {row["operation"]: row["number"] for row in ordered[(page - 1) * size : page * size]}
    wanted = list(number)
    # Evidence that articles share is told by the project's stream.
    streams = by.streams.filter(Q(article=article) | Q(pk=by.project.pk))
    # The payloads of a page are read whole, and those of an import of spans are many.
    told = (
        Event.objects.filter(operation__in=wanted, stream__in=streams)
        .exclude(
            ~Q(payload__contains='"left":'), kind__in=_ECHOES, payload__contains='"changes":[]'
        )
        .exclude(kind=Kind.ARTICLES_LISTED)
    )
    rows = list(
        Event.objects.filter(pk__in=_first_of_each(told))
        .select_related("actor")
        .order_by("stream", "sequence")
    )
    contents = {row.pk: read_payload(row.payload) if row.payload else None for row in rows}
    names = names_of([_beginning(content) for content in contents.values() if content])
    steps: dict[UUID, Step] = {}
    through = through_another_account({row.actor_id for row in rows}, by.project.pk)
    for row in rows:
        step = steps.get(row.operation)
        if step is None:
            step = Step(row.operation, row.actor.name, row.at, through(row.actor_id, row.at))
            step.more = max(0, number[row.operation] - MOST_EVENTS)
            steps[row.operation] = step
        step.events.append(_tell(row, contents[row.pk], names))
    return [steps[operation] for operation in wanted], total


def _first_of_each(events: QuerySet[Event]) -> QuerySet[Event, Any]:
    """Return the keys of the first ``MOST_EVENTS`` events of each operation."""
    place = Window(RowNumber(), partition_by="operation", order_by=("stream", "sequence"))
    return events.annotate(place=place).filter(place__lte=MOST_EVENTS).values("pk")


class Names(dict[str, str]):
    """Words for rows, by key, and which of them are, or cite, a source that is confidential."""

    def __init__(self) -> None:
        super().__init__()
        self.confidential: set[str] = set()


def _beginning(content: dict[str, Any]) -> dict[str, Any]:
    """Return a payload with those of its changes that may be told: an import has thousands."""
    return {**content, "changes": content["changes"][:MOST_CHANGES]}


def _tell(event: Event, content: dict[str, Any] | None, names: Names) -> Told:
    told = Told(
        event.kind,
        WORDS[Kind(event.kind)] if content is None else words_of(Kind(event.kind), content),
        sequence=event.sequence,
        hash=event.hash,
        withheld=content is None,
    )
    if content is None:
        return told
    told.reason = content.get("reason", "")
    lines: list[Line] = []
    changes = _beginning(content)["changes"]
    for change in changes:
        lines.extend(lines_of(change, names))
    told.lines, told.more = lines[:TOLD], max(0, len(lines) - TOLD)
    if told.more:
        told.more += len(content["changes"]) - len(changes)
    return told


def words_of(kind: Kind, content: dict[str, Any]) -> str:
    return in_words(kind, Counter(change["table"] for change in content["changes"]))


def lines_of(change: dict[str, Any], names: Names) -> list[Line]:
    """Return a change of a row in words, with ``names_of`` what it names.

    Whatever shows what a payload holds asks here: of a source that is confidential now no older
    state is told, to its named readers neither.
    """
    table = change["table"]
    hidden = change["id"] in names.confidential
    after = as_told(table, change["after"], confidential=hidden)
    before: dict[str, Any] | None = change["before"]
    if before is not None:
        before = as_told(table, before, confidential=hidden)
    if table == "comment":
        after = _with_names(after, names)
        before = None if before is None else _with_names(before, names)
    what = names.get(change["id"], "")
    if before is None:
        return [
            Line(what, _words(name), "", _value(after[name], names))
            for name in _TOLD_OF_NEW.get(table, ())
            if after.get(name) not in (None, "", [], {}, "none", "asserted")
        ]
    return [
        Line(what, _words(name), _value(before[name], names), _value(value, names))
        for name, value in after.items()
        if name not in _SILENT and before[name] != value
    ]


def _with_names(comment: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a comment's state with the names of those whom its body mentions."""
    if "body" not in comment:
        return comment
    told = {key: value for key, value in comment.items() if key != "mentions"}
    return told | {"body": plain(comment["body"], comment["mentions"], names)}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any, names: dict[str, str]) -> str:
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)}: {_value(item, names)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item, names) for item in value)
    if _TIME.fullmatch(str(value)):
        at = datetime.datetime.fromisoformat(value)
        return f"{at.day} {at:%b %Y, %H:%M} UTC"
    return names.get(str(value), str(value))


def names_of(contents: list[dict[str, Any]]) -> Names:
    """Return words for every row the payloads name, by UUID."""
    wanted: set[str] = set()
    for content in contents:
        for change in content["changes"]:
            # An import makes thousands of blocks, of which nothing is told.
            if change["before"] is None and change["table"] not in _TOLD_OF_NEW:
                continue
            wanted.add(change["id"])
            for state in (change["before"], change["after"]):
                wanted.update(value for value in (state or {}).values() if _is_key(value))
                proposal = (state or {}).get("proposal")
                wanted.update((state or {}).get("mentions") or ())
                if isinstance(proposal, dict):
                    wanted.update(value for value in proposal.values() if _is_key(value))
    names = Names()
    shown: tuple[tuple[type[Record], str], ...] = (
        (Label, "name"),
        (Person, "name"),
        (Speaker, "name"),
        (Source, "title"),
        (Span, "quote"),
        (Article, "title"),
        (Assertion, "paraphrase"),
        (Citation, "source__title"),
        (Decision, "span__quote"),
    )
    for model, column in shown:
        rows = model._default_manager.filter(pk__in=wanted).values_list("pk", column)
        names.update(
            (str(key), f"“{short(name)}”" if model in _QUOTED and name else short(name))
            for key, name in rows
        )
    for model, path in ((Source, "access"), (Citation, "source__access")):
        hidden = model._default_manager.filter(pk__in=wanted, **{path: Access.CONFIDENTIAL})
        names.confidential.update(map(str, hidden.values_list("pk", flat=True)))
    names.update(dict.fromkeys(names.confidential, KNOWN_TO_THE_DESK))
    return names


def _is_key(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= 90 else line[:89] + "…"
