"""The schedule is one table that both runners can carry out."""

from __future__ import annotations

from responder.jobs.job import Lane
from responder.schedule import JOBS


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
