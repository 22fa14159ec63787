"""Incidents: near-same complaints of several people, answered as one thing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id

_OUTBREAK = text("outbreak_at IS NOT NULL AND closed_at IS NULL")


class Incident(Base):
    """One incident; its cases name it in `cases.incident_id`.

    `title` None: nobody named it, its lead's words stand for it. `voices` counts distinct people. `vector` is the
    packed centre of its members' vectors by `model`; both go when no member's text is left. `outbreak_at`: since when
    it is one, None: it is none. `statement` is the holding statement, adapted per thread before it is used; it is a
    draft until `approved_at`. `refreshed_at` is when the columns above were last counted anew from its cases.
    """

    __tablename__ = "incidents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    title: Mapped[str | None]
    lead_mention_id: Mapped[int | None]
    voices: Mapped[int]
    case_count: Mapped[int]
    sources: Mapped[list[str]]
    model: Mapped[str | None]
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outbreak_at: Mapped[datetime | None]
    statement: Mapped[str | None]
    statement_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    statement_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    approved_at: Mapped[datetime | None]
    refreshed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "brand_id", "closed_at", "last_at"),
        Index(
            "ix_incidents_outbreak",
            "brand_id",
            "voices",
            "id",
            sqlite_where=_OUTBREAK,
            postgresql_where=_OUTBREAK,
        ),
    )


class KeptOut(Base):
    """A case that a person took out of an incident. Earshot puts it in none any more."""

    __tablename__ = "kept_out"

    case_id: Mapped[int] = mapped_column(
        Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "incident_id"),)


class IncidentEvent(Base):
    """What happened to an incident, append-only. `user_id` None: Earshot itself. `detail` holds nobody's words."""

    __tablename__ = "incident_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "incident_id"),)
