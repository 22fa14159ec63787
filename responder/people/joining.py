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

_CHANGES = ("opened", "mention_joined", "snoozed", "woke", "resolved", "reopened")
"""Events after which a case is no longer as joining left it."""


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

    When that case was emptied by joining since, the mention goes where everything in it went. The case it leaves is
    resolved as joined when nothing else is in it. Raises NotFound, and Conflict when it was decided meanwhile, stands
    there already or was deleted at its source.
    """
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.PROPOSED)
    mention = _live(session, proposal)
    proposal = _led_on(session, proposal)
    left = mention.case_id
    if left == proposal.case_id:
        raise Conflict("This stands there already, since the case it names was joined to this one.")
    proposal.from_case_id = left
    _decide(proposal, JoinStatus.JOINED, user_id, now)
    _move(session, mention, proposal.case_id, user_id=user_id, now=now)
    if left is not None and _is_empty(session, left):
        _close(session, left, proposal, user_id=user_id, now=now)
    _open(session, proposal.case_id, proposal, user_id=user_id, now=now)
    leads.refresh(session, {proposal.case_id, *([] if left is None else [left])}, now=now)
    return proposal


def refuse(session: Session, *, brand_id: int, proposal_id: int, user_id: int, now: datetime) -> JoinProposal:
    """Leave a mention where it is, for good. Raises NotFound, and Conflict when it was decided meanwhile."""
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.PROPOSED)
    _decide(proposal, JoinStatus.REFUSED, user_id, now)
    session.flush()
    return proposal


def undo(session: Session, *, brand_id: int, proposal_id: int, user_id: int, now: datetime) -> JoinProposal:
    """Move a joined mention back to the case it came from, and put both cases back as joining had found them.

    The case it was joined to stays open when anything happened in it since.
    Raises NotFound, and Conflict when it is not joined (any more), or that case is there no longer.
    """
    proposal = _proposal(session, brand_id, proposal_id, JoinStatus.JOINED)
    mention = _live(session, proposal)
    if proposal.from_case_id is None or mention.case_id != proposal.case_id:
        raise Conflict("The case this came from is no longer there, or it was moved on since.")
    cases = [session.get_one(Case, one, populate_existing=True) for one in (proposal.from_case_id, proposal.case_id)]
    found = [_found(session, case, proposal) for case in cases]
    _decide(proposal, JoinStatus.REVOKED, user_id, now)
    _move(session, mention, proposal.from_case_id, user_id=user_id, now=now)
    for case, was in zip(cases, found, strict=True):
        if was is not None:
            _restore(session, case, was, user_id=user_id, now=now)
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
    """Return which of these cases the brand has; for one that was emptied by joining, where its mentions went at last.

    A case whose mentions went nowhere that is still there is missing.
    """
    stands: dict[int, int] = {}
    at = {case_id: case_id for case_id in case_ids}
    passed = {case_id: {case_id} for case_id in case_ids}
    while at:
        here = select(Case.id, Case.resolution).where(Case.id.in_(set(at.values())), Case.brand_id == brand_id)
        resolution = {row.id: row.resolution for row in session.execute(here)}
        stands |= {named: case_id for named, case_id in at.items() if resolution.get(case_id, JOINED) != JOINED}
        went = _went(session, {case_id for case_id, how in resolution.items() if how == JOINED})
        at = {named: went[case_id] for named, case_id in at.items() if went.get(case_id) not in {None, *passed[named]}}
        for named, case_id in at.items():
            passed[named].add(case_id)
    return stands


def _went(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """Return to which case the last mention of each of these was joined."""
    if not case_ids:
        return {}
    joined = select(JoinProposal.from_case_id, JoinProposal.case_id).where(
        JoinProposal.from_case_id.in_(case_ids), JoinProposal.status == JoinStatus.JOINED
    )
    rows = session.execute(joined.order_by(JoinProposal.decided_at, JoinProposal.id))
    return {row.from_case_id: row.case_id for row in rows if row.from_case_id is not None}


def _led_on(session: Session, proposal: JoinProposal) -> JoinProposal:
    """Return the proposal to join where the case it names went, which may have been proposed by itself."""
    end = _standing(session, {proposal.case_id}, proposal.brand_id).get(proposal.case_id, proposal.case_id)
    if end == proposal.case_id:
        return proposal
    same = select(JoinProposal).where(JoinProposal.mention_id == proposal.mention_id, JoinProposal.case_id == end)
    other = session.scalar(same.execution_options(populate_existing=True))
    if other is None:
        proposal.case_id = end
        return proposal
    session.delete(proposal)
    session.flush()
    return other


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


def _close(session: Session, case_id: int, proposal: JoinProposal, *, user_id: int, now: datetime) -> None:
    """Resolve a case as joined, before `leads.refresh` would call it gone."""
    case = session.get_one(Case, case_id, populate_existing=True)
    if case.state == CaseState.RESOLVED:
        return
    detail = {"resolution": JOINED, **_as_found(case, proposal)}
    case.state, case.resolution, case.resolved_at = CaseState.RESOLVED, JOINED, now
    case.snoozed_until = case.leased_by = case.leased_until = None
    case.updated_at = now
    _note(session, case_id, "resolved", detail, user_id=user_id, now=now)
    session.flush()


def _open(session: Session, case_id: int, proposal: JoinProposal, *, user_id: int, now: datetime) -> None:
    case = session.get_one(Case, case_id, populate_existing=True)
    if case.state == CaseState.OPEN:
        return
    detail = {"from": case.state, **_as_found(case, proposal)}
    case.state, case.updated_at = CaseState.OPEN, now
    case.snoozed_until = case.resolved_at = case.resolution = case.picked_at = None
    _note(session, case_id, "reopened", detail, user_id=user_id, now=now)
    session.flush()


def _as_found(case: Case, proposal: JoinProposal) -> dict[str, Any]:
    """Return how a join found a case, for the case's history: undoing puts it back so."""
    found: dict[str, Any] = {"state": case.state, "resolution": case.resolution}
    instants = {"resolved_at": case.resolved_at, "snoozed_until": case.snoozed_until}
    found |= {name: None if at is None else at.isoformat() for name, at in instants.items()}
    return {"proposal_id": proposal.id, "found": found}


def _found(session: Session, case: Case, proposal: JoinProposal) -> dict[str, Any] | None:
    """Return how joining found a case; None when it changed nothing there, or something else happened since."""
    changes = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind.in_(_CHANGES))
    last = session.scalars(changes.order_by(CaseEvent.id.desc()).limit(1)).first()
    detail = {} if last is None else last.detail
    if case.resolution != JOINED and detail.get("proposal_id") != proposal.id:
        return None
    unknown = {"state": CaseState.OPEN, "resolution": None, "resolved_at": None, "snoozed_until": None}
    return {**unknown, **detail.get("found", {})}


def _restore(session: Session, case: Case, found: dict[str, Any], *, user_id: int, now: datetime) -> None:
    """Put a case back as joining found it; a snooze that ended meanwhile is over."""
    came_from = case.state
    until, resolved_at = (None if (at := found[name]) is None else datetime.fromisoformat(at)
                          for name in ("snoozed_until", "resolved_at"))  # fmt: skip
    slept_out = found["state"] == CaseState.SNOOZED and (until is None or until <= now)
    case.state = CaseState.OPEN if slept_out else CaseState(found["state"])
    case.snoozed_until = None if slept_out else until
    case.resolution, case.resolved_at, case.updated_at = found["resolution"], resolved_at, now
    kind, detail = {
        CaseState.SNOOZED: ("snoozed", {"until": found["snoozed_until"]}),
        CaseState.RESOLVED: ("resolved", {"resolution": found["resolution"]}),
    }.get(CaseState(case.state), ("reopened", {"from": came_from}))
    _note(session, case.id, kind, detail, user_id=user_id, now=now)
    session.flush()


def _note(session: Session, case_id: int, kind: str, detail: dict[str, Any], *, user_id: int, now: datetime) -> None:
    session.add(CaseEvent(case_id=case_id, kind=kind, user_id=user_id, at=now, detail=detail))
