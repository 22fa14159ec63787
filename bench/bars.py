"""A bar: something that must hold, with the figure that shows it. Benches and full-size proofs print theirs here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bar:
    """`want` and `got` are written for people, units included; `holds` says whether the second meets the first."""

    name: str
    want: str
    got: str
    holds: bool


def record(*bars: Bar) -> None:
    """Print the bars, and add them to the file that `make prove` collects, when it runs us."""
    print(table(bars), flush=True)
    collected = os.environ.get("EARSHOT_BARS")
    if collected:
        with Path(collected).open("a") as file:
            file.writelines(json.dumps(asdict(bar)) + "\n" for bar in bars)


def read(path: Path) -> list[Bar]:
    """Return the bars collected in `path`."""
    return [Bar(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def table(bars: Iterable[Bar]) -> str:
    """Return the bars as a table for people."""
    rows = [("bar", "want", "got", ""), *((b.name, b.want, b.got, "holds" if b.holds else "MISSED") for b in bars)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0–1) of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]
