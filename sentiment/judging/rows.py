"""Which rows a model may be judged by, and their texts as they were written. Knows nothing of models."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sentiment.training.rows import Row, UnreadableRows, halves


def judged_half(rows: Sequence[Row], half: str) -> list[Row]:
    """Return the "tuning" or the "reporting" half, or "all" rows; what is reported shares no text with what was tuned.

    Raises KeyError for any other half.
    """
    tuning, reporting = halves(rows)
    return {"tuning": tuning, "reporting": unseen(reporting, tuning), "all": list(rows)}[half]


def unseen(rows: Iterable[Row], seen: Iterable[Row]) -> list[Row]:
    """Return the rows whose text, as training reads it, is none of those `seen`."""
    texts = {row.text for row in seen}
    return [row for row in rows if row.text not in texts]


def as_written(rows: Iterable[Row], source: Path) -> list[Row]:
    """Return rows read from `source` (a file or folder) with their texts as they were written: what a product meets.

    Raises UnreadableRows when two different texts of `source` have the same id.
    """
    written: dict[str, str] = {}
    for file in sorted(source.glob("*.csv*")) if source.is_dir() else [source]:
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8", newline="") as lines:
            for raw in csv.DictReader(lines):
                if written.setdefault(raw["id"], raw["text"]) != raw["text"]:
                    raise UnreadableRows(f"{file}: the id {raw['id']!r} stands for two texts; give each its own")
    return [replace(row, text=written[row.id]) for row in rows]
