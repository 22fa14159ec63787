from __future__ import annotations

from dataclasses import replace

import numpy as np

from sentiment.training.linear import LinearPlan, fit_wide
from tests.sentiment.training.tiny_encoder import invented_rows

PLAN = LinearPlan(rounds=30, set_weights={})


def test_it_learns_the_telling_words():
    found = fit_wide(invented_rows(120), PLAN).logits(["we hate it", "we love it", "we table it"], ["en"] * 3)
    assert found.argmax(axis=1).tolist() == [0, 2, 1]


def test_it_is_the_same_whenever_it_is_fitted():
    rows = invented_rows(60)
    first, second = (fit_wide(rows, PLAN).logits(["we hate today"], ["en"]) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_set_without_neutral_teaches_nothing_against_neutral():
    rows = invented_rows(120)
    text = ["nobody said this before"]
    without = fit_wide([row for row in rows if row.label != 1], PLAN).logits(text, ["en"])[0]
    two = [replace(row, classes=2) for row in rows if row.label != 1]
    kept = fit_wide(two, PLAN).logits(text, ["en"])[0]
    assert without[1] < kept[1] + 1e-6


def test_mixtures_and_creoles_teach_no_language():
    rows = invented_rows(120)
    mixed = [
        replace(row, language=language) for row, language in zip(rows, ("hi-en", "es-en", "pcm") * 40, strict=True)
    ]
    known = fit_wide([*rows, *mixed], PLAN)
    assert known.logits(["we hate it"], ["en"]).any()
    assert not known.logits(["we hate it"] * 2, ["hi", "es"]).any()
