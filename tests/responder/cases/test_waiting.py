"""Waits with an open end: the curve against counting, and groups that differ by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.waiting import chance_of_lag, kaplan_meier

waits = st.lists(st.integers(0, 30), min_size=1, max_size=60)
seen = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)
EVERYBODY = np.ones(3, dtype=bool)


@given(waits, st.integers(0, 40), st.integers(1, 100))
def test_when_all_are_answered_the_curve_is_a_count(times, by, percent):
    curve = kaplan_meier(np.array(times, dtype=float), np.ones(len(times), dtype=bool))
    assert curve.answered_by(by) == pytest.approx(sum(time <= by for time in times) / len(times))
    reached = next(time for time in sorted(times) if 100 * sum(each <= time for each in times) >= percent * len(times))
    assert curve.when(percent / 100) == reached


@given(seen)
def test_what_still_waits_is_shared_out_among_those_that_waited_longer(cases):
    """Efron (1967): Kaplan–Meier hands the weight of each open case on to all that were seen longer."""
    cases = sorted(cases, key=lambda case: (case[0], not case[1]))
    weights = [1 / len(cases)] * len(cases)
    for place, (_, is_answered) in enumerate(cases):
        later = len(cases) - place - 1
        if not is_answered and later:
            share, weights[place] = weights[place] / later, 0.0
            weights[place + 1 :] = [weight + share for weight in weights[place + 1 :]]
    times, answered = (np.array(column) for column in zip(*cases, strict=True))
    curve = kaplan_meier(times.astype(float), answered)
    for at, left in zip(curve.at, curve.waits, strict=True):
        gone = sum(weight for weight, (time, ended) in zip(weights, cases, strict=True) if ended and time <= at)
        assert left == pytest.approx(1 - gone)


def test_a_time_that_is_not_reached_yet_is_unknown():
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, False]))
    assert curve.when(0.25) == 1
    assert curve.when(0.5) is None
    assert curve.answered_by(0.5) == 0
    assert curve.answered_by(4) == 0.25
    assert curve.answered_by(5) is None
    assert kaplan_meier(np.array([1.0]), np.array([True])).answered_by(9) == 1


def test_without_any_case_nothing_is_known():
    nothing = kaplan_meier(np.array([]), np.array([], dtype=bool))
    assert nothing.when(0.5) is None
    assert nothing.answered_by(1) is None


@given(seen.filter(lambda cases: len(cases) > 3), st.integers(0, 1000))
def test_the_sum_of_the_test_is_observed_less_expected(cases, seed):
    times, answered = (np.array(column) for column in zip(*cases, strict=True))
    is_in = np.random.default_rng(seed).random(len(times)) < 0.5
    lag = 0.0
    for at in sorted(set(times[answered])):
        ended, risk = answered & (times == at), times >= at
        lag += (ended & is_in).sum() - ended.sum() * (risk & is_in).sum() / risk.sum()
    chance, is_longer = chance_of_lag(times.astype(float), answered, is_in, np.arange(len(times)))
    assert 0 <= chance <= 1
    if abs(lag) > 1e-6 and chance < 1:
        assert is_longer == (lag < 0)


def test_a_group_that_waits_twice_as_long_is_told():
    chance = np.random.default_rng(2)
    is_in = np.arange(400) < 100
    times = chance.exponential(100, 400) * np.where(is_in, 2, 1)
    found, is_longer = chance_of_lag(times, np.ones(400, dtype=bool), is_in, np.arange(400))
    assert found < 1e-4
    assert is_longer
    assert not chance_of_lag(times, np.ones(400, dtype=bool), ~is_in, np.arange(400))[1]


def test_one_persons_cases_are_no_proof_by_their_number():
    """Ten people of fifty cases each, whose answers differ from person to person and not from group to group."""
    chance = np.random.default_rng(3)
    person = np.repeat(np.arange(40), 20)
    alarms = 0
    for _ in range(400):
        times = chance.exponential(100, len(person)) * np.exp(chance.normal(size=40))[person]
        alarms += chance_of_lag(times, np.ones(len(person), dtype=bool), person < 12, person)[0] < 0.05
    assert alarms <= 40


def test_with_nothing_to_compare_there_is_no_difference():
    assert chance_of_lag(np.array([1.0, 2, 3]), EVERYBODY, EVERYBODY, np.arange(3)) == (1.0, False)
    assert chance_of_lag(np.array([1.0, 2, 3]), ~EVERYBODY, np.array([True, False, False]), np.arange(3))[0] == 1
