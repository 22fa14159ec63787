"""Is one model worse than another on gold? Pure functions over opinions; who may score is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from responder.learning.gold import GoldRow
from sentiment import Opinion
from sentiment.judging.resampling import interval, resampled

ENOUGH = 30
"""Gold rows below which nothing is refused: the interval would be wider than any difference worth a word."""

_RESAMPLED = 10_000
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How two models compare on the same gold rows: shares of right labels, and new minus old with its 95 % interval.

    All in [−1, 1]; None with no rows at all.
    """

    rows: int
    old_accuracy: float | None
    new_accuracy: float | None
    difference: float | None
    low: float | None
    high: float | None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough rows to refuse a model by."""
        return self.rows >= ENOUGH

    @property
    def is_worse(self) -> bool:
        """Whether the new model is worse beyond the interval: all of it lies below zero."""
        return self.is_enough and self.high is not None and self.high < 0

    @property
    def words(self) -> str:
        """The verdict in a sentence or two."""
        if self.old_accuracy is None or self.new_accuracy is None:
            return "There is no gold to judge by: too few to tell."
        figures = (
            f"Right on {self.new_accuracy:.1%} of {self.rows} gold rows, the model before on {self.old_accuracy:.1%}: "
            f"{_points(self.difference)} points, 95 % interval {_points(self.low)} to {_points(self.high)}."
        )
        if not self.is_enough:
            return f"{figures} Too few to tell (under {ENOUGH} rows)."
        if self.is_worse:
            return f"{figures} Worse."
        if self.old_accuracy < _HALF:
            return (
                f"{figures} Not worse; but most of this gold is mistakes of the model before, where any other gains: "
                "confirm opinions that are right, too."
            )
        return f"{figures} Not worse."


def judge(old: Sequence[Opinion], new: Sequence[Opinion], gold: Sequence[GoldRow]) -> Verdict:
    """Compare two models' opinions of the gold rows, given in the rows' order, by a paired bootstrap of their accuracy.

    The same rows give the same interval. Raises ValueError when the lengths differ.
    """
    if len(old) != len(gold) or len(new) != len(gold):
        raise ValueError(f"{len(gold)} gold rows, but {len(old)} and {len(new)} opinions: give one each")
    if not gold:
        return Verdict(rows=0, old_accuracy=None, new_accuracy=None, difference=None, low=None, high=None)
    was_right, is_right = (
        np.array([opinion.label == row.label for opinion, row in zip(said, gold, strict=True)], dtype=np.float64)
        for said in (old, new)
    )
    gains = is_right - was_right  # of each row: 1 the new model gains it, −1 it loses it, 0 nothing changes
    low, high = interval(resampled(gains[:, None], times=_RESAMPLED) / len(gold))
    return Verdict(
        rows=len(gold),
        old_accuracy=float(was_right.mean()),
        new_accuracy=float(is_right.mean()),
        difference=float(gains.mean()),
        low=low,
        high=high,
    )


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}"
