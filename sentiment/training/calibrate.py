"""Chooses branch weights, temperatures and the floor on rows put aside for tuning, and measures on the other half."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from sentiment import evaluation
from sentiment.calibration import feelings, stacked
from sentiment.columns import FEELING
from sentiment.language import iso_code
from sentiment.model_facts import ModelFacts
from sentiment.training.linear import MIXED_INTO
from sentiment.training.rows import Row

Array = np.ndarray[Any, Any]
Score = Callable[[Sequence[str], Sequence[str]], Array]
"""Gives the rows (`sentiment.columns`) of texts in languages, through the very engine that will serve them."""

LEAST_ROWS = 60
"""Fewer rows of a language than this and it is judged as all the others together."""

PULL = 10.0
"""How many rows' worth of evidence draws a language towards what is best for all of them."""

LEAST_TEMPERATURE = 0.2

WANTED_ACCURACY = 0.85
LEAST_COVERAGE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured on one set, or on all of a language (`set` is then "all")."""

    language: str
    set: str
    classes: int
    rows: int
    macro_recall: float
    macro_f1: float
    accuracy: float
    calibration_error: float
    coverage: float
    accuracy_when_sure: float | None


def calibrated(facts: ModelFacts, rows: Sequence[Row], score: Score) -> ModelFacts:
    """Return the facts with weights of the wide branch and temperatures per language, and a floor, fitted on `rows`.

    Per language the pair with the least negative log-likelihood (Guo et al. 2017 for the temperature alone), drawn a
    little towards that of all languages; neutral is left out where a set knows none.
    """
    outputs = _scored(rows, score)
    everywhere = _fitted(outputs, rows, towards=None)
    places = _by_language(rows)
    fitted = {
        code: _fitted(outputs[chosen], [rows[index] for index in chosen], towards=everywhere)
        for code, chosen in sorted(places.items())
        if len(chosen) >= LEAST_ROWS
    }
    warmed = replace(
        facts,
        wide_weights={code: round(weight, 3) for code, (weight, _) in fitted.items()},
        temperatures={code: round(temperature, 3) for code, (_, temperature) in fitted.items()},
        default_wide_weight=round(everywhere[0], 3),
        default_temperature=round(everywhere[1], 3),
    )
    own = [
        index
        for index, row in enumerate(rows)
        if row.classes == 3 and iso_code(row.language) in (facts.languages or tuple(fitted))
    ]
    chosen_rows = [rows[index] for index in own]
    shares = _probabilities(warmed, chosen_rows, outputs[own])
    return replace(warmed, floor=choose_floor(shares, np.array([row.label for row in chosen_rows])))


def _fitted(outputs: Array, rows: Sequence[Row], *, towards: tuple[float, float] | None) -> tuple[float, float]:
    """Return (weight of the wide branch, temperature)."""
    labels = np.array([row.label for row in rows])
    no_neutral = np.array([row.classes == 2 for row in rows])
    network, both = outputs[:, FEELING], stacked(outputs, 1.0)
    wide = both - network

    def cost(pair: Array) -> float:
        weight, log_temperature = pair
        logits = (network + weight * wide) / np.exp(log_temperature)
        logits[no_neutral, 1] = -1e4
        lost = -float(log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels].sum())
        if towards is not None:
            lost += PULL * ((weight - towards[0]) ** 2 + (log_temperature - np.log(towards[1])) ** 2)
        return lost

    bounds = [(0.0, 5.0), (np.log(LEAST_TEMPERATURE), np.log(20.0))]
    start = [0.5, 0.2] if towards is None else [towards[0], np.log(towards[1])]
    weight, log_temperature = minimize(cost, start, method="L-BFGS-B", bounds=bounds).x
    return float(weight), float(np.exp(log_temperature))


def choose_floor(shares: Array, labels: Array) -> float:
    """Return the lowest floor at which sure opinions are right 85 times in 100, but leave half of the texts sure."""
    for floor in np.arange(0.40, 0.96, 0.01):
        reached = evaluation.at_floor(shares, labels, float(floor))
        if reached.coverage < LEAST_COVERAGE:
            return round(float(floor) - 0.01, 2)
        if reached.accuracy is not None and reached.accuracy >= WANTED_ACCURACY:
            return round(float(floor), 2)
    return 0.95


def measure(facts: ModelFacts, rows: Sequence[Row], score: Score) -> list[Figures]:
    """Return the figures per language and set, and per language over its sets that know all three labels."""
    shares = _probabilities(facts, rows, _scored(rows, score))
    groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        language = iso_code(row.language) or MIXED_INTO
        groups[language, row.set, row.classes].append(index)
        if row.classes == 3:
            groups[language, "all", 3].append(index)
    labels = np.array([row.label for row in rows])
    return [_figures(key, shares[chosen], labels[chosen], facts.floor) for key, chosen in sorted(groups.items())]


def agreement_with(logits: Array, rows: Sequence[Row], score: Score) -> float:
    """Return the share of rows to which the served model gives the label that `logits`, its fp32 network's, would."""
    served = _scored(rows, score)[:, FEELING]
    return float((logits[:, FEELING].argmax(axis=1) == served.argmax(axis=1)).mean())


def _figures(key: tuple[str, str, int], shares: Array, labels: Array, floor: float) -> Figures:
    language, name, classes = key
    judged = shares if classes == 3 else evaluation.without_neutral(shares)
    counts = evaluation.confusion(labels, judged.argmax(axis=1))
    sure = evaluation.at_floor(judged, labels, floor)
    return Figures(
        language=language,
        set=name,
        classes=classes,
        rows=len(labels),
        macro_recall=evaluation.macro_recall(counts),
        macro_f1=evaluation.macro_f1(counts),
        accuracy=evaluation.accuracy(counts),
        calibration_error=evaluation.calibration_error(judged, labels),
        coverage=sure.coverage,
        accuracy_when_sure=sure.accuracy,
    )


def _probabilities(facts: ModelFacts, rows: Sequence[Row], logits: Array) -> Array:
    return feelings(logits, facts, _languages(rows))


def _scored(rows: Sequence[Row], score: Score) -> Array:
    return score([row.text for row in rows], _languages(rows))


def _languages(rows: Sequence[Row]) -> list[str]:
    return [iso_code(row.language) or MIXED_INTO for row in rows]


def _by_language(rows: Sequence[Row]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        places[iso_code(row.language) or MIXED_INTO].append(index)
    return dict(places)
