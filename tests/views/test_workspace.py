"""The article's page, and what stands on it for whom."""

from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.operational import tick_read
from annotations.actions.spans import withdraw_span
from annotations.models import Block
from tests.builders import TEXT, mark

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


class ArticleText(HTMLParser):
    """The text content of ``<article>``."""

    def __init__(self, html):
        super().__init__()
        self.inside = False
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or tag == "article"

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "article"

    def handle_data(self, data):
        if self.inside:
            self.text += data


def test_the_page_holds_the_text_exactly_whatever_is_marked(at, on, url, client_of):
    mark(at, on, "The river rose two metres", "f")
    mark(at, on, "“It was a disgrace,”", "o", voice="unnamed")
    mark(at, on, "metres in 2021. “It was a disgrace,” said the mayor שלום")

    page = client_of(at.cleo).get(url)

    assert page.status_code == 200
    assert ArticleText(page.content.decode()).text == TEXT


def test_a_card_stands_beside_each_span_and_the_counts_tell_the_voices(at, on, url, client_of):
    span = mark(at, on, "“It was a disgrace,”", "o", voice="unnamed", note="his <words>")
    gone = mark(at, on, "Nobody was hurt")
    withdraw_span(gone, by=at.cleo)

    html = client_of(at.ada).get(url).content.decode()

    assert f'id="card-{span.pk}"' in html
    assert "his &lt;words&gt;" in html
    assert "unnamed speaker" in html
    assert "1 quoted" in html
    assert str(gone.pk) not in html


def test_a_claim_without_a_source_says_so(at, on, url, client_of):
    mark(at, on, "Nobody was hurt", "c")
    mark(at, on, "The river rose two metres", "f")

    html = client_of(at.ada).get(url).content.decode()

    assert html.count(">no source<") == 1


def test_the_number_of_queries_does_not_grow_with_the_spans(
    at, on, url, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(at.cleo)
    client.get(url)
    words = [word for word in TEXT.split() if word.isalpha() and TEXT.count(word) == 1]
    mark(at, on, words[0])
    with django_assert_max_num_queries(20) as first:
        client.get(url)
    for word in words[1:]:
        mark(at, on, word, "o", voice="named", speaker_name=word)

    with django_assert_num_queries(len(first)):
        client.get(url)


def test_a_stranger_sees_nothing_and_a_guest_is_sent_to_log_in(at, url):
    stranger = Client()
    stranger.force_login(at.dan)

    assert stranger.get(url).status_code == 404
    assert Client().get(url).headers["Location"].startswith("/login/?next=/p/desk/")
    refused = Client().get(url, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (401, "logged_out")


def test_a_paragraph_can_be_ticked_as_read_and_unticked(at, on, url, client_of):
    client = client_of(at.ben)

    there = client.post(f"{url}blocks/1/read", headers=JSON)
    assert there.json()["ticks"] == {"1": True}
    assert "✓ read" in client.get(f"{url}blocks/").content.decode()
    assert client_of(at.cleo).get(url).context["page"].unread == [0, 2]

    back = client.post(f"{url}blocks/1/read", {"read": "off"})
    assert back.status_code == 303
    assert client.get(url).context["page"].read == []


def test_the_page_knows_what_its_own_reader_has_read(at, on, url, client_of):
    tick_read(Block.objects.get(article=on, index=2), by=at.ben)

    assert client_of(at.ben).get(url).context["data"]["read"] == [2]
    assert client_of(at.cleo).get(url).context["data"]["read"] == []


def test_a_reviewer_decides_what_part_a_paragraph_plays(at, on, url, client_of):
    answer = client_of(at.ben).post(f"{url}blocks/2/role", {"role": "author_bio"}, headers=JSON)

    assert answer.status_code == 200
    assert 'data-role="author_bio"' in answer.json()["blocks"]["2"]
    assert Block.objects.get(article=on, index=2).confirmed


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        pytest.param("cleo", "body", 403, id="an annotator may not"),
        pytest.param("ben", "advert", 422, id="there is no such role"),
    ],
)
def test_a_role_that_cannot_be_set_is_refused_with_a_reason(
    at, on, url, client_of, who, role, status
):
    answer = client_of(getattr(at, who)).post(f"{url}blocks/2/role", {"role": role}, headers=JSON)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert not Block.objects.get(article=on, index=2).confirmed


def test_the_guide_shows_twenty_sentences_and_each_label(at, client_of):
    html = client_of(at.cleo).get(reverse("guide", args=["desk"])).content.decode()

    assert html.count('class="guide-example"') == 20
    for kind in ("fact", "claim", "opinion"):
        assert f'<section id="{kind}"' in html


@pytest.mark.parametrize(
    ("theme", "kept"), [("dark", "dark"), ("light", "light"), ("auto", ""), ("<x>", "")]
)
def test_a_theme_is_kept_and_goes_back_to_where_it_was_chosen(theme, kept):
    client = Client()

    answer = client.post("/theme/", {"theme": theme, "next": "/p/desk/?a=1"})

    assert answer.headers["Location"] == "/p/desk/?a=1"
    assert client.cookies["workbench_theme"].value == kept
    assert client.post("/theme/", {"next": "https://elsewhere.example/"}).headers["Location"] == "/"


def test_a_long_list_comes_in_parts_that_join_without_a_gap(at, on, url, client_of, monkeypatch):
    monkeypatch.setattr("annotations.queries.workspace.FIRST_CARDS", 2)
    monkeypatch.setattr("annotations.queries.workspace.MORE_CARDS", 2)
    quotes = ["Nobody", "Nobody was hurt", "The river", "dam", "a colossal blunder"]
    spans = {mark(at, on, quote).pk for quote in quotes}
    client = client_of(at.cleo)

    page = client.get(url).context["page"].marked
    found = [card.uuid for card in page.cards]
    after = page.after
    while after:
        more = client.get(f"{url}cards", {"after": after}, headers=JSON).json()
        found += [part.split('"')[0] for part in more["cards"].split('<li id="card-')[1:]]
        after = more["after"]

    assert len(found) == len(spans) == 5
    assert set(found) == {str(key) for key in spans}
    assert "More spans" in client.get(f"{url}cards", {"after": page.after}).content.decode()
    assert client.get(f"{url}cards", {"after": "x"}).status_code == 422
