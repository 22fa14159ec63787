from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.sharers.kinds import FEWEST, INHUMAN_RATE, Habits, Kind, judge

TELLER = Habits(own_words=20, linked=4, personal=12, posts_per_day=8.0)


@st.composite
def habits(draw):
    own = draw(st.integers(0, 60))
    counts = {name: draw(st.integers(0, own)) for name in ("linked", "personal", "selling", "copied", "repeated")}
    return Habits(own_words=own, posts_per_day=draw(st.none() | st.floats(0, 500)), **counts)


def kind(**changed) -> Kind:
    return judge(replace(TELLER, **changed)).kind


def test_a_teller_is_a_person():
    assert judge(TELLER).kind is Kind.PERSON


def test_what_the_platform_says_of_an_account_goes_before_its_habits():
    assert kind(is_bot=True) is Kind.AUTOMATED
    assert kind(is_organisation=True) is Kind.ORGANISATION
    assert kind(is_bot=False, is_organisation=False) is Kind.PERSON


def test_nobody_posts_every_ten_minutes_day_and_night():
    assert kind(posts_per_day=INHUMAN_RATE + 1) is Kind.AUTOMATED
    assert kind(posts_per_day=100.0) is Kind.PERSON
    assert kind(posts_per_day=None) is Kind.PERSON


@pytest.mark.parametrize(
    ("habit", "found"),
    [
        ({"linked": 20, "personal": 0}, Kind.AUTOMATED),
        ({"selling": 15, "personal": 3}, Kind.SELLER),
        ({"copied": 14, "personal": 8}, Kind.AUTOMATED),
        ({"repeated": 18, "linked": 20, "personal": 2}, Kind.AUTOMATED),
        ({"own_words": 40, "linked": 0, "personal": 0}, Kind.AUTOMATED),
    ],
)
def test_feeds_shops_farms_and_templates_are_no_people(habit, found):
    assert kind(**habit) is found


@pytest.mark.parametrize(
    "habit",
    [
        {"linked": 20},
        {"selling": 4},
        {"repeated": 8, "personal": 20},
        {"copied": 2},
        {"linked": 0, "personal": 1},
        {"posts_per_day": 60.0, "linked": 15},
    ],
)
def test_one_odd_habit_makes_nobody_a_machine(habit):
    assert kind(**habit) is Kind.PERSON


@given(habits())
def test_a_few_tellings_decide_nothing(found):
    few = replace(
        found,
        posts_per_day=None,
        **{
            name: min(getattr(found, name), FEWEST - 1)
            for name in ("own_words", "linked", "personal", "selling", "copied")
        },
    )
    assert judge(few).kind is Kind.PERSON


def test_three_posts_are_too_few_whatever_they_say():
    assert judge(Habits(own_words=3, linked=3, selling=3, copied=3)).kind is Kind.PERSON
    assert judge(Habits(own_words=4, linked=4, selling=4, copied=4)).kind is Kind.SELLER


def test_the_same_shares_of_fewer_tellings_raise_less_doubt():
    assert judge(Habits(own_words=4, selling=2, personal=1)).kind is Kind.PERSON
    assert judge(Habits(own_words=40, selling=20, personal=10)).kind is Kind.SELLER


@given(habits())
def test_who_speaks_more_in_the_first_person_is_never_taken_for_less_of_one(found):
    if judge(found).kind is Kind.PERSON and found.personal < found.own_words:
        assert judge(replace(found, personal=found.personal + 1)).kind is Kind.PERSON


@given(habits(), st.sampled_from(["selling", "copied", "repeated", "linked"]))
def test_who_does_more_of_what_raises_doubt_is_never_taken_for_more_of_a_person(found, habit):
    if judge(found).kind is not Kind.PERSON and getattr(found, habit) < found.own_words:
        assert judge(replace(found, **{habit: getattr(found, habit) + 1})).kind is not Kind.PERSON


def test_the_reason_can_be_checked():
    assert (
        judge(Habits(own_words=20, linked=18)).reason
        == "18 of 20 posts carry links and none speaks in the first person."
    )
    assert (
        judge(Habits(own_words=9, linked=9, selling=6, personal=1)).reason
        == "6 of 9 posts sell, advertise or ask to be followed or passed on, 9 of 9 posts carry links"
        " and 1 speaks in the first person."
    )
    assert (
        judge(Habits(own_words=10, copied=7, personal=4)).reason
        == "7 of 10 posts repeat what other accounts had posted before and 4 speak in the first person."
    )
    assert judge(TELLER).reason == "Of 20 posts 12 speak in the first person."


@given(habits())
def test_every_reason_is_one_sentence(found):
    reason = judge(found).reason
    assert reason.endswith(".")
    assert reason.count(".") == 1
