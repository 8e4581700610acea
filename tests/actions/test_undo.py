"""Undo: one's last operation in an article, by a new one."""

import pytest

from annotations.actions.articles import purge_article, set_roles
from annotations.actions.evidence import (
    add_source,
    cite,
    describe_assertion,
    give_verdict,
    join_assertion,
)
from annotations.actions.review import add_comment, decide, sign_off
from annotations.actions.spans import change_span, withdraw_span
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.signoff import items_digest
from annotations.models import Assertion, Block, Citation, Comment, Event, Span
from annotations.queries.blockers import blockers
from annotations.queries.reading import shown_parts, shown_token
from annotations.queries.signing import covered_items
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def test_undo_goes_back_step_by_step_and_stops_where_nothing_is_left(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    change_span(span, label=desk.label("f"), note="sure", by=desk.cleo)
    withdraw_span(span, by=desk.cleo)

    undo_last(article, by=desk.cleo)
    span.refresh_from_db()
    assert span.withdrawn_at is None
    undo_last(article, by=desk.cleo)
    span.refresh_from_db()
    assert (span.label.kind, span.note) == ("claim", "")
    undo_last(article, by=desk.cleo)
    span.refresh_from_db()
    assert span.withdrawn_at is not None

    assert undo_last(article, by=desk.cleo) is None
    assert Event.objects.filter(stream=article.pk, kind="operation.undone").count() == 3


def test_everybody_undoes_only_what_is_their_own(desk, article):
    build.mark(desk, article, "Nobody was hurt", by=desk.cleo)

    assert undo_last(article, by=desk.ben) is None


def test_what_somebody_has_built_upon_is_not_undone(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    change_span(span, label=desk.label("f"), by=desk.ben)

    with pytest.raises(Refused, match="ben has changed this span since: "):
        undo_last(article, by=desk.cleo)


def test_a_field_that_moved_on_is_not_put_back(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    change_span(span, note="one", by=desk.cleo)
    change_span(span, note="two", by=desk.ben)

    with pytest.raises(Refused, match="ben has changed this span since: "):
        undo_last(article, by=desk.cleo)
    span.refresh_from_db()
    assert span.note == "two"


def test_a_citation_is_taken_back_and_the_decision_on_it_stays_void(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    source = add_source(desk.project, title="Report", kind="official", by=desk.cleo)
    cite(span, source, by=desk.cleo)
    span.refresh_from_db()
    decision = decide(
        span,
        outcome="accepted",
        shown=shown_token(shown_parts([span])[span.pk]),
        by=desk.ben,
    )

    undo_last(article, by=desk.cleo)

    assert Citation.objects.get().withdrawn_at is not None
    decision.refresh_from_db()
    assert decision.voided_at is not None


def test_a_label_is_put_back_and_the_decision_it_voided_stays_void(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    shown = shown_token(shown_parts([span])[span.pk])
    decision = decide(span, outcome="accepted", shown=shown, by=desk.ben)
    change_span(span, label=desk.label("f"), by=desk.cleo)

    undo_last(article, by=desk.cleo)

    span.refresh_from_db()
    decision.refresh_from_db()
    assert span.label.kind == "claim"
    assert decision.voided_at is not None


def test_a_verdict_is_taken_back_in_every_article_that_shows_it(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    other = build.article(desk, "Nobody was hurt at all.", title="Other")
    theirs = build.mark(desk, other, "Nobody was hurt", by=desk.ben)
    describe_assertion(span, paraphrase="No injuries.", by=desk.cleo)
    span.refresh_from_db()
    join_assertion(theirs, span.assertion, by=desk.ben)
    give_verdict(span, verdict="supported", reason="Yes.", by=desk.cleo)

    # The verdict stands in the project's stream; the article's own last operation is told too.
    assert undo_last(article, by=desk.cleo) is not None

    assert Assertion.objects.get().verdict == ""


def test_a_description_is_put_back_without_a_word_to_the_decisions(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    describe_assertion(span, paraphrase="No injuries.", by=desk.cleo)
    describe_assertion(span, paraphrase="No deaths.", by=desk.cleo)

    undo_last(article, by=desk.cleo)

    assert Assertion.objects.get().paraphrase == "No injuries."


def test_roles_and_comments_are_taken_back(desk, article):
    set_roles(article, {1: "caption"}, by=desk.ben)
    undo_last(article, by=desk.ben)
    assert Block.objects.get(article=article, index=1).role == "body"

    add_comment(article, body="Hm.", by=desk.ben)
    undo_last(article, by=desk.ben)
    assert Comment.objects.get().withdrawn_at is not None


def test_undo_does_not_reach_behind_a_sign_off_or_a_purge(desk, article):
    build.mark(desk, article, "Nobody was hurt", by=desk.ada)
    build.mark(desk, article, "The dam", by=desk.ben)
    waivers = {blocker.name: "x" for blocker in blockers(article)}
    sign_off(article, seen=items_digest(covered_items(article.pk)), waivers=waivers, by=desk.ada)
    assert undo_last(article, by=desk.ada) is None

    purge_article(article, reason="x", by=desk.ada)
    assert undo_last(article, by=desk.ben) is None


def test_an_undo_asks_for_the_right_that_the_change_did(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", by=desk.cleo)
    change_span(span, note="x", by=desk.ben)
    from annotations.actions.projects import set_member

    set_member(desk.project, account=desk.account(desk.ben), role="annotator", by=desk.ada)

    with pytest.raises(NotAllowed):
        undo_last(article, by=desk.ben)
    assert Span.objects.get().note == "x"
