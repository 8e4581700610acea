"""Everything withdrawn comes back at once, but for what cannot."""

import pytest

from annotations.actions import evidence, spans
from annotations.actions.trash import restore_all
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.errors import NotAllowed, Refused
from annotations.domain.vocabulary import Mode
from annotations.models import Citation, Event, Span
from annotations.queries.undoing import said
from annotations.queries.verification import verify
from tests import builders as build

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def withdrawn(desk, article, quote, by=None):
    span = build.mark(desk, article, quote, by=by)
    spans.withdraw_span(span, by=by or desk.cleo)
    return span


def cited(desk, span, title="Gauge report 🌊", by=None):
    source = evidence.add_source(desk.project, title=title, kind="official", by=desk.cleo)
    citation = evidence.cite(span, source, by=by or desk.cleo)
    evidence.withdraw_citation(citation, by=by or desk.cleo)
    return citation


def live():
    return (
        Span.objects.filter(withdrawn_at=None).count(),
        Citation.objects.filter(withdrawn_at=None).count(),
    )


def test_all_of_it_comes_back_in_one_operation_and_goes_in_one_undo(desk, article):
    span = build.mark(desk, article, "The dam")
    cited(desk, span)
    cited(desk, span, "Another שלום")
    for quote in ("Nobody was hurt", "two metres"):
        withdrawn(desk, article, quote)
    before = Event.objects.values("operation").distinct().count()

    operation = restore_all(article, by=desk.cleo)

    assert live() == (3, 2)
    assert Event.objects.values("operation").distinct().count() == before + 1
    assert said(operation) == "restored 2 spans and restored 2 citations"
    assert undo_last(article, by=desk.cleo) == operation
    assert live() == (1, 0)
    redo_last(article, by=desk.cleo)
    assert live() == (3, 2)
    assert list(verify(desk.project)) == []


def test_what_is_others_or_cited_again_stays(desk, article):
    span = build.mark(desk, article, "The dam")
    citation = cited(desk, span)
    evidence.cite(span, citation.source, by=desk.ben)
    cited(desk, span, "Theirs", by=desk.ben)
    withdrawn(desk, article, "Nobody was hurt", by=desk.ben)

    assert restore_all(article, by=desk.cleo) is None
    assert live() == (1, 1)
    # Who may edit others' work brings back all but the double.
    restore_all(article, by=desk.ben)
    assert live() == (2, 2)


def test_of_two_equal_citations_one_comes_back(desk, article):
    span = build.mark(desk, article, "The dam")
    first = cited(desk, span)
    again = evidence.cite(span, first.source, by=desk.cleo)
    evidence.withdraw_citation(again, by=desk.cleo)

    restore_all(article, by=desk.cleo)

    first.refresh_from_db()
    again.refresh_from_db()
    assert (first.withdrawn_at is None, again.withdrawn_at is None) == (True, False)


def test_in_independent_mode_everybody_restores_in_a_layer_of_their_own(desk, article):
    desk.project.mode = Mode.INDEPENDENT
    desk.project.revision += 1
    desk.project.save()
    article.project.mode = Mode.INDEPENDENT
    withdrawn(desk, article, "Nobody was hurt", by=desk.ben)
    mine = withdrawn(desk, article, "The dam")

    restore_all(article, by=desk.cleo)

    assert list(Span.objects.filter(withdrawn_at=None)) == [mine]


def test_a_reader_restores_nothing(desk, article):
    from annotations.actions.projects import set_member

    withdrawn(desk, article, "Nobody was hurt")
    set_member(desk.project, account=desk.account(desk.cleo), role="viewer", by=desk.ada)

    with pytest.raises(NotAllowed):
        restore_all(article, by=desk.cleo)


def test_an_assertion_joined_at_the_same_moment_is_looked_up_again(desk, article, monkeypatch):
    cited(desk, build.mark(desk, article, "The dam"))
    from annotations.actions import trash

    looks = []

    def late(key):
        looks.append(key)
        return evidence.streams_of(key) | ({desk.project.pk} if len(looks) > 1 else set())

    monkeypatch.setattr(trash, "streams_of", late)
    with pytest.raises(Refused, match="at the same moment"):
        restore_all(article, by=desk.cleo)


def test_a_request_repeated_restores_once(desk, article):
    withdrawn(desk, article, "The dam")
    key = build.key("all")

    first = restore_all(article, by=desk.cleo, key=key)

    assert restore_all(article, by=desk.cleo, key=build.key("all", uuid=key.uuid)) == first
