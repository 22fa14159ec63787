"""How fast texts are scored: `python -m bench.score`. All figures are ratios measured in one run.

First, what the first opinion of the shipped model costs in a fresh process, and what its parts cost. Then the race that
item "any checkpoint" is held to: stock six-layer checkpoints through our scorer against
`transformers.pipeline("text-classification")(texts)` in fp32, as it comes and at its best batch size in the order
given. Both sides read the same unique texts with the same number of threads, nothing is remembered, rounds are
interleaved, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import bars
from bench.checkpoints import SHAPES, made_up_texts, write_stock_checkpoint
from sentiment import SHIPPED_MODEL
from sentiment.batching import TOKEN_BUDGET, ResultCache, padded, run_in_batches
from sentiment.checkpoint_engine import open_checkpoint
from sentiment.language import LanguageIdentifier
from sentiment.normalise import normalise
from sentiment.onnx_engine import MODEL_FILE, TOKENIZER_FILE, OnnxEngine
from sentiment.pipeline import Pipeline
from sentiment.sessions import INPUTS, open_session, open_tokenizer

TEXTS = 200
ROUNDS = 5
COPIES = 20
PIPELINE_BATCHES = (8, 16, 32)

COLD = """
import json, re, time
from pathlib import Path
started = time.perf_counter()
from sentiment import build_scorer
build_scorer().score(["The parcel is late again and nobody answers, why?"])
wall = time.perf_counter() - started
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"wall_s": wall, "cpu_s": time.process_time(), "peak_mb": peak}))
"""

Works = Mapping[str, Callable[[], object]]
Clock = Callable[[], float]


def parts(texts: Sequence[str]) -> Works:
    """Name to work with the shipped model; each scores, or prepares, all texts once."""
    session = open_session(SHIPPED_MODEL / MODEL_FILE)
    tokenizer = open_tokenizer(SHIPPED_MODEL / TOKENIZER_FILE, 128)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    identifier = LanguageIdentifier()
    normalised = [normalise(text) for text in texts]

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return session.run(None, dict(zip(INPUTS, (ids, mask), strict=True)))[0]

    width = run(*padded(encoded[:1])).shape[1]

    def as_they_come() -> None:
        for start in range(0, len(encoded), 32):
            run(*padded(encoded[start : start + 32]))

    forgetful = OnnxEngine(SHIPPED_MODEL, results=ResultCache(0))

    return {
        "batches of 32 as they come": as_they_come,
        "one text at a time": lambda: [run(*padded([ids])) for ids in encoded],
        f"sorted, {TOKEN_BUDGET} pieces a batch": lambda: run_in_batches(encoded, run, width=width),
        "the engine, tokenising included": lambda: forgetful.logits(texts),
        f"the engine, each text {COPIES} times": lambda: forgetful.logits(list(texts) * COPIES),
        "tokenising alone": lambda: tokenizer.encode_batch_fast(list(texts)),
        "normalising alone": lambda: [normalise(text) for text in texts],
        "telling the language alone": lambda: [identifier.identify(text) for text in normalised],
    }


def contestants(checkpoint: Path, exports: Path, texts: Sequence[str], threads: int) -> Works:
    """Name to work with one checkpoint: ours first, then the pipeline as it comes and with each batch size."""
    import torch
    from transformers import pipeline

    torch.set_num_threads(threads)
    theirs = pipeline("text-classification", model=str(checkpoint), device="cpu", dtype=torch.float32)
    engine = open_checkpoint(
        str(checkpoint), exports=exports, languages=["en"], threads=threads, results=ResultCache(0)
    )
    ours = Pipeline(engine, LanguageIdentifier(["en"]))
    return {
        "ours": lambda: ours.score(texts),
        "pipeline": lambda: theirs(list(texts)),
        **{f"pipeline, batches of {size}": _in_batches(theirs, texts, size) for size in PIPELINE_BATCHES},
    }


def _in_batches(theirs: Any, texts: Sequence[str], size: int) -> Callable[[], object]:
    return lambda: theirs(list(texts), batch_size=size)


def medians(works: Works, clock: Clock, rounds: int) -> dict[str, float]:
    """Return the median seconds of each work over interleaved rounds, the first use of each not counted."""
    for work in works.values():
        work()
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = clock()
            work()
            measured[name].append(clock() - started)
    return {name: statistics.median(times) for name, times in measured.items()}


def cold(rounds: int) -> dict[str, float]:
    runs = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def show_parts(texts: Sequence[str], rounds: int) -> None:
    measured = medians(parts(texts), time.process_time, rounds)
    base = measured["batches of 32 as they come"]
    print(f"shipped model, {len(texts)} different texts, one thread, CPU time; 1.0 = batches of 32 as they come")
    for name, median in measured.items():
        print(f"  {name:<34} {base / median:8.1f}×   {len(texts) / median:9,.0f} different texts/s")


def race(shape: str, texts: Sequence[str], *, threads: int, rounds: int, clock: Clock, shelf: Path) -> list[bars.Bar]:
    checkpoint = shelf / shape
    if not checkpoint.exists():
        write_stock_checkpoint(checkpoint, shape)
    measured = medians(contestants(checkpoint, shelf / "exports", texts, threads), clock, rounds)
    kind = "CPU time" if clock is time.process_time else "time"
    print(f"{shape}, {len(texts)} different texts, {threads} thread(s) each side, {kind}; 1.0 = pipeline as it comes")
    for name, median in measured.items():
        print(f"  {name:<34} {measured['pipeline'] / median:8.1f}×   {len(texts) / median:9,.0f} texts/s", flush=True)
    best = min(time for name, time in measured.items() if name.startswith("pipeline, "))
    ratios = {"its default": (measured["pipeline"], 12), "its best batch size": (best, 6)}
    return [
        bars.Bar(
            f"{shape}, {threads} thread(s), against {name}",
            f"≥ {want}×",
            f"{theirs / measured['ours']:.1f}×",
            theirs / measured["ours"] >= want,
        )
        for name, (theirs, want) in ratios.items()
    ]


def first_opinion(rounds: int) -> list[bars.Bar]:
    first = cold(rounds)
    wall, peak = first["wall_s"], first["peak_mb"]
    return [
        bars.Bar("first opinion from cold", "≤ 1 s", f"{wall:.2f} s ({first['cpu_s']:.2f} s of CPU)", wall <= 1.0),
        bars.Bar("memory of the first opinion", "≤ 200 MB", f"{peak:.0f} MB", peak <= 200),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["first", "parts", "race"], help="one part of it. Default: all")
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--cpu-time", action="store_true", help="for a busy machine: time of our own process only")
    asked = parser.parse_args()
    texts = made_up_texts(asked.texts)
    held = first_opinion(asked.rounds) if asked.only in {None, "first"} else []
    if asked.only in {None, "parts"}:
        show_parts(texts, asked.rounds)
    if asked.only in {None, "race"}:
        clock = time.process_time if asked.cpu_time else time.perf_counter
        with tempfile.TemporaryDirectory() as shelf:
            for shape in asked.shapes:
                for threads in asked.threads:
                    held += race(shape, texts, threads=threads, rounds=asked.rounds, clock=clock, shelf=Path(shelf))
    bars.record(*held)


if __name__ == "__main__":
    main()
