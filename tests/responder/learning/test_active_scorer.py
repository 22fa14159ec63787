"""Whoever scores gets the model that was let in: the wanted one, or the one before it, or a clear refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from responder.intake.scoring import score_waiting
from responder.intake.scoring_process import ScorerFailed
from responder.learning.active_scorer import ActiveScorer, in_child_processes
from responder.learning.judging import ENOUGH
from responder.models import ModelDecision
from sentiment import ModelUnusable
from tests.responder.learning.knowing import Knowing, Team
from tests.sentiment import tiny_models
from tests.sentiment.tiny_models import write_tiny_model


class Shelf:
    """Where models are: `shelf[setting]` is what that setting opens; what is not there is unusable."""

    def __init__(self, **models: Knowing) -> None:
        self.models = models
        self.opened: list[Knowing] = []

    def __call__(self, setting: str | None) -> Knowing:
        if setting not in self.models:
            raise ModelUnusable(f"{setting}: no such folder")
        model = self.models[setting]
        self.opened.append(model)
        return model


def scorer(team: Team, shelf: Shelf, wanted: str, *, pause_s: float = 0.0) -> ActiveScorer:
    settings = team.context.settings.model_copy(update={"sentiment_model": wanted})
    return ActiveScorer(replace(team.context, settings=settings), shelf, by="the worker", pause_s=pause_s)


@pytest.fixture
def scoring(team: Team) -> Team:
    """A team of "knowing 1", named old, with enough gold to judge by."""
    assert scorer(team, Shelf(old=Knowing("knowing 1")), "old").model == "knowing 1"
    team.learn(40)
    return team


def test_the_wanted_model_scores_when_it_is_no_worse(scoring):
    shelf = Shelf(old=Knowing("knowing 1"), new=Knowing("knowing 2"))
    found = scorer(scoring, shelf, "new")
    assert found.score(["negative 1"])[0].model == found.model == "knowing 2"
    assert [model.is_closed for model in shelf.opened] == [False, True], "the one before is not kept open"


def test_while_it_is_worse_the_one_before_goes_on(scoring, caplog):
    shelf = Shelf(old=Knowing("knowing 1"), new=Knowing("knowing 2", wrong=range(20)))
    found = scorer(scoring, shelf, "new")
    assert [opinion.model for opinion in found.score(["negative 1"])] == ["knowing 1"]
    assert found.score(["negative 2"])
    assert [model.is_closed for model in shelf.opened] == [True, False]
    events = {record.message for record in caplog.records}
    assert events >= {"model_refused", "model_before_goes_on"}


def test_without_the_one_before_nothing_scores_and_what_to_do_is_said(scoring):
    shelf = Shelf(new=Knowing("knowing 2", wrong=range(20)))
    found = scorer(scoring, shelf, "new")
    with pytest.raises(ModelUnusable, match=r'earshot model activate --force "knowing 2"'):
        found.score(["negative 1"])
    assert shelf.opened[0].is_closed


def test_a_name_that_now_means_another_model_is_not_taken_for_the_one_before(scoring):
    """The shipped model after an upgrade: the setting is the same, the model is not."""
    shelf = Shelf(old=Knowing("knowing 2", wrong=range(20)))
    with pytest.raises(ModelUnusable, match="no longer there"):
        scorer(scoring, shelf, "old").score(["negative 1"])
    moved = Shelf(old=Knowing("knowing 7"), new=Knowing("knowing 2", wrong=range(20)))
    with pytest.raises(ModelUnusable, match="no longer there"):
        scorer(scoring, moved, "new").score(["negative 1"])
    assert [model.is_closed for model in moved.opened] == [True, True]


def test_a_refused_scorer_goes_on_by_itself_once_a_person_lets_the_model_in(scoring):
    shelf = Shelf(new=Knowing("knowing 2", wrong=range(20)))
    found = scorer(scoring, shelf, "new")
    for _ in range(2):
        with pytest.raises(ModelUnusable):
            found.score(["negative 1"])
    with scoring.database.writing() as session:
        refused = session.scalars(select(ModelDecision).order_by(ModelDecision.id.desc())).first()
        session.add(
            ModelDecision(
                at=refused.at,
                by="Ada",
                model="knowing 2",
                setting="new",
                replaced="knowing 1",
                outcome="forced",
                figures={},
            )
        )
    assert found.score(["negative 1"])[0].model == "knowing 2"


def test_mentions_wait_unharmed_while_a_model_is_refused(scoring):
    shelf = Shelf(new=Knowing("knowing 2", wrong=range(20)))
    found = scorer(scoring, shelf, "new")
    from tests.responder.intake.stores import a_mention

    scoring(a_mention("late", text="negative 77"))
    with pytest.raises(ModelUnusable):
        score_waiting(scoring.context, found, batch=10)
    row = scoring.row("late")
    assert (row.scored_at, row.score_attempts, row.score_fault) == (None, 0, None)
    assert score_waiting(scoring.context, scorer(scoring, Shelf(old=Knowing("knowing 1")), "old"), batch=10) == 1


def test_it_decides_once_and_not_before_the_first_text(scoring):
    candidate = Knowing("knowing 2")
    shelf = Shelf(old=Knowing("knowing 1"), new=candidate)
    found = scorer(scoring, shelf, "new")
    assert shelf.opened == []
    for _ in range(3):
        found.score(["negative 1"])
    assert (len(shelf.opened), candidate.scored) == (2, 40 + 3)


def test_the_worker_goes_on_with_the_old_model_in_a_process_of_its_own(team, tmp_path, monkeypatch):
    """The whole way with real model folders: let in, corrected, replaced by a worse one, refused."""
    old = write_tiny_model(tmp_path / "old")
    monkeypatch.setitem(tiny_models.WORD_LOGITS, "love", (2.0, 0.0, -2.0))
    new = write_tiny_model(tmp_path / "new", replace(tiny_models.FACTS, version="2"))

    def worker(folder):
        settings = team.context.settings.model_copy(update={"sentiment_model": str(folder)})
        return in_child_processes(replace(team.context, settings=settings))

    first = worker(old)
    try:
        ids = team.hear(*(f"love {number}" for number in range(ENOUGH)), scorer=first, language="en")
    finally:
        first.close()
    team.correct_all(dict.fromkeys(ids, "positive"))
    second = worker(new)
    try:
        assert [opinion.model for opinion in second.score(["love"], languages=["en"])] == ["tiny 1"]
    finally:
        second.close()


def test_a_closed_scorer_is_closed_with_its_model(scoring):
    shelf = Shelf(old=Knowing("knowing 1"))
    found = scorer(scoring, shelf, "old")
    found.close()  # nothing was opened yet
    with pytest.raises(ScorerFailed):
        found.score(["negative 1"])
    used = scorer(scoring, shelf, "old")
    used.score(["negative 1"])
    used.close()
    assert shelf.opened[-1].is_closed


def test_text_vectors_come_from_the_model_that_scores(scoring):
    class Embedding(Knowing):
        def embed(self, texts):
            return "vectors 1", [len(text) for text in texts]

    assert scorer(scoring, Shelf(old=Embedding("knowing 1")), "old").embed(["ab"]) == ("vectors 1", [2])


def test_a_model_that_breaks_while_it_is_judged_is_closed_and_told(scoring):
    class Breaking(Knowing):
        def score(self, texts, *, languages=None):
            raise ValueError("broken")

    shelf = Shelf(old=Knowing("knowing 1"), new=Breaking("knowing 2"))
    with pytest.raises(ValueError, match="broken"):
        scorer(scoring, shelf, "new").score(["negative 1"])
    assert all(model.is_closed for model in shelf.opened)
