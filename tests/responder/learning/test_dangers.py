"""Danger puts a case first; a person's word on it stands for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.cases.promises import PROMISES
from responder.errors import Invalid, NotFound
from responder.intake.triage import triage
from responder.learning.dangers import set_danger
from responder.models import Case
from tests.factories import NOW, make_author, make_brand, make_mention, make_user

BURNING = "The Halvanto kettle caught fire last night and the socket is black."
CALM = "The Halvanto kettle drips a little."


@pytest.fixture
def desk(database):
    with database.writing() as session:
        brand = make_brand(session)
        yield session, brand, make_user(session, brand=brand)


def told(session, brand, text, *, author=None):
    author = author or make_author(session, brand)
    said = make_mention(session, brand, author=author, text=text, p_negative=0.4)
    triage(session, [said.id], brand_id=brand.id, now=NOW)
    return author, session.get(Case, session.get(type(said), said.id, populate_existing=True).case_id)


def test_words_of_danger_put_a_case_into_the_safety_lane_and_shorten_its_promise(desk):
    session, brand, _user = desk
    _, case = told(session, brand, BURNING)
    assert (case.safety, case.promise_class) == ("fire", "safety")
    assert case.promised_by == NOW + timedelta(minutes=PROMISES["safety"])


def test_a_later_word_of_danger_raises_a_calm_case(desk):
    session, brand, _user = desk
    author, case = told(session, brand, CALM)
    assert case.safety is None
    told(session, brand, BURNING, author=author)
    session.refresh(case)
    assert (case.safety, case.promise_class) == ("fire", "safety")


def test_who_says_there_is_no_danger_is_not_overruled_by_words(desk):
    session, brand, user = desk
    author, case = told(session, brand, BURNING)
    set_danger(session, brand_id=brand.id, case_id=case.id, kind=None, user_id=user.id, now=NOW)
    told(session, brand, BURNING + " It burns still.", author=author)
    session.refresh(case)
    assert (case.safety, case.safety_by) == (None, user.id)


def test_a_person_may_see_danger_where_words_show_none(desk):
    session, brand, user = desk
    _, case = told(session, brand, CALM)
    set_danger(session, brand_id=brand.id, case_id=case.id, kind="child", user_id=user.id, now=NOW)
    session.refresh(case)
    assert (case.safety, case.promise_class) == ("child", "safety")


def test_unknown_dangers_and_other_brands_are_refused(desk):
    session, brand, user = desk
    _, case = told(session, brand, CALM)
    with pytest.raises(Invalid):
        set_danger(session, brand_id=brand.id, case_id=case.id, kind="boredom", user_id=user.id, now=NOW)
    with pytest.raises(NotFound):
        set_danger(session, brand_id=make_brand(session).id, case_id=case.id, kind=None, user_id=user.id, now=NOW)
