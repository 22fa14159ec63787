"""A model folder small enough to build in a test, with words whose logits are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from sentiment.columns import NETWORK_WIDTH
from sentiment.model_facts import ModelFacts, write_facts
from sentiment.wide import quantised

WORD_LOGITS = {
    "[PAD]": (9.0, 9.0, -9.0),  # would show at once if padding were not masked
    "[UNK]": (0.0, 0.1, 0.0),
    "[CLS]": (0.0, 0.0, 0.0),
    "[SEP]": (0.0, 0.0, 0.0),
    "love": (-2.0, 0.0, 2.0),
    "hate": (2.0, 0.0, -2.0),
    "table": (-1.0, 2.0, -1.0),
    "😡": (1.5, 0.0, -1.5),
    "http": (0.0, 0.0, 0.0),
    "user": (0.0, 0.0, 0.0),
}

FACTS = ModelFacts(
    name="tiny",
    version="1",
    languages=("en",),
    temperatures={"en": 1.0},
    default_temperature=4.0,
    floor=0.6,
    length=32,
    folded=True,
)


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORD_LOGITS)}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def write_tiny_model(folder: Path, facts: ModelFacts = FACTS) -> Path:
    """Write a model folder whose logits, and mean vectors, are the sum of `WORD_LOGITS` over the words of the text.

    Its wide branch says nothing, its intents are all as likely, and nobody is upset more than half.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_facts(folder, facts)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    onnx.save(_word_sum(), str(folder / "model.onnx"))
    quantised(np.zeros(0, dtype=np.uint32), np.zeros((0, 3)), np.zeros(0)).save(folder)
    return folder


def _word_sum() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["each", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["logits"], keepdims=0),
        helper.make_node("Identity", ["logits"], ["mean"]),
    ]
    constants = {
        "words": np.pad(np.array(list(WORD_LOGITS.values()), dtype=np.float32), ((0, 0), (0, NETWORK_WIDTH - 3))),
        "last": np.array([2], dtype=np.int64),
        "middle": np.array([1], dtype=np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "word_sum",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", NETWORK_WIDTH]) for name in ("logits", "mean")],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
