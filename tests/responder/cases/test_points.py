from __future__ import annotations

import pytest
from hypothesis import given

from responder.cases.points import PARTS, points
from responder.cases.priority import rank
from responder.cases.turns import FAIR_EVERY
from tests.open_cases import cases, some_cases


@given(some_cases)
def test_points_of_every_explanation_sum_to_the_shown_priority(open_cases):
    ranked = rank(open_cases)
    everybody = range(len(open_cases))
    for digits in (0, 1):
        for place, explained in enumerate(points(open_cases, ranked, everybody, digits=digits)):
            assert sum(explained.values()) == pytest.approx(float(ranked.shown[place]), abs=0.5 / 10**digits + 1e-9)
            assert all(given == round(given, digits) for given in explained.values())
            assert set(explained) - {"incident", "safety", "turn"} == {"typical", *PARTS}


@pytest.mark.parametrize(
    ("part", "better"),
    [
        ("unhappiness", {"p_negative": 0.95}),
        ("unhappiness", {"intensity": 0.9}),
        ("telling", {"telling": 4.0}),
        ("reach", {"hearers": 5_000.0}),
        ("velocity", {"velocity": 3.0}),
        ("promise", {"waited": 5.0}),
        ("answerability", {"answerability": 1.0}),
        ("minutes", {"minutes": 3.0}),
    ],
)
def test_what_makes_a_case_more_urgent_puts_it_first_and_says_so(part, better):
    usual = {"answerability": 0.6}
    open_cases = cases(usual, {**usual, **better}, usual, usual, usual)
    ranked = rank(open_cases)
    assert ranked.order[0] == 1
    explained = points(open_cases, ranked, [0, 1])
    assert explained[1][part] > explained[0][part]
    others = [name for name in PARTS if name != part]
    assert all(abs(explained[1][name]) <= 1 for name in others)


def test_danger_and_the_fair_slot_are_named_without_points():
    open_cases = cases(*[{"waited": 10.0}] * 9, {"waited": 2_000.0}, {"safety": True})
    ranked = rank(open_cases, picks=FAIR_EVERY - 2)
    danger, turn, usual = points(open_cases, ranked, [10, 9, 0])
    assert danger["safety"] == 0
    assert "turn" not in danger
    assert turn["turn"] == 0
    assert {"safety", "turn"}.isdisjoint(usual)
    assert ranked.order[:2].tolist() == [10, 9]


def test_belonging_to_an_incident_is_a_part_of_its_own():
    open_cases = cases(*[{"incident": 4}] * 5, {"p_negative": 0.95})
    joined, alone = points(open_cases, rank(open_cases), [0, 5])
    assert joined["incident"] > 0
    assert "incident" not in alone


def test_hundreds_of_cases_are_explained_as_one_by_one():
    open_cases = cases(*[{"p_negative": number / 700, "hearers": float(number)} for number in range(700)])
    ranked = rank(open_cases)
    assert points(open_cases, ranked, [699, 3]) == [points(open_cases, ranked, range(700))[case] for case in (699, 3)]
