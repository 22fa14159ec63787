"""Whether a model is better than a baseline on the same rows: paired bootstrap, set by set and language by language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment.evaluation import macro_f1s, macro_recalls, masked
from sentiment.judging.resampling import SEED, resampled
from sentiment.opinions import LABELS

Array = np.ndarray[Any, Any]

RESAMPLES = 2000
LEAST_PROBABILITY = 0.95

_FIGURE_OF = {"en": "macro_recall"}
_USUAL_FIGURE = "macro_f1"
_FIGURES = {"macro_recall": macro_recalls, "macro_f1": macro_f1s}
_SIDE = len(LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much better the model is than the baseline by one figure (negative: worse), on the same rows.

    `standard_error` is that of the difference, `probability` the share of paired resamples in which the model is
    better (a tie counts half).
    """

    figure: str
    rows: int
    model: float
    baseline: float
    difference: float
    standard_error: float
    probability: float

    @property
    def below(self) -> bool:
        """Whether the model is worse by more than one standard error."""
        return self.difference < -self.standard_error

    @property
    def better(self) -> bool:
        """Whether the model is better with a probability of at least .95."""
        return self.probability >= LEAST_PROBABILITY


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences by (language, set), and by language over all rows of its sets."""

    sets: dict[tuple[str, str], Difference]
    languages: dict[str, Difference]

    @property
    def holds(self) -> bool:
        """Whether no set is below by more than one standard error and every language is better."""
        sets, languages = self.sets.values(), self.languages.values()
        return not any(each.below for each in sets) and all(each.better for each in languages)


def figure_of(language: str) -> str:
    """Return the figure a language is judged by: English by that of SemEval-2017 task 4, all others by macro-F1."""
    return _FIGURE_OF.get(language, _USUAL_FIGURE)


def compare(  # noqa: PLR0917  (two models, then what is known of the rows)
    p_model: Array,
    p_baseline: Array,
    labels: Array,
    classes: Array,
    sets: Sequence[str],
    languages: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Comparison:
    """Compare two models by their probabilities (rows, 3) for the same rows.

    `labels` index `LABELS`; where `classes` is 2 neither model may answer neutral. A language is judged on all rows of
    its sets together. Raises ValueError when there are no rows.
    """
    if not len(labels):
        raise ValueError("no rows to compare on")
    chosen = [masked(each, classes).argmax(axis=1) for each in (p_model, p_baseline)]
    by_set: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_language: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(zip(languages, sets, strict=True)):
        by_set[key].append(index)
        by_language[key[0]].append(index)

    def difference(language: str, rows: list[int]) -> Difference:
        cells = np.hstack([_cells(labels[rows], each[rows]) for each in chosen])
        return _difference(figure_of(language), cells, resamples=resamples, seed=seed)

    return Comparison(
        {key: difference(key[0], rows) for key, rows in sorted(by_set.items())},
        {language: difference(language, rows) for language, rows in sorted(by_language.items())},
    )


def _difference(figure: str, cells: Array, *, resamples: int, seed: int) -> Difference:
    model, baseline = map(float, _both(figure, cells.sum(axis=0)))
    drawn = np.subtract(*_both(figure, resampled(cells, times=resamples, seed=seed)))
    return Difference(
        figure=figure,
        rows=len(cells),
        model=model,
        baseline=baseline,
        difference=model - baseline,
        standard_error=float(drawn.std(ddof=1)),
        probability=float((drawn > 0).mean() + (drawn == 0).mean() / 2),
    )


def _cells(labels: Array, chosen: Array) -> Array:
    """Return (rows, 9): a one in the cell of the confusion where the row falls."""
    return np.eye(_SIDE**2)[labels * _SIDE + chosen]  # type: ignore[no-any-return]


def _both(figure: str, sums: Array) -> tuple[Array, Array]:
    """Return the figure of the model and of the baseline for sums (…, 18) of their cells."""
    counts = sums.reshape(*sums.shape[:-1], 2, _SIDE, _SIDE)
    return _FIGURES[figure](counts[..., 0, :, :]), _FIGURES[figure](counts[..., 1, :, :])
