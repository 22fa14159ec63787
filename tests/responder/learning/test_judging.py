"""A model is worse only when the whole interval says so, and with few rows nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.learning.gold import GoldRow
from responder.learning.judging import ENOUGH, judge
from sentiment import LABELS
from tests.factories import NOW
from tests.responder.learning.knowing import Knowing


def gold(count: int) -> list[GoldRow]:
    return [
        GoldRow(
            mention_id=number,
            text=f"{LABELS[number % 3].value} {number}",
            label=LABELS[number % 3],
            intent=None,
            language="en",
            source="memory",
            corrected_at=NOW,
        )
        for number in range(count)
    ]


def verdict(count: int, *, old_wrong=(), new_wrong=()):
    rows = gold(count)
    texts = [row.text for row in rows]
    return judge(Knowing(wrong=old_wrong).score(texts), Knowing(wrong=new_wrong).score(texts), rows)


def test_a_clearly_worse_model_is_worse_and_a_clearly_better_one_is_not():
    worse = verdict(100, old_wrong=range(10), new_wrong=range(40))
    assert (worse.old_accuracy, worse.new_accuracy) == (0.9, 0.6)
    assert worse.difference == pytest.approx(-0.3)
    assert worse.is_worse
    assert worse.words.endswith("Worse.")
    better = verdict(100, old_wrong=range(40), new_wrong=range(10))
    assert not better.is_worse
    assert (better.low, better.high) == pytest.approx((-worse.high, -worse.low), abs=0.01)


def test_a_difference_within_the_interval_is_not_worse():
    found = verdict(100, old_wrong=range(10), new_wrong=range(8, 20))
    assert found.difference == pytest.approx(-0.02)
    assert found.low < found.difference < 0 < found.high
    assert not found.is_worse
    assert "Not worse" in found.words


def test_rows_are_compared_one_by_one_not_share_against_share():
    """The same two shares, ten rows apart: mistakes on other rows make the difference less sure."""
    nested = verdict(200, old_wrong=range(40), new_wrong=range(52))
    crossed = verdict(200, old_wrong=range(40), new_wrong=range(100, 152))
    assert nested.difference == crossed.difference
    assert nested.is_worse
    assert not crossed.is_worse


def test_few_rows_refuse_nothing_and_say_so():
    few = verdict(ENOUGH - 1, new_wrong=range(ENOUGH))
    assert (few.new_accuracy, few.is_worse) == (0.0, False)
    assert "Too few to tell" in few.words
    assert verdict(ENOUGH, new_wrong=range(ENOUGH)).is_worse


def test_without_gold_there_is_nothing_to_tell():
    none = verdict(0)
    assert (none.rows, none.difference, none.is_worse) == (0, None, False)
    assert "too few to tell" in none.words


def test_gold_made_of_mistakes_alone_is_called_that():
    assert "confirm opinions that are right" in verdict(60, old_wrong=range(55), new_wrong=range(30)).words
    assert "confirm" not in verdict(60, old_wrong=range(10), new_wrong=range(10)).words


def test_opinions_must_fit_the_rows():
    rows = gold(3)
    opinions = Knowing().score([row.text for row in rows])
    with pytest.raises(ValueError, match="3 gold rows"):
        judge(opinions, opinions[:2], rows)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=120))
def test_the_interval_holds_the_difference_and_swapping_the_models_mirrors_it(said):
    old_wrong = {number for number, (old, _) in enumerate(said) if old}
    new_wrong = {number for number, (_, new) in enumerate(said) if new}
    found = verdict(len(said), old_wrong=old_wrong, new_wrong=new_wrong)
    assert found.difference == pytest.approx((len(old_wrong) - len(new_wrong)) / len(said))
    assert -1 <= found.low <= found.difference + 1e-9
    assert found.difference - 1e-9 <= found.high <= 1
    if old_wrong == new_wrong:
        assert (found.low, found.high) == (0, 0)


def test_a_model_no_worse_is_seldom_refused():
    """Two models right on 80 % of rows by chance: at most about one in forty is called worse."""
    chance = np.random.default_rng(7)
    refused = sum(
        verdict(
            60, old_wrong=np.flatnonzero(chance.random(60) < 0.2), new_wrong=np.flatnonzero(chance.random(60) < 0.2)
        ).is_worse
        for _ in range(200)
    )
    assert refused <= 12
