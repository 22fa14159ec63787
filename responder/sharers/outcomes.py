"""How those called frequent sharers in a month did after it, and whether that falls off. Pure, over arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from responder.sharers.followed import Followed
from responder.sharers.foretelling import RESAMPLES, Figure, summed

Array = np.ndarray[Any, Any]

LEAST_GROUP = 10
"""No figure is told of fewer people than that."""

LEAST_MONTHS = 3
"""Earlier months from which it can be told what is usual."""

AT_LEAST, AT_MOST = 0.08, 0.12
"""Share of people that the badge of the top tenth may come to."""

_SHOULD_BE = f"{AT_LEAST:.0%} to {AT_MOST:.0%}"

LEAST_LIFT = 2.0
"""Times the base rate below which the badge says little (SCIENCE 1.5)."""

_SEED = 1
_Z95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a group of people noted in a month; shares are 0–1, intervals 95 % by bootstrap over people.

    `base_rate`: the share of all of them in the top tenth of what followed, ties included. `in_top`: that of the
    frequent sharers, `possible_in_top` that of the half badges, `others_in_top` that of everybody else. `told`: the
    share of the telling-days that followed which the frequent sharers told. None: fewer than ten people, or nothing
    followed. `contradicted` counts the frequent sharers whom the team called no person or the wrong one.
    """

    people: int
    flagged: int
    flagged_share: float
    base_rate: float
    in_top: Figure | None
    told: Figure | None
    possible: int
    possible_in_top: Figure | None
    others_in_top: Figure | None
    contradicted: int
    contradicted_share: float | None


@dataclass(frozen=True, slots=True)
class Drift:
    """The share of frequent sharers in the top tenth against that of earlier months.

    `usual`: the mean of `months` earlier months, and between what a month like them with as many people would lie 19
    times in 20; None: too early to tell. `is_below`: this month lies lower.
    """

    months: int
    usual: Figure | None
    is_below: bool


def outcome_of(everybody: Followed) -> Outcome:
    """Return the figures of a group of people."""
    groups = {
        "frequent": everybody.frequent,
        "possible": everybody.possible,
        "others": ~(everybody.frequent | everybody.possible),
    }
    people = len(everybody.told)
    sizes = {name: int(whose.sum()) for name, whose in groups.items()}
    parts = [everybody.is_top & whose for whose in groups.values()]
    sums = _resampled(*groups.values(), *parts, everybody.told, everybody.told * everybody.frequent)
    in_top = {
        name: _ratio(sums[:, place + len(groups)], sums[:, place]) if sizes[name] >= LEAST_GROUP else None
        for place, name in enumerate(groups)
    }
    flagged, contradicted = sizes["frequent"], int((everybody.frequent & everybody.contradicted).sum())
    is_enough = flagged >= LEAST_GROUP
    return Outcome(
        people=people,
        flagged=flagged,
        flagged_share=flagged / people if people else 0.0,
        base_rate=float(everybody.is_top.mean()) if people else 0.0,
        in_top=in_top["frequent"],
        told=_ratio(sums[:, -1], sums[:, -2]) if is_enough and everybody.told.any() else None,
        possible=sizes["possible"],
        possible_in_top=in_top["possible"],
        others_in_top=in_top["others"],
        contradicted=contradicted,
        contradicted_share=contradicted / flagged if is_enough else None,
    )


def by_platform(everybody: Followed) -> dict[str, Outcome]:
    """Return the figures of each platform on which at least ten people were called frequent sharers."""
    found = {source: everybody.of(source) for source in sorted(set(everybody.source))}
    return {source: outcome_of(theirs) for source, theirs in found.items() if theirs.frequent.sum() >= LEAST_GROUP}


def drift_of(this: Figure, earlier: Sequence[Figure]) -> Drift:
    """Compare a month's share in the top tenth with the earlier months'.

    What one more month is expected to be: their mean, give or take what months differ by beyond their own intervals
    (random effects, by moments) and this month's own uncertainty. The interval of the mean alone is so narrow that one
    sound month in four lies below it.
    """
    if len(earlier) < LEAST_MONTHS:
        return Drift(len(earlier), None, is_below=False)
    values, own = np.array([each.value for each in earlier]), np.array([_variance(each) for each in earlier])
    mean, count = float(values.mean()), len(values)
    between = max(float(values.var(ddof=1) - own.mean()), 0.0)
    margin = _Z95 * float(np.sqrt(_variance(this) + between + (between + own.mean()) / count))
    usual = Figure(mean, max(mean - margin, 0.0), min(mean + margin, 1.0))
    return Drift(count, usual, is_below=this.value < usual.low)


def warnings(outcome: Outcome, drift: Drift) -> tuple[str, ...]:
    """Return what is wrong with a month in a sentence each, with what to do next; none when all is well."""
    return tuple(_warnings(outcome, drift))


def _variance(figure: Figure) -> float:
    return ((figure.high - figure.low) / (2 * _Z95)) ** 2


def _resampled(*columns: Array) -> Array:
    """Return the sum of each column over all people first, then over each of the resamples."""
    chance, values = np.random.default_rng(_SEED), np.stack(columns, axis=1).astype(float)
    people = len(values)
    drawn = (np.bincount(chance.integers(0, people, people), minlength=people) @ values for _ in range(RESAMPLES))
    return np.array([values.sum(axis=0), *(drawn if people else ())])


def _ratio(part: Array, whole: Array) -> Figure:
    with np.errstate(invalid="ignore"):  # a resample may hold nobody of a group
        return summed(part / whole)


def _warnings(outcome: Outcome, drift: Drift) -> Iterator[str]:
    here, usual, flagged = outcome.in_top, drift.usual, outcome.flagged_share
    if here is not None and usual is not None and drift.is_below:
        yield (
            f"Fewer frequent sharers went on telling than usual: {here.value:.0%}, where {drift.months} months before "
            f"made {usual.low:.0%}–{usual.high:.0%} likely. Look whether a source was added, lost or fell silent since "
            "(earshot doctor), and whether something brought many people who told only then; if neither, trust the "
            "badge less until the next month is in."
        )
    if here is not None and here.value < LEAST_LIFT * outcome.base_rate:
        yield (
            f"The badge says little: frequent sharers came to the top tenth less than {LEAST_LIFT:g} times as often as "
            f"everybody ({outcome.base_rate:.0%}). Look among them for machines and shops, say “not a person” on their "
            "cases, and do not let the badge decide who is answered first until the next month is in."
        )
    if flagged < AT_LEAST:
        yield (
            f"Only {flagged:.1%} of the people are called frequent sharers; it should be {_SHOULD_BE}. Most were met "
            "on one day only: if the brand has just begun to listen, wait; if not, look whether its watches still hear "
            "what they did (earshot doctor)."
        )
    if flagged > AT_MOST:
        yield (
            f"As many as {flagged:.1%} of the people are called frequent sharers; it should be {_SHOULD_BE}. Look "
            "whether the worker takes stock of people each night (earshot doctor), and whether a source is so new that "
            "its people stand by the figures of other platforms: then it mends itself."
        )
