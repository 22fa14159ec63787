"""Who wrote mentions: accounts as one platform shows them. Never merged across platforms."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class Author(Base):
    """One account. Counts are None when the platform does not tell; a later None never wipes an earlier number."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    source: Mapped[str]
    external_id: Mapped[str]
    handle: Mapped[str | None]
    name: Mapped[str | None]
    url: Mapped[str | None]
    followers: Mapped[int | None]
    following: Mapped[int | None]
    posts: Mapped[int | None]
    listed: Mapped[int | None]
    reputation: Mapped[int | None]
    account_created_at: Mapped[datetime | None]
    is_bot: Mapped[bool | None]
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("brand_id", "source", "external_id"),)
