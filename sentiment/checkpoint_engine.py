"""Serves a checkpoint from its exported copy with ONNX Runtime and tokenizers, exporting it first if there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sentiment.batching import TOKEN_BUDGET, Integers, Logits, ResultCache, logits_of, never, run_in_batches
from sentiment.checkpoints import MODEL_FILE, TOKENIZER_FILE, Checkpoint, Copy, NoCopy, read_copy
from sentiment.errors import ModelUnusable
from sentiment.label_maps import merged
from sentiment.model_facts import ModelFacts
from sentiment.sessions import INPUTS, open_session, open_tokenizer

logger = logging.getLogger(__name__)


class CheckpointEngine:
    """Scores normalised texts with the copy in `folder`. May be shared between threads; its files open on first use.

    `languages` are those the checkpoint is trusted in; None: in none. As many batches as `threads` run side by side.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        folder: Path,
        copy: Copy,
        *,
        languages: Sequence[str] | None = None,
        threads: int = 1,
        token_budget: int = TOKEN_BUDGET,
        results: ResultCache | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self.facts: ModelFacts = checkpoint.facts(languages=languages, length=copy.length)
        self._checkpoint = checkpoint
        self._folder = folder
        self._copy = copy
        self._threads = threads
        self._token_budget = token_budget
        self._results = ResultCache() if results is None else results
        self._cancelled = cancelled
        self._opening = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Open the files now rather than at the first text. Raises ModelUnusable when one cannot be opened."""
        with self._opening:
            if self._session is None:
                self._tokenizer = open_tokenizer(self._folder / TOKENIZER_FILE, self._copy.length)
                # One thread for each batch: batches side by side share no work, so none waits for another.
                self._session = open_session(self._folder / MODEL_FILE, threads=1)

    def logits(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> Logits:  # noqa: ARG002
        """Return float32 logits (texts, 3), in the order given. Each different text is run once, or not at all.

        What `languages` they are in makes no difference: the network is one for all. Raises Cancelled.
        """
        self.load()
        return logits_of(texts, results=self._results, run=self._run, model=self.facts.title)

    def _run(self, texts: Sequence[str]) -> Logits:
        return run_in_batches(
            [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))],
            self._run_batch,
            token_budget=self._token_budget,
            padding=self._copy.padding,
            threads=self._threads,
            cancelled=self._cancelled,
        )

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Logits:
        logits = self._session.run(None, dict(zip(INPUTS, (input_ids, attention_mask), strict=True)))[0]
        return merged(logits, self._copy.columns)


def open_checkpoint(
    wanted: str,
    *,
    exports: Path,
    languages: Sequence[str] | None = None,
    threads: int = 1,
    results: ResultCache | None = None,
    cancelled: Callable[[], bool] = never,
) -> Any:
    """Return the engine for a folder or "owner/name@commit": its exported copy under `exports`, made now if need be.

    Only making a copy needs torch and transformers. Where it cannot be made, torch runs the checkpoint itself, and a
    warning says why. Raises ModelUnusable when the checkpoint cannot be found, read or understood.
    """
    checkpoint = Checkpoint.parse(wanted)
    how: dict[str, Any] = {"languages": languages, "threads": threads, "results": results, "cancelled": cancelled}
    folder = checkpoint.copy_in(exports)
    try:
        copy = read_copy(folder)
    except NoCopy:
        try:
            from sentiment.checkpoint_export import CannotExport, export
        except ModuleNotFoundError as error:
            raise ModelUnusable(
                f"{wanted} must be exported once, which needs {error.name}: pip install -r requirements.txt"
            ) from error

        logger.info("checkpoint_exporting", extra={"model": wanted, "folder": str(folder)})
        try:
            copy = export(checkpoint, folder, threads=threads)
        except CannotExport as error:
            from sentiment.torch_engine import TorchEngine

            logger.warning("checkpoint_not_exported", extra={"model": wanted, "error": str(error), "runs_on": "torch"})
            engine = TorchEngine(checkpoint, **how)
            engine.load()
            return engine
    return CheckpointEngine(checkpoint, folder, copy, **how)
