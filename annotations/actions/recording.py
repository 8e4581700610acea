"""One intention as one operation: rows written, events chained, sign-offs lapsed.

Every action runs inside ``operation(…)``. It writes rows through ``create``, ``create_many`` and
``save``, which note what was before and after, and names the event with ``record``. Where nothing
changed there is no event. The payload is ``{"v", "changes": [{"table", "id", "before",
"after"}], "blocks": {article: [index, …]}}`` and what the kind adds (docs/history.md).

A request may name itself by a ``Key``. Its first statement writes the receipt, in the transaction
of the change: a request sent again under the same key, at once or a week later, finds the receipt
there, changes nothing, and its action returns what it returned the first time (``repeatable``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Case, QuerySet, SmallIntegerField, When

from annotations.actions import wake
from annotations.domain.conflicts import RULES, UNSAID, changed_fields, moved_on
from annotations.domain.errors import NotAllowed, Refused, Stale
from annotations.domain.events import Kind
from annotations.domain.history import Link, canonical_json, digest
from annotations.domain.permissions import Right, check
from annotations.domain.schema import PAYLOAD_VERSION
from annotations.domain.signoff import difference
from annotations.domain.vocabulary import Mode, Role, StreamKind
from annotations.models import (
    Event,
    Membership,
    Person,
    Project,
    Receipt,
    Record,
    SignOff,
    Span,
    Stream,
)
from annotations.models.base import now
from annotations.models.limits import check_row
from annotations.models.prepared import Prepared, insert, update
from annotations.models.rows import fields_of, spelt, state_of, told
from annotations.queries.signing import covered_items
from annotations.queries.versions import versions

R = TypeVar("R", bound=Record)
P = ParamSpec("P")
T = TypeVar("T")

_LOCK_ORDER = Case(
    When(kind=StreamKind.PROJECT, then=0),
    When(kind=StreamKind.ARTICLE, then=1),
    default=2,
    output_field=SmallIntegerField(),
)


def _locked() -> QuerySet[Stream]:
    return Stream.objects.select_for_update(no_key=True)


_LOCKED = Prepared(lambda stream: _locked().filter(pk=stream), UUID)
_ACCESS = Prepared(lambda project: _locked().filter(project=project, kind=StreamKind.ACCESS), UUID)
_RECEIPT = Prepared(lambda person, key: Receipt.objects.filter(person=person, key=key), UUID, UUID)
_STANDING = Prepared(lambda article: SignOff.objects.filter(article=article, lapsed_at=None), UUID)
_ROLE = Prepared(
    lambda person, project: Membership.objects.filter(
        project=project,
        account__people__person=person,
        account__people__ended_at=None,
        account__is_active=True,
    ).values_list("role", flat=True),
    UUID,
    UUID,
)


@dataclass
class Key:
    """The name of a request, made by whoever sends it, and the digest of what it asks for."""

    uuid: UUID
    sha256: str
    #: Keys of earlier requests from the same page, whose changes its sender has seen.
    after: tuple[UUID, ...] = ()
    #: The operation that did it before, once an action has found that it was done.
    repeats: UUID | None = None

    def part(self, name: str) -> "Key":
        """Return the key of one of several actions that one request asks for."""
        return Key(uuid5(self.uuid, name), self.sha256, self.after)


class Repeated(Exception):
    """The request of this key was done before; ``made`` is what it made."""

    def __init__(self, made: UUID | None) -> None:
        super().__init__(made)
        self.made = made


def repeatable(read: Callable[[UUID | None], T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let an action that did a request before return what it made then, as ``read`` finds it."""

    def decorate(action: Callable[P, T]) -> Callable[P, T]:
        @wraps(action)
        def act(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return action(*args, **kwargs)
            except Repeated as repeated:
                return read(repeated.made)

        return act

    return decorate


def row(table: type[R]) -> Callable[[UUID | None], R]:
    return lambda made: table._default_manager.get(pk=made)


def row_or_none(table: type[R]) -> Callable[[UUID | None], R | None]:
    return lambda made: table._default_manager.filter(pk=made).first()


def nothing(made: UUID | None) -> None:
    """Return what an action returns that only does."""


@contextmanager
def claimed(by: Person, key: Key | None, operation: UUID, makes: UUID | None) -> Iterator[None]:
    """Run a transaction that begins with the receipt of its request.

    Raises ``Repeated`` where the request was done before, and ``Refused`` where another one was,
    under the same key. Of two at once the second waits here, or for the first lock before.
    """
    try:
        with transaction.atomic():
            if key is not None:
                _claim(by, key, operation, makes)
            yield
    except _Taken:
        assert key is not None  # noqa: S101 - nothing else raises it
        receipt = _RECEIPT(by.pk, key.uuid)[0]
        if receipt.request_sha256 != key.sha256:
            raise Refused(
                "This was sent before with other values, under the same key. Send it again, under "
                "a new key, to save these.",
                code="key_reused",
            ) from None
        key.repeats = receipt.operation
        raise Repeated(receipt.made) from None


class _Taken(Exception):
    """There is a receipt under this key."""


def _claim(by: Person, key: Key, operation: UUID, makes: UUID | None) -> None:
    receipt = Receipt(
        person=by,
        key=key.uuid,
        request_sha256=key.sha256,
        operation=operation,
        made=makes,
    )
    try:
        insert(Receipt, [receipt])
    except IntegrityError as error:
        # The table has no other constraint that a person who is there could break. The statement
        # may have ended the transaction: the receipt is read after it.
        raise _Taken from error


class Operation:
    """The changes of one intention, made by one person at one time."""

    def __init__(
        self, project: Project, by: Person, uuid: UUID, key: Key | None, makes: UUID | None
    ) -> None:
        self.project = project
        self.by = by
        self.uuid = uuid
        self.at = now()
        self._key = key
        self._makes = makes
        self._streams: dict[UUID, Stream] = {}
        self._pending: list[dict[str, Any]] = []
        self._articles: set[UUID] = set()
        self.events: list[Event] = []

    # Streams

    def lock(self, *streams: UUID) -> None:
        """Hold the streams until the transaction ends.

        Locks are taken project first, then articles, then layers, each by UUID, so that two
        operations never wait for each other. Call it once, with every stream the operation will
        record in, before anything is read that the change depends on.
        """
        # NO KEY UPDATE: the weaker lock does not block other writers' foreign keys to the row.
        # PostgreSQL locks rows in the order in which it returns them.
        if len(streams) == 1:
            held = _LOCKED(*streams)
        else:
            held = list(_locked().filter(pk__in=set(streams)).order_by(_LOCK_ORDER, "pk"))
        for stream in held:
            self._streams[stream.pk] = stream

    def open(self, stream: Stream) -> None:
        """Begin a new stream in this operation."""
        stream.save(force_insert=True)
        self._streams[stream.pk] = stream

    def hold_links(self) -> None:
        """Hold who acts as whom until the transaction ends. Taken after every other stream."""
        if not any(stream.kind == StreamKind.ACCESS for stream in self._streams.values()):
            for stream in _ACCESS(self.project.pk):
                self._streams[stream.pk] = stream

    def holds(self, stream: UUID) -> bool:
        return stream in self._streams

    @property
    def streams(self) -> tuple[UUID, ...]:
        """The streams that the operation holds."""
        return tuple(self._streams)

    # Rows

    def create(self, row: R) -> R:
        check_row(row)
        insert(type(row), [row])
        self._note(row, None, state_of(row))
        return row

    def create_many(self, model: type[R], rows: Sequence[R]) -> Sequence[R]:
        for row in rows:
            check_row(row)
        insert(model, rows)
        for row in rows:
            self._note(row, None, state_of(row))
        return rows

    def save(self, row: Record, **values: Any) -> bool:
        """Set ``values`` on the row and raise its revision; say whether anything differed."""
        before = fields_of(row)
        for name, value in values.items():
            setattr(row, name, value)
        after = fields_of(row)
        if before == after:
            return False
        check_row(row)
        row.revision += 1
        after["revision"] = row.revision
        fields = {row._meta.get_field(name).name for name in values}
        row.save(update_fields=[*fields, "revision"])
        self._note(row, told(type(row), before), told(type(row), after))
        return True

    def _note(
        self, row: Record, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        self._pending.append(
            {
                "table": row._meta.model_name,
                "id": str(row.pk),
                "before": before,
                "after": after,
            }
        )

    # Events

    def record(
        self,
        stream: UUID,
        kind: Kind,
        *,
        blocks: dict[UUID, Iterable[int]] | None = None,
        always: bool = False,
        **extra: Any,
    ) -> None:
        """Append one event about everything written since the last; nothing written, no event.

        ``blocks`` are the indexes of the blocks to paint anew, by article. ``always`` is for the
        few kinds whose rows are local: they append though no exported row changed.
        """
        changes, self._pending = self._pending, []
        if not changes and not always:
            return
        touched = {str(article): sorted(set(found)) for article, found in (blocks or {}).items()}
        payload = canonical_json(
            {"v": PAYLOAD_VERSION, "changes": changes, "blocks": touched, **extra}
        )
        held = self._streams[stream]
        held.sequence += 1
        link = Link(
            stream=held.pk,
            sequence=held.sequence,
            operation=self.uuid,
            actor=self.by.pk,
            kind=kind,
            time=round(self.at.timestamp() * 1000),
            payload_sha256=digest(payload),
        )
        held.head_hash = link.hash(held.head_hash)
        self.events.append(
            Event(
                stream_id=link.stream,
                sequence=link.sequence,
                operation=link.operation,
                actor_id=link.actor,
                kind=link.kind,
                time=link.time,
                payload=payload,
                payload_sha256=link.payload_sha256,
                hash=held.head_hash,
            )
        )
        if held.article_id:
            self._articles.add(held.article_id)
        self._articles.update(blocks or ())

    def touch(self, articles: Iterable[UUID]) -> None:
        """Say that a sign-off of these articles may cover what changed here."""
        self._articles.update(articles)

    # Requests repeated

    def made(self, made: UUID | None) -> None:
        """Note what the request made, where that is not what the operation set out to make."""
        if self._key is not None and made != self._makes:
            Receipt.objects.filter(person=self.by, key=self._key.uuid).update(made=made)

    def seen(self) -> set[UUID]:
        """Return the operations of the requests after which this one was sent."""
        if self._key is None or not self._key.after:
            return set()
        receipts = Receipt.objects.filter(person=self.by, key__in=self._key.after)
        return {one.operation for one in receipts if one.operation is not None}

    # The end

    def finish(self) -> None:
        if self._pending:
            tables = {change["table"] for change in self._pending}
            raise RuntimeError(f"Rows were written that no event tells of: {sorted(tables)}.")
        if self.events:
            self.lapse_sign_offs()
            insert(Event, self.events)
            moved = {event.stream_id for event in self.events}
            for stream in moved:
                update(self._streams[stream], "sequence", "head_hash")
            kinds = {self._streams[stream].kind for stream in moved}
            wake.tell(
                wake.Changed(
                    self.project.pk,
                    frozenset(self._articles),
                    whole=StreamKind.PROJECT in kinds,
                    access=StreamKind.ACCESS in kinds
                    or any(event.kind == Kind.PROJECT_CHANGED for event in self.events),
                )
            )

    def lapse_sign_offs(self) -> None:
        """Let every standing sign-off lapse that covers something written so far."""
        if len(self._articles) == 1:
            standing = _STANDING(*self._articles)
        else:
            standing = list(SignOff.objects.filter(article__in=self._articles, lapsed_at=None))
        by_article: dict[UUID, list[SignOff]] = {}
        for sign_off in standing:
            by_article.setdefault(sign_off.article_id, []).append(sign_off)
        for article, sign_offs in sorted(by_article.items()):
            items = {
                scheme: covered_items(article, scheme=scheme)
                for scheme in {sign_off.scheme for sign_off in sign_offs}
            }
            for sign_off in sign_offs:
                changes = [
                    change.to_json()
                    for change in difference(sign_off.items, items[sign_off.scheme])
                ]
                if changes:
                    if article not in self._streams:
                        self.lock(article)
                    self.save(sign_off, lapsed_at=self.at, lapse=changes)
                    self.record(article, Kind.SIGN_OFF_LAPSED, items=changes)


@contextmanager
def operation(
    project: Project,
    by: Person,
    *streams: UUID,
    key: Key | None = None,
    makes: UUID | None = None,
) -> Iterator[Operation]:
    """Run one intention in one transaction; on any error nothing of it is stored.

    ``key`` names the request; ``makes`` is the row that it is going to make. Raises ``Repeated``
    where the request was done before.
    """
    uuid = uuid4()
    with claimed(by, key, uuid, makes):
        op = Operation(project, by, uuid, key, makes)
        op.lock(*streams)
        yield op
        op.finish()


def role_of(by: Person) -> Role | None:
    """Return the role of a person's account in the person's project, or None."""
    role = _ROLE.first(by.pk, by.project_id)
    return None if role is None else Role(role)


def require(by: Person, right: Right, project: UUID) -> None:
    """Raise ``NotAllowed`` unless the person holds ``right`` in the project."""
    check(role_of(by) if by.project_id == project else None, right)


def require_edit(by: Person, span: Span, project: Project) -> None:
    """Raise ``NotAllowed`` unless the span is the person's own or open to other editors.

    In shared mode a reviewer edits others' spans; in independent mode nobody does.
    """
    own = span.author_id == by.pk
    if not own and project.mode != Mode.SHARED:
        raise NotAllowed("In independent mode everybody edits only what is their own.")
    require(by, Right.EDIT_OWN if own else Right.EDIT_OTHERS, project.pk)


def check_seen(
    op: Operation, row: Record, revision: int | None, *, more: bool = False, **sent: Any
) -> dict[str, Any]:
    """Return what of ``sent`` is to be written on a row that its sender saw at ``revision``.

    That is all of it, but where the row has moved on what was sent as it was seen: a form sends
    every field. What the sender's own requests before this one (``Key.after``) made of the row he
    has seen too. Raises ``Stale`` where anything a person sees of the row has moved on from that
    and he has changed something else; ``more`` says that the request changes something besides.
    The details are the row's versions as payloads have them: ``seen``, None where the history
    withholds it, ``current``, and of ``sent`` the fields as ``mine``. Revision 0 is that of an
    assertion which nobody had made.
    """
    if revision is None or row.revision == revision:
        return sent
    table = row._meta.model_name or ""
    rules, current = RULES[table], state_of(row)
    mine = spelt(type(row), sent)
    since = {one.revision: one for one in versions(row.pk, op.streams, revision)}
    base = UNSAID if revision == 0 else since[revision].state if revision in since else None
    seen, changed = None, set(mine)
    if base is not None:
        seen, own, next_one = base, op.seen(), since.get(revision + 1)
        while next_one is not None and next_one.operation in own:
            seen, next_one = next_one.state, since.get(next_one.revision + 1)
        changed = changed_fields(rules, base, mine)
        mine = {name: mine[name] if name in changed else seen[name] for name in mine}
        sent = {name: value for name, value in sent.items() if name in changed}
        if not moved_on(rules, seen, current):
            return sent
    same = all(mine[name] == current[name] for name in changed)
    if mine and same and not more and current.get("withdrawn_at") is None:
        return {}
    raise Stale(
        f"This {row._meta.verbose_name} was changed in the meantime: you saw version {revision}, "
        f"it is now version {row.revision}.",
        table=table,
        row=row.pk,
        based_on=revision if seen is None else seen.get("revision", revision),
        seen=seen,
        current=current,
        mine=mine,
    )


def check_revision(row: Record, revision: int | None, op: Operation | None = None) -> None:
    """Raise ``Stale`` with the row as it is now when it has moved on from ``revision``.

    What the sender's own requests before this one made of the row he has seen (``Key.after``).
    """
    if revision is not None and row.revision != revision:
        if op is not None and (own := op.seen()):
            since = {one.operation for one in versions(row.pk, op.streams, revision + 1)}
            if since and since <= own:
                return
        raise Stale(
            f"This {row._meta.verbose_name} was changed in the meantime: you saw version "
            f"{revision}, it is now version {row.revision}.",
            current=state_of(row),
            based_on=revision,
        )
