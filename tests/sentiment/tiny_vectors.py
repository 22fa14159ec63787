"""An encoder small enough to build in a test: each piece has a fixed vector, a text the direction of their sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from sentiment.vectors import WIDTH

KNOWN = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "kettle", "leaks", "parcel", "late", "cafe"),
    *("sam", "##o", "##var", "##s"),
)
"""The pieces the graph has rows for."""

BEYOND = ("samovar", "##ovar")
"""Pieces of the tokenizer alone."""


def write_tiny_encoder(folder: Path, *, seed: int = 1) -> Path:
    """Write vectors.onnx and tokenizer.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {piece: place for place, piece in enumerate((*KNOWN, *BEYOND))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(_direction_of_sum(seed), str(folder / "vectors.onnx"))
    return folder


def _direction_of_sum(seed: int) -> onnx.ModelProto:
    table = np.random.default_rng(seed).normal(size=(len(KNOWN), WIDTH)).astype(np.float32)
    table[0] = 50.0  # would show at once if padding were not masked
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["each", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["sum"], keepdims=0),
        helper.make_node("ReduceL2", ["sum"], ["length"], axes=[1], keepdims=1),
        helper.make_node("Div", ["sum", "length"], ["logits"]),
    ]
    constants = {"table": table, "last": np.array([2]), "middle": np.array([1])}
    graph = helper.make_graph(
        nodes,
        "direction_of_sum",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "t"]) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", WIDTH])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
