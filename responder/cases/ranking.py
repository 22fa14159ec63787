"""The first ranking: whom to answer first, and why, told in points that add up.

Pure functions. Storing the key is left to intake, reading the queue by it to `responder.cases.queue`.

The value of answering a case is v = u · r · f: how likely the person is unhappy (u), how many hear them (r), and how
much of that answering now still averts (f = e^(−age/τ), SCIENCE 2.1: harm decays with waiting). Since f shrinks at the
same pace for everybody, the *order* of two cases never changes as time passes, and `rank_key` can be stored and
indexed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TAU = timedelta(hours=24)
"""In this time the value of an answer falls to 37 %."""

UNHAPPINESS_FLOOR = 0.02
UNSCORED = 0.3
"""What a mention counts as until it is scored: unknown is neither happy nor unhappy."""

TYPICAL_FOLLOWERS = 200
"""What an account counts as whose platform does not tell its followers."""

TYPICAL_WAIT = timedelta(hours=6)
FOLLOWERS_CAP = 10_000_000
MINUTES_PER_CASE = 6

NOW = 30 // MINUTES_PER_CASE
"""How many cases fit in the next 30 agent-minutes."""

NEXT = NOW + 90 // MINUTES_PER_CASE
"""How many cases fit before the band "When quiet" begins."""

_SHOWN_POWER = 0.2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a priority: its name for programs, its points (may be negative), and a sentence for people."""

    part: str
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A shown priority (0–100) and the parts it is made of; their points sum to it exactly."""

    priority: int
    reasons: tuple[Reason, ...]


def rank_key(
    *, p_negative: float | None, followers: int | None, lead_at: datetime, abstained: bool | None = None
) -> float:
    """Return the number the queue is sorted by, largest first: ln u + ln r + lead_at/τ.

    None is unknown. `lead_at` must not lie in the future (clamp a platform's wrong clock to the instant of storing), or
    the case would stand on top until that future comes.
    """
    return math.log(unhappiness(p_negative, abstained)) + math.log(reach(followers)) + (lead_at - _EPOCH) / TAU


def unhappiness(p_negative: float | None, abstained: bool | None = None) -> float:
    """Return u in [.02, 1]: P(negative), never so small that a wrong opinion hides a person for good.

    An opinion the model will not be held to (`abstained`) counts half way to unknown: a guess in a language it has not
    learned must not stand above somebody who is surely unhappy.
    """
    if p_negative is None:
        return UNSCORED
    u = (p_negative + UNSCORED) / 2 if abstained else p_negative
    return min(1.0, max(UNHAPPINESS_FLOOR, u))


def reach(followers: int | None) -> float:
    """Return r in (0, 1]: the square root of the expected hearers 30 + .15·f^.8 (SCIENCE 2.2), 1 at 10 million.

    The root is on purpose: who tells counts for more than who is famous.
    """
    known = TYPICAL_FOLLOWERS if followers is None else min(max(followers, 0), FOLLOWERS_CAP)
    return math.sqrt(_hearers(known) / _MOST_HEARERS)


def freshness(age: timedelta) -> float:
    """Return f in (0, 1]: e^(−age/τ). An age below zero (a platform's clock runs ahead) counts as none."""
    return math.exp(-max(age, timedelta(0)) / TAU)


def shown(value: float) -> float:
    """Return the 0–100 scale people see: S = 100·v^(1/5).

    The fifth root spreads what people meet over the scale: about 50 is a surely unhappy person with an ordinary
    account just now, 36 a typical case, 20 praise; 100 needs ten million followers.
    """
    return float(100 * value**_SHOWN_POWER)


def explain(
    *,
    p_negative: float | None,
    label: str | None,
    abstained: bool | None,
    followers: int | None,
    lead_at: datetime,
    now: datetime,
    is_corrected: bool = False,
) -> Explanation:
    """Return the shown priority and its parts: exact Shapley values of S against a typical case, itself a part.

    The typical case is not scored, its followers are unknown and it waits six hours; so what is unknown about a case
    adds exactly nothing. Points are whole numbers rounded together (largest remainder), so they sum to the priority.
    `is_corrected`: the label is a person's, which changes the words and no points.
    """
    age = max(now - lead_at, timedelta(0))
    actual = [shown(factor) for factor in (unhappiness(p_negative, abstained), reach(followers), freshness(age))]
    priority = round(math.prod(actual) / _SCALE)
    points = [math.prod(_TYPICAL) / _SCALE, *(share / _SCALE for share in _shapley(_TYPICAL, actual))]
    words = {
        "typical": f"where a typical case starts ({TYPICAL_FOLLOWERS} followers, waiting {_lasting(TYPICAL_WAIT)})",
        "unhappiness": _CORRECTED[label]
        if is_corrected and label is not None
        else _unhappiness_words(p_negative, label=label, abstained=abstained),
        "reach": "followers unknown" if followers is None else f"{followers:,} follower{'s' * (followers != 1)}",
        "waiting": f"waiting {_lasting(age)}",
    }
    whole = _rounded_together(points, priority)
    return Explanation(priority, tuple(map(Reason, words, whole, words.values())))


def band(place: int) -> str:
    """Return the band of the case standing at `place` (1 is the top): "now", "next" or "when_quiet". Display only."""
    if place <= NOW:
        return "now"
    return "next" if place <= NEXT else "when_quiet"


def _hearers(followers: int) -> float:
    return float(30 + 0.15 * followers**0.8)


_MOST_HEARERS = _hearers(FOLLOWERS_CAP)
_TYPICAL = [shown(factor) for factor in (UNSCORED, reach(None), freshness(TYPICAL_WAIT))]
_SCALE = shown(1.0) ** 2
"""Each factor is put on the shown scale by itself, so their product is too large by this."""


def _shapley(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Share the change of a product of three factors among them: exact Shapley values, in closed form.

    A factor's share is its own change, times what the other two are worth on average over the six orders in which the
    three may change: both before (2 of 6), one of them after (1 each), both after (2).
    """
    shares = []
    for own in range(3):
        one, other = (place for place in range(3) if place != own)
        around = (
            2 * before[one] * before[other]
            + before[one] * after[other]
            + after[one] * before[other]
            + 2 * after[one] * after[other]
        ) / 6
        shares.append((after[own] - before[own]) * around)
    return shares


def _rounded_together(numbers: Sequence[float], total: int) -> list[int]:
    """Round so that the sum is `total`: the largest remainders are rounded up, the others down."""
    floors = [math.floor(number) for number in numbers]
    by_remainder = sorted(range(len(numbers)), key=lambda place: floors[place] - numbers[place])
    for place in by_remainder[: total - sum(floors)]:
        floors[place] += 1
    return floors


_FEELINGS: Mapping[str | None, str] = {
    "negative": "unhappy ({} % sure)",
    "neutral": "sounds neutral ({} % likely unhappy)",
    "positive": "sounds happy ({} % likely unhappy)",
    None: "{} % likely unhappy",
}

_CORRECTED: Mapping[str, str] = {
    "negative": "unhappy, a person of the team says",
    "neutral": "neutral, a person of the team says",
    "positive": "happy, a person of the team says",
}


def _unhappiness_words(p_negative: float | None, *, label: str | None, abstained: bool | None) -> str:
    if p_negative is None:
        return "not scored yet"
    percent = min(99, max(1, round(100 * p_negative)))  # a model is never 100 % sure
    if abstained:
        return f"unsure, counts half: {percent} % likely unhappy"
    words = _FEELINGS.get(label, _FEELINGS[None]).format(percent)
    return f"very {words}" if label == "negative" and p_negative >= 0.8 else words


def _lasting(span: timedelta) -> str:
    """Say a span of time in the one unit people would use."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    if minutes < 48 * 60:
        return f"{minutes // 60} hours"
    return f"{minutes // 1440} days"
