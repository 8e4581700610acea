import errno
import json
import os

import pytest
from django.core.management import CommandError, call_command

from annotations.formats.exporters.fixture import FixtureExporter

pytestmark = pytest.mark.django_db


def export(path, **options):
    call_command(
        "export_dataset", project="desk", output=str(path), **({"format": "jsonl"} | options)
    )
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_holds_an_article_with_spans_that_fit_its_text(told, tmp_path):

    header, *articles = export(tmp_path / "out.jsonl", people="names")

    assert header["type"] == "header"
    assert header["project"]["history"]["sequence"] > 0
    assert {line["offset_unit"] for line in (header, *articles)} == {"unicode_code_point"}
    for article in articles:
        for span in article["spans"]:
            start, end = span["start"], span["end"]
            text = article["text"]
            assert text[start:end] == span["quote"]
            assert text[:start].endswith(span["prefix"])
            assert text[end:].startswith(span["suffix"])
    flood = next(article for article in articles if article["uuid"] == str(told.flood.pk))
    claim = next(span for span in flood["spans"] if span["kind"] == "claim")
    assert claim["speaker"]["name"] == "The mayor"
    assert claim["author"]["name"] == "Cleo Lindqvist"
    assert claim["assertion"]["verdict"] == "supported"
    stances = {c["stance"]: c["source"]["title"] for c in claim["assertion"]["citations"]}
    assert stances == {"supports": "Gauge report", "context": "Known to the desk"}
    assert [d["outcome"] for d in claim["decisions"]] == ["accepted"]
    assert flood["note"].startswith("The text of this article may not be redistributed.")
    assert len(flood["sign_offs"]) == 1


def test_on_standoff_no_word_of_the_text_leaves(told, tmp_path):

    _, *articles = export(tmp_path / "out.jsonl", standoff=True)

    for article in articles:
        assert "text" not in article
        assert article["length"] > 0
        assert not any({"quote", "prefix", "suffix"} & span.keys() for span in article["spans"])


def test_it_says_what_leaves(told, tmp_path, capsys):

    export(tmp_path / "out.jsonl", signed_off=True)

    said = capsys.readouterr().err
    assert "1 article with 2 spans matches." in said
    assert "Of the others, 1 awaits second reading." in said
    assert "1 may not be redistributed; it leaves with its text; --standoff leaves it out." in said


def test_a_file_that_fails_leaves_the_one_before_it_and_no_other(told, tmp_path, monkeypatch):
    file = tmp_path / "out.json"
    file.write_text("before")

    def break_off(self, dataset):
        yield b"["
        raise OSError("No space left on device")

    monkeypatch.setattr(FixtureExporter, "write", break_off)
    with pytest.raises(OSError, match="No space"):
        call_command("export_dataset", project="desk", format="fixture", output=str(file))

    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    assert file.read_text() == "before"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"project": "desj"}, "There is no project “desj”. Projects: desk."),
        ({"format": "brta"}, 'Unknown format "brta". Formats: fixture, jsonl.'),
        ({"output": "/nowhere/at/all"}, "cannot be written"),
    ],
    ids=["project", "format", "output"],
)
def test_what_cannot_be_done_is_said_in_a_sentence(told, tmp_path, options, sentence):
    asked = {"project": "desk", "format": "jsonl", "output": str(tmp_path / "o")} | options

    with pytest.raises(CommandError, match=sentence):
        call_command("export_dataset", **asked)


def test_to_the_terminal(told, capfdbinary):

    call_command("export_dataset", project="desk", format="fixture", output="-")

    assert capfdbinary.readouterr().out.endswith(b"\n]\n")


def test_a_folder_is_no_file_to_write_to_and_nothing_stays_in_it(told, tmp_path):

    with pytest.raises(CommandError, match="cannot be written: Is a directory"):
        call_command("export_dataset", project="desk", format="jsonl", output=str(tmp_path))

    assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.parent.glob(f".{tmp_path.name}.*")) == []


def test_a_disk_that_fills_up_is_said_in_a_sentence_and_leaves_no_rest(told, tmp_path, monkeypatch):
    target = tmp_path / "out.jsonl"
    export(target)
    before = target.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        CommandError, match=r"out\.jsonl cannot be written: No space left on device"
    ):
        export(target)

    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
