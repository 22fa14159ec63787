"""How long anybody can be left waiting: the longest wait seen, and what the fair slot guarantees under this load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from responder.cases.states import open_in
from responder.cases.turns import FAIR_AFTER, FAIR_EVERY
from responder.db import unix_seconds
from responder.models import Case, CaseState

ANSWERED = frozenset({"answered", "not_for_us"})
"""The resolutions of a case by which its author's wait ended."""

_PACE = timedelta(days=28)
_DAY = 86_400.0
_OPENED = unix_seconds(Case.opened_at)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What the fair slot comes to: every fifth pick goes to the oldest of the long waiting. In minutes.

    `newest`: by when a case that opens now is taken up at the latest. `open`: how long any case open now will have
    waited then, None: none is open.
    """

    newest: float
    open: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestWait:
    """The longest wait seen, and the longest there can be; minutes.

    `seen`: of a case answered in the time looked at or open now, whenever it opened; None: there is none. `open` cases
    need an answer and `in_danger` come before all; `picks_a_day` were taken up, over 28 days. `guaranteed` None:
    nothing was taken up, so nothing is guaranteed.
    """

    seen: float | None
    open: int
    in_danger: int
    picks_a_day: float
    guaranteed: Guarantee | None


def guaranteed(ages: Sequence[float], *, in_danger: int, picks_a_day: float) -> Guarantee:
    """Return what the fair slot guarantees, by the minutes (`ages`) that open cases have waited.

    The d in danger are taken first; then every fifth pick settles one of the cases that waited over `FAIR_AFTER`, the
    oldest first. So a case with n older ones is taken up after at most `FAIR_AFTER` (or as long as it has waited) and
    d + 5 (n + 1) picks. Other picks only make it less; danger that comes up later takes its picks too.
    """
    pick = 1440.0 / picks_a_day
    ends = [
        max(age, FAIR_AFTER) + pick * (in_danger + FAIR_EVERY * place)
        for place, age in enumerate(sorted(ages, reverse=True), start=1)
    ]
    return Guarantee(
        newest=FAIR_AFTER + pick * (in_danger + FAIR_EVERY * (len(ages) + 1)), open=max(ends, default=None)
    )


def longest_wait(session: Session, *, brand_id: int, since: datetime, now: datetime) -> LongestWait:
    """Return the longest wait of a brand's cases answered since an instant or open now, and what is guaranteed."""
    needing, is_safe = or_(Case.answerability.is_(None), Case.answerability > 0), Case.safety.is_(None)
    opened = session.scalars(select(_OPENED).where(*open_in(brand_id), is_safe, needing)).all()
    in_danger = session.scalar(select(func.count()).where(*open_in(brand_id), ~is_safe)) or 0
    ages, pace = [(now.timestamp() - each) / 60 for each in opened], _picks_a_day(session, brand_id, now)
    return LongestWait(
        seen=_seen(session, brand_id, since, now),
        open=len(ages),
        in_danger=in_danger,
        picks_a_day=pace,
        guaranteed=guaranteed(ages, in_danger=in_danger, picks_a_day=pace) if pace else None,
    )


def _picks_a_day(session: Session, brand_id: int, now: datetime) -> float:
    picks, first = session.execute(
        select(func.count(), func.min(unix_seconds(Case.picked_at))).where(
            Case.brand_id == brand_id, Case.picked_at > now - _PACE
        )
    ).one()
    # A team that began this week is judged by this week.
    return picks / max((now.timestamp() - first) / _DAY, 1.0) if picks else 0.0


def _seen(session: Session, brand_id: int, since: datetime, now: datetime) -> float | None:
    answered = session.scalar(
        select(func.max(unix_seconds(Case.resolved_at) - _OPENED)).where(
            Case.brand_id == brand_id,
            Case.state == CaseState.RESOLVED,
            Case.resolution.in_(ANSWERED),
            Case.resolved_at >= since,
        )
    )
    oldest = session.scalar(select(func.min(_OPENED)).where(*open_in(brand_id)))
    waits = [answered, None if oldest is None else now.timestamp() - oldest]
    return max((each / 60 for each in waits if each is not None), default=None)
