"""Whatever somebody changes in a table, ``verify`` notices, the database refuses, or the docs name.

Each column of each table, as the models have them, is changed by raw SQL with the guards down, in
a transaction that is rolled back. What is neither noticed nor refused must appear in
docs/history.md as outside of what ``verify`` promises, and nothing else may.
"""

import datetime
import re
from itertools import chain
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from annotations.actions import leases, undo
from annotations.actions.projects import hand_over, remove_member
from annotations.actions.review import decide, take_proposal
from annotations.actions.spans import change_span
from annotations.domain.vocabulary import Preset
from annotations.models import Event, Project, Span, WithheldPayload, guards
from annotations.queries.verification import search_out_of_step, verify
from tests import builders
from tests.conftest import PROJECT
from tests.stories import everything, token

pytestmark = pytest.mark.django_db

MODELS = apps.get_models(include_auto_created=True)
LISTED = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \| .+ \|$", re.MULTILINE)


WHOLE = "every column, and whether a row is there"


def outside(table):
    """Return the columns of a table that the docs name as outside; ``*`` is whether a row is there."""
    text = (PROJECT / "docs" / "history.md").read_text()
    part = text.partition("## Outside of what `verify` promises")[2].partition("\n## ")[0]
    listed = dict(LISTED.findall(part))
    assert listed.keys() <= {model._meta.label_lower for model in MODELS}
    names = {field.name for field in apps.get_model(table)._meta.concrete_fields}
    cell = listed.get(table, "")
    if cell == WHOLE:
        return names | {"*"}, True
    # "(PostgreSQL)" behind a column: SQLite tells of it.
    everywhere = connection.vendor == "postgresql"
    found = {
        name
        for name, alone in re.findall(r"`([a-z_0-9]+)`( \(PostgreSQL\))?", cell)
        if everywhere or not alone
    }
    assert found <= names
    return found, False


@pytest.fixture
def desk(tmp_path):
    """A desk in which every table has a row, and most kinds of row are there."""
    at = everything()
    url = "https://paper.example/dam"
    old = builders.article(at.desk, "A dam\n\nIt rose two metres in 2021, they say.", url=url)
    first = builders.mark(at.desk, old, "It rose two metres in 2021")
    decide(
        first,
        outcome="proposed",
        shown=token(first),
        proposal={"label": str(at.desk.label("f").pk)},
        by=at.desk.ben,
    )
    take_proposal(first.decisions.get(), by=at.desk.cleo)
    change_span(Span.objects.get(pk=first.pk), note="Seen 🌊.", by=at.desk.cleo)
    undo.undo_last(old, by=at.desk.cleo)
    builders.article(at.desk, "A dam\n\nIt rose almost two metres in 2021, they say.", url=url)
    told = Event.objects.get(kind="article.superseded")
    with guards.lifted(connection):
        Event.objects.filter(pk=told.pk).update(payload=None)
    WithheldPayload.objects.create(event=told)
    apart = builders.desk("apart", Preset.DATASET, prefix="x")
    builders.mark(apart, builders.article(apart), "1974", by=apart.cleo)
    call_command("export_dataset", project="desk", format="jsonl", output=str(tmp_path / "desk"))
    account = at.desk.account(at.desk.cleo)
    remove_member(at.desk.project, account=account, by=at.desk.ada)
    hand_over(at.desk.cleo, account=at.desk.dan, role="annotator")
    assert leases.take("tidy", uuid4())
    Client().force_login(at.desk.dan)
    LogEntry.objects.log_actions(at.desk.dan.pk, [at.desk.dan], 2, "Changed שלום.")
    return at


def finding():
    """Return the first thing that ``verify`` finds, but of the guards, which are down; or None."""
    found = (one for project in Project.objects.order_by("-slug") for one in verify(project))
    return next(chain(found, search_out_of_step("default")), None)


def others(field, value):
    """Return what else the column could hold: something that fits, and nothing."""
    found = []
    if isinstance(field, models.ForeignKey):
        rows = field.related_model._base_manager.exclude(pk=value).order_by("pk")
        found += list(rows.values_list("pk", flat=True)[:1])
        found = found or [uuid4() if isinstance(value, UUID) else 1_000_000]
    elif isinstance(field, models.UUIDField):
        found.append(uuid4())
    elif isinstance(field, models.BooleanField):
        found.append(not value)
    elif field.choices:
        found += [key for key, _ in field.flatchoices if key != value][:1]
    elif isinstance(field, models.IntegerField):
        found.append(1 if value is None else value + 1)
    elif isinstance(field, models.DateTimeField):
        start = value or datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
        found.append(start - datetime.timedelta(days=1))
    elif isinstance(field, models.DateField):
        found.append((value or datetime.date(2026, 11, 30)) - datetime.timedelta(days=1))
    elif isinstance(field, models.JSONField):
        found.append({**value, "é": 1} if isinstance(value, dict) else [*(value or ()), "é"])
    elif isinstance(field, models.BinaryField):
        found.append(b"x")
    else:
        found.append(f"{value or ''}x")
    if field.null and value is not None:
        found.append(None)
    return found


def stored(field, value):
    return field.get_db_prep_save(value, connection)


def tried(statement, values):
    """Run a statement, and say whether it was noticed, was refused, or passed; undo it."""
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
                assert cursor.rowcount == 1
                connection.check_constraints()
        except DatabaseError:
            return "refused"
        noticed = finding() is not None
        transaction.set_rollback(True)
    return "noticed" if noticed else "passed"


def rows(model):
    """Return up to four rows of a table, of as many kinds as that gives."""
    by_kind = {}
    for row in model._base_manager.order_by("pk"):
        by_kind[getattr(row, "kind", row.pk)] = row
    found = list(by_kind.values())
    if model is Event:
        wanted = ("project.created", "articles.listed", "article.superseded", "comment.added")
        return [by_kind[kind] for kind in wanted]
    return found[:2] + found[2:][-2:]


@pytest.mark.parametrize("model", MODELS, ids=[model._meta.label_lower for model in MODELS])
def test_every_change_of_a_column_is_noticed_refused_or_named(desk, model):
    table, quote = model._meta.label_lower, connection.ops.quote_name
    key = model._meta.pk
    assert finding() is None
    passed, held = set(), set()
    named, whole = outside(table)
    with guards.lifted(connection):
        for row in rows(model)[: 1 if whole else None]:
            for field in model._meta.concrete_fields:
                for value in others(field, getattr(row, field.attname)):
                    how = tried(
                        f"UPDATE {quote(model._meta.db_table)} SET {quote(field.column)} = %s "
                        f"WHERE {quote(key.column)} = %s",
                        [stored(field, value), stored(key, row.pk)],
                    )
                    (passed if how == "passed" else held).add(field.name)
            how = tried(
                f"DELETE FROM {quote(model._meta.db_table)} WHERE {quote(key.column)} = %s",
                [stored(key, row.pk)],
            )
            (passed if how == "passed" else held).add("*")

    assert {field.name for field in model._meta.concrete_fields} <= passed | held
    assert passed - named == set(), "These changes are noticed by nobody."
    if whole:
        assert passed, "All of this is noticed: the docs need not name it."
    else:
        assert named == passed, "Some of this is noticed: the docs need not name it."
