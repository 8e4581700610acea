"""Rows that belong to this database alone and append no event: ticks, receipts, tokens."""

import datetime
from collections.abc import Collection
from uuid import uuid4

from django.db import connection, transaction

from annotations.actions.recording import Key, claimed, nothing, repeatable, require
from annotations.domain.permissions import Right
from annotations.models import Article, Block, Person, ReadMark, Receipt, search
from annotations.models.base import now

#: How long the result of a request is remembered.
RECEIPTS_KEPT = datetime.timedelta(days=90)


@repeatable(nothing)
def tick_read(block: Block, *, by: Person, read: bool = True, key: Key | None = None) -> None:
    """Note that ``by`` has read the block, or has not."""
    with claimed(by, key, uuid4(), None):
        require(by, Right.TICK_READ, block.article.project_id)
        if read:
            ReadMark.objects.get_or_create(block=block, person=by)
        else:
            ReadMark.objects.filter(block=block, person=by).delete()


def tick_counted(article: Article, *, by: Person, indexes: Collection[int] = ()) -> int:
    """Note that ``by`` has read the blocks of these indexes or, without any, all that count.

    Returns how many that are.
    """
    rows = Block.objects.filter(article=article).order_by("index")
    if indexes:
        rows = rows.filter(index__in=indexes)
    else:
        rows = rows.filter(role__in=article.project.rules.counted_roles)
    blocks = list(rows.select_related("article"))
    with transaction.atomic():
        for block in blocks:
            tick_read(block, by=by)
    return len(blocks)


@transaction.atomic
def forget_old_receipts() -> int:
    """Delete receipts older than ``RECEIPTS_KEPT``; return how many."""
    deleted, _ = Receipt.objects.filter(created_at__lt=now() - RECEIPTS_KEPT).delete()
    return deleted


@transaction.atomic
def rebuild_search() -> int:
    """Make every entry of the search anew; return how many did not fit.

    Writers wait meanwhile: a few seconds for 100,000 spans.
    """
    wrong = search.out_of_step(connection)
    search.install(connection, anew=True)
    return wrong
