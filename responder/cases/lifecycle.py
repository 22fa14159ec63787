"""What people do to a case, and what each move leads to. Every move appends an event; none is possible across brands.

Opening cases, and opening them again when their author speaks, is left to intake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from responder.errors import Conflict, Invalid, NotFound
from responder.models import Case, CaseEvent, CaseState, Membership, User

LONGEST_SNOOZE = timedelta(days=365)
_WOKEN_AT_ONCE = 1000

OPEN, PENDING, SNOOZED, RESOLVED = CaseState.OPEN, CaseState.PENDING, CaseState.SNOOZED, CaseState.RESOLVED


@dataclass(frozen=True, slots=True)
class Move:
    """One thing a person can do: from which states, to which; `to` None leaves the state as it is."""

    event: str
    from_states: frozenset[CaseState]
    to: CaseState | None


MOVES: Mapping[str, Move] = {
    "assign": Move("assigned", frozenset({OPEN, PENDING, SNOOZED}), None),
    "snooze": Move("snoozed", frozenset({OPEN, PENDING, SNOOZED}), SNOOZED),
    "resolve": Move("resolved", frozenset({OPEN, PENDING, SNOOZED}), RESOLVED),
    "not_for_us": Move("resolved", frozenset({OPEN, PENDING, SNOOZED}), RESOLVED),
    "reopen": Move("reopened", frozenset({PENDING, SNOOZED, RESOLVED}), OPEN),
}
"""Every move there is. Which ones a case allows now: `moves_from`."""

_REFUSALS: Mapping[CaseState, str] = {
    RESOLVED: "This case was resolved meanwhile. Reopen it first if there is more to do.",
    OPEN: "This case is open already. Look at it again: somebody may have reopened it.",
    PENDING: "This case waits for the customer. Reopen it first.",
    SNOOZED: "This case is snoozed. Reopen it first.",
}

_NOTHING_LEFT: Mapping[str, str] = {
    "joined": "Everything in this case was moved to another one. Go on there, or move it back from there.",
    "gone": "Everything in this case was deleted at its source; there is nothing left to answer.",
}


def moves_from(state: str) -> tuple[str, ...]:
    """Return the names of the moves that a case in this state allows, in the order people are offered them."""
    return tuple(name for name, move in MOVES.items() if state in move.from_states)


def assign(
    session: Session, *, brand_id: int, case_id: int, assignee_id: int | None, user_id: int, now: datetime
) -> Case:
    """Give a case to a person of the brand; None gives it back to everybody.

    Raises NotFound for the case or the person, Conflict when it is resolved.
    """
    case = _case(session, brand_id, case_id, "assign")
    if assignee_id is not None and not _is_member(session, brand_id, assignee_id):
        raise NotFound("There is no such person in this team.")
    if case.assignee_id != assignee_id:
        case.assignee_id = assignee_id
        _note(session, case, "assign", user_id=user_id, now=now, detail={"assignee_id": assignee_id})
    return case


def snooze(session: Session, *, brand_id: int, case_id: int, until: datetime, user_id: int, now: datetime) -> Case:
    """Take a case out of the queue until an instant, or until its author speaks again.

    Raises NotFound, Conflict when it is resolved, Invalid when `until` is not ahead or further than a year.
    """
    case = _case(session, brand_id, case_id, "snooze")
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid("Snooze until a time ahead, within a year.")
    case.snoozed_until = until
    _note(session, case, "snooze", user_id=user_id, now=now, detail={"until": until.isoformat()})
    return case


def resolve(session: Session, *, brand_id: int, case_id: int, user_id: int, now: datetime) -> Case:
    """End a case as answered. Raises NotFound, or Conflict when it is resolved already."""
    return _resolve(session, brand_id, case_id, "resolve", "answered", user_id=user_id, now=now)


def not_for_us(session: Session, *, brand_id: int, case_id: int, user_id: int, now: datetime) -> Case:
    """End a case that nobody needs to answer. Raises NotFound, or Conflict when it is resolved already."""
    return _resolve(session, brand_id, case_id, "not_for_us", "not_for_us", user_id=user_id, now=now)


def reopen(session: Session, *, brand_id: int, case_id: int, user_id: int, now: datetime) -> Case:
    """Put a case back into the queue. Raises NotFound, or Conflict when it is open or nothing of it is left."""
    case = _case(session, brand_id, case_id, "reopen")
    if case.lead_mention_id is None:
        raise Conflict(_NOTHING_LEFT["joined" if case.resolution == "joined" else "gone"])
    came_from = case.state
    case.snoozed_until = case.resolved_at = case.resolution = case.picked_at = None
    _note(session, case, "reopen", user_id=user_id, now=now, detail={"from": came_from})
    return case


def wake_snoozed(session: Session, now: datetime) -> int:
    """Open the cases whose snooze is over and return how many; at most a thousand at once."""
    due = (
        select(Case.id)
        .where(Case.state == SNOOZED, Case.snoozed_until <= now)
        .order_by(Case.snoozed_until)
        .limit(_WOKEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    if ids:
        session.execute(
            update(Case)
            .where(Case.id.in_(ids))
            .values(state=OPEN, snoozed_until=None, picked_at=None, updated_at=now)
            .execution_options(synchronize_session=False)
        )
        woke: dict[str, Any] = {"kind": "woke", "user_id": None, "at": now, "detail": {}}
        events = [{"case_id": case_id, **woke} for case_id in ids]
        session.execute(insert(CaseEvent), events)
    return len(ids)


def _resolve(
    session: Session, brand_id: int, case_id: int, name: str, resolution: str, *, user_id: int, now: datetime
) -> Case:
    case = _case(session, brand_id, case_id, name)
    case.resolution, case.resolved_at, case.snoozed_until = resolution, now, None
    case.leased_by = case.leased_until = None
    _note(session, case, name, user_id=user_id, now=now, detail={"resolution": resolution})
    return case


def _case(session: Session, brand_id: int, case_id: int, name: str) -> Case:
    """Return the case, locked until the transaction ends, if the move is allowed now."""
    # populate_existing: a row this session read earlier may have changed before we got the lock.
    wanted = select(Case).where(Case.id == case_id, Case.brand_id == brand_id).with_for_update()
    case = session.scalar(wanted.execution_options(populate_existing=True))
    if case is None:
        raise NotFound("There is no such case.")
    state = CaseState(case.state)
    if state not in MOVES[name].from_states:
        raise Conflict(_REFUSALS[state])
    return case


def _note(session: Session, case: Case, name: str, *, user_id: int, now: datetime, detail: dict[str, Any]) -> None:
    move = MOVES[name]
    case.state = move.to or case.state
    case.updated_at = now
    session.add(CaseEvent(case_id=case.id, kind=move.event, user_id=user_id, at=now, detail=detail))
    session.flush()


def _is_member(session: Session, brand_id: int, user_id: int) -> bool:
    found = session.scalar(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == user_id, Membership.brand_id == brand_id, User.disabled_at.is_(None))
    )
    return found is not None
