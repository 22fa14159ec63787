"""A mention that names the short code of another case: proposed to join it, joined by a person, and undone by one.

Nothing is joined by itself: a code can be read over somebody's shoulder, or typed wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from responder.cases.codes import find_codes
from responder.errors import Conflict, NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import Case, CaseEvent, CaseState, JoinProposal, JoinStatus, Mention

JOINED = "joined"
"""The resolution of a case whose last mention was moved to another."""


def propose_joins(session: Session, mention_ids: Collection[int], *, brand_id: int, secret: str, now: datetime) -> int:
    """Propose a join for each of these live mentions that names another case of the brand; return how many are new.

    Mentions in no case (our own words among them) are left out, and so is what was proposed before, whatever became of
    it. Call under the brand's lock.
    """
    named = _named(session, mention_ids, brand_id, secret)
    known = _known(session, {mention_id for mention_id, _ in named})
    rows = [
        {
            "brand_id": brand_id,
            "mention_id": mention_id,
            "case_id": case_id,
            "from_case_id": None,
            "status": JoinStatus.PROPOSED,
            "proposed_at": now,
            "decided_by": None,
            "decided_at": None,
        }
        for mention_id, case_id in named
        if (mention_id, case_id) not in known
    ]
    if rows:
        session.connection().execute(insert(JoinProposal), rows)
    return len(rows)


def join(session: Session, *, brand_id: int, proposal_id: int, user_id: int, now: datetime) -> JoinProposal:
    """Move a mention to the case it names, which opens again when it was not open.

    The case it leaves is resolved as joined when nothing else is in it. Raises NotFound, and Conflict when it was
    decided meanwhile or the mention was deleted at its source.
    """
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.PROPOSED)
    mention = _live(session, proposal)
    left = mention.case_id
    proposal.from_case_id = left
    _decide(proposal, JoinStatus.JOINED, user_id, now)
    _move(session, mention, proposal.case_id, user_id=user_id, now=now)
    if left is not None and _is_empty(session, left):
        _close(session, left, user_id=user_id, now=now)
    _open(session, proposal.case_id, user_id=user_id, now=now)
    leads.refresh(session, {proposal.case_id, *([] if left is None else [left])}, now=now)
    return proposal


def refuse(session: Session, *, brand_id: int, proposal_id: int, user_id: int, now: datetime) -> JoinProposal:
    """Leave a mention where it is, for good. Raises NotFound, and Conflict when it was decided meanwhile."""
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.PROPOSED)
    _decide(proposal, JoinStatus.REFUSED, user_id, now)
    session.flush()
    return proposal


def undo(session: Session, *, brand_id: int, proposal_id: int, user_id: int, now: datetime) -> JoinProposal:
    """Move a joined mention back to the case it came from, which opens again when joining had emptied it.

    Raises NotFound, and Conflict when it is not joined (any more), or that case is there no longer.
    """
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.JOINED)
    mention = _live(session, proposal)
    if proposal.from_case_id is None or mention.case_id != proposal.case_id:
        raise Conflict("The case this came from is no longer there, or it was moved on since.")
    _decide(proposal, JoinStatus.REVOKED, user_id, now)
    _move(session, mention, proposal.from_case_id, user_id=user_id, now=now)
    came_from = session.get_one(Case, proposal.from_case_id)
    if came_from.resolution == JOINED:
        _open(session, came_from.id, user_id=user_id, now=now)
    leads.refresh(session, {proposal.case_id, proposal.from_case_id}, now=now)
    return proposal


def _named(session: Session, mention_ids: Collection[int], brand_id: int, secret: str) -> list[tuple[int, int]]:
    """Return each mention that names another case of the brand, with that case."""
    said = session.execute(
        select(Mention.id, Mention.case_id, Mention.text).where(
            Mention.id.in_(mention_ids),
            Mention.brand_id == brand_id,
            Mention.gone_at.is_(None),
            Mention.case_id.is_not(None),
        )
    )
    codes = [(row, case_id) for row in said for case_id in find_codes(row.text, secret=secret)]
    there = _standing(session, {case_id for _, case_id in codes}, brand_id)
    pairs = {(row.id, there[case_id]) for row, case_id in codes if there.get(case_id, row.case_id) != row.case_id}
    return sorted(pairs)


def _standing(session: Session, case_ids: Collection[int], brand_id: int) -> dict[int, int]:
    """Return which of these cases the brand has; for one that was emptied by joining, where its mentions went."""
    if not case_ids:
        return {}
    found = session.execute(select(Case.id, Case.resolution).where(Case.id.in_(case_ids), Case.brand_id == brand_id))
    there = {row.id: row.id if row.resolution != JOINED else None for row in found}
    moved = select(JoinProposal.from_case_id, JoinProposal.case_id).where(
        JoinProposal.brand_id == brand_id, JoinProposal.status == JoinStatus.JOINED
    )
    emptied = [case_id for case_id, standing in there.items() if standing is None]
    went = session.execute(moved.where(JoinProposal.from_case_id.in_(emptied)).order_by(JoinProposal.decided_at))
    there |= {row.from_case_id: row.case_id for row in went}
    return {case_id: standing for case_id, standing in there.items() if standing is not None}


def _known(session: Session, mention_ids: Collection[int]) -> set[tuple[int, int]]:
    rows = select(JoinProposal.mention_id, JoinProposal.case_id).where(JoinProposal.mention_id.in_(mention_ids))
    return {(row.mention_id, row.case_id) for row in session.execute(rows)}


def _proposal(session: Session, brand_id: int, proposal_id: int, expected: JoinStatus) -> JoinProposal:
    """Return a proposal of the brand, read under the brand's lock. Raises NotFound, or Conflict for another status."""
    lock_brand(session, brand_id)
    wanted = select(JoinProposal).where(JoinProposal.id == proposal_id, JoinProposal.brand_id == brand_id)
    proposal = session.scalar(wanted.execution_options(populate_existing=True))
    if proposal is None:
        raise NotFound("There is no such proposal.")
    if proposal.status != expected:
        raise Conflict("Somebody decided this meanwhile. Look at the case again.")
    return proposal


def _live(session: Session, proposal: JoinProposal) -> Mention:
    mention = session.get_one(Mention, proposal.mention_id, populate_existing=True)
    if mention.gone_at is not None:
        raise Conflict("This was deleted where it was said; there is nothing left to move.")
    return mention


def _decide(proposal: JoinProposal, status: JoinStatus, user_id: int, now: datetime) -> None:
    proposal.status, proposal.decided_by, proposal.decided_at = status, user_id, now


def _move(session: Session, mention: Mention, case_id: int, *, user_id: int, now: datetime) -> None:
    detail = {"mention_id": mention.id}
    if mention.case_id is not None:
        _note(session, mention.case_id, "mention_moved", {**detail, "to_case_id": case_id}, user_id=user_id, now=now)
    mention.case_id = case_id
    _note(session, case_id, "mention_joined", detail, user_id=user_id, now=now)
    session.flush()


def _is_empty(session: Session, case_id: int) -> bool:
    live = select(func.count()).where(Mention.case_id == case_id, Mention.gone_at.is_(None))
    return session.scalar(live) == 0


def _close(session: Session, case_id: int, *, user_id: int, now: datetime) -> None:
    """Resolve a case as joined, before `leads.refresh` would call it gone."""
    case = session.get_one(Case, case_id, populate_existing=True)
    if case.state == CaseState.RESOLVED:
        return
    case.state, case.resolution, case.resolved_at = CaseState.RESOLVED, JOINED, now
    case.snoozed_until, case.updated_at = None, now
    _note(session, case_id, "resolved", {"resolution": JOINED}, user_id=user_id, now=now)
    session.flush()


def _open(session: Session, case_id: int, *, user_id: int, now: datetime) -> None:
    case = session.get_one(Case, case_id, populate_existing=True)
    if case.state == CaseState.OPEN:
        return
    came_from = case.state
    case.state, case.updated_at = CaseState.OPEN, now
    case.snoozed_until = case.resolved_at = case.resolution = None
    _note(session, case_id, "reopened", {"from": came_from}, user_id=user_id, now=now)
    session.flush()


def _note(session: Session, case_id: int, kind: str, detail: dict[str, Any], *, user_id: int, now: datetime) -> None:
    session.add(CaseEvent(case_id=case_id, kind=kind, user_id=user_id, at=now, detail=detail))
