"""Who is asked to do what on an article, and when it was done."""

import datetime
from uuid import uuid4

from annotations.actions.operational import notice_assignment
from annotations.actions.recording import (
    Key,
    nothing,
    operation,
    repeatable,
    require,
    role_of,
    row,
)
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused
from annotations.domain.events import Kind
from annotations.domain.permissions import Right, may
from annotations.domain.vocabulary import AssignmentKind
from annotations.models import Article, Assignment, Person

#: What somebody must be allowed to do who is asked for it.
NEEDED = {
    AssignmentKind.ANNOTATE: Right.ADD_SPAN,
    AssignmentKind.SECOND_READ: Right.SECOND_READ,
    AssignmentKind.ADJUDICATE: Right.SECOND_READ,
}


@repeatable(row(Assignment))
def assign(
    article: Article,
    *,
    person: Person,
    kind: str,
    by: Person,
    due: datetime.date | None = None,
    key: Key | None = None,
) -> Assignment:
    """Ask a member to annotate an article, to read it a second time or to adjudicate it.

    Raises ``AlreadyThere`` where the same is asked of the same person and not done yet, and
    ``Refused`` for whoever may not do it.
    """
    if kind not in AssignmentKind.values:
        raise Refused(f"“{kind}” cannot be assigned.", code="choice")
    makes = uuid4()
    with operation(article.project, by, article.pk, key=key, makes=makes) as op:
        require(by, Right.ASSIGN, article.project_id)
        if person.project_id != article.project_id or not may(
            role_of(person), NEEDED[AssignmentKind(kind)]
        ):
            raise Refused(
                f"{person.name}’s role does not include it; give another role first, or ask "
                "somebody else.",
                code="role",
            )
        live = _live(article, person, kind)
        if live is not None:
            until = f", due {live.due:%-d %B %Y}" if live.due else ""
            raise AlreadyThere(
                f"This is assigned to {person.name} already{until}; withdraw that first.",
                code="assigned",
            )
        made = op.create(
            Assignment(
                uuid=makes,
                article=article,
                person=person,
                kind=kind,
                due=due,
                created_by=by,
                created_at=op.at,
            )
        )
        op.record(article.pk, Kind.ASSIGNMENT_MADE)
        notice_assignment(made)
    return made


def _live(article: Article, person: Person, kind: str) -> Assignment | None:
    return Assignment.objects.filter(
        article=article, person=person, kind=kind, done_at=None, withdrawn_at=None
    ).first()


@repeatable(nothing)
def withdraw_assignment(assignment: Assignment, *, by: Person, key: Key | None = None) -> None:
    """Ask for it no more."""
    article = assignment.article
    with operation(article.project, by, article.pk, key=key) as op:
        require(by, Right.ASSIGN, article.project_id)
        assignment.refresh_from_db()
        _open(assignment)
        op.save(assignment, withdrawn_at=op.at)
        op.record(article.pk, Kind.ASSIGNMENT_WITHDRAWN)


@repeatable(nothing)
def finish_assignment(assignment: Assignment, *, by: Person, key: Key | None = None) -> None:
    """Say that it is done: whoever it was assigned to does, or a manager."""
    article = assignment.article
    with operation(article.project, by, article.pk, key=key) as op:
        require(by, Right.READ, article.project_id)
        assignment.refresh_from_db()
        if assignment.person_id != by.pk and not may(role_of(by), Right.ASSIGN):
            raise NotAllowed(
                "Only whoever it is assigned to, or a manager, says that it is done.",
                code="not_yours",
            )
        _open(assignment)
        op.save(assignment, done_at=op.at)
        op.record(article.pk, Kind.ASSIGNMENT_DONE)


def _open(assignment: Assignment) -> None:
    """Refuse what is over already."""
    if assignment.withdrawn_at is not None:
        raise Refused("This assignment was withdrawn.", code="withdrawn")
    if assignment.done_at is not None:
        raise Refused("This assignment is done already.", code="done")
