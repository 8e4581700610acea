"""A state from before a field was there is read with it, and a newer one as it is."""

import pytest

from annotations.domain.history import canonical_json
from annotations.domain.schema import LATER, PAYLOAD_VERSION, read_payload, without_absent


def told(version, state):
    change = {"table": "decision", "id": "1", "before": None, "after": state}
    return read_payload(canonical_json({"v": version, "changes": [change], "blocks": {}}))


def test_what_a_payload_could_not_name_yet_is_filled_in():
    [change] = told(1, {"outcome": "accepted"})["changes"]

    absent = {name: field.absent for name, field in LATER["decision"].items()}
    assert change["after"] == {"outcome": "accepted", **absent}
    assert change["before"] is None


@pytest.mark.parametrize("version", range(1, PAYLOAD_VERSION + 1))
def test_only_fields_that_came_after_the_payload_are_filled_in(version):
    [change] = told(version, {"outcome": "accepted"})["changes"]

    later = {name for name, field in LATER["decision"].items() if field.since > version}
    assert change["after"].keys() == {"outcome", *later}


def test_a_digest_leaves_a_later_field_out_until_it_says_something():
    [(name, field)] = LATER["signoff"].items()

    assert without_absent("signoff", {"signer": "é", name: field.absent}) == {"signer": "é"}
    assert without_absent("signoff", {"signer": "é", name: 7}) == {"signer": "é", name: 7}
