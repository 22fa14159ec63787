"""What the ranking takes in, from what is known of a case: unknown stays unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.cases import inputs


def test_a_guess_counts_half_way_to_unknown():
    assert inputs.unhappiness(0.9, abstained=True) == pytest.approx(0.6)
    assert inputs.unhappiness(0.9, abstained=False) == 0.9
    assert inputs.unhappiness(None, abstained=None) is None


def test_a_question_is_as_likely_as_the_model_says_and_certain_if_a_person_said_so():
    assert inputs.asking("question", 0.7) == 0.7
    assert inputs.asking("question", None) == 1.0
    assert inputs.asking("praise", 0.9) == 0.0
    assert inputs.asking(None, None) is None


@pytest.mark.parametrize(
    ("wanted", "known"),
    [
        (1.0, {"addressed": True}),
        (1.0, {"kind": "review", "intent": "praise"}),
        (0.6, {"intent": "complaint", "is_in_thread": True}),
        (0.6, {"intent": "noise", "p_negative": 0.8}),
        (0.6, {}),
        (0.2, {"is_in_thread": True}),
        (0.2, {"intent": "praise", "p_negative": 0.1}),
        (0.2, {"intent": "noise"}),
    ],
)
def test_whoever_speaks_to_us_wants_an_answer_and_friends_among_themselves_do_not(wanted, known):
    usual = {"addressed": None, "kind": "post", "is_in_thread": False, "intent": None, "p_negative": None}
    assert inputs.answerability(**(usual | known)) == wanted


def test_hearers_are_views_where_they_are_told_and_follow_followers_elsewhere():
    assert inputs.hearers(views=970, followers=5) == 1000
    assert inputs.hearers(views=None, followers=0) == 30
    assert inputs.hearers(views=None, followers=200, carry_factor=1.0) == pytest.approx(30 + 0.15 * 200**0.8 * 1.5)
    assert inputs.hearers(views=None, followers=None) is None


def test_who_is_re_shared_more_than_others_is_heard_by_more():
    few, many = (inputs.hearers(views=None, followers=500, carry_factor=factor) for factor in (0.2, 5.0))
    assert few < many


def test_velocity_compares_with_what_is_usual_at_that_age():
    usual = {"replies": 0, "tau_minutes": 180.0, "spread": 9.0}
    assert inputs.velocity(reposts=0, age=timedelta(0), **usual) == 1.0
    assert inputs.velocity(reposts=9, age=timedelta(days=9), **usual) == pytest.approx(1.0)
    assert inputs.velocity(reposts=9, age=timedelta(minutes=10), **usual) > 5
    assert inputs.velocity(reposts=None, age=timedelta(0), **(usual | {"replies": None})) is None


def test_a_review_keeps_its_worth_for_days_and_a_post_for_hours():
    assert inputs.tau("app_store", "review") > inputs.tau("rss", "article") > inputs.tau("bluesky", "post")
    assert inputs.tau("never heard of", None) == inputs.USUAL_TAU
