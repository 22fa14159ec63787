"""Teaches an English encoder the added pieces by guessing masked ones; the encoder itself stays as it is.

Embeddings of new languages learned under a frozen English body take their places among what it already understands
(Artetxe, Ruder and Yogatama 2020, "On the cross-lingual transferability of monolingual representations"). English
texts keep the very vectors they had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from sentiment.training.batches import Texts, encoded_texts, step_order
from sentiment.training.processor import short_floats
from sentiment.training.vocabulary import PieceEmbedding

MASKED = 0.15
IGNORED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedPlan:
    """How long and how fast the added pieces are learned. `rivals` are the pieces a right guess is held against."""

    texts: int = 110_000
    english_share: float = 0.4
    batch: int = 64
    length: int = 40
    piece_rate: float = 2e-3
    head_rate: float = 1e-3
    rivals: int = 3_000
    warm_up: float = 0.06
    seed: int = 20261122
    threads: int = 2


class _Guesser(nn.Module):
    """From the encoder's last layer to the pieces it may be: a transform, then likeness to each piece's embedding."""

    def __init__(self, width: int, pieces: int) -> None:
        super().__init__()
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Embedding(pieces, 1, sparse=True)
        nn.init.zeros_(self.bias.weight)

    def forward(self, hidden: Tensor, candidates: Tensor, table: PieceEmbedding) -> Tensor:
        """Return scores (masked pieces, candidates)."""
        return self.transform(hidden) @ table(candidates).T + self.bias(candidates).squeeze(-1)  # type: ignore[no-any-return]


def learn_pieces(
    encoder: Any,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    plan: MaskedPlan,
    *,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> None:
    """Learn the `added` table of the encoder's `PieceEmbedding` in one pass over `texts` (folded), in place."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    table: PieceEmbedding = encoder.embeddings.word_embeddings
    encoder.requires_grad_(False)
    table.added.requires_grad_(True)
    guesser = _Guesser(table.known.shape[1], tokenizer.get_vocab_size())
    sparse = torch.optim.SparseAdam([table.added, guesser.bias.weight], lr=plan.piece_rate)
    dense = torch.optim.AdamW(guesser.transform.parameters(), lr=plan.head_rate)
    mask = tokenizer.get_vocab()["[MASK]"]
    read = encoded_texts(tokenizer, texts, plan.length)
    order = step_order(read.lengths, batch=plan.batch, seed=plan.seed, epoch=0)
    mean = 0.0
    for step, chosen in enumerate(tqdm(order, disable=None if progress else True, unit="step")):
        pace = min((step + 1) / (plan.warm_up * len(order)), 1.0) * (1.0 - step / len(order))
        for optimiser, rate in ((sparse, plan.piece_rate), (dense, plan.head_rate)):
            optimiser.param_groups[0]["lr"] = rate * pace
        with short_floats():
            cost = _cost(encoder, guesser, read, chosen, plan, mask=mask)
        if cost is None:
            continue
        sparse.zero_grad()
        dense.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        sparse.step()  # type: ignore[no-untyped-call]
        dense.step()
        mean = cost.item() if not mean else 0.98 * mean + 0.02 * cost.item()
        if on_step:
            on_step(step, mean)
    encoder.requires_grad_(True)


def _cost(encoder: Any, guesser: _Guesser, read: Texts, chosen: Any, plan: MaskedPlan, *, mask: int) -> Tensor | None:
    table: PieceEmbedding = encoder.embeddings.word_embeddings
    ids, attention = read.tensors(chosen)
    hidden_places = (torch.rand(ids.shape) < MASKED) & attention.bool() & (ids > mask)
    if not hidden_places.any():
        return None
    shown = torch.where(hidden_places & (torch.rand(ids.shape) < 0.9), torch.tensor(mask), ids)
    last = encoder(input_ids=shown, attention_mask=attention).last_hidden_state[hidden_places]
    targets, places = torch.unique(ids[hidden_places], return_inverse=True)
    drawn = torch.randint(mask + 1, len(table.known) + len(table.added), (plan.rivals,))
    rivals = drawn[~torch.isin(drawn, targets)]
    return functional.cross_entropy(guesser(last, torch.cat([targets, rivals]), table).float(), places)
