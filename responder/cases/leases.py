"""Who has a case open: for ten minutes it is theirs, renewed while they look at it, so that no two people answer it.

A lease keeps nobody out. It is shown to others, and a case that is held keeps its band in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.snapshots import count_pick
from responder.errors import NotFound
from responder.models import Case, CaseState, User

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a case, and until when; `is_mine`: whoever asked does."""

    holder: str
    until: datetime
    is_mine: bool


def take(session: Session, *, brand_id: int, case_id: int, user_id: int, now: datetime) -> Lease:
    """Hold a case that nobody else holds, or tell who does. Raises NotFound, also across brands.

    The first to take up an open case is counted as a pick: every fifth is the fair slot's.
    """
    case = _case(session, brand_id, case_id)
    if case.leased_by not in {None, user_id} and case.leased_until is not None and case.leased_until > now:
        return Lease(_name(session, case.leased_by), case.leased_until, is_mine=False)
    case.leased_by, case.leased_until = user_id, now + LASTS
    if case.picked_at is None and case.state == CaseState.OPEN:
        case.picked_at = now
        count_pick(session, brand_id)
    session.flush()
    return Lease(_name(session, user_id), case.leased_until, is_mine=True)


def release(session: Session, *, brand_id: int, case_id: int, user_id: int) -> None:
    """Let go of a case that this person holds; of another's, do nothing. Raises NotFound, also across brands."""
    case = _case(session, brand_id, case_id)
    if case.leased_by == user_id:
        case.leased_by = case.leased_until = None
        session.flush()


def _case(session: Session, brand_id: int, case_id: int) -> Case:
    wanted = select(Case).where(Case.id == case_id, Case.brand_id == brand_id).with_for_update()
    case = session.scalar(wanted.execution_options(populate_existing=True))
    if case is None:
        raise NotFound("There is no such case.")
    return case


def _name(session: Session, user_id: int | None) -> str:
    return session.scalar(select(User.name).where(User.id == user_id)) or "A former colleague"
