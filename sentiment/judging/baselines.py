"""What a model must beat: always saying the commonest label, and TF-IDF with logistic regression per language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sentiment.errors import ModelUnusable
from sentiment.normalise import folded, normalise
from sentiment.opinions import LABELS
from sentiment.training.rows import Row

Array = np.ndarray[Any, Any]

MOST_FEATURES = 300_000
"""Of words and of characters each: the commonest are kept. More made nothing better and English does not fit."""

FEWEST_ROWS = 20
"""With fewer rows of a language than this no n-gram comes often enough to be kept."""

_WORD_OR_MARK = r"\w+|[^\w\s]"
"""Punctuation and emoji say much about a feeling, so each is a word of its own."""

_TWO_CLASS_WEIGHT = 0.3
"""Rows of sets without neutral teach against neutral; counted less, every set with three classes came out better."""


def majority(labels: Array) -> Array:
    """Return the shares of the labels (texts, 3), the same for each text. Raises ValueError when there are none."""
    if not len(labels):
        raise ValueError("no labels to count")
    shares = np.bincount(labels, minlength=len(LABELS)) / len(labels)
    return np.tile(shares, (len(labels), 1))


def tfidf(train: Sequence[Row], rows: Sequence[Row], *, on_done: Callable[[int], None] | None = None) -> Array:
    """Train TF-IDF on `train` and return its probabilities (rows, 3) for `rows`, each language by its own model.

    Words 1–2 and characters 2–5 (within words), sublinear counts, multinomial logistic regression, with
    neither accents nor case. Languages come one after the other: English with 126,000 rows takes minutes and some
    gigabytes. `on_done` is told how many of `rows` were done. A language with fewer than `FEWEST_ROWS` to train on gets
    the shares of the labels over all of `train`.
    Raises ValueError when `train` is empty, and ModelUnusable when scikit-learn is not installed.
    """
    probabilities = majority(np.array([row.label for row in train]))[:1].repeat(len(rows), axis=0)
    taught, asked = _by_language(train), _by_language(rows)
    for language, places in asked.items():
        lessons = [train[index] for index in taught.get(language, ())]
        if len(lessons) >= FEWEST_ROWS and len({row.label for row in lessons}) > 1:
            probabilities[places] = _fitted(lessons, [_form(rows[index]) for index in places])
        if on_done:
            on_done(len(places))
    return probabilities


def _fitted(lessons: Sequence[Row], texts: Sequence[str]) -> Array:
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
    except ImportError as error:
        raise ModelUnusable("TF-IDF needs scikit-learn: pip install -r requirements-dev.txt") from error
    model = make_pipeline(make_union(*_vectorizers()), LogisticRegression(C=3.0, tol=1e-3, max_iter=200))
    labels = [row.label for row in lessons]
    model.fit([_form(row) for row in lessons], labels, logisticregression__sample_weight=_weights(lessons))
    probabilities = np.zeros((len(texts), len(LABELS)))
    probabilities[:, model[-1].classes_] = model.predict_proba(texts)
    return probabilities


def _vectorizers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    usual = {"sublinear_tf": True, "lowercase": False, "dtype": np.float32, "max_features": MOST_FEATURES}
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=_WORD_OR_MARK, **usual)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, **usual)
    return words, characters


def _weights(train: Sequence[Row]) -> Array:
    mixed = len({row.classes for row in train}) > 1
    return np.array([_TWO_CLASS_WEIGHT if mixed and row.classes == 2 else 1.0 for row in train])


def _form(row: Row) -> str:
    return folded(normalise(row.text))


def _by_language(rows: Sequence[Row]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        places[row.language].append(index)
    return dict(places)
