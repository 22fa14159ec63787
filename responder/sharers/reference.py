"""Where a value stands among people: percentiles from a hundred and one knots. Pure, and quick enough for each mention.

A platform with few people of its own is judged partly by a reference made elsewhere (SCIENCE 1.4): n people count
n / (n + 200).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from responder.sharers.score import Standing

KNOTS = 101
"""The values at percentiles 0, 1, … 100."""

BORROWED = 200.0
"""People at which our own and the shipped reference weigh as much."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The knots of each part of a `Standing` over the `people` of one platform; a part nobody is told of is missing."""

    people: int
    knots: Mapping[str, Sequence[float]]


def percentile(knots: Sequence[float], value: float) -> float:
    """Return the mid-rank percentile (0–100) of a value: the middle of those that are the same."""
    first, last = bisect_left(knots, value), bisect_right(knots, value)
    if first < last:
        return 100.0 * (first + last - 1) / 2 / (len(knots) - 1)
    if first == 0:
        return 0.0
    if first == len(knots):
        return 100.0
    below, above = knots[first - 1], knots[first]
    return 100.0 * (first - 1 + (value - below) / (above - below)) / (len(knots) - 1)


def blended(own: Reference, shipped: Reference, part: str, value: float | None) -> float | None:
    """Return the percentile of a value by our own people and the shipped reference; None where neither can say."""
    if value is None:
        return None
    weight = own.people / (own.people + BORROWED)
    found = [
        (share, percentile(reference.knots[part], value))
        for share, reference in ((weight, own), (1 - weight, shipped))
        if share and reference.knots.get(part)
    ]
    total = sum(share for share, _ in found)
    return sum(share * place for share, place in found) / total if total else None


def standing(
    values: Mapping[str, float | None], *, days: int, originality: float | None, own: Reference, shipped: Reference
) -> Standing:
    """Return where somebody stands by the values of the parts `telling`, `reputation`, `carry` and `rate`.

    `originality` is the share of own words, 0–1. Telling-days nobody can place count as the middle.
    """
    placed = {
        part: blended(own, shipped, part, values.get(part)) for part in ("telling", "reputation", "carry", "rate")
    }
    telling = placed.pop("telling")
    return Standing(
        telling=50.0 if telling is None else telling,
        **placed,
        originality=None if originality is None else 100.0 * originality,
        days=days,
    )
