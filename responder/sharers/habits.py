"""What is known of one account's telling, kept so that a new mention changes it in a few sums. Pure.

Telling-days are weighed by how long ago they were: a half-life of 60 days (SCIENCE 1.3a). The weights are kept relative
to a day zero, 2^(day/60), so that they add up in any order and never need ageing: as of an instant they are worth
weight · 2^(-instant/60).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from responder.sharers.tellings import CARRY_BOUNDS, CARRY_SHAPE, FOLLOWERS_POWER, HALF_LIFE, SIGHTS

DAY_ZERO = datetime(2020, 1, 1, tzinfo=UTC)
_DAY = 86_400.0

LEAST_EXPOSURE = 0.5
"""Days that somebody just met is taken to be known for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The counters of a `responder.models.Sharer` and what the platform says of the account; None is not told."""

    weight: float
    days: int
    tellings: int
    own_words: int
    first_at: datetime
    reshared: int | None
    expected: float | None
    first_posts: int | None
    first_posts_at: datetime | None
    followers: int | None
    listed: int | None
    reputation: int | None
    posts: int | None
    posts_at: datetime
    account_created_at: datetime | None


def day_of(at: datetime) -> int:
    """Return the UTC day of an aware instant, counted from day zero."""
    return math.floor((at - DAY_ZERO).total_seconds() / _DAY)


def weight_of(day: int) -> float:
    """Return what a telling-day adds to the weight."""
    return float(2.0 ** (day / HALF_LIFE))


def telling_days(weight: float, as_of: datetime) -> float:
    """Return the telling-days a weight is worth at an instant, decayed; a day counts from its middle."""
    since = (as_of - DAY_ZERO).total_seconds() / _DAY - 0.5
    return float(weight * 2.0 ** (-since / HALF_LIFE))


def by_reach(followers: int) -> float:
    """Return how expected re-shares grow with followers, up to the platform's factor (SCIENCE 1.3d)."""
    return float((1.0 + max(followers, 0)) ** FOLLOWERS_POWER)


def reputation_of(account: Account) -> int | None:
    """Return what the platform's people think of an account: karma or level, else lists, else followers."""
    return next((told for told in (account.reputation, account.listed, account.followers) if told is not None), None)


def carry_factor(reshared: int | None, expected: float | None, factor: float) -> float:
    """Return how much more often somebody is re-shared than accounts of that reach: (2 + R) / (2 + expected).

    `expected` is the sum of `by_reach` over their tellings, `factor` the platform's expected re-shares per it. 1 where
    nothing is told.
    """
    if reshared is None or expected is None:
        return 1.0
    low, high = CARRY_BOUNDS
    return min(high, max(low, (CARRY_SHAPE + reshared) / (CARRY_SHAPE + factor * expected)))


def carry_of(account: Account, factor: float) -> float | None:
    """Return the expected re-shares of a next telling; None where followers are not told."""
    if account.followers is None:
        return None
    return carry_factor(account.reshared, account.expected, factor) * factor * by_reach(account.followers)


def rate_of(account: Account) -> float | None:
    """Return posts a day from two sights of the account: (k·S/A + dS) / (k + dt), SCIENCE 1.3c; None if not told."""
    first, then = account.first_posts, account.first_posts_at
    if first is None or then is None or account.posts is None or account.account_created_at is None:
        return None
    lived = max((then - account.account_created_at).total_seconds() / _DAY, 1.0)
    between = max((account.posts_at - then).total_seconds() / _DAY, 0.0)
    return (SIGHTS * first / lived + max(account.posts - first, 0)) / (SIGHTS + between)


def exposure(first_at: datetime, as_of: datetime) -> float:
    """Return the days somebody has been known for, decayed like telling-days: (h/ln 2)(1 - 2^(-T/h)), SCIENCE 1.3b."""
    known = max((as_of - first_at).total_seconds() / _DAY, LEAST_EXPOSURE)
    return float(HALF_LIFE / math.log(2) * (1.0 - 2.0 ** (-known / HALF_LIFE)))


def days_since_met(weight: float, first_at: datetime, as_of: datetime) -> float:
    """Return the decayed telling-days after the first: what a rate is learned from without counting the first sight."""
    return max(telling_days(weight - weight_of(day_of(first_at)), as_of), 0.0)
