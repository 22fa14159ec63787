"""What is made of one account's habits: a score, its place among the people of the platform, and a badge. Pure.

SCIENCE 1.4. A frequent sharer stands in the top tenth of a platform's people and was met on two days at least; whom we
met once can only be a possible one, by what the profile tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from responder.sharers import habits
from responder.sharers.habits import Account
from responder.sharers.reference import Reference, blended, place_of, standing
from responder.sharers.score import FLAGGED_PERCENTILE, LEAST_DAYS, tell

TELLING_ONLY = frozenset({"reddit"})
"""Platforms where what is told of accounts stems from the same posts, and made the score worse (SCIENCE 1.5)."""

FREQUENT, POSSIBLE = "frequent", "possible"


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score (0–100), its `percentile` and that of the `carry` among the platform's people, what it rests on.

    `first_sight`: what the profile alone says, 0–100. `badge`: "frequent", "possible" or None. `carry` None: followers
    are not told.
    """

    score: float
    percentile: float
    carry: float | None
    coverage: float
    met: float
    first_sight: float
    badge: str | None


def assess(account: Account, *, source: str, own: Reference, borrowed: Reference, as_of: datetime) -> Assessment:
    """Return what is made of an account at an instant, by its platform's people and the shipped reference."""
    factor = own.carry_factor if own.people else borrowed.carry_factor
    carry = habits.carry_of(account, factor)
    profile: dict[str, float | None] = {
        "reputation": habits.reputation_of(account),
        "carry": carry,
        "rate": habits.rate_of(account),
    }
    stands = standing(
        {
            "telling": habits.telling_days(account.weight, as_of),
            **({} if source in TELLING_ONLY else profile),
        },
        days=account.days,
        originality=account.own_words / account.tellings if account.tellings else None,
        own=own,
        shipped=borrowed,
    )
    found = tell(stands)
    percentile = place_of(own, borrowed, "score", found.score)
    return Assessment(
        score=found.score,
        percentile=percentile,
        carry=blended(own, borrowed, "carry", carry),
        coverage=found.coverage,
        met=found.met,
        first_sight=found.first_sight,
        badge=_badge(account.days, percentile, place_of(own, borrowed, "first_sight", found.first_sight)),
    )


def rate_ratio(weight: float, first_at: datetime, *, prior: tuple[float, float], as_of: datetime) -> float:
    """Return how much more often somebody tells than the platform's people do on average (SCIENCE 1.3b, 2.2's N).

    The posterior mean rate (a + x') / (b + E) over the prior's a / b: 1 for somebody just met, and slow to leave it.
    """
    shape, rate = prior
    seen = habits.days_since_met(weight, first_at, as_of)
    return (shape + seen) / (rate + habits.exposure(first_at, as_of)) * rate / shape


def _badge(days: int, percentile: float, first_sight: float) -> str | None:
    if days >= LEAST_DAYS:
        return FREQUENT if percentile >= FLAGGED_PERCENTILE else None
    return POSSIBLE if first_sight >= FLAGGED_PERCENTILE else None
