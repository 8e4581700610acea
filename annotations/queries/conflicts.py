"""Two versions of a row beside each other, in words: what it was, what theirs is, what mine is."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import TextChoices

from annotations.domain.citations import show_partial_date
from annotations.domain.conflicts import (
    RULES,
    Both,
    Difference,
    Part,
    both,
    compare,
    word_changes,
)
from annotations.domain.vocabulary import (
    Certainty,
    ClaimKind,
    QuoteKind,
    Stance,
    Verdict,
    Voice,
    WorkState,
)
from annotations.models import Article, Label, Person, Speaker, Stream
from annotations.queries.access import Member
from annotations.queries.versions import Version, versions

#: What stands before the name of a speaker who is new with what was sent.
NEW_SPEAKER = "new:"

_LABELS = {
    "quote": "Words",
    "chain": "Reported by way of",
    "quote_kind": "Quotation",
    "claim_kind": "Kind of claim",
    "check_worthiness": "Check-worthiness",
    "uncertain": "Not certain of this",
    "withdrawn_at": "Withdrawn",
    "locator": "Where in it",
    "accessed_on": "Looked up on",
    "archive_url": "Archived copy",
    "archived_on": "Archived on",
    "original_quotation": "Original wording",
    "original_language": "Its language",
    "file_sha256": "SHA-256 of the kept file",
    "confirmed_by": "Confirmed",
    "paraphrase": "In neutral words",
    "said_on": "Said on",
    "due": "Can be checked from",
    "work_state": "The search",
    "verdict_reason": "Because",
    "verdict_as_of": "As of",
}
_CHOICES: dict[str, type[TextChoices]] = {
    "voice": Voice,
    "quote_kind": QuoteKind,
    "claim_kind": ClaimKind,
    "certainty": Certainty,
    "stance": Stance,
    "work_state": WorkState,
    "verdict": Verdict,
}
_DATES = frozenset({"said_on", "due", "verdict_as_of", "accessed_on", "archived_on"})
_ROWS: dict[str, type[Label] | type[Speaker] | type[Person]] = {
    "label": Label,
    "speaker": Speaker,
    "confirmed_by": Person,
}
#: Texts that are compared word by word.
_TEXTS = frozenset(
    {"quote", "note", "quotation", "original_quotation", "paraphrase", "verdict_reason", "chain"}
)
_NOTHING = {
    "speaker": "nobody named",
    "confirmed_by": "by nobody",
    "withdrawn_at": "no",
    "verdict": "none",
}


@dataclass(frozen=True)
class Side:
    """One person's value of a field; nothing in ``parts`` where it is empty."""

    parts: list[Part]
    changed: bool


@dataclass(frozen=True)
class Line:
    """One field, and who has changed it: "both", "they" or "you"."""

    name: str
    label: str
    theirs: Side
    mine: Side
    by: str


@dataclass(frozen=True)
class Conflict:
    table: str
    row: UUID
    revision: int
    who: str
    at: datetime.datetime
    lines: list[Line]
    differences: list[Difference]
    both: Both
    #: Mine that theirs stands in place of, in words: of each field its name and what it was.
    told: list[tuple[str, str]]
    #: What was seen, is stored and was sent, as payloads have it.
    seen: Mapping[str, Any]
    theirs: Mapping[str, Any]
    mine: Mapping[str, Any]

    @property
    def gone(self) -> bool:
        return self.theirs.get("withdrawn_at") is not None


def conflict(by: Member, article: Article, details: Mapping[str, Any]) -> Conflict:
    """Return what the ``details`` of a ``Stale`` come to, as ``recording.check_seen`` gives them.

    Five queries.
    """
    table, row, was = details["table"], details["row"], details["seen"]
    theirs, mine = details["current"], details["mine"]
    rules = RULES[table]
    differences = compare(rules, was, theirs, mine)
    found = both(rules, differences)
    names = _names(differences)
    streams = [theirs["stream"]] if "stream" in theirs else []
    streams += [article.pk, by.project.pk]
    since = versions(row, _readable(by, streams), details["based_on"] + 1)
    who, at = _who(since)
    quotes = _quotes(article.text, was, theirs, mine)
    return Conflict(
        table=table,
        row=row,
        revision=theirs["revision"],
        who=who,
        at=at,
        lines=_lines(differences, names, quotes, known=was is not None),
        differences=differences,
        both=found,
        told=[
            (_label(one.name), _value(one.name, one.mine, names) or "nothing") for one in found.told
        ],
        seen=was or {},
        theirs=theirs,
        mine=mine,
    )


def _readable(by: Member, streams: Iterable[Any]) -> list[UUID]:
    wanted = {UUID(str(stream)) for stream in streams}
    return list(Stream.objects.filter(by.readable(""), pk__in=wanted).values_list("pk", flat=True))


def _who(since: list[Version]) -> tuple[str, datetime.datetime]:
    """Return who has made the versions, the last first, and when the last was made."""
    if not since:
        return "Somebody", datetime.datetime.now(datetime.UTC)
    names = list(dict.fromkeys(version.actor for version in since))
    at = datetime.datetime.fromtimestamp(since[0].time / 1000, datetime.UTC)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}", at


def _names(differences: Iterable[Difference]) -> dict[str, str]:
    wanted: dict[type[Label] | type[Speaker] | type[Person], set[str]] = {}
    for one in differences:
        if one.name in _ROWS:
            keys = {
                value
                for value in (one.was, one.theirs, one.mine)
                if value and not value.startswith(NEW_SPEAKER)
            }
            wanted.setdefault(_ROWS[one.name], set()).update(keys)
    return {
        str(key): name
        for model, keys in wanted.items()
        for key, name in model._default_manager.filter(pk__in=keys).values_list("pk", "name")
    }


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _value(name: str, value: Any, names: Mapping[str, str]) -> str:
    """Return a value in words, "" for nothing."""
    if value is None or value == "":
        return _NOTHING.get(name, "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "withdrawn_at":
        return "yes"
    if name == "confirmed_by":
        return f"by {names.get(value, 'somebody')}"
    if name in _ROWS:
        return names.get(value, str(value).removeprefix(NEW_SPEAKER))
    if name in _CHOICES:
        return str(_CHOICES[name](value).label)
    return show_partial_date(value) if name in _DATES else str(value)


def _lines(
    differences: Iterable[Difference],
    names: Mapping[str, str],
    quotes: tuple[str, str, str],
    *,
    known: bool,
) -> list[Line]:
    """Return the differences in words; the two ends of a span as the words between them."""
    lines = []
    ends = [one for one in differences if one.name in ("start", "end")]
    if ends:
        by_them, by_me = any(one.by_them for one in ends), any(one.by_me for one in ends)
        lines.append(_line("quote", quotes, by_them=by_them, by_me=by_me, known=known))
    for one in differences:
        if one.name not in ("start", "end"):
            words = tuple(_value(one.name, value, names) for value in one.values)
            lines.append(_line(one.name, words, by_them=one.by_them, by_me=one.by_me, known=known))
    return lines


def _line(name: str, words: tuple[str, ...], *, by_them: bool, by_me: bool, known: bool) -> Line:
    was, theirs, mine = words
    return Line(
        name,
        _label(name),
        theirs=_side(name, was if known else theirs, theirs, changed=by_them),
        mine=_side(name, was if known else mine, mine, changed=by_me),
        by="both" if by_them and by_me else "they" if by_them else "you",
    )


def _side(name: str, was: str, now: str, *, changed: bool) -> Side:
    if was == now:
        return Side([Part("same", now)] if now else [], changed)
    if name in _TEXTS:
        return Side(word_changes(was, now), changed)
    parts = [Part("gone", was), Part("new", now)]
    return Side([part for part in parts if part.text], changed)


def _quotes(
    text: str, was: Mapping[str, Any] | None, theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[str, str, str]:
    """Return the words of a span in the three versions; of what is no span, nothing."""
    if "quote" not in theirs:
        return "", "", ""
    now = {"start": theirs["start"], "end": theirs["end"]}
    sent = {name: mine.get(name, offset) for name, offset in now.items()}
    before = now if was is None else was
    stretches = [text[one["start"] : one["end"]] for one in (before, now, sent)]
    return stretches[0], stretches[1], stretches[2]
