from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from sentiment.checkpoints import Checkpoint, read_copy
from tests.sentiment.tiny_checkpoints import write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Checkpoint:
    return Checkpoint.parse(str(write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "three")))


@pytest.fixture
def exporting():
    """The module under test. It imports torch, which collecting tests need not."""
    from sentiment import checkpoint_export

    return checkpoint_export


def written(exports: Path) -> list[str]:
    return sorted(each.name for each in exports.iterdir() if each.suffix != ".lock")


def test_a_copy_holds_three_files_and_nothing_is_left_beside_it(exporting, checkpoint, tmp_path):
    folder = checkpoint.copy_in(tmp_path)
    copy = exporting.export(checkpoint, folder)
    assert read_copy(folder) == copy
    assert written(folder) == ["checkpoint.json", "model.onnx", "tokenizer.json"]
    assert written(tmp_path) == [folder.name]


def test_weights_are_int8_and_keep_to_seven_bits(exporting, checkpoint, tmp_path):
    import onnx

    folder = checkpoint.copy_in(tmp_path)
    exporting.export(checkpoint, folder)
    graph = onnx.load(str(folder / "model.onnx")).graph
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    products = [tensors[node.input[1]] for node in graph.node if node.op_type == "MatMulInteger"]
    assert len(products) == 14  # six in each of two layers, two in the head
    assert {matrix.dtype for matrix in products} == {np.dtype(np.int8)}
    assert max(int(np.abs(matrix.astype(int)).max()) for matrix in products) <= 64
    assert max(matrix.nbytes for matrix in tensors.values() if matrix.dtype == np.float32) < 1_000


def test_a_copy_that_says_something_else_is_not_kept(exporting, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "FARTHEST_APART", 0.0)
    with pytest.raises(exporting.CannotExport, match="differs from the checkpoint"):
        exporting.export(checkpoint, checkpoint.copy_in(tmp_path))
    assert written(tmp_path) == []


def test_an_exporter_that_fails_leaves_nothing_behind(exporting, checkpoint, tmp_path, monkeypatch):
    def fail(*_args):
        raise RuntimeError("no such operator\nand forty lines more")

    monkeypatch.setattr(exporting, "quantise", fail)
    with pytest.raises(exporting.CannotExport, match=r"^RuntimeError: no such operator$"):
        exporting.export(checkpoint, checkpoint.copy_in(tmp_path))
    assert written(tmp_path) == []


def test_what_a_killed_process_left_is_cleared_away(exporting, checkpoint, tmp_path):
    folder = checkpoint.copy_in(tmp_path)
    left = folder.with_name(f"{folder.name}.partial")
    (left / "fp32").mkdir(parents=True)
    (left / "fp32" / "model.onnx").write_bytes(b"half a graph")
    exporting.export(checkpoint, folder)
    assert written(tmp_path) == [folder.name]


def test_two_at_once_make_one_copy(exporting, checkpoint, tmp_path, monkeypatch):
    made: list[int] = []
    really = exporting._exported
    monkeypatch.setattr(exporting, "_exported", lambda *given: (made.append(threading.get_ident()), really(*given))[1])
    folder = checkpoint.copy_in(tmp_path)
    copies = []
    both = [threading.Thread(target=lambda: copies.append(exporting.export(checkpoint, folder))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(made) == 1
    assert copies == [read_copy(folder)] * 2
