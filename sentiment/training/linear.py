"""Trains the wide branch: a linear model over n-grams, fitted to its one best place, then rounded to int8."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax

from sentiment.language import iso_code
from sentiment.opinions import LABELS
from sentiment.training.rows import Row
from sentiment.training.sampling import NOISY_SETS, balanced_weights
from sentiment.wide import KINDS, Ngrams, WideBranch, ngrams_of, quantised, shares

Array = np.ndarray[Any, Any]

MIXTURES = frozenset({"es-en", "hi-en"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearPlan:
    """How the wide branch is fitted.

    Kept are n-grams met in `least_texts` texts of a language (characters, words), one more for each `rows_a_text` rows
    it has, and of those the `most_ngrams` that weigh most.

    `strength` is the inverse of the penalty on squared weights, per row. Within a language, rows of a variant or
    mixture with n rows weigh in proportion to n^(`exponent` - 1), and rare labels more by `balance` (see
    `balanced_weights`); the mean weight is 1.
    """

    least_texts: tuple[int, int] = (3, 2)
    rows_a_text: int = 25_000
    most_ngrams: int = 160_000
    strength: float = 2.0
    exponent: float = 0.7
    balance: float = 0.5
    two_class_weight: float = 0.3
    rounds: int = 60
    set_weights: Mapping[str, float] = field(default_factory=lambda: NOISY_SETS)


def fit_wide(rows: Sequence[Row], plan: LinearPlan, *, on_language: Callable[[str], None] | None = None) -> WideBranch:
    """Return the branch fitted on `rows` (folded texts). The neutral logit is left out where a set knows no neutral.

    Multinomial logistic regression with a squared penalty on TF-IDF, found by L-BFGS, for each language by itself.
    `on_language` is told each language as it is done.
    """
    parts = []
    for language, chosen in sorted(_by_language(rows).items()):
        parts.append(_fitted(chosen, language, plan))
        if on_language:
            on_language(language)
    keys, weights, rarity = (np.concatenate(each) for each in zip(*parts, strict=True))
    # Two n-grams of different languages with one key are one in 3,000: the first stays.
    keys, places = np.unique(keys, return_index=True)
    return quantised(keys, weights[places], rarity[places])


def _by_language(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Group rows by the language they are found to be. Mixtures and creoles ("hi-en", "pcm") are left out.

    They are found to be either of their languages, and cost it: with the n-grams of Spanglish, Spanish lost three
    points. Nor do they gain, the network being far ahead of n-grams there.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        code = iso_code(row.language)
        if code and row.language not in MIXTURES:
            groups[code].append(row)
    return groups


def _fitted(rows: Sequence[Row], language: str, plan: LinearPlan) -> tuple[Array, Array, Array]:
    """Return the keys kept, their weights (keys, 3), mean 0 over the labels, and how rare they are."""
    ngrams = _read([row.text for row in rows], language)
    keys, column, texts_with = np.unique(ngrams.keys, return_inverse=True, return_counts=True)
    kind = np.zeros(len(keys), dtype=np.int64)
    kind[column] = ngrams.vector % KINDS
    enough = np.array(plan.least_texts)[kind] + len(rows) // plan.rows_a_text
    kept = np.flatnonzero(texts_with >= enough)
    rarity = np.log((1 + len(rows)) / (1 + texts_with)) + 1
    found = _minimised(_design(ngrams, column, kept, rarity, len(rows)), rows, plan)
    found -= found.mean(axis=1, keepdims=True)
    heaviest = np.argsort(-np.abs(found).max(axis=1) * rarity[kept], kind="stable")[: plan.most_ngrams]
    return keys[kept[heaviest]], found[heaviest], rarity[kept[heaviest]]


def _design(ngrams: Ngrams, column: Array, kept: Array, rarity: Array, texts: int) -> csr_matrix:
    """Return TF-IDF (texts, kept n-grams)."""
    place = np.full(len(rarity), -1)
    place[kept] = np.arange(len(kept))
    seen = place[column] >= 0
    vector, column = ngrams.vector[seen], column[seen]
    share = shares(vector, ngrams.times[seen], rarity[column], vectors=texts * KINDS)
    return csr_matrix((share, (vector // KINDS, place[column])), shape=(texts, len(kept)), dtype=np.float32)


def _read(texts: Sequence[str], language: str, chunk: int = 5_000) -> Ngrams:
    parts = []
    for start in range(0, len(texts), chunk):
        some = texts[start : start + chunk]
        part = ngrams_of(some, [language] * len(some))
        parts.append((part.vector + start * KINDS, part.keys, part.times))
    return Ngrams(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _minimised(design: csr_matrix, rows: Sequence[Row], plan: LinearPlan) -> Array:
    labels = np.array([row.label for row in rows])
    no_neutral = np.array([row.classes == 2 for row in rows])
    weights = _row_weights(rows, plan)
    transposed = design.T.tocsr()
    places = np.arange(len(labels))

    def cost(flat: Array) -> tuple[float, Array]:
        found = flat.reshape(-1, 3).astype(np.float32)
        logits = design @ found
        logits[no_neutral, 1] = -1e4
        log_p = log_softmax(logits, axis=1)
        residual = np.exp(log_p)
        residual[places, labels] -= 1
        slope = transposed @ (residual * weights[:, None]).astype(np.float32) + found / plan.strength
        loss = -(log_p[places, labels] * weights).sum() + 0.5 * (found**2).sum() / plan.strength
        return float(loss), slope.ravel().astype(np.float64)

    start = np.zeros(design.shape[1] * 3)
    options = {"maxiter": plan.rounds, "maxcor": 5}
    return minimize(cost, start, jac=True, method="L-BFGS-B", options=options).x.reshape(-1, 3)  # type: ignore[no-any-return]


def _row_weights(rows: Sequence[Row], plan: LinearPlan) -> Array:
    counted = Counter(row.language for row in rows)
    found = balanced_weights(rows, plan.balance) * [
        counted[row.language] ** (plan.exponent - 1)
        * plan.set_weights.get(row.set, 1.0)
        * (1.0 if row.classes == len(LABELS) else plan.two_class_weight)
        for row in rows
    ]
    return found / found.mean()  # type: ignore[no-any-return]
