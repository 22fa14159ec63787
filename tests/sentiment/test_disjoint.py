"""Nothing a model is judged by was ever trained or tuned on, and nothing we ship was taken from it.

Texts are the same when they are after `normalise` and in lower case. The labelled rows lie in the shared folder beside
the checkout, never in the project; only numbers are told here, because they are other people's words.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import pytest

from sentiment.judging.rows import as_written, judged_half, unseen
from sentiment.normalise import normalise
from sentiment.training.rows import Row, read_rows

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EARSHOT_SHARED") or PROJECT.parent / "shared") / "data"

TRAIN = DATA / "sentiment" / "train.csv.gz"
DEV = DATA / "sentiment" / "dev.csv.gz"
COMPLAINTS = DATA / "complaints" / "train.csv.gz"
OWN_INTENTS = PROJECT / "sentiment" / "training" / "intents.csv"
HELD_OUT_INTENTS = PROJECT / "tests" / "sentiment" / "held_out" / "intents.csv"
DEMO = PROJECT / "responder" / "demo" / "mentions.jsonl"


def shared(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"no labelled rows: name the folder that holds data/{path.relative_to(DATA)} in EARSHOT_SHARED")
    return path


@cache
def texts_of(path: Path) -> frozenset[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        items = map(json.loads, lines) if path.suffix == ".jsonl" else csv.DictReader(lines)
        found = alike(item["text"] for item in items)
    assert len(found) > 100, f"{path.name} was not read"
    return found


def alike(texts) -> frozenset[str]:
    return frozenset(normalise(text).lower() for text in texts) - {""}


@cache
def half_of_dev(half: str) -> list[Row]:
    """Rows as `earshot model evaluate DEV --half … --train TRAIN` judges by."""
    return unseen(judged_half(read_rows(shared(DEV)), half), read_rows(shared(TRAIN)))


@pytest.fixture(scope="module")
def reported() -> frozenset[str]:
    return alike(row.text for row in as_written(half_of_dev("reporting"), DEV))


def test_what_is_reported_was_never_trained_on(reported):
    # Counted outside the assertion, here and below, so that a failure prints no texts.
    counts = [len(reported & texts_of(shared(each))) for each in (TRAIN, COMPLAINTS, OWN_INTENTS)]
    assert counts == [0, 0, 0]


def test_what_is_reported_was_never_tuned_on(reported):
    count = len(reported & alike(row.text for row in as_written(half_of_dev("tuning"), DEV)))
    assert count == 0


def test_hardly_a_row_had_to_be_left_out_for_that():
    kept = sum(len(half_of_dev(half)) for half in ("tuning", "reporting"))
    left_out = len(read_rows(shared(DEV))) - kept
    assert 0 <= left_out < 200


def test_the_posts_that_intents_are_judged_by_were_never_trained_on():
    counts = [len(texts_of(HELD_OUT_INTENTS) & texts_of(shared(each))) for each in (OWN_INTENTS, TRAIN, COMPLAINTS)]
    assert counts == [0, 0, 0]


def test_the_demo_was_not_taken_from_what_models_are_judged_by():
    counts = [len(texts_of(DEMO) & texts_of(shared(each))) for each in (HELD_OUT_INTENTS, DEV)]
    assert counts == [0, 0]
