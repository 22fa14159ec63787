"""What we listen for and through what: watches, connections, and the polls that join them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class ConnectionState(StrEnum):
    """Whether our credentials work. `broken` is left only when an admin renews them."""

    ACTIVE = "active"
    BROKEN = "broken"
    PAUSED = "paused"


class Watch(Base):
    """A saved query. `query` is `listeners.queries.Query.to_dict()`; None takes everything (imports, hooks)."""

    __tablename__ = "watches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[dict[str, Any] | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("brand_id", "name"),)


class Connection(Base):
    """Our credentials on a source, encrypted. `name` is what people call it, and names it in `/hooks/in/{source}`.

    `held_until`: no poll reads it before (its pace, a rate limit, a used-up quota); None: at any time.
    """

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    source: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    base_url: Mapped[str | None]
    credentials: Mapped[str]
    state: Mapped[str] = mapped_column(default=ConnectionState.ACTIVE)
    state_reason: Mapped[str | None]
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Poll(Base):
    """One reading of one connection for one watch: a due row that a worker claims, with its cursor and its health.

    `ability` is `search`, `inbox`, `reviews` (read every `interval_s` seconds), `recheck` (looks again at what the
    watch heard) or `receive` (`due_at` None: never read, only pushed to). `claim` is a random token: whoever stores a
    page must still hold it, so that a worker that was thought dead cannot move the cursor. `last_fault` is a sentence
    for people, without texts or secrets.
    """

    __tablename__ = "polls"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    ability: Mapped[str]
    interval_s: Mapped[float]
    cursor: Mapped[str | None]
    due_at: Mapped[datetime | None]
    claim: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_read_at: Mapped[datetime | None]
    last_mention_at: Mapped[datetime | None]
    last_fault: Mapped[str | None]
    last_fault_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("watch_id", "connection_id", "ability"),
        Index(
            "ix_polls_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(None, "connection_id"),
    )


class Gap(Base):
    """A stretch of time a source could no longer show us; `after` None when its start is unknown."""

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"))
    after: Mapped[datetime | None]
    before: Mapped[datetime]
    why: Mapped[str]
    found_at: Mapped[datetime]

    __table_args__ = (Index(None, "poll_id"),)
