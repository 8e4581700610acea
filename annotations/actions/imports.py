"""Imports as people make them: files are uploaded, looked at once they are read, then stored.

A batch goes reading → preview → storing → done. What a person does is here; the reading and the
storing are a worker's (``importing``). Everything is local to this database; events come from
``import_article`` alone.
"""

import datetime
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from annotations.actions.articles import METADATA, inheriting, with_corrections
from annotations.actions.recording import require
from annotations.domain.citations import canonical_url, partial_date
from annotations.domain.drafts import from_json, summary, tidy_name, to_json
from annotations.domain.errors import Refused
from annotations.domain.permissions import Right
from annotations.domain.records import ArticleDraft
from annotations.models import Article, ImportBatch, ImportItem, Person, Project
from annotations.models.base import now
from annotations.queries.articles import Known, known
from workbench.logs import who

log = logging.getLogger(__name__)

#: How long finished batches are listed.
KEPT = datetime.timedelta(days=30)

STORABLE = (ImportItem.State.READ, ImportItem.State.VERSION)


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


@transaction.atomic
def create_batch(project: Project, uploads: Iterable[Upload], *, by: Person) -> ImportBatch:
    """Keep uploaded files for a worker to read."""
    require(by, Right.IMPORT, project.pk)
    uploads = list(uploads)
    if not uploads:
        raise Refused("Choose at least one file.", code="no_file")
    finished = ImportBatch.objects.filter(project=project, state=ImportBatch.State.DONE)
    finished.filter(beat_at__lt=now() - KEPT).delete()
    batch = ImportBatch.objects.create(project=project, person=by, total=len(uploads))
    log.info("Import %s of %d files was begun %s.", batch.pk, len(uploads), who())
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
            place(item, known_of(item.batch.project, draft))
        item.save()


def leave_out(item: ImportItem, *, by: Person, out: bool = True) -> None:
    """Leave an article of a batch out of what is stored, or take it in again."""
    with transaction.atomic():
        item = _open_item(item, by)
        if out and item.state in STORABLE:
            item.state = ImportItem.State.DROPPED
        elif not out and item.state == ImportItem.State.DROPPED:
            place(item, known_of(item.batch.project, from_json(item.draft)))
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
    """Let the articles of a batch be stored by a worker, in the name of ``by``.

    Say whether this began it: of two clicks only the first does.
    """
    with transaction.atomic():
        require(by, Right.IMPORT, batch.project_id)
        total = ImportItem.objects.filter(batch=batch, state__in=STORABLE).count()
        waiting = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PREVIEW)
        if not total and waiting.exists():
            raise Refused("There is no article in this batch to store.", code="nothing_to_store")
        begun = waiting.update(
            state=ImportBatch.State.STORING, person=by, total=total, beat_at=now()
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


def known_of(project: Project, draft: ArticleDraft) -> Known:
    """Say whether a draft's text, or another text of its address, is in the project already."""
    url = ""
    if draft.url:
        # What is no address is refused when it is stored, or corrected before.
        with suppress(Refused):
            url = canonical_url(draft.url)
    return known(project, text_sha256=summary(draft)["sha256"], url=url)


def place(item: ImportItem, found: Known) -> None:
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
