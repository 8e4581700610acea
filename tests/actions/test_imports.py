"""Batches of files: uploaded, read, corrected and stored, whatever breaks off meanwhile."""

import datetime

import pytest

from annotations.actions import importing, imports
from annotations.actions.imports import Upload
from annotations.actions.projects import remove_member, set_member
from annotations.domain.errors import NotAllowed, Refused
from annotations.formats.reading import Reader
from annotations.formats.registry import IMPORTERS
from annotations.models import Article, Event, ImportBatch, ImportItem
from annotations.models.base import now
from tests.builders import TEXT, article, desk, draft
from tests.turns import run, take_turn

URL = "https://paper.example/flood"


@pytest.fixture
def at(request):
    if "transactional_db" not in request.fixturenames:
        request.getfixturevalue("db")
    return desk()


def text(number, url=""):
    """Return the bytes of a small article of its own, with its address in a line."""
    words = (
        f"Flood {number} 🌊\n\nThe café\u0301 שלום number {number} was flooded, they say, twice."
    )
    return (f"{words}\n\n{url}" if url else words).encode()


def begin(at, *contents, **more):
    uploads = [Upload(f"{n}.txt", each, **more) for n, each in enumerate(contents)]
    return imports.create_batch(at.project, uploads, by=at.ada)


def read(at, *contents, **more):
    return run(begin(at, *contents, **more))


def store(batch, by):
    imports.store_batch(batch, by=by)
    return run(batch)


def states(batch):
    return [item.state for item in batch.items.all()]


# --- reading ----------------------------------------------------------------------------------


def test_files_are_read_in_their_order_and_nothing_is_stored(at):
    batch = read(at, text(1), b"", text(2))

    assert batch.state == "preview"
    assert states(batch) == ["read", "refused", "read"]
    assert batch.items.all()[1].message == "1.txt: there is no text in it."
    assert [item.content for item in batch.items.all()] == [None, None, None]
    assert not Article.objects.exists()


def test_what_is_given_outranks_the_file_and_the_licence_fills_a_gap(at):
    batch = imports.create_batch(
        at.project,
        [
            Upload("a.jsonl", b'{"text": "A text", "licence": "CC0"}\n{"text": "B text"}'),
            Upload("b.txt", text(3), given={"title": "Typed", "url": URL}),
        ],
        by=at.ada,
    )
    ImportItem.objects.filter(batch=batch).update(licence="asked", redistributable=True)

    first, second, third = run(batch).items.all()

    assert [item.draft["licence"] for item in (first, second, third)] == ["CC0", "asked", "asked"]
    assert (third.draft["title"], third.draft["url"]) == ("Typed", URL)
    assert all(item.redistributable for item in (first, second, third))
    assert [first.name, second.name] == ["a.jsonl:1", "a.jsonl:2"]


def test_no_file_is_no_batch_and_only_who_may_import_makes_one(at):
    with pytest.raises(Refused, match="Choose at least one file"):
        begin(at)
    with pytest.raises(NotAllowed):
        imports.create_batch(at.project, [Upload("a.txt", b"A")], by=at.cleo)

    assert not ImportBatch.objects.exists()


def test_batches_done_long_ago_are_forgotten_with_the_next_one(at):
    old, waiting = read(at, text(1)), read(at, text(2))
    old = store(old, at.ada)
    ImportBatch.objects.update(beat_at=now() - imports.KEPT - datetime.timedelta(days=1))

    new = begin(at, text(3))

    assert set(ImportBatch.objects.all()) == {waiting, new}
    assert Article.objects.count() == 1


def test_many_articles_of_one_file_are_kept_step_by_step(at, monkeypatch):
    kept = []
    keep = importing._keep
    monkeypatch.setattr(importing, "STEP", 2)
    monkeypatch.setattr(
        importing, "_keep", lambda found, **more: (kept.append(len(found)), keep(found, **more))
    )
    lines = b"\n".join(b'{"text": "Number %d"}' % n for n in range(5))
    batch = imports.create_batch(at.project, [Upload("many.jsonl", lines)], by=at.ada)

    batch = run(batch)

    assert kept == [2, 2, 1]
    assert [item.name for item in batch.items.all()] == [f"many.jsonl:{n}" for n in range(1, 6)]


def test_a_slow_file_gives_signs_of_life(at, monkeypatch):
    monkeypatch.setattr(importing, "BEAT", -1.0)

    assert states(read(at, text(1))) == ["read"]


def test_a_file_whose_reading_broke_off_is_read_anew_without_doubles(at, monkeypatch):
    monkeypatch.setattr(importing, "STEP", 1)
    lines = b"\n".join(b'{"text": "Number %d"}' % n for n in range(3))
    batch = imports.create_batch(
        at.project, [Upload("many.jsonl", lines), Upload("b.txt", text(1))], by=at.ada
    )

    class Killed(BaseException):
        pass

    importer = IMPORTERS["jsonl"]

    def breaks(data, *, name):
        found = list(type(importer).read(importer, data, name=name))
        yield from found[:2]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(IMPORTERS["jsonl"], "read", breaks, raising=False)
        with pytest.raises(Killed):
            take_turn(batch)
    assert batch.items.count() == 4

    batch = run(batch)

    assert states(batch) == ["read"] * 4
    assert batch.items.filter(name__startswith="many").count() == 3


def test_a_file_that_breaks_the_server_off_again_and_again_is_refused(at):
    batch = begin(at, text(1))
    ImportItem.objects.update(attempts=importing.ATTEMPTS)

    [item] = run(batch).items.all()

    assert item.state == "refused"
    assert item.message == "0.txt: reading it broke off 3 times."


def test_what_goes_wrong_in_an_importer_refuses_its_file_alone(at, settings, caplog):
    settings.FILE_READER = "tests.readers"
    batch = imports.create_batch(
        at.project, [Upload("a.raises", b"<p>A"), Upload("b.txt", text(1))], by=at.ada
    )
    reader = Reader()

    first, second = run(batch, reader).items.all()
    reader.close()

    assert (first.state, second.state) == ("refused", "read")
    assert first.message == (
        "a.raises: it could not be read; what went wrong stands in the server’s log."
    )
    assert "ZeroDivisionError" in caplog.text


def test_what_is_here_or_came_before_in_the_batch_is_known(at):
    here = article(at)

    batch = read(at, TEXT.encode(), text(1), text(1))

    first, second, third = batch.items.all()
    assert (first.state, first.article) == ("known", here)
    assert second.state == "read"
    assert (third.state, third.article) == ("known", None)
    assert third.message == "This text is in this batch already, as “1.txt”."


def test_another_text_of_an_address_is_a_version(at):
    here = article(at, url=URL)
    batch = read(at, text(1), text(2), given={"url": URL})
    other = read(at, text(3), text(4), given={"url": "https://other.example/a"})

    assert [(item.state, item.article) for item in batch.items.all()] == [("version", here)] * 2
    first, second = other.items.all()
    assert (first.state, second.state) == ("read", "version")
    assert "Another text of this address is in this batch, as “0.txt”" in second.message

    store(batch, at.ada)
    newest = Article.objects.get(text__contains="Flood 2")
    assert newest.previous.previous == here


# --- corrections ------------------------------------------------------------------------------


def test_corrections_are_checked_and_place_the_article_anew(at):
    here = article(at, url=URL)
    item = read(at, text(1)).items.get()

    imports.correct_item(
        item,
        by=at.ada,
        roles={1: "caption", 0: item.draft["blocks"][0]["role"], 99: "body"},
        url=f"{URL}?utm_source=x",
        published="2021-09",
        redistributable=True,
    )

    item.refresh_from_db()
    assert (item.state, item.article) == ("version", here)
    assert (item.draft["url"], item.draft["published"]) == (URL, "2021-09")
    assert item.draft["blocks"][1]["role"] == "caption"
    assert item.summary["decided"] == [1]
    assert item.redistributable

    imports.correct_item(item, by=at.ada, url="", title="Another")
    item.refresh_from_db()
    assert (item.state, item.article, item.summary["decided"]) == ("read", None, [1])
    assert item.redistributable


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"title": " \t"}, "An article needs a title."),
        ({"url": "javascript:alert(1)"}, "is not a web address"),
        ({"published": "2021-13"}, "2021-13"),
        ({"text": "other"}, "text of an article cannot be corrected"),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(at, values, says):
    item = read(at, text(1)).items.get()
    before = item.draft

    with pytest.raises(Refused, match=says):
        imports.correct_item(item, by=at.ada, **values)

    item.refresh_from_db()
    assert item.draft == before


def test_a_refused_file_and_a_closed_batch_are_not_corrected(at):
    refused, good = read(at, b"", text(1)).items.all()
    with pytest.raises(Refused, match="nothing to correct"):
        imports.correct_item(refused, by=at.ada, title="A")
    with pytest.raises(NotAllowed):
        imports.correct_item(good, by=at.cleo, title="A")

    store(good.batch, at.ada)

    with pytest.raises(Refused, match="it is done") as refusal:
        imports.leave_out(good, by=at.ada)
    assert refusal.value.code == "batch_closed"


def test_what_is_left_out_stays_out_when_it_is_corrected_until_it_is_taken_in(at):
    item = read(at, text(1)).items.get()

    imports.leave_out(item, by=at.ada)
    imports.correct_item(item, by=at.ada, title="Out")
    item.refresh_from_db()
    assert item.state == "dropped"

    imports.leave_out(item, by=at.ada, out=False)
    item.refresh_from_db()
    assert (item.state, item.draft["title"]) == ("read", "Out")

    imports.leave_out(item, by=at.ada, out=False)
    item.refresh_from_db()
    assert item.state == "read"


def test_an_address_that_is_none_is_refused_when_it_is_stored(at):
    batch = read(at, text(1), given={"url": "https://ada:secret@a.example/"})
    assert states(batch) == ["read"]

    [item] = store(batch, at.ada).items.all()

    assert item.state == "refused"
    assert "holds a name or password" in item.message
    assert not Article.objects.exists()


# --- storing ----------------------------------------------------------------------------------


def test_each_article_is_stored_in_a_transaction_of_its_own(at, monkeypatch):
    batch = read(at, text(1), text(2), text(3))
    imports.store_batch(batch, by=at.ada)
    stored = importing.import_article

    class Killed(BaseException):
        pass

    def second_kills(project, of, **more):
        if "Flood 2" in of.text:
            stored(project, of, **more)
            raise Killed
        return stored(project, of, **more)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "import_article", second_kills)
        with pytest.raises(Killed):
            take_turn(batch)
    assert Article.objects.count() == 1
    assert states(batch) == ["stored", "read", "read"]

    batch = run(batch)

    assert batch.state == "done"
    assert states(batch) == ["stored"] * 3
    assert Article.objects.count() == 3
    assert Event.objects.filter(kind="article.imported").count() == 3


def test_whoever_stores_is_the_one_who_imports(at):
    batch = read(at, text(1))
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)

    store(batch, at.ben)

    assert Article.objects.get().imported_by == at.ben


def test_what_became_known_or_refused_meanwhile_is_said_and_the_rest_stored(
    at, monkeypatch, caplog
):
    batch = read(at, text(1), text(2), text(3))
    here = article(at, text(1).decode())
    stored = importing.import_article

    def second_breaks(project, of, **more):
        if "Flood 2" in of.text:
            raise ZeroDivisionError
        return stored(project, of, **more)

    monkeypatch.setattr(importing, "import_article", second_breaks)

    first, second, third = store(batch, at.ada).items.all()

    assert (first.state, first.article) == ("known", here)
    assert second.state == "refused"
    assert second.message.startswith("1.txt: it could not be stored;")
    assert third.state == "stored"
    assert third.article.text.startswith("Flood 3")
    assert "ZeroDivisionError" in caplog.text


def test_whoever_lost_the_right_meanwhile_stores_nothing(at):
    batch = read(at, text(1))
    imports.store_batch(batch, by=at.ada)
    set_member(at.project, account=at.account(at.ben), role="manager", by=at.ada)
    remove_member(at.project, account=at.account(at.ada), by=at.ben)

    [item] = run(batch).items.all()

    assert item.state == "refused"
    assert not Article.objects.exists()


def test_two_clicks_store_once_and_nothing_to_store_is_refused(at):
    batch, empty = read(at, text(1)), read(at, b"")

    assert imports.store_batch(batch, by=at.ada)
    assert not imports.store_batch(batch, by=at.ada)
    with pytest.raises(Refused, match="no article in this batch"):
        imports.store_batch(empty, by=at.ada)
    with pytest.raises(NotAllowed):
        imports.store_batch(batch, by=at.cleo)
    batch = run(batch)
    assert not imports.store_batch(batch, by=at.ada)
    assert Article.objects.count() == 1


def test_a_batch_is_dropped_but_not_while_it_is_stored(at):
    batch = read(at, text(1))
    with pytest.raises(NotAllowed):
        imports.drop_batch(batch, by=at.cleo)
    imports.store_batch(batch, by=at.ada)
    with pytest.raises(Refused, match="wait until it is done"):
        imports.drop_batch(batch, by=at.ada)
    run(batch)

    imports.drop_batch(batch, by=at.ada)
    imports.drop_batch(batch, by=at.ada)

    assert not ImportBatch.objects.exists()
    assert Article.objects.exists()


def test_a_draft_as_builders_make_it_comes_back_from_json_as_it_was():
    from annotations.domain.drafts import from_json, to_json

    one = draft(changes=({"what": "newline", "from": "CRLF", "count": 2},))

    assert from_json(to_json(one)) == one
