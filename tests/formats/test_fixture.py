import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.management.commands import loaddata
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations import models
from annotations.actions.articles import import_article, purge_article
from annotations.actions.carrying import leave_span, place_carried, settle_carried
from annotations.actions.projects import adopt_project, hand_over, rename_person
from annotations.actions.review import add_comment, decide
from annotations.actions.spans import add_span, change_span
from annotations.domain.withholding import KNOWN_TO_THE_DESK, pseudonym
from annotations.models import Article, Event, Person, Source, Span, guards
from annotations.models.rows import EXPORTED
from annotations.queries.carrying import left_spans, unplaced_spans
from annotations.queries.dataset import ProjectDataset
from annotations.queries.verification import verify
from tests import builders
from tests.conftest import PROJECT
from tests.stories import accept, sign, token

pytestmark = pytest.mark.django_db

LOCAL = (
    *("InboxItem", "ReadMark", "Receipt", "ConfidentialDigest", "ConfidentialDetails"),
    *("Membership", "PersonAccount", "WithheldPayload", "Export"),
)
GOLDEN = Path(__file__).parent / "golden" / "desk.json"


def export(path: Path, slug: str = "desk", **options: Any) -> bytes:
    file = path / "out.json"
    call_command("export_dataset", project=slug, format="fixture", output=str(file), **options)
    return file.read_bytes()


def empty() -> None:
    """Empty our tables, as they are in a database that was only migrated."""
    with guards.lifted(connection):
        for local in LOCAL:
            getattr(models, local).objects.all().delete()
        for model in reversed(EXPORTED):
            model._base_manager.all()._raw_delete(connection.alias)


def load(data: bytes, path: Path) -> None:
    file = path / "in.json"
    file.write_bytes(data)
    call_command("loaddata", str(file), verbosity=0)


def changed(data: bytes, change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    rows = json.loads(data)
    change(rows)
    return json.dumps(rows).encode()


def first(rows: list[dict[str, Any]], model: str) -> dict[str, Any]:
    return next(row for row in rows if row["model"] == f"annotations.{model}")


def counts() -> dict[str, int]:
    return {model.__name__: model._base_manager.count() for model in EXPORTED}


CHOICES = [
    pytest.param({"people": "names"}, id="names"),
    pytest.param({"people": "pseudonyms"}, id="pseudonyms"),
    pytest.param({"signed_off": True}, id="signed off"),
    pytest.param({"signed_off": True, "people": "names"}, id="signed off, names"),
]


@pytest.mark.parametrize("options", CHOICES)
def test_a_fixture_comes_back_as_the_same_bytes_and_stands_up_to_verify(told, tmp_path, options):
    before = export(tmp_path, **options)

    empty()
    load(before, tmp_path)

    assert export(tmp_path, **options) == before
    assert list(verify()) == []


def test_what_was_settled_between_two_versions_comes_back(tmp_path):
    at = builders.desk()
    url = "https://paper.example/flood"
    old = builders.article(at, url=url)
    builders.mark(at, old, "The river rose two metres in 2021")
    gone = [builders.mark(at, old, words, "o") for words in ("a colossal blunder", "1974")]
    text = builders.TEXT.replace("two metres", "2 metres").replace(
        "The dam, a colossal blunder, was built in 1974", "Ducks came שלום 🌊"
    )
    new = builders.article(at, text, url=url)
    settle_carried(Span.objects.get(article=new), by=at.cleo)
    place_carried(gone[0], new, start=0, end=4, by=at.cleo)
    leave_span(gone[1], new, by=at.ben)
    data = export(tmp_path)

    empty()
    load(data, tmp_path)

    assert export(tmp_path) == data
    assert list(verify()) == []
    assert left_spans(new) == {gone[1].pk}
    assert [span.pk for span in unplaced_spans(new)] == [gone[1].pk]


@pytest.mark.parametrize("options", CHOICES)
def test_loading_twice_changes_nothing(told, tmp_path, options):
    data = export(tmp_path, **options)
    empty()
    load(data, tmp_path)
    there = export(tmp_path, people="names")

    load(data, tmp_path)

    assert export(tmp_path, people="names") == there


@pytest.mark.parametrize("options", CHOICES)
def test_a_fixture_of_what_is_here_changes_nothing_here(told, tmp_path, options):
    before = export(tmp_path, people="names")

    load(export(tmp_path, **options), tmp_path)

    assert export(tmp_path, people="names") == before
    assert list(verify()) == []


def test_names_do_not_come_back_where_pseudonyms_are(told, tmp_path):
    named, unnamed = export(tmp_path, people="names"), export(tmp_path)
    empty()
    load(unnamed, tmp_path)

    load(named, tmp_path)

    assert export(tmp_path, people="names") == unnamed


def test_djangos_own_command_loads_it(told, tmp_path):
    data = export(tmp_path)
    (tmp_path / "in.json").write_bytes(data)
    empty()

    call_command(loaddata.Command(), str(tmp_path / "in.json"), verbosity=0)

    assert export(tmp_path) == data


def test_a_row_that_stands_twice_in_a_fixture_is_stored_once(told, tmp_path):
    data = export(tmp_path, people="names")
    empty()

    load(changed(data, lambda rows: rows.insert(1, rows[1])), tmp_path)

    assert export(tmp_path, people="names") == data


def queries_of_a_load(data: bytes, path: Path) -> int:
    with CaptureQueriesContext(connection) as made:
        load(data, path)
    return len(made)


def test_what_is_new_and_what_is_here_already_cost_no_query_for_each_row(told, tmp_path):
    letters = [place for place, one in enumerate(told.dam.text) if one in "aeiorst"]
    fixtures = []
    for chosen in (letters[:5], letters[5:30]):
        for start in chosen:
            add_span(
                told.dam, start=start, end=start + 1, label=told.desk.label("o"), by=told.desk.cleo
            )
        fixtures.append(export(tmp_path, people="names"))
    made = []
    for data in fixtures:
        empty()
        made.append((queries_of_a_load(data, tmp_path), queries_of_a_load(data, tmp_path)))

    few, many = made
    assert many == few


def test_a_fixture_loads_beside_another_project_and_leaves_it_alone(told, tmp_path):
    builders.article(builders.desk("other", prefix="other-"))
    other = export(tmp_path, "other")
    data = export(tmp_path)
    empty()
    load(other, tmp_path)

    load(data, tmp_path)

    assert export(tmp_path, "other") == other
    assert export(tmp_path) == data


def test_the_golden_fixture_comes_back_as_it_is_on_either_database(tmp_path):
    data = GOLDEN.read_bytes()

    load(data, tmp_path)

    assert list(verify()) == []
    assert export(tmp_path) == data


def strangers() -> list[Any]:
    """Rows that would open a project of this desk to whoever wrote the fixture."""
    return [
        pytest.param("auth.user", {"username": "eve", "is_superuser": True}, id="account"),
        pytest.param("auth.group", {"name": "desk"}, id="group"),
        pytest.param(
            "sessions.session",
            {"session_data": "x", "expire_date": "2030-01-01T00:00:00Z"},
            id="session",
        ),
        pytest.param(
            "annotations.membership", {"project": "{project}", "account": 1}, id="membership"
        ),
        pytest.param(
            "annotations.personaccount", {"project": "{project}", "account": 1}, id="link"
        ),
    ]


@pytest.mark.parametrize(("model", "fields"), strangers())
def test_a_fixture_brings_no_account_right_or_link(told, tmp_path, model, fields):
    fields = {
        name: str(told.desk.project.pk) if value == "{project}" else value
        for name, value in fields.items()
    }
    data = changed(
        export(tmp_path),
        lambda rows: rows.append({"model": model, "pk": 4711, "fields": fields}),
    )
    accounts = User.objects.count()

    with pytest.raises(CommandError, match=r"brings a [a-z ]+, which belongs to one"):
        load(data, tmp_path)

    assert User.objects.count() == accounts


@pytest.mark.postgres_only("SQLite is the other database here")
def test_a_fixture_goes_to_sqlite_and_back(told, tmp_path):
    before = export(tmp_path, people="names")
    (tmp_path / "there.json").write_bytes(before)

    def manage(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3"},
            check=True,
            capture_output=True,
        )

    manage("migrate", "-v0")
    manage("loaddata", "-v0", str(tmp_path / "there.json"))
    back = tmp_path / "back.json"
    options = ("--project", "desk", "--format", "fixture", "--people", "names")
    manage("export_dataset", *options, "--output", str(back))
    empty()
    load(back.read_bytes(), tmp_path)

    assert back.read_bytes() == before
    assert export(tmp_path, people="names") == before


def test_every_table_that_leaves_is_in_the_story(told, tmp_path):

    found = {row["model"].split(".")[1] for row in json.loads(export(tmp_path))}

    assert found == {model._meta.model_name for model in EXPORTED}


# What stays


def test_a_mention_leaves_by_key_and_reaches_its_inbox_where_the_fixture_is_loaded(told, tmp_path):
    add_comment(told.flood, body="@Cleo Lindqvist, look 🌊", by=told.desk.ben)
    data = export(tmp_path)
    # A decision that is void by now concerns nobody.
    items = models.InboxItem.objects.exclude(kind="decision")
    before = sorted(items.values_list("account", "kind", "at"))
    models.InboxItem.objects.all().delete()

    load(data, tmp_path)

    assert b"Cleo" not in data
    cleo = told.desk.account(told.desk.cleo).pk
    assert [kind for account, kind, _ in before if account == cleo] == ["mention"]
    assert sorted(items.values_list("account", "kind", "at")) == before


def test_names_leave_only_when_asked(told, tmp_path):
    at = told.desk

    hidden, named = export(tmp_path), export(tmp_path, people="names")

    assert b"Cleo" not in hidden
    assert pseudonym(at.cleo.pk).encode() in hidden
    assert b"Cleo Lindqvist" in named


def test_what_a_confidential_source_is_never_leaves(told, tmp_path):

    data = export(tmp_path, people="names")

    assert b"in the safe" not in data
    assert b"keeper of the dam" not in data
    row = next(row for row in json.loads(data) if row["pk"] == str(told.secret.pk))
    assert row["fields"]["title"] == KNOWN_TO_THE_DESK
    assert Source.objects.get(pk=told.secret.pk).title == "Talk with a keeper of the dam"


def test_local_rows_never_leave(told, tmp_path):

    found = {row["model"] for row in json.loads(export(tmp_path))}

    assert found <= {model._meta.label_lower for model in EXPORTED}


def test_loading_makes_no_account_no_link_and_no_right(told, tmp_path, django_user_model):
    data = export(tmp_path)
    empty()
    accounts = django_user_model.objects.count()

    load(data, tmp_path)

    assert django_user_model.objects.count() == accounts
    assert not models.PersonAccount.objects.exists()
    assert not models.Membership.objects.exists()


# Signed off


def test_only_what_is_signed_off_leaves_with_all_it_refers_to(told, tmp_path):

    data = export(tmp_path, signed_off=True)

    found = json.loads(data)
    assert [r["pk"] for r in found if r["model"] == "annotations.article"] == [str(told.flood.pk)]
    assert str(told.shared.pk).encode() not in data
    events = Event.objects.filter(stream=told.desk.project.pk).count()
    there = [r for r in found if r["fields"].get("stream") == str(told.desk.project.pk)]
    assert len([r for r in there if r["model"] == "annotations.event"]) == events


def test_an_earlier_version_leaves_along_with_a_signed_one(tmp_path):
    at = builders.desk()
    old = builders.article(at, url="https://example.org/a")
    builders.mark(at, old, "Nobody was hurt.", "f")
    new = builders.article(
        at, builders.TEXT.replace("two metres", "three metres"), url="https://example.org/a"
    )
    sign(new, at.ben)

    dataset = ProjectDataset(at.project, signed_off=True)
    data = export(tmp_path, signed_off=True)

    assert (dataset.matching, dataset.along) == ([new.pk], 1)
    assert str(old.pk).encode() in data
    empty()
    load(data, tmp_path)
    assert export(tmp_path, signed_off=True) == data


def test_it_says_why_the_others_do_not_match(told):

    dataset = ProjectDataset(told.desk.project, signed_off=True)

    assert dataset.counts() == (1, 2)
    assert dataset.why_not == ["1 awaits second reading"]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("returned", "was returned by a second reader"),
        ("accepted", "awaits sign-off"),
        ("lapsed", "was changed since it was signed off"),
        ("purged", "had its text removed"),
    ],
)
def test_each_reason_is_told(state, reason):
    at = builders.desk()
    article = builders.article(at)
    span = builders.mark(at, article, "Nobody was hurt.", "f")
    if state == "returned":
        decide(span, outcome="returned", reason_code="label", shown=token(span), by=at.ben)
    else:
        accept(span, at.ben)
    if state == "lapsed":
        sign(article, at.ben)
        change_span(Span.objects.get(pk=span.pk), note="New.", by=at.cleo)
    if state == "purged":
        purge_article(article, reason="Asked for.", by=at.ada)

    assert ProjectDataset(at.project, signed_off=True).why_not == [f"1 {reason}"]


# Without the text


def test_a_text_that_may_not_be_redistributed_stays_on_standoff(told, tmp_path):

    data = export(tmp_path, standoff=True)

    text = data.decode()
    assert "colossal blunder" not in text
    assert "Nobody was hurt" not in text
    assert told.flood.text_sha256 in text


def test_what_left_without_its_text_takes_the_text_that_is_there(told, tmp_path):
    data = export(tmp_path, standoff=True)
    text = told.flood.text, told.dam.text
    empty()
    there = builders.desk("there", prefix="there-")
    for each in text:
        import_article(there.project, builders.draft(each), by=there.ada)

    load(data, tmp_path)

    assert Article.objects.get(pk=told.flood.pk).text == text[0]
    assert Span.objects.get(pk=told.opinion.pk).quote == told.opinion.quote
    assert export(tmp_path, standoff=True) == data
    assert list(verify()) == []


def test_what_left_without_its_text_is_refused_where_the_text_is_not(told, tmp_path):
    data = export(tmp_path, standoff=True)
    empty()

    with pytest.raises(CommandError, match="left without its text, and no article here has"):
        load(data, tmp_path)


# What may follow


def test_load_link_load_again(told, tmp_path, django_user_model):
    at = told.desk
    data = export(tmp_path)
    empty()
    load(data, tmp_path)
    adopt(at)
    cleo = Person.objects.get(pk=at.cleo.pk)
    hand_over(cleo, account=django_user_model.objects.get(username="cleo"))
    linked = export(tmp_path)

    load(data, tmp_path)

    assert models.PersonAccount.objects.filter(person=cleo, ended_at=None).exists()
    assert export(tmp_path) == linked
    assert list(verify()) == []


def test_a_newer_fixture_continues_the_history(told, tmp_path):
    old = export(tmp_path, people="names")
    change_span(told.shared, note="Later.", by=told.desk.cleo)
    rename_person(told.desk.cleo, name="Cleo L.", by=told.desk.ada)
    new = export(tmp_path, people="names")
    empty()
    load(old, tmp_path)

    load(new, tmp_path)

    assert export(tmp_path, people="names") == new
    assert Span.objects.get(pk=told.shared.pk).note == "Later."
    assert list(verify()) == []


def test_an_older_fixture_is_refused_and_names_the_article(told, tmp_path):
    old = export(tmp_path, people="names")
    change_span(told.shared, note="Worked on.", by=told.desk.cleo)
    before = export(tmp_path, people="names")

    with pytest.raises(CommandError, match="older than what is here: the article “The dam”"):
        load(old, tmp_path)

    assert export(tmp_path, people="names") == before


def test_a_history_that_went_another_way_is_refused_and_names_the_article(told, tmp_path):
    old = export(tmp_path, people="names")
    change_span(told.shared, note="Here.", by=told.desk.cleo)
    here = export(tmp_path, people="names")
    empty()
    load(old, tmp_path)
    change_span(Span.objects.get(pk=told.shared.pk), note="There.", by=adopt(told.desk))
    there = export(tmp_path, people="names")

    with pytest.raises(CommandError, match="of the article “The dam” went another way here"):
        load(here, tmp_path)

    assert export(tmp_path, people="names") == there


def adopt(at: builders.Desk) -> Person:
    """Give ada the project again after it was loaded; return her as its manager."""
    boss = Person.objects.get(pk=at.ada.pk)
    adopt_project(boss.project, account=User.objects.get(username="ada"), person=boss)
    return boss


# What does not fit


def _text(rows: list[dict[str, Any]]) -> None:
    first(rows, "article")["fields"]["text"] += " More."


def _quote(rows: list[dict[str, Any]]) -> None:
    first(rows, "span")["fields"]["quote"] = "Something else."


def _note(rows: list[dict[str, Any]]) -> None:
    dam = next(r for r in rows if r["fields"].get("title") == "The dam")["pk"]
    span = next(
        r for r in rows if r["model"] == "annotations.span" and r["fields"]["article"] == dam
    )
    span["fields"]["note"] = "Not in any event."


def _hash(rows: list[dict[str, Any]]) -> None:
    first(rows, "event")["fields"]["hash"] = "0" * 64


def _payload(rows: list[dict[str, Any]]) -> None:
    event = next(r for r in rows if r["model"] == "annotations.event" and r["fields"]["payload"])
    event["fields"]["payload"] += " "


def _event_parent(rows: list[dict[str, Any]]) -> None:
    rows.remove(first(rows, "event"))


def _tail(rows: list[dict[str, Any]]) -> None:
    rows.pop()


def _article(rows: list[dict[str, Any]]) -> None:
    rows.remove(first(rows, "article"))


def _row_missing(rows: list[dict[str, Any]]) -> None:
    rows.remove(first(rows, "comment"))


def _row_added(rows: list[dict[str, Any]]) -> None:
    row = json.loads(json.dumps(first(rows, "comment")))
    row["pk"] = "00000000-0000-4000-8000-000000000001"
    rows.insert(rows.index(first(rows, "comment")), row)


def _four_eyes(rows: list[dict[str, Any]]) -> None:
    decision = next(
        r for r in rows if r["model"] == "annotations.decision" and r["fields"]["voided_at"] is None
    )
    span = next(r for r in rows if r["pk"] == decision["fields"]["span"])
    decision["fields"]["reader"] = span["fields"]["author"]


def _sign_off(rows: list[dict[str, Any]]) -> None:
    first(rows, "signoff")["fields"]["digest"] = "0" * 64


def _signed_items(rows: list[dict[str, Any]]) -> None:
    """Change what was signed, and withhold the payloads that would tell."""
    span = next(
        r
        for r in rows
        if r["model"] == "annotations.span"
        and "colossal" not in json.dumps(r)
        and r["fields"]["note"] == ""
        and r["fields"]["voice"] == "named"
    )
    span["fields"]["note"] = "Slipped in."
    for row in rows:
        if row["model"] == "annotations.event":
            row["fields"]["payload"] = None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(_text, "does not fit its SHA-256", id="text"),
        pytest.param(_quote, "says “Something else.” at", id="quote"),
        pytest.param(_note, "differs from what event", id="row"),
        pytest.param(_hash, "its hash does not fit", id="hash"),
        pytest.param(_payload, "does not fit its digest", id="payload"),
        pytest.param(_event_parent, "has no event before it", id="event before"),
        pytest.param(_tail, "events, but there are", id="tail cut off"),
        pytest.param(_article, "The project|belongs to the article", id="article"),
        pytest.param(_row_missing, "that the fixture does not bring", id="row missing"),
        pytest.param(_row_added, "stands in no event", id="row added"),
        pytest.param(_four_eyes, "second reader", id="four eyes"),
        pytest.param(_sign_off, "carries a digest that is not", id="digest of a sign-off"),
        pytest.param(_signed_items, "covers something else", id="what was signed"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_loaded(told, tmp_path, change, sentence):
    data = changed(export(tmp_path, people="names"), change)
    empty()
    nothing = counts()

    with pytest.raises(CommandError, match=sentence):
        load(data, tmp_path)

    assert counts() == nothing


def test_a_reader_who_became_an_author_is_no_hindrance(told, tmp_path):
    # ben accepted this span; that is void once he changes it himself.
    change_span(told.claim, voice="unnamed", speaker=None, by=told.desk.ben)
    data = export(tmp_path, people="names")

    empty()
    load(data, tmp_path)

    assert export(tmp_path, people="names") == data


def test_a_purged_article_travels_as_a_bare_chain(told, tmp_path):
    purge_article(told.flood, reason="The author asked.", by=told.desk.ada)
    data = export(tmp_path, people="names")

    empty()
    load(data, tmp_path)

    assert b"colossal" not in data
    assert export(tmp_path, people="names") == data
    assert list(verify()) == []
