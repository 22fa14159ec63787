"""Opens the two files that every engine runs: an ONNX graph and its tokenizer. Needs no torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sentiment.errors import ModelUnusable

INPUTS = ("input_ids", "attention_mask")

_SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""ONNX Runtime's CPU kernel for "add, then normalise" takes several times as long as adding and normalising apart."""


def open_tokenizer(path: Path, length: int) -> Any:
    """Open a tokenizer.json that cuts at `length` pieces and pads nothing. Raises ModelUnusable."""
    # Without this, tokenizers starts a thread per core, and warns when the process forks afterwards.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise ModelUnusable(f"{path} cannot be read ({first_line(error)}): restore the model's folder") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return tokenizer


def open_session(path: Path, threads: int = 1) -> Any:
    """Open an ONNX graph for CPU, `threads` of them for one batch.

    Raises ModelUnusable when it is missing, damaged or takes other inputs than `INPUTS`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # It would remember a plan of memory for every shape of batch it ever saw, and there are thousands.
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
        )
    except Exception as error:  # its exception classes share no base but Exception
        raise ModelUnusable(f"{path} cannot be opened ({first_line(error)}): restore the model's folder") from error
    inputs = {each.name for each in session.get_inputs()}
    if inputs != set(INPUTS):
        raise ModelUnusable(f"{path} takes {sorted(inputs)}, not {' and '.join(INPUTS)}: export it again")
    return session


def first_line(error: Exception) -> str:
    """Return the beginning of an error's message, for people; libraries add pages of where they stood."""
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
