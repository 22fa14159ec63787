"""Turns logits into probabilities that mean what they say, and says when not to trust them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment import columns
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


def probabilities(logits: np.ndarray[Any, Any], temperature: float | np.ndarray[Any, Any] = 1.0) -> Floats:
    """Return softmax(logits / temperature) row by row in float64; `temperature` is one number or one per row."""
    scaled = np.asarray(logits, dtype=np.float64) / np.reshape(temperature, (-1, 1))
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def feelings(outputs: np.ndarray[Any, Any], facts: ModelFacts, languages: Sequence[str]) -> Floats:
    """Return calibrated probabilities (texts, 3) from an engine's rows and the languages found.

    The network's logits and, by the weight of the language, the wide branch's (a weighted product of experts, Hinton
    2002), divided by the temperature of the language.
    """
    return probabilities(stacked(outputs, wide_weights(facts, languages)), temperatures(facts, languages))


def stacked(outputs: np.ndarray[Any, Any], weights: float | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return logits (texts, 3): the network's plus `weights` (one number or one per row) times the wide branch's."""
    if outputs.shape[1] < columns.WIDE.stop:
        return outputs[:, columns.FEELING]
    return outputs[:, columns.FEELING] + np.reshape(weights, (-1, 1)) * outputs[:, columns.WIDE]  # type: ignore[no-any-return]


def wide_weights(facts: ModelFacts, languages: Sequence[str]) -> Floats:
    """Return the weight of the wide branch per row for the languages found."""
    return np.array([facts.wide_weights.get(code, facts.default_wide_weight) for code in languages], dtype=np.float64)


def temperatures(facts: ModelFacts, languages: Sequence[str]) -> Floats:
    """Return one temperature per row for the languages found."""
    return np.array([facts.temperatures.get(code, facts.default_temperature) for code in languages], dtype=np.float64)


def form_opinion(
    row: np.ndarray[Any, Any] | None,
    outputs: np.ndarray[Any, Any] | None,
    *,
    readable: bool,
    language: str,
    facts: ModelFacts,
    floor: float,
) -> Opinion:
    """Make the opinion about one text from its probabilities and the engine's row; None: nothing to give the model.

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
        intents=_intents(outputs),
        intensity=_intensity(outputs),
    )


def _intents(outputs: np.ndarray[Any, Any] | None) -> tuple[float, ...] | None:
    if outputs is None or len(outputs) < columns.INTENT.stop:
        return None
    return tuple(map(float, probabilities(outputs[None, columns.INTENT])[0]))


def _intensity(outputs: np.ndarray[Any, Any] | None) -> float | None:
    if outputs is None or len(outputs) <= columns.INTENSITY:
        return None
    return float(1.0 / (1.0 + np.exp(-np.clip(outputs[columns.INTENSITY], -30.0, 30.0))))


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
