"""What was tried to score faster, measured against each other: `python -m bench.score_variants`.

One stock checkpoint is exported in every way; each way scores the same texts on one thread, sorted, in batches of a
number of pieces. CPU time, interleaved, median. Behind each stands how far its logits are from fp32, in the mean.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

from bench.checkpoints import SHAPES, made_up_texts, write_stock_checkpoint
from bench.score import medians
from sentiment.batching import TOKEN_BUDGET, run_in_batches
from sentiment.checkpoint_export import _LogitsOnly
from sentiment.first_piece import keep_first_piece
from sentiment.onnx_export import _quiet, export_fp32
from sentiment.sessions import INPUTS, open_session, open_tokenizer

BUDGETS = (128, 512, 1024, 2048, 4096)


def write_variants(checkpoint: Path, folder: Path) -> dict[str, Path]:
    from transformers import AutoModelForSequenceClassification

    network = AutoModelForSequenceClassification.from_pretrained(checkpoint, attn_implementation="eager").eval()
    named = {name: folder / f"{name}.onnx" for name in ("fp32", "first", "attention", "heads", "every", "tensor")}
    with _quiet():
        export_fp32(_LogitsOnly(network), named["fp32"])
        named["first"].write_bytes(named["fp32"].read_bytes())
        keep_first_piece(named["first"])
        _fused(named["fp32"], named["attention"], network.config)
        _fused(named["fp32"], named["heads"], network.config, use_multi_head_attention=True)
        _fused(named["fp32"], named["every"], network.config, enable_skip_layer_norm=True, enable_bias_gelu=True)
    int8 = {name: folder / f"{name}.int8.onnx" for name in named}
    for name, path in named.items():
        if name != "tensor":
            _int8(path, int8[name], per_channel=True)
    _int8(named["first"], int8["tensor"], per_channel=False)
    return {
        "fp32, as exported": named["fp32"],
        "fp32, first piece": named["first"],
        "int8, as exported": int8["fp32"],
        "int8, first piece (served)": int8["first"],
        "int8, one scale a matrix": int8["tensor"],
        "int8, attention fused first": int8["attention"],
        "int8, heads fused first": int8["heads"],
        "int8, all fused first": int8["every"],
    }


def _int8(source: Path, target: Path, *, per_channel: bool) -> None:
    # As sentiment.onnx_export.quantise does it, and told what fused operators give: nobody else knows.
    with _quiet():
        quantize_dynamic(
            source,
            target,
            per_channel=per_channel,
            weight_type=QuantType.QInt8,
            reduce_range=True,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def _fused(source: Path, target: Path, config: Any, **switches: bool) -> None:
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = options.enable_bias_gelu = False
    for name, value in switches.items():
        setattr(options, name, value)
    optimizer.optimize_model(
        str(source),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
        optimization_options=options,
    ).save_model_to_file(str(target))


def as_onnxruntime_comes(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shape", choices=list(SHAPES), default="MiniLM-L6-H384")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as shelf:
        checkpoint = write_stock_checkpoint(Path(shelf) / "checkpoint", asked.shape)
        paths = write_variants(checkpoint, Path(shelf))
        texts = made_up_texts(asked.texts)
        encoded = [each.ids for each in open_tokenizer(checkpoint / "tokenizer.json", 128).encode_batch_fast(texts)]

        def scoring(session: Any, budget: int = TOKEN_BUDGET) -> Callable[[], np.ndarray]:
            def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
                return session.run(None, dict(zip(INPUTS, (ids, mask), strict=True)))[0]

            return lambda: run_in_batches(encoded, run, token_budget=budget)

        served = open_session(paths["int8, first piece (served)"])
        works = {name: scoring(open_session(path)) for name, path in paths.items()}
        works["served, every fusion of the session on"] = scoring(
            as_onnxruntime_comes(paths["int8, first piece (served)"])
        )
        works |= {f"served, {budget} pieces a batch": scoring(served, budget) for budget in BUDGETS}
        truth = works["fp32, as exported"]()
        apart = {name: float(np.abs(work() - truth).mean()) for name, work in works.items()}
        measured = medians(works, time.process_time, asked.rounds)
    print(f"{asked.shape}, {len(texts)} texts, {sum(map(len, encoded)) / len(texts):.0f} pieces each, one thread")
    base = measured["fp32, as exported"]
    for name, median in measured.items():
        print(f"  {name:<42} {base / median:6.2f}×   {len(texts) / median:7,.0f} texts/s   {apart[name]:.4f} apart")


if __name__ == "__main__":
    main()
