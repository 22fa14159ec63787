"""Nothing we judge a model by was ever trained on, and nothing we ship was taken from it.

Texts are the same when they are after `normalise` and in lower case. The rows themselves lie in the shared folder
beside the checkout, never in the project.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sentiment.normalise import normalise
from sentiment.training.rows import halves, read_rows

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EARSHOT_SHARED") or PROJECT.parent / "shared") / "data"

TRAINED_ON = {
    "sentiment": DATA / "sentiment" / "train.csv.gz",
    "complaints": DATA / "complaints" / "train.csv.gz",
    "intents": PROJECT / "sentiment" / "training" / "intents.csv",
}
JUDGED_BY = {
    "sentiment": DATA / "sentiment" / "dev.csv.gz",
    "intents": PROJECT / "tests" / "sentiment" / "held_out" / "intents.csv",
}
SHIPPED = PROJECT / "responder" / "demo" / "mentions.jsonl"


@cache
def texts(path: Path) -> frozenset[str]:
    if not path.is_file():
        pytest.skip(f"no rows: name the folder that holds data/{path.relative_to(DATA)} in EARSHOT_SHARED")
    found = frozenset(normalise(text).lower() for text in written(path)) - {""}
    assert len(found) > 100, f"{path.name} was not read"
    return found


def written(path: Path) -> Iterator[str]:
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8", newline="") as lines
    ):
        items = map(json.loads, lines) if path.suffix == ".jsonl" else csv.DictReader(lines)
        yield from (item["text"] for item in items)


@pytest.mark.parametrize("judged", JUDGED_BY)
@pytest.mark.parametrize("trained", TRAINED_ON)
def test_training_and_evaluation_share_no_text(trained, judged):
    # Only the number is told: rows of the shared folder are other people's words.
    assert len(texts(TRAINED_ON[trained]) & texts(JUDGED_BY[judged])) == 0


@pytest.mark.parametrize("judged", JUDGED_BY)
def test_the_demo_was_not_taken_from_evaluation(judged):
    assert len(texts(SHIPPED) & texts(JUDGED_BY[judged])) == 0


def test_the_half_that_is_reported_shares_no_text_with_the_half_that_is_tuned_on():
    texts(JUDGED_BY["sentiment"])
    tuning, reporting = ({row.text for row in half} for half in halves(read_rows(JUDGED_BY["sentiment"])))
    assert min(len(tuning), len(reporting)) > 10_000
    assert len(tuning & reporting) == 0
