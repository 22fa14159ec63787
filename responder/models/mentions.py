"""Mentions as stored, with the model's opinion, and which watches heard them.

The full-text index over `text` is made by the first migration (FTS5 by trigger on SQLite, a generated tsvector on
PostgreSQL) and asked only through `responder.search`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id

_UNSCORED = text("scored_at IS NULL AND score_fault IS NULL AND gone_at IS NULL")
UNHAPPY = "p_negative >= 0.5 AND gone_at IS NULL"
"""What `ix_mentions_unhappy` holds; a query that says just this is answered by it."""

_UNHAPPY = text(UNHAPPY)


class Mention(Base):
    """One public item, stored once per brand and in its last known version.

    `version_at` is the instant of the stored version (its edit, else its creation): an older version that arrives late
    changes nothing. `revision` counts the versions stored, so that an opinion on an older text is never written onto a
    newer one; 0 is a deletion heard of before its post. `gone_at`: deleted at the source; text, author, raw and url are
    emptied then, the row and its counts stay, and nothing revives it. `thread_id` and `parent_id` are the platform's
    ids. `case_id` None: not triaged yet, or nobody needs to answer it (our own words, reposts).

    The opinion is the one that is shown: the model's, or a person's above it (`responder.models.learning`), which has
    no `confidence`. It is None until scored. `language` is what the platform claims, `opinion_language` what was
    detected. `intent` is the likeliest of `sentiment.opinions.INTENTS` with its probability `intent_confidence` (None
    beside a person's word), `intensity` how upset the writer is, 0 to 1; they are None where the model does not tell,
    and go with the text. `score_attempts` counts how often this text alone made the scorer fail; `score_fault` says why
    it is tried no more.

    `eligible` tells how it may be answered ("api", "by_hand", "no"), with the name of the reason and, where the right
    ends, until when (`responder.eligibility`); None: not looked at yet.
    """

    __tablename__ = "mentions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    url: Mapped[str | None]
    language: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    thread_id: Mapped[str | None]
    parent_id: Mapped[str | None]
    rating: Mapped[float | None]
    likes: Mapped[int | None]
    reposts: Mapped[int | None]
    replies: Mapped[int | None]
    views: Mapped[int | None]
    addressed: Mapped[bool | None]
    is_repost: Mapped[bool]
    raw: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    revision: Mapped[int]
    stored_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]

    label: Mapped[str | None]
    p_negative: Mapped[float | None]
    p_neutral: Mapped[float | None]
    p_positive: Mapped[float | None]
    confidence: Mapped[float | None]
    abstained: Mapped[bool | None]
    abstain_reason: Mapped[str | None]
    opinion_language: Mapped[str | None]
    intent: Mapped[str | None]
    intent_confidence: Mapped[float | None]
    intensity: Mapped[float | None]
    model: Mapped[str | None]
    scored_at: Mapped[datetime | None]
    score_attempts: Mapped[int] = mapped_column(default=0)
    score_fault: Mapped[str | None]

    eligible: Mapped[str | None]
    eligible_reason: Mapped[str | None]
    eligible_until: Mapped[datetime | None]

    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))

    __table_args__ = (
        UniqueConstraint("brand_id", "source", "external_id"),
        Index("ix_mentions_unscored", "id", sqlite_where=_UNSCORED, postgresql_where=_UNSCORED),
        Index("ix_mentions_case_id", "case_id"),
        Index("ix_mentions_author_id", "author_id"),
        Index("ix_mentions_brand_id_created_at", "brand_id", "created_at"),
        Index(
            "ix_mentions_unhappy",
            "brand_id",
            "created_at",
            sqlite_where=_UNHAPPY,
            postgresql_where=_UNHAPPY,
        ),
    )


class WatchMention(Base):
    """Which watches heard a mention: those it is counted for."""

    __tablename__ = "watch_mentions"

    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index(None, "mention_id"), {"sqlite_with_rowid": False})
