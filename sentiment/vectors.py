"""Texts in, vectors out: near texts get near vectors. For near-copies, incidents, topics and similar answers.

The encoder was not tuned for sentiment: one that was tells happy from unhappy and forgets what about. It shares its
tokenizer with the sentiment model, and comes without the rarest of its pieces.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.batching import Integers, run_in_batches
from sentiment.errors import ModelUnusable
from sentiment.normalise import folded, normalise
from sentiment.sessions import first_line, open_session

Vectors = np.ndarray[Any, np.dtype[np.float32]]

VECTORS_FILE = "vectors.onnx"
TOKENIZER_FILE = "tokenizer.json"
WIDTH = 384
"""Numbers in a vector."""

PIECES = 48_500
"""Rows in the graph's table. The tokenizer has more: what they spell is spelled with shorter ones here."""

LENGTH = 128
"""Pieces read of a text."""

AT_ONCE = 1024
"""Texts tokenised, sorted and run together: bounds memory however many are asked for."""


def vectors_model(folder: Path) -> str:
    """Return the name of what `folder` makes vectors with, by what its two files hold. Opens no model.

    Vectors of two names do not compare. Raises ModelUnusable when a file is missing.
    """
    paths = [folder / name for name in (VECTORS_FILE, TOKENIZER_FILE)]
    try:
        stats = [(path, path.stat()) for path in paths]
        return f"vectors {_digest(tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats))}"
    except OSError as error:
        why = f"{error.filename} cannot be read ({error.strerror})"
        raise ModelUnusable(f"{why}: restore the model's folder") from error


class Embedder:
    """Makes vectors with the files in `folder`, opened at the first text. May be shared between threads."""

    def __init__(self, folder: Path, *, threads: int = 1, pieces: int = PIECES) -> None:
        self._folder = folder
        self._threads = threads
        self._pieces = pieces
        self._opening = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._model = ""

    @property
    def model(self) -> str:
        """Name of what makes the vectors (`vectors_model`). Raises ModelUnusable when a file is missing or damaged."""
        self.load()
        return self._model

    def load(self) -> None:
        """Open the files now rather than at the first text. Raises ModelUnusable when one is missing or damaged."""
        with self._opening:
            if self._session is None:
                tokenizer = _open_tokenizer(self._folder / TOKENIZER_FILE, self._pieces)
                session = open_session(self._folder / VECTORS_FILE, self._threads)
                self._model = vectors_model(self._folder)
                self._tokenizer, self._session = tokenizer, session

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (texts, 384) in the order given: rows of length 1, so that a product is their cosine.

        A text in which nothing is readable gets a row of zeros, which is near to nothing. Equal texts are run once.
        Raises ModelUnusable when a file is missing or damaged.
        """
        self.load()
        read = [folded(normalise(text)) for text in texts]
        places = {text: place for place, text in enumerate(dict.fromkeys(read))}
        distinct = list(places)
        made = np.zeros((len(distinct), WIDTH), dtype=np.float32)
        for start in range(0, len(distinct), AT_ONCE):
            asked = distinct[start : start + AT_ONCE]
            encoded = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(asked)]
            made[start : start + AT_ONCE] = run_in_batches(encoded, self._run_batch, width=WIDTH)
        if "" in places:
            made[places[""]] = 0.0
        return made[[places[text] for text in read]]

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Vectors:
        vectors: Vectors = self._session.run(None, {"input_ids": input_ids, "attention_mask": attention_mask})[0]
        return vectors


def _open_tokenizer(path: Path, pieces: int) -> Any:
    """Open a WordPiece tokenizer.json with only its first `pieces`. Raises ModelUnusable."""
    # Without this, tokenizers starts a thread per core, and warns when the process forks afterwards.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["model"]["vocab"] = {piece: at for piece, at in told["model"]["vocab"].items() if at < pieces}
        tokenizer = Tokenizer.from_str(json.dumps(told))
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise ModelUnusable(f"{path} cannot be read ({first_line(error)}): restore the model's folder") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    return tokenizer


@lru_cache(maxsize=8)
def _digest(states: tuple[tuple[Path, int, int], ...]) -> str:
    """Return a digest of what the files hold; `states` are their paths, sizes and last changes."""
    digest = hashlib.blake2b(digest_size=4)
    for path, _, _ in states:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()
