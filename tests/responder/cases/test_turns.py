from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.turns import FAIR_EVERY, in_turn, jobs_of, spread


def picked_one_by_one(best: Sequence[int], oldest: Sequence[int], picks: int) -> tuple[list[int], list[bool]]:
    """The rule as people would say it: at every fifth pick the oldest not taken yet, else the best not taken yet."""
    order: list[int] = []
    by_slot: list[bool] = []
    while len(order) < len(best):
        picks += 1
        old = [job for job in oldest if job not in order] if picks % FAIR_EVERY == 0 else []
        order.append((old or [job for job in best if job not in order])[0])
        by_slot.append(bool(old))
    return order, by_slot


def array(numbers: Sequence[int]) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@given(st.permutations(range(17)), st.integers(0, 17), st.randoms(), st.integers(0, 9), st.integers(0, 20))
def test_jobs_are_picked_as_if_each_pick_looked_at_all_of_them(jobs, count, chance, picks, limit):
    best = jobs[:count]
    oldest = [chance.choice(best) for _ in range(chance.randrange(2 * count))] if best else []
    order, by_slot = in_turn(array(best), array(oldest), picks=picks, limit=limit)
    wanted, wanted_slots = picked_one_by_one(best, oldest, picks)
    assert order.tolist() == wanted[:limit]
    assert by_slot.tolist() == wanted_slots[:limit]


def test_every_fifth_pick_is_the_oldest_whatever_its_priority():
    order, by_slot = in_turn(array(range(12)), array([11, 10]), picks=0, limit=12)
    assert order.tolist() == [0, 1, 2, 3, 11, 4, 5, 6, 7, 10, 8, 9]
    assert np.flatnonzero(by_slot).tolist() == [4, 9]


def test_the_most_heard_of_an_incident_comes_first_and_those_in_danger_are_a_job_apart():
    jobs = jobs_of(
        array([7, -1, 7, 7, 7]),
        safety=np.array([False, False, False, True, False]),
        hearers=np.array([5.0, 1.0, 9.0, 1.0, 5.0]),
        waited=np.array([1.0, 1.0, 1.0, 1.0, 2.0]),
    )
    assert jobs.head.tolist() == [2, 1, 2, 3, 2]
    assert spread(array([1, 2, 3]), jobs).tolist() == [1, 2, 4, 0, 3]
    assert spread(array([1, 3]), jobs).tolist() == [1, 3]
    assert jobs.total(np.array([1.0, 10.0, 100.0, 1_000.0, 10_000.0])).tolist() == [
        10_101.0,
        10.0,
        10_101,
        1_000,
        10_101,
    ]
