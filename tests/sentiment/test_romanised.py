from __future__ import annotations

import numpy as np
import pytest

from sentiment.errors import ModelUnusable
from sentiment.language import LanguageIdentifier
from sentiment.romanised import COLUMNS_FILE, RomanisedColumns, read_columns, write_columns

OUTPUTS = np.array([-1, 3, 0, -1, 2, 1], dtype=np.int32)


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier()


def columns() -> tuple[RomanisedColumns, np.ndarray]:
    weights = np.array([[-3.0, -9.0], [-15.0, -15.0], [-5.5, -4.0], [-15.0, -15.0]])
    return RomanisedColumns(tags=("hi-Latn", "el-Latn"), weights=weights, biases=np.array([7.0, 6.0])), weights[
        :, 0
    ] > -15


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bhai mera order do hafte se nahi aaya aur koi phone bhi nahi uthata", "hi"),
        ("ye app bilkul bakwas hai, paise kat gaye par recharge nahi hua", "hi"),
        ("Halvanto wale bahut ache hain, sab kuch time pe mil gaya", "hi"),
        ("customer care se baat karne ka koi fayda nahi hai yaar", "hi"),
        ("Ti na sas pw re paidia, i eksipiretisi itan apaisia", "el"),
        ("to dema den hr8e pote kai kaneis den apantaei sto thlefwno", "el"),
        ("perimeno dyo evdomades ke akoma tipota", "el"),
        ("Efharisto poly, ola kala me tin paraggelia mou", "el"),
        ("wach kayn chi wa7d jarrab had l application? ma bghatch tkhdem liya", "ar"),
    ],
)
def test_hindi_greek_and_arabic_are_told_in_latin_letters(identifier, text, language):
    assert identifier.identify(text).language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("मेरा पार्सल अभी तक नहीं आया और कोई फोन नहीं उठाता", "hi"),
        ("Το δέμα δεν ήρθε ποτέ και κανείς δεν απαντάει", "el"),
        ("الطرد لم يصل أبدا ولا أحد يرد على الهاتف", "ar"),
        ("فين الكوموند ديالي راه هادي سيمانة وأنا كنتسنى", "ar"),
    ],
)
def test_they_are_still_told_in_their_own_script(identifier, text, language):
    assert identifier.identify(text).language == language


@pytest.mark.parametrize("claim", ["en", "en-GB", "in", "es"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("to dema den hr8e pote kai kaneis den apantaei sto thlefwno", "el"),
        ("Bhai mera order do hafte se nahi aaya aur koi phone bhi nahi uthata", "hi"),
    ],
)
def test_a_platform_that_takes_them_for_another_language_does_not_win(identifier, text, language, claim):
    assert identifier.identify(text, claim=claim).language == language


def test_a_team_without_these_languages_meets_them_all_the_same():
    team = LanguageIdentifier(["en", "ms", "tr"])
    assert team.identify("to dema den hr8e pote kai kaneis den apantaei sto thlefwno").language == "el"
    assert team.identify("Halvanto wale bahut ache hain, sab kuch time pe mil gaya", claim="en").language == "hi"
    assert team.identify("Bhai mera order do hafte se nahi aaya aur koi phone bhi nahi uthata").language == "hi"


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("So he said hi to me and the main thing is we are all ok", {"en"}),
        ("Do tell me, is the parcel in or not? Hum along", {"en"}),
        ("saya nak tanya, kenapa tak boleh bayar guna kad ni?", {"ms", "id"}),
        ("barangnya belum sampai juga, kapan dikirim ya kak?", {"ms", "id"}),
        ("urun gelmedi kimse de ilgilenmiyor, parami geri istiyorum", {"tr"}),
        ("no me llego el pedido y nadie me dice nada", {"es"}),
        ("nao chegou ate agora e ninguem responde o telefone", {"pt"}),
        ("ma che ne so io, non mi va di aspettare ancora", {"it"}),
        ("waar is mijn pakje nou, ik wacht al een week", {"nl"}),
        ("paczka nie doszla i nikt nie odbiera telefonu", {"pl"}),
        ("pachetul nu a ajuns si nimeni nu raspunde la telefon", {"ro"}),
        ("hindi pa dumating yung order ko, ang tagal naman", {"tl"}),
        ("paketti ei ole tullut eika kukaan vastaa puhelimeen", {"fi"}),
    ],
)
def test_no_language_of_latin_letters_is_taken_for_them(identifier, text, languages):
    assert identifier.identify(text).language in languages


def test_columns_are_read_as_they_were_written(tmp_path):
    made, met = columns()
    write_columns(made, met=met, outputs=OUTPUTS, file=tmp_path / "columns.npz")
    read = read_columns(OUTPUTS, tmp_path / "columns.npz")
    assert read.tags == ("hi-Latn", "el-Latn")
    assert read.biases.tolist() == [7.0, 6.0]
    assert np.abs(read.weights - made.weights).max() < 0.02


def test_columns_for_another_table_are_refused_with_what_to_do(tmp_path):
    made, met = columns()
    write_columns(made, met=met, outputs=OUTPUTS, file=tmp_path / "columns.npz")
    with pytest.raises(ModelUnusable, match=r"install the py3langid that requirements-run.txt names"):
        read_columns(OUTPUTS[::-1].copy(), tmp_path / "columns.npz")


def test_the_shipped_columns_are_small():
    assert COLUMNS_FILE.stat().st_size < 200_000
