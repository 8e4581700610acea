"""What templates ask for in words: dates of known precision, notes, links to the quoted words."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from annotations.domain.citations import show_partial_date, text_fragment_url
from annotations.html import show_note
from annotations.queries.access import read_at

register = template.Library()


@register.filter
def partial_date(value: str) -> str:
    """Return "2021-09" as "September 2021"."""
    return show_partial_date(value)


@register.filter
def ago(moment: datetime.datetime) -> str:
    """Return how long ago it was, to the minute."""
    passed = timesince(moment, depth=1)
    return "just now" if passed.startswith("0") else f"{passed} ago"


@register.filter
def note(value: str) -> SafeString:
    """Return a reviewer's note as safe HTML."""
    return show_note(value)


@register.filter
def wording(parts: Sequence[Any]) -> SafeString:
    """Return stretches of a text beside another one, with what is gone and what is new marked."""
    elements = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    return mark_safe(  # noqa: S308 - each part is escaped
        "".join(format_html(elements.get(part.state, "{}"), part.text) for part in parts)
    )


@register.filter
def source_link(citation: Any) -> str:
    """Return the address of a citation's source at the words it quotes."""
    url: str = citation.source.url
    return text_fragment_url(url, citation.quotation) if citation.quotation else url


@register.simple_tag
def live_topic(slug: str, article: Any) -> str:
    """Return what a page of an article follows, from where it was read on (``js/live.js``)."""
    cursor = read_at(article) if hasattr(article, "seen_article") else ""
    return f"{slug}/{article.pk}@{cursor}"


@register.filter
def first_of(found: Sequence[Any], count: int) -> Sequence[Any]:
    """Return at most so many of a list."""
    return found[:count]


@register.filter
def given(typed: Any, field: str) -> str:
    """Return what was typed into the field of a name."""
    value: str = typed.get(field, "")
    return value


@register.simple_tag
def request_key() -> SafeString:
    """Return the field that names a form's request: sent twice, by a double click, it is one."""
    return format_html('<input type="hidden" name="key" value="{}" autocomplete="off">', uuid4())
