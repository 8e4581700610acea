"""Who has an article open, and where: told to the others, stored nowhere."""

import time
from uuid import UUID

from annotations.actions import wake
from annotations.actions.recording import require
from annotations.domain.permissions import Right
from annotations.domain.presence import Place, Presence
from annotations.domain.vocabulary import Mode
from annotations.models import Article, Person

#: The open pages that this process knows of.
PRESENCE = Presence(lambda: time.monotonic_ns() // 1_000_000)


def be_here(
    article: Article,
    *,
    by: Person,
    tab: UUID,
    block: int | None = None,
    span: UUID | None = None,
) -> None:
    """Say that a page of the article is open: in which block, and with which span's form."""
    require(by, Right.READ, article.project_id)
    _say(article, wake.Seen(article.pk, Place(tab, by.pk, by.name, block, span)))


def leave(article: Article, *, by: Person, tab: UUID) -> None:
    """Say that a page of the article was closed."""
    require(by, Right.READ, article.project_id)
    _say(article, wake.Seen(article.pk, Place(tab, by.pk, by.name), gone=True))


def who_is_here(article: Article) -> list[Place]:
    """Return the open pages of an article; in independent mode nobody learns of anybody."""
    return PRESENCE.of(article.pk) if article.project.mode == Mode.SHARED else []


def _say(article: Article, seen: wake.Seen) -> None:
    note(seen)
    # Also where it is no news here: another process may not have heard of it.
    if article.project.mode == Mode.SHARED:
        wake.tell(seen)


def note(seen: wake.Seen) -> None:
    """Keep what a page said, here or in another process."""
    if seen.gone:
        PRESENCE.leave(seen.article, seen.place.tab, seen.place.person)
    else:
        PRESENCE.put(seen.article, seen.place)
