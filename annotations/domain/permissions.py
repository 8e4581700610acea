"""Who may do what: one table, read by every action and every screen."""

from enum import StrEnum

from annotations.domain.errors import NotAllowed
from annotations.domain.vocabulary import Role


class Right(StrEnum):
    READ = "read"
    EXPORT = "export"
    ADD_SPAN = "add_span"
    EDIT_OWN = "edit_own"
    ADD_EVIDENCE = "add_evidence"
    COMMENT = "comment"
    TICK_READ = "tick_read"
    EDIT_OTHERS = "edit_others"
    SECOND_READ = "second_read"
    CONFIRM = "confirm"
    SIGN_OFF = "sign_off"
    SET_ROLES = "set_roles"
    IMPORT = "import"
    SETTINGS = "settings"
    MEMBERS = "members"
    ASSIGN = "assign"
    REOPEN = "reopen"
    ERASE = "erase"


class Makers(StrEnum):
    """Who begins projects and makes accounts."""

    STAFF = "staff"
    EVERYBODY = "everybody"


def why_not_make(*, is_staff: bool, makers: str) -> NotAllowed | None:
    """Return why an account may begin no project and make no account; None where it may."""
    if is_staff or makers == Makers.EVERYBODY:
        return None
    return NotAllowed(
        "Only staff begin projects and make accounts here. Ask whoever runs this server to do it, "
        "or to make your account one of staff (manage.py staff USERNAME).",
        code="not_staff",
    )


_VIEWER = frozenset({Right.READ, Right.EXPORT})
_ANNOTATOR = _VIEWER | {
    Right.ADD_SPAN,
    Right.EDIT_OWN,
    Right.ADD_EVIDENCE,
    Right.COMMENT,
    Right.TICK_READ,
}
_REVIEWER = _ANNOTATOR | {
    Right.EDIT_OTHERS,
    Right.SECOND_READ,
    Right.CONFIRM,
    Right.SIGN_OFF,
    Right.SET_ROLES,
}
_MANAGER = _REVIEWER | {
    Right.IMPORT,
    Right.SETTINGS,
    Right.MEMBERS,
    Right.ASSIGN,
    Right.REOPEN,
    Right.ERASE,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.ANNOTATOR: _ANNOTATOR,
    Role.REVIEWER: _REVIEWER,
    Role.MANAGER: _MANAGER,
}


def may(role: str | None, right: Right) -> bool:
    """Say whether somebody of ``role`` (None: no member) holds ``right``."""
    return role is not None and right in RIGHTS[Role(role)]


def check(role: str | None, right: Right) -> None:
    """Raise ``NotAllowed`` unless somebody of ``role`` (None: no member) holds ``right``."""
    if not may(role, right):
        words = right.replace("_", " ")
        raise NotAllowed(
            f"Your role in this project, {Role(role).value}, does not include the right to {words}."
            if role
            else f"Who is no member of this project may not {words}.",
            right=str(right),
        )
