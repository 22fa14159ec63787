"""Makes `sentiment/romanised.npz`: `python -m sentiment.training.romanised FOLDER/train.csv.gz`, some minutes.

py3langid is naive Bayes: a text's score for a language is log(1 + counts of its byte n-grams) times a column of
weights, over the square root of its length. Each romanised language gets a further column, fitted so that the softmax
over all columns gives its texts to it and every other text to the rest, which stay as they are: convex, found by
L-BFGS. n-grams that none of its texts have get the weight of a hardly ever seen one, as py3langid does itself, so
that texts in languages without any training rows do not fall to it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from sentiment.language import KNOWN, prior
from sentiment.romanised import ROMANISED, RomanisedColumns, write_columns
from sentiment.training.language_samples import (
    HINDI,
    Sample,
    english_words,
    in_greeklish,
    mostly_english,
    read_samples,
)

Array = np.ndarray[Any, Any]

TAGS = tuple(ROMANISED)

NEVER_TRAINED_ON = "xed_subtitles_multi"
"""A set of many languages that is kept to check with, the only one with Dutch and Italian."""

MOST_OF_A_SET = {"en": 4000, "hi": 20_000, "hi-en": 20_000, "el": 20_000, "ar-MA": 20_000}
"""Rows taken of one set, by language; 2,000 of the others."""

LEAST_TEXTS = 4
"""An n-gram in fewer romanised texts than this counts as never seen."""

UNSEEN = -15.0
"""The weight of an n-gram never seen. py3langid's own lowest is -14.98."""

PENALTY = 0.03
"""On the squared distance from the naive Bayes weights."""

REST_WEIGHT = 4.0
"""How much more a text of the rest counts: few posts are romanised, and one taken for it wrongly is worse."""

NOT_OF_IT = np.log(0.1)
"""A row this much likelier to be something else is taken for a wrong label and left out of the second fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is fitted. `features` (texts, met n-grams) and `ones` (texts) are already over the root of the length.

    `base` (texts) is what the unseen n-grams of a text add to any new column, `rest` (texts) the log of all that the
    known languages get together. `targets` (texts) is 0 for the rest, then the place in `TAGS` and one.
    """

    features: csr_matrix
    ones: Array
    base: Array
    rest: Array
    targets: Array


def chosen(samples: Sequence[Sample], *, seed: int = 1) -> Iterator[tuple[Sample, int]]:
    """Yield what is trained on, with its target: texts, and of every other one a piece of one to four words.

    Romanised Hindi that is mostly English is left out, as are such pieces of it.
    """
    english = english_words(samples)
    chance = random.Random(seed)  # noqa: S311  (where a piece begins, not a secret)
    for place, sample in enumerate((*in_greeklish(samples, seed=seed), *samples)):
        for each in (sample, _piece(sample, chance)) if place % 2 else (sample,):
            if sample.language not in HINDI:
                yield each, TAGS.index(each.language) + 1 if each.language in TAGS else 0
            elif not mostly_english(each.text, english):
                yield each, TAGS.index("hi-Latn") + 1


def _piece(sample: Sample, chance: random.Random) -> Sample:
    split = sample.text.split()
    start = chance.randrange(len(split))
    return replace(sample, text=" ".join(split[start : start + chance.randint(1, 4)]))


def counted(texts: Sequence[str], table: Any) -> tuple[csr_matrix, Array]:
    """Return log(1 + counts) of the texts' n-grams (texts, features), and 1 over the root of their lengths in bytes."""
    from py3langid.langid import visit_counts

    starts, roots = [0], []
    places: list[int] = []
    counts: list[int] = []
    for text in texts:
        encoded = table._encode(text)  # noqa: SLF001  (its own reading of a text, so that ours cannot differ)
        visits = visit_counts(table.tk_nextmove, table._rowbase, table.tk_output, encoded) or {}  # noqa: SLF001
        places.extend(visits.keys())
        counts.extend(visits.values())
        starts.append(len(places))
        roots.append(1.0 / np.sqrt(len(encoded) or 1))
    logs = np.log1p(np.array(counts, dtype=np.float32))
    shape = (len(texts), table.nb_ptc.shape[0])
    return csr_matrix((logs, np.array(places, dtype=np.int32), starts), shape=shape), np.array(roots, dtype=np.float32)


def pose(samples: Sequence[tuple[Sample, int]], table: Any) -> tuple[Problem, Array, Array]:
    """Return the problem, which features are met, and the naive Bayes weights to start from (tags, met features)."""
    counts, roots = counted([sample.text for sample, _ in samples], table)
    targets = np.array([target for _, target in samples])
    texts_with = np.asarray((counts[targets > 0] > 0).sum(axis=0)).ravel()
    met = texts_with >= LEAST_TEXTS
    weights = prior(KNOWN, ())
    known = counts @ table.nb_ptc.astype(np.float32) + table.nb_pc
    known = known * roots[:, None] + np.log([weights[code] for code in table.nb_classes])
    inside = counts[:, met]
    unseen = np.asarray(counts.sum(axis=1)).ravel() - np.asarray(inside.sum(axis=1)).ravel()
    problem = Problem(
        features=inside.multiply(roots[:, None]).tocsr(),
        ones=roots,
        base=UNSEEN * unseen * roots,
        rest=logsumexp(known, axis=1),
        targets=targets,
    )
    start = [_naive_bayes(inside[targets == place]) for place in range(1, len(TAGS) + 1)]
    return problem, met, np.stack(start)


def fit(problem: Problem, start: Array, *, rounds: Sequence[int] = (25, 45)) -> tuple[Array, Array]:
    """Return weights (tags, met features) and biases (tags). Fits as often as `rounds` says, each time anew cleaned.

    A row of a romanised language that the last fit gives to something else for certain is left out of the next.
    """
    shape = start.shape
    found = np.concatenate([np.zeros(start.size), np.zeros(len(start))])
    weighed = np.where(problem.targets > 0, 1.0, REST_WEIGHT)
    kept = weighed
    for limit in rounds:
        cost = _cost(problem, start, kept)
        found = minimize(cost, found, jac=True, method="L-BFGS-B", options={"maxiter": limit}).x
        weights, biases = start + found[: start.size].reshape(shape), found[start.size :]
        shares = _log_shares(problem, weights, biases)
        own = shares[np.arange(len(kept)), problem.targets]
        kept = np.where((problem.targets > 0) & (own < NOT_OF_IT), 0.0, weighed)
    return weights, biases


def _naive_bayes(counts: csr_matrix) -> Array:
    sums = np.asarray(counts.sum(axis=0)).ravel() + 0.1
    return np.maximum(np.log(sums / sums.sum()), UNSEEN)  # type: ignore[no-any-return]


def _log_shares(problem: Problem, weights: Array, biases: Array) -> Array:
    own = problem.features @ weights.T.astype(np.float32) + problem.ones[:, None] * biases + problem.base[:, None]
    scores = np.column_stack([problem.rest, own])
    return scores - logsumexp(scores, axis=1, keepdims=True)  # type: ignore[no-any-return]


def _cost(problem: Problem, start: Array, kept: Array) -> Callable[[Array], tuple[float, Array]]:
    transposed = problem.features.T.tocsr()
    rows = np.arange(len(kept))

    def cost(flat: Array) -> tuple[float, Array]:
        moved, biases = flat[: start.size].reshape(start.shape), flat[start.size :]
        log_shares = _log_shares(problem, start + moved, biases)
        loss = -(kept * log_shares[rows, problem.targets]).sum() + PENALTY * (moved**2).sum()
        slope = np.exp(log_shares)
        slope[rows, problem.targets] -= 1.0
        slope = slope[:, 1:] * kept[:, None]
        by_weight = (transposed @ slope.astype(np.float32)).T + 2 * PENALTY * moved
        return loss, np.concatenate([by_weight.ravel(), problem.ones @ slope])

    return cost


def main(file: Path) -> None:
    """Train on the rows of `file` and write the columns beside `sentiment/language.py`."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    table = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    table.set_languages(list(KNOWN))
    samples = read_samples(
        file, most=lambda code, name: 0 if name == NEVER_TRAINED_ON else MOST_OF_A_SET.get(code, 2000)
    )
    problem, met, start = pose(list(chosen(samples)), table)
    weights, biases = fit(problem, start)
    columns = np.full((len(met), len(TAGS)), UNSEEN)
    columns[met] = weights.T
    made = RomanisedColumns(tags=TAGS, weights=columns, biases=biases)
    write_columns(made, met=met, outputs=np.asarray(table.tk_output))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
