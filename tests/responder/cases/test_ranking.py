"""The first approximation of the order: what is stored beside a case, and never ages."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from responder.cases.ranking import TAU, rank_key, reach, unhappiness

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

chances = st.none() | st.floats(0, 1)
counts = st.none() | st.integers(0, 200_000_000)
ages = st.timedeltas(timedelta(0), timedelta(days=400))


def key(**over):
    return rank_key(**{"p_negative": 0.5, "followers": 200, "lead_at": NOW} | over)


def test_the_unhappier_of_two_comes_first():
    assert key(p_negative=0.9) > key(p_negative=0.5) > key(p_negative=0.1)


def test_the_one_more_people_hear_comes_first():
    assert key(followers=100_000) > key(followers=1_000) > key(followers=0)


def test_the_newer_of_two_comes_first():
    assert key(lead_at=NOW) > key(lead_at=NOW - timedelta(hours=1))


def test_telling_the_truth_about_unhappiness_outweighs_fame():
    assert key(p_negative=0.95, followers=100) > key(p_negative=0.1, followers=10_000)


def test_unknown_followers_count_as_a_typical_account_and_not_as_none():
    assert reach(None) == reach(200)
    assert reach(None) > reach(0)


def test_what_is_not_scored_stands_between_happy_and_unhappy():
    assert key(p_negative=0.05) < key(p_negative=None) < key(p_negative=0.8)


def test_a_sure_opinion_never_hides_a_person_for_good():
    assert unhappiness(0.0) == 0.02


def test_a_guess_never_stands_above_somebody_surely_as_unhappy():
    assert key(p_negative=0.9, abstained=True) < key(p_negative=0.9, abstained=False)
    assert key(p_negative=0.95, abstained=True) < key(p_negative=0.7, abstained=False)


def test_a_guess_that_somebody_is_happy_does_not_sink_them():
    assert key(p_negative=0.05, abstained=True) > key(p_negative=0.05, abstained=False)


@given(chances, chances, counts, counts, ages, ages, ages)
@settings(max_examples=60, deadline=None)
def test_the_order_is_the_order_of_the_value_at_every_later_instant(p1, p2, f1, f2, age1, age2, later):
    first, second = (
        unhappiness(p) * reach(f) * math.exp(-(age + later) / TAU) for p, f, age in ((p1, f1, age1), (p2, f2, age2))
    )
    keys = [rank_key(p_negative=p, followers=f, lead_at=NOW - age) for p, f, age in ((p1, f1, age1), (p2, f2, age2))]
    if abs(keys[0] - keys[1]) > 1e-6 and min(first, second) > 0:
        assert (keys[0] > keys[1]) == (first > second)
