"""What PostgreSQL would refuse, SQLite refuses, too; and what is there from earlier days is named."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from annotations.actions.evidence import add_source
from annotations.actions.projects import add_label
from annotations.actions.spans import change_span
from annotations.domain.errors import Refused
from annotations.models import Decision, Label, Lease, Membership, Source, guards
from annotations.models.base import now
from annotations.models.limits import Limit, limited, limits_of
from annotations.models.rows import EXPORTED
from annotations.queries.verification import verify
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(told):
    return told


def too_much(limit: Limit) -> Any:
    """Return what a column cannot hold by a hair."""
    if limit.kind == "number":
        return (limit.most or 0) + 1
    if limit.kind == "json":
        return {"a": ["b\0"]}
    return "é" * (limit.most + 1) if limit.most is not None else "a\0b"


def columns() -> list[Any]:
    return [
        pytest.param(model, limit, id=f"{model._meta.model_name}.{limit.name}")
        for model in (*EXPORTED, User, Membership)
        for limit in limits_of(model)
    ]


@pytest.mark.parametrize(("model", "limit"), columns())
def test_no_column_takes_more_than_it_holds_on_either_database(at, model, limit):
    row = model._base_manager.first()
    values = {limit.name: too_much(limit)}

    with pytest.raises(DatabaseError), transaction.atomic():
        model._base_manager.filter(pk=row.pk).update(**values)


@pytest.mark.sqlite_only("PostgreSQL needs no guard for it")
def test_every_table_has_its_guards_also_one_without_rows():
    names = {
        f"guard_{model._meta.model_name}_limits_{event}"
        for model in limited()
        for event in ("insert", "update")
    }

    assert names <= set(guards.standing(connection))
    with pytest.raises(DatabaseError, match="A column of a lease"), transaction.atomic():
        Lease.objects.create(name="x" * 101, holder=uuid4(), beat_at=now(), until=now())


def test_every_table_with_texts_of_ours_is_held_to_its_limits():
    held = {model._meta.label for model in limited()}

    assert {"annotations.Span", "annotations.Event", "annotations.ImportItem", "auth.User"} <= held
    assert "annotations.SearchEntry" not in held


@pytest.mark.sqlite_only("PostgreSQL refuses it itself")
class TestRowsOfEarlierDays:
    @pytest.fixture
    def label(self, at) -> Label:
        label = Label.objects.first()
        with guards.lifted(connection):
            Label.objects.filter(pk=label.pk).update(
                name="x" * 41, definition="a\0b", position=2**31
            )
        return label

    def named(self) -> list[str]:
        return [str(one) for one in verify() if one.code in ("unportable", "unreadable")]

    def test_each_is_named_with_what_is_wrong(self, label):
        found = self.named()

        assert len(found) == 3
        assert all(f"({label.pk.hex})" in one for one in found)
        assert "The name of a label" in found[0]
        assert "has more than the 40 characters that fit" in found[0]
        assert any("holds a NUL character" in one for one in found)
        assert any("is outside of 0 to 32,767" in one for one in found)

    def test_what_is_not_touched_may_stay_and_what_is_changed_may_not(self, label):
        rows = Label.objects.filter(pk=label.pk)

        rows.update(colour="#123456", revision=9)
        with pytest.raises(DatabaseError, match="too long"), transaction.atomic():
            rows.update(name="y" * 41, revision=10)

    def test_half_of_a_character_is_named_before_anything_is_read(self, at):
        with guards.lifted(connection), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE annotations_speaker SET role = CAST(x'61EDA08062' AS TEXT), "
                "revision = revision + 1"
            )

        found = list(verify())

        assert {one.code for one in found} == {"unreadable"}
        assert "The role of a speaker" in str(found[0])

    def test_a_letter_of_hangul_and_a_written_escape_are_no_fault(self, at):
        label = Label.objects.first()
        Label.objects.filter(pk=label.pk).update(definition="한국 \\u0000 힣", revision=9)
        decision = Decision.objects.first()
        Decision.objects.filter(pk=decision.pk).update(
            proposal={"chain": "\\u0000"}, revision=decision.revision + 1
        )

        assert self.named() == []


class TestActions:
    def test_a_text_is_refused_in_words_whoever_brings_it(self, at):
        desk = at.desk
        with pytest.raises(Refused, match="The title of a source has 501 characters, and 500 fit"):
            add_source(desk.project, title="x" * 501, kind="book", by=desk.cleo)
        with pytest.raises(Refused, match="holds a NUL character"):
            add_label(desk.project, key="z", name="a\0b", kind="other", by=desk.ada)
        with pytest.raises(Refused, match="lone surrogate"):
            change_span(at.claim, note="\ud83c", by=desk.cleo)
        assert not Source.objects.filter(title__startswith="xxx").exists()

    def test_no_row_changes_on_the_way_of_a_refusal(self, at):
        article = build.article(at.desk, "Floods\n\nNobody was hurt.")
        span = build.mark(at.desk, article, "Nobody was hurt")

        with pytest.raises(Refused):
            change_span(span, note="a\0b", by=at.desk.cleo)

        span.refresh_from_db()
        assert (span.note, span.revision) == ("", 1)
