"""The table of rights: DESIGN's sentences, said again by hand."""

import pytest

from annotations.domain.errors import NotAllowed
from annotations.domain.permissions import RIGHTS, Right, check, may
from annotations.domain.vocabulary import Role

ADDED = {
    Role.VIEWER: {"read", "export"},
    Role.ANNOTATOR: {"add_span", "edit_own", "add_evidence", "comment", "tick_read"},
    Role.REVIEWER: {"edit_others", "second_read", "confirm", "sign_off", "set_roles"},
    Role.MANAGER: {"import", "settings", "members", "assign", "reopen", "erase"},
}


def test_each_role_has_the_rights_of_the_one_below_and_its_own():
    held = set()
    for role in (Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER):
        held |= ADDED[role]
        assert {str(right) for right in RIGHTS[role]} == held

    assert held == set(Right)


def test_who_is_no_member_may_nothing():
    assert not any(may(None, right) for right in Right)


@pytest.mark.parametrize("role", [Role.VIEWER, "viewer"])
def test_a_role_is_known_by_its_stored_value_too(role):
    assert may(role, Right.READ)
    assert not may(role, Right.ADD_SPAN)


def test_a_missing_right_is_refused_in_a_sentence():
    check(Role.MANAGER, Right.ERASE)

    with pytest.raises(
        NotAllowed, match=r", viewer, does not include the right to sign off\.$"
    ) as no:
        check("viewer", Right.SIGN_OFF)
    assert no.value.details == {"right": "sign_off"}
    with pytest.raises(NotAllowed, match=r"^Who is no member of this project may not"):
        check(None, Right.READ)
