"""What those who stood somewhere in a month did after it: a month's notes beside the tellings that followed.

`sharer_flags` holds who was called what, once a month, and when that was noted: nothing told before is counted as what
followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from responder.models import Author, Judgement, SharerFlag, Telling
from responder.sharers.assessment import FREQUENT, POSSIBLE
from responder.sharers.foretelling import in_top_tenth
from responder.sharers.kept import KEPT_FOR

Array = np.ndarray[Any, Any]

CONTRADICTIONS = ("not_a_person", "wrong_person")
"""What people of the team say against somebody's badge: kinds of a `responder.models.Judgement`."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A month (year · 100 + month) for which it was kept who stood where, and since when what follows counts."""

    month: int
    since: datetime

    @property
    def name(self) -> str:
        """The month as people write it, 2026-03."""
        return f"{self.month // 100}-{self.month % 100:02}"

    def is_over(self, days: int, now: datetime) -> bool:
        """Whether so many days lie behind it, of which all that was told is still kept."""
        return self.since + timedelta(days=days) <= now <= self.since + KEPT_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Everybody noted in a month, one entry each, in no order that says who.

    `source` is their platform, `percentile` (0–100) where they stood, `frequent` and `possible` the badge they had.
    `told`: telling-days in the time after; `is_top`: whether that put them in the top tenth of their platform's people.
    `contradicted`: somebody of the team said meanwhile that this is no person, or the wrong one.
    """

    source: Array
    percentile: Array
    frequent: Array
    possible: Array
    told: Array
    is_top: Array
    contradicted: Array

    def of(self, source: str) -> Followed:
        """Return the people of one platform."""
        chosen = self.source == source
        return Followed(**{name: getattr(self, name)[chosen] for name in Followed.__slots__})


def noted_months(session: Session, brand_id: int) -> Sequence[Noted]:
    """Return the months of a brand in which it was kept who stood where, the newest first."""
    rows = session.execute(
        select(SharerFlag.month, func.max(SharerFlag.noted_at))
        .where(SharerFlag.brand_id == brand_id)
        .group_by(SharerFlag.month)
        .order_by(SharerFlag.month.desc())
    )
    return [Noted(month, since) for month, since in rows]


def followed(session: Session, brand_id: int, noted: Noted, *, days: int) -> Followed:
    """Return what everybody noted in a month told in so many days after, counted in days with something new."""
    until = noted.since + timedelta(days=days)
    told = (
        select(Telling.author_id, func.count(Telling.day.distinct()).label("days"))
        .join(SharerFlag, and_(SharerFlag.author_id == Telling.author_id, SharerFlag.month == noted.month))
        .where(
            SharerFlag.brand_id == brand_id,
            Telling.at >= noted.since,
            Telling.at < until,
            Telling.copied.is_(False),
            Telling.repeated.is_(False),
        )
        .group_by(Telling.author_id)
        .subquery()
    )
    contradicted = exists().where(
        Judgement.brand_id == brand_id,
        Judgement.author_id == SharerFlag.author_id,
        Judgement.kind.in_(CONTRADICTIONS),
        Judgement.undone_at.is_(None),
        Judgement.at >= noted.since,
        Judgement.at < until,
    )
    rows = session.execute(
        select(
            Author.source, SharerFlag.score, SharerFlag.badge, func.coalesce(told.c.days, 0), contradicted.label("said")
        )
        .join(Author, Author.id == SharerFlag.author_id)
        .outerjoin(told, told.c.author_id == SharerFlag.author_id)
        .where(SharerFlag.brand_id == brand_id, SharerFlag.month == noted.month)
        .order_by(SharerFlag.author_id)
    ).all()
    source, percentile, badge, days_told, said = zip(*rows, strict=True) if rows else ((),) * 5
    of_source, days_of = np.array(source, dtype=object), np.array(days_told, dtype=int)
    badges = np.array(badge, dtype=object)
    return Followed(
        source=of_source,
        percentile=np.array(percentile, dtype=float),
        frequent=badges == FREQUENT,
        possible=badges == POSSIBLE,
        told=days_of,
        is_top=_top(of_source, days_of),
        contradicted=np.array(said, dtype=bool),
    )


def _top(source: Array, told: Array) -> Array:
    found = np.zeros(len(told), dtype=bool)
    for name in set(source):
        chosen = source == name
        found[chosen] = in_top_tenth(told[chosen])
    return found
