"""What counts as news, and what as an outbreak."""

from __future__ import annotations

from math import comb

import pytest

from responder.incidents.unusual import is_news, is_outbreak, tail


def fewest(usual: list[int]) -> int:
    return next(voices for voices in range(1, 1000) if is_outbreak(voices, usual))


def test_what_nobody_said_before_is_news_from_three_voices():
    assert is_news(3, alike_before=0, share=2 / 28)


@pytest.mark.parametrize(("before", "needed"), [(3, 4), (10, 6), (30, 9)])
def test_what_was_said_before_needs_more_voices(before, needed):
    assert not is_news(needed - 1, alike_before=before, share=2 / 28)
    assert is_news(needed, alike_before=before, share=2 / 28)


def test_fewer_than_five_are_never_an_outbreak():
    assert not is_outbreak(4, [])
    assert all(fewest([3] * count) >= 5 for count in (0, 10, 100, 1000))


def test_a_brand_without_history_needs_eight():
    assert fewest([]) == 8


def test_larger_usual_incidents_need_more_and_a_brand_of_small_ones_less():
    assert fewest([3] * 20) < fewest([]) < fewest([3, 4, 5, 3, 6, 8]) < fewest([10, 20, 15, 12, 30])


def test_the_tail_is_the_one_of_the_books():
    assert tail(0, mean=3, spread=0.0) == 1
    assert tail(2, mean=1.5, spread=0.0) == pytest.approx(0.4421745996)
    # Negative binomial of shape 2 and mean 4: success probability 1/3.
    assert tail(3, mean=4, spread=0.5) == pytest.approx(
        1 - sum(comb(k + 1, k) * (1 / 3) ** 2 * (2 / 3) ** k for k in range(3))
    )


def test_a_wider_spread_makes_large_counts_likelier():
    assert tail(12, mean=3, spread=1.0) > tail(12, mean=3, spread=0.1) > tail(12, mean=3, spread=0.0)
