from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.evaluation import (
    accuracies,
    accuracy,
    at_floor,
    bin_of,
    calibration_error,
    confusion,
    macro_f1,
    macro_f1s,
    macro_recall,
    macro_recalls,
    masked,
    without_neutral,
)

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


def test_figures_of_a_small_confusion_by_hand():
    counts = confusion(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0]))
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert macro_recall(counts) == pytest.approx((1 / 2 + 1 + 2 / 3) / 3)
    assert macro_f1(counts) == pytest.approx((2 / 4 + 2 / 3 + 4 / 5) / 3)
    assert accuracy(counts) == pytest.approx(4 / 6)


def test_a_class_that_never_occurs_does_not_count():
    counts = confusion(np.array([0, 2]), np.array([0, 1]))
    assert macro_recall(counts) == pytest.approx(0.5)


@given(PAIRS)
def test_figures_agree_with_counting_pair_by_pair(pairs):
    recalls, f1s = [], []
    for label in {label for label, _ in pairs}:
        right = sum(pair == (label, label) for pair in pairs)
        recall = right / sum(true == label for true, _ in pairs)
        precision = right / max(sum(guess == label for _, guess in pairs), 1)
        recalls.append(recall)
        f1s.append(2 * precision * recall / (precision + recall) if right else 0.0)
    counts = confusion(*np.array(pairs).T)
    assert macro_recall(counts) == pytest.approx(sum(recalls) / len(recalls))
    assert macro_f1(counts) == pytest.approx(sum(f1s) / len(f1s))


def test_no_labels_is_an_error_not_a_zero():
    empty = np.zeros((3, 3), dtype=int)
    for figure in (macro_recall, macro_f1, accuracy):
        with pytest.raises(ValueError, match="no labels"):
            figure(empty)
    with pytest.raises(ValueError, match="no labels"):
        calibration_error(np.zeros((0, 3)), np.zeros(0, dtype=int))


def test_calibration_error_by_hand():
    shares = np.array([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [1.0, 0.0, 0.0]])
    labels = np.array([0, 1, 1, 0])
    # Bin .9–1.0 holds three (0.9, 0.9, 1.0; two right), bin .6–.7 one (right).
    assert calibration_error(shares, labels) == pytest.approx((abs(2 - 2.8) + abs(1 - 0.6)) / 4)


def test_coverage_and_accuracy_at_a_floor():
    shares = np.array([[0.9, 0.05, 0.05], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    reached = at_floor(shares, np.array([0, 0, 0]), 0.8)
    assert reached.coverage == pytest.approx(2 / 3)
    assert reached.accuracy == pytest.approx(0.5)
    assert at_floor(shares, np.array([0, 0, 0]), 0.95).accuracy is None


def test_without_neutral_the_other_two_sum_to_one():
    two = without_neutral(np.array([[0.2, 0.6, 0.2], [0.1, 0.6, 0.3]]))
    assert two == pytest.approx(np.array([[0.5, 0.0, 0.5], [0.25, 0.0, 0.75]]))


def test_many_confusions_at_once_are_judged_one_by_one():
    counts = np.array([[[1, 1, 0], [0, 1, 0], [1, 0, 2]], [[0, 0, 0], [1, 3, 0], [2, 0, 2]]])
    assert macro_recalls(counts) == pytest.approx([macro_recall(each) for each in counts])
    assert macro_f1s(counts) == pytest.approx([macro_f1(each) for each in counts])
    assert accuracies(counts) == pytest.approx([accuracy(each) for each in counts])
    assert np.isnan([figure(np.zeros((3, 3))) for figure in (macro_recalls, macro_f1s, accuracies)]).all()


def test_neutral_is_masked_only_where_the_set_has_none():
    shares = np.array([[0.2, 0.6, 0.2], [0.2, 0.6, 0.2]])
    assert masked(shares, np.array([2, 3])) == pytest.approx(np.array([[0.5, 0.0, 0.5], [0.2, 0.6, 0.2]]))


@pytest.mark.parametrize(("confidence", "place"), [(0.0, 0), (0.34, 3), (0.999, 9), (1.0, 9)])
def test_a_confidence_has_its_bin(confidence, place):
    assert bin_of(np.array([confidence])).tolist() == [place]
