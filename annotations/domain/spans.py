"""What makes a span possible, whoever asks for it.

Offsets count code points of the article's canonical text, end exclusive.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import regex

from annotations.domain.errors import SpanRefused
from annotations.domain.text import grapheme_at, is_blank
from annotations.domain.vocabulary import Voice

#: The most check-worthy; the least is 0.
MOST_CHECK_WORTHY = 3
# Scripts that write no blanks between words have no border of a word that could be told.
_WORD = r"[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
_WORD_BEFORE = regex.compile(rf"{_WORD}\p{{M}}*\Z", regex.VERSION1)
_LETTER = regex.compile(_WORD, regex.VERSION1)

#: The most stretches that are marked at once.
MOST_AT_ONCE = 1_000


def check_bounds(text: str, start: int, end: int) -> None:
    """Raise ``SpanRefused`` unless ``text[start:end]`` is whole characters and no outer blanks.

    ``text.tidy`` makes of a person's selection what passes here.
    """
    length = len(text)
    if start > end:
        raise SpanRefused(
            f"This span runs backwards, from {start} to {end}.",
            code="span_backwards",
            start=start,
            end=end,
        )
    if start < 0 or end > length:
        raise SpanRefused(
            f"A span from {start} to {end} does not fit an article of {length} characters.",
            code="span_outside",
            start=start,
            end=end,
            length=length,
        )
    if start == end:
        raise SpanRefused(
            f"This span is empty: it starts and ends at {start}. Select at least one character.",
            code="span_empty",
            start=start,
            end=end,
        )
    for offset, side in ((start, "starts"), (end, "ends")):
        first, last = grapheme_at(text, offset)
        if first != last:
            raise SpanRefused(
                f'This span {side} at {offset}, inside the character "{text[first:last]}"'
                f" ({first} to {last}).",
                code="span_splits_character",
                start=start,
                end=end,
            )
    # A blank that carries a combining mark is a character to be seen.
    if is_blank(text[start : grapheme_at(text, start + 1)[1]]):
        raise SpanRefused(
            f"This span starts with a blank, at {start}. Leave it out.",
            code="span_blank",
            start=start,
            end=end,
        )
    if is_blank(text[grapheme_at(text, end - 1)[0] : end]):
        raise SpanRefused(
            f"This span ends with a blank, at {end - 1}. Leave it out.",
            code="span_blank",
            start=start,
            end=end,
        )


def check_places(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches to be marked together, each once and in the order of the text.

    Raises ``SpanRefused`` for none, and for more than ``MOST_AT_ONCE``.
    """
    wanted = sorted(set(places))
    if not wanted:
        raise SpanRefused("Choose at least one place to mark.", code="places_missing")
    if len(wanted) > MOST_AT_ONCE:
        raise SpanRefused(
            f"At most {MOST_AT_ONCE:,} places are marked at once, not {len(wanted):,}. Choose "
            "fewer, or look for longer words.",
            code="places_too_many",
        )
    return wanted


def cuts_word(text: str, start: int, end: int) -> bool:
    """Say whether a word goes on before or after ``text[start:end]``, which is not empty.

    >>> cuts_word("wars", 0, 3)
    True
    """
    return _within_word(text, start) or _within_word(text, end)


def _within_word(text: str, at: int) -> bool:
    return bool(_WORD_BEFORE.search(text[max(at - 8, 0) : at]) and _LETTER.match(text, at))


def check_quote(text: str, start: int, end: int, quote: str) -> None:
    """Raise ``SpanRefused`` when the words that were sent do not stand at the offsets."""
    there = text[start:end]
    if there != quote:
        raise SpanRefused(
            f'This span says "{_short(quote)}", but the text from {start} to {end} reads'
            f' "{_short(there)}".',
            code="span_quote",
            start=start,
            end=end,
        )


def settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a span's new values with what its voice decides where they say nothing else.

    The author's own voice has neither speaker nor chain; an unnamed speaker has no name.

    >>> settled({"voice": "author", "note": "checked"})
    {'voice': 'author', 'note': 'checked', 'speaker': None, 'chain': ''}
    """
    found = dict(values)
    voice = found.get("voice")
    if voice in (Voice.AUTHOR, Voice.UNNAMED) and "speaker_id" not in found:
        found.setdefault("speaker", None)
    if voice == Voice.AUTHOR:
        found.setdefault("chain", "")
    return found


def check_voice(voice: str, has_speaker: bool, chain: str) -> None:
    """Raise ``SpanRefused`` for a voice that does not go with the speaker and chain given.

    The author's own voice has neither; a named speaker must be named; an unnamed one has no
    name. A document may be named as a speaker is.
    """
    if voice not in Voice.values:
        voices = ", ".join(Voice.values)
        raise SpanRefused(f'Unknown voice "{voice}". Voices: {voices}.', code="span_voice")
    if voice == Voice.NAMED and not has_speaker:
        raise SpanRefused(
            "This span is in a named speaker's voice, but names no speaker. Choose one, or say"
            " that the speaker is unnamed.",
            code="span_speaker_missing",
        )
    if voice in (Voice.AUTHOR, Voice.UNNAMED) and has_speaker:
        raise SpanRefused(
            f"This span names a speaker, but its voice is {Voice(voice).label}. Make the voice"
            " named, or leave the speaker out.",
            code="span_speaker_unwanted",
        )
    if voice == Voice.AUTHOR and chain:
        raise SpanRefused(
            f"This span is in the author's voice, so it cannot be reported by way of"
            f' "{_short(chain)}". Choose another voice, or leave the chain out.',
            code="span_chain",
        )


def check_check_worthiness(value: int | None) -> None:
    """Raise ``SpanRefused`` unless ``value`` is 0 to 3, or None for not said."""
    if value is not None and not 0 <= value <= MOST_CHECK_WORTHY:
        raise SpanRefused(
            f"Check-worthiness is {value}; use 0 (not at all) to {MOST_CHECK_WORTHY} (most).",
            code="span_check_worthiness",
        )


def _short(words: str, most: int = 60) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
