"""Response times by group: open cases count, small groups stay untold, and noise warns of nobody."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from responder.cases.fairness import DIMENSIONS, fairness, reach_of
from responder.models import CaseState
from tests.factories import NOW, make_brand
from tests.responder.cases.answering import cases_of


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


@pytest.fixture
def brand(session):
    return make_brand(session)


def measured(session, brand, *, days=90):
    return fairness(session, brand_id=brand.id, days=days, now=NOW)


def test_open_cases_count_as_waiting_on(session, brand):
    cases_of(session, brand, [10, 20, 30, 40, None, None, None, None, None, None])
    found = measured(session, brand).everybody
    assert (found.cases, found.authors, found.waiting) == (10, 10, 6)
    assert found.median is None
    cases_of(session, brand, [50, 50, 50, 50])
    assert measured(session, brand).everybody.median == 50


def test_a_promise_is_kept_by_those_answered_in_time_of_all_that_could_be(session, brand):
    cases_of(session, brand, [30] * 6 + [90] * 3 + [None] * 3)  # the open ones are long past their promise
    cases_of(session, brand, [None] * 5, ago_days=0)  # whose promise is still ahead
    cases_of(session, brand, [30] * 4, promised=None)  # to whom nothing was promised yet
    assert measured(session, brand).everybody.within_promise == pytest.approx(0.5)


def test_not_for_us_is_an_answer_and_what_ended_otherwise_is_watched_no_longer(session, brand):
    cases_of(session, brand, [10] * 6, resolution="not_for_us")
    cases_of(session, brand, [5] * 4, resolution="gone")
    cases_of(session, brand, [20] * 6)
    found = measured(session, brand).everybody
    assert (found.median, found.waiting) == (10, 4)
    assert found.ninetieth == 20


def test_a_case_that_waits_for_the_customer_is_not_watched_meanwhile(session, brand):
    opened = NOW - timedelta(days=10)
    pending = {"state": CaseState.PENDING, "updated_at": opened + timedelta(minutes=7)}
    cases_of(session, brand, [None] * 10, **pending)
    cases_of(session, brand, [30] * 2)
    assert measured(session, brand).everybody.median == 30


def test_groups_are_reach_badge_language_and_platform_and_nothing_else(session, brand):
    cases_of(session, brand, [10] * 10, followers=5_000, badge="frequent")
    cases_of(session, brand, [20] * 10, language="el", source="reddit")
    found = measured(session, brand)
    assert {dimension: list(named) for dimension, named in found.groups.items()} == {
        "reach": ["1,000 to 10,000", "unknown"],
        "badge": ["frequent", "none"],
        "language": ["el", "en"],
        "platform": ["reddit", "x"],
    }
    assert found.groups["language"]["el"].median == 20
    assert set(DIMENSIONS) == set(found.groups)


@pytest.mark.parametrize(
    ("followers", "band"),
    [
        (None, "unknown"),
        (0, "under 1,000"),
        (999, "under 1,000"),
        (1_000, "1,000 to 10,000"),
        (99_999, "10,000 to 100,000"),
        (100_000, "100,000 and more"),
    ],
)
def test_reach_is_told_in_bands(followers, band):
    assert reach_of(followers) == band


def test_a_group_of_fewer_than_ten_people_is_not_told_of_however_many_its_cases(session, brand):
    cases_of(session, brand, [10] * 12)
    cases_of(session, brand, [500] * 60, people=9, language="el")
    found = measured(session, brand)
    assert list(found.groups["language"]) == ["en"]
    assert found.left_out["language"] == 1
    assert not any("el" in warning for warning in found.warnings)


def test_cases_whose_author_is_forgotten_are_no_people(session, brand):
    cases_of(session, brand, [10] * 9)
    cases_of(session, brand, [10] * 9, author_id=None)
    assert measured(session, brand) is None
    cases_of(session, brand, [10])
    assert measured(session, brand).everybody.authors == 10


def test_only_cases_opened_in_those_days_are_compared(session, brand):
    cases_of(session, brand, [10] * 12)
    cases_of(session, brand, [9_000] * 12, ago_days=100)
    assert measured(session, brand).everybody.cases == 12
    assert measured(session, brand, days=120).everybody.cases == 24


def test_brands_are_not_mixed(session, brand):
    other = make_brand(session)
    cases_of(session, brand, [10] * 10)
    cases_of(session, other, [90] * 10 + [None] * 5)
    found = measured(session, brand)
    assert (found.everybody.cases, found.longest.seen, found.longest.open) == (10, 10, 0)


def test_who_waits_much_longer_is_named_with_what_to_do(session, brand):
    chance = np.random.default_rng(1)
    cases_of(session, brand, [float(wait) for wait in 60 * chance.exponential(size=150)])
    cases_of(session, brand, [float(wait) for wait in 200 * chance.exponential(size=30)], language="el")
    (warning,) = measured(session, brand).warnings
    assert warning.startswith("Language “el” waits ")
    assert "times as long as all" in warning
    assert "30 authors" in warning
    assert "somebody who reads it" in warning


def test_a_group_nobody_answers_is_named_before_its_median_is_known(session, brand):
    cases_of(session, brand, [10 + number for number in range(100)])
    cases_of(session, brand, [None] * 20, language="el")
    (warning,) = measured(session, brand).warnings
    assert "“el” waits more than " in warning


def test_a_group_that_waits_longer_by_chance_is_not_named(session, brand):
    chance = np.random.default_rng(1)
    cases_of(session, brand, [float(wait) for wait in 60 * chance.exponential(size=150)])
    cases_of(session, brand, [60.0, 90, 110, 130, 20, 35, 170, 80, 240, 75, 95], language="el")
    found = measured(session, brand)
    assert found.groups["language"]["el"].median > 1.5 * found.everybody.median
    assert found.warnings == ()


def test_where_most_still_wait_nobody_waits_longer_than_all(session, brand):
    cases_of(session, brand, [None] * 30)
    cases_of(session, brand, [10] * 10, language="el")
    assert measured(session, brand).warnings == ()
