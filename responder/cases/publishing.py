"""The promise to publish: the shortest time that the team's own history kept nine times in ten, at every hour.

D is the largest of the hours' 90th percentiles, rounded up to a time people say (SCIENCE 4). Whoever was never answered
waited for ever: silence is not success.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from responder.calendars.clock import Calendar
from responder.calendars.terms import FIRST_MINUTES
from responder.models import Case

STEPS = (15, 30, 60, 120, 240)
"""Minutes that are promised in public."""

KEPT = 0.9
HISTORY = timedelta(weeks=8)
FEWEST = 30
"""Below this many cases nothing is promised in public."""

FEWEST_AN_HOUR = 10
"""An hour with fewer cases is judged together with those around it."""

URGENT = tuple(name for name, minutes in FIRST_MINUTES.items() if minutes <= STEPS[-1])
"""The classes a public promise is about unless said otherwise: praise and reviews are answered without haste."""

_NOT_OURS = ("not_for_us", "joined", "gone")
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waited: the hour (0–23) they came in, and minutes until the answer, infinite without one."""

    hour: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishable:
    """What can be promised in public. `minutes` None: nothing, and `why` says so; else it is one of `STEPS`.

    `cases` is how many it rests on, `kept` the share of them answered in that time, `slowest_hour` the hour that sets
    it. `sentences` are by language, to be pasted into a profile.
    """

    minutes: int | None
    cases: int
    kept: float | None
    slowest_hour: int | None
    why: str | None
    sentences: Mapping[str, str]


def publishable(waits: Sequence[Wait], *, in_hours: bool = False) -> Publishable:
    """Return what a history allows to promise. `in_hours`: its minutes are business minutes."""
    if len(waits) < FEWEST:
        return _nothing(len(waits), None, f"{len(waits)} answered or missed cases are too few: {FEWEST} are needed.")
    slow = {hour: _percentile(near) for hour in range(_HOURS) if (near := _around(waits, hour))}
    slowest = max(slow, key=lambda hour: slow[hour])
    step = next((step for step in STEPS if slow[slowest] <= step), None)
    if step is None:
        return _nothing(len(waits), slowest, _too_slow(slowest, slow[slowest]))
    return Publishable(
        minutes=step,
        cases=len(waits),
        kept=sum(wait.minutes <= step for wait in waits) / len(waits),
        slowest_hour=slowest,
        why=None,
        sentences=sentences(step, in_hours=in_hours),
    )


def history(
    session: Session,
    *,
    brand_id: int,
    now: datetime,
    zone: ZoneInfo,
    calendar: Calendar | None = None,
    source: str | None = None,
    classes: Sequence[str] = URGENT,
) -> list[Wait]:
    """Return how long those waited who came in over the last eight weeks, in the zone's hours.

    With a calendar only its open minutes count, and who came in while it was closed counts as coming when it opened.
    Left out is whom nobody needed to answer, and who has not waited for as long as the longest public promise yet.
    """
    rows = session.execute(
        select(Case.opened_at, Case.first_reply_at).where(
            Case.brand_id == brand_id,
            Case.opened_at >= now - HISTORY,
            Case.opened_at <= now,
            Case.promise_class.in_(classes),
            or_(Case.first_reply_at.is_not(None), Case.resolution.is_(None), Case.resolution.not_in(_NOT_OURS)),
            *(() if source is None else (Case.source == source,)),
        )
    )
    waits = (_wait(row.opened_at, row.first_reply_at, now, zone, calendar) for row in rows)
    return [wait for wait in waits if wait is not None]


def sentences(minutes: int, *, in_hours: bool = False) -> dict[str, str]:
    """Return the promise in the languages of the interface. Raises KeyError for minutes that are no step."""
    return {language: words[in_hours].format(time=times[minutes]) for language, (words, times) in _SENTENCES.items()}


def _wait(
    opened_at: datetime, answered_at: datetime | None, now: datetime, zone: ZoneInfo, calendar: Calendar | None
) -> Wait | None:
    until = answered_at or now
    start = opened_at if calendar is None else calendar.next_opening(opened_at)
    if start is None or start > until:
        return None if answered_at is None or start is None else Wait(start.astimezone(zone).hour, 0.0)
    waited = (until - start).total_seconds() / 60 if calendar is None else calendar.business_minutes(start, until)
    if answered_at is None:
        return Wait(start.astimezone(zone).hour, math.inf) if waited > STEPS[-1] else None
    return Wait(start.astimezone(zone).hour, waited)


def _around(waits: Sequence[Wait], hour: int) -> list[float]:
    """Return the waits of an hour, with those around it while it has too few; none for an hour nobody came in."""
    if not any(wait.hour == hour for wait in waits):
        return []
    for reach in range(_HOURS // 2 + 1):
        near = [
            wait.minutes for wait in waits if min((wait.hour - hour) % _HOURS, (hour - wait.hour) % _HOURS) <= reach
        ]
        if len(near) >= FEWEST_AN_HOUR:
            return near
    return [wait.minutes for wait in waits]


def _percentile(minutes: Sequence[float]) -> float:
    """Return the wait that nine in ten do not exceed (nearest rank)."""
    return sorted(minutes)[math.ceil(KEPT * len(minutes)) - 1]


def _too_slow(hour: int, minutes: float) -> str:
    who = f"of those who came in around {hour:02}:00"
    if math.isinf(minutes):
        return f"More than one in ten {who} were not answered: staff that hour first."
    return f"One in ten {who} waited for {minutes / 60:.1f} hours or longer: staff that hour first."


def _nothing(cases: int, slowest: int | None, why: str) -> Publishable:
    return Publishable(minutes=None, cases=cases, kept=None, slowest_hour=slowest, why=why, sentences={})


_SENTENCES: Mapping[str, tuple[tuple[str, str], Mapping[int, str]]] = MappingProxyType(
    {
        "en": (
            (
                "We answer here within {time}, nine times out of ten.",
                "During our opening hours we answer here within {time}, nine times out of ten.",
            ),
            {15: "15 minutes", 30: "30 minutes", 60: "1 hour", 120: "2 hours", 240: "4 hours"},
        ),
        "ms": (
            (
                "Kami menjawab di sini dalam masa {time}, sembilan daripada sepuluh kali.",
                "Dalam waktu operasi, kami menjawab di sini dalam masa {time}, sembilan daripada sepuluh kali.",
            ),
            {15: "15 minit", 30: "30 minit", 60: "1 jam", 120: "2 jam", 240: "4 jam"},
        ),
        "el": (
            (
                "Απαντάμε εδώ μέσα σε {time}, εννέα στις δέκα φορές.",
                "Στις ώρες λειτουργίας μας απαντάμε εδώ μέσα σε {time}, εννέα στις δέκα φορές.",
            ),
            {15: "15 λεπτά", 30: "30 λεπτά", 60: "1 ώρα", 120: "2 ώρες", 240: "4 ώρες"},
        ),
        "tr": (
            (
                "Buradan yazan her on kişiden dokuzuna {time} içinde yanıt veriyoruz.",
                "Çalışma saatlerimizde buradan yazan her on kişiden dokuzuna {time} içinde yanıt veriyoruz.",
            ),
            {15: "15 dakika", 30: "30 dakika", 60: "1 saat", 120: "2 saat", 240: "4 saat"},
        ),
    }
)
"""By language: the sentence on the wall clock and in opening hours, and how each step is said."""
