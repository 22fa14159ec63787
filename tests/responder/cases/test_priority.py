from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.priority import (
    FAIR_EVERY,
    PARTS,
    OpenCases,
    factors,
    points,
    pressure,
    priority,
    rank,
    scale_of,
    shown,
)

ORDINARY = {
    "waited": 30.0,
    "promise": 120.0,
    "p_negative": 0.6,
    "p_question": 0.1,
    "intensity": 0.5,
    "telling": 1.0,
    "hearers": 60.0,
    "velocity": 1.0,
    "tau": 480.0,
    "answerability": 1.0,
    "minutes": 6.0,
    "incident": -1,
    "safety": False,
}


def cases(*each: dict[str, object]) -> OpenCases:
    """Ordinary open cases, but for what is said of each."""
    return OpenCases(**{name: np.array([{**ORDINARY, **one}[name] for one in each]) for name in ORDINARY})


some_case = st.fixed_dictionaries(
    {
        "waited": st.floats(0, 20_000),
        "promise": st.floats(1, 10_000),
        "p_negative": st.floats(0, 1),
        "p_question": st.floats(0, 1),
        "intensity": st.floats(0, 1),
        "telling": st.floats(0, 50),
        "hearers": st.floats(0, 1e7),
        "velocity": st.floats(0, 50),
        "tau": st.floats(10, 5_000),
        "answerability": st.sampled_from([0.0, 0.2, 0.6, 1.0]),
        "minutes": st.floats(0.5, 120),
        "incident": st.integers(-1, 2),
        "safety": st.booleans(),
    }
)
some_cases = st.lists(some_case, min_size=1, max_size=12).map(lambda each: cases(*each))


@given(some_cases)
def test_points_of_every_explanation_sum_to_the_shown_priority(open_cases):
    ranked = rank(open_cases)
    for place, explained in enumerate(points(open_cases, ranked, range(len(open_cases)))):
        assert sum(explained.values()) == round(float(ranked.shown[place]))
        assert set(explained) - {"incident"} == {"typical", *PARTS}


@given(some_cases, st.integers(0, 9))
def test_every_case_stands_in_the_order_once(open_cases, picks):
    ranked = rank(open_cases, picks=picks)
    assert sorted(ranked.order.tolist()) == list(range(len(open_cases)))
    assert np.isfinite(ranked.priority).all()
    assert ((ranked.shown >= 0) & (ranked.shown <= 100)).all()
    assert set(ranked.bands) <= {"now", "next", "today", "when_quiet"}


@given(some_cases)
def test_the_first_of_the_order_are_the_same_when_only_they_are_asked_for(open_cases):
    whole, few = rank(open_cases), rank(open_cases, limit=2)
    assert few.order.tolist() == whole.order.tolist()[: len(few.order)]


@given(some_cases)
def test_cases_of_one_incident_follow_one_another(open_cases):
    incidents = open_cases.incident[rank(open_cases).order].tolist()
    for incident in set(incidents) - {-1}:
        places = [place for place, each in enumerate(incidents) if each == incident]
        assert places == list(range(places[0], places[0] + len(places)))


@given(some_cases)
def test_whoever_is_in_danger_stands_above_everybody(open_cases):
    alone = replace(open_cases, incident=np.full(len(open_cases), -1))
    in_danger = alone.safety[rank(alone, picks=FAIR_EVERY - 1).order]
    assert in_danger.tolist() == sorted(in_danger.tolist(), reverse=True)


def test_the_fair_slot_waits_for_everybody_in_danger_also_behind_an_incident():
    incident = [{"incident": 0, "safety": True}, *[{"incident": 0}] * 3]
    open_cases = cases(*incident, {"safety": True}, {"waited": 9_000.0}, {})
    order = rank(open_cases, picks=FAIR_EVERY - 2).order.tolist()
    assert order.index(4) < order.index(5)


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


def test_tells_weigh_more_than_fame():
    """Four times the hearers count twice; four times the telling rate four times."""
    found = factors(cases({}, {"telling": 4.0}, {"hearers": 240.0}))
    scale = scale_of(cases({}, {}, {}))
    plain, telling, famous = priority(found, replace(scale, largest_harm=1e9))
    assert telling > famous > plain


def test_a_promise_presses_until_it_is_missed_and_then_little():
    assert pressure(np.array([0.0, 0.5, 0.99, 1.0, 5.0])).tolist() == pytest.approx(
        [0, 0.0625, 0.96, 0.3, 0.3], abs=0.01
    )


def test_harm_of_a_complaint_falls_with_waiting():
    scale = scale_of(cases({}, {}))
    fresh, old = priority(factors(cases({"waited": 0.0}, {"waited": 5_000.0})), scale)
    assert fresh > old


def test_every_fifth_pick_is_the_oldest_that_has_waited_long():
    open_cases = cases(*[{"waited": 10.0, "p_negative": 0.9}] * 9, {"waited": 2_000.0, "p_negative": 0.02})
    assert rank(open_cases).order.tolist().index(9) == FAIR_EVERY - 1
    assert rank(open_cases, picks=FAIR_EVERY - 1).order[0] == 9


def test_the_fair_slot_passes_over_those_who_have_not_waited_long_and_what_must_not_be_answered():
    fresh = cases(*[{"p_negative": 0.9}] * 9, {"waited": 100.0, "p_negative": 0.02})
    assert rank(fresh, picks=FAIR_EVERY - 1).order[0] != 9
    spam = cases(*[{"p_negative": 0.9}] * 9, {"waited": 2_000.0, "answerability": 0.0})
    assert rank(spam, picks=FAIR_EVERY - 1).order[0] != 9


def test_an_incident_is_one_job_that_is_worth_all_of_its_cases():
    alone = {"p_negative": 0.7}
    open_cases = cases(*[{**alone, "incident": 4}] * 5, {"p_negative": 0.95})
    ranked = rank(open_cases)
    assert ranked.order.tolist()[-1] == 5
    assert ranked.priority[0] == pytest.approx(5 * ranked.own[0] * 6 / (6 + 4))
    assert points(open_cases, ranked, [0])[0]["incident"] > 0


def test_the_most_heard_of_an_incident_is_answered_first():
    open_cases = cases({"incident": 1}, {"incident": 1, "hearers": 9_000.0}, {"incident": 1})
    assert rank(open_cases).order[0] == 1


def test_bands_follow_the_minutes_the_work_takes():
    bands = rank(cases(*[{"p_negative": 0.9 - number / 100} for number in range(30)])).bands
    assert [bands.count(band) for band in ("now", "next", "when_quiet")] == [5, 15, 10]
    ends = np.ones(30, dtype=bool)
    later = rank(cases(*[{"p_negative": 0.9 - number / 100} for number in range(30)]), promise_ends_today=ends).bands
    assert later.count("today") == 10


def test_a_hundred_is_shown_for_the_hundredth_that_presses_most():
    open_cases = cases(*[{"p_negative": number / 200} for number in range(200)])
    ranked = rank(open_cases)
    assert ranked.shown.max() == 100
    assert np.percentile(ranked.shown, 99) == pytest.approx(100, abs=0.5)
    assert shown(np.array([0.0]), ranked.scale)[0] == 0


def test_no_case_at_all_is_no_order():
    nothing = OpenCases(
        **{each.name: np.zeros(0, dtype=bool if each.name == "safety" else float) for each in fields(OpenCases)}
    )
    assert len(rank(nothing).order) == 0
