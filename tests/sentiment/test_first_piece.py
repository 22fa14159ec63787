from __future__ import annotations

import numpy as np
import pytest

from sentiment.sessions import INPUTS, open_session
from tests.sentiment.tiny_checkpoints import KINDS, write_checkpoint


@pytest.fixture
def graphs():
    """Writing and rewriting a graph. They import torch and onnx, which collecting tests need not."""
    from sentiment import checkpoint_export, first_piece

    return checkpoint_export, first_piece


def network_of(folder, kind):
    from transformers import AutoModelForSequenceClassification

    write_checkpoint(folder, kind=kind)
    return AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()


def judging_by_all_pieces(network):
    """A network that takes the first piece too, but not only."""
    import torch

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = network.bert, network.classifier

        def forward(self, input_ids, attention_mask):
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return self.head(hidden.mean(1)) + self.head(hidden[:, 0])

    return Both().eval()


def assert_same(network, path, padding) -> None:
    import torch

    session = open_session(path)
    for texts, pieces in ((1, 1), (1, 7), (3, 30), (5, 2)):
        ids = torch.randint(4, 60, (texts, pieces), generator=torch.Generator().manual_seed(pieces))
        mask = torch.ones_like(ids)
        mask[1:, pieces // 2 + 1 :] = 0
        ids[mask == 0] = padding
        with torch.inference_mode():
            expected = network(ids, mask).numpy()
        found = session.run(None, dict(zip(INPUTS, (ids.numpy(), mask.numpy()), strict=True)))[0]
        assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_the_same_without_the_work_thrown_away(graphs, tmp_path, kind):
    checkpoint_export, first_piece = graphs
    classifier = network_of(tmp_path / kind, kind)
    network = checkpoint_export._LogitsOnly(classifier)
    path = tmp_path / "model.onnx"
    checkpoint_export.export_fp32(network, path)
    assert_same(network, path, classifier.config.pad_token_id)
    # Everything of the last layer after attention: three products, two normalisations and what stands between.
    assert first_piece.keep_first_piece(path) >= 12
    assert_same(network, path, classifier.config.pad_token_id)
    assert first_piece.keep_first_piece(path) == 0


def test_a_network_that_judges_by_all_pieces_is_left_alone(graphs, tmp_path):
    checkpoint_export, first_piece = graphs
    network = judging_by_all_pieces(network_of(tmp_path / "both", "bert"))
    path = tmp_path / "model.onnx"
    checkpoint_export.export_fp32(network, path)
    assert first_piece.keep_first_piece(path) == 0
    assert_same(network, path, 0)
