from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import batching
from sentiment.batching import Cancelled, ResultCache, batches, logits_of, padded, run_in_batches

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


def test_a_model_never_gets_what_another_said():
    results = ResultCache(10)
    for mark, model in enumerate(("small 1", "small 2", "large 1")):
        run = lambda texts, mark=mark: np.full((len(texts), 3), mark, dtype=np.float32)  # noqa: E731
        assert logits_of(["same text"], results=results, run=run, model=model)[0, 0] == mark
    assert logits_of(["same text"], results=results, run=pytest.fail, model="small 1")[0, 0] == 0
    assert len(results) == 3


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same_in_the_order_given(threads):
    encoded = [list(range(1, 2 + number * 7 % 23)) for number in range(90)]
    found = run_in_batches(
        encoded,
        lambda ids, mask: np.stack([ids[:, 0], (ids * mask).sum(axis=1), mask.sum(axis=1)], axis=1),
        token_budget=32,
        threads=threads,
    )
    assert found.tolist() == [[1, sum(ids), len(ids)] for ids in encoded]


@pytest.mark.parametrize("threads", [1, 3])
def test_cancelling_stops_before_the_next_batch(threads):
    begun = threading.Semaphore(0)
    run = 0

    def one(ids, mask):
        nonlocal run
        run += 1
        begun.release()
        return np.zeros((len(ids), 3), dtype=np.float32)

    with pytest.raises(Cancelled):
        run_in_batches([[1]] * 100, one, token_budget=1, threads=threads, cancelled=lambda: begun._value >= 4)
    assert 4 <= run < 4 + threads


@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_that_fails_fails_the_call_and_starts_no_more(threads):
    run = 0

    def one(ids, mask):
        nonlocal run
        run += 1
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_in_batches([[1]] * 1000, one, token_budget=1, threads=threads)
    assert run < 1000


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
