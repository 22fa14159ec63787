"""The held-out posts keep the shape that figures measured on them are read by."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

HELD_OUT = Path(__file__).with_name("intents.csv")
INTENTS = ("complaint", "question", "praise", "suggestion", "noise")
LANGUAGES = ("en", "ms", "el", "tr")
TURKISH_LETTERS = re.compile("[ışğçöüâİŞĞÇÖÜÂ]")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with HELD_OUT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def runs_of_five_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def has_accent(text: str) -> bool:
    return any(unicodedata.combining(character) for character in unicodedata.normalize("NFD", text))


def test_the_columns_are_the_documented_ones():
    assert HELD_OUT.read_text(encoding="utf-8").splitlines()[0] == "id,text,intent,language"


def test_each_language_has_twenty_posts_of_each_intent_and_no_others(rows):
    counts = Counter((row["language"], row["intent"]) for row in rows)
    assert counts == {(language, intent): 20 for language in LANGUAGES for intent in INTENTS}


def test_no_id_and_no_text_occurs_twice(rows):
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["text"].casefold() for row in rows}) == len(rows)


def test_an_id_names_its_language(rows):
    assert [row["id"] for row in rows if not re.fullmatch(rf"{row['language']}-\d{{3}}", row["id"])] == []


def test_a_text_is_trimmed_and_has_three_to_fifty_words(rows):
    odd = [row["id"] for row in rows if row["text"] != row["text"].strip() or not 3 <= len(row["text"].split()) <= 50]
    assert odd == []


def test_no_two_posts_share_five_words_in_a_row(rows):
    counts = Counter(phrase for row in rows for phrase in runs_of_five_words(row["text"]))
    assert [phrase for phrase, count in counts.items() if count > 1] == []


def test_about_a_third_of_the_greek_and_turkish_posts_are_typed_without_their_accents(rows):
    greek = [row["text"] for row in rows if row["language"] == "el"]
    turkish = [row["text"] for row in rows if row["language"] == "tr"]
    assert 25 <= sum(not has_accent(text) for text in greek) <= 40
    assert 25 <= sum(not TURKISH_LETTERS.search(text) for text in turkish) <= 40
