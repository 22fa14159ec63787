"""The order of a brand's open cases as last computed, and what people said of what it rests on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class RankSnapshot(Base):
    """All open cases of a brand in the order to answer them, as of `computed_at`. One row: written in one go.

    `case_ids` (int64), `priority` their P (float64), `added` what of it comes of their incident (float64) and
    `band_marks` their bands (uint8) are arrays in that order (`responder.cases.snapshots`). `scale` is what they were
    measured by. `last_case_id`: newer cases are not in it; `last_event_id`: nor those that came back by newer events.
    `picks` counts the cases taken up so far: every fifth is the fair slot.
    """

    __tablename__ = "rank_snapshots"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    computed_at: Mapped[datetime]
    picks: Mapped[int]
    last_case_id: Mapped[int]
    last_event_id: Mapped[int]
    case_ids: Mapped[bytes] = mapped_column(LargeBinary)
    priority: Mapped[bytes] = mapped_column(LargeBinary)
    added: Mapped[bytes] = mapped_column(LargeBinary)
    band_marks: Mapped[bytes] = mapped_column(LargeBinary)
    scale: Mapped[dict[str, Any]]


class Judgement(Base):
    """What a person of the team says against a case's place: the material that scores are evaluated with. Append-only.

    `kind` is not_a_person, not_unhappy, not_ours or wrong_person. `shown` is what the product had shown then (place,
    priority, badge, opinion), without words of theirs. `undone_at`: they took it back.
    """

    __tablename__ = "judgements"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    kind: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mentions.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    shown: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(None, "brand_id", "kind", "at"),
        Index(None, "case_id"),
        Index(None, "author_id"),
        Index(None, "mention_id"),
    )
