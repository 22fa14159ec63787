"""The only place that asks the machine for the time; everything else is handed a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current aware UTC instant."""


def utc_now() -> datetime:
    """Return the current aware UTC instant."""
    return datetime.now(UTC)
