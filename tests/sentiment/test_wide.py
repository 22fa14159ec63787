from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import ModelUnusable
from sentiment.wide import LONGEST, WIDE_FILE, WideBranch, hashed, quantised

BITS = 12


def branch(seed: int = 1) -> WideBranch:
    return quantised(np.random.default_rng(seed).normal(size=(1 << BITS, 3)))


def ngrams(text: str) -> set[int]:
    features = hashed([text], ["en"])
    return set(features.hashes[features.share > 0].tolist())


def test_a_text_is_its_runs_of_two_to_five_characters_and_its_words_and_pairs():
    # " ab cd " has 7 characters: 6 + 5 + 4 + 3 runs; two words and one pair.
    assert len(ngrams("ab cd")) == 18 + 3
    assert ngrams("ab") < ngrams("ab cd") | ngrams("ab")
    assert len(ngrams("ab cd") & ngrams("cd ab")) >= 2


def test_characters_and_words_each_weigh_as_much():
    features = hashed(["the bill is wrong again"], ["en"])
    assert (features.share**2).sum() == pytest.approx(2.0, abs=1e-5)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_text_weighs_the_same_alone_and_among_others(texts):
    among = branch().logits(texts, ["en"] * len(texts))
    assert among.shape == (len(texts), 3)
    assert np.isfinite(among).all()
    for text, row in zip(texts, among, strict=True):
        assert np.allclose(branch().logits([text], ["en"])[0], row, atol=1e-4)


def test_no_text_at_all_and_an_empty_one_are_nothing():
    assert branch().logits([], []).shape == (0, 3)
    assert ngrams("") == ngrams("")
    assert len(ngrams("")) == 1  # the two blanks around it


def test_a_very_long_text_is_cut():
    long = "late again " * 100_000
    assert np.array_equal(branch().logits([long], ["en"]), branch().logits([long[:LONGEST]], ["en"]))


def test_int8_weights_are_close_to_what_they_stand_for(tmp_path):
    weights = np.random.default_rng(3).normal(size=(1 << BITS, 3))
    quantised(weights).save(tmp_path)
    texts = ["the bill is wrong", "so quick, thank you", "καλημερα σασ"]
    features = hashed(texts, ["en"] * 3)
    exact = np.add.reduceat(weights[features.buckets(BITS)] * features.share[:, None], features.starts)
    assert np.allclose(WideBranch.open(tmp_path).logits(texts, ["en"] * 3), exact, atol=0.06)


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path, damage):
    (tmp_path / WIDE_FILE).write_bytes(damage)
    with pytest.raises(ModelUnusable, match=r"wide\.npz cannot be read.*restore"):
        WideBranch.open(tmp_path)


@pytest.mark.parametrize(("shape", "kind"), [((12, 3), np.int8), ((16, 2), np.int8), ((16, 3), np.float32)])
def test_weights_of_another_shape_or_kind_are_refused(tmp_path, shape, kind):
    np.savez(tmp_path / WIDE_FILE, weights=np.zeros(shape, dtype=kind), scale=np.ones(3))
    with pytest.raises(ModelUnusable, match="weights are"):
        WideBranch.open(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelUnusable, match=r"wide\.npz"):
        WideBranch.open(tmp_path)
