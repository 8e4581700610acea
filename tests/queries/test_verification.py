"""Each kind of corruption, made by raw SQL with the guards lifted, is named by ``verify``."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.actions.articles import purge_article
from annotations.domain.history import canonical_json, digest
from annotations.models import (
    Block,
    Citation,
    Comment,
    Decision,
    Event,
    SignOff,
    Span,
    Stream,
    guards,
    search,
)
from annotations.queries.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(told):
    return told


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount, "The corruption changed nothing."


def key(row):
    """Return a key as raw SQL takes it."""
    return row.pk.hex if connection.vendor == "sqlite" else row.pk


def update(row, column, value):
    table = row._meta.db_table
    sql(f'UPDATE {table} SET "{column}" = %s WHERE uuid = %s', value, key(row))


def delete(row):
    sql(f"DELETE FROM {row._meta.db_table} WHERE uuid = %s", key(row))


def event(at, sequence=2):
    return Event.objects.get(stream=at.flood.pk, sequence=sequence)


def last(at):
    return Event.objects.filter(stream=at.flood.pk).order_by("-sequence").first()


def change_text(at):
    update(at.flood, "text", at.flood.text.replace("two", "ten"))


def change_title(at):
    update(at.flood, "title", "Another title")


def change_quote(at):
    update(at.claim, "quote", "The river fell.")


def change_note(at):
    update(at.shared, "note", "Slipped in.")


def move_block(at):
    update(Block.objects.filter(article=at.flood, index=1).get(), "start", 2)


def change_role(at):
    update(Block.objects.filter(article=at.dam, index=1).get(), "role", "boilerplate")


def change_revision(at):
    update(at.shared, "revision", 1)


def raise_revision(at):
    update(at.shared, "revision", 99)


def change_payload(at):
    update(event(at), "payload", event(at).payload.replace("claim", "clam"))


def forge_payload(at):
    """Change a payload and its digest: then the hash does not fit."""
    payload = json.loads(event(at).payload)
    payload["changes"][0]["after"]["note"] = "Forged."
    text = canonical_json(payload)
    update(event(at), "payload_sha256", digest(text))
    update(event(at), "payload", text)


def forge_tail(at):
    """Forge the last event with its hash and the head: its rows give it away."""
    tail = last(at)
    payload = json.loads(tail.payload)
    payload["changes"][0]["after"]["sole_author"] = True
    tail.payload = canonical_json(payload)
    tail.payload_sha256 = digest(tail.payload)
    before = event(at, tail.sequence - 1)
    tail.hash = tail.link.hash(before.hash)
    for column in ("payload", "payload_sha256", "hash"):
        update(tail, column, getattr(tail, column))
    update(Stream.objects.get(pk=at.flood.pk), "head_hash", tail.hash)


def change_actor(at):
    update(event(at), "actor_id", key(at.desk.ben))


def change_time(at):
    update(event(at), "time", 1)


def cut_tail(at):
    delete(last(at))


def cut_tail_and_head(at):
    """Cut the last event and set the stream back: the rows know more than the history."""
    delete(last(at))
    stream = Stream.objects.get(pk=at.flood.pk)
    update(stream, "head_hash", last(at).hash)
    update(stream, "sequence", stream.sequence - 1)


def cut_middle(at):
    delete(event(at, 3))


def change_head(at):
    update(Stream.objects.get(pk=at.flood.pk), "head_hash", "0" * 64)


def delete_row(at):
    delete(Comment.objects.get())


def add_row(at):
    comment = Comment.objects.get()
    comment.pk = at.desk.project.pk
    Comment.objects.bulk_create([comment])


def read_own(at):
    decision = Decision.objects.get(span=at.claim, voided_at=None)
    update(decision, "reader_id", key(at.desk.cleo))


def confirm_own(at):
    citation = Citation.objects.exclude(confirmed_by=None).get()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = 1")
        else:
            # An altered table must have no checks left to do.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                f"ALTER TABLE {Citation._meta.db_table} "
                "DROP CONSTRAINT citation_confirmed_by_another"
            )
    update(citation, "confirmed_by_id", key(at.desk.cleo))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = 0")


def change_sign_off_digest(at):
    update(SignOff.objects.get(), "digest", "0" * 64)


def change_signed_items(at):
    """Change what was covered and its digest with it: the article is not that."""
    signed = SignOff.objects.get()
    items = signed.items | {"policy": "0" * 64}
    update(signed, "items", json.dumps(items))
    update(signed, "digest", digest(canonical_json(items)))


def change_sign_off_head(at):
    update(SignOff.objects.get(), "head_hash", "0" * 64)


CORRUPTIONS = [
    (change_text, "text_digest", "The article “The flood”: its text does not fit its SHA-256."),
    (change_title, "row_differs", "The article “Another title” is not what its last event says"),
    (change_quote, "quote", "says “The river fell.” at"),
    (change_note, "row_differs", "The article “The dam”: span"),
    (move_block, "block", "The article “The flood”: block 1 at 2–"),
    (change_role, "row_differs", "The article “The dam”: block"),
    (change_revision, "row_revision", "has revision 1, but its last event made revision"),
    (raise_revision, "row_revision", "has revision 99, but its last event made revision"),
    (change_payload, "payload_digest", "The article “The flood”: the payload of event 2"),
    (forge_payload, "event_hash", "The article “The flood”: event 2"),
    (forge_tail, "row_differs", "is not what its last event says of it"),
    (change_actor, "event_hash", "does not follow from the one before it"),
    (change_time, "event_hash", "does not follow from the one before it"),
    (cut_tail, "stream_length", "The article “The flood”: its history says"),
    (cut_tail_and_head, "row_untold", "The article “The flood”: sign off"),
    (cut_middle, "event_missing", "The article “The flood”: event 3 is missing"),
    (change_head, "stream_head", "The article “The flood”: the head of its history"),
    (delete_row, "row_missing", "its events tell of comment"),
    (add_row, "row_untold", "The article “The flood”: comment"),
    (read_own, "four_eyes", "The article “The flood”: decision"),
    (confirm_own, "four_eyes", "is confirmed by who added it"),
    (change_sign_off_digest, "sign_off", "carries a digest that is not that of its items"),
    (change_signed_items, "sign_off", "covers something else than is here: policy changed"),
    (change_sign_off_head, "sign_off_head", "The article “The flood”: sign-off"),
]


@pytest.mark.parametrize(
    ("corrupt", "code", "sentence"),
    [pytest.param(*case, id=case[0].__name__) for case in CORRUPTIONS],
)
def test_a_corruption_is_named_and_verify_fails(at, corrupt, code, sentence):
    with guards.lifted(connection):
        corrupt(at)

    findings = list(verify())

    assert any(found.code == code and sentence in found.text for found in findings), findings
    printed = StringIO()
    with pytest.raises(CommandError, match="not fit"):
        call_command("verify", project="desk", stdout=printed)
    assert sentence in printed.getvalue()


def test_a_guard_that_is_gone_is_named(at):
    name, table = "guard_event_history_update", Event._meta.db_table
    with connection.cursor() as cursor:
        for statement in guards.DIALECTS[connection.vendor].drop(name, table):
            cursor.execute(statement)
    try:
        found = [finding.text for finding in verify()]
    finally:
        guards.install(connection)

    assert len(found) == 1
    assert f"The guard {name} does not stand" in found[0]


def lose_an_entry(at):
    sql("DELETE FROM annotations_searchentry WHERE target = %s", key(at.claim))


def change_an_entry(at):
    sql("UPDATE annotations_searchentry SET words = 'שלום' WHERE target = %s", key(at.claim))


def leave_an_entry_over(at):
    sql(
        "INSERT INTO annotations_searchentry (target, words) VALUES (%s, 'left over')",
        key(at.flood),
    )


def change_a_note_unheard(at):
    """Write past the triggers of the search; no history is at fault."""
    search.lift(connection)
    Span.objects.filter(pk=at.claim.pk).update(note="Slipped in.")


def forget_the_index(at):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO annotations_search (annotations_search) VALUES ('delete-all')"
            )
    else:
        # PostgreSQL keeps its index itself: entries are all that can go.
        sql("DELETE FROM annotations_searchentry")


@pytest.mark.parametrize(
    "corrupt",
    [lose_an_entry, change_an_entry, leave_an_entry_over, change_a_note_unheard, forget_the_index],
)
def test_a_search_that_is_out_of_step_is_named_and_can_be_made_anew(at, corrupt, capsys):
    with guards.lifted(connection):
        corrupt(at)
    try:
        found = [finding.text for finding in verify() if finding.code == "search"]
        with pytest.raises(CommandError, match="not fit"):
            call_command("verify")
        assert found[0] in capsys.readouterr().out
        assert "not fit the spans and sources" in found[0]
        assert "manage.py rebuild_search" in found[0]
    finally:
        call_command("rebuild_search")

    assert "of its entries did not fit" in capsys.readouterr().out
    assert not [finding for finding in verify() if finding.code == "search"]
    call_command("rebuild_search")
    assert capsys.readouterr().out == "The search is made anew; it did fit.\n"


def test_what_is_whole_fits(at, capsys):
    call_command("verify")

    assert capsys.readouterr().out == "Everything fits.\n"


def test_withheld_payloads_and_purged_articles_are_no_fault(at):
    purge_article(at.dam, reason="The author asked.", by=at.desk.ada)
    assert list(verify()) == []

    purge_article(at.flood, reason="The author asked.", by=at.desk.ada)
    assert list(verify()) == []
    assert not Span.objects.exists()


def test_a_purge_does_not_blind_verify_to_other_articles(at):
    purge_article(at.dam, reason="The author asked.", by=at.desk.ada)
    with guards.lifted(connection):
        add_row(at)

    assert [finding.code for finding in verify()] == ["row_untold"]


def test_an_unknown_project_is_named(at):
    with pytest.raises(CommandError, match=r"There is no project “desj”\. Projects: desk\."):
        call_command("verify", project="desj")
