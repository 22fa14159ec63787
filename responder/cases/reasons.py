"""Says in words what a part of a priority rests on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from responder.cases.priority import OpenCases
from responder.cases.promises import ASKING, UNHAPPY

_VERY = 0.8
_UPSET, _CALM = 0.7, 0.2
_HARDLY = 0.05
_AS_MUCH = (0.95, 1.05)


def words(
    part: str, cases: OpenCases, case: int, *, unknown: frozenset[str] = frozenset(), together: int | None = None
) -> str:
    """Return a sentence for a part (a key of `points.points`) of one case.

    `unknown` names what nobody told. `together` is how many cases its incident has, itself among them (None: counted
    here, which takes a look at all cases).
    """
    if part == "incident":
        return _incident(sizes(cases)[int(cases.incident[case])] if together is None else together)
    return _SAYING[part](cases, case, unknown)


def sizes(cases: OpenCases) -> dict[int, int]:
    """Return how many cases each incident has, by its number."""
    numbers, counts = np.unique(cases.incident[cases.incident >= 0], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def lasting(minutes: float) -> str:
    """Say a span of minutes in the one unit people would use."""
    whole = int(minutes)
    if whole < 1:
        return "less than a minute"
    if whole < 120:
        return f"{whole} minute{'s' * (whole != 1)}"
    return f"{whole // 60} hours" if whole < 48 * 60 else f"{whole // 1440} days"


def _unhappiness(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    p_negative, p_question = float(cases.p_negative[case]), float(cases.p_question[case])
    if "p_negative" in unknown or p_negative < UNHAPPY:
        if p_question >= ASKING and "p_question" not in unknown:
            return f"asks something ({_percent(p_question)} sure)"
        return "not scored yet" if "p_negative" in unknown else f"{_percent(p_negative)} likely unhappy"
    said = f"{'very ' * (p_negative >= _VERY)}unhappy ({_percent(p_negative)} sure)"
    if "intensity" in unknown:
        return said
    intensity = float(cases.intensity[case])
    return said + (" and upset" if intensity >= _UPSET else ", but calm" if intensity <= _CALM else "")


def _percent(chance: float) -> str:
    return f"{min(99, max(1, round(100 * chance)))} %"  # a model is never 100 % sure


def _telling(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "telling" in unknown:
        return "how often they tell is unknown"
    telling = float(cases.telling[case])
    if telling < _HARDLY:
        return "hardly ever tells"
    return f"tells {_times(telling, 'often')} as people here do on average"


def _reach(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "hearers" in unknown:
        return "how many people hear them is unknown"
    hearers = round(float(cases.hearers[case]))
    return f"about {hearers:,} {'person hears' if hearers == 1 else 'people hear'} each of their posts"


def _velocity(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "velocity" in unknown:
        return "how fast it spreads is unknown"
    return f"spreads {_times(float(cases.velocity[case]), 'fast')} as posts of its age usually do"


def _promise(cases: OpenCases, case: int, _unknown: frozenset[str]) -> str:
    waited, promise = float(cases.waited[case]), float(cases.promise[case])
    if waited < promise:
        return f"with us for {lasting(waited)} of the {lasting(promise)} promised"
    return f"the answer promised within {lasting(promise)} is {lasting(waited - promise)} late"


def _answerability(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "answerability" in unknown:
        return "whether they speak to us is unknown"
    given = float(cases.answerability[case])
    return next(said for least, said in _ANSWERABLE if given >= least)


def _minutes(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    minutes = lasting(float(cases.minutes[case]))
    return f"takes {minutes} of work, as most do" if "minutes" in unknown else f"takes about {minutes} of work"


def _incident(together: int) -> str:
    others = together - 1
    return f"{others} more case{'s' * (others != 1)} about the same thing"


def _times(ratio: float, how: str) -> str:
    """Say how much of the usual: "as often", "2.3 times as often", "40 % as often"."""
    if _AS_MUCH[0] <= ratio <= _AS_MUCH[1]:
        return f"as {how}"
    return f"{ratio:,.1f} times as {how}" if ratio > 1 else f"{round(100 * ratio)} % as {how}"


_ANSWERABLE = (
    (1.0, "speaks to us, or clearly complains or asks"),
    (0.6, "talks about us, but not to us"),
    (0.01, "talks among friends: an answer may intrude"),
    (0.0, "not to be answered in public"),
)
"""From which answerability on what is said."""

_SAYING: Mapping[str, Callable[[OpenCases, int, frozenset[str]], str]] = MappingProxyType(
    {
        "typical": lambda _cases, _case, _unknown: "where a typical open case stands",
        "unhappiness": _unhappiness,
        "telling": _telling,
        "reach": _reach,
        "velocity": _velocity,
        "promise": _promise,
        "answerability": _answerability,
        "minutes": _minutes,
        "safety": lambda _cases, _case, _unknown: "somebody may be in danger: before everything else",
        "turn": lambda _cases, _case, _unknown: "waits longest: every fifth turn, whatever the priority",
    }
)
