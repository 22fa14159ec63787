"""Sending what was approved, each at most once: claim (commit), call with no session open, record (commit).

Between the claim and the record a reply may stand in public without our knowing. Whoever finds one whose claim ran out
makes it `unknown`; `responder.replies.looking` then reads what the platform shows. Nothing here sends again what may
have left, unless the platform itself sees to it that one key is posted once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from listeners.errors import (
    ConnectionBroken,
    OutcomeUnknown,
    QuotaExhausted,
    Refused,
    SourceError,
    TryLater,
)
from listeners.pages import Posted
from responder.context import Context
from responder.eligibility.storing import answering, standing
from responder.errors import Conflict, NotAllowed
from responder.models import Connection, ConnectionState, Mention, Reply, ReplyState, Way
from responder.replies.approving import SENDING_IS_OFF, unapprove
from responder.replies.history import locked, move
from responder.replies.rights import require_approver
from responder.replies.states import require
from responder.replies.writing import hands
from responder.settings import Sending

CLAIM_LASTS = timedelta(minutes=2)
"""Longer than any call takes; whoever needs longer does not call any more."""

AT_ONCE = 20
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=30)

_CUT_OFF = "Earshot stopped between sending and hearing the answer. It is looking whether the reply stands."
_NO_ANSWER = "The platform gave no clear answer. Earshot is looking whether the reply stands."
_LAPSED = "The approval lapsed before the reply could leave. Read it once more and approve it again."
_CHANGED = "The post was edited after the reply was approved. Read it once more and approve it again."
_DELETED = "The post was deleted before the reply left. Nothing was sent."
_DISOWNED = "Whoever approved this may not do so any more. Somebody else must approve it."
_NO_CONNECTION = "The connection this was to be sent through is gone. Connect the account again, or answer by hand."

logger = logging.getLogger(__name__)


class Sources(Protocol):
    """Where open sources come from: `responder.accounts.connections.SourcePool`, or a test's own."""

    def get(self, connection: Connection) -> Any:
        """Return the open source of a connection. Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reply that is ours to send until `until`. `connection` is a row without a session.

    `is_first`: no call was made for it before, or each was surely without effect.
    """

    reply_id: int
    claim: str
    until: datetime
    to: str
    text: str
    key: str
    is_first: bool
    connection: Connection


def send_due(context: Context, sources: Sources, *, only: int | None = None) -> int:
    """Send what is due, at most twenty, and return how many were settled one way or another.

    With sending off nothing is claimed; what a crash left behind is settled all the same. `only`: this reply alone.
    """
    if not _anything_due(context):
        return 0
    settled = _settle_stale(context)
    if context.settings.sending is Sending.OFF:
        return settled
    for _ in range(AT_ONCE):
        claimed = _claim(context, only)
        if claimed is None:
            break
        if isinstance(claimed, Claimed):
            _record(context, claimed, _call(context, sources, claimed))
        settled += 1
    return settled


def send_now(context: Context, sources: Sources, *, brand_id: int, reply_id: int) -> None:
    """Send one approved reply without waiting for the time to undo it; how it ended stands in the reply.

    Raises NotFound, and Conflict when it cannot leave.
    """
    if context.settings.sending is Sending.OFF:
        raise Conflict(SENDING_IS_OFF)
    with context.database.writing() as session:
        reply = locked(session, brand_id=brand_id, reply_id=reply_id)
        require(reply, "claimed")
        if reply.way != Way.API:
            raise Conflict("This reply is posted by hand. Post it; Earshot sees it then.")
        reply.send_at = context.clock()
    send_due(context, sources, only=reply_id)


def _anything_due(context: Context) -> bool:
    """Look without taking the write lock: most of the time there is nothing to do."""
    now = context.clock()
    due = or_(
        (Reply.state == ReplyState.APPROVED) & (Reply.send_at <= now),
        (Reply.state == ReplyState.SENDING) & (Reply.claimed_until <= now),
    )
    with context.database.reading() as session:
        return bool(session.scalar(select(exists().where(due))))


def _settle_stale(context: Context) -> int:
    """Nobody knows of these whether they left: the one who claimed them is gone."""
    now = context.clock()
    with context.database.writing() as session:
        stale = session.scalars(
            select(Reply)
            .where(Reply.state == ReplyState.SENDING, Reply.claimed_until <= now)
            .with_for_update(skip_locked=True)
        ).all()
        for reply in stale:
            # The claim stays: should its holder only have been slow, it may still tell how the call ended.
            lose(session, reply, _CUT_OFF, now=now)
    if stale:
        logger.warning("replies_cut_off", extra={"replies": [reply.id for reply in stale]})
    return len(stale)


def lose(session: Session, reply: Reply, fault: str, *, now: datetime) -> None:
    """Note that nobody knows whether a reply stands, and have it looked for at once."""
    move(session, reply, "lost", now=now)
    reply.fault, reply.look_at, reply.looks = fault, now, 0


def _claim(context: Context, only: int | None) -> Claimed | bool | None:
    """Take the reply that is due longest. True: it was settled without a call; None: nothing is due."""
    now = context.clock()
    due = select(Reply).where(Reply.state == ReplyState.APPROVED, Reply.way == Way.API, Reply.send_at <= now)
    if only is not None:
        due = due.where(Reply.id == only)
    with context.database.writing() as session:
        reply = session.scalar(due.order_by(Reply.send_at, Reply.id).limit(1).with_for_update(skip_locked=True))
        if reply is None:
            return None
        connection = session.get(Connection, reply.connection_id) if reply.connection_id is not None else None
        mention = session.get(Mention, reply.mention_id) if reply.mention_id is not None else None
        hindrance = _hindrance(_Leaving(session, reply, mention, connection, now))
        if hindrance is not None or connection is None:
            # All was asked again: a right may have been taken away, the post edited or deleted since the approval.
            name, fault = hindrance or ("refused", _NO_CONNECTION)
            move(session, reply, name, now=now, why=fault)
            unapprove(reply, fault)
            return True
        if context.settings.sending is Sending.DRY_RUN:
            move(session, reply, "claimed", now=now)
            move(session, reply, "rehearsed", now=now)
            unapprove(reply, "This was a dry run: nothing left. Set EARSHOT_SENDING=on to send.")
            return True
        claim = secrets.token_hex(16)
        move(session, reply, "claimed", now=now)
        reply.claim, reply.claimed_until = claim, now + CLAIM_LASTS
        is_first = reply.called_at is None
        reply.called_at = reply.called_at or now
        reply.attempts += 1
        session.flush()
        session.expunge(connection)
        return Claimed(
            reply.id,
            claim,
            reply.claimed_until,
            reply.to_external_id,
            reply.text,
            reply.key,
            is_first,
            connection,
        )


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is looked at again when a reply is about to leave."""

    session: Session
    reply: Reply
    mention: Mention | None
    connection: Connection | None
    now: datetime


def _deleted(leaving: _Leaving) -> str | None:
    return _DELETED if leaving.mention is None or leaving.mention.gone_at is not None else None


def _lapsed(leaving: _Leaving) -> str | None:
    until = leaving.reply.expires_at
    return _LAPSED if until is not None and until <= leaving.now else None


def _changed(leaving: _Leaving) -> str | None:
    edited = leaving.mention.edited_at if leaving.mention is not None else None
    approved = leaving.reply.approved_at
    return _CHANGED if edited is not None and approved is not None and edited > approved else None


def _disowned(leaving: _Leaving) -> str | None:
    session, reply = leaving.session, leaving.reply
    approver = reply.approved_by or 0
    is_own = approver in hands(session, reply)
    try:
        require_approver(session, brand_id=reply.brand_id, user_id=approver, source=reply.source, is_own=is_own)
    except NotAllowed:
        return _DISOWNED
    return None


def _unconnected(leaving: _Leaving) -> str | None:
    connection = leaving.connection
    if connection is None:
        return _NO_CONNECTION
    if connection.state != ConnectionState.ACTIVE:
        return f"The connection {connection.name} does not work: {connection.state_reason or 'it is paused'}."
    return None


def _forbidden(leaving: _Leaving) -> str | None:
    if leaving.mention is None:
        return _DELETED
    connected = answering(leaving.session, leaving.reply.brand_id)
    verdict = standing(leaving.mention, connected=connected, now=leaving.now)
    return None if verdict.eligible == "api" else verdict.reason


_HINDRANCES: tuple[tuple[str, Callable[[_Leaving], str | None]], ...] = (
    ("refused", _deleted),
    ("turned_back", _lapsed),
    ("turned_back", _changed),
    ("turned_back", _disowned),
    ("refused", _unconnected),
    ("refused", _forbidden),
)
"""What may keep a reply from leaving although it was approved: the move it leads to, and what says why."""


def _hindrance(leaving: _Leaving) -> tuple[str, str] | None:
    """Return what keeps a reply from leaving now, as a move and a sentence; None: nothing."""
    for name, found in _HINDRANCES:
        fault = found(leaving)
        if fault is not None:
            return name, fault
    return None


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a call ended: "sent", "put_off", "refused", "broken", "lost", or "left" to whoever holds the reply now."""

    how: str
    fault: str | None = None
    until: datetime | None = None
    posted: Posted | None = None


_ENDINGS: tuple[tuple[type[SourceError], str], ...] = (
    (OutcomeUnknown, "lost"),
    (QuotaExhausted, "put_off"),
    (TryLater, "put_off"),
    (ConnectionBroken, "broken"),
    (Refused, "refused"),
)


_WITHOUT_EFFECT = frozenset({"put_off", "refused", "broken"})
"""After these it is certain that nothing was published."""


def _call(context: Context, sources: Sources, claimed: Claimed) -> _Ended:
    """Publish, and return how it ended. Holds no session: a platform may take its time."""
    try:
        source = sources.get(claimed.connection)
    except Exception as error:  # noqa: BLE001 -- nothing was asked of the platform yet
        return _ended(error, otherwise="put_off")
    if context.clock() >= claimed.until:
        # This process slept so long that others count it as gone, and may have looked already.
        return _Ended("left")
    try:
        return _Ended("sent", posted=source.reply(claimed.to, claimed.text, key=claimed.key))
    except Exception as error:  # whatever it was: the text may stand
        if not isinstance(error, SourceError):
            logger.exception("reply_call_failed", extra={"reply_id": claimed.reply_id})
        return _ended(error, otherwise="lost")


def _ended(error: Exception, *, otherwise: str) -> _Ended:
    how = next((how for kind, how in _ENDINGS if isinstance(error, kind)), otherwise)
    # What nobody expected may quote texts or secrets: only its kind is told.
    fault = str(error) if isinstance(error, SourceError) else f"it failed unexpectedly ({type(error).__name__})"
    return _Ended(how, fault, getattr(error, "until", None))


def _write(session: Session, reply: Reply, ended: _Ended, now: datetime) -> None:
    """Write how a call ended. A claim may have run out meanwhile: its holder still knows better than whoever looks."""
    was_lost = reply.state == ReplyState.UNKNOWN
    if ended.posted is not None:
        move(session, reply, "sent", now=now, external_id=ended.posted.external_id)
        reply.external_id, reply.url = ended.posted.external_id, ended.posted.url
        reply.sent_at, reply.fault, reply.look_at, reply.looks = now, None, now, 0
    elif ended.how == "put_off":
        move(session, reply, "repeatable" if was_lost else "put_off", now=now, why=ended.fault)
        reply.send_at = max(ended.until or now + _patience(reply.attempts), now)
        reply.fault, reply.look_at = ended.fault, None
    elif ended.how in {"refused", "broken"}:
        move(session, reply, "absent" if was_lost else "refused", now=now, why=ended.fault)
        unapprove(reply, ended.fault)
    elif ended.how == "lost" and not was_lost:
        lose(session, reply, _NO_ANSWER, now=now)


def _note_broken(session: Session, connection_id: int, fault: str | None) -> None:
    connection = session.get(Connection, connection_id, with_for_update=True)
    if connection is not None and connection.state == ConnectionState.ACTIVE:
        connection.state, connection.state_reason = ConnectionState.BROKEN, fault


def _record(context: Context, claimed: Claimed, ended: _Ended) -> None:
    """Write how the call ended, unless somebody settled the reply meanwhile."""
    now = context.clock()
    with context.database.writing() as session:
        reply = session.scalar(
            select(Reply)
            .where(
                Reply.id == claimed.reply_id,
                Reply.claim == claimed.claim,
                Reply.state.in_((ReplyState.SENDING, ReplyState.UNKNOWN)),
            )
            .with_for_update()
        )
        if reply is None:
            logger.warning("reply_settled_by_others", extra={"reply_id": claimed.reply_id})
            return
        _write(session, reply, ended, now)
        if claimed.is_first and ended.how in _WITHOUT_EFFECT:
            reply.called_at = None
        if ended.how == "broken":
            _note_broken(session, claimed.connection.id, ended.fault)
        if reply.state != ReplyState.SENDING:
            reply.claimed_until = None
        if reply.state not in {ReplyState.SENDING, ReplyState.UNKNOWN}:
            reply.claim = None
        state = reply.state
    logger.info("reply_sent" if state == ReplyState.SENT else "reply_not_sent", extra={"reply_id": claimed.reply_id})


def _told(error: Exception) -> str:
    """A sentence for people; what nobody expected may quote texts or secrets, so only its kind is told."""
    return str(error) if isinstance(error, SourceError) else f"sending failed unexpectedly ({type(error).__name__})"


def _patience(attempts: int) -> timedelta:
    """Wait twice as long after every attempt: 15 s, 30 s, … 30 min."""
    doubled: int = 2 ** min(max(attempts - 1, 0), 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)
