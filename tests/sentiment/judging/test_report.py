from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sentiment import Opinion, Scorer
from sentiment.judging.report import evaluate
from sentiment.training.rows import Row

TEXTS = ("I hate this", "a table here", "we love it")


class Listening:
    """A scorer that remembers which claims it was given."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.claims: list[object] = []

    @property
    def model(self) -> str:
        return self._scorer.model

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        self.claims.append(languages)
        return self._scorer.score(texts, languages=languages)


def rows_of(name: str, language: str, labels: Sequence[int], *, said: Sequence[int] | None = None, classes: int = 3):
    """Rows that the tiny model gives the labels `said`: those they have, when not told otherwise."""
    return [
        Row(
            id=f"{name}{number}", text=f"{TEXTS[told]} {number}", label=label, language=language, set=name,
            classes=classes, licence="stated",
        )
        for number, (label, told) in enumerate(zip(labels, labels if said is None else said, strict=True))
    ]  # fmt: skip


@pytest.fixture
def rows():
    return [
        *rows_of("shop", "en", [0, 1, 2, 2]),
        *rows_of("films", "en", [0, 2, 0, 2], said=[0, 2, 2, 2], classes=2),
        *rows_of("bank", "el", [0, 1, 2, 1], said=[0, 0, 2, 1]),
    ]


def test_sets_then_languages_then_everything(tiny_scorer, rows):
    found = evaluate(rows, tiny_scorer, resamples=50)
    assert [(group.language, group.set, group.classes, group.rows) for group in found.groups] == [
        ("el", "bank", 3, 4),
        ("en", "films", 2, 4),
        ("en", "shop", 3, 4),
        ("el", "all", 3, 4),
        ("en", "all", None, 8),
        ("all", "all", None, 12),
    ]
    assert found.model == tiny_scorer.model
    assert [group.model.figures["accuracy"].value for group in found.groups] == pytest.approx(
        [3 / 4, 3 / 4, 1, 3 / 4, 7 / 8, 10 / 12]
    )
    assert found.groups[0].model.confusion == ((1, 0, 0), (1, 1, 0), (0, 0, 1))


def test_coverage_is_what_the_product_would_show_as_sure(tiny_scorer, rows):
    sure = [not opinion.abstained for opinion in tiny_scorer.score([row.text for row in rows])]
    found = evaluate(rows, tiny_scorer, resamples=50).groups[-1].model.figures
    assert found["coverage"].value == pytest.approx(np.mean(sure))


def test_the_majority_stands_beside_and_tfidf_only_when_it_is_given(tiny_scorer, rows):
    found = evaluate(rows, tiny_scorer, resamples=50)
    shop = found.groups[2]
    assert shop.majority.figures["macro_recall"].value == pytest.approx(1 / 3)
    assert shop.majority.figures["accuracy"].value == pytest.approx(2 / 4)
    assert "coverage" not in shop.majority.figures
    assert (shop.tfidf, shop.against_tfidf, found.holds) == (None, None, None)


def test_a_worse_baseline_of_the_same_rows_is_beaten(tiny_scorer, rows):
    always_negative = np.tile([0.8, 0.1, 0.1], (len(rows), 1))
    found = evaluate(rows, tiny_scorer, tfidf=always_negative, resamples=50)
    assert [group.against_tfidf is None for group in found.groups] == [False] * 5 + [True]
    shop = found.groups[2]
    assert shop.tfidf.figures["macro_recall"].value == pytest.approx(1 / 3)
    assert shop.against_tfidf.difference == pytest.approx(2 / 3)
    assert found.holds


def test_claims_are_told_only_when_asked_for(tiny_scorer, rows):
    scorer = Listening(tiny_scorer)
    evaluate(rows, scorer, resamples=50)
    evaluate(rows, scorer, claims=True, resamples=50)
    assert scorer.claims == [None, [row.language for row in rows]]


def test_progress_adds_up_to_all_rows(tiny_scorer, rows, monkeypatch):
    monkeypatch.setattr("sentiment.judging.report._SCORED_AT_ONCE", 5)
    told: list[int] = []
    evaluate(rows, tiny_scorer, resamples=50, on_scored=told.append)
    assert told == [5, 5, 2]


def test_no_rows_is_an_error(tiny_scorer):
    with pytest.raises(ValueError, match="no rows"):
        evaluate([], tiny_scorer)
