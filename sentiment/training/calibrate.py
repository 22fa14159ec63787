"""Chooses temperatures and the floor on rows put aside for tuning, and measures on the other half. Trains nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sentiment import evaluation
from sentiment.calibration import fit_temperature, probabilities, temperatures
from sentiment.language import UNDETERMINED, iso_code
from sentiment.model_facts import ModelFacts
from sentiment.training.rows import Row

Array = np.ndarray[Any, Any]
Score = Callable[[Sequence[str]], Array]
"""Gives the logits (texts, 3) of texts, through the very engine that will serve them."""

LEAST_ROWS = 100
"""Fewer rows of a language than this and its temperature is that of all the other languages."""

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
    """Return the facts with temperatures per language and a floor, fitted on `rows` whose sets know all three labels.

    The languages that the model has not learned get one too: high, because what it says about them means little.
    """
    three = [row for row in rows if row.classes == 3]
    logits = score([row.text for row in three])
    labels = np.array([row.label for row in three])
    places = _by_language(three)
    learned = facts.languages or ()
    strangers = [index for code, chosen in places.items() if code not in learned for index in chosen]
    fitted = {
        code: round(fit_temperature(logits[chosen], labels[chosen]), 3)
        for code, chosen in sorted(places.items())
        if len(chosen) >= LEAST_ROWS and code != UNDETERMINED
    }
    default = fit_temperature(logits[strangers], labels[strangers]) if strangers else max(fitted.values(), default=1.0)
    warmed = replace(facts, temperatures=fitted, default_temperature=round(default, 3))
    own = [index for code in learned for index in places.get(code, [])]
    return replace(warmed, floor=choose_floor(_probabilities(warmed, three, logits)[own], labels[own]))


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
    shares = _probabilities(facts, rows, score([row.text for row in rows]))
    groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        language = iso_code(row.language) or UNDETERMINED
        groups[language, row.set, row.classes].append(index)
        if row.classes == 3:
            groups[language, "all", 3].append(index)
    labels = np.array([row.label for row in rows])
    return [_figures(key, shares[chosen], labels[chosen], facts.floor) for key, chosen in sorted(groups.items())]


def agreement_with(logits: Array, rows: Sequence[Row], score: Score) -> float:
    """Return the share of rows to which the served model gives the label that `logits`, its fp32 self's, would."""
    return float((logits.argmax(axis=1) == score([row.text for row in rows]).argmax(axis=1)).mean())


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
    return probabilities(logits, temperatures(facts, [iso_code(row.language) or UNDETERMINED for row in rows]))


def _by_language(rows: Sequence[Row]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        places[iso_code(row.language) or UNDETERMINED].append(index)
    return dict(places)
