"""Imports in the background: files are uploaded, read, looked at by a person, then stored.

A batch goes reading → preview → storing → done. What takes long is done by a thread of the
server's own process, one batch after another; each file is read outside any transaction, and each
article is stored in one of its own. Who works on a batch writes his mark into it and renews the
time of it with every step: a batch whose worker died is free again after ``STALE`` and is taken
up by the next look at it. Everything here is local to this database; events come from
``import_article`` alone.
"""

import datetime
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import OperationalError, connections, transaction
from django.db.models import F, Q

from annotations.actions.articles import (
    METADATA,
    import_article,
    inheriting,
    may_be_passed_on,
    with_corrections,
)
from annotations.actions.recording import require
from annotations.domain.citations import canonical_url, partial_date
from annotations.domain.drafts import from_json, summary, tidy_name, to_json
from annotations.domain.errors import AlreadyThere, ImportRefused, Refused
from annotations.domain.permissions import Right
from annotations.domain.records import ArticleDraft
from annotations.domain.versions import corrected
from annotations.formats.registry import importer_for
from annotations.models import Article, ImportBatch, ImportItem, Person, Project
from annotations.models.base import now
from annotations.queries.articles import Known, known

log = logging.getLogger(__name__)
R = TypeVar("R")

#: How long a worker may be silent before another takes its batch over. Reading the largest
#: article takes a few seconds.
STALE = datetime.timedelta(seconds=15)
#: How often reading one file is begun: a file that kills the server must not do so for ever.
ATTEMPTS = 3
#: How long finished batches are listed.
KEPT = datetime.timedelta(days=30)
#: Articles, and seconds, between two signs of life while one file is read.
STEP, BEAT = 25, 2.0
#: Seconds to wait before a write that found the database busy is tried again.
PAUSES = (0.2, 1.0, 5.0)

WORKING = (ImportBatch.State.READING, ImportBatch.State.STORING)
STORABLE = (ImportItem.State.READ, ImportItem.State.VERSION)

BROKE_OFF = "what went wrong stands in the server’s log."


@dataclass(frozen=True)
class Upload:
    """A file as it came, and what whoever sent it says of it.

    ``given`` outranks what the file says; ``licence`` counts where neither names one.
    """

    name: str
    content: bytes
    given: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    redistributable: bool = False


class _TakenOver(Exception):
    """Another worker has the batch now, or it was dropped."""


# --- what a person does -----------------------------------------------------------------------


@transaction.atomic
def create_batch(project: Project, uploads: Iterable[Upload], *, by: Person) -> ImportBatch:
    """Keep uploaded files; ``take_up`` begins to read them."""
    require(by, Right.IMPORT, project.pk)
    uploads = list(uploads)
    if not uploads:
        raise Refused("Choose at least one file.", code="no_file")
    finished = ImportBatch.objects.filter(project=project, state=ImportBatch.State.DONE)
    finished.filter(beat_at__lt=now() - KEPT).delete()
    batch = ImportBatch.objects.create(project=project, person=by, total=len(uploads))
    for position, upload in enumerate(uploads):
        ImportItem.objects.create(
            batch=batch,
            position=position,
            name=tidy_name(upload.name),
            content=upload.content,
            given=dict(upload.given),
            licence=upload.licence,
            redistributable=upload.redistributable,
        )
    return batch


def correct_item(
    item: ImportItem,
    *,
    by: Person,
    roles: Mapping[int, str] | None = None,
    **values: Any,
) -> None:
    """Correct the roles (index → role) and metadata of an article before it is stored."""
    with transaction.atomic():
        item = _open_item(item, by)
        if item.draft is None:
            raise Refused("This could not be read, so there is nothing to correct.", code="unread")
        unknown = values.keys() - set(METADATA)
        if unknown:
            raise Refused(f"{min(unknown)} of an article cannot be corrected.", code="field")
        if "title" in values and not values["title"].strip():
            raise Refused("An article needs a title.", code="title_missing")
        if values.get("url"):
            values["url"] = canonical_url(values["url"])
        if "published" in values:
            values["published"] = partial_date(values["published"])
        item.redistributable = values.pop("redistributable", item.redistributable)
        draft = from_json(item.draft)
        roles = {
            index: role
            for index, role in (roles or {}).items()
            if index < len(draft.blocks) and draft.blocks[index].role != role
        }
        decided = sorted({*item.summary.get("decided", ()), *roles})
        draft = with_corrections(draft, roles=roles, **values)
        item.draft = to_json(draft)
        item.summary = {**summary(draft), "decided": decided}
        if item.state != ImportItem.State.DROPPED:
            _place(item, _known_of(item.batch.project, draft))
        item.save()


def leave_out(item: ImportItem, *, by: Person, out: bool = True) -> None:
    """Leave an article of a batch out of what is stored, or take it in again."""
    with transaction.atomic():
        item = _open_item(item, by)
        if out and item.state in STORABLE:
            item.state = ImportItem.State.DROPPED
        elif not out and item.state == ImportItem.State.DROPPED:
            _place(item, _known_of(item.batch.project, from_json(item.draft)))
        item.save()


def _open_item(item: ImportItem, by: Person) -> ImportItem:
    """Return the item locked and as it is now; refuses where its batch is no longer open."""
    item = ImportItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    require(by, Right.IMPORT, item.batch.project_id)
    if item.batch.state != ImportBatch.State.PREVIEW:
        raise Refused(
            f"This batch is not open to corrections: it is {item.batch.get_state_display()}.",
            code="batch_closed",
        )
    return item


def store_batch(batch: ImportBatch, *, by: Person) -> bool:
    """Let the articles of a batch be stored, in the name of ``by``; ``take_up`` begins.

    Say whether this began it: of two clicks only the first does.
    """
    with transaction.atomic():
        require(by, Right.IMPORT, batch.project_id)
        total = ImportItem.objects.filter(batch=batch, state__in=STORABLE).count()
        waiting = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PREVIEW)
        if not total and waiting.exists():
            raise Refused("There is no article in this batch to store.", code="nothing_to_store")
        begun = waiting.update(
            state=ImportBatch.State.STORING, person=by, total=total, worker=None, beat_at=now()
        )
    return begun == 1


def drop_batch(batch: ImportBatch, *, by: Person) -> None:
    """Forget a batch; articles that were stored from it stay."""
    with transaction.atomic():
        require(by, Right.IMPORT, batch.project_id)
        held = ImportBatch.objects.select_for_update().filter(pk=batch.pk).first()
        if held is not None and held.state == ImportBatch.State.STORING:
            raise Refused("This batch is being stored; wait until it is done.", code="storing")
        if held is not None:
            held.delete()


# --- who works, and when ----------------------------------------------------------------------

#: The marks of this process's workers that are alive; none of them is taken over from here.
_alive: set[UUID] = set()
#: One batch at a time: reading is work for the processor, which requests need as well.
_turn = threading.Lock()


def take_up(batch: ImportBatch, *, patience: float = 0.0) -> bool:
    """Go on with a batch that waits for a worker, or whose worker has been silent too long.

    Waits up to ``patience`` seconds for the work to end, so that a small file needs no second
    page. Say whether a worker was set on it.
    """
    if batch.state not in WORKING or batch.worker in _alive:
        return False
    worker = uuid4()
    with transaction.atomic():
        free = Q(worker=None) | Q(beat_at__lt=now() - STALE)
        claimed = ImportBatch.objects.filter(free, pk=batch.pk, state__in=WORKING).update(
            worker=worker, beat_at=now()
        )
    if claimed:
        run_in_background(partial(work, batch.pk, worker), worker, patience)
    return bool(claimed)


def run_in_background(job: Callable[[], None], worker: UUID, patience: float) -> None:
    """Run ``job`` in a thread that ends with the process, without keeping it from ending."""

    def run() -> None:
        try:
            with _turn:
                job()
        except Exception:
            # The batch is taken up again once it is stale.
            log.exception("An import broke off.")
        finally:
            _alive.discard(worker)
            connections.close_all()

    _alive.add(worker)
    thread = threading.Thread(target=run, name="import", daemon=True)
    thread.start()
    thread.join(patience)


def work(batch: UUID, worker: UUID) -> None:
    """Read or store what a batch waits for, as the worker whose mark it carries.

    Stops without a word where another has taken the batch over.
    """
    with suppress(_TakenOver):
        held = ImportBatch.objects.select_related("project", "person").filter(pk=batch).first()
        if held is None:
            return
        if held.state == ImportBatch.State.READING:
            _Reader(held, worker).read_all()
        elif held.state == ImportBatch.State.STORING:
            while _store_next(held, worker):
                pass


def _write(batch: ImportBatch, worker: UUID, act: Callable[[], R]) -> R:
    """Run ``act`` in a transaction that renews the worker's mark; try again where it is busy."""
    for pause in (*PAUSES, None):
        try:
            with transaction.atomic():
                mine = ImportBatch.objects.filter(pk=batch.pk, worker=worker)
                if not mine.update(beat_at=now()):
                    raise _TakenOver
                return act()
        except OperationalError:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError  # pragma: no cover - the last round returns or raises


# --- reading ----------------------------------------------------------------------------------


class _Reader:
    def __init__(self, batch: ImportBatch, worker: UUID) -> None:
        self.batch = batch
        self.worker = worker
        #: What this batch brought so far: the name under which a text, or an address, came.
        self.texts: dict[str, str] = {}
        self.urls: dict[str, str] = {}

    def read_all(self) -> None:
        while (item := _write(self.batch, self.worker, self._next)) is not None:
            self._read(item)

    def _next(self) -> ImportItem | None:
        """Return the next file; where there is none, hand the batch to a person."""
        items = ImportItem.objects.filter(batch=self.batch)
        item = items.filter(state=ImportItem.State.WAITING).first()
        if item is None:
            ImportBatch.objects.filter(pk=self.batch.pk).update(
                state=ImportBatch.State.PREVIEW, worker=None
            )
            return None
        ImportItem.objects.filter(pk=item.pk).update(attempts=F("attempts") + 1)
        # Articles of a file whose reading broke off: it is read anew from its first line.
        items.filter(position=item.position).exclude(pk=item.pk).delete()
        for name, found in items.filter(draft__isnull=False).values_list("name", "summary"):
            self._note(name, found)
        return item

    def _note(self, name: str, found: Mapping[str, Any]) -> None:
        self.texts.setdefault(found["sha256"], name)
        if found["url"]:
            self.urls[found["url"]] = name

    def _read(self, item: ImportItem) -> None:
        found: list[ImportItem] = []
        began = time.monotonic()
        for each in _articles(item):
            found.append(self._item_of(item, each))
            if len(found) >= STEP or time.monotonic() - began > BEAT:
                _write(self.batch, self.worker, partial(_keep, found))
                found, began = [], time.monotonic()
        _write(self.batch, self.worker, partial(_keep, found, instead_of=item))

    def _item_of(self, item: ImportItem, each: ArticleDraft | ImportRefused) -> ImportItem:
        made = ImportItem(
            batch=self.batch,
            position=item.position,
            name=tidy_name(each.name or item.name),
            redistributable=item.redistributable,
        )
        if isinstance(each, ImportRefused):
            made.state, made.message = ImportItem.State.REFUSED, each.message
            return made
        draft = replace(each, **item.given)
        draft = replace(draft, name=made.name, licence=draft.licence or item.licence)
        found = _known_of(self.batch.project, draft)
        if found.earlier is not None:
            # What whoever brings it says of it counts before what was known of the version before.
            draft = corrected(replace(each, name=made.name), **item.given)
            draft = replace(draft, licence=draft.licence or item.licence)
            made.redistributable |= may_be_passed_on(draft, found.earlier)
        made.draft, made.summary = to_json(draft), summary(draft)
        _place(made, found)
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


def _articles(item: ImportItem) -> Iterator[ArticleDraft | ImportRefused]:
    """Yield what a file holds; whatever goes wrong in an importer refuses the file alone."""
    if item.attempts >= ATTEMPTS:
        yield ImportRefused(
            f"reading it broke off {item.attempts} times.", name=item.name, code="broke_off"
        )
        return
    data = bytes(item.content or b"")
    try:
        yield from importer_for(item.name, data).read(data, name=item.name)
    except Exception:
        log.exception("Reading %s broke off.", item.name)
        yield ImportRefused(f"it could not be read; {BROKE_OFF}", name=item.name, code="broke_off")


def _known_of(project: Project, draft: ArticleDraft) -> Known:
    """Say whether a draft's text, or another text of its address, is in the project already."""
    url = ""
    if draft.url:
        # What is no address is refused when it is stored, or corrected before.
        with suppress(Refused):
            url = canonical_url(draft.url)
    return known(project, text_sha256=summary(draft)["sha256"], url=url)


def _place(item: ImportItem, found: Known) -> None:
    """Set the state of an item that was read by what the project has of it."""
    item.message = ""
    if found.same is not None:
        item.state, item.article = ImportItem.State.KNOWN, found.same
    elif found.earlier is not None:
        item.state, item.article = ImportItem.State.VERSION, found.earlier
    else:
        item.state, item.article = ImportItem.State.READ, None
    _inherit(item, found.earlier)


def _inherit(item: ImportItem, earlier: Article | None) -> None:
    """Let the draft have what is known of the version before it, and of no other."""
    draft = from_json(item.draft)
    inherited = inheriting(draft, earlier)
    if inherited != draft:
        item.draft = to_json(inherited)
        item.summary = {**item.summary, **summary(inherited)}


# --- storing ----------------------------------------------------------------------------------


def _store_next(batch: ImportBatch, worker: UUID) -> bool:
    """Store one article; say whether there may be more."""
    item = ImportItem.objects.filter(batch=batch, state__in=STORABLE).first()
    if item is None:
        _write(batch, worker, partial(_finish, batch))
        return False
    draft = from_json(item.draft)
    _write(batch, worker, partial(_store, batch, item, draft))
    return True


def _finish(batch: ImportBatch) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.DONE, worker=None)
    # What was left out, known or refused is listed by its summary; its text need not stay.
    ImportItem.objects.filter(batch=batch).update(draft=None)


def _store(batch: ImportBatch, item: ImportItem, draft: ArticleDraft) -> None:
    """Store an article, and that it is stored, in the transaction that stands open."""
    state, message = ImportItem.State.STORED, ""
    article: UUID | None = None
    try:
        with transaction.atomic():
            article = import_article(
                batch.project,
                draft,
                by=batch.person,
                redistributable=item.redistributable,
                decided=item.summary.get("decided", ()),
            ).pk
    except AlreadyThere as refusal:
        state, message = ImportItem.State.KNOWN, refusal.message
        article = UUID(refusal.details["article"])
    except Refused as refusal:
        state, message = ImportItem.State.REFUSED, f"{item.name}: {refusal.message}"
    except OperationalError:
        raise
    except Exception:
        log.exception("Storing %s broke off.", item.name)
        state = ImportItem.State.REFUSED
        message = f"{item.name}: it could not be stored; {BROKE_OFF}"
    ImportItem.objects.filter(pk=item.pk).update(
        state=state, message=message, article=article, draft=None
    )
