from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.sharers.score import COLD, WARM, Standing, tell

percent = st.floats(0, 100)
maybe = st.none() | percent
standings = st.builds(
    Standing, telling=percent, reputation=maybe, carry=maybe, rate=maybe, originality=maybe, days=st.integers(0, 400)
)


def test_the_weights_of_each_kind_sum_to_one():
    assert sum(WARM.values()) == pytest.approx(1)
    assert sum(COLD.values()) == pytest.approx(1)


@given(standings)
def test_a_score_lies_between_nothing_and_a_hundred(standing):
    found = tell(standing)
    assert 0 <= found.score <= 100
    assert 0 <= found.coverage <= 1
    assert 0 <= found.met < 1


@given(standings)
def test_who_tells_more_never_scores_less(standing):
    more = replace(standing, telling=min(100.0, standing.telling + 10))
    assert tell(more).score >= tell(standing).score - 1e-9


def test_a_newcomer_can_hardly_exceed_eighty():
    best = Standing(telling=100, reputation=100, carry=100, rate=100, originality=100, days=0)
    assert tell(best).score == pytest.approx(80)
    assert tell(replace(best, days=40)).score > 95


def test_what_is_unknown_draws_towards_the_middle_and_is_not_nothing():
    known = Standing(telling=90, reputation=90, carry=90, rate=90, originality=100, days=10)
    unknown = replace(known, reputation=None)
    assert 50 < tell(unknown).score < tell(known).score
    assert tell(unknown).coverage < tell(known).coverage == pytest.approx(1)


def test_without_any_profile_telling_days_alone_decide():
    found = tell(Standing(telling=90, originality=0, days=6))
    assert found.score == pytest.approx(50 + 40 * (0.6 + 0.4 * 6 / 7.5))
    assert found.coverage == 1


def test_reach_alone_makes_nobody_a_frequent_sharer():
    famous = Standing(telling=10, reputation=99, carry=99, rate=50, originality=100, days=1)
    teller = Standing(telling=99, reputation=40, carry=40, rate=50, originality=100, days=12)
    assert tell(teller).score > tell(famous).score + 10
