"""The frequent-sharer score of one person, from where they stand among the people of their platform. Pure functions.

SCIENCE 1.4: people we have met are judged mostly by how often they tell, newcomers by their profile, and the less is
known the nearer the score is drawn to 50. Followers alone are never a reason, and no name, picture, gender or place
enters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM = {"telling": 0.60, "reputation": 0.15, "carry": 0.15, "rate": 0.10}
"""Weights for people we have met: recent telling-days, listed or karma, expected re-shares, posts a day."""

COLD = {"reputation": 0.50, "rate": 0.30, "originality": 0.20}
"""Weights at first sight."""

PROFILE = frozenset({"reputation", "carry", "rate"})
"""Parts that come from what the platform says of an account, not from what we heard of it."""

FAMILIAR = 1.5
"""Telling-days at which what we heard and what the profile says weigh as much."""

MIDDLE = 50.0
FLAGGED_PERCENTILE = 90.0
LEAST_DAYS = 2
"""Telling-days before somebody may be called a frequent sharer; before, at most a possible one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Mid-rank percentiles (0–100) among the people of one platform; None where the platform does not tell.

    `telling`: decayed telling-days. `reputation`: listed, karma or level. `carry`: expected re-shares of a telling.
    `rate`: posts a day. `originality`: 100 for own words, 0 for re-shares alone. `days`: telling-days met so far.
    """

    telling: float
    reputation: float | None = None
    carry: float | None = None
    rate: float | None = None
    originality: float | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Telling:
    """A score 0–100, and what it rests on: `coverage`, the share of the weights known, and `met`, 0 (new) to 1.

    `first_sight` is what the profile alone says (0–100), the middle where it says nothing.
    """

    score: float
    coverage: float
    met: float
    first_sight: float


def tell(standing: Standing) -> Telling:
    """Return the score. Where the platform tells nothing of accounts it is the percentile of telling-days, drawn in."""
    met = standing.days / (standing.days + FAMILIAR)
    if all(getattr(standing, part) is None for part in PROFILE):
        return Telling(_drawn_in(standing.telling, 1.0, met), 1.0, met, MIDDLE)
    warm, warm_known = _weighed(standing, WARM)
    cold, cold_known = _weighed(standing, COLD)
    coverage = met * warm_known + (1 - met) * cold_known
    return Telling(
        _drawn_in(met * warm + (1 - met) * cold, coverage, met), coverage, met, cold if cold_known else MIDDLE
    )


def _weighed(standing: Standing, weights: dict[str, float]) -> tuple[float, float]:
    """Return the weighted mean of the parts known, the middle when none is, and the share of the weights known."""
    known = {part: weight for part, weight in weights.items() if getattr(standing, part) is not None}
    total = sum(known.values())
    if not total:
        return MIDDLE, 0.0
    return sum(weight * getattr(standing, part) for part, weight in known.items()) / total, total


def _drawn_in(raw: float, coverage: float, met: float) -> float:
    return MIDDLE + (raw - MIDDLE) * math.sqrt(coverage) * (0.6 + 0.4 * met)
