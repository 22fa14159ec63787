from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import LABELS, Label, Opinion, build_scorer
from sentiment.calibration import LANGUAGE_NOT_LEARNED, LANGUAGE_UNCLEAR, NO_WORDS, NOTHING_STANDS_OUT
from tests.sentiment.tiny_models import FACTS, write_tiny_model

WORDS = st.sampled_from(
    ["love", "hate", "table", "the", "Wobble", "😡", "@anna", "https://a.example", "\x00", "δεν", "لا"]
)
TEXTS = st.lists(
    st.one_of(st.lists(WORDS, max_size=8).map(" ".join), st.text(st.characters(blacklist_categories=()), max_size=60)),
    max_size=12,
)
CLAIMS = st.sampled_from([None, "en", "tr", "und", "en-GB", "??", ""])


def assert_sound(opinion: Opinion) -> None:
    shares = (opinion.p_negative, opinion.p_neutral, opinion.p_positive)
    assert math.isclose(sum(shares), 1.0, abs_tol=1e-9)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert opinion.confidence == max(shares)
    assert shares[LABELS.index(opinion.label)] == opinion.confidence
    assert opinion.abstained == (opinion.reason is not None)
    assert opinion.language == "und" or len(opinion.language) == 2


@given(TEXTS, st.data())
def test_any_texts_get_sound_opinions_in_order(tiny_scorer, texts, data):
    claims = data.draw(st.lists(CLAIMS, min_size=len(texts), max_size=len(texts)))
    opinions = tiny_scorer.score(texts, languages=claims)
    assert len(opinions) == len(texts)
    for opinion in opinions:
        assert_sound(opinion)
    assert opinions[::-1] == tiny_scorer.score(texts[::-1], languages=claims[::-1])


def test_no_texts_give_no_opinions(tiny_scorer):
    assert tiny_scorer.score([]) == []


def test_a_clear_english_text_is_sure(tiny_scorer):
    opinion = tiny_scorer.score(["I love this, really love it, and so do we"])[0]
    assert (opinion.label, opinion.language, opinion.abstained, opinion.model) == (
        Label.POSITIVE,
        "en",
        False,
        "tiny 1",
    )


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("love hate the parcel that they brought to us", "en", NOTHING_STANDS_OUT),
        ("Kargom hiç gelmedi, hate hate hate", "tr", LANGUAGE_NOT_LEARNED),
        ("bravo", "und", LANGUAGE_UNCLEAR),
        ("😡😡", "und", NO_WORDS),
        ("@anna https://a.example", "und", NO_WORDS),
        ("", "und", NO_WORDS),
        ("\x00\ud83d", "und", NO_WORDS),
    ],
)
def test_what_cannot_be_judged_is_unsure_and_says_why(tiny_scorer, text, language, reason):
    opinion = tiny_scorer.score([text])[0]
    assert_sound(opinion)
    assert opinion.reason == reason
    assert opinion.language == language


def test_an_unsupported_language_is_never_sure_even_without_a_floor(tiny_folder):
    scorer = build_scorer(str(tiny_folder), floor=0.0)
    opinion = scorer.score(["Kargom hiç gelmedi ve kimse telefona cevap vermiyor hate hate hate hate"])[0]
    assert opinion.abstained
    assert opinion.label is Label.NEGATIVE


def test_another_language_is_flattened_by_its_temperature(tiny_scorer):
    english, turkish = tiny_scorer.score(
        ["I hate hate the parcel they brought", "Kargom hate hate hiç gelmedi ve kimse"]
    )
    assert turkish.confidence < english.confidence


def test_emoji_are_read_by_their_names(tiny_scorer):
    assert tiny_scorer.score(["😡"])[0].label is Label.NEGATIVE


def test_the_floor_can_be_set(tiny_folder):
    text = "I love the table that they brought to us"
    assert not build_scorer(str(tiny_folder), floor=0.1).score([text])[0].abstained
    assert build_scorer(str(tiny_folder), floor=0.999).score([text])[0].reason == NOTHING_STANDS_OUT


def test_claims_must_be_as_many_as_texts(tiny_scorer):
    with pytest.raises(ValueError, match="2 texts but 1 languages"):
        tiny_scorer.score(["a", "b"], languages=["en"])


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "love " * 200_000, "😡" * 250_000, "\x00" * 1_000_000, "\ud83d" * 1_000_000, "لا" * 500_000],
    ids=["letters", "words", "emoji", "nul", "surrogates", "right-to-left"],
)
def test_a_megabyte_gets_an_opinion_at_once(tiny_scorer, text):
    started = time.perf_counter()
    assert_sound(tiny_scorer.score([text])[0])
    assert time.perf_counter() - started < 1.0


def test_ten_thousand_identical_rows_are_scored_once(tiny_folder):
    scorer = build_scorer(str(tiny_folder))
    opinions = scorer.score(["I hate the parcel that they brought"] * 10_000)
    assert len(opinions) == 10_000
    assert set(opinions) == {opinions[0]}


def test_copies_that_differ_only_in_links_and_handles_share_an_opinion(tiny_scorer):
    first, second = tiny_scorer.score(
        ["@anna I hate this https://a.example/1", "@ben I  hate this https://b.example/2"]
    )
    assert first == second


def test_a_model_of_two_languages_is_sure_in_both(tmp_path):
    folder = write_tiny_model(
        tmp_path / "two", replace(FACTS, languages=("en", "tr"), temperatures={"en": 1.0, "tr": 1.0})
    )
    opinion = build_scorer(str(folder)).score(["Kargom hiç gelmedi ve kimse cevap vermiyor hate hate"])[0]
    assert (opinion.label, opinion.language, opinion.abstained) == (Label.NEGATIVE, "tr", False)
