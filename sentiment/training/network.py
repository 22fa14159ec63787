"""The network: an encoder, the mean of its last layer, and heads for feeling, intent and how upset the writer is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from sentiment.training.batches import Targets

LABEL_COUNT, INTENT_COUNT = 3, 5
OUTPUTS = LABEL_COUNT + INTENT_COUNT + 1
UNLIKELY = -1e4
"""Stands for minus infinity in a masked logit."""


class SentimentNetwork(nn.Module):
    """Token ids and mask in; logits for three labels, five intents and one intensity out, side by side."""

    def __init__(self, encoder: Any, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, OUTPUTS)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return logits (texts, 9) for ids and mask of shape (texts, pieces)."""
        mean = mean_of(self.encoder(input_ids=input_ids, attention_mask=attention_mask), attention_mask)
        return self.head(self.dropout(mean))  # type: ignore[no-any-return]


def read_encoder(folder: Path) -> Any:
    """Return an encoder saved by transformers in `folder`. Loads safetensors only and runs no remote code."""
    return AutoModel.from_pretrained(
        folder,
        add_pooling_layer=False,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        # A pass or two over the rows does not over-fit. Three passes did, with this at .1 and pieces masked besides.
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        # Plain attention is 5 % faster than the fused one for short texts on CPU, and exports to a plain graph.
        attn_implementation="eager",
    )


def mean_of(outcome: Any, attention_mask: Tensor) -> Tensor:
    """Return the mean (texts, width) of the last layer over the pieces that are not padding."""
    hidden: Tensor = outcome.last_hidden_state
    weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def loss(outputs: Tensor, targets: Targets, *, smoothing: float, intent_weight: float) -> Tensor:
    """Return the cost of a batch: what it says of feeling, plus `intent_weight` times what it says of intent.

    A text counts only in what is known of it. Where a set knows no neutral, that logit is left out; where it is only
    known what the intent is not, all the intents it may be count together.
    """
    feeling = _feeling_loss(outputs[:, :LABEL_COUNT], targets, smoothing)
    log_p = functional.log_softmax(outputs[:, LABEL_COUNT : LABEL_COUNT + INTENT_COUNT], dim=1)
    possible = log_p.masked_fill(~targets.intents, UNLIKELY).logsumexp(1)
    upset = functional.binary_cross_entropy_with_logits(
        outputs[:, -1], targets.intensity.nan_to_num(0.0), reduction="none"
    )
    rest = -possible + upset.masked_fill(targets.intensity.isnan(), 0.0)
    return feeling + intent_weight * rest.sum() / len(rest)


def _feeling_loss(logits: Tensor, targets: Targets, smoothing: float) -> Tensor:
    """Weighted cross-entropy with label smoothing."""
    known = targets.labels >= 0
    labels = targets.labels.clamp(min=0)
    neutral = logits[:, 1].where(targets.has_neutral, logits.new_tensor(UNLIKELY))
    log_p = functional.log_softmax(torch.stack([logits[:, 0], neutral, logits[:, 2]], dim=1), dim=1)
    allowed = torch.ones_like(log_p)
    allowed[:, 1] = targets.has_neutral.to(log_p.dtype)
    target = functional.one_hot(labels, LABEL_COUNT).to(log_p.dtype) * (1 - smoothing)
    target = target + smoothing * allowed / allowed.sum(1, keepdim=True)
    weights = targets.weights * known
    return -((target * log_p * allowed).sum(1) * weights).sum() / weights.sum().clamp(min=1e-6)
