"""What a team's own corrections add to the network's head: a matrix over the mean vectors of texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.errors import ModelUnusable

Array = np.ndarray[Any, Any]

HEAD_FILE = "head.npz"


@dataclass(frozen=True, slots=True)
class AddedHead:
    """Adds `means` @ `weights` (width, 3) + `bias` (3) to the logits of the labels."""

    weights: Array
    bias: Array

    def added(self, means: Array) -> Array:
        """Return what to add (texts, 3) for mean vectors (texts, width)."""
        return means @ self.weights + self.bias

    def save(self, folder: Path) -> None:
        """Write the head so that `open_head` gives it back."""
        np.savez(folder / HEAD_FILE, weights=self.weights.astype(np.float32), bias=self.bias.astype(np.float32))


def open_head(folder: Path) -> AddedHead | None:
    """Read the added head of a model's folder; None when it has none. Raises ModelUnusable when it is damaged."""
    path = folder / HEAD_FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights, bias = arrays["weights"], arrays["bias"]
    except Exception as error:  # numpy raises zip, pickle, key and value errors for a damaged file
        raise ModelUnusable(f"{path} cannot be read ({error}): restore the model's folder, or adapt again") from error
    if weights.ndim != 2 or weights.shape[1] != 3 or bias.shape != (3,):
        raise ModelUnusable(f"{path}: weights are {weights.shape}, bias is {bias.shape}: adapt again")
    return AddedHead(weights, bias)
