"""Reads rows that say what a post wants: our own (`intents.csv`) and those known only as complaint or not."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sentiment.normalise import folded, normalise
from sentiment.opinions import INTENTS
from sentiment.training.batches import Targets
from sentiment.training.rows import Row, UnreadableRows
from sentiment.training.sampling import balanced_weights

OWN_ROWS = Path(__file__).with_name("intents.csv")
"""Written for this project, about invented people and brands. Never the rows by which intents are judged."""

HELD_BACK = 5
"""One complaint row in so many is never trained on."""

COMPLAINT = INTENTS.index("complaint")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRow:
    """A folded text, which of `INTENTS` it may be, and how upset its writer is (0 to 1, None where nobody said)."""

    text: str
    may_be: tuple[bool, ...]
    intensity: float | None = None


def read_intents(path: Path = OWN_ROWS) -> list[IntentRow]:
    """Read a CSV file of text, intent, language, intensity. Raises UnreadableRows with file and line."""
    rows = []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        for raw in reader:
            if raw["intent"] not in INTENTS:
                raise UnreadableRows(f"{path}, line {reader.line_num}: intent {raw['intent']!r} is none of {INTENTS}")
            may_be = tuple(intent == raw["intent"] for intent in INTENTS)
            intensity = float(raw["intensity"]) if raw.get("intensity") else None
            rows.append(IntentRow(text=folded(normalise(raw["text"])), may_be=may_be, intensity=intensity))
    return rows


def read_complaints(path: Path) -> tuple[list[IntentRow], list[IntentRow]]:
    """Read a CSV file of text and complaint (0 or 1) and return the rows to train on and those held back."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        raw_rows = list(csv.DictReader(lines))
    trained: list[IntentRow] = []
    held_back: list[IntentRow] = []
    for raw in raw_rows:
        may_be = tuple((place == COMPLAINT) == (raw["complaint"] == "1") for place in range(len(INTENTS)))
        row = IntentRow(text=folded(normalise(raw["text"])), may_be=may_be)
        (held_back if is_held_back(raw["text"]) else trained).append(row)
    return trained, held_back


def is_held_back(text: str) -> bool:
    """Return whether a complaint row is one of those never trained on: its own text decides."""
    return hashlib.sha256(folded(normalise(text)).encode()).digest()[0] % HELD_BACK == 0


def targets_of(rows: Sequence[Row], intents: Sequence[IntentRow], *, balance: float = 0.0) -> Targets:
    """Return what is known of all texts: first of the labelled `rows`, then of the `intents`.

    Labels that are rare in their language weigh more by `balance` (see `balanced_weights`).
    """
    unknown = len(intents)
    anything = [(True,) * len(INTENTS)] * len(rows)
    upset = [np.nan] * len(rows) + [np.nan if row.intensity is None else row.intensity for row in intents]
    return Targets(
        labels=torch.tensor([row.label for row in rows] + [-1] * unknown),
        weights=torch.tensor([*balanced_weights(rows, balance), *[0.0] * unknown], dtype=torch.float32),
        has_neutral=torch.tensor([row.classes == 3 for row in rows] + [True] * unknown),
        intents=torch.tensor(anything + [row.may_be for row in intents]),
        intensity=torch.tensor(upset, dtype=torch.float32),
    )
