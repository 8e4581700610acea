"""What a confidential source is appears nowhere, nor what it was while it was open."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import evidence
from annotations.actions.projects import set_member
from annotations.domain.errors import Refused
from annotations.domain.vocabulary import Role
from annotations.formats.registry import EXPORTERS
from annotations.models import Citation, Event, Person, Source, Span
from annotations.queries.access import member
from annotations.queries.dataset import ProjectDataset
from annotations.queries.evidence import assertion_text
from annotations.queries.snapshot import snapshot
from tests.builders import account
from tests.stories import Story, sign
from tests.views.test_access import ROUTES, World, address

#: What each field says before the source is confidential, then while it is.
OPEN = {
    "title": "OPENTITLE",
    "publisher": "OPENPUBLISHER",
    "authors": ["OPENAUTHOR"],
    "published": "1911-11-11",
    "note": "OPENNOTE",
    "url": "https://openaddress.example/",
}
CLOSED = {
    "title": "SHUTTITLE",
    "publisher": "SHUTPUBLISHER",
    "authors": ["SHUTAUTHOR"],
    "published": "1922-12-22",
    "note": "SHUTNOTE",
    "url": "",
}
COPY = "https://opencopy.example/"
#: Dates appear as they are typed and as they are read.
MARKERS = (
    *(
        "OPENTITLE",
        "OPENPUBLISHER",
        "OPENAUTHOR",
        "1911-11",
        "November 1911",
        "OPENNOTE",
        "openaddress",
    ),
    *(
        "SHUTTITLE",
        "SHUTPUBLISHER",
        "SHUTAUTHOR",
        "1922-12",
        "December 1922",
        "SHUTNOTE",
        "SHUTDETAILS",
    ),
    *("opencopy", "TWICE"),
)
QUOTATION = "QUOTEDWORDS שלום"
#: Of these, the details and what it is now are for its reader alone.
READERS_OWN = (
    "SHUTTITLE",
    "SHUTPUBLISHER",
    "SHUTAUTHOR",
    "1922-12",
    "December 1922",
    "SHUTNOTE",
    "SHUTDETAILS",
)


class Signed(World):
    """The sign-off that a page is asked for is the newest."""

    @property
    def keys(self) -> dict[str, Any]:
        newest = self.story.flood.sign_offs.order_by("signed_at")
        return super().keys | {"signed": lambda: newest.last().pk}


@pytest.fixture
def world(told: Any) -> World:
    return Signed(told)


@pytest.fixture
def secret(world: World) -> Source:
    """A source that was open, changed while it was, and is confidential now; ada reads it."""
    return hidden(world.story)


def hidden(story: Story) -> Source:
    at = story.desk
    source = evidence.add_source(at.project, by=at.ada, **OPEN)
    evidence.cite(
        story.claim,
        source,
        by=at.ada,
        quotation=QUOTATION,
        archive_url=COPY,
        archived_on="2021-01-02",
    )
    evidence.change_source(source, by=at.ada, title="OPENTITLE TWICE")
    sign(story.flood, at.ben)
    evidence.change_source(source, by=at.ada, access="confidential", **CLOSED)
    evidence.set_confidential(source, details="SHUTDETAILS", readers=(), by=at.ada)
    evidence.change_source(source, by=at.ada, note="SHUTNOTE again")
    return Source.objects.get(pk=source.pk)


def people(story: Story) -> Iterator[tuple[Role, Person]]:
    at = story.desk
    yield Role.VIEWER, set_member(at.project, account=account("vic"), role=Role.VIEWER, by=at.ada)
    yield Role.ANNOTATOR, at.cleo
    yield Role.REVIEWER, at.ben
    yield Role.MANAGER, at.ada


def found_in(text: str, allowed: tuple[str, ...] = ()) -> list[str]:
    return [marker for marker in MARKERS if marker in text and marker not in allowed]


def answers(client: Client, world: World, secret: Source) -> Iterator[tuple[str, str]]:
    """Yield every address with what it answers, as a page and as JSON, to a GET and to a POST."""
    extra = [
        reverse("source", args=[world.slug, secret.pk]),
        reverse("articles", args=[world.slug]) + "?q=OPENTITLE",
        reverse("spans", args=[world.slug]) + "?q=openaddress",
        reverse("sources", args=[world.slug]) + "?q=OPENPUBLISHER",
        reverse("sources", args=[world.slug]) + "?q=SHUTTITLE",
        reverse("source-find", args=[world.slug, world.story.flood.pk]) + "?words=OPENTITLE",
        reverse("evidence", args=[world.slug, world.story.flood.pk, world.story.claim.pk])
        + "?fragment=1&find=OPENTITLE",
        reverse("inbox"),
    ]
    query = ("OPENTITLE", "openaddress", "OPENPUBLISHER", "SHUTTITLE")
    for url in [*(address(world, name) for name in ROUTES), *extra]:
        for accept in ("text/html", "application/json"):
            answer = client.get(url, headers={"Accept": accept})
            text = answer.getvalue().decode()
            # What was searched for is said again by the page that searches.
            for word in query if word_asked(url, query) else ():
                text = text.replace(word, "") if word in url else text
            yield f"GET {url} {accept}", text
    for name, route in ROUTES.items():
        if route.writes is None:
            continue
        data = (route.form(world) if route.form else {}) | {"revision": "1"}
        before = transaction.savepoint()
        for accept in ("text/html", "application/json"):
            answer = client.post(address(world, name), data, headers={"Accept": accept})
            yield f"POST {name} {accept}", answer.getvalue().decode()
        transaction.savepoint_rollback(before)


def word_asked(url: str, words: tuple[str, ...]) -> bool:
    return any(word in url for word in words)


@pytest.mark.parametrize("role", Role.values)
def test_no_page_answer_or_refusal_tells_what_it_is_or_was(
    world: World, secret: Source, role: str
) -> None:
    person = dict(people(world.story))[Role(role)]
    client = Client(raise_request_exception=False)
    client.force_login(world.story.desk.account(person))
    # Its reader sees what it is now, and of what it was no more than anybody.
    allowed = READERS_OWN if role == Role.MANAGER else ()
    told = {where: found_in(text, allowed) for where, text in answers(client, world, secret)}

    assert {where: found for where, found in told.items() if found} == {}
    assert len(told) > 200


def test_its_history_says_that_it_became_confidential_and_no_more(
    world: World, secret: Source
) -> None:
    client = Client()
    client.force_login(world.story.desk.account(world.story.desk.ada))
    page = client.get(reverse("history", args=[world.slug, world.story.flood.pk])).content.decode()

    assert "changed a source" in page
    assert "confidential" in page
    assert found_in(page) == []


@pytest.mark.parametrize("name", sorted(EXPORTERS))
@pytest.mark.parametrize("signed_off", [False, True])
def test_no_export_holds_what_it_is_or_was(
    world: World, secret: Source, name: str, signed_off: bool
) -> None:
    sign(world.story.flood, world.story.desk.ben)
    with snapshot():
        dataset = ProjectDataset(world.story.desk.project, people="names", signed_off=signed_off)
        text = b"".join(EXPORTERS[name].write(dataset)).decode()

    assert found_in(text) == []
    # Decided: a quotation is the citation's own, and leaves like any other.
    assert "QUOTEDWORDS" in text


def test_a_fixture_withholds_the_payloads_that_tell_of_it_and_no_others(
    world: World, secret: Source
) -> None:
    with snapshot():
        text = b"".join(EXPORTERS["fixture"].write(ProjectDataset(world.story.desk.project)))
    left = {row["pk"]: row["fields"] for row in json.loads(text) if "event" in row["model"]}
    withheld = {pk for pk, fields in left.items() if fields["payload"] is None}
    told = {
        str(event.pk)
        for event in Event.objects.filter(pk__in=left, payload__isnull=False)
        if found_in(event.payload or "") or '"table":"person"' in (event.payload or "")
    }

    assert withheld == told


def test_what_it_was_while_confidential_stays_hidden_once_it_is_open_again(
    world: World, secret: Source
) -> None:
    at = world.story.desk
    evidence.change_source(
        secret,
        by=at.ada,
        access="no_link",
        title="A public report",
        publisher="",
        authors=[],
        published="",
        note="",
    )
    sign(world.story.flood, at.ben)
    evidence.change_source(Source.objects.get(pk=secret.pk), by=at.ada, title="A later report")
    shut = (
        "SHUTTITLE",
        "SHUTPUBLISHER",
        "SHUTAUTHOR",
        "1922-12",
        "December 1922",
        "SHUTNOTE",
        "SHUTDETAILS",
    )
    client = Client()
    client.force_login(at.account(at.ben))
    page = client.get(reverse("history", args=[world.slug, world.story.flood.pk])).content.decode()
    with snapshot():
        text = b"".join(EXPORTERS["fixture"].write(ProjectDataset(at.project))).decode()

    assert [word for word in shut if word in page] == []
    assert [word for word in shut if word in text] == []
    assert "A later report" in page
    assert "OPENTITLE" in page


def test_the_text_to_copy_has_the_quotation_for_everybody_and_the_source_for_its_readers(
    world: World, secret: Source
) -> None:
    at = world.story.desk
    span = Span.objects.get(pk=world.story.claim.pk)
    for person in (at.ben, at.ada):
        text = assertion_text(member(at.account(person), world.slug), span)
        assert f"“{QUOTATION}”" in text
        assert found_in(text, READERS_OWN if person == at.ada else ()) == []


def test_who_does_not_know_what_it_is_cannot_change_it(world: World, secret: Source) -> None:
    with pytest.raises(Refused, match="Only its readers may change what a confidential source is"):
        evidence.change_source(secret, by=world.story.desk.ben, access="open", title="X")
    assert Source.objects.get(pk=secret.pk).title == "SHUTTITLE"


def test_the_archived_copy_of_a_confidential_source_is_refused_and_taken_out(
    world: World, secret: Source
) -> None:
    at = world.story.desk
    citation = Citation.objects.get(source=secret)
    assert (citation.archive_url, citation.archived_on) == ("", None)
    with pytest.raises(Refused, match="archived copy says what a confidential source is"):
        evidence.change_citation(citation, by=at.ada, archive_url=COPY)
    with pytest.raises(Refused, match="archived copy says what a confidential source is"):
        evidence.cite(world.story.claim, secret, by=at.ada, stance="context", archive_url=COPY)


def test_a_source_that_is_there_already_is_not_named_where_it_is_confidential(
    world: World,
) -> None:
    at, dam = world.story.desk, world.story.dam
    evidence.add_source(
        at.project,
        by=at.ada,
        kind="article",
        article=dam,
        title="SHUTTITLE",
        access="confidential",
        confidential="SHUTDETAILS",
    )
    with pytest.raises(Refused, match="here already, as “Known to the desk”"):
        evidence.add_source(at.project, by=at.cleo, kind="article", article=dam, title="X")
