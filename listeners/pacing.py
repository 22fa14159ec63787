"""How often a connection may call, and how long to wait after a failure. Pure: time comes in, instants go out.

Sleeping and counting attempts belong to the worker that runs the jobs.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)


class Pace:
    """A token bucket: `per_minute` calls on average, up to `burst` at once. One per connection; not thread-safe.

    Raises ValueError when `per_minute` or `burst` would never let a call through.
    """

    def __init__(self, per_minute: float, *, burst: int = 1) -> None:
        if not per_minute > 0 or burst < 1:
            raise ValueError("a pace needs more than 0 calls a minute and a burst of at least 1")
        self._between = timedelta(minutes=1 / per_minute)
        self._burst = burst
        self._even: datetime | None = None
        """When the bucket would be exactly full again if nobody called."""

    def wait_until(self, now: datetime) -> datetime:
        """Take the next free place and return its instant: `now` when there is one at once, else later."""
        even = max(self._even or now, now)
        earliest = even - self._between * (self._burst - 1)
        self._even = even + self._between
        return max(earliest, now)

    def hold(self, until: datetime) -> None:
        """Let nothing through before `until`, as a platform asked; afterwards start with an empty bucket."""
        full_after = until + self._between * (self._burst - 1)
        self._even = max(self._even or full_after, full_after)


def backoff(
    attempt: int, rng: random.Random, *, first: timedelta = FIRST_WAIT, longest: timedelta = LONGEST_WAIT
) -> timedelta:
    """Return how long to wait after failed attempt number `attempt` (1 for the first).

    Doubles each time up to `longest`; a random half is taken off so that many clients do not come back together.
    """
    doubled = first * (1 << min(max(attempt, 1) - 1, 30))
    return min(doubled, longest) * rng.uniform(0.5, 1.0)
