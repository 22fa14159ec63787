"""Says in words what a part of a priority rests on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from responder.cases.priority import OpenCases

_VERY = 0.8
_UPSET = 0.7


def words(part: str, cases: OpenCases, case: int, *, unknown: frozenset[str] = frozenset()) -> str:
    """Return a sentence for a part (a key of `priority.points`) of one case; `unknown` names what nobody told."""
    return _SAYING[part](cases, case, unknown)


def lasting(minutes: float) -> str:
    """Say a span of minutes in the one unit people would use."""
    whole = int(minutes)
    if whole < 1:
        return "less than a minute"
    if whole < 120:
        return f"{whole} minute{'s' * (whole != 1)}"
    return f"{whole // 60} hours" if whole < 48 * 60 else f"{whole // 1440} days"


def _unhappiness(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if {"p_negative", "p_question"} <= unknown:
        return "not scored yet"
    p_negative, p_question = float(cases.p_negative[case]), float(cases.p_question[case])
    percent = min(99, max(1, round(100 * p_negative)))
    said = (
        f"{'very ' * (p_negative >= _VERY)}unhappy ({percent} % sure)"
        if p_negative >= 0.5
        else (
            f"asks something ({round(100 * p_question)} % sure)" if p_question >= 0.5 else f"{percent} % likely unhappy"
        )
    )
    upset = "intensity" not in unknown and p_negative >= 0.5 and float(cases.intensity[case]) >= _UPSET
    return said + ", upset" * upset


def _telling(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "telling" in unknown:
        return "how often they tell is unknown"
    return f"tells {_times(float(cases.telling[case]))} as people here do on average"


def _reach(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    return "how many hear them is unknown" if "hearers" in unknown else f"about {cases.hearers[case]:,.0f} hear them"


def _velocity(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "velocity" in unknown:
        return "how fast it spreads is unknown"
    return f"spreads {_times(float(cases.velocity[case]))} as posts do at its age"


def _promise(cases: OpenCases, case: int, _unknown: frozenset[str]) -> str:
    waited, promise = float(cases.waited[case]), float(cases.promise[case])
    if waited < promise:
        return f"waiting {lasting(waited)} of {lasting(promise)} promised"
    return f"the promise of {lasting(promise)} was missed {lasting(waited - promise)} ago"


def _answerability(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    if "answerability" in unknown:
        return "whether they speak to us is unknown"
    given = float(cases.answerability[case])
    return next(said for least, said in _ANSWERABLE.items() if given >= least)


def _minutes(cases: OpenCases, case: int, unknown: frozenset[str]) -> str:
    minutes = lasting(float(cases.minutes[case]))
    return f"takes {minutes} of work, as most do" if "minutes" in unknown else f"takes about {minutes} of work"


def _incident(cases: OpenCases, case: int, _unknown: frozenset[str]) -> str:
    others = int((cases.incident == cases.incident[case]).sum()) - 1
    return f"{others} more case{'s' * (others != 1)} about the same thing"


def _times(ratio: float) -> str:
    return "as much" if 0.95 <= ratio <= 1.05 else f"{ratio:.1f} times as much"


_ANSWERABLE: Mapping[float, str] = MappingProxyType(
    {
        1.0: "speaks to us, or clearly complains or asks",
        0.6: "complains, but not to us",
        0.2: "talks among friends: an answer may intrude",
        0.0: "not to be answered in public",
    }
)

_SAYING: Mapping[str, Callable[[OpenCases, int, frozenset[str]], str]] = MappingProxyType(
    {
        "typical": lambda _cases, _case, _unknown: "where the median open case stands",
        "unhappiness": _unhappiness,
        "telling": _telling,
        "reach": _reach,
        "velocity": _velocity,
        "promise": _promise,
        "answerability": _answerability,
        "minutes": _minutes,
        "incident": _incident,
    }
)
