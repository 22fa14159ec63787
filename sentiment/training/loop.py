"""Trains the network: length-sorted batches, one seed, a progress bar, and a checkpoint from which it resumes."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from sentiment.training.batches import Targets, encoded_texts, step_order
from sentiment.training.network import SentimentNetwork, loss
from sentiment.training.processor import short_floats
from sentiment.training.vocabulary import PieceEmbedding

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the network learns. Rates are the highest of each part; they rise over `warm_up` and fall to nothing.

    A share `hidden` of the pieces is masked, others at each visit. `balance` is how far rare labels count more.
    """

    batch: int = 32
    length: int = 48
    hidden: float = 0.0
    encoder_rate: float = 1e-4
    known_rate: float = 1e-4
    added_rate: float = 8e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.01
    smoothing: float = 0.05
    balance: float = 0.5
    intent_weight: float = 0.5
    seed: int = 20261122
    threads: int = 2
    checkpoint_every: int = 1_000


def fit(
    network: SentimentNetwork,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    targets: Targets,
    plan: Plan,
    *,
    work: Path,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> SentimentNetwork:
    """Train `network` in one pass over folded `texts` in place and return it; a text may stand there several times.

    Goes on from `work`/checkpoint.pt when that was made by the same plan, and starts afresh otherwise.
    `on_step` is told (step, smoothed loss); what it raises ends the run, which can be resumed.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    read = encoded_texts(tokenizer, texts, plan.length)
    order = step_order(read.lengths, batch=plan.batch, seed=plan.seed, epoch=0)
    training = _Training(network, plan, len(order), fingerprint=_fingerprint(plan, texts, targets))
    first, mean = training.resume(work / CHECKPOINT)
    network.train()
    mark = tokenizer.get_vocab()["[MASK]"]
    steps = range(first, len(order))
    bar = tqdm(steps, initial=first, total=len(order), disable=None if progress else True, unit="step")
    for step in bar:
        ids, mask = read.tensors(order[step])
        with short_floats():
            outputs = network(_some_hidden(ids, plan.hidden, hidden_by=mark), mask)
        cost = loss(
            outputs.float(),
            targets.of(order[step]),
            smoothing=plan.smoothing,
            intent_weight=plan.intent_weight,
        )
        training.step(cost, step)
        mean = cost.item() if step == 0 else 0.98 * mean + 0.02 * cost.item()
        bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
        if on_step:
            on_step(step, mean)
        if (step + 1) % plan.checkpoint_every == 0 or step + 1 == len(order):
            training.save(work / CHECKPOINT, step + 1, mean)
    return network.eval()


def predict(
    network: SentimentNetwork, tokenizer: Tokenizer, texts: Sequence[str], *, length: int
) -> np.ndarray[Any, Any]:
    """Return fp32 outputs (texts, 9) in the order given."""
    read = encoded_texts(tokenizer, texts, length)
    shortest_first = np.argsort(read.lengths, kind="stable")
    network.eval()
    with torch.inference_mode():
        outputs = np.concatenate(
            [network(*read.tensors(shortest_first[start : start + 64])).numpy() for start in range(0, len(texts), 64)]
        )
    return outputs[np.argsort(shortest_first)]


def _some_hidden(ids: Tensor, share: float, *, hidden_by: int) -> Tensor:
    """Return ids of which a `share` is hidden, others each time: a text read six times is then not learned by heart."""
    return torch.where((torch.rand(ids.shape) < share) & (ids > hidden_by), torch.tensor(hidden_by), ids)


def _fingerprint(plan: Plan, texts: Sequence[str], targets: Targets) -> str:
    digest = hashlib.sha256(json.dumps(asdict(plan), sort_keys=True).encode())
    digest.update(targets.labels.numpy().tobytes())
    for text in texts:
        digest.update(text.encode())
    return digest.hexdigest()


class _Training:
    """The network with its optimisers and learning rates: all that a checkpoint must hold."""

    def __init__(self, network: SentimentNetwork, plan: Plan, steps: int, *, fingerprint: str) -> None:
        table: PieceEmbedding = network.encoder.embeddings.word_embeddings
        pieces = {id(table.known), id(table.added)}
        self._body = [weight for weight in network.encoder.parameters() if id(weight) not in pieces]
        head = list(network.head.parameters())
        dense = [{"params": self._body, "lr": plan.encoder_rate}, {"params": head, "lr": plan.head_rate}]
        sparse = [{"params": [table.known], "lr": plan.known_rate}, {"params": [table.added], "lr": plan.added_rate}]
        self._optimisers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.AdamW(dense, weight_decay=plan.weight_decay, fused=True),
            torch.optim.SparseAdam(sparse),
        )
        self._peaks = [[group["lr"] for group in each.param_groups] for each in self._optimisers]
        self._network, self._plan, self._steps, self._fingerprint = network, plan, steps, fingerprint

    def step(self, cost: Tensor, step: int) -> None:
        warm = max(self._steps * self._plan.warm_up, 1.0)
        pace = min((step + 1) / warm, max((self._steps - step) / max(self._steps - warm, 1.0), 0.0))
        for optimiser, peaks in zip(self._optimisers, self._peaks, strict=True):
            optimiser.zero_grad(set_to_none=True)
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["lr"] = peak * pace
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._body, 1.0)
        for optimiser in self._optimisers:
            optimiser.step()

    def save(self, path: Path, step: int, mean: float) -> None:
        """Write the checkpoint whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "fingerprint": self._fingerprint,
            "step": step,
            "mean": mean,
            "network": self._network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
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
        for optimiser, kept in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        torch.set_rng_state(state["chance"])
        return int(state["step"]), float(state["mean"])
