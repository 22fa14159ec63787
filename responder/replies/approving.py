"""Letting a reply leave: who may, whether it still may, and the seconds in which it can be called back.

A refusal says what changed. What merely makes one think twice (news in the case, findings of the check) is refused
until it is said that it may leave all the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from responder.eligibility.storing import answering, standing
from responder.errors import Conflict
from responder.models import Mention, Reply, Way
from responder.replies.history import locked, move
from responder.replies.rights import require_approver, require_writer
from responder.replies.states import STANDING
from responder.replies.writing import hands, has_news
from responder.settings import Sending

UNDO = timedelta(seconds=30)
"""How long an approved reply waits, so that its approver can call it back."""

APPROVAL_LASTS = timedelta(hours=12)
"""After this an approval lapses: what was right in the morning may be wrong at night."""

LOOK_BY_HAND = timedelta(days=7)
"""How long a reply posted by hand is looked for."""

SENDING_IS_OFF = (
    "Sending is off, so nothing leaves by itself. Set EARSHOT_SENDING=on, or copy the text and post it by hand."
)


def approve(
    session: Session,
    *,
    brand_id: int,
    reply_id: int,
    user_id: int,
    sending: Sending,
    now: datetime,
    by_hand: bool = False,
    anyway: bool = False,
) -> Reply:
    """Approve a checked reply: it leaves when `UNDO` is over, or, `by_hand`, is looked for until it is seen live.

    `anyway` lets it leave although the case has news or the check found something.

    Raises NotFound, NotAllowed (no right to, or not for one's own words), and Conflict: it is not checked, another
    reply stands under the mention, the post is gone or may not be answered this way, sending is off, or something makes
    one think twice.
    """
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    is_own = user_id in hands(session, reply)
    require_approver(session, brand_id=brand_id, user_id=user_id, source=reply.source, is_own=is_own)
    way = Way.BY_HAND if by_hand else Way.API
    _require_answerable(session, reply, way, now)
    if way is Way.API and sending is Sending.OFF:
        raise Conflict(SENDING_IS_OFF)
    if not anyway:
        _require_second_thought(session, reply)
    _take_place(session, reply, way=way, user_id=user_id, now=now)
    reply.way, reply.approved_by, reply.approved_at, reply.fault = way, user_id, now, None
    reply.send_at = now + UNDO if way is Way.API else None
    reply.expires_at = now + (APPROVAL_LASTS if way is Way.API else LOOK_BY_HAND)
    reply.look_at, reply.looks = (None, 0) if way is Way.API else (now, 0)
    session.flush()
    return reply


def withdraw(session: Session, *, brand_id: int, reply_id: int, user_id: int, now: datetime) -> Reply:
    """Call an approved reply back before it left. Raises NotFound, NotAllowed, and Conflict once it is leaving."""
    reply = locked(session, brand_id=brand_id, reply_id=reply_id)
    require_writer(session, brand_id=brand_id, user_id=user_id, source=reply.source)
    move(session, reply, "withdrawn", now=now, user_id=user_id)
    unapprove(reply)
    session.flush()
    return reply


def unapprove(reply: Reply, fault: str | None = None) -> None:
    """Empty what an approval had set; `fault` says why it must be given anew."""
    reply.approved_by = reply.approved_at = reply.send_at = reply.expires_at = reply.look_at = None
    reply.fault = fault


def is_place_taken(session: Session, reply: Reply) -> bool:
    """Tell whether another reply stands under the same mention, or is on its way there."""
    taken = select(Reply.id).where(
        Reply.mention_id == reply.mention_id, Reply.state.in_(STANDING), Reply.id != reply.id
    )
    return session.scalar(taken.limit(1)) is not None


def _require_answerable(session: Session, reply: Reply, way: Way, now: datetime) -> None:
    mention = session.get(Mention, reply.mention_id) if reply.mention_id is not None else None
    if mention is None:
        raise Conflict("The post this answers is no longer known here; there is nothing left to answer.")
    found = standing(mention, connected=answering(session, reply.brand_id), now=now)
    if found.eligible == "no" or (found.eligible == "by_hand" and way is Way.API):
        raise Conflict(found.reason)


def _require_second_thought(session: Session, reply: Reply) -> None:
    if has_news(session, reply):
        raise Conflict("Something new arrived in this case since the reply was written. Read it, then approve again.")
    if reply.findings:
        count = len(reply.findings)
        raise Conflict(f"The check has {count} thing{'s' * (count > 1)} to mend. Mend the text, or approve it anyway.")
    if reply.called_at is not None:
        raise Conflict(
            "This text may have left before. Look at the thread, and approve it again only if it is not there."
        )


def _take_place(session: Session, reply: Reply, *, way: Way, user_id: int, now: datetime) -> None:
    if is_place_taken(session, reply):
        raise Conflict("Another reply stands under this post already, or is on its way. Look at it first.")
    try:
        with session.begin_nested():
            move(session, reply, "approved", now=now, user_id=user_id, way=way.value)
    except IntegrityError as error:  # somebody was faster in the same instant: the database decides
        raise Conflict("A colleague just approved another reply to this post. Look at it first.") from error
