"""Fair shares of a figure among its parts, and whole numbers that still add up. Pure functions over arrays."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def shapley(worth: Array) -> Array:
    """Return each part's exact Shapley value (Shapley 1953), parts × cases.

    `worth` has an axis of two for every part, in their order (0: the part is as usual, 1: it is the case's own), and a
    last axis of cases. The values of a case sum to what it is worth with all parts its own less with none.
    """
    parts = worth.ndim - 1
    return _weights(parts) @ worth.reshape(2**parts, -1)


def rounded_together(parts: Array, totals: Array, *, digits: int = 0) -> Array:
    """Round `parts` (parts × cases, summing to `totals`) to `digits` decimals so that they sum to the rounded totals.

    Largest remainders are rounded up, the others down.
    """
    unit = 10**digits
    scaled = parts * unit
    floors = np.floor(scaled)
    spare = np.rint(totals * unit) - floors.sum(axis=0)
    # Of floors that a rounding error put one too low or too high: everybody's share of more than one each.
    each, spare = np.divmod(spare, len(parts))
    place = np.argsort(np.argsort(floors - scaled, axis=0, kind="stable"), axis=0)
    return (floors + each + (place < spare)) / unit  # type: ignore[no-any-return]


@cache
def _weights(parts: int) -> Array:
    """Return what each mixture of own and usual parts counts for each part, parts × mixtures.

    That is the share of all orders of the parts in which the mixture's other own parts are those that precede it.
    """
    mixtures = np.array(np.unravel_index(np.arange(2**parts), (2,) * parts))
    before = mixtures.sum(axis=0) - mixtures
    share = 1.0 / (parts * np.vectorize(math.comb)(parts - 1, before))
    return np.where(mixtures == 1, share, -share)  # type: ignore[no-any-return]
