"""Mending what stands in public: editing it, or taking it back. A wish is a row, and both calls may be repeated."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from listeners import registry
from listeners.errors import Gone, OutcomeUnknown, QuotaExhausted, SourceError, TryLater
from responder.context import Context
from responder.errors import Conflict
from responder.models import Connection, Reply, ReplyState
from responder.replies import live
from responder.replies.checks import findings_in
from responder.replies.history import locked, move, note
from responder.replies.rights import require_approver
from responder.replies.sending import Sources
from responder.replies.writing import fit
from responder.settings import Sending

AT_ONCE = 20
LEASE = timedelta(minutes=2)
WAIT = timedelta(minutes=1)

EDIT, RETRACT = "edit", "retract"

_CANNOT = {
    EDIT: "A reply on {platform} cannot be edited. Take it back and write a new one.",
    RETRACT: "Earshot cannot take back what stands on {platform}. Delete it there.",
}

logger = logging.getLogger(__name__)


def edit(
    session: Session, *, brand_id: int, reply_id: int, text: str, user_id: int, now: datetime, anyway: bool = False
) -> Reply:
    """Have the text that stands replaced. What the check finds in the new one is refused unless it may stand `anyway`.

    Raises Invalid, NotFound, NotAllowed, and Conflict where it cannot be edited.
    """
    reply = _standing(session, brand_id, reply_id, user_id, EDIT)
    wanted = fit(text)
    found = () if anyway else findings_in(session, reply, wanted)
    if found:
        raise Conflict(f"The check has this to mend: {' '.join(finding.why for finding in found)}")
    reply.wished_text = wanted
    return _wish(session, reply, EDIT, user_id=user_id, now=now, text=reply.wished_text)


def retract(session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime) -> Reply:
    """Have the reply taken back. Raises NotFound, NotAllowed, and Conflict where it cannot be."""
    reply = _standing(session, brand_id, reply_id, user_id, RETRACT)
    reply.wished_text = None
    return _wish(session, reply, RETRACT, user_id=user_id, now=now)


def correct_due(context: Context, sources: Sources) -> int:
    """Carry out what is wished, at most twenty, and return how many were tried. With sending off, only retractions."""
    now = context.clock()
    with context.database.reading() as session:
        if not session.scalar(select(exists().where(Reply.wish_at <= now))):
            return 0
    done = 0
    for _ in range(AT_ONCE):
        taken = _take(context)
        if taken is None:
            break
        reply, connection = taken
        _record(context, reply, _carry_out(context, sources, reply, connection))
        done += 1
    return done


def _standing(session: Session, brand_id: int, reply_id: int, user_id: int, wish: str) -> Reply:
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    # Whoever mends what stands in public answers for it like the author of a first text.
    require_approver(session, brand_id=brand_id, user_id=user_id, source=reply.source, is_own=True)
    if reply.state != ReplyState.SENT or reply.external_id is None:
        raise Conflict("Only a reply that stands in public can be mended there.")
    info = registry.load().get(reply.source)
    if info is None or wish not in info.abilities or reply.connection_id is None:
        raise Conflict(_CANNOT[wish].format(platform=live.title(reply.source)))
    return reply


def _wish(session: Session, reply: Reply, wish: str, *, user_id: int, now: datetime, **detail: Any) -> Reply:
    reply.wish, reply.wish_at = wish, now
    note(session, reply, f"{wish}_wished", now=now, user_id=user_id, **detail)
    return reply


def _take(context: Context) -> tuple[Reply, Connection | None] | None:
    """Take the wish that is due longest, as rows without a session."""
    now = context.clock()
    due = select(Reply).where(Reply.wish_at <= now).order_by(Reply.wish_at, Reply.id).limit(1)
    if context.settings.sending is not Sending.ON:
        due = due.where(Reply.wish == RETRACT)
    with context.database.writing() as session:
        reply = session.scalar(due.with_for_update(skip_locked=True))
        if reply is None:
            return None
        reply.wish_at = now + LEASE
        connection = session.get(Connection, reply.connection_id) if reply.connection_id is not None else None
        session.flush()
        session.expunge_all()
        return reply, connection


@dataclass(frozen=True, slots=True)
class _Ended:
    """Whether it was done, else why not, and when to try again (None: a person must)."""

    is_done: bool
    fault: str | None = None
    again: datetime | None = None


def _carry_out(context: Context, sources: Sources, reply: Reply, connection: Connection | None) -> _Ended:
    if connection is None or reply.external_id is None:
        return _Ended(False, "The connection it was sent through is gone. Mend it on the platform.")
    try:
        source = sources.get(connection)
        if reply.wish == RETRACT:
            source.retract(reply.external_id)
        else:
            source.edit(reply.external_id, reply.wished_text)
    except Gone:
        return _Ended(reply.wish == RETRACT, "It does not stand there any more.")
    except SourceError as error:
        # A call without an answer may be repeated here: editing to the same text, or deleting twice, does no harm.
        is_later = isinstance(error, (TryLater, QuotaExhausted, OutcomeUnknown))
        later = context.clock() + WAIT
        return _Ended(False, str(error), max(getattr(error, "until", None) or later, later) if is_later else None)
    except Exception as error:
        logger.exception("reply_not_mended", extra={"reply_id": reply.id})
        return _Ended(
            False, f"mending failed unexpectedly ({type(error).__name__}), see the log", context.clock() + WAIT
        )
    return _Ended(True)


def _record(context: Context, wished: Reply, ended: _Ended) -> None:
    now = context.clock()
    with context.database.writing() as session:
        reply = locked(session, brand_id=wished.brand_id, reply_id=wished.id)
        if reply.state != ReplyState.SENT or (reply.wish, reply.wished_text) != (wished.wish, wished.wished_text):
            return  # somebody wished for something else meanwhile
        if not ended.is_done:
            reply.fault, reply.wish_at = ended.fault, ended.again
            if ended.again is None:
                note(session, reply, f"{reply.wish}_refused", now=now, why=ended.fault)
                reply.wish = reply.wished_text = None
            return
        if reply.wish == RETRACT:
            move(session, reply, "retracted", now=now)
            reply.look_at = None
            live.taken_back(session, reply, now=now)
        else:
            reply.text = reply.wished_text or reply.text
            note(session, reply, "edited", now=now)
        reply.wish = reply.wished_text = reply.wish_at = reply.fault = None
