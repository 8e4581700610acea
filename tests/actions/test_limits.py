"""What is kept in numbers is kept up to a number, and what refuses more leaves no trace."""

import pytest

from annotations.actions import evidence, projects, review, spans
from annotations.domain.errors import Refused
from annotations.models import Event
from tests import builders as build

pytestmark = pytest.mark.django_db

SPEAKERS = ("Zoe\u0301 🌊", "שלום", "The mayor")


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


def refused(action, words: str) -> None:
    before = Event.objects.count()
    with pytest.raises(Refused, match=words) as refusal:
        action()
    assert refusal.value.code == "too_many"
    assert Event.objects.count() == before


def test_people_of_a_project(desk, monkeypatch):
    monkeypatch.setattr(projects, "MOST_PEOPLE", 4)
    projects.add_person(desk.project, name="Eve", by=desk.ada)

    said = "People of this project: 4 already, at most 4"
    refused(lambda: projects.add_person(desk.project, name="Fay", by=desk.ada), said)
    refused(
        lambda: projects.set_member(desk.project, account=desk.dan, role="viewer", by=desk.ada),
        said,
    )


def test_speakers_of_a_project_and_their_other_names(desk, monkeypatch):
    monkeypatch.setattr(spans, "MOST_SPEAKERS", 2)
    monkeypatch.setattr(spans, "MOST_ALIASES", 2)
    first, _ = (spans.add_speaker(desk.project, name=name, by=desk.cleo) for name in SPEAKERS[:2])

    refused(
        lambda: spans.add_speaker(desk.project, name=SPEAKERS[2], by=desk.cleo),
        "Choose one of them",
    )
    assert spans.add_speaker(desk.project, name="ZOE 🌊", by=desk.cleo) == first
    spans.change_speaker(first, by=desk.cleo, aliases=["a", "b"])
    refused(
        lambda: spans.change_speaker(first, by=desk.cleo, aliases=["a", "b", "c"]),
        "Other names of this speaker: 3, at most 2",
    )
    refused(
        lambda: spans.add_speaker(desk.project, name="שלום", aliases=list("abc"), by=desk.cleo),
        "at most 2",
    )


def test_evidence_of_an_assertion_and_authors_of_a_source(desk, monkeypatch):
    for name in ("MOST_CITATIONS", "MOST_ENTRIES", "MOST_AUTHORS"):
        monkeypatch.setattr(evidence, name, 2)
    span = build.mark(desk, build.article(desk), "1974")
    sources = [
        evidence.add_source(desk.project, by=desk.cleo, title=title, kind="official")
        for title in ("One", "Two", "Three")
    ]
    for source in sources[:2]:
        evidence.cite(span, source, by=desk.cleo)
        evidence.log_work(span, kind="search", where=source.title, by=desk.cleo)

    refused(lambda: evidence.cite(span, sources[2], by=desk.cleo), "Sources cited")
    refused(
        lambda: evidence.log_work(span, kind="search", where="Three", by=desk.cleo), "in this log"
    )
    refused(
        lambda: evidence.add_source(
            desk.project, by=desk.cleo, title="Four", kind="official", authors=["a", "b", "c"]
        ),
        "Authors of this source: 3, at most 2",
    )


def test_answers_in_a_thread(desk, monkeypatch):
    monkeypatch.setattr(review, "MOST_ANSWERS", 1)
    article = build.article(desk)
    first = review.add_comment(article, body="Is it so?", by=desk.ben)
    answer = review.add_comment(article, body="It is.", parent=first, by=desk.cleo)

    refused(
        lambda: review.add_comment(article, body="No.", parent=answer, by=desk.ben),
        "Answers in this thread: 1 already, at most 1. Begin another thread.",
    )
    review.add_comment(article, body="Another thread.", by=desk.ben)
