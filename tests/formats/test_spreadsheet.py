"""CSV for spreadsheets: what it keeps, and what it does not let run."""

import csv
import io

import pytest

from annotations.formats.spreadsheet import as_csv, cell


@pytest.mark.parametrize(
    "words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1", "＋1", "＠x"]
)
def test_what_would_be_a_formula_gets_an_apostrophe(words):
    assert cell(words) == f"'{words}"


@pytest.mark.parametrize("value", ["", "שלום", "a=1", " =1", -1, 0, None, 1.5])
def test_everything_else_stays_as_it_is(value):
    assert cell(value) == value


def test_a_long_table_comes_back_as_it_was():
    rows = [[str(n), '👩‍👩‍👧 cafe\u0301, “a” "b"\nשלום'] for n in range(1201)]

    chunks = list(as_csv(("number", "words"), rows))

    assert len(chunks) == 3
    text = b"".join(chunks).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["number", "words"], *rows]
