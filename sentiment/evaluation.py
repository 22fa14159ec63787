"""How good opinions are: pure functions over labels and probabilities. Reading files and printing is for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BINS = 10


@dataclass(frozen=True, slots=True)
class AtFloor:
    """The share of texts that are not unsure at a floor, and how many of those are right (None when there are none)."""

    coverage: float
    accuracy: float | None


def confusion(labels: Array, predicted: Array, *, classes: int = 3) -> Array:
    """Return counts (classes, classes): rows are the true labels, columns the predicted ones."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (np.asarray(labels), np.asarray(predicted)), 1)
    return counts


def macro_recall(counts: Array) -> float:
    """Return the mean recall over the classes that occur among the labels. Raises ValueError when there are none."""
    present = _present(counts)
    return float((counts.diagonal()[present] / counts.sum(axis=1)[present]).mean())


def macro_f1(counts: Array) -> float:
    """Return the mean F1 over the classes that occur among the labels. Raises ValueError when there are none."""
    present = _present(counts)
    double = 2.0 * counts.diagonal()[present]
    return float((double / (counts.sum(axis=0) + counts.sum(axis=1))[present]).mean())


def accuracy(counts: Array) -> float:
    """Return the share on the diagonal. Raises ValueError when there are no labels."""
    _present(counts)
    return float(counts.trace() / counts.sum())


def calibration_error(probabilities: Array, labels: Array, *, bins: int = BINS) -> float:
    """Return the expected calibration error of the chosen label over equal-width bins (Naeini et al. 2015).

    The mean gap between confidence and accuracy per bin, weighted by texts. Raises ValueError when there are no texts.
    """
    if not len(labels):
        raise ValueError("no labels to judge by")
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(places, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def at_floor(probabilities: Array, labels: Array, floor: float) -> AtFloor:
    """Return coverage and accuracy of the opinions whose confidence reaches `floor`."""
    sure = probabilities.max(axis=1) >= floor
    if not sure.any():
        return AtFloor(0.0, None)
    return AtFloor(float(sure.mean()), float((probabilities[sure].argmax(axis=1) == labels[sure]).mean()))


def without_neutral(probabilities: Array) -> Array:
    """Return the probabilities given that neutral is no answer, for sets that know only two classes."""
    two = probabilities * np.array([1.0, 0.0, 1.0])
    return two / np.clip(two.sum(axis=1, keepdims=True), 1e-12, None)  # type: ignore[no-any-return]


def _present(counts: Array) -> Array:
    present = counts.sum(axis=1) > 0
    if not present.any():
        raise ValueError("no labels to judge by")
    return present  # type: ignore[no-any-return]
