"""How often somebody tells: what each mention adds to its author's habits, what follows, and who may not be scored.

Kept by `responder.sharers`. The rows of `tellings` are what the others can be counted again from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class Telling(Base):
    """What one live mention says of its author's habits. Goes with the mention's text.

    `day` is the UTC day, counted from `responder.sharers.habits.DAY_ZERO`. `reshared`: how often others passed it on
    when it was last looked at. `mark` is alike for near-copies (`responder.sharers.traces`), None for a text
    too short to tell. `copied`: others told the same earlier; `repeated`: the author did. Either way it adds no
    telling-day.
    """

    __tablename__ = "tellings"

    mention_id: Mapped[int] = mapped_column(
        Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    day: Mapped[int]
    at: Mapped[datetime]
    mark: Mapped[int | None]
    copied: Mapped[bool]
    repeated: Mapped[bool]
    is_reshare: Mapped[bool]
    linked: Mapped[bool]
    personal: Mapped[bool]
    selling: Mapped[bool]
    reshared: Mapped[int | None]

    __table_args__ = (Index(None, "author_id", "day"), Index(None, "brand_id", "mark", "at", "mention_id"))


class Sharer(Base):
    """The habits of one author, and what is made of them.

    `weight` is the sum of 2^(day/60) over the telling-days (`responder.sharers.habits`). `first_posts` is what the
    platform said of the account when we first met it. `reshared` and `expected` count re-shares received and what an
    account of that reach is expected to get, None where the platform does not tell.

    `score`, `carry` and `percentile` (of the score) are 0–100, `coverage` and `met` 0–1; None until scored, for who is
    no person, and for who may not be scored. `badge` is "frequent", "possible" or None. `kind` is a
    `responder.sharers.kinds.Kind`; `kind_by` names the person who said so, None: Earshot itself.
    """

    __tablename__ = "sharers"

    author_id: Mapped[int] = mapped_column(
        Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    source: Mapped[str]
    weight: Mapped[float]
    days: Mapped[int]
    tellings: Mapped[int]
    own_words: Mapped[int]
    copied: Mapped[int]
    repeated: Mapped[int]
    linked: Mapped[int]
    personal: Mapped[int]
    selling: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    first_posts: Mapped[int | None]
    first_posts_at: Mapped[datetime | None]
    reshared: Mapped[int | None]
    expected: Mapped[float | None]
    kind: Mapped[str]
    kind_reason: Mapped[str | None]
    kind_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    score: Mapped[float | None]
    percentile: Mapped[float | None]
    carry: Mapped[float | None]
    coverage: Mapped[float | None]
    met: Mapped[float | None]
    badge: Mapped[str | None]
    flagged_at: Mapped[datetime | None]
    computed_at: Mapped[datetime]

    __table_args__ = (Index(None, "brand_id", "source", "percentile"), Index(None, "brand_id", "badge"))


class SharerReference(Base):
    """How the `people` of one platform stand, as of a night: `figures` is `responder.sharers.reference.Reference`."""

    __tablename__ = "sharer_references"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]
    figures: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]


class StockTaking(Base):
    """When stock of a brand's people was last taken, and how many were found that count among their platforms'."""

    __tablename__ = "stock_takings"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    people: Mapped[int]


class SharerFlag(Base):
    """Where everybody stood in a month (as YYYYMM), to be compared with what they then did. `score`: the percentile.

    `noted_at`: what was told by then is what they stood there for.
    """

    __tablename__ = "sharer_flags"

    author_id: Mapped[int] = mapped_column(
        Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    month: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    score: Mapped[float]
    badge: Mapped[str | None]
    noted_at: Mapped[datetime]

    __table_args__ = (Index(None, "brand_id", "month"),)


class Objection(Base):
    """An account that may not be scored, by a keyed hash: it outlives the account's rows, and names nobody.

    `withdrawn_at`: it may be scored again, from what it said since; None: it may not.
    """

    __tablename__ = "objections"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
