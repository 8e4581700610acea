"""Spans carried to the next version, and what people settle about them there."""

from typing import Any

import pytest

from annotations.actions.articles import import_article
from annotations.actions.carrying import (
    leave_span,
    move_carried,
    place_carried,
    settle_alike,
    settle_carried,
)
from annotations.actions.evidence import add_source, cite
from annotations.actions.projects import set_member
from annotations.actions.spans import add_span, change_span, withdraw_span
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused, SpanRefused, Stale
from annotations.models import Article, Assertion, Decision, Event, SignOff, Span, Stream
from annotations.queries import access
from annotations.queries.carrying import doubtful_spans, left_spans, unplaced_spans
from annotations.queries.history import operations
from annotations.queries.verification import verify
from tests import builders as build
from tests.stories import accept, sign

pytestmark = pytest.mark.django_db

URL = "https://paper.example/flood"
CLAIM = "The river rose two metres in 2021"
GONE = "a colossal blunder"
NEXT = build.TEXT.replace("two metres in 2021", "almost two metres in 2021").replace(
    "The dam, a colossal blunder, was built in 1974.", "Ducks came: a huge mistake, say 🌊 all."
)


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def first(desk) -> Article:
    return build.article(desk, url=URL)


def following(desk: build.Desk, text: str = NEXT) -> Article:
    return import_article(desk.project, build.draft(text, url=URL), by=desk.ada)


def ends(article: Article, words: str) -> dict[str, int]:
    start = article.text.index(words)
    return {"start": start, "end": start + len(words)}


def kinds(article: Article) -> list[str]:
    return list(Event.objects.filter(stream=article.pk).values_list("kind", flat=True))


def sound(desk: build.Desk) -> bool:
    return list(verify(desk.project)) == []


# --- the import -------------------------------------------------------------------------------


def test_spans_are_carried_and_doubtful_ones_wait(desk, first):
    kept = build.mark(desk, first, "Nobody was hurt", "f")
    reworded = build.mark(desk, first, CLAIM)
    gone = build.mark(desk, first, GONE, "o")

    second = following(desk)

    assert second.previous == first
    carried = {span.carried_from_id: span for span in Span.objects.filter(article=second)}
    assert gone.pk not in carried
    assert carried[kept.pk].carry_settled
    assert carried[kept.pk].quote == kept.quote
    doubtful = carried[reworded.pk]
    assert (doubtful.carry_state, doubtful.carry_settled) == ("reworded", False)
    assert list(doubtful_spans(second)) == [doubtful]
    assert list(unplaced_spans(second)) == [gone]


def test_a_doubt_that_nobody_settled_goes_on_to_the_version_after(desk, first):
    build.mark(desk, first, CLAIM)
    build.mark(desk, first, "Nobody was hurt", "f")
    second = following(desk)
    score = doubtful_spans(second).get().carry_score

    third = following(desk, NEXT.replace("Ducks", "Geese"))

    doubtful = doubtful_spans(third).get()
    assert (doubtful.carry_state, doubtful.carry_score) == ("reworded", score)
    settle_carried(doubtful, by=desk.cleo)
    fourth = following(desk, NEXT.replace("Ducks", "Swans"))
    assert not doubtful_spans(fourth).exists()


def test_the_older_version_is_told_and_its_sign_off_stands(desk, first):
    sign(first, desk.ben)
    own = build.mark(desk, build.article(desk, "Another one 🌊."), "Another", by=desk.ada)

    second = following(desk)

    event = Event.objects.get(stream=first.pk, kind="article.superseded")
    assert f'"next":"{second.pk}"' in event.payload
    assert SignOff.objects.get(article=first).lapsed_at is None
    assert kinds(second) == ["article.imported"]
    assert sound(desk)
    assert undo_last(own.article, by=desk.ada) is not None


def test_a_newer_version_does_not_stand_between_its_importer_and_an_undo(desk, first):
    mine = build.mark(desk, first, CLAIM, by=desk.ada)
    following(desk)

    undo_last(first, by=desk.ada)

    mine.refresh_from_db()
    assert mine.withdrawn_at is not None


# --- it stands, or it stands elsewhere --------------------------------------------------------


def test_a_doubtful_span_that_stands_is_settled_and_one_undo_brings_the_doubt_back(desk, first):
    build.mark(desk, first, CLAIM)
    second = following(desk)
    span = doubtful_spans(second).get()

    settle_carried(span, by=desk.cleo, revision=span.revision)
    settle_carried(span, by=desk.cleo)

    span.refresh_from_db()
    assert (span.carry_settled, span.revision) == (True, 2)
    assert kinds(second)[-1] == "span.settled"
    undo_last(second, by=desk.cleo)
    assert list(doubtful_spans(second)) == [span]
    redo_last(second, by=desk.cleo)
    assert not doubtful_spans(second).exists()
    assert sound(desk)


def test_a_span_is_moved_and_settled_in_one_step_and_its_decisions_are_void(desk, first):
    build.mark(desk, first, CLAIM)
    second = following(desk)
    span = doubtful_spans(second).get()
    accept(span, desk.ben)

    move_carried(span, **ends(second, "two metres in 2021"), by=desk.ada)

    span.refresh_from_db()
    assert (span.quote, span.carry_settled) == ("two metres in 2021", True)
    assert span.authors == desk.ada.pk.hex
    assert span.carry_state == "reworded"
    assert Decision.objects.get(span=span).voided_at is not None
    undo_last(second, by=desk.ada)
    span.refresh_from_db()
    assert (span.quote, span.carry_settled) == ("The river rose almost two metres in 2021", False)
    assert sound(desk)


def test_moving_a_span_to_where_it_stands_settles_it(desk, first):
    build.mark(desk, first, CLAIM)
    span = doubtful_spans(following(desk)).get()
    accept(span, desk.ben)

    move_carried(span, start=span.start, end=span.end, by=desk.ada)

    assert Span.objects.get(pk=span.pk).carry_settled
    assert Decision.objects.get(span=span).voided_at is None


def test_what_cannot_be_settled_is_refused_with_the_reason(desk, first):
    own = build.mark(desk, first, CLAIM)
    second = following(desk)
    span = doubtful_spans(second).get()
    new = build.mark(desk, second, "Nobody was hurt", "f")

    with pytest.raises(Refused, match="was not carried over from another version"):
        settle_carried(new, by=desk.cleo)
    with pytest.raises(SpanRefused, match="does not fit"):
        move_carried(span, start=3, end=5000, by=desk.cleo)
    with pytest.raises(NotAllowed):
        settle_carried(span, by=viewer(desk))
    change_span(span, note="Seen שלום.", by=desk.ada)
    with pytest.raises(Stale):
        settle_carried(span, by=desk.cleo, revision=1)
    withdraw_span(span, by=desk.cleo)
    with pytest.raises(Refused, match="withdrawn; restore it first"):
        settle_carried(span, by=desk.cleo)

    assert not Span.objects.get(pk=span.pk).carry_settled
    assert own.carry_state == ""


def test_what_only_signs_and_capitals_set_apart_is_settled_together(desk, first):
    build.mark(desk, first, "“It was a disgrace,” said the mayor")
    build.mark(desk, first, "Nobody was hurt", "f", by=desk.ada)
    build.mark(desk, first, CLAIM)
    text = build.TEXT.replace("“It was a disgrace,”", '"It was a disgrace,"')
    second = following(
        desk, text.replace("Nobody was hurt", "Nobody was húrt").replace("two metres", "2 metres")
    )
    assert doubtful_spans(second).count() == 3

    settle_alike(second, by=desk.cleo)
    assert [span.author for span in doubtful_spans(second)] == [desk.cleo, desk.ada]
    settle_alike(second, by=desk.ben)
    assert [span.quote for span in doubtful_spans(second)] == ["The river rose 2 metres in 2021"]
    settle_alike(second, by=desk.ben)
    undo_last(second, by=desk.ben)

    assert doubtful_spans(second).count() == 2
    assert sound(desk)


def test_an_older_doubt_is_not_settled_because_nothing_changed_since(desk, first):
    build.mark(desk, first, CLAIM)
    following(desk)
    third = following(desk, NEXT.replace("Ducks", "Geese"))

    settle_alike(third, by=desk.ada)

    assert doubtful_spans(third).count() == 1


# --- what was not found -----------------------------------------------------------------------


def test_a_span_that_was_not_found_is_placed_with_its_label_and_its_evidence(desk, first):
    old = build.mark(desk, first, GONE, "o", note="Harsh 🌊.")
    cite(old, add_source(desk.project, title="Report", kind="official", by=desk.cleo), by=desk.cleo)
    old.refresh_from_db()
    second = following(desk)

    new = place_carried(
        old, second, **ends(second, "a huge mistake"), by=desk.ben, revision=old.revision
    )

    assert (new.quote, new.label, new.note) == ("a huge mistake", old.label, "Harsh 🌊.")
    assert (new.author, new.carried_from, new.carry_settled) == (desk.cleo, old, True)
    assert set(new.authors.split()) == {desk.cleo.pk.hex, desk.ben.pk.hex}
    assert new.assertion == old.assertion
    assert Assertion.objects.get().stream_id == desk.project.pk
    assert not unplaced_spans(second).exists()
    assert sound(desk)

    undo_last(second, by=desk.ben)
    assert list(unplaced_spans(second)) == [old]
    redo_last(second, by=desk.ben)
    assert not unplaced_spans(second).exists()
    assert sound(desk)


def test_what_is_marked_in_the_older_version_since_waits_to_be_placed(desk, first):
    second = following(desk)
    late = build.mark(desk, first, "Nobody was hurt", "f")

    assert list(unplaced_spans(second)) == [late]
    place_carried(late, second, **ends(second, "Nobody was hurt"), by=desk.cleo)

    assert not unplaced_spans(second).exists()


def test_a_span_that_was_carried_and_withdrawn_does_not_wait_again(desk, first):
    build.mark(desk, first, CLAIM)
    second = following(desk)

    withdraw_span(doubtful_spans(second).get(), by=desk.cleo)

    assert not unplaced_spans(second).exists()


def test_a_span_without_a_place_is_left_with_its_version_until_it_is_placed(desk, first):
    old = build.mark(desk, first, GONE, "o")
    other = build.mark(desk, first, "built in 1974", "f")
    second = following(desk)

    leave_span(old, second, by=desk.cleo)
    leave_span(other, second, by=desk.ada)
    leave_span(old, second, by=desk.cleo, revision=1)

    assert left_spans(second) == {old.pk, other.pk}
    assert kinds(second).count("span.left") == 2
    undo_last(second, by=desk.cleo)
    assert left_spans(second) == {other.pk}
    redo_last(second, by=desk.cleo)
    assert left_spans(second) == {old.pk, other.pk}
    undo_last(second, by=desk.cleo)
    place_carried(old, second, **ends(second, "a huge mistake"), by=desk.cleo)
    assert sound(desk)
    told = operations(access.member(desk.account(desk.ben), "desk"), second)[0]
    assert "left a span with the version before" in {e.words for step in told for e in step.events}


def test_what_has_no_place_to_take_is_refused(desk, first):
    old = build.mark(desk, first, GONE, "o")
    carried = build.mark(desk, first, CLAIM)
    elsewhere = build.mark(desk, build.article(desk, "Another one 🌊."), "Another")
    second = following(desk)
    place: dict[str, Any] = ends(second, "a huge mistake")

    with pytest.raises(Refused, match="stands in this version already"):
        place_carried(carried, second, **place, by=desk.cleo)
    with pytest.raises(Refused, match="“Another” is no span of the version before"):
        leave_span(elsewhere, second, by=desk.cleo)
    with pytest.raises(SpanRefused, match="starts with a blank"):
        place_carried(old, second, start=place["start"] - 1, end=place["end"], by=desk.cleo)
    with pytest.raises(NotAllowed):
        leave_span(old, second, by=viewer(desk))
    change_span(old, note="x" * 80, by=desk.cleo)
    with pytest.raises(Stale):
        place_carried(old, second, **place, by=desk.cleo, revision=1)
    place_carried(old, second, **place, by=desk.cleo)
    with pytest.raises(Refused, match="stands in this version already"):
        place_carried(old, second, **place, by=desk.ada)


def test_a_long_quote_is_told_by_how_it_begins(desk):
    article = build.article(desk, "One שלום " * 30)
    span = add_span(article, start=0, end=200, label=desk.label("f"), by=desk.cleo)

    with pytest.raises(Refused, match=r"“One שלום .*…” was not carried"):
        settle_carried(span, by=desk.cleo)


def test_layers_of_one_person_are_not_carried_and_not_placed(desk):
    desk = build.desk("layers", "dataset", prefix="layer-")
    first = build.article(desk, url=URL)
    own = build.mark(desk, first, CLAIM)

    second = following(desk)

    assert own.stream_id != first.pk
    assert not Span.objects.filter(article=second).exists()
    assert not unplaced_spans(second).exists()
    with pytest.raises(Refused, match="no span of the version before"):
        leave_span(own, second, by=desk.cleo)
    settle_alike(second, by=desk.ben)
    assert Stream.objects.filter(article=second).count() == 1


def viewer(desk: build.Desk) -> Any:
    return set_member(desk.project, account=build.account("vic"), role="viewer", by=desk.ada)
