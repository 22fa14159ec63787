"""The scoring process is a scorer like any other, and survives whatever happens to its child."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from responder.intake import scoring_process
from responder.intake.scoring_process import ScorerFailed, ScoringProcess
from responder.settings import Settings
from sentiment import SHIPPED_MODEL, ModelUnusable, Scorer
from tests.scorers import UnrulyScorer, WordScorer, opinion_of
from tests.sentiment.tiny_checkpoints import write_checkpoint

SETTINGS = Settings(_env_file=None)


def no_model() -> Scorer:
    raise ModelUnusable("no model here: run make setup")


@pytest.fixture(scope="module")
def scorer() -> Iterator[ScoringProcess]:
    process = ScoringProcess(SETTINGS, build=UnrulyScorer, batch_limit_s=2.0)
    yield process
    process.close()


def test_it_scores_like_the_scorer_inside(scorer: ScoringProcess) -> None:
    assert scorer.score(["a", "b"], languages=["en", None]) == [opinion_of("a"), opinion_of("b")]
    assert scorer.model == "words 1"


@pytest.mark.parametrize("text", ["die!", "hang!", "poison"])
def test_after_a_text_that_breaks_it_others_are_scored(scorer: ScoringProcess, text: str) -> None:
    with pytest.raises(ScorerFailed) as failure:
        scorer.score(["a", text])
    assert text not in str(failure.value)
    assert scorer.score(["a"]) == [opinion_of("a")]


def test_a_child_killed_from_outside_is_replaced(scorer: ScoringProcess) -> None:
    scorer.score(["a"])
    assert scorer._child is not None
    os.kill(scorer._child.pid or 0, signal.SIGKILL)
    scorer._child.join()
    assert scorer.score(["a"]) == [opinion_of("a")]


def test_a_child_that_swells_is_replaced_after_its_batch(
    scorer: ScoringProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring_process, "MAX_MEMORY", 200_000_000)
    assert scorer.score(["swell!"]) == [opinion_of("swell!")]
    assert scorer._child is None


def test_a_model_that_cannot_be_used_is_told_in_its_own_words() -> None:
    process = ScoringProcess(SETTINGS, build=no_model)
    with pytest.raises(ModelUnusable, match="run make setup"):
        process.score(["a"])
    process.close()


class OpensLate(WordScorer):
    """Opens its files when it is first asked for anything, like a checkpoint."""

    @property
    def model(self) -> str:  # type: ignore[override]
        raise ModelUnusable("no model here: run make setup")


def test_a_model_that_opens_late_and_cannot_be_used_is_told_in_its_own_words() -> None:
    process = ScoringProcess(SETTINGS, build=OpensLate)
    with pytest.raises(ModelUnusable, match="run make setup"):
        process.score(["a"])
    process.close()


def test_a_model_that_cannot_be_used_is_tried_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float | None] = []
    process = ScoringProcess(SETTINGS, build=no_model)
    monkeypatch.setattr(process._closing, "wait", pauses.append)
    for _ in range(3):
        with pytest.raises(ModelUnusable):
            process.score(["a"])
    process.close()
    assert len(pauses) == 2
    assert (pauses[0] or 0) < (pauses[1] or 0)


def test_after_days_of_failing_it_still_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_process, "_LONGEST_PAUSE_S", 0.0)
    process = ScoringProcess(SETTINGS, build=UnrulyScorer)
    process._failures = 5000
    assert process.score(["a"]) == [opinion_of("a")]
    process.close()


def own_a_scorer(pipe: Connection, text: str) -> None:
    """Be a worker with a scoring process; tell its process id, score, then wait to be killed."""
    process = ScoringProcess(SETTINGS, build=UnrulyScorer)
    process.score(["a"])
    assert process._child is not None
    pipe.send(process._child.pid)
    process.score([text])
    time.sleep(60)


@pytest.mark.parametrize("text", ["a", "hang!"])
def test_a_worker_that_is_killed_leaves_no_scoring_process_behind(text: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    worker = spawn.Process(target=own_a_scorer, args=(theirs, text))
    worker.start()
    theirs.close()
    child = ours.recv()
    time.sleep(0.1)  # until it is at work
    worker.kill()
    worker.join()
    until = time.monotonic() + 20
    while _is_alive(child):
        assert time.monotonic() < until, "the scoring process outlives its worker"
        time.sleep(0.02)
    ours.close()
    worker.close()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_shipped_model_scores_in_its_process() -> None:
    if not SHIPPED_MODEL.exists():
        pytest.skip("the shipped model is not here: run `python -m sentiment.training` or check the clone")
    process = ScoringProcess(SETTINGS)
    try:
        bad, good = process.score(["This is terrible, it broke after one day.", "I love it, thank you!"])
        assert (bad.label, good.label) == ("negative", "positive")
        assert process.model == bad.model
    finally:
        process.close()


def test_a_child_that_has_to_export_a_checkpoint_may_take_longer_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_checkpoint(tmp_path / "checkpoint")
    settings = Settings(_env_file=None, home=tmp_path / "home", sentiment_model=str(folder))
    first = ScoringProcess(settings, start_limit_s=0.01)
    assert first.model.startswith("checkpoint ")
    first.close()
    told = capfd.readouterr().err
    assert "checkpoint_exporting" in told
    assert "checkpoint_exported" in told
    second = ScoringProcess(settings, start_limit_s=0.01)
    with pytest.raises(ScorerFailed, match="gave no answer in 0 s"):
        second.score(["a"])
    second.close()


def test_once_closed_nothing_is_started_again() -> None:
    process = ScoringProcess(SETTINGS, build=UnrulyScorer)
    process.close()
    with pytest.raises(ScorerFailed, match="closed"):
        process.score(["a"])
