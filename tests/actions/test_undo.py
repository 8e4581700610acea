"""Undo and redo: one's last operation in an article, by a new one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions import evidence, review, spans, undo
from annotations.actions.articles import correct_article, purge_article, set_roles
from annotations.actions.projects import set_member
from annotations.actions.recording import operation
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused
from annotations.domain.events import Kind
from annotations.domain.vocabulary import Mode
from annotations.models import (
    Article,
    Assertion,
    Assignment,
    Citation,
    Decision,
    Event,
    Span,
)
from annotations.models.rows import TABLES, state_of
from annotations.queries.undoing import NOTHING_TO_REDO, nothing_to_undo, said
from annotations.queries.verification import verify
from tests import builders as build
from tests.stories import accept, sign, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def bring(desk: build.Desk, title: str = "Gauge report 🌊", **more: Any) -> Any:
    return evidence.add_source(desk.project, title=title, kind="official", by=desk.cleo, **more)


def fresh(row: Any) -> Any:
    return type(row)._default_manager.get(pk=row.pk)


def in_force() -> dict[str, dict[str, Any]]:
    """Return every row that holds, without what only says how it came about."""
    held = {}
    for table, model in TABLES.items():
        for row in model._default_manager.all():
            state = state_of(row)
            gone = state.get("withdrawn_at") or state.get("voided_at") or state.get("lapsed_at")
            bare = table == "assertion" and not row.spans.exists()
            if gone or bare or table in ("decision", "source", "speaker"):
                continue
            for name in ("revision", "authors"):
                state.pop(name, None)
            held[str(row.pk)] = state
    return held


# --- the line ---------------------------------------------------------------------------------


def test_undo_goes_back_step_by_step_and_redo_forward_again(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    spans.change_span(span, label=desk.label("f"), note="sure שלום", by=desk.cleo)
    spans.withdraw_span(span, by=desk.cleo)
    states = [in_force()]

    for _ in range(3):
        assert undo_last(article, by=desk.cleo) is not None
        states.append(in_force())
    assert undo_last(article, by=desk.cleo) is None
    assert fresh(span).withdrawn_at is not None
    assert (fresh(span).label.kind, fresh(span).note) == ("claim", "")

    for state in reversed(states[:-1]):
        assert redo_last(article, by=desk.cleo) is not None
        assert in_force() == state
    assert redo_last(article, by=desk.cleo) is None
    assert undo_last(article, by=desk.cleo) is not None
    assert in_force() == states[1]
    assert list(verify(desk.project)) == []


def test_a_new_change_empties_the_redo_line(desk, article):
    build.mark(desk, article, "Nobody was hurt")
    undo_last(article, by=desk.cleo)
    build.mark(desk, article, "The dam")

    assert redo_last(article, by=desk.cleo) is None
    undo_last(article, by=desk.cleo)
    assert undo_last(article, by=desk.cleo) is None
    redo_last(article, by=desk.cleo)
    assert [span.quote for span in Span.objects.filter(withdrawn_at=None)] == ["The dam"]


def test_everybody_undoes_and_redoes_only_what_is_their_own(desk, article):
    build.mark(desk, article, "Nobody was hurt", by=desk.cleo)
    assert undo_last(article, by=desk.ben) is None
    undo_last(article, by=desk.cleo)
    assert redo_last(article, by=desk.ben) is None

    # What another does meanwhile leaves one's own line alone.
    build.mark(desk, article, "The dam", by=desk.ben)
    assert redo_last(article, by=desk.cleo) is not None


def test_the_search_costs_the_same_however_long_the_history(desk, article):
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as undone:
            undo_last(article, by=desk.cleo)
        with CaptureQueriesContext(connection) as redone:
            redo_last(article, by=desk.cleo)
        return len(undone), len(redone)

    span = build.mark(desk, article, "Nobody was hurt")
    spans.change_span(span, note="0", by=desk.cleo)
    spans.change_span(span, note="1", by=desk.cleo)
    short = cost()
    for number in range(40):
        spans.change_span(span, note=str(number), by=desk.cleo)
        build.mark(desk, article, "The dam", by=desk.ben)
    for _ in range(30):
        undo_last(article, by=desk.cleo)

    assert cost() == short


def test_undos_from_before_they_said_what_is_next_are_walked_through(desk, article):
    first = build.mark(desk, article, "Nobody was hurt")
    for quote in ("The dam", "two metres"):
        span = build.mark(desk, article, quote)
        made = Event.objects.get(kind=Kind.SPAN_ADDED, payload__contains=str(span.pk))
        with operation(desk.project, desk.cleo, article.pk) as op:
            op.save(span, withdrawn_at=op.at)
            op.record(article.pk, Kind.UNDONE, undoes=str(made.operation))
    assert redo_last(article, by=desk.cleo) == made.operation
    undo_last(article, by=desk.cleo)

    undo_last(article, by=desk.cleo)

    assert fresh(first).withdrawn_at is not None
    assert undo_last(article, by=desk.cleo) is None


def test_in_independent_mode_the_line_runs_over_the_layer_and_the_article(desk, article):
    desk.project.mode = Mode.INDEPENDENT
    desk.project.revision += 1
    desk.project.save()
    article.project.mode = Mode.INDEPENDENT
    span = build.mark(desk, article, "Nobody was hurt")
    comment = review.add_comment(article, body="Whose house?", by=desk.cleo)
    later = build.mark(desk, article, "The dam")

    undo_last(article, by=desk.cleo)
    undo_last(article, by=desk.cleo)
    assert fresh(later).withdrawn_at
    assert fresh(comment).withdrawn_at
    assert fresh(span).withdrawn_at is None
    undo_last(article, by=desk.cleo)
    assert fresh(span).withdrawn_at is not None
    for _ in range(3):
        redo_last(article, by=desk.cleo)
    assert not (fresh(later).withdrawn_at)
    assert not (fresh(comment).withdrawn_at)


def test_two_presses_at_once_undo_two_steps_and_never_one_twice(desk, article, monkeypatch):
    first = build.mark(desk, article, "Nobody was hurt")
    second = build.mark(desk, article, "The dam")
    read, looks = undo.next_undo, []

    def late(*args: Any, **more: Any) -> Any:
        found = read(*args, **more)
        if not looks:
            looks.append(found)
            undo_last(article, by=desk.cleo)
        return found

    monkeypatch.setattr(undo, "next_undo", late)
    undo_last(article, by=desk.cleo)

    assert fresh(first).withdrawn_at
    assert fresh(second).withdrawn_at


def test_a_line_that_never_rests_is_left_alone(desk, article, monkeypatch):
    build.mark(desk, article, "Nobody was hurt")
    monkeypatch.setattr(undo, "newest", lambda *_: None)

    with pytest.raises(Refused, match="at the same moment"):
        undo_last(article, by=desk.cleo)


# --- what it reaches --------------------------------------------------------------------------

Stage = Callable[[build.Desk, Article, Span], Callable[[], object]]


def _cite(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    source = bring(desk)
    return lambda: evidence.cite(span, source, quotation="It rose.", by=desk.ben)


def _cited(desk: build.Desk, span: Span) -> Citation:
    return evidence.cite(span, bring(desk), quotation="It rose.", by=desk.cleo)


def _recite(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    citation = _cited(desk, span)
    return lambda: evidence.change_citation(citation, locator="p. 3", by=desk.ben)


def _confirm(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    citation = _cited(desk, span)
    return lambda: evidence.confirm_citation(citation, by=desk.ben)


def _uncite(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    citation = _cited(desk, span)
    return lambda: evidence.withdraw_citation(citation, by=desk.ben)


def _verdict(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    return lambda: evidence.give_verdict(span, verdict="refuted", reason="No.", by=desk.ben)


def _due(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    return lambda: evidence.set_work_state(span, state="not_due", due="2030-01", by=desk.ben)


def _log(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    return lambda: evidence.log_work(span, kind="search", where="Archive", by=desk.ben)


def _unlog(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    entry = evidence.log_work(span, kind="search", where="Archive", by=desk.cleo)
    return lambda: evidence.withdraw_log(entry, by=desk.ben)


def _paraphrase(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    return lambda: evidence.describe_assertion(span, paraphrase="No injuries.", by=desk.ben)


def _other(desk: build.Desk, article: Article) -> Span:
    other = build.mark(desk, article, "two metres")
    evidence.describe_assertion(other, paraphrase="It rose.", by=desk.cleo)
    _cited(desk, other)
    return fresh(other)


def _join(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    other = _other(desk, article)
    return lambda: evidence.join_assertion(span, other.assertion, by=desk.ben)


def _split(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    other = _other(desk, article)
    evidence.join_assertion(span, other.assertion, by=desk.cleo)
    return lambda: evidence.split_assertion(fresh(span), by=desk.ben)


def _relate(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    other = _other(desk, article)
    return lambda: evidence.relate_span(span, other.assertion, kind="narrows", by=desk.ben)


def _unrelate(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    relation = _relate(desk, article, span)()
    build.mark(desk, article, "The dam", by=desk.ben)
    return lambda: evidence.withdraw_relation(relation, by=desk.ben)


def _take(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    own = build.mark(desk, article, "two metres", by=desk.ben)
    decision = review.decide(
        own, outcome="proposed", shown=token(own), by=desk.ada,
        proposal={"label": str(desk.label("o").pk)},
    )  # fmt: skip
    return lambda: review.take_proposal(decision, by=desk.ben)


def _resolve(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    comment = review.add_comment(article, body="Who?", by=desk.cleo)
    return lambda: review.resolve_comment(comment, by=desk.ben)


def _reopen(desk: build.Desk, article: Article, span: Span) -> Callable[[], object]:
    comment = review.add_comment(article, body="Who?", by=desk.cleo)
    review.resolve_comment(comment, by=desk.cleo)
    return lambda: review.resolve_comment(comment, by=desk.ben, resolved=False)


REACHED: dict[str, tuple[Stage, str]] = {
    "mark": (
        lambda desk, article, span: lambda: build.mark(desk, article, "two metres", by=desk.ben),
        "marked a span “two metres”",
    ),
    "move": (
        lambda desk, article, span: lambda: spans.change_span(span, start=span.start + 7, by=desk.ben),
        "changed a span “Nobody was hurt”",
    ),
    "withdraw": (
        lambda desk, article, span: lambda: spans.withdraw_span(span, by=desk.ben),
        "withdrew a span “Nobody was hurt”",
    ),
    "cite": (_cite, "cited a source “Gauge report 🌊”"),
    "change a citation": (_recite, "changed a citation “Gauge report 🌊”"),
    "confirm": (_confirm, "confirmed that the source says it “Gauge report 🌊”"),
    "withdraw a citation": (_uncite, "withdrew a citation “Gauge report 🌊”"),
    "verdict": (_verdict, "gave a verdict “Nobody was hurt”"),
    "state of work": (_due, "set the state of the work “Nobody was hurt”"),
    "log": (_log, "logged a search or contact “Nobody was hurt”"),
    "withdraw a log": (_unlog, "withdrew a logged search or contact “Nobody was hurt”"),
    "describe": (_paraphrase, "changed an assertion “Nobody was hurt”"),
    "join": (_join, "joined a span to an assertion “Nobody was hurt”"),
    "split": (_split, "split a span off its assertion “Nobody was hurt”"),
    "relate": (_relate, "related two assertions"),
    "withdraw a relation": (_unrelate, "withdrew a relation between assertions"),
    "take a proposal": (_take, "took a proposed change “two metres”"),
    "comment": (
        lambda desk, article, span: lambda: review.add_comment(
            article, body="Hm, cafe\u0301?", span=span, by=desk.ben
        ),
        "commented “Hm, cafe\u0301?”",
    ),
    "resolve": (_resolve, "resolved a comment “Who?”"),
    "reopen": (_reopen, "reopened a comment “Who?”"),
    "role": (
        lambda desk, article, span: lambda: set_roles(article, {1: "caption"}, by=desk.ben),
        "set the roles of blocks",
    ),
    "roles": (
        lambda desk, article, span: lambda: set_roles(
            article, {1: "caption", 2: "boilerplate"}, by=desk.ben
        ),
        "set the roles of 2 blocks",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("stage", "words"), REACHED.values(), ids=REACHED)
def test_it_is_undone_redone_and_undone_again(desk, article, stage, words):
    span = build.mark(desk, article, "Nobody was hurt")
    act = stage(desk, article, fresh(span))
    before = in_force()
    act()
    after = in_force()
    assert after != before

    done = undo_last(article, by=desk.ben)
    assert in_force() == before
    assert said(done) == words
    assert redo_last(article, by=desk.ben) == done
    assert in_force() == after
    assert undo_last(article, by=desk.ben) == done
    assert in_force() == before
    assert list(verify(desk.project)) == []


def test_the_details_of_an_article_are_put_back_unless_their_address_is_taken(desk, article):
    correct_article(article, title="The great flood", url="https://example.org/a", by=desk.ada)
    correct_article(article, url="", by=desk.ada)
    other = build.article(desk, "Another one.", title="Other", url="https://example.org/a")

    with pytest.raises(AlreadyThere, match="belongs to “Other”"):
        undo_last(article, by=desk.ada)
    correct_article(other, url="", by=desk.ada)
    undo_last(article, by=desk.ada)
    assert fresh(article).url == "https://example.org/a"
    assert said(undo_last(article, by=desk.ada)) == "corrected the article’s details “The flood”"
    assert fresh(article).title == "The flood"


def test_an_assignment_is_taken_back(desk, article):
    with operation(desk.project, desk.ada, article.pk) as op:
        made = op.create(Assignment(article=article, person=desk.cleo, created_by=desk.ada))
        op.record(article.pk, Kind.ASSIGNMENT_MADE)
    with operation(desk.project, desk.cleo, article.pk) as op:
        op.save(made, done_at=op.at)
        op.record(article.pk, Kind.ASSIGNMENT_DONE)

    undo_last(article, by=desk.cleo)
    assert fresh(made).done_at is None
    undo_last(article, by=desk.ada)
    assert fresh(made).withdrawn_at is not None


def test_a_verdict_is_taken_back_in_every_article_that_shows_it(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    other = build.article(desk, "Nobody was hurt at all.", title="Other")
    theirs = build.mark(desk, other, "Nobody was hurt", by=desk.ben)
    evidence.describe_assertion(span, paraphrase="No injuries.", by=desk.cleo)
    evidence.join_assertion(theirs, fresh(span).assertion, by=desk.ben)
    evidence.give_verdict(fresh(span), verdict="supported", reason="Yes.", by=desk.cleo)

    done = undo_last(article, by=desk.cleo)
    assert Assertion.objects.get().verdict == ""
    assert said(done) == "gave a verdict “Nobody was hurt”"
    told = Event.objects.filter(stream=other.pk).order_by("-sequence")[0]
    assert told.kind == Kind.SPAN_EVIDENCE_CHANGED

    redo_last(article, by=desk.cleo)
    assert Assertion.objects.get().verdict == "supported"
    # In the other article it is her own change too; there it goes back as one step.
    assert said(undo_last(other, by=desk.cleo)) == "redid an operation"
    assert Assertion.objects.get().verdict == ""
    assert list(verify(desk.project)) == []


def test_what_the_project_s_stream_alone_tells_of_is_a_step_of_the_article_still(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    evidence.describe_assertion(span, paraphrase="No injuries.", by=desk.cleo)
    other = _other(desk, article)
    evidence.relate_assertions(fresh(span).assertion, other.assertion, kind="narrows", by=desk.cleo)
    spans.withdraw_span(span, by=desk.ben)
    spans.withdraw_span(other, by=desk.ben)

    # No span shows the relation now, so only the project is told of what becomes of it.
    assert undo_last(article, by=desk.cleo) is not None
    newest = Event.objects.filter(stream=article.pk).order_by("-sequence")[0]
    assert (newest.kind, newest.actor) == (Kind.UNDONE, desk.cleo)
    assert redo_last(article, by=desk.cleo) is not None


def test_what_others_brought_to_bear_stays_where_a_citation_goes(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    evidence.cite(span, bring(desk), by=desk.cleo)
    theirs = evidence.cite(fresh(span), bring(desk, "Another"), by=desk.ben)

    undo_last(article, by=desk.cleo)

    assert fresh(span).assertion == theirs.assertion
    assert fresh(theirs).withdrawn_at is None
    with pytest.raises(Refused, match="ben has built on this span since: cited a source"):
        undo_last(article, by=desk.cleo)


# --- decisions and sign-offs ------------------------------------------------------------------


def test_a_decision_taken_back_is_void_and_no_redo_revives_it(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    accept(span, desk.ben)

    done = undo_last(article, by=desk.ben)

    assert said(done) == "decided on a span “Nobody was hurt”"
    assert Decision.objects.get().voided_at is not None
    with pytest.raises(Refused, match="does not come back by a redo") as refusal:
        redo_last(article, by=desk.ben)
    assert refusal.value.code == "nothing_to_redo"


def test_an_undo_passes_decisions_that_are_void_already(desk, article):
    marked = build.mark(desk, article, "The dam", by=desk.ben)
    span = build.mark(desk, article, "Nobody was hurt")
    for _ in range(2):
        accept(span, desk.ben)
        spans.change_span(span, start=span.start + 1, by=desk.cleo)
        span.refresh_from_db()

    undo_last(article, by=desk.ben)

    assert fresh(marked).withdrawn_at is not None
    redo_last(article, by=desk.ben)
    assert fresh(marked).withdrawn_at is None


@pytest.mark.parametrize("change", ["label", "citation"])
def test_what_a_change_voided_stays_void_when_it_is_undone(desk, article, change):
    span = build.mark(desk, article, "Nobody was hurt")
    source = bring(desk)
    accept(span, desk.ben)
    if change == "label":
        spans.change_span(span, label=desk.label("f"), by=desk.cleo)
    else:
        evidence.cite(span, source, by=desk.cleo)

    undo_last(article, by=desk.cleo)

    assert fresh(span).label.kind == "claim"
    assert not Citation.objects.filter(withdrawn_at=None).exists()
    assert Decision.objects.get().voided_at is not None


def test_a_confirmation_that_was_lost_by_a_change_is_asked_for_anew(desk, article):
    citation = _cited(desk, build.mark(desk, article, "Nobody was hurt"))
    evidence.confirm_citation(citation, by=desk.ben)
    evidence.change_citation(citation, quotation="It rose much.", by=desk.cleo)

    undo_last(article, by=desk.cleo)

    assert fresh(citation).quotation == "It rose."
    assert fresh(citation).confirmed_by is None


def test_undo_stops_at_a_sign_off_and_at_what_was_removed_and_says_so(desk, article):
    assert (
        nothing_to_undo(article, desk.ada) == "Undo goes no further back: an import is not undone."
    )
    assert undo_last(article, by=desk.ada) is None
    build.mark(desk, article, "Nobody was hurt", by=desk.ada)
    build.mark(desk, article, "The dam", by=desk.ben)
    sign(article, desk.ada)
    assert undo_last(article, by=desk.ada) is None
    assert nothing_to_undo(article, desk.ada).startswith(
        "Undo goes no further back: a sign-off is not undone"
    )
    assert nothing_to_undo(article, desk.cleo) == (
        "There is nothing of yours to undo in this article."
    )

    undo_last(article, by=desk.ben)
    assert article.sign_offs.get().lapsed_at is not None
    redo_last(article, by=desk.ben)
    assert article.sign_offs.get().lapsed_at is not None

    purge_article(article, reason="Asked for.", by=desk.ada)
    assert undo_last(article, by=desk.ben) is None
    assert nothing_to_undo(article, desk.ben).endswith("what you did then.")
    assert redo_last(article, by=desk.ben) is None


def test_nothing_is_redone_of_an_undo_that_is_withheld(desk, article):
    build.mark(desk, article, "Nobody was hurt")
    undo_last(article, by=desk.cleo)
    purge_article(article, reason="Asked for.", by=desk.ada)

    assert redo_last(article, by=desk.cleo) is None
    assert undo_last(article, by=desk.cleo) is None
    assert NOTHING_TO_REDO.startswith("There is nothing to redo")


# --- what others built upon -------------------------------------------------------------------


def refused(article: Article, by: Any, act: Callable[..., Any] = undo_last) -> str:
    before = in_force()
    with pytest.raises(Refused) as refusal:
        act(article, by=by)
    assert refusal.value.code == "built_upon"
    assert in_force() == before
    return refusal.value.message


def test_what_somebody_has_changed_since_is_not_undone_and_it_says_who_did_what(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    spans.change_span(span, note="one", by=desk.cleo)
    spans.change_span(span, note="two", label=desk.label("f"), by=desk.ben)

    assert refused(article, desk.cleo) == (
        "ben has changed this span since: label: claim → fact; note: one → two. "
        "So nothing was changed."
    )


def test_what_somebody_has_withdrawn_or_restored_is_not_undone(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    spans.change_span(span, note="one", by=desk.cleo)
    spans.withdraw_span(span, by=desk.ben)
    assert refused(article, desk.cleo).startswith("ben has withdrawn this span since.")

    spans.restore_span(span, by=desk.ben)
    spans.withdraw_span(span, by=desk.cleo)
    spans.restore_span(span, by=desk.ben)
    assert refused(article, desk.cleo).startswith("ben has restored this span since.")


def test_what_somebody_has_decided_or_said_since_keeps_a_mark(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    said = review.add_comment(article, body="Really?", span=span, by=desk.ben)
    assert refused(article, desk.cleo).startswith(
        "ben has commented on this span since: “Really?”."
    )
    review.add_comment(article, body="No.", span=span, parent=said, by=desk.cleo)
    assert refused(article, desk.ben).startswith("cleo has answered this comment since: “No.”.")
    undo_last(article, by=desk.cleo)
    undo_last(article, by=desk.ben)

    accept(span, desk.ben)
    assert refused(article, desk.cleo).startswith("ben has decided on this span since: accepted.")


def test_what_somebody_has_built_upon_is_not_redone_either(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    spans.change_span(span, note="mine", by=desk.cleo)
    undo_last(article, by=desk.cleo)
    spans.change_span(span, note="theirs", by=desk.ben)

    assert refused(article, desk.cleo, redo_last).startswith(
        "ben has changed this span since: note: – → theirs."
    )


def test_what_was_refused_can_be_passed_over_to_what_one_did_before(desk, article):
    first = build.mark(desk, article, "Nobody was hurt")
    noted = build.mark(desk, article, "two metres")
    spans.change_span(noted, note="mine e\u0301", by=desk.cleo)
    spans.change_span(noted, note="theirs 🌊", by=desk.ben)

    with pytest.raises(Refused) as refusal:
        undo_last(article, by=desk.cleo)
    with pytest.raises(Refused) as again:
        undo_last(article, by=desk.cleo, past=list(map(UUID, refusal.value.details["passed"])))
    passed = list(map(UUID, again.value.details["passed"]))
    assert (len(refusal.value.details["passed"]), len(passed)) == (1, 2)
    assert undo_last(article, by=desk.cleo, past=passed) is not None

    first.refresh_from_db()
    noted.refresh_from_db()
    assert first.withdrawn_at is not None
    assert (noted.withdrawn_at, noted.note) == (None, "theirs 🌊")
    redo_last(article, by=desk.cleo)
    first.refresh_from_db()
    assert first.withdrawn_at is None


def test_what_one_has_changed_from_another_article_is_named_as_one_s_own(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    evidence.describe_assertion(span, paraphrase="No injuries.", by=desk.cleo)
    # A change that no event of this article's line tells of.
    with operation(desk.project, desk.cleo, desk.project.pk) as op:
        op.save(Assertion.objects.get(), paraphrase="Nobody died.")
        op.record(desk.project.pk, Kind.ASSERTION_CHANGED)

    assert refused(article, desk.cleo).startswith("You have built on this assertion since:")


def test_what_changed_without_a_word_in_the_history_is_left_alone(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    Span.objects.filter(pk=span.pk).update(note="by hand", revision=2)

    assert refused(article, desk.cleo).startswith("This span was changed again since.")


def test_a_silent_change_is_told_without_its_fields(desk, article):
    citation = _cited(desk, build.mark(desk, article, "Nobody was hurt"))
    evidence.confirm_citation(citation, by=desk.ben)

    assert "ben has changed this citation since: confirmed by: – → ben" in refused(
        article, desk.cleo
    )


def test_an_equal_citation_is_not_brought_back_beside_another(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    source = bring(desk)
    evidence.cite(span, source, quotation="It rose.", by=desk.cleo)
    undo_last(article, by=desk.cleo)
    evidence.describe_assertion(span, paraphrase="", by=desk.ben)
    undone = Citation.objects.get().assertion
    evidence.join_assertion(span, undone, by=desk.ben)
    evidence.cite(fresh(span), source, quotation="It rose.", by=desk.ben)

    with pytest.raises(Refused):
        redo_last(article, by=desk.cleo)
    assert Citation.objects.filter(withdrawn_at=None).count() == 1


# --- rights -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["withdraw", "withdraw a citation", "confirm", "withdraw a log",
                                  "role", "take a proposal"])  # fmt: skip
def test_an_undo_asks_for_the_right_that_the_change_asked_for(desk, article, name):
    span = build.mark(desk, article, "Nobody was hurt")
    REACHED[name][0](desk, article, fresh(span))()
    role = "viewer" if name == "take a proposal" else "annotator"
    set_member(desk.project, account=desk.account(desk.ben), role=role, by=desk.ada)
    before = in_force()

    with pytest.raises(NotAllowed):
        undo_last(article, by=desk.ben)
    assert in_force() == before


def test_an_undo_of_a_decision_asks_for_the_right_to_decide(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    accept(span, desk.ben)
    set_member(desk.project, account=desk.account(desk.ben), role="annotator", by=desk.ada)

    with pytest.raises(NotAllowed):
        undo_last(article, by=desk.ben)


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [undo_last, redo_last])
def test_a_request_that_found_nothing_finds_nothing_later_on(desk, article, act):
    key = build.key("undo")
    assert act(article, by=desk.cleo, key=key) is None
    build.mark(desk, article, "Nobody was hurt")
    if act is redo_last:
        undo_last(article, by=desk.cleo)

    assert act(article, by=desk.cleo, key=build.key("undo", uuid=key.uuid)) is None


def test_a_request_repeated_redoes_once(desk, article):
    build.mark(desk, article, "Nobody was hurt")
    build.mark(desk, article, "The dam")
    undo_last(article, by=desk.cleo)
    undo_last(article, by=desk.cleo)
    key = build.key("redo")

    first = redo_last(article, by=desk.cleo, key=key)

    assert redo_last(article, by=desk.cleo, key=build.key("redo", uuid=key.uuid)) == first
    assert Span.objects.filter(withdrawn_at=None).count() == 1


def test_an_undo_passes_only_so_many_steps_at_once(desk, article, monkeypatch):
    monkeypatch.setattr(undo, "_PASSED", 1)
    build.mark(desk, article, "The dam", by=desk.ben)
    span = build.mark(desk, article, "Nobody was hurt")
    accept(span, desk.ben)
    spans.change_span(span, start=span.start + 1, by=desk.cleo)

    assert undo_last(article, by=desk.ben) is None
