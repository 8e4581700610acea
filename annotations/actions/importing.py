"""The turns in which a worker process reads and stores the batches that wait for one.

A turn is a file, or what can be stored in a second: then whoever has waited longest is next. Each
file is read by a process of its own, outside any transaction, and each article stored in an
operation of its own. The lease of the batch is held in each transaction that writes, so a worker
that was taken for dead stores nothing; whatever it left is taken up where it stands.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F

from annotations.actions import leases
from annotations.actions.articles import import_article, may_be_passed_on
from annotations.actions.imports import STORABLE, known_of, place
from annotations.actions.leases import LeaseLost
from annotations.domain.drafts import from_json, summary, tidy_name, to_json
from annotations.domain.errors import AlreadyThere, ImportRefused, Refused
from annotations.domain.leases import IMPORT
from annotations.domain.records import ArticleDraft
from annotations.domain.versions import corrected
from annotations.formats.contract import Read
from annotations.formats.reading import BROKE_OFF, STOPPED, ReaderDied
from annotations.models import ImportBatch, ImportItem
from annotations.models.base import now
from workbench.trouble import trouble_of

log = logging.getLogger(__name__)
R = TypeVar("R")

#: Seconds after which a turn ends with what it is at.
TURN = 1.0
#: How often reading a file, or storing an article, is begun: one by which the process ends must
#: not end it for ever.
ATTEMPTS = 3
#: Articles, and seconds, between two times that what a file holds so far is written down.
STEP, BEAT = 25, 2.0
#: Seconds to wait before a write that found the database busy is tried again.
PAUSES = (0.2, 1.0, 5.0)


class Reads(Protocol):
    """What reads a file to its end; ``formats.reading.Reader`` does so in a process."""

    def read_whole(self, data: bytes, *, name: str) -> Read: ...


def take_turn(
    name: str, holder: UUID, *, reader: Reads, ending: Callable[[], bool] = lambda: False
) -> None:
    """Read or store what a batch waits for, until it is another's turn or the process ends.

    ``name`` is the batch's lease, which ``holder`` holds. Stops without a word where the lease
    was lost or the batch dropped.
    """
    batch = UUID(name.removeprefix(IMPORT))
    held = ImportBatch.objects.select_related("project", "person").filter(pk=batch).first()
    if held is None:
        return
    turn: _Reading | _Storing
    if held.state == ImportBatch.State.READING:
        turn = _Reading(held, name, holder, reader, ending)
    elif held.state == ImportBatch.State.STORING:
        turn = _Storing(held, name, holder)
    else:
        return
    until = time.monotonic() + TURN
    with suppress(LeaseLost):
        while turn.go_on() and not ending() and time.monotonic() < until:
            pass
        # Whoever waited longest is next.
        turn.write(lambda: ImportBatch.objects.filter(pk=batch).update(beat_at=now()))


class _Turn:
    def __init__(self, batch: ImportBatch, name: str, holder: UUID) -> None:
        self.batch = batch
        self.name = name
        self.holder = holder

    def _say_refused(self, item: ImportItem, code: str) -> None:
        # By its place: the name of a file may be private. Who began the import was said then.
        log.info("File %d of import %s was refused: %s.", item.position + 1, self.batch.pk, code)

    def write(self, act: Callable[[], R]) -> R:
        """Run ``act`` in a transaction that holds the lease; try again where it is busy."""
        for pause in (*PAUSES, None):
            try:
                with transaction.atomic():
                    leases.hold(self.name, self.holder)
                    if not ImportBatch.objects.filter(pk=self.batch.pk).exists():
                        raise LeaseLost(self.name)
                    return act()
            except OperationalError:
                if pause is None:
                    raise
                time.sleep(pause)
        raise AssertionError  # pragma: no cover - the last round returns or raises


# --- reading ----------------------------------------------------------------------------------


class _Reading(_Turn):
    def __init__(
        self,
        batch: ImportBatch,
        name: str,
        holder: UUID,
        reader: Reads,
        ending: Callable[[], bool],
    ) -> None:
        super().__init__(batch, name, holder)
        self.reader = reader
        self.ending = ending
        #: What this batch brought so far: the name under which a text, or an address, came.
        self.texts: dict[str, str] = {}
        self.urls: dict[str, str] = {}

    def go_on(self) -> bool:
        """Read the next file; say whether there may be more."""
        item = self.write(self._next)
        if item is None:
            return False
        try:
            self._read(item)
        except ReaderDied:
            if self.ending():
                # Ended by us: that is no fault of the file.
                again = ImportItem.objects.filter(pk=item.pk)
                self.write(lambda: again.update(attempts=F("attempts") - 1))
            else:
                log.error("The process that read %s ended.", item.name)
        return True

    def _next(self) -> ImportItem | None:
        """Return the next file; where there is none, hand the batch to a person."""
        items = ImportItem.objects.filter(batch=self.batch)
        item = items.filter(state=ImportItem.State.WAITING).first()
        if item is None:
            ImportBatch.objects.filter(pk=self.batch.pk).update(state=ImportBatch.State.PREVIEW)
            return None
        ImportItem.objects.filter(pk=item.pk).update(attempts=F("attempts") + 1)
        # Articles of a file whose reading broke off: it is read anew from its first line.
        items.filter(position=item.position).exclude(pk=item.pk).delete()
        self.texts, self.urls = {}, {}
        for name, found in items.filter(draft__isnull=False).values_list("name", "summary"):
            self._note(name, found)
        return item

    def _note(self, name: str, found: Mapping[str, Any]) -> None:
        self.texts.setdefault(found["sha256"], name)
        if found["url"]:
            self.urls[found["url"]] = name

    def _read(self, item: ImportItem) -> None:
        if item.attempts >= ATTEMPTS:
            refusal = ImportRefused(
                f"reading it broke off {item.attempts} times.", name=item.name, code="broke_off"
            )
            return self.write(partial(_keep, [self._item_of(item, refusal)], instead_of=item))
        found: list[ImportItem] = []
        began = time.monotonic()
        for each in self.reader.read_whole(bytes(item.content or b""), name=item.name):
            if isinstance(each, ImportRefused) and each.code in STOPPED:
                return self.write(partial(self._stop, item, each))
            found.append(self._item_of(item, each))
            if len(found) >= STEP or time.monotonic() - began > BEAT:
                self.write(partial(_keep, found))
                found, began = [], time.monotonic()
        return self.write(partial(_keep, found, instead_of=item))

    def _stop(self, item: ImportItem, refusal: ImportRefused) -> None:
        """Refuse a file whose reading was stopped, whatever came of it before."""
        ImportItem.objects.filter(batch=self.batch, position=item.position).delete()
        _keep([self._item_of(item, refusal)])

    def _item_of(self, item: ImportItem, each: ArticleDraft | ImportRefused) -> ImportItem:
        made = ImportItem(
            batch=self.batch,
            position=item.position,
            name=tidy_name(each.name or item.name),
            redistributable=item.redistributable,
        )
        if isinstance(each, ImportRefused):
            made.state, made.message = ImportItem.State.REFUSED, each.message
            self._say_refused(item, each.code)
            return made
        draft = replace(each, **item.given)
        draft = replace(draft, name=made.name, licence=draft.licence or item.licence)
        found = known_of(self.batch.project, draft)
        if found.earlier is not None:
            # What whoever brings it says of it counts before what was known of the version before.
            draft = corrected(replace(each, name=made.name), **item.given)
            draft = replace(draft, licence=draft.licence or item.licence)
            made.redistributable |= may_be_passed_on(draft, found.earlier)
        made.draft, made.summary = to_json(draft), summary(draft)
        place(made, found)
        digest, url = made.summary["sha256"], made.summary["url"]
        if made.state == ImportItem.State.READ and digest in self.texts:
            made.state = ImportItem.State.KNOWN
            made.message = f"This text is in this batch already, as “{self.texts[digest]}”."
        elif made.state == ImportItem.State.READ and url in self.urls:
            made.state = ImportItem.State.VERSION
            made.message = (
                f"Another text of this address is in this batch, as “{self.urls[url]}”; stored "
                "after it, this one becomes its next version."
            )
        self._note(made.name, made.summary)
        return made


def _keep(found: list[ImportItem], instead_of: ImportItem | None = None) -> None:
    for item in found:
        item.save(force_insert=True)
    if instead_of is not None:
        instead_of.delete()


# --- storing ----------------------------------------------------------------------------------


class _Storing(_Turn):
    #: Whether the article that the turn began with is behind it.
    begun = False

    def go_on(self) -> bool:
        """Store the next article; say whether there may be more."""
        items = ImportItem.objects.filter(batch=self.batch, state__in=STORABLE)
        item = items.first()
        if item is None:
            self.write(self._finish)
            return False
        if not self.begun:
            # Where the process ends in the middle of an article, the next turn begins with it.
            self.begun = True
            self.write(partial(items.filter(pk=item.pk).update, attempts=F("attempts") + 1))
        self.write(partial(self._store, item, from_json(item.draft)))
        return True

    def _finish(self) -> None:
        ImportBatch.objects.filter(pk=self.batch.pk).update(state=ImportBatch.State.DONE)
        # What was left out, known or refused is listed by its summary; its text need not stay.
        ImportItem.objects.filter(batch=self.batch).update(draft=None)

    def _store(self, item: ImportItem, draft: ArticleDraft) -> None:
        """Store an article, and that it is stored, in the transaction that is open."""
        state, message = ImportItem.State.STORED, ""
        article: UUID | None = None
        try:
            if item.attempts >= ATTEMPTS:
                raise Refused(f"storing it broke off {item.attempts} times.", code="broke_off")
            with transaction.atomic():
                article = import_article(
                    self.batch.project,
                    draft,
                    by=self.batch.person,
                    redistributable=item.redistributable,
                    decided=item.summary.get("decided", ()),
                ).pk
        except AlreadyThere as refusal:
            state, message = ImportItem.State.KNOWN, refusal.message
            article = UUID(refusal.details["article"])
        except Refused as refusal:
            state, message = ImportItem.State.REFUSED, f"{item.name}: {refusal.message}"
            self._say_refused(item, refusal.code)
        except Exception as error:
            if trouble_of(error) is not None:
                # The database's, and no fault of the file.
                raise
            log.exception(
                "Storing file %d of import %s broke off.", item.position + 1, self.batch.pk
            )
            state = ImportItem.State.REFUSED
            message = f"{item.name}: it could not be stored; {BROKE_OFF}"
        ImportItem.objects.filter(pk=item.pk).update(
            state=state, message=message, article=article, draft=None
        )
