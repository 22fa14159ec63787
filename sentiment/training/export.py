"""Turns a trained network into what is shipped: an int8 ONNX file, a tokenizer and the facts. Trains nothing."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import nn

from sentiment.model_facts import ModelFacts, write_facts
from sentiment.onnx_engine import MODEL_FILE, TOKENIZER_FILE

OPSET = 17


def export_model(network: nn.Module, tokenizer: Tokenizer, facts: ModelFacts, folder: Path) -> Path:
    """Write model.onnx (int8), tokenizer.json and model.json into `folder` and return the ONNX file."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw.onnx"
        export_fp32(network, raw)
        quantise(raw, folder / MODEL_FILE)
    write_tokenizer(tokenizer, folder)
    write_facts(folder, facts)
    return folder / MODEL_FILE


def export_fp32(network: nn.Module, path: Path) -> None:
    """Write the network as a plain fp32 ONNX graph: ids and mask (texts, pieces) in, logits (texts, 3) out."""
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 0, 0]])
    shape = {0: "texts", 1: "pieces"}
    with _quiet():
        torch.onnx.export(
            network.eval(),
            (ids, (ids > 0).long()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": shape, "attention_mask": shape, "logits": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, target: Path) -> None:
    """Write `source` with int8 weights, one scale per output channel; activations are quantised as it runs.

    The graph stays as exported: fusing it first was no faster and agreed less with fp32. Weights keep to 7 of their
    8 bits, because processors without VNNI add two products in 16 bits and would overflow; measured, it costs nothing.
    """
    with _quiet():
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, reduce_range=True)
    onnx.checker.check_model(str(target))


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json without padding or cutting: the engine decides both."""
    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.no_padding()
    plain.no_truncation()
    plain.save(str(folder / TOKENIZER_FILE))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' deprecation notes and advice away from whoever trains a model."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
