"""The first ranking: the order, its stability over time, and reasons that add up."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.cases import ranking
from responder.cases.ranking import band, explain, rank_key, reach, shown, unhappiness

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

chances = st.none() | st.floats(0, 1)
counts = st.none() | st.integers(0, 200_000_000)
ages = st.timedeltas(timedelta(0), timedelta(days=400))


def key(**over):
    return rank_key(**{"p_negative": 0.5, "followers": 200, "lead_at": NOW} | over)


def explained(**over):
    given_ = {
        "p_negative": 0.92,
        "label": "negative",
        "abstained": False,
        "followers": 1200,
        "lead_at": NOW - timedelta(minutes=41),
        "now": NOW,
    }
    return explain(**given_ | over)


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


def test_reach_ends_at_ten_million_followers():
    assert reach(10_000_000) == 1 == reach(500_000_000)


@given(chances, chances, counts, counts, ages, ages, ages)
@settings(max_examples=60, deadline=None)
def test_the_order_is_the_order_of_the_value_at_every_later_instant(p1, p2, f1, f2, age1, age2, later):
    first, second = (
        ranking.unhappiness(p) * ranking.reach(f) * ranking.freshness(age + later)
        for p, f, age in ((p1, f1, age1), (p2, f2, age2))
    )
    keys = [rank_key(p_negative=p, followers=f, lead_at=NOW - age) for p, f, age in ((p1, f1, age1), (p2, f2, age2))]
    if abs(keys[0] - keys[1]) > 1e-6 and min(first, second) > 0:
        assert (keys[0] > keys[1]) == (first > second)


@given(chances, st.sampled_from(["negative", "neutral", "positive", None]), st.booleans(), counts, ages)
@settings(max_examples=80, deadline=None)
def test_points_sum_to_the_priority(p_negative, label, abstained, followers, age):
    told = explain(
        p_negative=p_negative, label=label, abstained=abstained, followers=followers, lead_at=NOW - age, now=NOW
    )
    assert sum(reason.points for reason in told.reasons) == told.priority
    assert 0 <= told.priority <= 100
    assert [reason.part for reason in told.reasons] == ["typical", "unhappiness", "reach", "waiting"]


def test_points_are_the_shapley_values():
    # Two parts equal to the typical case: the third gets the whole difference.
    told = explained(p_negative=1.0, followers=None, lead_at=NOW - ranking.TYPICAL_WAIT)
    by_part = {reason.part: reason.points for reason in told.reasons}
    assert by_part["reach"] == by_part["waiting"] == 0
    typical = shown(0.3 * reach(None) * ranking.freshness(ranking.TYPICAL_WAIT))
    actual = shown(1.0 * reach(None) * ranking.freshness(ranking.TYPICAL_WAIT))
    assert by_part["unhappiness"] == pytest.approx(actual - typical, abs=1)


@given(st.lists(st.floats(0.01, 5), min_size=6, max_size=6))
@settings(max_examples=50, deadline=None)
def test_the_closed_form_is_the_average_over_every_order(numbers):
    before, after = numbers[:3], numbers[3:]
    shares = [0.0] * 3
    for order in permutations(range(3)):
        now = list(before)
        for part in order:
            worth = math.prod(now)
            now[part] = after[part]
            shares[part] += (math.prod(now) - worth) / 6
    assert ranking._shapley(before, after) == pytest.approx(shares)


def test_what_is_unknown_adds_nothing():
    told = explained(p_negative=None, label=None, abstained=None, followers=None)
    points = {reason.part: reason.points for reason in told.reasons}
    assert points["unhappiness"] == points["reach"] == 0


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({}, "very unhappy (92 % sure)"),
        ({"p_negative": 0.6}, "unhappy (60 % sure)"),
        ({"p_negative": 1.0}, "very unhappy (99 % sure)"),
        ({"abstained": True, "p_negative": 0.55}, "unsure, counts half: 55 % likely unhappy"),
        ({"p_negative": None, "label": None, "abstained": None}, "not scored yet"),
        ({"p_negative": 0.1, "label": "neutral"}, "sounds neutral (10 % likely unhappy)"),
        ({"p_negative": 0.001, "label": "positive"}, "sounds happy (1 % likely unhappy)"),
        ({}, "1,200 followers"),
        ({"followers": 1}, "1 follower"),
        ({"followers": 0}, "0 followers"),
        ({"followers": None}, "followers unknown"),
        ({}, "waiting 41 minutes"),
        ({"lead_at": NOW + timedelta(hours=3)}, "waiting less than a minute"),
        ({"lead_at": NOW - timedelta(hours=5)}, "waiting 5 hours"),
        ({"lead_at": NOW - timedelta(days=9)}, "waiting 9 days"),
    ],
)
def test_reasons_are_plain_sentences(over, words):
    assert words in [reason.words for reason in explained(**over).reasons]


def test_priority_follows_the_order_of_the_queue():
    cases = [(0.95, 50_000, 1), (0.95, 200, 1), (0.6, None, 5), (None, None, 6), (0.05, 200, 30)]
    keys = [rank_key(p_negative=p, followers=f, lead_at=NOW - timedelta(hours=h)) for p, f, h in cases]
    priorities = [explained(p_negative=p, followers=f, lead_at=NOW - timedelta(hours=h)).priority for p, f, h in cases]
    assert keys == sorted(keys, reverse=True)
    assert priorities == sorted(priorities, reverse=True)


def test_bands_are_what_fits_in_the_next_minutes():
    assert [band(place) for place in (1, 5, 6, 20, 21, 900)] == [
        "now",
        "now",
        "next",
        "next",
        "when_quiet",
        "when_quiet",
    ]
