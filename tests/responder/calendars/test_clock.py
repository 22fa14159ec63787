"""The business clock agrees with counting minutes one by one, in every zone, over clock changes and holidays."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from bench import bars
from responder.calendars.clock import Calendar, NeverOpens, Period
from tests.responder.calendars import hours

ATHENS = ZoneInfo("Europe/Athens")
OFFICE = (Period(9 * 60, 17 * 60),)
WEEK = (*[OFFICE] * 5, (), ())
NIGHTS = ((Period(22 * 60, 30 * 60),),) * 7
DAY = 1440


def calendar(weekdays=WEEK, zone: ZoneInfo = ATHENS, **holidays: tuple[Period, ...]) -> Calendar:
    named = {date.fromisoformat(day.removeprefix("d").replace("_", "-")): periods for day, periods in holidays.items()}
    return Calendar(zone=zone, weekdays=weekdays, holidays=named)


def at(wall: str, zone: ZoneInfo = ATHENS, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def agrees(case: tuple[Calendar, datetime, datetime]) -> None:
    known, start, end = case
    counted = hours.business_minutes(known, start, end)
    assert known.business_minutes(start, end) == counted
    assert known.is_open(start) == hours.is_open(known, start)
    opened = next((minute for minute in hours.minutes_from(start, end) if hours.is_open(known, minute)), None)
    found = known.next_opening(start)
    assert found == opened if opened is not None else found is None or found >= end
    if counted:
        promised = known.add_business_minutes(start, counted)
        assert start < promised <= end
        assert hours.business_minutes(known, start, promised) == counted
        assert hours.business_minutes(known, start, promised - hours.MINUTE) == counted - 1
        half = known.add_business_minutes(start, counted / 2)
        assert known.business_minutes(start, half) == pytest.approx(counted / 2, abs=1e-6)
        assert known.business_minutes(start, half) + known.business_minutes(half, end) == pytest.approx(counted)


@given(hours.cases())
def test_it_agrees_with_counting_minutes(case):
    agrees(case)


@given(hours.cases())
def test_whoever_is_on_duty_only_adds_to_the_others(case):
    known, start, end = case
    without = Calendar(
        zone=known.zone,
        weekdays=tuple(tuple(one for one in day if not one.is_duty) for day in known.weekdays),
        holidays={day: tuple(one for one in periods if not one.is_duty) for day, periods in known.holidays.items()},
    )
    assert known.without_duty.business_minutes(start, end) == hours.business_minutes(without, start, end)
    assert known.without_duty.business_minutes(start, end) <= known.business_minutes(start, end)


@pytest.mark.prove
def test_it_agrees_with_counting_minutes_over_ten_thousand_calendars():
    started, seen = time.monotonic(), []

    @settings(max_examples=10_000, deadline=None, derandomize=True, database=None)
    @given(hours.cases())
    def agree(case):
        agrees(case)
        seen.append(bool(set(hours.changes(case[0].zone.key)) & set(_days_near(case[1], case[2]))))

    agree()
    bars.record(
        bars.Bar(
            name="business clock against counting minute by minute",
            want="equal on 10,000 random calendars",
            got=f"equal on {len(seen):,}, {sum(seen):,} of them over a change of offset, "
            f"{time.monotonic() - started:.0f} s",
            holds=len(seen) >= 10_000,
        )
    )


def _days_near(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return [first + timedelta(days=day) for day in range((end - first).days + 1)]


def test_an_evening_promise_ends_on_the_next_working_day():
    friday = at("2026-03-06 16:30")
    assert calendar().add_business_minutes(friday, 60) == at("2026-03-09 09:30")
    assert calendar().add_business_minutes(friday, 30) == at("2026-03-06 17:00")
    assert calendar().business_minutes(friday, at("2026-03-09 10:00")) == 90


def test_a_lunch_break_is_nobodys_time():
    known = calendar(((Period(9 * 60, 13 * 60), Period(14 * 60, 17 * 60)),) * 7)
    assert known.add_business_minutes(at("2026-03-06 12:30"), 60) == at("2026-03-06 14:30")


def test_periods_that_overlap_or_meet_count_once():
    known = calendar(((Period(9 * 60, 13 * 60), Period(12 * 60, 15 * 60), Period(15 * 60, 16 * 60)),) * 7)
    assert known.business_minutes(at("2026-03-06 00:00"), at("2026-03-07 00:00")) == 7 * 60


def test_a_night_shift_goes_on_after_midnight_into_a_holiday_and_none_begins_on_it():
    known = calendar(NIGHTS, d2026_03_25=())
    assert known.is_open(at("2026-03-25 05:59"))
    assert not known.is_open(at("2026-03-25 23:00"))
    assert not known.is_open(at("2026-03-26 05:00"))
    assert known.next_opening(at("2026-03-25 06:00")) == at("2026-03-26 22:00")


def test_special_hours_take_the_place_of_a_days_own():
    known = calendar(d2026_12_24=(Period(9 * 60, 12 * 60),), d2026_12_26=(Period(10 * 60, 11 * 60),))
    assert known.business_minutes(at("2026-12-24 00:00"), at("2026-12-28 00:00")) == 3 * 60 + 8 * 60 + 60


@pytest.mark.parametrize(("night", "minutes"), [("2026-03-28", 7 * 60), ("2026-10-24", 9 * 60), ("2026-06-01", 8 * 60)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(night, minutes):
    start = at(f"{night} 22:00")
    assert calendar(NIGHTS).business_minutes(start, start + timedelta(hours=10)) == minutes
    assert calendar(NIGHTS).add_business_minutes(start, minutes) == start + timedelta(minutes=minutes)


def test_what_would_begin_in_the_hour_that_is_left_out_begins_where_it_ends():
    known = calendar(((Period(3 * 60 + 30, 5 * 60),),) * 7)  # in Athens 03:00 is followed by 04:00
    assert known.next_opening(at("2026-03-29 01:00")) == at("2026-03-29 04:00")
    assert known.business_minutes(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 60


def test_what_stands_in_the_hour_that_comes_twice_is_open_twice():
    known = calendar(((Period(3 * 60 + 15, 3 * 60 + 30),),) * 7)  # in Athens 04:00 is followed by 03:00
    assert known.business_minutes(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 30
    first, second = at("2026-10-25 03:15"), at("2026-10-25 03:15", fold=1)
    assert (known.next_opening(at("2026-10-25 01:00")), known.next_opening(first + timedelta(minutes=15))) == (
        first,
        second,
    )


def test_a_day_that_a_zone_left_out_was_open_to_nobody():
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    known = calendar(((Period(0, DAY),),) * 7, apia)
    assert known.business_minutes(at("2011-12-29 00:00", apia), at("2012-01-01 00:00", apia)) == 2 * DAY


def test_fractions_of_a_minute_are_kept():
    start = at("2026-03-06 16:59") + timedelta(seconds=30, microseconds=250)
    assert calendar().business_minutes(start, start + timedelta(hours=5)) == pytest.approx(0.5 - 250 / 6e7, abs=1e-12)
    assert calendar().add_business_minutes(start, 0.25) == start + timedelta(seconds=15)


def test_nothing_passes_backwards_and_no_minutes_are_over_at_once():
    now = at("2026-03-07 12:00")
    assert calendar().business_minutes(now, now - timedelta(days=9)) == 0
    assert calendar().add_business_minutes(now, 0) == now


@pytest.mark.parametrize("minutes", [-1, float("nan"), float("inf")])
def test_only_a_number_of_minutes_can_be_waited_for(minutes):
    with pytest.raises(ValueError, match="not negative"):
        calendar().add_business_minutes(at("2026-03-07 12:00"), minutes)


def test_a_calendar_that_never_opens_says_so():
    now, never = at("2026-03-07 12:00"), calendar(((),) * 7)
    assert never.next_opening(now) is None
    assert never.business_minutes(now, now + timedelta(days=4000)) == 0
    with pytest.raises(NeverOpens, match="give it more hours"):
        never.add_business_minutes(now, 1)


def test_a_calendar_that_opens_on_one_day_more_is_open_until_then():
    once = calendar(((),) * 7, d2031_05_02=(Period(600, 660),))
    now, day = at("2026-03-07 12:00"), at("2031-05-02 10:00")
    assert once.next_opening(now) == day
    assert once.add_business_minutes(now, 60) == day + timedelta(hours=1)
    assert once.next_opening(day + timedelta(hours=1)) is None
    with pytest.raises(NeverOpens):
        once.add_business_minutes(now, 61)


def test_closed_mondays_for_years_are_waited_for():
    first = date(2026, 3, 9)
    closed = {first + timedelta(weeks=week): () for week in range(300)}
    known = Calendar(zone=ATHENS, weekdays=((Period(600, 660),), *[()] * 6), holidays=closed)
    opens = datetime.combine(first + timedelta(weeks=300), datetime.min.time())
    assert known.next_opening(at("2026-03-07 12:00")) == at(f"{opens:%Y-%m-%d} 10:00")


def test_what_never_comes_together_ends_soon_all_the_same():
    sparse = calendar(((Period(0, 1),), *[()] * 6), ZoneInfo("America/New_York"))
    started = time.perf_counter()
    with pytest.raises(NeverOpens):
        sparse.add_business_minutes(at("2026-03-07 12:00"), 1e12)
    assert time.perf_counter() - started < 2


def test_a_year_takes_no_longer_than_a_day():
    known = calendar(NIGHTS, **{f"d2026_{month:02}_01": () for month in range(1, 13)})
    start = at("2025-06-01 12:34")
    minutes = known.business_minutes(start, start + timedelta(days=365))
    durations = []
    for _ in range(20):
        started = time.perf_counter()
        known.business_minutes(start, start + timedelta(days=365))
        known.add_business_minutes(start, minutes)
        durations.append(time.perf_counter() - started)
    assert min(durations) < 0.001


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (1440, 1500), (60, 60), (60, 30), (60, 1501)])
def test_what_is_no_period_of_a_day_is_refused(start, end):
    with pytest.raises(ValueError, match="a period"):
        Period(start, end)


def test_a_week_has_seven_days():
    with pytest.raises(ValueError, match="seven lists"):
        Calendar(zone=ATHENS, weekdays=((),) * 6)
