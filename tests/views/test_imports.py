"""Bringing articles in on pages, and correcting them later, as a browser sends it."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.actions import leases
from annotations.actions.carrying import settle_carried
from annotations.actions.spans import withdraw_span
from annotations.domain.leases import WORKER
from annotations.models import Article, Block, Event, ImportBatch, ImportItem, Span
from annotations.views import imports as views
from tests.builders import article, desk, mark
from tests.turns import run

pytestmark = pytest.mark.django_db

TEXT = (
    "Zoe\u0301 saw the flood 👩‍👩‍👧\n\n"
    "The river rose two metres in 2021, said the mayor שלום of the town, and nobody was hurt. "
    "It had not risen so since the dam was built.\n\n"
    "The dam was built in 1974 by people who had never seen the river in March, and it shows.\n"
)
URL = "https://paper.example/dam"


@pytest.fixture(autouse=True)
def _here_and_now(monkeypatch):
    """Work in the test's own thread, which alone sees what its transaction wrote."""
    monkeypatch.setattr(views, "wait_for", lambda batch: run(ImportBatch.objects.get(pk=batch)))


@pytest.fixture
def ada(at):
    return browser(at, at.ada)


def browser(at, who) -> Client:
    client = Client()
    client.force_login(at.account(who))
    return client


def address(name, *more):
    return reverse(name, args=["desk", *more])


def file(name, content):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def upload(client, *files, **more):
    return client.post(address("import-upload"), {"files": list(files), **more})


def fields(item, **changes):
    """Return what the form of a read article posts when only ``changes`` differ."""
    names = ["title", "byline", "publisher", "site", "published", "url", "language", "licence"]
    roles = {f"role-{n}": block["role"] for n, block in enumerate(item.draft["blocks"])}
    return {**{name: item.draft[name] for name in names}, **roles, **changes}


def correct(client, item, **changes):
    place = address("import-item", item.batch_id, item.pk)
    return client.post(place, fields(item, **changes))


def store(client, batch):
    return client.post(address("import-store", batch.pk))


def look(client, batch, **query):
    return client.get(address("import-batch", batch.pk), query)


# --- the way in -------------------------------------------------------------------------------


def test_files_are_read_shown_and_stored(at, ada):
    answer = upload(
        ada,
        file("flood.txt", TEXT),
        file("dam.html", "<html><body><h1>Dam</h1><p>It stands, they say.</p></body></html>"),
        licence="CC BY 4.0",
        redistributable="on",
    )
    batch = ImportBatch.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == address("import-batch", batch.pk)

    page = look(ada, batch)
    assert page.status_code == 200
    assert "Store these 2 articles" in page.text
    assert "The river rose two metres in 2021, said the mayor שלום" in page.text
    assert 'value="CC BY 4.0"' in page.text
    assert not Article.objects.exists()

    answer = store(ada, batch)
    assert answer.status_code == 303
    assert Article.objects.count() == 2
    stored = Article.objects.get(name="flood.txt")
    assert stored.text == TEXT
    assert (stored.licence, stored.redistributable) == ("CC BY 4.0", True)
    page = look(ada, batch)
    assert "Imported" in page.text
    assert reverse("article", args=["desk", stored.pk]) in page.text


def test_the_list_shows_what_runs_and_what_waits(at, ada):
    assert "None is running or waiting." in ada.get(address("import")).text

    upload(ada, file("flood.txt", TEXT), file("bad.txt", b""))

    page = ada.get(address("import")).text
    assert "waiting for you" in page
    assert address("import-batch", ImportBatch.objects.get().pk) in page


def test_a_pasted_text_keeps_line_feeds_and_what_was_typed_of_it(at, ada):
    answer = ada.post(
        address("import-paste"),
        {
            "text": TEXT.replace("\n", "\r\n"),
            "kind": "txt",
            "title": "The flood",
            "published": "2021-07",
            "url": "HTTPS://Paper.example/dam?utm_source=x",
            "redistributable": "on",
        },
    )
    assert answer.status_code == 303
    batch = ImportBatch.objects.get()
    store(ada, batch)

    stored = Article.objects.get()
    assert stored.text == TEXT
    assert stored.changes == []
    assert (stored.title, stored.published, stored.url) == ("The flood", "2021-07", URL)
    assert stored.redistributable


def test_a_pasted_page_is_read_as_html(at, ada):
    ada.post(
        address("import-paste"),
        {"text": "<h1>Dam</h1><p>It <b>stands</b>, they say.</p>", "kind": "html"},
    )

    item = ImportItem.objects.get()
    assert item.draft["text"].replace("\n", " ").split() == ["Dam", "It", "stands,", "they", "say."]
    assert item.draft["media_type"] == "text/html"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"text": ""}, "required", id="no text"),
        pytest.param({"text": " \r\n\t"}, "Paste the text of an article.", id="blank"),
        pytest.param({"text": "a\x00b"}, "Null characters are not allowed", id="nul"),
        pytest.param({"url": "ftp://x.example/"}, "must start with http", id="address"),
        pytest.param({"published": "2021-13"}, "2021-13", id="date"),
        pytest.param({"language": "English!"}, "Give a language tag", id="language"),
        pytest.param({"kind": "pdf"}, "pdf", id="kind"),
    ],
)
def test_a_paste_that_cannot_be_is_refused_with_what_was_typed(at, ada, typed, says):
    answer = ada.post(
        address("import-paste"), {"text": TEXT, "kind": "txt", "byline": "Zoe\u0301", **typed}
    )

    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="Zoe\u0301"' in answer.text
    assert not ImportBatch.objects.exists()


def test_an_upload_without_a_file_says_so(at, ada):
    answer = upload(ada)

    assert answer.status_code == 422
    assert "Choose at least one file." in answer.text
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        pytest.param("latin.txt", b"caf\xe9 " * 30, "latin.txt: ", id="undecodable"),
        pytest.param("b.txt", b"\x00\x01PK\x03" * 50, "b.txt: this is a binary file", id="binary"),
        pytest.param("c.txt", b"", "c.txt: there is no text in it.", id="empty"),
        pytest.param("d.txt", b"word " * 1_000_001, "d.txt: this has 5,000,005", id="too large"),
        pytest.param("e.html", b"<div>" * 201, "e.html: its elements are nested", id="nested"),
        pytest.param("f.jsonl", b'\n{"text"', "f.jsonl, line 2: it is no JSON", id="broken line"),
        pytest.param(
            "g.jsonl", rb'{"text": "\ud83c"}', "g.jsonl, line 1: it holds half", id="surrogate"
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_and_the_others_go_on(at, ada, name, data, says):
    upload(ada, file(name, data), file("flood.txt", TEXT))
    batch = ImportBatch.objects.get()

    page = look(ada, batch).text
    assert says in page
    assert "Store this article" in page

    store(ada, batch)
    assert Article.objects.count() == 1
    assert says in look(ada, batch).text


def test_where_every_file_is_refused_there_is_nothing_to_store(at, ada):
    upload(ada, file("c.txt", b""))
    batch = ImportBatch.objects.get()

    assert "There is nothing here to store." in look(ada, batch).text
    assert store(ada, batch).status_code == 422


def test_a_file_name_of_odd_characters_is_shown_escaped_and_on_one_line(at, ada):
    upload(ada, file('a"<b>\u202e\n🌊.txt', TEXT))

    item = ImportItem.objects.get()
    assert "\n" not in item.name
    assert "\u202e" not in item.name
    assert "<b>" not in look(ada, item.batch).text


def test_markup_in_a_text_is_shown_as_text(at, ada):
    upload(ada, file("x.txt", "<script>alert(1)</script> is a title\n\nשלום <img src=x> & more"))

    page = look(ada, ImportBatch.objects.get()).text
    assert "<script>alert(1)" not in page
    assert "&lt;img src=x&gt; &amp; more" in page


# --- corrections before storing ---------------------------------------------------------------


def test_roles_and_metadata_are_corrected_before_storing_and_stay_decided(at, ada):
    upload(ada, file("flood.txt", TEXT))
    item = ImportItem.objects.get()

    answer = correct(
        ada, item, title="Flood שלום", url="https://Paper.example/dam#top", **{"role-2": "caption"}
    )

    assert answer.status_code == 303
    assert not Article.objects.exists()
    store(ada, item.batch)
    stored = Article.objects.get()
    assert (stored.title, stored.url) == ("Flood שלום", URL)
    block = Block.objects.get(article=stored, index=2)
    assert (block.role, block.confirmed) == ("caption", True)
    assert not Block.objects.get(article=stored, index=1).confirmed


def test_storing_from_the_form_takes_its_corrections_along(at, ada):
    upload(ada, file("flood.txt", TEXT))
    item = ImportItem.objects.get()

    answer = correct(ada, item, title="Typed last", then="store")

    assert answer["Location"] == address("import-batch", item.batch_id)
    assert Article.objects.get().title == "Typed last"


def test_an_article_that_names_no_title_is_offered_its_files_name(at, ada):
    lines = '{"text": "a line, and another שלום.", "byline": "' + "é" * 900 + '"}'
    upload(ada, file("lines.jsonl", lines))
    item = ImportItem.objects.get()
    ImportItem.objects.update(draft={**item.draft, "title": ""})

    page = look(ada, item.batch).text

    assert 'name="title" value="lines.jsonl:1"' in page
    assert f'value="{"é" * 500}"' in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"title": " "}, "required"),
        ({"url": "javascript:alert(1)"}, "is not a web address"),
        ({"published": "soon"}, "soon"),
    ],
)
def test_a_correction_that_cannot_be_stays_on_the_form(at, ada, typed, says):
    upload(ada, file("flood.txt", TEXT))
    item = ImportItem.objects.get()

    answer = correct(ada, item, byline="Zoe\u0301 typed", then="store", **typed)

    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="Zoe\u0301 typed"' in answer.text
    assert not Article.objects.exists()


def test_an_article_is_left_out_and_taken_in_again(at, ada):
    upload(ada, file("flood.txt", TEXT), file("dam.txt", "A dam 🌊\n\nIt stands where it stood."))
    flood, dam = ImportItem.objects.all()
    place = address("import-item", flood.batch_id, flood.pk)

    ada.post(place, {"out": "on"})
    assert "Store this article" in look(ada, flood.batch).text
    ada.post(address("import-item", dam.batch_id, dam.pk), {"out": "on"})
    ada.post(place, {"out": "off"})
    store(ada, flood.batch)

    assert Article.objects.get().name == "flood.txt"


def test_a_text_that_is_here_is_linked_and_not_stored_again(at, ada):
    upload(ada, file("flood.txt", TEXT))
    store(ada, ImportBatch.objects.get())
    here = Article.objects.get()
    upload(ada, file("again.txt", TEXT))
    batch = ImportBatch.objects.exclude(state="done").get()

    page = look(ada, batch).text

    assert "here already" in page
    assert reverse("article", args=["desk", here.pk]) in page
    assert "There is nothing here to store." in page


def test_a_changed_text_is_offered_as_a_version_with_the_spans_it_will_carry(at, ada):
    old = article(at, url=URL)
    kept = mark(at, old, "The river rose two metres in 2021.")
    withdraw_span(mark(at, old, "Nobody was hurt."), by=at.cleo)
    ada.post(
        address("import-paste"),
        {"text": old.text.replace("colossal", "modest"), "kind": "txt", "url": URL},
    )
    batch = ImportBatch.objects.get()

    page = look(ada, batch).text
    assert "This one becomes its next version, and its 1 span will be carried over" in page

    store(ada, batch)
    new = Article.objects.get(previous=old)
    assert new.spans.get().quote == kept.quote


PAGE = (
    '<html lang="en"><head><link rel="canonical" href="https://paper.example/dam"><title>{title}</title>'
    '<meta name="author" content="{byline}"></head><body><article><h1>{title}</h1><p>{words}</p>'
    "<p>It had not risen so since the dam was built, and it will not rise so again 🌊, say all.</p>"
    "</article></body></html>"
)


def dam(**more):
    words = "The river rose two metres, said the mayor שלום of the town, and nobody was hurt."
    return file(
        "dam.html",
        PAGE.format(**{"title": "The dam", "byline": "ZOE COLE", "words": words, **more}),
    )


@pytest.fixture
def corrected_dam(at, ada):
    """Store a page whose byline was corrected before, and its publisher and date after."""
    upload(ada, dam())
    item = ImportItem.objects.get()
    ada.post(
        address("import-item", item.batch_id, item.pk),
        {**shown(look(ada, item.batch)), "byline": "Zoe\u0301 Cole"},
    )
    store(ada, item.batch)
    stored = Article.objects.get()
    ada.post(
        address("article-correct", stored.pk),
        metadata(stored, publisher="The Review", published="2024-03", title="The dam 🌊"),
    )
    ImportBatch.objects.all().delete()
    return Article.objects.get()


def test_a_new_version_is_shown_with_what_goes_on_and_what_is_said_otherwise(
    at, ada, corrected_dam
):
    upload(ada, dam(words="The river rose three metres, said the mayor of the town, and it fell."))
    item = ImportItem.objects.get()
    page = look(ada, item.batch)

    sent = shown(page)
    assert (sent["byline"], sent["publisher"], sent["published"], sent["title"]) == (
        "Zoe\u0301 Cole",
        "The Review",
        "2024-03",
        "The dam 🌊",
    )
    text = re.sub(r"<[^>]+>", "", unescape(page.text))
    assert "Version before: Zoe\u0301 Cole, kept\nThis file: ZOE COLE Take it" in text
    assert "As in the version before; this file does not say it." in text
    store(ada, item.batch)
    new = Article.objects.get(previous=corrected_dam)
    assert (new.byline, new.publisher, new.published, new.title) == (
        "Zoe\u0301 Cole",
        "The Review",
        "2024-03",
        "The dam 🌊",
    )


def test_what_the_new_file_says_otherwise_is_chosen_with_a_button(at, ada, corrected_dam):
    words = "The river rose three metres, said the mayor of the town, and it fell."
    upload(ada, dam(words=words, byline="Ada Hale", title="The dam breaks"))
    item = ImportItem.objects.get()
    place = address("import-item", item.batch_id, item.pk)
    page = look(ada, item.batch)
    sent = shown(page)
    assert (sent["byline"], sent["title"]) == ("Ada Hale", "The dam breaks")
    text = re.sub(r"<[^>]+>", "", unescape(page.text))
    assert "Version before: Zoe\u0301 Cole Keep it\nThis file: Ada Hale, taken" in text

    kept = ada.post(place, {**sent, "choose": "byline-before", "language": "en-GB"}, follow=True)

    text = re.sub(r"<[^>]+>", "", unescape(kept.text))
    assert "Version before: Zoe\u0301 Cole, kept\nThis file: Ada Hale Take it" in text
    ada.post(place, {**shown(kept), "choose": "byline-file"})
    ada.post(place, {"choose": "title-before"})
    ada.post(place, {"publisher": ""})
    store(ada, item.batch)
    new = Article.objects.get(previous=corrected_dam)
    assert (new.byline, new.title, new.language) == ("Ada Hale", "The dam 🌊", "en-GB")
    # Emptied by a person, it stays empty.
    assert (new.publisher, new.published) == ("", "2024-03")


def test_with_another_address_nothing_is_kept_of_the_article_that_it_is_not(at, ada, corrected_dam):
    upload(ada, dam(words="Other words שלום, said the mayor of the town, and nobody heard them."))
    item = ImportItem.objects.get()
    place = address("import-item", item.batch_id, item.pk)

    ada.post(place, {"url": "https://paper.example/other"})
    item.refresh_from_db()
    assert (item.state, item.draft["byline"], item.draft["publisher"]) == ("read", "ZOE COLE", "")

    ada.post(place, {"url": "https://paper.example/dam"})
    item.refresh_from_db()
    assert (item.state, item.draft["byline"]) == ("version", "Zoe\u0301 Cole")


def test_what_is_typed_with_a_pasted_version_counts_before_what_was_known(at, ada, corrected_dam):
    old = corrected_dam
    ada.post(
        address("import-paste"),
        {"text": f"{old.text}\n\nMore.", "kind": "txt", "url": old.url, "byline": "ZOE COLE"},
    )
    store(ada, ImportBatch.objects.get())

    new = Article.objects.get(previous=old)
    assert (new.byline, new.publisher) == ("ZOE COLE", "The Review")


# --- while it works ---------------------------------------------------------------------------


def test_a_double_click_stores_once(at, ada):
    upload(ada, file("flood.txt", TEXT))
    batch = ImportBatch.objects.get()

    first, second = store(ada, batch), store(ada, batch)

    assert first["Location"] == second["Location"]
    assert Article.objects.count() == 1
    assert Event.objects.filter(kind="article.imported").count() == 1


def test_a_page_follows_the_work_with_and_without_scripts(at, ada, monkeypatch):
    monkeypatch.setattr(views, "wait_for", lambda batch: None)
    leases.take(f"{WORKER}x", uuid4())
    upload(ada, file("flood.txt", TEXT), file("dam.txt", "A dam"))
    batch = ImportBatch.objects.get()

    page = look(ada, batch).text
    assert '<meta http-equiv="refresh"' in page
    assert '<progress aria-labelledby="progress-words" max="2" value="0">' in page
    assert "data-no-worker hidden" in page
    answer = ada.get(address("import-batch", batch.pk), headers={"Accept": "application/json"})
    assert answer.json() == {
        "state": "reading",
        "done": 0,
        "total": 2,
        "articles": 0,
        "worker": True,
    }


def test_where_no_worker_runs_the_pages_say_so_and_nobody_waits(at, ada, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(views.time, "sleep", lambda seconds: pytest.fail("waited in vain"))
    says = "No worker process is running, so no file is read"
    assert says in ada.get(address("import")).text

    upload(ada, file("flood.txt", TEXT))

    batch = ImportBatch.objects.get()
    page = look(ada, batch).text
    assert says in page
    assert "data-no-worker hidden" not in page
    answer = ada.get(address("import-batch", batch.pk), headers={"Accept": "application/json"})
    assert answer.json()["worker"] is False

    run(batch)
    assert says not in look(ada, batch).text


def test_an_answer_waits_for_a_worker_but_not_for_long(at, ada, monkeypatch):
    monkeypatch.undo()
    leases.take(f"{WORKER}x", uuid4())
    slept = []
    monkeypatch.setattr(views.time, "sleep", slept.append)
    monkeypatch.setattr(views, "PATIENCE", 0.3)
    upload(ada, file("flood.txt", TEXT))
    assert slept

    batch = ImportBatch.objects.get()
    monkeypatch.setattr(views, "PATIENCE", 60)
    monkeypatch.setattr(views.time, "sleep", lambda seconds: run(batch))
    views.wait_for(batch.pk)

    assert "Store this article" in look(ada, batch).text


def test_a_batch_is_discarded_and_its_articles_stay(at, ada):
    upload(ada, file("flood.txt", TEXT))
    batch = ImportBatch.objects.get()
    store(ada, batch)

    answer = ada.post(address("import-drop", batch.pk))

    assert answer["Location"] == address("import")
    assert not ImportBatch.objects.exists()
    assert Article.objects.exists()


def test_the_pages_cost_the_same_whatever_they_show(at, ada, django_assert_max_num_queries):
    upload(ada, file("a.txt", "A title\n\nA text of its own."))
    small = ImportBatch.objects.get()
    upload(
        ada,
        *(
            file(f"{n}.txt", f"Title {n}\n\n" + "\n\n".join(f"Words {n} {m}." for m in range(n)))
            for n in range(1, 20)
        ),
    )
    large = ImportBatch.objects.exclude(pk=small.pk).get()

    with django_assert_max_num_queries(15) as few:
        look(ada, small)
    with django_assert_max_num_queries(15) as many:
        look(ada, large)
    assert len(few) == len(many)
    with django_assert_max_num_queries(12):
        ada.get(address("import"))


def test_long_lists_and_long_articles_come_in_pages(at, ada):
    import json

    lines = "\n".join(json.dumps({"text": f"Title {n}\n\nWords of number {n}."}) for n in range(60))
    upload(ada, file("many.jsonl", lines))
    batch = ImportBatch.objects.get()
    assert "1 of 2" in look(ada, batch).text
    assert "many.jsonl:60" in look(ada, batch, page=2).text

    upload(ada, file("long.txt", "Long\n\n" + "\n\n".join(f"Paragraph {n}." for n in range(450))))
    item = ImportItem.objects.get(name="long.txt")
    page = look(ada, item.batch, item=item.pk, **{"from": 400}).text
    assert "Paragraph 449." in page
    assert 'name="role-400"' in page
    assert 'name="role-0"' not in page
    assert look(ada, item.batch, item=10**9).status_code == 200
    assert look(ada, item.batch, item="x", page="-1", **{"from": "é"}).status_code == 200


# --- going on without losing what was typed -----------------------------------------------------


@pytest.fixture
def two(at, ada):
    """Return the two articles of a batch that is looked at."""
    upload(ada, file("flood.txt", TEXT), file("dam.txt", f"The dam in the valley\n\n{TEXT}"))
    return list(ImportItem.objects.order_by("position"))


def shown(page):
    """Return what the form of the open article would send untouched, as a browser sends it."""
    found = {}
    part = page.text.split('<form id="item-form"')[1].split("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", part):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ("checkbox" not in tag or "checked" in tag):
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', part, re.DOTALL):
        found[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return found


def test_going_to_the_next_article_saves_what_was_typed_of_this_one(at, ada, two):
    one, other = two
    page = look(ada, one.batch)
    assert (
        f'<button class="link" form="item-form" name="then" value="item-{other.pk}">' in page.text
    )
    typed = {"publisher": "The Stell Review שלום", "published": "2024-03", "role-1": "caption"}

    answer = ada.post(
        address("import-item", one.batch_id, one.pk),
        {**shown(page), **typed, "then": f"item-{other.pk}"},
        follow=True,
    )

    assert answer.redirect_chain == [
        (f"{address('import-batch', one.batch_id)}?item={other.pk}", 303)
    ]
    assert "Saved; not stored yet." in answer.text
    one.refresh_from_db()
    assert (one.draft["publisher"], one.draft["published"]) == ("The Stell Review שלום", "2024-03")
    assert one.draft["blocks"][1]["role"] == "caption"
    assert one.summary["decided"] == [1]


@pytest.mark.parametrize("then", ["item-{}", "page-1", "from-0", "save", "store", ""])
def test_every_way_on_saves_and_one_that_is_none_stays_here(at, ada, two, then):
    one, other = two
    sent = {**shown(look(ada, one.batch)), "byline": "Zoe\u0301", "then": then.format(other.pk)}

    ada.post(address("import-item", one.batch_id, one.pk), sent)

    if then == "store":
        assert Article.objects.get(name="flood.txt").byline == "Zoe\u0301"
    else:
        one.refresh_from_db()
        assert one.draft["byline"] == "Zoe\u0301"


def test_leaving_an_article_out_keeps_what_was_typed_of_it(at, ada, two):
    one, _ = two
    sent = {**shown(look(ada, one.batch)), "byline": "Ada 🌊", "out": "on"}

    ada.post(address("import-item", one.batch_id, one.pk), sent)

    one.refresh_from_db()
    assert (one.state, one.draft["byline"]) == ("dropped", "Ada 🌊")


def test_what_cannot_be_saved_keeps_its_article_open_with_what_was_typed(at, ada, two):
    one, other = two
    sent = {**shown(look(ada, one.batch)), "published": "soon", "publisher": "The Review"}

    answer = ada.post(
        address("import-item", one.batch_id, one.pk), {**sent, "then": f"item-{other.pk}"}
    )

    assert answer.status_code == 422
    assert 'value="The Review"' in answer.text
    assert 'value="soon"' in answer.text
    again = ada.post(
        address("import-item", one.batch_id, one.pk), {**shown(answer), "published": "2024"}
    )
    assert again.status_code == 303
    one.refresh_from_db()
    assert (one.draft["published"], one.draft["publisher"]) == ("2024", "The Review")


DATED = (
    "<html><body><h1>The dam in the valley</h1><p>posted by Dr. Hale on 11/04/26</p>"
    "<p>The river rose two metres, said the mayor שלום of the town, and nobody was hurt.</p>"
    "<p>It had not risen so since the dam was built, and it will not rise so again 🌊.</p></body></html>"
)


def test_a_date_of_two_meanings_is_asked_before_storing(at, ada):
    upload(ada, file("dam.html", DATED))
    item = ImportItem.objects.get()
    page = look(ada, item.batch)
    assert re.search(r'name="published"[^>]*>', page.text)[0].count("value") == 0
    assert '<q dir="auto">11/04/26</q>: ' in page.text
    assert 'name="date" value="2026-04-11">11 April 2026</button> or ' in page.text
    assert 'name="date" value="2026-11-04">4 November 2026</button>?' in page.text

    sent = {**shown(page), "publisher": "The Review", "published": "soon", "date": "2026-11-04"}
    answer = ada.post(address("import-item", item.batch_id, item.pk), sent, follow=True)

    item.refresh_from_db()
    assert (item.draft["published"], item.draft["publisher"]) == ("2026-11-04", "The Review")
    assert 'name="date"' not in answer.text
    assert "may mean 11 April 2026 or 4 November 2026" in answer.text
    ada.post(address("import-item", item.batch_id, item.pk), {**shown(answer), "published": ""})
    assert 'name="date"' in look(ada, item.batch).text


def test_a_date_that_was_stored_undecided_is_asked_on_the_details(at, ada):
    upload(ada, file("dam.html", DATED))
    batch = ImportBatch.objects.get()
    store(ada, batch)
    stored = Article.objects.get()
    assert stored.published == ""
    assert 'name="date" value="2026-04-11">11 April 2026</button>' in ada.get(details(stored)).text
    read = browser(at, at.cleo).get(details(stored)).text
    assert "not known (“11/04/26”: 11 April 2026 or 4 November 2026?)" in read

    place = address("article-correct", stored.pk)
    refused = ada.post(place, metadata(stored, date="2026-02-31"))
    assert "February 2026 has no day 31" in refused.text
    ada.post(place, metadata(stored, date="2026-04-11"))

    stored.refresh_from_db()
    assert stored.published == "2026-04-11"
    assert 'name="date"' not in ada.get(details(stored)).text


def test_a_page_come_back_to_undoes_nothing(at, ada, two):
    one, other = two
    old = shown(look(ada, one.batch))
    place = address("import-item", one.batch_id, one.pk)
    ada.post(
        place, {**old, "publisher": "The Review", "role-0": "headline", "redistributable": "on"}
    )

    ada.post(place, {**old, "byline": "Zoe\u0301", "then": f"item-{other.pk}"})

    one.refresh_from_db()
    assert (one.draft["publisher"], one.draft["byline"]) == ("The Review", "Zoe\u0301")
    assert one.draft["blocks"][0]["role"] == "headline"
    assert one.redistributable
    # Emptied on purpose, it is empty.
    ada.post(place, {**shown(look(ada, one.batch)), "publisher": ""})
    one.refresh_from_db()
    assert one.draft["publisher"] == ""


def test_a_field_is_saved_alone_by_a_script(at, ada, two):
    one, _ = two
    place = address("import-item", one.batch_id, one.pk)
    json = {"headers": {"Accept": "application/json"}}

    saved = ada.post(place, {"byline": "Zoe\u0301"}, **json)
    ada.post(place, {"redistributable": "on"}, **json)
    ada.post(place, {"role-2": "caption"}, **json)
    refused = ada.post(place, {"published": "soon"}, **json)

    assert saved.json() == {"saved": ["byline"]}
    assert refused.status_code == 422
    assert "is no date" in refused.json()["detail"]
    one.refresh_from_db()
    assert (one.draft["byline"], one.draft["published"]) == ("Zoe\u0301", "")
    assert (one.redistributable, one.draft["blocks"][2]["role"]) == (True, "caption")
    ada.post(place, {"redistributable": ""}, **json)
    one.refresh_from_db()
    assert not one.redistributable


# --- later ------------------------------------------------------------------------------------


@pytest.fixture
def flood(at):
    return article(at, url=URL, changes=({"what": "newline", "from": "CRLF", "count": 12},))


def details(on):
    return address("article-details", on.pk)


def metadata(on, **changes):
    names = [
        "title",
        "byline",
        "publisher",
        "site",
        "published",
        "url",
        "language",
        "licence",
        "revision",
    ]
    return {**{name: getattr(on, name) for name in names}, **changes}


def test_the_details_say_what_was_done_and_digest_the_text(at, ada, flood):
    page = ada.get(details(flood)).text

    assert "Carriage return and line feed became a line feed, 12 times." in page
    assert flood.text_sha256 in page
    assert flood.source_sha256 in page
    assert 'value="2021-07"' in page


def test_whoever_may_not_correct_reads_the_details_without_forms(at, flood):
    page = browser(at, at.cleo).get(details(flood)).text

    assert "July 2021" in page
    assert "/details/metadata" not in page
    assert "/details/roles" not in page


def test_metadata_is_corrected_with_its_revision(at, ada, flood):
    answer = ada.post(
        address("article-correct", flood.pk), metadata(flood, title="Flood", redistributable="on")
    )

    flood.refresh_from_db()
    assert answer["Location"] == details(flood)
    assert (flood.title, flood.redistributable) == ("Flood", True)


def test_a_correction_based_on_an_older_version_shows_both(at, ada, flood):
    ada.post(address("article-correct", flood.pk), metadata(flood, title="First"))

    conflict = ada.post(address("article-correct", flood.pk), metadata(flood, title="Second"))

    assert conflict.status_code == 422
    assert "It now reads: First" in conflict.text
    assert 'value="Second"' in conflict.text
    again = re.search(r'name="revision" value="(\d+)"', conflict.text)[1]
    ada.post(address("article-correct", flood.pk), metadata(flood, title="Second", revision=again))
    flood.refresh_from_db()
    assert flood.title == "Second"


def test_an_address_of_another_article_is_refused(at, ada, flood):
    other = article(at, "Another 🌊\n\nטקסט of its own.")

    answer = ada.post(address("article-correct", other.pk), metadata(other, url=URL))

    assert answer.status_code == 422
    assert "This address belongs to “The flood”." in answer.text


def roles(client, on, sure=False, **changes):
    data = {}
    for block in Block.objects.filter(article=on):
        data[f"was-{block.index}"] = data[f"role-{block.index}"] = block.role
    data.update({name.replace("_", "-"): value for name, value in changes.items()})
    return client.post(address("article-roles", on.pk), data | ({"sure": "yes"} if sure else {}))


def role(on, index):
    return Block.objects.get(article=on, index=index).role


def test_roles_are_set_at_once_where_no_span_stands(at, flood):
    ben = browser(at, at.ben)

    answer = roles(ben, flood, role_2="caption")

    assert answer.status_code == 303
    assert role(flood, 2) == "caption"
    assert Event.objects.filter(kind="block.roles_set").count() == 1
    roles(ben, flood)
    assert Event.objects.filter(kind="block.roles_set").count() == 1


def test_spans_in_a_changed_role_are_shown_before_it_is_saved(at, flood):
    ben = browser(at, at.ben)
    mark(at, flood, "a colossal blunder", "o")

    asked = roles(ben, flood, role_2="boilerplate", role_1="caption")

    assert asked.status_code == 200
    assert "a colossal blunder" in asked.text
    assert "Paragraph 2: body → boilerplate" in asked.text
    assert "No span stands in it." in asked.text
    assert role(flood, 2) == "body"

    roles(ben, flood, sure=True, role_2="boilerplate", role_1="caption")
    assert (role(flood, 1), role(flood, 2)) == ("caption", "boilerplate")


def test_a_role_that_somebody_set_meanwhile_is_not_set_back_unseen(at, flood):
    ben = browser(at, at.ben)
    roles(ben, flood, role_1="caption")

    untouched = roles(ben, flood, was_1="body", role_1="body", role_2="credit")
    asked = roles(ben, flood, was_1="body", role_1="heading")

    assert untouched.status_code == 303
    assert (role(flood, 1), role(flood, 2)) == ("caption", "credit")
    assert "Somebody else set this role while your page was open; it now is caption." in asked.text
    assert 'name="was-1" value="caption"' in asked.text


def test_an_independent_layer_stays_unseen_when_roles_change():
    at = desk(preset="dataset")
    on = article(at)
    mark(at, on, "a colossal blunder", "o", by=at.cleo)

    answer = roles(browser(at, at.ben), on, role_2="caption")

    assert answer.status_code == 303, "ben sees none of cleo's spans"


def test_the_details_name_the_other_versions_and_say_what_waits(at, ada, flood):
    mark(at, flood, "The river rose two metres in 2021.")
    mark(at, flood, "Nobody was hurt.", "f")
    text = flood.text.replace("rose two metres", "rose almost two metres").replace(
        "Nobody was hurt. ", ""
    )
    new = article(at, text, url=URL)

    page = ada.get(details(new)).text
    assert "0 of 2 are settled" in page
    assert f'href="{address("versions", new.pk)}">Compare the versions and settle' in page
    assert details(flood) in page
    assert details(new) in ada.get(details(flood)).text

    settle_carried(Span.objects.get(article=new), by=at.ada)
    assert "1 of 2 are settled" in ada.get(details(new)).text


def test_the_details_cost_the_same_with_many_spans(at, ada, flood, django_assert_max_num_queries):
    with django_assert_max_num_queries(15) as few:
        ada.get(details(flood))
    for start in range(0, 40):
        mark(at, flood, "The river", "cfo"[start % 3])
    with django_assert_max_num_queries(15) as many:
        ada.get(details(flood))

    assert len(many) == len(few)


def test_a_purged_article_is_shown_and_not_corrected(at, ada, flood):
    from annotations.actions.articles import purge_article

    purge_article(flood, reason="Its author asked.", by=at.ada)

    page = ada.get(details(flood))
    assert page.status_code == 200
    assert "/details/metadata" not in page.text
