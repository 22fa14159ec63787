"""What is promised: the nearest that was set, on the clock it goes by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from responder.calendars.terms import FIRST_MINUTES, USUAL, Book, Clock, Terms
from responder.calendars.written import read_calendar

FRIDAY_EVENING = datetime(2026, 3, 6, 18, tzinfo=UTC)
OFFICE = read_calendar("UTC", ["mon-fri 09:00-17:00"])


def test_what_is_set_for_a_channel_comes_before_what_is_set_for_all_and_that_before_the_usual():
    everywhere, on_x = Terms(first=50, next=None), Terms(first=10, next=None)
    book = Book({("unhappy", None): everywhere, ("unhappy", "x"): on_x, ("question", "x"): on_x})
    assert book.of("unhappy", "x") is on_x
    assert book.of("unhappy", "reddit") is everywhere
    assert book.of("unhappy") is everywhere
    assert book.of("question", "reddit") == USUAL.of("question")


def test_usual_terms_are_those_of_the_literature_on_the_wall_clock():
    for name, minutes in FIRST_MINUTES.items():
        assert USUAL.of(name, "x").due(Clock.FIRST, FRIDAY_EVENING) == FRIDAY_EVENING + timedelta(minutes=minutes)
    assert USUAL.of("unhappy").due(Clock.RESOLUTION, FRIDAY_EVENING) is None


def test_with_a_calendar_only_its_hours_count():
    terms = Terms(first=60, next=120, resolution=480, hours=OFFICE)
    assert terms.due(Clock.FIRST, FRIDAY_EVENING) == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert terms.due(Clock.NEXT, FRIDAY_EVENING) == datetime(2026, 3, 9, 11, tzinfo=UTC)
    assert terms.due(Clock.RESOLUTION, FRIDAY_EVENING) == datetime(2026, 3, 9, 17, tzinfo=UTC)


def test_a_promise_ends_although_its_calendar_opens_no_more():
    over = read_calendar("UTC", ["2026-03-02 09:00-17:00"])
    assert Terms(first=60, next=None, hours=over).due(Clock.FIRST, FRIDAY_EVENING) == FRIDAY_EVENING + timedelta(
        hours=1
    )


def test_nobody_knows_a_class_that_is_none():
    with pytest.raises(KeyError):
        USUAL.of("urgent")
