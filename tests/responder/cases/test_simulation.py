from __future__ import annotations

import numpy as np
import pytest

from responder.cases.simulation import DAY, DAYS, HOUR, POLICIES, STAFF, arriving, simulate

month = arriving(1)


def test_arriving_work_fills_the_staffed_minutes_at_critical_load():
    staffed = sum(STAFF) * HOUR * DAYS
    assert month.work.sum() / staffed == pytest.approx(0.99, abs=0.05)
    assert arriving(1, load=0.5).work.sum() / staffed == pytest.approx(0.5, abs=0.05)


def test_most_arrive_in_the_evening_and_few_at_night():
    hours = np.bincount((month.at % DAY // HOUR).astype(int), minlength=24) / len(month.at) * 24
    assert 1.8 < hours[19:22].mean() < 2.3
    assert hours[:8].mean() < 0.3


def test_those_who_tell_most_are_met_most():
    assert 0.3 < month.frequent.mean() < 0.7
    assert month.harm[~month.negative].sum() == 0


def test_a_month_is_the_same_with_the_same_seed():
    assert np.array_equal(arriving(7).at, arriving(7).at)
    assert len(arriving(7).at) != len(arriving(8).at)


POLICIES_SHOWN = tuple(name for name in POLICIES if name != "earshot_without_sharers")


def outcomes_of(*seeds: int):
    months = [arriving(seed) for seed in seeds]
    return {name: [simulate(each, POLICIES[name]) for each in months] for name in POLICIES_SHOWN}


def mean(outcomes, name: str, figure: str) -> float:
    return float(np.mean([getattr(each, figure) for each in outcomes[name]]))


@pytest.fixture(scope="module")
def outcomes():
    return outcomes_of(2, 3)


def test_the_oracle_averts_most_and_first_come_first_served_least(outcomes):
    averted = {name: mean(outcomes, name, "harm_averted") for name in outcomes}
    assert max(averted, key=averted.__getitem__) == "oracle"
    assert min(averted, key=averted.__getitem__) == "fifo"


def test_the_rule_averts_far_more_than_first_come_first_served(outcomes):
    assert mean(outcomes, "earshot", "harm_averted") >= mean(outcomes, "fifo", "harm_averted") + 0.1


def test_unhappy_frequent_sharers_wait_a_fifth_of_what_they_wait_for_the_famous(outcomes):
    wait = "p90_wait_sharers_min"
    assert mean(outcomes, "earshot", wait) <= mean(outcomes, "followers", wait) / 5


def test_nobody_waits_for_days_under_the_rule(outcomes):
    assert mean(outcomes, "earshot", "max_wait_h") <= 36
    assert mean(outcomes, "negative", "max_wait_h") > 72


@pytest.mark.prove
def test_at_critical_load_in_six_runs_the_bars_hold():
    found = outcomes_of(1, 2, 3, 4, 5, 6)
    wait = "p90_wait_sharers_min"
    assert mean(found, "earshot", "harm_averted") >= mean(found, "fifo", "harm_averted") + 0.18
    assert mean(found, "earshot", wait) <= mean(found, "followers", wait) / 5
    assert mean(found, "earshot", "max_wait_h") <= 36
