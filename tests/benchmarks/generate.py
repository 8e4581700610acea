"""Articles and spans of a given size, the same at every run.

The texts are synthetic news: paragraphs of about 600 code points, 1.5 % of the words exotic
(emoji of several code points, combining accents, right-to-left words, soft hyphens). The spans
are written in bulk through ``Operation``, with their events, so that what is measured is a
history like any other.
"""

import json
import random
from collections.abc import Iterator
from uuid import UUID

from annotations.actions.recording import operation
from annotations.domain.events import Kind
from annotations.domain.records import ArticleDraft, BlockDraft
from annotations.domain.text import sha256, tidy
from annotations.domain.vocabulary import BlockRole, BlockTag, Voice
from annotations.models import Article, Label, Person, Span

WORDS = [
    "the",
    "of",
    "and",
    "a",
    "in",
    "to",
    "was",
    "on",
    "at",
    "by",
    "for",
    "with",
    "that",
    "from",
    "council",
    "river",
    "report",
    "mayor",
    "tax",
    "bridge",
    "school",
    "water",
    "price",
    "minister",
    "court",
    "harbour",
    "factory",
    "winter",
    "library",
    "market",
    "station",
    "doctor",
    "rose",
    "fell",
    "built",
    "closed",
    "opened",
    "said",
    "found",
    "denied",
    "promised",
    "counted",
    "paid",
    "signed",
    "since",
    "after",
    "before",
    "more",
    "fewer",
    "nearly",
    "almost",
    "again",
    "never",
    "first",
    "second",
    "third",
    "hundred",
    "thousand",
    "north",
    "south",
]
EXOTIC = ("👩‍👩‍👧", "cafe\u0301", "שלום", "مرحبا", "so\u00adcial", "🇪🇺", "中文", "10\u00a0km")


def paragraphs(seed: int, characters: int) -> Iterator[str]:
    """Yield paragraphs until they come to ``characters`` code points."""
    rng = random.Random(seed)
    left = characters
    while left > 0:
        words = [
            rng.choice(EXOTIC) if rng.random() < 0.015 else rng.choice(WORDS)
            for _ in range(rng.randint(70, 130))
        ]
        text = " ".join(words).capitalize() + "."
        left -= len(text) + 2
        yield text


def draft(seed: int, characters: int) -> ArticleDraft:
    """Return an article of about ``characters`` code points, all body but its headline."""
    parts = [f"Report number {seed} of the river board", *paragraphs(seed, characters)]
    blocks, start = [], 0
    for index, part in enumerate(parts):
        role = BlockRole.BODY if index else BlockRole.HEADLINE
        blocks.append(BlockDraft(start, start + len(part), BlockTag.PARAGRAPH, role))
        start += len(part) + 2
    text = "\n\n".join(parts)
    return ArticleDraft(
        name=f"report-{seed}.txt",
        text=text,
        markup=(),
        blocks=tuple(blocks),
        title=parts[0],
        published="2026-05",
        language="en",
        source_sha256=sha256(text),
    )


def files(seed: int) -> list[tuple[str, bytes]]:
    """Return files for an import: two web pages, lines of JSON, a text; other words each time."""
    return [
        (f"large-{seed}.html", page(4 * seed, 3_900_000)),
        (f"small-{seed}.html", page(4 * seed + 1, 1_000_000)),
        (f"lines-{seed}.jsonl", lines(4 * seed + 2, 4_500_000)),
        (f"text-{seed}.txt", "\n\n".join(paragraphs(4 * seed + 3, 2_000_000)).encode()),
    ]


def page(seed: int, characters: int) -> bytes:
    """Return a saved web page whose visible text has about so many characters."""
    body = "".join(
        f'<p class="text" data-n="{number}">{text[:40]}<a href="https://river.example/{number}">'
        f"{text[40:80]}</a>{text[80:]}</p>\n"
        for number, text in enumerate(paragraphs(seed, characters))
    )
    return (
        f'<!doctype html><html lang="en"><head><title>Page {seed} of the river board</title>'
        f'<meta property="og:url" content="https://river.example/page/{seed}"></head>'
        f"<body><article><h1>Page {seed} of the river board</h1>{body}</article></body></html>"
    ).encode()


def lines(seed: int, characters: int) -> bytes:
    """Return articles of about 4,500 characters as lines of JSON."""
    return b"".join(
        json.dumps({"title": f"Line {seed}-{number}", "text": "\n\n".join(parts)}).encode() + b"\n"
        for number in range(characters // 4_500)
        if (parts := list(paragraphs(seed * 10_000 + number, 4_500)))
    )


def ranges(seed: int, text: str, count: int) -> list[tuple[int, int]]:
    """Return ``count`` places of about 80 code points in the text, tidied."""
    rng = random.Random(seed)
    found: list[tuple[int, int]] = []
    while len(found) < count:
        start = rng.randrange(max(1, len(text) - 90))
        end = min(len(text), start + rng.randint(20, 140))
        start, end = tidy(text, start, end)
        if start < end:
            found.append((start, end))
    return found


def mark(article: Article, by: Person, count: int, *, seed: int = 1) -> list[UUID]:
    """Write ``count`` spans of the article in one operation."""
    labels = list(Label.objects.filter(project=article.project))
    with operation(article.project, by, article.pk) as op:
        spans = [
            Span(
                article=article,
                stream_id=article.pk,
                start=start,
                end=end,
                quote=article.text[start:end],
                label=labels[number % len(labels)],
                author=by,
                authors=by.pk.hex,
                created_at=op.at,
                voice=Voice.UNNAMED if number % 3 else Voice.AUTHOR,
            )
            for number, (start, end) in enumerate(ranges(seed, article.text, count))
        ]
        op.create_many(Span, spans)
        op.record(article.pk, Kind.SPAN_ADDED)
    return [span.pk for span in spans]
