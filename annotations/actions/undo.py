"""Taking back one's last operation in an article, and taking that back, by new operations.

Either reverses what one operation wrote, field by field: an undo the change itself, a redo the
undo of it. A field is put back only where it still holds what that operation wrote.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar
from uuid import UUID

from annotations.actions.articles import check_address
from annotations.actions.evidence import (
    check_cited,
    record_evidence,
    record_leaving,
    record_relation,
)
from annotations.actions.four_eyes import OWN_CITATION, OWN_PROPOSAL, check_four_eyes
from annotations.actions.recording import (
    Key,
    Operation,
    operation,
    repeatable,
    require,
    require_edit,
)
from annotations.actions.spans import rewrote, write_span
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.domain.permissions import Right
from annotations.domain.undoing import redoing, undoing
from annotations.domain.vocabulary import Voice
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Assignment,
    Citation,
    Decision,
    Event,
    Person,
    Record,
    Span,
    WorkLogEntry,
)
from annotations.models.rows import TABLES, column, state_of
from annotations.queries.undoing import (
    Found,
    assertions_of,
    built_upon,
    is_borne_out,
    leaned_on,
    moved,
    newest,
    next_redo,
    next_undo,
    stands_alone,
    streams_of,
)
from annotations.queries.unseen import unseen_among

T = TypeVar("T")

#: Tables whose rows an undo puts back, with the right that a change of them asks for. A lapsed
#: sign-off stays lapsed, whatever is undone.
_RIGHTS: dict[str, Right] = {
    "article": Right.IMPORT,
    "block": Right.SET_ROLES,
    "span": Right.EDIT_OWN,
    "assertion": Right.ADD_EVIDENCE,
    "assertionrelation": Right.ADD_EVIDENCE,
    "worklogentry": Right.ADD_EVIDENCE,
    "citation": Right.ADD_EVIDENCE,
    "decision": Right.SECOND_READ,
    "comment": Right.COMMENT,
    "assignment": Right.ASSIGN,
}
#: Fields that stay as they are: they say what happened, not what holds.
_KEPT = frozenset({"revision", "authors"})
_KEPT_OF = {
    # Shared between articles once, an assertion is the project's.
    "assertion": _KEPT | {"stream"},
    # A voided decision never revives.
    "decision": _KEPT | {"voided_at"},
}
#: Fields of a citation that say who confirmed it.
_CONFIRMED = frozenset({"confirmed_by", "confirmed_at"})
#: Fields of an assertion that its second readers saw.
_JUDGED = frozenset({"verdict", "verdict_reason", "verdict_as_of"})

#: How often a line is read anew because its person changed something meanwhile.
_TRIES = 3
#: How many operations of which nothing is left an undo passes on its way.
_PASSED = 50


class _Moved(Exception):
    """The line, or what it touches, is not what it was read as any more."""


class _Spent(Exception):
    """Nothing is left of an operation that could be taken back."""


@repeatable(lambda made: made)
def undo_last(
    article: Article, *, by: Person, past: Collection[UUID] = (), key: Key | None = None
) -> UUID | None:
    """Undo the last operation of ``by`` in the article that is not undone yet.

    Returns the operation undone, or None where an undo reaches nothing more. Raises ``Refused``
    when somebody has built on it since; ``passed`` of its details, sent as ``past``, passes over
    that operation to the one before. A request repeated with the same ``key`` undoes nothing more.
    """

    def undo() -> UUID | None:
        found = next_undo(article, by)
        while found is not None and not found.barrier and found.change in past:
            found = next_undo(article, by, passing=found)
        for _ in range(_PASSED):
            if found is None or found.barrier:
                break
            try:
                return _turn(article, found, by, key)
            except _Spent:
                found = next_undo(article, by, passing=found)
            except Refused as refusal:
                refusal.details["passed"] = [*map(str, past), str(found.change)]
                raise
        with operation(article.project, by, key=key):
            return None

    return _unmoved(undo)


@repeatable(lambda made: made)
def redo_last(article: Article, *, by: Person, key: Key | None = None) -> UUID | None:
    """Redo what ``by`` undid last in the article and has changed nothing since.

    Returns the operation redone, or None where there is none. Raises ``Refused`` as
    ``undo_last`` does, and for a decision: taken back, it does not stand again by itself.
    """

    def redo() -> UUID | None:
        found = next_redo(article, by)
        if found is None:
            with operation(article.project, by, key=key):
                return None
        try:
            return _turn(article, found, by, key)
        except _Spent:
            raise Refused(
                "A decision that was taken back does not come back by a redo: look at the span "
                "and decide again.",
                code="nothing_to_redo",
            ) from None

    return _unmoved(redo)


def _unmoved(act: Callable[[], T]) -> T:
    for _ in range(_TRIES):
        try:
            return act()
        except _Moved:
            continue
    raise Refused("Something changed at the same moment; try again.", code="meanwhile")


def _turn(article: Article, found: Found, by: Person, key: Key | None) -> UUID:
    """Reverse what was found, in one operation."""
    about = [change for _, content in found.contents for change in content["changes"]]
    streams = {*found.streams, *(event.stream_id for event in found.events), *streams_of(about)}
    with operation(article.project, by, *streams, key=key, makes=found.change) as op:
        last = newest(found.streams, by)
        if last is None or last.operation != found.newest or not streams_of(about) <= streams:
            raise _Moved
        if found.undo is None:
            step = undoing(op.uuid, found.change, now=found.now, before=found.before)
            kind, of, next_ones = Kind.UNDONE, "undoes", {"before": step.before, "over": step.over}
        else:
            step = redoing(op.uuid, found.undo)
            kind, of, next_ones = Kind.REDONE, "redoes", {"over": step.over}
        said = {name: key and str(key) for name, key in {of: step.of, **next_ones}.items()}
        _Reversal(op, article, found, kind, said).run()
    return found.change


class _Reversal:
    """One operation reversed, event by event, the last first."""

    def __init__(
        self, op: Operation, article: Article, found: Found, kind: Kind, said: dict[str, Any]
    ) -> None:
        self.op = op
        self.article = article
        self.found = found
        self.kind = kind
        self.said = said
        self.rows = self._rows()
        #: The assertions that the operation made.
        self.made: set[str] = set()
        #: Rows that go out of sight.
        self.going: list[Record] = []

    def _rows(self) -> dict[str, Record]:
        """Return the rows that were written to, by key."""
        keys: dict[str, set[str]] = {}
        for _, content in self.found.contents:
            for change in content["changes"]:
                if change["table"] in _RIGHTS:
                    keys.setdefault(change["table"], set()).add(change["id"])
        return {
            str(row.pk): row
            for table, wanted in keys.items()
            for row in TABLES[table]._default_manager.filter(pk__in=wanted)
        }

    def run(self) -> None:
        about = [change for _, content in self.found.contents for change in content["changes"]]
        self.about = assertions_of(about)
        self.hidden = unseen_among(self.about)
        for _, content in self.found.contents:
            self.made.update(
                change["id"]
                for change in content["changes"]
                if change["table"] == "assertion" and change["before"] is None
            )
        for event, content in self.found.contents:
            if "left" in content:
                # No row tells of it: the history itself does (queries.carrying).
                left = {"left": content["left"], **self.said}
                self.op.record(event.stream_id, self.kind, always=True, **left)
            self.reverse(event, content)
        if not self.op.events:
            raise _Spent
        self.refuse_where_leaned_on()
        self.refuse_where_unseen()
        told = {event.stream_id for event in self.op.events if event.kind == self.kind}
        if not told & set(self.found.streams):
            # What stands in the project's stream alone was done in this article all the same.
            self.op.record(self.article.pk, self.kind, always=True, **self.said)

    def reverse(self, event: Event, content: dict[str, Any]) -> None:
        """Put back the rows of one event, and tell of it where that told."""
        written: list[Record] = []
        judged: Assertion | None = None
        related: AssertionRelation | None = None
        substance = False
        moves = moved(content["changes"])
        for change in reversed(content["changes"]):
            row = self.rows.get(change["id"])
            values = {} if row is None else self.values(event, row, change)
            if row is None or not values:
                continue
            self.require(row, values, moves=bool(moves))
            self.write(row, values)
            written.append(row)
            if isinstance(row, AssertionRelation):
                related = row
            elif isinstance(row, Assertion):
                judged = row
                substance = substance or bool(_JUDGED & values.keys())
            elif isinstance(row, Citation | WorkLogEntry):
                judged = row.assertion
                confirmed = {"confirmed_by_id", "confirmed_at"} >= values.keys()
                substance = substance or (isinstance(row, Citation) and not confirmed)
        also = self.found.streams
        if judged is not None:
            record_evidence(self.op, judged, self.kind, substance=substance, also=also, **self.said)
            for one in Assertion.objects.filter(pk__in=moves - {judged.pk}).order_by("pk"):
                record_leaving(self.op, one, substance=substance)
        elif related is not None:
            record_relation(self.op, related, self.kind, also=also, **self.said)
        elif written:
            blocks = {UUID(key): indexes for key, indexes in content["blocks"].items()}
            self.op.record(event.stream_id, self.kind, blocks=blocks, **self.said)

    # What is put back

    def values(self, event: Event, row: Record, change: dict[str, Any]) -> dict[str, Any]:
        """Return what to write to a row to take a change back: a row that was made is withdrawn."""
        if change["before"] is None:
            return self.unmade(event, row, change["after"])
        is_now, after = state_of(row), change["after"]
        kept = _KEPT_OF.get(change["table"], _KEPT)
        names = {
            name
            for name, value in change["before"].items()
            if name not in kept and value != after[name]
        }
        self.refuse_where_built_upon(event, row, {n for n in names if is_now[n] != after[n]})
        if names and is_now.get("withdrawn_at") != after.get("withdrawn_at"):
            self.refuse_where_built_upon(event, row, {"withdrawn_at"})
        back = {name: change["before"][name] for name in names}
        if isinstance(row, Citation) and back.get("confirmed_by") not in (None, str(self.op.by.pk)):
            # What somebody else confirmed was changed: he has to look again.
            back = {name: value for name, value in back.items() if name not in _CONFIRMED}
        begun = isinstance(row, Span) and "assertion" in back and after["assertion"] in self.made
        if begun and not stands_alone(UUID(after["assertion"]), row.pk):
            # What others have brought to bear meanwhile stays with the span.
            del back["assertion"]
        if back.get("voice") == Voice.AUTHOR and back.get("chain", is_now["chain"]):
            # Somebody has said since by way of whom it reaches us: with the author it cannot.
            self.refuse_where_built_upon(event, row, {"chain"})
        found = {column(type(row), name): value for name, value in back.items()}
        return {field.attname: field.to_python(value) for field, value in found.items()}

    def unmade(self, event: Event, row: Record, made: dict[str, Any]) -> dict[str, Any]:
        is_now = state_of(row)
        if isinstance(row, Decision):
            return {} if row.voided_at else {"voided_at": self.op.at}
        if "withdrawn_at" not in is_now:
            return {}
        differing = {n for n, value in made.items() if n not in _KEPT and is_now[n] != value}
        self.refuse_where_built_upon(event, row, differing)
        return {"withdrawn_at": self.op.at}

    def write(self, row: Record, values: dict[str, Any]) -> None:
        if values.get("withdrawn_at") or values.get("voided_at"):
            self.going.append(row)
        if isinstance(row, Article):
            check_address(row, values.get("url", ""))
        if isinstance(row, Citation) and "withdrawn_at" in values and row.withdrawn_at:
            back = Assertion.objects.get(pk=values.get("assertion_id", row.assertion_id))
            check_cited(back, row.source, vars(row))
        if isinstance(row, Citation) and values.get("confirmed_by_id"):
            check_four_eyes(self.op, [row.added_by_id], OWN_CITATION, code="own_citation")
        if isinstance(row, Decision) and values.get("taken_at"):
            check_four_eyes(self.op, [row.reader_id], OWN_PROPOSAL)
        if not isinstance(row, Span):
            self.op.save(row, **values)
        elif "assertion_id" in values and is_borne_out((row.assertion_id, values["assertion_id"])):
            rewrote(self.op, [row], values)
        else:
            write_span(self.op, row, values)

    # What is refused

    def require(self, row: Record, values: dict[str, Any], *, moves: bool) -> None:
        """Refuse what the person may not change now, whatever was allowed then.

        ``moves``: evidence moved with a span that joined, and goes back as it came.
        """
        by, project = self.op.by, self.op.project
        if moves or (isinstance(row, Span) and values.keys() <= {"assertion_id"}):
            require(by, Right.ADD_EVIDENCE, project.pk)
        elif isinstance(row, Span):
            require_edit(by, row, project)
        elif isinstance(row, Decision) and row.reader_id != by.pk:
            require_edit(by, row.span, project)
        elif isinstance(row, Assignment) and row.person_id == by.pk:
            require(by, Right.READ, project.pk)
        else:
            right = _RIGHTS[row._meta.model_name or ""]
            if isinstance(row, Citation) and values.keys() <= {"confirmed_by_id", "confirmed_at"}:
                right = Right.CONFIRM
            require(by, right, project.pk)
            if (
                isinstance(row, Citation) and right != Right.CONFIRM and row.added_by_id != by.pk
            ) or (isinstance(row, WorkLogEntry) and row.author_id != by.pk):
                require(by, Right.EDIT_OTHERS, project.pk)

    def refuse_where_built_upon(self, event: Event, row: Record, differing: set[str]) -> None:
        if differing:
            raise Refused(
                f"{built_upon(row, event, self.op.by, differing)} So nothing was changed.",
                code="built_upon",
            )

    def refuse_where_unseen(self) -> None:
        if unseen_among(self.about) - self.hidden:
            raise Refused(
                "Other spans have left the assertion since: what was found for it would be shown "
                "by no span. So nothing was changed.",
                code="built_upon",
            )

    def refuse_where_leaned_on(self) -> None:
        spans = [row.pk for row in self.going if isinstance(row, Span)]
        others = [row.pk for row in self.going if row._meta.model_name == "comment"]
        said = leaned_on(spans, others, self.op.by) if spans or others else ""
        if said:
            raise Refused(f"{said} So nothing was changed.", code="built_upon")
