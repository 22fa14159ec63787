"""What priorities are measured by, over thirty days: a quiet hour must not make a trifle look urgent. Pure.

DESIGN 3: Hm, H99 and P99 are of the last 30 days. Of each day the last scale is kept; the medians of the days count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from statistics import median

from responder.cases.priority import Scale

DAYS = 30

LEAST_FULL = 0.5
"""P that shows as 100 at the least, three typical complaints of six minutes: a calm queue shows nothing as urgent."""

Day = tuple[str, float, float, float]
"""A day with its Hm, H99 and P99."""


def over_days(found: Scale, *, today: date, before: Sequence[Day]) -> tuple[Scale, list[Day]]:
    """Return the scale to measure by, and the days to keep, today's replaced by what was just `found`."""
    day: Day = (today.isoformat(), found.median_harm, found.largest_harm, max(found.full, LEAST_FULL))
    days = [*(each for each in before if each[0] < day[0]), day][-DAYS:]
    return (
        replace(
            found,
            median_harm=median(each[1] for each in days),
            largest_harm=median(each[2] for each in days),
            full=median(each[3] for each in days),
        ),
        days,
    )
