"""Spans: marked, changed, withdrawn, restored, and who quotes whom."""

import json
from uuid import uuid4

import pytest

from annotations.actions.review import decide, take_proposal
from annotations.actions.spans import (
    add_span,
    add_spans,
    add_speaker,
    change_span,
    change_speaker,
    restore_span,
    withdraw_span,
)
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused, SpanRefused, Stale
from annotations.domain.policy import PRESETS
from annotations.domain.text import find_all
from annotations.domain.vocabulary import Mode, Preset, StreamKind, Voice
from annotations.models import Event, Person, Project, Receipt, Span, Speaker, Stream
from annotations.queries.reading import shown_parts, shown_token
from annotations.queries.undoing import said
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def head(article) -> tuple[int, str]:
    stream = Stream.objects.get(pk=article.pk)
    return stream.sequence, stream.head_hash


def kinds(article) -> list[str]:
    return list(
        Event.objects.filter(stream=article.pk).order_by("sequence").values_list("kind", flat=True)
    )


def test_a_span_keeps_the_words_at_its_offsets(desk, article):
    span = build.mark(desk, article, "the mayor שלום of the town")

    stored = Span.objects.get(pk=span.pk)
    assert stored.quote == article.text[stored.start : stored.end] == "the mayor שלום of the town"
    assert stored.authors == desk.cleo.pk.hex
    assert kinds(article)[-1] == "span.added"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(4, 4, id="empty"),
        pytest.param(9, 4, id="backwards"),
        pytest.param(0, 10_000, id="past the end"),
        pytest.param(0, 3, id="splits an accent from its letter"),
        pytest.param(5, 9, id="begins on a blank"),
    ],
)
def test_a_span_that_does_not_fit_the_text_is_refused_and_leaves_no_trace(
    desk, article, start, end
):
    before = head(article)

    with pytest.raises(SpanRefused):
        add_span(article, start=start, end=end, label=desk.label("c"), by=desk.cleo)

    assert head(article) == before
    assert not Span.objects.exists()


def test_a_request_sent_twice_marks_once(desk, article):
    key = build.key("Nobody was hurt")

    one = build.mark(desk, article, "Nobody was hurt", key="f")
    again = [
        add_span(
            article,
            start=one.start,
            end=one.end,
            label=desk.label("f"),
            by=desk.cleo,
            key=key,
        )
        for _ in range(2)
    ]

    assert again[0].pk == again[1].pk
    assert key.repeats == Receipt.objects.get().operation
    assert Span.objects.count() == 2
    assert Receipt.objects.get().made == again[0].pk


def test_a_key_used_for_another_request_is_refused(desk, article):
    key = build.key("f")
    add_span(article, start=0, end=4, label=desk.label("f"), by=desk.cleo, key=key)
    other = build.key("c", uuid=key.uuid)

    with pytest.raises(Refused, match="with other values"):
        add_span(article, start=0, end=4, label=desk.label("c"), by=desk.cleo, key=other)
    assert Span.objects.count() == 1


def test_a_span_may_be_given_its_uuid(desk, article):
    wanted = uuid4()

    span = add_span(article, start=0, end=4, label=desk.label("f"), by=desk.cleo, uuid=wanted)

    assert span.pk == wanted


def test_a_named_voice_takes_the_speaker_known_by_that_name_or_alias(desk, article):
    mayor = add_speaker(desk.project, name="José Núñez", aliases=["the mayor"], by=desk.cleo)

    span = build.mark(
        desk, article, "It was a disgrace", "o", voice=Voice.NAMED, speaker_name=" The  Mayor"
    )

    assert span.speaker == mayor
    assert Speaker.objects.count() == 1


def test_a_speaker_may_be_given_as_the_row_that_it_is(desk, article):
    mayor = add_speaker(desk.project, name="The mayor", by=desk.cleo)
    add_speaker(desk.project, name="The dean", by=desk.cleo)

    span = build.mark(desk, article, "It was a disgrace", "o", voice=Voice.NAMED, speaker=mayor)
    other = build.mark(desk, article, "It was", "o", voice=Voice.NAMED, speaker_name="The mayor")

    assert span.speaker == other.speaker == mayor


def test_a_new_speaker_is_added_with_the_span(desk, article):
    span = build.mark(
        desk, article, "It was a disgrace", "o", voice=Voice.NAMED, speaker_name="A. Mayor"
    )

    assert span.speaker.name == "A. Mayor"
    last = Event.objects.filter(stream=desk.project.pk).order_by("sequence").last()
    assert last.kind == "speaker.added"
    assert last.operation == Event.objects.get(stream=article.pk, kind="span.added").operation


def test_a_named_voice_without_a_speaker_is_refused(desk, article):
    with pytest.raises(Refused):
        build.mark(desk, article, "Nobody", voice=Voice.NAMED)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"voice": "choir"}, id="voice"),
        pytest.param({"claim_kind": "hunch"}, id="claim kind"),
        pytest.param({"check_worthiness": 4}, id="check-worthiness"),
        pytest.param({"created_at": ""}, id="a field that is not given"),
    ],
)
def test_a_value_outside_the_vocabulary_is_refused(desk, article, more):
    with pytest.raises(Refused):
        build.mark(desk, article, "Nobody", **more)

    assert not Span.objects.exists()


def test_a_retired_label_and_a_label_of_another_project_are_refused(desk, article):
    from annotations.actions.projects import change_label

    other = build.desk("other", prefix="x")
    change_label(desk.label("o"), retired=True, by=desk.ada)

    with pytest.raises(Refused, match="retired"):
        build.mark(desk, article, "Nobody", "o")
    with pytest.raises(Refused, match="another project"):
        add_span(article, start=0, end=4, label=other.label("c"), by=desk.cleo)


def test_who_is_no_member_marks_nothing(desk, article):
    stranger = Person.objects.create(project=desk.project, name="Dan")

    with pytest.raises(NotAllowed, match="no member"):
        build.mark(desk, article, "Nobody", by=stranger)


def test_a_change_keeps_the_span_and_tells_before_and_after(desk, article):
    span = build.mark(desk, article, "The river rose two metres in 2021")

    assert change_span(span, by=desk.cleo, start=span.start + 4, label=desk.label("f"), note="!")

    span.refresh_from_db()
    assert (span.quote, span.label.kind, span.revision) == (
        "river rose two metres in 2021",
        "fact",
        2,
    )
    assert kinds(article)[-1] == "span.changed"


def test_a_change_that_changes_nothing_is_no_event(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    before = head(article)

    assert not change_span(span, by=desk.cleo, label=desk.label("c"), note="")

    assert head(article) == before


def test_a_change_based_on_an_old_revision_is_refused_with_the_row_as_it_is(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    change_span(span, by=desk.cleo, note="mine")

    with pytest.raises(Stale, match="version 1, it is now version 2") as refused:
        change_span(span, by=desk.ben, note="theirs", revision=1)

    assert refused.value.details["current"]["note"] == "mine"


def test_a_change_can_bring_a_speaker(desk, article):
    span = build.mark(desk, article, "It was a disgrace")

    change_span(span, by=desk.cleo, voice=Voice.NAMED, speaker_name="The mayor")

    span.refresh_from_db()
    assert span.speaker.name == "The mayor"


def test_a_change_of_substance_voids_decisions_and_names_its_author(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    token = shown_token(shown_parts([span])[span.pk])
    decision = decide(span, outcome="accepted", shown=token, by=desk.ben)

    change_span(span, by=desk.cleo, note="a note voids nothing")
    decision.refresh_from_db()
    assert decision.voided_at is None

    change_span(span, by=desk.ben, label=desk.label("f"))
    decision.refresh_from_db()
    span.refresh_from_db()
    assert decision.voided_at is not None
    # It stood accepted, so whoever changes it now is its only author.
    assert span.authors == desk.ben.pk.hex


def test_a_second_hand_joins_the_authors_of_a_span_nobody_accepted(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")

    change_span(span, by=desk.ben, label=desk.label("f"))

    span.refresh_from_db()
    assert set(span.authors.split()) == {desk.ben.pk.hex, desk.cleo.pk.hex}


def test_an_annotator_does_not_change_what_another_marked(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", by=desk.ben)

    with pytest.raises(NotAllowed):
        change_span(span, by=desk.cleo, note="x")


def test_a_withdrawn_span_can_be_restored_and_not_changed_meanwhile(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")

    withdraw_span(span, by=desk.cleo)
    before = head(article)
    withdraw_span(span, by=desk.cleo)
    assert head(article) == before
    with pytest.raises(Refused, match="restore it first"):
        change_span(span, by=desk.cleo, note="x")
    restore_span(span, by=desk.cleo)

    span.refresh_from_db()
    assert span.withdrawn_at is None
    assert kinds(article)[-2:] == ["span.withdrawn", "span.restored"]


def test_a_speaker_is_one_row_however_its_name_is_written(desk):
    one = add_speaker(desk.project, name="Zoë", by=desk.cleo, role="witness")
    two = add_speaker(desk.project, name="ZOE\u0308", aliases=[" Zed ", ""], by=desk.cleo)

    assert one.pk == two.pk
    two.refresh_from_db()
    assert (two.aliases, two.role) == (["Zed"], "witness")
    with pytest.raises(Refused, match="needs a name"):
        add_speaker(desk.project, name="  ", by=desk.cleo)


def test_a_speaker_changes_everywhere_at_once(desk, article):
    span = build.mark(
        desk, article, "It was a disgrace", "o", voice=Voice.NAMED, speaker_name="Mayor"
    )

    change_speaker(span.speaker, by=desk.cleo, role="mayor of the town")

    assert Speaker.objects.get().role == "mayor of the town"


def test_in_independent_mode_everybody_marks_in_a_layer_of_their_own():
    desk = build.desk("layers")
    Project.objects.filter(pk=desk.project.pk).update(
        mode=Mode.INDEPENDENT, policy=PRESETS[Preset.DATASET][1].to_json(), revision=2
    )
    desk.project.refresh_from_db()
    article = build.article(desk)

    one = build.mark(desk, article, "Nobody was hurt", by=desk.cleo)
    two = build.mark(desk, article, "Nobody was hurt", "f", by=desk.ben)
    three = build.mark(desk, article, "Nobody", by=desk.cleo)

    assert one.stream_id == three.stream_id != two.stream_id
    assert {one.stream.kind, two.stream.kind} == {StreamKind.LAYER}
    with pytest.raises(NotAllowed, match="independent mode"):
        change_span(one, by=desk.ben, note="x")


def test_many_places_are_marked_by_one_operation_and_taken_back_by_one(desk):
    text = "\n\n".join(f"{n} The café שלום 🌊 rose." for n in range(12))
    article = build.article(desk, text)
    places = find_all(text, "cafe\u0301 שלום 🌊")

    made = add_spans(
        article,
        places=[*reversed(places), places[0]],
        label=desk.label("o"),
        voice="named",
        speaker_name="The mayor",
        by=desk.cleo,
    )

    assert [(span.start, span.end) for span in made] == places
    assert {span.speaker.name for span in made} == {"The mayor"}
    added = Event.objects.get(kind="span.added")
    kinds = Event.objects.filter(operation=added.operation).values_list("kind", flat=True)
    assert sorted(kinds) == ["span.added", "speaker.added"]
    blocks = json.loads(added.payload)["blocks"]
    assert blocks == {str(article.pk): list(range(12))}

    assert said(undo_last(article, by=desk.cleo)) == "marked 12 spans"
    assert not Span.objects.filter(withdrawn_at=None).exists()
    redo_last(article, by=desk.cleo)
    assert Span.objects.filter(withdrawn_at=None).count() == 12


def test_many_places_sent_twice_are_marked_once(desk, article):
    key = uuid4()
    made = [
        add_spans(
            article,
            places=[(0, 4), (5, 8)],
            label=desk.label("f"),
            by=desk.cleo,
            key=build.key("every", uuid=key),
        )
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert Span.objects.count() == 2


def test_one_place_that_cannot_be_marked_refuses_all(desk, article):
    with pytest.raises(SpanRefused, match="does not fit"):
        add_spans(article, places=[(0, 4), (0, 10_000)], label=desk.label("f"), by=desk.cleo)
    with pytest.raises(SpanRefused, match="Choose at least one"):
        add_spans(article, places=[], label=desk.label("f"), by=desk.cleo)
    assert not Span.objects.exists()


CHAIN = "the DIA, on what the Taliban asked"


class TestTheChainOfTheAuthorsOwnVoice:
    """The author's own words reach us by way of nobody, whoever writes the span."""

    def refused(self, act):
        with pytest.raises(SpanRefused) as refusal:
            act()
        assert refusal.value.code == "span_chain"
        return True

    def test_it_is_refused_of_a_new_span_and_of_several(self, desk, article):
        label = desk.label("c")

        assert self.refused(
            lambda: add_span(article, start=0, end=4, label=label, by=desk.cleo, chain=CHAIN)
        )
        assert self.refused(
            lambda: add_spans(article, places=[(0, 4)], label=label, by=desk.cleo, chain=CHAIN)
        )
        assert not Span.objects.exists()

    def test_it_is_refused_of_a_change(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")

        assert self.refused(lambda: change_span(span, chain=CHAIN, by=desk.cleo))
        span.refresh_from_db()
        assert (span.chain, span.revision) == ("", 1)

    def test_it_goes_where_the_voice_becomes_the_authors(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt", voice="document", chain=CHAIN)

        change_span(span, voice="author", by=desk.cleo)

        span.refresh_from_db()
        assert (span.voice, span.chain) == ("author", "")

    def test_it_is_refused_of_a_proposal_and_of_one_that_is_taken(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        shown = shown_token(shown_parts([span])[span.pk])

        assert self.refused(
            lambda: decide(
                span, outcome="proposed", proposal={"chain": CHAIN}, shown=shown, by=desk.ben
            )
        )
        span = build.mark(desk, article, "It was a disgrace", voice="document")
        shown = shown_token(shown_parts([span])[span.pk])
        proposed = decide(
            span, outcome="proposed", proposal={"chain": CHAIN}, shown=shown, by=desk.ben
        )
        # Of a desk where it was not held yet: the voice has moved under the proposal.
        Span.objects.filter(pk=span.pk).update(voice="author", revision=2)
        assert self.refused(lambda: take_proposal(proposed, by=desk.cleo))

    def test_a_proposed_voice_of_the_author_takes_speaker_and_chain_along(self, desk, article):
        span = build.mark(
            desk, article, "Nobody was hurt", voice="named", speaker_name="Ministry", chain=CHAIN
        )
        shown = shown_token(shown_parts([span])[span.pk])

        proposed = decide(
            span, outcome="proposed", proposal={"voice": "author"}, shown=shown, by=desk.ben
        )

        assert proposed.proposal == {"voice": "author", "speaker": None, "chain": ""}
        taken = take_proposal(proposed, by=desk.cleo)
        assert (taken.voice, taken.speaker, taken.chain) == ("author", None, "")

    def test_an_undo_does_not_bring_it_about(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        change_span(span, voice="document", by=desk.cleo)
        change_span(span, chain=CHAIN, by=desk.ben)

        with pytest.raises(Refused, match="ben has changed this span since") as refusal:
            undo_last(article, by=desk.cleo)

        assert refusal.value.code == "built_upon"
        span.refresh_from_db()
        assert (span.voice, span.chain) == ("document", CHAIN)

    def test_a_span_of_earlier_days_keeps_it_until_its_voice_is_touched(self, desk, article):
        span = build.mark(desk, article, "Nobody was hurt")
        Span.objects.filter(pk=span.pk).update(chain=CHAIN, revision=2)

        change_span(span, note="Seen.", by=desk.cleo)

        span.refresh_from_db()
        assert (span.note, span.chain) == ("Seen.", CHAIN)
        change_span(span, voice="author", by=desk.cleo)
        span.refresh_from_db()
        assert span.chain == ""

    def test_the_next_version_of_an_article_does_not_take_it_over(self, desk):
        there = {"url": "https://harbour.test/flood"}
        span = build.mark(desk, build.article(desk, **there), "Nobody was hurt")
        Span.objects.filter(pk=span.pk).update(chain=CHAIN, revision=2)

        after = build.article(desk, build.TEXT + " It is gone.", **there)

        assert Span.objects.get(article=after).chain == ""
