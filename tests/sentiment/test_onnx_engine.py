from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sentiment import ModelUnusable
from sentiment.batching import ResultCache
from sentiment.columns import FEELING
from sentiment.onnx_engine import OnnxEngine
from tests.sentiment.tiny_models import WORD_LOGITS


@pytest.fixture
def copied(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "copied")


def feelings_of(engine, texts):
    return engine.logits(texts, ["en"] * len(texts))[:, FEELING]


def test_logits_are_those_of_the_text_whatever_stands_beside_it(tiny_folder):
    engine = OnnxEngine(tiny_folder, token_budget=12)
    texts = ["love", "hate " * 9, "table table", "love hate", "nothing known"]
    expected = np.array(
        [sum(np.array(WORD_LOGITS.get(word, WORD_LOGITS["[UNK]"])) for word in text.split()) for text in texts]
    )
    assert np.allclose(feelings_of(engine, texts), expected)
    assert np.allclose(feelings_of(engine, texts[::-1]), expected[::-1])


def test_a_long_text_is_cut_at_the_models_length(tiny_folder):
    engine = OnnxEngine(tiny_folder)
    assert feelings_of(engine, ["love " * 500])[0, 2] == pytest.approx(2.0 * (engine.facts.length - 2))


def test_files_are_opened_at_the_first_text(copied):
    (copied / "model.onnx").unlink()
    engine = OnnxEngine(copied)
    with pytest.raises(ModelUnusable, match=r"model\.onnx cannot be opened"):
        feelings_of(engine, ["love"])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "wide.npz"])
@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xff\xfe\x00"])
def test_a_damaged_file_is_named_with_the_mend(copied, name, damage):
    (copied / name).write_bytes(damage)
    with pytest.raises(ModelUnusable, match=f"{name} cannot be .*restore the model's folder"):
        OnnxEngine(copied).load()


def test_a_file_cut_short_is_refused(copied):
    whole = (copied / "model.onnx").read_bytes()
    (copied / "model.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelUnusable):
        OnnxEngine(copied).load()


def test_a_model_with_other_inputs_is_refused(copied):
    import onnx

    model = onnx.load(str(copied / "model.onnx"))
    for name in (model.graph.input[0], model.graph.node[0]):
        if hasattr(name, "input"):
            name.input[1] = "pixels"
        else:
            name.name = "pixels"
    onnx.save(model, str(copied / "model.onnx"))
    with pytest.raises(ModelUnusable, match="pixels"):
        OnnxEngine(copied).load()


def test_threads_share_one_engine(tiny_folder):
    engine = OnnxEngine(tiny_folder, results=ResultCache(3))
    texts = ["love", "hate", "table", "love table", "hate table"]
    alone = feelings_of(engine, texts)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: feelings_of(engine, texts), range(20)):
            assert np.array_equal(found, alone)
