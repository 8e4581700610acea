"""Comments, and the inboxes that they reach."""

import json
from datetime import date

import pytest

from annotations.actions import assignments, operational, review
from annotations.actions.projects import hand_over, remove_member, rename_person, set_member
from annotations.actions.recording import Key
from annotations.actions.review import (
    add_comment,
    change_comment,
    decide,
    resolve_comment,
    withdraw_comment,
)
from annotations.actions.spans import change_span, withdraw_span
from annotations.actions.undo import undo_last
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused, Stale
from annotations.domain.vocabulary import Role
from annotations.models import Comment, Decision, Event, InboxItem, Person, SignOff
from annotations.queries import access
from annotations.queries.blockers import blockers
from annotations.queries.comments import all_threads, counts, page_with, threads_of_span
from annotations.queries.history import operations
from annotations.queries.inbox import inbox, item_of, unread
from tests import builders
from tests.builders import Desk
from tests.stories import accept, sign, token

pytestmark = pytest.mark.django_db


def named(at: Desk) -> Desk:
    for person in (at.ben, at.cleo):
        rename_person(person, name=person.name.rpartition("-")[2].title(), by=at.ada)
        person.refresh_from_db()
    return at


@pytest.fixture
def desk():
    return named(builders.desk())


@pytest.fixture
def article(desk):
    return builders.article(desk)


@pytest.fixture
def layered():
    return named(builders.desk("layers", "dataset", prefix="l-"))


def items(desk: Desk, person: Person, **how):
    found, _ = inbox(desk.account(person), **how)
    return [(item.kind.value, item.who, item.words) for item in found]


def fresh(comment: Comment) -> Comment:
    return Comment.objects.select_related("article__project", "parent").get(pk=comment.pk)


class TestBodies:
    def test_a_mention_is_stored_by_key_and_shown_by_the_name_of_today(self, desk, article):
        comment = add_comment(article, body="@Ben, cafe\u0301 שלום 🌊?", by=desk.ada)
        rename_person(desk.ben, name="Benedikt", by=desk.ada)
        member = access.member(desk.account(desk.ada), "desk")

        assert comment.mentions == [str(desk.ben.pk)]
        assert comment.body == f"@{{{desk.ben.pk}}}, cafe\u0301 שלום 🌊?"
        [thread] = all_threads(member, article)
        assert "@<bdi>Benedikt</bdi></span>, cafe\u0301 שלום 🌊?" in thread.first.html
        assert thread.first.typed == "@Benedikt, cafe\u0301 שלום 🌊?"

    def test_line_feeds_are_kept_and_controls_are_not(self, desk, article):
        comment = add_comment(article, body=" one\r\ntwo\x07 ", by=desk.ada)

        assert comment.body == "one\ntwo"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            pytest.param(" \r\n", "comment_empty", id="nothing"),
            pytest.param("é" * 20_481, "comment_size", id="too much"),
            pytest.param("\ud800", "text", id="half a character"),
        ],
    )
    def test_what_cannot_be_said_is_refused_and_leaves_no_trace(self, desk, article, body, code):
        comment = add_comment(article, body="Hm.", by=desk.ben)
        before = Event.objects.count()

        for act in (
            lambda: add_comment(article, body=body, by=desk.ben),
            lambda: change_comment(comment, body=body, by=desk.ben),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == code
        assert Event.objects.count() == before

    def test_a_reader_does_not_comment(self, desk, article):
        vic = set_member(desk.project, account=desk.dan, role=Role.VIEWER, by=desk.ada)

        with pytest.raises(NotAllowed):
            add_comment(article, body="Hm.", by=vic)

    def test_a_stranger_is_not_mentioned(self, desk, article):
        remove_member(desk.project, account=desk.account(desk.ben), by=desk.ada)

        assert add_comment(article, body="@Ben", by=desk.ada).mentions == []

    def test_on_a_layer_only_its_owner_is(self, layered):
        article = builders.article(layered)
        span = builders.mark(layered, article, "Nobody was hurt", "f")

        on_span = add_comment(article, body="@Ben @Cleo", span=span, by=layered.cleo)
        on_article = add_comment(article, body="@Ben @Cleo", by=layered.cleo)

        assert on_span.stream_id == span.stream_id
        assert on_span.mentions == [str(layered.cleo.pk)]
        assert on_article.mentions == [str(layered.ben.pk), str(layered.cleo.pk)]


class TestThreads:
    def test_an_answer_to_an_answer_belongs_to_the_first_comment(self, desk, article):
        span = builders.mark(desk, article, "Nobody was hurt", "f")
        first = add_comment(article, body="Who says so?", span=span, by=desk.ben)
        second = add_comment(article, body="The mayor.", parent=first, by=desk.cleo)
        third = add_comment(article, body="שלום 🌊", parent=fresh(second), span=span, by=desk.ada)

        assert {second.parent_id, third.parent_id} == {first.pk}
        assert {second.span_id, third.span_id} == {span.pk}
        member = access.member(desk.account(desk.ada), "desk")
        [thread] = threads_of_span(member, span)
        assert [one.uuid for one in thread.replies] == [second.pk, third.pk]
        assert thread.live == 3

    def test_an_answer_stays_with_its_thread(self, desk, article):
        span = builders.mark(desk, article, "Nobody was hurt", "f")
        other = builders.mark(desk, article, "colossal blunder", "o")
        elsewhere = builders.article(desk, "Another text שלום 🌊")
        first = add_comment(article, body="Who says so?", span=span, by=desk.ben)

        for where, about in ((article, other), (elsewhere, None)):
            with pytest.raises(Refused, match="something else"):
                add_comment(where, body="Hm.", parent=first, span=about, by=desk.ada)

    def test_resolving_an_answer_resolves_its_thread(self, desk, article):
        first = add_comment(article, body="Hm.", by=desk.ben)
        second = add_comment(article, body="Hm!", parent=first, by=desk.cleo)
        resolve_comment(fresh(second), by=desk.ada)

        assert fresh(first).resolved_by_id == desk.ada.pk
        assert fresh(second).resolved_at is None

    def test_a_thread_is_counted_by_what_is_left_of_it(self, desk, article):
        member = access.member(desk.account(desk.ada), "desk")
        first = add_comment(article, body="Hm.", by=desk.ben)
        second = add_comment(article, body="Hm!", parent=first, by=desk.cleo)
        settled = add_comment(article, body="Done.", by=desk.ben)
        resolve_comment(settled, by=desk.ada)
        assert counts(member, article) == (1, 1)
        assert counts(member, article).all == 2

        withdraw_comment(first, by=desk.ben)
        [thread] = all_threads(member, article, resolved=False)
        assert (thread.first.withdrawn, thread.first.html) == (True, "")
        assert [b.text for b in blockers(article) if b.kind == "comment"] == ["Answer “Hm!”"]

        withdraw_comment(second, by=desk.cleo)
        assert all_threads(member, article, resolved=False) == []
        assert counts(member, article) == (0, 1)
        assert not [b for b in blockers(article) if b.kind == "comment"]

    def test_threads_stand_in_the_order_of_the_text(self, desk, article):
        member = access.member(desk.account(desk.ada), "desk")
        late = builders.mark(desk, article, "colossal blunder", "o")
        early = builders.mark(desk, article, "saw the flood", "f")
        comments = [
            add_comment(article, body=body, span=span, by=desk.ben)
            for body, span in (("late", late), ("early", early), ("article", None))
        ]
        answer = add_comment(article, body="again", parent=comments[0], by=desk.ada)

        found = [thread.first.html for thread in all_threads(member, article)]
        assert found == ["article", "early", "late"]
        assert page_with(member, article, answer.pk) == 1
        assert page_with(member, article, article.pk) == 1

    def test_a_span_withdrawn_asks_for_no_answer(self, desk, article):
        span = builders.mark(desk, article, "Nobody was hurt", "f")
        add_comment(article, body="Sure?", span=span, by=desk.ben)
        withdraw_span(span, by=desk.cleo)

        assert not [b for b in blockers(article) if b.kind == "comment"]

    def test_a_waiver_names_nobody(self, desk, article):
        add_comment(article, body="@Cleo, sure?", by=desk.ben)

        [blocker] = [b for b in blockers(article) if b.kind == "comment"]
        assert blocker.text == "Answer “@…, sure?”"


class TestOwn:
    def test_one_changes_and_withdraws_only_what_is_ones_own(self, desk, article):
        comment = add_comment(article, body="Hm.", by=desk.cleo)

        with pytest.raises(NotAllowed, match="Only who wrote"):
            change_comment(comment, body="Mm.", by=desk.ada)
        with pytest.raises(NotAllowed, match="Only who wrote"):
            withdraw_comment(comment, by=desk.ada)
        change_comment(comment, body="Mm, @Ben.", revision=1, by=desk.cleo)
        with pytest.raises(Stale):
            change_comment(comment, body="Mm?", revision=1, by=desk.cleo)
        withdraw_comment(comment, by=desk.cleo)
        for act in (
            lambda: withdraw_comment(comment, by=desk.cleo),
            lambda: change_comment(comment, body="Mm?", by=desk.cleo),
        ):
            with pytest.raises(Refused, match="was withdrawn"):
                act()
        assert list(
            Event.objects.filter(kind__startswith="comment.")
            .order_by("sequence")
            .values_list("kind", flat=True)
        ) == ["comment.added", "comment.changed", "comment.withdrawn"]

    def test_two_changes_from_one_page_need_no_answer_between_them(self, desk, article):
        comment = add_comment(article, body="Hm.", by=desk.cleo)
        first, second, third = (builders.key(asked) for asked in "abc")
        after = Key(second.uuid, second.sha256, (first.uuid,))
        stranger = Key(third.uuid, third.sha256, (second.uuid,))

        change_comment(comment, body="Mm 🌊.", revision=1, by=desk.cleo, key=first)
        change_comment(comment, body="Mm שלום.", revision=1, by=desk.cleo, key=after)

        assert fresh(comment).body == "Mm שלום."
        with pytest.raises(Stale):
            change_comment(comment, body="Mm?", revision=1, by=desk.cleo, key=stranger)
        with pytest.raises(Stale):
            change_comment(comment, body="Mm?", revision=9, by=desk.cleo, key=stranger)

    def test_saying_the_same_again_is_no_change(self, desk, article):
        comment = add_comment(article, body="@Ben?", by=desk.cleo)
        change_comment(comment, body="@ben?", by=desk.cleo)

        assert fresh(comment).revision == 1

    def test_who_left_stays_mentioned_in_what_is_changed(self, desk, article):
        comment = add_comment(article, body="@Ben?", by=desk.cleo)
        remove_member(desk.project, account=desk.account(desk.ben), by=desk.ada)
        change_comment(comment, body="@Ben!", by=desk.cleo)

        assert fresh(comment).mentions == [str(desk.ben.pk)]

    def test_the_history_tells_names(self, desk, article):
        comment = add_comment(article, body="@Ben?", by=desk.cleo)
        change_comment(comment, body="@Ada?", by=desk.cleo)
        member = access.member(desk.account(desk.ada), "desk")
        steps, _ = operations(member, article)

        [changed, added] = [step.events[0] for step in steps[:2]]
        assert [(line.field, line.after) for line in added.lines] == [("body", "@Ben?")]
        assert [(line.before, line.after) for line in changed.lines] == [("@Ben?", "@Ada?")]


def test_comments_void_no_decision_and_lapse_no_sign_off(desk, article):
    span = builders.mark(desk, article, "Nobody was hurt", "f")
    accept(span, desk.ben)
    sign(article, desk.ada)
    comment = add_comment(article, body="Well done, @Cleo.", span=span, by=desk.ben)
    change_comment(comment, body="Well done 🌊.", by=desk.ben)
    resolve_comment(comment, by=desk.cleo)
    withdraw_comment(comment, by=desk.ben)
    asked = assignments.assign(article, person=desk.ben, kind="second_read", by=desk.ada)
    assignments.finish_assignment(asked, by=desk.ben)

    assert SignOff.objects.get().lapsed_at is None
    assert Decision.objects.get().voided_at is None


class TestInbox:
    def test_a_mention_and_an_answer_reach_whom_they_concern(self, desk, article):
        span = builders.mark(desk, article, "Nobody was hurt", "f")
        first = add_comment(article, body="@Cleo, who says so?", span=span, by=desk.ben)
        add_comment(article, body="The mayor שלום.", parent=first, by=desk.cleo)
        add_comment(article, body="Sure, @Cleo?", parent=first, by=desk.ada)

        assert items(desk, desk.ben) == [
            ("reply", "Ada", "answered in your thread"),
            ("reply", "Cleo", "answered in your thread"),
        ]
        assert items(desk, desk.cleo) == [
            ("mention", "Ada", "mentioned you"),
            ("mention", "Ben", "mentioned you"),
        ]
        assert items(desk, desk.ada) == []
        assert unread(desk.account(desk.cleo)) == 2
        found, _ = inbox(desk.account(desk.cleo))
        assert {(item.span, item.quote) for item in found} == {(span.pk, "Nobody was hurt")}

    def test_who_is_mentioned_only_now_finds_it_unread(self, desk, article):
        first = add_comment(article, body="@Cleo, @Ada?", by=desk.ben)
        answer = add_comment(article, body="Hm.", parent=first, by=desk.ada)
        operational.mark_read(desk.account(desk.cleo))
        change_comment(answer, body="Hm, @Cleo.", by=desk.ada)
        change_comment(first, body="@Cleo?", by=desk.ben)

        assert items(desk, desk.cleo) == [
            ("mention", "Ada", "mentioned you"),
            ("mention", "Ben", "mentioned you"),
        ]
        assert unread(desk.account(desk.cleo)) == 1
        assert items(desk, desk.ada) == []

    def test_what_was_withdrawn_or_undone_concerns_nobody(self, desk, article):
        comment = add_comment(article, body="@Cleo?", by=desk.ben)
        withdraw_comment(comment, by=desk.ben)
        add_comment(article, body="@Cleo!", by=desk.ben)
        undo_last(article, by=desk.ben)

        assert items(desk, desk.cleo) == []
        assert unread(desk.account(desk.cleo)) == 0

    def test_a_span_returned_reaches_its_authors_until_it_is_answered(self, desk, article):
        span = builders.mark(desk, article, "Nobody was hurt", "f")
        decide(
            span, outcome="returned", reason_code="boundary", reason="Too short <b>.",
            shown=token(span), by=desk.ben,
        )  # fmt: skip
        assert items(desk, desk.cleo) == [("decision", "Ben", "returned your span: boundary")]
        [item] = inbox(desk.account(desk.cleo))[0]
        assert item.html == "Too short &lt;b&gt;."

        change_span(span, note="x", start=span.start, end=span.end - 1, by=desk.cleo)
        assert items(desk, desk.cleo) == []
        decide(
            span, outcome="proposed", proposal={"label": str(desk.label("c").pk)},
            shown=token(span), by=desk.ben,
        )  # fmt: skip
        assert items(desk, desk.cleo) == [("decision", "Ben", "proposes a change to your span")]
        review.take_proposal(Decision.objects.get(outcome="proposed"), by=desk.cleo)
        assert items(desk, desk.cleo) == []
        accept(span, desk.ben)
        assert items(desk, desk.cleo) == []

    def test_an_assignment_stays_until_it_is_done(self, desk, article):
        asked = assignments.assign(
            article, person=desk.cleo, kind="annotate", due=date(2021, 5, 3), by=desk.ada
        )
        assignments.assign(article, person=desk.ada, kind="second_read", by=desk.ada)

        assert items(desk, desk.cleo) == [
            ("assignment", "Ada", "assigned to you: annotate, due 3 May 2021")
        ]
        assert items(desk, desk.ada) == [("assignment", "Ada", "assigned to you: second reading")]
        assert unread(desk.account(desk.ada)) == 0
        assignments.finish_assignment(asked, by=desk.cleo)
        assert items(desk, desk.cleo) == []

    def test_it_is_narrowed_and_paged(self, desk, article):
        first = add_comment(article, body="Hm.", by=desk.ben)
        for number in range(30):
            add_comment(article, body=f"@Ben {number}", parent=first, by=desk.ada)
        add_comment(article, body="Hm!", parent=first, by=desk.cleo)
        account = desk.account(desk.ben)

        found, older = inbox(account)
        assert (len(found), older) == (25, True)
        found, older = inbox(account, page=2)
        assert (len(found), older) == (6, False)
        assert len(items(desk, desk.ben, shown="reply")) == 1
        assert operational.mark_read(account, item=inbox(account)[0][0].pk) == 1
        assert len(items(desk, desk.ben, shown="unread", page=2)) == 5
        assert unread(account) == 30

    def test_beyond_a_hundred_nobody_counts(self, desk, article):
        for _ in range(103):
            add_comment(article, body="@Ben", by=desk.ada)

        assert unread(desk.account(desk.ben)) == 100

    def test_one_marks_only_ones_own(self, desk, article):
        add_comment(article, body="@Ben", by=desk.ada)
        item = InboxItem.objects.get()
        ben, cleo = desk.account(desk.ben), desk.account(desk.cleo)

        assert operational.mark_read(cleo, item=item.pk) == 0
        assert item_of(cleo, item.pk) is None
        assert operational.mark_read(ben) == 1
        assert operational.mark_read(ben) == 0
        assert operational.mark_read(ben, item=item.pk, read=False) == 1
        assert unread(ben) == 1

    def test_who_left_sees_nothing_and_finds_it_again_on_return(self, desk, article):
        add_comment(article, body="@Ben", by=desk.ada)
        ben = desk.account(desk.ben)
        remove_member(desk.project, account=ben, by=desk.ada)
        assert (unread(ben), inbox(ben)[0]) == (0, [])

        set_member(desk.project, account=ben, role=Role.REVIEWER, person=desk.ben, by=desk.ada)
        assert unread(ben) == 1

    def test_an_account_linked_later_finds_what_concerned_the_person(self, desk, article):
        eve = Person.objects.get(pk=desk.ben.pk)
        span = builders.mark(desk, article, "Nobody was hurt", "f", by=desk.ben)
        other = builders.mark(desk, article, "colossal blunder", "o", by=desk.ben)
        first = add_comment(article, body="@Ben", by=desk.ada)
        add_comment(article, body="Hm.", parent=first, by=desk.cleo)
        add_comment(article, body="Not for him.", by=desk.cleo)
        decide(span, outcome="returned", reason_code="label", shown=token(span), by=desk.ada)
        accept(other, desk.ada)
        assignments.assign(article, person=desk.ben, kind="annotate", by=desk.ada)
        had = items(desk, desk.ben)
        remove_member(desk.project, account=desk.account(desk.ben), by=desk.ada)
        hand_over(eve, account=desk.dan, role=Role.REVIEWER)

        assert len(had) == 4
        assert sorted(had) == sorted(items(desk, eve))
        assert unread(desk.dan) == 4

    def test_nothing_of_another_s_layer_is_told(self, layered):
        article = builders.article(layered)
        span = builders.mark(layered, article, "Nobody was hurt", "f")
        first = add_comment(article, body="Mine.", span=span, by=layered.cleo)
        ben = layered.account(layered.ben)
        InboxItem.objects.create(
            account=ben, person=layered.ben, kind="mention", comment=first, at=first.created_at
        )

        assert (unread(ben), inbox(ben)[0]) == (0, [])


class TestAssignments:
    def test_the_same_is_asked_of_somebody_once_at_a_time(self, desk, article):
        asked = assignments.assign(
            article, person=desk.ben, kind="second_read", due=date(2021, 5, 3), by=desk.ada
        )
        with pytest.raises(AlreadyThere, match="to Ben already, due 3 May 2021"):
            assignments.assign(article, person=desk.ben, kind="second_read", by=desk.ada)
        assignments.assign(article, person=desk.ben, kind="annotate", by=desk.ada)
        with pytest.raises(AlreadyThere, match="to Ben already;"):
            assignments.assign(article, person=desk.ben, kind="annotate", by=desk.ada)
        assignments.withdraw_assignment(asked, by=desk.ada)
        again = assignments.assign(article, person=desk.ben, kind="second_read", by=desk.ada)
        assignments.finish_assignment(again, by=desk.ada)

        assert assignments.assign(article, person=desk.ben, kind="second_read", by=desk.ada)

    def test_only_a_manager_assigns_and_withdraws(self, desk, article):
        with pytest.raises(NotAllowed):
            assignments.assign(article, person=desk.cleo, kind="annotate", by=desk.ben)
        asked = assignments.assign(article, person=desk.cleo, kind="annotate", by=desk.ada)
        with pytest.raises(NotAllowed):
            assignments.withdraw_assignment(asked, by=desk.cleo)
        with pytest.raises(NotAllowed, match="or a manager"):
            assignments.finish_assignment(asked, by=desk.ben)

    @pytest.mark.parametrize("kind", ["second_read", "adjudicate"])
    def test_nobody_is_asked_for_what_his_role_does_not_include(self, desk, article, kind):
        with pytest.raises(Refused, match="Cleo’s role does not include it"):
            assignments.assign(article, person=desk.cleo, kind=kind, by=desk.ada)

    def test_somebody_of_another_project_is_not_asked(self, desk, article):
        other = builders.desk("other", prefix="o-")

        with pytest.raises(Refused, match="role does not include"):
            assignments.assign(article, person=other.ben, kind="annotate", by=desk.ada)
        with pytest.raises(Refused, match="“sleep” cannot be assigned"):
            assignments.assign(article, person=desk.ben, kind="sleep", by=desk.ada)

    def test_what_is_over_stays_over(self, desk, article):
        done, gone = (
            assignments.assign(article, person=who, kind="annotate", by=desk.ada)
            for who in (desk.ben, desk.cleo)
        )
        assignments.finish_assignment(done, by=desk.ben)
        assignments.withdraw_assignment(gone, by=desk.ada)

        for act in (assignments.finish_assignment, assignments.withdraw_assignment):
            with pytest.raises(Refused, match="done already"):
                act(done, by=desk.ada)
            with pytest.raises(Refused, match="was withdrawn"):
                act(gone, by=desk.ada)
        payloads = Event.objects.filter(kind="assignment.done").values_list("payload", flat=True)
        assert [json.loads(one)["changes"][0]["table"] for one in payloads] == ["assignment"]


def test_whom_a_comment_mentions_is_read_again_where_members_change_meanwhile(
    desk, article, monkeypatch
):
    """It is read before the transaction, so that nobody waits for it."""
    everybody = review.readers(desk.project, article.pk)
    nobody_else = {str(desk.cleo.pk): everybody[str(desk.cleo.pk)]}
    seen = [nobody_else, everybody, nobody_else, everybody]
    monkeypatch.setattr(review, "readers", lambda project, stream: seen.pop(0))

    said = add_comment(article, body="@Ben 🌊 look", by=desk.cleo)
    assert said.mentions == [str(desk.ben.pk)]
    change_comment(said, body="@Ben and @Ada look", by=desk.cleo)

    assert set(Comment.objects.get().mentions) == {str(desk.ben.pk), str(desk.ada.pk)}
