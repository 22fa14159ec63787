from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.language import KNOWN, TELLABLE, UNDETERMINED, LanguageIdentifier, iso_code
from sentiment.normalise import normalise

EVERYDAY = LanguageIdentifier()


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return EVERYDAY


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The parcel never arrived and nobody answers the phone", "en"),
        ("Mein Paket ist nie angekommen und niemand geht ans Telefon", "de"),
        ("Kargom hiç gelmedi ve kimse telefona cevap vermiyor", "tr"),
        ("Το δέμα δεν ήρθε ποτέ και κανείς δεν απαντάει στο τηλέφωνο", "el"),
        ("το δεμα δεν ηρθε ποτε και κανεις δεν απανταει", "el"),
        ("El paquete nunca llegó y nadie contesta el teléfono", "es"),
        ("الطرد لم يصل أبدا ولا أحد يرد على الهاتف", "ar"),
        ("החבילה מעולם לא הגיעה ואף אחד לא עונה", "he"),
        ("荷物が届かないし電話にも出ない", "ja"),
        ("@user @user http", "und"),
        ("😡😡😡", "und"),
        ("12345 !!! ...", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_told_from_the_words(identifier, text, language):
    assert identifier.identify(text).language == language


def test_nothing_to_judge_has_no_confidence(identifier):
    assert identifier.identify("😡 http @user").confidence == 0.0


def test_a_word_of_many_languages_is_not_forced_into_one(identifier):
    assert identifier.identify("bravo").language == "und"


def test_malay_and_indonesian_do_not_make_each_other_unsure(identifier):
    text = "saya tidak suka makanan ini"
    found = identifier.identify(text)
    assert found.language in {"ms", "id"}
    assert found.confidence > 0.95
    assert identifier.identify(text, claim="ms").language == "ms"
    assert identifier.identify(text, claim="in").language == "id"


def test_a_claim_tips_a_short_text_but_not_a_clear_one(identifier):
    assert identifier.identify("super nett", claim="de").language == "de"
    assert identifier.identify("Kargom hiç gelmedi ve kimse telefona cevap vermiyor", claim="en").language == "tr"


def test_the_teams_languages_come_first_but_clear_evidence_for_another_wins():
    team = LanguageIdentifier(["en", "ms"])
    assert team.identify("terima kasih").language == "ms"
    assert team.identify("Mein Paket ist nie angekommen und niemand geht ans Telefon").language == "de"
    assert team.identify("Посылка так и не пришла").language == "ru"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"), ("en-GB", "en"), ("pt_BR", "pt"), ("IN", "id"), ("iw", "he"), ("fil", "tl"), ("zh-Hans", "zh"),
        ("und", None), ("qme", None), ("", None), (None, None), ("x", None), ("😡", None),
    ],
)  # fmt: skip
def test_language_tags_of_platforms_are_understood(tag, code):
    assert iso_code(tag) == code


@pytest.mark.parametrize("tag", ["qq", "english", ""])
def test_a_language_nobody_can_tell_is_refused_with_its_name(tag):
    with pytest.raises(ValueError, match=f"cannot tell the languages {tag}: take"):
        LanguageIdentifier(["en", tag])


def test_a_team_may_add_languages_that_are_not_common():
    welsh = LanguageIdentifier(["cy", "en"])
    assert welsh.identify("Nid yw'r parsel wedi cyrraedd ac nid oes neb yn ateb y ffôn").language == "cy"
    assert len(TELLABLE) > len(KNOWN)
    assert set(KNOWN) <= TELLABLE


def test_the_table_is_read_once_however_many_ask():
    identifiers = [LanguageIdentifier(["en"]), LanguageIdentifier(), LanguageIdentifier(["tr", "el"])]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(LanguageIdentifier.load, identifiers))
    assert len({id(identifier._table) for identifier in identifiers}) == 1


# Letters of every script, and lumps that posts are made of, so that texts with words in them are tried as well.
POSTS = st.lists(
    st.text(max_size=40)
    | st.sampled_from(
        ["http", "@user", "😡", "\x00", "\ud800", "hai", "kai", "the", "न", "ß", "İ", "1️⃣", "ﷺ", "\u202e"]
    ),
    max_size=12,
).map(" ".join)


@given(POSTS, st.none() | st.text(max_size=8) | st.sampled_from(["en", "hi", "el-GR", "in", "und"]))
def test_any_text_gets_a_language_or_none_and_never_an_error(text, claim):
    for readable in (text, normalise(text)):
        found = EVERYDAY.identify(readable, claim=claim)
        assert found.language in TELLABLE | {UNDETERMINED}
        assert 0.0 <= found.confidence <= 1.0 + 1e-6


def test_a_text_of_a_million_characters_gets_a_language():
    assert EVERYDAY.identify(normalise("kai pali den hrthe to dema mou " * 35_000)).language == "el"
