"""When each periodic job last ran, so that a silent worker is noticed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base


class JobRun(Base):
    """One job of `responder.schedule`, noted a few times a minute. `last_fault` None: its last run went well."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_ran_at: Mapped[datetime]
    last_fault: Mapped[str | None]
