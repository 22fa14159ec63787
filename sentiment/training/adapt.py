"""Adapts a model to a team's own corrections: a head beside the shipped one, and the temperatures. Takes seconds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from sentiment.calibration import stacked, temperatures, wide_weights
from sentiment.errors import ModelUnusable
from sentiment.head import HEAD_FILE, AddedHead
from sentiment.model_facts import ModelFacts, write_facts
from sentiment.normalise import folded, normalise
from sentiment.onnx_engine import OnnxEngine
from sentiment.training.card import CARD_FILE

Array = np.ndarray[Any, Any]

LEAST_ROWS = 50
"""With fewer corrections a head learns the chance of the draw."""

PENALTIES = (1.0, 10.0, 100.0, 1000.0)
"""Weights of the squared head, tried from the boldest; not adapting at all is tried too."""

FOLDS = 5
_SEED = 20261122


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A text as it was written, the label people gave it (an index of `LABELS`) and its language (ISO code)."""

    text: str
    label: int
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """What came of it: the model's new title, and the mean log-likelihood per text before and after.

    Both by cross-validation. `penalty` is None when no head made it better, and then only the temperature changed.
    """

    title: str
    lessons: int
    before: float
    after: float
    penalty: float | None


def adapt(source: Path, lessons: Sequence[Lesson], target: Path) -> Adapted:
    """Write to `target` the model of the folder `source`, taught by `lessons`.

    The head is drawn towards adding nothing, by the penalty that held-out folds choose; then one factor warms or cools
    all temperatures. The network, the wide branch and the intents stay as they are.
    Raises ModelUnusable when there are fewer than `LEAST_ROWS` lessons, or `target` is there already.
    """
    if len(lessons) < LEAST_ROWS:
        raise ModelUnusable(f"{len(lessons)} corrections are too few to learn from: {LEAST_ROWS} are needed")
    if target.exists():
        raise ModelUnusable(f"{target} is there already: name a folder that is not")
    if (source / HEAD_FILE).exists():
        raise ModelUnusable(f"{source} is adapted already: adapt the model it was made from, with all corrections")
    engine = OnnxEngine(source)
    texts = [folded(normalise(each.text)) if engine.facts.folded else normalise(each.text) for each in lessons]
    languages = [each.language for each in lessons]
    labels = np.array([each.label for each in lessons])
    warmth = temperatures(engine.facts, languages)[:, None]
    outputs = engine.logits(texts, languages)
    logits = stacked(outputs, wide_weights(engine.facts, languages)) / warmth
    means = engine.means(texts)
    before = _likelihood(logits, labels)
    tried = {penalty: _cross_validated(logits, means / warmth, labels, penalty) for penalty in PENALTIES}
    best = max(tried, key=tried.__getitem__)
    penalty = best if tried[best] > before else None
    head = None if penalty is None else _fitted(logits, means / warmth, labels, penalty)
    adapted = logits if head is None else logits + head.added(means / warmth)
    factor = _warmed(adapted, labels)
    facts = _facts(engine.facts, lessons, factor)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("vectors.onnx", HEAD_FILE))
    if head is not None:
        head.save(target)
    write_facts(target, facts)
    _note_on_card(target / CARD_FILE, engine.facts.title, facts.title, len(lessons))
    return Adapted(
        title=facts.title,
        lessons=len(lessons),
        before=before,
        after=max(before, tried[best]),
        penalty=penalty,
    )


def _note_on_card(card: Path, before: str, after: str, lessons: int) -> None:
    """Say at the end of the card that its figures are those of the model before."""
    if card.exists():
        with card.open("a", encoding="utf-8") as file:
            file.write(
                f"\n## Adapted\n\nThis is {after}: {before} taught by {lessons:,} corrections of its team.\n"
                f"The figures above are those of {before}; `earshot model evaluate --gold` gives its own.\n"
            )


def _cross_validated(logits: Array, means: Array, labels: Array, penalty: float) -> float:
    folds = np.random.default_rng(_SEED).permutation(len(labels)) % FOLDS
    found = np.empty(len(labels))
    for fold in range(FOLDS):
        held, taught = folds == fold, folds != fold
        head = _fitted(logits[taught], means[taught], labels[taught], penalty)
        found[held] = _log_likelihoods(logits[held] + head.added(means[held]), labels[held])
    return float(found.mean())


def _fitted(logits: Array, means: Array, labels: Array, penalty: float) -> AddedHead:
    width = means.shape[1]
    places = np.arange(len(labels))

    def cost(flat: Array) -> tuple[float, Array]:
        added = flat.reshape(width + 1, 3)
        log_p = log_softmax(logits + means @ added[:width] + added[width], axis=1)
        residual = np.exp(log_p)
        residual[places, labels] -= 1
        slope = np.vstack([means.T @ residual, residual.sum(axis=0)]) + penalty * added
        return float(-log_p[places, labels].sum() + 0.5 * penalty * (added**2).sum()), slope.ravel()

    found = minimize(cost, np.zeros((width + 1) * 3), jac=True, method="L-BFGS-B").x.reshape(width + 1, 3)
    return AddedHead(found[:width], found[width])


def _warmed(logits: Array, labels: Array) -> float:
    """Return the factor on all temperatures with the greatest likelihood, between a half and twice."""
    factors = np.exp(np.linspace(np.log(0.5), np.log(2.0), 57))
    return float(max(factors, key=lambda factor: _likelihood(logits / factor, labels)))


def _likelihood(logits: Array, labels: Array) -> float:
    return float(_log_likelihoods(logits, labels).mean())


def _log_likelihoods(logits: Array, labels: Array) -> Array:
    return log_softmax(np.asarray(logits, dtype=np.float64), axis=1)[np.arange(len(labels)), labels]  # type: ignore[no-any-return]


def _facts(facts: ModelFacts, lessons: Sequence[Lesson], factor: float) -> ModelFacts:
    digest = hashlib.sha256()
    for lesson in lessons:
        digest.update(f"{lesson.label} {lesson.text}\n".encode("utf-8", "surrogatepass"))
    return replace(
        facts,
        version=f"{facts.version.partition('+')[0]}+{digest.hexdigest()[:8]}",
        temperatures={code: round(value * factor, 4) for code, value in facts.temperatures.items()},
        default_temperature=round(facts.default_temperature * factor, 4),
    )
