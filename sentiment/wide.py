"""The wide branch: characters 2-5 and words 1-2 into three logits. Knows spellings where the network guesses.

Beside a network that has seen few rows of a language, such a linear model is strong (Cheng et al. 2016, "Wide & deep").
Each language has n-grams of its own: those shared by all languages cost Spanish eight points and German five. A text
taken for another language meets n-grams nobody has seen, and the branch keeps silent.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.errors import ModelUnusable

Array = np.ndarray[Any, Any]

WIDE_FILE = "wide.npz"
SHORTEST, LONGEST_RUN = 2, 5
"""Characters in an n-gram."""

LONGEST = 600
"""Characters read. The network reads about as much of a text."""

KINDS = 2
"""Of n-grams: characters and words. Each kind of a text has length 1, so that neither drowns the other."""

_WORD = re.compile("[\\w\u0900-\u0dff']+|[^\\w\\s]")
_STEP = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The n-grams of some texts: of which `vector` (text · `KINDS` + kind), the key, how many times it comes there."""

    vector: Array
    keys: Array
    times: Array


class WideBranch:
    """Three int8 weights and an int8 rarity (n-grams, 4) for sorted uint32 keys, and a scale per column."""

    def __init__(self, keys: Array, table: Array, scale: Array) -> None:
        self._keys = keys
        self._table = table
        self._scale = scale

    @classmethod
    def open(cls, folder: Path) -> WideBranch:
        """Read the branch. Raises ModelUnusable when the file is missing or damaged."""
        path = folder / WIDE_FILE
        try:
            with np.load(path, allow_pickle=False) as arrays:
                lower, pages, table, scale = (arrays[name] for name in ("lower", "pages", "table", "scale"))
        except Exception as error:  # numpy raises zip, pickle, key and value errors for a damaged file
            raise ModelUnusable(f"{path} cannot be read ({error}): restore the model's folder") from error
        kinds = (lower.dtype, table.dtype) == (np.uint16, np.int8)
        if not kinds or table.shape != (len(lower), 4) or pages.sum() != len(lower) or scale.shape != (4,):
            raise ModelUnusable(f"{path}: the table is {table.dtype} {table.shape}: restore the model's folder")
        upper = np.repeat(np.arange(len(pages), dtype=np.uint32), pages)
        return cls(upper << np.uint32(16) | lower, table, scale)

    def save(self, folder: Path) -> None:
        """Write the branch so that `open` gives it back. Of sorted keys the upper halves are told by their counts."""
        pages = np.bincount(self._keys >> np.uint32(16), minlength=1 << 16).astype(np.uint16)
        lower = (self._keys & np.uint32(0xFFFF)).astype(np.uint16)
        np.savez_compressed(folder / WIDE_FILE, lower=lower, pages=pages, table=self._table, scale=self._scale)

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> Array:
        """Return float32 logits (texts, 3) of folded texts in the languages found, one each, in the order given."""
        found = np.zeros((len(texts), 3), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            found[start : start + _CHUNK] = self._read(texts[start : start + _CHUNK], languages[start : start + _CHUNK])
        return found

    def _read(self, texts: Sequence[str], languages: Sequence[str]) -> Array:
        ngrams = ngrams_of(texts, languages)
        places = np.searchsorted(self._keys, ngrams.keys)
        places[places == len(self._keys)] = 0
        known = self._keys[places] == ngrams.keys if len(self._keys) else np.zeros(len(places), dtype=bool)
        rows = self._table[places[known]] * self._scale
        vector, times = ngrams.vector[known], ngrams.times[known]
        weighed = rows[:, :3] * shares(vector, times, rows[:, 3], vectors=len(texts) * KINDS)[:, None]
        owner = vector // KINDS
        return np.stack([np.bincount(owner, weighed[:, label], len(texts)) for label in range(3)], axis=1)


def quantised(keys: Array, weights: Array, rarity: Array) -> WideBranch:
    """Return a branch whose int8 table stands for float `weights` (n-grams, 3) and `rarity` (n-grams), keys sorted.

    A column's scale is set by its 99.9th percentile: a few outliers would cost all others precision.
    """
    columns = np.column_stack([weights, rarity])
    scale = np.maximum(np.percentile(np.abs(columns), 99.9, axis=0), 1e-9) / 127 if len(keys) else np.ones(4)
    table = np.clip(np.rint(columns / scale), -127, 127).astype(np.int8)
    return WideBranch(keys, table, scale.astype(np.float32))


def shares(vector: Array, times: Array, rarity: Array, *, vectors: int) -> Array:
    """Return how much each n-gram counts in its vector: (1 + ln times) · rarity, scaled so that vectors have length 1.

    The sublinear TF-IDF of Manning, Raghavan and Schütze (2008), section 6.4.
    """
    weighed = (1.0 + np.log(times)) * rarity
    length = np.sqrt(np.bincount(vector, weighed**2, vectors))
    return (weighed / np.maximum(length, 1e-9)[vector]).astype(np.float32)


def ngrams_of(texts: Sequence[str], languages: Sequence[str]) -> Ngrams:
    """Return the n-grams of folded texts in these languages, those of a vector together and by rising key."""
    cut = [f" {text[:LONGEST]} " for text in texts]
    owners, hashes = zip(_characters(cut), _words(cut), strict=True)
    owner = np.concatenate(owners)
    kind = np.repeat(np.arange(KINDS), [len(each) for each in owners])
    tongues = np.array([zlib.crc32(code.encode()) for code in languages], dtype=np.uint64)
    key = _stirred(np.concatenate(hashes) ^ (tongues * _STEP)[owner]) >> np.uint64(32)
    vector = (owner * KINDS + kind).astype(np.uint64)
    each, times = np.unique(vector << np.uint64(32) | key, return_counts=True)
    return Ngrams((each >> np.uint64(32)).astype(np.int64), (each & np.uint64(0xFFFFFFFF)).astype(np.uint32), times)


def _characters(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return (text, hash) of every run of 2 to 5 characters, by a rolling polynomial over all texts at once."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    rolled = codes + np.uint64(1)
    owners, hashes = [], []
    for size in range(SHORTEST, LONGEST_RUN + 1):
        if len(codes) < size:
            break
        rolled = rolled[:-1] * _STEP + codes[size - 1 :] + np.uint64(1)
        whole = owner[: len(rolled)] == owner[size - 1 :]
        owners.append(owner[: len(rolled)][whole])
        hashes.append(rolled[whole] ^ np.uint64(size))
    return _joined(owners, np.int64), _joined(hashes, np.uint64)


def _words(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return (text, hash) of every word and every two words that follow each other."""
    words = [_WORD.findall(text) for text in texts]
    single = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for each in words for word in each], np.uint64)
    owner = np.repeat(np.arange(len(texts)), [len(each) for each in words])
    pairs = owner[:-1] == owner[1:]
    double = (single[:-1] * _STEP + single[1:] + np.uint64(1)) * _STEP
    return np.concatenate([owner, owner[:-1][pairs]]), np.concatenate([(single + np.uint64(7)) * _STEP, double[pairs]])


def _joined(parts: Sequence[Array], kind: Any) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def _stirred(hashes: Array) -> Array:
    """Spread hashes evenly over their upper bits (the finisher of SplitMix64, Steele et al. 2014)."""
    return (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)  # type: ignore[no-any-return]
