"""What one text adds to each figure: columns whose sums over any texts give the figures of those texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment.evaluation import BINS, accuracies, bin_of, macro_f1s, macro_recalls
from sentiment.judging.resampling import interval, resampled
from sentiment.opinions import LABELS

Array = np.ndarray[Any, Any]

_SIDE = len(LABELS)
_CELLS = slice(0, _SIDE**2)
_SURE = _CELLS.stop
_SURE_AND_RIGHT = _SURE + 1
_GAPS = slice(_SURE_AND_RIGHT + 1, _SURE_AND_RIGHT + 1 + BINS)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval; all None when it is not defined (no text was sure, say)."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures by name, and counts by true label (rows) and given label (columns), both in the order of `LABELS`."""

    confusion: tuple[tuple[int, ...], ...]
    figures: dict[str, Interval]


def measure(probabilities: Array, labels: Array, sure: Array | None, *, resamples: int) -> Measured:
    """Return the figures of the labels that `probabilities` (texts, 3) choose, with percentile bootstrap intervals.

    `sure` says of each text whether the model stands by its label; None for a model that never abstains, and then
    coverage and accuracy at the floor are no figures of it. Raises ValueError when there are no texts.
    """
    columns = tally(probabilities, labels, np.ones(len(labels)) if sure is None else sure)
    sums = columns.sum(axis=0)
    found, drawn = figures(sums), figures(resampled(columns, times=resamples))
    wanted = [name for name in found if sure is not None or name not in AT_FLOOR]
    return Measured(
        confusion=tuple(tuple(map(int, row)) for row in sums[_CELLS].reshape(_SIDE, _SIDE)),
        figures={name: _interval(float(found[name]), drawn[name]) for name in wanted},
    )


def tally(probabilities: Array, labels: Array, sure: Array) -> Array:
    """Return (texts, columns): the cell of the confusion, sure, sure and right, and right − confidence by its bin."""
    rows = np.arange(len(labels))
    chosen, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = chosen == labels
    columns = np.zeros((len(labels), _GAPS.stop))
    columns[rows, labels * _SIDE + chosen] = 1
    columns[:, _SURE] = sure
    columns[:, _SURE_AND_RIGHT] = right & sure.astype(bool)
    columns[rows, _GAPS.start + bin_of(confidence)] = right - confidence
    return columns


AT_FLOOR = ("coverage", "accuracy_at_floor")


def figures(sums: Array) -> dict[str, Array]:
    """Return each figure for column sums (…, columns); nan where it is not defined."""
    counts = sums[..., _CELLS].reshape(*sums.shape[:-1], _SIDE, _SIDE)
    texts, sure = counts.sum(axis=(-2, -1)), sums[..., _SURE]
    with np.errstate(invalid="ignore"):
        at_floor = (sure / texts, sums[..., _SURE_AND_RIGHT] / sure)
    return {
        "macro_recall": macro_recalls(counts),
        "macro_f1": macro_f1s(counts),
        "accuracy": accuracies(counts),
        "calibration_error": np.abs(sums[..., _GAPS]).sum(axis=-1) / texts,
        **dict(zip(AT_FLOOR, at_floor, strict=True)),
    }


def _interval(value: float, drawn: Array) -> Interval:
    return Interval(None, None, None) if np.isnan(value) else Interval(value, *interval(drawn))
