from __future__ import annotations

import csv
import gzip
import math

import pytest

from sentiment.opinions import INTENTS, Intent
from sentiment.training.intents import HELD_BACK, read_complaints, read_intents, targets_of
from sentiment.training.rows import UnreadableRows
from tests.sentiment.training.tiny_encoder import invented_rows


def test_our_own_rows_are_read_with_one_intent_each():
    rows = read_intents()
    assert len(rows) > 1_000
    assert all(sum(row.may_be) == 1 for row in rows)
    assert all(row.intensity is not None and 0 <= row.intensity <= 1 for row in rows)
    assert not any(row.text != row.text.lower() for row in rows)


def test_an_unknown_intent_is_named_by_file_and_line(tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text("text,intent,language,intensity\nwhen do you open,question,en,0\nhello,greeting,en,0\n")
    with pytest.raises(UnreadableRows, match=r"wrong\.csv, line 3: intent 'greeting'"):
        read_intents(path)


def test_what_is_no_complaint_may_be_anything_else_and_some_rows_are_held_back(tmp_path):
    path = tmp_path / "complaints.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "complaint", "domain"))
        writer.writerows((f"text number {n}", n % 2, "food") for n in range(500))
    trained, held_back = read_complaints(path)
    assert len(trained) + len(held_back) == 500
    assert len(held_back) == pytest.approx(500 / HELD_BACK, rel=0.3)
    place = INTENTS.index(Intent.COMPLAINT)
    for row in trained:
        complaint = int(row.text.split()[-1]) % 2 == 1
        assert row.may_be[place] == complaint
        assert sum(row.may_be) == (1 if complaint else len(INTENTS) - 1)
        assert row.intensity is None


def test_nothing_is_claimed_of_what_nobody_said():
    labelled, intents = invented_rows(3), read_intents()[:2]
    targets = targets_of(labelled, intents)
    assert targets.labels.tolist() == [2, 0, 1, -1, -1]
    assert targets.intents[:3].all()
    assert [math.isnan(value) for value in targets.intensity.tolist()] == [True] * 3 + [False] * 2
