"""Stretches of time in the team's zone, over clock changes and half-hour offsets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import Invalid
from responder.insights.periods import (
    DAY,
    HOUR,
    LONGEST_DAYS,
    PRESETS,
    Period,
    chosen_period,
    is_whole_hour,
    midnight,
    preset_period,
)

ZONES = (
    "UTC",
    "Europe/Athens",
    "Asia/Kuala_Lumpur",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Cairo",
)
ATHENS = ZoneInfo("Europe/Athens")
NOW = datetime(2026, 3, 4, 12, 20, tzinfo=UTC)


def test_days_are_local_ones_with_today_included():
    period = preset_period("7d", now=NOW, zone=ATHENS)
    assert period.start == datetime(2026, 2, 25, 22, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 4, 13, tzinfo=UTC)
    assert [day.first_day for day in period.days()] == [date(2026, 2, 26) + timedelta(days=n) for n in range(7)]


def test_the_last_24_hours_end_with_the_hour_now_running():
    period = preset_period("24h", now=NOW, zone=ATHENS)
    assert (period.start, period.end) == (datetime(2026, 3, 3, 13, tzinfo=UTC), datetime(2026, 3, 4, 13, tzinfo=UTC))
    assert period.is_hourly
    assert period.before().end == period.start
    assert period.before().end - period.before().start == DAY


def test_an_instant_on_the_full_hour_belongs_to_the_hour_it_begins():
    on_the_hour = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert preset_period("24h", now=on_the_hour, zone=ATHENS).end == datetime(2026, 3, 4, 13, tzinfo=UTC)


def test_a_day_is_as_long_as_the_clock_change_makes_it():
    spring = chosen_period(date(2026, 3, 29), date(2026, 3, 29), now=datetime(2026, 5, 1, tzinfo=UTC), zone=ATHENS)
    autumn = chosen_period(date(2025, 10, 26), date(2025, 10, 26), now=NOW, zone=ATHENS)
    assert (spring.end - spring.start, autumn.end - autumn.start) == (23 * HOUR, 25 * HOUR)


def test_a_cut_off_period_is_compared_with_an_equally_cut_one():
    before = preset_period("7d", now=NOW, zone=ATHENS).before()
    assert before.start == datetime(2026, 2, 18, 22, tzinfo=UTC)
    assert before.end == datetime(2026, 2, 25, 13, tzinfo=UTC)


def test_a_comparison_over_the_clock_change_keeps_the_clock_times():
    now = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
    period = preset_period("7d", now=now, zone=ATHENS)
    before = period.before()
    assert before.end.astimezone(ATHENS).time() == period.end.astimezone(ATHENS).time()
    assert before.start.astimezone(ATHENS).time() == period.start.astimezone(ATHENS).time()


def test_a_single_day_cut_off_by_now_is_compared_with_the_same_hours_of_the_day_before():
    today = chosen_period(date(2026, 3, 4), date(2026, 3, 4), now=NOW, zone=ATHENS)
    assert today.before().start == today.start - DAY
    assert today.before().end == today.end - DAY


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 3, 4), date(2026, 3, 3)),
        (date(1, 1, 1), date(2026, 3, 3)),
        (date(2026, 1, 1), date(9999, 12, 31)),
        (date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=LONGEST_DAYS)),
    ],
)
def test_days_that_make_no_period_are_refused_with_a_fix(first: date, last: date):
    with pytest.raises(Invalid, match="Choose"):
        chosen_period(first, last, now=NOW, zone=ATHENS)


def test_an_unknown_preset_is_refused_with_the_ones_there_are():
    with pytest.raises(Invalid, match="24h, 7d"):
        preset_period("a fortnight or so, whatever", now=NOW, zone=ATHENS)


def test_days_to_come_are_an_empty_period():
    period = chosen_period(date(2030, 1, 1), date(2030, 1, 7), now=NOW, zone=ATHENS)
    assert period.start == period.end
    assert list(period.days()) == list(period.hours()) == []
    assert period.before().start <= period.before().end


def test_a_boundary_inside_an_hour_is_refused():
    with pytest.raises(ValueError, match="whole UTC hour"):
        Period(start=NOW, end=NOW + DAY, zone=ATHENS)


@given(
    st.sampled_from(ZONES),
    # Until 2011 St. John's set its clocks back at 00:01, so that a date came back for an hour after the next had begun.
    st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(sorted(PRESETS)),
)
def test_days_cover_a_period_without_hole_or_overlap(zone_name: str, now: datetime, preset: str):
    zone = ZoneInfo(zone_name)
    period = preset_period(preset, now=now, zone=zone)
    days = list(period.days())
    assert days[0].start == period.start
    assert days[-1].end == period.end
    assert all(one.end == other.start for one, other in pairwise(days))
    assert period.start <= now < period.end
    for day in days:
        assert {hour.astimezone(zone).date() for hour in day.hours()} <= {day.first_day}
    before = period.before()
    assert before.start <= before.end <= period.start


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 2), date(2099, 12, 30)))
def test_a_day_begins_on_a_whole_hour_of_its_own(zone_name: str, day: date):
    zone = ZoneInfo(zone_name)
    start = midnight(day, zone)
    assert is_whole_hour(start)
    assert (start - HOUR).astimezone(zone).date() < day or zone_name == "Pacific/Apia"
