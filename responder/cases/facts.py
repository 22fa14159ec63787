"""Reading what the clocks of a case are read from: its mentions, our replies, and when it waited for the customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.clocks import CaseFacts, Span
from responder.models import Case, CaseEvent, Mention, Reply

_WAITS = "answered"
_WAITS_NO_MORE = ("reopened", "snoozed", "resolved", "reply_retracted")


def facts_of(session: Session, case: Case) -> CaseFacts:
    """Return what the clocks of a case are read from. A reply counts once it was seen live, from when it stood."""
    said = select(Mention.stored_at).where(Mention.case_id == case.id, Mention.created_at >= case.opened_at)
    ours = select(Reply.sent_at, Reply.seen_at).where(Reply.case_id == case.id, Reply.seen_at.is_not(None))
    replies = [row.sent_at or row.seen_at for row in session.execute(ours)]
    return CaseFacts(
        opened_at=case.opened_at,
        promised_by=case.promised_by,
        said=session.scalars(said).all(),
        replies=replies or [at for at in (case.first_reply_at,) if at is not None],
        waiting=waits_of(session, [case.id]).get(case.id, ()),
        ended_at=case.resolved_at,
    )


def waits_of(session: Session, case_ids: Collection[int]) -> Mapping[int, tuple[Span, ...]]:
    """Return the spans in which each of these cases waited for the customer, in order; it is left out if it never did.

    A case waits from when our answer was seen until anything brings it back to us or ends it.
    """
    if not case_ids:
        return {}
    happened = session.execute(
        select(CaseEvent.case_id, CaseEvent.kind, CaseEvent.at, CaseEvent.detail)
        .where(CaseEvent.case_id.in_(case_ids), CaseEvent.kind.in_((_WAITS, *_WAITS_NO_MORE)))
        .order_by(CaseEvent.id)
    )
    spans: dict[int, list[Span]] = {}
    for case_id, kind, at, detail in happened:
        mine = spans.setdefault(case_id, [])
        is_waiting = bool(mine) and mine[-1][1] is None
        if kind == _WAITS and not is_waiting and detail.get("waits"):
            mine.append((at, None))
        elif kind != _WAITS and is_waiting:
            mine[-1] = (mine[-1][0], at)
    return {case_id: tuple(mine) for case_id, mine in spans.items() if mine}
