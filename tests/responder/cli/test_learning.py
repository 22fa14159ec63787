"""Gold counted and judged from the command line, and models let in or refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from responder.cli.doctor import examine
from responder.cli.ends import ending_well
from responder.cli.feeding import score_everything
from responder.cli.learning import activate, evaluate_gold, gold
from responder.context import Context
from responder.db import Database
from responder.learning.activation import active
from responder.models import ModelDecision
from responder.settings import Settings
from sentiment import ModelUnusable, build_scorer
from tests.factories import NOW
from tests.responder.intake.stores import a_mention
from tests.responder.learning.knowing import Knowing, Team
from tests.sentiment.tiny_models import write_tiny_model

TITLE = "tiny 1"
"""The model that the settings name: it finds "love" positive, and with it everything people praise below."""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = write_tiny_model(tmp_path / "tiny")
    return settings.model_copy(update={"sentiment_model": str(folder)})


@pytest.fixture
def context(context: Context, settings: Settings) -> Context:
    return replace(context, make_scorer=lambda: build_scorer(settings.sentiment_model))


@pytest.fixture
def team(database: Database, context: Context) -> Team:
    return Team(database, context)


@pytest.fixture
def run(settings: Settings):
    def run(command, *arguments: str):
        @ending_well()
        def invoke():
            return command.main(args=list(arguments), obj=settings, standalone_mode=False)

        return CliRunner().invoke(click.Command("under_test", callback=invoke))

    return run


def praised(team: Team, count: int, label: str) -> None:
    """Praise that people called `label`, scored before by "old 1", which agreed with them."""

    class Old(Knowing):
        def _opinion(self, text):
            return super()._opinion(f"{label} 1")

    texts = [f"love {number}" for number in range(count)]
    team.correct_all(dict.fromkeys(team.hear(*texts, scorer=Old("old 1"), language="en"), label))
    with team.database.writing() as session:
        session.add(
            ModelDecision(at=NOW, by="Ada", model="old 1", setting="/gone", replaced=None, outcome="first", figures={})
        )


def active_model(team: Team) -> str | None:
    with team.database.reading() as session:
        found = active(session)
        return found.model if found else None


def test_a_worse_model_is_refused_with_the_figures_and_what_to_do(run, team):
    praised(team, 30, "negative")
    refused = run(activate)
    assert refused.exit_code == 3
    assert "worse than old 1" in refused.stdout
    assert "of 30 gold rows" in refused.stdout
    assert f'activate --force "{TITLE}"' in refused.stderr
    assert active_model(team) == "old 1"


def test_force_needs_the_exact_name_and_then_lets_it_in(run, team):
    praised(team, 30, "negative")
    wrong = run(activate, "--force", "old 1")
    assert (wrong.exit_code, active_model(team)) == (2, "old 1")
    assert TITLE in wrong.stderr
    forced = run(activate, "--force", TITLE)
    assert forced.exit_code == 0, forced.output
    assert active_model(team) == TITLE
    assert run(activate).exit_code == 3, "nothing is left to do"


def test_a_model_that_is_right_is_let_in(run, team):
    praised(team, 30, "positive")
    told = run(activate, "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["outcome"], found["replaced"], found["may_score"]) == ("not_worse", "old 1", True)
    ((_, verdict),) = found["verdicts"].items()
    assert (verdict["rows"], verdict["old_accuracy"]) == (30, 1.0)


def test_gold_is_counted_with_what_is_left_out_and_why(run, team):
    praised(team, 3, "positive")
    for source in ("x", "reviews"):
        (heard,) = team.hear(f"negative {len(source)}", source=source)
        team.correct(heard, "neutral")
    told = run(gold)
    assert "3 gold rows, 3 of them confirm" in told.stdout
    assert "1 from x left out: its terms forbid training" in told.stdout
    assert "earshot model gold --allow reviews" in told.stdout
    assert json.loads(run(gold, "--allow", "reviews", "--json").stdout)["rows"] == 4
    assert json.loads(run(gold, "--forbid", "reviews", "--json").stdout)["rows"] == 3


def test_nobody_can_allow_what_the_terms_forbid(run, team):
    team.hear("negative 1", source="x")
    refused = run(gold, "--allow", "x")
    assert refused.exit_code == 3
    assert "forbid" in refused.stderr


@click.command()
@click.option("--json", "as_json", is_flag=True)
def evaluate(*, as_json: bool) -> None:
    """Stands for `model evaluate --gold`."""
    evaluate_gold(brand=None, as_json=as_json)


def test_the_model_is_judged_on_gold(run, team):
    praised(team, 6, "positive")
    told = json.loads(run(evaluate, "--json").stdout)
    assert told["model"] == TITLE
    assert told["gold"]["rows"] == 6
    whole = told["groups"][-1]
    assert (whole["rows"], whole["set"]) == (6, "all")
    assert sum(map(sum, whole["model"]["confusion"])) == 6
    lines = run(evaluate).stdout
    assert "on gold, with 95 % intervals" in lines
    assert "6 gold rows, 6 of them confirm what the model said." in lines


def test_without_gold_there_is_nothing_to_judge_and_how_to_begin_is_said(run, team):
    (heard,) = team.hear("negative 1", source="reviews")
    team.correct(heard, "neutral")
    told = run(evaluate)
    assert told.exit_code == 3
    assert "There is no gold yet" in told.stderr
    assert "--allow reviews" in told.stderr


def test_doctor_tells_of_a_refused_model_and_what_to_do(run, team, context):
    def told():
        return [finding for finding in examine(context) if finding.subject == "model in use"]

    praised(team, 30, "negative")
    assert told() == []
    run(activate)
    (finding,) = told()
    assert "worse on gold than old 1" in finding.found
    assert '--force "tiny 1"' in finding.fix
    run(activate, "--force", TITLE)
    assert told() == []


def test_an_import_does_not_score_with_a_refused_model(team, context):
    praised(team, 30, "negative")
    heard = team.row("love 0").id
    team(a_mention("late", text="What a kettle."))
    with pytest.raises(ModelUnusable, match="refused"):
        score_everything(context)
    assert team.row("late").scored_at is None
    assert team.label(heard) == "negative"
