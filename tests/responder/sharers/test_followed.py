"""What people did after the month in which it was noted where they stood."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.learning import judgements
from responder.models import Judgement
from responder.sharers.followed import CONTRADICTIONS, followed, noted_months
from tests.factories import NOW, make_brand
from tests.responder.sharers.noting import Person, first_of, note, tell

DECEMBER = 202512
FIRST = first_of(DECEMBER)


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


@pytest.fixture
def brand(session):
    return make_brand(session)


def found(session, brand, *, days=30, month=DECEMBER):
    noted = next(each for each in noted_months(session, brand.id) if each.month == month)
    return followed(session, brand.id, noted, days=days)


def test_days_with_something_new_count_once_each_and_only_in_time(session, brand):
    (one,) = note(session, brand, DECEMBER, [Person()])
    day = timedelta(days=1)
    told = [FIRST, FIRST + day / 2, FIRST + 3 * day, FIRST + 29 * day]
    tell(session, brand, [(one, at) for at in (*told, FIRST - timedelta(seconds=1), FIRST + 30 * day)])
    assert found(session, brand).told.tolist() == [3]
    assert found(session, brand, days=60).told.tolist() == [4]


def test_what_was_told_before_by_others_or_themselves_does_not_count(session, brand):
    (one,) = note(session, brand, DECEMBER, [Person()])
    tell(session, brand, [(one, FIRST + timedelta(days=1))], copied=True)
    tell(session, brand, [(one, FIRST + timedelta(days=2))], repeated=True)
    assert found(session, brand).told.tolist() == [0]


def test_nothing_counts_that_was_told_before_the_night_of_the_note(session, brand):
    night = FIRST + timedelta(days=19)
    early, late = note(session, brand, DECEMBER, [Person(), Person()], noted_at=night)
    tell(session, brand, [(early, night - timedelta(hours=1)), (late, night + timedelta(hours=1))])
    (noted,) = noted_months(session, brand.id)
    assert (noted.name, noted.since) == ("2025-12", night)
    assert found(session, brand).told.tolist() == [0, 1]


def test_the_newest_month_comes_first_and_is_over_only_while_all_of_it_is_kept(session, brand):
    note(session, brand, 202511, [Person()])
    note(session, brand, DECEMBER, [Person()])
    december, november = noted_months(session, brand.id)
    assert (december.month, november.month) == (DECEMBER, 202511)
    assert not december.is_over(30, FIRST + timedelta(days=29))
    assert december.is_over(30, FIRST + timedelta(days=30))
    assert not december.is_over(30, FIRST + timedelta(days=397))


def test_the_top_tenth_is_of_each_platforms_own_people(session, brand):
    note(session, brand, DECEMBER, [Person(told=20)] * 3 + [Person(told=5)] * 27, source="x")
    note(session, brand, DECEMBER, [Person(told=2)] * 1 + [Person(told=1)] * 9, source="reddit")
    both = found(session, brand)
    assert both.of("x").is_top.tolist() == [True] * 3 + [False] * 27
    assert both.of("reddit").is_top.tolist() == [True] + [False] * 9


def test_badges_and_places_are_those_of_that_month(session, brand):
    note(session, brand, DECEMBER, [Person(95.0, "frequent"), Person(60.0, "possible"), Person(10.0)])
    note(session, brand, 202601, [Person(50.0)])
    here = found(session, brand)
    assert here.percentile.tolist() == [95, 60, 10]
    assert here.frequent.tolist() == [True, False, False]
    assert here.possible.tolist() == [False, True, False]


def test_the_teams_contradiction_counts_unless_taken_back_or_about_something_else(session, brand):
    people = note(session, brand, DECEMBER, [Person(95.0, "frequent")] * 5)
    kinds = ("not_a_person", "wrong_person", "not_unhappy", "not_a_person", "not_a_person")
    for person, kind in zip(people, kinds, strict=True):
        session.add(
            Judgement(
                brand_id=brand.id, kind=kind, case_id=None, author_id=person, mention_id=None, user_id=None, shown={},
                at=FIRST + timedelta(days=40 if person == people[4] else 3),
                undone_at=NOW if person == people[3] else None,
            )
        )  # fmt: skip
    session.flush()
    assert found(session, brand).contradicted.tolist() == [True, True, False, False, False]
    assert set(CONTRADICTIONS) == {judgements.NOT_A_PERSON, judgements.WRONG_PERSON}


def test_brands_do_not_see_each_others_people(session, brand):
    other = make_brand(session)
    note(session, brand, DECEMBER, [Person(told=1)])
    note(session, other, DECEMBER, [Person(told=2)] * 3)
    assert found(session, brand).told.tolist() == [1]
    assert len(found(session, other).told) == 3
    assert noted_months(session, make_brand(session).id) == []
