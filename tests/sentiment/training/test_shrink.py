from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from torch import Tensor, nn

from sentiment.onnx_export import export_fp32, quantise
from sentiment.training.shrink import shrink

PIECES, WIDTH = 300, 32


class Tiny(nn.Module):
    """Pieces of very different size, then two layers whose nodes can be told by name."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.pieces = nn.Embedding(PIECES, WIDTH)
        self.pieces.weight.data *= torch.logspace(-2, 1, PIECES)[:, None]
        self.delicate = nn.Linear(WIDTH, WIDTH)
        self.other = nn.Linear(WIDTH, WIDTH)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        each = self.pieces(input_ids) * attention_mask.unsqueeze(-1)
        return self.other(torch.relu(self.delicate(each))).sum(1)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    path = tmp_path_factory.mktemp("graphs") / "raw.onnx"
    export_fp32(Tiny().eval(), path)
    return path


def outcome(path, ids):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]


def far(path, raw, ids):
    expected = outcome(raw, ids)
    return float(np.abs(outcome(path, ids) - expected).mean() / np.abs(expected).mean())


def test_rare_pieces_keep_their_meaning(raw, tmp_path):
    rare = np.arange(1, 40).reshape(-1, 3)
    quantise(raw, tmp_path / "one_scale.onnx")
    shrink(raw, tmp_path / "by_rows.onnx", delicate=())
    assert far(tmp_path / "by_rows.onnx", raw, rare) < 0.5 * far(tmp_path / "one_scale.onnx", raw, rare)


def test_a_delicate_matrix_is_stored_in_sixteen_bits_and_the_others_in_eight(raw, tmp_path):
    shrink(raw, tmp_path / "small.onnx", delicate=("delicate/MatMul",))
    kinds = {each.name: each.data_type for each in onnx.load(str(tmp_path / "small.onnx")).graph.initializer}
    assert sorted(kinds.values()).count(TensorProto.FLOAT16) == 1
    assert kinds["pieces.int8"] == TensorProto.INT8
    shrink(raw, tmp_path / "smaller.onnx", delicate=())
    ids = np.arange(200, 260).reshape(-1, 3)
    assert far(tmp_path / "small.onnx", raw, ids) < far(tmp_path / "smaller.onnx", raw, ids)


def test_it_answers_nearly_as_before(raw, tmp_path):
    shrink(raw, tmp_path / "small.onnx", delicate=("delicate/MatMul",))
    assert far(tmp_path / "small.onnx", raw, np.arange(PIECES - 2).reshape(-1, 2)) < 0.05
