"""What the figures mean: denominators, intervals, and saying nothing where nothing is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.insights.metrics import (
    FEWEST_SCORED,
    LabelGroup,
    People,
    Tally,
    net_change,
    net_sentiment,
    relative_change,
    share,
    total,
    unsure_share,
)


def tally(scored: int, positive: float, negative: float) -> Tally:
    return Tally(
        mentions=scored,
        neutral=scored,
        sum_positive=scored * positive,
        sum_negative=scored * negative,
    )


def test_nothing_heard_is_unknown_and_not_zero():
    nothing = net_sentiment(Tally())
    assert (nothing.value, nothing.low, nothing.high, nothing.is_enough) == (None, None, None, False)
    assert unsure_share(Tally()) is None
    assert share(0, 0) is None
    assert People(people=0, mentions=0, without_author=4).mentions_each is None


def test_heard_but_not_scored_is_unknown_too():
    assert net_sentiment(Tally(mentions=12)).value is None
    assert Tally(mentions=12).count(LabelGroup.UNSCORED) == 12


def test_neutral_mentions_are_in_the_denominator_of_net_sentiment():
    assert net_sentiment(tally(100, 0.5, 0.1)).value == pytest.approx(0.4)
    diluted = tally(100, 0.5, 0.1) + tally(100, 0.0, 0.0)
    assert net_sentiment(diluted).value == pytest.approx(0.2)


def test_an_unsure_mention_counts_by_its_probabilities():
    sure = tally(50, 1.0, 0.0)
    unsure = Tally(mentions=50, unsure=50, sum_positive=20, sum_negative=20)
    assert net_sentiment(sure + unsure).value == pytest.approx(0.5)


def test_too_few_scored_mentions_are_too_few_to_tell():
    assert not net_sentiment(tally(FEWEST_SCORED - 1, 0.9, 0.1)).is_enough
    assert net_sentiment(tally(FEWEST_SCORED, 0.9, 0.1)).is_enough
    assert net_change(net_sentiment(tally(500, 0.9, 0.1)), net_sentiment(tally(5, 0.9, 0.1))) is None


def test_a_hundred_neutral_mentions_still_leave_some_doubt():
    net = net_sentiment(tally(100, 0.0, 0.0))
    assert net.value == 0
    assert net.low < 0 < net.high


def test_a_change_is_clear_only_when_the_intervals_leave_out_chance():
    before = net_sentiment(tally(400, 0.30, 0.30))
    assert not net_change(net_sentiment(tally(400, 0.33, 0.30)), before).is_clear
    clear = net_change(net_sentiment(tally(400, 0.60, 0.10)), before)
    assert clear.is_clear
    assert clear.value == pytest.approx(0.5)


def test_nothing_can_be_compared_with_nothing():
    assert relative_change(5, 0) is None
    assert relative_change(5, None) is None
    assert relative_change(5, 4) == pytest.approx(0.25)


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_holds_the_value_and_stays_on_the_scale(scored: int, positive: float, rest: float):
    net = net_sentiment(tally(scored, positive, (1 - positive) * rest))
    assert -1 <= net.low <= net.high <= 1
    if net.is_enough:
        assert net.low - 1e-9 <= net.value <= net.high + 1e-9


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8))
def test_the_groups_add_up_to_the_mentions_in_any_order(counts: list[int]):
    negative, neutral, positive, unsure, unscored, *_ = counts
    scored = negative + neutral + positive + unsure
    one = Tally(mentions=scored + unscored, negative=negative, neutral=neutral, positive=positive, unsure=unsure)
    other = Tally(mentions=3, positive=2, sum_positive=1.5)
    for both in (one + other, total([other, one])):
        assert sum(both.count(group) for group in LabelGroup) == both.mentions
    assert one + other == total([other, one])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Feelings drawn from calibrated probabilities of many strengths; 600 samples of 60 mentions."""
    draw = random.Random(7)
    covered = 0
    for _ in range(600):
        sums = [0.0, 0.0]
        truth = 0
        for _ in range(60):
            p_negative = draw.betavariate(0.6, 0.9)
            p_positive = (1 - p_negative) * draw.betavariate(0.7, 0.7)
            sums[0] += p_negative
            sums[1] += p_positive
            at = draw.random()
            truth += -1 if at < p_negative else 1 if at < p_negative + p_positive else 0
        net = net_sentiment(Tally(mentions=60, neutral=60, sum_negative=sums[0], sum_positive=sums[1]))
        covered += net.low <= truth / 60 <= net.high
    assert covered / 600 > 0.93
