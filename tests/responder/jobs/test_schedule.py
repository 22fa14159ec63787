"""The schedule is one table that both runners can carry out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from listeners.mentions import Author
from responder import schedule
from responder.accounts.connections import SourcePool
from responder.cases.codes import code_of
from responder.cases.snapshots import Ranker
from responder.intake.embedding import WAITING
from responder.intake.scoring_process import ScoringProcess
from responder.jobs.job import Lane
from responder.learning.active_scorer import ActiveScorer
from responder.models import JoinProposal, Mention, MentionVector
from responder.runtime import Equipment
from responder.schedule import JOBS
from sentiment import SHIPPED_MODEL
from sentiment.vectors import vectors_model
from tests.embedders import HashEmbedder
from tests.responder.intake.stores import CREATED, Store, a_mention
from tests.scorers import WordScorer


def test_names_are_unique_and_every_wake_names_a_job():
    names = [job.name for job in JOBS]
    assert len(names) == len(set(names))
    assert {wake for job in JOBS for wake in job.wakes} <= set(names)


def test_every_lane_in_use_is_one_a_runner_has():
    assert {job.lane for job in JOBS} <= set(Lane)


def test_celery_knows_every_job_and_routes_it_to_its_lane():
    from responder.settings import Settings
    from responder.worker import celery_app

    app = celery_app(Settings(_env_file=None))
    for job in JOBS:
        assert f"earshot.{job.name}" in app.tasks
        assert app.conf.task_routes[f"earshot.{job.name}"] == {"queue": job.lane.value}
        assert app.conf.beat_schedule[job.name]["schedule"] == job.every.total_seconds()
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


class InProcess(WordScorer):
    """A scorer that makes vectors too, as the scoring process does; they pass for those of the shipped encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.embedder = HashEmbedder(model=vectors_model(SHIPPED_MODEL))

    def embed(self, texts):
        return self.embedder.embed(texts)


@pytest.fixture
def store(database) -> Store:
    return Store(database)


@pytest.fixture
def equipment(context) -> Equipment:
    return Equipment(context=context, sources=SourcePool(context), scorer=InProcess(), ranker=Ranker())


def run(name: str, equipment: Equipment) -> int:
    return next(job for job in JOBS if job.name == name).run(equipment)


def models(database) -> dict[str, str]:
    """What made the vector of each mention, by the mention's external id."""
    with database.reading() as session:
        rows = session.execute(select(Mention.external_id, MentionVector.model).join(MentionVector))
        return {row.external_id: row.model for row in rows}


def test_what_is_scored_gets_its_vector_once(store, equipment, database):
    store(*(a_mention(str(number), text=f"text {number}") for number in range(3)))
    assert [run(name, equipment) for name in ("score", "embed", "embed")] == [3, 3, 0]
    assert models(database) == dict.fromkeys("012", vectors_model(SHIPPED_MODEL))
    assert len(equipment.scorer.embedder.given) == 1


def test_an_edited_text_gets_a_new_vector_and_a_deleted_one_none(store, equipment, database):
    store(a_mention("1", text="The kettle leaks."), a_mention("2", text="It broke."))
    run("score", equipment)
    run("embed", equipment)
    store(a_mention("1", text="Mended!", edited_at=CREATED + timedelta(minutes=1)), gone=("2",))
    assert [run(name, equipment) for name in ("score", "embed", "embed")] == [1, 1, 0]
    assert equipment.scorer.embedder.given[1:] == [["Mended!"]]
    assert set(models(database)) == {"1"}


def test_fresh_mentions_are_scored_before_another_vector_is_made(store, equipment, database):
    store(a_mention("old"))
    run("score", equipment)
    store(a_mention("fresh"))
    assert run("embed", equipment) == 0
    assert models(database) == {"old": WAITING}
    assert [run(name, equipment) for name in ("score", "embed")] == [1, 2]
    lanes = {job.name: job.lane for job in JOBS}
    assert lanes["embed"] == lanes["score"], "so that the lane is free for scoring after each step"


def test_without_the_encoder_nothing_is_made_and_nothing_fails(store, equipment, database, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "SHIPPED_MODEL", tmp_path)
    store(a_mention("1"))
    assert [run(name, equipment) for name in ("score", "embed")] == [1, 0]
    assert models(database) == {"1": WAITING}
    assert equipment.scorer.embedder.given == []


def test_the_shipped_encoder_makes_vectors_in_the_process_that_scores(store, context, database):
    def open_model(_setting) -> ScoringProcess:
        return ScoringProcess(context.settings, build=WordScorer)

    scorer = ActiveScorer(context, open_model, by="the worker")
    equipment = Equipment(context=context, sources=SourcePool(context), scorer=scorer, ranker=Ranker())
    try:
        store(a_mention("1"), a_mention("2", text="Το δέμα δεν ήρθε ποτέ"))
        assert [run(name, equipment) for name in ("score", "embed", "embed")] == [2, 2, 0]
    finally:
        scorer.close()
    assert models(database) == dict.fromkeys("12", vectors_model(SHIPPED_MODEL))


def test_who_names_another_case_is_noticed_by_the_worker(store, equipment, database, context):
    store(a_mention("1"))
    run("score", equipment)
    code = code_of(store.case("1").id, secret=context.secret)
    store(a_mention("2", text=f"my case is {code}", author=Author(external_id="bob", handle="bob")))
    assert [run(name, equipment) for name in ("score", "propose_links", "propose_links")] == [1, 2, 0]
    with database.reading() as session:
        assert session.scalars(select(JoinProposal.case_id)).all() == [store.case("1").id]
