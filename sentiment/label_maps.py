"""Brings the labels of any checkpoint onto our three, or refuses. Pure functions; loading is for the torch engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sentiment.batching import Logits
from sentiment.errors import ModelUnusable
from sentiment.opinions import LABELS, Label

# What the checkpoints we met call them, in the languages people train them in; stars are the habit of review models.
_NAMES: dict[Label, str] = {
    Label.NEGATIVE: (
        "negative, neg, very negative, extremely negative, somewhat negative, slightly negative, 1 star, 1 stars, "
        "2 stars, negativ, sehr negativ, negativo, muy negativo, negativa, negatif, très négatif, négatif, negatief, "
        "olumsuz, αρνητικό, αρνητική, سلبي"
    ),
    Label.NEUTRAL: "neutral, neu, 3 stars, neutro, neutra, neutrale, neutre, neutraal, netral, nötr, ουδέτερο, محايد",
    Label.POSITIVE: (
        "positive, pos, very positive, extremely positive, somewhat positive, slightly positive, 4 stars, 5 stars, "
        "positiv, sehr positiv, positivo, muy positivo, positiva, positif, très positif, positief, pozitif, olumlu, "
        "θετικό, θετική, إيجابي"
    ),
}
_MEANINGS: dict[str, Label] = {name: label for label, names in _NAMES.items() for name in names.split(", ")}

NEVER = -1e4
"""The logit of a class that a checkpoint does not know: its probability is 0 at any temperature in use."""


def label_columns(names: Mapping[int, str], *, model: str) -> tuple[tuple[int, ...], ...]:
    """Return for each of our labels the columns of the checkpoint that mean it; a model may lack neutral.

    Raises ModelUnusable when a name is not understood or negative or positive is missing.
    """
    meanings = {column: _MEANINGS.get(_plain(name)) for column, name in names.items()}
    strange = [names[column] for column, meaning in meanings.items() if meaning is None]
    if strange:
        raise ModelUnusable(
            f"{model}: cannot tell what its labels {', '.join(map(repr, strange))} mean. Copy the model to a folder "
            'and name them in "id2label" of its config.json: negative, neutral, positive'
        )
    columns = tuple(tuple(sorted(c for c, meaning in meanings.items() if meaning is label)) for label in LABELS)
    if not (columns[0] and columns[2]):
        raise ModelUnusable(
            f"{model}: has labels {', '.join(names.values())}, not both negative and positive: use another"
        )
    return columns


def merged(logits: np.ndarray[Any, Any], columns: Sequence[Sequence[int]]) -> Logits:
    """Return logits (texts, 3) whose softmax sums the checkpoint's probabilities over the columns of each label."""
    parts = [
        np.logaddexp.reduce(logits[:, list(chosen)], axis=1) if chosen else np.full(len(logits), NEVER)
        for chosen in columns
    ]
    return np.stack(parts, axis=1).astype(np.float32)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", str(name)).strip().lower()
