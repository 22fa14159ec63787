"""Chooses which rows to train on, and how often: rare languages more often than they come, noisy sets less."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sentiment.opinions import LABELS
from sentiment.training.rows import Row

Array = np.ndarray[Any, Any]

HEAVIEST = 3.0
"""A label met a few dozen times in a language is not to be learned by heart."""

NOISY_SETS = {
    # Posts and brand talk are what we score; comments, reviews and above all film subtitles only round them off.
    "goemotions_en": 0.35,
    "womens_clothing_reviews_en": 0.35,
    "uber_play_reviews_en": 0.5,
    "sst5_as3_en": 0.5,
    "uci_sentiment_sentences_en": 0.7,
    "xed_subtitles_multi": 0.3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """`visits` rows in all; a language of n rows gets a share in proportion to boost · n^exponent.

    Within a language a set of weight w (1 where unnamed) is drawn w times as often; no row comes up again before all
    others of its language have.
    """

    visits: int = 290_000
    exponent: float = 0.5
    boosts: Mapping[str, float] = field(default_factory=lambda: {"en": 1.8})
    set_weights: Mapping[str, float] = field(default_factory=lambda: NOISY_SETS)
    intent_visits: int = 4
    seed: int = 20261122


def mixed(rows: Sequence[Row], mixture: Mixture) -> list[Row]:
    """Return about `mixture.visits` rows, as the mixture says."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.language].append(place)
    sizes = {code: mixture.boosts.get(code, 1.0) * len(found) ** mixture.exponent for code, found in places.items()}
    total = sum(sizes.values())
    chosen: list[int] = []
    for code in sorted(places):
        chance = np.random.default_rng([mixture.seed, *code.encode()])
        found = np.array(places[code])
        weights = np.array([mixture.set_weights.get(rows[place].set, 1.0) for place in found])
        wanted = round(mixture.visits * sizes[code] / total)
        while wanted > 0:
            # Exponential keys (Efraimidis and Spirakis 2006): a weighted draw without replacement in one sort.
            keys = chance.exponential(size=len(found)) / weights
            drawn = found[np.argsort(keys, kind="stable")[:wanted]]
            chosen += drawn.tolist()
            wanted -= len(drawn)
    return [rows[place] for place in chosen]


def balanced_weights(rows: Sequence[Row], balance: float) -> Array:
    """Return a weight per row: (n / 3n_c)^`balance`, of n rows of its language of which n_c have its label.

    0 leaves the labels as they come, 1 makes each of a language count the same. No row weighs more than `HEAVIEST`.
    """
    languages, labels = Counter(row.language for row in rows), Counter((row.language, row.label) for row in rows)
    evened = [(languages[row.language] / (len(LABELS) * labels[row.language, row.label])) ** balance for row in rows]
    return np.minimum(np.array(evened), HEAVIEST)  # type: ignore[no-any-return]
