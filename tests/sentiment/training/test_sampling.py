from __future__ import annotations

from collections import Counter

import pytest

from sentiment.training.rows import Row
from sentiment.training.sampling import Mixture, mixed

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
