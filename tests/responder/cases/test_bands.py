from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.bands import NEXT, NONE, NOW, STICKS, TODAY, WHEN_QUIET, Line, fresh, steady


def line(*priority: float, minutes: float = 6.0, **given_: Any) -> Line:
    """Cases of six minutes each, none in danger, of promises that end later."""
    count = len(priority)
    nobody = np.zeros(count, dtype=bool)
    usual: dict[str, Any] = {"spent": minutes * np.arange(count), "safety": nobody, "ends_today": nobody}
    return Line(priority=np.array(priority), **{**usual, **given_})


def bands(stands: Line, former: list[int], held: tuple[int, ...] = ()) -> list[int]:
    is_held = np.zeros(len(former), dtype=bool)
    is_held[list(held)] = True
    return steady(stands, former=np.array(former), held=is_held).tolist()


alike = line(*np.linspace(1.02, 1.0, 30))
apart = line(*(2.0**-place for place in range(30)))
AFRESH = [NOW] * 5 + [NEXT] * 15 + [WHEN_QUIET] * 10


def test_bands_follow_the_minutes_of_work():
    assert fresh(alike).tolist() == AFRESH
    assert bands(alike, [NONE] * 30) == AFRESH


def test_a_case_keeps_its_band_while_those_at_the_boundary_are_alike():
    was_now = [NOW] * 7 + [NEXT] * 13 + [WHEN_QUIET] * 10
    assert bands(alike, was_now) == was_now
    was_next = [NOW] * 3 + [NEXT] * 17 + [WHEN_QUIET] * 10
    assert bands(alike, was_next) == was_next


def test_a_case_changes_its_band_when_its_priority_is_far_beyond_the_boundary():
    """The sixth is the one the boundary lies at: nobody is nearer to it."""
    assert bands(apart, [NOW] * 7 + [NEXT] * 13 + [WHEN_QUIET] * 10) == [NOW] * 6 + [NEXT] * 14 + [WHEN_QUIET] * 10
    assert bands(apart, [NOW] * 3 + [NEXT] * 17 + [WHEN_QUIET] * 10) == AFRESH


def test_a_band_runs_neither_empty_nor_full_however_alike_cases_are():
    """ "now" lies between 15 and 45 minutes of work: what is done moves others up."""
    assert bands(alike, [NEXT] * 30).count(NOW) == 3
    assert bands(alike, [NOW] * 30).count(NOW) == 8


def test_where_two_have_changed_places_as_few_change_as_can():
    former = [NOW] * 5 + [NEXT, NOW] + [NEXT] * 13 + [WHEN_QUIET] * 10
    assert bands(alike, former) == AFRESH
    former = [NOW] * 3 + [NEXT] + [NOW] * 3 + [NEXT] * 13 + [WHEN_QUIET] * 10
    assert bands(alike, former) == [NOW] * 7 + [NEXT] * 13 + [WHEN_QUIET] * 10


def test_what_somebody_has_open_stays_in_its_band():
    former = [WHEN_QUIET, *AFRESH[1:-1], NOW]
    assert bands(apart, former, held=(0, 29)) == former
    assert bands(apart, former) == AFRESH


def test_a_case_that_had_no_band_is_banded_afresh_also_while_somebody_has_it_open():
    assert bands(apart, [NONE] * 30, held=(0, 29)) == AFRESH


def test_whoever_is_in_danger_is_in_now():
    danger = np.zeros(30, dtype=bool)
    danger[25] = True
    stands = line(*apart.priority, safety=danger)
    assert fresh(stands)[25] == NOW
    assert bands(stands, [NEXT] * 30, held=(25,))[25] == NOW


def test_what_is_promised_for_today_is_not_for_when_it_is_quiet():
    stands = line(*apart.priority, ends_today=np.arange(30) >= 28)
    assert fresh(stands).tolist() == AFRESH[:28] + [TODAY] * 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_cases_are_all_for_now(count):
    assert bands(line(*[1.0] * count), [NEXT] * count) == [NOW] * count


@given(
    st.lists(
        st.tuples(st.floats(0, 10), st.floats(0.5, 60), st.sampled_from([NONE, 0, 1, 2, 3])), min_size=1, max_size=40
    ),
    st.randoms(),
)
def test_now_stands_before_next_and_next_before_the_rest_and_none_is_kept_against_its_priority(each, chance):
    each.sort(key=lambda one: -one[0])
    priority, minutes, former = (np.array(column) for column in zip(*each, strict=True))
    stands = line(*priority, spent=np.cumsum(minutes) - minutes)
    found = steady(stands, former=former, held=np.zeros(len(each), dtype=bool))
    rest = np.minimum(found, TODAY)
    assert rest.tolist() == sorted(rest.tolist())
    for band, afresh in ((NOW, fresh(stands) > NOW), (NEXT, fresh(stands) > NEXT)):
        boundary = float(priority[afresh].max(initial=0.0))
        assert (found[priority > boundary * STICKS * 1.0001] <= band).all()
        assert (found[priority * STICKS * 1.0001 < boundary] > band).all()
