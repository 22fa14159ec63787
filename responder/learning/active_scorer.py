"""The scorer that mentions are scored with: the wanted model once it is let in, else the one before it.

Outside it is a `Scorer` like any other. It decides at the first text, not at start: a start must not wait for models.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from responder.context import Context
from responder.intake.scoring_process import ScorerFailed, ScoringProcess
from responder.learning.activation import Decision, decide, mend
from responder.models import ModelDecision
from sentiment import ModelUnusable, Opinion, Scorer

logger = logging.getLogger(__name__)

PAUSE_S = 30.0
"""Seconds between two looks at a model that was refused while nothing else could score: a person must act first."""

OpenModel = Callable[[str | None], Scorer]
"""Opens the model that a value of EARSHOT_SENTIMENT_MODEL names; None: the shipped one."""


class ActiveScorer:
    """Scores with the model the settings name, or, while that one is refused, with the one before it.

    Threads may share it. Close it when done. `score` raises ModelUnusable, with what to do, when the wanted model is
    refused and the one before is no longer there.
    """

    def __init__(self, context: Context, open_model: OpenModel, *, by: str, pause_s: float = PAUSE_S) -> None:
        self._context = context
        self._open = open_model
        self._by = by
        self._pause_s = pause_s
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._chosen: Scorer | None = None
        self._is_refused = False

    @property
    def model(self) -> str:
        """Name and version of the model that scores."""
        return self._scorer().model

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        """Return one opinion per text, in order."""
        return self._scorer().score(texts, languages=languages)

    def embed(self, texts: Sequence[str]) -> Any:
        """Return text vectors from the process that scores (`ScoringProcess.embed`); in a command there is none."""
        scorer: Any = self._scorer()
        return scorer.embed(texts)

    def close(self) -> None:
        """Close the model that scores; does nothing when none was opened."""
        self._closing.set()
        with self._turn:
            close(self._chosen)

    def _scorer(self) -> Scorer:
        with self._turn:
            if self._chosen is None:
                if self._is_refused:
                    self._closing.wait(self._pause_s)
                if self._closing.is_set():
                    raise ScorerFailed("the scorer is closed")
                self._chosen = self._choose()
            return self._chosen

    def _choose(self) -> Scorer:
        wanted = self._context.settings.sentiment_model
        with_before = Before(self._open, wanted)
        candidate = self._open(wanted)
        try:
            decision = decide(self._context, candidate, setting=wanted, open_before=with_before.open, by=self._by)
        except BaseException:
            close(candidate)
            close(with_before.opened)
            raise
        close(with_before.opened if decision.may_score else candidate)
        return candidate if decision.may_score else self._kept(decision, with_before.opened)

    def _kept(self, decision: Decision, before: Scorer | None) -> Scorer:
        if before is None:
            self._is_refused = True
            raise ModelUnusable(
                f"{decision.words} {decision.replaced} is no longer there, so nothing scores. {mend(decision.model)}"
            )
        logger.warning("model_before_goes_on", extra={"model": decision.replaced, "refused": decision.model})
        return before


class Before:
    """Opens the model of an earlier decision, if what it was named by still leads to it; `opened` keeps it."""

    def __init__(self, open_model: OpenModel, wanted: str | None) -> None:
        self._open = open_model
        self._wanted = wanted
        self.opened: Scorer | None = None

    def open(self, decision: ModelDecision) -> Scorer | None:
        """Return the model, None when it is gone or the same name now means another one."""
        if decision.setting == self._wanted:
            return None
        scorer = None
        try:
            scorer = self._open(decision.setting)
            if scorer.model == decision.model:
                self.opened = scorer
                return scorer
        except (ModelUnusable, ScorerFailed) as error:
            logger.warning("model_before_is_gone", extra={"model": decision.model, "error": type(error).__name__})
        close(scorer)
        return None


def in_child_processes(context: Context) -> ActiveScorer:
    """Return the worker's scorer: each model in a process of its own, started with the first text."""
    return ActiveScorer(context, _child_opener(context), by="the worker")


def in_this_process(context: Context, *, by: str) -> ActiveScorer:
    """Return a command's scorer: the model is opened in its own process. Never call it in the web process."""
    return ActiveScorer(context, opener(context), by=by)


def opener(context: Context) -> OpenModel:
    """Return what opens models for a command: the wanted one in this process, the one before in a child."""
    in_child = _child_opener(context)

    def open_model(setting: str | None) -> Scorer:
        return context.make_scorer() if setting == context.settings.sentiment_model else in_child(setting)

    return open_model


def _child_opener(context: Context) -> OpenModel:
    def open_model(setting: str | None) -> Scorer:
        return ScoringProcess(context.settings.model_copy(update={"sentiment_model": setting}))

    return open_model


def close(scorer: Scorer | None) -> None:
    """Close a scorer that has something to close."""
    closing = getattr(scorer, "close", None)
    if closing is not None:
        closing()
