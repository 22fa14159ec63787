"""Whatever is thrown at a scorer, it gives an opinion or a clear error; order and length are kept."""

from __future__ import annotations

import math
import shutil

import pytest

from sentiment import LABELS, ModelUnusable, Opinion, Scorer, build_scorer
from tests.sentiment.tiny_checkpoints import write_checkpoint

MEGABYTE = 1_000_000
TEXTS = {
    "empty": "",
    "blank": " \t\r\n\u2003\u00a0",
    "nul": "\x00",
    "nul inside": "the parcel\x00 never came",
    "controls": "".join(map(chr, range(32))) + "\x7f\x85\x9f",
    "only emoji": "😡😡👍🏽👨‍👩‍👧‍👦🇬🇷",
    "a joiner alone": "\u200d",
    "mixed scripts": "I love λατρεύω 我喜欢 люблю أحب प्यार 사랑 it",
    "right to left": "الخدمة سيئة جدا ولا أحد يرد",
    "overridden direction": "I \u202eevol\u202c this \u2066parcel\u2069 \u200f",
    "heaped accents": "Z" + "\u0301\u0323\u0330" * 300 + "algo",
    "lone surrogates": "broken \ud83d half \ude21 pairs",
    "not characters": "\ufffe\uffff\U0010ffff",
    "what models read as signs": "[CLS] <s> [SEP] </s> <pad> [MASK] ##ing ▁",
    "one endless word": "x" * 5_000,
    "only links and handles": "@anna https://wobble.example @ben",
    "only figures": "12 345,67 − 8 %",
    "markup": "<script>alert('hate')</script>&lt;b&gt;&#0;&#x110000;",
    "a megabyte of words": "I hate waiting " * (MEGABYTE // 15),
    "a megabyte of one letter": "x" * MEGABYTE,
    "a megabyte of emoji": "😡" * (MEGABYTE // 4),
    "a megabyte of nul": "\x00" * MEGABYTE,
    "a megabyte right to left": "لا " * (MEGABYTE // 3),
    "a megabyte of links": "https://wobble.example/a?b=c " * (MEGABYTE // 29),
    "a megabyte of entities": "&amp;" * (MEGABYTE // 5),
    "a megabyte of accents": "\u0301" * (MEGABYTE // 2),
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "three", kind="xlm-roberta")


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module", params=["shipped", "checkpoint"])
def scorer(request, checkpoint, exports) -> Scorer:
    if request.param == "shipped":
        return build_scorer()
    return build_scorer(str(checkpoint), languages=["en"], exports=exports)


def assert_sound(opinion: Opinion) -> None:
    shares = (opinion.p_negative, opinion.p_neutral, opinion.p_positive)
    assert math.isclose(sum(shares), 1.0, abs_tol=1e-9)
    assert opinion.confidence == max(shares)
    assert shares[LABELS.index(opinion.label)] == opinion.confidence
    assert opinion.abstained == (opinion.reason is not None)
    assert opinion.language == "und" or len(opinion.language) == 2


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_gets_an_opinion(scorer, name):
    (opinion,) = scorer.score([TEXTS[name]])
    assert_sound(opinion)


@pytest.mark.parametrize("name", ["empty", "blank", "nul", "only emoji", "only links and handles", "a megabyte of nul"])
def test_where_there_is_nothing_to_read_it_is_unsure(scorer, name):
    assert scorer.score([TEXTS[name]])[0].abstained


def test_bad_texts_move_no_other_out_of_its_place(scorer):
    good = [f"Parcel number {number} never arrived and nobody answers" for number in range(len(TEXTS))]
    mixed = [text for pair in zip(TEXTS.values(), good, strict=True) for text in pair]
    opinions = scorer.score(mixed, languages=[None, "en"] * len(TEXTS))
    assert len(opinions) == len(mixed)
    for opinion in opinions:
        assert_sound(opinion)
    alone = scorer.score(good, languages=["en"] * len(good))
    for among, single in zip(opinions[1::2], alone, strict=True):
        # Activations are quantised per batch, so neighbours move the last digits.
        assert among.p_negative == pytest.approx(single.p_negative, abs=0.05)
        assert among.language == single.language


def test_ten_thousand_identical_rows_share_one_opinion(scorer):
    opinions = scorer.score(["I hate the parcel that they brought"] * 10_000)
    assert len(opinions) == 10_000
    assert set(opinions) == {opinions[0]}


def test_ten_thousand_rows_of_a_few_texts_keep_their_order(scorer):
    few = ["I hate waiting for this", "I love it, thank you", "", "The office opens on Tuesday", "😡"]
    opinions = scorer.score(few * 2_000)
    assert len(opinions) == 10_000
    assert [opinions[place :: len(few)] for place in range(len(few))] == [
        [each] * 2_000 for each in opinions[: len(few)]
    ]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("nothing in it", "config.json cannot be used"),
        ("no weights", "weights cannot be used"),
        ("weights cut short", "weights cannot be used"),
        ("weights of another size", "weights"),
        ("settings that are no JSON", "config.json cannot be used"),
        ("a picture for a tokenizer", "tokenizer cannot be used"),
    ],
)
def test_a_broken_checkpoint_is_refused_and_named(checkpoint, tmp_path, broken, why):
    folder = shutil.copytree(checkpoint, tmp_path / "broken")
    weights = folder / "model.safetensors"
    match broken:
        case "nothing in it":
            shutil.rmtree(folder)
            folder.mkdir()
        case "no weights":
            weights.unlink()
        case "weights cut short":
            weights.write_bytes(weights.read_bytes()[:5_000])
        case "weights of another size":
            other = write_checkpoint(tmp_path / "other", kind="xlm-roberta", hidden_size=16)
            shutil.copy(other / weights.name, weights)
        case "settings that are no JSON":
            (folder / "config.json").write_text("{")
        case "a picture for a tokenizer":
            (folder / "tokenizer.json").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ModelUnusable, match=f"broken: .*{why}"):
        build_scorer(str(folder), exports=tmp_path / "exports")


def test_a_file_is_no_checkpoint(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"graph")
    with pytest.raises(ModelUnusable, match="no such folder"):
        build_scorer(str(tmp_path / "model.onnx"), exports=tmp_path / "exports")
