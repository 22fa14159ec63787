"""The embedded runner: APScheduler wakes the jobs inside one worker process, one thread per lane."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Generic

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from responder.context import Context
from responder.jobs.job import EquipmentT, Job, Lane
from responder.jobs.runs import Runs

logger = logging.getLogger(__name__)


class EmbeddedRunner(Generic[EquipmentT]):
    """Runs `jobs` with `equipment` until stopped. It only wakes: all durable work is due rows."""

    def __init__(self, context: Context, jobs: Sequence[Job[EquipmentT]], equipment: EquipmentT) -> None:
        self._context = context
        self._jobs = {job.name: job for job in jobs}
        self._equipment = equipment
        self._runs = Runs(context)
        self._stopping = threading.Event()
        self._waking = threading.Lock()
        self._wanted = {job.name: threading.Event() for job in jobs}
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={lane.value: ThreadPoolExecutor(1) for lane in Lane},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Start every job at once, then at its interval."""
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[job],
                id=job.name,
                seconds=job.every.total_seconds(),
                executor=job.lane.value,
                next_run_time=self._context.clock(),
            )
        self._scheduler.start()
        logger.info("runner_started", extra={"jobs": len(self._jobs)})

    def stop(self) -> None:
        """Let running jobs end and start no more."""
        # The scheduler waits for running jobs while it holds the lock that waking one needs: neither would ever end.
        with self._waking:
            self._stopping.set()
        self._scheduler.shutdown(wait=True)
        logger.info("runner_stopped")

    def _run(self, job: Job[EquipmentT]) -> None:
        # A job that did something may have left more behind, and one woken while it runs may have looked too early:
        # neither waits for its interval.
        wanted = self._wanted[job.name]
        again = True
        while again and not self._stopping.is_set():
            wanted.clear()
            again = self._runs.run(job, self._equipment) > 0
            for name in job.wakes if again else ():
                self._wake(name)
            again = again or wanted.is_set()

    def _wake(self, name: str) -> None:
        self._wanted[name].set()
        with self._waking:
            if not self._stopping.is_set():  # else the rows are still due for the next start
                self._scheduler.modify_job(name, next_run_time=self._context.clock())
