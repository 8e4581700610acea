"""Comments, assignments and the inbox as pages, forms and JSON."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import assignments, operational, review
from annotations.actions.projects import rename_person
from annotations.actions.spans import withdraw_span
from annotations.models import Assignment, Comment, InboxItem
from annotations.queries.comments import THREADS_PAGE
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def at():
    desk = builders.desk()
    rename_person(desk.cleo, name="Cleo 🌊", by=desk.ada)
    return desk


@pytest.fixture
def span(at, on):
    return builders.mark(at, on, "Nobody was hurt", "f")


@pytest.fixture
def browser(at):
    def of(person):
        client = Client()
        client.force_login(at.account(person))
        return client

    return of


def address(name, on, *more):
    return reverse(name, args=[on.project.slug, on.pk, *more])


def text(response):
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def asked(client, url):
    with CaptureQueriesContext(connection) as made:
        assert client.get(url).status_code == 200
    return len(made)


class TestForms:
    def test_a_comment_an_answer_and_a_change_by_plain_forms(self, at, on, span, browser):
        ben, cleo = browser(at.ben), browser(at.cleo)
        back = address("span", on, span.pk)
        said = {"body": "@Cleo 🌊, who\r\nsays <b>so</b>?", "span": span.pk, "next": back}
        sent = ben.post(address("comment-add", on), {**said, "key": uuid4()})
        comment = Comment.objects.get()
        assert (sent.status_code, sent.url) == (303, f"{back}#c-{comment.pk}")
        assert comment.span_id == span.pk

        cleo.post(address("comment-add", on), {"body": "שלום, the mayor.", "parent": comment.pk})
        sent = ben.post(
            address("comment-change", on, comment.pk),
            {"body": "Who says so?", "revision": 1, "next": "https://elsewhere.example/"},
        )
        assert sent.url == f"{address('comments', on)}#c-{comment.pk}"
        page = text(cleo.get(back))
        assert "Who says so?" in page
        assert "שלום, the mayor." in page

    def test_hostile_words_are_shown_and_nothing_else(self, at, on, browser):
        ben = browser(at.ben)
        ben.post(address("comment-add", on), {"body": '<img src=x onerror=alert(1)> "&amp;'})
        page = ben.get(address("comments", on)).content.decode()

        assert "<img" not in page
        assert "&lt;img src=x onerror=alert(1)&gt; &quot;&amp;amp;" in page

    def test_a_request_sent_twice_is_one_comment(self, at, on, browser):
        said = {"body": "Hm.", "key": str(uuid4())}
        for _ in range(2):
            assert browser(at.ben).post(address("comment-add", on), said).status_code == 303
        assert Comment.objects.count() == 1

    def test_resolve_reopen_and_withdraw(self, at, on, browser):
        ben = browser(at.ben)
        comment = review.add_comment(on, body="Hm.", by=at.ben)
        ben.post(address("comment-resolve", on, comment.pk))
        assert "Resolved by ben" in text(ben.get(address("comments", on)))
        ben.post(address("comment-reopen", on, comment.pk))
        assert "Resolved by" not in text(ben.get(address("comments", on)))
        ben.post(address("comment-withdraw", on, comment.pk))
        assert "No comments yet" in text(ben.get(address("comments", on)))

    def test_a_refusal_says_what_to_do(self, at, on, browser):
        ben = browser(at.ben)
        assert ben.post(address("comment-add", on), {"body": " "}).status_code == 422
        sent = ben.post(address("comment-add", on), {"body": " "}, headers=JSON)
        assert sent.json()["code"] == "comment_empty"
        sent = ben.post(address("comment-add", on), {"body": "x", "parent": "nobody"})
        assert sent.status_code == 404

    def test_a_script_gets_the_card_of_the_span(self, at, on, span, browser):
        sent = browser(at.ben).post(
            address("comment-add", on), {"body": "Hm 🌊.", "span": span.pk}, headers=JSON
        )
        answer = sent.json()
        assert "1 comment" in answer["cards"][str(span.pk)]
        sent = browser(at.ben).post(address("comment-add", on), {"body": "Hm."}, headers=JSON)
        assert (sent.json()["cards"], sent.json()["message"]) == ({}, "Commented.")

    def test_a_resolved_thread_counts_no_more_on_its_card(self, at, on, span, browser):
        first = review.add_comment(on, body="Hm.", span=span, by=at.ben)
        review.add_comment(on, body="Hm!", parent=first, by=at.cleo)
        ben = browser(at.ben)
        assert "2 comments" in ben.get(address("article", on)).content.decode()
        sent = ben.post(address("comment-resolve", on, first.pk), headers=JSON)
        assert "comment" not in re.sub(r"<[^>]+>", "", sent.json()["cards"][str(span.pk)])


class TestPage:
    def test_everything_stands_on_it_and_can_be_narrowed(self, at, on, span, browser):
        ben = browser(at.ben)
        review.add_comment(on, body="About all.", by=at.cleo)
        one = review.add_comment(on, body="About this.", span=span, by=at.cleo)
        gone = builders.mark(at, on, "colossal blunder", "o")
        review.add_comment(on, body="About nothing.", span=gone, by=at.cleo)
        withdraw_span(gone, by=at.cleo)
        review.resolve_comment(one, by=at.ben)

        whole = text(ben.get(address("comments", on)))
        assert "All 3 Open 2 Resolved 1" in whole
        assert whole.index("About all.") < whole.index("About this.")
        assert "withdrawn colossal blunder" in whole
        opened = text(ben.get(address("comments", on) + "?show=open"))
        assert "About this." not in opened
        resolved = text(ben.get(address("comments", on) + "?show=resolved"))
        assert "About this." in resolved
        assert "About all." not in resolved
        assert "Nothing is open" not in resolved

    def test_a_comment_named_in_the_address_is_on_the_page_that_comes(self, at, on, browser):
        comments = [
            review.add_comment(on, body=f"Number {n}.", by=at.cleo) for n in range(THREADS_PAGE + 1)
        ]
        ben = browser(at.ben)
        assert "Number 50." not in text(ben.get(address("comments", on)))
        named = address("comments", on) + f"?comment={comments[-1].pk}"
        assert "Number 50." in text(ben.get(named))
        assert "2 of 2" in text(ben.get(named))
        assert "Number 0." in text(ben.get(address("comments", on) + "?comment=nothing&page=x"))

    def test_pages_cost_the_same_for_one_comment_and_for_many(self, at, on, span, browser):
        ben = browser(at.ben)
        urls = [
            address("comments", on),
            address("article", on),
            address("span", on, span.pk),
            address("comments", on) + "?about=article",
            address("comments", on) + f"?about={span.pk}",
        ]
        for about in (None, span):
            first = review.add_comment(on, body="@Cleo 🌊", span=about, by=at.ben)
            review.add_comment(on, body="@ben", parent=first, by=at.cleo)
        [ben.get(url) for url in urls]
        few = [asked(ben, url) for url in urls]
        for number in range(100):
            first = review.add_comment(
                on, body=f"@Cleo 🌊 {number}", span=span if number % 2 else None, by=at.ben
            )
            review.add_comment(on, body="@ben שלום", parent=first, by=at.cleo)

        assert [asked(ben, url) for url in urls] == few

    def test_regions_for_pages_that_stay_open(self, at, on, span, browser):
        review.add_comment(on, body="All.", by=at.cleo)
        review.add_comment(on, body="This.", span=span, by=at.cleo)
        ben = browser(at.ben)
        whole = ben.get(address("comments", on) + "?about=article").content.decode()
        assert whole.startswith("<section")
        assert 'id="comments"' in whole
        assert "All." in whole
        assert "This." not in whole
        one = ben.get(address("comments", on) + f"?about={span.pk}").content.decode()
        assert f'id="comments-{span.pk}"' in one
        assert "This." in one
        assert ben.get(address("comments", on) + "?about=nothing").status_code == 404

    def test_who_may_be_mentioned(self, at, on, span, browser):
        for query in ("", f"?span={span.pk}"):
            found = browser(at.ben).get(address("comment-people", on) + query).json()
            assert [one["name"] for one in found["people"]] == ["Ada", "ben", "Cleo 🌊"]

    def test_a_layer_keeps_its_comments(self):
        layered = builders.desk("layers", "dataset", prefix="l-")
        on = builders.article(layered)
        span = builders.mark(layered, on, "Nobody was hurt", "f")
        comment = review.add_comment(on, body="Mine.", span=span, by=layered.cleo)
        own, other = Client(), Client()
        own.force_login(layered.account(layered.cleo))
        other.force_login(layered.account(layered.ben))

        people = own.get(address("comment-people", on) + f"?span={span.pk}").json()["people"]
        assert [one["uuid"] for one in people] == [str(layered.cleo.pk)]
        assert "Mine." in text(own.get(address("comments", on)))
        assert "Mine." not in text(other.get(address("comments", on)))
        for url in (
            address("comments", on) + f"?about={span.pk}",
            address("comment-people", on) + f"?span={span.pk}",
        ):
            assert other.get(url).status_code == 404
        for name in ("comment-change", "comment-resolve", "comment-withdraw"):
            assert other.post(address(name, on, comment.pk), {"body": "x"}).status_code == 404
        said = {"body": "x", "parent": comment.pk}
        assert other.post(address("comment-add", on), said).status_code == 404


class TestInbox:
    def test_the_header_counts_what_is_unread(self, at, on, browser):
        ben = browser(at.ben)
        link = re.compile(r'<a class="inbox-link".*?</a>', re.DOTALL)
        [none] = link.findall(ben.get("/").content.decode())
        assert re.sub(r"<[^>]+>", "", none) == "Inbox"
        for _ in range(3):
            review.add_comment(on, body="@ben", by=at.ada)
        for url in ("/", address("article", on), "/inbox/", "/inbox/count"):
            [three] = link.findall(ben.get(url).content.decode())
            assert re.sub(r"<[^>]+>", "", three) == "Inbox 3"
            assert 'aria-label="Inbox, 3 unread"' in three
        assert ben.get("/inbox/count", headers=JSON).json() == {"unread": 3}
        for _ in range(100):
            review.add_comment(on, body="@ben", by=at.ada)
        assert "99+" in ben.get("/inbox/count").content.decode()
        assert "inbox-link" not in Client().get("/login/").content.decode()

    def test_opening_goes_to_the_place_and_marks_it_read(self, at, on, span, browser):
        ben = browser(at.ben)
        about = review.add_comment(on, body="@ben", span=span, by=at.ada)
        whole = review.add_comment(on, body="@ben", by=at.ada)
        asked = assignments.assign(on, person=at.ben, kind="second_read", by=at.ada)
        places = {
            about.pk: f"{address('article', on)}?comment={about.pk}#s-{span.pk}",
            whole.pk: f"{address('comments', on)}?comment={whole.pk}#c-{whole.pk}",
            asked.pk: address("article", on),
        }
        for item in InboxItem.objects.all():
            opened = ben.get(f"/inbox/open?item={item.pk}", headers=OURS)
            assert opened.url == places[item.comment_id or item.assignment_id]
        assert not InboxItem.objects.filter(read_at=None).exists()
        withdraw_span(span, by=at.cleo)
        item = InboxItem.objects.get(comment=about)
        assert f"#c-{about.pk}" in ben.get(f"/inbox/open?item={item.pk}").url

    def test_a_span_returned_is_opened_in_the_text(self, at, on, span, browser):
        from tests.stories import token

        review.decide(span, outcome="returned", reason_code="label", shown=token(span), by=at.ben)
        item = InboxItem.objects.get()
        opened = browser(at.cleo).get(f"/inbox/open?item={item.pk}")
        assert opened.url == f"{address('article', on)}#s-{span.pk}"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Purpose": "prefetch", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Referer": "http://evil.test/"},
            {},
        ],
    )
    def test_what_nobody_looks_at_stays_unread(self, at, on, browser, headers):
        review.add_comment(on, body="@ben", by=at.ada)
        item = InboxItem.objects.get()
        assert (
            browser(at.ben).get(f"/inbox/open?item={item.pk}", headers=headers).status_code == 302
        )
        assert InboxItem.objects.get().read_at is None

    def test_marking_one_and_all(self, at, on, browser):
        ben = browser(at.ben)
        for number in range(3):
            review.add_comment(on, body=f"@ben {number}", by=at.ada)
        item = InboxItem.objects.first()
        assert ben.post("/inbox/mark", {"item": item.pk, "next": "/inbox/?show=unread"}).url == (
            "/inbox/?show=unread"
        )
        assert "Inbox, 2 unread" in ben.get("/inbox/").content.decode()
        sent = ben.post("/inbox/mark", {"item": item.pk, "read": "off"}, headers=JSON)
        assert sent.json() == {"unread": 3}
        assert ben.post("/inbox/mark").status_code == 303
        assert "Everything is read" in text(ben.get("/inbox/?show=unread"))
        assert "Nothing was left to mark." in text(ben.post("/inbox/mark", follow=True))

    @pytest.mark.parametrize("item", ["", "x", "999999999", "-1", "9" * 30])
    def test_what_is_not_there_is_not_opened(self, at, item, browser):
        assert browser(at.ben).get(f"/inbox/open?item={item}").status_code == 404

    def test_nobody_opens_or_marks_another_s(self, at, on, browser):
        review.add_comment(on, body="@ben", by=at.ada)
        item = InboxItem.objects.get()
        assert browser(at.cleo).get(f"/inbox/open?item={item.pk}").status_code == 404
        browser(at.cleo).post("/inbox/mark", {"item": item.pk})
        assert InboxItem.objects.get().read_at is None
        assert browser(at.cleo).post("/inbox/mark", {"item": "x"}).status_code == 404
        assert browser(at.cleo).post("/inbox/mark", {"read": "off"}).status_code == 404

    def test_it_shows_what_happened_in_which_project(self, at, on, span, browser):
        review.add_comment(on, body="@ben, café\nשלום?", span=span, by=at.cleo)
        shown = text(browser(at.ben).get("/inbox/"))

        assert "unread Cleo 🌊 mentioned you" in shown
        assert "Nobody was hurt" in shown
        assert "@ ben , café שלום?" in shown
        assert "The flood Desk Mark as read" in shown
        assert "Nothing of this kind" in text(browser(at.ben).get("/inbox/?show=assignment"))
        assert "Nothing yet" in text(browser(at.ada).get("/inbox/?show=what&page=0"))

    def test_it_costs_the_same_for_one_item_and_for_many(self, at, on, span, browser):
        ben = browser(at.ben)
        review.add_comment(on, body="@ben", by=at.ada)
        ben.get("/inbox/")
        few = asked(ben, "/inbox/"), asked(ben, "/inbox/count")
        for number in range(60):
            review.add_comment(
                on, body=f"@ben {number}", span=span if number % 2 else None, by=at.ada
            )
        assignments.assign(on, person=at.ben, kind="annotate", by=at.ada)

        assert (asked(ben, "/inbox/"), asked(ben, "/inbox/count")) == few
        assert "Page 1 Older" in text(ben.get("/inbox/"))
        assert "Newer Page 3" in text(ben.get("/inbox/?page=3"))


class TestAssignments:
    def test_a_manager_assigns_and_somebody_does_it(self, at, on, browser):
        ada, cleo = browser(at.ada), browser(at.cleo)
        said = {"person": at.cleo.pk, "kind": "annotate", "due": "2021-05-03", "key": uuid4()}
        sent = ada.post(address("assign", on), said)
        assert sent.url == f"{address('article-details', on)}#assignments"
        asked = Assignment.objects.get()

        assert "assigned to Cleo 🌊 (annotate), due 3 May 2021" in text(
            cleo.get(address("article", on))
        )
        assert "for you: annotate, due 3 May 2021" in text(cleo.get("/p/desk/"))
        assert "Cleo 🌊: annotate, due 3 May 2021" in text(ada.get("/p/desk/"))
        assert "Cleo 🌊 : annotate, due 3 May 2021" in text(ada.get(address("article-details", on)))
        cleo.post(address("assignment-done", on, asked.pk), {"next": address("article", on)})
        assert Assignment.objects.get().done_at is not None
        assert "assigned" not in text(cleo.get(address("article", on)))

    def test_it_is_withdrawn(self, at, on, browser):
        asked = assignments.assign(on, person=at.cleo, kind="annotate", by=at.ada)
        browser(at.ada).post(address("assignment-withdraw", on, asked.pk))
        assert Assignment.objects.get().withdrawn_at is not None
        assert "Nobody is asked to work on this article" in text(
            browser(at.cleo).get(address("article-details", on))
        )

    def test_a_form_that_does_not_fit_is_refused(self, at, on, browser):
        sent = browser(at.ada).post(address("assign", on), {"person": "x", "kind": "sleep"})
        assert sent.status_code == 422
        assert not Assignment.objects.exists()

    def test_the_list_is_narrowed_by_who_is_asked(self, at, on, browser):
        other = builders.article(at, "Another text שלום", title="The dam")
        assignments.assign(on, person=at.cleo, kind="annotate", by=at.ada)
        cleo, ben = browser(at.cleo), browser(at.ben)

        def titles(client, query):
            page = client.get(f"/p/desk/?assigned={query}").content.decode()
            return re.findall(r'class="title" href="[^"]+">([^<]+)<', page)

        assert titles(cleo, "me") == ["The flood"]
        assert titles(ben, "me") == []
        assert titles(ben, "somebody") == ["The flood"]
        assert titles(ben, "nobody") == [other.title]

    def test_the_list_costs_the_same(self, at, on, browser):
        ben = browser(at.ben)
        ben.get("/p/desk/")
        few = asked(ben, "/p/desk/")
        for who in (at.ada, at.ben, at.cleo):
            assignments.assign(on, person=who, kind="annotate", by=at.ada)
        assert asked(ben, "/p/desk/") == few


def test_filling_inboxes_again_changes_nothing(at, on):
    review.add_comment(on, body="@ben", by=at.ada)
    before = list(InboxItem.objects.values())
    operational.fill_inboxes(at.project.pk)
    operational.fill_inboxes(at.project.pk, at.ben)

    assert list(InboxItem.objects.values()) == before


class TestAFormThatNoPageShows:
    """What is answered instead of the page that the form was on."""

    def refused(self, on, client, body, **headers):
        answer = client.post(address("comment-add", on), {"body": body}, headers=headers)
        assert answer.status_code == 422
        return answer.content.decode()

    @pytest.mark.parametrize(
        ("referer", "back"),
        [
            pytest.param("http://testserver/p/desk/?q=e%CC%81", None, id="where it was"),
            pytest.param("https://elsewhere.example/", "comments", id="another site"),
            pytest.param("javascript:alert(1)", "comments", id="a script"),
            pytest.param("http://[", "comments", id="no address"),
            pytest.param("", "comments", id="unsaid"),
        ],
    )
    def test_it_leads_back_to_the_page_of_the_form(self, at, on, browser, referer, back):
        page = self.refused(on, browser(at.cleo), "x" * 30_000, Referer=referer)

        there = address(back, on) if back else referer
        assert f'<a href="{there}">To the page you came from</a>' in page

    def test_at_the_address_of_a_form_it_leads_to_its_page(self, at, on, browser):
        sent = f"http://testserver{address('comment-add', on)}"
        page = self.refused(on, browser(at.cleo), "x" * 30_000, Referer=sent)

        assert f'<a href="{address("comments", on)}">' in page

    def test_it_speaks_of_what_was_typed_only_where_something_was(self, at, on, browser):
        client = browser(at.cleo)

        assert "what you typed is still there" in self.refused(on, client, "e\u0301" * 30_000)
        assert "what you typed" not in self.refused(on, client, " ")
        assert "what you typed" not in text(client.post(address("redo", on)))


def test_the_article_page_leads_to_the_comment_it_was_opened_for_without_scripts(
    at, on, span, browser
):
    said = review.add_comment(on, body="Who says so? שלום 🌊", by=at.ben, span=span)
    other = builders.article(at, "Another text e\u0301", title="The dam")
    cleo = browser(at.cleo)

    def hint(on, comment):
        page = cleo.get(address("article", on), {"comment": comment}).content.decode()
        return re.findall(r'<noscript>.*?href="([^"]+)".*?</noscript>', page, re.DOTALL)

    [there] = hint(on, said.pk)
    assert there == f"{address('comments', on)}?comment={said.pk}#c-{said.pk}"
    assert "Who says so? שלום 🌊" in text(cleo.get(there))
    assert hint(on, uuid4()) == hint(on, "none") == hint(other, said.pk) == []
