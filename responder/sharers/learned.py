"""A model of who will be re-shared, learned from what an earlier period led to: logistic regression by Newton steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from responder.sharers.tellings import Known

Array = np.ndarray[Any, Any]

FEATURES = ("telling", "days", "posts", "reputation", "followers", "rate", "reshared", "carry", "age", "recency")
"""Counts and rates, read as log(1 + x); `original` is added as the share it is."""

PENALTY = 1.0
STEPS = 25


def learn(known: Known, positive: Array) -> Callable[[Known], Array]:
    """Learn from people and who of them turned out positive; return what gives others' chances, same platform.

    The squared penalty bears on standardised features, so that none weighs more for its unit.
    """
    raw = _features(known)
    middle, spread = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    design = _design((raw - middle) / spread)
    weights = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 1e-6
    for _ in range(STEPS):
        chance = _chance(design @ weights)
        slope = design.T @ (positive - chance) - penalty * weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return lambda others: _chance(_design((_features(others) - middle) / spread) @ weights)


def _features(known: Known) -> Array:
    """Return (people, features and whether each was told). What is unknown counts as the middle of what is known."""
    columns = [np.log1p(np.maximum(getattr(known, name), 0.0)) for name in FEATURES]
    columns.append(known.original)
    filled = []
    for column in columns:
        told = ~np.isnan(column)
        filled += [np.where(told, column, np.median(column[told]) if told.any() else 0.0), told.astype(float)]
    return np.column_stack(filled)


def _design(standardised: Array) -> Array:
    return np.column_stack([np.ones(len(standardised)), np.clip(standardised, -6, 6)])


def _chance(logits: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))  # type: ignore[no-any-return]
