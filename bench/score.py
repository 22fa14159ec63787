"""How fast the shipped model scores, as ratios measured in one run: `python -m bench.score`.

Texts are made here from a seed, with the lengths of tweets. Every variant scores the same texts, with the cache off,
interleaved, and the median of its rounds counts. The bars are the cost of the first opinion in a fresh process.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench import bars
from sentiment import SHIPPED_MODEL
from sentiment.batching import TOKEN_BUDGET, ResultCache, padded, run_in_batches
from sentiment.language import LanguageIdentifier
from sentiment.normalise import normalise
from sentiment.onnx_engine import MODEL_FILE, TOKENIZER_FILE, OnnxEngine, open_session, open_tokenizer

TEXTS = 300
ROUNDS = 3
COPIES = 20
WORDS = (
    *("the", "a", "my", "this", "order", "parcel", "app", "phone", "bill", "late", "broken", "slow", "great", "nice"),
    *("love", "hate", "never", "always", "again", "why", "when", "please", "thanks", "help", "still", "waiting"),
    *("support", "answered", "nobody", "today", "yesterday", "week", "finally", "works", "down", "refund", "price"),
)

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


def made_up_texts(seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=max(2, round(chance.lognormvariate(2.9, 0.55))))) for _ in range(TEXTS)]


def variants(texts: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Name to work; each scores, or prepares, all texts once."""
    session = open_session(SHIPPED_MODEL / MODEL_FILE, 1)
    tokenizer = open_tokenizer(SHIPPED_MODEL / TOKENIZER_FILE, 128)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    identifier = LanguageIdentifier()
    normalised = [normalise(text) for text in texts]

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def as_they_come() -> None:
        for start in range(0, len(encoded), 32):
            run(*padded(encoded[start : start + 32]))

    forgetful = OnnxEngine(SHIPPED_MODEL, results=ResultCache(0))

    return {
        "batches of 32 as they come": as_they_come,
        "one text at a time": lambda: [run(*padded([ids])) for ids in encoded],
        f"sorted, {TOKEN_BUDGET} pieces a batch": lambda: run_in_batches(encoded, run),
        "the engine, tokenising included": lambda: forgetful.logits(texts),
        f"the engine, each text {COPIES} times": lambda: forgetful.logits(list(texts) * COPIES),
        "tokenising alone": lambda: tokenizer.encode_batch_fast(list(texts)),
        "normalising alone": lambda: [normalise(text) for text in texts],
        "telling the language alone": lambda: [identifier.identify(text) for text in normalised],
    }


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def cold() -> dict[str, float]:
    runs = []
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def show_ratios() -> None:
    texts = made_up_texts()
    works = variants(texts)
    for work in works.values():
        work()
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            measured[name].append(seconds(work))
    base = statistics.median(measured["batches of 32 as they come"])
    print(f"{TEXTS} different texts, one thread, CPU time, median of {ROUNDS}; 1.0 = batches of 32 as they come")
    for name, times in measured.items():
        median = statistics.median(times)
        print(f"  {name:<34} {base / median:8.1f}×   {TEXTS / median:9,.0f} different texts/s")


def main() -> None:
    first = cold()
    show_ratios()
    size = sum(file.stat().st_size for file in Path(SHIPPED_MODEL).iterdir()) / 1e6
    wall, peak = first["wall_s"], first["peak_mb"]
    bars.record(
        bars.Bar("model folder", "≤ 25 MB", f"{size:.1f} MB", size <= 25),
        bars.Bar("first opinion from cold", "≤ 1 s", f"{wall:.2f} s ({first['cpu_s']:.2f} s of CPU)", wall <= 1.0),
        bars.Bar("memory of the first opinion", "≤ 200 MB", f"{peak:.0f} MB", peak <= 200),
    )


if __name__ == "__main__":
    main()
