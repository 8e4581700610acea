"""Second reading, sign-off, certificate and history, as pages that need no JavaScript."""

import re

import pytest

from annotations.actions.evidence import add_source, cite, confirm_citation, give_verdict
from annotations.actions.operational import tick_read
from annotations.actions.projects import add_label, change_project, set_member
from annotations.actions.spans import add_spans, change_span, withdraw_span
from annotations.domain.text import find_all
from annotations.domain.vocabulary import Role
from annotations.models import Block, Decision, Event, SignOff, Source, Span
from annotations.queries.access import member
from annotations.queries.history import operations
from annotations.views import review
from tests import builders as build
from tests.stories import sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> build.Desk:
    return build.desk()


@pytest.fixture
def article(desk):
    return build.article(desk)


def base(article) -> str:
    return f"/p/desk/a/{article.pk}/"


def shown(page: str) -> str:
    return re.search(r'name="shown" value="([^"]+)"', page)[1]


def evidenced(desk, article, quote="The river rose two metres in 2021"):
    span = build.mark(desk, article, quote)
    source = add_source(desk.project, by=desk.cleo, title="Gauge", kind="official")
    citation = cite(span, source, by=desk.cleo, quotation="two metres")
    give_verdict(span, verdict="supported", reason="The gauge says so.", by=desk.cleo)
    confirm_citation(citation, by=desk.ben)
    span.refresh_from_db()
    return span


def test_a_reader_accepts_what_waits_and_comes_to_the_next(desk, article):
    first = evidenced(desk, article)
    second = build.mark(desk, article, "Nobody was hurt", "f")
    ben = build.logged_in(desk, desk.ben)

    page = ben.get(base(article) + "second-reading/").content.decode()
    assert "two metres" in page
    assert "The gauge says so." in page
    answer = ben.post(
        base(article) + f"spans/{first.pk}/decide", {"outcome": "accepted", "shown": shown(page)}
    )

    assert answer.status_code == 303
    assert str(second.pk) in answer["Location"]
    assert Decision.objects.get().outcome == "accepted"


def test_who_wrote_a_span_is_told_that_somebody_else_reads_it(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", "f", by=desk.ben)

    page = build.logged_in(desk, desk.ben).get(base(article) + f"second-reading/?span={span.pk}")

    assert "somebody else reads it" in page.content.decode()
    assert 'value="accepted"' not in page.content.decode()


def test_a_double_click_decides_and_adds_a_source_once(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", "f")
    ben = build.logged_in(desk, desk.ben)
    page = ben.get(base(article) + "second-reading/").content.decode()
    new = "/p/desk/sources/new/"
    forms = {
        base(article) + f"spans/{span.pk}/decide": (
            page.partition('id="return-form"')[2],
            {"outcome": "returned", "shown": shown(page), "reason_code": "label"},
        ),
        new: (
            ben.get(new).content.decode(),
            {"title": "Rivers 🌊", "kind": "book", "access": "open"},
        ),
    }
    for to, (form, typed) in forms.items():
        key = re.search(r'name="key" value="([0-9a-f-]{36})"', form)[1]
        first, second = (ben.post(to, {**typed, "key": key}) for _ in range(2))
        assert (first.status_code, second["Location"]) == (303, first["Location"])

    assert Decision.objects.get().voided_at is None
    assert Source.objects.get().title == "Rivers 🌊"


def test_a_decision_on_what_has_changed_since_is_refused_with_what_changed(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", "f")
    ben = build.logged_in(desk, desk.ben)
    page = ben.get(base(article) + "second-reading/").content.decode()
    change_span(span, label=desk.label("c"), by=desk.cleo)

    answer = ben.post(
        base(article) + f"spans/{span.pk}/decide", {"outcome": "accepted", "shown": shown(page)}
    )

    assert answer.status_code == 409
    assert "label changed" in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_span_is_returned_with_a_reason(desk, article):
    span = build.mark(desk, article, "Nobody was hurt", "f")
    ben = build.logged_in(desk, desk.ben)
    page = ben.get(base(article) + "second-reading/").content.decode()

    refused = ben.post(
        base(article) + f"spans/{span.pk}/decide",
        {"outcome": "returned", "shown": shown(page), "reason": "half a typed sentence"},
    )
    assert refused.status_code == 422
    assert "half a typed sentence" in refused.content.decode()
    ben.post(
        base(article) + f"spans/{span.pk}/decide",
        {"outcome": "returned", "shown": shown(page), "reason_code": "label", "reason": "No."},
    )

    assert Decision.objects.get().reason_code == "label"


def test_a_proposed_change_is_taken_by_the_author(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    ben = build.logged_in(desk, desk.ben)
    page = ben.get(base(article) + "second-reading/").content.decode()

    answer = ben.post(
        base(article) + f"spans/{span.pk}/decide",
        {
            "outcome": "proposed",
            "shown": shown(page),
            "quote": "was hurt",
            "label": str(desk.label("f").pk),
            "voice": "author",
            "speaker": "",
        },
    )
    assert answer.status_code == 303
    decision = Decision.objects.get()
    build.logged_in(desk, desk.cleo).post(
        base(article) + f"spans/{span.pk}/decisions/{decision.pk}/take"
    )

    span.refresh_from_db()
    assert (span.quote, span.label.kind) == ("was hurt", "fact")


def test_a_proposal_of_words_that_are_not_there_is_refused(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    ben = build.logged_in(desk, desk.ben)
    page = ben.get(base(article) + "second-reading/").content.decode()

    answer = ben.post(
        base(article) + f"spans/{span.pk}/decide",
        {"outcome": "proposed", "shown": shown(page), "quote": "everybody was hurt"},
    )

    assert answer.status_code == 422
    assert "do not stand in the paragraph" in answer.content.decode()


def test_what_blocks_is_a_list_of_links_and_can_be_waived(desk, article):
    span = build.mark(desk, article, "The river rose two metres in 2021")
    ada = build.logged_in(desk, desk.ada)

    page = ada.get(base(article) + "sign-off/").content.decode()
    assert "Spans without a second reader" in page
    assert f"second-reading/?span={span.pk}" in page
    assert "Blocks nobody has ticked as read" in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    refused = ada.post(base(article) + "sign-off/sign", {"seen": seen})
    assert refused.status_code == 422
    signed = ada.post(
        base(article) + "sign-off/sign",
        {
            "seen": seen,
            f"waive:second_reader:{span.pk}": "Only two of us today.",
            "waive-all:verdict": "Not needed.",
            "waive-all:source": "Not needed.",
            "waive-all:read": "Read on paper.",
        },
    )

    assert signed.status_code == 303
    sign_off = SignOff.objects.get()
    assert len(sign_off.waivers) == 6
    certificate = ada.get(signed["Location"]).content.decode()
    assert "Only two of us today." in certificate
    assert sign_off.digest in certificate


def test_a_refused_signature_keeps_every_reason_even_of_what_was_settled_meanwhile(desk, article):
    first = build.mark(desk, article, "The river rose two metres in 2021")
    second = build.mark(desk, article, "Nobody was hurt", "f")
    ada = build.logged_in(desk, desk.ada)
    page = ada.get(base(article) + "sign-off/").content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    withdraw_span(first, by=desk.cleo)

    answer = ada.post(
        base(article) + "sign-off/sign",
        {
            "seen": seen,
            f"waive:second_reader:{first.pk}": "Read by two e\u0301 🌊",
            f"waive:second_reader:{second.pk}": "It can wait שלום",
            "waive-all:read": "On paper",
            "waive-all:verdict": "Nobody asked",
        },
    )

    assert answer.status_code in (409, 422)
    page = answer.content.decode()
    assert "Settled meanwhile" in page
    assert '<q dir="auto">Read by two e\u0301 🌊</q>' in page
    assert '<q dir="auto">Nobody asked</q>' in page
    assert re.search(rf'name="waive:second_reader:{second.pk}"[^>]* value="It can wait שלום"', page)
    assert re.search(r'name="waive-all:read"[^>]* value="On paper"', page)


def test_a_certificate_counts_spans_in_words_and_labels_of_its_own_by_name(desk, article):
    add_label(desk.project, key="x", name="Frage 🙂", kind="other", by=desk.ada)
    for quote, key in (("The river", "c"), ("rose", "c"), ("Nobody", "f"), ("metres", "x")):
        build.mark(desk, article, quote, key)
    sign(article, desk.ada)

    sign_off = SignOff.objects.get()
    page = build.logged_in(desk, desk.ada).get(base(article) + f"certificates/{sign_off.pk}/")

    assert "<dt>Spans</dt><dd>1 fact, 2 claims, 1 × Frage 🙂</dd>" in page.content.decode()


def test_signing_twice_changes_nothing_and_a_lapse_names_what_changed(desk, article):
    span = evidenced(desk, article)
    ben, ada = build.logged_in(desk, desk.ben), build.logged_in(desk, desk.ada)
    page = ben.get(base(article) + "second-reading/").content.decode()
    ben.post(
        base(article) + f"spans/{span.pk}/decide", {"outcome": "accepted", "shown": shown(page)}
    )
    for block in Block.objects.filter(article=article):
        tick_read(block, by=desk.ben)
    page = ada.get(base(article) + "sign-off/").content.decode()
    assert "Nothing stands in the way" in page
    form = {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]}

    for _ in range(2):
        assert ada.post(base(article) + "sign-off/sign", form).status_code == 303
    assert SignOff.objects.count() == 1
    change_span(span, note="a later thought", by=desk.cleo)

    sign_off = SignOff.objects.get()
    assert [one["item"] for one in sign_off.lapse] == [f"span:{span.pk}"]
    certificate = ada.get(base(article) + f"certificates/{sign_off.pk}/").content.decode()
    assert "This sign-off lapsed" in certificate
    assert "The river rose" in certificate
    assert (
        "What changed since you last signed"
        in ada.get(base(article) + "sign-off/").content.decode()
    )


def test_the_only_author_may_not_sign_where_the_policy_does_not_let_her(desk, article):
    build.mark(desk, article, "Nobody was hurt", "f", by=desk.ada)

    page = build.logged_in(desk, desk.ada).get(base(article) + "sign-off/").content.decode()

    assert "somebody else signs it" in page


def test_the_history_tells_who_did_what_with_old_and_new(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    change_span(span, label=desk.label("f"), by=desk.cleo)

    page = build.logged_in(desk, desk.ben).get(base(article) + "history/").content.decode()

    assert "changed a span" in page
    assert "<del>claim</del>" in page
    assert "<ins>fact</ins>" in page
    assert "imported the article" in page


def test_the_history_tells_of_a_large_operation_its_beginning(desk, article, monkeypatch):
    monkeypatch.setattr("annotations.queries.history.TOLD", 4)
    monkeypatch.setattr("annotations.queries.history.MOST_CHANGES", 2)
    monkeypatch.setattr("annotations.queries.history.MOST_EVENTS", 1)
    places = find_all(article.text, "a")[:5]
    add_spans(article, places=places, label=desk.label("f"), by=desk.cleo)
    event = Event.objects.filter(kind="span.added").first()
    record = Event.objects.filter(operation=event.operation)

    steps, _ = operations(member(desk.account(desk.ben), "desk"), article)

    (told,) = steps[0].events
    assert len(told.lines) == 4
    assert told.more >= 3
    assert steps[0].more == record.count() - 1


def test_a_span_waits_until_as_many_have_accepted_it_as_the_policy_asks(desk, article):
    policy = {**desk.project.policy, "second_readers": 2}
    change_project(desk.project, by=desk.ada, policy=policy)
    third = set_member(desk.project, account=desk.dan, role=Role.REVIEWER, by=desk.ada)
    for words in ("river", "disgrace", "1974"):
        build.mark(desk, article, words)
    ben, dan, ada = (build.logged_in(desk, one) for one in (desk.ben, third, desk.ada))
    url = base(article) + "second-reading/"

    def accept(client):
        page = client.get(url)
        reading = page.context["reading"]
        client.post(
            f"{base(article)}spans/{reading.span.pk}/decide",
            {"outcome": "accepted", "shown": shown(page.content.decode())},
        )
        return reading.span.quote, reading.place, reading.waiting, reading.total

    assert accept(ben) == ("river", 1, 3, 3)
    assert accept(ben) == ("disgrace", 2, 2, 3)
    assert accept(dan) == ("river", 1, 3, 3)
    assert accept(ada) == ("disgrace", 2, 2, 3)
    reading = ada.get(url).context["reading"]
    assert (reading.span.quote, reading.next, reading.previous) == ("1974", None, None)
    assert "Nothing waits" in build.logged_in(desk, desk.cleo).get(url).content.decode()


def test_the_reading_of_one_span_reads_no_other(desk, django_assert_max_num_queries):
    where = build.article(desk, "one two three four five six seven eight nine ten. " * 12)
    places = find_all(where.text, "e")
    add_spans(where, places=places, label=desk.label("f"), by=desk.cleo)
    ben = build.logged_in(desk, desk.ben)
    middle = Span.objects.order_by("start")[30]
    url = f"{base(where)}second-reading/?span={middle.pk}"

    with django_assert_max_num_queries(24) as asked:
        reading = ben.get(url).context["reading"]

    ordered = list(Span.objects.order_by("start").values_list("pk", flat=True))
    assert (reading.place, reading.total, reading.waiting) == (31, len(places), len(places))
    assert (reading.previous, reading.next) == (ordered[29], ordered[31])
    assert max(len(query["sql"]) for query in asked) < 5_000


def test_the_history_looks_up_only_the_rows_it_names(desk, django_assert_max_num_queries):
    long = build.article(desk, "\n\n".join(f"Paragraph {n} of cafe\u0301 🌊." for n in range(300)))

    # On PostgreSQL the session and the account are looked up, too.
    with django_assert_max_num_queries(40) as asked:
        page = build.logged_in(desk, desk.ben).get(base(long) + "history/")

    assert "imported the article" in page.content.decode()
    assert max(len(query["sql"]) for query in asked) < 5_000


def test_a_long_group_of_blockers_is_listed_in_part_and_waived_as_a_whole(
    desk, article, monkeypatch
):
    monkeypatch.setattr(review, "LISTED", 2)
    for quote in ("river", "rose", "metres"):
        build.mark(desk, article, quote)
    ben = build.logged_in(desk, desk.ben)

    page = ben.get(base(article) + "sign-off/").content.decode()
    waived = {
        f"waive-all:{kind}": "It can wait."
        for kind in ("second_reader", "verdict", "source", "read", "date")
    }
    digest = re.search(r'name="seen" value="([^"]+)"', page)[1]
    ben.post(base(article) + "sign-off/sign", {"seen": digest, **waived})

    assert page.count('name="waive:second_reader:') == 2
    assert "The first 2 of 3 are listed" in page
    assert len(SignOff.objects.get().waivers) > 6


def test_a_sign_off_of_another_article_has_no_certificate_here(desk, article):
    answer = build.logged_in(desk, desk.ada).get(base(article) + f"certificates/{article.pk}/")

    assert answer.status_code == 404


@pytest.mark.parametrize("page", ["history/", "sign-off/", "second-reading/"])
def test_the_pages_make_as_many_queries_for_many_spans_as_for_one(
    desk, article, page, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    visitor = build.logged_in(desk, desk.ben)
    build.mark(desk, article, "Nobody was hurt", "f")
    visitor.get(base(article) + page)
    with CaptureQueriesContext(
        connection,
    ) as few:
        visitor.get(base(article) + page)
    for quote in ("river", "rose", "metres", "disgrace", "mayor", "dam", "blunder", "built"):
        build.mark(desk, article, quote)
    with django_assert_max_num_queries(len(few)):
        visitor.get(base(article) + page)


def test_a_confidential_source_is_known_to_the_desk_and_no_page_or_history_says_more(desk, article):
    span = build.mark(desk, article, "Nobody was hurt")
    source = add_source(
        desk.project,
        by=desk.cleo,
        title="Deep Throat",
        kind="interview",
        access="confidential",
        publisher="The garage",
    )
    citation = cite(span, source, by=desk.cleo)
    waivers = {"waive-all:" + kind: "x" for kind in ("second_reader", "verdict", "source", "read")}
    ada = build.logged_in(desk, desk.ada)
    page = ada.get(base(article) + "sign-off/").content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    ada.post(base(article) + "sign-off/sign", {"seen": seen, **waivers})
    confirm_citation(citation, by=desk.ben)
    signed = SignOff.objects.get()

    for path in (
        f"second-reading/?span={span.pk}",
        "sign-off/",
        "history/",
        f"certificates/{signed.pk}/",
    ):
        page = build.logged_in(desk, desk.ben).get(base(article) + path).content.decode()
        assert "Deep Throat" not in page
        assert "The garage" not in page
    assert not Event.objects.filter(payload__contains="Deep Throat").exists()
    assert (
        "Known to the desk"
        in build.logged_in(desk, desk.ben)
        .get(base(article) + f"second-reading/?span={span.pk}")
        .content.decode()
    )
