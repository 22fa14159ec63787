"""What a standing meant: how many of those who stood there in earlier months were then in the next top tenth.

Raw chances of telling are two times too high on some platforms (SCIENCE 1.3b), so none is shown before it was seen what
became of a month's people. `responder.sharers.chances` reads what is learned here, without scipy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression
from sqlalchemy.orm import Session

from responder.errors import Invalid
from responder.sharers.followed import followed, noted_months

Array = np.ndarray[Any, Any]
Pairs = tuple[tuple[float, float], ...]

DAYS = 60
"""How long after a month it is looked who told most."""

FEWEST = 500
"""People of a platform noted in a month, below which what they did says too little."""

MONTHS = 3
"""The newest months learned from: people and platforms change."""

ALIKE = 50
"""People, at least, whom a chance is said of: those who stood next to one another."""

GROUPS = 40
BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """How chances that were said compare with what came.

    `brier`: mean squared distance between the chance and what came, 0 the best. `error`: mean distance between said and
    come over ten groups of as many people (expected calibration error). `bins`: of each group what was said, what share
    came, and how many people.
    """

    brier: float
    error: float
    bins: tuple[tuple[float, float, int], ...]


def fit(percentiles: Array, is_top: Array) -> Pairs:
    """Return pairs of a percentile and the share of those there who came to the top tenth, both rising.

    Isotonic regression over groups of neighbours, so that each share is of `ALIKE` people at least. `percentiles`
    (0–100) and `is_top` (bool) have one entry per person. Raises Invalid for fewer people than that.
    """
    if len(percentiles) < ALIKE:
        raise Invalid(f"{len(percentiles)} people are too few to learn chances from: give {ALIKE} at least")
    place, people = _neighbours(percentiles)
    stood = np.bincount(place, percentiles) / people
    shares = isotonic_regression(np.bincount(place, is_top) / people, weights=people).x
    # Between equal shares nothing bends.
    ends = np.r_[True, np.diff(shares) != 0] | np.r_[np.diff(shares) != 0, True]
    return tuple(
        (round(float(at), 3), round(float(share), 4)) for at, share in zip(stood[ends], shares[ends], strict=True)
    )


def learned(session: Session, brand_id: int, *, now: datetime) -> dict[str, Pairs]:
    """Return, by source, the pairs of the brand's newest months that could be checked; a source without is missing."""
    over = [noted for noted in noted_months(session, brand_id) if noted.is_over(DAYS, now)]
    found: defaultdict[str, list[tuple[Array, Array]]] = defaultdict(list)
    for noted in over[:MONTHS]:
        everybody = followed(session, brand_id, noted, days=DAYS)
        for source in sorted(set(everybody.source)):
            theirs = everybody.of(source)
            if len(theirs.told) >= FEWEST and theirs.is_top.any():
                found[source].append((theirs.percentile, theirs.is_top))
    return {
        source: fit(*(np.concatenate(part) for part in zip(*months, strict=True))) for source, months in found.items()
    }


def reliability(chances: Array, is_top: Array) -> Reliability:
    """Compare chances (0–1) that were said of people with who came to the top tenth (bool)."""
    order = np.argsort(chances, kind="stable")
    bins = tuple(
        (float(chances[who].mean()), float(is_top[who].mean()), len(who))
        for who in np.array_split(order, BINS)
        if len(who)
    )
    return Reliability(
        brier=float(np.mean((chances - is_top) ** 2)),
        error=sum(abs(said - came) * people for said, came, people in bins) / len(chances),
        bins=bins,
    )


def _neighbours(percentiles: Array) -> tuple[Array, Array]:
    """Return the group of each person, by rising percentile, and the size of each; equals are never parted."""
    values, place, counts = np.unique(percentiles, return_inverse=True, return_counts=True)
    least = max(ALIKE, len(percentiles) // GROUPS)
    group = np.zeros(len(values), dtype=int)
    sizes = [0]
    left = len(percentiles)
    for number, count in enumerate(counts.tolist()):
        if sizes[-1] >= least and left >= least:
            sizes.append(0)
        group[number] = len(sizes) - 1
        sizes[-1] += count
        left -= count
    return group[place], np.array(sizes, dtype=float)
