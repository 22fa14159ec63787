"""Addresses of the insights pages: what a query string asks for, and the query string that opens a figure.

Both directions stand together so that a figure's link means the figure. Whatever is wrong with an address is said in
words (Invalid); nothing in it ever reaches the database unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from responder.errors import Invalid
from responder.insights.mentions_list import LABELS, Authorship, MentionFilter, Place
from responder.insights.periods import (
    DAY,
    DEFAULT_PRESET,
    LONGEST_DAYS,
    Period,
    chosen_period,
    is_whole_hour,
    midnight,
    preset_period,
)

OVERVIEW = "/insights"
MENTIONS = "/insights/mentions"
WATCHES = "/insights/watches"

_LONGEST_NAME = 60
_LARGEST_ID = 2**63 - 1
_FIRST, _LAST = datetime(1999, 12, 31, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", re.ASCII)
_LARGEST_ID = 2**63 - 1
_CURSOR = re.compile(r"(-?\d{1,17})\.(\d{1,19})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The stretch an overview is about and the name it has in addresses: a preset, or "first..last" day."""

    name: str
    period: Period

    @property
    def days(self) -> tuple[date, date]:
        """The first and last local day, for the date fields."""
        return self.period.first_day, self.period.last_day


def read_range(args: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Range:
    """Read `range`, or the two days of `from` and `to`; the default when nothing is asked. Raises Invalid."""
    name = args.get("range") or DEFAULT_PRESET
    typed = _DAYS.fullmatch(name)
    first, last = typed.groups() if typed else (args.get("from"), args.get("to"))
    if not first and not last:
        return Range(name=name, period=preset_period(name, now=now, zone=zone))
    if not first or not last:
        raise Invalid("Choose both days, the first and the last.")
    days = _day(first), _day(last)
    return Range(name=f"{days[0]}..{days[1]}", period=chosen_period(*days, now=now, zone=zone))


def read_watch(args: Mapping[str, str]) -> int | None:
    """Read `watch`; None when none is asked for. Raises Invalid."""
    return _number(args.get("watch"), "watch", 1, _LARGEST_ID)


def read_mention_filter(args: Mapping[str, str], *, brand_id: int, now: datetime, zone: ZoneInfo) -> MentionFilter:
    """Read which mentions are asked for. `from` and `to` are instants on whole hours, or days. Raises Invalid."""
    weekday, hour = _number(args.get("weekday"), "weekday", 0, 6), _number(args.get("hour"), "hour", 0, 23)
    if (weekday is None) != (hour is None):
        raise Invalid("“weekday” and “hour” come together: say both or neither.")
    return MentionFilter(
        brand_id=brand_id,
        period=_stretch(args, now=now, zone=zone),
        watch_id=read_watch(args),
        source=_name(args.get("source"), "source"),
        language=_name(args.get("language"), "language"),
        label=_one_of(args.get("label"), "label", LABELS),
        weekday=weekday,
        hour=hour,
        author=_authorship(args.get("author")),
        words=args.get("q", "").strip() or None,
    )


def read_place(args: Mapping[str, str]) -> Place | None:
    """Read where the page before ended; None for the first page. Raises Invalid."""
    asked = args.get("after")
    if not asked:
        return None
    read = _CURSOR.fullmatch(asked)
    if not read or int(read[2]) > _LARGEST_ID:
        raise Invalid("That page is not part of this list. Start again from its first page.")
    try:
        return Place(_EPOCH + timedelta(microseconds=int(read[1])), int(read[2]))
    except OverflowError as error:
        raise Invalid("That page is not part of this list. Start again from its first page.") from error


def write_place(place: Place) -> str:
    """Return a place as it stands in an address."""
    return f"{(place.created_at - _EPOCH) // timedelta(microseconds=1)}.{place.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes the addresses of one page: everything it links to is about this watch and this range."""

    watch_id: int
    range: Range

    def overview(self, **changes: Any) -> str:
        """The overview, with another watch or range."""
        return _address(OVERVIEW, {"watch": self.watch_id, "range": self.range.name} | changes)

    def overview_of(self, range_name: str) -> str:
        """The overview of the same watch over a preset range."""
        return self.overview(range=range_name)

    def watches(self) -> str:
        """All watches over the same range, side by side."""
        return _address(WATCHES, {"range": self.range.name})

    def mentions(self, period: Period | None = None, **conditions: Any) -> str:
        """The mentions of a figure: of the whole range, or of a part of it."""
        within = period or self.range.period
        # A page holds a thousand of these: what needs no quoting is not quoted.
        asked = f"watch={self.watch_id}&range={self.range.name}&from={_hour(within.start)}&to={_hour(within.end)}"
        more = {name: value for name, value in conditions.items() if value is not None}
        return f"{MENTIONS}?{asked}&{urlencode(more)}" if more else f"{MENTIONS}?{asked}"


def address_without(path: str, args: Mapping[str, str], *names: str, **changes: Any) -> str:
    """Return the same page without some of its parameters, and with others changed."""
    kept = {name: value for name, value in args.items() if name not in names}
    return _address(path, kept | changes)


def _address(path: str, parameters: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in parameters.items() if value is not None and value != ""}
    return f"{path}?{urlencode(asked, safe=':')}" if asked else path


def _hour(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='minutes')[:16]}Z"


def _stretch(args: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Period:
    first, last = args.get("from"), args.get("to")
    if not first or not last:
        return read_range(args, now=now, zone=zone).period
    start = _boundary(first, zone, lambda day: day)
    end = _boundary(last, zone, lambda day: day + DAY)
    if not _FIRST <= start < end <= _LAST:
        raise Invalid("“from” must be before “to”, and both must be from 2000 to 2099.")
    if end - start > (LONGEST_DAYS + 1) * DAY:
        raise Invalid(f"That is more than {LONGEST_DAYS} days. Choose fewer.")
    return Period(start=start, end=end, zone=zone)


def _boundary(typed: str, zone: ZoneInfo, day_of: Callable[[date], date]) -> datetime:
    if len(typed) <= len("2026-03-04"):
        day = _day(typed)
        if not _FIRST.date() <= day <= _LAST.date():
            raise Invalid("Choose days from 2000 to 2099.")
        return midnight(day_of(day), zone)
    try:
        moment = datetime.fromisoformat(typed)
        if moment.tzinfo is not None and is_whole_hour(moment):
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Invalid(f"“{typed[:40]}” is neither a day (2026-03-04) nor a whole hour (2026-03-04T12:00Z).")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Invalid(f"“{typed[:40]}” is not a day. Write it like 2026-03-04.") from error


def _number(typed: str | None, name: str, least: int, most: int) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal()) or len(typed) > 19 or not least <= int(typed) <= most:
        raise Invalid(f"“{name}” must be a number from {least} to {most}.")
    return int(typed)


def _name(typed: str | None, name: str) -> str | None:
    if typed and len(typed) > _LONGEST_NAME:
        raise Invalid(f"“{name}” is too long; choose one from the overview.")
    return typed or None


def _one_of(typed: str | None, name: str, choices: tuple[str, ...]) -> str | None:
    if typed and typed not in choices:
        raise Invalid(f"“{name}” must be one of {', '.join(choices)}.")
    return typed or None


def _authorship(typed: str | None) -> Authorship | None:
    chosen = _one_of(typed, "author", tuple(Authorship))
    return Authorship(chosen) if chosen else None
