"""Why a case has the priority it has, in points that add up (DESIGN 3, Priority). Pure functions over arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from responder.cases.priority import Factors, OpenCases, Ranked, Scale, factors, priority, shown
from responder.cases.shapley import rounded_together, shapley

Array = np.ndarray[Any, Any]

PARTS = ("unhappiness", "telling", "reach", "velocity", "promise", "answerability", "minutes")
"""What a priority is made of, in the order people read it."""

_PART_OF = {
    "harmed": "unhappiness",
    "pressed": "unhappiness",
    "telling": "telling",
    "reach": "reach",
    "velocity": "velocity",
    "decayed": "promise",
    "promised": "promise",
    "answerability": "answerability",
    "minutes": "minutes",
}
"""Which part each factor of P belongs to."""

_WITH_INCIDENT = ("typical", *PARTS, "incident")
_NO_POINTS = 1e-9
_AT_ONCE = 256
"""Cases whose shares are computed together: as many as stay in a processor's cache."""


def points(cases: OpenCases, ranked: Ranked, chosen: Sequence[int], *, digits: int = 0) -> list[dict[str, float]]:
    """Return, for each chosen case, the points of its parts: they sum to its shown priority, rounded together.

    "typical" is what the median open case shows; the parts are exact Shapley values against it; "incident" is what
    belonging to one adds. "safety" and "turn" are there where they, not the priority, decide the place; they have no
    points.
    """
    places = np.asarray(chosen, dtype=np.int64)
    total = ranked.shown[places]
    incident = total - shown(ranked.own[places], ranked.scale)
    base = shown(priority(ranked.scale.typical, ranked.scale), ranked.scale)
    parts = np.vstack([np.repeat(base, len(places)), _shares(cases, places, ranked.scale)])
    alone = rounded_together(parts, total, digits=digits).T.tolist()
    joined = rounded_together(np.vstack([parts, incident]), total, digits=digits).T.tolist()
    explained = [
        dict(zip(_WITH_INCIDENT, together if adds else numbers, strict=False))
        for numbers, together, adds in zip(alone, joined, (np.abs(incident) > _NO_POINTS).tolist(), strict=True)
    ]
    for name, decides in (("safety", cases.safety), ("turn", ranked.is_turn)):
        for place in np.flatnonzero(decides[places]).tolist() if decides is not None else ():
            explained[place][name] = 0.0
    return explained


def _shares(cases: OpenCases, places: Array, scale: Scale) -> Array:
    """Return the Shapley values of S of PARTS against the typical case, parts × cases."""
    own = factors(cases)
    shares = np.empty((len(PARTS), len(places)))
    for begin in range(0, len(places), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        mixed = Factors(*(_usual_and_own(name, own, scale.typical, places[some]) for name in _PART_OF))
        shares[:, some] = shapley(shown(priority(mixed, scale), scale))
    return shares


def _usual_and_own(name: str, own: Factors, typical: Factors, places: Array) -> Array:
    """Return a factor, typical and own, along the axis of its part: P of all of them is P of every mixture."""
    mine = getattr(own, name)[places]
    shape = [1] * len(PARTS)
    shape[PARTS.index(_PART_OF[name])] = 2
    return np.stack([np.repeat(getattr(typical, name), len(mine)), mine]).reshape(*shape, len(mine))
