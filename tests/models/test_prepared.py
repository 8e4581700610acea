from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count

from annotations.models import Label, Span
from annotations.models.prepared import Prepared, PreparedIn, insert, update
from tests import builders

pytestmark = pytest.mark.django_db


def spans_in(article: UUID, start: int, end: int):
    return Span.objects.filter(article=article, start__lt=end, end__gt=start).order_by("start")


def test_a_prepared_query_gives_what_its_queryset_gives_for_other_values_each_time():
    desk = builders.desk()
    article = builders.article(desk)
    spans = [builders.mark(desk, article, quote) for quote in ("saw", "The river", "שלום")]
    prepared = Prepared(spans_in, UUID, int, int)

    for place in ((0, 200), (5, 8), (30, 100), (0, 1)):
        assert prepared(article.pk, *place) == list(spans_in(article.pk, *place))
    assert prepared(uuid4(), 0, 200) == []
    assert prepared.first(article.pk, 0, 200) == spans[0]
    assert prepared.first(article.pk, 0, 1) is None


def test_rows_come_as_models_with_related_ones_and_annotations_or_as_tuples():
    desk = builders.desk()
    article = builders.article(desk)
    span = builders.mark(desk, article, "saw")

    def rows(key: UUID):
        return Span.objects.filter(article=key)

    (found,) = Prepared(
        lambda key: rows(key).select_related("label").annotate(read=Count("decisions")), UUID
    )(article.pk)
    assert [found.created_at, found.label, found.read] == [span.created_at, span.label, 0]
    assert not found._state.adding
    flags = Prepared(lambda key: rows(key).values_list("uuid", "uncertain"), UUID)(article.pk)
    assert flags == [(span.pk, False)]
    assert Prepared(lambda key: rows(key).values_list("quote", flat=True), UUID)(article.pk) == [
        span.quote
    ]
    with pytest.raises(TypeError, match="models, or tuples"):
        Prepared(lambda key: rows(key).values("uuid"), UUID)(article.pk)


def test_rows_are_inserted_as_they_stand_and_held_to_the_same_rules():
    desk = builders.desk()
    label = Label(project=desk.project, key="z", name="Zwölf 🙂", kind="other")

    insert(Label, [label])
    insert(Label, [])

    assert Label.objects.get(pk=label.pk).name == "Zwölf 🙂"
    assert not label._state.adding
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Label, [Label(project=desk.project, key="z", name="again", kind="other")])


@pytest.mark.parametrize("count", [0, 1, 4, 5, 17, 300])
def test_rows_are_found_by_however_many_keys(count):
    desk = builders.desk()
    labels = [
        Label(project=desk.project, key=chr(0x4E00 + n), name=f"Label {n}", kind="other")
        for n in range(300)
    ]
    insert(Label, labels)
    prepared = PreparedIn(lambda keys: Label.objects.filter(pk__in=keys))

    asked = [label.pk for label in labels[:count]]

    assert sorted(label.pk for label in prepared(asked)) == sorted(asked)


def test_only_the_named_fields_of_the_one_row_are_updated():
    desk = builders.desk()
    first, second = Label.objects.filter(project=desk.project).order_by("position")[:2]
    kept = second.name
    first.definition = "not stored"

    for name in ("again", "Żółw 🐢"):
        first.name, first.revision = name, first.revision + 1
        update(first, "name", "revision")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.name, second.name) == ("Żółw 🐢", kept)
    assert first.definition != "not stored"
