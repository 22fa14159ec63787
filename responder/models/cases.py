"""Cases: the work. The mentions of one author, who answers, and everything that happened."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class CaseState(StrEnum):
    """Where a case stands. Allowed moves are in `responder.cases.lifecycle`."""

    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


_OPEN = text("state = 'open'")
_UNANSWERED = text("first_reply_at IS NULL AND missed_at IS NULL AND state <> 'resolved'")
_MISSED = text("missed_at IS NOT NULL AND state <> 'resolved'")


def _open_index(name: str, column: str, *more: str, beside: tuple[str, ...] = ()) -> Index:
    """An index over open cases only: what the queue reads, whatever the number of resolved ones.

    `state` never varies in it: without statistics SQLite prefers the index that answers the most conditions, and this
    one must win over the one of all cases. It stands behind the column that narrows, since PostgreSQL leaves out a
    condition that the index implies, and could then not use what comes after. `beside` are columns that further filters
    look at, so that narrowing a list twice reads no rows it will not show.
    """
    return Index(
        f"ix_cases_open_{name}", "brand_id", column, *more, "state", "rank_key", "id", *beside,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip


class Case(Base):
    """One case. The columns from `source` to `rank_key` repeat what the queue filters and sorts by.

    `lead_mention_id` is the most unhappy live mention; None while it has none. `p_negative`, `label`, `language`,
    `intent` and `followers` are the lead's; None is unknown. `said_at` is when its newest live mention was written.
    `rank_key` is a first approximation of its rank (`responder.cases.ranking`) that does not age. `resolution` says how
    a resolved case ended: answered, not_for_us, joined, gone. `first_reply_at` and `last_reply_at` are when a reply of
    ours was seen live, since it opened first; None: never. `thread_id` is the platform's thread of a case whose
    author nobody knows, else None.

    `promise_class` (`responder.cases.promises`) and `promised_by` are fixed when the case is first judged and may only
    come nearer. `warned_at` is when most of the time until the first answer was over, `missed_at` when a promise of any
    kind was first missed (`responder.cases.breaches`). The columns from `p_question` to `badge` are what the ranking
    takes in (`responder.cases.inputs`), None unknown; `sharer` is the author's place (0–100) among the platform's
    people by how much they tell, with their `badge`. `safety` names the danger that puts a case above all others;
    `safety_by` who said so or that there is none, None: its words did. `leased_by` has it open until `leased_until`;
    `picked_at` is when it was first taken up since it last became open.
    """

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    state: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    thread_id: Mapped[str | None]
    lead_mention_id: Mapped[int | None]
    mention_count: Mapped[int]
    source: Mapped[str]
    language: Mapped[str]
    label: Mapped[str | None]
    abstained: Mapped[bool | None]
    p_negative: Mapped[float | None]
    intent: Mapped[str | None]
    followers: Mapped[int | None]
    lead_at: Mapped[datetime]
    said_at: Mapped[datetime | None]
    rank_key: Mapped[float]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    first_reply_at: Mapped[datetime | None]
    last_reply_at: Mapped[datetime | None]

    promise_class: Mapped[str | None]
    promised_by: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    p_question: Mapped[float | None]
    intensity: Mapped[float | None]
    answerability: Mapped[float | None]
    hearers: Mapped[float | None]
    velocity: Mapped[float | None]
    tau: Mapped[float | None]
    telling: Mapped[float | None]
    sharer: Mapped[float | None]
    badge: Mapped[str | None]
    safety: Mapped[str | None]
    safety_by: Mapped[int | None]
    incident_id: Mapped[int | None]
    leased_by: Mapped[int | None]
    leased_until: Mapped[datetime | None]
    picked_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_cases_rank", "brand_id", "state", "rank_key", "id"),
        _open_index("source", "source", beside=("language", "label", "abstained", "intent")),
        _open_index("language", "language", beside=("source", "label", "abstained", "intent")),
        _open_index("label", "label", "abstained", beside=("intent",)),
        _open_index("unsure", "abstained", beside=("intent",)),
        _open_index("intent", "intent", beside=("source", "language", "label", "abstained")),
        _open_index("assignee", "assignee_id"),
        Index("ix_cases_author_id", "author_id"),
        Index(
            "ix_cases_unanswered",
            "promised_by",
            "id",
            sqlite_where=_UNANSWERED,
            postgresql_where=_UNANSWERED,
        ),
        Index("ix_cases_missed", "brand_id", "missed_at", sqlite_where=_MISSED, postgresql_where=_MISSED),
        Index(
            "ix_cases_incident_id",
            "incident_id",
            sqlite_where=text("incident_id IS NOT NULL"),
            postgresql_where=text("incident_id IS NOT NULL"),
        ),
        Index(
            "ix_cases_thread_id",
            "brand_id",
            "source",
            "thread_id",
            sqlite_where=text("thread_id IS NOT NULL"),
            postgresql_where=text("thread_id IS NOT NULL"),
        ),
        Index(
            "ix_cases_snoozed_until",
            "snoozed_until",
            sqlite_where=text("state = 'snoozed'"),
            postgresql_where=text("state = 'snoozed'"),
        ),
    )


class CaseWatch(Base):
    """Which watches a case was heard by, for filtering the queue."""

    __tablename__ = "case_watches"

    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index(None, "case_id"), {"sqlite_with_rowid": False})


class CaseEvent(Base):
    """What happened to a case, append-only. `user_id` None: Earshot itself. `detail` never holds people's words."""

    __tablename__ = "case_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "case_id"),)
