"""What a confidential source is appears nowhere, nor what it was while it was open."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import evidence
from annotations.actions.projects import set_member
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.vocabulary import Role
from annotations.formats.registry import EXPORTERS
from annotations.models import Citation, Event, Export, Person, Source, Span, Stream
from annotations.queries.access import member
from annotations.queries.dataset import ProjectDataset
from annotations.queries.evidence import assertion_text
from annotations.queries.exports import events_that_tell
from annotations.queries.snapshot import snapshot
from annotations.queries.verification import verify
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
JSON = {"Accept": "application/json"}
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


# --- what left before, and erasing ------------------------------------------------------------


def browser(world: World, person: Person) -> Client:
    client = Client()
    client.force_login(world.story.desk.account(person))
    return client


def downloads(world: World) -> list[str]:
    file = reverse("export-file", args=[world.slug])
    return [
        f"{file}?format=fixture&articles=all&people=names",
        f"{file}?format=jsonl&articles=all&people=pseudonyms",
        reverse("sources-csv", args=[world.slug]),
        reverse("spans-csv", args=[world.slug]),
    ]


def test_each_file_that_leaves_is_listed_with_what_it_was(world: World, tmp_path: Any) -> None:
    at = world.story.desk
    client = browser(world, at.ben)
    for url in downloads(world):
        assert client.head(url).status_code == 200
    assert not Export.objects.exists()

    sent = [client.get(url).getvalue() for url in downloads(world)]
    file = tmp_path / "desk.jsonl"
    call_command(
        "export_dataset", project=world.slug, format="jsonl", output=str(file), signed_off=True
    )

    rows = list(Export.objects.order_by("pk"))
    assert [row.sha256 for row in rows] == [
        hashlib.sha256(text).hexdigest() for text in [*sent, file.read_bytes()]
    ]
    assert [row.size for row in rows] == [*map(len, sent), file.stat().st_size]
    assert [row.person for row in rows] == [at.ben] * 4 + [None]
    assert [row.format for row in rows] == [
        *("fixture", "jsonl", "sources as CSV", "spans as CSV", "jsonl")
    ]
    assert (rows[-1].file_name, rows[-1].selection["signed_off"]) == (str(file), True)
    head = Stream.objects.get(pk=at.project.pk)
    assert {(row.head_sequence, row.head_hash) for row in rows} == {(head.sequence, head.head_hash)}
    # The source that is confidential is named by none of them, the report by all.
    assert {frozenset(row.sources.all()) for row in rows} == {frozenset([world.story.report])}
    page = browser(world, at.ada).get(reverse("export", args=[world.slug])).text
    assert page.count('class="export-row"') == 5
    assert rows[0].sha256 in page
    assert "The command line" in page
    assert "export-row" not in client.get(reverse("export", args=[world.slug])).text


def test_a_refused_export_is_not_listed(world: World) -> None:
    client = browser(world, world.story.desk.ben)
    client.get(reverse("export-file", args=[world.slug]) + "?format=brta")
    assert not Export.objects.exists()


def test_a_source_names_the_files_that_hold_what_it_was_to_those_who_answer_for_it(
    world: World,
) -> None:
    at = world.story.desk
    client = browser(world, at.ben)
    for url in downloads(world):
        client.get(url)
    source = hidden(world.story)
    client.get(downloads(world)[0])
    report = world.story.report
    evidence.change_source(
        report, by=at.cleo, access="confidential", title="A report", url="", authors=[]
    )
    page = reverse("source", args=[world.slug, report.pk])

    ours = browser(world, at.ada).get(page).text
    assert "5 exported files hold what it was" in ours
    assert "gauge" not in ours.lower()
    theirs = browser(world, at.cleo).get(page).text
    assert "5 exported files hold what it was" in theirs
    assert "A manager can erase them" in theirs
    assert "exported file" not in client.get(page).text
    # Made and hidden after the first files, it is in none.
    other = browser(world, at.ada).get(reverse("source", args=[world.slug, source.pk])).text
    assert "No file that this desk has listed holds what it was" in other


def test_erasing_takes_every_older_state_out_of_the_database_for_good(
    world: World, secret: Source
) -> None:
    at = world.story.desk
    client = browser(world, at.ada)
    url = reverse("source", args=[world.slug, secret.pk])
    told = Event.objects.filter(payload__contains="OPENTITLE").count()
    assert told > 1
    assert f"{len(events_that_tell(secret))} events of the history still hold it" in (
        client.get(url).text
    )

    assert client.post(f"{url}erase", {"reason": ""}).status_code == 422
    assert Event.objects.filter(payload__contains="OPENTITLE").count() == told
    assert client.post(f"{url}erase", {"reason": "She asked."}).status_code == 303

    for marker in MARKERS:
        assert not Event.objects.filter(payload__contains=marker).exists(), marker
    erased = Event.objects.filter(kind="payload.erased")
    assert {json.loads(event.payload)["reason"] for event in erased} == {"She asked."}
    assert list(verify(at.project)) == []
    page = client.get(url).text
    assert "The history holds nothing of what it was" in page
    # Nothing is left to erase, and nothing more is told of it.
    before = Event.objects.count()
    client.post(f"{url}erase", {"reason": "Again."})
    assert Event.objects.count() == before
    for name in ("history", "article", "trash", "sign-off"):
        assert client.get(reverse(name, args=[world.slug, world.story.flood.pk])).status_code == 200
    undo = client.post(reverse("undo", args=[world.slug, world.story.flood.pk]), headers=JSON)
    assert found_in(undo.text) == []
    for marker in MARKERS:
        assert not Event.objects.filter(payload__contains=marker).exists(), marker


def test_only_what_a_confidential_source_was_is_erased_and_by_a_manager_alone(
    world: World, secret: Source
) -> None:
    at = world.story.desk
    with pytest.raises(NotAllowed):
        evidence.erase_older_states(secret, reason="x", by=at.ben)
    with pytest.raises(Refused, match="this one is open"):
        evidence.erase_older_states(world.story.report, reason="x", by=at.ada)
    with pytest.raises(Refused, match="needs a reason"):
        evidence.erase_older_states(secret, reason=" ", by=at.ada)
    url = reverse("source", args=[world.slug, world.story.report.pk])
    assert browser(world, at.ada).post(f"{url}erase", {"reason": "x"}).status_code == 422
    assert Event.objects.filter(payload__contains="OPENTITLE").exists()


def test_a_citation_that_moves_meanwhile_is_not_erased_half(world: World, monkeypatch: Any) -> None:
    at = world.story.desk
    secret = evidence.add_source(at.project, by=at.ada, **OPEN)
    evidence.cite(world.story.opinion, secret, by=at.ada, archive_url=COPY)
    evidence.change_source(secret, by=at.ada, access="confidential", **CLOSED)
    assert {event.stream_id for event in events_that_tell(secret)} == {
        at.project.pk,
        world.story.flood.pk,
    }
    real, looked = evidence.events_that_tell, []

    def none_first(source: Source) -> Any:
        looked.append(source)
        return [] if len(looked) == 1 else real(source)

    monkeypatch.setattr(evidence, "events_that_tell", none_first)
    with pytest.raises(Refused, match="at the same moment"):
        evidence.erase_older_states(secret, reason="x", by=at.ada)
    evidence.erase_older_states(secret, reason="x", by=at.ada)
    assert not Event.objects.filter(payload__contains="opencopy").exists()
