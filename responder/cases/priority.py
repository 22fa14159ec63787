"""The rule that says whom to answer first, and why in points that add up (SCIENCE 2.2). Pure functions over arrays.

    P = q · [ H/Hm · e^(-w/τ) + B · u · g(w/D) ] / m          the largest is answered next

What answering now still averts falls with waiting (the first term), what was promised presses until it is missed (the
second), and both count per minute of work. Every fifth pick is the oldest that has waited long, whatever its P.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PROMISE_WEIGHT = 1.0
"""B: what keeping a promise is worth beside a typical complaint's harm."""

TELLING_BOUNDS = (0.2, 8.0)
VELOCITY_BOUNDS = (0.5, 8.0)
LEAST_URGENCY = 0.3
MISSED = 0.3
"""g once the promise is missed: it rises no more, or a case that is late anyway would make others late."""

UNHAPPY = 0.5
"""P(negative) from which somebody is predicted unhappy; a typical complaint is the median of theirs."""

FAIR_EVERY = 5
FAIR_AFTER = 6 * 60.0
"""Minutes a case must have waited for the fair slot."""

NEXT_MEMBER = 1.0
"""Minutes that each further case of an incident takes, the first being answered."""

NOW_MINUTES, NEXT_MINUTES = 30.0, 120.0

PARTS = ("unhappiness", "telling", "reach", "velocity", "promise", "answerability", "minutes")
"""What a priority is made of, in the order people read it."""

_LEAST_PRIORITY = 1e-6

UNKNOWN = {
    "p_negative": 0.3,
    "p_question": 0.0,
    "intensity": 0.5,
    "telling": 1.0,
    "hearers": 40.0,
    "velocity": 1.0,
    "tau": 480.0,
    "answerability": 0.6,
    "minutes": 6.0,
}
"""What counts where something is not known: what it is for most. Hearers: those of an account of 200 followers."""

PROMISES = {"safety": 15.0, "unhappy": 60.0, "question": 240.0, "other": 2_880.0}
"""Minutes promised by class until a team measures its own (SCIENCE 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCases:
    """Open cases, one entry each in every array; nothing is unknown any more.

    `waited`, `promise`, `tau`, `minutes` in minutes. `promise`: from opening to what was promised. `p_negative`,
    `p_question`, `intensity`, `answerability` 0–1. `telling`: telling rate over the platform's mean. `hearers`: people
    who hear one telling. `velocity`: re-shares and replies over what is usual at this age. `incident`: a number for
    those of one incident, -1 for none. `safety`: stands above everything.
    """

    waited: Array
    promise: Array
    p_negative: Array
    p_question: Array
    intensity: Array
    telling: Array
    hearers: Array
    velocity: Array
    tau: Array
    answerability: Array
    minutes: Array
    incident: Array
    safety: Array

    def __len__(self) -> int:
        return len(self.waited)


@dataclass(frozen=True, slots=True)
class Factors:
    """What P is computed from, per case: a row of PARTS each, so that one part can be exchanged for another case's."""

    harmed: Array
    pressed: Array
    telling: Array
    reach: Array
    velocity: Array
    decayed: Array
    promised: Array
    answerability: Array
    minutes: Array


_OF_PART = {
    "unhappiness": ("harmed", "pressed"),
    "telling": ("telling",),
    "reach": ("reach",),
    "velocity": ("velocity",),
    "promise": ("decayed", "promised"),
    "answerability": ("answerability",),
    "minutes": ("minutes",),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """What open cases are measured by: median and largest (99th percentile) harm, and the P that shows as 100 (P99).

    `typical` are the factors of the median open case.
    """

    median_harm: float
    largest_harm: float
    full: float
    typical: Factors


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Open cases in order.

    `order` lists the cases answered first to last, or only the first ones when that was asked. Per case: `priority` P
    (an incident's for all of its cases), its `own` P, what is `shown` of it (0–100), and its band.
    """

    order: Array
    priority: Array
    own: Array
    shown: Array
    bands: list[str]
    scale: Scale


def promise_class(p_negative: float, p_question: float, *, safety: bool = False) -> str:
    """Return the class of `PROMISES` that a case belongs to."""
    if safety:
        return "safety"
    if p_negative >= UNHAPPY:
        return "unhappy"
    return "question" if p_question >= UNHAPPY else "other"


def factors(cases: OpenCases) -> Factors:
    """Return the factors of P for each case."""
    return Factors(
        harmed=cases.p_negative * (0.5 + cases.intensity),
        pressed=np.maximum(np.maximum(cases.p_negative, cases.p_question), LEAST_URGENCY),
        telling=np.clip(cases.telling, *TELLING_BOUNDS),
        reach=np.sqrt(np.maximum(cases.hearers, 0.0)),
        velocity=np.clip(cases.velocity, *VELOCITY_BOUNDS),
        decayed=np.exp(-cases.waited / cases.tau),
        promised=pressure(cases.waited / cases.promise),
        answerability=cases.answerability,
        minutes=cases.minutes,
    )


def pressure(used: Array) -> Array:
    """Return g of the share of the promised time that is used: its fourth power, and little once it is missed."""
    return np.where(used < 1.0, used**4, MISSED)


def scale_of(cases: OpenCases) -> Scale:
    """Return the scale that these cases set."""
    found = factors(cases)
    harm = _harm(found)
    unhappy = harm[cases.p_negative >= UNHAPPY]
    median = float(np.median(unhappy)) if len(unhappy) else float(np.median(harm)) if len(harm) else 1.0
    typical = Factors(
        *(np.array([np.median(getattr(found, each.name)) if len(cases) else 0.0]) for each in fields(Factors))
    )
    scale = Scale(
        median_harm=max(median, _LEAST_PRIORITY),
        largest_harm=float(np.percentile(harm, 99)) if len(harm) else 1.0,
        full=1.0,
        typical=typical,
    )
    full = float(np.percentile(priority(found, scale), 99)) if len(cases) else 1.0
    return replace(scale, full=max(full, _LEAST_PRIORITY))


def priority(found: Factors, scale: Scale) -> Array:
    """Return P: typical complaints' worth of harm averted per minute of work."""
    harm = np.minimum(_harm(found), scale.largest_harm) / scale.median_harm * found.decayed
    return found.answerability * (harm + PROMISE_WEIGHT * found.pressed * found.promised) / found.minutes


def shown(value: Array, scale: Scale) -> Array:
    """Return S on the scale people see: 100·log2(1 + P) / log2(1 + P99), at most 100."""
    return np.minimum(100.0 * np.log2(1.0 + value) / math.log2(1.0 + scale.full), 100.0)


def rank(
    cases: OpenCases, *, picks: int = 0, limit: int | None = None, promise_ends_today: Array | None = None
) -> Ranked:
    """Return the order in which to answer, and each case's priority and band.

    `picks` is how many were picked so far: every fifth is the fair slot. `limit` is how many of the order are wanted at
    least (None: all). `promise_ends_today` says of each case whether its promise ends before the day does (None: of
    none).
    """
    scale = scale_of(cases)
    own = priority(factors(cases), scale)
    whole = _of_incidents(cases, own)
    order = _ordered(cases, whole, picks=picks, limit=len(cases) if limit is None else limit)
    today = np.zeros(len(cases), dtype=bool) if promise_ends_today is None else promise_ends_today
    return Ranked(
        order=order,
        priority=whole,
        own=own,
        shown=shown(whole, scale),
        bands=_bands(cases, order, today),
        scale=scale,
    )


def points(cases: OpenCases, ranked: Ranked, chosen: Sequence[int], *, digits: int = 0) -> list[dict[str, float]]:
    """Return, for each chosen case, the points of its parts: they sum to its shown priority, rounded together.

    "typical" is what the median open case shows; the parts are exact Shapley values against it; "incident" is what
    belonging to one adds.
    """
    own = _chosen(factors(cases), chosen)
    shares = _shapley(own, ranked.scale)
    base = float(shown(priority(ranked.scale.typical, ranked.scale), ranked.scale)[0])
    total = ranked.shown[list(chosen)]
    incident = total - shown(ranked.own[list(chosen)], ranked.scale)
    explained = []
    for place in range(len(chosen)):
        parts = {"typical": base, **{part: float(shares[part][place]) for part in PARTS}}
        if abs(incident[place]) > 1e-9:
            parts["incident"] = float(incident[place])
        explained.append(rounded_together(parts, float(total[place]), digits=digits))
    return explained


def rounded_together(parts: dict[str, float], total: float, *, digits: int = 0) -> dict[str, float]:
    """Round to `digits` decimals so that the sum is the rounded `total`: largest remainders up, the others down."""
    unit = 10**digits
    floors = {part: math.floor(number * unit) for part, number in parts.items()}
    by_remainder = sorted(parts, key=lambda part: floors[part] - parts[part] * unit)
    spare = round(total * unit) - sum(floors.values())
    for place in range(abs(spare)):
        floors[by_remainder[place % len(parts)]] += 1 if spare > 0 else -1
    return {part: whole / unit for part, whole in floors.items()}


def _harm(found: Factors) -> Array:
    """Return H: people who will hear further tellings if nobody answers."""
    return found.harmed * found.telling * found.reach * found.velocity


def _of_incidents(cases: OpenCases, own: Array) -> Array:
    """Return P of the job each case belongs to: an incident is one job, harm summed, a minute for each further case."""
    together = cases.incident >= 0
    if not together.any():
        return own
    _, place, count = np.unique(cases.incident[together], return_inverse=True, return_counts=True)
    worth = np.bincount(place, (own * cases.minutes)[together])
    first = np.full(len(count), -np.inf)
    np.maximum.at(first, place, cases.minutes[together])
    whole = own.copy()
    whole[together] = (worth / (first + NEXT_MEMBER * (count - 1)))[place]
    return whole


def _ordered(cases: OpenCases, whole: Array, *, picks: int, limit: int) -> Array:
    """Return the cases in order: safety, then by P with the fair slot; those of an incident follow one another."""
    job = np.where(cases.incident >= 0, cases.incident, -1 - np.arange(len(cases)))
    # Within a job the most heard comes first: its answer is read by most, and the others may point to it.
    by_priority = np.lexsort((-cases.waited, -cases.hearers, job, -whole, ~cases.safety))
    by_age = np.argsort(-cases.waited, kind="stable")
    by_age = by_age[(cases.waited[by_age] > FAIR_AFTER) & (cases.answerability[by_age] > 0)]
    members = _members(by_priority, job)
    jobs = job.tolist()
    oldest, best = iter(by_age.tolist()), iter(by_priority.tolist())
    done: set[int] = set()
    order: list[int] = []
    # Jobs, not cases: an incident brings cases along that are in no danger.
    in_danger = len(np.unique(job[cases.safety]))
    while len(order) < min(limit, len(cases)):
        picks += 1
        is_fair = picks % FAIR_EVERY == 0 and len(done) >= in_danger
        lines = (oldest, best) if is_fair else (best,)
        chosen = next(case for line in lines for case in line if jobs[case] not in done)
        done.add(jobs[chosen])
        order += members.get(jobs[chosen], [chosen])
    return np.array(order, dtype=int)


def _members(by_priority: Array, job: Array) -> dict[int, list[int]]:
    """Return the cases of each incident in the order in which they stand."""
    found: dict[int, list[int]] = {}
    for case in by_priority[job[by_priority] >= 0].tolist():
        found.setdefault(int(job[case]), []).append(case)
    return found


def _bands(cases: OpenCases, order: Array, today: Array) -> list[str]:
    bands = [""] * len(cases)
    spent = 0.0
    for case in order.tolist():
        if cases.safety[case] or spent < NOW_MINUTES:
            bands[case] = "now"
        elif spent < NEXT_MINUTES:
            bands[case] = "next"
        else:
            bands[case] = "today" if today[case] else "when_quiet"
        spent += float(cases.minutes[case])
    return bands


def _chosen(found: Factors, chosen: Sequence[int]) -> Factors:
    return Factors(*(getattr(found, each.name)[list(chosen)] for each in fields(Factors)))


def _shapley(own: Factors, scale: Scale) -> dict[str, Array]:
    """Return each part's exact Shapley value of S against the typical case (Shapley 1953), for all cases at once."""
    count = len(own.minutes)
    worth: dict[frozenset[str], Array] = {}
    for size in range(len(PARTS) + 1):
        for changed in combinations(PARTS, size):
            names = {name for part in changed for name in _OF_PART[part]}
            mixed = Factors(
                *(
                    getattr(own, each.name)
                    if each.name in names
                    else np.repeat(getattr(scale.typical, each.name), count)
                    for each in fields(Factors)
                )
            )
            worth[frozenset(changed)] = shown(priority(mixed, scale), scale)
    shares = {part: np.zeros(count) for part in PARTS}
    for before, value in worth.items():
        for part in set(PARTS) - before:
            shares[part] += _share_of_orders(len(before)) * (worth[before | {part}] - value)
    return shares


def _share_of_orders(before: int) -> float:
    """Return the share of all orders of the parts in which exactly a certain set of `before` parts precedes one."""
    return 1.0 / (len(PARTS) * math.comb(len(PARTS) - 1, before))
