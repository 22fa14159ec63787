"""The bootstrap over sums of columns: every figure we print is a function of such sums."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SEED = 20261122
WITHIN = 0.95
_HELD_AT_ONCE = 4_000_000


def resampled(columns: Array, *, times: int, seed: int = SEED) -> Array:
    """Return the column sums (times, columns) of `times` samples of the rows, drawn with replacement.

    Rows that are alike are drawn together: how often each kind of row is drawn is multinomial, so a sample costs as
    much as there are kinds of rows, not rows. Raises ValueError when there are no rows.
    """
    if not len(columns):
        raise ValueError("no rows to draw from")
    kinds, counts = np.unique(columns, axis=0, return_counts=True)
    chance = np.random.default_rng(seed)
    sums = np.empty((times, columns.shape[1]))
    step = max(_HELD_AT_ONCE // len(kinds), 1)
    for start in range(0, times, step):
        size = min(step, times - start)
        drawn = chance.multinomial(len(columns), counts / len(columns), size=size)
        sums[start : start + size] = drawn.astype(np.float64) @ kinds
    return sums


def interval(values: Array) -> tuple[float, float]:
    """Return the percentile interval that holds 95 % of `values` (Efron 1979); nan among them is left out."""
    tail = 100 * (1 - WITHIN) / 2
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)
