from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.shapley import rounded_together, shapley


def test_shares_are_the_mean_of_what_a_part_changes_over_all_orders_of_changing_them():
    worth = np.random.default_rng(3).random((2, 2, 2, 4))
    found = shapley(worth)
    for part in range(3):
        changes = []
        for order in permutations(range(3)):
            before = tuple(int(other in order[: order.index(part)]) for other in range(3))
            after = tuple(1 if other == part else changed for other, changed in enumerate(before))
            changes.append(worth[after] - worth[before])
        assert found[part] == pytest.approx(np.mean(changes, axis=0))
    assert found.sum(axis=0) == pytest.approx(worth[1, 1, 1] - worth[0, 0, 0])


def test_a_part_that_changes_nothing_has_no_share():
    worth = np.stack([np.full((2, 3), 5.0), np.full((2, 3), 8.0)])
    assert shapley(worth).tolist() == [[3.0] * 3, [0.0] * 3]


@given(st.lists(st.lists(st.floats(-1e4, 1e4), min_size=5, max_size=5), min_size=1, max_size=6), st.integers(0, 3))
def test_rounded_parts_sum_to_the_rounded_total_and_none_is_off_by_one(rows, digits):
    parts = np.array(rows).T
    totals = parts.sum(axis=0)
    found = rounded_together(parts, totals, digits=digits)
    unit = 10**digits
    assert np.rint(found.sum(axis=0) * unit).tolist() == np.rint(totals * unit).tolist()
    assert (np.abs(found - parts) * unit <= 1 + 1e-6).all()


def test_the_largest_remainders_are_rounded_up():
    parts = np.array([[1.2], [2.7], [-0.4], [0.5]])
    assert rounded_together(parts, parts.sum(axis=0))[:, 0].tolist() == [1.0, 3.0, 0.0, 0.0]
