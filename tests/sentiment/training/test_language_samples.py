from __future__ import annotations

import csv
import gzip
import io

import pytest

from sentiment.training.language_samples import (
    ARABIZI,
    GREEKLISH,
    Sample,
    english_words,
    in_greeklish,
    mostly_english,
    own_words,
    read_samples,
)


def written(path, *rows):
    held = io.StringIO(newline="")
    csv.writer(held).writerows([("id", "text", "lang", "set"), *rows])
    path.write_bytes(gzip.compress(held.getvalue().encode()))
    return path


def sample(text, language="en", number=1):
    return Sample(id=f"r{number}", text=text, language=language, set="ours")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@anna Kargom gelmedi https://x.example/1 ya", "Kargom gelmedi ya"),
        ("RT kab aayega https // t co / abc123", "kab aayega"),
        ("kab aayega https // tco / abc123 bhai", "kab aayega bhai"),
        ("[NAME] was rude to my colleag…", "was rude to my"),
        ("START at 5, see http/URL", "START at 5, see"),
    ],
)
def test_only_the_writers_own_words_are_left(text, left):
    assert own_words(text) == left


def test_capitals_and_accents_stay_and_texts_without_letters_go(tmp_path):
    path = written(
        tmp_path / "a.csv.gz", ("1", "Grüße aus Köln", "de", "ours"), ("2", "😡 http://x.example", "de", "ours")
    )
    assert [each.text for each in read_samples(path)] == ["Grüße aus Köln"]


def test_arabic_in_latin_letters_has_a_label_of_its_own(tmp_path):
    path = written(
        tmp_path / "a.csv.gz", ("1", "wach kayn chi wa7d", "ar-MA", "ours"), ("2", "فين الكوموند", "ar-MA", "ours")
    )
    assert [each.language for each in read_samples(path)] == [ARABIZI, "ar-MA"]


def test_of_a_set_at_most_so_many_are_taken_always_the_same_ones(tmp_path):
    rows = [(str(number), f"word number {number}", "en", name) for number in range(20) for name in ("one", "two")]
    path = written(tmp_path / "a.csv.gz", *rows)
    taken = read_samples(path, most=lambda _, name: 5 if name == "one" else 0)
    again = read_samples(
        written(tmp_path / "b.csv.gz", *reversed(rows)), most=lambda _, name: 5 if name == "one" else 0
    )
    assert {each.set for each in taken} == {"one"}
    assert len(taken) == 5
    assert {each.id for each in taken} == {each.id for each in again}


def test_a_post_is_mostly_english_when_two_in_five_of_its_words_are():
    english = english_words(
        [sample("the parcel is late again", number=1), sample("nobody answered my parcel", number=2)]
    )
    assert mostly_english("Halvanto parcel late again yaar", english)
    assert mostly_english("parcel nobody Halvanto kab aayega", english)
    assert not mostly_english("parcel kab aayega bhai batao", english)


def test_words_of_both_languages_speak_for_neither():
    english = english_words([sample("the main use is to be me")])
    assert not english & {"the", "main", "to", "me", "is"}
    assert mostly_english("main to the", english)
    assert not mostly_english("main to kab se wait kar raha hoon", english)


def test_greek_is_written_in_every_scheme_in_turn_and_the_rest_is_left_out():
    greek = [sample("ξέχασα ψωμί και θέλω ωραία ηχεία", "el", number) for number in range(12)]
    made = list(in_greeklish([*greek, sample("late again", "en", 99)]))
    assert {each.language for each in made} == {GREEKLISH}
    assert [each.id for each in made] == [each.id for each in greek]
    assert len({each.text for each in made}) >= 5
    assert [each.text for each in in_greeklish(greek[:1], "visual")] == ["3exasa 4wmi kai 8elw wraia hxeia"]
