"""What a person saw at the platform, where Earshot cannot look or has not found a reply."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from responder.models import Reply
from responder.replies import live
from responder.replies.approving import unapprove
from responder.replies.history import locked, move, note
from responder.replies.rights import require_writer


def stands(
    session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime, url: str | None = None
) -> Reply:
    """Note that a person saw the reply live; its clock stops. Raises NotFound, NotAllowed, Conflict."""
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=reply.source)
    move(session, reply, "found", now=now, user_id=user_id)
    reply.sent_at, reply.seen_at, reply.url = reply.called_at or now, now, url or reply.url
    reply.fault = None
    _settle(reply)
    note(session, reply, "seen", now=now, user_id=user_id)
    live.answered(session, reply, now=now)
    return reply


def is_not_there(session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime) -> Reply:
    """Note that a person looked and the reply does not stand: it may be approved anew.

    Raises NotFound, NotAllowed, and Conflict unless nobody knew.
    """
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=reply.source)
    move(session, reply, "not_there", now=now, user_id=user_id)
    unapprove(reply, "It does not stand there. Have it checked and approve it again, or drop it.")
    _settle(reply)
    reply.called_at = None
    session.flush()
    return reply


def _settle(reply: Reply) -> None:
    reply.look_at = reply.claim = reply.claimed_until = None
