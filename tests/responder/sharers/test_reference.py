from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.sharers.reference import BORROWED, KNOTS, Reference, blended, percentile, standing

RISING = [float(number) for number in range(KNOTS)]
values = st.floats(-10, 200)
NOBODY = Reference(0, {})


@given(st.lists(st.floats(0, 50), min_size=2, max_size=40).map(sorted), values, values)
def test_a_larger_value_never_stands_lower(knots, one, other):
    low, high = sorted((one, other))
    assert 0 <= percentile(knots, low) <= percentile(knots, high) + 1e-9 <= 100 + 1e-9


def test_between_two_knots_it_stands_between_their_percentiles():
    assert percentile(RISING, 25) == 25
    assert percentile(RISING, 25.5) == pytest.approx(25.5)
    assert (percentile(RISING, -1), percentile(RISING, 1_000)) == (0, 100)


def test_those_who_are_all_the_same_stand_in_the_middle_of_their_places():
    mostly_once = [1.0] * 61 + [2.0] * 40
    assert percentile(mostly_once, 1.0) == 30
    assert percentile(mostly_once, 2.0) == pytest.approx(80.5)


def test_few_people_of_our_own_are_judged_by_the_shipped_reference_too():
    own = Reference(int(BORROWED), {"telling": [0.0] * KNOTS})
    shipped = Reference(10_000, {"telling": RISING})
    assert blended(own, shipped, "telling", 20.0) == pytest.approx((100 + 20) / 2)
    assert blended(NOBODY, shipped, "telling", 20.0) == 20


def test_what_is_not_told_is_unknown():
    shipped = Reference(10_000, {"telling": RISING})
    assert blended(NOBODY, shipped, "telling", None) is None
    assert blended(NOBODY, shipped, "reputation", 5.0) is None
    found = standing({"telling": 90.0}, days=3, originality=None, own=NOBODY, shipped=shipped)
    assert (found.telling, found.reputation, found.originality, found.days) == (90, None, None, 3)


def test_without_any_reference_telling_days_stand_in_the_middle():
    assert standing({"telling": 3.0}, days=1, originality=1.0, own=NOBODY, shipped=NOBODY).telling == 50
