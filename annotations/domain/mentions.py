"""Members named in a comment: ``@Name`` as it is typed, stored and shown.

A body is stored with ``@{UUID}`` where somebody is mentioned, so that a mention survives a rename
and no export under pseudonyms tells a name. Beside it stand the UUIDs of those mentioned: what
looks like a mention in a body and is not among them is text.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sized
from html import escape

import regex

from annotations.domain.errors import Refused
from annotations.domain.text import find_in, fold

#: Most members that the list beside a text field offers at once.
OFFERED = 8

_TOKEN = re.compile(r"@\{([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}")
#: Most mentions of one comment. Each is a row of somebody's inbox, and is looked up at each view.
MOST = 50

#: What stands before the @ of an e-mail address, or of a path. Read backwards from there: from
#: the start of the text, each mention would be paid for by all the text before it.
_JOINED_BEFORE = regex.compile(r"(?r)[\p{L}\p{N}\p{M}_+%=/@-]\p{Cf}*")
#: What goes on after a name: a longer word, an address, a double name.
_GOES_ON = regex.compile(r"\p{Cf}*(?:[\p{L}\p{N}\p{M}_@]|[.-][\p{L}\p{N}])")
_OF_A_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_]")
_ADDRESS = regex.compile(r"(?<![\p{L}\p{N}])https?://[^\s<>\"“”«»\p{Cc}\p{Cf}]+", regex.IGNORECASE)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def handles(people: Mapping[str, str]) -> dict[str, str]:
    """Return by what each of ``people`` (UUID → name) is mentioned.

    That is the name; where others have the same one, folded, each adds the start of the UUID.
    """
    folded = {key: fold(name).text.strip() for key, name in people.items()}
    seen = Counter(folded.values())
    return {
        key: f"{name} ({key[:4]})" if seen[folded[key]] > 1 else name
        for key, name in people.items()
        if folded[key]
    }


def parse(typed: str, people: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a body as it is stored, and who is mentioned in it, in order, each once.

    ``people`` are those who may be mentioned, by UUID. Where names begin alike the longest one
    that stands there is meant; they are compared folded. An e-mail address mentions nobody.
    Raises ``Refused`` for more than ``MOST`` mentions.
    """
    found: list[tuple[int, int, str]] = [
        (match.start(), match.end(), match[1])
        for match in _TOKEN.finditer(typed)
        if match[1] in people
    ]
    _check_number(found)
    # What touches a stored mention was no mention when that was typed, for its name went on.
    touched = {end for _, end, _ in found}
    folded = fold(typed)
    if "@" in folded.text:
        taken = bytearray(len(typed))
        for start, end, _ in found:
            taken[start:end] = b"\1" * (end - start)
        by_length = sorted(
            handles(people).items(), key=lambda one: (-len(fold(one[1]).text), one[0])
        )
        for key, name in by_length:
            for start, end in find_in(folded, f"@{name}"):
                free = taken.find(1, start, end) < 0
                if free and start not in touched and _stands_alone(typed, start, end):
                    found.append((start, end, key))
                    _check_number(found)
                    taken[start:end] = b"\1" * (end - start)
    parts: list[str] = []
    at = 0
    for start, end, key in sorted(found):
        parts += (typed[at:start], f"@{{{key}}}")
        at = end
    return "".join([*parts, typed[at:]]), list(dict.fromkeys(key for _, _, key in sorted(found)))


def _check_number(found: Sized) -> None:
    if len(found) > MOST:
        raise Refused(
            f"More than {MOST} people are named with @ in this comment; at most {MOST} are told"
            " of one. Leave the @ out before some of the names.",
            code="mentions_too_many",
        )


def _stands_alone(text: str, start: int, end: int) -> bool:
    if _JOINED_BEFORE.match(text, 0, start):
        return False
    return not (_OF_A_WORD.match(text, end - 1, end) and _GOES_ON.match(text, end))


def typed(body: str, mentions: Collection[str], people: Mapping[str, str]) -> str:
    """Return a stored body as its author edits it: ``parse`` makes the same of it again.

    Names stand in it; but where they would not be found again, the body as it is stored.
    """
    if not mentions and "@" not in body:
        return body
    named = handles(people)
    shown = "".join(
        f"@{named[part]}"
        if is_mention and part in named
        else f"@{{{part}}}"
        if is_mention
        else part
        for part, is_mention in _parts(body, mentions)
    )
    try:
        return shown if parse(shown, people)[0] == body else body
    except Refused:  # stored before there was a limit
        return body


def plain(body: str, mentions: Collection[str], names: Mapping[str, str]) -> str:
    """Return a body as text with the names as they are now; who is not in ``names`` is "…"."""
    return "".join(
        f"@{names.get(part, '…')}" if is_mention else part
        for part, is_mention in _parts(body, mentions)
    )


def render(
    body: str, mentions: Collection[str], names: Mapping[str, str], me: str | None = None
) -> str:
    """Return a body as HTML: everything escaped, mentions and web addresses picked out.

    ``me`` is whose mention says so. Line feeds stay: the page keeps them.
    """
    parts = []
    for part, is_mention in _parts(body, mentions):
        if is_mention:
            state = ' data-state="me"' if part == me else ""
            name = escape(names.get(part, "…"))
            parts.append(f'<span class="mention"{state}>@<bdi>{name}</bdi></span>')
        else:
            parts.extend(_linked(part))
    return "".join(parts)


def _parts(body: str, mentions: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Yield the stretches of a body: text, or the UUID of somebody mentioned."""
    at = 0
    for match in _TOKEN.finditer(body):
        if match[1] in mentions:
            yield body[at : match.start()], False
            yield match[1], True
            at = match.end()
    yield body[at:], False


def _linked(text: str) -> Iterator[str]:
    at = 0
    for match in _ADDRESS.finditer(text):
        address = _without_its_sentence(match[0])
        yield escape(text[at : match.start()])
        # noreferrer: where the desk works is nobody's business.
        yield (
            f'<a href="{escape(address)}" dir="ltr" rel="noopener noreferrer nofollow">'
            f"{escape(address)}</a>"
        )
        at = match.start() + len(address)
    yield escape(text[at:])


def _without_its_sentence(address: str) -> str:
    """Return an address without the full stop or bracket that belongs to its sentence."""
    number = Counter(address)
    end = len(address)
    while (last := address[end - 1]) in ".,;:!?'’*…" or (
        last in _PAIRS and number[last] > number[_PAIRS[last]]
    ):
        number[last] -= 1
        end -= 1
    return address[:end]
