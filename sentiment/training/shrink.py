"""Makes an exported graph small: int8 weights, but for the few places where rounding costs most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from sentiment.onnx_export import quantise

DELICATE = ("layer.0/output/dense/MatMul", "layer.1/output/dense/MatMul", "layer.2/output/dense/MatMul")
"""What follows the activation of the first three layers: a few large values there make one int8 scale too coarse.

Kept in 16 bits, they halve the distance between the vectors of a text in int8 and in fp32, for five megabytes.
"""

_SCALES = "pieces.scales"


def shrink(source: Path, target: Path, *, delicate: Sequence[str] = DELICATE) -> None:
    """Write the fp32 graph `source` with int8 weights to `target`.

    The table of pieces has a scale per piece: ONNX Runtime's quantiser would give it one, set by its longest rows, and
    round rare pieces, whose rows are short, to little more than noise. Matrices that the `delicate` name (by how their
    nodes end) are stored in 16 bits and widened when the graph is opened.
    """
    model = onnx.load(str(source))
    _table_by_rows(model)
    kept = [node.name for node in model.graph.node if node.name.endswith(tuple(delicate))]
    with TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        onnx.save(model, str(prepared))
        quantise(prepared, target, kept=[*kept, _SCALES])
    model = onnx.load(str(target))
    _halved(model, kept)
    onnx.save(model, str(target))


def _table_by_rows(model: ModelProto) -> None:
    """Replace the largest table that Gather nodes read by int8 rows and their scales."""
    weights = {each.name: each for each in model.graph.initializer}
    gathers = [node for node in model.graph.node if node.op_type == "Gather" and node.input[0] in weights]
    gather = max(gathers, key=lambda node: int(np.prod(weights[node.input[0]].dims)))
    name, ids = gather.input
    table = numpy_helper.to_array(weights[name])
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
    model.graph.initializer.remove(weights[name])
    model.graph.initializer.extend(
        [
            numpy_helper.from_array(np.rint(table / scale).astype(np.int8), "pieces.int8"),
            numpy_helper.from_array(scale.astype(np.float32), "pieces.scale"),
        ]
    )
    nodes = [
        helper.make_node("Gather", ["pieces.int8", ids], ["pieces.rounded"]),
        helper.make_node("Cast", ["pieces.rounded"], ["pieces.cast"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["pieces.scale", ids], ["pieces.scales"], name=_SCALES),
        helper.make_node("Mul", ["pieces.cast", "pieces.scales"], list(gather.output)),
    ]
    _put_in_place(model, gather, nodes)


def _halved(model: ModelProto, names: Sequence[str]) -> None:
    """Store the matrices of the named nodes in 16 bits, and widen them where they are used."""
    weights = {each.name: each for each in model.graph.initializer}
    for node in [node for node in model.graph.node if node.name in names]:
        name = node.input[1]
        half = numpy_helper.to_array(weights[name]).astype(np.float16)
        model.graph.initializer.remove(weights[name])
        model.graph.initializer.append(numpy_helper.from_array(half, f"{name}.half"))
        widened = helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT)
        model.graph.node.insert(0, widened)


def _put_in_place(model: ModelProto, old: NodeProto, new: Sequence[NodeProto]) -> None:
    place = list(model.graph.node).index(old)
    model.graph.node.remove(old)
    for offset, node in enumerate(new):
        model.graph.node.insert(place + offset, node)
