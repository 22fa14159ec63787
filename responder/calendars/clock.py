"""The business clock: how long somebody was there between two instants, and when so much of it has passed. Pure.

Somebody is there whenever the wall clock of the calendar's zone shows a time within a period. So a night in which the
clocks go back has an hour more, one in which they go forward an hour less, and what would begin in the missing hour
begins where that ends. A period belongs to the day it begins on: a holiday replaces the periods that begin on it, and a
night shift that began the evening before goes on to its end.

Every question costs the same few steps however long the time asked about: the open time of whole weeks is known, days
that differ are summed up once, and between two changes of a zone's offset the wall clock is a plain number line.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

DAY_MINUTES = 1_440
WEEKDAYS = 7

_MINUTE = 60_000_000
_DAY = DAY_MINUTES * _MINUTE
_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = date(1970, 1, 1).toordinal()
_FIRST_WEEKDAY = date(1970, 1, 1).weekday()
_HORIZON = 36_525
"""Days that are looked ahead: a hundred years."""

_Span = tuple[int, int]
"""From and until, the second not in it."""


class NeverOpens(ValueError):
    """The calendar has not so much open time left, however long one waits."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Open from `start` until `end`, in minutes of the day it begins on; past 1,440 it ends on the next day.

    `is_duty`: only those on duty are there (evenings, weekends). Raises ValueError for what is no time of a day, and
    for a period that is empty or longer than a day.
    """

    start: int
    end: int
    is_duty: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be drawn on the face of a clock."""
        if not 0 <= self.start < DAY_MINUTES:
            raise ValueError("a period begins between 00:00 and 23:59")
        if not self.start < self.end <= self.start + DAY_MINUTES:
            raise ValueError("a period lasts for a minute at least and for a day at most")


@dataclass(frozen=True)
class Calendar:
    """When somebody is there to answer. Periods may overlap: what two of them cover counts once.

    `weekdays` are the periods of Monday to Sunday; `holidays` are dates that have others instead, none when closed.
    """

    zone: ZoneInfo
    weekdays: tuple[tuple[Period, ...], ...]
    holidays: Mapping[date, tuple[Period, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a week that has not seven days."""
        if len(self.weekdays) != WEEKDAYS:
            raise ValueError("a calendar needs periods for Monday to Sunday: seven lists, empty ones for closed days")

    @cached_property
    def without_duty(self) -> Calendar:
        """The same calendar with nobody on duty."""
        return Calendar(
            zone=self.zone,
            weekdays=tuple(_regular(periods) for periods in self.weekdays),
            holidays={day: _regular(periods) for day, periods in self.holidays.items()},
        )

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at this instant."""
        wall = _wall(self.zone, at)
        return any(start <= wall % _DAY < end for start, end in self._days.spans(wall // _DAY))

    def next_opening(self, at: datetime) -> datetime | None:
        """Return the first instant, `at` or later, at which somebody is there. None: never again."""
        for stretch in self._stretches(at):
            found = self._days.open_after(stretch.start, stretch.end)
            if found is not None:
                return stretch.instant(found)
        return None

    def business_minutes(self, start: datetime, end: datetime) -> float:
        """Return for how many minutes between two instants somebody was there; 0 when the second is not later."""
        if end <= start:
            return 0.0
        passed = self._days.passed
        return sum(passed(each.end) - passed(each.start) for each in _between(self.zone, start, end)) / _MINUTE

    def add_business_minutes(self, start: datetime, minutes: float) -> datetime:
        """Return the first instant at which somebody was there for so many minutes since `start`.

        An end of a day is reached on that day, not on the next morning; no minutes are over at once. Raises ValueError
        for a number below 0 and NeverOpens when the next hundred years have not so much open time.
        """
        if not 0 <= minutes < math.inf:
            raise ValueError("minutes are counted forwards: give a number that is not negative")
        left = round(minutes * _MINUTE)
        if not left:
            return start
        for stretch in self._stretches(start, left):
            passed = self._days.passed(stretch.end) - self._days.passed(stretch.start)
            if passed >= left:
                return stretch.instant(self._days.passed_after(stretch.start, left))
            left -= passed
        raise NeverOpens(f"The calendar has no {minutes:g} open minutes after {start:%Y-%m-%d}: give it more hours.")

    def _stretches(self, start: datetime, needed: int = 1) -> Iterator[_Stretch]:
        """Yield what comes after `start`, for as long as `needed` microseconds of it may take to be open."""
        day = _wall(self.zone, start) // _DAY
        last = min(self._days.last(day, needed), day + _HORIZON)
        yield from _between(self.zone, start, start + timedelta(days=last - day))

    @cached_property
    def _days(self) -> _Days:
        return _Days(self)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Wall-clock microseconds from `start` until `end`, during which the zone's offset is the same."""

    start: int
    end: int
    offset: int

    def instant(self, wall: int) -> datetime:
        return _EPOCH + (wall - self.offset) * _US


class _Days:
    """The days of a calendar as a number line of wall-clock microseconds since 1970, and what of it is open."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        usual = calendar.weekdays
        self._usual = tuple(_spans_of(usual[weekday], usual[weekday - 1]) for weekday in range(WEEKDAYS))
        lengths = [_length(spans) for spans in self._usual]
        self.week = sum(lengths)
        """Open microseconds of a week without holidays."""
        self._before = (0, *accumulate(lengths))
        holidays = [day.toordinal() - _FIRST for day in calendar.holidays]
        # A holiday also changes the day after it, into which its night shift would have reached.
        self._special_days = sorted({each for day in holidays for each in (day, day + 1)})
        self._special = {day: _spans_of(self._own(day), self._own(day - 1)) for day in self._special_days}
        more = (_length(self._special[day]) - lengths[_weekday(day)] for day in self._special_days)
        self._more = (0, *accumulate(more))

    def last(self, day: int, needed: int) -> int:
        """Return a day by the end of which so much is open since `day`, if it ever is; a later one than needed."""
        weeks = -(-needed // self.week) + len(self._special_days) if self.week else 0
        return max(day + WEEKDAYS * weeks, *self._special_days[-1:], day) + 2

    def spans(self, day: int) -> Sequence[_Span]:
        """Return what is open of a day, in microseconds of it."""
        special = self._special.get(day)
        return self._usual[_weekday(day)] if special is None else special

    def passed(self, wall: int) -> int:
        """Return how much was open before: since 1970, which only differences of it make sense of."""
        day, of_day = divmod(wall, _DAY)
        return self._before_day(day) + sum(min(end, of_day) - start for start, end in self.spans(day) if start < of_day)

    def open_after(self, wall: int, end: int) -> int | None:
        """Return the first open microsecond from `wall` on and before `end`; None when there is none."""
        day, of_day = divmod(wall, _DAY)
        for start, until in self.spans(day):
            if of_day < until:
                found = day * _DAY + max(start, of_day)
                return found if found < end else None
        days = range(day + 1, -(-end // _DAY))
        place = bisect_right(days, self._before_day(day + 1), key=lambda each: self._before_day(each + 1))
        if place == len(days):
            return None
        found = days[place] * _DAY + self.spans(days[place])[0][0]
        return found if found < end else None

    def passed_after(self, wall: int, needed: int) -> int:
        """Return the first microsecond by which so much (more than 0) was open since `wall`; there must be as much."""
        target = self.passed(wall) + needed
        day = wall // _DAY
        days = range(day, self.last(day, target - self._before_day(day)))
        day = days[bisect_left(days, target, key=lambda each: self._before_day(each + 1))]
        left = target - self._before_day(day)
        for start, end in self.spans(day):
            if left <= end - start:
                break
            left -= end - start
        return day * _DAY + start + left

    def _before_day(self, day: int) -> int:
        weeks, weekday = divmod(day + _FIRST_WEEKDAY, WEEKDAYS)
        return weeks * self.week + self._before[weekday] + self._more[bisect_left(self._special_days, day)]

    def _own(self, day: int) -> Sequence[Period]:
        """Return the periods that begin on a day."""
        named = date.fromordinal(day + _FIRST)
        return self._calendar.holidays.get(named, self._calendar.weekdays[_weekday(day)])


def _weekday(day: int) -> int:
    return (day + _FIRST_WEEKDAY) % WEEKDAYS


def _regular(periods: Sequence[Period]) -> tuple[Period, ...]:
    return tuple(period for period in periods if not period.is_duty)


def _spans_of(own: Sequence[Period], of_the_day_before: Sequence[Period]) -> tuple[_Span, ...]:
    """Return what is open of a day in which these periods begin, after one with those, joined where they meet."""
    begun = [(period.start, min(period.end, DAY_MINUTES)) for period in own]
    reaching = [(0, period.end - DAY_MINUTES) for period in of_the_day_before if period.end > DAY_MINUTES]
    joined: list[list[int]] = []
    for start, end in sorted(reaching + begun):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return tuple((start * _MINUTE, end * _MINUTE) for start, end in joined)


def _length(spans: Sequence[_Span]) -> int:
    return sum(end - start for start, end in spans)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _US


def _wall(zone: ZoneInfo, at: datetime) -> int:
    """Return what the wall clock shows at an instant, in microseconds since it showed the beginning of 1970."""
    return _us(at) + _offset(zone, at)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    return (at.astimezone(zone).utcoffset() or timedelta(0)) // _US


def _between(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Stretch]:
    """Yield the time between two instants, cut where the zone changes its offset."""
    since, until, offset = _us(start), _us(end), _offset(zone, start)
    for year in range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1):
        for at, changed in _changes(zone, year):
            if since < at < until:
                yield _Stretch(since + offset, at + offset, offset)
                since = at
            if at <= since:
                offset = changed
    yield _Stretch(since + offset, until + offset, offset)


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """Return at which instants of a year (UTC) the zone changes its offset, and to what.

    Looks once a day: no zone has ever changed its offset and taken it back within one.
    """
    start = datetime(year, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=day) for day in range((start.replace(year=year + 1) - start).days + 1)]
    offsets = [_offset(zone, day) for day in days]
    return tuple(
        (_change_between(zone, days[place], days[place + 1]), offsets[place + 1])
        for place in range(len(days) - 1)
        if offsets[place] != offsets[place + 1]
    )


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> int:
    """Return the second from which on the offset is that of `after`."""
    seconds = range(int((after - before).total_seconds()))
    old = _offset(zone, before)
    found = bisect_left(seconds, True, key=lambda second: _offset(zone, before + timedelta(seconds=second)) != old)
    return _us(before + timedelta(seconds=found))
