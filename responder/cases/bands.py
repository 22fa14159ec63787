"""The bands in which an order is shown: how soon each case's turn comes (DESIGN 3). Display only; pure, over arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BANDS = ("now", "next", "today", "when_quiet")
"""In the order of the queue. Arrays hold their numbers, -1 where there is none."""

NOW, NEXT, TODAY, WHEN_QUIET = range(len(BANDS))
NONE = -1

NOW_MINUTES, NEXT_MINUTES = 30.0, 120.0
"""Minutes of work after which "now" and "next" end."""

STICKS = 1.15
"""A case keeps its band while its P is within so many times of the P at the boundary (SCIENCE 2.2)."""

LEAST, MOST = 0.5, 1.5
"""A band ends between so many times its minutes, however near each other the P are: else, as the first are answered and
nobody moves up, "now" would run empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Cases in the order in which they stand, an entry each in every array.

    `spent` is the minutes of work before a case, `priority` its P. `safety` puts it into "now" wherever it stands.
    `ends_today`: its promise ends today, or has ended.
    """

    spent: Array
    priority: Array
    safety: Array
    ends_today: Array


def fresh(line: Line) -> Array:
    """Return the number of each case's band by the minutes of work alone."""
    return _marked(line, *np.searchsorted(line.spent, (NOW_MINUTES, NEXT_MINUTES)).tolist())


def steady(line: Line, *, former: Array, held: Array) -> Array:
    """Return the number of each case's band such that few change.

    `former` is the number of the band each case had (NONE: it had none), `held` says that somebody has it open. A
    boundary lies where the fewest cases change their band; but nobody is kept in one whose P is more than 15 % beyond
    the P where the boundary would lie afresh, and a band ends between half and one and a half times its minutes. So
    "now" stands before "next" and "next" before the rest. Apart from that, those held stay in the band they had, and
    those in danger are in "now".
    """
    # The fair slot stands above its own P: what counts is the largest that is still to come.
    to_come = np.maximum.accumulate(line.priority[::-1])[::-1]
    is_free = (former != NONE) & ~held & ~line.safety
    ends = []
    for band, minutes in ((NOW, NOW_MINUTES), (NEXT, NEXT_MINUTES)):
        wish = np.where(is_free, np.where(former > band, 1, -1), 0)
        ends.append(_boundary(line.spent, to_come, wish, minutes))
    bands = _marked(line, ends[0], max(ends))
    stays = held & (former != NONE) & ~line.safety
    bands[stays] = former[stays]
    return bands


def _boundary(spent: Array, to_come: Array, wish: Array, minutes: float) -> int:
    """Return the place at which a band ends. `wish`: -1 for those who would stand before it, 1 for those after it."""
    afresh = int(np.searchsorted(spent, minutes))
    level = to_come[afresh] if afresh < len(to_come) else 0.0
    first = max(np.searchsorted(-to_come, -level * STICKS, side="left"), np.searchsorted(spent, minutes * LEAST))
    last = min(np.searchsorted(-to_come, -level / STICKS, side="right"), np.searchsorted(spent, minutes * MOST))
    changes = np.r_[0, np.cumsum(wish[first:last])]
    fewest = first + np.flatnonzero(changes == changes.min())
    return int(fewest[np.argmin(np.abs(fewest - afresh))])


def _marked(line: Line, now_ends: int, next_ends: int) -> Array:
    bands = np.where(line.ends_today, TODAY, WHEN_QUIET).astype(np.int8)
    bands[:next_ends] = NEXT
    bands[:now_ends] = NOW
    bands[line.safety] = NOW
    return bands
