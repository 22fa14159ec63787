from __future__ import annotations

from dataclasses import replace

import pytest

from sentiment import ModelUnusable
from sentiment.model_facts import read_facts, write_facts
from tests.sentiment.tiny_models import FACTS, edit_json


def test_facts_are_read_back_as_written(tmp_path):
    for facts in (FACTS, replace(FACTS, languages=None)):
        write_facts(tmp_path, facts)
        assert read_facts(tmp_path) == facts


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ModelUnusable, match=r"model\.json is missing"):
        read_facts(tmp_path)
    (tmp_path / "model.json").write_text("{half")
    with pytest.raises(ModelUnusable, match=r"model\.json cannot be read"):
        read_facts(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", ["positive", "neutral", "negative"]),
        ("floor", 1.5),
        ("floor", "nan"),
        ("temperatures", {"en": 0}),
        ("temperatures", ["en"]),
        ("default_temperature", -1),
        ("wide_weights", {"en": -0.1}),
        ("default_wide_weight", "much"),
        ("length", "long"),
        ("length", None),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(tmp_path, field, value):
    write_facts(tmp_path, FACTS)
    edit_json(tmp_path / "model.json", **{field: value})
    with pytest.raises(ModelUnusable, match="restore the model's folder"):
        read_facts(tmp_path)
