"""Whether all are answered alike soon: response times by reach, badge, language and platform, and the longest wait.

Measured from the opening of a case to its resolution, as answered or as not for us. Nothing about who people are enters
(no name, gender, origin), and no group of fewer than ten authors is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.longest_wait import ANSWERED, LongestWait, longest_wait
from responder.cases.waiting import chance_of_lag, in_words, kaplan_meier
from responder.db import unix_seconds
from responder.models import Case, CaseState

Array = np.ndarray[Any, Any]

LEAST_AUTHORS = 10
"""No group of fewer authors is told of."""

MUCH_LONGER = 1.5
"""Times the median wait of all from which a group is warned of."""

UNSURE = 0.05
"""How likely one warning in a report may be by chance alone."""

MEASURED = "from the opening of a case to its resolution, until replies are seen live"

_INSTANTS = ("opened_at", "updated_at", "resolved_at", "promised_by")
_REACH = ((1_000, "under 1,000"), (10_000, "1,000 to 10,000"), (100_000, "10,000 to 100,000"))


def reach_of(followers: int | None) -> str:
    """Return the band of followers a case is counted in."""
    if followers is None:
        return "unknown"
    return next((name for below, name in _REACH if followers < below), "100,000 and more")


DIMENSIONS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "reach": lambda row: reach_of(row.followers),
        "badge": lambda row: row.badge or "none",
        "language": lambda row: row.language,
        "platform": lambda row: row.source,
    }
)
"""What cases are told apart by, and the group of each."""

_MEND: Mapping[str, str] = MappingProxyType(
    {
        "reach": "The order rests on tellings, not on fame: look at whose cases are opened out of turn.",
        "badge": "Frequent sharers come first, but all have the promise: take up the fair slot's cases as they come.",
        "language": "Look when somebody who reads it is at work, and route these cases to them.",
        "platform": "Look whether its connection may answer, and who looks after it.",
    }
)
"""What to do about a group that waits longer, by what it is told apart by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long a group of cases waited, in minutes; open ones count as waiting on (Kaplan–Meier).

    `median` and `ninetieth` (by when nine in ten are answered) are None while it is not reached. `within_promise`: the
    share answered by what they were promised, None where that cannot be told yet. `waiting`: cases without an answer.
    """

    cases: int
    authors: int
    waiting: int
    median: float | None
    ninetieth: float | None
    within_promise: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Response times of the cases opened in a number of days, of all and by group.

    `groups` holds, by dimension, those of ten authors or more, by name; `left_out` counts the smaller ones.
    """

    days: int
    everybody: Waits
    groups: Mapping[str, Mapping[str, Waits]]
    left_out: Mapping[str, int]
    longest: LongestWait
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    """Cases, one entry each: minutes waited, whether that ended with an answer, minutes promised (NaN), and whose."""

    waited: Array
    answered: Array
    promised: Array
    author: Array
    is_known: Array
    groups: Mapping[str, Array]

    def of(self, chosen: Array) -> Waits:
        waited, answered = self.waited[chosen], self.answered[chosen]
        curve = kaplan_meier(waited, answered)
        judged = self.promised[chosen] > 0
        kept = kaplan_meier(waited[judged] / self.promised[chosen][judged], answered[judged])
        return Waits(
            cases=int(chosen.sum()),
            authors=self.authors(chosen),
            waiting=int((~answered).sum()),
            median=curve.when(0.5),
            ninetieth=curve.when(0.9),
            within_promise=kept.answered_by(1.0),
        )

    def authors(self, chosen: Array) -> int:
        return len(np.unique(self.author[chosen & self.is_known]))


def fairness(session: Session, *, brand_id: int, days: int, now: datetime) -> Fairness | None:
    """Return how alike a brand's cases of the last `days` were answered; None: fewer than ten authors, too early."""
    since = now - timedelta(days=days)
    cases = _cases(session, brand_id, since, now)
    everybody = np.ones(len(cases.waited), dtype=bool)
    if cases.authors(everybody) < LEAST_AUTHORS:
        return None
    members = {
        dimension: {str(name): names == name for name in sorted(set(names))}
        for dimension, names in cases.groups.items()
    }
    told = {
        dimension: {name: chosen for name, chosen in named.items() if cases.authors(chosen) >= LEAST_AUTHORS}
        for dimension, named in members.items()
    }
    return Fairness(
        days=days,
        everybody=cases.of(everybody),
        groups={
            dimension: {name: cases.of(chosen) for name, chosen in named.items()} for dimension, named in told.items()
        },
        left_out={dimension: len(named) - len(told[dimension]) for dimension, named in members.items()},
        longest=longest_wait(session, brand_id=brand_id, since=since, now=now),
        warnings=tuple(_warnings(cases, told)),
    )


def _cases(session: Session, brand_id: int, since: datetime, now: datetime) -> _Cases:
    rows = session.execute(
        select(
            *(unix_seconds(getattr(Case, name)).label(name) for name in _INSTANTS),
            Case.id, Case.author_id, Case.state, Case.resolution,
            Case.followers, Case.badge, Case.language, Case.source,
        ).where(Case.brand_id == brand_id, Case.opened_at >= since, Case.opened_at <= now)
    ).all()  # fmt: skip
    return _Cases(
        waited=np.array([max(_seen_until(row, now) - row.opened_at, 0.0) / 60 for row in rows], dtype=float),
        answered=np.array([row.state == CaseState.RESOLVED and row.resolution in ANSWERED for row in rows], dtype=bool),
        promised=np.array(
            [np.nan if row.promised_by is None else (row.promised_by - row.opened_at) / 60 for row in rows], dtype=float
        ),
        # A case without an author is somebody's of its own.
        author=np.array([-row.id if row.author_id is None else row.author_id for row in rows], dtype=np.int64),
        is_known=np.array([row.author_id is not None for row in rows], dtype=bool),
        groups={
            dimension: np.array([group_of(row) for row in rows], dtype=object)
            for dimension, group_of in DIMENSIONS.items()
        },
    )


def _seen_until(row: Any, now: datetime) -> float:
    """Return until when it was seen whether a case is answered: what ended otherwise is not watched any longer."""
    if row.state == CaseState.RESOLVED and row.resolved_at is not None:
        return float(row.resolved_at)
    return float(row.updated_at) if row.state == CaseState.PENDING else now.timestamp()


def _warnings(cases: _Cases, told: Mapping[str, Mapping[str, Array]]) -> Iterator[str]:
    everybody = kaplan_meier(cases.waited, cases.answered).when(0.5)
    if everybody is None:
        return
    usual = max(everybody, 1.0)
    compared = [(dimension, name, chosen) for dimension, named in told.items() for name, chosen in named.items()]
    for dimension, name, chosen in compared:
        median = kaplan_meier(cases.waited[chosen], cases.answered[chosen]).when(0.5)
        least = float(cases.waited[chosen].max()) if median is None else median
        chance, is_longer = chance_of_lag(cases.waited, cases.answered, chosen, cases.author)
        # The more groups are compared, the likelier one of them stands out by chance.
        if least > MUCH_LONGER * usual and is_longer and chance * len(compared) < UNSURE:
            more, authors = "more than " * (median is None), cases.authors(chosen)
            yield (
                f"{dimension.capitalize()} “{name}” waits {more}{least / usual:.1f} times as long as all: "
                f"half are answered within {more}{in_words(least)}, of all within {in_words(usual)} ({authors} "
                f"authors; that is not chance). {_MEND[dimension]}"
            )
