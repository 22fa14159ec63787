"""Turns a trained network into what is shipped: an int8 ONNX file, a tokenizer, the wide branch and the facts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from sentiment.model_facts import ModelFacts, write_facts
from sentiment.onnx_engine import LOGITS, MEAN, MODEL_FILE, TOKENIZER_FILE
from sentiment.onnx_export import export_fp32, quantise, write_tokenizer
from sentiment.training.network import SentimentNetwork, mean_of
from sentiment.training.shrink import shrink
from sentiment.training.vocabulary import PieceEmbedding
from sentiment.wide import WideBranch

VECTORS_FILE = "vectors.onnx"


def export_model(
    network: SentimentNetwork, tokenizer: Tokenizer, wide: WideBranch, facts: ModelFacts, folder: Path
) -> Path:
    """Write model.onnx (int8), tokenizer.json, wide.npz and model.json into `folder` and return the ONNX file."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw.onnx"
        with_one_table(network.encoder)
        export_fp32(_WithMean(network), raw, outputs=(LOGITS, MEAN))
        shrink(raw, folder / MODEL_FILE)
    write_tokenizer(tokenizer, folder / TOKENIZER_FILE)
    wide.save(folder)
    write_facts(folder, facts)
    return folder / MODEL_FILE


class _WithMean(nn.Module):
    """A network that also gives the mean its head reads, so that another head can be taught on it."""

    def __init__(self, network: SentimentNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (texts, 9) and means (texts, width)."""
        mean = mean_of(self.network.encoder(input_ids=input_ids, attention_mask=attention_mask), attention_mask)
        return self.network.head(mean), mean


class _MeanVector(nn.Module):
    """The mean of an encoder's last layer, of length 1."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return vectors (texts, width)."""
        mean = mean_of(self.encoder(input_ids=input_ids, attention_mask=attention_mask), attention_mask)
        return functional.normalize(mean, dim=1)


def export_vectors(encoder: nn.Module, folder: Path, *, pieces: int) -> Path:
    """Write vectors.onnx (int8) into `folder`: the encoder before it learned of feelings, with its first `pieces`."""
    folder.mkdir(parents=True, exist_ok=True)
    with_one_table(encoder)
    embeddings: Any = encoder.embeddings
    embeddings.word_embeddings = _table(embeddings.word_embeddings.weight[:pieces])
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw.onnx"
        export_fp32(_MeanVector(encoder), raw)
        quantise(raw, folder / VECTORS_FILE)
    return folder / VECTORS_FILE


def with_one_table(encoder: nn.Module) -> None:
    """Join the two tables of the encoder's pieces to one, in place: what learned apart is served together."""
    embeddings: Any = encoder.embeddings
    if isinstance(embeddings.word_embeddings, PieceEmbedding):
        embeddings.word_embeddings = _table(embeddings.word_embeddings.joined())


def _table(weight: Tensor) -> nn.Embedding:
    table = nn.Embedding(*weight.shape)
    table.weight.data = weight.detach().clone()
    return table
