"""When each periodic job last ran, so that two workers do not run one job twice and a silent one is noticed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base


class JobRun(Base):
    """One job of `responder.schedule`. `claimed_until` ahead: a worker has it. `last_fault` None: it went well."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_ended_at: Mapped[datetime | None]
    last_fault: Mapped[str | None]
