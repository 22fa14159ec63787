"""Fast, deterministic makers of vectors for tests that are not about meaning. Importable in a child process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment import ModelUnusable
from sentiment.vectors import WIDTH


def vector_of(text: str) -> Any:
    """A direction that follows from the text alone; zeros for an empty one."""
    if not text:
        return np.zeros(WIDTH, dtype=np.float32)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    vector = np.random.default_rng(int.from_bytes(digest)).normal(size=WIDTH).astype(np.float32)
    return vector / np.linalg.norm(vector)


class HashEmbedder:
    """Makes vectors by hash. A text with "poison" in it raises; `given` holds what it was asked."""

    def __init__(self, *, model: str = "hash 1", poison: str = "poison") -> None:
        self.model = model
        self.poison = poison
        self.given: list[list[str]] = []

    def vectors(self, texts: Sequence[str]) -> Any:
        if any(self.poison in text for text in texts):
            raise ValueError("this text breaks the embedder")
        return np.array([vector_of(text) for text in texts], dtype=np.float32).reshape(len(texts), WIDTH)

    def embed(self, texts: Sequence[str]) -> tuple[str, Any]:
        self.given.append(list(texts))
        return self.model, self.vectors(texts)


class NoEmbedder:
    """Has nothing to make vectors with."""

    @property
    def model(self) -> str:
        raise ModelUnusable("vectors.onnx cannot be read: restore the model's folder")
