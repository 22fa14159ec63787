"""What is promised: minutes until the first answer, until each further one and until the end, on which clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from responder.calendars.clock import Calendar, NeverOpens

FIRST_MINUTES: Mapping[str, float] = MappingProxyType(
    {
        "safety": 15.0,
        "unhappy_sharer": 30.0,
        "unhappy": 60.0,
        "question": 240.0,
        "review": 1_440.0,
        "other": 2_880.0,
    }
)
"""Minutes until the first answer by promise class, on the wall clock, until a team sets its own (SCIENCE 4)."""


class Clock(StrEnum):
    """What a promise is about: the first answer, the answer to what they said since, the end of the matter."""

    FIRST = "first"
    NEXT = "next"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Minutes promised by clock; None: nothing is promised. They pass during `hours`, None: on the wall clock."""

    first: float
    next: float | None
    resolution: float | None = None
    hours: Calendar | None = None

    def due(self, clock: Clock, since: datetime) -> datetime | None:
        """Return by when it is promised; None when nothing is. Where a calendar opens no more the wall clock counts."""
        minutes: float | None = getattr(self, clock.value)
        if minutes is None:
            return None
        if self.hours is not None:
            try:
                return self.hours.add_business_minutes(since, minutes)
            except NeverOpens:
                pass  # a promise needs an end
        return since + timedelta(minutes=minutes)


def usual(promise_class: str) -> Terms:
    """Return the terms of a class that a team has set nothing for. Raises KeyError for an unknown class."""
    minutes = FIRST_MINUTES[promise_class]
    return Terms(first=minutes, next=minutes)


@dataclass(frozen=True, slots=True)
class Book:
    """The terms a brand has set, by class and channel (None: every channel)."""

    set_terms: Mapping[tuple[str, str | None], Terms] = field(default_factory=dict)

    def of(self, promise_class: str, source: str | None = None) -> Terms:
        """Return the terms of a class on a channel: its own, those of every channel, or the usual ones."""
        return (
            self.set_terms.get((promise_class, source))
            or self.set_terms.get((promise_class, None))
            or usual(promise_class)
        )


USUAL = Book()
"""What holds where nobody has set anything."""
