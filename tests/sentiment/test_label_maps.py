from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import ModelUnusable
from sentiment.calibration import probabilities
from sentiment.label_maps import label_columns, merged


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (("negative", "neutral", "positive"), ((0,), (1,), (2,))),
        (("POS", "NEU", "NEG"), ((2,), (1,), (0,))),
        (("NEGATIVE", "POSITIVE"), ((0,), (), (1,))),
        (("1 star", "2 stars", "3 stars", "4 stars", "5 stars"), ((0, 1), (2,), (3, 4))),
        (("Olumsuz", "Nötr", "Olumlu"), ((0,), (1,), (2,))),
        (("positivo", "neutro", "negativo"), ((2,), (1,), (0,))),
        (("Αρνητικό", "Ουδέτερο", "Θετικό"), ((0,), (1,), (2,))),
        (("NÉGATIF", "neutre", "POSITIF"), ((0,), (1,), (2,))),
        (("Very Negative", "Negative", "Neutral", "Positive", "Very_Positive"), ((0, 1), (2,), (3, 4))),
    ],
)
def test_labels_of_checkpoints_are_understood(names, columns):
    assert label_columns(dict(enumerate(names)), model="m") == columns


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1"), ("joy", "anger"), ("positive", "neutral"), ("positive", "")])
def test_labels_nobody_understands_are_refused_with_the_mend(names):
    with pytest.raises(ModelUnusable, match=r"m: .*(id2label|use another)"):
        label_columns(dict(enumerate(names)), model="m")


@given(st.lists(st.floats(-20, 20), min_size=5, max_size=5))
def test_stars_are_summed_not_chosen(logits):
    each = probabilities(np.array([logits]))[0]
    summed = probabilities(merged(np.array([logits]), ((0, 1), (2,), (3, 4))))[0]
    assert summed == pytest.approx([each[0] + each[1], each[2], each[3] + each[4]], abs=1e-5)


def test_a_class_the_checkpoint_lacks_has_no_probability():
    shares = probabilities(merged(np.array([[0.0, 0.0]]), ((0,), (), (1,))), 20.0)[0]
    assert shares == pytest.approx([0.5, 0.0, 0.5])
