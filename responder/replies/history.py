"""Moving a reply on, and writing down who did: no reply changes state anywhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.errors import NotFound
from responder.models import Case, Reply, ReplyEvent
from responder.replies.states import MOVES, require


def move(
    session: Session, reply: Reply, name: str, *, now: datetime, user_id: int | None = None, **detail: Any
) -> None:
    """Make one move of `states.MOVES` and append its event; `user_id` None: Earshot itself. Raises Conflict."""
    require(reply, name)
    reply.state = MOVES[name].to
    note(session, reply, name, now=now, user_id=user_id, **detail)


def note(
    session: Session, reply: Reply, kind: str, *, now: datetime, user_id: int | None = None, **detail: Any
) -> None:
    """Append an event that moves nothing."""
    reply.updated_at = now
    session.add(ReplyEvent(reply_id=reply.id, kind=kind, user_id=user_id, at=now, detail=detail))
    session.flush()


def locked(session: Session, *, brand_id: int, reply_id: int) -> Reply:
    """Return a brand's reply, and hold its case and it until the transaction ends. Raises NotFound."""
    # The case first, like everything that touches both: two that lock in different orders would wait for each other.
    wanted = select(Reply.case_id).where(Reply.id == reply_id, Reply.brand_id == brand_id)
    case_id = session.scalar(wanted)
    if case_id is None:
        raise NotFound("There is no such reply.")
    session.execute(select(Case.id).where(Case.id == case_id).with_for_update())
    reply = session.scalar(
        select(Reply).where(Reply.id == reply_id).with_for_update().execution_options(populate_existing=True)
    )
    if reply is None:
        raise NotFound("There is no such reply.")
    return reply
