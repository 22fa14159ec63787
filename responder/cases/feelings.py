"""Says in words how sure it is that somebody is unhappy, and whose word that is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_VERY = 0.8

_FEELINGS: Mapping[str | None, str] = MappingProxyType(
    {
        "negative": "unhappy ({} % sure)",
        "neutral": "sounds neutral ({} % likely unhappy)",
        "positive": "sounds happy ({} % likely unhappy)",
        None: "{} % likely unhappy",
    }
)
_CORRECTED: Mapping[str, str] = MappingProxyType(
    {
        "negative": "unhappy, a person of the team says",
        "neutral": "neutral, a person of the team says",
        "positive": "happy, a person of the team says",
    }
)


def feeling(p_negative: float | None, *, label: str | None, abstained: bool | None, is_corrected: bool = False) -> str:
    """Return how somebody feels, for people. None is unknown; `is_corrected`: the label is a person's."""
    if is_corrected and label is not None:
        return _CORRECTED[label]
    if p_negative is None:
        return "not scored yet"
    percent = min(99, max(1, round(100 * p_negative)))  # a model is never 100 % sure
    if abstained:
        return f"unsure, counts half: {percent} % likely unhappy"
    words = _FEELINGS.get(label, _FEELINGS[None]).format(percent)
    return f"very {words}" if label == "negative" and p_negative >= _VERY else words
