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
from sentiment.language import LanguageIdentifier
from sentiment.model_facts import ModelFacts
from sentiment.normalise import normalise
from sentiment.opinions import LABELS
from sentiment.training.rows import Row
from sentiment.training.sampling import balanced_weights

Array = np.ndarray[Any, Any]
Score = Callable[[Sequence[str], Sequence[str]], Array]
"""Gives the rows (`sentiment.columns`) of texts in languages, through the very engine that will serve them."""

LEAST_ROWS = 60
"""Fewer rows of a language than this and it is judged as all the others together."""

PULL = 10.0
"""How many rows' worth of evidence draws a language towards what is best for all of them."""

BALANCE = 0.5
"""How far rare labels count more in choosing a weight, as in training: by likelihood alone neutral would win."""

WIDE_WEIGHTS = (0.0, 5.0)
LOG_TEMPERATURES = (np.log(0.2), np.log(20.0))

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


def found_languages(written: Sequence[Row]) -> list[str]:
    """Return the languages that rows with their texts as written are found to be: those a product calibrates by."""
    identifier = LanguageIdentifier()
    return [identifier.identify(normalise(row.text)).language for row in written]


def calibrated(facts: ModelFacts, rows: Sequence[Row], found: Sequence[str], score: Score) -> ModelFacts:
    """Return the facts with weights of the wide branch and temperatures per language, and a floor, fitted on `rows`.

    `found` are the languages that the rows were found to be. Per language the weight with the least negative
    log-likelihood, labels balanced within it, drawn a little towards that of all languages; then the temperature with
    the least as the labels come (Guo et al. 2017). Neutral is left out where a set knows none.
    """
    outputs = score([row.text for row in rows], found)
    everywhere = _fitted(outputs, rows, towards=None)
    places = _by_language(found)
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
        if row.classes == len(LABELS) and found[index] in (facts.languages or tuple(fitted))
    ]
    shares = feelings(outputs[own], warmed, [found[index] for index in own])
    return replace(warmed, floor=choose_floor(shares, np.array([rows[index].label for index in own])))


def _fitted(outputs: Array, rows: Sequence[Row], *, towards: tuple[float, float] | None) -> tuple[float, float]:
    """Return (weight of the wide branch, temperature)."""
    labels = np.array([row.label for row in rows])
    no_neutral = np.array([row.classes < len(LABELS) for row in rows])
    network = outputs[:, FEELING]
    wide = stacked(outputs, 1.0) - network

    def lost(weight: float, log_temperature: float, row_weights: Array) -> float:
        logits = (network + weight * wide) / np.exp(log_temperature)
        logits[no_neutral, 1] = -1e4
        log_p = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
        pull = 0.0
        if towards is not None:
            pull = PULL * ((weight - towards[0]) ** 2 + (log_temperature - np.log(towards[1])) ** 2)
        return pull - float((log_p * row_weights).sum())

    evened = balanced_weights([replace(row, language="") for row in rows], BALANCE)
    start = [0.5, 0.2] if towards is None else [towards[0], np.log(towards[1])]
    weight, balanced = minimize(
        lambda pair: lost(pair[0], pair[1], evened), start, method="L-BFGS-B", bounds=[WIDE_WEIGHTS, LOG_TEMPERATURES]
    ).x
    (log_temperature,) = minimize(
        lambda at: lost(weight, at[0], np.ones(len(rows))), [balanced], method="L-BFGS-B", bounds=[LOG_TEMPERATURES]
    ).x
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


def measure(facts: ModelFacts, rows: Sequence[Row], found: Sequence[str], score: Score) -> list[Figures]:
    """Return the figures per language and set, and per language over its sets that know all three labels.

    Rows stand under the language they are said to be in, and are judged as the one they were `found` to be.
    """
    shares = feelings(score([row.text for row in rows], found), facts, found)
    groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        groups[row.language, row.set, row.classes].append(index)
        if row.classes == len(LABELS):
            groups[row.language, "all", len(LABELS)].append(index)
    labels = np.array([row.label for row in rows])
    return [_figures(key, shares[chosen], labels[chosen], facts.floor) for key, chosen in sorted(groups.items())]


def agreement_with(logits: Array, rows: Sequence[Row], score: Score) -> float:
    """Return the share of rows to which the served network gives the label that `logits`, its fp32 self's, would."""
    served = score([row.text for row in rows], [""] * len(rows))[:, FEELING]
    return float((logits[:, FEELING].argmax(axis=1) == served.argmax(axis=1)).mean())


def _figures(key: tuple[str, str, int], shares: Array, labels: Array, floor: float) -> Figures:
    language, name, classes = key
    judged = shares if classes == len(LABELS) else evaluation.without_neutral(shares)
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


def _by_language(found: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, code in enumerate(found):
        places[code].append(index)
    return dict(places)
