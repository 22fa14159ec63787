"""How well the reply check tells good replies from bad ones, rule by rule, and its cost: `python -m bench.reply_check`.

The planted replies (tests/responder/drafts/planted) were written before any rule; phrases were chosen on the half
called "tune", and "judge" is read by these figures alone. "later" was written afterwards, in words chosen to differ,
and then taught the phrases: docs/replies-check.md tells what it gave when it was first read. Precision and recall of a
rule are over the replies written for it, the good ones chosen to come near; beside them how many replies that are good
in every respect it finds fault with. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

from bench import bars
from responder.drafts.checking import Finding, check
from responder.drafts.rules import RULES

PLANTED = Path(__file__).parents[1] / "tests" / "responder" / "drafts" / "planted"
HALVES = ("judge", "tune", "later")
LEAST = 0.9
MOST_MS = 20.0
_Z = 1.96

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a rule said of the replies written for it; `false_on_whole` of `whole` good in every respect."""

    found: int
    missed: int
    false: int
    false_on_whole: int
    whole: int

    @property
    def precision(self) -> float:
        return self.found / ((self.found + self.false) or 1)

    @property
    def recall(self) -> float:
        return self.found / ((self.found + self.missed) or 1)


def planted(half: str) -> list[dict[str, Any]]:
    """Return the planted replies of a half, or those written later."""
    return [json.loads(line) for line in (PLANTED / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def judged(half: str) -> Sequence[tuple[Row, frozenset[str]]]:
    """Return each planted reply of a half with the rules that found fault."""
    return [(row, frozenset(finding.rule for finding in of(row))) for row in planted(half)]


def of(row: Row) -> tuple[Finding, ...]:
    """Return what the check says of a planted reply."""
    known = {name: row[name] for name in ("mention", "source", "lang", "speaker", "previous")}
    return check(row["reply"], **known)


def tallies(rows: Sequence[tuple[Row, frozenset[str]]]) -> dict[str, Tally]:
    """Return what each rule said."""
    return {rule: _tally(rule, rows) for rule in RULES}


def wilson(hits: int, of_all: int) -> tuple[float, float]:
    """Return the ends of Wilson's interval for a share; 0 and 1 where nothing was tried."""
    if not of_all:
        return 0.0, 1.0
    share, spread = hits / of_all, _Z**2 / of_all
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z * sqrt(share * (1 - share) / of_all + spread / (4 * of_all)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _tally(rule: str, rows: Sequence[tuple[Row, frozenset[str]]]) -> Tally:
    said = [(row["good"], rule in found) for row, found in rows if row["rule"] == rule]
    whole = [rule in found for row, found in rows if row["rule"] is None]
    return Tally(
        found=sum(not good and fault for good, fault in said),
        missed=sum(not good and not fault for good, fault in said),
        false=sum(good and fault for good, fault in said),
        false_on_whole=sum(whole),
        whole=len(whole),
    )


def _share(hits: int, of_all: int) -> str:
    low, high = wilson(hits, of_all)
    return f"{hits}/{of_all} {hits / (of_all or 1):.2f} ({low:.2f}–{high:.2f})"


def _milliseconds(rows: Sequence[Row]) -> list[float]:
    """Return what each reply costs of the processor, the best of three."""
    times = []
    for row in rows:
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            of(row)
            best = min(best, time.process_time() - begun)
        times.append(best * 1000)
    return times


def main() -> None:
    held: list[bars.Bar] = []
    for half in HALVES:
        print(f"\n{half}: {len(planted(half))} replies")
        for rule, tally in tallies(judged(half)).items():
            if not tally.found + tally.missed:
                continue
            precision = _share(tally.found, tally.found + tally.false)
            recall = _share(tally.found, tally.found + tally.missed)
            whole = f"false on good ones {tally.false_on_whole}/{tally.whole}"
            print(f"  {rule:18} precision {precision:24} recall {recall:24} {whole}")
            if half == "judge":
                held += (
                    bars.Bar(f"reply check: {rule}, precision", f">= {LEAST}", precision, tally.precision >= LEAST),
                    bars.Bar(f"reply check: {rule}, recall", f">= {LEAST}", recall, tally.recall >= LEAST),
                )
    times = _milliseconds(planted("judge"))
    middle, most = statistics.median(times), bars.percentile(times, 0.99)
    bars.record(
        *held,
        bars.Bar("reply check: time", f"p99 <= {MOST_MS:g} ms", f"{middle:.1f} ms, p99 {most:.1f} ms", most <= MOST_MS),
        bars.Bar("reply check: sealed replies", "run by others", "sealed: not run here", holds=True),
    )


if __name__ == "__main__":
    main()
