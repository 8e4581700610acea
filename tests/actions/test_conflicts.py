"""A change based on an older version: refused with both versions, unless nothing seen has moved."""

import pytest

from annotations.actions.evidence import (
    change_citation,
    cite,
    confirm_citation,
    describe_assertion,
    give_verdict,
    set_work_state,
    withdraw_citation,
)
from annotations.actions.recording import Key
from annotations.actions.spans import change_span, withdraw_span
from annotations.domain.errors import Refused, Stale
from annotations.models import Assertion, Event, Source, Span
from annotations.queries.versions import versions
from tests import builders as build
from tests.builders import key as key_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return build.desk()


@pytest.fixture
def article(at):
    return build.article(at)


@pytest.fixture
def span(at, article):
    return build.mark(at, article, "Nobody was hurt", note="Ask 👩‍👧.")


def source(at) -> Source:
    from annotations.actions.evidence import add_source

    return add_source(at.project, by=at.cleo, kind="official", title="Gauge report שלום")


def test_a_stale_change_is_refused_with_what_was_seen_what_is_and_what_was_sent(at, span):
    change_span(span, by=at.ben, label=at.label("f"))

    with pytest.raises(Stale, match="you saw version 1, it is now version 2") as refusal:
        change_span(span, by=at.cleo, revision=1, note="cafe\u0301", label=at.label("o"))

    details = refusal.value.details
    assert (details["table"], details["row"], details["based_on"]) == ("span", span.pk, 1)
    assert details["seen"]["label"] == str(at.label("c").pk)
    assert details["current"]["label"] == str(at.label("f").pk)
    assert details["mine"] == {"note": "cafe\u0301", "label": str(at.label("o").pk)}


def test_evidence_that_somebody_brings_does_not_stand_in_the_way_of_a_note(at, span):
    cite(span, source(at), by=at.ben)
    span.refresh_from_db()
    assert span.revision > 1

    change_span(span, by=at.cleo, revision=1, note="Ask the owners.")

    span.refresh_from_db()
    assert span.note == "Ask the owners."


def test_a_speaker_who_is_known_is_compared_by_who_it_is(at, span):
    change_span(span, by=at.cleo, voice="named", speaker_name="The mayor")
    change_span(span, by=at.ben, note="Which?")

    with pytest.raises(Stale) as refusal:
        change_span(span, by=at.cleo, revision=2, speaker_name="the MAYOR", note="Mine.")

    assert refusal.value.details["mine"] == {"speaker": str(span.speaker_id), "note": "Mine."}


# What is nobody's conflict


def test_a_form_in_which_nothing_was_changed_leaves_theirs(at, span):
    change_span(span, by=at.ben, note="Theirs.", voice="unnamed")

    changed = change_span(
        span, by=at.cleo, revision=1, note="Ask 👩‍👧.", voice="author", label=at.label("c")
    )

    span.refresh_from_db()
    assert (changed, span.note, span.voice) == (False, "Theirs.", "unnamed")


def test_the_same_change_by_both_is_made_once(at, span):
    change_span(span, by=at.ben, label=at.label("f"), note="Theirs.")
    before = Event.objects.count()

    change_span(span, by=at.cleo, revision=1, label=at.label("f"), note="Ask 👩‍👧.")

    span.refresh_from_db()
    assert (span.label, span.note) == (at.label("f"), "Theirs.")
    assert Event.objects.count() == before


def test_a_new_speaker_beside_what_stands_unchanged_is_a_change(at, span):
    change_span(span, by=at.ben, note="Theirs.")

    with pytest.raises(Stale):
        change_span(span, by=at.cleo, revision=1, note="Ask 👩‍👧.", speaker_name="The mayor")


def test_an_unchanged_form_does_not_hide_that_the_span_was_withdrawn(at, span):
    withdraw_span(span, by=at.ben)

    with pytest.raises(Stale):
        change_span(span, by=at.cleo, revision=1, note="Ask 👩‍👧.")


def test_an_unchanged_verdict_leaves_the_newer_one(at, span):
    given = {"verdict": "supported", "reason": "The gauge.", "as_of": "2021"}
    seen = give_verdict(span, by=at.cleo, **given)
    span.refresh_from_db()
    give_verdict(span, by=at.ben, verdict="refuted", reason="שלום", as_of="2021")

    give_verdict(span, by=at.cleo, revision=seen.revision, **given)

    assert Assertion.objects.get().verdict == "refuted"
    with pytest.raises(Stale):
        give_verdict(span, by=at.cleo, revision=seen.revision, **(given | {"reason": "Another."}))


def test_an_unchanged_work_state_asks_for_no_date(at, span):
    seen = set_work_state(span, by=at.cleo, state="not_due", due="2027-01")
    span.refresh_from_db()
    set_work_state(span, by=at.ben, state="searching", due="")

    set_work_state(span, by=at.cleo, state="not_due", due="2027-01", revision=seen.revision)

    assert Assertion.objects.get().work_state == "searching"


def test_of_a_version_that_the_history_does_not_tell_whatever_differs_is_a_conflict(at, span):
    with pytest.raises(Stale) as refusal:
        change_span(span, by=at.cleo, revision=7, note="Mine.")
    assert (refusal.value.details["seen"], refusal.value.details["based_on"]) == (None, 7)

    change_span(span, by=at.cleo, revision=7, note="Ask 👩‍👧.")

    span.refresh_from_db()
    assert (span.note, span.revision) == ("Ask 👩‍👧.", 1)


# What one has sent oneself before


def after(key: Key, *earlier: Key) -> Key:
    """Return the key as a page sends it that has sent the others before."""
    return Key(key.uuid, key.sha256, tuple(one.uuid for one in earlier))


def test_a_change_after_ones_own_from_the_same_page_is_no_conflict(at, span):
    first, second, third = (key_for(asked) for asked in "abc")
    change_span(span, by=at.cleo, revision=1, note="First.", key=first)
    second = after(second, first)
    change_span(span, by=at.cleo, revision=1, note="First. And more.", key=second)

    third = after(third, first, second)
    withdraw_span(span, by=at.cleo, revision=1, key=third)

    span.refresh_from_db()
    assert (span.note, span.revision) == ("First. And more.", 4)


def test_what_a_form_left_as_it_was_does_not_undo_ones_own_earlier_change(at, span):
    first, second = key_for("a"), key_for("b")
    change_span(span, by=at.cleo, revision=1, label=at.label("f"), key=first)

    change_span(
        span,
        by=at.cleo,
        revision=1,
        label=at.label("c"),
        note="Mine.",
        key=after(second, first),
    )

    span.refresh_from_db()
    assert (span.label, span.note) == (at.label("f"), "Mine.")


def test_what_another_has_made_of_ones_own_change_is_compared_with_that(at, span):
    first, second = key_for("a"), key_for("b")
    change_span(span, by=at.cleo, revision=1, note="First.", key=first)
    change_span(span, by=at.ben, note="Theirs.")

    with pytest.raises(Stale) as refusal:
        change_span(
            span,
            by=at.cleo,
            revision=1,
            note="First. And more.",
            key=after(second, first),
        )

    details = refusal.value.details
    assert (details["seen"]["note"], details["based_on"]) == ("First.", 2)
    assert (details["current"]["note"], details["mine"]["note"]) == ("Theirs.", "First. And more.")


def test_the_keys_of_somebody_else_are_no_leave_to_overwrite_him(at, span):
    first, second = key_for("a"), key_for("b")
    change_span(span, by=at.ben, note="Theirs.", key=first)

    with pytest.raises(Stale):
        change_span(
            span,
            by=at.cleo,
            revision=1,
            note="Mine.",
            key=after(second, first),
        )


def test_what_was_withdrawn_meanwhile_is_restored_and_changed_in_one_operation(at, span):
    withdraw_span(span, by=at.ben)
    with pytest.raises(Stale) as refusal:
        change_span(span, by=at.cleo, revision=1, note="Mine.")
    revision = refusal.value.details["current"]["revision"]
    with pytest.raises(Refused, match="restore it first"):
        change_span(span, by=at.cleo, revision=revision, note="Mine.")

    change_span(span, by=at.cleo, revision=revision, note="Mine.", restore=True)

    span.refresh_from_db()
    assert (span.note, span.withdrawn_at) == ("Mine.", None)
    last = list(Event.objects.filter(stream=span.stream_id).order_by("-sequence")[:2])
    assert [event.kind for event in last] == ["span.changed", "span.restored"]
    assert last[0].operation == last[1].operation


def test_a_citation_withdrawn_meanwhile_is_restored_with_mine(at, span):
    made = cite(span, source(at), by=at.cleo, quotation="one metre")
    withdraw_citation(made, by=at.ben)
    with pytest.raises(Stale):
        change_citation(made, by=at.cleo, revision=1, quotation="two metres")

    change_citation(made, by=at.cleo, revision=2, quotation="two metres", restore=True)
    made.refresh_from_db()
    assert (made.quotation, made.withdrawn_at) == ("two metres", None)

    change_citation(made, by=at.cleo, quotation="three metres", restore=True)
    made.refresh_from_db()
    assert made.quotation == "three metres"


def test_a_confirmation_of_other_words_is_refused(at, span):
    made = cite(span, source(at), by=at.cleo, quotation="one metre")
    change_citation(made, by=at.cleo, quotation="two metres")

    with pytest.raises(Stale) as refusal:
        confirm_citation(made, by=at.ben, revision=1)

    assert refusal.value.details["mine"] == {}
    assert refusal.value.details["seen"]["quotation"] == "one metre"


def test_a_state_of_work_and_a_verdict_based_on_an_older_version_are_refused(at, span):
    set_work_state(span, state="searching", by=at.ben)

    with pytest.raises(Stale) as refusal:
        set_work_state(span, state="waiting", due="2021-09", by=at.cleo, revision=0)
    assert refusal.value.details["mine"] == {"work_state": "waiting", "due": "2021-09"}
    assert refusal.value.details["seen"]["work_state"] == "todo"
    with pytest.raises(Stale) as refusal:
        give_verdict(span, verdict="supported", reason="Yes.", by=at.cleo, revision=1)
    assert refusal.value.details["mine"]["verdict_reason"] == "Yes."


def test_an_assertion_that_somebody_only_opened_is_described_without_asking(at, span):
    cite(span, source(at), by=at.ben)
    span.refresh_from_db()

    describe_assertion(span, by=at.cleo, revision=0, paraphrase="Nobody came to harm.")

    assert Assertion.objects.get().paraphrase == "Nobody came to harm."


def test_where_nobody_has_made_an_assertion_revision_0_is_the_one_seen(at, span):
    made = give_verdict(span, verdict="supported", reason="Yes.", by=at.cleo, revision=0)

    assert made.verdict == "supported"


def test_a_request_sent_again_is_not_stale(at, span):
    key = key_for("note")
    change_span(span, by=at.cleo, revision=1, note="Mine.", key=key)
    change_span(span, by=at.ben, note="Bens.")

    change_span(span, by=at.cleo, revision=1, note="Mine.", key=key)

    assert Span.objects.get().note == "Bens."


def test_versions_tell_who_changed_a_row_from_a_revision_on(at, article, span):
    change_span(span, by=at.ben, note="Two.")
    change_span(span, by=at.ada, note="Three.")

    found = versions(span.pk, [article.pk], 2)
    assert [(one.revision, one.actor, one.state["note"]) for one in found] == [
        (3, "Ada", "Three."),
        (2, "ben", "Two."),
    ]
