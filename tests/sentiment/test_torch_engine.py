from __future__ import annotations

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from sentiment import ModelUnusable, build_scorer
from sentiment.calibration import LANGUAGES_NOT_STATED
from sentiment.torch_engine import Checkpoint, TorchEngine
from tests.sentiment.tiny_models import edit_json, write_checkpoint

TEXTS = ["I love the table", "hate " * 60, "the parcel that they brought", "love"]
THREE = ("Negative", "Neutral", "Positive")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "three", THREE)


def test_a_checkpoint_scores_as_transformers_does_one_text_at_a_time(checkpoint):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    engine = TorchEngine(str(checkpoint))
    with torch.inference_mode():
        expected = [
            network(**tokenizer(text, truncation=True, max_length=engine.facts.length, return_tensors="pt"))
            .logits[0]
            .tolist()
            for text in TEXTS
        ]
    assert np.allclose(engine.logits(TEXTS), expected, atol=1e-5)


def test_pickled_weights_give_the_same_through_the_weights_only_loader(checkpoint, tmp_path):
    pickled = write_checkpoint(tmp_path / "pickled", THREE, pickled=True)
    assert not list(pickled.glob("*.safetensors"))
    assert np.allclose(TorchEngine(str(pickled)).logits(TEXTS), TorchEngine(str(checkpoint)).logits(TEXTS), atol=1e-6)


class _Touch:
    """Unpickles into running a command, as a hostile checkpoint would."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("plain", [True, False])
def test_a_hostile_pickle_is_refused_and_runs_nothing(tmp_path, plain):
    import torch

    folder = write_checkpoint(tmp_path / "hostile", THREE, pickled=True)
    weights = folder / "pytorch_model.bin"
    if plain:
        weights.write_bytes(pickle.dumps(_Touch(tmp_path / "ran")))
    else:
        torch.save({"bert": _Touch(tmp_path / "ran")}, weights)
    with pytest.raises(ModelUnusable, match="its weights cannot be read"):
        TorchEngine(str(folder)).load()
    assert not (tmp_path / "ran").exists()


def test_code_that_comes_with_a_checkpoint_is_never_run(tmp_path):
    folder = write_checkpoint(tmp_path / "remote", THREE)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    edit_json(
        folder / "config.json",
        model_type="own",
        auto_map={"AutoConfig": "own.Config", "AutoModelForSequenceClassification": "own.Model"},
    )
    with pytest.raises(ModelUnusable, match=r"config\.json cannot be read"):
        TorchEngine(str(folder))
    assert not (tmp_path / "ran").exists()


def test_an_encoder_without_a_trained_head_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "headless", THREE, headless=True)
    edit_json(
        folder / "config.json", id2label=dict(enumerate(THREE)), label2id={name: i for i, name in enumerate(THREE)}
    )
    with pytest.raises(ModelUnusable, match=r"lack classifier.*not a trained classifier"):
        TorchEngine(str(folder)).load()


def test_labels_nobody_understands_are_refused_before_weights_are_read(tmp_path):
    folder = write_checkpoint(tmp_path / "labels", ("LABEL_0", "LABEL_1", "LABEL_2"))
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelUnusable, match="id2label"):
        TorchEngine(str(folder))


def test_a_model_of_several_labels_at_once_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "multi", THREE)
    edit_json(folder / "config.json", problem_type="multi_label_classification")
    with pytest.raises(ModelUnusable, match="multi_label_classification"):
        TorchEngine(str(folder))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_damaged_files_are_named(tmp_path, name):
    folder = write_checkpoint(tmp_path / "damaged", THREE)
    (folder / name).write_bytes(b"garbage")
    with pytest.raises(ModelUnusable, match=r"damaged: its (weights|tokenizer) cannot be read"):
        TorchEngine(str(folder)).load()


def test_two_and_five_labels_become_three(tmp_path):
    two = TorchEngine(str(write_checkpoint(tmp_path / "two", ("NEGATIVE", "POSITIVE"))))
    assert (two.logits(TEXTS)[:, 1] < -1000).all()
    five = TorchEngine(str(write_checkpoint(tmp_path / "five", tuple(f"{stars} stars" for stars in range(1, 6)))))
    assert five.logits(TEXTS).shape == (4, 3)


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [
        ("owner/name", "owner/name@<commit>"),
        ("/no/such/folder", "no such folder"),
        ("bert", "no such folder"),
        ("", "no such folder"),
        ("a/b/c@d", "no such folder"),
    ],
)
def test_a_name_without_a_pinned_revision_is_refused_with_the_mend(wanted, mend):
    with pytest.raises(ModelUnusable, match=mend):
        Checkpoint.parse(wanted)


def test_a_hub_name_keeps_its_revision():
    parsed = Checkpoint.parse("owner/name.v2@0123456789abcdef0123456789abcdef01234567")
    assert (parsed.source, parsed.revision) == ("owner/name.v2", "0123456789abcdef0123456789abcdef01234567")
    assert (parsed.title, parsed.version) == ("owner/name.v2", "0123456789ab")


def test_two_trainings_in_one_folder_are_two_versions(checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path / "again", THREE)
    before = Checkpoint.parse(str(folder))
    edit_json(folder / "config.json", id2label={"0": "positive", "1": "neutral", "2": "negative"})
    assert replace(before, version="") == replace(Checkpoint.parse(str(folder)), version="")
    assert before.version != Checkpoint.parse(str(folder)).version


def test_a_checkpoint_is_sure_only_in_the_languages_named_for_it(checkpoint):
    text = ["I hate the parcel that they brought to us"]
    assert build_scorer(str(checkpoint), floor=0.0).score(text)[0].reason == LANGUAGES_NOT_STATED
    named = build_scorer(str(checkpoint), languages=["en"], floor=0.0).score(text)[0]
    assert not named.abstained
    assert named.model.startswith("three ")
