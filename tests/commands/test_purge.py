import pytest
from django.core.management import CommandError, call_command

from annotations.models import Article, Block, Comment, Event, SignOff, Span
from tests.stories import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return story()


def purge(at, **options):
    call_command(
        "purge", **({"article": str(at.flood.pk), "reason": "Asked for.", "yes": True} | options)
    )


def test_text_spans_and_payloads_go_and_the_bare_chain_stays(at):
    events = Event.objects.filter(stream=at.flood.pk).count()

    purge(at)

    article = Article.objects.get(pk=at.flood.pk)
    assert (article.text, article.title, article.purge_reason) == ("", "(purged)", "Asked for.")
    for model in (Span, Block, Comment):
        assert not model.objects.filter(article=article).exists()
    chain = Event.objects.filter(stream=article.pk)
    assert chain.count() > events
    assert [event.kind for event in chain.exclude(payload=None)] == ["payload.erased"]
    assert SignOff.objects.get(article=article).lapsed_at is not None
    for payload in Event.objects.exclude(payload=None).values_list("payload", flat=True):
        assert "colossal blunder" not in payload
        assert str(at.opinion.pk) not in payload


def test_another_article_keeps_its_own(at):
    purge(at)

    assert Span.objects.get(article=at.dam).quote == at.shared.quote


def test_it_is_done_by_the_manager_who_is_named(at):
    purge(at, by="ada")

    last = Event.objects.filter(stream=at.flood.pk).order_by("-sequence").first()
    assert last.actor_id == at.desk.ada.pk


def test_it_asks_first(at, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "no")

    with pytest.raises(CommandError, match="Nothing was purged"):
        purge(at, yes=False)

    assert Span.objects.filter(article=at.flood).exists()


def test_where_nobody_can_answer_it_says_how_to_purge_without_being_asked(at, monkeypatch):
    def nobody(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)

    with pytest.raises(CommandError, match="Nobody answered, and nothing was purged; --yes does"):
        purge(at, yes=False)

    assert Span.objects.filter(article=at.flood).exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"article": "flood"}, "“flood” is no UUID of an article."),
        ({"article": "00000000-0000-4000-8000-000000000001"}, "There is no article 0000"),
        ({"by": "cleo"}, "cleo is no manager of the project “desk”."),
        ({"reason": " "}, "A purge needs a reason."),
        ({"reason": " ", "yes": False}, "A purge needs a reason."),
    ],
    ids=[
        "no uuid",
        "no article",
        "no manager",
        "no reason",
        "no reason, asked before anything else",
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(at, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        purge(at, **options)

    assert Article.objects.get(pk=at.flood.pk).text == at.flood.text
