"""The line of undo and redo, against the two stacks that every editor keeps."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.undoing import Did, Line, Step, line, redoing, undoing


class Person:
    """Somebody who works by ``domain.undoing``, knowing only the newest operation."""

    def __init__(self) -> None:
        self.history: list[Step] = []
        self.looked_at = 0

    @property
    def line(self) -> Line:
        return line(self.history[-1] if self.history else None)

    def key(self) -> UUID:
        return UUID(int=len(self.history) + 1)

    def find(self, operation: UUID) -> int:
        return next(n for n, step in enumerate(self.history) if step.operation == operation)

    def change(self) -> UUID:
        self.history.append(Step(self.key()))
        return self.history[-1].operation

    def undo(self) -> UUID | None:
        now = self.line
        if now.undo is None:
            return None
        at = self.find(now.undo)
        before = line(self.history[at - 1] if at else None)
        self.history.append(undoing(self.key(), now.undo, now=now, before=before))
        return now.undo

    def redo(self) -> UUID | None:
        now = self.line
        if now.redo is None:
            return None
        self.history.append(redoing(self.key(), self.history[self.find(now.redo)]))
        return self.history[-1].of


class Editor:
    """Two stacks."""

    def __init__(self) -> None:
        self.done: list[UUID] = []
        self.undone: list[UUID] = []

    def change(self, operation: UUID) -> None:
        self.done.append(operation)
        self.undone.clear()

    def undo(self) -> UUID | None:
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1]

    def redo(self) -> UUID | None:
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]


# More undos than changes, so that lines end; runs, so that they are deep.
ACTS = st.lists(st.sampled_from(["change", "change", "undo", "undo", "redo"]), max_size=80)


@given(ACTS)
def test_whatever_is_done_undone_and_redone_the_next_is_what_two_stacks_say(acts):
    person, editor = Person(), Editor()

    for act in acts:
        if act == "change":
            editor.change(person.change())
        else:
            assert getattr(person, act)() == getattr(editor, act)()


@given(ACTS)
def test_everything_that_was_undone_comes_back_in_order(acts):
    person = Person()
    for act in acts:
        getattr(person, act)()
    whole = person.line

    undone = []
    while (taken := person.undo()) is not None:
        undone.append(taken)
    back = [person.redo() for _ in undone]

    assert back == undone[::-1]
    assert person.line.undo == whole.undo


def test_a_new_change_empties_the_redo_line():
    person = Person()
    first = person.change()
    person.undo()
    assert person.line == Line(undo=None, redo=person.history[-1].operation)

    second = person.change()

    assert person.line == Line(undo=second, redo=None)
    assert person.undo() == second
    assert person.undo() is None
    assert first != second


def test_nobody_has_anything_to_undo_at_first():
    assert line(None) == Line(None, None)
    assert Step(UUID(int=1)).did == Did.CHANGE
