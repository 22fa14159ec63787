"""Texts as batches of token ids: cut at a length, of like length together, padded to the longest of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

Array = np.ndarray[Any, Any]

WINDOW = 50
"""Batches drawn together and sorted by length: little padding, still well mixed."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Token ids of texts, one after the other in `ids`; text i's end at `ends`[i]."""

    ids: Array
    ends: Array

    @property
    def lengths(self) -> Array:
        """Pieces of each text."""
        return np.diff(self.ends, prepend=0)

    def tensors(self, chosen: Array) -> tuple[Tensor, Tensor]:
        """Return ids and mask (texts, pieces) of the chosen texts, padded with 0."""
        lengths = self.lengths_of(chosen)
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(mask.shape, dtype=np.int64)
        ids[mask] = np.concatenate(
            [self.ids[self.ends[i] - n : self.ends[i]] for i, n in zip(chosen, lengths, strict=True)]
        )
        return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))

    def lengths_of(self, chosen: Array) -> Array:
        """Pieces of each chosen text."""
        return self.ends[chosen] - np.where(chosen > 0, self.ends[chosen - 1], 0)


def encoded_texts(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> Texts:
    """Tokenise texts, cut at `length` pieces."""
    reader = Tokenizer.from_str(tokenizer.to_str())
    reader.no_padding()
    reader.enable_truncation(length)
    ids = [np.array(encoding.ids, dtype=np.int32) for encoding in reader.encode_batch_fast(list(texts))]
    return Texts(np.concatenate(ids), np.cumsum([len(each) for each in ids]))


def step_order(lengths: Array, *, batch: int, seed: int, epoch: int) -> list[Array]:
    """Return each step's texts for one pass: shuffled, then sorted by length within windows of `WINDOW` batches."""
    chance = np.random.default_rng([seed, epoch])
    shuffled = chance.permutation(len(lengths))
    steps: list[Array] = []
    for start in range(0, len(shuffled), batch * WINDOW):
        window = shuffled[start : start + batch * WINDOW]
        window = window[np.argsort(lengths[window], kind="stable")]
        steps += [window[begin : begin + batch] for begin in chance.permutation(np.arange(0, len(window), batch))]
    return steps


@dataclass(frozen=True, slots=True)
class Targets:
    """What is known of each text.

    `labels` is -1 where no label is known, and the others count `weights` times; `intents` (texts, 5) marks each one it
    may be, all where nothing is known; `intensity` is 0 to 1, NaN where nothing is known.
    """

    labels: Tensor
    weights: Tensor
    has_neutral: Tensor
    intents: Tensor
    intensity: Tensor

    def of(self, chosen: Array) -> Targets:
        """Return the targets of the chosen texts."""
        places = torch.from_numpy(chosen)
        return Targets(
            self.labels[places],
            self.weights[places],
            self.has_neutral[places],
            self.intents[places],
            self.intensity[places],
        )
