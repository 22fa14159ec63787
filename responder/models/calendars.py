"""When a team is there, and what it promises."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id

_EVERYWHERE = text("source IS NULL")


class BusinessCalendar(Base):
    """When somebody is there. `hours` are lines as people write them (`responder.calendars.written`)."""

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    name: Mapped[str]
    zone: Mapped[str]
    hours: Mapped[list[str]]
    set_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("brand_id", "name"),)


class PromisePolicy(Base):
    """What is promised to a class of cases on one source, or (None) on all that have no policy of their own.

    Minutes until the first answer, each further one and the end; None promises nothing. They pass while the calendar is
    open, `with_duty` also while only those on duty are there; without a calendar they pass on the wall clock.
    """

    __tablename__ = "promise_policies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    promise_class: Mapped[str]
    source: Mapped[str | None]
    first: Mapped[float]
    next: Mapped[float | None]
    resolution: Mapped[float | None]
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))
    with_duty: Mapped[bool]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    set_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("brand_id", "promise_class", "source"),
        Index(
            "uq_promise_policies_everywhere", "brand_id", "promise_class", unique=True,
            sqlite_where=_EVERYWHERE, postgresql_where=_EVERYWHERE,
        ),
        Index(None, "calendar_id"),
    )  # fmt: skip
