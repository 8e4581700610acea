"""What a second reader asks of a span's author, field by field, as old and new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.domain.conflicts import Part
from annotations.domain.vocabulary import Certainty, ClaimKind, QuoteKind, Voice
from annotations.domain.wording import difference

#: The fields that a proposal may change, in the words and the order in which they are shown; its
#: two ends come before them, as the words between them.
FIELDS: dict[str, str] = {
    "label": "Label",
    "voice": "Voice",
    "speaker": "Speaker",
    "chain": "Reported by way of",
    "quote_kind": "Quotation",
    "claim_kind": "Kind of claim",
    "certainty": "Certainty",
}
ENDS = ("start", "end")

_CHOICES: dict[str, dict[str, str]] = {
    "voice": dict(Voice.choices),
    "quote_kind": dict(QuoteKind.choices),
    "claim_kind": dict(ClaimKind.choices),
    "certainty": dict(Certainty.choices),
}
#: What a field says that holds nothing.
_NOTHING = {"speaker": "nobody named", "claim_kind": "not said"}


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a proposal. Of the words of a span ``parts`` tell how they would change."""

    field: str
    before: str
    after: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision that asks something of the span's author: a return, or a proposed change."""

    uuid: str
    outcome: str
    who: str
    #: Of a return, in words.
    why: str = ""
    reason: str = ""
    lines: tuple[Line, ...] = field(default=())


def lines_of(
    proposal: Mapping[str, Any],
    was: Mapping[str, Any],
    names: Mapping[str, str],
    quotes: tuple[str, str],
) -> tuple[Line, ...]:
    """Return what a proposal would change of a span as it is.

    ``was`` are the span's fields, its label and speaker by UUID as in the proposal; ``names`` say
    what these are called, ``quotes`` are the words now and the words proposed.

    >>> [line] = lines_of({"certainty": "hedged"}, {"certainty": "asserted"}, {}, ("é", "é"))
    >>> line.field, line.before, line.after
    ('Certainty', 'asserted', 'hedged')
    """
    found = []
    if any(proposal.get(end, was.get(end)) != was.get(end) for end in ENDS):
        found.append(Line("Words", *quotes, tuple(difference(*quotes))))
    found += [
        Line(words, _in_words(name, was.get(name), names), _in_words(name, new, names))
        for name, words in FIELDS.items()
        if name in proposal and (new := proposal[name]) != was.get(name)
    ]
    return tuple(found)


def _in_words(name: str, value: Any, names: Mapping[str, str]) -> str:
    if not value:
        return _NOTHING.get(name, "none")
    if name in ("label", "speaker"):
        return names.get(str(value), "one that is not here")
    return _CHOICES.get(name, {}).get(value, str(value))
