"""Making the reference that is shipped: how the people of a file of tellings stood at an instant. Figures alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from responder.errors import Invalid
from responder.sharers import habits
from responder.sharers.census import People, take
from responder.sharers.reference import Reference
from responder.sharers.tellings import DAY, FOLLOWERS_POWER, HALF_LIFE, Known, Tellings, known_at

Array = np.ndarray[Any, Any]

SEEN_WITHIN_DAYS = 180.0
DIGITS = 6
"""Significant digits kept of each figure."""


def reference_of(tellings: Tellings, *, at: float, past_days: float, with_profiles: bool) -> Reference:
    """Return how those heard in the `past_days` before `at` (unix seconds) stood then, if heard in the last 180.

    `with_profiles` False: by telling-days alone, as where a platform tells nothing of accounts. Raises Invalid when
    nobody was heard.
    """
    known = known_at(tellings, at, past_days=past_days)
    chosen = known.recency <= SEEN_WITHIN_DAYS
    if not chosen.any():
        raise Invalid("Nobody was heard in those days: choose another --at")
    first = _first(tellings, known, at, past_days)
    lived = np.maximum(at - first, habits.LEAST_EXPOSURE * DAY) / DAY
    reach = (1.0 + known.followers) ** FOLLOWERS_POWER
    nothing = np.full(len(known.author), np.nan)
    people = People(
        values={
            "telling": known.telling[chosen],
            **{
                part: (getattr(known, part) if with_profiles else nothing)[chosen]
                for part in ("reputation", "carry", "rate")
            },
        },
        days=known.days[chosen],
        originality=known.original[chosen],
        later=np.maximum(known.telling - 2.0 ** (-np.floor(lived) / HALF_LIFE), 0.0)[chosen],
        exposure=(HALF_LIFE / np.log(2) * (1.0 - 2.0 ** (-lived / HALF_LIFE)))[chosen],
        reshared=known.reshared[chosen],
        expected=(np.round(known.original * known.posts) * reach)[chosen],
    )
    found = take(people, spread=None)
    return replace(found, knots={part: [_short(knot) for knot in knots] for part, knots in found.knots.items()})


def _first(tellings: Tellings, known: Known, at: float, past_days: float) -> Array:
    """Return when each was first heard in those days."""
    heard = tellings.between(at - past_days * DAY, at)
    place = np.searchsorted(known.author, heard.author)
    first = np.full(len(known.author), np.inf)
    np.minimum.at(first, place, heard.at)
    return first


def _short(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
