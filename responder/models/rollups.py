"""What dashboards read, counted as mentions arrive. Kept by `responder.insights.rollups`."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class HourCell(Base):
    """One UTC hour of one watch × source × language: how many, how they feel.

    `language` is the detected one once scored, before that the platform's claim, else "und". `mentions` counts all,
    `scored` those with an opinion; the labels count scored ones that are sure, `unsure` the rest. `sum_*` add up the
    probabilities of all scored; `p0`…`p9` is the histogram of p_negative in ten bins. Mentions deleted at the source
    stay counted.
    """

    __tablename__ = "hour_cells"

    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    mentions: Mapped[int]
    scored: Mapped[int]
    negative: Mapped[int]
    neutral: Mapped[int]
    positive: Mapped[int]
    unsure: Mapped[int]
    sum_negative: Mapped[float]
    sum_neutral: Mapped[float]
    sum_positive: Mapped[float]
    p0: Mapped[int]
    p1: Mapped[int]
    p2: Mapped[int]
    p3: Mapped[int]
    p4: Mapped[int]
    p5: Mapped[int]
    p6: Mapped[int]
    p7: Mapped[int]
    p8: Mapped[int]
    p9: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class AuthorDay(Base):
    """That an author was heard by a watch on a UTC day, and how often: distinct people without reading mentions.

    A mention deleted at the source is counted here no more: nothing is kept on who wrote it. No foreign key to authors,
    so that erasing one does not search here; `responder.insights.rollups` keeps the rows.
    """

    __tablename__ = "author_days"

    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    author_id: Mapped[int] = mapped_column(Id, primary_key=True)
    mentions: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)
