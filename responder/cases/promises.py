"""What a case is promised: its class, fixed when it opens, and by when it is answered. Pure functions.

A later look may shorten a promise, never lengthen it: somebody may be counting on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from responder.calendars.terms import FIRST_MINUTES, USUAL, Book, Clock

PROMISES: Mapping[str, float] = FIRST_MINUTES
"""Minutes promised by class, on the wall clock, until a team sets its own (SCIENCE 4)."""

UNHAPPY = 0.5
"""P(negative) from which somebody is predicted unhappy."""

ASKING = 0.5
"""P(question) from which somebody is predicted to ask something."""


def promise_class(
    p_negative: float,
    p_question: float,
    *,
    is_safety: bool = False,
    is_frequent_sharer: bool = False,
    is_review: bool = False,
) -> str:
    """Return the class of `PROMISES` that a case belongs to."""
    if is_safety:
        return "safety"
    is_unhappy = p_negative >= UNHAPPY
    if is_unhappy and is_frequent_sharer:
        return "unhappy_sharer"
    if is_review:
        return "review"
    if is_unhappy:
        return "unhappy"
    return "question" if p_question >= ASKING else "other"


def promised(
    found: str,
    opened_at: datetime,
    *,
    held: str | None = None,
    held_until: datetime | None = None,
    book: Book = USUAL,
    source: str | None = None,
) -> tuple[str, datetime]:
    """Return the class and the instant that hold after a look that `found` a class; the earlier promise if nearer.

    `book` holds what the brand promises its cases on `source`.
    """
    until = book.of(found, source).due(Clock.FIRST, opened_at) or opened_at
    if held is not None and held_until is not None and held_until <= until:
        return held, held_until
    return found, until
