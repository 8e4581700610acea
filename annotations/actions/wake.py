"""Waking the open pages: where something changed, told to every server process.

On PostgreSQL by NOTIFY, which comes with the commit and reaches all processes, this one too; on
SQLite, which one process serves, by a call after the commit. A signal says only where to look:
who listens (``annotations/live/``) reads what changed by itself, and a signal that is lost costs
time and no work.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from annotations.domain.presence import Place

#: The channel of NOTIFY.
CHANNEL = "workbench"
#: Articles that one signal names; a change of more tells the whole project.
MOST_ARTICLES = 100


@dataclass(frozen=True)
class Changed:
    """Events were appended. With ``whole`` every article of the project may show it."""

    project: UUID
    articles: frozenset[UUID] = frozenset()
    whole: bool = False
    #: Members, their roles or the project's settings: who may read what has to be asked again.
    access: bool = False

    def to_json(self) -> dict[str, Any]:
        named = sorted(map(str, self.articles)) if len(self.articles) <= MOST_ARTICLES else []
        return {
            "project": str(self.project),
            "articles": named,
            "whole": self.whole or len(named) < len(self.articles),
            "access": self.access,
        }


@dataclass(frozen=True)
class Seen:
    """A page of an article says where its reader is, or, with ``gone``, that it was closed."""

    article: UUID
    place: Place
    gone: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"article": str(self.article), "place": self.place.to_json(), "gone": self.gone}


@dataclass(frozen=True)
class Ended:
    """A session ended, or an account changed: who may read on has to be asked again."""

    def to_json(self) -> dict[str, Any]:
        return {"ended": True}


Signal = Changed | Seen | Ended
Listener = Callable[[Signal], None]

_listeners: list[Listener] = []


def read_signal(text: str) -> Signal:
    """Return the signal that a notification carries."""
    values = json.loads(text)
    if "ended" in values:
        return Ended()
    if "place" in values:
        place = Place.from_json(values["place"])
        return Seen(UUID(values["article"]), place, values["gone"])
    return Changed(
        UUID(values["project"]),
        frozenset(map(UUID, values["articles"])),
        values["whole"],
        values["access"],
    )


def listen(listener: Listener) -> Callable[[], None]:
    """Call ``listener`` with every signal of this process, in the thread that gives it.

    Returns what ends it.
    """
    _listeners.append(listener)
    return partial(_listeners.remove, listener)


def tell(signal: Signal) -> None:
    """Give a signal when the transaction commits, or at once where none is open."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(signal.to_json())])
    else:
        # Robust: what was stored is stored, whether or not anybody could be told.
        transaction.on_commit(partial(_tell_here, signal), robust=True)


def _tell_here(signal: Signal) -> None:
    for listener in _listeners:
        listener(signal)


def tell_ended(**_: object) -> None:
    """Receive Django's signals of sessions that are deleted and accounts that are saved."""
    tell(Ended())
