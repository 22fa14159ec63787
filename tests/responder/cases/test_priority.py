from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.priority import (
    FEW,
    USUAL_HARM,
    OpenCases,
    factors,
    pressure,
    priority,
    rank,
    scale_of,
    shown,
)
from responder.cases.turns import FAIR_EVERY
from tests.open_cases import cases, some_case, some_cases


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
def test_cases_of_one_incident_follow_one_another_but_for_those_in_danger(open_cases):
    order = rank(open_cases).order
    jobs = list(zip(open_cases.incident[order].tolist(), open_cases.safety[order].tolist(), strict=True))
    for job in {(incident, danger) for incident, danger in jobs if incident >= 0}:
        places = [place for place, each in enumerate(jobs) if each == job]
        assert places == list(range(places[0], places[0] + len(places)))


@given(some_cases, st.integers(0, 9))
def test_whoever_is_in_danger_stands_above_everybody(open_cases, picks):
    in_danger = open_cases.safety[rank(open_cases, picks=picks).order].tolist()
    assert in_danger == sorted(in_danger, reverse=True)


def test_who_is_not_in_danger_does_not_come_along_with_an_incident_that_is():
    incident = [{"incident": 0, "safety": True}, *[{"incident": 0}] * 3]
    open_cases = cases(*incident, {"safety": True, "p_negative": 0.1}, {"waited": 9_000.0}, {})
    order = rank(open_cases, picks=FAIR_EVERY - 2).order.tolist()
    assert set(order[:2]) == {0, 4}


@given(
    st.lists(some_case, min_size=2, max_size=12, unique_by=lambda each: each["waited"]), st.randoms(), st.integers(0, 4)
)
def test_the_order_does_not_hang_on_the_order_in_which_cases_are_given(each, chance, picks):
    shuffled = list(range(len(each)))
    chance.shuffle(shuffled)
    order = rank(cases(*(each[place] for place in shuffled)), picks=picks).order.tolist()
    assert [shuffled[place] for place in order] == rank(cases(*each), picks=picks).order.tolist()


@given(
    some_cases,
    some_case,
    st.sampled_from(
        ["p_negative", "p_question", "intensity", "telling", "hearers", "velocity", "tau", "answerability"]
    ),
    st.floats(0, 1),
)
def test_of_two_cases_alike_the_one_with_more_of_what_presses_stands_first(others, one, more, share):
    less = {**one, more: one[more] * share} if more != "tau" else {**one, "tau": max(one["tau"] * share, 1.0)}
    scale = scale_of(others)
    low, high = priority(factors(cases(less, one)), scale)
    assert low <= high


@given(some_cases, some_case, st.floats(1, 10))
def test_of_two_cases_alike_the_one_that_takes_longer_stands_behind(others, one, times):
    quick, slow = priority(factors(cases(one, {**one, "minutes": one["minutes"] * times})), scale_of(others))
    assert quick >= slow


@given(some_case, st.floats(0, 1), st.floats(0, 1))
def test_of_two_alike_whom_nobody_hears_complain_the_one_waiting_longer_for_a_promise_stands_first(one, less, share):
    """Where there is harm, a fresh post may stand above an old one: more of it can still be averted."""
    harmless = {**one, "p_negative": 0.0, "incident": -1, "safety": False, "promise": 300.0}
    longer = less * 299.0
    order = rank(cases({**harmless, "waited": longer * share}, {**harmless, "waited": longer}, harmless)).order.tolist()
    if longer * share < longer and harmless["answerability"]:
        assert order.index(1) < order.index(0) or pressure(np.array([longer / 300.0]))[0] == 0.0


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


def test_the_first_minutes_of_an_incident_are_those_of_the_case_answered_first():
    most_heard, other = {"incident": 1, "hearers": 900.0, "minutes": 4.0}, {"incident": 1, "minutes": 20.0}
    open_cases = cases(other, most_heard, {})
    ranked = rank(open_cases)
    worth = float((ranked.own * open_cases.minutes)[:2].sum())
    assert ranked.priority[0] == ranked.priority[1] == pytest.approx(worth / (4.0 + 1.0))


def test_further_cases_of_an_incident_take_a_minute_of_a_band_each():
    incident = [{"incident": 2, "p_negative": 0.9}] * 20
    bands = rank(cases(*incident, *[{"p_negative": 0.1}] * 20)).bands
    assert bands[:20] == ["now"] * 20
    assert [bands[20:].count(band) for band in ("now", "next")] == [1, 15]


def test_a_promise_missed_on_an_earlier_day_is_work_of_today():
    crowd = [{"p_negative": 0.9}] * 20
    bands = rank(cases(*crowd, {"p_negative": 0.01, "waited": 350.0, "promise": 60.0}, {"p_negative": 0.01})).bands
    assert bands[20:] == ["today", "when_quiet"]


def test_bands_change_seldom_when_the_former_ones_are_told():
    open_cases = cases(*[{"p_negative": 0.6 - number / 10_000} for number in range(8)])
    former = np.array([1, *[0] * 5, 1, 1])
    assert rank(open_cases).bands[5:6] == ["next"]
    assert rank(open_cases, former=former).bands[5:6] == ["now"]
    held = np.array([False] * 7 + [True])
    assert rank(open_cases, former=np.zeros(8, dtype=int), held=held).bands[7] == "now"


@pytest.mark.parametrize("unhappy", [[], [{"hearers": 0.0}], [{"hearers": 1e6}]])
def test_one_odd_complaint_does_not_say_what_is_typical(unhappy):
    calm = [{"p_negative": 0.2}] * 4
    scale = scale_of(cases(*calm, *unhappy))
    assert scale.median_harm == pytest.approx(USUAL_HARM)


def test_what_is_typical_comes_from_the_complaints_where_there_are_five():
    open_cases = cases(*[{"p_negative": 0.9}] * FEW, {"p_negative": 0.2})
    assert scale_of(open_cases).median_harm == pytest.approx(0.9 * np.sqrt(60.0))


def test_complaints_that_nobody_hears_do_not_blow_up_the_priority_of_others():
    ranked = rank(cases(*[{"hearers": 0.0}] * 9, {}))
    assert ranked.priority.max() < 50


def test_no_case_at_all_is_no_order():
    nothing = OpenCases(
        **{each.name: np.zeros(0, dtype=bool if each.name == "safety" else float) for each in fields(OpenCases)}
    )
    assert len(rank(nothing).order) == 0
