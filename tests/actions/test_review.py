"""Second reading, comments and sign-offs, as actions."""

import pytest
from django.db import IntegrityError, transaction

from annotations.actions.articles import purge_article, set_roles
from annotations.actions.evidence import (
    add_source,
    cite,
    confirm_citation,
    give_verdict,
    set_work_state,
)
from annotations.actions.operational import tick_counted, tick_read
from annotations.actions.projects import change_label, change_project
from annotations.actions.review import (
    add_comment,
    decide,
    resolve_comment,
    sign_off,
    take_proposal,
)
from annotations.actions.spans import add_speaker, change_span, withdraw_span
from annotations.domain.errors import NotAllowed, Refused, SpanRefused, Stale
from annotations.domain.signoff import items_digest
from annotations.domain.vocabulary import Mode, Role
from annotations.models import (
    Block,
    Comment,
    Decision,
    Event,
    Membership,
    Project,
    ReadMark,
    SignOff,
    Stream,
)
from annotations.queries import access
from annotations.queries.blockers import blockers
from annotations.queries.certificate import signing
from annotations.queries.reading import changed_since, shown_parts, shown_token
from annotations.queries.signing import covered_items
from annotations.queries.verification import verify
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def token(span) -> str:
    span.refresh_from_db()
    return shown_token(shown_parts([span])[span.pk])


def seen(article) -> str:
    return items_digest(covered_items(article.pk))


def accept(span, by):
    return decide(span, outcome="accepted", shown=token(span), by=by)


def ready(desk, article):
    """Make an article that nothing blocks, with one claim of cleo's, and return the claim."""
    span = build.mark(desk, article, "The river rose two metres in 2021")
    source = add_source(desk.project, by=desk.cleo, title="Gauge", kind="official")
    citation = cite(span, source, by=desk.cleo)
    give_verdict(span, verdict="supported", reason="The gauge.", by=desk.cleo)
    confirm_citation(citation, by=desk.ben)
    accept(span, desk.ben)
    for block in Block.objects.filter(article=article):
        tick_read(block, by=desk.ben)
    return span


class TestDecisions:
    def test_an_author_is_no_second_reader(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt", by=desk.ben)

        with pytest.raises(NotAllowed, match="somebody else reads it"):
            accept(span, desk.ben)

    def test_who_changed_the_evidence_is_an_author_too(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        give_verdict(span, verdict="refuted", reason="Two were.", by=desk.ben)

        with pytest.raises(NotAllowed):
            accept(span, desk.ben)

    def test_the_database_holds_the_rule_of_four_eyes_against_every_way_of_writing(
        self, desk, article
    ):
        span = build.mark(desk, article, "Nobody was hurt", by=desk.ben)
        decision = Decision(span=span, reader=desk.ben, outcome="accepted", digest="0" * 64)

        with pytest.raises(IntegrityError, match="second reader"), transaction.atomic():
            Decision.objects.bulk_create([decision])

    def test_accepting_twice_is_one_decision(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")

        one, two = accept(span, desk.ben), accept(span, desk.ben)

        assert one.pk == two.pk

    def test_a_later_decision_takes_the_place_of_the_earlier_one(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        first = decide(
            span, outcome="returned", reason_code="voice", shown=token(span), by=desk.ben
        )

        accept(span, desk.ben)

        first.refresh_from_db()
        assert first.voided_at is not None
        assert Decision.objects.filter(voided_at=None).get().outcome == "accepted"

    @pytest.mark.parametrize(
        ("more", "why"),
        [
            pytest.param({"outcome": "maybe"}, "no decision", id="unknown outcome"),
            pytest.param({"outcome": "returned"}, "choose a reason", id="return without reason"),
            pytest.param({"outcome": "proposed"}, "changes nothing", id="empty proposal"),
            pytest.param(
                {"outcome": "proposed", "proposal": {"note": "x"}}, "cannot", id="a note proposed"
            ),
        ],
    )
    def test_a_decision_that_says_nothing_is_refused(self, desk, article, more, why):
        span = build.mark(desk, article, "Nobody was hurt")

        with pytest.raises(Refused, match=why):
            decide(span, shown=token(span), by=desk.ben, **more)

        assert not Decision.objects.exists()

    def test_a_withdrawn_span_is_not_decided_on(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        shown = token(span)
        withdraw_span(span, by=desk.cleo)

        with pytest.raises(Refused, match="withdrawn"):
            decide(span, outcome="accepted", shown=shown, by=desk.ben)

    def test_what_the_form_did_not_show_is_named(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        shown = token(span)
        change_span(span, start=span.start + 7, label=desk.label("f"), by=desk.cleo)

        with pytest.raises(Stale, match="boundaries and label changed") as refused:
            decide(span, outcome="accepted", shown=shown, by=desk.ben)

        assert refused.value.details["changed"] == ["boundaries", "label"]
        assert changed_since("nonsense", shown_parts([span])[span.pk]) == [
            "boundaries",
            "label",
            "voice",
            "citations",
            "verdict",
        ]

    def test_a_proposal_is_taken_whole_and_then_needs_its_reader_again(self, desk, article):
        span = build.mark(desk, article, "It was a disgrace")
        mayor = add_speaker(desk.project, name="The mayor", by=desk.cleo)
        proposal = {
            "start": span.start + 7,
            "end": span.end,
            "label": str(desk.label("o").pk),
            "voice": "named",
            "speaker": str(mayor.pk),
        }
        decision = decide(
            span, outcome="proposed", proposal=proposal, shown=token(span), by=desk.ben
        )

        with pytest.raises(NotAllowed, match="does not take it"):
            take_proposal(decision, by=desk.ben)
        taken = take_proposal(decision, by=desk.cleo)

        assert (taken.quote, taken.label.kind, taken.speaker) == ("a disgrace", "opinion", mayor)
        decision.refresh_from_db()
        assert decision.taken_at
        assert decision.voided_at
        with pytest.raises(Refused, match="does not stand"):
            take_proposal(decision, by=desk.cleo)
        assert accept(span, desk.ben).outcome == "accepted"

    def test_a_proposal_that_does_not_fit_is_refused(self, desk, article):
        span = build.mark(desk, article, "It was a disgrace")

        with pytest.raises(SpanRefused):
            decide(
                span,
                outcome="proposed",
                proposal={"end": 99_999},
                shown=token(span),
                by=desk.ben,
            )
        with pytest.raises(Refused):
            decide(
                span,
                outcome="proposed",
                proposal={"voice": "named", "speaker": None},
                shown=token(span),
                by=desk.ben,
            )


class TestComments:
    def test_an_open_comment_blocks_until_it_is_resolved(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt", "f")
        one = add_comment(article, body=" Who says so? ", span=span, by=desk.ben)
        add_comment(article, body="The mayor.", parent=one, span=span, by=desk.cleo)
        about = add_comment(article, body="Length?", by=desk.ben)

        def open_comments():
            return [b.text for b in blockers(article) if b.kind == "comment"]

        assert open_comments() == ["Answer “Who says so?”", "Answer “Length?”"]
        resolve_comment(one, by=desk.cleo)
        resolve_comment(one, by=desk.cleo)
        resolve_comment(about, by=desk.cleo)
        assert open_comments() == []
        resolve_comment(about, resolved=False, by=desk.ben)
        assert open_comments() == ["Answer “Length?”"]
        assert Event.objects.filter(kind="comment.resolved").count() == 2

    def test_an_empty_comment_is_refused(self, desk, article):
        with pytest.raises(Refused, match="Write something"):
            add_comment(article, body=" \n", by=desk.ben)
        assert not Comment.objects.exists()


class TestSignOff:
    def test_a_signature_stands_under_what_was_seen(self, desk, article):
        ready(desk, article)
        assert blockers(article) == []

        signed = sign_off(article, seen=seen(article), by=desk.ada)

        stream = Stream.objects.get(pk=article.pk)
        assert signed.digest == items_digest(signed.items)
        assert signed.head_sequence == stream.sequence - 1
        assert not signed.sole_author
        assert sign_off(article, seen="", by=desk.ada) == signed

    def test_an_article_without_its_text_is_not_signed(self, desk, article):
        purge_article(article, reason="A court order.", by=desk.ada)

        with pytest.raises(Refused, match="text of this article was removed"):
            sign_off(article, seen="", by=desk.ada)

    def test_an_article_that_moved_on_is_not_signed(self, desk, article):
        span = ready(desk, article)
        shown = seen(article)
        change_span(span, note="x", by=desk.cleo)

        with pytest.raises(Stale, match="Look at what is new"):
            sign_off(article, seen=shown, by=desk.ada)

    def test_what_blocks_is_named_and_may_be_waived_with_a_reason_only(self, desk, article):
        build.mark(desk, article, "Nobody was hurt")
        names = [blocker.name for blocker in blockers(article)]

        with pytest.raises(Refused, match="and 5 more") as refused:
            sign_off(article, seen=seen(article), by=desk.ada)
        assert refused.value.details["blockers"] == names
        with pytest.raises(Refused, match="cannot be signed off yet"):
            sign_off(article, seen=seen(article), by=desk.ada, waivers=dict.fromkeys(names, " "))
        one_left = dict.fromkeys(names[1:], "On paper.")
        with pytest.raises(Refused, match=r"yet: Needs a second reader: “Nobody was hurt”\.$"):
            sign_off(article, seen=seen(article), by=desk.ada, waivers=one_left)
        signed = sign_off(
            article, seen=seen(article), by=desk.ada, waivers=dict.fromkeys(names, "On paper.")
        )

        assert [waiver["blocker"] for waiver in signed.waivers] == names

    def test_each_rule_of_the_policy_blocks(self, desk):
        article = build.article(desk, published="")
        claim = build.mark(desk, article, "The river rose two metres in 2021")
        returned = build.mark(desk, article, "Nobody was hurt", "f")
        decide(
            returned, outcome="returned", reason_code="other", shown=token(returned), by=desk.ben
        )
        add_comment(article, body="?", by=desk.ben)

        assert [blocker.kind for blocker in blockers(article)] == [
            "second_reader",
            "returned",
            "verdict",
            "source",
            "read",
            "read",
            "read",
            "date",
            "comment",
        ]
        set_work_state(claim, state="not_due", due="2031", by=desk.cleo)
        kinds = {blocker.kind for blocker in blockers(article)}
        assert not kinds & {"verdict", "source"}

    def test_a_policy_that_asks_for_nothing_lets_everything_pass(self, desk):
        article = build.article(desk, published="")
        build.mark(desk, article, "Nobody was hurt")
        add_comment(article, body="?", by=desk.ben)
        rules = {"second_readers": 0, "sources": 0, "verdicts": False, "read": False}
        change_project(desk.project, policy=rules | {"date": False, "comments": False}, by=desk.ada)
        article.refresh_from_db()

        assert blockers(article) == []

    def test_the_only_author_signs_where_the_policy_lets_her_and_it_is_said(self, desk, article):
        build.mark(desk, article, "Nobody was hurt", "f", by=desk.ada)
        waivers = {blocker.name: "Alone." for blocker in blockers(article)}
        with pytest.raises(NotAllowed, match="somebody else signs it"):
            sign_off(article, seen=seen(article), waivers=waivers, by=desk.ada)

        policy = desk.project.policy | {"sole_author": True}
        change_project(desk.project, policy=policy, by=desk.ada)
        article.refresh_from_db()
        signed = sign_off(article, seen=seen(article), waivers=waivers, by=desk.ada)

        assert signed.sole_author

    def test_an_annotator_does_not_sign(self, desk, article):
        with pytest.raises(NotAllowed, match="sign off"):
            sign_off(article, seen=seen(article), by=desk.cleo)

    def test_a_lapse_is_an_event_that_names_the_items_and_never_revives(self, desk, article):
        span = ready(desk, article)
        signed = sign_off(article, seen=seen(article), by=desk.ada)

        change_span(span, note="x", by=desk.cleo)
        change_span(span, note="", by=desk.cleo)

        signed.refresh_from_db()
        assert signed.lapsed_at is not None
        assert signed.lapse == [{"item": f"span:{span.pk}", "what": "changed"}]
        assert Event.objects.filter(kind="article.sign_off_lapsed").count() == 1

    def test_a_change_of_the_rules_that_block_it_makes_a_sign_off_lapse(self, desk, article):
        ready(desk, article)
        signed = sign_off(article, seen=seen(article), by=desk.ada)

        change_project(desk.project, name="Another name", by=desk.ada)
        signed.refresh_from_db()
        assert signed.lapsed_at is None
        change_project(desk.project, guidelines="Mark less.", by=desk.ada)
        signed.refresh_from_db()
        assert signed.lapsed_at is None
        change_project(desk.project, policy={**desk.project.policy, "annotators": 3}, by=desk.ada)
        signed.refresh_from_db()
        assert signed.lapsed_at is None
        change_project(desk.project, policy={**desk.project.policy, "sources": 2}, by=desk.ada)

        signed.refresh_from_db()
        assert [one["item"] for one in signed.lapse] == ["policy"]

    def test_of_a_label_only_what_the_record_says_of_it_is_signed(self, desk, article):
        ready(desk, article)
        signed = sign_off(article, seen=seen(article), by=desk.ada)
        claim = desk.label("c")

        change_label(claim, colour="#123456", by=desk.ada)
        signed.refresh_from_db()
        assert signed.lapsed_at is None
        change_label(claim, definition="What can be checked.", by=desk.ada)

        signed.refresh_from_db()
        assert [one["item"] for one in signed.lapse] == [f"label:{claim.pk}"]

    def test_a_comment_and_a_tick_leave_a_sign_off_standing(self, desk, article):
        ready(desk, article)
        sign_off(article, seen=seen(article), by=desk.ada)

        add_comment(article, body="Well done.", by=desk.ben)
        tick_read(Block.objects.filter(article=article).first(), by=desk.ada)

        assert SignOff.objects.get().lapsed_at is None


class TestOperational:
    def test_a_tick_is_one_however_often_it_is_made(self, desk, article):
        block = Block.objects.filter(article=article).first()

        tick_read(block, by=desk.cleo)
        tick_read(block, by=desk.cleo)
        assert ReadMark.objects.count() == 1
        tick_read(block, read=False, by=desk.cleo)

        assert not ReadMark.objects.exists()

    def test_all_blocks_that_count_or_the_named_ones_are_ticked_at_once(self, desk, article):
        set_roles(article, {2: "boilerplate"}, by=desk.ben)

        assert tick_counted(article, by=desk.cleo) == 2
        assert tick_counted(article, by=desk.ben, indexes=(1, 2)) == 2

        assert ReadMark.objects.count() == 4


class TestIndependentWork:
    """What somebody marks in a layer of their own is no span of the article yet."""

    @pytest.fixture
    def apart(self, desk, article):
        """Let the people of an article that has one agreed span go on in a layer each."""

        def go_apart() -> None:
            revision = desk.project.revision + 1
            Project.objects.filter(pk=desk.project.pk).update(
                mode=Mode.INDEPENDENT, revision=revision
            )
            for project in (desk.project, article.project):
                project.refresh_from_db()

        return go_apart

    def test_a_span_in_a_layer_lapses_no_sign_off(self, desk, article, apart):
        ready(desk, article)
        apart()
        signed = sign_off(article, by=desk.ada, seen=seen(article))
        before = covered_items(article.pk)

        span = build.mark(desk, article, "Nobody was hurt", "f", by=desk.cleo)
        speaker = add_speaker(desk.project, name="The mayor שלום", by=desk.cleo)
        change_span(span, by=desk.cleo, voice="named", speaker=speaker)
        source = add_source(desk.project, by=desk.cleo, title="Log 🌊", kind="official")
        cite(span, source, by=desk.cleo)
        withdraw_span(span, by=desk.cleo)

        signed.refresh_from_db()
        assert span.stream.kind == "layer"
        assert signed.lapsed_at is None
        assert covered_items(article.pk) == before

    def test_an_older_signature_goes_on_covering_what_it_covered(self, desk, article, apart):
        """One of scheme 1 names the spans of every layer, and is checked by that scheme."""
        ready(desk, article)
        apart()
        span = build.mark(desk, article, "Nobody was hurt", "f", by=desk.cleo)

        items = covered_items(article.pk, scheme=1)

        assert f"span:{span.pk}" in items
        assert f"span:{span.pk}" not in covered_items(article.pk)

    def test_a_change_in_the_agreed_layer_does(self, desk, article, apart):
        span = ready(desk, article)
        apart()
        signed = sign_off(article, by=desk.ada, seen=seen(article))

        change_span(span, by=desk.cleo, note="Seen again.")

        signed.refresh_from_db()
        assert [item["item"] for item in signed.lapse] == [f"span:{span.pk}"]

    def test_who_marks_in_a_layer_is_no_author_of_the_article(self, desk, article, apart):
        ready(desk, article)
        apart()
        build.mark(desk, article, "Nobody was hurt", "o", by=desk.ben)
        Membership.objects.filter(account=desk.account(desk.cleo)).update(role=Role.REVIEWER)

        with pytest.raises(NotAllowed, match="You marked every span"):
            sign_off(article, by=desk.cleo, seen=seen(article))
        shown = signing(access.member(desk.account(desk.cleo), "desk"), article)
        assert shown.sole_author
        assert not shown.blocked

    def test_an_article_signed_while_others_mark_in_their_layers_verifies_clean(self):
        apart = build.desk("apart", "dataset", prefix="apart-")
        article = build.article(apart)
        for block in Block.objects.filter(article=article):
            tick_read(block, by=apart.ben)
        build.mark(apart, article, "Nobody was hurt", by=apart.cleo)

        waivers = {blocker.name: "On paper." for blocker in blockers(article)}
        signed = sign_off(article, by=apart.ben, seen=seen(article), waivers=waivers)
        build.mark(apart, article, "The river rose", by=apart.ben)
        build.mark(apart, article, "The river", by=apart.cleo)

        assert [name for name in signed.items if name.startswith("span:")] == []
        assert [finding.text for finding in verify(apart.project)] == []
