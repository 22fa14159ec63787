"""A month of a busy team, simulated: what each order of answering would avert (SCIENCE 2.3). Knows no database.

People differ in how often they tell and are met in proportion to it; what they are like is known only through what was
heard of them before. The absolute harm is an assumption, only the differences between orders are findings.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

import numpy as np

from responder.cases.priority import OpenCases, rank
from responder.cases.turns import FAIR, FairSlot
from responder.errors import Invalid

Array = np.ndarray[Any, Any]

DAYS = 20
PEOPLE = 20_000
STAFF = (*[0] * 8, *[2] * 4, *[3] * 11, 1)
"""Agents by hour of the day: 42 hours of work in all."""

PROFILE = np.array([0.15] * 8 + [0.9] * 4 + [1.15] * 7 + [1.75] * 3 + [1.2, 0.7])
"""Arrivals by hour of the day, but for a factor: few at night, twice the mean from 19 to 22."""

CRITICAL = 0.99
"""Share of the staffed minutes that arriving work takes at critical load."""

SHAPE = 0.5
"""Of the Gamma distribution of how often people tell: the tenth who tell most do half of it."""

HEARD_BEFORE = 1.5
NEGATIVE = 0.3
SKILL = 0.94
"""Area under the curve of the sentiment model."""

TAU = 480.0
WORK_MEDIAN, WORK_SPREAD, NEGATIVE_WORK = 5.0, 0.6, 1.3
PROMISE_UNHAPPY, PROMISE_OTHER = 120.0, 240.0
HOUR, DAY = 60.0, 1440.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What arrives, by rising time, in minutes: the truth, and what is known of it (`seen_` …).

    `telling` is over the mean of all people; `frequent` marks the tenth of people who tell most.
    """

    at: Array
    work: Array
    negative: Array
    intensity: Array
    telling: Array
    followers: Array
    frequent: Array
    seen_negative: Array
    seen_telling: Array

    @property
    def hearers(self) -> Array:
        """People who hear one telling."""
        return 30.0 + 0.15 * self.followers**0.8

    @property
    def harm(self) -> Array:
        """What further tellings would reach if nobody answered; none unless the writer is unhappy."""
        return self.negative * (0.5 + self.intensity) * self.telling * self.hearers

    @property
    def promise(self) -> Array:
        """Minutes promised, by what the model predicts."""
        return np.where(self.seen_negative >= 0.5, PROMISE_UNHAPPY, PROMISE_OTHER)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order of answering came to; `harm_averted` is a share of what answering at once would have averted."""

    harm_averted: float
    p90_wait_sharers_min: float
    max_wait_h: float


Pick = Callable[[Month, Array, float, int], int]
"""Given the month, the cases open, the minute and the number of picks before, returns the case to answer."""


def arriving(seed: int, *, load: float = CRITICAL) -> Month:
    """Return a month in which the work that arrives takes `load` of the staffed minutes."""
    chance = np.random.default_rng(seed)
    telling = chance.gamma(SHAPE, 1.0, PEOPLE)
    telling /= telling.mean()
    followers = np.exp(5.5 + 1.8 * (0.2 * _standardised(np.log(telling + 1e-3)) + 0.98 * chance.normal(size=PEOPLE)))
    usual_work = WORK_MEDIAN * np.exp(WORK_SPREAD**2 / 2) * (1 + NEGATIVE * (NEGATIVE_WORK - 1))
    a_day = load * sum(STAFF) * HOUR / usual_work
    at = _arrivals(chance, a_day)
    count = len(at)
    who = chance.choice(PEOPLE, size=count, p=telling / telling.sum())
    negative = chance.random(count) < NEGATIVE
    apart = NormalDist().inv_cdf(SKILL) * np.sqrt(2)
    signal = chance.normal(np.where(negative, apart / 2, -apart / 2))
    logit = apart * signal + np.log(NEGATIVE / (1 - NEGATIVE))
    heard = chance.poisson(HEARD_BEFORE * telling)[who]
    work = WORK_MEDIAN * np.exp(WORK_SPREAD * chance.normal(size=count)) * np.where(negative, NEGATIVE_WORK, 1.0)
    return Month(
        at=at,
        work=work,
        negative=negative,
        intensity=chance.beta(2, 2, count),
        telling=telling[who],
        followers=followers[who],
        frequent=(telling >= np.quantile(telling, 0.9))[who],
        seen_negative=1 / (1 + np.exp(-logit)),
        seen_telling=(SHAPE + heard) / (SHAPE + HEARD_BEFORE),
    )


def simulate(month: Month, pick: Pick) -> Outcome:
    """Answer a month in the order that `pick` says, and return what it came to.

    Whoever is not answered by the end has waited until then. Waits are from arrival to the beginning of the answer.
    Raises Invalid when no unhappy frequent sharer arrives: of their wait nothing could be said.
    """
    if not (month.negative & month.frequent).any():
        raise Invalid("So little work brings no unhappy frequent sharer in twenty days: give a larger --load")
    answered = _worked(month, pick)
    end = max(DAYS * DAY, float(month.at[-1]))
    wait = np.where(np.isnan(answered), end, answered) - month.at
    averted = np.where(np.isnan(answered), 0.0, np.exp(-wait / TAU))
    sharers = wait[month.negative & month.frequent]
    return Outcome(
        harm_averted=float((month.harm * averted).sum() / month.harm.sum()),
        p90_wait_sharers_min=float(np.percentile(sharers, 90)),
        max_wait_h=float(wait.max() / HOUR),
    )


def _worked(month: Month, pick: Pick) -> Array:
    """Return the minute at which the answer to each began, NaN where none did."""
    answered = np.full(len(month.at), np.nan)
    agents = [(0.0, number) for number in range(max(STAFF))]
    waiting: list[int] = []
    arrived = picks = 0
    while True:
        free, agent = heapq.heappop(agents)
        now = _on_duty(free, agent)
        if now >= DAYS * DAY:
            return answered
        if now > free:
            heapq.heappush(agents, (now, agent))
            continue
        while arrived < len(month.at) and month.at[arrived] <= now:
            waiting.append(arrived)
            arrived += 1
        if not waiting:
            if arrived == len(month.at):
                return answered
            heapq.heappush(agents, (float(month.at[arrived]), agent))
            continue
        chosen = pick(month, np.array(waiting), now, picks)
        waiting.remove(chosen)
        picks += 1
        answered[chosen] = now
        heapq.heappush(agents, (now + float(month.work[chosen]), agent))


def _on_duty(minute: float, agent: int) -> float:
    """Return the first minute from `minute` on at which this agent works."""
    while agent >= STAFF[int(minute % DAY // HOUR)]:
        minute = (minute // HOUR + 1) * HOUR
    return minute


def _arrivals(chance: np.random.Generator, a_day: float) -> Array:
    """Return the minutes of a Poisson process with the hours' profile, by thinning (Lewis and Shedler 1979)."""
    profile = PROFILE / PROFILE.mean()
    most = a_day / DAY * profile.max()
    at = np.sort(chance.uniform(0, DAYS * DAY, chance.poisson(most * DAYS * DAY)))
    kept = chance.random(len(at)) < profile[(at % DAY // HOUR).astype(int)] / profile.max()
    return at[kept]  # type: ignore[no-any-return]


def _standardised(values: Array) -> Array:
    return (values - values.mean()) / values.std()  # type: ignore[no-any-return]


def _open_cases(month: Month, waiting: Array, now: float, *, telling: Array) -> OpenCases:
    count = len(waiting)
    return OpenCases(
        waited=now - month.at[waiting],
        promise=month.promise[waiting],
        p_negative=month.seen_negative[waiting],
        p_question=np.zeros(count),
        # Constant, as in the product: nothing has shown yet that how upset somebody is helps the order.
        intensity=np.full(count, 0.5),
        telling=telling[waiting],
        hearers=month.hearers[waiting],
        velocity=np.ones(count),
        tau=np.full(count, TAU),
        answerability=np.ones(count),
        minutes=np.full(count, 6.0),
        incident=np.full(count, -1),
        safety=np.zeros(count, dtype=bool),
    )


def by_the_rule(*, knows_sharers: bool = True, fair: FairSlot = FAIR) -> Pick:
    """Return the order of `responder.cases.priority`, with or without knowing how often people tell."""

    def pick(month: Month, waiting: Array, now: float, picks: int) -> int:
        telling = month.seen_telling if knows_sharers else np.ones(len(month.at))
        cases = _open_cases(month, waiting, now, telling=telling)
        return int(waiting[rank(cases, picks=picks, limit=1, fair=fair).order[0]])

    return pick


def _largest(value: Callable[[Month, Array, float], Array]) -> Pick:
    return lambda month, waiting, now, _picks: int(waiting[np.argmax(value(month, waiting, now))])


POLICIES: Mapping[str, Pick] = MappingProxyType(
    {
        "fifo": _largest(lambda month, waiting, _now: -month.at[waiting]),
        "newest": _largest(lambda month, waiting, _now: month.at[waiting]),
        "edd": _largest(lambda month, waiting, _now: -(month.at + month.promise)[waiting]),
        "followers": _largest(lambda month, waiting, _now: month.followers[waiting]),
        "negative": _largest(lambda month, waiting, _now: month.seen_negative[waiting]),
        "earshot": by_the_rule(),
        "earshot_without_sharers": by_the_rule(knows_sharers=False),
        "oracle": _largest(
            lambda month, waiting, now: (
                month.harm[waiting] * np.exp(-(now - month.at[waiting]) / TAU) / month.work[waiting]
            )
        ),
    }
)
"""Orders of answering by name; "oracle" knows the truth."""
