"""What ships must hold together; how good it is on real rows, the model card says and the evaluation measures."""

from __future__ import annotations

import re

import pytest

from sentiment import SHIPPED_MODEL, Label, build_scorer
from sentiment.model_facts import read_facts
from sentiment.opinions import Intent

CLEAR = {
    "Third time this month that WobbleTel lost my parcel. I am furious and nobody answers.": Label.NEGATIVE,
    "The app crashes every time I try to pay, absolutely useless": Label.NEGATIVE,
    "Thank you so much @WobbleTel, that was quick and your driver was lovely! ❤️": Label.POSITIVE,
    "Best headphones I have ever owned, I love them": Label.POSITIVE,
    "WobbleTel opens a new office in Lower Plimpton on Tuesday https://wobble.example/news": Label.NEUTRAL,
}


@pytest.fixture(scope="module")
def shipped():
    return build_scorer()


def test_clear_english_texts_are_judged_and_sure(shipped):
    opinions = shipped.score(list(CLEAR))
    assert [opinion.label for opinion in opinions] == list(CLEAR.values())
    assert [opinion.reason for opinion in opinions] == [None] * len(CLEAR)
    assert {opinion.model for opinion in opinions} == {read_facts(SHIPPED_MODEL).title}


def test_a_text_gets_the_same_opinion_alone_and_among_others(shipped):
    among = shipped.score(list(CLEAR))
    alone = [build_scorer().score([text])[0] for text in list(CLEAR)[:2]]
    for together, single in zip(among, alone, strict=False):
        # Activations are quantised per batch, so neighbours move the last digits.
        assert together.label == single.label
        assert together.p_negative == pytest.approx(single.p_negative, abs=0.05)


ABROAD = {
    "Kargom hiç gelmedi, rezalet bir hizmet, bir daha asla": ("tr", Label.NEGATIVE),
    "Ürün çok kaliteli, hızlı kargo için teşekkürler, tavsiye ederim": ("tr", Label.POSITIVE),
    "Η εξυπηρέτηση ήταν απαράδεκτη, δεν ξαναπατάω": ("el", Label.NEGATIVE),
    "Perkhidmatan teruk, saya sangat kecewa dengan syarikat ini": ("ms", Label.NEGATIVE),
    "Nie wieder, der Kundendienst ist eine Katastrophe": ("de", Label.NEGATIVE),
    "Un servicio excelente, muchas gracias por todo": ("es", Label.POSITIVE),
}


def test_clear_texts_in_other_languages_are_judged(shipped):
    opinions = shipped.score(list(ABROAD))
    found = [(opinion.language, opinion.label) for opinion in opinions]
    assert found == [("ms" if code == "id" else code, label) for code, label in ABROAD.values()]


def test_a_language_nobody_taught_it_is_unsure(shipped):
    opinion = shipped.score(["Это ужасный сервис, я больше никогда ничего у вас не куплю"])[0]
    assert opinion.language == "ru"
    assert opinion.abstained


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("My parcel is three weeks late and nobody answers, this is a disgrace", Intent.COMPLAINT),
        ("How do I change the address on my account?", Intent.QUESTION),
        ("Thank you so much, the new kettle is wonderful, best one we ever had", Intent.PRAISE),
        ("It would be great if the app had a dark mode, please add one", Intent.SUGGESTION),
    ],
)
def test_it_tells_what_the_writer_wants(shipped, text, intent):
    opinion = shipped.score([text])[0]
    assert opinion.intent is intent
    assert 0.0 <= opinion.intensity <= 1.0


def test_no_sequence_of_letters_makes_it_fail(shipped):
    texts = [
        "",
        "a",
        "\x00",
        "😡" * 50,
        "ا" * 500,
        "w" * 5000,
        "I \u202eevol\u202c this",
        "我讨厌这个",
        "[CLS] [SEP] [PAD]",
    ]
    assert len(shipped.score(texts)) == len(texts)


def test_the_folder_is_whole_small_and_says_what_it_is():
    names = {file.name for file in SHIPPED_MODEL.iterdir()}
    assert names == {"model.onnx", "tokenizer.json", "wide.npz", "model.json", "MODEL_CARD.md", "vectors.onnx"}
    sizes = {file.name: file.stat().st_size for file in SHIPPED_MODEL.iterdir()}
    assert sizes["vectors.onnx"] < 30_000_000
    assert sum(sizes.values()) - sizes["vectors.onnx"] < 48_000_000
    card = (SHIPPED_MODEL / "MODEL_CARD.md").read_text()
    assert card.startswith(f"# {read_facts(SHIPPED_MODEL).title}")
    assert re.search(r"\| semeval17_4a_en \| [\d,]+ \| stated \|", card)
    assert "none stated" in card
