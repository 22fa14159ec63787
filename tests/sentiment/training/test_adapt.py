from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from sentiment import Label, ModelUnusable, build_scorer
from sentiment.head import HEAD_FILE
from sentiment.training.adapt import LEAST_ROWS, Lesson, adapt
from tests.sentiment.tiny_models import FACTS, write_tiny_model

NAMES = ("anna", "ben", "carla", "dimitris", "elif", "farah")


@pytest.fixture
def source(tmp_path):
    return write_tiny_model(tmp_path / "tiny", replace(FACTS, floor=0.0))


def lessons(count, words):
    """Return as many lessons, the labels as `words` say of what stands in them."""
    return [
        Lesson(text=f"{NAMES[n % 6]} says {word} about number {n}", label=label, language="en")
        for n in range(count)
        for word, label in [list(words.items())[n % len(words)]]
    ]


def test_a_team_that_calls_tables_bad_is_believed(source, tmp_path):
    text = "the table that they brought to us"
    assert build_scorer(str(source)).score([text])[0].label is Label.NEUTRAL
    made = adapt(source, lessons(120, {"table": 0, "love": 2, "hate": 0}), tmp_path / "ours")
    assert made.penalty is not None
    assert made.after > made.before
    adapted = build_scorer(str(tmp_path / "ours"))
    assert adapted.score([text])[0].label is Label.NEGATIVE
    assert adapted.score(["we love it"])[0].label is Label.POSITIVE
    assert adapted.model == made.title != build_scorer(str(source)).model


def test_corrections_by_chance_change_no_label(source, tmp_path):
    chance = np.random.default_rng(3)
    by_chance = [replace(lesson, label=int(chance.integers(3))) for lesson in lessons(90, {"nothing": 0})]
    made = adapt(source, by_chance, tmp_path / "ours")
    texts = ["we love it", "we hate it", "the table that they brought to us"]
    before, after = (build_scorer(str(folder)).score(texts) for folder in (source, tmp_path / "ours"))
    assert [opinion.label for opinion in before] == [opinion.label for opinion in after]
    assert made.lessons == 90


def test_the_same_corrections_make_the_same_model_and_others_another(source, tmp_path):
    taught = lessons(60, {"table": 0, "love": 2})
    titles = [adapt(source, taught, tmp_path / name).title for name in ("one", "two")]
    titles.append(adapt(source, taught[:-1], tmp_path / "three").title)
    assert titles[0] == titles[1] != titles[2]
    assert titles[0].startswith("tiny 1+")


def test_too_few_corrections_and_a_folder_in_use_are_refused(source, tmp_path):
    with pytest.raises(ModelUnusable, match="3 corrections are too few"):
        adapt(source, lessons(3, {"love": 2}), tmp_path / "ours")
    (tmp_path / "there").mkdir()
    with pytest.raises(ModelUnusable, match="is there already"):
        adapt(source, lessons(LEAST_ROWS, {"love": 2}), tmp_path / "there")


def test_an_adapted_model_is_not_adapted_on_top(source, tmp_path):
    adapt(source, lessons(120, {"table": 0, "love": 2, "hate": 0}), tmp_path / "ours")
    with pytest.raises(ModelUnusable, match="adapt the model it was made from"):
        adapt(tmp_path / "ours", lessons(120, {"table": 0}), tmp_path / "again")


def test_a_damaged_head_is_refused_with_what_to_do(source, tmp_path):
    adapt(source, lessons(120, {"table": 0, "love": 2, "hate": 0}), tmp_path / "ours")
    (tmp_path / "ours" / HEAD_FILE).write_bytes(b"garbage")
    with pytest.raises(ModelUnusable, match=r"head\.npz cannot be read"):
        build_scorer(str(tmp_path / "ours")).score(["love"])


def test_the_card_says_whose_figures_it_shows(source, tmp_path):
    shutil.copy(__file__, source / "MODEL_CARD.md")
    made = adapt(source, lessons(60, {"love": 2}), tmp_path / "ours")
    assert f"This is {made.title}: tiny 1 taught by 60 corrections" in (tmp_path / "ours" / "MODEL_CARD.md").read_text()
