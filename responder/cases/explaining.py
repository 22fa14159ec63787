"""Why cases stand where they do: a shown priority, and parts whose points sum to it, each in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from responder.cases.feelings import feeling
from responder.cases.open_cases import Read
from responder.cases.points import points
from responder.cases.reasons import lasting, words
from responder.cases.snapshots import Order, as_ranked


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a priority: its name for programs, its points (may be negative), and a sentence for people."""

    part: str
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A shown priority (0–100), the parts it is made of, whose points sum to it exactly, and its band.

    `confidence` in how much the author tells is "low", "medium" or "high" by how many days they were heard on.
    """

    priority: int
    reasons: tuple[Reason, ...]
    band: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is known of a case beside the numbers, and makes its reasons say more. None is unknown.

    `percentile` is the author's among the people of `platform` by how much they tell, `days` their telling-days;
    `together` counts the cases of its incident.
    """

    label: str | None
    abstained: bool | None
    p_negative: float | None
    is_corrected: bool
    platform: str
    percentile: float | None
    days: int | None
    together: int | None


def explain(read: Read, order: Order, noted: Mapping[int, Noted]) -> dict[int, Explanation]:
    """Return why each of these cases stands where it does in an order, by case id."""
    if not len(read.ids):
        return {}
    is_joined = np.array([(noted[case_id].together or 1) > 1 for case_id in read.ids.tolist()])
    ranked = as_ranked(read, order, is_joined=is_joined)
    every: Sequence[int] = range(len(read.ids))
    found = {}
    for case, parts in zip(every, points(read.cases, ranked, every), strict=True):
        case_id = int(read.ids[case])
        about = noted[case_id]
        reasons = tuple(Reason(part, int(given), _words(part, read, case, about)) for part, given in parts.items())
        total = sum(reason.points for reason in reasons)
        found[case_id] = Explanation(total, reasons, ranked.bands[case], confidence(about.days))
    return found


def confidence(days: int | None) -> str:
    """Return how sure it is how much somebody tells who was heard on so many days; None: nothing is kept of them."""
    return next(said for least, said in _SURE if (days or 0) >= least)


def _words(part: str, read: Read, case: int, about: Noted) -> str:
    usual = words(part, read.cases, case, unknown=read.unknown(case), together=about.together)
    if part == "unhappiness" and (about.is_corrected or about.abstained):
        return feeling(about.p_negative, label=about.label, abstained=about.abstained, is_corrected=about.is_corrected)
    if part == "telling":
        return _telling(about) or usual
    if part == "promise" and read.cases.age is not None:
        return f"last spoke {lasting(float(read.cases.age[case]))} ago, {usual}"
    return usual


def _telling(about: Noted) -> str | None:
    """Say how much somebody tells by what was heard of them; None where nothing was."""
    if about.percentile is None or about.days is None:
        return None
    if about.days < 2:
        return "first heard of on one day"
    often = "often" if about.percentile >= 90.0 else "now and then" if about.percentile >= 50.0 else "seldom"
    more = min(99, int(about.percentile))
    return f"tells {often}: heard on {about.days} days, more than {more} % of people on {about.platform}"


_SURE = ((5, "high"), (2, "medium"), (0, "low"))
"""Telling-days from which confidence is what."""
