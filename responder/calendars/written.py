"""Calendars as people write them, a line at a time, and back.

mon-fri 09:00-17:00              open; several times of a day: 09:00-13:00,14:00-17:00
sat,sun 10:00-14:00 duty         only those on duty are there
fri 22:00-06:00                  until the next morning
2026-12-25 closed                a holiday
2026-12-24 09:00-12:00           a day with hours of its own
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from responder.calendars.clock import DAY_MINUTES, WEEKDAYS, Calendar, Period
from responder.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_LINES = 1_000

_TIMES = re.compile(r"(\d{1,2}):(\d\d)[-–](\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EXAMPLES = "write one such as mon-fri 09:00-17:00, sat 10:00-14:00 duty, or 2026-12-25 closed"


def read_zone(name: str) -> ZoneInfo:
    """Return the IANA zone of this name. Raises Invalid."""
    try:
        return ZoneInfo(name.strip())
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"{name[:40]!r} is no IANA time zone; example: Europe/Athens") from error


def read_calendar(zone: str, lines: Iterable[str]) -> Calendar:
    """Return the calendar that lines say. Raises Invalid with every fault at once, each with what to write."""
    written = [" ".join(line.split()).casefold() for line in lines if line.strip()]
    faults: list[str] = []
    weekdays: list[list[Period]] = [[] for _ in range(WEEKDAYS)]
    holidays: dict[date, list[Period]] = {}
    if len(written) > MAX_LINES:
        faults.append(f"{len(written):,} lines are too many: a calendar has {MAX_LINES:,} at most")
    for line in written[:MAX_LINES]:
        try:
            _read(line, weekdays, holidays)
        except ValueError as error:
            faults.append(f"{line[:60]!r}: {error}")
    try:
        where = read_zone(zone)
    except Invalid as error:
        faults += error.faults
    if faults:
        raise Invalid(*faults)
    return Calendar(
        zone=where,
        weekdays=tuple(tuple(sorted(periods)) for periods in weekdays),
        holidays={day: tuple(sorted(periods)) for day, periods in sorted(holidays.items())},
    )


def write_calendar(calendar: Calendar) -> list[str]:
    """Return the lines that say a calendar: days with the same hours together, then the dates that differ."""
    by_hours: dict[tuple[Period, ...], list[int]] = {}
    for weekday, periods in enumerate(calendar.weekdays):
        if periods:
            by_hours.setdefault(periods, []).append(weekday)
    lines = [line for periods, weekdays in by_hours.items() for line in _lines(_named(weekdays), periods)]
    for day, periods in calendar.holidays.items():
        lines += _lines(day.isoformat(), periods) or [f"{day.isoformat()} closed"]
    return lines


def _read(line: str, weekdays: Sequence[list[Period]], holidays: dict[date, list[Period]]) -> None:
    when, _, hours = line.partition(" ")
    hours, is_duty = hours.removesuffix(" duty"), hours.endswith(" duty")
    closed = hours == "closed"
    periods = [] if closed else [_period(each, is_duty) for each in hours.split(",")]
    if _DATE.fullmatch(when):
        holidays.setdefault(_date(when), []).extend(periods)
        return
    if closed:
        raise ValueError("days that nothing is written for are closed anyway: leave this line out")
    for weekday in _weekdays(when):
        weekdays[weekday] += periods


def _date(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError("there is no such date") from None


def _weekdays(written: str) -> list[int]:
    if written == "daily":
        return list(range(WEEKDAYS))
    found = []
    for part in written.split(","):
        first, _, last = part.replace("–", "-").partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(_EXAMPLES)
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [each % WEEKDAYS for each in range(start, end + 1 if end >= start else end + WEEKDAYS + 1)]
    return found


def _period(written: str, is_duty: bool) -> Period:
    times = _TIMES.fullmatch(written.strip())
    if times is None:
        raise ValueError(_EXAMPLES)
    from_hour, from_minute, to_hour, to_minute = map(int, times.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        raise ValueError("there is no such time of day")
    return Period(start, end if end > start else end + DAY_MINUTES, is_duty)


def _lines(when: str, periods: Sequence[Period]) -> list[str]:
    lines = []
    for is_duty in (False, True):
        times = ",".join(f"{_time(one.start)}-{_time(one.end)}" for one in periods if one.is_duty is is_duty)
        if times:
            lines.append(f"{when} {times}{' duty' * is_duty}")
    return lines


def _time(minute: int) -> str:
    of_day = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{of_day // 60:02}:{of_day % 60:02}"


def _named(weekdays: Sequence[int]) -> str:
    if len(weekdays) == WEEKDAYS:
        return "daily"
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and weekday == runs[-1][-1] + 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)
