"""The rule that says whom to answer first (SCIENCE 2.2). Pure functions over arrays.

    P = q · [ H/Hm · e^(-w/τ) + B · u · g(w/D) ] / m          the largest is answered next

What answering now still averts falls with waiting (the first term), what was promised presses until it is missed (the
second), and both count per minute of work. Every fifth pick is the oldest that has waited long, whatever its P.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from responder.cases.bands import BANDS, NONE, Line, fresh, steady
from responder.cases.promises import UNHAPPY
from responder.cases.turns import FAIR, FairSlot, Jobs, in_turn, jobs_of, spread

Array = np.ndarray[Any, Any]

PROMISE_WEIGHT = 1.0
"""B: what keeping a promise is worth beside a typical complaint's harm."""

TELLING_BOUNDS = (0.2, 8.0)
VELOCITY_BOUNDS = (0.5, 8.0)
LEAST_URGENCY = 0.3
MISSED = 0.3
"""g once the promise is missed: it rises no more, or a case that is late anyway would make others late."""

NEXT_MEMBER = 1.0
"""Minutes that each further case of an incident takes, the first being answered."""

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

USUAL_HARM = 0.8 * (0.5 + UNKNOWN["intensity"]) * UNKNOWN["telling"] * math.sqrt(UNKNOWN["hearers"])
"""H of a complaint that is 80 % sure and otherwise as most are."""

FEW = 5
"""So many complaints tell what is typical; where fewer are open, the missing ones count as usual."""

_LEAST_HARM = USUAL_HARM / 100
_LEAST_PRIORITY = 1e-6
_NAMES = np.array((*BANDS, ""), dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCases:
    """Open cases, one entry each in every array; nothing is unknown any more.

    `waited`, `promise`, `tau`, `minutes` in minutes. `promise`: from opening to what was promised. `p_negative`,
    `p_question`, `intensity`, `answerability` 0–1. `telling`: telling rate over the platform's mean. `hearers`: people
    who hear one telling. `velocity`: re-shares and replies over what is usual at this age. `incident`: a number for
    those of one incident, -1 for none. `safety`: stands above everything. `age`: minutes since they last spoke, by
    which harm decays; None: since opening.
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
    age: Array | None = None

    def __len__(self) -> int:
        return len(self.waited)


@dataclass(frozen=True, slots=True)
class Factors:
    """What P is computed from, per case: apart, so that one part can be exchanged for another case's."""

    harmed: Array
    pressed: Array
    telling: Array
    reach: Array
    velocity: Array
    decayed: Array
    promised: Array
    answerability: Array
    minutes: Array


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
    (its job's, an incident being one job), its `own` P, what is `shown` of it (0–100), and its band ("" when it is not
    in the order); `is_turn` says that it stands where it does by a fair slot (None: not known of any).
    """

    order: Array
    priority: Array
    own: Array
    shown: Array
    bands: list[str]
    scale: Scale
    is_turn: Array | None = None


def factors(cases: OpenCases) -> Factors:
    """Return the factors of P for each case."""
    return Factors(
        harmed=cases.p_negative * (0.5 + cases.intensity),
        pressed=np.maximum(np.maximum(cases.p_negative, cases.p_question), LEAST_URGENCY),
        telling=np.clip(cases.telling, *TELLING_BOUNDS),
        reach=np.sqrt(np.maximum(cases.hearers, 0.0)),
        velocity=np.clip(cases.velocity, *VELOCITY_BOUNDS),
        decayed=np.exp(-(cases.waited if cases.age is None else cases.age) / cases.tau),
        promised=pressure(cases.waited / cases.promise),
        answerability=cases.answerability,
        minutes=cases.minutes,
    )


def pressure(used: Array) -> Array:
    """Return g of the share of the promised time that is used: its fourth power, and little once it is missed."""
    squared = used * used
    return np.where(used < 1.0, squared * squared, MISSED)


def scale_of(cases: OpenCases) -> Scale:
    """Return the scale that these cases set.

    Hm is the median harm of those predicted unhappy. Where they are fewer than five, as many complaints as usual ones
    (`USUAL_HARM`) stand in for the missing: a single odd case does not say what is typical.
    """
    return _scale(cases, factors(cases))


def priority(found: Factors, scale: Scale) -> Array:
    """Return P: typical complaints' worth of harm averted per minute of work."""
    harm = np.minimum(_harm(found), scale.largest_harm) / scale.median_harm * found.decayed
    return found.answerability * (harm + PROMISE_WEIGHT * found.pressed * found.promised) / found.minutes


def shown(value: Array, scale: Scale) -> Array:
    """Return S on the scale people see: 100·log2(1 + P) / log2(1 + P99), at most 100."""
    return np.minimum(100.0 * np.log2(1.0 + value) / math.log2(1.0 + scale.full), 100.0)


def rank(
    cases: OpenCases,
    *,
    picks: int = 0,
    limit: int | None = None,
    promise_ends_today: Array | None = None,
    former: Array | None = None,
    held: Array | None = None,
    scale: Scale | None = None,
    fair: FairSlot = FAIR,
) -> Ranked:
    """Return the order in which to answer, and each case's priority and band.

    `picks` is how many were picked so far: every fifth is the fair slot (`fair`). `limit` is how many of the order are
    wanted at least (None: all). `promise_ends_today` says of each case whether its promise ends before the day does
    (None: of none); one missed already is today's work anyway. `former` is the band each case had before, by its number
    (`responder.cases.bands`), and `held` whether somebody has it open: both keep bands from jumping (`bands.steady`).
    `scale` is what to measure by (None: what these cases set). Of equal cases the one that waited longer comes first,
    then the one given first.
    """
    found = factors(cases)
    scale = _scale(cases, found) if scale is None else scale
    own = priority(found, scale)
    jobs = jobs_of(cases.incident, safety=cases.safety, hearers=cases.hearers, waited=cases.waited)
    whole = _of_jobs(cases, own, jobs)
    picked, by_turn = _picked(cases, whole, jobs, picks=picks, limit=limit, fair=fair)
    order = spread(picked, jobs)
    is_turn = np.zeros(len(cases), dtype=bool)
    is_turn[picked] = by_turn
    line = _line(cases, whole, jobs, order, promise_ends_today)
    marks = np.full(len(cases), NONE, dtype=np.int8)
    if former is None and held is None:
        marks[order] = fresh(line)
    else:
        before = np.full(len(cases), NONE) if former is None else former
        leased = np.zeros(len(cases), dtype=bool) if held is None else held
        marks[order] = steady(line, former=before[order], held=leased[order])
    return Ranked(
        order=order,
        priority=whole,
        own=own,
        shown=shown(whole, scale),
        bands=_NAMES[marks].tolist(),
        scale=scale,
        is_turn=is_turn[jobs.head],
    )


def _scale(cases: OpenCases, found: Factors) -> Scale:
    if not len(cases):
        nothing = Factors(*(np.zeros(1) for _ in fields(Factors)))
        return Scale(median_harm=USUAL_HARM, largest_harm=USUAL_HARM, full=1.0, typical=nothing)
    harm = _harm(found)
    unhappy = harm[cases.p_negative >= UNHAPPY]
    unhappy = np.append(unhappy, [USUAL_HARM] * (FEW - len(unhappy)))
    middles = np.median([getattr(found, each.name) for each in fields(Factors)], axis=1)
    scale = Scale(
        median_harm=max(float(np.median(unhappy)), _LEAST_HARM),
        largest_harm=float(np.percentile(harm, 99)),
        full=1.0,
        typical=Factors(*middles.reshape(-1, 1)),
    )
    full = float(np.percentile(priority(found, scale), 99))
    return replace(scale, full=max(full, _LEAST_PRIORITY))


def _harm(found: Factors) -> Array:
    """Return H: people who will hear further tellings if nobody answers."""
    return found.harmed * found.telling * found.reach * found.velocity


def _of_jobs(cases: OpenCases, own: Array, jobs: Jobs) -> Array:
    """Return P of the job each case belongs to: what its cases are worth together, a minute for each but the first."""
    if not len(jobs.further):
        return own
    further = jobs.total(np.ones(len(cases))) - 1.0
    together = jobs.total(own * cases.minutes) / (cases.minutes[jobs.head] + NEXT_MEMBER * further)
    return np.where(further > 0, together, own)


def _picked(
    cases: OpenCases, whole: Array, jobs: Jobs, *, picks: int, limit: int | None, fair: FairSlot
) -> tuple[Array, Array]:
    """Return the jobs in the order in which they are picked, and which of them by a fair slot: danger comes first."""
    heads = np.flatnonzero(jobs.head == np.arange(len(cases)))
    best = heads[np.lexsort((-cases.waited[heads], -whole[heads]))]
    in_danger, others = best[cases.safety[best]], best[~cases.safety[best]]
    old = np.flatnonzero((cases.waited > fair.after) & (cases.answerability > 0) & ~cases.safety)
    old = jobs.head[old[np.lexsort((-whole[old], -cases.waited[old]))]]
    wanted = len(others) if limit is None else max(limit - len(in_danger), 0)
    in_line, by_turn = in_turn(others, old, picks=picks + len(in_danger), limit=wanted, every=fair.every)
    return np.r_[in_danger, in_line], np.r_[np.zeros(len(in_danger), dtype=bool), by_turn]


def _line(cases: OpenCases, whole: Array, jobs: Jobs, order: Array, promise_ends_today: Array | None) -> Line:
    minutes = np.where(jobs.head == np.arange(len(cases)), cases.minutes, NEXT_MEMBER)[order]
    ends_today = cases.waited >= cases.promise
    if promise_ends_today is not None:
        ends_today |= promise_ends_today
    return Line(
        spent=np.cumsum(minutes) - minutes,
        priority=whole[order],
        safety=cases.safety[order],
        ends_today=ends_today[order],
    )
