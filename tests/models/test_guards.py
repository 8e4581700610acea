"""The guards hold against every way of writing, on both databases."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.models.signals import pre_migrate

from annotations.actions.review import decide
from annotations.models import (
    Article,
    Block,
    Citation,
    Decision,
    Event,
    Label,
    Person,
    Project,
    Record,
    SignOff,
    Source,
    Span,
    Stream,
    guards,
)
from annotations.models.rows import EXPORTED
from tests import builders
from tests.stories import token

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(told):
    return told


def refused(sentence: str):
    return pytest.raises(DatabaseError, match=sentence)


def copy(row, **values):
    """Return a new row like another, to be inserted past the actions."""
    made = type(row)(
        **{
            field.attname: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if not field.primary_key
        }
    )
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_every_guard_stands():
    assert set(guards.standing(connection)) == {guard.name for guard in guards.due(connection)}


def test_no_two_guards_share_a_name():
    names = [guard.name for guard in guards.due(connection)]

    assert len(names) == len(set(names))
    # PostgreSQL cuts a longer name off, and would then miss it.
    assert max(map(len, names)) <= 63


@pytest.mark.parametrize("model", [m for m in EXPORTED if issubclass(m, Record)])
def test_a_row_changes_only_when_its_revision_rises(at, model):
    row = model.objects.first()
    field = {
        "project": "name",
        "person": "name",
        "label": "name",
        "speaker": "name",
        "article": "byline",
        "source": "publisher",
        "block": "role",
        "assertion": "paraphrase",
        "assertionrelation": "note",
        "worklogentry": "answer",
        "citation": "note",
        "span": "note",
        "decision": "reason",
        "comment": "body",
        "assignment": "kind",
        "signoff": "waivers",
    }[model._meta.model_name]
    value = {"role": "heading", "kind": "adjudicate", "waivers": [{"x": "y"}]}.get(field, "Other.")

    with refused("changes only when its revision rises"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: value})

    model.objects.filter(pk=row.pk).update(**{field: getattr(row, field)})
    model.objects.filter(pk=row.pk).update(**{field: value}, revision=row.revision + 1)
    assert getattr(model.objects.get(pk=row.pk), field) == value


CHANGES = [
    (Article, {"text": "Other."}, "The text of an article never changes"),
    (Article, {"markup": [[0, 1, "em", {}]]}, "The text of an article never changes"),
    (Article, {"text_sha256": "0" * 64}, "text_sha256.*never changes"),
    (Block, {"start": 1}, "of a block never changes"),
    (Span, {"quote": "Other."}, "The quote is not the text at its offsets"),
    (Span, {"start": 1, "end": 3}, "The quote is not the text at its offsets"),
    (Citation, {"stance": "refutes", "source_id": None}, "of a citation never changes"),
    (Decision, {"outcome": "proposed"}, "of a decision never changes"),
    (SignOff, {"digest": "0" * 64}, "of a sign off never changes"),
    (SignOff, {"items": {}}, "of a sign off never changes"),
]


@pytest.mark.parametrize(
    ("model", "values", "sentence"),
    [pytest.param(*case, id=f"{case[0]._meta.model_name} {'+'.join(case[1])}") for case in CHANGES],
)
def test_what_is_frozen_stays_though_the_revision_rises(at, model, values, sentence):
    row = model.objects.order_by("pk").first()
    if values.get("source_id", "") is None:
        values = {"source_id": at.report.pk if row.source_id != at.report.pk else at.secret.pk}

    with refused(sentence):
        model.objects.filter(pk=row.pk).update(**values, revision=row.revision + 1)


def test_the_same_holds_for_raw_sql(at):
    table = Article._meta.db_table
    with refused("The text of an article never changes"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET text = 'x', revision = revision + 1")


def test_a_row_moves_to_no_other_project(at):
    other = builders.desk("other", prefix="other-").project
    for model in (Person, Label, Source):
        with refused("The project of a .* never changes"), transaction.atomic():
            model.objects.filter(project=at.desk.project).update(project=other, revision=99)


def test_a_text_fits_its_digest(at):
    with refused("does not fit its SHA-256"):
        Article.objects.bulk_create([copy(at.flood, text="Other.", url="")])


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//paper.example"])
def test_what_becomes_a_link_is_an_address_of_the_web(at, address):
    rows = [
        (Article, at.flood.pk, "url", "article_url_http"),
        (Source, at.report.pk, "url", "source_url_http"),
        (Citation, Citation.objects.first().pk, "archive_url", "citation_archive_url_http"),
    ]
    for model, key, column, name in rows:
        with refused(name), transaction.atomic():
            model.objects.filter(pk=key).update(**{column: address}, revision=99)


def test_a_quote_is_the_text_at_its_offsets(at):
    with refused("The quote is not the text at its offsets"):
        Span.objects.bulk_create([copy(at.claim, quote="Other.")])


def test_an_emoji_and_a_combining_accent_count_as_code_points(at):
    start = at.flood.text.index("👩‍👩‍👧")
    good = copy(at.claim, start=start, end=start + 5, quote="👩‍👩‍👧")

    Span.objects.bulk_create([good])

    assert Span.objects.get(pk=good.pk).quote == "👩‍👩‍👧"
    with refused("The quote is not the text at its offsets"):
        Span.objects.bulk_create([copy(good, end=start + 4)])


def test_a_span_without_its_article_is_refused(at):
    with refused("The quote is not the text|one project"):
        Span.objects.bulk_create([copy(at.claim, article_id=at.claim.pk)])


def test_a_span_takes_nothing_of_another_project(at):
    other = builders.desk("other", prefix="other-")
    with refused("are of one project"), transaction.atomic():
        Span.objects.bulk_create([copy(at.claim, label=other.label("c"))])
    with refused("are of one project"):
        Span.objects.filter(pk=at.claim.pk).update(label=other.label("c"), revision=99)


def test_a_citation_takes_no_source_of_another_project(at):
    other = builders.desk("other", prefix="other-")
    source = Source.objects.create(project=other.project, title="Theirs", added_by=other.ada)
    with refused("are of one project"):
        Citation.objects.bulk_create([copy(Citation.objects.first(), source=source)])


def test_a_block_repeats_none_of_another_article(at):
    block = Block.objects.filter(article=at.flood).first()
    other = Block.objects.filter(article=at.dam).first()
    with refused("only a block of its own article"):
        Block.objects.bulk_create([copy(block, index=99, duplicate_of=other)])


def test_nobody_is_second_reader_of_what_he_wrote(at):
    decision = Decision.objects.filter(span=at.claim, voided_at=None).get()
    with refused("Nobody is second reader of what he wrote"):
        Decision.objects.bulk_create([copy(decision, reader=at.desk.cleo)])


def test_what_was_voided_or_lapsed_never_stands_again(at):
    decide(at.claim, outcome="returned", reason_code="label", shown=token(at.claim), by=at.desk.ben)
    assert Decision.objects.filter(span=at.claim).exclude(voided_at=None).exists()

    with refused("A decision that was voided stays void"), transaction.atomic():
        Decision.objects.filter(span=at.claim).update(voided_at=None, revision=99)
    with refused("A sign-off that lapsed never stands again"):
        SignOff.objects.update(lapsed_at=None, revision=99)


@pytest.mark.parametrize(
    "values",
    [{"kind": "x"}, {"time": 1}, {"payload": None}, {"payload": "{}"}, {"hash": "0" * 64}],
    ids=lambda values: next(iter(values)),
)
def test_history_is_never_rewritten(at, values):
    with refused("History is never rewritten"):
        Event.objects.filter(stream=at.flood.pk, sequence=1).update(**values)


def test_history_is_never_cut(at):
    with refused("never deleted"):
        Event.objects.filter(stream=at.flood.pk)._raw_delete(connection.alias)


def test_an_event_follows_from_the_one_before_it(at):
    last = Event.objects.filter(stream=at.flood.pk).order_by("-sequence").first()
    for wrong in (
        copy(last, sequence=last.sequence + 1),
        copy(last, sequence=last.sequence + 7),
        copy(last, stream_id=at.dam.pk),
    ):
        with refused("does not follow from the one before it"), transaction.atomic():
            Event.objects.bulk_create([wrong])


def test_a_stream_never_grows_shorter_nor_changes_its_head(at):
    stream = Stream.objects.get(pk=at.flood.pk)
    for values in ({"sequence": stream.sequence - 1}, {"head_hash": "0" * 64}):
        with refused("A stream never grows shorter"), transaction.atomic():
            Stream.objects.filter(pk=stream.pk).update(**values)


@pytest.mark.parametrize("model", EXPORTED)
def test_no_row_that_leaves_is_ever_deleted(at, model):
    if not model.objects.exists():
        model.objects.create(article=at.flood, person=at.desk.cleo, created_by=at.desk.ada)
    with refused("is never deleted"):
        model.objects.all()._raw_delete(connection.alias)


def test_the_same_values_again_are_no_change(at):
    for model in EXPORTED:
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(
                **{
                    field.attname: getattr(row, field.attname)
                    for field in model._meta.concrete_fields
                    if not field.primary_key
                }
            )

    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_guards_stand_after_a_migration_rebuilt_a_table():
    # On SQLite altering a field copies the table, and its triggers are gone without a word.
    before = set(guards.standing(connection))
    field = Span._meta.get_field("chain")
    longer = models.CharField(max_length=301, blank=True)
    longer.set_attributes_from_name("chain")

    def migrate(old, new):
        ours = {"sender": apps.get_app_config("annotations"), "using": connection.alias}
        pre_migrate.send(**ours, plan=["a migration"])
        with connection.schema_editor() as editor:
            editor.alter_field(Span, old, new)
        call_command("migrate", verbosity=0)

    migrate(field, longer)
    after = set(guards.standing(connection))
    migrate(longer, field)

    assert after == before == set(guards.standing(connection))
