"""The clocks of a case: first answer, next answer and the end, in wall and business time. Pure functions over facts.

A clock runs from what starts it to what stops it: a reply stops one when it stood in public, not when we looked. Only
the clock of the end is held while the case waits for the customer (SCIENCE 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from responder.calendars.clock import Calendar, NeverOpens
from responder.calendars.terms import Clock, Terms

WARNED_FROM = 0.75
"""Share of the promised time that is over when somebody is warned."""

Span = tuple[datetime, datetime | None]
"""From and until; None: still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the clocks of a case are read from. Instants are aware.

    `promised_by` is what was promised for the first answer (None: nothing), whatever the terms say today. `said` is
    when what the customer wrote reached us, `replies` when ours stood in public, both in any order. `waiting` are the
    spans in which the case waited for the customer, in order. `ended_at` None: not resolved.
    """

    opened_at: datetime
    promised_by: datetime | None
    said: Sequence[datetime] = ()
    replies: Sequence[datetime] = ()
    waiting: Sequence[Span] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One clock as it stands. `until` None: it runs. `due` None: nothing is promised, or it is held.

    `warned_from` is when most of the promised time is over. `wall_minutes` is what passed by now, or until it stopped;
    `business_minutes` the part of it in which somebody was there, None without a calendar. `is_missed`: it ran, or
    runs, past what was promised.
    """

    clock: Clock
    since: datetime
    until: datetime | None
    due: datetime | None
    warned_from: datetime | None
    wall_minutes: float
    business_minutes: float | None
    is_missed: bool


def read_clocks(facts: CaseFacts, terms: Terms, *, now: datetime) -> tuple[Reading, ...]:
    """Return the clocks of a case at `now`: the first answer, the last one asked for since, the end."""
    first = min((at for at in facts.replies if at >= facts.opened_at), default=None)
    readings = [_reading(Clock.FIRST, facts.opened_at, first, due=facts.promised_by, terms=terms, now=now)]
    if first is not None and (asked := _last_asked(facts)) is not None:
        answered = min((at for at in facts.replies if at >= asked), default=None)
        due = terms.due(Clock.NEXT, asked)
        readings.append(_reading(Clock.NEXT, asked, answered, due=due, terms=terms, now=now))
    readings.append(_end(facts, terms, now))
    return tuple(readings)


def share_over(hours: Calendar | None, since: datetime, due: datetime, share: float) -> datetime:
    """Return when a share of the time between two instants is over, on a calendar or (None) the wall clock."""
    if hours is not None:
        minutes = hours.business_minutes(since, due) * share
        if minutes > 0:
            return hours.add_business_minutes(since, minutes)
    return since + (due - since) * share


def due_unless_waiting(terms: Terms, since: datetime, waiting: Sequence[Span]) -> datetime | None:
    """Return by when the end is promised, the spans of waiting left out; None: nothing is, or the clock is held."""
    if terms.resolution is None:
        return None
    left, at = terms.resolution, since
    for start, end in waiting:
        passed = _passed(terms.hours, at, start)
        if passed >= left:
            break
        if end is None:
            return None
        left, at = left - passed, max(at, end)
    return _after(terms.hours, at, left)


def _last_asked(facts: CaseFacts) -> datetime | None:
    """Return when the customer first spoke after the reply before last, or after the last one: what waits or waited."""
    replies = sorted(facts.replies)
    for reply in reversed(replies):
        asked = min((at for at in facts.said if at > reply), default=None)
        if asked is not None:
            return asked
    return None


def _end(facts: CaseFacts, terms: Terms, now: datetime) -> Reading:
    due = due_unless_waiting(terms, facts.opened_at, facts.waiting)
    reading = _reading(Clock.RESOLUTION, facts.opened_at, facts.ended_at, due=due, terms=terms, now=now)
    stop = facts.ended_at or now
    held = [(start, min(end or stop, stop)) for start, end in facts.waiting if start < stop]
    wall = reading.wall_minutes - sum(_minutes(start, end) for start, end in held)
    business = reading.business_minutes
    if business is not None and terms.hours is not None:
        business -= sum(terms.hours.business_minutes(start, end) for start, end in held)
    return replace(reading, wall_minutes=wall, business_minutes=business)


def _reading(
    clock: Clock, since: datetime, until: datetime | None, *, due: datetime | None, terms: Terms, now: datetime
) -> Reading:
    stop = until or max(now, since)
    return Reading(
        clock=clock,
        since=since,
        until=until,
        due=due,
        warned_from=None if due is None else share_over(terms.hours, since, due, WARNED_FROM),
        wall_minutes=_minutes(since, stop),
        business_minutes=None if terms.hours is None else terms.hours.business_minutes(since, stop),
        is_missed=due is not None and stop > due,
    )


def _passed(hours: Calendar | None, start: datetime, end: datetime) -> float:
    return max(_minutes(start, end), 0.0) if hours is None else hours.business_minutes(start, end)


def _after(hours: Calendar | None, start: datetime, minutes: float) -> datetime:
    if hours is not None:
        try:
            return hours.add_business_minutes(start, minutes)
        except NeverOpens:
            pass  # as in `Terms.due`: a promise needs an end
    return start + timedelta(minutes=minutes)


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60
