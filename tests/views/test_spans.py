"""Spans marked, changed, withdrawn and restored over HTTP, by scripts and by plain forms."""

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions.spans import change_span, withdraw_span
from annotations.domain.text import find_all
from annotations.models import Event, Span
from tests.builders import TEXT, article, desk, mark, repeating

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
DAM = "The dam, a colossal blunder, was built in 1974"


def words(at, quote, label="c", **more):
    start = TEXT.index(quote)
    label = str(at.label(label).pk)
    return {"start": start, "end": start + len(quote), "label": label, **more}


# By a script


def test_one_request_saves_a_span_and_brings_its_block_and_card(at, client, url):
    answer = client.post(f"{url}spans/add", words(at, DAM, "f"), headers=JSON)

    assert answer.status_code == 200
    span = Span.objects.get()
    body = answer.json()
    assert (span.quote, body["span"], body["message"]) == (DAM, str(span.pk), "Marked as fact.")
    assert list(body["blocks"]) == ["2"]
    assert f'data-start="{span.pk}"' in body["blocks"]["2"]
    assert list(body["cards"]) == [str(span.pk)]
    assert body["cards"][str(span.pk)].startswith(f'<li id="card-{span.pk}"')
    assert (
        body["revision"]
        == Event.objects.filter(stream__in=(span.article_id, span.article.project_id)).count()
    )


def test_a_span_across_paragraphs_brings_every_block_it_touches(at, client, url):
    quote = TEXT[TEXT.index("metres") : TEXT.index(" The dam")]

    answer = client.post(f"{url}spans/add", words(at, quote), headers=JSON)

    assert sorted(answer.json()["blocks"]) == ["1", "2"]


def test_spans_beside_the_new_one_are_painted_with_it_but_bring_no_card(at, on, client, url):
    before = mark(at, on, "a colossal blunder", "o")

    answer = client.post(f"{url}spans/add", words(at, DAM, "f"), headers=JSON).json()

    assert str(before.pk) in answer["blocks"]["2"]
    assert str(before.pk) not in answer["cards"]


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [
        pytest.param("Zoe", " saw", "Zoe\u0301", id="a blank at the end"),
        pytest.param("o", "e", "Zoe\u0301 saw the", id="an accent cut off"),
    ],
)
def test_ends_are_trimmed_to_whole_characters_without_blanks(at, client, url, start, end, quote):
    first = TEXT.index(quote[0])
    last = {" saw": 5, "e": first + len(quote)}[end]

    client.post(
        f"{url}spans/add",
        {"start": first, "end": last, "label": at.label("c").pk},
        headers=JSON,
    )

    assert Span.objects.get().quote == quote


def test_a_request_sent_twice_saves_once(at, client, url):
    sent = words(at, DAM, key=str(uuid.uuid4()))

    first = client.post(f"{url}spans/add", sent, headers=JSON).json()
    second = client.post(f"{url}spans/add", sent, headers=JSON).json()

    assert first["span"] == second["span"]
    assert Span.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"end": 9999}, "span_outside", id="past the end"),
        pytest.param({"start": 9, "end": 4}, "span_backwards", id="backwards"),
        pytest.param({"label": str(uuid.uuid4())}, "form", id="a label that is not there"),
        pytest.param({"voice": "named"}, "span_speaker_missing", id="a speaker without a name"),
        pytest.param({"start": "x"}, "form", id="not a number"),
    ],
)
def test_what_cannot_be_marked_is_refused_with_a_problem(at, client, url, change, code):
    answer = client.post(f"{url}spans/add", words(at, DAM) | change, headers=JSON)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert not Span.objects.exists()


def test_only_what_was_sent_changes(at, on, client, url):
    span = mark(at, on, DAM, "c", voice="named", speaker_name="Zoe\u0301", note="see 1974")

    answer = client.post(
        f"{url}spans/{span.pk}/change", {"revision": 1, "label": at.label("f").pk}, headers=JSON
    )

    assert answer.status_code == 200
    span.refresh_from_db()
    assert (span.label.key, span.speaker.name, span.note) == ("f", "Zoe\u0301", "see 1974")
    assert 'data-kind="fact"' in answer.json()["cards"][str(span.pk)]


def test_ends_that_move_bring_the_blocks_left_and_reached(at, on, client, url):
    span = mark(at, on, "Nobody was hurt")
    start = TEXT.index("The river")

    answer = client.post(
        f"{url}spans/{span.pk}/change",
        {"revision": 1, "start": start, "end": start + 9},
        headers=JSON,
    ).json()

    assert sorted(answer["blocks"]) == ["1", "2"]
    assert Span.objects.get().quote == "The river"


def test_a_voice_given_back_to_the_author_takes_the_speaker_away(at, on, client, url):
    span = mark(at, on, DAM, voice="named", speaker_name="Ministry", chain="as it told us")

    client.post(f"{url}spans/{span.pk}/change", {"revision": 1, "voice": "author"}, headers=JSON)

    span.refresh_from_db()
    assert (span.voice, span.speaker, span.chain) == ("author", None, "")


def test_a_stale_change_is_refused_with_what_stands_there_now(at, on, client, url):
    span = mark(at, on, DAM)
    change_span(span, by=at.ben, note="first")

    answer = client.post(
        f"{url}spans/{span.pk}/change", {"revision": 1, "note": "second"}, headers=JSON
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert answer.json()["current"]["note"] == "first"


def test_a_withdrawn_span_leaves_and_comes_back(at, on, client, url):
    span = mark(at, on, DAM)

    away = client.post(f"{url}spans/{span.pk}/withdraw", {"revision": 1}, headers=JSON).json()
    assert (away["span"], away["cards"]) == (None, {str(span.pk): None})
    assert "<mark" not in away["blocks"]["2"]

    back = client.post(f"{url}spans/{span.pk}/restore", {"revision": 2}, headers=JSON).json()
    assert "<mark" in back["blocks"]["2"]
    assert back["cards"][str(span.pk)]


def test_undo_takes_back_the_last_change_and_says_what_it_touched(at, on, client, url):
    span = mark(at, on, DAM)

    answer = client.post(f"{url}undo", headers=JSON)

    assert answer.json()["cards"] == {str(span.pk): None}
    assert list(answer.json()["blocks"]) == ["2"]
    empty = client.post(f"{url}undo", headers=JSON)
    assert (empty.status_code, empty.json()["code"]) == (422, "nothing_to_undo")


def test_a_save_costs_the_same_however_much_is_marked(at, on, client, url):
    def queries_of(quote):
        with CaptureQueriesContext(connection) as found:
            assert client.post(f"{url}spans/add", words(at, quote), headers=JSON).status_code == 200
        return len(found)

    queries_of("Nobody")
    few = queries_of("was hurt")
    for word in ("dam", "colossal", "blunder", "built", "1974"):
        mark(at, on, word, "o")

    assert queries_of("The dam") == few


# Sent twice


def twice(client, to, sent):
    """Send the same request twice, as a script does whose first answer was lost."""
    sent = {**sent, "key": str(uuid.uuid4())}
    return [client.post(to, sent, headers=JSON) for _ in range(2)]


def test_a_change_sent_twice_is_done_once_and_answered_as_the_first_time(at, on, client, url):
    span = mark(at, on, "metres in 2021")
    start = TEXT.index("hurt")
    to = f"{url}spans/{span.pk}/change"

    first, second = twice(client, to, {"revision": 1, "start": start, "end": start + 4})

    assert second.json() == first.json()
    assert sorted(second.json()["blocks"]) == ["1", "2"]
    assert Event.objects.filter(kind="span.changed").count() == 1


def test_a_change_sent_again_is_not_stale_and_leaves_what_somebody_did_since(at, on, client, url):
    span = mark(at, on, DAM)
    sent = {"revision": 1, "note": "By hand 🌊", "key": str(uuid.uuid4())}
    to = f"{url}spans/{span.pk}/change"
    first = client.post(to, sent, headers=JSON).json()
    change_span(span, note="By ben", by=at.ben)

    second = client.post(to, sent, headers=JSON)

    assert (second.status_code, second.json()["message"]) == (200, first["message"])
    assert "By ben" in second.json()["cards"][str(span.pk)]
    span.refresh_from_db()
    assert (span.note, span.revision) == ("By ben", 3)


def test_a_change_of_nothing_says_so_again(at, on, client, url):
    span = mark(at, on, DAM, note="Same")

    answers = twice(client, f"{url}spans/{span.pk}/change", {"revision": 1, "note": "Same"})

    assert [one.json()["message"] for one in answers] == ["Nothing was different."] * 2


@pytest.mark.parametrize("step", ["withdraw", "restore"])
def test_a_span_is_set_aside_or_put_back_once(at, on, client, url, step):
    span = mark(at, on, DAM)
    if step == "restore":
        withdraw_span(span, by=at.cleo)

    first, second = twice(client, f"{url}spans/{span.pk}/{step}", {"revision": span.revision})

    assert second.json() == first.json()
    kind = {"withdraw": "span.withdrawn", "restore": "span.restored"}[step]
    assert Event.objects.filter(kind=kind).count() == 1


def test_one_press_of_undo_never_undoes_twice(at, on, client, url):
    mark(at, on, DAM)
    last = mark(at, on, "Nobody")

    first, second = twice(client, f"{url}undo", {})

    assert second.json() == first.json()
    assert second.json()["cards"] == {str(last.pk): None}
    assert [span.quote for span in Span.objects.filter(withdrawn_at=None)] == [DAM]


def test_a_press_of_undo_that_found_nothing_finds_nothing_when_it_comes_again(at, on, client, url):
    key = {"key": str(uuid.uuid4())}
    assert client.post(f"{url}undo", key, headers=JSON).json()["code"] == "nothing_to_undo"
    mark(at, on, DAM)

    again = client.post(f"{url}undo", key, headers=JSON)

    assert again.json()["code"] == "nothing_to_undo"
    assert Span.objects.filter(withdrawn_at=None).exists()


def test_a_double_click_on_a_page_s_undo_undoes_once(at, on, client, url):
    mark(at, on, DAM)
    mark(at, on, "Nobody")
    form = client.get(url).content.decode().partition(f'action="{url}undo"')[2]
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', form)[1]

    for _ in range(2):
        assert client.post(f"{url}undo", {"key": key}).status_code == 303

    assert [span.quote for span in Span.objects.filter(withdrawn_at=None)] == [DAM]


def test_a_key_is_a_uuid_and_for_one_request(at, client, url):
    key = str(uuid.uuid4())
    client.post(f"{url}spans/add", words(at, DAM, key=key), headers=JSON)

    other = client.post(f"{url}spans/add", words(at, "Nobody", key=key), headers=JSON)
    none = client.post(f"{url}spans/add", words(at, "Nobody", key="17"), headers=JSON)

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (none.status_code, none.json()["code"]) == (422, "key")
    assert Span.objects.count() == 1


@pytest.mark.parametrize("step", ["add", "change", "withdraw", "undo"])
def test_a_key_costs_a_save_one_query(at, on, client, url, step):
    def queries_of(**key):
        span = mark(at, on, DAM)
        to, sent = {
            "add": (f"{url}spans/add", words(at, "Nobody")),
            "change": (f"{url}spans/{span.pk}/change", {"revision": 1, "note": "x"}),
            "withdraw": (f"{url}spans/{span.pk}/withdraw", {"revision": 1}),
            "undo": (f"{url}undo", {}),
        }[step]
        with CaptureQueriesContext(connection) as found:
            assert client.post(to, {**sent, **key}, headers=JSON).status_code == 200
        return len(found)

    queries_of()
    without = queries_of()

    assert queries_of(key=str(uuid.uuid4())) <= without + 1


@pytest.mark.parametrize("who", ["dan", "ada"])
def test_another_articles_span_is_not_found_below_this_address(at, on, who, url):
    other = desk("other", prefix="other-")
    span = mark(other, article(other), DAM)
    client = Client()
    client.force_login(at.dan if who == "dan" else at.account(at.ada))

    for step in ("", "change", "withdraw", "restore"):
        send = client.get if step == "" else client.post
        assert send(f"{url}spans/{span.pk}/{step}").status_code == 404
    assert Span.objects.get().revision == 1


# By plain forms


def test_quoted_words_are_found_folded_and_marked(at, client, url):
    answer = client.post(
        f"{url}spans/add",
        {"quote": '"it was a  DISGRACE,"', "label": at.label("o").pk, "voice": "unnamed"},
    )

    span = Span.objects.get()
    assert span.quote == "“It was a disgrace,”"
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{url}#s-{span.pk}"
    assert "Marked as opinion." in client.get(url).content.decode()


def test_words_that_stand_twice_ask_which_and_keep_what_was_typed(at, client, url):
    sent = {"quote": "was", "label": at.label("c").pk, "note": "which <one>?", "voice": "author"}

    asked = client.post(f"{url}spans/add", sent)

    assert asked.status_code == 200
    places = asked.context["occurrences"]
    assert [place["words"] for place in places] == ["was"] * TEXT.count("was")
    assert 'name="note" value="which &lt;one&gt;?"' in asked.content.decode()
    client.post(
        f"{url}spans/add",
        dict(asked.context["typed"]) | {"start": places[1]["start"], "end": places[1]["end"]},
    )
    span = Span.objects.get()
    assert (span.start, span.note) == (places[1]["start"], "which <one>?")


def test_of_many_places_the_first_are_shown_and_more_words_are_asked_for(
    at, client, url, monkeypatch
):
    monkeypatch.setattr("annotations.views.spans.MOST_SHOWN", 2)
    sent = {"quote": "e", "label": at.label("c").pk, "voice": "author"}

    asked = client.post(f"{url}spans/add", sent)
    told = client.post(f"{url}spans/add", sent, headers=JSON).json()

    page = asked.content.decode()
    assert page.count("Mark this one") == len(asked.context["occurrences"]) == 2
    assert f"These words stand {len(find_all(TEXT, 'e'))} times" in page
    assert "quote a few more words" in page
    assert len(told["places"]) == 2


def test_a_script_is_told_where_words_stand_that_stand_twice(at, client, url):
    answer = client.post(
        f"{url}spans/add", {"quote": "was", "label": at.label("c").pk}, headers=JSON
    )

    assert answer.json()["code"] == "quote_ambiguous"
    assert len(answer.json()["places"]) == TEXT.count("was")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param({"quote": "absent words"}, "do not stand in the article", id="not there"),
        pytest.param({"quote": ""}, "Quote the words to mark", id="nothing quoted"),
        pytest.param({"quote": DAM, "label": ""}, "Choose a label", id="no label"),
        pytest.param({"quote": DAM, "voice": "named"}, "names no speaker", id="no speaker"),
    ],
)
def test_a_refused_form_comes_back_with_everything_typed(at, client, url, sent, words):
    typed = {"label": at.label("c").pk, "note": "my שלום note"} | sent

    answer = client.post(f"{url}spans/add", typed)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "my שלום note" in answer.content.decode()
    assert not Span.objects.exists()


def test_a_spans_page_changes_withdraws_and_restores_without_a_script(at, on, client, url):
    span = mark(at, on, "The dam")
    page = client.get(f"{url}spans/{span.pk}/")
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}

    changed = client.post(
        f"{url}spans/{span.pk}/change",
        sent | {"quote": "The dam, a colossal blunder", "uncertain": ["false", "on"]},
    )

    assert changed.status_code == 303
    span.refresh_from_db()
    assert (span.quote, span.uncertain) == ("The dam, a colossal blunder", True)
    client.post(f"{url}spans/{span.pk}/withdraw", {"revision": 2})
    span.refresh_from_db()
    assert span.withdrawn_at
    assert "Restore" in client.get(f"{url}spans/{span.pk}/").content.decode()
    client.post(f"{url}spans/{span.pk}/restore", {"revision": 3})
    span.refresh_from_db()
    assert span.withdrawn_at is None


def test_who_may_not_change_a_span_reads_it_without_forms(at, on, url):
    span = mark(at, on, DAM, by=at.ben)
    client = Client()
    client.force_login(at.account(at.cleo))

    html = client.get(f"{url}spans/{span.pk}/").content.decode()

    assert f"spans/{span.pk}/change" not in html
    refused = client.post(f"{url}spans/{span.pk}/withdraw", {"revision": 1})
    assert refused.status_code == 403
    assert "annotator" in refused.content.decode()


def test_a_withdrawn_span_cannot_be_changed(at, on, client, url):
    span = mark(at, on, DAM)
    withdraw_span(span, by=at.cleo)

    answer = client.post(
        f"{url}spans/{span.pk}/change", {"revision": 2, "note": "late"}, headers=JSON
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "withdrawn")


def test_a_script_gets_the_forms_of_a_span_as_a_panel(at, on, client, url):
    span = mark(at, on, DAM)

    panel = client.get(f"{url}spans/{span.pk}/", headers=JSON).json()["panel"]

    assert f'action="{url}spans/{span.pk}/change"' in panel
    assert f'action="{url}spans/{span.pk}/withdraw"' in panel
    assert "csrfmiddlewaretoken" in panel


# Words of a repeat


def test_a_script_asks_where_words_of_a_repeat_stand_in_its_original(at, client):
    on = repeating(at)
    url = reverse("article", args=["desk", on.pk])

    def asked(start, end):
        return client.get(f"{url}spans/original?start={start}&end={end}", headers=JSON).json()

    start = on.text.index("café")
    place = asked(start, start + len("café owners"))["place"]
    assert on.text[place["start"] : place["end"]] == "cafe\u0301 owners"
    assert place["block"] == 1
    # In the original itself, and over the border of the two.
    assert asked(place["start"], place["end"]) == {"place": None}
    assert asked(start, place["end"]) == {"place": None}
    # Of an offset that is none the form says so.
    assert asked("x", "-1")["code"] == "form"


def test_of_two_occurrences_the_one_in_a_repeat_is_named_and_stands_last(at, client):
    on = repeating(at)
    url = reverse("article", args=["desk", on.pk])

    page = client.post(
        f"{url}spans/add", {"quote": "the cafe owners", "label": str(at.label("f").pk)}
    ).content.decode()

    assert "stand 2 times" in page
    assert page.count("Mark this one") == 2
    assert page.index("In a repeat of paragraph 1") > page.index("Mark this one")
