"""Nobody judges their own work, whichever of their people they act as.

Every action that needs a second pair of eyes asks here. It holds the access stream, in which
links are made, until its transaction ends: otherwise an account could be linked to both people
between the look and the change.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from annotations.actions.recording import Operation
from annotations.domain.errors import NotAllowed, Refused
from annotations.queries.four_eyes import named, one_with, ones

OWN_CITATION = "Somebody else than who added a citation confirms it."
OWN_PROPOSAL = "Who proposed a change does not take it."


def everybody_who_acts(op: Operation) -> frozenset[UUID]:
    """Return who acts, and everybody who was ever linked to one of their accounts."""
    op.hold_links()
    return one_with(op.by.pk)


def check_four_eyes(
    op: Operation,
    authors: Iterable[UUID],
    refusal: str,
    *,
    code: str = "four_eyes",
    kind: type[Refused] = NotAllowed,
) -> None:
    """Raise ``kind`` where who acts is one of ``authors``, or was by an account of theirs."""
    own = everybody_who_acts(op) & set(authors)
    if own:
        raise kind(named(own, op.by.pk, refusal), code=code)


def may_be_carried(op: Operation, decided: Collection[tuple[UUID, Iterable[UUID]]]) -> list[bool]:
    """Say of each (reader, authors) whether the reader is none of these authors.

    For acceptances that are carried to a new version of their article. Two queries.
    """
    op.hold_links()
    alike = ones({reader for reader, _ in decided})
    return [alike[reader].isdisjoint(authors) for reader, authors in decided]
