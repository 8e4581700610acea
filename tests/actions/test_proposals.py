"""A proposed change: taken, or declined with a line; refused where it does not stand any more."""

import pytest

from annotations.actions.evidence import give_verdict
from annotations.actions.operational import fill_inboxes
from annotations.actions.projects import set_member
from annotations.actions.review import decide, decline_proposal, take_proposal
from annotations.actions.spans import change_span, withdraw_span
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.vocabulary import Mode, Role
from annotations.models import Decision, Event, InboxItem, Project, Span
from annotations.queries.blockers import blockers
from annotations.queries.inbox import inbox
from annotations.queries.verification import verify
from tests import builders as build
from tests.stories import accept, token

pytestmark = pytest.mark.django_db

WORDS = "It was a disgrace"
BECAUSE = "The mayor’s own words, שלום 🌊."


@pytest.fixture
def at() -> build.Desk:
    return build.desk()


@pytest.fixture
def on(at):
    return build.article(at)


@pytest.fixture
def span(at, on) -> Span:
    return build.mark(at, on, WORDS)


@pytest.fixture
def proposed(at, span) -> Decision:
    return propose(at, span, start=span.start + 7, label=str(at.label("o").pk))


def propose(at, span, **proposal) -> Decision:
    return decide(
        span,
        outcome="proposed",
        proposal=proposal,
        reason="Shorter.",
        shown=token(span),
        by=at.ben,
    )


def waits(at, on) -> list[str]:
    return [one.kind for one in blockers(on) if one.name.endswith(str(Span.objects.get().pk))]


def told(at, person) -> list[str]:
    return [item.words for item in inbox(at.account(person))[0]]


class TestDeclining:
    def test_it_keeps_the_span_and_asks_its_reader_anew(self, at, on, span, proposed):
        assert "returned" in waits(at, on)

        decline_proposal(proposed, answer=f" {BECAUSE}\r\n", by=at.cleo)

        proposed.refresh_from_db()
        assert (proposed.answer, proposed.answered_by) == (BECAUSE, at.cleo)
        assert proposed.declined_at is not None
        assert Event.objects.filter(kind="decision.proposal_declined").count() == 1
        assert "returned" not in waits(at, on)
        assert "second_reader" in waits(at, on)
        span.refresh_from_db()
        assert (span.quote, span.revision) == (WORDS, 1)
        accept(span, at.ben)
        assert "second_reader" not in waits(at, on)
        assert list(verify()) == []

    def test_its_reader_learns_of_it_and_its_author_is_done_with_it(self, at, proposed):
        assert told(at, at.cleo) == ["proposes a change to your span"]
        assert told(at, at.ben) == []

        decline_proposal(proposed, answer=BECAUSE, by=at.cleo)

        assert told(at, at.cleo) == []
        [item] = inbox(at.account(at.ben))[0]
        assert item.words == "keeps the span as it is, against your proposal"
        assert (item.who, item.unread) == ("cleo", True)
        assert BECAUSE in item.html

    def test_an_undo_lets_the_proposal_stand_again_and_a_redo_declines_it(self, at, on, proposed):
        decline_proposal(proposed, answer=BECAUSE, by=at.cleo)

        undo_last(on, by=at.cleo)

        proposed.refresh_from_db()
        assert (proposed.declined_at, proposed.answered_by, proposed.answer) == (None, None, "")
        assert "returned" in waits(at, on)
        assert told(at, at.ben) == []
        redo_last(on, by=at.cleo)
        proposed.refresh_from_db()
        assert proposed.answer == BECAUSE
        assert list(verify()) == []

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            pytest.param(" \n", "Say in a line", id="nothing said"),
            pytest.param("x" * 5_001, "has 5,001 characters", id="too much said"),
        ],
    )
    def test_it_takes_a_line(self, at, proposed, answer, why):
        with pytest.raises(Refused, match=why):
            decline_proposal(proposed, answer=answer, by=at.cleo)

        proposed.refresh_from_db()
        assert proposed.declined_at is None


class TestTaking:
    def test_its_reader_learns_of_it(self, at, span, proposed):
        taken = take_proposal(proposed, by=at.cleo)

        assert (taken.quote, taken.label.kind) == ("a disgrace", "opinion")
        assert told(at, at.ben) == ["took the change that you proposed"]
        assert told(at, at.cleo) == []
        assert list(verify()) == []

    def test_an_undo_puts_the_span_back(self, at, on, span, proposed):
        take_proposal(proposed, by=at.cleo)

        undo_last(on, by=at.cleo)

        span.refresh_from_db()
        assert (span.quote, span.label.kind) == (WORDS, "claim")
        assert told(at, at.ben) == []
        assert list(verify()) == []

    def test_what_no_second_reader_judges_does_not_stay_asked(self, at, on, span):
        proposed = propose(at, span, certainty="hedged", quote_kind="direct")

        take_proposal(proposed, by=at.cleo)

        span.refresh_from_db()
        assert (span.certainty, span.quote_kind) == ("hedged", "direct")
        assert "returned" not in waits(at, on)


@pytest.fixture(params=["take", "decline"])
def answers(request):
    if request.param == "take":
        return lambda decision, by: take_proposal(decision, by=by)
    return lambda decision, by: decline_proposal(decision, answer=BECAUSE, by=by)


#: Who answers a proposal that ben made on a span of cleo's.
WHO = {
    "its author": True,
    "another annotator": False,
    "another reviewer": True,
    "a manager": True,
    "its reader": False,
    "a viewer": False,
}


class TestEither:
    @pytest.mark.parametrize("who", WHO)
    def test_who_may_answer(self, at, proposed, answers, who):
        def member(name: str, role: Role):
            return set_member(at.project, account=build.account(name), role=role, by=at.ada)

        person = {
            "its author": lambda: at.cleo,
            "another annotator": lambda: member("eve", Role.ANNOTATOR),
            "another reviewer": lambda: member("eve", Role.REVIEWER),
            "a manager": lambda: at.ada,
            "its reader": lambda: at.ben,
            "a viewer": lambda: member("eve", Role.VIEWER),
        }[who]()

        if WHO[who]:
            answers(proposed, person)
        else:
            with pytest.raises(NotAllowed):
                answers(proposed, person)

        proposed.refresh_from_db()
        assert (proposed.answered_by == person) is WHO[who]

    def test_in_independent_mode_only_the_author_answers(self, at, span, proposed, answers):
        Project.objects.filter(pk=at.project.pk).update(mode=Mode.INDEPENDENT, revision=2)
        span.article.project.refresh_from_db()
        fresh = Decision.objects.select_related("span__article__project").get(pk=proposed.pk)

        with pytest.raises(NotAllowed):
            answers(fresh, at.ada)

    @pytest.mark.parametrize(
        ("moves", "why"),
        [
            pytest.param(
                lambda at, span, one: change_span(span, start=span.start + 3, by=at.cleo),
                r"since ben made it, cleo changed a span \(boundaries\)",
                id="the span moved",
            ),
            pytest.param(
                lambda at, span, one: give_verdict(
                    span, verdict="refuted", reason="No.", by=at.cleo
                ),
                "since ben made it, cleo",
                id="its verdict was given",
            ),
            pytest.param(
                lambda at, span, one: take_proposal(one, by=at.cleo),
                "cleo has taken it",
                id="taken",
            ),
            pytest.param(
                lambda at, span, one: decline_proposal(one, answer=BECAUSE, by=at.cleo),
                "cleo has kept the span as it was: “The mayor",
                id="declined",
            ),
            pytest.param(
                lambda at, span, one: propose(at, span, label=str(at.label("f").pk)),
                "ben has decided anew",
                id="its reader decided again",
            ),
            pytest.param(
                lambda at, span, one: undo_last(span.article, by=at.ben),
                "ben has taken it back",
                id="taken back",
            ),
        ],
    )
    def test_what_does_not_stand_any_more_is_refused_with_why(
        self, at, span, proposed, answers, moves, why
    ):
        moves(at, span, proposed)
        before = Event.objects.count()

        with pytest.raises(Refused, match=why) as refusal:
            answers(proposed, at.ada)

        assert refusal.value.code == "proposal_void"
        assert Event.objects.count() == before

    def test_of_a_withdrawn_span_it_is_refused(self, at, span, proposed, answers):
        withdraw_span(span, by=at.cleo)

        with pytest.raises(Refused, match="was withdrawn"):
            answers(proposed, at.cleo)

    def test_a_return_is_no_proposal(self, at, span, answers):
        returned = decide(
            span, outcome="returned", reason_code="label", shown=token(span), by=at.ben
        )

        with pytest.raises(Refused, match="proposed no change"):
            answers(returned, at.cleo)

    def test_an_account_that_is_linked_later_finds_what_was_answered(self, at, proposed, answers):
        answers(proposed, at.cleo)
        InboxItem.objects.all().delete()

        fill_inboxes(at.project.pk, at.ben)

        assert len(told(at, at.ben)) == 1


def test_a_proposal_for_an_article_with_a_newer_version_is_not_taken_there(at):
    there = {"url": "https://harbour.test/flood"}
    span = build.mark(at, build.article(at, **there), WORDS)
    proposed = propose(at, span, label=str(at.label("o").pk))
    build.article(at, build.TEXT + " It is gone.", title="The flood again", **there)

    with pytest.raises(Refused, match="a newer version, “The flood again”") as refusal:
        take_proposal(proposed, by=at.cleo)

    assert refusal.value.code == "superseded"
    decline_proposal(proposed, answer=BECAUSE, by=at.cleo)
