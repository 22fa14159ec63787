"""The scorer in a process of its own: a model that crashes, hangs or swells takes nothing else down.

Outside it is a `Scorer` like any other. The child loads the model at the first text, ends with its parent, and is
replaced after a failure, ever more slowly while it keeps failing. It makes the text vectors, too, and opens what it
needs for that at the first one.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from responder import logs
from responder.intake.scorers import scorer_of
from responder.settings import Settings
from sentiment import SHIPPED_MODEL, Export, ModelUnusable, Opinion, Scorer, export_of

START_LIMIT_S = 120.0
"""Seconds a child may take to start and open its model."""

EXPORT_LIMIT_S = 900.0
"""Seconds for that when it has to export a checkpoint first, or to wait for whoever does."""

BATCH_LIMIT_S = 20.0
TEXT_LIMIT_S = 0.25
"""A batch may take `BATCH_LIMIT_S` and this much for each text: a hundred times what it should."""

MAX_MEMORY = 2_000_000_000
"""Bytes; a child that has needed more is replaced after its batch."""

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 30.0
_MAX_DOUBLINGS = 10


class ScorerFailed(Exception):
    """The child died, hung or raised on this batch. The message names how, never a text."""


def shipped_embedder() -> Any:
    """Return what makes the shipped text vectors; its files are opened at the first text."""
    from sentiment.vectors import Embedder  # here: the web process, which only names this module, needs no numpy

    return Embedder(SHIPPED_MODEL)


class ScoringProcess:
    """Scores in a child process. Threads take turns. Close it when done.

    `build` makes the scorer inside the child, so it must be importable there; None: the one the settings name.
    `build_embedder` likewise makes what makes vectors (`sentiment.vectors.Embedder`); None: the shipped one.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        build: Callable[[], Scorer] | None = None,
        build_embedder: Callable[[], Any] | None = None,
        start_limit_s: float = START_LIMIT_S,
        batch_limit_s: float = BATCH_LIMIT_S,
    ) -> None:
        self._settings = settings
        self._build = build or partial(scorer_of, settings)
        self._build_embedder = build_embedder or shipped_embedder
        self._start_limit_s = start_limit_s
        self._batch_limit_s = batch_limit_s
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._child: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._model = ""
        self._failures = 0

    @property
    def model(self) -> str:
        """Name and version of the model. Starts the child when there is none."""
        with self._turn:
            self._running()
            return self._model

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        """Return one opinion per text. Raises ScorerFailed, or ModelUnusable when there is no model to start with."""
        return list(self._asked("score", texts, None if languages is None else list(languages)))

    def embed(self, texts: Sequence[str]) -> tuple[str, Any]:
        """Return the name of what makes vectors, and those of the texts (`Embedder.vectors`).

        Raises ScorerFailed, or ModelUnusable when there is nothing to make vectors with: scoring goes on then.
        """
        model, vectors = self._asked("embed", texts)
        return model, vectors

    def close(self) -> None:
        """End the child; does nothing when there is none."""
        self._closing.set()
        with self._turn:
            self._stop()

    def _asked(self, what: str, texts: Sequence[str], *more: Any) -> Any:
        with self._turn:
            pipe = self._running()
            try:
                pipe.send((what, (list(texts), *more)))
            except OSError as error:
                raise self._failed("died before it was asked") from error
            answer, memory = self._answer(self._batch_limit_s + TEXT_LIMIT_S * len(texts))
            self._failures = 0
            if memory > MAX_MEMORY:
                self._stop()
            return answer

    def _running(self) -> Connection:
        """Return the pipe to a child that is ready, starting one if need be."""
        if self._child is not None and self._pipe is not None and self._child.is_alive():
            return self._pipe
        self._stop()
        if self._failures:
            doublings = min(self._failures - 1, _MAX_DOUBLINGS)
            self._closing.wait(min(_FIRST_PAUSE_S * 2**doublings, _LONGEST_PAUSE_S))
        if self._closing.is_set():
            raise ScorerFailed("the scoring process is closed")
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        limit_s = self._start_limit_s
        if self._must_export():
            limit_s = max(limit_s, EXPORT_LIMIT_S)
        work = (theirs, self._settings, self._build, self._build_embedder)
        self._child = spawn.Process(target=_serve, args=work, name="earshot-scoring", daemon=True)
        self._child.start()
        theirs.close()
        self._model = str(self._answer(limit_s)[0])
        return self._pipe

    def _must_export(self) -> bool:
        try:
            return export_of(self._settings.sentiment_model, exports=self._settings.exports) is not Export.DONE
        except ModelUnusable:
            return False  # the child, which opens the model, says what is wrong with it

    def _answer(self, limit_s: float) -> tuple[Any, int]:
        """Wait for the child's answer and the most memory it has used, in bytes."""
        assert self._pipe is not None  # only called when a child runs
        try:
            if not self._pipe.poll(limit_s):
                raise self._failed(f"gave no answer in {limit_s:.0f} s")
            kind, answer, memory = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._failed("died") from error
        if kind == "unusable":
            self._failures += 1  # until somebody mends the model, starting children is nothing but work
            self._stop()
            raise ModelUnusable(answer)
        if kind == "no vectors":
            raise ModelUnusable(answer)
        if kind == "failed":
            raise ScorerFailed(f"the model raised {answer}")
        return answer, memory

    def _failed(self, how: str) -> ScorerFailed:
        self._failures += 1
        self._stop()
        return ScorerFailed(f"the scoring process {how}")

    def _stop(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
            self._child = None


def _serve(
    pipe: Connection, settings: Settings, build: Callable[[], Scorer], build_embedder: Callable[[], Any]
) -> None:
    """Be the child: answer batches until the parent closes the pipe, or is gone."""
    logs.configure(settings)  # its lines stand among the parent's: an export of minutes must not be a silence
    # Ctrl-C reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    with suppress(EOFError, OSError):
        try:
            scorer = build()
            model = scorer.model  # some open their files only now
        except ModelUnusable as error:
            pipe.send(("unusable", str(error), _memory()))
            return
        pipe.send(("ready", model, _memory()))
        embedder = build_embedder()
        work = {"score": partial(_scored, scorer), "embed": partial(_embedded, embedder)}
        while True:
            what, asked = pipe.recv()
            pipe.send(work[what](*asked))


def _end_with_parent() -> None:
    """End this process when its parent is gone, also while the model hangs and nobody reads the pipe."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _scored(scorer: Scorer, texts: list[str], languages: list[str | None] | None) -> tuple[str, Any, int]:
    try:
        return "opinions", scorer.score(texts, languages=languages), _memory()
    except ModelUnusable as error:
        return "unusable", str(error), _memory()
    except Exception as error:  # noqa: BLE001 — the parent decides what a failing text means; its words stay here
        return "failed", type(error).__name__, _memory()


def _embedded(embedder: Any, texts: list[str]) -> tuple[str, Any, int]:
    try:
        return "vectors", (embedder.model, embedder.vectors(texts)), _memory()
    except ModelUnusable as error:
        return "no vectors", str(error), _memory()
    except Exception as error:  # noqa: BLE001 — as above
        return "failed", type(error).__name__, _memory()


def _memory() -> int:
    """The most memory this process has used, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
