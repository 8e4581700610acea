"""Each kind of corruption, made by raw SQL with the guards lifted, is named by ``verify``."""

import json
from importlib import import_module
from io import StringIO
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from annotations.actions import evidence
from annotations.actions.articles import purge_article
from annotations.actions.review import add_comment
from annotations.domain.history import canonical_json, digest
from annotations.models import (
    Article,
    Assignment,
    Block,
    Citation,
    Comment,
    ConfidentialDetails,
    ConfidentialDigest,
    Decision,
    Event,
    InboxItem,
    Membership,
    Person,
    PersonAccount,
    SignOff,
    Span,
    Stream,
    WithheldPayload,
    guards,
    search,
)
from annotations.models.base import now
from annotations.queries.backup import heads
from annotations.queries.verification import verify
from tests import builders

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


def empty_payload(at):
    update(event(at), "payload", None)


def empty_payload_and_forge_what_it_told(at):
    told = Event.objects.get(kind="comment.added")
    update(told, "payload", None)
    update(Comment.objects.get(), "body", "I agree with everything.")


def remove_article(at):
    """Take an article away with everything that is its own; nothing of it is left over."""
    dam = at.dam.pk
    own = Span.objects.filter(article=dam)
    for rows in (
        InboxItem.objects.filter(pk__in=InboxItem.objects.filter(assignment__article=dam)),
        Assignment.objects.filter(article=dam),
        own,
        Block.objects.filter(article=dam),
        Event.objects.filter(stream__article=dam),
        Stream.objects.filter(article=dam),
        Article.objects.filter(pk=dam),
    ):
        rows._raw_delete(rows.db)


def access(at):
    return Stream.objects.get(kind="access")


def remove_access_stream(at):
    rows = Event.objects.filter(stream=access(at))
    rows._raw_delete(rows.db)
    delete(access(at))


def change_member_role(at):
    sql("UPDATE annotations_membership SET role = 'manager' WHERE role = 'annotator'")


def delete_membership(at):
    sql("DELETE FROM annotations_membership WHERE role = 'annotator'")


def add_membership(at):
    Membership.objects.create(project=at.desk.project, account=at.desk.dan, role="viewer")


def move_link(at):
    sql(
        "UPDATE annotations_personaccount SET account_id = %s WHERE person_id = %s",
        at.desk.dan.pk,
        key(at.desk.cleo),
    )


def date_link_back(at):
    sql(
        "UPDATE annotations_personaccount SET since = '2001-01-01 00:00:00+00:00' "
        "WHERE person_id = %s",
        key(at.desk.cleo),
    )


def end_link(at):
    PersonAccount.objects.filter(person=at.desk.cleo).update(ended_at=now())


def delete_link(at):
    PersonAccount.objects.filter(person=at.desk.cleo)._raw_delete("default")


def add_link(at):
    PersonAccount.objects.create(
        person=Person.objects.create(project=at.desk.project, name="Éve"),
        project=at.desk.project,
        account=at.desk.dan,
    )


def change_salt(at):
    sql("UPDATE annotations_salt SET value = %s", "0" * 64)


def move_stream(at):
    sql(
        "UPDATE annotations_stream SET article_id = NULL, kind = 'access' WHERE uuid = %s",
        key(at.dam),
    )


def swap_streams(at):
    sql("UPDATE annotations_stream SET article_id = %s WHERE uuid = %s", key(at.flood), key(at.dam))


def change_kept(column, value):
    def change(at):
        update(at.secret, column, value)

    change.__name__ = f"change_kept_{column}"
    return change


def change_details(at):
    sql("UPDATE annotations_confidentialdetails SET details = 'Somebody else.'")


def delete_details(at):
    sql("DELETE FROM annotations_confidentialdetails_readers")
    sql("DELETE FROM annotations_confidentialdetails")


def add_reader(at):
    ConfidentialDetails.objects.get().readers.add(at.desk.ben)


def take_readers(at):
    sql("DELETE FROM annotations_confidentialdetails_readers")


def delete_digest(at):
    sql("DELETE FROM annotations_confidentialdigest")


KEPT = "what is kept of the confidential source"
CORRUPTIONS = [
    *(
        (change_kept(column, value), "confidential", KEPT)
        for column, value in {
            "title": "Talk with nobody",
            "publisher": "שלום",
            "authors": '["Zoe"]',
            "published": "2001",
            "language": "de",
            "note": "Slipped in. 🌊",
        }.items()
    ),
    (change_details, "confidential", KEPT),
    (delete_details, "confidential", KEPT),
    (add_reader, "confidential", "or who may read it, is not what was last written"),
    (take_readers, "confidential", KEPT),
    (delete_digest, "confidential", KEPT),
    (empty_payload, "payload_missing", "the payload of event 2 (span.added) is not here, and"),
    (empty_payload_and_forge_what_it_told, "payload_missing", "(comment.added) is not here"),
    (remove_article, "article_missing", "whose import it tells of, is not there"),
    (remove_access_stream, "link_untold", "Cleo Lindqvist is linked to an account, and no event"),
    (
        change_member_role,
        "member_differs",
        "Lindqvist is “manager”, but the events say “annotator”",
    ),
    (delete_membership, "member_differs", "Lindqvist is “none”, but the events say “annotator”"),
    (add_membership, "member_differs", "is “viewer”, but the events say “none”"),
    (move_link, "link_differs", "Lindqvist is linked to another account, or since another time"),
    (date_link_back, "link_differs", "or since another time, than event"),
    (end_link, "link_end", "has not ended when the events say"),
    (delete_link, "link_missing", "was linked to an account by event"),
    (add_link, "link_untold", "Éve is linked to an account, and no event says so"),
    (change_salt, "link_differs", "is linked to another account"),
    (move_stream, "stream_owner", "The article “The dam”: its history"),
    (swap_streams, "stream_owner", "The article “The dam”: its history"),
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


# Payloads that are not here


def came_withheld(event):
    """Let an event be as a fixture brings it whose payload was withheld."""
    with guards.lifted(connection):
        update(event, "payload", None)
        WithheldPayload.objects.create(event=event)


def test_a_payload_that_came_withheld_is_counted_and_no_fault(at, capsys):
    came_withheld(Event.objects.get(kind="comment.added"))

    call_command("verify")

    assert capsys.readouterr().out == "1 payload withheld.\nEverything fits.\n"


def test_what_is_erased_is_counted(at, capsys):
    purge_article(at.dam, reason="The author asked.", by=at.desk.ada)

    call_command("verify")

    gone = Event.objects.filter(payload=None).count()
    assert gone > 1
    assert capsys.readouterr().out == f"{gone} payloads erased.\nEverything fits.\n"


@pytest.mark.parametrize(
    ("corrupt", "code"),
    [
        pytest.param(change_note, "row_differs", id="a span of another article"),
        pytest.param(add_row, None, id="a comment that the payload could have told of"),
        pytest.param(change_member_role, "member_differs", id="a role"),
        pytest.param(raise_revision, "row_revision", id="a span of more revisions"),
    ],
)
def test_a_withheld_payload_excuses_only_what_it_could_have_told_of(at, corrupt, code):
    came_withheld(Event.objects.get(kind="comment.added"))
    with guards.lifted(connection):
        corrupt(at)

    assert [finding.code for finding in verify()] == ([code] if code else [])


def test_a_withheld_payload_of_one_article_excuses_no_row_of_another(at):
    added = add_comment(at.dam, body="Here, too.", by=at.desk.cleo)
    came_withheld(Event.objects.get(kind="comment.added", stream=at.dam.pk))
    assert list(verify()) == []
    with guards.lifted(connection):
        comment = Comment.objects.get(article=at.flood)
        comment.pk = at.desk.project.pk
        Comment.objects.bulk_create([comment])

    assert [finding.code for finding in verify()] == ["row_untold"]
    assert added.article == at.dam


def test_the_migration_names_what_is_empty_and_was_not_erased(at):
    purge_article(at.dam, reason="The author asked.", by=at.desk.ada)
    withheld = Event.objects.get(kind="comment.added")
    with guards.lifted(connection):
        update(withheld, "payload", None)
    migration = import_module("annotations.migrations.0011_note_what_was_withheld")

    migration.note_what_was_withheld(apps, SimpleNamespace(connection=connection))

    assert [row.event for row in WithheldPayload.objects.all()] == [withheld]
    assert list(verify()) == []


def test_only_what_is_empty_is_called_withheld(at):
    with pytest.raises(IntegrityError, match="Only a payload that is not here was withheld"):
        WithheldPayload.objects.create(event=event(at))


# What is confidential


def test_what_is_kept_of_a_source_may_change_by_actions_alone(at):
    evidence.change_source(at.secret, by=at.desk.cleo, title="Another talk", note="Kept 🌊.")
    assert list(verify()) == []
    evidence.set_confidential(
        at.secret, details="In the other safe.", readers=[at.desk.ada], by=at.desk.cleo
    )
    assert list(verify()) == []
    evidence.change_source(
        at.report, by=at.desk.cleo, access="confidential", kind="official", url=""
    )
    assert list(verify()) == []
    assert ConfidentialDigest.objects.count() == 2
    evidence.change_source(at.report, by=at.desk.cleo, access="no_link")
    assert list(verify()) == []
    assert ConfidentialDigest.objects.count() == 1


def test_the_migration_notes_what_is_kept_of_confidential_sources(at):
    known = dict(ConfidentialDigest.objects.values_list("source", "value"))
    with guards.lifted(connection):
        delete_digest(at)
    migration = import_module("annotations.migrations.0013_digest_what_is_confidential")

    migration.digest_what_is_confidential(apps, SimpleNamespace(connection=connection))

    assert dict(ConfidentialDigest.objects.values_list("source", "value")) == known
    assert list(known) == [at.secret.pk]


# Articles that are listed


def tell_anew(stream, change):
    """Compute a stream anew: ``change`` is given each event, and says whether it stays."""
    head, sequence = "", 0
    for told in list(Event.objects.filter(stream=stream).order_by("sequence")):
        if not change(told):
            delete(told)
            continue
        sequence += 1
        told.sequence = sequence
        told.payload_sha256 = digest(told.payload)
        told.hash = head = told.link.hash(head)
        for column in ("sequence", "payload", "payload_sha256", "hash"):
            update(told, column, getattr(told, column))
    update(stream, "sequence", sequence)
    update(stream, "head_hash", head)


def as_before_the_lists(at):
    """Let the desk be one whose articles came before there were lists of them."""
    with guards.lifted(connection):
        stream = Stream.objects.get(pk=at.desk.project.pk)
        tell_anew(stream, lambda told: told.kind != "articles.listed")


def test_articles_from_before_the_lists_are_counted_until_the_next_import(at, capsys):
    as_before_the_lists(at)

    call_command("verify")
    assert capsys.readouterr().out == (
        "2 articles are not listed in the project’s history yet: nobody would miss one. The next "
        "import lists them.\nEverything fits.\n"
    )

    third = builders.article(at.desk, "A third text שלום.\n\nOf two paragraphs 🌊.")
    fourth = builders.article(at.desk, "A fourth text.\n\nOf two paragraphs.")
    call_command("verify")
    assert capsys.readouterr().out == "Everything fits.\n"
    told = Event.objects.filter(kind="articles.listed").order_by("sequence")
    assert [json.loads(one.payload)["articles"] for one in told] == [
        {str(one.pk): one.text_sha256 for one in (at.flood, at.dam, third)},
        {str(fourth.pk): fourth.text_sha256},
    ]


def test_an_article_that_no_list_names_is_named(at):
    as_before_the_lists(at)
    builders.article(at.desk, "A third text שלום.\n\nOf two paragraphs 🌊.")
    with guards.lifted(connection):
        stream = Stream.objects.get(pk=at.desk.project.pk)

        def leave_out(told):
            if told.kind == "articles.listed":
                content = json.loads(told.payload)
                del content["articles"][str(at.dam.pk)]
                content["articles"][str(at.flood.pk)] = "0" * 64
                told.payload = canonical_json(content)
            return True

        tell_anew(stream, leave_out)

    assert {(finding.code, finding.text) for finding in verify()} == {
        ("article_text", "The article “The flood” has another text than its project says."),
        ("article_untold", "The article “The dam” is not among the articles of its project."),
    }


def test_an_import_costs_as_much_whatever_was_listed_before(at):
    def queries(text):
        with CaptureQueriesContext(connection) as asked:
            builders.article(at.desk, text)
        listed = Event.objects.filter(kind="articles.listed").order_by("-sequence").first()
        return len(asked), len(listed.payload)

    first = queries("A third text.\n\nOf two paragraphs.")
    for number in range(5):
        builders.article(at.desk, f"Text {number}.\n\nOf two paragraphs.")
    assert queries("A last text.\n\nOf two paragraphs.") == first


def forget_digests():
    """Let the links be as those that were made before they had a digest."""

    def forget(told):
        content = json.loads(told.payload)
        content.pop("account", None)
        told.payload = canonical_json(content)
        return True

    with guards.lifted(connection):
        tell_anew(Stream.objects.get(kind="access"), forget)


def test_links_from_before_the_digests_are_counted_and_held_to_their_number(at, capsys):
    forget_digests()

    call_command("verify")

    assert capsys.readouterr().out == (
        "3 links of people to accounts are older than the digests of accounts: the history does "
        "not say which account it was.\nEverything fits.\n"
    )
    with guards.lifted(connection):
        change_member_role(at)
        delete_link(at)
    assert {"link_missing", "member_differs"} <= {finding.code for finding in verify()}


# Heads that are kept elsewhere


def printed_heads(**options):
    out = StringIO()
    call_command("verify", print_heads=True, stdout=out, **options)
    return out.getvalue()


def test_heads_are_printed_as_a_backup_s_manifest_digests_them(at):
    said = printed_heads()

    assert len(said.splitlines()) == Stream.objects.count() == 4
    assert digest(said) == heads()["heads_sha256"]
    assert f"{at.flood.pk} {last(at).sequence} {last(at).hash}\n" in said
    other = builders.desk("other", prefix="x")
    assert printed_heads(project="desk") == said
    assert str(other.project.pk) in printed_heads()


def test_heads_that_are_here_fit_also_when_the_history_went_on(at, tmp_path, capsys):
    kept = tmp_path / "heads"
    kept.write_text(printed_heads())
    add_comment(at.dam, body="And on.", by=at.desk.cleo)

    call_command("verify", heads=kept)

    assert capsys.readouterr().out == "Everything fits.\n"


def recompute(at):
    """Rename somebody since the beginning, and compute the project's chain anew."""

    def rename(told):
        told.payload = told.payload.replace("Cleo Lindqvist", "Cleo Forged")
        return True

    tell_anew(Stream.objects.get(pk=at.desk.project.pk), rename)
    update(at.desk.cleo, "name", "Cleo Forged")


def cut_comment(at):
    """Cut the last event of a history, with the row that it told of."""
    comment = Comment.objects.get(article=at.dam)
    InboxItem.objects.filter(comment=comment).delete()
    delete(comment)
    at.flood = at.dam
    cut_tail_and_head(at)


@pytest.mark.parametrize(
    ("corrupt", "says"),
    [
        pytest.param(recompute, "is not the one that was there", id="computed anew"),
        pytest.param(cut_comment, "events; it had", id="shorter"),
    ],
)
def test_only_heads_kept_elsewhere_tell_of_a_history_made_anew(at, tmp_path, corrupt, says):
    add_comment(at.dam, body="Cut me.", by=at.desk.cleo)
    kept = tmp_path / "heads"
    kept.write_text(printed_heads())
    with guards.lifted(connection):
        corrupt(at)

    assert list(verify()) == []
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("verify", heads=kept, stdout=out)
    assert failed.value.returncode == 1
    assert says in out.getvalue()
    assert len(out.getvalue().splitlines()) == 1


def test_a_whole_desk_that_is_gone_is_missed_by_its_heads(at, tmp_path):
    other = builders.desk("other", prefix="x")
    kept = tmp_path / "heads"
    kept.write_text(printed_heads(project="other"))
    lost = uuid4()
    kept.write_text(f"{kept.read_text()}{lost} 3 {'a' * 64}\r\n\n")

    out = StringIO()
    with pytest.raises(CommandError, match="1 found that does not fit"):
        call_command("verify", project="desk", heads=kept, stdout=out)

    assert out.getvalue() == f"The history {lost} is not here any more.\n"
    assert other.project.slug == "other"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "names no history", id="empty"),
        pytest.param("x 1 y", "Line 1 is not a head", id="words"),
        pytest.param("0" * 32 + " 1", "Line 1 is not a head", id="no hash"),
        pytest.param("0" * 33 + " 1 " + "a" * 64, "Line 1 is not a head", id="no UUID"),
        pytest.param("0" * 32 + " " + "9" * 5000 + " " + "a" * 64, "Line 1", id="long number"),
    ],
)
def test_a_file_that_holds_no_heads_is_refused(at, tmp_path, text, says):
    kept = tmp_path / "heads"
    kept.write_text(text)

    with pytest.raises(CommandError, match=says):
        call_command("verify", heads=kept)


def test_heads_are_printed_or_compared_and_a_missing_file_is_named(at, tmp_path):
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("verify", "--print-heads", "--heads", "x")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("verify", heads=tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="cannot be read: it is not text"):
        call_command("verify", heads=tmp_path / "bytes")


# What cannot even be read


def test_a_payload_that_no_action_wrote_is_named_with_everything_else(at):
    def spoil(told):
        if told.sequence == 2:
            told.payload = "[1]"
        return True

    with guards.lifted(connection):
        tell_anew(Stream.objects.get(pk=at.flood.pk), spoil)
        change_member_role(at)

    codes = [finding.code for finding in verify()]
    assert {"payload_form", "member_differs"} <= set(codes)


def test_a_row_that_cannot_be_read_keeps_nothing_else_from_being_checked(at):
    with guards.lifted(connection):
        update(at.desk.project, "policy", json.dumps({"é": 1}))
        change_member_role(at)
        change_text(at)

    found = {finding.code: finding.text for finding in verify()}
    assert {"row_differs", "text_digest", "unreadable", "member_differs"} <= found.keys()
    assert "something stored cannot be read (A policy has no rule “é”.)" in found["unreadable"]


# What one account did as two


def test_what_one_account_did_as_two_people_is_named_and_refuses_no_load(at, tmp_path):
    file = tmp_path / "desk.json"
    call_command("export_dataset", project="desk", format="fixture", output=str(file))
    with guards.lifted(connection):
        move_link(at)
        sql(
            "UPDATE annotations_personaccount SET account_id = %s, ended_at = since "
            "WHERE person_id = %s",
            at.desk.dan.pk,
            key(at.desk.ben),
        )

    found = [finding.text for finding in verify() if finding.code == "four_eyes_account"]

    assert any(": decision " in text and "Cleo Lindqvist and ben" in text for text in found)
    assert any("the confirmation of citation" in text for text in found)
    call_command("loaddata", str(file), verbosity=0)


def test_an_unknown_project_is_named(at):
    with pytest.raises(CommandError, match=r"There is no project “desj”\. Projects: desk\."):
        call_command("verify", project="desj")
