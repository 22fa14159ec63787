"""The noun of this floor: an opinion about one text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """How a text feels about what it speaks of. Neutral is not negative."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


LABELS: tuple[Label, ...] = tuple(Label)
"""Every array of logits or probabilities in this package has its three columns in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the model thinks of one text.

    The three probabilities sum to 1. `label` is always their argmax and `confidence` the probability of that label,
    also when `abstained`: then the interface shows "unsure" and `reason` says why. `language` is an ISO 639-1 code or
    "und". `model` names the model and its version.
    """

    label: Label
    p_negative: float
    p_neutral: float
    p_positive: float
    confidence: float
    abstained: bool
    reason: str | None
    language: str
    model: str
