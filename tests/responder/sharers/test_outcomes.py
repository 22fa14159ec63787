"""Figures of what flagged people did, and alarms that noise does not ring."""

from __future__ import annotations

import numpy as np
import pytest

from responder.sharers.followed import Followed
from responder.sharers.foretelling import Figure
from responder.sharers.outcomes import Outcome, by_platform, drift_of, outcome_of, warnings


def people(*, flagged=20, possible=10, others=170, came=10, source="x", contradicted=0) -> Followed:
    """The first `came` of the flagged are the next top tenth with five days each; the others told on one day each."""
    count = flagged + possible + others
    place = np.arange(count)
    is_top = place < came
    return Followed(
        source=np.full(count, source, dtype=object),
        percentile=np.linspace(100, 0, count),
        frequent=place < flagged,
        possible=(place >= flagged) & (place < flagged + possible),
        told=np.where(is_top, 5, 1),
        is_top=is_top,
        contradicted=place < contradicted,
    )


def joined(*groups: Followed) -> Followed:
    return Followed(**{name: np.concatenate([getattr(one, name) for one in groups]) for name in Followed.__slots__})


def figure(value: float, half: float = 0.1) -> Figure:
    return Figure(value, value - half, value + half)


STEADY = [figure(value) for value in (0.52, 0.48, 0.50, 0.51, 0.49)]


def test_the_figures_are_shares_of_the_groups_they_name():
    found = outcome_of(people(contradicted=3))
    assert (found.people, found.flagged, found.possible) == (200, 20, 10)
    assert found.flagged_share == 0.1
    assert found.base_rate == 0.05
    assert found.in_top.value == 0.5
    assert found.told.value == pytest.approx((10 * 5 + 10) / (10 * 5 + 190))
    assert (found.possible_in_top.value, found.others_in_top.value) == (0, 0)
    assert (found.contradicted, found.contradicted_share) == (3, 0.15)


def test_intervals_hold_the_value_and_narrow_with_people():
    few, many = outcome_of(people()).in_top, outcome_of(joined(*[people()] * 10)).in_top
    assert few.low < few.value < few.high
    assert few.high - few.low > 2 * (many.high - many.low)
    assert outcome_of(people()).in_top == few


def test_nothing_is_told_of_fewer_than_ten():
    found = outcome_of(people(flagged=9, possible=9, others=9))
    assert (found.in_top, found.told, found.contradicted_share) == (None, None, None)
    assert (found.possible_in_top, found.others_in_top) == (None, None)


def test_nothing_that_followed_is_no_share_of_it():
    silent = people()
    silent = Followed(**{**{name: getattr(silent, name) for name in Followed.__slots__}, "told": np.zeros(200)})
    assert outcome_of(silent).told is None


def test_nobody_at_all_is_no_fault():
    found = outcome_of(people(flagged=0, possible=0, others=0))
    assert (found.people, found.in_top, found.told) == (0, None, None)


def test_platforms_with_fewer_than_ten_flagged_are_left_out():
    both = joined(people(source="x"), people(source="reddit", flagged=9, came=4))
    assert list(by_platform(both)) == ["x"]
    assert by_platform(both)["x"] == outcome_of(people(source="x"))


def test_before_three_earlier_months_it_is_too_early_to_tell():
    assert drift_of(figure(0.1), STEADY[:2]).usual is None
    assert not drift_of(figure(0.1), STEADY[:2]).is_below
    assert drift_of(figure(0.1), STEADY[:3]).is_below


def test_a_fall_is_seen_and_a_rise_is_none():
    assert drift_of(figure(0.2), STEADY).is_below
    assert not drift_of(figure(0.45), STEADY).is_below
    assert not drift_of(figure(0.9), STEADY).is_below
    assert drift_of(figure(0.2), STEADY).usual.value == pytest.approx(0.5)


def test_months_that_differ_much_let_expect_less():
    restless = [figure(value) for value in (0.2, 0.8, 0.5, 0.3, 0.7)]
    assert drift_of(figure(0.3, 0.05), STEADY).is_below
    assert not drift_of(figure(0.3, 0.05), restless).is_below


@pytest.mark.parametrize(("people_flagged", "months"), [(20, 3), (50, 6), (300, 11)])
def test_where_nothing_fell_the_alarm_rings_one_month_in_twenty_at_most(people_flagged, months):
    chance = np.random.default_rng(5)
    rung = 0
    for _ in range(1000):
        rates = np.clip(0.5 + 0.03 * chance.normal(size=months + 1), 0, 1)
        shares = chance.binomial(people_flagged, rates) / people_flagged
        halves = 1.96 * np.sqrt(shares * (1 - shares) / people_flagged)
        *earlier, last = [figure(share, half) for share, half in zip(shares, halves, strict=True)]
        rung += drift_of(last, earlier).is_below
    assert rung <= 60


def warned(outcome: Outcome, now: float = 0.5) -> str:
    return " ".join(warnings(outcome, drift_of(figure(now), STEADY)))


def test_when_all_is_well_nothing_is_said():
    assert warned(outcome_of(people())) == ""


def test_each_warning_says_what_to_do():
    fallen = outcome_of(people(came=4))
    assert "earshot doctor" in warnings(fallen, drift_of(fallen.in_top, STEADY))[0]
    assert "“not a person”" in warned(outcome_of(people(came=200)))
    assert "wait" in warned(outcome_of(people(flagged=15)))
    assert "As many as 12.6%" in warned(outcome_of(people(flagged=26)))
    assert warned(outcome_of(people(flagged=16))) == warned(outcome_of(people(flagged=24))) == ""
