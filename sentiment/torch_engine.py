"""Runs any transformers sequence-classification checkpoint. Imports torch and transformers, and only when built."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.batching import Integers, Logits, ResultCache, logits_of, run_in_batches
from sentiment.errors import ModelUnusable
from sentiment.label_maps import label_columns, merged
from sentiment.model_facts import ModelFacts

LONGEST = 128
"""Pieces read of one text. Nearly all posts are shorter, and the cost grows with length."""

UNCALIBRATED_FLOOR = 0.6

_HUB_NAME = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)@(?P<revision>[\w./-]+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a checkpoint comes from: a folder (no revision), or a name on the hub with a pinned revision."""

    source: str
    revision: str | None
    title: str
    version: str

    @classmethod
    def parse(cls, wanted: str) -> Checkpoint:
        """Understand a folder or "owner/name@revision". Raises ModelUnusable with the mend."""
        folder = Path(wanted).expanduser()
        if wanted.strip() and folder.is_dir():
            return cls(str(folder), None, folder.resolve().name, _fingerprint(folder))
        named = _HUB_NAME.fullmatch(wanted)
        if named:
            return cls(named["name"], named["revision"], named["name"], named["revision"][:12])
        if re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", wanted):
            raise ModelUnusable(
                f"{wanted}: no such folder; for a model on the hub pin its revision, {wanted}@<commit>, so that "
                "nobody can change it unseen"
            )
        raise ModelUnusable(f"{wanted!r}: no such folder, and not of the form owner/name@revision")


class TorchEngine:
    """Scores normalised texts with a checkpoint on CPU. `languages` are those it is trusted in; None: in none.

    Safetensors are preferred; pickled weights go through torch's weights-only loader. Remote code never runs.
    Raises ModelUnusable when the checkpoint cannot be found or its labels cannot be mapped; `load` when its weights
    are missing, damaged or lack a trained head.
    """

    def __init__(
        self,
        wanted: str,
        *,
        languages: Sequence[str] | None = None,
        threads: int = 1,
        results: ResultCache | None = None,
    ) -> None:
        self._checkpoint = Checkpoint.parse(wanted)
        self._threads = threads
        self._results = ResultCache() if results is None else results
        self._config = _read_config(self._checkpoint)
        self._columns = label_columns(_label_names(self._config), model=wanted)
        self._opening = threading.Lock()
        self._network: Any = None
        self._tokenizer: Any = None
        self.facts = ModelFacts(
            name=self._checkpoint.title,
            version=self._checkpoint.version,
            languages=tuple(languages) if languages else None,
            temperatures={},
            default_temperature=1.0,
            floor=UNCALIBRATED_FLOOR,
            length=_length(self._config),
        )

    def load(self) -> None:
        """Read the weights now rather than at the first text."""
        with self._opening:
            if self._network is None:
                self._tokenizer = _read_tokenizer(self._checkpoint)
                self._network = _read_network(self._checkpoint, self._config, self._threads)

    def logits(self, texts: Sequence[str]) -> Logits:
        """Return float32 logits (texts, 3), in the order given. Each different text is run once, or not at all."""
        return logits_of(texts, results=self._results, run=self._run)

    def _run(self, texts: Sequence[str]) -> Logits:
        self.load()
        encoded = self._tokenizer(list(texts), truncation=True, max_length=self.facts.length)["input_ids"]
        return run_in_batches(encoded, self._run_batch, padding=self._tokenizer.pad_token_id or 0)

    def _run_batch(self, input_ids: Integers, attention_mask: Integers) -> Logits:
        import torch

        with torch.inference_mode():
            outcome = self._network(
                input_ids=torch.from_numpy(input_ids), attention_mask=torch.from_numpy(attention_mask)
            )
        return merged(outcome.logits.float().numpy(), self._columns)


def _read_config(checkpoint: Checkpoint) -> Any:
    from transformers import AutoConfig

    with _explained(checkpoint, "its config.json"):
        return AutoConfig.from_pretrained(checkpoint.source, **_how(checkpoint))


def _read_tokenizer(checkpoint: Checkpoint) -> Any:
    from transformers import AutoTokenizer

    with _explained(checkpoint, "its tokenizer"):
        return AutoTokenizer.from_pretrained(checkpoint.source, **_how(checkpoint))


def _read_network(checkpoint: Checkpoint, config: Any, threads: int) -> Any:
    import torch
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a scoring process writes logs, not bars
    torch.set_num_threads(threads)
    with _explained(checkpoint, "its weights"):
        network, report = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.source,
            config=config,
            dtype=torch.float32,
            weights_only=True,
            output_loading_info=True,
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


def _how(checkpoint: Checkpoint) -> dict[str, Any]:
    local = checkpoint.revision is None
    revision = {} if local else {"revision": checkpoint.revision}
    return {"trust_remote_code": False, "local_files_only": local, **revision}


def _label_names(config: Any) -> dict[int, str]:
    if config.problem_type not in {None, "single_label_classification"}:
        raise ModelUnusable(f"it is made for {config.problem_type}, not for choosing one label: use another model")
    return {int(column): str(name) for column, name in config.id2label.items()}


def _length(config: Any) -> int:
    # RoBERTa's positions start after the padding id, so two of its 514 cannot be used.
    positions = int(getattr(config, "max_position_embeddings", 0) or LONGEST + 2)
    return max(min(LONGEST, positions - 2), 3)


def _fingerprint(folder: Path) -> str:
    """Digest of config and weights: two trainings in the same folder are two versions."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in {".json", ".safetensors", ".bin"}:
            digest.update(file.name.encode())
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]


@contextmanager
def _explained(checkpoint: Checkpoint, part: str) -> Iterator[None]:
    """Turn whatever transformers and torch raise into one error that names the part at fault."""
    try:
        yield
    except ModelUnusable:
        raise
    except Exception as error:
        why = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise ModelUnusable(
            f"{checkpoint.title}: {part} cannot be read ({why}). Check the folder or name; only plain transformers "
            "checkpoints with safetensors or weights-only pickles and no code of their own are taken"
        ) from error
