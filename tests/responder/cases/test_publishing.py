"""What may be promised in public: what the team's own history kept nine times in ten at every hour, or nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.calendars.written import read_calendar
from responder.cases.publishing import FEWEST, STEPS, Wait, history, publishable, sentences
from responder.models import Case, CaseState
from tests.factories import NOW, make_brand, make_case

UTC_ZONE = ZoneInfo("UTC")


def waits(*minutes: float, hour: int = 9) -> list[Wait]:
    return [Wait(hour, each) for each in minutes]


def test_it_is_the_slowest_hour_rounded_up_that_is_promised():
    told = publishable([*waits(*[10] * 40), *waits(*[50] * 12, hour=18)])
    assert (told.minutes, told.slowest_hour, told.cases, told.kept) == (60, 18, 52, 1)


def test_one_in_ten_may_be_late_and_no_more():
    assert publishable(waits(*[14] * 45, *[500] * 5)).minutes == 15
    assert publishable(waits(*[14] * 44, *[500] * 6)).minutes is None


def test_silence_is_not_success():
    told = publishable([*waits(*[10] * 40), *waits(*[10] * 8, *[math.inf] * 2, hour=3)])
    assert (told.minutes, told.slowest_hour) == (None, 3)
    assert (
        told.why == "More than one in ten of those who came in around 03:00 were not answered: staff that hour first."
    )
    assert told.sentences == {}


def test_too_slow_to_promise_says_how_slow_and_when():
    told = publishable([*waits(*[10] * 40), *waits(*[390] * 12, hour=22)])
    assert (
        told.why
        == "One in ten of those who came in around 22:00 waited for 6.5 hours or longer: staff that hour first."
    )


def test_an_hour_with_few_cases_is_judged_with_those_around_it():
    assert publishable([*waits(*[10] * 40), Wait(10, 200)]).minutes == 15


def test_of_too_few_cases_nothing_is_promised():
    told = publishable(waits(*[5] * (FEWEST - 1)))
    assert (told.minutes, told.kept, told.why) == (
        None,
        None,
        "29 answered or missed cases are too few: 30 are needed.",
    )


@given(
    st.lists(st.builds(Wait, st.integers(0, 23), st.floats(0, 300) | st.just(math.inf)), min_size=FEWEST, max_size=300)
)
def test_what_is_promised_was_kept_nine_times_in_ten_at_every_hour_with_enough_cases(told):
    found = publishable(told)
    if found.minutes is None:
        return
    assert found.minutes in STEPS
    for hour in range(24):
        here = [wait.minutes for wait in told if wait.hour == hour]
        if len(here) >= 10:
            assert sum(minutes <= found.minutes for minutes in here) >= 0.9 * len(here)


@pytest.mark.parametrize("minutes", STEPS)
@pytest.mark.parametrize("in_hours", [True, False])
def test_every_promise_can_be_said_in_the_four_languages(minutes, in_hours):
    said = sentences(minutes, in_hours=in_hours)
    assert list(said) == ["en", "ms", "el", "tr"]
    assert all("{" not in sentence and sentence.endswith(".") for sentence in said.values())
    assert len(set(said.values())) == 4


def test_the_sentence_as_it_is_pasted_into_a_profile():
    assert sentences(60)["en"] == "We answer here within 1 hour, nine times out of ten."
    assert sentences(120, in_hours=True)["el"].startswith("Στις ώρες λειτουργίας μας απαντάμε εδώ μέσα σε 2 ώρες")


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


def opened(session, brand, at: datetime, answered_after: float | None, **columns) -> Case:
    answered = None if answered_after is None else at + timedelta(minutes=answered_after)
    columns = {"promise_class": "unhappy", "opened_at": at, "first_reply_at": answered, **columns}
    return make_case(session, brand, **columns)


def read(session, brand, **told) -> list[tuple[int, float]]:
    found = history(session, brand_id=brand.id, now=NOW, **{"zone": UTC_ZONE, **told})
    return sorted((wait.hour, wait.minutes) for wait in found)


def test_history_holds_who_was_answered_or_waited_in_vain(session):
    brand = make_brand(session)
    yesterday = NOW - timedelta(days=1)
    opened(session, brand, yesterday, 25)
    opened(session, brand, yesterday, None)
    opened(session, brand, yesterday, None, state=CaseState.RESOLVED, resolution="answered")
    opened(session, brand, yesterday, None, state=CaseState.RESOLVED, resolution="not_for_us")
    opened(session, brand, NOW - timedelta(hours=1), None)  # may still be answered in time
    opened(session, brand, NOW - timedelta(weeks=9), 25)
    opened(session, brand, yesterday, 25, promise_class="other")
    opened(session, make_brand(session), yesterday, 25)
    assert read(session, brand) == [(12, 25), (12, math.inf), (12, math.inf)]
    assert read(session, brand, zone=ZoneInfo("Europe/Athens"))[0] == (14, 25)
    assert read(session, brand, classes=["other"]) == [(12, 25)]
    assert read(session, brand, source="x") == []


def test_with_a_calendar_the_night_is_nobodys_wait(session):
    brand = make_brand(session)
    office = read_calendar("UTC", ["daily 09:00-17:00"])
    opened(session, brand, datetime(2026, 3, 2, 22, tzinfo=UTC), 11 * 60 + 30)
    opened(session, brand, datetime(2026, 3, 2, 16, 50, tzinfo=UTC), 16 * 60 + 20)
    opened(session, brand, datetime(2026, 3, 2, 22, tzinfo=UTC), 60)  # answered while nobody had to be there
    assert read(session, brand, calendar=office) == [(9, 0), (9, 30), (16, 20)]
