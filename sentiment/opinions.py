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


class Intent(StrEnum):
    """What the writer of a text wants, which decides whether it needs an answer."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    PRAISE = "praise"
    SUGGESTION = "suggestion"
    NOISE = "noise"


INTENTS: tuple[Intent, ...] = tuple(Intent)
"""Every array about intents in this package has its five columns in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the model thinks of one text.

    The three probabilities sum to 1. `label` is always their argmax and `confidence` the probability of that label,
    also when `abstained`: then the interface shows "unsure" and `reason` says why. `language` is an ISO 639-1 code or
    "und". `model` names the model and its version. `intents` are the probabilities of `INTENTS` and sum to 1,
    `intensity` is how upset the writer is, 0 to 1; both are None where the model does not tell.
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
    intents: tuple[float, ...] | None = None
    intensity: float | None = None

    @property
    def intent(self) -> Intent | None:
        """The likeliest intent; None where the model does not tell."""
        return INTENTS[self.intents.index(max(self.intents))] if self.intents else None
