"""The wide branch: hashed characters 2-5 and words 1-2 into three logits. Knows spellings where the network guesses.

Beside a network that has seen few rows of a language, such a linear model is strong (Cheng et al. 2016, "Wide & deep").
Each language has n-grams of its own: those shared by all languages cost Spanish eight points and German five. A text
taken for another language meets n-grams nobody has seen, and the branch keeps nearly silent.
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
BUCKET_BITS = 23
SHORTEST, LONGEST_RUN = 2, 5
"""Characters in an n-gram."""

ONE_TONGUE = {"id": "ms"}
"""Languages that share their n-grams with another, because the two are often taken for each other."""

LONGEST = 600
"""Characters read. The network reads about as much of a text."""

_WORD = re.compile("[\\w\u0900-\u0dff']+|[^\\w\\s]")
_STEP = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Features:
    """Hashed n-grams of some texts: `hashes` one after the other, text i's from `starts`[i], and each one's `share`.

    Characters and words of a text each weigh 1 / sqrt(their number), so that neither drowns the other.
    """

    hashes: Array
    starts: Array
    share: Array

    def buckets(self, bits: int) -> Array:
        """Return which of 2^`bits` buckets each n-gram falls in."""
        return (self.hashes >> np.uint64(64 - bits)).astype(np.int64)


class WideBranch:
    """Weights (buckets, 3) in int8, buckets a power of two, and a scale per label; lies in a model's `WIDE_FILE`."""

    def __init__(self, weights: Array, scale: Array) -> None:
        self._weights = weights
        self._scale = scale
        self._bits = len(weights).bit_length() - 1

    @classmethod
    def open(cls, folder: Path) -> WideBranch:
        """Read the branch. Raises ModelUnusable when the file is missing or damaged."""
        path = folder / WIDE_FILE
        try:
            with np.load(path, allow_pickle=False) as arrays:
                weights, scale = arrays["weights"], arrays["scale"]
        except Exception as error:  # numpy raises zip, pickle, key and value errors for a damaged file
            raise ModelUnusable(f"{path} cannot be read ({error}): restore the model's folder") from error
        power_of_two = len(weights) > 1 and not len(weights) & (len(weights) - 1)
        if not power_of_two or weights.shape[1:] != (3,) or weights.dtype != np.int8 or scale.shape != (3,):
            raise ModelUnusable(f"{path}: weights are {weights.dtype} {weights.shape}: restore the model's folder")
        return cls(weights, scale)

    def save(self, folder: Path) -> None:
        """Write the branch so that `open` gives it back."""
        np.savez_compressed(folder / WIDE_FILE, weights=self._weights, scale=self._scale)

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> Array:
        """Return float32 logits (texts, 3) of folded texts in the languages found, one each, in the order given."""
        found = np.zeros((len(texts), 3), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            features = hashed(texts[start : start + _CHUNK], languages[start : start + _CHUNK])
            weighed = self._weights[features.buckets(self._bits)] * features.share[:, None]
            found[start : start + _CHUNK] = np.add.reduceat(weighed, features.starts, axis=0) * self._scale
        return found


def quantised(weights: Array) -> WideBranch:
    """Return a branch whose int8 weights stand for float `weights` (buckets, 3).

    The scale is set by the 99.9th percentile of the weights in use: a few outliers would cost all others precision.
    """
    used = np.abs(weights[np.any(weights != 0, axis=1)])
    scale = np.maximum(np.percentile(used, 99.9, axis=0), 1e-9) / 127 if len(used) else np.ones(3)
    rounded = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return WideBranch(rounded, scale.astype(np.float32))


def hashed(texts: Sequence[str], languages: Sequence[str]) -> Features:
    """Return the hashed n-grams of folded texts in these languages.

    Each text gets one more that weighs nothing, so that none has none.
    """
    cut = [f" {text[:LONGEST]} " for text in texts]
    owners, hashes = zip(_characters(cut), _words(cut), strict=True)
    shares = [_share(owner, len(texts)) for owner in owners]
    owner = np.concatenate([*owners, np.arange(len(texts))])
    share = np.concatenate([*shares, np.zeros(len(texts), dtype=np.float32)])
    mixed = np.concatenate([*hashes, np.zeros(len(texts), dtype=np.uint64)])
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(texts)))
    tongues = np.array([zlib.crc32(ONE_TONGUE.get(code, code).encode()) for code in languages], dtype=np.uint64)
    return Features(_stirred(mixed[order] ^ (tongues * _STEP)[owner[order]]), starts, share[order])


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


def _share(owner: Array, texts: int) -> Array:
    counts = np.bincount(owner, minlength=texts)
    return (1.0 / np.sqrt(np.maximum(counts, 1)))[owner].astype(np.float32)


def _stirred(hashes: Array) -> Array:
    """Spread hashes evenly over their upper bits (the finisher of SplitMix64, Steele et al. 2014)."""
    return (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)  # type: ignore[no-any-return]
