from __future__ import annotations

import numpy as np
import torch

from sentiment.training.batches import Targets, encoded_texts, step_order
from tests.sentiment.training.tiny_encoder import english_tokenizer


def test_texts_are_cut_padded_and_masked():
    read = encoded_texts(english_tokenizer(), ["we", "the the the the the the", "a b"], 5)
    assert read.lengths.tolist() == [3, 5, 4]
    ids, mask = read.tensors(np.array([0, 2]))
    assert ids.shape == (2, 4)
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert ids[0, 3] == 0
    assert ids[1].tolist() == english_tokenizer().encode("a b").ids


def test_each_text_comes_once_among_texts_of_like_length():
    lengths = np.random.default_rng(1).integers(3, 60, size=3_210)
    order = step_order(lengths, batch=16, seed=4, epoch=0)
    assert sorted(np.concatenate(order).tolist()) == list(range(3_210))
    spread = np.mean([np.ptp(lengths[step]) for step in order])
    assert spread < 5
    assert [step.tolist() for step in order] == [
        step.tolist() for step in step_order(lengths, batch=16, seed=4, epoch=0)
    ]
    assert order[0].tolist() != step_order(lengths, batch=16, seed=4, epoch=1)[0].tolist()


def test_targets_are_chosen_together():
    targets = Targets(
        labels=torch.tensor([0, -1, 2]),
        weights=torch.tensor([1.0, 0.0, 2.0]),
        has_neutral=torch.tensor([True, True, False]),
        intents=torch.tensor([[True] * 5, [True] + [False] * 4, [True] * 5]),
        intensity=torch.tensor([float("nan"), 0.5, float("nan")]),
    )
    some = targets.of(np.array([2, 1]))
    assert some.labels.tolist() == [2, -1]
    assert some.weights.tolist() == [2.0, 0.0]
    assert some.has_neutral.tolist() == [False, True]
    assert some.intents[1].tolist() == [True] + [False] * 4
    assert some.intensity[1] == 0.5
