"""Articles: imported, corrected, given roles, purged."""

import pytest

from annotations.actions.articles import (
    correct_article,
    import_article,
    purge_article,
    set_roles,
    with_corrections,
)
from annotations.actions.evidence import (
    add_source,
    cite,
    join_assertion,
    log_work,
    relate_assertions,
)
from annotations.actions.review import add_comment
from annotations.domain.drafts import changes_in_words
from annotations.domain.errors import AlreadyThere, NotAllowed, Refused, Stale
from annotations.models import Article, Assertion, Block, Event, Span, Stream
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk, url="https://paper.example/flood")


def test_an_imported_article_has_its_text_blocks_and_one_event(desk, article):
    assert article.text == build.TEXT
    assert [block.role for block in Block.objects.filter(article=article)] == [
        "headline",
        "body",
        "body",
    ]
    event = Event.objects.get(stream=article.pk)
    assert (event.kind, event.sequence) == ("article.imported", 1)


def test_a_repeated_block_points_at_its_original(desk):
    import dataclasses

    draft = build.draft()
    blocks = (*draft.blocks[:2], dataclasses.replace(draft.blocks[2], duplicate_of=1, score=97))

    article = import_article(desk.project, dataclasses.replace(draft, blocks=blocks), by=desk.ada)

    repeat = Block.objects.get(article=article, index=2)
    assert (repeat.duplicate_of.index, repeat.score) == (1, 97)


def test_the_same_text_is_not_imported_twice(desk, article):
    with pytest.raises(AlreadyThere, match="here already, as “The flood”") as refused:
        build.article(desk, url="https://elsewhere.example/")

    assert refused.value.details["article"] == str(article.pk)
    assert Article.objects.count() == 1


def test_another_text_of_a_known_address_is_the_next_version_or_refused(desk, article):
    draft = build.draft("A new text.", url="https://PAPER.example/flood")

    with pytest.raises(AlreadyThere, match="next version"):
        import_article(desk.project, draft, by=desk.ada, as_version=False)
    second = import_article(desk.project, draft, by=desk.ada)
    third = import_article(
        desk.project, build.draft("Newer.", url="https://paper.example/flood"), by=desk.ada
    )

    assert (second.previous, third.previous) == (article, second)


def test_a_span_whose_words_are_gone_is_named_in_the_event(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")

    second = import_article(
        desk.project, build.draft("Ducks.", url="https://paper.example/flood"), by=desk.ada
    )

    event = Event.objects.get(stream=second.pk, kind="span.carried")
    assert str(span.pk) in event.payload


def test_a_carried_span_shares_its_evidence_with_the_one_it_came_from(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    source = add_source(desk.project, title="Report", kind="official", by=desk.cleo)
    cite(span, source, by=desk.cleo)

    text = build.TEXT.replace("1974", "1975")
    second = import_article(
        desk.project, build.draft(text, url="https://paper.example/flood"), by=desk.ada
    )

    assertion = Assertion.objects.get()
    assert Span.objects.get(article=second).assertion == assertion
    assert assertion.stream_id == desk.project.pk


def test_metadata_too_long_for_its_column_is_cut_and_the_article_says_so(desk):
    article = build.article(desk, byline="By " + "é" * 600)

    assert len(article.byline) == 500
    assert article.changes == [{"what": "cut", "from": "byline", "count": 500}]
    assert changes_in_words(article.changes) == ["The byline was cut to 500 characters."]


def test_a_draft_takes_the_corrections_of_a_person():
    draft = with_corrections(build.draft(), title="Corrected", roles={1: "caption"})

    assert draft.title == "Corrected"
    assert [block.role for block in draft.blocks] == ["headline", "caption", "body"]


def test_an_annotator_imports_nothing(desk):
    with pytest.raises(NotAllowed):
        import_article(desk.project, build.draft(), by=desk.cleo)


def test_metadata_is_corrected_with_what_was_before_in_the_history(desk, article):
    correct_article(
        article, title="The great flood", published="2021-07-14", url="", by=desk.ada, revision=1
    )

    article.refresh_from_db()
    assert (article.title, article.published, article.url) == ("The great flood", "2021-07-14", "")
    with pytest.raises(Stale):
        correct_article(article, title="Mine", by=desk.ada, revision=1)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"published": "2021-13"}, id="month 13"),
        pytest.param({"url": "javascript:alert(1)"}, id="no web address"),
        pytest.param({"title": "  "}, id="no title"),
        pytest.param({"text": "Other."}, id="the text"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(desk, article, values):
    with pytest.raises(Refused):
        correct_article(article, by=desk.ada, **values)


def test_an_address_belongs_to_one_article(desk, article):
    other = build.article(desk, "Another.", title="Another")

    with pytest.raises(AlreadyThere, match="belongs to “The flood”"):
        correct_article(other, url="https://paper.example/flood", by=desk.ada)
    correct_article(other, url="https://paper.example/other", by=desk.ada)


def test_roles_are_decided_by_a_person(desk, article):
    assert set_roles(article, {0: "section", 1: "body"}, by=desk.ben) == [0, 1]
    assert set_roles(article, {0: "section"}, by=desk.ben) == []

    block = Block.objects.get(article=article, index=0)
    assert (block.role, block.confirmed) == ("section", True)
    with pytest.raises(Refused, match="no role “choir”"):
        set_roles(article, {0: "choir"}, by=desk.ben)
    with pytest.raises(Refused, match="no block 9; it has 3"):
        set_roles(article, {9: "body"}, by=desk.ben)


def test_a_purge_keeps_the_bare_chain_and_nothing_else(desk, article):
    other = build.article(desk, "Nobody was hurt at all.", title="Other")
    shared = build.mark(desk, article, "The river rose two metres in 2021")
    own = build.mark(desk, article, "Nobody was hurt")
    theirs = build.mark(desk, other, "Nobody was hurt")
    source = add_source(desk.project, title="Report", kind="official", by=desk.cleo)
    cite(shared, source, by=desk.cleo)
    cite(own, source, by=desk.cleo)
    log_work(own, kind="search", where="Archive", by=desk.cleo)
    for span in (shared, own):
        span.refresh_from_db()
    relate_assertions(own.assertion, shared.assertion, kind="repeats", by=desk.cleo)
    join_assertion(theirs, shared.assertion, by=desk.cleo)
    first = add_comment(article, body="Secret.", span=own, by=desk.ben)
    add_comment(article, body="Yes.", span=own, parent=first, by=desk.cleo)
    length = Stream.objects.get(pk=article.pk).sequence

    purge_article(article, reason="A court order.", by=desk.ada)

    article.refresh_from_db()
    assert (article.text, article.title, article.purge_reason) == ("", "(purged)", "A court order.")
    assert not Span.objects.filter(article=article).exists()
    assert list(Assertion.objects.all()) == [shared.assertion]
    events = list(Event.objects.filter(stream=article.pk).order_by("sequence"))
    assert len(events) == length + 2
    assert [event.kind for event in events if event.payload is not None] == ["payload.erased"]
    previous = ""
    for event in events:
        assert event.link.hash(previous) == event.hash
        previous = event.hash
    with pytest.raises(Refused, match="purged already"):
        purge_article(article, reason="Again.", by=desk.ada)


def test_a_purge_needs_a_reason_and_begins_with_the_last_version(desk, article):
    with pytest.raises(Refused, match="needs a reason"):
        purge_article(article, reason=" ", by=desk.ada)
    second = build.article(desk, "New.", url="https://paper.example/flood")
    with pytest.raises(Refused, match="later version"):
        purge_article(article, reason="x", by=desk.ada)
    purge_article(second, reason="x", by=desk.ada)
    purge_article(article, reason="x", by=desk.ada)

    # The same text may come again.
    assert build.article(desk).pk != article.pk
