from __future__ import annotations

import pytest

from sentiment import ModelUnusable
from sentiment.batching import Cancelled
from sentiment.calibration import probabilities
from sentiment.checkpoints import Checkpoint
from sentiment.torch_engine import TorchEngine
from tests.sentiment.tiny_checkpoints import by_transformers, write_checkpoint

TEXTS = ["I love the table", "hate " * 60, "Kargom hiç gelmedi", "love", ""]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Checkpoint:
    return Checkpoint.parse(str(write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "three", kind="roberta")))


def test_torch_scores_as_transformers_does_one_text_at_a_time(checkpoint):
    engine = TorchEngine(checkpoint)
    expected = by_transformers(checkpoint.source, TEXTS, engine.facts.length)
    assert probabilities(engine.logits(TEXTS)) == pytest.approx(expected, abs=1e-5)


def test_weights_are_read_at_the_first_text(tmp_path):
    folder = write_checkpoint(tmp_path / "late")
    (folder / "model.safetensors").unlink()
    engine = TorchEngine(Checkpoint.parse(str(folder)))
    with pytest.raises(ModelUnusable, match="late: its weights cannot be used"):
        engine.logits(TEXTS)


def test_torch_can_be_cancelled_too(checkpoint):
    with pytest.raises(Cancelled):
        TorchEngine(checkpoint, cancelled=lambda: True).logits(TEXTS)
