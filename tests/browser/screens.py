"""Every screen of the workbench, over one desk that has something of everything to show.

What the tests of all screens share: a screen that is new needs a line in ``SCREENS``, and is then
looked at for violations, for width and for what hostile words do on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from annotations.actions import (
    articles,
    assignments,
    carrying,
    evidence,
    imports,
    projects,
    review,
    spans,
)
from annotations.actions.operational import tick_read
from annotations.domain.records import ArticleDraft
from annotations.domain.vocabulary import Preset, Role
from annotations.formats.registry import importer_for
from annotations.models import (
    Article,
    Block,
    Decision,
    ImportBatch,
    Label,
    Source,
    Span,
    guards,
)
from tests import builders, stories
from tests.builders import Desk
from tests.turns import run

#: The words a field is filled with: its name, and the most characters that it takes.
Words = Callable[[str, int], str]

CLAIM = "The river rose two metres in 2021."
PUT = "as the mayor put it"
OPINION = "a colossal blunder"
HURT = "Nobody was hurt"


def plain(name: str, most: int) -> str:
    """Return words as a desk would write them, with an emoji, an accent and a right-to-left word."""
    return f"The {name} of it, cafe\u0301 שלום 🌊"[: most or None]


@dataclass
class Scene:
    """Ada manages, ben reads second, cleo marks; ``flood`` is signed off, ``dam`` is not."""

    at: Desk
    flood: Article
    dam: Article
    claim: Span
    opinion: Span
    other: Span
    source: Source
    batch: ImportBatch
    done: ImportBatch
    root: User
    empty: Desk
    #: Addresses of rows that screens need, made once.
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return self.at.project.slug

    def account(self, who: str) -> User:
        if who == "root":
            return self.root
        if who == "dan":
            return self.at.dan
        return self.at.account(getattr(self.at, who))


def page_of(words: Words, said: str) -> bytes:
    """Return a web page that says ``said``, with ``words`` in every place a page has for them."""
    texts = {name: escape(words(name, 500)) for name in ("title", "byline", "publisher", "text")}
    return f"""<!doctype html><html lang="en"><head><title>{texts["title"]}</title>
<meta name="author" content="{texts["byline"]}">
<meta property="og:site_name" content="{texts["publisher"]}">
<link rel="canonical" href="https://paper.example/{len(said)}">
<meta property="article:published_time" content="2021-07-14"></head>
<body><article><h1>{texts["title"]}</h1><p>By {texts["byline"]}</p>
<p>{said}</p><p>{texts["text"]}</p>
<p><a href="https://paper.example/more">More</a> and <a href="javascript:alert(1)">more</a>.</p>
{words("page", 0)}</article></body></html>""".encode()


def _read(words: Words, said: str, file: str) -> ArticleDraft:
    data = page_of(words, said)
    [draft] = importer_for("page.html", data).read(data, name=file)
    assert isinstance(draft, ArticleDraft)
    return replace(
        draft,
        title=words("title", 500),
        byline=words("byline", 500),
        publisher=words("publisher", 300),
        site=words("site", 300),
        licence=words("licence", 200),
    )


def build(words: Words = plain) -> Scene:
    """Build the desk through actions, with ``words(field, length)`` wherever somebody writes."""
    at = builders.desk()
    project = at.project
    _settle(at, words)
    empty = builders.desk("empty", prefix="other-")
    projects.set_member(empty.project, account=at.account(at.ada), role=Role.MANAGER, by=empty.ada)
    solo, alone = projects.create_project(
        slug="solo", name="Solo", account=at.account(at.ada), preset=Preset.SOLO
    )
    unmarked = articles.import_article(solo, builders.draft(), by=alone)
    flood = articles.import_article(
        project,
        _read(
            words, f"{CLAIM} It was a disgrace, {PUT}. {HURT}. The dam, {OPINION}, stood.", "flood"
        ),
        by=at.ada,
    )
    dam = articles.import_article(
        project, _read(words, f"{HURT} by it. {CLAIM} It was {OPINION}.", "dam"), by=at.ada
    )
    claim = builders.mark(
        at,
        flood,
        CLAIM,
        speaker_name=words("speaker", 200),
        voice="named",
        note=words("note", 0),
        chain=words("chain", 300),
    )
    opinion = builders.mark(at, flood, OPINION, "o", by=at.ada, note=words("note", 0))
    custom = Label.objects.get(project=project, key="x")
    builders.mark(at, flood, PUT, custom.key, uncertain=True)
    spans.withdraw_span(builders.mark(at, flood, HURT, "f"), by=at.cleo)
    speaker = claim.speaker
    assert speaker is not None
    spans.add_speaker(
        project, name=speaker.name, aliases=[words("alias", 200)], role=words("role", 200),
        by=at.cleo,
    )  # fmt: skip
    source = _source(at, words)
    secret = evidence.add_source(
        project, by=at.cleo, kind="interview", title=words("secret", 500), access="confidential",
        confidential=words("details", 0), readers=[at.ada],
    )  # fmt: skip
    _prove(at, words, claim, source, secret)
    other = builders.mark(at, dam, CLAIM, note=words("note", 0))
    hurt = builders.mark(at, dam, HURT, "f")
    blunder = builders.mark(at, dam, OPINION, "o")
    evidence.join_assertion(other, claim.assertion, by=at.cleo)
    evidence.cite(hurt, flood, by=at.cleo, quotation=words("quotation", 0))
    hurt.refresh_from_db()
    evidence.relate_span(claim, hurt.assertion, kind="contradicts", by=at.ada, note=words("why", 0))
    review.decide(
        opinion, outcome="returned", reason_code="boundary", reason=words("reason", 0),
        shown=stories.token(opinion), by=at.ben,
    )  # fmt: skip
    review.decide(
        blunder, outcome="proposed", reason=words("reason", 0), shown=stories.token(blunder),
        proposal={"label": str(at.label("c").pk)}, by=at.ben,
    )  # fmt: skip
    stories.accept(claim, at.ben)
    comment = review.add_comment(flood, body=words("comment", 0), by=at.cleo, span=claim)
    review.add_comment(flood, body=words("answer", 0), by=at.ben, span=claim, parent=comment)
    said = review.add_comment(flood, body=f"@{{{at.ada.pk}}} {words('mention', 0)}", by=at.ben)
    review.add_comment(flood, body=words("more", 0), by=at.ada, parent=said)
    settled = review.add_comment(flood, body=words("settled", 0), by=at.cleo, span=claim)
    review.resolve_comment(settled, by=at.ben)
    for kind in ("annotate", "second_read"):
        assignments.assign(flood, person=at.ada, kind=kind, due=date(2030, 5, 3), by=at.ada)
    assignments.assign(dam, person=at.cleo, kind="annotate", by=at.ada)
    tick_read(Block.objects.filter(article=flood)[0], by=at.ben)
    for article in (dam, flood):
        _sign(article, at.ben, words("waiver", 0))
    # The signature under the dam lapses.
    spans.change_span(blunder, note=words("note", 0), check_worthiness=2, by=at.cleo)
    root = User.objects.create_superuser("root", password=builders.PASSWORD)
    scene = Scene(
        at, flood, dam, claim, opinion, other, source, *_batches(at, words), root, empty
    )  # fmt: skip
    scene.keys = {
        "signed": flood.sign_offs.get().pk,
        "decision": Decision.objects.filter(span=blunder)[0].pk,
        "blunder": blunder.pk,
        "unmarked": unmarked.pk,
        **_tide(at, words),
    }
    return scene


def _tide(at: Desk, words: Words) -> dict[str, Any]:
    """Return an article of two versions, and a span of the older one that is not in the newer."""
    texts = (
        f"The tide\n\n{CLAIM} {words('old words', 400)}\n\nThe quay, {OPINION}, fell. It rains.",
        f"The tide\n\n{CLAIM.replace('two', 'almost two')} {words('new words', 400)}\n\n"
        f"Geese came. Geese went, {words('more words', 300)}, and it rained.",
    )
    drafts = [builders.draft(text, url="https://tide.example/") for text in texts]
    old = articles.import_article(at.project, drafts[0], by=at.ada)
    builders.mark(at, old, CLAIM, note=words("note", 0))
    builders.mark(at, old, words("old words", 400), "f")
    gone = builders.mark(at, old, OPINION, "o")
    left = builders.mark(at, old, "It rains", "f")
    new = articles.import_article(at.project, drafts[1], by=at.ada)
    carrying.leave_span(left, new, by=at.cleo)
    return {"tide": old.pk, "next tide": new.pk, "gone": gone.pk}


def _settle(at: Desk, words: Words) -> None:
    """Name the project, its labels and its people."""
    project = at.project
    projects.change_project(
        project,
        by=at.ada,
        name=words("project", 200),
        organisation=words("organisation", 200),
        guidelines=words("guidelines", 0),
    )
    for key in "xyz":
        projects.add_label(
            project,
            key=key,
            name=words(f"label {key}", 40),
            kind="other",
            definition=words("definition", 0),
            by=at.ada,
        )
    # A form refuses such a user name; a table of accounts that came from elsewhere may hold it.
    guest = User.objects.create_user(words("user", 150), password=builders.PASSWORD)
    projects.set_member(project, account=guest, role=Role.VIEWER, by=at.ada)
    for person in (at.ada, at.ben, at.cleo):
        projects.rename_person(person, name=words("person", 150), by=at.ada)
        person.refresh_from_db()
    projects.add_person(project, name=words("unlinked", 150), by=at.ada)


def _unspaced(words: str) -> str:
    """Return words that an address may hold."""
    return "+".join(words.replace("\\", "/").split())


def _source(at: Desk, words: Words) -> Source:
    return evidence.add_source(
        at.project,
        by=at.cleo,
        kind="official",
        title=words("source", 500),
        publisher=words("source publisher", 300),
        authors=[words("source author", 200)],
        url=f"https://water.example/gauge?{_unspaced(words('source url', 1000))}",
        published="2021-09",
        note=words("source note", 0),
    )


def _prove(at: Desk, words: Words, claim: Span, source: Source, secret: Source) -> None:
    cited = evidence.cite(
        claim,
        source,
        by=at.cleo,
        quotation=words("quotation", 0),
        original_quotation=words("original", 0),
        original_language="ar",
        note=words("citation note", 0),
        locator=words("locator", 200),
        archive_url=f"https://archive.example/?{_unspaced(words('archive', 1000))}",
    )
    evidence.confirm_citation(cited, by=at.ben)
    evidence.cite(claim, secret, by=at.cleo, stance="refutes")
    gone = evidence.cite(claim, source, by=at.cleo, stance="context", quotation="gone")
    evidence.withdraw_citation(gone, by=at.cleo)
    evidence.describe_assertion(claim, by=at.cleo, paraphrase=words("paraphrase", 0))
    for kind in ("search", "contact"):
        evidence.log_work(
            claim, kind=kind, by=at.cleo, where=words("where", 300), what=words("what", 0),
            who=words("who", 200), answer=words("reply", 0),
        )  # fmt: skip
    evidence.give_verdict(claim, verdict="supported", reason=words("verdict", 0), by=at.cleo)
    claim.refresh_from_db()


def _sign(article: Article, by: Any, reason: str) -> None:
    from annotations.domain.signoff import items_digest
    from annotations.queries.blockers import blockers
    from annotations.queries.signing import covered_items

    review.sign_off(
        article,
        by=by,
        seen=items_digest(covered_items(article.pk)),
        waivers={blocker.name: reason for blocker in blockers(article)},
    )


def _batches(at: Desk, words: Words) -> tuple[ImportBatch, ImportBatch]:
    """Return a batch that waits for a person and one that is stored, both read in this thread."""
    # What stands before a slash is a folder, and dropped.
    name = words("file", 200).replace("/", "|")
    uploads = [
        imports.Upload(f"{name}.html", page_of(words, "The weir broke. It was old.")),
        imports.Upload(f"{name}.txt", b"\xff\xfe\x00broken"),
        imports.Upload(f"{name}.jsonl", b'{"text": "Fine words stand here."}'),
    ]
    made = []
    for some in (uploads, uploads[2:]):
        batch = run(imports.create_batch(at.project, some, by=at.ada))
        if made:
            imports.store_batch(batch, by=at.ada)
            batch = run(batch)
        made.append(batch)
    return made[0], made[1]


@contextmanager
def kept_tables() -> Iterator[None]:
    """Keep what is stored while a module's tests run, and empty the tables after them."""
    try:
        yield
    finally:
        guards.lift(connection)
        try:
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        finally:
            guards.install(connection)


# --- the screens ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screen:
    """An address, who looks at it, and what is done there before it is looked at."""

    url: Callable[[Scene], str]
    who: str | None = "ada"
    act: Callable[[Any], None] | None = None


def _project(name: str, *, query: str = "") -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[scene.slug]) + query


def _empty(name: str, *, query: str = "") -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=["empty"]) + query


def _flood(name: str, *, query: str = "") -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[scene.slug, scene.flood.pk]) + query


def _dam(name: str, *, query: str = "") -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[scene.slug, scene.dam.pk]) + query


def _tides(key: str, name: str = "versions", *, span: str = "") -> Callable[[Scene], str]:
    def url(scene: Scene) -> str:
        query = f"?span={scene.keys[span]}" if span else ""
        return reverse(name, args=[scene.slug, scene.keys[key]]) + query

    return url


def _claim(name: str = "article", *, query: str = "") -> Callable[[Scene], str]:
    if name == "article":
        return lambda scene: _flood("article")(scene) + f"#s-{scene.claim.pk}"
    return lambda scene: reverse(name, args=[scene.slug, scene.flood.pk, scene.claim.pk]) + query


def _open_all(page: Any) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")


def _ready(page: Any) -> None:
    page.wait_for_function("() => document.getElementById('announcements') !== null")


def _select(page: Any) -> None:
    """Select the words of a mark, as a double click and a drag do."""
    _ready(page)
    page.evaluate(
        """() => {
          const mark = document.querySelector("#article mark");
          mark.scrollIntoView({ block: "center" });
          document.getSelection().selectAllChildren(mark);
        }"""
    )
    page.locator("#marker").wait_for()


def _select_and_open(page: Any) -> None:
    _select(page)
    page.keyboard.press("Enter")
    page.locator("#marker select").select_option("named")
    page.locator("#marker-speaker").press_sequentially("e")
    page.locator("#marker-speakers").wait_for()


def _active(page: Any) -> None:
    _ready(page)
    page.locator(".span-card[aria-current]").wait_for()


def _editing(page: Any) -> None:
    _active(page)
    page.locator(".span-card[aria-current] .span-panel").wait_for(state="attached")
    page.keyboard.press("e")


def _commenting(page: Any) -> None:
    _active(page)
    page.locator(".span-card > .comments").wait_for()
    page.keyboard.press("t")
    page.keyboard.type("@")
    page.locator(".mention-list").wait_for()


def _naming(page: Any) -> None:
    page.locator(".comments textarea").last.press_sequentially("@")
    page.locator(".mention-list").wait_for()


def _evidence(page: Any) -> None:
    _active(page)
    page.keyboard.press(".")
    page.locator("#evidence .evidence-panel").wait_for()


def _keys(*keys: str, then: str = "") -> Callable[[Any], None]:
    def press(page: Any) -> None:
        _ready(page)
        for key in keys:
            page.keyboard.press(key)
        page.locator(then).first.wait_for()

    return press


def _unsaved(page: Any) -> None:
    # For good: what waits is sent again, also by the next page. Loaded anew, because requests of
    # the page that is here already may pass by a route that was set a moment ago.
    page.route("**/withdraw", lambda route: route.abort())
    page.reload()
    _active(page)
    page.keyboard.press("w")
    page.locator("#outbox").wait_for()


def _press(button: str, then: str = ".errorlist, [role=alert], .refusal") -> Callable[[Any], None]:
    """Return what presses a button of a form that is then refused."""

    def act(page: Any) -> None:
        page.evaluate(
            "document.querySelectorAll('form').forEach((one) => { one.noValidate = true })"
        )
        page.get_by_role("button", name=button, exact=True).first.click()
        page.locator(then).first.wait_for()

    return act


def _refused_citation(page: Any) -> None:
    _open_all(page)
    page.locator("#ev-cite button.primary").click()
    page.locator(".errorlist").first.wait_for()
    _open_all(page)


def _mark_twice(page: Any) -> None:
    page.get_by_label("Words to mark").fill("it")
    page.get_by_role("radio", name="claim", exact=True).check()
    page.get_by_role("button", name="Mark", exact=True).click()
    page.get_by_role("button", name="Mark this one").first.wait_for()


def _two_versions(page: Any) -> None:
    # A revision that never was: whatever differs from what is stored stands side by side.
    page.evaluate("document.querySelector('[name=revision]').value = '999'")
    page.get_by_label("Note").fill("Mine: cafe\u0301 שלום 🌊")
    page.get_by_role("radio", name="opinion", exact=True).check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("[data-conflict]").wait_for()


def _quote_twice(page: Any) -> None:
    page.locator("#quote").fill("geese")
    page.get_by_role("button", name="Mark these words").click()
    page.locator("#places-heading").wait_for()


def _roles_in_doubt(page: Any) -> None:
    block = page.locator("#roles select").nth(2)
    block.select_option("boilerplate")
    block.locator("xpath=ancestor::form").locator("button.primary").click()
    page.locator("#confirm-heading").wait_for()


SCREENS: dict[str, Screen] = {
    "login": Screen(lambda scene: reverse("login"), None),
    "login refused": Screen(lambda scene: reverse("login"), None, _press("Log in")),
    "password": Screen(lambda scene: reverse("password"), act=_press("Change password")),
    "password changed": Screen(lambda scene: reverse("password-changed")),
    "not found": Screen(lambda scene: "/p/nowhere/"),
    "not allowed": Screen(_project("import"), "ben"),
    "not this way": Screen(lambda scene: reverse("theme")),
    "projects": Screen(lambda scene: reverse("projects")),
    "no project": Screen(lambda scene: reverse("projects"), "root"),
    "new project": Screen(lambda scene: reverse("project-new")),
    "new project refused": Screen(
        lambda scene: reverse("project-new"), act=_press("Begin the project")
    ),
    "articles": Screen(_project("articles")),
    "articles, none found": Screen(_project("articles", query="?q=zebra")),
    "articles, empty": Screen(_empty("articles")),
    "article": Screen(_flood("article")),
    "article, all to do": Screen(_dam("article")),
    "article, nothing marked": Screen(
        lambda scene: reverse("article", args=["solo", scene.keys["unmarked"]])
    ),
    "article, handles": Screen(_flood("article"), "cleo", _keys("n", "Enter", then=".handle-end")),
    "article, active span": Screen(_claim(), "cleo", _active),
    "article, editing": Screen(_claim(), "cleo", _editing),
    "article, popover": Screen(_flood("article"), "cleo", _select),
    "article, popover with fields": Screen(_flood("article"), "cleo", _select_and_open),
    "article, keyboard mode": Screen(
        _flood("article"), "cleo", _keys("m", "ArrowRight", then="#keyboard-mode")
    ),
    "article, keys": Screen(_flood("article"), act=_keys("?", then="#keys-help")),
    "article, guide": Screen(_flood("article"), act=_keys("g", then="dialog[open] h2")),
    "article, unsaved": Screen(_claim(), "ben", _unsaved),
    "article, evidence": Screen(_claim(), "ada", _evidence),
    "mark": Screen(_flood("span-add")),
    "mark refused": Screen(_flood("span-add"), act=_press("Mark")),
    "mark, which of them": Screen(_dam("span-add"), act=_mark_twice),
    "span": Screen(_claim("span")),
    "span, two versions": Screen(_claim("span"), act=_two_versions),
    "blocks": Screen(_flood("blocks")),
    "evidence": Screen(_claim("evidence", query="?find="), "ada", _open_all),
    "evidence refused": Screen(_claim("evidence"), "ada", _refused_citation),
    "second reading": Screen(_dam("second-reading"), "ben", _open_all),
    "second reading, returned": Screen(
        lambda scene: _flood("second-reading")(scene) + f"?span={scene.opinion.pk}", act=_open_all
    ),
    "second reading, proposal": Screen(
        lambda scene: _dam("second-reading")(scene) + f"?span={scene.keys['blunder']}",
        "cleo",
        _open_all,
    ),
    "sign-off": Screen(_flood("sign-off"), "ben", _open_all),
    "sign-off, lapsed": Screen(_dam("sign-off"), "ben", _open_all),
    "certificate": Screen(
        lambda scene: reverse(
            "certificate", args=[scene.slug, scene.flood.pk, scene.keys["signed"]]
        )
    ),
    "history": Screen(_flood("history"), act=_open_all),
    "versions": Screen(_tides("next tide"), "cleo", _open_all),
    "versions, not found": Screen(_tides("next tide", span="gone"), "cleo", _open_all),
    "versions, which of them": Screen(_tides("next tide", span="gone"), "cleo", _quote_twice),
    "versions, an older one": Screen(_tides("tide")),
    "versions, only one": Screen(_flood("versions")),
    "article, an older version": Screen(_tides("tide", "article")),
    "comments": Screen(_flood("comments"), act=_open_all),
    "comments, empty": Screen(_dam("comments")),
    "comments, names": Screen(_flood("comments"), "ben", _naming),
    "article, comments": Screen(_claim(), "ben", _commenting),
    "inbox": Screen(lambda scene: reverse("inbox")),
    "inbox, empty": Screen(lambda scene: reverse("inbox"), "dan"),
    "trash": Screen(_flood("trash")),
    "trash, empty": Screen(_dam("trash")),
    "mark every": Screen(_flood("span-every", query="?quote=it")),
    "mark every, refused": Screen(_flood("span-every", query="?quote=zebra")),
    "article, every occurrence": Screen(
        _flood("article"), "cleo", _keys("n", "a", then=".every-dialog h2")
    ),
    "details": Screen(_flood("article-details")),
    "details, for a reader": Screen(_flood("article-details"), "cleo"),
    "details, roles in doubt": Screen(_flood("article-details"), act=_roles_in_doubt),
    "spans": Screen(_project("spans"), act=_open_all),
    "spans, none found": Screen(_project("spans", query="?q=zebra")),
    "spans, empty": Screen(_empty("spans")),
    "sources": Screen(_project("sources"), act=_open_all),
    "sources, empty": Screen(_empty("sources")),
    "source": Screen(
        lambda scene: reverse("source", args=[scene.slug, scene.source.pk]), act=_open_all
    ),
    "new source": Screen(_project("source-new"), act=_open_all),
    "new source refused": Screen(_project("source-new"), act=_press("Add the source")),
    "import": Screen(_project("import")),
    "import refused": Screen(_project("import"), act=_press("Upload and read")),
    "import, looked at": Screen(
        lambda scene: reverse("import-batch", args=[scene.slug, scene.batch.pk]), act=_open_all
    ),
    "import, stored": Screen(
        lambda scene: reverse("import-batch", args=[scene.slug, scene.done.pk]), act=_open_all
    ),
    "export": Screen(_project("export"), act=_open_all),
    "settings": Screen(_project("settings"), act=_open_all),
    "settings, for a reader": Screen(_project("settings"), "cleo"),
    "guide": Screen(_project("guide"), act=_open_all),
}  # fmt: skip
