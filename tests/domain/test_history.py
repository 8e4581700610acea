"""The chain: one spelling of a payload, and a hash that everything hangs on."""

import hashlib
import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.history import GENESIS, Link, canonical_json, digest, digest_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=12,
)
LINK = Link(
    stream=UUID("00000000-0000-4000-8000-00000000000a"),
    sequence=1,
    operation=UUID("00000000-0000-4000-8000-00000000000b"),
    actor=UUID("00000000-0000-4000-8000-00000000000c"),
    kind="span.added",
    time=1_700_000_000_123,
    payload_sha256=digest("{}"),
)


@given(VALUES)
def test_canonical_json_means_what_it_was_made_of_and_is_spelled_once(value):
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_canonical_json_keeps_letters_and_sorts_keys():
    assert canonical_json({"שלום": ["e\u0301", "👩‍👩‍👧"], "a": True}) == (
        '{"a":true,"שלום":["e\u0301","👩‍👩‍👧"]}'
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(0.5, id="bare"),
        pytest.param({"a": {"b": [1, 2.0]}}, id="deep"),
        pytest.param((1, float("nan")), id="not a number"),
    ],
)
def test_floats_are_refused_wherever_they_stand(value):
    with pytest.raises(TypeError, match="no floats"):
        canonical_json(value)


def test_what_json_has_no_form_for_is_refused():
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_a_digest_is_of_the_utf8_bytes():
    assert digest("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()
    assert digest_of({"b": 1, "a": 2}) == digest('{"a":2,"b":1}')


def test_a_hash_is_of_the_columns_in_lines_as_the_documents_say():
    lines = [
        GENESIS,
        "0000000000004000800000000000000a",
        "1",
        "0000000000004000800000000000000b",
        "0000000000004000800000000000000c",
        "span.added",
        "1700000000123",
        hashlib.sha256(b"{}").hexdigest(),
    ]

    assert LINK.hash(GENESIS) == hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"stream": LINK.actor},
        {"sequence": 2},
        {"operation": LINK.actor},
        {"actor": LINK.stream},
        {"kind": "span.changed"},
        {"time": LINK.time + 1},
        {"payload_sha256": digest("{ }")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_column_and_the_hash_before_change_the_hash(change):
    assert replace(LINK, **change).hash(GENESIS) != LINK.hash(GENESIS)
    assert LINK.hash("0" * 64) != LINK.hash(GENESIS)
