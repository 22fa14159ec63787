from __future__ import annotations

import numpy as np
import pytest

from sentiment.judging.comparison import Comparison, Difference, compare


def saying(labels) -> np.ndarray:
    """Return probabilities that choose these labels."""
    return np.eye(3)[np.asarray(labels, dtype=int)] * 0.8 + 0.1


def compared(model, baseline, labels, *, language="tr", classes=3, name="shop") -> Comparison:
    n = len(labels)
    return compare(saying(model), saying(baseline), np.array(labels), np.full(n, classes), [name] * n, [language] * n)


def spoiled(labels, share, seed):
    chance = np.random.default_rng(seed)
    return np.where(chance.random(len(labels)) < share, (labels + 1) % 3, labels)


def test_the_same_model_is_neither_better_nor_worse():
    labels = np.arange(300) % 3
    same = spoiled(labels, 0.3, 1)
    found = compared(same, same, labels)
    difference = found.sets["tr", "shop"]
    assert (difference.difference, difference.standard_error, difference.probability) == (0.0, 0.0, 0.5)
    assert not difference.below
    assert not found.holds


def test_models_equally_good_on_other_rows_are_better_about_half_the_time():
    labels = np.zeros(400, dtype=int)
    model, baseline = labels.copy(), labels.copy()
    model[:40] = baseline[40:80] = 1
    assert compared(model, baseline, labels, language="en").languages["en"].probability == pytest.approx(0.5, abs=0.04)


def test_a_plainly_better_model_is_better_nearly_always_and_a_worse_one_is_below():
    labels = np.arange(600) % 3
    good, bad = spoiled(labels, 0.2, 1), spoiled(labels, 0.4, 2)
    better, worse = compared(good, bad, labels), compared(bad, good, labels)
    assert better.languages["tr"].probability > 0.99
    assert better.holds
    assert worse.languages["tr"].probability < 0.01
    assert worse.sets["tr", "shop"].below
    assert not worse.holds


def test_standard_error_and_probability_of_paired_answers_are_the_analytic_ones():
    # One class only, so that macro-recall is the share of right answers: 30 rows won, 15 lost, the others alike.
    labels = np.zeros(200, dtype=int)
    model, baseline = labels.copy(), labels.copy()
    baseline[:30] = 1
    model[30:45] = 1
    found = compared(model, baseline, labels, language="en").sets["en", "shop"]
    assert (found.figure, found.rows) == ("macro_recall", 200)
    assert found.difference == pytest.approx(15 / 200)
    assert found.standard_error == pytest.approx((45 - 15**2 / 200) ** 0.5 / 200, rel=0.06)
    assert found.probability == pytest.approx(0.988, abs=0.008)  # Φ(15 / √(45 − 15²/200))


def test_english_is_judged_by_macro_recall_and_the_others_by_macro_f1():
    labels, given = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]
    assert compared(given, labels, labels, language="en").sets["en", "shop"].model == pytest.approx(13 / 18)
    assert compared(given, labels, labels, language="el").sets["el", "shop"].model == pytest.approx(
        (2 / 4 + 2 / 3 + 4 / 5) / 3
    )


def test_neutral_is_no_answer_where_the_set_knows_only_two_classes():
    shares = np.array([[0.3, 0.6, 0.1], [0.1, 0.6, 0.3]])
    labels, names = np.array([0, 2]), ["films", "films"]
    two = compare(shares, saying([2, 0]), labels, np.array([2, 2]), names, ["tr", "tr"])
    three = compare(shares, saying([2, 0]), labels, np.array([3, 3]), names, ["tr", "tr"])
    assert (two.sets["tr", "films"].model, two.sets["tr", "films"].baseline) == (1.0, 0.0)
    assert three.sets["tr", "films"].model == 0.0


def test_a_language_is_judged_on_all_rows_of_its_sets():
    labels = np.array([0, 2, 0, 2, 0, 2])
    found = compare(
        saying([0, 2, 0, 0, 0, 2]), saying(labels), labels, np.full(6, 3), list("aabbbb"), ["de"] * 2 + ["fr"] * 4
    )
    assert list(found.sets) == [("de", "a"), ("fr", "b")]
    assert {language: each.rows for language, each in found.languages.items()} == {"de": 2, "fr": 4}


@pytest.mark.parametrize(("difference", "below"), [(-0.021, True), (-0.02, False), (0.0, False), (0.03, False)])
def test_below_means_by_more_than_one_standard_error(difference, below):
    found = Difference(
        figure="macro_f1", rows=9, model=0.5, baseline=0.5, difference=difference, standard_error=0.02, probability=0.5
    )
    assert found.below is below


def test_no_rows_is_an_error():
    with pytest.raises(ValueError, match="no rows"):
        compared([], [], np.zeros(0, dtype=int))
