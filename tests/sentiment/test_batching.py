from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import batching
from sentiment.batching import ResultCache, batches, logits_of, padded, run_in_batches

LENGTHS = st.lists(st.integers(1, 128), max_size=200)


@given(LENGTHS, st.integers(128, 2048))
def test_batches_hold_every_text_once_and_stay_within_the_budget(lengths, budget):
    made = list(batches(lengths, budget))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[index] for index in batch) <= budget for batch in made)


def test_a_text_longer_than_the_budget_still_gets_a_batch():
    assert list(batches([5, 9], 4)) == [[0], [1]]


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=9), min_size=1, max_size=9))
def test_padding_is_masked_and_loses_nothing(encoded):
    ids, mask = padded(encoded, padding=7)
    assert [row[kept == 1].tolist() for row, kept in zip(ids, mask, strict=True)] == encoded
    assert (ids[mask == 0] == 7).all()


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=9), max_size=30))
def test_results_come_back_in_the_order_given(encoded):
    def first_sum_and_length(ids, mask):
        return np.stack([ids[:, 0], (ids * mask).sum(axis=1), mask.sum(axis=1)], axis=1)

    found = run_in_batches(encoded, first_sum_and_length, token_budget=32)
    assert found.tolist() == [[ids[0], sum(ids), len(ids)] for ids in encoded]


def test_each_different_text_is_asked_for_once():
    asked: list[str] = []

    def run(texts):
        asked.extend(texts)
        return np.array([[len(text), 0, 0] for text in texts], dtype=np.float32)

    results = ResultCache(100)
    assert logits_of(["a", "bb", "a"], results=results, run=run)[:, 0].tolist() == [1, 2, 1]
    assert logits_of(["bb", "ccc"], results=results, run=run)[:, 0].tolist() == [2, 3]
    assert asked == ["a", "bb", "ccc"]
    assert logits_of([], results=results, run=run).shape == (0, 3)


def test_many_texts_are_run_a_slice_at_a_time(monkeypatch):
    monkeypatch.setattr(batching, "SLICE", 3)
    sizes: list[int] = []

    def run(texts):
        sizes.append(len(texts))
        return np.zeros((len(texts), 3), dtype=np.float32)

    assert logits_of([str(number) for number in range(8)], results=ResultCache(2), run=run).shape == (8, 3)
    assert sizes == [3, 3, 2]


def test_the_cache_forgets_what_was_asked_for_longest_ago():
    cache = ResultCache(2)
    for text in ("a", "b"):
        cache.put(text, np.zeros(3, dtype=np.float32))
    assert cache.get("a") is not None
    cache.put("c", np.zeros(3, dtype=np.float32))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert len(cache) == 2


def test_a_remembered_result_does_not_hold_its_batch():
    batch = np.zeros((1000, 3), dtype=np.float32)
    cache = ResultCache(2)
    cache.put("a", batch[0])
    assert cache.get("a").base is None


def test_a_remembered_result_is_the_same_as_the_first():
    results = ResultCache(10)
    run = lambda texts: np.array([[0.125, -3.5, 2.0]] * len(texts), dtype=np.float32)  # noqa: E731
    assert logits_of(["x"], results=results, run=run).tolist() == logits_of(["x"], results=results, run=run).tolist()
    assert logits_of(["x"], results=results, run=pytest.fail).dtype == np.float32
