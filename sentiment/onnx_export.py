"""Writes a network as an ONNX graph with int8 weights, and its tokenizer. Needs torch and onnx; serving does not."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import nn

from sentiment.sessions import INPUTS

OPSET = 17


def export_fp32(network: nn.Module, path: Path, *, outputs: Sequence[str] = ("logits",)) -> None:
    """Write the network as a plain fp32 ONNX graph: ids and mask (texts, pieces) in, logits (texts, labels) out.

    A network that gives several tensors, a row per text each, has as many names in `outputs`.
    """
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 0, 0]])
    shape = {0: "texts", 1: "pieces"}
    with _quiet():
        torch.onnx.export(
            network.eval(),
            (ids, (ids > 0).long()),
            str(path),
            input_names=list(INPUTS),
            output_names=list(outputs),
            dynamic_axes={**dict.fromkeys(INPUTS, shape), **{name: {0: "texts"} for name in outputs}},
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, target: Path, *, kept: Sequence[str] = ()) -> None:
    """Write `source` with int8 weights, one scale per output channel; activations are quantised as it runs.

    The graph stays as exported: fusing it first was no faster and agreed less with fp32. Weights keep to 7 of their
    8 bits, because processors without VNNI add two products in 16 bits and would overflow; measured, it costs nothing.
    Nodes named in `kept` stay as they are.
    """
    with _quiet():
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=True,
            nodes_to_exclude=list(kept),
        )
    onnx.checker.check_model(str(target))


def write_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write tokenizer.json without padding or cutting: the engine decides both."""
    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.no_padding()
    plain.no_truncation()
    plain.save(str(path))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' deprecation notes and advice away from whoever exports a model."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
