"""Text vectors of mentions: what near-copies, incidents, topics and similar answers are found by."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class MentionVector(Base):
    """The vector of a mention's text as it stands. Added once the mention is scored; empty until it is made.

    `model` names what made it, "" while it waits; vectors of two models do not compare. `vector` is a direction in
    int8 (`responder.intake.embedding.unpacked`); None while it waits, and for a text with nothing readable in it. The
    row goes when its text does: much of a text can be guessed back from its vector.
    """

    __tablename__ = "mention_vectors"

    mention_id: Mapped[int] = mapped_column(
        Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str]
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "model", "mention_id"),)
