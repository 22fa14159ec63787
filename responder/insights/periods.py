"""The stretches of time a figure is about: presets and chosen days in the team's zone, as whole UTC hours.

Rollup cells are UTC hours, so every boundary is one. An hour belongs to the local day and hour in which it begins,
which matters only where clocks are set off by half an hour. Local days follow the clock changes: they have 23 to 25
hours, and the hour that a clock skips has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from responder.errors import Invalid

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PRESETS = {"24h": 1, "7d": 7, "14d": 14, "28d": 28, "90d": 90}
"""Preset name → days. "24h" is the last 24 hours; the others are local days, today included."""

DEFAULT_PRESET = "14d"
LONGEST_DAYS = 400
_FIRST_DAY = date(2000, 1, 1)
_LAST_DAY = date(2099, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` up to but without `end`, both whole UTC hours; `zone` says which days and hours are meant."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not (is_whole_hour(self.start) and is_whole_hour(self.end)) or self.end < self.start:
            raise ValueError("a period goes from one whole UTC hour to a later one")

    @property
    def is_hourly(self) -> bool:
        """Whether it is short enough (two days, even where one has 25 hours) to be drawn hour by hour."""
        return self.end - self.start <= 2 * DAY + HOUR

    @property
    def first_day(self) -> date:
        """The local day it begins on."""
        return self.start.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        """The local day of its last hour; the first day when it is empty."""
        return max(self.first_day, (self.end - HOUR).astimezone(self.zone).date())

    def hours(self) -> Iterator[datetime]:
        """Yield the UTC hours in it."""
        hour = self.start
        while hour < self.end:
            yield hour
            hour += HOUR

    def days(self) -> Iterator[Period]:
        """Yield its local days, the first and the last cut to the period."""
        day = self.first_day
        while day <= self.last_day and self.start < self.end:
            start, end = max(self.start, midnight(day, self.zone)), min(self.end, midnight(day + DAY, self.zone))
            yield Period(start=start, end=end, zone=self.zone)
            day += DAY

    def before(self) -> Period:
        """Return the stretch to compare with: the same clock times so many days earlier.

        Days that are cut off by the present are compared with equally cut ones; a period that begins within a day
        (the last 24 hours) with as many hours just before it.
        """
        if self.start != midnight(self.first_day, self.zone):
            return Period(start=self.start - (self.end - self.start), end=self.start, zone=self.zone)
        days = (self.last_day - self.first_day).days + 1
        start, end = (_earlier(moment, days, self.zone) for moment in (self.start, self.end))
        return Period(
            start=min(start, self.start), end=max(min(start, self.start), min(end, self.start)), zone=self.zone
        )


def preset_period(name: str, *, now: datetime, zone: ZoneInfo) -> Period:
    """Return the preset that ends with the hour now running.

    Raises:
        Invalid: there is no such preset.

    """
    if name not in PRESETS:
        raise Invalid(f"There is no range “{name[:20]}”. Choose one of {', '.join(PRESETS)}.")
    end = _whole_hour_up(now + timedelta(microseconds=1))
    if name == "24h":
        return Period(start=end - DAY, end=end, zone=zone)
    today = now.astimezone(zone).date()
    return Period(start=midnight(today - (PRESETS[name] - 1) * DAY, zone), end=end, zone=zone)


def chosen_period(first: date, last: date, *, now: datetime, zone: ZoneInfo) -> Period:
    """Return the local days `first` to `last`, both included, cut off after the hour now running.

    Raises:
        Invalid: the days are the wrong way round, too many, or out of the calendar we keep.

    """
    if not _FIRST_DAY <= first <= last <= _LAST_DAY:
        raise Invalid(
            f"Choose a first day that is not after the last one, both from {_FIRST_DAY.year} to {_LAST_DAY.year}."
        )
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid(f"That is more than {LONGEST_DAYS} days. Choose fewer.")
    start = midnight(first, zone)
    end = min(midnight(last + DAY, zone), _whole_hour_up(now + timedelta(microseconds=1)))
    return Period(start=start, end=max(start, end), zone=zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first whole UTC hour that begins on a local day."""
    return _whole_hour_up(datetime.combine(day, time(), zone).astimezone(UTC))


def is_whole_hour(moment: datetime) -> bool:
    """Whether an instant begins a UTC hour."""
    return moment == moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _whole_hour_up(moment: datetime) -> datetime:
    floor = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + HOUR


def _earlier(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    return _whole_hour_up((local - timedelta(days=days)).astimezone(UTC))
