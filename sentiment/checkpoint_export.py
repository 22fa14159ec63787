"""Exports a checkpoint to int8 ONNX, once: written whole or not at all, by one process at a time, and tried out.

Needs torch, transformers and onnx; nothing that serves the copy does.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sentiment.batching import Logits, ResultCache
from sentiment.calibration import probabilities
from sentiment.checkpoint_engine import CheckpointEngine
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
from sentiment.checkpoints import (
    MODEL_FILE,
    TOKENIZER_FILE,
    Checkpoint,
    Copy,
    NoCopy,
    lock_of,
    read_copy,
    write_manifest,
)
from sentiment.first_piece import keep_first_piece
from sentiment.label_maps import label_columns, merged
from sentiment.onnx_export import export_fp32, quantise, write_tokenizer
from sentiment.sessions import first_line

logger = logging.getLogger(__name__)

FARTHEST_APART = 0.25
"""Probability by which the copy may differ from the checkpoint on a text of `PROBES`. Rounding to int8 moves it by some
hundredths; a graph that went wrong on the way moves it anywhere."""


class CannotExport(Exception):
    """The checkpoint is sound, but no copy of it can be made; torch can still run it."""


class _LogitsOnly(nn.Module):
    """The network with its inputs by place and one output, as an exported graph has them."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.network(input_ids=input_ids, attention_mask=attention_mask).logits  # type: ignore[no-any-return]


def export(checkpoint: Checkpoint, folder: Path, *, threads: int = 1) -> Copy:
    """Make the copy of a checkpoint in `folder`, or take the one that another process made meanwhile.

    Raises ModelUnusable when the checkpoint cannot be read or understood, CannotExport when only the copy fails.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            try:
                return read_copy(folder)
            except NoCopy:
                return _exported(checkpoint, folder, threads)
    except OSError as error:
        raise CannotExport(f"{error.filename or folder}: {error.strerror}") from error


def _exported(checkpoint: Checkpoint, folder: Path, threads: int) -> Copy:
    started = time.monotonic()
    config = read_config(checkpoint)
    columns = label_columns(label_names(config), model=checkpoint.title)
    tokenizer = read_tokenizer(checkpoint)
    # Plain attention exports to a plain graph, whatever torch would rather use.
    network = read_network(checkpoint, config, threads=threads, attention="eager")
    length = usable_length(config)
    with explained(checkpoint, "what it says of a few texts"):
        original = finite(np.concatenate([_by_torch(network, tokenizer, text, length) for text in PROBES]))
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        _write(network, tokenizer, partial)
        copy = write_manifest(partial, columns=columns, length=length, padding=padding_id(config, tokenizer))
        _compare(CheckpointEngine(checkpoint, partial, copy, results=ResultCache(0)), merged(original, columns))
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        partial.rename(folder)
    except (CannotExport, OSError):
        raise
    except Exception as error:  # exporters raise whatever they like
        raise CannotExport(f"{type(error).__name__}: {first_line(error)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    logger.info("checkpoint_exported", extra={"model": checkpoint.title, "seconds": round(time.monotonic() - started)})
    return copy


def _write(network: Any, tokenizer: Any, folder: Path) -> None:
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise CannotExport(f"its tokenizer ({type(tokenizer).__name__}) has no fast form")
    write_tokenizer(fast, folder / TOKENIZER_FILE)
    raw = folder / "fp32"
    raw.mkdir()  # of its own: weights of more than 2 GB come in many files
    export_fp32(_LogitsOnly(network), raw / MODEL_FILE)
    keep_first_piece(raw / MODEL_FILE)
    quantise(raw / MODEL_FILE, folder / MODEL_FILE)
    shutil.rmtree(raw)


def _compare(engine: CheckpointEngine, original: Logits) -> None:
    """Raise CannotExport unless the copy, all probes in one batch, says what the checkpoint says of each alone."""
    apart = float(np.abs(probabilities(engine.logits(PROBES)) - probabilities(original)).max())
    if not apart <= FARTHEST_APART:  # written so that nan is refused too
        raise CannotExport(f"the copy differs from the checkpoint by up to {apart:.2f} in probability")


def _by_torch(network: Any, tokenizer: Any, text: str, length: int) -> Logits:
    encoded = tokenizer([text], truncation=True, max_length=length, return_tensors="pt")
    with torch.inference_mode():
        outcome = network(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"])
    return outcome.logits.float().numpy()  # type: ignore[no-any-return]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time work on `folder`. The lock ends with its holder, however that ends."""
    with lock_of(folder).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
