"""Trains the wide branch: a linear model over hashed n-grams, fitted to its one best place, then rounded to int8."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags, vstack
from scipy.special import log_softmax

from sentiment.language import iso_code
from sentiment.training.rows import Row
from sentiment.training.sampling import NOISY_SETS
from sentiment.wide import BUCKET_BITS, ONE_TONGUE, WideBranch, hashed, quantised

Array = np.ndarray[Any, Any]

MIXED_INTO = "en"
"""Languages without a code of two letters are creoles and mixtures of English, and are found to be English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearPlan:
    """How the wide branch is fitted.

    Features met in fewer than `least_texts` texts of a language, one more for each `rows_a_text` rows it has, are left
    out, and of the others all but the `most_features` that weigh most: buckets are few enough that rare n-grams of
    English would drown those of other languages.

    `strength` is the inverse of the penalty on squared weights, per row. Within a language, rows of a variant or
    mixture with n rows weigh in proportion to n^(`exponent` - 1); the mean weight is 1.
    """

    least_texts: int = 2
    rows_a_text: int = 25_000
    most_features: int = 250_000
    strength: float = 5.0
    exponent: float = 0.7
    rounds: int = 60
    set_weights: Mapping[str, float] = field(default_factory=lambda: NOISY_SETS)


def fit_wide(rows: Sequence[Row], plan: LinearPlan, *, on_language: Callable[[str], None] | None = None) -> WideBranch:
    """Return the branch fitted on `rows` (folded texts). The neutral logit is left out where a set knows no neutral.

    Multinomial logistic regression with a squared penalty, found by L-BFGS, for each language by itself. Features are
    weighed by their inverse document frequency while fitting, so that the penalty bears on common ones; the weights
    kept include it. `on_language` is told each language as it is done.
    """
    weights = np.zeros((1 << BUCKET_BITS, 3), dtype=np.float32)
    for language, chosen in sorted(_by_tongue(rows).items()):
        kept, found = _fitted(chosen, language, plan)
        weights[kept] += found
        if on_language:
            on_language(language)
    return quantised(weights)


def tongue(language: str) -> str:
    """Return the language under whose n-grams rows of a language or mixture are learned ("hi-en" is found as "hi")."""
    code = iso_code(language) or MIXED_INTO
    return ONE_TONGUE.get(code, code)


def _by_tongue(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tongue(row.language)].append(row)
    return groups


def _fitted(rows: Sequence[Row], language: str, plan: LinearPlan) -> tuple[Array, Array]:
    """Return the buckets in use and their weights (buckets, 3), mean 0 over the labels."""
    features = _matrix([row.text for row in rows], language)
    texts_with = np.bincount(features.indices, minlength=features.shape[1])
    kept = np.flatnonzero(texts_with >= plan.least_texts + len(rows) // plan.rows_a_text)
    rarity = np.log((1 + len(rows)) / (1 + texts_with[kept])) + 1
    rarity /= rarity.mean()
    design = (features[:, kept] @ diags(rarity)).tocsr().astype(np.float32)
    found = _minimised(design, rows, plan) * rarity[:, None]
    found -= found.mean(axis=1, keepdims=True)
    heaviest = np.argsort(-np.abs(found).max(axis=1), kind="stable")[: plan.most_features]
    return kept[heaviest], found[heaviest]


def _matrix(texts: Sequence[str], language: str, chunk: int = 5_000) -> csr_matrix:
    parts = []
    for start in range(0, len(texts), chunk):
        some = texts[start : start + chunk]
        features = hashed(some, [language] * len(some))
        ends = np.append(features.starts[1:], len(features.hashes))
        parts.append(
            csr_matrix(
                (features.share, features.buckets(BUCKET_BITS).astype(np.int32), np.concatenate([[0], ends])),
                shape=(len(some), 1 << BUCKET_BITS),
            )
        )
        parts[-1].sum_duplicates()
    return vstack(parts, format="csr")


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
    found = np.array(
        [counted[row.language] ** (plan.exponent - 1) * plan.set_weights.get(row.set, 1.0) for row in rows]
    )
    return found / found.mean()  # type: ignore[no-any-return]
