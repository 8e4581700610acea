"""Fixtures are read a row at a time, and a damaged one is named by its line."""

import io
import json
import tracemalloc

import pytest
from django.core import serializers
from django.core.serializers.base import DeserializationError

from annotations.models import Person

PEOPLE = [
    {
        "fields": {"name": name, "project": "00000000-0000-4000-8000-000000000009", "revision": 1},
        "model": "annotations.person",
        "pk": f"00000000-0000-4000-8000-00000000000{number}",
    }
    for number, name in enumerate(["Ada שלום", "Béa e\u0301", "Cleo 👩‍👧", "a\u2028b"])
]
ROWS = [json.dumps(row, ensure_ascii=False) for row in PEOPLE]
LINES = "[\n" + ",\n".join(ROWS) + "\n]\n"


def names(stream):
    return [loaded.object.name for loaded in serializers.deserialize("json", stream)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LINES, id="a row a line"),
        pytest.param(LINES.replace("\n", "\r\n"), id="with CRLF"),
        pytest.param(LINES.rstrip(), id="no line feed at the end"),
        pytest.param(json.dumps(PEOPLE), id="one line"),
        pytest.param(json.dumps(PEOPLE, indent=2), id="indented"),
        pytest.param("[" + ",\n".join(ROWS) + "]", id="as dumpdata writes it"),
    ],
)
def test_however_it_is_laid_out_it_has_the_same_rows(text):
    expected = [row["fields"]["name"] for row in PEOPLE]

    assert names(io.BytesIO(text.encode())) == expected
    assert names(io.StringIO(text, newline="")) == expected
    assert names(text) == expected


def test_no_rows_are_no_rows():
    assert names(io.BytesIO(b"[\n]\n")) == []
    assert names(io.BytesIO(b"[]")) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(LINES[:-2], "Line 6 .*cut off|more than", id="without its end"),
        pytest.param("[\n" + ",\n".join(ROWS[:2]) + ",\n", "Line 4 is no row", id="after a comma"),
        pytest.param(
            "[\n" + ",\n".join([*ROWS[:2], ROWS[2][:40]]), "Line 4 is no row", id="within a row"
        ),
        pytest.param("[\n" + "\n".join(ROWS) + "\n]\n", "before line 3", id="no commas"),
        pytest.param(LINES + LINES, "before line 6", id="twice"),
        pytest.param("[\n" + ROWS[0] + ",\n7\n]", "Line 3 is no row", id="a number"),
    ],
)
def test_what_is_damaged_is_named_by_its_line(text, sentence):
    with pytest.raises(DeserializationError, match=sentence):
        names(io.BytesIO(text.encode()))


@pytest.mark.parametrize("text", ["", "[", "[\n{", "nothing", '[\n{"a": 1}\n'])
def test_what_is_no_fixture_is_refused(text):
    with pytest.raises(DeserializationError):
        names(io.BytesIO(text.encode()))


def test_a_large_file_is_not_held_in_memory():
    row = json.dumps(PEOPLE[0] | {"fields": PEOPLE[0]["fields"] | {"name": "n" * 100_000}})
    stream = io.BytesIO(("[\n" + ",\n".join([row] * 100) + "\n]\n").encode())
    list(serializers.deserialize("json", io.BytesIO(LINES.encode())))

    tracemalloc.start()
    for loaded in serializers.deserialize("json", stream):
        assert isinstance(loaded.object, Person)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 2_000_000
