"""How long answers take when some are still to come: Kaplan–Meier, and whether a group waits longer. Pure, over arrays.

A mean over answered cases lies, because those that wait longest are not among them yet; here every open case counts as
waiting at least as long as it has (SCIENCE 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Curve:
    """The share (0–1) that still `waits` right after each of the rising times `at`; nothing is known after the last."""

    at: Array
    waits: Array

    def when(self, share: float) -> float | None:
        """Return the time by which a share of all (above 0, at most 1) is answered; None: not reached yet."""
        reached = np.flatnonzero(self.waits <= 1 - share + _TINY)
        return float(self.at[reached[0]]) if len(reached) else None

    def answered_by(self, time: float) -> float | None:
        """Return the share answered by a time, itself included; None when nobody was seen waiting so long."""
        if not len(self.at) or (time > self.at[-1] and self.waits[-1] > _TINY):
            return None
        place = int(np.searchsorted(self.at, time, side="right"))
        return 1.0 - float(self.waits[place - 1]) if place else 0.0


def kaplan_meier(times: Array, answered: Array) -> Curve:
    """Return the curve of waits: `times` they lasted, `answered` False where they last on (Kaplan & Meier 1958)."""
    at, place = np.unique(times, return_inverse=True)
    ended = np.bincount(place, minlength=len(at))
    left = len(times) - np.cumsum(ended) + ended
    return Curve(at, np.cumprod(1 - np.bincount(place, answered, len(at)) / np.maximum(left, 1)))


def chance_of_lag(times: Array, answered: Array, is_in: Array, person: Array) -> tuple[float, bool]:
    """Return how likely waits as different as a group's from the others' are by chance, and whether it waits longer.

    The log-rank test with a variance over people (`person`: a number each), since the cases of one are not independent
    (Lin & Wei 1989; two-sided). `is_in` says who belongs to the group. 1 where there is nothing to compare.
    """
    at, place = np.unique(times, return_inverse=True)
    left, left_in = (
        np.cumsum(np.bincount(place, whose, len(at))[::-1])[::-1] for whose in (np.ones(len(times)), is_in)
    )
    share_in = left_in / np.maximum(left, 1)
    hazard = np.bincount(place, answered, len(at)) / np.maximum(left, 1)
    expected, expected_in = np.cumsum(hazard)[place], np.cumsum(hazard * share_in)[place]
    ahead = answered * (is_in - share_in[place]) - is_in * expected + expected_in
    _, whose = np.unique(person, return_inverse=True)
    spread = float((np.bincount(whose, ahead) ** 2).sum())
    if spread <= _TINY:
        return 1.0, False
    total = float(ahead.sum())
    return erfc(abs(total) / sqrt(2 * spread)), total < 0


def in_words(minutes: float) -> str:
    """Say how long a wait is, in the unit people would use."""
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"
