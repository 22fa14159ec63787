"""Trains the network: length-sorted batches, one seed, a progress bar, and a checkpoint from which it resumes."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from sentiment.training.network import SentimentNetwork, loss
from sentiment.training.rows import Row

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
WINDOW = 50
"""Batches drawn together and sorted by length: little padding, still well mixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides the outcome of a training, except the rows and the encoder."""

    rows: int = 75_000
    epochs: int = 1
    batch: int = 32
    length: int = 64
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.01
    smoothing: float = 0.05
    balance: float = 0.5
    set_weights: dict[str, float] = field(default_factory=dict)
    seed: int = 20261122
    threads: int = 2
    checkpoint_every: int = 250


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's tensors: ids and mask (texts, pieces), labels and has_neutral (texts)."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    has_neutral: Tensor


def fit(
    network: SentimentNetwork,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    plan: Plan,
    *,
    work: Path,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> SentimentNetwork:
    """Train `network` on `rows` in place and return it.

    Goes on from `work`/checkpoint.pt when that was made by the same plan, and starts afresh otherwise.
    `on_step` is told (step, smoothed loss); what it raises ends the run, which can be resumed.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    encoded = _encoded(tokenizer, rows, plan.length)
    order = [batch for epoch in range(plan.epochs) for batch in _batches(encoded, plan, epoch)]
    class_weights = _class_weights(rows, plan.balance)
    training = _Training(network, plan, len(order), fingerprint=_fingerprint(plan, rows))
    first, mean = training.resume(work / CHECKPOINT)
    network.train()
    bar = tqdm(
        range(first, len(order)), initial=first, total=len(order), disable=None if progress else True, unit="step"
    )
    for step in bar:
        batch = _tensors(encoded, rows, order[step])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(batch.input_ids, batch.attention_mask)
        cost = loss(logits, batch.labels, batch.has_neutral, class_weights, smoothing=plan.smoothing)
        training.step(cost)
        mean = cost.item() if step == 0 else 0.98 * mean + 0.02 * cost.item()
        bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
        if on_step:
            on_step(step, mean)
        if (step + 1) % plan.checkpoint_every == 0 or step + 1 == len(order):
            training.save(work / CHECKPOINT, step + 1, mean)
    return network.eval()


def predict(
    network: SentimentNetwork, tokenizer: Tokenizer, rows: Sequence[Row], *, length: int
) -> np.ndarray[Any, Any]:
    """Return fp32 logits (rows, 3) in the order given."""
    encoded = _encoded(tokenizer, rows, length)
    longest_last = np.argsort([len(ids) for ids in encoded], kind="stable")
    logits = np.zeros((len(rows), 3), dtype=np.float32)
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(rows), 64):
            chosen = longest_last[start : start + 64]
            batch = _tensors(encoded, rows, chosen)
            logits[chosen] = network(batch.input_ids, batch.attention_mask).float().numpy()
    return logits


def _encoded(tokenizer: Tokenizer, rows: Sequence[Row], length: int) -> list[list[int]]:
    reader = Tokenizer.from_str(tokenizer.to_str())
    reader.no_padding()
    reader.enable_truncation(length)
    return [encoding.ids for encoding in reader.encode_batch([row.text for row in rows])]


def _batches(encoded: Sequence[Sequence[int]], plan: Plan, epoch: int) -> Iterator[np.ndarray[Any, Any]]:
    chance = np.random.default_rng([plan.seed, epoch])
    shuffled = chance.permutation(len(encoded))
    for start in range(0, len(shuffled), plan.batch * WINDOW):
        window = shuffled[start : start + plan.batch * WINDOW]
        window = window[np.argsort([len(encoded[index]) for index in window], kind="stable")]
        starts = np.arange(0, len(window), plan.batch)
        for begin in chance.permutation(starts):
            yield window[begin : begin + plan.batch]


def _tensors(encoded: Sequence[Sequence[int]], rows: Sequence[Row], chosen: np.ndarray[Any, Any]) -> Batch:
    width = max(len(encoded[index]) for index in chosen)
    ids = torch.zeros((len(chosen), width), dtype=torch.long)
    mask = torch.zeros((len(chosen), width), dtype=torch.long)
    for place, index in enumerate(chosen):
        ids[place, : len(encoded[index])] = torch.tensor(encoded[index])
        mask[place, : len(encoded[index])] = 1
    labels = torch.tensor([rows[index].label for index in chosen])
    return Batch(ids, mask, labels, torch.tensor([rows[index].classes == 3 for index in chosen]))


def _class_weights(rows: Sequence[Row], balance: float) -> Tensor:
    """Weights (n / 3n_c)^balance: 0 leaves the classes as they come, 1 makes each count the same."""
    counted = Counter(row.label for row in rows)
    return torch.tensor([(len(rows) / (3 * max(counted[label], 1))) ** balance for label in range(3)])


def _rate(steps: int, warm_up: float) -> Callable[[int], float]:
    warm = max(int(steps * warm_up), 1)
    return lambda step: min((step + 1) / warm, max((steps - step) / max(steps - warm, 1), 0.0))


def _fingerprint(plan: Plan, rows: Sequence[Row]) -> str:
    digest = hashlib.sha256(json.dumps(asdict(plan), sort_keys=True).encode())
    for row in rows:
        digest.update(f"{row.id} {row.label}\n".encode())
    return digest.hexdigest()


class _Training:
    """The network with its optimiser and learning rate: all that a checkpoint must hold."""

    def __init__(self, network: SentimentNetwork, plan: Plan, steps: int, *, fingerprint: str) -> None:
        groups = [
            {"params": list(network.encoder.parameters()), "lr": plan.encoder_rate},
            {"params": list(network.head.parameters()), "lr": plan.head_rate},
        ]
        self._network = network
        self._fingerprint = fingerprint
        self._optimiser = torch.optim.AdamW(groups, weight_decay=plan.weight_decay, fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, _rate(steps, plan.warm_up))

    def step(self, cost: Tensor) -> None:
        self._optimiser.zero_grad(set_to_none=True)
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimiser.step()
        self._schedule.step()

    def save(self, path: Path, step: int, mean: float) -> None:
        """Write the checkpoint whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "fingerprint": self._fingerprint,
            "step": step,
            "mean": mean,
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": {key: value for key, value in self._schedule.state_dict().items() if key != "lr_lambdas"},
            "chance": torch.get_rng_state(),
        }
        half_written = path.with_suffix(".part")
        torch.save(state, half_written)
        half_written.replace(path)

    def resume(self, path: Path) -> tuple[int, float]:
        """Return the step to go on from and the smoothed loss there; (0, 0) when there is nothing to resume."""
        if not path.exists():
            return 0, 0.0
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["fingerprint"] != self._fingerprint:
            log.warning("training.checkpoint_ignored", extra={"why": "made by another plan or from other rows"})
            return 0, 0.0
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict({**state["schedule"], "lr_lambdas": [None, None]})
        torch.set_rng_state(state["chance"])
        return int(state["step"]), float(state["mean"])
