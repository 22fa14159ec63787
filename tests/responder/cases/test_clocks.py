"""The clocks of a case: what starts, holds and stops them, on the wall and in business hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.calendars.terms import Clock, Terms
from responder.calendars.written import read_calendar
from responder.cases.clocks import CaseFacts, Reading, due_unless_waiting, read_clocks, share_over

OFFICE = read_calendar("UTC", ["mon-fri 09:00-17:00"])
OPENED = datetime(2026, 3, 6, 16, tzinfo=UTC)  # a Friday
WALL = Terms(first=60, next=120, resolution=600)
HOURS = Terms(first=120, next=120, resolution=600, hours=OFFICE)


def after(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def clocks(terms: Terms = WALL, *, now: datetime, **facts) -> dict[Clock, Reading]:
    facts.setdefault("promised_by", terms.due(Clock.FIRST, OPENED))
    return {each.clock: each for each in read_clocks(CaseFacts(opened_at=OPENED, **facts), terms, now=now)}


def test_the_first_clock_runs_from_opening_until_a_reply_stands():
    running = clocks(now=after(30))[Clock.FIRST]
    assert (running.since, running.until, running.due) == (OPENED, None, after(60))
    assert (running.wall_minutes, running.is_missed) == (30, False)
    assert clocks(now=after(61))[Clock.FIRST].is_missed
    stopped = clocks(now=after(900), replies=[after(200), after(45)])[Clock.FIRST]
    assert (stopped.until, stopped.wall_minutes, stopped.is_missed) == (after(45), 45, False)
    assert clocks(now=after(900), replies=[after(61)])[Clock.FIRST].is_missed


def test_business_time_is_told_beside_wall_time_where_there_is_a_calendar():
    monday = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    first = clocks(HOURS, now=monday)[Clock.FIRST]
    assert first.due == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert (first.wall_minutes, first.business_minutes) == ((monday - OPENED).total_seconds() / 60, 90)
    assert first.warned_from == monday
    assert not first.is_missed
    assert clocks(now=monday)[Clock.FIRST].business_minutes is None


def test_what_was_promised_holds_whatever_the_terms_say_today():
    assert clocks(now=after(30), promised_by=after(20))[Clock.FIRST].is_missed
    nothing = clocks(now=after(9000), promised_by=None)[Clock.FIRST]
    assert (nothing.due, nothing.warned_from, nothing.is_missed) == (None, None, False)


def test_the_next_clock_runs_from_the_first_word_after_our_last():
    assert Clock.NEXT not in clocks(now=after(90), said=[after(0), after(5)])
    assert Clock.NEXT not in clocks(now=after(90), said=[after(0)], replies=[after(45)])
    running = clocks(now=after(90), said=[after(0), after(60), after(70)], replies=[after(45)])[Clock.NEXT]
    assert (running.since, running.until, running.due) == (after(60), None, after(180))
    stopped = clocks(now=after(900), said=[after(60), after(70)], replies=[after(45), after(75)])[Clock.NEXT]
    assert (stopped.since, stopped.until, stopped.is_missed) == (after(60), after(75), False)
    late = clocks(now=after(900), said=[after(60)], replies=[after(45), after(181)])[Clock.NEXT]
    assert late.is_missed


def test_the_clock_of_the_end_is_held_while_the_case_waits_for_the_customer():
    waiting = [(after(60), after(300)), (after(400), after(500))]
    end = clocks(now=after(700), waiting=waiting)[Clock.RESOLUTION]
    assert (end.due, end.wall_minutes, end.is_missed) == (after(940), 360, False)
    held = clocks(now=after(5000), waiting=[(after(60), None)])[Clock.RESOLUTION]
    assert (held.due, held.wall_minutes, held.is_missed) == (None, 60, False)
    ended = clocks(now=after(5000), waiting=waiting, ended_at=after(941))[Clock.RESOLUTION]
    assert (ended.until, ended.is_missed) == (after(941), True)


def test_an_end_that_was_over_before_the_waiting_began_stays_over():
    assert clocks(now=after(5000), waiting=[(after(700), None)])[Clock.RESOLUTION].is_missed


def test_without_a_promise_for_the_end_its_clock_only_counts():
    end = clocks(Terms(first=60, next=60), now=after(5000))[Clock.RESOLUTION]
    assert (end.due, end.wall_minutes, end.is_missed) == (None, 5000, False)


@pytest.mark.parametrize("hours", [None, OFFICE])
def test_a_share_of_the_time_is_over_on_the_clock_it_goes_by(hours):
    due = datetime(2026, 3, 9, 10, tzinfo=UTC)
    half = share_over(hours, OPENED, due, 0.5)
    assert half == (datetime(2026, 3, 6, 17, tzinfo=UTC) if hours else OPENED + (due - OPENED) / 2)
    assert share_over(hours, due, due, 0.5) == due


@given(st.lists(st.integers(0, 20_000), max_size=8, unique=True).map(sorted), st.floats(1, 5_000), st.booleans())
def test_what_is_promised_for_the_end_passes_outside_of_waiting_only(moments, minutes, in_hours):
    pairs = list(zip(moments[::2], moments[1::2], strict=False))
    waiting = [(after(start), after(end)) for start, end in pairs]
    terms = Terms(first=1, next=1, resolution=minutes, hours=OFFICE if in_hours else None)
    due = due_unless_waiting(terms, OPENED, waiting)

    def passed(start: datetime, end: datetime) -> float:
        end = max(start, end)
        return OFFICE.business_minutes(start, end) if in_hours else (end - start).total_seconds() / 60

    held = sum(passed(start, min(end, due)) for start, end in waiting)
    assert passed(OPENED, due) - held == pytest.approx(minutes, abs=1e-6)
