"""Counts distinct people: whole UTC days from the rollup, the hours at either end from the mentions themselves.

Author-days are UTC days while a team's days begin elsewhere; taking whole days only would count people who wrote
before the period began. Unlike the rest of the overview this cost grows with the number of people, so a page counts
them at once only while `volume` is small (see `webapp.insights`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from responder.insights.metrics import People
from responder.insights.periods import DAY, Period
from responder.models import AuthorDay, Mention, WatchMention


def people(session: Session, *, watch_id: int, period: Period, volume: int) -> People:
    """Count the authors a watch heard; `volume` is all its mentions of the period, with and without an author."""
    first, last = _whole_days(period)
    edges = _edges(period, first, last)
    days = (AuthorDay.watch_id == watch_id, AuthorDay.day >= first.date(), AuthorDay.day < last.date())
    with_author = 0
    parts: list[Select[Any]] = []
    if first < last:
        parts.append(select(AuthorDay.author_id).where(*days))
        with_author += int(session.scalar(select(func.sum(AuthorDay.mentions)).where(*days)) or 0)
    if edges:
        heard = _heard_in(watch_id, edges)
        parts.append(heard.with_only_columns(Mention.author_id).where(Mention.author_id.is_not(None)))
        known = heard.with_only_columns(func.count()).where(has_author())
        with_author += session.scalar(known) or 0
    distinct = union(*parts).subquery() if parts else None
    count = session.scalar(select(func.count()).select_from(distinct)) if distinct is not None else 0
    return People(people=count or 0, mentions=with_author, without_author=max(0, volume - with_author))


def has_author(mention: type[Mention] = Mention) -> ColumnElement[bool]:
    """A mention whose author is known, or was: deletion at the source takes the name away but not the person."""
    return or_(mention.author_id.is_not(None), mention.gone_at.is_not(None))


def _whole_days(period: Period) -> tuple[datetime, datetime]:
    """The first and the end midnight (UTC) of the whole UTC days inside; equal when there is none."""
    first = _midnight(period.start + DAY - timedelta(microseconds=1))
    last = _midnight(period.end)
    return (first, last) if first < last else (period.start, period.start)


def _edges(period: Period, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    ends = [(period.start, first), (last, period.end)]
    return [(start, end) for start, end in ends if start < end]


def _heard_in(watch_id: int, stretches: list[tuple[datetime, datetime]]) -> Select[Any]:
    when = or_(*(and_(Mention.created_at >= start, Mention.created_at < end) for start, end in stretches))
    return (
        select(Mention)
        .join(WatchMention, and_(WatchMention.mention_id == Mention.id, WatchMention.watch_id == watch_id))
        .where(when)
    )


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
