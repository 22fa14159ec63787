"""A model that is worse on a team's gold does not get to score; what was decided, and why, stays on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from responder.learning.activation import Decision, Outcome, active, decide, refusal
from responder.models import ModelDecision
from tests.factories import NOW
from tests.responder.learning.knowing import Knowing, Team


@pytest.fixture
def scoring(team: Team) -> Team:
    """A team whose model "knowing 1" was let in as the first."""
    ask(team, Knowing("knowing 1"))
    return team


def ask(team: Team, candidate: Knowing, *, before: Knowing | None = None, force: bool = False) -> Decision:
    """Ask for a model to be let in; `before` opens the one before, None: it is gone."""
    return decide(
        team.context,
        candidate,
        setting=f"/models/{candidate.model}",
        open_before=lambda decision: before if before and before.model == decision.model else None,
        by="Ada",
        force=force,
    )


def active_model(team: Team) -> str | None:
    with team.database.reading() as session:
        found = active(session)
        return found.model if found else None


def decisions(team: Team) -> list[ModelDecision]:
    with team.database.reading() as session:
        return list(session.scalars(select(ModelDecision).order_by(ModelDecision.id)))


def test_the_first_model_is_let_in_and_noted(team):
    assert active_model(team) is None
    found = ask(team, Knowing("knowing 1"))
    assert (found.outcome, found.may_score) == (Outcome.FIRST, True)
    (row,) = decisions(team)
    assert (row.model, row.setting, row.replaced, row.by, row.at) == (
        "knowing 1",
        "/models/knowing 1",
        None,
        "Ada",
        NOW,
    )


def test_asking_for_the_one_that_scores_already_changes_nothing(scoring):
    candidate = Knowing("knowing 1")
    assert ask(scoring, candidate).outcome is Outcome.ACTIVE
    assert (len(decisions(scoring)), candidate.scored) == (1, 0)


def test_a_model_that_is_no_worse_replaces_the_one_before_with_its_figures(scoring):
    scoring.learn(40, wrong=range(4))
    found = ask(scoring, Knowing("knowing 2", wrong=[7]), before=Knowing("knowing 1", wrong=range(4)))
    assert found.outcome is Outcome.NOT_WORSE
    assert active_model(scoring) == "knowing 2"
    row = decisions(scoring)[-1]
    ((_, figures),) = row.figures.items()
    assert (row.replaced, figures["rows"], figures["old_accuracy"], figures["new_accuracy"]) == (
        "knowing 1",
        40,
        0.9,
        0.975,
    )
    assert "instead of knowing 1" in found.words


def test_a_worse_model_is_refused_and_the_one_before_stays(scoring):
    scoring.learn(40)
    found = ask(scoring, Knowing("knowing 2", wrong=range(12)), before=Knowing("knowing 1"))
    assert (found.outcome, found.may_score) == (Outcome.REFUSED, False)
    assert "worse than knowing 1" in found.words
    assert "-30.0 points" in found.words
    assert active_model(scoring) == "knowing 1"
    with scoring.database.reading() as session:
        assert refusal(session, "knowing 2").replaced == "knowing 1"
        assert refusal(session, "knowing 1") is None


def test_a_model_that_is_gone_is_judged_by_what_it_said_beneath_the_corrections(scoring):
    scoring.learn(40, wrong=range(4))
    found = ask(scoring, Knowing("knowing 2", wrong=range(20)))
    (verdict,) = found.verdicts.values()
    assert (verdict.rows, verdict.old_accuracy, verdict.new_accuracy) == (40, 0.9, 0.5)
    assert found.outcome is Outcome.REFUSED


def test_a_model_that_learned_the_gold_by_heart_gains_nothing_by_it(scoring):
    ids = scoring.learn(99, wrong=range(9))
    unseen = [number for number, mention_id in enumerate(ids) if mention_id % 3 == 0]
    crammed = Knowing("knowing 1+1a2b3c4d", wrong=unseen[3:])
    found = ask(scoring, crammed, before=Knowing("knowing 1", wrong=range(9)))
    (verdict,) = found.verdicts.values()
    assert (verdict.rows, verdict.new_accuracy) == (33, 3 / 33)
    assert found.outcome is Outcome.REFUSED


def test_with_little_gold_a_model_is_let_in_and_that_is_said(scoring):
    scoring.learn(29)
    found = ask(scoring, Knowing("knowing 2", wrong=range(29)), before=Knowing("knowing 1"))
    assert found.outcome is Outcome.TOO_FEW
    assert "too little gold to tell" in found.words
    assert active_model(scoring) == "knowing 2"


def test_without_any_gold_a_model_is_let_in_and_that_is_said(scoring):
    assert ask(scoring, Knowing("knowing 2")).outcome is Outcome.TOO_FEW


def test_posts_that_may_not_train_do_not_judge_either(scoring):
    scoring.learn(40, source="x")
    found = ask(scoring, Knowing("knowing 2", wrong=range(40)), before=Knowing("knowing 1"))
    assert (found.outcome, found.verdicts) == (Outcome.TOO_FEW, {})


def test_force_lets_a_worse_model_in_and_notes_that_it_was_forced(scoring):
    scoring.learn(40)
    worse = Knowing("knowing 2", wrong=range(20))
    ask(scoring, worse, before=Knowing("knowing 1"))
    found = ask(scoring, worse, before=Knowing("knowing 1"), force=True)
    assert (found.outcome, found.may_score) == (Outcome.FORCED, True)
    assert active_model(scoring) == "knowing 2"
    with scoring.database.reading() as session:
        assert refusal(session, "knowing 2") is None


def test_force_on_a_model_that_is_not_worse_is_an_ordinary_activation(scoring):
    scoring.learn(40)
    assert ask(scoring, Knowing("knowing 2"), before=Knowing("knowing 1"), force=True).outcome is Outcome.NOT_WORSE


def test_being_worse_for_one_team_is_enough_to_be_refused(scoring, context):
    other = Team(scoring.database, context)
    scoring.learn(40)
    heard = other.hear(*(f"negative {number}" for number in range(100, 140)))
    other.correct_all(dict.fromkeys(heard, "negative"))
    found = ask(scoring, Knowing("knowing 2", wrong=range(100, 120)), before=Knowing("knowing 1"))
    assert [verdict.is_worse for verdict in found.verdicts.values()].count(True) == 1
    assert found.outcome is Outcome.REFUSED


def test_the_same_refusal_is_noted_once_and_again_when_gold_has_grown(scoring):
    scoring.learn(40)
    for _ in range(3):
        ask(scoring, Knowing("knowing 2", wrong=range(20)), before=Knowing("knowing 1"))
    assert [row.outcome for row in decisions(scoring)] == ["first", "refused"]
    (heard,) = scoring.hear("negative 99")
    scoring.correct(heard, "negative")
    ask(scoring, Knowing("knowing 2", wrong=range(20)), before=Knowing("knowing 1"))
    assert [row.outcome for row in decisions(scoring)] == ["first", "refused", "refused"]


def test_the_model_before_may_always_come_back(scoring):
    scoring.learn(40, wrong=range(20))
    ask(scoring, Knowing("knowing 2"), before=Knowing("knowing 1", wrong=range(20)))
    back = ask(scoring, Knowing("knowing 1", wrong=range(20)), before=Knowing("knowing 2"))
    assert back.outcome is Outcome.REFUSED, "unless gold says it is worse"
    assert ask(scoring, Knowing("knowing 1", wrong=range(20)), before=Knowing("knowing 2"), force=True).may_score


def test_what_is_logged_names_the_model_and_quotes_nobody(scoring, caplog):
    scoring.learn(31)
    ask(scoring, Knowing("knowing 2", wrong=range(31)), before=Knowing("knowing 1"))
    (record,) = [record for record in caplog.records if record.message == "model_refused"]
    assert (record.model, record.replaced) == ("knowing 2", "knowing 1")
    assert "negative" not in str(vars(record))
