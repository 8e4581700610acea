"""Spans carried to the next version, and what people settle about them there."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from annotations.actions.articles import correct_article, import_article
from annotations.actions.carrying import (
    ask_again,
    leave_span,
    move_carried,
    place_carried,
    settle_alike,
    settle_carried,
)
from annotations.actions.evidence import add_source, cite, give_verdict
from annotations.actions.projects import set_member
from annotations.actions.review import decide
from annotations.actions.spans import add_span, change_span, withdraw_span
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.drafts import changes_in_words
from annotations.domain.errors import NotAllowed, Refused, SpanRefused, Stale
from annotations.models import (
    Article,
    Assertion,
    Decision,
    Event,
    PersonAccount,
    SignOff,
    Span,
    Stream,
    guards,
)
from annotations.models.base import now
from annotations.queries import access
from annotations.queries.carrying import (
    doubtful_spans,
    left_spans,
    number_of,
    unplaced_spans,
)
from annotations.queries.history import operations
from annotations.queries.verification import verify
from tests import builders as build
from tests.stories import accept, sign, token

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


class TestMetadata:
    """What was corrected of one version goes on to the next."""

    def test_a_new_version_keeps_what_its_file_does_not_say_otherwise(self, desk):
        first = build.article(desk, url=URL, byline="ZOE COLE", published="", title="The flod")
        correct_article(
            first,
            by=desk.ada,
            byline="Zoe\u0301 Cole",
            publisher="The Review שלום",
            published="2021-07-14",
            title="The flood 🌊",
            licence="CC BY 4.0",
            redistributable=True,
        )

        second = import_article(
            desk.project,
            build.draft(
                NEXT, url=URL, byline="ZOE COLE", published="2021-08", title="The flood, again"
            ),
            by=desk.ada,
        )

        assert (second.byline, second.publisher) == ("Zoe\u0301 Cole", "The Review שלום")
        # These two the new file says otherwise.
        assert (second.published, second.title) == ("2021-08", "The flood, again")
        assert (second.licence, second.redistributable) == ("CC BY 4.0", True)
        assert changes_in_words(second.changes) == [
            "The byline is that of the version before; the file says “ZOE COLE”.",
            "The publisher is that of the version before; the file does not say it.",
            "The licence is that of the version before; the file does not say it.",
        ]
        assert sound(desk)

    def test_it_goes_on_from_version_to_version(self, desk):
        first = build.article(desk, url=URL, byline="ZOE COLE")
        correct_article(first, by=desk.ada, byline="Cole Bunzel")
        following(desk)

        third = import_article(
            desk.project, build.draft(f"{NEXT}!", url=URL, byline="ZOE COLE"), by=desk.ada
        )
        other = import_article(
            desk.project, build.draft(f"{NEXT}?", url=URL, byline="Ada Hale"), by=desk.ada
        )

        assert (third.byline, other.byline) == ("Cole Bunzel", "Ada Hale")

    def test_under_another_licence_it_may_not_be_passed_on_unless_it_is_said(self, desk):
        build.article(desk, url=URL, licence="CC BY 4.0")
        first = Article.objects.get()
        correct_article(first, by=desk.ada, redistributable=True)

        second = import_article(
            desk.project, build.draft(NEXT, url=URL, licence="all rights reserved"), by=desk.ada
        )

        assert not second.redistributable

    def test_where_the_history_withholds_the_import_what_is_known_stands_for_it(self, desk):
        first = build.article(desk, url=URL, byline="ZOE COLE")
        correct_article(first, by=desk.ada, byline="Cole Bunzel", publisher="The Review")
        with guards.lifted(connection):
            Event.objects.filter(stream=first.pk, kind="article.imported").update(payload=None)

        second = import_article(
            desk.project, build.draft(NEXT, url=URL, byline="COLE BUNZEL"), by=desk.ada
        )

        assert (second.byline, second.publisher) == ("Cole Bunzel", "The Review")


class TestAcceptances:
    """What a second reader accepted stays accepted where nothing that they read is different."""

    @pytest.fixture
    def accepted(self, desk, first):
        """Return spans of three sentences that ben accepted: one is reworded, one moves."""
        spans = [
            build.mark(desk, first, words)
            for words in (CLAIM, "“It was a disgrace,” said the mayor שלום", "Nobody was hurt")
        ]
        source = add_source(desk.project, by=desk.cleo, title="Gauge 🌊", kind="official")
        cite(spans[2], source, by=desk.cleo)
        give_verdict(spans[2], verdict="supported", reason="The gauge.", by=desk.cleo)
        for span in spans:
            accept(span, desk.ben)
        return spans

    def standing(self, article):
        decisions = Decision.objects.filter(span__article=article, voided_at=None)
        return {decision.span.quote: decision for decision in decisions.select_related("span")}

    def test_they_go_with_spans_whose_sentences_are_the_same(self, desk, first, accepted):
        second = following(desk)

        now = self.standing(second)
        assert set(now) == {"“It was a disgrace,” said the mayor שלום", "Nobody was hurt"}
        for one in now.values():
            origin = Decision.objects.get(span=one.span.carried_from)
            assert one.carried_from == origin != one
            assert (one.reader, one.made_at, one.outcome) == (desk.ben, origin.made_at, "accepted")
        [event] = Event.objects.filter(stream=second.pk, kind="span.carried")
        assert event.actor == desk.ada
        assert '"table":"decision"' in event.payload
        assert sound(desk)

    def test_the_version_after_names_the_reading_that_was_made(self, desk, first, accepted):
        second = following(desk)
        third = following(desk, f"{NEXT}\n\nA last word.")

        one, other = self.standing(second), self.standing(third)
        assert set(one) == set(other)
        for quote, decision in other.items():
            assert decision.carried_from == one[quote].carried_from
            assert decision.carried_from.span.article == first
        assert number_of(third.pk) == 3
        assert sound(desk)

    def test_a_sentence_of_which_other_words_changed_is_read_again(self, desk, first, accepted):
        second = following(
            desk, build.TEXT.replace("Nobody was", "Was it true? Nobody, they say, was")
        )

        assert set(self.standing(second)) == {
            CLAIM,
            "“It was a disgrace,” said the mayor שלום",
        }
        third = following(desk, build.TEXT.replace("said the mayor", "denied the mayor"))
        assert "“It was a disgrace,” said the mayor שלום" not in self.standing(third)

    def test_words_that_stand_in_another_sentence_are_read_again(self, desk):
        text = "Lind says that the new gauge cut the error.\n\nHolm says that the new gauge cut the error."
        first = build.article(desk, text, url=URL)
        span = build.mark(desk, first, "the new gauge cut the error")
        accept(span, desk.ben)

        second = following(desk, text.partition("\n\n")[2])

        assert self.standing(second) == {}

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"outcome": "returned", "reason_code": "label"}, id="returned"),
            pytest.param({"outcome": "proposed", "proposal": {"chain": ""}}, id="proposed"),
        ],
    )
    def test_a_span_that_another_reader_did_not_accept_is_read_again(
        self, desk, first, accepted, change
    ):
        if change["outcome"] == "proposed":
            change = {**change, "proposal": {"start": accepted[2].start + 1}}
        decide(accepted[2], shown=token(accepted[2]), by=desk.ada, **change)

        second = following(desk)

        assert "Nobody was hurt" not in self.standing(second)

    def test_what_was_changed_since_it_was_accepted_is_read_again(self, desk, first, accepted):
        change_span(accepted[1], by=desk.cleo, voice="unnamed")

        assert set(self.standing(following(desk))) == {"Nobody was hurt"}

    def test_they_fall_away_by_the_same_rules(self, desk, first, accepted):
        second = following(desk)
        now = self.standing(second)
        give_verdict(accepted[2], verdict="refuted", reason="Another gauge.", by=desk.cleo)
        change_span(
            now["“It was a disgrace,” said the mayor שלום"].span, by=desk.cleo, voice="unnamed"
        )

        assert self.standing(second) == {}
        assert sound(desk)

    def test_the_database_refuses_one_of_an_author_and_one_that_is_said_otherwise(
        self, desk, first, accepted
    ):
        second = following(desk)
        one = self.standing(second)["Nobody was hurt"]
        with pytest.raises(IntegrityError, match="second reader"), transaction.atomic():
            Decision.objects.create(
                span=one.span, reader=desk.cleo, outcome="accepted", carried_from=one.carried_from
            )
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            Decision.objects.filter(pk=one.pk).update(carried_from=None, revision=9)

    def test_an_acceptance_by_another_account_of_an_author_is_read_again(
        self, desk, first, accepted
    ):
        """As verify names it: the accounts were linked to one another after the reading."""
        account = desk.account(desk.ben)
        PersonAccount.objects.filter(account=account).update(ended_at=now())
        PersonAccount.objects.create(
            person=desk.cleo, project=desk.project, account=account, ended_at=now()
        )

        second = following(desk)

        assert self.standing(second) == {}
        assert Span.objects.filter(article=second).count() == 3

    def test_verify_names_one_that_comes_from_nowhere(self, desk, first, accepted):
        second = following(desk)
        one = self.standing(second)["Nobody was hurt"]
        other = build.mark(
            desk, second, "The dam" if "The dam" in second.text else "Ducks", by=desk.ada
        )
        accept(other, desk.ben)
        wrong = Decision.objects.get(span=other)
        with guards.lifted(connection):
            Decision.objects.filter(pk=one.pk).update(carried_from=wrong)

        found = [finding.text for finding in verify(desk.project) if finding.code == "carried_from"]
        assert found == [
            f"The article “The flood”: decision {one.pk} says that it was carried over from decision "
            f"{wrong.pk}, which is no acceptance by the same reader in an earlier version."
        ]

    def test_a_manager_may_ask_for_all_of_them_again(self, desk, first, accepted):
        second = following(desk)
        with pytest.raises(NotAllowed, match="right to reopen"):
            ask_again(second, by=desk.ben)

        ask_again(second, by=desk.ada)

        assert self.standing(second) == {}
        assert len(self.standing(first)) == 3
        assert kinds(second)[-1] == "decision.asked_again"
        span = Span.objects.get(article=second, quote="Nobody was hurt")
        assert accept(span, desk.ben) is None
        assert self.standing(second)["Nobody was hurt"].carried_from is None
        before = len(kinds(second))
        ask_again(second, by=desk.ada)
        assert len(kinds(second)) == before
        assert undo_last(second, by=desk.ada) is None
        assert self.standing(second)["Nobody was hurt"].carried_from is None
        assert sound(desk)

    def test_settling_and_its_undo_leave_them_alone(self, desk, first, accepted):
        second = following(desk)
        doubtful = doubtful_spans(second).get()
        settle_carried(doubtful, by=desk.cleo)
        undo_last(second, by=desk.cleo)
        redo_last(second, by=desk.cleo)

        assert len(self.standing(second)) == 2
        assert sound(desk)

    def test_they_travel_with_a_fixture(self, desk, first, accepted, tmp_path):
        second = following(desk)
        path = tmp_path / "desk.json"
        call_command("export_dataset", project="desk", format="fixture", output=str(path))

        call_command("loaddata", str(path))

        rows = [
            json.loads(line.rstrip(",")) for line in path.read_text().splitlines() if "{" in line
        ]
        carried = [
            row["fields"]["carried_from"] for row in rows if row["model"] == "annotations.decision"
        ]
        assert sorted(filter(None, carried)) == sorted(
            str(one.carried_from_id) for one in self.standing(second).values()
        )
