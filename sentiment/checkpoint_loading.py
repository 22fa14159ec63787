"""Reads a checkpoint with transformers: settings, tokenizer, weights. Imports torch and transformers, when called.

No code that comes with a checkpoint runs: remote code is refused, safetensors are preferred, and pickled weights go
through torch's weights-only loader.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sentiment.batching import Logits
from sentiment.checkpoints import Checkpoint
from sentiment.errors import ModelUnusable
from sentiment.sessions import first_line

LONGEST = 128
"""Pieces read of one text. Nearly all posts are shorter, and the cost grows with length."""

PROBES = (
    "The parcel is late again and nobody answers, why?",
    "Thank you so much, that was quick and friendly! 😀 http",
    "@user çok kötü bir deneyim, bir daha asla",
    "Η εξυπηρέτηση ήταν άψογη.",
    "我很失望 <s> [SEP]",
    "It works. " * 100,
)
"""Tried out whenever torch opens a checkpoint: what fails on these is refused now, and not at some text later."""


def read_config(checkpoint: Checkpoint) -> Any:
    """Return its configuration. Raises ModelUnusable when it cannot be read."""
    with explained(checkpoint, "its config.json"):
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(checkpoint.source, **_how(checkpoint))


def read_tokenizer(checkpoint: Checkpoint) -> Any:
    """Return its tokenizer, a fast one where there is one. Raises ModelUnusable when it cannot be read."""
    with explained(checkpoint, "its tokenizer"):
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(checkpoint.source, **_how(checkpoint))


def read_network(checkpoint: Checkpoint, config: Any, *, threads: int, attention: str | None = None) -> Any:
    """Return its network in float32, ready to run. `attention` is the implementation wanted, None: torch's fastest.

    Raises ModelUnusable when the weights are missing, damaged or lack a trained head.
    """
    with explained(checkpoint, "its weights"):
        import torch
        from transformers import AutoModelForSequenceClassification
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a scoring process writes logs, not bars
        torch.set_num_threads(threads)
        network, report = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.source,
            config=config,
            dtype=torch.float32,
            weights_only=True,
            output_loading_info=True,
            attn_implementation=attention,
            **_how(checkpoint),
        )
    # transformers fills what is missing with random numbers: an encoder without a head would give random opinions.
    missing = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
    if missing:
        raise ModelUnusable(
            f"{checkpoint.title}: its weights lack {', '.join(missing[:3])}; it is not a trained classifier. "
            "Choose a checkpoint fine-tuned for sentiment"
        )
    return network.eval()


def label_names(config: Any) -> dict[int, str]:
    """Return the names of the model's columns. Raises ModelUnusable for a model that does not choose one of them."""
    if config.problem_type not in {None, "single_label_classification"}:
        raise ModelUnusable(f"it is made for {config.problem_type}, not for choosing one label: use another model")
    return {int(column): str(name) for column, name in config.id2label.items()}


def usable_length(config: Any) -> int:
    """Return the pieces of a text that the model can read, at most `LONGEST`."""
    # RoBERTa's positions start after the padding id, so two of its 514 cannot be used.
    positions = int(getattr(config, "max_position_embeddings", 0) or LONGEST + 2)
    return max(min(LONGEST, positions - 2), 3)


def padding_id(config: Any, tokenizer: Any) -> int:
    """Return the id that fills up a batch; 0 where neither names one, as it is masked anyway."""
    known = (tokenizer.pad_token_id, getattr(config, "pad_token_id", None), 0)
    return next(int(each) for each in known if each is not None)


def finite(logits: Logits) -> Logits:
    """Return the logits. Raises ValueError when some are no numbers: weights that went wrong in training."""
    if not np.isfinite(logits).all():
        raise ValueError("not a number")
    return logits


@contextmanager
def explained(checkpoint: Checkpoint, part: str) -> Iterator[None]:
    """Turn whatever transformers and torch raise into one error that names the part at fault."""
    try:
        yield
    except Exception as error:
        raise ModelUnusable(
            f"{checkpoint.title}: {part} cannot be used ({first_line(error)}). Check the folder or name; only plain "
            "transformers checkpoints with safetensors or weights-only pickles and no code of their own are taken"
        ) from error


def _how(checkpoint: Checkpoint) -> dict[str, Any]:
    local = checkpoint.revision is None
    revision = {} if local else {"revision": checkpoint.revision}
    return {"trust_remote_code": False, "local_files_only": local, **revision}
