"""Nothing a model is judged by was ever trained or tuned on, and nothing we ship was taken from it.

Texts are the same when training reads them the same: normalised, in lower case, without accents. The labelled rows lie
in the shared folder beside the checkout, never in the project, and are other people's words: a failure tells how many.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import pytest

from sentiment.judging.rows import judged_half, unseen
from sentiment.normalise import folded, normalise
from sentiment.training.rows import Row, read_rows

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EARSHOT_SHARED") or PROJECT.parent / "shared") / "data"

TRAIN = DATA / "sentiment" / "train.csv.gz"
DEV = DATA / "sentiment" / "dev.csv.gz"
COMPLAINTS = DATA / "complaints" / "train.csv.gz"
OWN_INTENTS = PROJECT / "sentiment" / "training" / "intents.csv"
HELD_OUT_INTENTS = PROJECT / "tests" / "sentiment" / "held_out" / "intents.csv"
DEMO = PROJECT / "responder" / "demo" / "mentions.jsonl"


# Reading the rows takes half a minute: one process does it, once.
pytestmark = pytest.mark.xdist_group("labelled rows")


def shared(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"no labelled rows: name the folder that holds data/{path.relative_to(DATA)} in EARSHOT_SHARED")
    return path


@cache
def rows_of(path: Path) -> tuple[Row, ...]:
    return tuple(read_rows(shared(path)))


@cache
def texts_of(path: Path) -> frozenset[str]:
    if path in {TRAIN, DEV}:
        return frozenset(row.text for row in rows_of(path))
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(shared(path), "rt", encoding="utf-8", newline="") as lines:
        items = map(json.loads, lines) if path.suffix == ".jsonl" else csv.DictReader(lines)
        found = frozenset(folded(normalise(item["text"])) for item in items) - {""}
    assert len(found) > 100, f"{path.name} was not read"
    return found


def judged(half: str) -> list[Row]:
    """Rows as `earshot model evaluate DEV --half … --train TRAIN` judges by."""
    return unseen(judged_half(rows_of(DEV), half), rows_of(TRAIN))


def overlaps(some: frozenset[str], *others: frozenset[str]) -> list[int]:
    return [len(some & each) for each in others]


def test_what_is_reported_was_never_trained_or_tuned_on():
    reported = frozenset(row.text for row in judged("reporting"))
    tuned = frozenset(row.text for row in judged("tuning"))
    counts = overlaps(reported, tuned, *map(texts_of, (TRAIN, COMPLAINTS, OWN_INTENTS)))
    assert counts == [0, 0, 0, 0]


def test_hardly_a_row_had_to_be_left_out_for_that():
    left_out = len(rows_of(DEV)) - len(judged("reporting")) - len(judged("tuning"))
    assert 0 <= left_out < 200


def test_the_posts_that_intents_are_judged_by_were_never_trained_on():
    counts = overlaps(texts_of(HELD_OUT_INTENTS), *map(texts_of, (OWN_INTENTS, TRAIN, COMPLAINTS)))
    assert counts == [0, 0, 0]


def test_the_demo_was_not_taken_from_what_models_are_judged_by():
    counts = overlaps(texts_of(DEMO), *map(texts_of, (HELD_OUT_INTENTS, DEV)))
    assert counts == [0, 0]
