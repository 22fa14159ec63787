"""What follows once a reply is seen live: the clock stops, and the case waits for the customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from listeners import registry
from responder.models import Case, CaseEvent, CaseState, Reply


def answered(session: Session, reply: Reply, *, now: datetime) -> None:
    """Note on its case that a reply is seen live. The case must be held; one that is open now waits for the customer.

    The first response counts from when the case opened to when the reply stood in public, not to when we looked.
    """
    case = session.get_one(Case, reply.case_id, populate_existing=True)
    at = min(reply.sent_at or now, now)
    case.first_reply_at = case.first_reply_at or at
    case.last_reply_at = max(case.last_reply_at or at, at)
    case.updated_at = now
    if case.state == CaseState.OPEN and not _has_spoken_since(case, at):
        case.state = CaseState.PENDING
        case.leased_by = case.leased_until = None
    detail = {"reply_id": reply.id, "waits": case.state == CaseState.PENDING}
    session.add(CaseEvent(case_id=case.id, kind="answered", user_id=reply.approved_by, at=now, detail=detail))
    session.flush()


def taken_back(session: Session, reply: Reply, *, now: datetime) -> None:
    """Note on its case that a reply was taken back; a case that waited for the customer is ours again.

    The case must be held. Response times stay as they were: people did read it.
    """
    case = session.get_one(Case, reply.case_id, populate_existing=True)
    if case.state == CaseState.PENDING:
        case.state, case.picked_at = CaseState.OPEN, None
    case.updated_at = now
    session.add(CaseEvent(case_id=case.id, kind="reply_retracted", user_id=None, at=now, detail={"reply_id": reply.id}))
    session.flush()


def title(source: str) -> str:
    """Return what people call a source."""
    info = registry.load().get(source)
    return info.title if info is not None else source


def _has_spoken_since(case: Case, at: datetime) -> bool:
    """Whether its author said something after the reply: then it is our turn again."""
    return case.said_at is not None and case.said_at > at
