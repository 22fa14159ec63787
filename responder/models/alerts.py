"""Alerts: rows that must reach people, delivered once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class AlertState(StrEnum):
    """due → sending → delivered | failed | unknown; expired when nobody could be told in time.

    `unknown`: the call ended without an answer; a machine never sends it again.
    """

    DUE = "due"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


_DUE = text("state IN ('due', 'sending')")


class Alert(Base):
    """One thing to announce. Unique per mention and rule: an edit or a second scoring announces nothing twice."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"))
    rule: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    claim: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    last_fault: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("mention_id", "rule"),
        Index("ix_alerts_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index(None, "case_id"),
    )
