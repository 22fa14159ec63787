"""The cluster runner: the same jobs as Celery tasks on Redis or RabbitMQ, one queue per lane, woken by Celery beat.

A message is only a wake-up: it expires with its interval, and losing it loses nothing, since the work is due rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from celery import Celery

from responder.context import Context
from responder.jobs.job import EquipmentT, Job
from responder.jobs.runs import Runs

_WAKE_LASTS_S = 60


def make_celery(
    *, broker_url: str, jobs: Sequence[Job[EquipmentT]], context: Callable[[], Context], equip: Callable[[], EquipmentT]
) -> Celery:
    """Return a Celery application with one task per job and a beat schedule.

    `context` and `equip` are called once in each process that runs tasks, never in the one that forks: neither
    connections nor models survive a fork.
    """
    app = Celery("earshot", broker=broker_url)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        timezone="UTC",
        task_routes={_task_name(job.name): {"queue": job.lane.value} for job in jobs},
        beat_schedule={
            job.name: {
                "task": _task_name(job.name),
                "schedule": job.every.total_seconds(),
                "options": {"expires": max(job.every.total_seconds(), 5.0)},
            }
            for job in jobs
        },
    )
    equipment = cache(equip)
    runs = cache(lambda: Runs(context()))
    for job in jobs:
        _register(app, job, lambda job=job: runs().run(job, equipment()))  # type: ignore[misc]
    return app


def _register(app: Celery, job: Job[Any], run: Callable[[], int]) -> None:
    @app.task(name=_task_name(job.name))  # type: ignore[untyped-decorator]
    def task() -> None:
        if run():
            for name in job.wakes:
                app.send_task(_task_name(name), expires=_WAKE_LASTS_S)


def _task_name(job: str) -> str:
    return f"earshot.{job}"
