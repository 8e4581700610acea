"""A small server in this process that speaks the article page's contract, for the page's scripts.

It holds one article and its spans in memory, renders them with ``domain.rendering``, and can be
told to break, so that what a script does when a save fails can be seen. What the real server does
is tested against the real server.
"""

import json
import mimetypes
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from annotations.domain.rendering import (
    BlockView,
    SpanView,
    render_article,
    render_block,
    render_map,
)
from annotations.domain.text import tidy

STATIC = Path(__file__).resolve().parents[2] / "annotations" / "static"
ADDRESS = "/p/desk/a/1/"
LABELS = [
    {"uuid": "l-fact", "key": "f", "name": "Fact", "kind": "fact", "definition": "Settled."},
    {"uuid": "l-claim", "key": "c", "name": "Claim", "kind": "claim", "definition": "To check."},
    {"uuid": "l-opinion", "key": "o", "name": "Opinion", "kind": "opinion", "definition": ""},
]
KINDS = {str(label["uuid"]): str(label["kind"]) for label in LABELS}
POLICY = "default-src 'self'; frame-ancestors 'none'"
STYLES = ("tokens", "base", "layout", "article", "span-list", "popover", "forms")


@dataclass
class Held:
    uuid: str
    start: int
    end: int
    label: str
    revision: int = 1
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Stand:
    """The article, who may write, and what the next requests meet."""

    text: str = ""
    blocks: list[BlockView] = field(default_factory=list)
    spans: dict[str, Held] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    undone: list[dict[str, Held]] = field(default_factory=list)
    speakers: list[dict[str, Any]] = field(default_factory=list)
    revision: int = 0
    #: As a transaction does, it makes two requests of one key come one after the other.
    turn: threading.Lock = field(default_factory=threading.Lock)
    #: A status every change is answered with; 0 hangs up without an answer.
    broken: int | None = None
    #: Answers are lost, after what they tell of was stored.
    lost: bool = False
    #: Seconds that every change takes.
    delay: float = 0
    chunk: int = 3
    url: str = ""

    def load(self, paragraphs: Sequence[str], *, separator: str = "\n\n") -> None:
        """Put an article of ``paragraphs`` on the page, and nothing marked."""
        self.text = separator.join(paragraphs)
        self.blocks, at = [], 0
        for index, paragraph in enumerate(paragraphs):
            self.blocks.append(BlockView(index=index, start=at, end=at + len(paragraph)))
            at += len(paragraph) + len(separator)
        self.spans, self.answers, self.log, self.undone = {}, {}, [], []
        self.revision, self.broken, self.lost, self.delay = 0, None, False, 0
        self.speakers = [
            {"uuid": "s-1", "name": "Inés Hart", "role": "mayor"},
            {"uuid": "s-2", "name": "Water Board", "role": ""},
        ]

    def mark(self, words: str, label: str = "l-claim") -> str:
        """Mark the first occurrence of ``words``, as somebody did before."""
        start = self.text.index(words)
        held = Held(str(uuid4()), start, start + len(words), label)
        self.spans[held.uuid] = held
        return held.uuid

    def quotes(self) -> list[str]:
        """Return the marked words, in the order of their making."""
        return [self.text[held.start : held.end] for held in self.spans.values()]

    # ── what the page gets ──────────────────────────────────────────────────────────────────

    def views(self) -> list[SpanView]:
        return [
            SpanView(
                uuid=held.uuid,
                start=held.start,
                end=held.end,
                kind=KINDS[held.label],
                voice=held.fields.get("voice", "author"),
            )
            for held in self.spans.values()
        ]

    def card(self, held: Held) -> str:
        quote = escape(self.text[held.start : held.end])
        kind = KINDS[held.label]
        hidden = (
            '<input type="hidden" name="csrfmiddlewaretoken" value="token">'
            f'<input type="hidden" name="revision" value="{held.revision}">'
        )
        action = f"{ADDRESS}spans/{held.uuid}"
        options = "".join(
            f'<option value="{label["uuid"]}"{" selected" if label["uuid"] == held.label else ""}>'
            f"{label['name']}</option>"
            for label in LABELS
        )
        return (
            f'<li id="card-{held.uuid}" class="span-card" data-span="{held.uuid}"'
            f' data-start="{held.start}" data-end="{held.end}" data-kind="{kind}">'
            f'<p class="span-card-head"><span class="kind">{kind}</span></p>'
            f'<a class="span-card-quote" href="#s-{held.uuid}">{quote}</a>'
            f"<details><summary>Edit</summary>"
            f'<form method="post" action="{action}/change">{hidden}'
            f'<label>Label <select name="label">{options}</select></label>'
            f"<button>Save</button></form>"
            f'<form method="post" action="{action}/withdraw">{hidden}'
            f"<button>Withdraw</button></form></details></li>"
        )

    def ordered(self) -> list[Held]:
        return sorted(self.spans.values(), key=lambda held: (held.start, -held.end))

    def page(self) -> str:
        data = {
            "labels": LABELS,
            "speakers": self.speakers,
            "rights": {"add": True},
            "me": "ada",
            "urls": {},
        }
        styles = "".join(
            f'<link rel="stylesheet" href="/static/annotations/css/{name}.css">' for name in STYLES
        )
        article = render_article(self.text, self.blocks, [], self.views(), chunk=self.chunk)
        cards = "".join(self.card(held) for held in self.ordered())
        slim = render_map(self.views(), [], len(self.text))
        return (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>The mill</title>{styles}</head><body>"
            '<header class="site-header"><a class="site-name" href="/">Desk</a>'
            '<label>Search <input id="search"></label>'
            '<button type="button" data-keys-help>Keys</button></header>'
            '<main class="main wide"><div class="workspace">'
            f'<div class="workspace-map">{slim}</div>'
            '<div class="workspace-head"><p id="before">Before the article.</p></div>'
            '<div class="article-column">'
            f'<article id="article" lang="en" data-url="{ADDRESS}"'
            f' data-revision="{self.revision}">{article}</article>'
            '<p id="after">After the article.</p></div>'
            '<aside class="span-aside" aria-label="Spans">'
            '<form method="post" action="/"><input type="hidden" name="csrfmiddlewaretoken"'
            ' value="token"></form>'
            f'<ol id="span-list" class="span-list">{cards}</ol></aside></div></main>'
            '<script type="application/json" id="workspace-data">'
            f"{json.dumps(data)}</script>"
            '<script type="module" src="/static/annotations/js/workspace.js"></script>'
            "</body></html>"
        )

    # ── what the page asks ──────────────────────────────────────────────────────────────────

    def post(self, path: str, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "here":
            # A sign of life is no change.
            return 200, {}
        self.log.append((path, sent))
        key = sent.get("key", "")
        if key in self.answers:
            return 200, self.answers[key]
        before = {uuid: replace(held) for uuid, held in self.spans.items()}
        parts = path.split("/")
        if path == "undo":
            if not self.undone:
                return self.refuse(422, "nothing", "There is nothing to undo.")
            self.spans = self.undone.pop()
            return self.changed(before, key, None, "Undone.")
        if path == "spans/add":
            start, end = int(sent["start"]), int(sent["end"])
            if tidy(self.text, start, end) != (start, end) or start >= end:
                return self.refuse(422, "span", f"{start} to {end} is no tidy span.")
            held = Held(str(uuid4()), start, end, sent["label"], fields=sent)
            self.spans[held.uuid] = held
            message = f"Marked as {KINDS[held.label]}."
        else:
            found = self.spans.get(parts[1])
            if found is None:
                return self.refuse(404, "gone", "There is no such span.")
            held = found
            if sent.get("revision") != str(held.revision):
                return self.refuse(
                    409, "stale", "Somebody changed this span.", self.both(path, held)
                )
            if parts[2] == "withdraw":
                del self.spans[held.uuid]
                message = "Withdrawn."
            else:
                held.start = int(sent.get("start", held.start))
                held.end = int(sent.get("end", held.end))
                held.label = sent.get("label", held.label)
                held.revision += 1
                message = "Changed."
        self.undone.append(before)
        return self.changed(before, key, held.uuid, message)

    def both(self, path: str, held: Held) -> str:
        """Return the choice between two versions of a span, as the server puts it."""
        revision = f'<input type="hidden" name="revision" value="{held.revision}">'
        return (
            '<section class="conflict"><h2 id="conflict-title">Ben changed this span</h2>'
            f'<form method="get" action="{ADDRESS}"><button>Keep theirs</button></form>'
            f'<form method="post" action="{ADDRESS}{path}">{revision}'
            "<button>Save mine</button></form></section>"
        )

    def refuse(
        self, status: int, code: str, detail: str, conflict: str = ""
    ) -> tuple[int, dict[str, Any]]:
        answer: dict[str, Any] = {"code": code, "title": "Refused", "detail": detail}
        if conflict:
            answer["conflict"] = conflict
        return status, answer

    def changed(
        self, before: dict[str, Held], key: str, span: str | None, message: str
    ) -> tuple[int, dict[str, Any]]:
        self.revision += 1
        touched = [
            held
            for uuid in before.keys() | self.spans.keys()
            if before.get(uuid) != self.spans.get(uuid)
            for held in (before.get(uuid), self.spans.get(uuid))
            if held is not None
        ]
        blocks = {
            str(block.index): render_block(self.text, block, [], self.views())
            for block in self.blocks
            if any(held.start < block.end and held.end > block.start for held in touched)
        }
        cards = {
            held.uuid: self.card(self.spans[held.uuid]) if held.uuid in self.spans else None
            for held in touched
        }
        answer = {
            "span": span if span in self.spans else None,
            "revision": self.revision,
            "blocks": blocks,
            "cards": cards,
            "summary": None,
            "message": message,
        }
        if key:
            self.answers[key] = answer
        return 200, answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, stand: Stand, *arguments: Any) -> None:
        self.stand = stand
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == ADDRESS:
            self.answer(200, "text/html; charset=utf-8", self.stand.page().encode())
            return
        file = STATIC / path.removeprefix("/static/")
        if path.startswith("/static/") and file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            self.answer(200, kind, file.read_bytes())
        else:
            self.answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        time.sleep(self.stand.delay)
        if self.stand.broken == 0:
            self.close_connection = True
            self.connection.close()
            return
        if self.stand.broken is not None:
            self.answer(self.stand.broken, "text/plain", b"broken")
            return
        sent = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        path = urlsplit(self.path).path.removeprefix(ADDRESS)
        with self.stand.turn:
            status, answer = self.stand.post(path, sent)
        if self.stand.lost:
            self.close_connection = True
            self.connection.close()
            return
        self.answer(status, "application/json", json.dumps(answer).encode())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: pytest's output is for pytest."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    # A page that closes cuts the connections it kept open; that is no error of the test's.
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that a closing page cut."""


def serve(stand: Stand) -> Server:
    server = Server(("127.0.0.1", 0), partial(Handler, stand))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    stand.url = f"http://127.0.0.1:{server.server_port}{ADDRESS}"
    return server
