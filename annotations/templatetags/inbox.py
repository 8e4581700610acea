"""The number in the header of every page."""

from typing import Any

from django import template

from annotations.queries.inbox import COUNTED, unread

register = template.Library()


@register.simple_tag
def unread_of(user: Any) -> str:
    """Return how many items of the user's inbox are unread; "99+" beyond that, "" for none."""
    found = unread(user)
    return f"{COUNTED}+" if found > COUNTED else str(found or "")
