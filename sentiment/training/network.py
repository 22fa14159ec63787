"""The network: a pre-trained encoder, the mean of its last layer, three logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

UNLIKELY = -1e4
"""Stands for minus infinity in a masked logit, small enough for bfloat16 to hold."""


class SentimentNetwork(nn.Module):
    """Token ids and mask in, logits for negative, neutral and positive out."""

    def __init__(self, encoder: Any, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, 3)

    @classmethod
    def from_encoder(cls, folder: Path) -> SentimentNetwork:
        """Start from an encoder saved by transformers in `folder`. Loads safetensors only and runs no remote code."""
        encoder = AutoModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            # One pass over the rows does not over-fit; dropout inside the encoder cost 14 % of each step.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            # Plain attention is 5 % faster than the fused one for short texts on CPU, and exports to a plain graph.
            attn_implementation="eager",
        )
        return cls(encoder)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return logits (texts, 3) for ids and mask of shape (texts, pieces)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        return self.head(self.dropout(mean))  # type: ignore[no-any-return]


def loss(logits: Tensor, labels: Tensor, has_neutral: Tensor, class_weights: Tensor, *, smoothing: float) -> Tensor:
    """Weighted cross-entropy with label smoothing; the neutral logit does not count where a set knows no neutral."""
    masked = logits.float()
    neutral = masked[:, 1].where(has_neutral, masked.new_tensor(UNLIKELY))
    masked = torch.stack([masked[:, 0], neutral, masked[:, 2]], dim=1)
    log_p = functional.log_softmax(masked, dim=1)
    allowed = torch.ones_like(log_p)
    allowed[:, 1] = has_neutral.to(log_p.dtype)
    target = functional.one_hot(labels, 3).to(log_p.dtype) * (1 - smoothing)
    target = target + smoothing * allowed / allowed.sum(1, keepdim=True)
    each = -(target * log_p * allowed).sum(1)
    weights = class_weights[labels]
    return (each * weights).sum() / weights.sum()
