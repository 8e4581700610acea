"""Joining, splitting, withdrawing and undoing: no evidence is left where no span shows it."""

import random
from uuid import uuid4

import pytest

from annotations.actions import evidence
from annotations.actions.spans import change_span, restore_span, withdraw_span
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.events import Kind
from annotations.domain.vocabulary import Side
from annotations.models import (
    Assertion,
    AssertionRelation,
    Citation,
    Decision,
    Event,
    Span,
    WorkLogEntry,
)
from annotations.queries.unseen import unseen
from annotations.queries.verification import verify
from tests.builders import article, desk, mark
from tests.stories import accept

pytestmark = pytest.mark.django_db

OTHER = "Dry years\n\nA gauge showed 🌊 that the river rose two metres. Zoe\u0301 said שלום.\n"


class Table:
    """Ben's span with all that an assertion can have, and cleo's of another article with some."""

    def __init__(self):
        self.at = desk()
        self.here = article(self.at)
        self.there = article(self.at, OTHER, title="Dry years")
        self.own = mark(self.at, self.here, "The river rose two metres in 2021", by=self.at.ben)
        self.other = mark(self.at, self.there, "the river rose two metres")
        self.third = mark(self.at, self.here, "Nobody was hurt")
        self.book = evidence.add_source(self.at.project, by=self.at.ben, title="B", kind="book")
        self.film = evidence.add_source(self.at.project, by=self.at.ben, title="F", kind="letter")

    def filled(self, span, by, **more):
        evidence.cite(span, self.book, by=by, quotation="two שלום metres", **more)
        evidence.give_verdict(span, verdict="supported", reason="The gauge 🌊.", by=by)
        evidence.log_work(span, kind="search", where="Archive", by=by)
        evidence.describe_assertion(span, by=by, paraphrase="It rose.", said_on="2021")
        evidence.relate_span(span, self.assertion(self.third), kind="repeats", by=by)
        return self.assertion(span)

    def assertion(self, span):
        found = Span.objects.get(pk=span.pk)
        if found.assertion is None:
            evidence.set_work_state(found, state="searching", by=self.at.cleo)
        return Span.objects.get(pk=span.pk).assertion

    def hidden(self):
        return list(unseen(Assertion.objects.filter(project=self.at.project)))

    def check(self):
        assert self.hidden() == []
        assert list(verify(self.at.project)) == []


@pytest.fixture
def table():
    return Table()


def test_what_hung_on_the_span_alone_comes_along_and_goes_back_with_an_undo(table):
    at, own, other = table.at, table.own, table.other
    left = table.filled(own, at.ben)
    to = table.assertion(other)
    cited = Citation.objects.get()
    evidence.confirm_citation(cited, by=at.ada)
    before = list(Citation.objects.values()), list(WorkLogEntry.objects.values("uuid", "where"))

    evidence.join_assertion(own, to, by=at.cleo)

    moved = Citation.objects.get()
    assert (moved.assertion, moved.added_by, moved.confirmed_by) == (to, at.ben, at.ada)
    assert moved.confirmed_at == before[0][0]["confirmed_at"]
    to.refresh_from_db()
    assert (to.verdict, to.verdict_reason, to.verdict_by) == ("supported", "The gauge 🌊.", at.ben)
    assert (to.paraphrase, to.said_on, to.work_state) == ("It rose.", "2021", "done")
    assert WorkLogEntry.objects.get().assertion == to
    assert AssertionRelation.objects.get().subject == to
    left.refresh_from_db()
    assert (left.verdict, left.paraphrase, left.work_state) == ("", "", "todo")
    table.check()

    undo_last(table.here, by=at.cleo)

    assert Citation.objects.get().assertion == left
    assert Citation.objects.get().confirmed_by == at.ada
    left.refresh_from_db()
    to.refresh_from_db()
    assert (left.verdict, left.verdict_by, left.paraphrase) == ("supported", at.ben, "It rose.")
    assert (to.verdict, to.paraphrase) == ("", "")
    assert WorkLogEntry.objects.get().assertion == AssertionRelation.objects.get().subject == left
    assert Span.objects.get(pk=own.pk).assertion == left
    table.check()

    redo_last(table.here, by=at.cleo)
    assert Citation.objects.get().assertion == to
    assert Assertion.objects.get(pk=to.pk).verdict == "supported"
    table.check()


def test_where_another_span_carries_the_assertion_nothing_moves(table):
    at = table.at
    left = table.filled(table.own, at.ben)
    evidence.join_assertion(table.third, left, by=at.cleo)
    to = table.assertion(table.other)
    moved = Event.objects.filter(kind=Kind.EVIDENCE_MOVED).count()

    evidence.join_assertion(table.own, to, by=at.cleo)

    assert Citation.objects.get().assertion == left
    assert Event.objects.filter(kind=Kind.EVIDENCE_MOVED).count() == moved
    table.check()


@pytest.mark.parametrize("name", ["wording", "verdict"])
def test_where_both_have_one_it_is_asked_which_holds(table, name):
    at = table.at
    table.filled(table.own, at.ben)
    evidence.give_verdict(table.other, verdict="refuted", reason="No.", by=at.cleo)
    evidence.describe_assertion(table.other, by=at.cleo, paraphrase="It fell.")
    to = table.assertion(table.other)
    before = Event.objects.count()
    one = {"wording": Side.OWN, "verdict": Side.OWN}

    with pytest.raises(Refused, match=f"Both have a {name}") as refused:
        evidence.join_assertion(table.own, to, by=at.cleo, **(one | {name: ""}))

    assert refused.value.code == "choose"
    assert Event.objects.count() == before
    with pytest.raises(Refused, match="is no side"):
        evidence.join_assertion(table.own, to, by=at.cleo, **(one | {name: "neither"}))
    other = {"wording": "verdict", "verdict": "wording"}[name]
    evidence.join_assertion(table.own, to, by=at.cleo, **{name: Side.OWN, other: Side.THEIRS})
    to.refresh_from_db()
    assert (to.paraphrase, to.verdict) == (
        ("It rose.", "refuted") if name == "wording" else ("It fell.", "supported")
    )
    table.check()


def test_equal_wording_and_verdict_are_no_choice(table):
    at = table.at
    table.filled(table.own, at.ben)
    evidence.describe_assertion(table.other, by=at.cleo, paraphrase="It rose.", said_on="2021")
    evidence.give_verdict(table.other, verdict="supported", reason="The gauge 🌊.", by=at.cleo)

    evidence.join_assertion(table.own, table.assertion(table.other), by=at.cleo)

    assert table.assertion(table.own).verdict_by == at.cleo
    table.check()


def test_of_the_same_citation_on_both_sides_one_stays_and_an_undo_brings_both_back(table):
    at = table.at
    table.filled(table.own, at.ben)
    evidence.cite(table.own, table.film, by=at.ben)
    evidence.cite(table.other, table.book, by=at.cleo, quotation="two שלום metres")
    to = table.assertion(table.other)

    evidence.join_assertion(table.own, to, by=at.cleo)

    live = Citation.objects.filter(assertion=to, withdrawn_at=None)
    assert {one.source.title for one in live} == {"B", "F"}
    assert Citation.objects.filter(assertion=to).count() == 3
    undo_last(table.here, by=at.cleo)
    assert Citation.objects.filter(withdrawn_at=None).count() == 3
    table.check()


def test_a_relation_between_both_sides_ends_and_a_double_one_is_one(table):
    at = table.at
    left, to = table.filled(table.own, at.ben), table.assertion(table.other)
    evidence.relate_assertions(left, to, kind="repeats", by=at.cleo)
    evidence.relate_assertions(to, table.assertion(table.third), kind="repeats", by=at.cleo)

    evidence.join_assertion(table.own, to, by=at.cleo)

    [live] = AssertionRelation.objects.filter(withdrawn_at=None)
    assert (live.subject, live.object) == (to, table.assertion(table.third))
    table.check()
    undo_last(table.here, by=at.cleo)
    assert AssertionRelation.objects.filter(withdrawn_at=None).count() == 3
    table.check()


def test_decisions_void_and_who_wrote_the_evidence_is_author_where_it_comes_to(table):
    at = table.at
    table.filled(table.own, at.ben)
    to = table.assertion(table.other)
    accept(table.other, at.ada)

    evidence.join_assertion(table.own, to, by=at.cleo)

    assert Decision.objects.get().voided_at is not None
    other = Span.objects.get(pk=table.other.pk)
    assert set(other.authors.split()) == {at.cleo.pk.hex, at.ben.pk.hex}
    with pytest.raises(NotAllowed):
        accept(other, at.ben)
    accept(other, at.ada)
    undo_last(table.here, by=at.cleo)
    assert not Decision.objects.filter(voided_at=None)
    table.check()


def test_who_wrote_the_evidence_joined_is_an_author_of_the_span_that_joins(table):
    at = table.at
    to = table.filled(table.own, at.ben)
    evidence.join_assertion(table.other, to, by=at.cleo)

    with pytest.raises(NotAllowed):
        accept(table.other, at.ben)
    accept(table.other, at.ada)


def test_the_last_span_is_not_split_off_its_evidence(table):
    at = table.at
    table.filled(table.own, at.ben)
    with pytest.raises(Refused, match="No other span shows this evidence"):
        evidence.split_assertion(table.own, by=at.ben)
    evidence.join_assertion(table.other, table.assertion(table.own), by=at.ben)
    withdraw_span(table.other, by=at.ben)
    with pytest.raises(Refused, match="No other span shows this evidence"):
        evidence.split_assertion(table.own, by=at.ben)
    restore_span(table.other, by=at.ben)
    evidence.split_assertion(table.own, by=at.ben)
    table.check()


def test_an_undo_that_would_leave_evidence_unseen_is_refused(table):
    at = table.at
    left = table.filled(table.own, at.ben)
    to = table.assertion(table.other)
    evidence.cite(table.other, table.film, by=at.cleo)
    evidence.join_assertion(table.own, to, by=at.ben)
    # The other span leaves: what was found for it is shown by the one that joined.
    evidence.join_assertion(table.other, table.assertion(table.third), by=at.cleo)

    with pytest.raises(Refused, match="would be shown by no span"):
        undo_last(table.here, by=at.ben)

    assert Span.objects.get(pk=table.own.pk).assertion == to != left
    table.check()


def steps_of(table, one, other, by, draw):
    """Return what somebody may do next, by name."""
    return {
        "cite": lambda: evidence.cite(
            one, draw.choice([table.book, table.film]), by=by, quotation=draw.choice("ab")
        ),
        "withdraw": lambda: evidence.withdraw_citation(
            draw.choice(list(Citation.objects.all())), by=by
        ),
        "bring": lambda: evidence.restore_citation(
            draw.choice(list(Citation.objects.all())), by=by
        ),
        "verdict": lambda: evidence.give_verdict(
            one, verdict=draw.choice(["supported", "refuted"]), reason="x", by=by
        ),
        "log": lambda: evidence.log_work(one, kind="search", where="Archive", by=by),
        "say": lambda: evidence.describe_assertion(one, by=by, paraphrase=draw.choice("pq")),
        "relate": lambda: evidence.relate_span(
            one, other.assertion, kind=draw.choice(["repeats", "narrows"]), by=by
        ),
        "join": lambda: evidence.join_assertion(
            one,
            other.assertion,
            by=by,
            wording=draw.choice(["own", "theirs"]),
            verdict=draw.choice(["own", "theirs"]),
        ),
        "split": lambda: evidence.split_assertion(one, by=by),
        "gone": lambda: withdraw_span(one, by=by),
        "back": lambda: restore_span(one, by=by),
        "note": lambda: change_span(one, by=by, note=draw.choice("mn")),
        "undo": lambda: undo_last(one.article, by=by),
        "redo": lambda: redo_last(one.article, by=by),
    }


@pytest.mark.parametrize("seed", range(12))
def test_no_sequence_of_steps_leaves_evidence_unseen(seed):
    draw = random.Random(seed)
    table = Table()
    at = table.at
    spans = [table.own, table.other, table.third]
    done = 0
    for _ in range(45):
        one = Span.objects.get(pk=draw.choice(spans).pk)
        other = Span.objects.get(pk=draw.choice(spans).pk)
        by = draw.choice([at.ada, at.ben, at.cleo])
        steps = steps_of(table, one, other, by, draw)
        name = draw.choice([*steps, "join", "join", "undo", "undo", "split", "cite"])
        if name in ("relate", "join") and other.assertion is None:
            continue
        if name in ("withdraw", "bring") and not Citation.objects.exists():
            continue
        try:
            steps[name]()
            done += 1
        except Refused:
            pass
        assert table.hidden() == [], name

    assert done > 15
    assert list(verify(at.project)) == []


def test_an_undo_of_a_join_that_brought_only_a_log_voids_no_decision(table):
    at, own, other = table.at, table.own, table.other
    evidence.log_work(own, kind="search", where="Archive שלום", by=at.ben)
    to = table.assertion(other)
    accept(other, at.ada)
    evidence.join_assertion(own, to, by=at.cleo)

    undo_last(table.here, by=at.cleo)

    assert table.assertion(own) != to
    assert WorkLogEntry.objects.get().assertion_id == table.assertion(own).pk
    assert Decision.objects.get(span=other).voided_at is None
    table.check()


def test_a_join_is_refused_where_the_evidence_came_under_another_stream_meanwhile(
    table, monkeypatch
):
    at, own, other = table.at, table.own, table.other
    left, to = table.filled(own, at.ben), table.assertion(other)
    streams = [set(), {uuid4()}]
    monkeypatch.setattr(evidence, "_streams_left", lambda span: streams.pop(0))

    with pytest.raises(Refused) as refusal:
        evidence.join_assertion(own, to, by=at.cleo)

    assert refusal.value.code == "joined_meanwhile"
    assert table.assertion(own) == left


def test_a_citation_that_a_join_has_brought_elsewhere_is_changed_there_or_refused(table):
    at, own, other = table.at, table.own, table.other
    table.filled(own, at.ben)
    cited = Citation.objects.select_related("assertion").get()
    evidence.withdraw_citation(cited, by=at.ben)
    evidence.join_assertion(own, table.assertion(other), by=at.cleo)

    # As it was looked up before the join.
    with pytest.raises(Refused) as refusal:
        evidence.restore_citation(cited, by=at.ben)

    assert refusal.value.code == "joined_meanwhile"
    evidence.restore_citation(Citation.objects.get(), by=at.ben)
    assert Citation.objects.get().withdrawn_at is None
    table.check()


def test_a_citation_that_no_span_shows_is_not_brought_back(table):
    at, own = table.at, table.own
    evidence.cite(own, table.book, by=at.ben, quotation="two שלום metres")
    cited = Citation.objects.get()
    evidence.withdraw_citation(cited, by=at.ben)
    evidence.split_assertion(Span.objects.get(pk=own.pk), by=at.ben)

    with pytest.raises(Refused) as refusal:
        evidence.restore_citation(cited, by=at.ben)

    assert refusal.value.code == "unseen"
    table.check()
