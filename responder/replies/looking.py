"""Looking whether a reply stands at the platform; only one that was seen live stops a clock.

Looked for are replies whose outcome nobody knows, replies just sent, and texts that a person posts by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from listeners.capabilities import Limits, OwnReplies
from listeners.errors import Gone, SourceError
from listeners.pages import OwnReply
from responder.context import Context
from responder.models import Connection, Reply, ReplyState, Way
from responder.replies import live
from responder.replies.approving import is_place_taken, unapprove
from responder.replies.history import locked, move, note
from responder.replies.places import speaker_on
from responder.replies.sending import Sources
from responder.replies.states import STANDING

AT_ONCE = 20
LEASE = timedelta(minutes=1)
"""For how long a reply that is being looked for is left to whoever does."""

WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 300, 900, 3_600))
"""How long to wait after the first look, the second …; after the last always that long."""

ABSENT_AFTER = 5
"""So many looks in twenty minutes that do not find it, and a reply whose outcome nobody knew counts as not sent."""

GIVE_UP_AFTER = timedelta(days=1)
"""A reply that the platform took and that is not seen for so long is told to a person."""

SKEW = timedelta(minutes=2)
"""By how much the platform's clock and ours may differ."""

_ABSENT = "{platform} does not show this reply. If it is not there, have it checked and approve it again."
_DOUBLED = "This reply stands after all, beside another of ours. Delete one of them on the platform."
_OTHER = "Another answer of ours stands under the post. Look there before you say more."
_UNSEEN = "{platform} took this reply but has not shown it for a day. Look whether it was hidden there."
_NOT_POSTED = "Nobody saw this answer on {platform} within a week. Post it, or drop it."
_BLIND = "Earshot cannot look on {platform}. Look there, then say whether the reply stands."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A reply to look for. `since`: it cannot have been posted before; `taken`: other answers of ours there."""

    reply_id: int
    state: str
    way: str
    to: str
    text: str
    key: str
    since: datetime
    external_id: str | None
    taken: frozenset[str]
    connection: Connection | None


def look_due(context: Context, sources: Sources, *, only: int | None = None) -> int:
    """Look for what is due, at most twenty, and return how many looks were taken. `only`: this reply alone."""
    now = context.clock()
    with context.database.reading() as session:
        if not session.scalar(select(exists().where(Reply.look_at <= now))):
            return 0
    done = 0
    for _ in range(AT_ONCE):
        sought = _take(context, only)
        if sought is None:
            break
        done += 1
        _settle(context, sought, _read(sources, sought))
        if only is not None:
            break
    return done


def find(found: Sequence[OwnReply], sought: Sought) -> OwnReply | None:
    """Return which of our answers under the post is the one sought; None: none of them.

    What carries its key or its id is it. Else it must be no other reply's and say the same, whatever the time: a clock
    may be wrong. One posted by hand may say anything, since people change what they copy, but must be new.
    """
    for own in found:
        if own.under_key or (sought.external_id is not None and own.external_id == sought.external_id):
            return own
    if sought.external_id is not None:
        return None
    if sought.way == Way.BY_HAND:
        return next((own for own in reversed(found) if is_new(own, sought)), None)
    return next((own for own in found if own.external_id not in sought.taken and own.says(sought.text)), None)


def is_new(own: OwnReply, sought: Sought) -> bool:
    """Tell whether an answer may be the one sought: not another reply's, and not older than it."""
    if own.external_id in sought.taken:
        return False
    return own.created_at is None or own.created_at >= sought.since - SKEW


def is_repeatable(limits: Limits, called_at: datetime | None, now: datetime) -> bool:
    """Tell whether the same key may be sent again without posting twice."""
    if limits.key_lasts is None or called_at is None:
        return False
    return limits.key_lasts == timedelta.max or now - called_at < limits.key_lasts


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look showed. `found` None: the platform could not be asked now; `limits` None: it never can be."""

    found: Sequence[OwnReply] | None
    limits: Limits | None = None
    fault: str | None = None


def _take(context: Context, only: int | None) -> Sought | None:
    now = context.clock()
    due = select(Reply).where(Reply.look_at <= now).order_by(Reply.look_at, Reply.id).limit(1)
    if only is not None:
        due = due.where(Reply.id == only)
    with context.database.writing() as session:
        reply = session.scalar(due.with_for_update(skip_locked=True))
        if reply is None:
            return None
        reply.look_at = now + LEASE
        reply.looks += 1
        connection = _connection(session, reply)
        session.flush()
        if connection is not None:
            session.expunge(connection)
        return Sought(
            reply_id=reply.id,
            state=reply.state,
            way=reply.way,
            to=reply.to_external_id,
            text=reply.text,
            key=reply.key,
            since=reply.called_at or reply.approved_at or reply.created_at,
            external_id=reply.external_id,
            taken=_taken(session, reply),
            connection=connection,
        )


def _connection(session: Session, reply: Reply) -> Connection | None:
    if reply.connection_id is not None:
        return session.get(Connection, reply.connection_id)
    try:
        return speaker_on(session, brand_id=reply.brand_id, source=reply.source, connection_id=None)
    except Exception:  # noqa: BLE001 -- several accounts could have spoken: no machine knows whose answers to read
        return None


def _taken(session: Session, reply: Reply) -> frozenset[str]:
    others = select(Reply.external_id).where(
        Reply.brand_id == reply.brand_id,
        Reply.source == reply.source,
        Reply.to_external_id == reply.to_external_id,
        Reply.id != reply.id,
        Reply.external_id.is_not(None),
    )
    return frozenset(external_id for external_id in session.scalars(others) if external_id is not None)


def _read(sources: Sources, sought: Sought) -> _Seen:
    if sought.connection is None:
        return _Seen(None)
    try:
        source = sources.get(sought.connection)
        if not isinstance(source, OwnReplies):
            return _Seen(None)
        return _Seen(source.own_replies(sought.to, key=sought.key), _limits(sources, sought))
    except Gone:
        return _Seen((), _limits(sources, sought))  # with the post its answers are gone
    except SourceError as error:
        return _Seen(None, _limits(sources, sought), str(error))
    except Exception:
        logger.exception("reply_look_failed", extra={"reply_id": sought.reply_id})
        return _Seen(None, _limits(sources, sought), "looking failed unexpectedly, see the log")


def _limits(sources: Sources, sought: Sought) -> Limits | None:
    try:
        found: Limits = sources.get(sought.connection).limits  # type: ignore[arg-type]
    except SourceError:
        return None
    return found


def _settle(context: Context, sought: Sought, seen: _Seen) -> None:
    now = context.clock()
    with context.database.writing() as session:
        reply = _held(session, sought)
        if reply is None:
            return
        reply.look_at = now + WAITS[min(reply.looks, len(WAITS)) - 1]
        own = find(seen.found, sought) if seen.found is not None else None
        if own is not None:
            _is_there(session, reply, own, now)
        elif reply.state == ReplyState.UNKNOWN:
            _is_not_there(session, reply, sought, seen, now)
        elif reply.state == ReplyState.SENT:
            _is_not_seen(session, reply, now)
        elif reply.state == ReplyState.APPROVED:
            _is_not_posted(session, reply, seen, now)
        elif now - sought.since >= GIVE_UP_AFTER:
            reply.look_at = None  # counted as not sent, and never shown since


def _held(session: Session, sought: Sought) -> Reply | None:
    """Return the reply if it still is what was looked for, holding its case and it."""
    brand_id = session.scalar(select(Reply.brand_id).where(Reply.id == sought.reply_id))
    if brand_id is None:
        return None
    reply = locked(session, brand_id=brand_id, reply_id=sought.reply_id)
    is_same = reply.state == sought.state and reply.look_at is not None and reply.external_id == sought.external_id
    return reply if is_same else None


def _is_there(session: Session, reply: Reply, own: OwnReply, now: datetime) -> None:
    if reply.state not in STANDING and is_place_taken(session, reply):
        reply.look_at, reply.fault, reply.external_id = None, _DOUBLED, own.external_id
        note(session, reply, "doubled", now=now, external_id=own.external_id)
        return
    if reply.state != ReplyState.SENT:
        move(session, reply, "found", now=now, external_id=own.external_id)
        reply.sent_at = own.created_at or now
    reply.external_id, reply.url = own.external_id, own.url or reply.url
    reply.claim = reply.claimed_until = reply.look_at = reply.fault = None
    reply.seen_at = now
    note(session, reply, "seen", now=now)
    live.answered(session, reply, now=now)


def _is_not_there(session: Session, reply: Reply, sought: Sought, seen: _Seen, now: datetime) -> None:
    """Nobody knew whether it left, and it is not to be seen: send the same key again, wait, or leave it to a person."""
    platform = live.title(reply.source)
    if seen.limits is None:
        # Nobody can look: it stays unknown, and a person says what they see.
        reply.look_at, reply.fault = None, _BLIND.format(platform=platform)
        return
    others = [own for own in seen.found or () if is_new(own, sought)]
    if is_repeatable(seen.limits, reply.called_at, now) and not others:
        if seen.found is not None:
            move(session, reply, "repeatable", now=now)
            reply.send_at, reply.look_at, reply.claim, reply.claimed_until = now, None, None, None
        return
    if seen.found is None:
        reply.looks -= 1  # a look that showed nothing does not count
        return
    if reply.looks >= ABSENT_AFTER or others:
        fault = _OTHER if others else _ABSENT.format(platform=platform)
        move(session, reply, "absent", now=now, why=fault)
        unapprove(reply, fault)
        reply.claim = reply.claimed_until = None
        reply.look_at = now + WAITS[-1]  # a platform may show late what it took


def _is_not_seen(session: Session, reply: Reply, now: datetime) -> None:
    if reply.sent_at is not None and now - reply.sent_at >= GIVE_UP_AFTER:
        reply.look_at, reply.fault = None, _UNSEEN.format(platform=live.title(reply.source))
        note(session, reply, "not_seen", now=now)


def _is_not_posted(session: Session, reply: Reply, seen: _Seen, now: datetime) -> None:
    platform = live.title(reply.source)
    if seen.limits is None:
        reply.look_at, reply.fault = None, _BLIND.format(platform=platform)
        return
    if reply.expires_at is not None and reply.expires_at <= now:
        fault = _NOT_POSTED.format(platform=platform)
        move(session, reply, "turned_back", now=now, why=fault)
        unapprove(reply, fault)
        return
    reply.look_at = now + min(seen.limits.poll_every, WAITS[2])
