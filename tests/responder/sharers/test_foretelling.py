from __future__ import annotations

import os
from calendar import timegm
from pathlib import Path

import numpy as np
import pytest

from responder.errors import Invalid
from responder.sharers.foretelling import area_under_curve, foretell, in_top_tenth
from responder.sharers.tellings import DAY, read_tellings
from tests.responder.sharers.habits import habits

STOCKNET = Path(os.environ.get("EARSHOT_SHARED", Path(__file__).resolve().parents[4] / "shared")) / "data" / "sharers"


def test_past_telling_foretells_telling_and_followers_do_not(tmp_path):
    found = foretell(
        read_tellings(habits(tmp_path)), at=100 * DAY, past_days=100, future_days=100, outcome="telling", seed=1
    )
    assert found.scores["telling_days"]["auc"].value > 0.9
    assert found.scores["shipped"]["auc"].value > 0.85
    assert found.scores["followers"]["auc"].value < 0.75
    assert found.ahead["followers"].value > 0.2
    for figures in found.scores.values():
        for figure in figures.values():
            assert figure.low <= figure.value + 1e-9
            assert figure.value <= figure.high + 1e-9


def test_it_is_the_same_with_the_same_seed(tmp_path):
    tellings = read_tellings(habits(tmp_path))
    first, second, other = (
        foretell(tellings, at=100 * DAY, past_days=100, future_days=100, outcome="telling", seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == second
    assert first.scores["random"] != other.scores["random"]


def test_without_reshares_nothing_is_foretold_of_them(tmp_path):
    with pytest.raises(Invalid, match="Nothing followed"):
        foretell(
            read_tellings(habits(tmp_path)), at=100 * DAY, past_days=50, future_days=50, outcome="reshared", seed=1
        )


def test_too_few_people_are_no_test(tmp_path):
    with pytest.raises(Invalid, match="people were heard in those days"):
        foretell(
            read_tellings(habits(tmp_path, people=5)),
            at=50 * DAY,
            past_days=50,
            future_days=50,
            outcome="telling",
            seed=1,
        )


def test_where_all_did_as_much_nobody_stands_out(tmp_path):
    path = tmp_path / "tellings.csv"
    path.write_text("author,t\n" + "".join(f"p{n},{day * DAY}\n" for n in range(30) for day in (1, 20)))
    with pytest.raises(Invalid, match="nobody stands out"):
        foretell(read_tellings(path), at=10 * DAY, past_days=50, future_days=50, outcome="telling", seed=1)


def test_those_tied_with_the_last_of_the_top_tenth_are_in_it_and_the_silent_never():
    assert in_top_tenth(np.array([5, 3, 3, 3, 0, 0, 0, 0, 0, 0, *[0] * 10])).sum() == 4
    assert in_top_tenth(np.array([1, *[0] * 29])).sum() == 1


def test_the_area_under_the_curve_counts_ties_half():
    positive = np.array([True, True, False, False])
    assert area_under_curve(np.array([4, 3, 2, 1]), positive) == 1.0
    assert area_under_curve(np.array([1, 1, 1, 1]), positive) == 0.5
    assert area_under_curve(np.array([1, 2, 3, 4]), positive) == 0.0


@pytest.fixture(scope="module")
def stocknet():
    path = STOCKNET / "stocknet_tweets.csv.gz"
    if not path.exists():
        pytest.skip(f"no {path}: the shared folder is absent")
    return read_tellings(path)


def instant(date: str) -> float:
    return float(timegm((*map(int, date.split("-")), 0, 0, 0)))


def test_on_stocknet_the_score_finds_tellers_far_better_than_followers(stocknet):
    found = foretell(stocknet, at=instant("2015-07-01"), past_days=365, future_days=180, outcome="telling", seed=1)
    assert found.ahead["followers"].value >= 0.20
    assert found.ahead["followers"].low > 0.12
    assert found.scores["shipped"]["auc"].value >= 0.82


def test_on_stocknet_the_flagged_tenth_writes_most_of_what_follows(stocknet):
    found = foretell(stocknet, at=instant("2015-01-01"), past_days=180, future_days=180, outcome="telling", seed=1)
    assert found.scores["shipped"]["share_of_future"].value >= 0.75


def test_on_stocknet_who_is_reshared_can_be_learned(stocknet):
    found = foretell(stocknet, at=instant("2015-07-01"), past_days=180, future_days=180, outcome="reshared", seed=1)
    assert found.not_learned is None
    assert found.scores["shipped"]["p_at_10"].value >= 0.40
    assert found.scores["followers"]["p_at_10"].value < 0.30
