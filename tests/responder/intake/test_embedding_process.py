"""Vectors come from the process that scores, and whatever befalls one of the two leaves the other alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from responder.intake.scoring_process import ScorerFailed, ScoringProcess
from responder.settings import Settings
from sentiment import ModelUnusable
from tests.embedders import HashEmbedder, NoEmbedder, vector_of
from tests.scorers import UnrulyScorer, opinion_of

SETTINGS = Settings(_env_file=None)

Start = Callable[[Callable[[], Any]], ScoringProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ScoringProcess] = []

    def start(build_embedder: Callable[[], Any]) -> ScoringProcess:
        started.append(ScoringProcess(SETTINGS, build=UnrulyScorer, build_embedder=build_embedder))
        return started[-1]

    yield start
    for process in started:
        process.close()


def test_the_scoring_process_makes_vectors_too_and_survives_a_bad_text(start: Start) -> None:
    process = start(HashEmbedder)
    model, vectors = process.embed(["one", "two"])
    child = process._child
    assert model == "hash 1"
    assert vectors[1] == pytest.approx(vector_of("two"))
    assert process.score(["one"]) == [opinion_of("one")]
    with pytest.raises(ScorerFailed, match="ValueError"):
        process.embed(["poison"])
    assert process.score(["two"]) == [opinion_of("two")]
    assert process._child is child, "one process does both"


def test_without_vector_files_scoring_goes_on_in_the_same_process(start: Start) -> None:
    process = start(NoEmbedder)
    process.score(["one"])
    child = process._child
    with pytest.raises(ModelUnusable, match="restore the model's folder"):
        process.embed(["one"])
    assert process.score(["two"]) == [opinion_of("two")]
    assert process._child is child
