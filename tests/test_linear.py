"""What loops over other people's text takes steps that grow with its length, not its square.

Steps are the lines of the app that run: they are the same on every machine. Where a step is one
call into C, its seconds are held to instead, as those of the patterns are.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import pytest

from annotations import html as notes
from annotations.domain import citations, conflicts, mentions, repeats, text, wording, words
from annotations.domain.errors import Refused
from annotations.formats import contract
from annotations.formats.importers import html, metadata
from annotations.formats.importers import text as plain
from tests.test_patterns import MOST_SECONDS, SIZE, cpu_seconds

NA = "f0000000-0000-4000-8000-000000000000"
PEOPLE = {NA: "na", **{f"{n:08x}-0000-4000-8000-000000000000": f"Na {n}" for n in range(20)}}

PUMPS = (
    *(" ", "\xa0", "\n", "\n\n", "\u2028", "\t", " \n\xa0", "\ufeff", ".\ufeff", "\x85"),
    *("a", "a ", "a. ", "Mr. ", "14. August ", "1. ", "?", ".)", "…", "。", "[1]", ".[1]"),
    *("“", "'", ")", "--", " / a", " · ", "by A. B. ", "© 2020 A", "More from ", "1/2/2021 "),
    *("@", "@na ", "@na@", "@{", "http://x)", "x@y", "<", "<a ", "</b>", "&", "%", "3 May 2021 "),
    *("\u0301", "a\u0301", "\u200d", "👩\u200d", "🇩🇪", "한", "字", "ก", "ﷺ", "שלום ", "\u0640"),
)

IN_LINES: dict[str, Callable[[str], object]] = {
    "find its beginning": lambda line: text.find_all(line, line[:7]),
    "find one letter": lambda line: text.find_all(line, "a"),
    "sentences": text.sentences,
    "canonicalise": text.canonicalise,
    "tidy": lambda line: text.tidy(line, len(line) // 2, len(line) - 1),
    "search terms": words.terms,
    "difference": lambda line: wording.difference(line, line[:-3] + "x"),
    "word changes": lambda line: conflicts.word_changes(line, line[::-1]),
    "words of repeats": repeats.words,
    "mentions": lambda line: mentions.parse(line, PEOPLE),
    "a comment shown": lambda line: mentions.render(line, [NA], PEOPLE),
    "a comment to edit": lambda line: mentions.typed(line, [NA], PEOPLE),
    "a date": metadata.date_in,
    "the language": metadata.language_of,
    "a byline": lambda line: plain.byline_of(contract.tidy_field(line)),
    "a bio": plain.name_of_bio,
    "blocks of a text": plain.pieces,
    "a text": lambda line: plain.read_text(f"x {line}", name="x", source_sha256=""),
    "a text in lines": lambda line: plain.read_text(
        "\n".join(line[at : at + 60] for at in range(0, len(line), 60)), name="x", source_sha256=""
    ),
    "a page": lambda line: html.read_page(f"<p>x{line}y</p>", name="x", source_sha256=""),
    "nesting": lambda line: html.check_nesting(line, name="x"),
}
IN_SECONDS: dict[str, Callable[[str], object]] = {
    "fold": text.fold,
    "words": words.words,
    "a link to a quotation": lambda line: citations.text_fragment_url("https://x.example/", line),
    "a link taken apart": lambda line: citations.split_text_fragment(f"https://x/#:~:text={line}"),
    "a field": contract.tidy_field,
    "a web address": metadata.web_address,
    "a language tag": metadata.language_tag,
    "mentions": lambda line: mentions.parse(line, PEOPLE),
    "a comment shown": lambda line: mentions.render(line, [NA], PEOPLE),
    "the depth of a note": notes._depth,
}


def made(pump: str, size: int) -> str:
    return (pump * (size // len(pump) + 1))[:size]


def steps(work: Callable[[], object]) -> int:
    """Return how many lines of Python ``work`` runs; a refusal is an answer, too."""
    count = 0

    def line(_frame: FrameType, event: str, _value: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        with suppress(Refused):
            work()
    finally:
        sys.settrace(before)
    return count


def test_steps_of_a_loop_in_a_loop_are_found() -> None:
    def square(size: int) -> None:
        for _ in range(size):
            for _ in range(size):
                pass

    assert steps(lambda: square(80)) > 3 * steps(lambda: square(40))


@pytest.mark.parametrize("what", IN_LINES)
def test_twice_the_text_takes_at_most_about_twice_the_steps(what: str) -> None:
    work = IN_LINES[what]
    work("a")
    more = {}
    for pump in PUMPS:
        short, long = (steps(partial(work, made(pump, size))) for size in (600, 1_200))
        if long > 2.6 * short + 400:
            more[pump] = (short, long)

    assert more == {}


@pytest.mark.parametrize("what", IN_SECONDS)
def test_no_field_takes_long_at_its_own_limit(what: str) -> None:
    def work(line: str) -> None:
        with suppress(Refused):
            IN_SECONDS[what](line)

    slow = {
        pump: seconds
        for pump in PUMPS
        if (seconds := cpu_seconds(partial(work, made(pump, SIZE)))) >= MOST_SECONDS
    }

    assert slow == {}
