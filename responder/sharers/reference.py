"""Where a value stands among people: percentiles from a hundred and one knots. Pure, and quick enough for each mention.

A platform with few people of its own is judged partly by a reference made elsewhere (SCIENCE 1.4): n people count
n / (n + 200).
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from responder.sharers.score import Standing

KNOTS = 101
"""The values at percentiles 0, 1, … 100."""

BORROWED = 200.0
"""People at which our own and the shipped reference weigh as much."""


SHIPPED = Path(__file__).parent / "reference.json"
"""Made by `earshot sharers reference` from public posts on companies; holds figures, and nobody's words or names."""


@dataclass(frozen=True, slots=True)
class Reference:
    """How the `people` of one platform stand.

    `knots` of each part of a `Standing`, and of "score" and "first_sight"; a part nobody is told of is missing.
    `carry_factor`: expected re-shares per `habits.by_reach`. `spread`: mean re-shares and replies of a telling.
    `prior`: shape and rate (days) of the Gamma distribution of people's telling rates. `calibration`: pairs of a
    percentile of the score and the share of those there who were in the next top tenth, rising; None until it was seen.
    """

    people: int
    knots: Mapping[str, Sequence[float]]
    carry_factor: float = 0.05
    spread: float = 1.0
    prior: tuple[float, float] = (0.25, 60.0)
    calibration: Sequence[tuple[float, float]] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_dict(told: Mapping[str, Any]) -> Reference:
        """Return what `to_dict` wrote."""
        return Reference(**{**told, "prior": (told["prior"][0], told["prior"][1])})


EMPTY = Reference(0, {})
"""What a platform knows of its own people before the first night."""


@cache
def borrowed_for(source: str) -> Reference:
    """Return the reference shipped for a platform, or the one for all others."""
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))["platforms"]
    return Reference.from_dict(found.get(source, found["other"]))


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


def place_of(own: Reference, borrowed: Reference, part: str, value: float) -> float:
    """Return the percentile of a value that is known by at least one of the references, else the middle."""
    found = blended(own, borrowed, part, value)
    return 50.0 if found is None else found


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
