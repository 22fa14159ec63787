"""Random calendars, and the slow, obvious business clock that the fast one is held to: minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from responder.calendars.clock import Calendar, Period

MINUTE = timedelta(minutes=1)
ZONES = (
    "UTC", "Europe/Athens", "Europe/Istanbul", "Europe/London", "America/New_York", "America/St_Johns",
    "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kuala_Lumpur", "Asia/Kathmandu", "Africa/Casablanca",
    "Antarctica/Troll", "Pacific/Apia", "Pacific/Chatham", "Asia/Tehran",
)  # fmt: skip
YEARS = range(2008, 2034)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """What the wall clock shows, held against every period that began today or yesterday."""
    wall = at.astimezone(calendar.zone)
    today, minute = wall.date(), wall.hour * 60 + wall.minute
    yesterday = today - timedelta(days=1)
    return any(period.start <= minute < period.end for period in periods_of(calendar, today)) or any(
        period.start <= minute + 1440 < period.end for period in periods_of(calendar, yesterday)
    )


def periods_of(calendar: Calendar, day: date) -> tuple[Period, ...]:
    return calendar.holidays[day] if day in calendar.holidays else calendar.weekdays[day.weekday()]


def minutes_from(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


def business_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    return sum(is_open(calendar, minute) for minute in minutes_from(start, end))


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The hours in which a zone changes its offset."""
    found, at, there = [], datetime(YEARS[0], 1, 1, tzinfo=UTC), ZoneInfo(zone)
    while at.year in YEARS:
        if at.astimezone(there).utcoffset() != (at + timedelta(days=1)).astimezone(there).utcoffset():
            found.append(at)
        at += timedelta(days=1)
    return tuple(found)


def times(minute: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Period]:
    """Periods at any minute, at full hours, around the clock change, over midnight and around the clock."""
    starts = minute or st.one_of(st.integers(0, 1439), st.sampled_from([0, 60, 90, 120, 150, 180, 540, 1320, 1439]))
    lengths = st.one_of(st.integers(1, 1440), st.sampled_from([1, 30, 60, 120, 480, 720, 1440]))
    return st.builds(lambda start, length, duty: Period(start, start + length, duty), starts, lengths, st.booleans())


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime, datetime]:
    """A calendar and two instants some days apart, near a change of its zone as often as not."""
    zone = draw(st.sampled_from(ZONES))
    days = st.lists(times(), max_size=3).map(tuple)
    weekdays = tuple(draw(st.lists(days, min_size=7, max_size=7)))
    moments = changes(zone)
    if moments and draw(st.booleans()):
        start = draw(st.sampled_from(moments)) + timedelta(minutes=draw(st.integers(-2 * 1440, 2 * 1440)))
    else:
        start = datetime(2008, 1, 3, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 24 * 365 * 1440)))
    end = start + timedelta(minutes=draw(st.integers(0, 4 * 1440)))
    near = st.integers(-3, 8).map(lambda days: start.date() + timedelta(days=days))
    holidays = draw(st.dictionaries(near, days, max_size=4))
    return Calendar(zone=ZoneInfo(zone), weekdays=weekdays, holidays=holidays), start, end
