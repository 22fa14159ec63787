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
    return float(macro_recalls(_some(counts)))


def macro_f1(counts: Array) -> float:
    """Return the mean F1 over the classes that occur among the labels. Raises ValueError when there are none."""
    return float(macro_f1s(_some(counts)))


def accuracy(counts: Array) -> float:
    """Return the share on the diagonal. Raises ValueError when there are no labels."""
    return float(accuracies(_some(counts)))


def macro_recalls(counts: Array) -> Array:
    """Return `macro_recall` of each of many confusions (…, classes, classes); nan for one without labels."""
    return _mean_of_present(_diagonal(counts), counts.sum(axis=-1), counts)


def macro_f1s(counts: Array) -> Array:
    """Return `macro_f1` of each of many confusions (…, classes, classes); nan for one without labels."""
    return _mean_of_present(2.0 * _diagonal(counts), counts.sum(axis=-2) + counts.sum(axis=-1), counts)


def accuracies(counts: Array) -> Array:
    """Return `accuracy` of each of many confusions (…, classes, classes); nan for one without labels."""
    return _ratio(_diagonal(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def calibration_error(probabilities: Array, labels: Array, *, bins: int = BINS) -> float:
    """Return the expected calibration error of the chosen label over equal-width bins (Naeini et al. 2015).

    The mean gap between confidence and accuracy per bin, weighted by texts. Raises ValueError when there are no texts.
    """
    if not len(labels):
        raise ValueError("no labels to judge by")
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    gaps = np.bincount(bin_of(confidence, bins=bins), weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def bin_of(confidence: Array, *, bins: int = BINS) -> Array:
    """Return the place of each confidence among equal-width bins; 1.0 belongs to the last."""
    return np.minimum((confidence * bins).astype(int), bins - 1)  # type: ignore[no-any-return]


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


def masked(probabilities: Array, classes: Array) -> Array:
    """Return the probabilities (texts, 3), `without_neutral` where the text's set knows only two classes."""
    return np.where(np.asarray(classes)[:, None] == 2, without_neutral(probabilities), probabilities)


def _some(counts: Array) -> Array:
    if not counts.sum():
        raise ValueError("no labels to judge by")
    return counts


def _diagonal(counts: Array) -> Array:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _mean_of_present(parts: Array, wholes: Array, counts: Array) -> Array:
    present = counts.sum(axis=-1) > 0
    return _ratio(np.where(present, _ratio(parts, wholes), 0.0).sum(axis=-1), present.sum(axis=-1))


def _ratio(parts: Array, wholes: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.true_divide(parts, wholes))
