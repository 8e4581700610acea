"""What either database takes: the limits of the stricter one."""

import pytest

from annotations.domain.portable import MOST_NUMBER, json_fault, number_fault, text_fault


@pytest.mark.parametrize(
    ("text", "most", "why"),
    [
        ("é" * 300, 300, ""),
        ("é" * 301, 300, "has 301 characters, and 300 fit"),
        ("x" * 10_000, None, ""),
        ("a\0b", None, "holds a NUL character, which no database text can"),
        ("🌊", 1, ""),
        ("\ud83c", 1, "holds half of a character, a lone surrogate, which no UTF-8 can"),
    ],
)
def test_a_text_is_held_to_its_column(text, most, why):
    assert text_fault(text, most) == why


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (0, ""),
        (MOST_NUMBER, ""),
        (MOST_NUMBER + 1, "is outside of 0 to 2,147,483,647"),
        (-1, "is outside of 0 to 2,147,483,647"),
    ],
)
def test_a_number_is_held_to_its_column(number, why):
    assert number_fault(number, 0, MOST_NUMBER) == why


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"one": ["two", {"three": "é🌊"}], "four": None, "five": 3}, ""),
        ({"one": [{"two": "a\0"}]}, "holds a NUL"),
        ({"a\0": 1}, "holds a NUL"),
        ([("\udc00",)], "holds half of a character"),
    ],
)
def test_every_text_within_a_value_is_looked_at(value, why):
    assert json_fault(value).startswith(why) if why else json_fault(value) == ""
