"""Reads labelled texts from CSV files. Knows nothing of networks."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

from sentiment.normalise import folded, normalise
from sentiment.opinions import LABELS

COLUMNS = ("id", "text", "label", "lang", "set", "classes", "licence")


class UnreadableRows(ValueError):
    """A file of training rows cannot be used; the message names the file, the line and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled text. `label` indexes `LABELS`; `classes` is 2 where its set knows no neutral."""

    id: str
    text: str
    label: int
    language: str
    set: str
    classes: int
    licence: str


def read_rows(source: Path, *, languages: Sequence[str] | None = None, licence: str | None = None) -> list[Row]:
    """Read a CSV file (`.csv` or `.csv.gz`) or all such files of a folder, in the form the model reads.

    `languages` and `licence` keep only those rows; None keeps all. Rows with no readable text are left out.
    Raises UnreadableRows when a column is missing, a label is unknown or nothing is left.
    """
    files = sorted(source.glob("*.csv*")) if source.is_dir() else [source]
    rows = [row for file in files for row in _rows_of(file)]
    kept = [
        row
        for row in rows
        if row.text and (languages is None or row.language in languages) and (licence is None or row.licence == licence)
    ]
    if not kept:
        raise UnreadableRows(f"{source}: no row left to use; check the folder, the languages and the licence asked for")
    return kept


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Split rows by a hash of their id: the same row always falls in the same half. Tune on one, report the other."""
    tuning = [row for row in rows if hashlib.sha256(row.id.encode()).digest()[0] % 2 == 0]
    chosen = {row.id for row in tuning}
    return tuning, [row for row in rows if row.id not in chosen]


def counts_by_set(rows: Iterable[Row]) -> list[tuple[str, str, int]]:
    """Return (set, licence, rows) for a model card, in alphabetical order."""
    counted = Counter((row.set, row.licence) for row in rows)
    return [(name, licence, number) for (name, licence), number in sorted(counted.items())]


def _rows_of(file: Path) -> Iterator[Row]:
    with _open(file) as lines:
        reader = csv.DictReader(lines)
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise UnreadableRows(f"{file}: no column {', '.join(sorted(missing))}; needed are {', '.join(COLUMNS)}")
        for raw in reader:
            yield _row(raw, f"{file}, line {reader.line_num}")


def _row(raw: Mapping[str, str], place: str) -> Row:
    if raw["label"] not in LABELS:
        raise UnreadableRows(f"{place}: label {raw['label']!r} is none of {', '.join(LABELS)}")
    if raw["classes"] not in {"2", "3"}:
        raise UnreadableRows(f"{place}: classes is {raw['classes']!r}, not 2 or 3")
    return Row(
        id=raw["id"],
        text=folded(normalise(raw["text"])),
        label=LABELS.index(raw["label"]),
        language=raw["lang"],
        set=raw["set"],
        classes=int(raw["classes"]),
        licence=raw["licence"],
    )


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return cast("TextIO", gzip.open(file, "rt", encoding="utf-8", newline=""))
    return file.open(encoding="utf-8", newline="")
