"""The ordered steps from text to opinion: normalise, tell the language, score, calibrate. Each step lives elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

from sentiment.calibration import feelings, form_opinion
from sentiment.language import Detected, LanguageIdentifier
from sentiment.model_facts import ModelFacts
from sentiment.normalise import folded, normalise
from sentiment.opinions import Opinion

Rows = dict[int, np.ndarray[Any, Any]]


class Engine(Protocol):
    """Gives logits for normalised texts, and knows the facts of its model."""

    @property
    def facts(self) -> ModelFacts:
        """Name, languages, temperatures and floor of the model."""

    def load(self) -> None:
        """Open the model; does nothing the second time. Raises ModelUnusable."""

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray[Any, Any]:
        """Return a row per text, in their order: the groups of `sentiment.columns`, as many as the model gives.

        `languages` are those found, one per text.
        """


class Pipeline:
    """A `Scorer` over any engine. `floor` overrides the model's own; None keeps it."""

    def __init__(self, engine: Engine, identifier: LanguageIdentifier, *, floor: float | None = None) -> None:
        self._engine = engine
        self._identifier = identifier
        self._floor = engine.facts.floor if floor is None else floor
        self._loaded = False

    @property
    def model(self) -> str:
        """Name and version of the model, as stored beside every opinion."""
        return self._engine.facts.title

    def load(self) -> None:
        """Open the model and the language table now, side by side. Raises ModelUnusable."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            table = beside.submit(self._identifier.load)
            self._engine.load()
            table.result()
        self._loaded = True

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        """Return one opinion per text, in order. `languages` are the platforms' claims, one per text.

        Raises ValueError when there are not as many claims as texts, and ModelUnusable when the model cannot be opened.
        """
        claims = [None] * len(texts) if languages is None else languages
        if len(claims) != len(texts):
            raise ValueError(f"{len(texts)} texts but {len(claims)} languages: give one each, None when unknown")
        if not self._loaded:
            self.load()
        normalised = [normalise(text) for text in texts]
        found = self._languages(normalised, claims)
        shares, outputs = self._judged(normalised, [each.language for each in found])
        return [
            form_opinion(
                shares.get(index),
                outputs.get(index),
                readable=detected.confidence > 0.0,
                language=detected.language,
                facts=self._engine.facts,
                floor=self._floor,
            )
            for index, detected in enumerate(found)
        ]

    def _languages(self, normalised: Sequence[str], claims: Sequence[str | None]) -> list[Detected]:
        pairs = list(zip(normalised, claims, strict=True))
        known = {(text, claim): self._identifier.identify(text, claim=claim) for text, claim in set(pairs)}
        return [known[pair] for pair in pairs]

    def _judged(self, normalised: Sequence[str], languages: Sequence[str]) -> tuple[Rows, Rows]:
        """Return the probabilities and the engine's rows by index, of the texts that have anything to read."""
        facts = self._engine.facts
        asked = [index for index, text in enumerate(normalised) if text]
        if not asked:
            return {}, {}
        forms = [folded(normalised[index]) if facts.folded else normalised[index] for index in asked]
        found = [languages[index] for index in asked]
        outputs = self._engine.logits(forms, found)
        shares = feelings(outputs, facts, found)
        return dict(zip(asked, shares, strict=True)), dict(zip(asked, outputs, strict=True))
