"""Two assertions become one: what of both can stand together, and what somebody chooses."""

from typing import Any

#: What of an assertion is taken together; the first says that there is something to take.
WORDING = ("paraphrase", "speaker_id", "said_on")
VERDICT = ("verdict", "verdict_reason", "verdict_as_of")


def asks(own: Any, theirs: Any, fields: tuple[str, ...]) -> bool:
    """Say whether both assertions have these ``fields``, and differ in them."""
    both = getattr(own, fields[0]) and getattr(theirs, fields[0])
    return bool(both) and any(getattr(own, name) != getattr(theirs, name) for name in fields)


def comes_along(own: Any, theirs: Any, fields: tuple[str, ...]) -> bool:
    """Say whether only the assertion that is left has these ``fields``."""
    return bool(getattr(own, fields[0])) and not getattr(theirs, fields[0])
