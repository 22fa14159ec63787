"""What every engine does around its network: each different text once, sorted by length, in batches, remembered."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

Logits = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

TOKEN_BUDGET = 256
"""Pieces in one batch, padding included. What a batch of this size computes stays in the cache of its core: eight times
as much was a third slower (`bench.score`), and holds more memory."""

SLICE = 4096
"""Different texts tokenised, sorted and run together: bounds memory however many are asked for."""

CACHED = 10_000
"""Results remembered. Reposts and copies come again within minutes; a result takes about 300 bytes."""


class Cancelled(Exception):
    """Whoever asked for these texts no longer wants them. Nothing of the batch at hand is kept."""


def never() -> bool:
    """Say that nobody has cancelled: for callers who do not."""
    return False


class ResultCache:
    """Remembers the logits of the texts seen last, up to `size`. Keeps digests, not the texts themselves.

    `model` is name and version: two models that share a cache never get each other's results.
    """

    def __init__(self, size: int = CACHED) -> None:
        self._size = size
        self._rows: OrderedDict[bytes, Logits] = OrderedDict()
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, text: str, *, model: str = "") -> Logits | None:
        """Return the logits of a text, None when they are not remembered."""
        key = _digest(text, model)
        with self._changing:
            row = self._rows.get(key)
            if row is not None:
                self._rows.move_to_end(key)
            return row

    def put(self, text: str, row: Logits, *, model: str = "") -> None:
        """Remember a text's logits, and forget the text that was asked for longest ago."""
        with self._changing:
            # A copy: a view would keep the whole batch in memory for as long as one of its texts is remembered.
            self._rows[_digest(text, model)] = row.copy()
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)


def logits_of(
    texts: Sequence[str], *, results: ResultCache, run: Callable[[Sequence[str]], Logits], model: str = ""
) -> Logits:
    """Return logits (texts, 3) in the order given, asking `run` once for each different text not remembered.

    `model` is name and version of what runs.
    """
    distinct = list(dict.fromkeys(texts))
    known = {text: found for text in distinct if (found := results.get(text, model=model)) is not None}
    unknown = [text for text in distinct if text not in known]
    for start in range(0, len(unknown), SLICE):
        asked = unknown[start : start + SLICE]
        for text, row in zip(asked, run(asked), strict=True):
            known[text] = row
            results.put(text, row, model=model)
    return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), -1 if texts else 3)


def run_in_batches(
    encoded: Sequence[Sequence[int]],
    run: Callable[[Integers, Integers], Logits],
    *,
    token_budget: int = TOKEN_BUDGET,
    padding: int = 0,
    threads: int = 1,
    cancelled: Callable[[], bool] = never,
    width: int = 3,
) -> Logits:
    """Return logits (texts, `width`) in the order given, calling `run` with the ids and mask of one batch at a time.

    `padding` is the id where the mask is 0. With more `threads` as many batches run side by side. Raises Cancelled as
    soon as the batches at hand are done when `cancelled` says so.
    """
    logits = np.zeros((len(encoded), width), dtype=np.float32)

    def run_one(batch: list[int]) -> None:
        if cancelled():
            raise Cancelled
        logits[batch] = run(*padded([encoded[index] for index in batch], padding=padding))

    planned = list(batches([len(ids) for ids in encoded], token_budget))
    if min(threads, len(planned)) <= 1:
        for batch in planned:
            run_one(batch)
        return logits
    # The longest first: they take longest, and the short ones fill what is left evenly.
    with ThreadPoolExecutor(min(threads, len(planned)), thread_name_prefix="scoring") as side_by_side:
        waiting = [side_by_side.submit(run_one, batch) for batch in reversed(planned)]
        try:
            for each in waiting:
                each.result()
        except BaseException:
            side_by_side.shutdown(wait=True, cancel_futures=True)
            raise
    return logits


def batches(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Group indexes by rising length so that each group, padded to its longest, stays within the budget.

    Batches of texts as they come are mostly padding (`bench.score`).
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


def _digest(text: str, model: str) -> bytes:
    return hashlib.blake2b(f"{model}\0{text}".encode(), digest_size=16).digest()
