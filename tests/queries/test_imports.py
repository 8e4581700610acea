"""Which spans stand in blocks whose roles are about to change."""

import pytest

from annotations.domain.vocabulary import Role
from annotations.queries.access import Member
from annotations.queries.imports import spans_in
from tests import builders

pytestmark = pytest.mark.django_db


def member(at, person, role):
    return Member(at.account(person), at.project, person, role)


def test_the_spans_that_a_change_of_role_affects_are_those_that_reach_into_the_block():
    at = builders.desk()
    on = builders.article(at)
    hurt = builders.mark(at, on, "Nobody was hurt")
    across = builders.mark(at, on, "said the mayor שלום of the town.\n\nNobody was hurt")
    first = builders.mark(at, on, "Zoe\u0301 saw")
    who = member(at, at.ben, Role.REVIEWER)

    assert spans_in(who, on, [1]) == {1: [across]}
    assert spans_in(who, on, [0, 2]) == {0: [first], 2: [across, hurt]}
    assert spans_in(who, on, [99]) == {}


def test_spans_of_a_layer_that_is_not_ones_own_stay_unseen():
    at = builders.desk(preset="dataset")
    on = builders.article(at)
    own = builders.mark(at, on, "Nobody was hurt")

    assert spans_in(member(at, at.ben, Role.REVIEWER), on, [2]) == {2: []}
    assert spans_in(member(at, at.cleo, Role.ANNOTATOR), on, [2]) == {2: [own]}
