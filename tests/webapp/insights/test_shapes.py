"""Bars are as long as their counts, axes are round, and nothing sticks out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.insights.metrics import Tally, net_sentiment
from webapp.insights.shapes import COLUMN_HEIGHT, HEAT_ROW, column, gauge, row, scale, square

counts = st.integers(0, 5000)
tallies = st.builds(
    lambda negative, neutral, positive, unsure, unscored: Tally(
        negative + neutral + positive + unsure + unscored, negative, neutral, positive, unsure
    ),
    counts, counts, counts, counts, counts,
)  # fmt: skip


@given(st.integers(0, 10**9))
def test_an_axis_reaches_the_tallest_bar_in_at_most_four_round_steps(most: int):
    top, marks = scale(most)
    assert top >= max(most, 1)
    assert 1 <= len(marks) <= 4 or most == 0
    assert all(mark <= top for mark in marks)
    assert top <= 2 * max(most, 1)


@pytest.mark.parametrize(("most", "top"), [(0, 1), (3, 3), (5, 6), (37, 40), (184, 200), (1204, 1500)])
def test_axes_end_on_round_figures(most: int, top: int):
    assert scale(most)[0] == top


@given(tallies)
def test_the_pieces_of_a_bar_are_its_groups_and_fill_it_exactly(tally: Tally):
    top, _ = scale(tally.mentions)
    pieces = column(tally, number=3, slot=5, top=top)
    assert sum(piece.height for piece in pieces) == pytest.approx(COLUMN_HEIGHT * tally.mentions / top)
    assert all(piece.y >= -1e-6 for piece in pieces)
    across = row(tally, y=0, most=max(1, tally.mentions))
    assert sum(piece.width for piece in across) == pytest.approx(100 if tally.mentions else 0)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_area_of_a_cell_grows_with_its_count_and_stays_inside(one: int, other: int):
    low, high = sorted((one, other))
    small, large = (square(count, high, x=10, y=24, slot=4) for count in (low, high))
    assert small.width * small.height <= large.width * large.height
    assert 10 <= large.x <= large.x + large.width <= 14
    assert 24 <= large.y <= large.y + large.height <= 24 + HEAT_ROW


def test_the_gauge_is_drawn_only_where_there_is_enough_to_tell():
    assert gauge(net_sentiment(Tally(mentions=5, positive=5, sum_positive=5))) is None
    drawn = gauge(net_sentiment(Tally(mentions=100, positive=100, sum_positive=90, sum_negative=5)))
    assert 0 <= drawn.low <= drawn.value <= drawn.low + drawn.width <= 100
