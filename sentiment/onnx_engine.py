"""Runs a model folder with ONNX Runtime and tokenizers: texts in, logits out. The default engine; needs no torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.batching import TOKEN_BUDGET, Integers, Logits, ResultCache, logits_of, run_in_batches
from sentiment.columns import FEELING, NETWORK_WIDTH
from sentiment.head import AddedHead, open_head
from sentiment.model_facts import ModelFacts, read_facts
from sentiment.sessions import open_session, open_tokenizer
from sentiment.wide import WideBranch

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
LOGITS, MEAN = "logits", "mean"
"""Outputs of the graph: rows of `NETWORK_WIDTH` logits, and the mean vectors that its head reads."""


class OnnxEngine:
    """Scores normalised texts with the model in `folder`. May be shared between threads.

    The folder holds model.json, model.onnx, tokenizer.json and wide.npz, and head.npz where the model was adapted; all
    but the first are opened on first use.
    """

    def __init__(
        self, folder: Path, *, threads: int = 1, token_budget: int = TOKEN_BUDGET, results: ResultCache | None = None
    ) -> None:
        self.facts: ModelFacts = read_facts(folder)
        self._folder = folder
        self._threads = threads
        self._token_budget = token_budget
        self._results = ResultCache() if results is None else results
        self._opening = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._wide: Any = None
        self._head: AddedHead | None = None

    def load(self) -> None:
        """Open the model now rather than at the first text. Raises ModelUnusable when a file is missing or damaged."""
        with self._opening:
            if self._session is None:
                self._tokenizer = open_tokenizer(self._folder / TOKENIZER_FILE, self.facts.length)
                self._wide = WideBranch.open(self._folder)
                self._head = open_head(self._folder)
                self._session = open_session(self._folder / MODEL_FILE, self._threads)

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> Logits:
        """Return float32 rows (texts, 12) as `sentiment.columns` names them, in the order given.

        `languages` are those found, one per text. The network runs once for each different text, or not at all.
        """
        self.load()
        network = logits_of(texts, results=self._results, run=self._run, model=self.facts.title)
        return np.hstack([network, self._wide.logits(texts, languages)])

    def means(self, texts: Sequence[str]) -> Logits:
        """Return the mean vectors (texts, width) that the network's head reads, for teaching it another head."""
        self.load()
        found = [
            self._session.run([MEAN], self._inputs(encoding.ids))[0][0]
            for encoding in self._tokenizer.encode_batch_fast(list(texts))
        ]
        return np.array(found, dtype=np.float32)

    @staticmethod
    def _inputs(ids: Sequence[int]) -> dict[str, Integers]:
        return {"input_ids": np.array([ids], dtype=np.int64), "attention_mask": np.ones((1, len(ids)), dtype=np.int64)}

    def _run(self, texts: Sequence[str]) -> Logits:
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]
        return run_in_batches(encoded, self._run_batch, token_budget=self._token_budget, width=NETWORK_WIDTH)

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Logits:
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self._head is None:
            logits: Logits = self._session.run([LOGITS], inputs)[0]
            return logits
        logits, means = self._session.run([LOGITS, MEAN], inputs)
        logits[:, FEELING] += self._head.added(means)
        return logits
