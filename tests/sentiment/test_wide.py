from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import ModelUnusable
from sentiment.wide import KINDS, LONGEST, WIDE_FILE, WideBranch, ngrams_of, quantised, shares

RARE = 2.0


def branch(*texts: str, seed: int = 1) -> WideBranch:
    """A branch that knows the n-grams of these English texts, with weights by chance."""
    keys = np.unique(ngrams_of(texts, ["en"] * len(texts)).keys)
    return quantised(keys, np.random.default_rng(seed).normal(size=(len(keys), 3)), np.full(len(keys), RARE))


def keys_of(text: str, language: str = "en") -> set[int]:
    return set(ngrams_of([text], [language]).keys.tolist())


def test_a_text_is_its_runs_of_two_to_five_characters_and_its_words_and_pairs():
    # " ab cd " has 7 characters: 6 + 5 + 4 + 3 runs; two words and one pair.
    assert len(keys_of("ab cd")) == 18 + 3
    assert len(keys_of("ab cd") & keys_of("cd ab")) >= 2


def test_each_language_has_ngrams_of_its_own():
    assert not keys_of("gift", "en") & keys_of("gift", "de")


def test_what_comes_twice_stands_once_and_counts_a_little_more():
    ngrams = ngrams_of(["late late"], ["en"])
    assert len(ngrams.keys) == len(set(zip(ngrams.vector.tolist(), ngrams.keys.tolist(), strict=True)))
    assert ngrams.times.max() == 2
    once, twice = shares(np.zeros(2, dtype=int), np.array([1, 2]), np.ones(2), vectors=1)
    assert twice / once == pytest.approx(1 + np.log(2))


def test_characters_and_words_each_weigh_as_much():
    ngrams = ngrams_of(["the bill is wrong again"], ["en"])
    share = shares(ngrams.vector, ngrams.times, np.ones(len(ngrams.keys)), vectors=KINDS)
    assert np.bincount(ngrams.vector, share**2).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)


def test_what_nobody_has_seen_leaves_the_branch_silent():
    assert branch("the bill is wrong").logits(["καλημερα", ""], ["en", "en"]).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert branch("the bill is wrong").logits(["the bill is wrong"], ["de"]).tolist() == [[0, 0, 0]]


def test_a_branch_that_knows_nothing_is_silent(tmp_path):
    quantised(np.zeros(0, dtype=np.uint32), np.zeros((0, 3)), np.zeros(0)).save(tmp_path)
    assert WideBranch.open(tmp_path).logits(["the bill"], ["en"]).tolist() == [[0, 0, 0]]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_text_weighs_the_same_alone_and_among_others(texts):
    known = branch(*texts)
    among = known.logits(texts, ["en"] * len(texts))
    assert among.shape == (len(texts), 3)
    assert np.isfinite(among).all()
    for text, row in zip(texts, among, strict=True):
        assert np.allclose(known.logits([text], ["en"])[0], row, atol=1e-4)


def test_no_text_at_all_is_nothing():
    assert branch("late").logits([], []).shape == (0, 3)


def test_a_very_long_text_is_cut():
    long = "late again " * 100_000
    known = branch("late again late")
    assert np.array_equal(known.logits([long], ["en"]), known.logits([long[:LONGEST]], ["en"]))


def test_int8_weights_are_close_to_what_they_stand_for(tmp_path):
    texts = ["the bill is wrong", "so quick, thank you", "καλημερα σασ"]
    ngrams = ngrams_of(texts, ["en"] * 3)
    keys, places = np.unique(ngrams.keys, return_inverse=True)
    chance = np.random.default_rng(3)
    weights, rarity = chance.normal(size=(len(keys), 3)), chance.uniform(1, 9, size=len(keys))
    quantised(keys, weights, rarity).save(tmp_path)
    share = shares(ngrams.vector, ngrams.times, rarity[places], vectors=len(texts) * KINDS)
    exact = np.zeros((3, 3))
    np.add.at(exact, ngrams.vector // KINDS, weights[places] * share[:, None])
    assert np.allclose(WideBranch.open(tmp_path).logits(texts, ["en"] * 3), exact, atol=0.06)


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path, damage):
    (tmp_path / WIDE_FILE).write_bytes(damage)
    with pytest.raises(ModelUnusable, match=r"wide\.npz cannot be read.*restore"):
        WideBranch.open(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"table": np.zeros((3, 3), dtype=np.int8)},
        {"table": np.zeros((3, 4), dtype=np.float32)},
        {"pages": np.array([2], dtype=np.uint16)},
        {"scale": np.ones(3)},
    ],
)
def test_a_table_of_another_shape_or_kind_is_refused(tmp_path, change):
    sound = {
        "lower": np.arange(3, dtype=np.uint16),
        "pages": np.array([3], dtype=np.uint16),
        "table": np.zeros((3, 4), dtype=np.int8),
        "scale": np.ones(4),
    }
    np.savez(tmp_path / WIDE_FILE, **(sound | change))
    with pytest.raises(ModelUnusable, match="the table is"):
        WideBranch.open(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelUnusable, match=r"wide\.npz"):
        WideBranch.open(tmp_path)
