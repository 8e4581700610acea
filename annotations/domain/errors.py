"""What the workbench says no with.

Every refusal carries a ``code`` that programs read and that never changes, and a message of
full sentences for people: what was refused, with the values, and what would do.
"""

from typing import Any


class Refused(Exception):
    """A change or an input that is not taken; nothing of it was stored."""

    code = "refused"
    #: The HTTP status that an entry point answers with.
    status = 422

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class TextRefused(Refused):
    """Bytes or characters that are no text we can count."""

    code = "text"


class SpanRefused(Refused):
    code = "span"


class ImportRefused(Refused):
    """A file, or a line of one, that cannot become an article."""

    code = "import"

    def __init__(
        self, reason: str, *, name: str = "", line: int | None = None, code: str | None = None
    ) -> None:
        where = ", ".join(
            part for part in (name, f"line {line}" if line is not None else "") if part
        )
        super().__init__(f"{where}: {reason}" if where else reason, code=code)
        self.reason = reason
        self.name = name
        self.line = line


class AlreadyThere(Refused):
    """The same thing is stored already; ``details`` names it."""

    code = "already_there"
    status = 409


class Stale(Refused):
    """Based on a revision that has moved on; ``details`` holds both versions."""

    code = "stale"
    status = 409


class NotAllowed(Refused):
    """The person lacks the right."""

    code = "not_allowed"
    status = 403


class Missing(Refused):
    """Not there, or not for this account: both look alike."""

    code = "missing"
    status = 404


class HistoryRefused(Refused):
    """A history that does not continue the one that is here."""

    code = "history"
    status = 409


class SettingsRefused(Refused):
    """An environment variable that cannot be used."""

    code = "settings"


class BackupRefused(Refused):
    """A backup that cannot be restored, or a database that it cannot be restored into."""

    code = "backup"
