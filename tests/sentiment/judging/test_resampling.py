from __future__ import annotations

import numpy as np
import pytest

from sentiment.judging.resampling import interval, resampled


def test_the_spread_of_a_share_is_the_analytic_one():
    right = (np.arange(400) < 320).astype(float)[:, None]
    shares = resampled(right, times=8000)[:, 0] / 400
    assert shares.mean() == pytest.approx(0.8, abs=0.001)
    assert shares.std(ddof=1) == pytest.approx((0.8 * 0.2 / 400) ** 0.5, rel=0.04)


def test_every_sample_has_as_many_rows_as_there_are():
    ones = np.hstack([np.ones((250, 1)), np.random.default_rng(1).random((250, 2))])
    assert resampled(ones, times=300)[:, 0] == pytest.approx(250)


def test_columns_are_drawn_together():
    values = np.random.default_rng(2).random(40)
    sums = resampled(np.column_stack([values, 3 * values]), times=50)
    assert sums[:, 1] == pytest.approx(3 * sums[:, 0])
    assert sums[:, 0].std() > 0


def test_the_same_seed_draws_the_same_and_another_does_not():
    columns = np.random.default_rng(3).random((30, 1))
    assert (resampled(columns, times=9, seed=1) == resampled(columns, times=9, seed=1)).all()
    assert (resampled(columns, times=9, seed=1) != resampled(columns, times=9, seed=2)).any()


def test_many_samples_of_many_different_rows_are_drawn_in_parts(monkeypatch):
    monkeypatch.setattr("sentiment.judging.resampling._HELD_AT_ONCE", 100)
    sums = resampled(np.arange(60.0)[:, None], times=7)
    assert sums.shape == (7, 1)
    assert len(set(sums[:, 0])) == 7


def test_no_rows_is_an_error():
    with pytest.raises(ValueError, match="no rows"):
        resampled(np.zeros((0, 3)), times=5)


def test_an_interval_leaves_out_a_fortieth_on_each_side():
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
    assert interval(np.array([np.nan, 2.0, 2.0])) == pytest.approx((2, 2))
