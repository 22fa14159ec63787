"""What a person's move asks for: whom to assign, until when to snooze. Moving is `responder.cases.lifecycle`'s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from responder.errors import Invalid

MORNING = time(9, 0)


def snooze_until(choice: str, *, now: datetime, zone: str) -> datetime:
    """Return when a snooze ends. `zone` is the team's IANA time zone. Raises Invalid for a choice we do not offer."""
    if choice not in _UNTIL:
        raise Invalid(f"Snooze for one of: {', '.join(_UNTIL)}.")
    return _UNTIL[choice](now, ZoneInfo(zone))


def assignee(choice: str) -> int | None:
    """Return the id of the person a case is given to; None gives it back. Raises Invalid."""
    if choice == "":
        return None
    if not choice.isascii() or not choice.isdecimal() or len(choice) > 18:
        raise Invalid("Choose a person of the team.")
    return int(choice)


def _in_hours(count: int) -> Callable[[datetime, ZoneInfo], datetime]:
    return lambda now, _zone: now + timedelta(hours=count)


def _next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return tomorrow at nine on the team's wall clock, whatever its clocks do overnight."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, MORNING, zone).astimezone(UTC)


_UNTIL: Mapping[str, Callable[[datetime, ZoneInfo], datetime]] = {
    "1h": _in_hours(1),
    "4h": _in_hours(4),
    "tomorrow": _next_morning,
}
"""What a person can choose, by what the form sends."""
