"""One person's line of undo and redo in one article: which operation is next, either way.

An operation is a change, an undo of a change, or a redo: an undo taken back. As in every editor a
new change empties the redo line. Each undo says what lies beneath it on both lines (``before``,
``over``), so the newest operation tells what is next, however long the history.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Did(StrEnum):
    CHANGE = "change"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation as the line remembers it."""

    operation: UUID
    did: Did = Did.CHANGE
    #: The change that was undone or redone.
    of: UUID | None = None
    #: Of an undo: the change to undo next.
    before: UUID | None = None
    #: The undo to take back next, after (of an undo: beneath) this one.
    over: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What is next: the change to undo, and the undo that a redo takes back."""

    undo: UUID | None = None
    redo: UUID | None = None


def line(newest: Step | None) -> Line:
    """Return what is next after the person's ``newest`` operation, or without any.

    >>> a, b = UUID(int=1), UUID(int=2)
    >>> line(Step(b, Did.UNDO, of=a)) == Line(undo=None, redo=b)
    True
    """
    if newest is None:
        return Line()
    if newest.did == Did.CHANGE:
        return Line(undo=newest.operation)
    if newest.did == Did.UNDO:
        return Line(undo=newest.before, redo=newest.operation)
    return Line(undo=newest.of, redo=newest.over)


def undoing(operation: UUID, change: UUID, *, now: Line, before: Line) -> Step:
    """Return the undo of ``change``; ``before`` is what was next when the change was made."""
    return Step(operation, Did.UNDO, of=change, before=before.undo, over=now.redo)


def redoing(operation: UUID, undo: Step) -> Step:
    """Return the redo that takes ``undo`` back."""
    return Step(operation, Did.REDO, of=undo.of, over=undo.over)
