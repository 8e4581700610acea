"""One example of every action, which must append exactly the events it says.

Each public function of ``annotations/actions/`` needs one below, by ``@example(action, kinds…)``:
it sets the stage in a ``Story`` and returns what is to be done. An action that is operational
names no kind and must append nothing. What is no action stands in ``NO_ACTIONS`` with the reason.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from annotations import actions
from annotations.actions import (
    accounts,
    articles,
    assignments,
    carrying,
    evidence,
    four_eyes,
    importing,
    imports,
    leases,
    operational,
    presence,
    projects,
    recording,
    restoring,
    review,
    spans,
    tidying,
    trash,
    undo,
    wake,
)
from annotations.domain.events import WORDS, Kind
from annotations.domain.history import GENESIS
from annotations.models import (
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    Event,
    ImportBatch,
    InboxItem,
    Membership,
    Person,
    PersonAccount,
    Receipt,
    Speaker,
    Stream,
    guards,
)
from tests import builders
from tests.stories import Story, accept, sign, story, token
from tests.turns import run

pytestmark = pytest.mark.django_db

Act = Callable[[], object]
EXAMPLES: dict[Callable[..., Any], tuple[Callable[[Story], Act], tuple[Kind, ...]]] = {}

#: Public functions that an operation is made of, or that only look.
NO_ACTIONS: dict[Callable[..., Any], str] = {
    presence.who_is_here: "looks",
    presence.note: "keeps what a page said, in memory",
    wake.listen: "keeps who listens, in memory",
    wake.tell: "a step of every operation",
    wake.tell_ended: "tells what Django has done",
    wake.read_signal: "looks",
    recording.operation: "the frame of every action",
    recording.role_of: "looks",
    recording.require: "looks",
    recording.require_edit: "looks",
    recording.check_revision: "looks",
    recording.check_seen: "looks",
    recording.claimed: "the frame of every operation",
    recording.repeatable: "wraps actions",
    recording.row: "finds what an action made",
    recording.row_or_none: "finds what an action made",
    recording.nothing: "finds what an action made",
    articles.with_corrections: "makes a draft of a draft",
    articles.inheriting: "makes a draft of a draft",
    articles.may_be_passed_on: "looks",
    evidence.live_spans: "looks",
    four_eyes.everybody_who_acts: "looks, and holds the links",
    four_eyes.check_four_eyes: "looks, and holds the links",
    four_eyes.may_be_carried: "looks, and holds the links",
    evidence.streams_of: "looks",
    evidence.record_evidence: "a step of other actions",
    evidence.record_leaving: "a step of other actions",
    operational.notice_assignment: "a step of other actions",
    operational.notice_comment: "a step of other actions",
    operational.notice_decision: "a step of other actions",
    imports.known_of: "looks",
    imports.place: "sets the fields of a row that its caller writes",
    operational.notice_answer: "a step of other actions",
    restoring.restore_backup: "wants an empty database; tests/commands/test_backup.py",
    spans.rewrote: "a step of other actions",
    spans.write_span: "a step of other actions",
    spans.check_fields: "looks",
    spans.check_label: "looks",
    evidence.check_cited: "looks",
    evidence.record_relation: "a step of other actions",
    articles.check_address: "looks",
    carrying.carry_spans: "a step of an import",
    leases.hold: "looks",
    tidying.to_tidy: "looks",
    leases.leased: "takes and releases, which have examples",
}


def example(action: Callable[..., Any], *kinds: Kind) -> Callable[..., Any]:
    def keep(stage: Callable[[Story], Act]) -> Callable[[Story], Act]:
        assert action not in EXAMPLES, action
        EXAMPLES[action] = (stage, kinds)
        return stage

    return keep


# --- accounts and projects --------------------------------------------------------------------


@example(accounts.make_account)
def _(at: Story) -> Act:
    return lambda: accounts.make_account("eve")


@example(accounts.make_account_and_password)
def _(at: Story) -> Act:
    return lambda: accounts.make_account_and_password("eve")


@example(projects.add_account, Kind.PERSON_ADDED, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    return lambda: projects.add_account(
        at.desk.project, username="eve", name="Éve", role="viewer", by=at.desk.ada
    )


@example(accounts.require_maker)
def _(at: Story) -> Act:
    return lambda: accounts.require_maker(at.desk.account(at.desk.ada))


@example(accounts.make_staff)
def _(at: Story) -> Act:
    return lambda: accounts.make_staff(at.desk.dan)


@example(accounts.free_username)
def _(at: Story) -> Act:
    return lambda: accounts.free_username("eve")


@example(projects.begin_project, Kind.PROJECT_CREATED, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    return lambda: projects.begin_project(
        slug="other", name="Other", account=at.desk.account(at.desk.ada)
    )


@example(projects.create_project, Kind.PROJECT_CREATED, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    return lambda: projects.create_project(slug="next", name="Next שלום", account=at.desk.dan)


@example(projects.adopt_project, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    account = at.desk.account(at.desk.ada)
    with guards.lifted(connection):
        Membership.objects.all().delete()
        PersonAccount.objects.all().delete()
    return lambda: projects.adopt_project(at.desk.project, account=account, person=at.desk.ada)


@example(projects.add_person, Kind.PERSON_ADDED)
def _(at: Story) -> Act:
    return lambda: projects.add_person(at.desk.project, name="Éve", by=at.desk.ada)


@example(projects.rename_person, Kind.PERSON_RENAMED)
def _(at: Story) -> Act:
    return lambda: projects.rename_person(at.desk.ben, name="Benno 🌊", by=at.desk.ada)


@example(projects.set_member, Kind.PERSON_ADDED, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    return lambda: projects.set_member(
        at.desk.project, account=at.desk.dan, role="viewer", by=at.desk.ada
    )


@example(projects.remove_member, Kind.MEMBER_REMOVED)
def _(at: Story) -> Act:
    account = at.desk.account(at.desk.ben)
    return lambda: projects.remove_member(at.desk.project, account=account, by=at.desk.ada)


@example(projects.link_person, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    eve = projects.add_person(at.desk.project, name="Éve", by=at.desk.ada)
    return lambda: projects.link_person(eve, account=at.desk.dan, role="reviewer", by=at.desk.ada)


@example(projects.hand_over, Kind.PERSON_LINKED, Kind.MEMBER_SET)
def _(at: Story) -> Act:
    projects.remove_member(at.desk.project, account=at.desk.account(at.desk.cleo), by=at.desk.ada)
    return lambda: projects.hand_over(at.desk.cleo, account=at.desk.dan, role="annotator")


@example(operational.keep_digests)
def _(at: Story) -> Act:
    return lambda: operational.keep_digests(at.secret.pk, at.report.pk)


@example(operational.keep_new_digests)
def _(at: Story) -> Act:
    return lambda: operational.keep_new_digests(at.desk.project.pk)


@example(operational.salt)
def _(at: Story) -> Act:
    return operational.salt


@example(projects.change_project, Kind.PROJECT_CHANGED, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    return lambda: projects.change_project(
        at.desk.project, policy=at.desk.project.policy | {"sources": 2}, by=at.desk.ada
    )


@example(projects.add_label, Kind.LABEL_ADDED)
def _(at: Story) -> Act:
    return lambda: projects.add_label(
        at.desk.project, key="d", name="doubt", kind="other", by=at.desk.ada
    )


@example(projects.change_label, Kind.LABEL_CHANGED, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    return lambda: projects.change_label(
        at.desk.label("c"), definition="Can be checked.", by=at.desk.ada
    )


# --- articles ---------------------------------------------------------------------------------


@example(articles.import_article, Kind.ARTICLE_IMPORTED, Kind.ARTICLES_LISTED)
def _(at: Story) -> Act:
    draft = builders.draft("A third text שלום\n\nWith a second paragraph 👩‍👩‍👧.")
    return lambda: articles.import_article(at.desk.project, draft, by=at.desk.ada)


@example(articles.correct_article, Kind.ARTICLE_CHANGED, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    return lambda: articles.correct_article(at.flood, byline="Zoe\u0301", by=at.desk.ada)


@example(articles.set_roles, Kind.ROLES_SET)
def _(at: Story) -> Act:
    return lambda: articles.set_roles(at.dam, {1: "caption"}, by=at.desk.ben)


# --- spans ------------------------------------------------------------------------------------


@example(spans.add_span, Kind.SPEAKER_ADDED, Kind.SPAN_ADDED)
def _(at: Story) -> Act:
    return lambda: spans.add_span(
        at.dam,
        start=0,
        end=7,
        label=at.desk.label("f"),
        voice="named",
        speaker_name="A keeper",
        by=at.desk.cleo,
    )


@example(spans.add_spans, Kind.SPAN_ADDED)
def _(at: Story) -> Act:
    places = [(0, 3), (4, 7)]
    return lambda: spans.add_spans(at.dam, places=places, label=at.desk.label("f"), by=at.desk.cleo)


@example(spans.change_span, Kind.SPAN_CHANGED)
def _(at: Story) -> Act:
    return lambda: spans.change_span(at.shared, note="Seen again.", by=at.desk.cleo)


@example(spans.withdraw_span, Kind.SPAN_WITHDRAWN)
def _(at: Story) -> Act:
    return lambda: spans.withdraw_span(at.shared, by=at.desk.cleo)


@example(spans.restore_span, Kind.SPAN_RESTORED)
def _(at: Story) -> Act:
    spans.withdraw_span(at.shared, by=at.desk.cleo)
    return lambda: spans.restore_span(at.shared, by=at.desk.cleo)


# --- from one version to the next -------------------------------------------------------------


def _versions(at: Story, then: str, *marked: str) -> tuple[Any, Any]:
    """Return an article on which ``marked`` is marked, and its next version, which says ``then``."""
    url = "https://paper.example/dam"
    old = builders.article(at.desk, "A dam\n\nIt rose two metres in 2021, they say.", url=url)
    for quote in marked or ("It rose two metres in 2021",):
        builders.mark(at.desk, old, quote)
    return old, builders.article(at.desk, f"A dam\n\n{then}", url=url)


@example(carrying.settle_carried, Kind.SPANS_SETTLED)
def _(at: Story) -> Act:
    _, new = _versions(at, "It rose almost two metres in 2021, they say.")
    return lambda: carrying.settle_carried(new.spans.get(), by=at.desk.cleo)


@example(carrying.settle_alike, Kind.SPANS_SETTLED)
def _(at: Story) -> Act:
    _, new = _versions(at, "It rose two metrés in 2021, they say.")
    return lambda: carrying.settle_alike(new, by=at.desk.cleo)


@example(carrying.ask_again, Kind.ASKED_AGAIN)
def _(at: Story) -> Act:
    url = "https://paper.example/dam"
    old = builders.article(at.desk, "A dam\n\nIt rose two metres in 2021.", url=url)
    accept(builders.mark(at.desk, old, "It rose two metres"), at.desk.ben)
    new = builders.article(at.desk, "A dam\n\nIt rose two metres in 2021.\n\nMore שלום.", url=url)
    return lambda: carrying.ask_again(new, by=at.desk.ada)


@example(carrying.move_carried, Kind.SPANS_SETTLED)
def _(at: Story) -> Act:
    _, new = _versions(at, "It rose almost two metres in 2021, they say.")
    return lambda: carrying.move_carried(new.spans.get(), start=7, end=14, by=at.desk.cleo)


@example(carrying.place_carried, Kind.SPANS_PLACED)
def _(at: Story) -> Act:
    old, new = _versions(at, "Ducks came שלום.")
    return lambda: carrying.place_carried(old.spans.get(), new, start=7, end=12, by=at.desk.cleo)


@example(carrying.leave_span, Kind.SPAN_LEFT)
def _(at: Story) -> Act:
    old, new = _versions(at, "Ducks came שלום.")
    return lambda: carrying.leave_span(old.spans.get(), new, by=at.desk.cleo)


@example(spans.add_speaker, Kind.SPEAKER_ADDED)
def _(at: Story) -> Act:
    return lambda: spans.add_speaker(at.desk.project, name="The keeper", by=at.desk.cleo)


@example(spans.change_speaker, Kind.SPEAKER_CHANGED, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    mayor = Speaker.objects.get(project=at.desk.project)
    return lambda: spans.change_speaker(mayor, role="mayor שלום", by=at.desk.cleo)


@example(trash.restore_all, Kind.SPAN_RESTORED)
def _(at: Story) -> Act:
    spans.withdraw_span(at.shared, by=at.desk.cleo)
    return lambda: trash.restore_all(at.dam, by=at.desk.cleo)


@example(undo.undo_last, Kind.UNDONE)
def _(at: Story) -> Act:
    spans.change_span(at.shared, note="Seen again.", by=at.desk.cleo)
    return lambda: undo.undo_last(at.dam, by=at.desk.cleo)


@example(undo.redo_last, Kind.REDONE)
def _(at: Story) -> Act:
    spans.change_span(at.shared, note="Seen again.", by=at.desk.cleo)
    undo.undo_last(at.dam, by=at.desk.cleo)
    return lambda: undo.redo_last(at.dam, by=at.desk.cleo)


# --- evidence ---------------------------------------------------------------------------------


@example(evidence.add_source, Kind.SOURCE_ADDED)
def _(at: Story) -> Act:
    return lambda: evidence.add_source(
        at.desk.project, kind="book", title="Rivers", by=at.desk.cleo
    )


@example(evidence.source_of_article, Kind.SOURCE_ADDED)
def _(at: Story) -> Act:
    return lambda: evidence.source_of_article(at.dam, by=at.desk.cleo)


@example(evidence.change_source, Kind.SOURCE_CHANGED, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    return lambda: evidence.change_source(at.report, title="Gauge report 2", by=at.desk.cleo)


@example(evidence.set_confidential)
def _(at: Story) -> Act:
    return lambda: evidence.set_confidential(
        at.secret, details="In the other safe.", readers=[at.desk.ada], by=at.desk.cleo
    )


def bare(at: Story) -> Any:
    """Mark a span that has no assertion yet."""
    return builders.mark(at.desk, at.dam, "owners disagree")


@example(evidence.describe_assertion, Kind.ASSERTION_ADDED, Kind.ASSERTION_CHANGED)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: evidence.describe_assertion(span, paraphrase="They differ.", by=at.desk.cleo)


@example(evidence.set_work_state, Kind.WORK_STATE_SET, Kind.SIGN_OFF_LAPSED)
def _(at: Story) -> Act:
    return lambda: evidence.set_work_state(at.opinion, state="searching", by=at.desk.ada)


@example(evidence.log_work, Kind.WORK_LOGGED)
def _(at: Story) -> Act:
    return lambda: evidence.log_work(at.opinion, kind="contact", who="the keeper", by=at.desk.ada)


@example(evidence.give_verdict, Kind.ASSERTION_ADDED, Kind.VERDICT_SET)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: evidence.give_verdict(
        span, verdict="not_enough", reason="Nobody counted.", by=at.desk.cleo
    )


@example(evidence.join_assertion, Kind.ASSERTION_JOINED)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: evidence.join_assertion(span, at.claim.assertion, by=at.desk.cleo)


@example(evidence.erase_older_states, Kind.PAYLOAD_ERASED)
def _(at: Story) -> Act:
    source = evidence.add_source(at.desk.project, by=at.desk.ada, title="Ann Lee", kind="letter")
    evidence.change_source(source, by=at.desk.ada, access="confidential", title="A letter")
    return lambda: evidence.erase_older_states(source, reason="She asked.", by=at.desk.ada)


@example(evidence.split_assertion, Kind.ASSERTION_SPLIT)
def _(at: Story) -> Act:
    return lambda: evidence.split_assertion(at.shared, by=at.desk.cleo)


@example(evidence.relate_assertions, Kind.ASSERTIONS_RELATED, *2 * [Kind.SPAN_EVIDENCE_CHANGED])
def _(at: Story) -> Act:
    return lambda: evidence.relate_assertions(
        at.claim.assertion, at.opinion.assertion, kind="contradicts", by=at.desk.cleo
    )


@example(
    evidence.relate_span,
    Kind.ASSERTION_ADDED,
    Kind.ASSERTIONS_RELATED,
    *2 * [Kind.SPAN_EVIDENCE_CHANGED],
)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: evidence.relate_span(span, at.claim.assertion, kind="narrows", by=at.desk.cleo)


@example(evidence.withdraw_log, Kind.WORK_LOG_WITHDRAWN)
def _(at: Story) -> Act:
    entry = evidence.log_work(at.opinion, kind="search", where="Archive", by=at.desk.cleo)
    return lambda: evidence.withdraw_log(entry, by=at.desk.ada)


@example(evidence.withdraw_relation, Kind.RELATION_WITHDRAWN, *2 * [Kind.SPAN_EVIDENCE_CHANGED])
def _(at: Story) -> Act:
    relation = AssertionRelation.objects.get()
    return lambda: evidence.withdraw_relation(relation, by=at.desk.ada)


@example(evidence.cite, Kind.ASSERTION_ADDED, Kind.CITATION_ADDED)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: evidence.cite(span, at.report, stance="refutes", by=at.desk.cleo)


def cited(at: Story) -> Citation:
    return evidence.cite(bare(at), at.report, stance="supports", by=at.desk.cleo)


@example(evidence.change_citation, Kind.CITATION_CHANGED)
def _(at: Story) -> Act:
    citation = cited(at)
    return lambda: evidence.change_citation(citation, locator="p. 3", by=at.desk.cleo)


@example(evidence.confirm_citation, Kind.CITATION_CONFIRMED)
def _(at: Story) -> Act:
    citation = cited(at)
    return lambda: evidence.confirm_citation(citation, by=at.desk.ben)


@example(evidence.withdraw_citation, Kind.CITATION_WITHDRAWN)
def _(at: Story) -> Act:
    citation = cited(at)
    return lambda: evidence.withdraw_citation(citation, by=at.desk.cleo)


@example(evidence.restore_citation, Kind.CITATION_RESTORED)
def _(at: Story) -> Act:
    citation = cited(at)
    evidence.withdraw_citation(citation, by=at.desk.cleo)
    citation.refresh_from_db()
    return lambda: evidence.restore_citation(citation, by=at.desk.cleo)


# --- review -----------------------------------------------------------------------------------


@example(review.decide, Kind.DECISION_MADE)
def _(at: Story) -> Act:
    span = bare(at)
    return lambda: accept(span, at.desk.ben)


@example(review.take_proposal, Kind.PROPOSAL_TAKEN)
def _(at: Story) -> Act:
    span = bare(at)
    label = str(at.desk.label("o").pk)
    decision = review.decide(
        span, outcome="proposed", proposal={"label": label}, shown=token(span), by=at.desk.ben
    )
    return lambda: review.take_proposal(decision, by=at.desk.cleo)


@example(review.decline_proposal, Kind.PROPOSAL_DECLINED)
def _(at: Story) -> Act:
    span = bare(at)
    label = str(at.desk.label("o").pk)
    decision = review.decide(
        span, outcome="proposed", proposal={"label": label}, shown=token(span), by=at.desk.ben
    )
    return lambda: review.decline_proposal(decision, answer="It can be checked.", by=at.desk.cleo)


@example(review.add_comment, Kind.COMMENT_ADDED)
def _(at: Story) -> Act:
    return lambda: review.add_comment(at.dam, body="Who says so? 🌊", by=at.desk.cleo)


@example(review.change_comment, Kind.COMMENT_CHANGED)
def _(at: Story) -> Act:
    comment = Comment.objects.get()
    return lambda: review.change_comment(comment, body="Look twice, @Ben 🌊.", by=at.desk.cleo)


@example(review.withdraw_comment, Kind.COMMENT_WITHDRAWN)
def _(at: Story) -> Act:
    comment = Comment.objects.get()
    return lambda: review.withdraw_comment(comment, by=at.desk.cleo)


@example(review.resolve_comment, Kind.COMMENT_RESOLVED)
def _(at: Story) -> Act:
    comment = Comment.objects.get()
    return lambda: review.resolve_comment(comment, by=at.desk.ben)


@example(assignments.assign, Kind.ASSIGNMENT_MADE)
def _(at: Story) -> Act:
    return lambda: assignments.assign(
        at.dam, person=at.desk.cleo, kind="annotate", due=date(2021, 5, 3), by=at.desk.ada
    )


@example(assignments.withdraw_assignment, Kind.ASSIGNMENT_WITHDRAWN)
def _(at: Story) -> Act:
    assignment = Assignment.objects.get()
    return lambda: assignments.withdraw_assignment(assignment, by=at.desk.ada)


@example(assignments.finish_assignment, Kind.ASSIGNMENT_DONE)
def _(at: Story) -> Act:
    assignment = Assignment.objects.get()
    return lambda: assignments.finish_assignment(assignment, by=at.desk.ben)


@example(review.sign_off, Kind.SIGNED_OFF)
def _(at: Story) -> Act:
    return lambda: sign(at.flood, at.desk.ada)


@example(
    articles.purge_article,
    Kind.ARTICLE_PURGED,
    Kind.PAYLOAD_ERASED,
)
def _(at: Story) -> Act:
    third = builders.article(at.desk, "A third text\n\nשלום 🌊")
    return lambda: articles.purge_article(third, reason="Its author asked.", by=at.desk.ada)


# --- operational ------------------------------------------------------------------------------


@example(operational.tick_read)
def _(at: Story) -> Act:
    block = Block.objects.filter(article=at.dam)[0]
    return lambda: operational.tick_read(block, by=at.desk.cleo)


@example(operational.note_export)
def _(at: Story) -> Act:
    return lambda: operational.note_export(
        at.desk.project,
        by=at.desk.ben,
        format="jsonl",
        selection={"people": "names"},
        articles=2,
        file_name="desk.jsonl",
        size=3,
        sha256="0" * 64,
        head=(1, "0" * 64),
        sources=[at.report.pk],
    )


@example(operational.tick_counted)
def _(at: Story) -> Act:
    return lambda: operational.tick_counted(at.dam, by=at.desk.cleo)


@example(presence.be_here)
def _(at: Story) -> Act:
    return lambda: presence.be_here(at.dam, by=at.desk.cleo, tab=uuid4(), block=1)


@example(presence.leave)
def _(at: Story) -> Act:
    tab = uuid4()
    presence.be_here(at.dam, by=at.desk.cleo, tab=tab)
    return lambda: presence.leave(at.dam, by=at.desk.cleo, tab=tab)


@example(tidying.tidy)
def _(at: Story) -> Act:
    return tidying.tidy


@example(tidying.tidy_daily)
def _(at: Story) -> Act:
    return tidying.tidy_daily


@example(operational.rebuild_search)
def _(at: Story) -> Act:
    return operational.rebuild_search


@example(operational.fill_inboxes)
def _(at: Story) -> Act:
    InboxItem.objects.all().delete()
    return lambda: operational.fill_inboxes(at.desk.project.pk)


@example(operational.mark_read)
def _(at: Story) -> Act:
    review.add_comment(at.dam, body="@Ben, look.", by=at.desk.cleo)
    return lambda: operational.mark_read(at.desk.account(at.desk.ben))


# --- imports ----------------------------------------------------------------------------------


def batch_of(at: Story) -> ImportBatch:
    """Upload one file, read it, and take it no further."""
    text = "A third text\n\nשלום 🌊, it says here, and no more than that."
    batch = imports.create_batch(
        at.desk.project, [imports.Upload("third.txt", text.encode())], by=at.desk.ada
    )
    return run(batch)


@example(imports.create_batch)
def _(at: Story) -> Act:
    return lambda: batch_of(at)


@example(imports.correct_item)
def _(at: Story) -> Act:
    item = batch_of(at).items.get()
    return lambda: imports.correct_item(item, title="Third", roles={1: "caption"}, by=at.desk.ada)


@example(imports.leave_out)
def _(at: Story) -> Act:
    item = batch_of(at).items.get()
    return lambda: imports.leave_out(item, by=at.desk.ada)


@example(imports.store_batch)
def _(at: Story) -> Act:
    batch = batch_of(at)
    return lambda: imports.store_batch(batch, by=at.desk.ada)


@example(imports.drop_batch)
def _(at: Story) -> Act:
    batch = batch_of(at)
    return lambda: imports.drop_batch(batch, by=at.desk.ada)


@example(importing.take_turn, Kind.ARTICLE_IMPORTED, Kind.ARTICLES_LISTED)
def _(at: Story) -> Act:
    batch = batch_of(at)
    imports.store_batch(batch, by=at.desk.ada)
    return lambda: run(batch)


# --- leases -----------------------------------------------------------------------------------


@example(leases.take)
def _(at: Story) -> Act:
    return lambda: leases.take("tidy", uuid4())


@example(leases.renew)
def _(at: Story) -> Act:
    holder = uuid4()
    leases.take("tidy", holder)
    return lambda: leases.renew(holder)


@example(leases.tell)
def _(at: Story) -> Act:
    holder = uuid4()
    leases.take("tidy", holder)
    return lambda: leases.tell("tidy", holder, done=1, total=2)


@example(leases.release)
def _(at: Story) -> Act:
    holder = uuid4()
    leases.take("tidy", holder)
    return lambda: leases.release(holder)


# --- the lock ---------------------------------------------------------------------------------


def functions() -> set[Callable[..., Any]]:
    """Return every public function that a module of actions defines."""
    found = set()
    for about in pkgutil.iter_modules(actions.__path__):
        module = importlib.import_module(f"{actions.__name__}.{about.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found.add(function)
    return found


def named(found: set[Callable[..., Any]]) -> list[str]:
    return sorted(f"{one.__module__}.{one.__name__}" for one in found)


def test_every_action_has_an_example() -> None:
    known = EXAMPLES.keys() | NO_ACTIONS.keys()

    assert named(functions() - known) == []
    assert named(known - functions()) == []
    assert named(EXAMPLES.keys() & NO_ACTIONS.keys()) == []


@pytest.mark.parametrize("action", [pytest.param(one, id=one.__name__) for one in EXAMPLES])
def test_an_action_appends_the_events_it_says(action: Callable[..., Any]) -> None:
    at = story()
    stage, kinds = EXAMPLES[action]
    act = stage(at)
    before = set(Event.objects.values_list("pk", flat=True))

    act()

    new = Event.objects.exclude(pk__in=before)
    assert sorted(new.values_list("kind", flat=True)) == sorted(kinds)
    assert new.values("operation").distinct().count() <= 1 or action is projects.add_account
    for stream in Stream.objects.all():
        previous = GENESIS
        for event in stream.events.order_by("sequence"):
            previous = event.link.hash(previous)
            assert previous == event.hash
        assert previous == stream.head_hash


KEYED = [one for one in EXAMPLES if "key" in inspect.signature(one, follow_wrapped=True).parameters]
#: Whose ``key`` is the one on a keyboard.
KEYED.remove(projects.add_label)


@pytest.mark.parametrize("action", [pytest.param(one, id=one.__name__) for one in KEYED])
def test_a_request_repeated_under_its_key_returns_the_same_and_changes_nothing(
    action: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = story()
    act = EXAMPLES[action][0](at)
    key = builders.key("this")
    results: list[object] = []

    def keyed(*args: Any, **values: Any) -> object:
        results.append(action(*args, **values, key=key))
        return results[-1]

    monkeypatch.setattr(importlib.import_module(action.__module__), action.__name__, keyed)
    act()
    assert key.repeats is None
    before = whole_database()
    act()

    assert whole_database() == before
    assert key.repeats == Receipt.objects.get().operation
    # It returns what it changes now.
    assert results[1] == ([] if action.__name__ == "set_roles" else results[0])


def whole_database() -> dict[str, list[Any]]:
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=str)
        for model in apps.get_app_config("annotations").get_models()
    }


def test_every_action_of_a_reader_s_pages_takes_a_key() -> None:
    of_readers = {
        one
        for one in functions() - NO_ACTIONS.keys()
        if one.__module__.rpartition(".")[2]
        in ("assignments", "carrying", "spans", "evidence", "review", "undo")
    }

    # These have no form of their own, or what they do twice is done once.
    assert named(of_readers - set(KEYED)) == [
        "annotations.actions.evidence.source_of_article",
        "annotations.actions.spans.add_speaker",
        "annotations.actions.spans.change_speaker",
    ]


def test_every_kind_has_its_words() -> None:
    assert set(WORDS) == set(Kind)


def test_an_actor_of_an_event_is_a_person_of_its_project() -> None:
    story()

    for event in Event.objects.select_related("stream", "actor"):
        assert isinstance(event.actor, Person)
        assert event.actor.project_id == event.stream.project_id
