"""Calendars as people write them: what a line says, that every fault is told at once, and that writing reads back."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from responder.calendars.clock import Period
from responder.calendars.written import read_calendar, write_calendar
from responder.errors import Invalid
from tests.responder.calendars import hours

OFFICE = Period(9 * 60, 17 * 60)


def test_lines_say_a_week_and_the_days_that_differ():
    read = read_calendar(
        "Europe/Athens",
        [
            "Mon-Fri  09:00-13:00,14:00-17:00",
            "sat,sun 10:00-14:00 duty",
            "fri 22:00-06:00",
            "",
            "2026-12-25 closed",
            "2026-12-24 9:00-12:00",
        ],
    )
    assert read.zone == ZoneInfo("Europe/Athens")
    assert read.weekdays[0] == (Period(540, 780), Period(840, 1020))
    assert read.weekdays[4] == (Period(540, 780), Period(840, 1020), Period(1320, 1800))
    assert read.weekdays[6] == (Period(600, 840, is_duty=True),)
    assert read.holidays == {date(2026, 12, 24): (Period(540, 720),), date(2026, 12, 25): ()}


@pytest.mark.parametrize(
    ("line", "open_on"),
    [
        ("daily 09:00-17:00", {0, 1, 2, 3, 4, 5, 6}),
        ("sat-mon 09:00-17:00", {5, 6, 0}),
        ("wed 09:00-17:00", {2}),
        ("mon–tue,fri 09:00–17:00", {0, 1, 4}),
    ],
)
def test_days_are_named_alone_in_runs_or_all(line, open_on):
    read = read_calendar("UTC", [line])
    assert {day for day, periods in enumerate(read.weekdays) if periods == (OFFICE,)} == open_on


@pytest.mark.parametrize(("times", "period"), [("00:00-24:00", (0, 1440)), ("08:00-08:00", (480, 1920))])
def test_a_period_may_last_around_the_clock(times, period):
    assert read_calendar("UTC", [f"mon {times}"]).weekdays[0] == (Period(*period),)


def test_every_fault_is_told_at_once_with_what_to_write():
    lines = ["mon 9-17", "noday 09:00-17:00", "mon 25:00-26:00", "2026-02-30 closed", "mon closed", "mon 09:00-10:75"]
    with pytest.raises(Invalid) as refused:
        read_calendar("Athens", ["tue 09:00-17:00", *lines])
    assert len(refused.value.faults) == len(lines) + 1
    assert "mon-fri 09:00-17:00" in refused.value.faults[0]
    assert "Europe/Athens" in refused.value.faults[-1]


def test_a_calendar_has_an_end():
    with pytest.raises(Invalid, match="too many"):
        read_calendar("UTC", ["mon 09:00-17:00"] * 1001)


@given(hours.cases())
def test_what_was_written_reads_back_and_means_the_same(case):
    known, start, end = case
    read = read_calendar(known.zone.key, write_calendar(known))
    assert read.business_minutes(start, end) == known.business_minutes(start, end)
    assert read.without_duty.business_minutes(start, end) == known.without_duty.business_minutes(start, end)
    assert read_calendar(known.zone.key, write_calendar(read)) == read
