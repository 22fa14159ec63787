"""Turns logits into probabilities that mean what they say, and says when not to trust them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment.language import UNDETERMINED
from sentiment.model_facts import ModelFacts
from sentiment.opinions import LABELS, Label, Opinion

Floats = np.ndarray[Any, np.dtype[np.float64]]

NO_WORDS = "There are no words in it to judge."
LANGUAGE_UNCLEAR = "Its language cannot be told, so the model may be misreading it."
LANGUAGE_NOT_LEARNED = "The model has not learned this language, so its guess is not to be relied on."
LANGUAGES_NOT_STATED = "Nobody has said which languages this model knows: name them in the languages setting."
NOTHING_STANDS_OUT = "No feeling stands out clearly enough."

_SAYS_NOTHING = np.array([0.25, 0.5, 0.25])
"""What a text without a single readable character gets. Always unsure, so that it is never counted as neutral."""

_COLDEST, _HOTTEST = 0.25, 20.0


def probabilities(logits: np.ndarray[Any, Any], temperature: float | np.ndarray[Any, Any] = 1.0) -> Floats:
    """Return softmax(logits / temperature) row by row in float64; `temperature` is one number or one per row."""
    scaled = np.asarray(logits, dtype=np.float64) / np.reshape(temperature, (-1, 1))
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def temperatures(facts: ModelFacts, languages: Sequence[str]) -> Floats:
    """Return one temperature per row for the languages found."""
    return np.array([facts.temperatures.get(code, facts.default_temperature) for code in languages], dtype=np.float64)


def fit_temperature(logits: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    """Return the temperature with the least negative log-likelihood (Guo et al. 2017), by golden-section search."""
    golden = (5**0.5 - 1) / 2
    low, high = np.log(_COLDEST), np.log(_HOTTEST)

    def cost(log_temperature: float) -> float:
        chosen = probabilities(logits, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if cost(left) < cost(right) else (left, high)
    return float(np.exp((low + high) / 2))


def form_opinion(
    row: np.ndarray[Any, Any] | None, *, readable: bool, language: str, facts: ModelFacts, floor: float
) -> Opinion:
    """Make the opinion about one text from its probabilities; None when there was nothing to give the model.

    `readable` is whether the text has words at all.
    """
    p_negative, p_neutral, p_positive = map(float, _SAYS_NOTHING if row is None else row)
    shares = (p_negative, p_neutral, p_positive)
    confidence = max(shares)
    label: Label = LABELS[shares.index(confidence)]
    reason = reason_to_abstain(confidence, readable=readable, language=language, facts=facts, floor=floor)
    return Opinion(
        label=label,
        p_negative=p_negative,
        p_neutral=p_neutral,
        p_positive=p_positive,
        confidence=confidence,
        abstained=reason is not None,
        reason=reason,
        language=language,
        model=facts.title,
    )


def reason_to_abstain(
    confidence: float, *, readable: bool, language: str, facts: ModelFacts, floor: float
) -> str | None:
    """Return why an opinion is to be shown as "unsure", None when it may be shown as sure. The gravest reason wins."""
    checks = (
        (not readable, NO_WORDS),
        (language == UNDETERMINED, LANGUAGE_UNCLEAR),
        (facts.languages is None, LANGUAGES_NOT_STATED),
        (facts.languages is not None and language not in facts.languages, LANGUAGE_NOT_LEARNED),
        (confidence < floor, NOTHING_STANDS_OUT),
    )
    return next((reason for holds, reason in checks if holds), None)
