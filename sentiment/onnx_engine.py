"""Runs a model folder with ONNX Runtime and tokenizers: texts in, logits out. The default engine; needs no torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentiment.batching import TOKEN_BUDGET, Integers, Logits, ResultCache, logits_of, run_in_batches
from sentiment.errors import ModelUnusable
from sentiment.model_facts import ModelFacts, read_facts

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"


class OnnxEngine:
    """Scores normalised texts with the model in `folder`. May be shared between threads.

    The folder holds model.json, model.onnx and tokenizer.json; the latter two are opened on first use.
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

    def load(self) -> None:
        """Open the model now rather than at the first text. Raises ModelUnusable when a file is missing or damaged."""
        with self._opening:
            if self._session is None:
                self._tokenizer = open_tokenizer(self._folder / TOKENIZER_FILE, self.facts.length)
                self._session = open_session(self._folder / MODEL_FILE, self._threads)

    def logits(self, texts: Sequence[str]) -> Logits:
        """Return float32 logits (texts, 3), in the order given. Each different text is run once, or not at all."""
        return logits_of(texts, results=self._results, run=self._run)

    def _run(self, texts: Sequence[str]) -> Logits:
        self.load()
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]
        return run_in_batches(encoded, self._run_batch, token_budget=self._token_budget)

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Logits:
        logits: Logits = self._session.run(None, {"input_ids": input_ids, "attention_mask": attention_mask})[0]
        return logits


def open_tokenizer(path: Path, length: int) -> Any:
    """Open a tokenizer.json that cuts at `length` pieces and pads nothing. Raises ModelUnusable."""
    # Without this, tokenizers starts a thread per core, and warns when the process forks afterwards.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise ModelUnusable(f"{path} cannot be read ({_first_line(error)}): restore the model's folder") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return tokenizer


def open_session(path: Path, threads: int) -> Any:
    """Open an ONNX model for CPU. Raises ModelUnusable when it is missing, damaged or takes other inputs."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exception classes share no base but Exception
        raise ModelUnusable(f"{path} cannot be opened ({_first_line(error)}): restore the model's folder") from error
    inputs = {each.name for each in session.get_inputs()}
    if inputs != {"input_ids", "attention_mask"}:
        raise ModelUnusable(f"{path} takes {sorted(inputs)}, not input_ids and attention_mask: export it again")
    return session


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
