"""The worker process: runs the jobs of `responder.schedule` until it is told to stop. Needs no web framework."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

from responder import logs
from responder.db import migrate
from responder.jobs.job import Lane
from responder.runtime import build, equip
from responder.schedule import JOBS
from responder.settings import Runner, Settings

if TYPE_CHECKING:
    from celery import Celery

_LOOK_FOR_SUPERVISOR_S = 1.0
_THREADS = 8


def run(
    settings: Settings, *, lanes: tuple[Lane, ...] = tuple(Lane), beat: bool = True, supervisor: int | None = None
) -> None:
    """Run jobs until SIGTERM, SIGINT or the death of `supervisor`, the process that started this one and watches it.

    `lanes` and `beat` matter to the cluster runner only: which queues this worker consumes, and whether it also sends
    the wake-ups (exactly one worker of a cluster should).
    """
    logs.configure(settings)
    if settings.runner is Runner.CLUSTER:
        _run_cluster(settings, lanes, beat=beat)
    else:
        _run_embedded(settings, supervisor)


def celery_app(settings: Settings) -> Celery:
    """Return the Celery application of this installation."""
    from responder.jobs.cluster import make_celery

    return make_celery(
        broker_url=settings.broker_url,
        jobs=JOBS,
        context=lambda: build(settings),
        equip=lambda: equip(build(settings)),
    )


def _run_embedded(settings: Settings, supervisor: int | None) -> None:
    # Each runner is imported only where it is used: neither should wait for the other's library.
    from responder.jobs.embedded import EmbeddedRunner

    context = build(settings)
    migrate(context.database)
    equipment = equip(context)
    runner = EmbeddedRunner(context, JOBS, equipment)
    stop = _until_stopped()
    runner.start()
    while not stop.wait(_LOOK_FOR_SUPERVISOR_S):
        if supervisor is not None and os.getppid() != supervisor:
            # `earshot serve` was killed without a chance to say so; a worker nobody supervises would collect unseen.
            break
    runner.stop()
    equipment.close()


def _until_stopped() -> threading.Event:
    stop = threading.Event()

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    return stop


def _run_cluster(settings: Settings, lanes: tuple[Lane, ...], *, beat: bool) -> None:
    migrate(build(settings).database)
    # Threads, not Celery's forked pool: jobs wait for networks and databases, scoring has a process of its own, and a
    # forked pool's processes may not start one.
    arguments = ["worker", "--pool", "threads", "--concurrency", str(_THREADS)]
    arguments += ["--queues", ",".join(lane.value for lane in lanes), "--loglevel", settings.log_level]
    if beat:
        arguments += ["--beat", "--schedule", str(settings.home / "celerybeat")]
    celery_app(settings).worker_main(arguments)
