"""Whatever a field holds, a request is answered in words, and nothing goes past a form."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from annotations.actions.review import decide
from annotations.models import Decision, InboxItem, Span
from tests import builders as build
from tests.stories import token

VIEWS = Path(settings.BASE_DIR) / "annotations" / "views"
LONG = "9" * 5_000
NOWHERE = "00000000-0000-4000-8000-000000000000"


def is_posted(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("POST", "body")
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
    )


def read_past_a_form(source: str) -> list[int]:
    """Return the lines on which something is taken out of ``request.POST`` itself.

    It may be given to a form whole, or to a template that shows what was typed.
    """
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute | ast.Subscript) and is_posted(node.value))
        or (isinstance(node, ast.Compare) and any(map(is_posted, node.comparators)))
        or (isinstance(node, ast.Assign) and is_posted(node.value))
        or (isinstance(node, ast.ListComp) and is_posted(node.generators[0].iter))
        or (isinstance(node, ast.For) and is_posted(node.iter))
    ]


@pytest.mark.parametrize(
    "line",
    [
        'x = request.POST.get("x")',
        'x = request.POST["x"]',
        'x = "x" in request.POST',
        "sent = request.POST",
        "x = [name for name in request.POST]",
        "x = request.body.decode()",
    ],
)
def test_the_scan_sees_every_way_past_a_form(line):
    assert read_past_a_form(line) == [1]
    assert read_past_a_form('form = Form(request.POST, prefix="x")') == []


def test_no_view_reads_what_was_posted_itself():
    # What every request may bring, its key and where it goes on, is read in answers.py; kept.py
    # hands what a page of many forms sent to each of them.
    found = {
        f"{path.name}:{line}"
        for path in VIEWS.glob("*.py")
        if path.name not in ("answers.py", "kept.py")
        for line in read_past_a_form(path.read_text())
    }

    assert found == set()


@pytest.fixture
def ben(at, client_of):
    return client_of(at.ben)


@pytest.mark.django_db
class TestNumbersInAddresses:
    @pytest.mark.parametrize(
        ("path", "says"),
        [
            (f"history/?page={LONG}", "“page” is a number of 5,000 digits"),
            ("history/?page=-1", "“page” is -1"),
            (f"trash?page={LONG}", "use a number from 0 to 99,999"),
            (f"versions?page={LONG}", "use a number"),
            (f"blocks/?from={LONG}", "“from” is a number of 5,000 digits"),
            (f"details?from={LONG}", "“from”"),
        ],
    )
    def test_one_that_no_page_has_is_refused_in_words(self, at, url, client_of, path, says):
        answer = client_of(at.ada).get(url + path)

        assert answer.status_code == 422
        assert says in answer.content.decode()

    @pytest.mark.parametrize("path", ["inbox/?page=0000019999999999999999999999", "inbox/?page=-3"])
    def test_of_the_inbox_too(self, db, ben, path):
        assert ben.get(f"/{path}").status_code == 422

    @pytest.mark.parametrize("table", ["", "spans/", "sources/"])
    @pytest.mark.parametrize("rows", ["-1", "0", "201", "100000", LONG])
    def test_no_address_asks_for_more_rows_than_a_page_has(self, at, ben, table, rows):
        answer = ben.get(f"/p/desk/{table}?per_page={rows}")

        assert answer.status_code == 422
        assert "from 1 to 200" in answer.content.decode()

    @pytest.mark.parametrize("table", ["", "spans/", "sources/"])
    @pytest.mark.parametrize("asked", ["per_page=10&page=7", "per_page=x&page=é", "page=²"])
    def test_a_page_past_the_last_is_the_last_and_words_are_the_first(self, at, ben, table, asked):
        assert ben.get(f"/p/desk/{table}?{asked}").status_code == 200


@pytest.mark.django_db
class TestFieldsOfForms:
    def refused(self, answer, status: int, words: str) -> None:
        assert answer.status_code == status
        assert words in re.sub(r"<[^>]+>", "", answer.content.decode())

    @pytest.mark.parametrize("act", ["withdraw", "restore"])
    @pytest.mark.parametrize("revision", [LONG, "x", "-1", "2147483648"])
    def test_a_revision_is_a_number_that_a_row_can_have(self, at, on, url, client, act, revision):
        span = build.mark(at, on, "Nobody was hurt")

        answer = client.post(f"{url}spans/{span.pk}/{act}", {"revision": revision})

        assert answer.status_code == 422
        span.refresh_from_db()
        assert span.revision == 1

    @pytest.mark.parametrize("name", ["label", "speaker"])
    @pytest.mark.parametrize("key", ["garbage", NOWHERE, LONG])
    def test_a_proposal_of_a_row_that_is_not_there(self, at, on, url, ben, name, key):
        span = build.mark(at, on, "Nobody was hurt")

        answer = ben.post(
            f"{url}spans/{span.pk}/decide",
            {"outcome": "proposed", "shown": token(span), name: key},
        )

        self.refused(answer, 404, "There is no such")
        assert not Decision.objects.exists()

    def test_a_chain_is_as_long_as_its_column_in_a_proposal_too(self, at, on, url, ben):
        span = build.mark(at, on, "Nobody was hurt", voice="document")

        answer = ben.post(
            f"{url}spans/{span.pk}/decide",
            {"outcome": "proposed", "shown": token(span), "chain": "x" * 301},
        )

        self.refused(answer, 422, "at most 300 characters")

    def test_a_reason_loses_what_no_database_holds_and_has_an_end(self, at, on, url, ben):
        span = build.mark(at, on, "Nobody was hurt")
        to = f"{url}spans/{span.pk}/decide"
        said = {"outcome": "returned", "reason_code": "label", "shown": token(span)}

        self.refused(ben.post(to, {**said, "reason": "x" * 5_001}), 422, "at most 5000 characters")
        assert ben.post(to, {**said, "reason": "a\0b\r\nc"}).status_code == 303

        assert Decision.objects.get().reason == "ab\nc"

    def test_a_waiver_has_an_end(self, at, on, url, client_of):
        build.mark(at, on, "Nobody was hurt")
        said = {"seen": "x", "waive-all:read": "y" * 5_001}

        answer = client_of(at.ada).post(f"{url}sign-off/sign", said)

        self.refused(answer, 422, "has 5,001 characters")

    @pytest.mark.parametrize("name", ["span", "citation"])
    def test_what_the_trash_does_not_have_is_missing(self, at, on, url, client, name):
        assert client.post(f"{url}trash/restore", {name: "garbage"}).status_code == 404

    @pytest.mark.parametrize("item", ["x", LONG, "-1"])
    def test_an_item_that_no_inbox_has_is_missing(self, ben, item):
        assert ben.post("/inbox/mark", {"item": item}).status_code == 404
        assert ben.get(f"/inbox/open?item={item}").status_code == 404
        assert not InboxItem.objects.exists()

    def test_two_spellings_of_a_user_name_are_one(self, at, client_of):
        ada = client_of(at.ada)
        to = "/p/desk/settings/accounts/add/"

        first = ada.post(to, {"username": "xii", "name": "Twelve", "role": "annotator"})
        again = ada.post(to, {"username": "ⅻ", "name": "Twelve", "role": "annotator"})

        assert "Give these to Twelve" in first.content.decode()
        self.refused(again, 422, "There is an account “xii” already.")


@pytest.mark.django_db
def test_the_words_of_a_proposal_are_meant_where_the_span_is(at, on, url, ben):
    """They also occur earlier in the paragraph: nothing moves there."""
    text = "The dam broke. Nobody saw the dam that was built in 1974."
    long = build.article(at, f"Floods\n\n{text}")
    span = build.mark(at, long, "Nobody saw the dam that")
    to = f"/p/desk/a/{long.pk}/spans/{span.pk}/decide"

    ben.post(to, {"outcome": "proposed", "shown": token(span), "quote": "THE DAM"})

    start = long.text.index("the dam")
    assert Decision.objects.get().proposal == {"start": start, "end": start + 7}


@pytest.mark.django_db
def test_words_that_can_be_meant_twice_are_asked_for_with_their_places(at, ben):
    long = build.article(at, "Floods\n\nSome saw the dam 🌊 and the dam saw them.")
    span = build.mark(at, long, "saw the dam 🌊 and the dam saw")
    to = f"/p/desk/a/{long.pk}/spans/{span.pk}/decide"
    said = {"outcome": "proposed", "shown": token(span), "quote": "the dam", "reason": "Shorter é"}

    asked = ben.post(to, said)
    page = asked.content.decode()
    places = re.findall(r'name="place" value="(\d+-\d+)"', page)
    chosen = ben.post(to, {**said, "place": places[1]})

    assert asked.status_code == 422
    assert "Shorter é" in page
    assert len(places) == 2
    assert chosen.status_code == 303
    start = long.text.rindex("the dam")
    assert Decision.objects.get().proposal == {"start": start, "end": start + 7}


@pytest.mark.django_db
def test_a_change_of_words_stays_in_the_span_too(at, client):
    long = build.article(at, "Floods\n\nWe saw it: the dam. 🌊 All of us saw the dam fall down.")
    span = build.mark(at, long, "All of us saw the dam fall down")
    to = f"/p/desk/a/{long.pk}/spans/{span.pk}/change"

    client.post(to, {"revision": 1, "quote": "saw the Dam"})

    found = Span.objects.get(pk=span.pk)
    assert (found.quote, found.start) == ("saw the dam", long.text.rindex("saw the dam"))


@pytest.mark.django_db
def test_a_key_that_is_no_key_is_refused_by_the_action_itself(at, on):
    from annotations.domain.errors import Refused

    span = build.mark(at, on, "Nobody was hurt")
    for proposal in ({"label": "x"}, {"speaker": NOWHERE}, {"chain": "x" * 5_000}):
        with pytest.raises(Refused):
            decide(span, outcome="proposed", proposal=proposal, shown=token(span), by=at.ben)
