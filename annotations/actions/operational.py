"""Rows that belong to this database alone and append no event: ticks, receipts, tokens."""

import datetime

from django.db import transaction

from annotations.actions.recording import require
from annotations.domain.permissions import Right
from annotations.models import Block, Person, ReadMark, Receipt
from annotations.models.base import now

#: How long the result of a request is remembered.
RECEIPTS_KEPT = datetime.timedelta(days=90)


@transaction.atomic
def tick_read(block: Block, *, by: Person, read: bool = True) -> None:
    """Note that ``by`` has read the block, or has not."""
    require(by, Right.TICK_READ, block.article.project_id)
    if read:
        ReadMark.objects.get_or_create(block=block, person=by)
    else:
        ReadMark.objects.filter(block=block, person=by).delete()


@transaction.atomic
def forget_old_receipts() -> int:
    """Delete receipts older than ``RECEIPTS_KEPT``; return how many."""
    deleted, _ = Receipt.objects.filter(created_at__lt=now() - RECEIPTS_KEPT).delete()
    return deleted
