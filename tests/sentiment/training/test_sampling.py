from __future__ import annotations

from collections import Counter

import pytest

from sentiment.training.rows import Row
from sentiment.training.sampling import HEAVIEST, Mixture, balanced_weights, mixed

SIZES = {"en": 6_400, "tr": 400, "el": 100}


def rows() -> list[Row]:
    return [
        Row(id=f"{code}-{n}", text="t", label=0, language=code, set=f"{code}-{n % 2}", classes=3, licence="stated")
        for code, size in SIZES.items()
        for n in range(size)
    ]


def test_a_language_gets_the_square_root_of_its_rows():
    found = Counter(row.language for row in mixed(rows(), Mixture(visits=1_100, boosts={}, set_weights={})))
    assert found == {"en": 800, "tr": 200, "el": 100}


def test_a_boosted_language_gets_more():
    found = Counter(row.language for row in mixed(rows(), Mixture(visits=1_100, boosts={"el": 2.0}, set_weights={})))
    assert found["el"] == pytest.approx(183, abs=1)


def test_no_row_comes_again_before_all_of_its_language_have():
    found = Counter(row.id for row in mixed(rows(), Mixture(visits=5_000, boosts={}, set_weights={})))
    assert {found[f"el-{n}"] for n in range(100)} == {4, 5}
    assert max(count for name, count in found.items() if name.startswith("en")) == 1


def test_a_noisy_set_is_drawn_less_and_the_draw_is_seeded():
    mixture = Mixture(visits=1_100, boosts={}, set_weights={"en-0": 0.1})
    found = Counter(row.set for row in mixed(rows(), mixture))
    assert found["en-0"] < 0.2 * found["en-1"]
    assert mixed(rows(), mixture) == mixed(rows(), mixture)
    assert mixed(rows(), mixture) != mixed(rows(), Mixture(visits=1_100, boosts={}, set_weights={"en-0": 0.1}, seed=2))


def labelled(*counts: int, language: str = "en") -> list[Row]:
    return [
        Row(id=f"{label}-{n}", text="t", label=label, language=language, set="s", classes=3, licence="stated")
        for label, count in enumerate(counts)
        for n in range(count)
    ]


def test_labels_as_common_as_each_other_weigh_one():
    assert balanced_weights(labelled(5, 5, 5), 0.5).tolist() == [1.0] * 15


def test_a_rare_label_weighs_more_by_the_root_of_its_rarity_in_its_own_language():
    rows = [*labelled(8, 2, 2), *labelled(2, 2, 8, language="el")]
    weights = balanced_weights(rows, 0.5)
    assert weights[0] == pytest.approx((12 / 24) ** 0.5)
    assert weights[8] == pytest.approx((12 / 6) ** 0.5)
    assert weights[12] == pytest.approx((12 / 6) ** 0.5)


def test_a_label_met_a_few_times_is_not_learned_by_heart():
    assert balanced_weights(labelled(1_000, 1, 1_000), 0.5).max() == HEAVIEST


def test_without_balance_labels_count_as_they_come():
    assert set(balanced_weights(labelled(9, 1, 3), 0.0)) == {1.0}
