from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.evaluation import accuracy, calibration_error, confusion, macro_f1, macro_recall
from sentiment.judging.tally import figures, measure, tally

SHARES = np.array([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [1.0, 0.0, 0.0]])
LABELS = np.array([0, 1, 1, 0])
SURE = np.array([True, True, False, False])


def test_figures_by_hand():
    found = {name: float(value) for name, value in figures(tally(SHARES, LABELS, SURE).sum(axis=0)).items()}
    assert found == pytest.approx(
        {
            "macro_recall": (2 / 2 + 1 / 2) / 2,
            "macro_f1": (4 / 5 + 2 / 3) / 2,
            "accuracy": 3 / 4,
            # Bin .9–1.0 holds three (0.9, 0.9, 1.0; two right), bin .6–.7 one (right).
            "calibration_error": (abs(2 - 2.8) + abs(1 - 0.6)) / 4,
            "coverage": 2 / 4,
            "accuracy_at_floor": 1 / 2,
        }
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=40))
def test_sums_give_what_the_definitions_give(rows):
    labels = np.array([label for label, _, _ in rows])
    shares = np.array([(1 + a, 1 + b, 50) for _, a, b in rows], dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    found = figures(tally(shares, labels, np.ones(len(labels))).sum(axis=0))
    counts = confusion(labels, shares.argmax(axis=1))
    assert float(found["macro_recall"]) == pytest.approx(macro_recall(counts))
    assert float(found["macro_f1"]) == pytest.approx(macro_f1(counts))
    assert float(found["accuracy"]) == pytest.approx(accuracy(counts))
    assert float(found["calibration_error"]) == pytest.approx(calibration_error(shares, labels))


def test_a_measurement_has_the_counts_and_intervals_around_the_figures():
    chance = np.random.default_rng(5)
    labels = chance.integers(3, size=300)
    shares = np.full((300, 3), 0.1)
    shares[np.arange(300), np.where(chance.random(300) < 0.75, labels, (labels + 1) % 3)] = 0.8
    found = measure(shares, labels, chance.random(300) < 0.5, resamples=400)
    assert np.array(found.confusion).sum() == 300
    assert np.trace(found.confusion) / 300 == pytest.approx(found.figures["accuracy"].value)
    for name, figure in found.figures.items():
        assert 0 <= figure.low < figure.high <= 1, name
        if name != "calibration_error":  # resampling adds to the gaps of the bins, never takes away
            assert figure.low < figure.value < figure.high, name
    accuracy_of = found.figures["accuracy"]
    expected = 1.96 * (accuracy_of.value * (1 - accuracy_of.value) / 300) ** 0.5
    assert (accuracy_of.high - accuracy_of.low) / 2 == pytest.approx(expected, rel=0.12)


def test_what_is_not_defined_is_unknown_not_zero():
    nobody = measure(SHARES, LABELS, np.zeros(4, dtype=bool), resamples=50).figures
    assert nobody["coverage"].value == 0
    assert (nobody["accuracy_at_floor"].value, nobody["accuracy_at_floor"].low) == (None, None)
    assert "coverage" not in measure(SHARES, LABELS, None, resamples=50).figures
