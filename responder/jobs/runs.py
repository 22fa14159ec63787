"""Running one job once: its log lines, its heartbeat, and the promise that nothing it raises stops the runner."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from responder.context import Context
from responder.jobs.job import EquipmentT, Job
from responder.logs import bound
from responder.models import JobRun

HEARTBEAT = timedelta(seconds=15)
"""How often a job that goes well is noted. A worker unseen for four of these is called silent."""

logger = logging.getLogger(__name__)


class Runs:
    """Runs jobs and notes how they went. One per process; safe to share between the lanes' threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._noted: dict[str, tuple[datetime, str | None]] = {}
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def run(self, job: Job[EquipmentT], equipment: EquipmentT) -> int:
        """Run `job` once and return how much it did; 0 when it failed, which is logged and noted, never raised.

        0 also when it runs in this process already: it will be woken again. Otherwise Celery, which wakes it every
        second, would give all its threads to jobs that wait for one and the same thing, such as the scorer's start.
        """
        with self._lock:
            if job.name in self._running:
                return 0
            self._running.add(job.name)
        try:
            return self._run(job, equipment)
        finally:
            with self._lock:
                self._running.discard(job.name)

    def _run(self, job: Job[EquipmentT], equipment: EquipmentT) -> int:
        fault = None
        done = 0
        with bound(job=job.name):
            try:
                done = job.run(equipment)
            except Exception as error:
                # Whatever one run meets (a database restart, a bug) must not end the lane; the rows are still due.
                logger.exception("job_failed")
                fault = f"{type(error).__name__}, see the log"
            self._note(job.name, fault)
        return done

    def _note(self, name: str, fault: str | None) -> None:
        now = self._context.clock()
        with self._lock:
            noted_at, noted_fault = self._noted.get(name, (None, None))
            if noted_at is not None and fault == noted_fault and now - noted_at < HEARTBEAT:
                return
            self._noted[name] = (now, fault)
        try:
            self._store(name, now, fault)
        except SQLAlchemyError:
            logger.warning("heartbeat_not_stored")

    def _store(self, name: str, now: datetime, fault: str | None) -> None:
        insert = sqlite.insert if self._context.database.is_sqlite else postgresql.insert
        values: dict[str, Any] = {"last_ran_at": now, "last_fault": fault}
        statement = insert(JobRun).values(name=name, **values)
        with self._context.database.writing() as session:
            session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def last_seen(context: Context) -> datetime | None:
    """Return when any job last ran, as an aware UTC instant; None when no worker ever did."""
    with context.database.reading() as session:
        return session.scalar(select(JobRun.last_ran_at).order_by(JobRun.last_ran_at.desc()).limit(1))


def is_silent(context: Context) -> bool:
    """Whether no worker has been seen for four heartbeats."""
    seen = last_seen(context)
    return seen is None or context.clock() - seen > 4 * HEARTBEAT
