"""How the people of one platform stand, in one pass over all of them: the figures each of them is then placed by.

Arrays only; reading and writing them is left to `responder.sharers.nightly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from responder.sharers.reference import EMPTY, KNOTS, Reference, standing
from responder.sharers.score import tell

Array = np.ndarray[Any, Any]

PARTS = ("telling", "reputation", "carry", "rate")
FEWEST_FOR_PRIOR = 50
"""People from which a platform's own distribution of telling rates is fitted."""

_SHAPES = (0.05, 5.0)
_RATES = (1.0, 2_000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The people of one platform, one entry each; NaN where it is not told.

    `values` holds the PARTS of a standing. `days`: telling-days met. `originality`: share of own words. `later`:
    decayed telling-days after the first, and `exposure` the days they could fall on, decayed alike. `own_words`,
    `reshared` and `expected` (`habits.by_reach` summed) are what carry is learned from.
    """

    values: Mapping[str, Array]
    days: Array
    originality: Array
    later: Array
    exposure: Array
    reshared: Array
    expected: Array


def take(people: People, *, spread: float | None) -> Reference:
    """Return the figures of these people. `spread`: re-shares and replies a telling gets here on average, if told."""
    count = len(people.days)
    if not count:
        return EMPTY
    knots = {part: _knots(values) for part, values in people.values.items() if not np.isnan(values).all()}
    found = Reference(
        count,
        knots,
        carry_factor=carry_factor(people.reshared, people.expected),
        spread=EMPTY.spread if spread is None else spread,
        prior=prior(people.later, people.exposure),
    )
    scored = [
        tell(
            standing(
                {part: _or_none(values[place]) for part, values in people.values.items()},
                days=int(people.days[place]),
                originality=_or_none(people.originality[place]),
                own=found,
                shipped=EMPTY,
            )
        )
        for place in range(count)
    ]
    return replace(
        found,
        knots={
            **knots,
            "score": _knots(np.array([each.score for each in scored])),
            "first_sight": _knots(np.array([each.first_sight for each in scored])),
        },
    )


def carry_factor(reshared: Array, expected: Array) -> float:
    """Return c of m(f) = c·(1 + f)^.35 such that it holds over all whose re-shares are told (SCIENCE 1.3d)."""
    told = ~(np.isnan(reshared) | np.isnan(expected))
    total = float(expected[told].sum())
    # One re-share on a hundred tellings of small accounts is borrowed, so that none yet is not never.
    return (float(reshared[told].sum()) + 1.0) / (total + 1.0 / EMPTY.carry_factor)


def prior(later: Array, exposure: Array) -> tuple[float, float]:
    """Return shape and rate of the Gamma distribution of telling rates, by the marginal likelihood (SCIENCE 1.3b).

    A negative binomial of the telling-days after the first sight over their exposure. The usual one when people are
    few, nobody told again, or the search ends nowhere.
    """
    if len(later) < FEWEST_FOR_PRIOR or not (later > 0).any():
        return EMPTY.prior

    def unlikely(logs: Array) -> float:
        shape, rate = np.exp(logs)
        terms = gammaln(shape + later) - gammaln(shape) - gammaln(later + 1.0)
        terms += shape * np.log(rate / (rate + exposure)) + later * np.log(exposure / (rate + exposure))
        return -float(terms.sum())

    bounds = [tuple(np.log(edges)) for edges in (_SHAPES, _RATES)]
    found = minimize(unlikely, np.log(EMPTY.prior), method="Nelder-Mead", bounds=bounds)
    if not found.success:
        return EMPTY.prior
    shape, rate = np.exp(found.x)
    return float(shape), float(rate)


def _knots(values: Array) -> list[float]:
    return [float(knot) for knot in np.nanpercentile(values, np.linspace(0, 100, KNOTS))]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
