"""What differs between what was signed and what is there now."""

from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.signoff import ItemChange, difference, items_digest

ITEMS = st.dictionaries(st.sampled_from(["article", "span:é", "span:🌊", "policy"]), st.text())


def test_items_added_changed_and_removed_are_named_in_order():
    before = {"article": "1", "span:b": "1", "span:a": "1"}
    after = {"article": "2", "span:b": "1", "span:c": "1"}

    assert difference(before, after) == [
        ItemChange("article", "changed"),
        ItemChange("span:a", "removed"),
        ItemChange("span:c", "added"),
    ]


@given(ITEMS, ITEMS)
def test_nothing_differs_exactly_where_the_digests_are_equal(before, after):
    assert (difference(before, after) == []) == (items_digest(before) == items_digest(after))


@given(ITEMS)
def test_the_digest_does_not_know_the_order_of_items(items):
    assert items_digest(dict(reversed(items.items()))) == items_digest(items)


def test_a_change_travels_as_plain_json():
    assert ItemChange("span:שלום", "removed").to_json() == {
        "item": "span:שלום",
        "what": "removed",
    }
