"""``manage.py import_articles`` as somebody at a terminal runs it."""

import io
import json
import os

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Article, Event
from tests.builders import article, desk, mark

pytestmark = pytest.mark.django_db

TEXT = (
    "Zoe\u0301 saw the flood 👩‍👩‍👧\n\n"
    "The river rose two metres in 2021, said the mayor שלום of the town, and nobody was hurt. "
    "It had not risen so since the dam was built.\n\n"
    "The dam was built in 1974 by people who had never seen the river in March, and it shows.\n"
)


@pytest.fixture
def at():
    return desk()


def run(*files, project="desk", **options):
    out, errors = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(
            "import_articles",
            *map(str, files),
            project=project,
            stdout=out,
            stderr=errors,
            **options,
        )
    except CommandError as error:
        code, said = error.returncode, str(error)
        errors.write(f"CommandError: {said}\n")
    return code, out.getvalue().splitlines(), errors.getvalue().splitlines()


@pytest.fixture
def flood(tmp_path):
    path = tmp_path / "flood.txt"
    path.write_text(TEXT)
    return path


def page(words, url="https://paper.example/dam", title="The dam"):
    return (
        f'<html lang="en"><head><link rel="canonical" href="{url}"><title>{title}</title></head>'
        f"<body><article><h1>{title}</h1><p>{words}</p></article></body></html>"
    )


def test_a_file_becomes_an_article_and_one_line_says_so(at, flood):
    code, out, errors = run(flood, licence="CC BY 4.0", redistributable=True)

    stored = Article.objects.get()
    [line] = out
    assert (code, errors) == (0, [])
    assert line.startswith(f"flood.txt: stored: “{stored.title}”, 3 blocks.")
    assert str(stored.pk) in line
    assert stored.text == TEXT
    assert stored.imported_by == at.ada
    assert (stored.licence, stored.redistributable) == ("CC BY 4.0", True)


def test_a_text_that_is_here_is_named_with_its_address_and_nothing_is_stored(at, flood):
    run(flood)
    before = Event.objects.count()

    code, [line], _ = run(flood)

    assert code == 0
    assert "known: This text is here already" in line
    assert f"/p/desk/a/{Article.objects.get().pk}/" in line
    assert Event.objects.count() == before


def test_a_changed_text_at_a_known_address_becomes_its_next_version(at, tmp_path):
    path = tmp_path / "dam.html"
    path.write_text(page("It rose two metres in 2021, as the mayor said, and then it fell."))
    run(path)
    old = Article.objects.get()
    mark(at, old, "It rose two metres in 2021")
    path.write_text(page("It rose two metres in 2021, as the mayor שלום said, and then fell."))

    refused, [line], _ = run(path, no_versions=True)
    assert refused == 1
    assert "it can be imported as its next version" in line

    code, [line], _ = run(path)
    new = Article.objects.get(previous=old)
    assert code == 0
    assert "dam.html: new version: " in line
    assert new.spans.get().quote == "It rose two metres in 2021"


REFUSED = [
    pytest.param("latin.txt", "caf\xe9 ".encode("latin-1") * 30, "latin.txt: ", id="undecodable"),
    pytest.param("a.txt", b"\x00\x01\x02PK\x03\x04" * 50, "this is a binary file", id="binary"),
    pytest.param("b.txt", b" \n\t\n", "b.txt: there is no text in it.", id="empty"),
    pytest.param("c.txt", b"", "c.txt: there is no text in it.", id="nothing at all"),
    pytest.param("d.txt", b"word " * 1_000_001, "5,000,005 bytes", id="too large"),
    pytest.param("e.html", b"<div>" * 201 + b"word", "more than 200 deep", id="nested"),
    pytest.param("f.jsonl", b'{"text": "x"', "f.jsonl, line 1: it is no JSON", id="broken line"),
    pytest.param(
        "g.jsonl",
        b'\n{"text": "half \\ud83c"}',
        "g.jsonl, line 2: it holds half of a surrogate pair",
        id="lone surrogate",
    ),
]


@pytest.mark.parametrize(("name", "data", "says"), REFUSED)
def test_a_bad_file_is_refused_in_one_sentence_and_does_not_stop_the_others(
    at, tmp_path, flood, name, data, says
):
    (tmp_path / name).write_bytes(data)

    code, out, errors = run(tmp_path / name, flood)

    assert code == 1
    assert len(out) == 2
    assert says in out[0]
    assert "flood.txt: stored" in out[1]
    assert errors == ["CommandError: 1 of 2 refused."]
    assert Article.objects.count() == 1


def test_a_file_of_lines_is_stored_whole_or_not_at_all(at, tmp_path):
    path = tmp_path / "many.jsonl"
    good = [{"text": f"Flood {n} 🌊\n\nThe river rose {n} metres, they say."} for n in (1, 2)]
    path.write_text(f"{json.dumps(good[0])}\nno json\n{json.dumps(good[1])}\n")

    code, out, _ = run(path)

    assert code == 1
    assert [line.split(": ")[0] for line in out] == ["many.jsonl, line 2"]
    assert not Article.objects.exists()

    path.write_text(f"{json.dumps(good[0])}\n{json.dumps(good[1])}\n")
    code, out, _ = run(path)

    assert code == 0
    assert [line.split(": ")[0] for line in out] == ["many.jsonl:1", "many.jsonl:2"]
    assert Article.objects.count() == 2


def test_a_date_that_cannot_be_does_not_keep_an_article_out(at, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"text": TEXT, "published": "2021-13"}))

    code, _, _ = run(path)

    assert code == 0
    assert Article.objects.get().published == ""


def test_an_address_with_a_password_in_it_is_refused_with_its_article(at, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"text": TEXT, "url": "https://ada:secret@a.example/"}))

    code, [line], _ = run(path)

    assert code == 1
    assert line == (
        "odd.jsonl:1: This address holds a name or password. Leave out all up to the @."
    )
    assert not Article.objects.exists()


def test_a_title_longer_than_its_column_is_cut(at, tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"text": TEXT, "title": "e\u0301" * 400}))

    code, _, _ = run(path)

    assert code == 0
    assert len(Article.objects.get().title) == 500


def test_a_missing_file_and_a_folder_are_refused_by_name(at, tmp_path, flood):
    code, out, _ = run(tmp_path / "none.txt", tmp_path, flood)

    assert code == 1
    assert out[0] == "none.txt: it cannot be read (No such file or directory)."
    assert out[1] == f"{tmp_path.name}: it cannot be read (Is a directory)."
    assert "stored" in out[2]


def test_a_file_name_of_odd_characters_is_shown_on_one_line(at, tmp_path):
    path = os.fsencode(tmp_path) + b"/odd\xff\nname.txt"
    with open(path, "wb") as file:
        file.write(TEXT.encode())

    code, [line], _ = run(os.fsdecode(path))

    assert code == 0
    assert line.startswith("odd\ufffd\ufffdname.txt: stored")
    assert Article.objects.get().name == "odd\ufffd\ufffdname.txt"


def test_the_preview_prints_one_object_a_line_and_stores_nothing(at, tmp_path, flood):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"")
    before = Event.objects.count()

    code, [line], errors = run(flood, bad, preview=True)

    shown = json.loads(line)
    assert code == 1
    assert errors[0] == "bad.txt: there is no text in it."
    assert list(shown) == [
        "file",
        "title",
        "byline",
        "publisher",
        "published",
        "url",
        "language",
        "blocks",
    ]
    for index, block in enumerate(shown["blocks"]):
        assert list(block) == ["index", "role", "start", "end", "text", "duplicate_of"]
        assert block["index"] == index
        assert block["text"] == TEXT[block["start"] : block["end"]]
    assert not Article.objects.exists()
    assert Event.objects.count() == before


def test_a_date_of_two_meanings_is_said_with_both(at, tmp_path):
    path = tmp_path / "dam.html"
    path.write_text(page(f"posted by Dr. Hale on 11/04/26</p><p>{TEXT}"))

    _, [line], _ = run(path, preview=True)
    shown = json.loads(line)
    assert (shown["published"], shown["published_undecided"]) == (
        "",
        {"words": "11/04/26", "readings": ["2026-04-11", "2026-11-04"]},
    )

    _, [_, said], _ = run(path)
    stored = Article.objects.get()
    assert stored.published == ""
    assert said == (
        "dam.html: published on “11/04/26”: 11 April 2026 or 4 November 2026? "
        f"Choose one at /p/desk/a/{stored.pk}/details/"
    )


def test_who_imports_is_a_manager_of_the_project(at, flood):
    code, _, errors = run(flood, by="cleo")
    assert (code, errors) == (1, ["CommandError: cleo is no manager of the project “desk”."])

    code, _, [error] = run(flood, project="nowhere")
    assert code == 1
    assert "There is no project “nowhere”." in error

    assert run(flood, by="ada")[0] == 0


def test_at_a_terminal_a_bar_says_how_far_it_is(at, flood, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    errors = Terminal()
    call_command("import_articles", str(flood), project="desk", stdout=io.StringIO(), stderr=errors)

    assert "] 0 of 1 files, flood.txt" in errors.getvalue()
    assert errors.getvalue().endswith("\r\x1b[K")


def test_a_file_over_the_limit_of_all_files_is_refused_unread(at, tmp_path, monkeypatch):
    monkeypatch.setattr("annotations.management.commands.import_articles.MAX_FILE_BYTES", 10)
    path = tmp_path / "huge.jsonl"
    path.write_bytes(b"x" * 11)

    code, [line], _ = run(path)

    assert code == 1
    assert line == "huge.jsonl: this has 11 bytes, and a file may have 10."


def test_another_projects_text_is_not_known_here(at, flood):
    other = desk("other", prefix="x")
    article(other, TEXT)

    code, [line], _ = run(flood)

    assert code == 0
    assert "stored" in line


def test_a_file_that_does_not_end_is_refused_whole_and_the_next_is_stored(
    at, tmp_path, flood, settings
):
    settings.FILE_READER = "tests.readers"
    settings.FILE_SECONDS = 3
    for name in ("bad.loops", "bad.dies"):
        (tmp_path / name).write_text("A text that could be read")

    code, out, errors = run(tmp_path / "bad.loops", tmp_path / "bad.dies", flood)

    assert code == 1
    assert out[0].startswith("bad.loops: reading it took longer than 3 seconds, so it was stopped.")
    assert out[1].startswith("bad.dies: it could not be read; ")
    assert "flood.txt: stored" in out[2]
    assert errors == ["CommandError: 2 of 3 refused."]
    assert Article.objects.count() == 1
