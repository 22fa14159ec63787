"""Having a reply checked: what the pure check needs to know, read from the tables, and its findings kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.drafts.checking import Finding, check
from responder.models import Mention, Reply, ReplyState, User
from responder.replies.history import locked
from responder.replies.rights import require_writer
from responder.replies.states import require
from responder.replies.writing import mark_checked

COMPARED_WITH = 20
"""Answers before this one that it must not be a copy of."""

_LEFT = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.SENT)


def findings_in(session: Session, reply: Reply, text: str | None = None) -> tuple[Finding, ...]:
    """Return what the check finds in a reply, or in another `text` in its place. Changes nothing."""
    mention = session.get(Mention, reply.mention_id) if reply.mention_id is not None else None
    writer = session.get(User, reply.written_by) if reply.written_by is not None else None
    return check(
        reply.text if text is None else text,
        mention=mention.text if mention is not None else None,
        source=reply.source,
        lang=(mention.opinion_language or mention.language) if mention is not None else None,
        speaker=writer.name if writer is not None else None,
        previous=_previous(session, reply),
        p_negative=mention.p_negative if mention is not None else None,
        intent=mention.intent if mention is not None else None,
    )


def have_checked(session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime) -> Reply:
    """Check a reply as it stands; from now on it waits for approval. Raises NotFound, NotAllowed, Conflict."""
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=reply.source)
    require(reply, "checked")
    found = findings_in(session, reply)
    mark_checked(session, reply, [asdict(finding) for finding in found], user_id=user_id, now=now)
    return reply


def _previous(session: Session, reply: Reply) -> list[str]:
    """The brand's last answers, oldest first."""
    latest = (
        select(Reply.text)
        .where(Reply.brand_id == reply.brand_id, Reply.state.in_(_LEFT), Reply.id != reply.id)
        .order_by(Reply.id.desc())
        .limit(COMPARED_WITH)
    )
    return list(reversed(session.scalars(latest).all()))
