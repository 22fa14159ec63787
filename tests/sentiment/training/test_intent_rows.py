"""The shape of the written rows for the intent head. What they teach is measured elsewhere."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from importlib.resources import files

import pytest

COLUMNS = ["text", "intent", "language", "intensity"]
INTENTS = {"complaint", "question", "praise", "suggestion", "noise"}
LANGUAGES = {"en", "ms", "el", "tr", "id", "es", "fr", "de", "pt", "ar"}
INTENSITIES = {"0", "0.25", "0.5", "0.75", "1"}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (files("sentiment.training") / "intents.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_row_has_the_columns_and_nothing_more(rows):
    assert [list(row) for row in rows if list(row) != COLUMNS or None in row.values()] == []


def test_labels_languages_and_intensities_are_known(rows):
    assert {row["intent"] for row in rows} == INTENTS
    assert {row["language"] for row in rows} == LANGUAGES
    assert {row["intensity"] for row in rows} == INTENSITIES


def test_only_a_complaint_is_always_upset_and_praise_never_is(rows):
    assert [row for row in rows if row["intent"] == "complaint" and row["intensity"] == "0"] == []
    assert [row for row in rows if row["intent"] == "praise" and row["intensity"] != "0"] == []


def test_no_text_stands_twice_after_case_folding(rows):
    folded = Counter(" ".join(unicodedata.normalize("NFC", row["text"]).casefold().split()) for row in rows)
    assert [text for text, times in folded.items() if times > 1] == []


def test_texts_are_posts_of_one_line_and_at_most_fifty_words(rows):
    outside = [row["text"] for row in rows if not 2 <= len(row["text"].split()) <= 50]
    assert outside == []
    assert [row["text"] for row in rows if row["text"] != row["text"].strip() or "\n" in row["text"]] == []


def test_each_language_has_about_as_many_rows_of_every_intent(rows):
    counted = Counter((row["language"], row["intent"]) for row in rows)
    for language in LANGUAGES:
        numbers = [counted[language, intent] for intent in INTENTS]
        assert min(numbers) >= 16
        assert max(numbers) <= 1.25 * min(numbers)
