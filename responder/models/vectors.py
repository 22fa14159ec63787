"""Text vectors of mentions: what near-copies, incidents, topics and similar answers are found by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id

_UNGROUPED = text("grouped_at IS NULL AND vector IS NOT NULL")


class MentionVector(Base):
    """The vector of a mention's text as it stands. Added once the mention is scored; empty until it is made.

    `model` names what made it, "" while it waits; vectors of two models do not compare. `vector` is a direction in
    int8 (`responder.intake.embedding.unpacked`); None while it waits, and for a text with nothing readable in it. The
    row goes when its text does: much of a text can be guessed back from its vector. `grouped_at` is when the text was
    looked at for an incident (`responder.incidents.gathering`); None: not yet.
    """

    __tablename__ = "mention_vectors"

    mention_id: Mapped[int] = mapped_column(
        Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str]
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    grouped_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "model", "mention_id"),
        Index("ix_mention_vectors_ungrouped", "mention_id", sqlite_where=_UNGROUPED, postgresql_where=_UNGROUPED),
    )
