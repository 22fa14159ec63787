"""How long anybody can be left waiting, against a queue that is worked through pick by pick."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.longest_wait import guaranteed, longest_wait
from responder.cases.turns import FAIR_AFTER, FAIR_EVERY
from responder.models import CaseState
from tests.factories import NOW, make_brand
from tests.responder.cases.answering import cases_of

ages = st.lists(st.floats(0, 5_000), max_size=25)


def worked_through(waits: list[float], *, in_danger: int, minutes_a_pick: float, skipped: int) -> list[float]:
    """Return how long each case waits when every other pick goes to newcomers and only fair slots serve these."""
    left, ends, now, picks = dict(enumerate(waits)), [0.0] * len(waits), 0.0, skipped
    while left:
        now += minutes_a_pick
        if in_danger:
            in_danger -= 1
            continue
        picks += 1
        if picks % FAIR_EVERY:
            continue
        due = {place: wait for place, wait in left.items() if wait + now > FAIR_AFTER}
        if due:
            oldest = max(due, key=lambda place: (due[place], -place))
            ends[oldest] = left.pop(oldest) + now
    return ends


@given(ages, st.integers(0, 5), st.floats(0.5, 200), st.integers(0, FAIR_EVERY - 1))
def test_nobody_waits_longer_than_is_guaranteed_even_if_only_fair_slots_serve_them(waits, danger, picks, skipped):
    found = guaranteed(waits, in_danger=danger, picks_a_day=picks)
    ends = worked_through([*waits, 0.0], in_danger=danger, minutes_a_pick=1440 / picks, skipped=skipped)
    slack = 1e-6 * max(ends)
    assert ends[-1] <= found.newest + slack
    if waits:
        assert max(ends[:-1]) <= found.open + slack
    else:
        assert found.open is None


def test_the_guarantee_follows_the_load():
    assert guaranteed([], in_danger=0, picks_a_day=72).newest == FAIR_AFTER + 5 * 20
    assert guaranteed([10.0] * 9, in_danger=0, picks_a_day=72).newest == FAIR_AFTER + 50 * 20
    assert guaranteed([10.0] * 9, in_danger=3, picks_a_day=72).newest == FAIR_AFTER + 53 * 20
    assert guaranteed([2_000.0, 10.0], in_danger=0, picks_a_day=72).open == 2_000 + 5 * 20


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


def found(session, brand):
    return longest_wait(session, brand_id=brand.id, since=NOW - timedelta(days=90), now=NOW)


def test_the_longest_wait_is_of_a_case_answered_since_or_open_now(session):
    brand = make_brand(session)
    assert found(session, brand).seen is None
    cases_of(session, brand, [9_000], ago_days=120)
    assert found(session, brand).seen is None
    cases_of(session, brand, [50, 700])
    cases_of(session, brand, [9_999], resolution="gone")
    assert found(session, brand).seen == 700
    cases_of(session, brand, [None], ago_days=100)
    assert found(session, brand).seen == pytest.approx(100 * 1440)


def test_only_cases_that_need_an_answer_stand_in_line(session):
    brand = make_brand(session)
    cases_of(session, brand, [None] * 3, answerability=1.0)
    cases_of(session, brand, [None], answerability=0.0)
    cases_of(session, brand, [None], state=CaseState.SNOOZED)
    cases_of(session, brand, [None] * 2, safety="threat")
    cases_of(session, brand, [None], ago_days=1)
    assert (found(session, brand).open, found(session, brand).in_danger) == (4, 2)


def test_the_pace_is_of_the_last_28_days_or_since_it_began(session):
    brand = make_brand(session)
    cases_of(session, brand, [10] * 3, picked_at=NOW - timedelta(days=29))
    assert (found(session, brand).picks_a_day, found(session, brand).guaranteed) == (0, None)
    cases_of(session, brand, [10] * 40, people=5, picked_at=NOW - timedelta(days=10))
    assert found(session, brand).picks_a_day == pytest.approx(4)
    cases_of(session, make_brand(session), [10], picked_at=NOW - timedelta(days=20))
    assert found(session, brand).picks_a_day == pytest.approx(4)
