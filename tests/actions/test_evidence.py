"""Sources, citations, verdicts, work states, joins and relations, and what each refuses."""

import datetime
import json

import pytest

from annotations.actions import evidence
from annotations.actions.evidence import (
    NewSource,
    add_source,
    change_citation,
    change_source,
    cite,
    confirm_citation,
    describe_assertion,
    give_verdict,
    join_assertion,
    log_work,
    relate_assertions,
    relate_span,
    restore_citation,
    set_confidential,
    set_work_state,
    source_of_article,
    split_assertion,
    withdraw_citation,
    withdraw_log,
    withdraw_relation,
)
from annotations.actions.projects import set_member
from annotations.actions.review import decide
from annotations.actions.spans import withdraw_span
from annotations.actions.undo import undo_last
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused, Stale
from annotations.domain.vocabulary import Mode
from annotations.models import (
    Assertion,
    Citation,
    ConfidentialDetails,
    Decision,
    Event,
    Source,
    WorkLogEntry,
)
from annotations.queries.reading import shown_parts, shown_token
from tests.builders import article, desk, mark
from tests.builders import key as key_for

pytestmark = pytest.mark.django_db

FIRST = "The river rose two metres in 2021"
SECOND = "Nobody was hurt"
OTHER = "Dry years 🌊\n\nZoe\u0301 said שלום: the river rose two metres."


@pytest.fixture
def at():
    return desk()


@pytest.fixture
def on(at):
    return article(at)


@pytest.fixture
def span(at, on):
    return mark(at, on, FIRST)


@pytest.fixture
def second(at, on):
    return mark(at, on, SECOND)


@pytest.fixture
def far(at):
    """A span of another article that says the same."""
    return mark(at, article(at, OTHER, title="Dry years"), "the river rose two metres")


def report(at, **more):
    values = {"title": "Gauge report", "url": "https://water.example/gauge"}
    return add_source(at.project, by=at.cleo, **(values | more))


def kinds(stream):
    """Return the kinds of the events of the last operation that wrote to a stream, sorted."""
    last = Event.objects.filter(stream=stream.pk).latest("sequence").operation
    return sorted(Event.objects.filter(operation=last).values_list("kind", flat=True))


def count():
    return Event.objects.count()


# --- sources ----------------------------------------------------------------------------------


def test_a_source_is_kept_under_one_spelling_of_its_address(at):
    made = report(at, url="HTTPS://Water.example:443/gauge?utm_source=x#top", published=" 2021-09 ")

    assert made.url == "https://water.example/gauge"
    assert made.published == "2021-09"
    assert kinds(at.project) == ["source.added"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"title": " "}, "title_missing", id="no title"),
        pytest.param({"kind": "rumour"}, "choice", id="no such kind"),
        pytest.param({"access": "secret"}, "choice", id="no such access"),
        pytest.param({"level": "first"}, "choice", id="no such level"),
        pytest.param({"published": "14.9.2021"}, "date", id="a date of another form"),
        pytest.param({"url": "javascript:alert(1)"}, "url", id="no web address"),
        pytest.param({"url": ""}, "url_missing", id="a web page without an address"),
        pytest.param({"access": "confidential"}, "confidential_url", id="confidential with url"),
        pytest.param({"kind": "article", "url": ""}, "article_missing", id="article unnamed"),
        pytest.param({"shoe": "9"}, "field", id="no such field"),
    ],
)
def test_a_source_that_cannot_be_is_refused_and_leaves_no_trace(at, values, code):
    before = count()

    with pytest.raises(Refused) as refused:
        report(at, **values)

    assert refused.value.code == code
    assert count() == before
    assert not Source.objects.exists()


def test_a_kind_without_an_address_needs_none_and_a_level_is_kept(at):
    made = report(at, kind="interview", url="", level="primary")

    assert (made.url, made.level) == ("", "primary")


def test_the_same_address_is_the_same_source(at):
    known = report(at)

    with pytest.raises(AlreadyThere, match="here already, as “Gauge report”") as refused:
        report(at, title="Again", url="https://WATER.example/gauge#part")

    assert refused.value.details["source"] == str(known.pk)


def test_an_article_becomes_one_source_however_often_it_is_asked_for(at, on, far):
    made = source_of_article(on, by=at.cleo)

    assert source_of_article(on, by=at.ben) == made
    assert (made.title, made.published, made.article) == ("The flood", "2021-07", on)
    with pytest.raises(AlreadyThere):
        add_source(at.project, by=at.cleo, kind="article", title="Twice", article=on)


def test_an_articles_source_has_its_byline_as_author(at):
    signed = article(at, "Zoe\u0301 🌊 שלום\n\nWords.", byline="Inés Hart")

    assert source_of_article(signed, by=at.cleo).authors == ["Inés Hart"]


def test_a_source_changes_everywhere_and_stays_unlike_the_others(at, span):
    first = report(at)
    other = report(at, title="Other", url="https://other.example/")
    cite(span, first, by=at.cleo)

    change_source(first, by=at.ben, revision=1, title="The gauge report")
    assert Source.objects.get(pk=first.pk).title == "The gauge report"
    assert kinds(at.project) == ["source.changed"]
    with pytest.raises(AlreadyThere):
        change_source(other, by=at.ben, url="https://water.example/gauge")
    with pytest.raises(Stale):
        change_source(first, by=at.ben, revision=1, title="Old")
    before = count()
    change_source(first, by=at.ben, title="The gauge report")
    assert count() == before


def test_details_of_a_confidential_source_are_for_its_readers_and_in_no_event(at):
    secret = add_source(
        at.project,
        by=at.cleo,
        kind="interview",
        title="An engineer",
        access="confidential",
        confidential="Inés Hart שלום",
        readers=[at.ben],
    )
    kept = ConfidentialDetails.objects.get(source=secret)
    assert set(kept.readers.all()) == {at.cleo, at.ben}

    with pytest.raises(Refused, match="Only its readers"):
        set_confidential(secret, details="Somebody else", readers=[], by=at.ada)
    before = count()
    set_confidential(secret, details="Inés Hart, engineer", readers=[at.ada], by=at.ben)
    kept.refresh_from_db()
    assert kept.details == "Inés Hart, engineer"
    assert set(kept.readers.all()) == {at.ben, at.ada}
    assert count() == before
    assert not Event.objects.filter(payload__contains="Hart").exists()


def test_nobody_makes_himself_reader_of_a_source_that_has_none_but_who_added_it(at):
    secret = add_source(
        at.project, by=at.cleo, kind="interview", title="An engineer", access="confidential"
    )

    with pytest.raises(Refused, match="whoever added the source"):
        set_confidential(secret, details="Mine now", readers=[], by=at.ben)
    set_confidential(secret, details="Inés Hart", readers=[], by=at.cleo)

    assert list(ConfidentialDetails.objects.get().readers.all()) == [at.cleo]


def test_details_are_kept_of_confidential_sources_only(at):
    with pytest.raises(Refused, match="Only a confidential source"):
        set_confidential(report(at), details="x", readers=[], by=at.cleo)
    with pytest.raises(Refused, match="Only a confidential source"):
        report(at, url="https://two.example/", confidential="x")
    assert Source.objects.count() == 1


# --- citations --------------------------------------------------------------------------------


def test_the_first_citation_makes_the_assertion_with_the_spans_speaker(at, on):
    span = mark(at, on, FIRST, voice="named", speaker_name="Inés Hart")
    made = cite(span, report(at), by=at.cleo, quotation="two metres 🌊", stance="partly")

    span.refresh_from_db()
    assert span.assertion == made.assertion
    assert made.assertion.speaker.name == "Inés Hart"
    assert made.accessed_on == datetime.datetime.now(datetime.UTC).date()
    assert kinds(on) == ["assertion.added", "citation.added"]


def test_a_second_citation_joins_the_first_and_names_the_blocks_to_paint(at, on, span):
    first = cite(span, report(at), by=at.cleo)
    second = cite(span, report(at, url="https://two.example/"), by=at.ben)

    assert second.assertion == first.assertion
    payload = json.loads(Event.objects.filter(stream=on.pk).latest("sequence").payload)
    assert payload["blocks"] == {str(on.pk): [1]}


def test_a_request_sent_twice_cites_once_and_its_key_is_for_it_alone(at, span):
    source, key = report(at), key_for("x")
    first = cite(span, source, by=at.cleo, key=key, quotation="x")

    assert cite(span, source, by=at.cleo, key=key, quotation="x") == first
    with pytest.raises(Refused) as refused:
        cite(span, source, by=at.cleo, key=key_for("y", uuid=key.uuid), quotation="y")
    assert refused.value.code == "key_reused"
    assert Citation.objects.count() == 1


def test_a_new_source_comes_with_its_citation_in_one_operation(at, span):
    key = key_for("an engineer")
    new = NewSource(
        {"title": "An engineer", "kind": "interview", "access": "confidential"},
        confidential="Inés Hart",
        readers=(at.ada,),
    )
    made = cite(span, new, by=at.cleo, key=key)

    assert kinds(at.project) == ["assertion.added", "citation.added", "source.added"]
    assert set(made.source.confidential.readers.all()) == {at.cleo, at.ada}
    assert cite(span, new, by=at.cleo, key=key) == made
    assert Source.objects.count() == 1


def test_a_new_source_that_is_refused_leaves_no_citation(at, span):
    before = count()

    with pytest.raises(Refused):
        cite(span, NewSource({"title": ""}), by=at.cleo)

    assert count() == before


def test_the_same_words_of_a_source_are_cited_once(at, span):
    source = report(at)
    said = {"quotation": "rose by 2 m, café 🌊", "locator": "p. 3", "stance": "supports"}
    first = cite(span, source, by=at.cleo, **said)
    before = count()

    with pytest.raises(AlreadyThere, match="cited here already") as refused:
        cite(span, source, by=at.ben, **said)
    assert refused.value.details == {"citation": str(first.pk)}
    assert count() == before

    cite(span, source, by=at.ben, **{**said, "stance": "refutes"})
    cite(span, source, by=at.ben, **{**said, "locator": "p. 4"})
    withdraw_citation(first, by=at.cleo)
    cite(span, source, by=at.ben, **said)


def test_another_article_is_cited_as_a_source_but_never_itself(at, on, span, far):
    made = cite(span, far.article, by=at.cleo)

    assert made.source.article == far.article
    assert cite(span, far.article, by=at.ben, locator="p. 2").source == made.source
    with pytest.raises(Refused, match="no source for what it says itself"):
        cite(span, on, by=at.cleo)
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"stance": "doubts"}, "choice", id="no such stance"),
        pytest.param({"archive_url": "ftp://x.example/"}, "url", id="no web address"),
        pytest.param({"file_sha256": "ABC"}, "sha256", id="no digest"),
        pytest.param({"added_by": "ben"}, "field", id="not to be set"),
    ],
)
def test_a_citation_that_cannot_be_is_refused_and_leaves_no_trace(at, span, values, code):
    source = report(at)
    before = count()

    with pytest.raises(Refused) as refused:
        cite(span, source, by=at.cleo, **values)

    assert refused.value.code == code
    assert count() == before


def test_a_file_and_an_archived_copy_are_kept(at, span):
    made = cite(
        span,
        report(at),
        by=at.cleo,
        file_sha256="a" * 64,
        archive_url="HTTPS://archive.example/1",
        accessed_on=None,
    )

    assert made.archive_url == "https://archive.example/1"
    assert made.accessed_on is None


def test_a_source_of_another_project_and_a_withdrawn_span_are_refused(at, span):
    other = desk("other", prefix="x")
    foreign = add_source(other.project, by=other.ada, title="T", kind="book")

    with pytest.raises(Refused) as refused:
        cite(span, foreign, by=at.cleo)
    assert refused.value.code == "source_foreign"
    withdraw_span(span, by=at.cleo)
    with pytest.raises(Refused, match="This span was withdrawn; restore it first"):
        cite(span, report(at), by=at.cleo)


def test_a_change_asks_for_a_new_confirmation(at, span):
    made = cite(span, report(at), by=at.cleo, quotation="one metre")
    confirm_citation(made, by=at.ben, revision=1)
    made.refresh_from_db()
    assert made.confirmed_by == at.ben

    change_citation(made, by=at.cleo, revision=2, quotation="two metres")

    made.refresh_from_db()
    assert (made.quotation, made.confirmed_by, made.confirmed_at) == ("two metres", None, None)
    before = count()
    change_citation(made, by=at.cleo, quotation="two metres")
    assert count() == before
    with pytest.raises(Stale):
        change_citation(made, by=at.cleo, revision=1, quotation="three metres")


def test_somebody_else_confirms_and_only_once(at, span):
    made = cite(span, report(at), by=at.ben)

    with pytest.raises(Refused, match="Somebody else than who added"):
        confirm_citation(made, by=at.ben)
    with pytest.raises(NotAllowed):
        confirm_citation(made, by=at.cleo)
    confirm_citation(made, by=at.ada)
    before = count()
    confirm_citation(made, by=at.ada)
    assert count() == before


def test_a_citation_is_withdrawn_and_restored_by_its_owner_or_a_reviewer(at, span):
    own = cite(span, report(at), by=at.cleo)
    others = cite(span, report(at, url="https://two.example/"), by=at.ben)

    with pytest.raises(NotAllowed):
        withdraw_citation(others, by=at.cleo)
    withdraw_citation(own, by=at.ben)
    before = count()
    withdraw_citation(own, by=at.ben)
    assert count() == before
    for act in (change_citation, confirm_citation):
        with pytest.raises(Refused, match="This citation was withdrawn"):
            act(own, by=at.ada)
    restore_citation(own, by=at.cleo)
    restore_citation(own, by=at.cleo)
    own.refresh_from_db()
    assert own.withdrawn_at is None
    assert count() == before + 1


def test_evidence_voids_a_decision_and_makes_its_writer_an_author(at, on, span):
    token = shown_token(shown_parts([span])[span.pk])
    decide(span, by=at.ben, outcome="accepted", shown=token)

    cite(span, report(at), by=at.ada)

    assert Decision.objects.get().voided_at is not None
    span.refresh_from_db()
    assert span.authors == at.ada.pk.hex


# --- the assertion ----------------------------------------------------------------------------


def test_what_is_asserted_is_said_in_neutral_words(at, span):
    made = describe_assertion(
        span, by=at.cleo, paraphrase="The river rose 2 m.", said_on="2021-07", due=" 2027 "
    )

    assert (made.paraphrase, made.said_on, made.due) == ("The river rose 2 m.", "2021-07", "2027")
    assert kinds(span.article) == ["assertion.added", "assertion.changed"]
    before = count()
    describe_assertion(span, by=at.cleo, paraphrase="The river rose 2 m.")
    assert count() == before
    with pytest.raises(Stale):
        describe_assertion(span, by=at.cleo, revision=1, paraphrase="Another")


def test_nothing_said_makes_no_assertion(at, on):
    span = mark(at, on, FIRST, voice="named", speaker_name="Inés Hart")
    before = count()

    assert describe_assertion(span, by=at.cleo, paraphrase="", speaker=span.speaker) is None
    assert set_work_state(span, state="todo", by=at.cleo) is None
    assert give_verdict(span, verdict="", by=at.cleo) is None
    assert count() == before
    made = describe_assertion(span, by=at.cleo, speaker=None)
    assert made.speaker is None


def test_not_due_needs_its_date(at, span):
    with pytest.raises(Refused, match="needs the date"):
        set_work_state(span, state="not_due", by=at.cleo)
    made = set_work_state(span, state="not_due", due="2030", by=at.cleo)
    assert (made.work_state, made.due) == ("not_due", "2030")
    before = count()
    set_work_state(span, state="not_due", by=at.cleo)
    assert count() == before
    with pytest.raises(Refused):
        set_work_state(span, state="asleep", by=at.cleo)


def test_searches_and_contacts_are_logged_once_a_request(at, span):
    key = key_for("search")
    entry = log_work(span, kind="search", where="Archive שלום", by=at.cleo, key=key)

    assert log_work(span, kind="search", where="Archive שלום", by=at.cleo, key=key) == entry
    assert entry.on == datetime.datetime.now(datetime.UTC).date()
    log_work(
        span, kind="contact", who="Mayor", answer="No", on=datetime.date(2026, 1, 2), by=at.ben
    )
    assert WorkLogEntry.objects.count() == 2
    assert kinds(span.article) == ["work.logged"]
    with pytest.raises(Refused, match="Say where you searched"):
        log_work(span, kind="search", where=" ", by=at.cleo)


def test_a_logged_search_is_withdrawn_by_its_author_or_a_reviewer_and_undone(at, span):
    own = log_work(span, kind="search", where="Archive שלום 🌊", by=at.cleo)
    other = log_work(span, kind="contact", who="Mayor", by=at.ben)
    before = count()

    with pytest.raises(NotAllowed):
        withdraw_log(other, by=at.cleo)
    with pytest.raises(Stale):
        withdraw_log(own, revision=7, by=at.cleo)
    assert count() == before
    withdraw_log(own, revision=own.revision, by=at.cleo)
    withdraw_log(own, by=at.cleo)
    assert kinds(span.article) == ["work.log_withdrawn"]
    withdraw_log(other, by=at.ben)
    assert not WorkLogEntry.objects.filter(withdrawn_at=None).exists()

    undo_last(span.article, by=at.cleo)

    assert WorkLogEntry.objects.get(withdrawn_at=None) == own


def test_a_verdict_has_a_reason_and_ends_the_work_until_it_is_taken_back(at, span):
    with pytest.raises(Refused, match="needs its reason"):
        give_verdict(span, verdict="refuted", reason=" ", by=at.cleo)
    made = give_verdict(span, verdict="refuted", reason=" One metre. ", by=at.cleo)
    assert (made.verdict_reason, made.work_state, made.verdict_by) == (
        "One metre.",
        "done",
        at.cleo,
    )
    assert made.verdict_as_of == datetime.datetime.now(datetime.UTC).date().isoformat()
    before = count()
    give_verdict(span, verdict="refuted", reason="One metre.", by=at.ben)
    assert count() == before

    made = give_verdict(span, verdict="", by=at.ben)
    assert (made.verdict, made.verdict_by, made.work_state) == ("", None, "searching")
    set_work_state(span, state="waiting", by=at.cleo)
    give_verdict(span, verdict="", by=at.cleo)
    made.refresh_from_db()
    assert made.work_state == "waiting"


def test_a_verdict_taken_back_leaves_other_states_of_work(at, span):
    give_verdict(span, verdict="supported", reason="Seen.", as_of="2021-09", by=at.cleo)
    set_work_state(span, state="waiting", by=at.cleo)

    made = give_verdict(span, verdict="", by=at.cleo)

    assert made.work_state == "waiting"


def test_a_verdict_of_no_scheme_is_refused(at, span):
    with pytest.raises(Refused) as refused:
        give_verdict(span, verdict="pants", reason="x", by=at.cleo)
    assert refused.value.code == "choice"


# --- joining, splitting, relating -------------------------------------------------------------


def test_joined_from_another_article_an_assertion_is_the_projects_and_tells_both(at, span, far):
    cite(span, report(at), by=at.cleo)
    join_assertion(far, span.assertion, by=at.cleo)

    far.refresh_from_db()
    shared = Assertion.objects.get()
    assert far.assertion == shared
    assert shared.stream_id == at.project.pk
    assert kinds(far.article) == ["assertion.joined", "assertion.shared"]
    before = count()
    join_assertion(far, shared, by=at.cleo)
    assert count() == before

    give_verdict(far, verdict="supported", reason="Seen.", by=at.cleo)
    assert kinds(at.project) == [
        "span.evidence_changed",
        "span.evidence_changed",
        "verdict.set",
    ]
    log_work(far, kind="search", where="Archive", by=at.cleo)
    assert kinds(at.project)[-1] == "work.logged"
    change_source(Source.objects.get(), by=at.cleo, title="Other")


def test_joined_within_an_article_an_assertion_stays_there(at, on, span, second):
    cite(span, report(at), by=at.cleo)

    join_assertion(second, span.assertion, by=at.cleo)

    assert Assertion.objects.get().stream_id == on.pk
    assert kinds(on) == ["assertion.joined"]


def test_a_span_split_off_has_no_assertion_and_the_evidence_stays(at, span, second):
    cited = cite(span, report(at), by=at.cleo)
    join_assertion(second, span.assertion, by=at.cleo)

    split_assertion(second, by=at.cleo)

    second.refresh_from_db()
    assert second.assertion is None
    assert Citation.objects.get().assertion == cited.assertion
    before = count()
    split_assertion(second, by=at.cleo)
    assert count() == before


def test_an_assertion_of_another_project_and_a_withdrawn_span_are_not_joined(at, span, second):
    other = desk("other", prefix="x")
    foreign = mark(other, article(other), FIRST, by=other.ada)
    describe_assertion(foreign, by=other.ada, paraphrase="It rose.")
    cite(span, report(at), by=at.cleo)

    with pytest.raises(Refused) as refused:
        join_assertion(span, foreign.assertion, by=at.cleo)
    assert refused.value.code == "assertion_foreign"
    for relate, subject in ((relate_span, span), (relate_assertions, span.assertion)):
        with pytest.raises(Refused) as refused:
            relate(subject, foreign.assertion, kind="repeats", by=at.cleo)
        assert refused.value.code == "assertion_foreign"
    withdraw_span(second, by=at.cleo)
    with pytest.raises(Refused, match="This span was withdrawn"):
        join_assertion(second, span.assertion, by=at.cleo)


def test_in_independent_mode_a_layers_assertion_is_neither_joined_nor_related(at):
    alone = desk("alone", prefix="y")
    alone.project.mode = Mode.INDEPENDENT
    alone.project.revision += 1
    alone.project.save()
    here = mark(alone, article(alone), FIRST)
    there = mark(
        alone, article(alone, OTHER, title="Dry years"), "the river rose two metres", by=alone.ben
    )
    describe_assertion(here, by=alone.cleo, paraphrase="It rose.")
    describe_assertion(there, by=alone.ben, paraphrase="It rose.")
    before = count()

    with pytest.raises(Refused, match="stays in its layer"):
        join_assertion(there, here.assertion, by=alone.ben)
    with pytest.raises(Refused, match="stays in its layer"):
        relate_assertions(here.assertion, there.assertion, kind="repeats", by=alone.ben)
    assert count() == before


def test_assertions_are_related_once_and_the_relation_taken_back(at, span, second):
    describe_assertion(span, by=at.cleo, paraphrase="It rose.")
    made = relate_span(second, span.assertion, kind="depends", by=at.cleo, note="on the rise")

    second.refresh_from_db()
    assert (made.subject, made.object) == (second.assertion, span.assertion)
    assert kinds(at.project) == [
        "assertion.added",
        "assertion.related",
        "span.evidence_changed",
    ]
    assert relate_assertions(made.subject, made.object, kind="depends", by=at.ben) == made
    with pytest.raises(Refused, match="not related to itself"):
        relate_span(second, second.assertion, kind="repeats", by=at.cleo)
    with pytest.raises(Refused):
        relate_span(second, span.assertion, kind="likes", by=at.cleo)

    withdraw_relation(made, by=at.cleo)
    before = count()
    withdraw_relation(made, by=at.cleo)
    assert count() == before
    assert relate_span(second, span.assertion, kind="depends", by=at.cleo) != made


def test_a_span_that_joins_between_the_look_and_the_lock_is_noticed(at, span, second, monkeypatch):
    made = cite(span, report(at), by=at.cleo)
    real, looked = evidence.streams_of, []

    def once_old(assertion):
        looked.append(assertion)
        return set() if len(looked) == 1 else real(assertion)

    monkeypatch.setattr(evidence, "streams_of", once_old)
    with pytest.raises(Refused) as refused:
        withdraw_citation(made, by=at.cleo)
    assert refused.value.code == "joined_meanwhile"


def test_undo_takes_back_a_citation_with_its_new_source_left_to_others(at, on, span):
    cite(span, NewSource({"title": "A book", "kind": "book"}), by=at.cleo)

    undo_last(on, by=at.cleo)

    assert Citation.objects.get().withdrawn_at is not None
    assert Source.objects.count() == 1


def test_a_viewer_adds_no_evidence(at, span):
    cited = cite(span, report(at), by=at.cleo)
    eve = set_member(at.project, account=at.dan, role="viewer", by=at.ada)
    before = count()
    for act in (
        lambda: cite(span, cited.source, by=eve),
        lambda: withdraw_citation(cited, by=eve),
        lambda: describe_assertion(span, by=eve, paraphrase="x"),
        lambda: give_verdict(span, verdict="supported", reason="x", by=eve),
        lambda: join_assertion(span, cited.assertion, by=eve),
        lambda: relate_assertions(cited.assertion, cited.assertion, kind="repeats", by=eve),
        lambda: set_confidential(cited.source, details="x", readers=[], by=eve),
        lambda: change_source(cited.source, by=eve, title="x"),
        lambda: source_of_article(span.article, by=eve),
        lambda: add_source(at.project, by=eve, title="x", kind="book"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert count() == before
