"""Writing a reply: drafting, changing, having it checked, giving it up. Nothing here leaves the house."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from responder.errors import Invalid
from responder.models import Mention, Reply, ReplyEvent, ReplyState, Way
from responder.replies.history import locked, move, note
from responder.replies.places import answered, speaker_on
from responder.replies.rights import require_writer

LONGEST = 10_000
"""Characters a draft may have: the longest any platform takes. What fits this one is the check's business."""


def draft(
    session: Session,
    *,
    brand_id: int,
    case_id: int,
    text: str,
    user_id: int,
    now: datetime,
    mention_id: int | None = None,
    connection_id: int | None = None,
    language: str | None = None,
    machine: str | None = None,
) -> Reply:
    """Put down a first text under a mention of a case (None: the one that leads it). `machine` names what drafted it.

    Raises Invalid for an empty or oversize text or an undecided connection, NotFound, NotAllowed, and Conflict when
    the post is gone.
    """
    case, mention = answered(session, brand_id=brand_id, case_id=case_id, mention_id=mention_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=mention.source)
    connection = speaker_on(session, brand_id=brand_id, source=mention.source, connection_id=connection_id)
    reply = Reply(
        brand_id=brand_id,
        case_id=case.id,
        mention_id=mention.id,
        connection_id=connection.id if connection else None,
        source=mention.source,
        to_external_id=mention.external_id,
        way=Way.API if connection else Way.BY_HAND,
        state=ReplyState.DRAFT,
        text=fit(text),
        language=language,
        # Letters and digits only: platforms build names out of it.
        key=secrets.token_hex(16),
        machine=machine,
        newest_mention_id=_newest(session, case.id),
        written_by=user_id,
        created_at=now,
        updated_at=now,
    )
    session.add(reply)
    session.flush()
    note(session, reply, "written", now=now, user_id=user_id, text=reply.text, machine=machine)
    return reply


def change(session: Session, *, brand_id: int, reply_id: int, text: str, user_id: int, now: datetime) -> Reply:
    """Replace the text; what was checked or approved no longer is. The same text changes nothing.

    Raises Invalid, NotFound, NotAllowed, and Conflict once it left or is about to.
    """
    reply = _editable(session, brand_id, reply_id, user_id)
    wanted = fit(text)
    if wanted == reply.text:
        return reply
    move(session, reply, "changed", now=now, user_id=user_id, text=wanted)
    reply.text, reply.findings, reply.fault = wanted, None, None
    reply.newest_mention_id = _newest(session, reply.case_id)
    session.flush()
    return reply


def mark_checked(
    session: Session, reply: Reply, findings: Sequence[dict[str, Any]], *, user_id: int, now: datetime
) -> None:
    """Note what the check found in the text as it stands; from now on it waits for approval. Raises Conflict."""
    move(session, reply, "checked", now=now, user_id=user_id, findings=[found["rule"] for found in findings])
    reply.findings, reply.fault = list(findings), None
    session.flush()


def drop(session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime) -> Reply:
    """Give a reply up before it left. Raises NotFound, NotAllowed, Conflict."""
    reply = _editable(session, brand_id, reply_id, user_id)
    move(session, reply, "dropped", now=now, user_id=user_id)
    return reply


def has_news(session: Session, reply: Reply) -> bool:
    """Tell whether something of the case arrived after the reply was last written."""
    newest = _newest(session, reply.case_id)
    return newest is not None and newest > (reply.newest_mention_id or 0)


def hands(session: Session, reply: Reply) -> frozenset[int]:
    """Return who wrote or changed the text: the others may approve it with other eyes."""
    found = session.scalars(
        select(ReplyEvent.user_id).where(
            ReplyEvent.reply_id == reply.id,
            ReplyEvent.kind.in_(("written", "changed")),
            ReplyEvent.user_id.is_not(None),
        )
    )
    return frozenset(user_id for user_id in found if user_id is not None)


def fit(text: str) -> str:
    """Return the text as it may be kept. Raises Invalid when it is empty, oversize, or nothing a platform can show."""
    cleaned = text.replace("\r\n", "\n").strip()
    if not cleaned:
        raise Invalid("There is nothing to say yet: write the reply first.")
    if "\x00" in cleaned or not _is_encodable(cleaned):
        raise Invalid("The reply holds characters that no platform can show. Delete them and try again.")
    if len(cleaned) > LONGEST:
        raise Invalid(f"The reply has {len(cleaned):,} characters; at most {LONGEST:,} can be kept. Shorten it.")
    return cleaned


def _editable(session: Session, brand_id: int, reply_id: int, user_id: int) -> Reply:
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=reply.source)
    return reply


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _newest(session: Session, case_id: int) -> int | None:
    return session.scalar(select(func.max(Mention.id)).where(Mention.case_id == case_id))
