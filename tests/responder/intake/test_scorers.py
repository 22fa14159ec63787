"""What one process has exported serves all the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from responder.cli.asking import score
from responder.cli.modelling import evaluate
from responder.intake.scorers import scorer_of
from responder.intake.scoring_process import ScoringProcess
from responder.runtime import build
from responder.settings import Settings
from tests.sentiment.tiny_checkpoints import write_checkpoint

TEXT = "I love the table that they brought"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = write_checkpoint(tmp_path / "checkpoint")
    return Settings(_env_file=None, home=tmp_path / "home", sentiment_model=str(folder))


def written(folder: Path) -> dict[Path, tuple[int, int]]:
    """The files in a folder, with what changes when one is written again."""
    stats = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


def test_a_checkpoint_is_exported_once_for_the_worker_and_every_command(settings: Settings, tmp_path: Path) -> None:
    opinion = scorer_of(settings).score([TEXT])[0]
    copy = written(settings.home / "models")
    assert {path.name for path in copy} >= {"model.onnx", "tokenizer.json", "checkpoint.json"}

    process = ScoringProcess(settings)
    assert process.score([TEXT]) == [opinion]
    process.close()
    context = build(settings)
    assert context.make_scorer().score([TEXT]) == [opinion]
    context.database.close()
    told = CliRunner().invoke(score, ["-"], obj=settings, input=json.dumps({"id": 1, "text": TEXT}))
    assert json.loads(told.stdout)["model"] == opinion.model
    rows = tmp_path / "rows.csv"
    labels = ("negative", "neutral", "positive") * 4
    lines = [f"{number},{TEXT} {number},{label},en,ours,3,stated" for number, label in enumerate(labels)]
    rows.write_text("\n".join(["id,text,label,lang,set,classes,licence", *lines]))
    judged = CliRunner().invoke(evaluate, [str(rows), "--json"], obj=settings)
    assert json.loads(judged.stdout)["model"] == opinion.model

    assert written(settings.home / "models") == copy


def test_another_model_than_that_of_the_settings_can_be_named(settings: Settings, tmp_path: Path) -> None:
    shipped = settings.model_copy(update={"sentiment_model": None})
    assert scorer_of(shipped, settings.sentiment_model).model == scorer_of(settings).model != scorer_of(shipped).model
