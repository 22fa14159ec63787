"""A first approximation of the order, kept beside each case: what is stored, indexed and never ages. Pure.

The queue itself is in the order of `responder.cases.priority`. The value of an answer is taken as u · r · f here: how
likely the person is unhappy (u), how many hear them (r), and how much answering now still averts (f = e^(−age/τ)).
Since f shrinks at one pace for everybody, the order of two cases never changes, and lists that nobody works through
(snoozed, resolved) need no ranking.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from responder.cases import inputs
from responder.cases.inputs import UNSCORED

TAU = timedelta(hours=24)
"""In this time the value of an answer falls to 37 %."""

UNHAPPINESS_FLOOR = 0.02
TYPICAL_FOLLOWERS = 200
"""What an account counts as whose platform does not tell its followers."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rank_key(
    *, p_negative: float | None, followers: int | None, lead_at: datetime, abstained: bool | None = None
) -> float:
    """Return the number such lists are sorted by, largest first: ln u + ln r + lead_at/τ.

    None is unknown. `lead_at` must not lie in the future (clamp a platform's wrong clock to the instant of storing), or
    the case would stand on top until that future comes.
    """
    return math.log(unhappiness(p_negative, abstained)) + math.log(reach(followers)) + (lead_at - _EPOCH) / TAU


def unhappiness(p_negative: float | None, abstained: bool | None = None) -> float:
    """Return u in [.02, 1]: P(negative), never so small that a wrong opinion hides a person for good."""
    known = inputs.unhappiness(p_negative, abstained)
    return UNSCORED if known is None else min(1.0, max(UNHAPPINESS_FLOOR, known))


def reach(followers: int | None) -> float:
    """Return r: the square root of the expected hearers. The root is on purpose: who tells counts before who is famous.

    (SCIENCE 2.2)
    """
    known = TYPICAL_FOLLOWERS if followers is None else followers
    return math.sqrt(inputs.hearers(views=None, followers=known) or 1.0)
