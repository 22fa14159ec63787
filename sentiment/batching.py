"""What every engine does around its network: each different text once, sorted by length, in batches, remembered."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Logits = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

TOKEN_BUDGET = 2048
"""Pieces in one batch, padding included. Larger batches were no faster and hold more memory."""

SLICE = 4096
"""Different texts tokenised, sorted and run together: bounds memory however many are asked for."""

CACHED = 10_000
"""Results remembered. Reposts and copies come again within minutes; a result takes about 300 bytes."""


class ResultCache:
    """Remembers the logits of the texts seen last, up to `size`. Keeps digests, not the texts themselves."""

    def __init__(self, size: int = CACHED) -> None:
        self._size = size
        self._rows: OrderedDict[bytes, Logits] = OrderedDict()
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, text: str) -> Logits | None:
        """Return the logits of a text, None when they are not remembered."""
        key = _digest(text)
        with self._changing:
            row = self._rows.get(key)
            if row is not None:
                self._rows.move_to_end(key)
            return row

    def put(self, text: str, row: Logits) -> None:
        """Remember a text's logits, and forget the text that was asked for longest ago."""
        with self._changing:
            # A copy: a view would keep the whole batch in memory for as long as one of its texts is remembered.
            self._rows[_digest(text)] = row.copy()
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)


def logits_of(texts: Sequence[str], *, results: ResultCache, run: Callable[[Sequence[str]], Logits]) -> Logits:
    """Return logits (texts, 3) in the order given, asking `run` once for each different text not remembered."""
    distinct = list(dict.fromkeys(texts))
    known = {text: found for text in distinct if (found := results.get(text)) is not None}
    unknown = [text for text in distinct if text not in known]
    for start in range(0, len(unknown), SLICE):
        asked = unknown[start : start + SLICE]
        for text, row in zip(asked, run(asked), strict=True):
            known[text] = row
            results.put(text, row)
    return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), 3)


def run_in_batches(
    encoded: Sequence[Sequence[int]],
    run: Callable[[Integers, Integers], Logits],
    *,
    token_budget: int = TOKEN_BUDGET,
    padding: int = 0,
) -> Logits:
    """Return logits (texts, 3) in the order given, calling `run` with the ids and mask of one batch at a time."""
    logits = np.zeros((len(encoded), 3), dtype=np.float32)
    for batch in batches([len(ids) for ids in encoded], token_budget):
        logits[batch] = run(*padded([encoded[index] for index in batch], padding=padding))
    return logits


def batches(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Group indexes by rising length so that each group, padded to its longest, stays within the budget.

    Sorting doubles the speed on texts like tweets: batches taken as they come are mostly padding (`bench.score`).
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > token_budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def padded(encoded: Sequence[Sequence[int]], *, padding: int = 0) -> tuple[Integers, Integers]:
    """Return ids and mask as int64 (texts, longest); `padding` is the id where the mask is 0."""
    lengths = np.array([len(ids) for ids in encoded])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
    ids = np.full_like(mask, padding)
    ids[mask == 1] = np.concatenate([np.asarray(row, dtype=np.int64) for row in encoded])
    return ids, mask


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
