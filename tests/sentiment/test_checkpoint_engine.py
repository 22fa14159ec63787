from __future__ import annotations

import logging
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sentiment import ModelUnusable, build_scorer
from sentiment.batching import Cancelled, ResultCache
from sentiment.calibration import LANGUAGES_NOT_STATED, probabilities
from sentiment.checkpoint_engine import CheckpointEngine, open_checkpoint
from sentiment.checkpoints import Checkpoint, read_copy
from sentiment.torch_engine import TorchEngine
from tests.sentiment.tiny_checkpoints import KINDS, by_transformers, keep_only_sentencepiece, write_checkpoint
from tests.sentiment.tiny_models import edit_json

TEXTS = [
    "I love the table",
    "hate " * 60,
    "Kargom hiç gelmedi",
    "thanks",
    "Η εξυπηρέτηση 😀",
    "[SEP] <s> </s>",
    "",
    "nobody answers",
]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> Path:
    """Where the copies of this module's sound checkpoints lie; tests of damage have a place of their own."""
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "three")


@pytest.fixture(scope="module")
def opened(checkpoint, exports) -> CheckpointEngine:
    return open_checkpoint(str(checkpoint), exports=exports)


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    """The same but for the rounding to int8: far less than texts differ from each other."""
    spread = float(np.ptp(expected, axis=0).max())
    assert spread > 0.1
    assert np.abs(found - expected).max() < spread / 3


@pytest.mark.parametrize("pickled", [False, True], ids=["safetensors", "pickle"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_scores_as_transformers_does_one_text_at_a_time(tmp_path, kind, pickled):
    folder = write_checkpoint(tmp_path / kind, kind=kind, pickled=pickled)
    assert bool(list(folder.glob("*.safetensors"))) is not pickled
    engine = open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert isinstance(engine, CheckpointEngine)
    expected = by_transformers(folder, TEXTS, engine.facts.length)
    assert_close(probabilities(engine.logits(TEXTS)), expected)


def test_an_xlm_r_checkpoint_needs_no_more_than_the_vocabulary_of_sentencepiece(tmp_path):
    folder = write_checkpoint(tmp_path / "pieces", kind="xlm-roberta")
    expected = by_transformers(folder, TEXTS, 38)
    keep_only_sentencepiece(folder)
    engine = open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert isinstance(engine, CheckpointEngine)
    assert_close(probabilities(engine.logits(TEXTS)), expected)


def test_neighbours_and_order_change_nothing_but_the_rounding(opened):
    together = probabilities(opened.logits(TEXTS))
    fresh = CheckpointEngine(*_parts(opened), results=ResultCache(0))
    assert_close(probabilities(fresh.logits(TEXTS[::-1]))[::-1], together)
    assert_close(probabilities(np.concatenate([fresh.logits([text]) for text in TEXTS])), together)


def test_batches_side_by_side_give_what_one_after_the_other_gives(opened):
    texts = [f"I love the table number {number} and hate waiting" for number in range(60)]
    one, four = (
        CheckpointEngine(*_parts(opened), threads=threads, token_budget=64, results=ResultCache(0))
        for threads in (1, 4)
    )
    assert np.array_equal(one.logits(texts), four.logits(texts))


def test_scoring_can_be_cancelled_between_batches(opened):
    asked = []

    def after_two() -> bool:
        asked.append(1)
        return len(asked) > 2

    engine = CheckpointEngine(*_parts(opened), token_budget=8, results=ResultCache(0), cancelled=after_two)
    with pytest.raises(Cancelled):
        engine.logits(TEXTS)
    assert len(asked) == 3


def test_a_second_start_takes_the_copy_and_needs_no_torch(checkpoint, exports, opened):
    program = (
        "import sys\nfrom pathlib import Path\nfrom sentiment import build_scorer\n"
        f"scorer = build_scorer({str(checkpoint)!r}, languages=['en'], exports=Path({str(exports)!r}))\n"
        "print(scorer.model, len(scorer.score(['I love the table that they brought', ''])))\n"
        "print(sorted({'torch', 'transformers', 'onnx', 'sklearn', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines(), done.stderr) == ([f"{opened.facts.title} 2", "[]"], "")


def test_a_hub_model_once_exported_needs_neither_network_nor_torch(opened, tmp_path):
    wanted = f"owner/name@{COMMIT}"
    shutil.copytree(_parts(opened)[1], Checkpoint.parse(wanted).copy_in(tmp_path))
    engine = open_checkpoint(wanted, exports=tmp_path)
    assert engine.facts.title == f"owner/name {COMMIT[:12]}"
    assert np.array_equal(engine.logits(TEXTS), opened.logits(TEXTS))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "checkpoint.json"])
@pytest.mark.parametrize("damage", ["cut short", "one byte", "gone"])
def test_a_damaged_copy_is_made_anew(checkpoint, opened, tmp_path, name, damage):
    folder = Checkpoint.parse(str(checkpoint)).copy_in(tmp_path)
    shutil.copytree(_parts(opened)[1], folder)
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    if damage != "gone":
        half = len(whole) // 2
        cut = whole[:half] if damage == "cut short" else whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
        (folder / name).write_bytes(cut)
    engine = open_checkpoint(str(checkpoint), exports=tmp_path)
    assert np.array_equal(engine.logits(TEXTS), opened.logits(TEXTS))
    read_copy(folder)


def test_two_and_five_labels_become_three(tmp_path):
    two = open_checkpoint(str(write_checkpoint(tmp_path / "two", ("NEGATIVE", "POSITIVE"))), exports=tmp_path / "e")
    assert (two.logits(TEXTS)[:, 1] < -1000).all()
    stars = write_checkpoint(tmp_path / "five", tuple(f"{number} stars" for number in range(1, 6)))
    five = open_checkpoint(str(stars), exports=tmp_path / "e")
    each = by_transformers(stars, TEXTS, five.facts.length)
    expected = np.stack([each[:, :2].sum(1), each[:, 2], each[:, 3:].sum(1)], axis=1)
    assert_close(probabilities(five.logits(TEXTS)), expected)


class _Touch:
    """Unpickles into running a command, as a hostile checkpoint would."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("plain", [True, False])
def test_a_hostile_pickle_is_refused_and_runs_nothing(tmp_path, plain):
    import torch

    folder = write_checkpoint(tmp_path / "hostile", pickled=True)
    weights = folder / "pytorch_model.bin"
    if plain:
        weights.write_bytes(pickle.dumps(_Touch(tmp_path / "ran")))
    else:
        torch.save({"bert": _Touch(tmp_path / "ran")}, weights)
    with pytest.raises(ModelUnusable, match="its weights cannot be used"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert not (tmp_path / "ran").exists()


def test_code_that_comes_with_a_checkpoint_is_never_run(tmp_path):
    folder = write_checkpoint(tmp_path / "remote")
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    edit_json(
        folder / "config.json",
        model_type="own",
        auto_map={"AutoConfig": "own.Config", "AutoModelForSequenceClassification": "own.Model"},
    )
    with pytest.raises(ModelUnusable, match=r"config\.json cannot be used"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert not (tmp_path / "ran").exists()


def test_an_encoder_without_a_trained_head_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "headless", headless=True)
    with pytest.raises(ModelUnusable, match=r"lack classifier.*not a trained classifier"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")


def test_labels_nobody_understands_are_refused_before_weights_are_read(tmp_path):
    folder = write_checkpoint(tmp_path / "labels", ("LABEL_0", "LABEL_1", "LABEL_2"))
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelUnusable, match="id2label"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")


def test_a_model_of_several_labels_at_once_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "multi")
    edit_json(folder / "config.json", problem_type="multi_label_classification")
    with pytest.raises(ModelUnusable, match="multi_label_classification"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_damaged_files_of_a_checkpoint_are_named_and_leave_no_copy(tmp_path, name):
    folder = write_checkpoint(tmp_path / "damaged")
    (folder / name).write_bytes(b"garbage")
    with pytest.raises(ModelUnusable, match=r"damaged: its (weights|tokenizer|config.json) cannot be used"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert [each for each in (tmp_path / "exports").iterdir() if each.suffix != ".lock"] == []


def test_a_tokenizer_without_a_fast_form_leaves_the_checkpoint_to_torch(tmp_path, caplog):
    from transformers import ByT5Tokenizer

    folder = write_checkpoint(tmp_path / "bytes", tokenizer=ByT5Tokenizer(extra_ids=0))
    engine = open_checkpoint(str(folder), exports=tmp_path / "exports")
    assert isinstance(engine, TorchEngine)
    assert "has no fast form" in _warning(caplog)
    texts = ["I love the table", "hate " * 60, "Η εξυπηρέτηση 😀", ""]
    expected = by_transformers(folder, texts, engine.facts.length)
    assert probabilities(engine.logits(texts)) == pytest.approx(expected, abs=1e-4)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    import torch

    folder = write_checkpoint(tmp_path / "diverged", pickled=True)
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    weights["classifier.weight"][0, 0] = float("nan")
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(ModelUnusable, match=r"diverged: what it says .*\(not a number\)"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")


def test_a_tokenizer_that_knows_more_than_the_network_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "strangers")
    shutil.copy(write_checkpoint(tmp_path / "larger", kind="roberta") / "tokenizer.json", folder)
    with pytest.raises(ModelUnusable, match="strangers: what it says of a few texts cannot be used"):
        open_checkpoint(str(folder), exports=tmp_path / "exports")


def test_where_nothing_can_be_written_torch_runs_the_checkpoint(checkpoint, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    engine = open_checkpoint(str(checkpoint), exports=tmp_path / "file" / "exports")
    assert isinstance(engine, TorchEngine)
    assert "Not a directory" in _warning(caplog)
    assert probabilities(engine.logits(TEXTS)) == pytest.approx(
        by_transformers(checkpoint, TEXTS, engine.facts.length), abs=1e-4
    )


def test_a_checkpoint_is_sure_only_in_the_languages_named_for_it(checkpoint, exports, opened):
    text = ["I hate the parcel that they brought to us"]
    build = {"exports": exports, "floor": 0.0}
    assert build_scorer(str(checkpoint), **build).score(text)[0].reason == LANGUAGES_NOT_STATED
    named = build_scorer(str(checkpoint), languages=["en"], **build).score(text)[0]
    assert not named.abstained
    assert named.model == opened.facts.title


def test_threads_share_one_engine(opened):
    engine = CheckpointEngine(*_parts(opened), results=ResultCache(3), threads=2)
    alone = probabilities(engine.logits(TEXTS))
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: engine.logits(TEXTS), range(20)):
            assert_close(probabilities(found), alone)


def _parts(engine: CheckpointEngine) -> tuple:
    return engine._checkpoint, engine._folder, engine._copy


def _warning(caplog) -> str:
    return next(
        record.error
        for record in caplog.records
        if record.levelno == logging.WARNING and record.message == "checkpoint_not_exported"
    )
