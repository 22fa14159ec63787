"""Runs a checkpoint with torch: the way out for those that cannot be exported. Slow, and imports transformers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from sentiment.batching import TOKEN_BUDGET, Integers, Logits, ResultCache, logits_of, never, run_in_batches
from sentiment.checkpoint_loading import (
    PROBES,
    explained,
    finite,
    label_names,
    padding_id,
    read_config,
    read_network,
    read_tokenizer,
    usable_length,
)
from sentiment.checkpoints import Checkpoint
from sentiment.label_maps import label_columns, merged
from sentiment.model_facts import ModelFacts


class TorchEngine:
    """Scores normalised texts with a checkpoint on CPU. `languages` are those it is trusted in; None: in none.

    Raises ModelUnusable when the checkpoint cannot be found or its labels cannot be mapped; `load` when its weights
    are missing, damaged or lack a trained head.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        languages: Sequence[str] | None = None,
        threads: int = 1,
        results: ResultCache | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self._checkpoint = checkpoint
        self._threads = threads
        self._results = ResultCache() if results is None else results
        self._cancelled = cancelled
        self._config = read_config(checkpoint)
        self._columns = label_columns(label_names(self._config), model=checkpoint.title)
        self._opening = threading.Lock()
        self._network: Any = None
        self._tokenizer: Any = None
        self.facts: ModelFacts = checkpoint.facts(languages=languages, length=usable_length(self._config))

    def load(self) -> None:
        """Read the weights now rather than at the first text, and try them out."""
        with self._opening:
            if self._network is None:
                self._tokenizer = read_tokenizer(self._checkpoint)
                self._network = read_network(self._checkpoint, self._config, threads=self._threads)
                with explained(self._checkpoint, "what it says of a few texts"):
                    finite(self._score(PROBES, never))

    def logits(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> Logits:  # noqa: ARG002
        """Return float32 logits (texts, 3), in the order given. Each different text is run once, or not at all.

        What `languages` they are in makes no difference: the network is one for all. Raises Cancelled.
        """
        self.load()
        return logits_of(texts, results=self._results, run=self._run, model=self.facts.title)

    def _run(self, texts: Sequence[str]) -> Logits:
        return self._score(texts, self._cancelled)

    def _score(self, texts: Sequence[str], cancelled: Callable[[], bool]) -> Logits:
        encoded = self._tokenizer(list(texts), truncation=True, max_length=self.facts.length)["input_ids"]
        return run_in_batches(
            encoded,
            self._run_batch,
            token_budget=TOKEN_BUDGET,
            padding=padding_id(self._config, self._tokenizer),
            cancelled=cancelled,
        )

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Logits:
        import torch

        with torch.inference_mode():
            outcome = self._network(
                input_ids=torch.from_numpy(input_ids), attention_mask=torch.from_numpy(attention_mask)
            )
        return merged(outcome.logits.float().numpy(), self._columns)
