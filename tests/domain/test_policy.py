"""What a project asks, as it is stored and as it comes back."""

import re
from dataclasses import fields

import pytest

from annotations.domain.errors import Refused
from annotations.domain.policy import DEFAULT_LABELS, PRESETS, RESERVED_KEYS, Policy
from annotations.domain.vocabulary import COUNTED_ROLES, LabelKind, Mode, Preset
from annotations.forms import RULES


def test_a_policy_comes_back_as_it_was_stored():
    policy = Policy(sources=2, sourced_kinds=("fact", "claim"), read=False)

    assert Policy.from_json(policy.to_json()) == policy


def test_absent_rules_take_their_defaults():
    assert Policy.from_json({}) == Policy()
    assert Policy().counted_roles == COUNTED_ROLES


def test_what_is_stored_is_plain_json_without_floats():
    stored = Policy().to_json()

    assert {type(value) for value in stored.values()} == {int, bool, list}


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        pytest.param({"truth": True}, "no rule “truth”", id="no such rule"),
        pytest.param({"sources": -1}, "“sources” cannot be -1", id="below 0"),
        pytest.param({"sources": 10}, "cannot be 10", id="above 9"),
        pytest.param({"sources": True}, "cannot be True", id="a truth value for a count"),
        pytest.param({"sources": "1"}, "cannot be '1'", id="a text for a count"),
        pytest.param({"read": 1}, "“read” cannot be 1", id="a count for a truth value"),
        pytest.param({"sourced_kinds": ["truth"]}, "cannot be", id="no such kind"),
        pytest.param({"sourced_kinds": "claim"}, "cannot be 'claim'", id="a text for a list"),
        pytest.param({"counted_roles": ["claim"]}, "cannot be", id="no such role of a block"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(stored, says):
    with pytest.raises(Refused, match=says) as refusal:
        Policy.from_json(stored)

    assert refusal.value.code == "policy"


def test_every_preset_has_a_mode_and_a_policy():
    assert set(PRESETS) == set(Preset)
    assert PRESETS[Preset.DESK] == (Mode.SHARED, Policy())
    mode, dataset = PRESETS[Preset.DATASET]
    assert (mode, dataset.annotators, dataset.second_readers) == (Mode.INDEPENDENT, 2, 0)
    assert PRESETS[Preset.SOLO][1].sole_author


def test_the_first_labels_are_one_of_each_kind_with_keys_that_are_free():
    keys = [key for key, *_ in DEFAULT_LABELS]
    kinds = [kind for _, _, kind, _ in DEFAULT_LABELS]

    assert kinds == [LabelKind.FACT, LabelKind.CLAIM, LabelKind.OPINION]
    assert not set(keys) & set(RESERVED_KEYS)
    assert all(re.fullmatch("[a-z]", key) for key in keys)


def test_every_rule_has_its_words_on_the_page():
    assert list(RULES) == [field.name for field in fields(Policy)]
