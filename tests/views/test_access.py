"""Every address, as every role, as strangers and as nobody, with one's own and others' rows.

An address that is new needs a line in ``ROUTES``: the least role that may fetch it and the least
that may post to it (None: not that way at all), and what a good form posts where a bad one would
be answered before the right is looked at. What stands in angle brackets in an address is filled
from ``World.keys``; a new name needs an entry there.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RoutePattern

from annotations.actions.assignments import assign
from annotations.actions.projects import set_member
from annotations.domain.vocabulary import Role
from annotations.models import (
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    Decision,
    ImportBatch,
    Speaker,
    WorkLogEntry,
)
from tests.builders import account
from tests.stories import Story, story

VIEWER, ANNOTATOR, REVIEWER, MANAGER = Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER
#: Above every role.
NOBODY = "nobody"
RANK = {VIEWER: 0, ANNOTATOR: 1, REVIEWER: 2, MANAGER: 3, NOBODY: 4}


@dataclass
class World:
    """One project with a row of every kind; keys of its rows by the names addresses use."""

    story: Story

    @property
    def slug(self) -> str:
        return self.story.desk.project.slug

    @property
    def batch(self) -> ImportBatch:
        """A batch that waits for a person, so that a look at it begins no work."""
        at = self.story.desk
        return ImportBatch.objects.get_or_create(
            project=at.project, person=at.ada, state=ImportBatch.State.PREVIEW
        )[0]

    @property
    def assignment(self) -> Assignment:
        at, flood = self.story.desk, self.story.flood
        found = Assignment.objects.filter(article=flood).first()
        return found or assign(flood, person=at.cleo, kind="annotate", by=at.ada)

    @property
    def keys(self) -> dict[str, Callable[[], Any]]:
        at, flood = self.story.desk, self.story.flood
        return {
            "slug": lambda: self.slug,
            "article": lambda: flood.pk,
            "span": lambda: self.story.claim.pk,
            "label": lambda: at.label("c").pk,
            "person": lambda: at.ben.pk,
            "source": lambda: self.story.report.pk,
            "assertion": lambda: self.story.claim.assertion_id,
            "index": lambda: Block.objects.filter(article=flood)[1].index,
            "citation": lambda: Citation.objects.filter(source=self.story.report)[0].pk,
            "decision": lambda: Decision.objects.filter(span=self.story.claim)[0].pk,
            "signed": lambda: flood.sign_offs.get().pk,
            "comment": lambda: Comment.objects.filter(article=flood)[0].pk,
            "assignment": lambda: self.assignment.pk,
            "speaker": lambda: Speaker.objects.filter(project=at.project)[0].pk,
            "entry": lambda: WorkLogEntry.objects.filter(assertion__project=at.project)[0].pk,
            "relation": lambda: AssertionRelation.objects.filter(subject__project=at.project)[0].pk,
            "batch": lambda: self.batch.pk,
            "item": lambda: self.batch.items.get_or_create(position=0, name="flood.txt")[0].pk,
        }


@dataclass(frozen=True)
class Route:
    reads: Role | None
    writes: Role | str | None
    #: What a good form posts, where an empty one would be refused before the right is asked.
    form: Callable[[World], dict[str, Any]] | None = None
    #: What the address asks for when it is fetched, where it must ask for something.
    query: str = ""
    #: Whether cleo may post to it whatever her role, because the row is hers.
    own: bool = False


def _span(world: World) -> dict[str, Any]:
    return {"start": 0, "end": 4, "label": world.story.desk.label("f").pk, "voice": "author"}


def _every(world: World) -> dict[str, Any]:
    return {"place": ["0-4", "5-8"], "label": world.story.desk.label("f").pk}


def _again(world: World) -> dict[str, Any]:
    return {"revision": world.story.claim.revision, "note": "Seen again."}


def _source(world: World) -> dict[str, Any]:
    return {"source": world.keys["source"]()}


def _assertion(world: World) -> dict[str, Any]:
    return {"assertion": world.story.opinion.assertion_id}


ROUTES: dict[str, Route] = {
    "articles": Route(VIEWER, None),
    "guide": Route(VIEWER, None),
    "article": Route(VIEWER, None),
    "article-about": Route(VIEWER, None),
    "changes": Route(VIEWER, None),
    "project-changes": Route(VIEWER, None),
    "here": Route(None, VIEWER, lambda world: {"tab": str(uuid4()), "block": "1"}),
    "blocks": Route(VIEWER, None),
    "cards": Route(VIEWER, None, query="?after=0.0.00000000-0000-4000-8000-000000000000"),
    "block-role": Route(None, REVIEWER, lambda world: {"role": "caption"}),
    "block-read": Route(None, ANNOTATOR),
    "undo": Route(None, VIEWER),
    "redo": Route(None, VIEWER),
    "span": Route(VIEWER, None),
    "span-original": Route(VIEWER, None, query="?start=0&end=3"),
    "span-add": Route(VIEWER, ANNOTATOR, _span),
    "span-every": Route(VIEWER, ANNOTATOR, _every),
    "span-change": Route(None, ANNOTATOR, _again),
    "span-keep": Route(None, ANNOTATOR, lambda world: {"body": "Both שלום."}),
    "span-withdraw": Route(None, ANNOTATOR, _again),
    "span-restore": Route(None, ANNOTATOR, _again),
    "evidence": Route(VIEWER, None),
    "evidence-save": Route(None, ANNOTATOR),
    "evidence-look": Route(None, ANNOTATOR),
    "cite": Route(None, ANNOTATOR, lambda world: {"stance": "context", **_source(world)}),
    "assertion-describe": Route(None, ANNOTATOR, lambda world: {"paraphrase": "It rose."}),
    "assertion-state": Route(None, ANNOTATOR, lambda world: {"state": "searching"}),
    "assertion-log": Route(None, ANNOTATOR, lambda world: {"kind": "search", "what": "gauge"}),
    "log-withdraw": Route(None, ANNOTATOR),
    "assertion-verdict": Route(None, ANNOTATOR, lambda world: {"verdict": "refuted"}),
    "assertion-join": Route(None, ANNOTATOR, lambda world: _assertion(world)),
    "assertion-split": Route(None, ANNOTATOR),
    "assertion-relate": Route(
        None, ANNOTATOR, lambda world: {"kind": "repeats", **_assertion(world)}
    ),
    "relation-withdraw": Route(None, ANNOTATOR),
    "citation-change": Route(
        None, ANNOTATOR, lambda world: {"stance": "supports", "locator": "p. 3"}
    ),
    "citation-confirm": Route(None, REVIEWER),
    "citation-withdraw": Route(None, ANNOTATOR),
    "citation-restore": Route(None, ANNOTATOR),
    "source-find": Route(ANNOTATOR, None),
    "second-reading": Route(VIEWER, None),
    "decide": Route(None, REVIEWER, lambda world: {"outcome": "accepted"}),
    "take-proposal": Route(None, ANNOTATOR),
    "decline-proposal": Route(None, ANNOTATOR, lambda world: {"answer": "It can be checked."}),
    "confirm-here": Route(None, REVIEWER),
    "sign-off": Route(VIEWER, None),
    "sign": Route(None, REVIEWER),
    "certificate": Route(VIEWER, None),
    "history": Route(VIEWER, None),
    "trash": Route(VIEWER, None),
    "trash-restore": Route(None, ANNOTATOR),
    "comments": Route(VIEWER, None),
    "comment-people": Route(ANNOTATOR, None),
    "comment-add": Route(None, ANNOTATOR, lambda world: {"body": "Who says so?"}),
    "comment-change": Route(None, NOBODY, lambda world: {"body": "Who says so?"}, own=True),
    "comment-withdraw": Route(None, NOBODY, own=True),
    "comment-resolve": Route(None, ANNOTATOR),
    "comment-reopen": Route(None, ANNOTATOR),
    "assign": Route(None, MANAGER),
    "assignment-withdraw": Route(None, MANAGER),
    "assignment-done": Route(None, MANAGER, own=True),
    "export": Route(VIEWER, None),
    "export-file": Route(VIEWER, None, query="?format=jsonl&articles=all&people=pseudonyms"),
    "spans": Route(VIEWER, None),
    "spans-csv": Route(VIEWER, None),
    "sources": Route(VIEWER, None),
    "sources-csv": Route(VIEWER, None),
    "unseen": Route(VIEWER, None),
    "source-new": Route(ANNOTATOR, ANNOTATOR),
    "source": Route(VIEWER, ANNOTATOR),
    "source-erase": Route(None, MANAGER),
    "import": Route(MANAGER, None),
    "import-upload": Route(None, MANAGER),
    "import-paste": Route(None, MANAGER),
    "import-batch": Route(MANAGER, None),
    "import-item": Route(None, MANAGER),
    "import-store": Route(None, MANAGER),
    "import-drop": Route(None, MANAGER),
    "article-details": Route(VIEWER, None),
    "article-correct": Route(None, MANAGER),
    "article-roles": Route(None, REVIEWER),
    "versions": Route(VIEWER, None),
    "versions-undo": Route(None, VIEWER),
    "carried-alike": Route(None, ANNOTATOR),
    "read-again": Route(None, MANAGER),
    "carried-settle": Route(None, ANNOTATOR),
    "carried-move": Route(None, ANNOTATOR, lambda world: {"start": 0, "end": 4}),
    "carried-withdraw": Route(None, ANNOTATOR, _again),
    "carried-place": Route(None, ANNOTATOR, lambda world: {"start": 0, "end": 4}),
    "carried-leave": Route(None, ANNOTATOR),
    "settings": Route(VIEWER, None),
    "project-change": Route(None, MANAGER),
    "policy-change": Route(None, MANAGER),
    "member-add": Route(None, MANAGER),
    "account-add": Route(None, MANAGER),
    "person-add": Route(None, MANAGER),
    "person-rename": Route(None, MANAGER),
    "member-role": Route(None, MANAGER),
    "member-remove": Route(None, MANAGER),
    "person-link": Route(None, MANAGER),
    "label-add": Route(None, MANAGER),
    "label-change": Route(None, MANAGER),
}
#: For everybody who is logged in, whatever his projects.
FOR_ACCOUNTS = {"projects", "project-new", "password", "password-changed"} | {
    "inbox",
    "inbox-count",
    "inbox-open",
    "inbox-mark",
}
#: For everybody; what they answer is theirs to test.
FOR_ALL = {"login", "logout", "theme"}

#: What a request that may go through is answered with: a page, a redirect to one, or a refusal of
#: what was sent.
THROUGH = {200, 302, 303, 409, 422}
#: What an address answers that is not there for a method: a form's leads to the page of the form.
UNANSWERED = {"GET": {303, 405}, "POST": {405}}


def patterns(found: Any = None) -> Iterator[URLPattern]:
    """Yield every address but the admin's, which has a test of its own."""
    for pattern in found or get_resolver().url_patterns:
        if not isinstance(pattern, URLPattern):
            if not str(pattern.pattern).startswith("admin"):
                yield from patterns(pattern.url_patterns)
        else:
            yield pattern


def names_in(name: str) -> list[str]:
    [pattern] = [pattern for pattern in patterns() if pattern.name == name]
    assert isinstance(pattern.pattern, RoutePattern)
    return list(pattern.pattern.converters)


def address(world: World, name: str, **instead: Any) -> str:
    kwargs = {key: instead.get(key) or world.keys[key]() for key in names_in(name)}
    return reverse(name, kwargs=kwargs) + ROUTES[name].query


def ask(client: Client, method: str, url: str, data: dict[str, Any] | None = None) -> int:
    """Return the status of one request, whose changes are taken back."""
    before = transaction.savepoint()
    try:
        return (
            client.generic(method, url).status_code
            if method == "GET"
            else (client.post(url, data or {}).status_code)
        )
    finally:
        transaction.savepoint_rollback(before)


def form(world: World, name: str) -> dict[str, Any]:
    make = ROUTES[name].form
    return make(world) if make else {}


def browser(who: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(who)
    return client


@pytest.fixture
def world(told: Any) -> World:
    return World(told)


def test_every_address_stands_in_the_table_and_every_line_is_an_address() -> None:
    here = {pattern.name for pattern in patterns()}

    assert None not in here, "Every address needs a name."
    assert here == {*ROUTES, *FOR_ACCOUNTS, *FOR_ALL}


def test_whoever_is_not_logged_in_is_sent_to_the_login_page(world: World) -> None:
    nobody = Client(raise_request_exception=False)
    wrong = []
    for url in [address(world, name) for name in ROUTES] + [reverse(one) for one in FOR_ACCOUNTS]:
        sent = nobody.get(url)
        if (sent.status_code, sent.get("Location", "").split("?")[0]) != (302, "/login/"):
            wrong.append((url, "GET", sent.status_code))
        # A form is answered with what it held, so that nothing typed is lost.
        told = nobody.post(url)
        if told.status_code != 401 or 'href="/login/?next=' not in told.content.decode():
            wrong.append((url, "POST", told.status_code))

    assert wrong == []


def test_whatever_address_is_opened_there_is_a_page(world: World) -> None:
    at = world.story.desk
    client = browser(at.account(at.ada))
    addresses = [address(world, name) for name in ROUTES] + [
        reverse(name) for name in FOR_ACCOUNTS | FOR_ALL
    ]
    wrong = []
    for url in addresses:
        shown = client.get(url, follow=True)
        good = 200 if url not in ("/logout/", "/theme/", "/inbox/open") else shown.status_code
        if shown.status_code != good or not shown.getvalue().strip():
            wrong.append((url, shown.status_code))

    assert wrong == []
    for url in ("/logout/", "/theme/"):
        page = client.get(url)
        assert page.status_code == 405
        assert page["Allow"]
        assert "To your projects" in page.content.decode()


def test_a_page_that_refuses_a_form_says_which_page_it_is(world: World) -> None:
    at = world.story.desk
    client = browser(at.account(at.ada))
    wrong, told = [], 0
    for name, route in ROUTES.items():
        if route.writes is None:
            continue
        url = address(world, name)
        before = transaction.savepoint()
        answer = client.post(url)
        transaction.savepoint_rollback(before)
        said = re.search(r'<html[^>]* data-here="([^"]+)"', answer.content.decode())
        if answer.status_code not in (409, 422):
            continue
        told += 1
        if said is None or client.get(html.unescape(said[1])).status_code != 200:
            wrong.append((name, said and said[1]))

    assert wrong == []
    assert told > 20


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("sign", "sign-off"),
        ("cite", "evidence"),
        ("log-withdraw", "evidence"),
        ("comment-resolve", "comments"),
        ("carried-alike", "versions"),
        ("read-again", "versions"),
        ("block-read", "blocks"),
        ("undo", "article"),
        ("label-change", "settings"),
        ("import-item", "import-batch"),
    ],
)
def test_the_address_of_a_form_leads_to_its_page_and_a_script_is_told(
    world: World, name: str, page: str
) -> None:
    client = browser(world.story.desk.account(world.story.desk.ada))
    url = address(world, name)

    led = client.get(url)

    assert (led.status_code, led["Location"]) == (303, address(world, page))
    assert client.get(url, headers={"Accept": "application/json"}).status_code == 405


@pytest.mark.parametrize("name", ["decide", "carried-settle"])
def test_the_address_of_a_form_about_a_span_leads_to_that_span(world: World, name: str) -> None:
    client = browser(world.story.desk.account(world.story.desk.ada))

    led = client.get(address(world, name))

    assert led["Location"].endswith(f"?span={world.story.claim.pk}")


def test_strangers_and_members_of_other_projects_find_nothing(world: World) -> None:
    other = story("other", prefix="x").desk
    wrong = []
    for who in (world.story.desk.dan, other.account(other.ada)):
        client = browser(who)
        for name, route in ROUTES.items():
            url = address(world, name)
            for method, least in (("GET", route.reads), ("POST", route.writes)):
                status = ask(client, method, url, form(world, name))
                if status not in ((404,) if least else UNANSWERED[method]):
                    wrong.append((str(who), name, method, status))

    assert wrong == []


@pytest.mark.parametrize("role", Role.values)
def test_each_role_gets_what_it_may_and_nothing_else(world: World, role: str) -> None:
    at = world.story.desk
    people = {MANAGER: at.ada, REVIEWER: at.ben, ANNOTATOR: at.cleo}
    if role == VIEWER:
        person = set_member(at.project, account=account("vic"), role=VIEWER, by=at.ada)
    else:
        person = people[Role(role)]
    client = browser(at.account(person))
    wrong = []
    for name, route in ROUTES.items():
        url = address(world, name)
        for method, least in (("GET", route.reads), ("POST", route.writes)):
            status = ask(client, method, url, form(world, name))
            if least is None:
                good = status in UNANSWERED[method]
            elif RANK[Role(role)] < RANK[least] and not (route.own and person == at.cleo):
                good = status == 403
            else:
                good = status == 200 if method == "GET" else status in THROUGH
            if not good:
                wrong.append((name, method, status))

    assert wrong == []


def test_rows_of_another_project_are_not_there_under_ones_own(world: World) -> None:
    other = World(story("other", prefix="x"))
    client = browser(world.story.desk.account(world.story.desk.ada))
    tried, wrong = 0, []
    for name, route in ROUTES.items():
        for key in set(names_in(name)) - {"slug", "index"}:
            url = address(world, name, **{key: other.keys[key]()})
            for method, least in (("GET", route.reads), ("POST", route.writes)):
                if least is not None:
                    tried += 1
                    status = ask(client, method, url, form(world, name))
                    if status != 404:
                        wrong.append((name, key, method, status))

    assert wrong == []
    assert tried > 20


def test_a_row_named_in_a_form_must_be_of_the_project_too(world: World) -> None:
    other = World(story("other", prefix="x"))
    client = browser(world.story.desk.account(world.story.desk.cleo))
    foreign = {**_span(other), "speaker": other.keys["speaker"]()}

    for field in ("label", "speaker"):
        sent = {**_span(world), field: foreign[field], "voice": "named"}
        status = ask(client, "POST", address(world, "span-add"), sent)

        assert status in (404, 422), field


def test_rows_that_never_were_are_not_there(world: World) -> None:
    never = "00000000-0000-4000-8000-000000000000"
    client = browser(world.story.desk.account(world.story.desk.ada))
    wrong = []
    for name, route in ROUTES.items():
        instead = dict.fromkeys(set(names_in(name)) - {"slug", "index"}, never)
        for number in {"index", "item"} & set(names_in(name)):
            instead[number] = 999_999
        if instead:
            method = "GET" if route.reads else "POST"
            status = ask(client, method, address(world, name, **instead), form(world, name))
            if status != 404:
                wrong.append((name, status))

    assert wrong == []


# --- the administration -----------------------------------------------------------------------


def test_the_administration_is_for_staff_and_changes_nothing_but_accounts(world: World) -> None:
    from django.apps import apps
    from django.contrib import admin

    shown = set(admin.site._registry) & set(apps.get_app_config("annotations").get_models())
    hidden = set(apps.get_app_config("annotations").get_models()) - shown
    member = browser(world.story.desk.account(world.story.desk.ben))
    # Staff to begin projects, and no more: the administration has nothing for her.
    maker = browser(world.story.desk.account(world.story.desk.ada))
    boss = account("boss")
    boss.is_staff = boss.is_superuser = True
    boss.save()
    staff = browser(boss)

    # What only its named readers see, what makes digests unguessable, and the index that search
    # makes of what is shown here.
    assert {model.__name__ for model in hidden} == {"ConfidentialDetails", "Salt", "SearchEntry"}
    assert ask(member, "GET", "/admin/") == 302
    assert ask(maker, "GET", "/admin/auth/user/") == 403
    assert ask(staff, "GET", "/admin/auth/user/add/") == 200
    for model in shown:
        place = f"/admin/annotations/{model._meta.model_name}/"
        assert ask(member, "GET", place) == 302
        assert ask(maker, "GET", place) == 403
        assert ask(staff, "GET", place) == 200, place
        assert ask(staff, "GET", f"{place}add/") == 403
        row = model._default_manager.first()
        if row is not None:
            assert ask(staff, "GET", f"{place}{row.pk}/change/") == 200, place
            assert ask(staff, "POST", f"{place}{row.pk}/change/") == 403
            assert ask(staff, "POST", f"{place}{row.pk}/delete/", {"post": "yes"}) == 403


def test_the_administration_shows_a_payload_as_text(world: World) -> None:
    boss = account("boss")
    boss.is_staff = boss.is_superuser = True
    boss.save()
    stream = world.story.desk.project.pk
    from annotations.models import Event

    event = Event.objects.filter(stream=stream).first()
    page = browser(boss).get(f"/admin/annotations/event/{event.pk}/change/")

    assert "&quot;changes&quot;" in page.text
