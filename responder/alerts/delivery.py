"""Delivering alerts, each at most once: claim (commit), call with no session open, record (commit).

An alert whose call may have reached Slack is never sent again by a machine; whoever finds one still `sending` after its
claim ran out makes it `unknown`. Without a webhook alerts wait, and expire when their news is old.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.orm import Session

from responder.alerts.messages import Told, message
from responder.alerts.slack import Ended, Outcome, post
from responder.context import Context
from responder.models import Alert, AlertState, Author, Mention

CLAIM_LASTS = timedelta(minutes=1)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)
AT_ONCE = 20

_CUT_OFF = "Earshot stopped between sending and hearing the answer; the message may have been posted"
_EXPIRED = "nobody could be told in time"
_DELETED = "the post was deleted at its source before it was announced"

_STATES = {
    Outcome.DELIVERED: AlertState.DELIVERED,
    Outcome.REFUSED: AlertState.FAILED,
    Outcome.UNKNOWN: AlertState.UNKNOWN,
    Outcome.LATER: AlertState.DUE,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    alert_id: int
    claim: str
    attempts: int
    told: Told


def deliver_due(context: Context) -> int:
    """Deliver what is due, at most twenty, and return how many were settled one way or another.

    Stops early when Slack cannot be reached or asks for patience; what is left is due later.
    """
    if not _anything_due(context):
        return 0
    settled = _settle_stale(context)
    webhook = context.settings.slack_webhook_url
    if webhook is None:
        return settled
    for _ in range(AT_ONCE):
        claimed = _claim(context)
        if claimed is None:
            break
        now = context.clock()
        ended = post(
            webhook.get_secret_value(),
            message(claimed.told, public_url=context.settings.effective_public_url, now=now),
            now=now,
        )
        _record(context, claimed, ended)
        if ended.outcome is Outcome.LATER:
            break
        settled += 1
    return settled


def _anything_due(context: Context) -> bool:
    """Look without taking the write lock: most of the time there is nothing to do."""
    now = context.clock()
    with context.database.reading() as session:
        pending = Alert.state.in_((AlertState.DUE, AlertState.SENDING))
        found: bool | None = session.scalar(select(exists().where(pending, Alert.due_at <= now)))
        return bool(found) or bool(session.scalar(select(exists().where(pending, Alert.expires_at <= now))))


def _settle_stale(context: Context) -> int:
    """Give up what a crash left behind, and what nobody needs to hear any more."""
    now = context.clock()
    stale = (Alert.state == AlertState.SENDING, Alert.claimed_until <= now)
    expired = (Alert.state == AlertState.DUE, Alert.expires_at <= now)
    with context.database.writing() as session:
        unknown = _set(session, *stale, state=AlertState.UNKNOWN, last_fault=_CUT_OFF, claim=None, claimed_until=None)
        gone = _set(session, *expired, state=AlertState.EXPIRED, last_fault=_EXPIRED)
    if unknown or gone:
        logger.warning("alerts_given_up", extra={"unknown": unknown, "expired": gone})
    return unknown + gone


def _claim(context: Context) -> _Claimed | None:
    """Take the alert that is due longest and read what it tells; None when nothing is due."""
    now = context.clock()
    with context.database.writing() as session:
        while True:
            alert = session.scalar(
                select(Alert)
                .where(Alert.state == AlertState.DUE, Alert.due_at <= now, Alert.expires_at > now)
                .order_by(Alert.due_at, Alert.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if alert is None:
                return None
            told = _told(session, alert)
            if told is not None:
                break
            alert.state, alert.last_fault = AlertState.EXPIRED, _DELETED
            session.flush()
        claim = secrets.token_hex(8)
        alert.state, alert.claim, alert.claimed_until = AlertState.SENDING, claim, now + CLAIM_LASTS
        alert.attempts += 1
        return _Claimed(alert.id, claim, alert.attempts, told)


def _told(session: Session, alert: Alert) -> Told | None:
    found = session.execute(
        select(Mention, Author)
        .outerjoin(Author, Author.id == Mention.author_id)
        .where(Mention.id == alert.mention_id, Mention.gone_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    mention, author = found
    return Told(
        case_id=alert.case_id,
        source=mention.source,
        text=mention.text,
        url=mention.url,
        author_handle=author.handle if author else None,
        author_name=author.name if author else None,
        followers=author.followers if author else None,
        label=mention.label,
        abstained=mention.abstained,
        p_negative=mention.p_negative,
        created_at=mention.created_at,
    )


def _record(context: Context, claimed: _Claimed, ended: Ended) -> None:
    """Write how the call ended, unless the claim ran out meanwhile: then the alert is unknown already, and stays so."""
    now = context.clock()
    values: dict[str, Any] = {
        "state": _STATES[ended.outcome],
        "last_fault": ended.fault,
        "delivered_at": now if ended.outcome is Outcome.DELIVERED else None,
        "claim": None,
        "claimed_until": None,
    }
    ours = (Alert.id == claimed.alert_id, Alert.claim == claimed.claim, Alert.state == AlertState.SENDING)
    with context.database.writing() as session:
        _set(session, *ours, **values)
        if ended.outcome is Outcome.LATER:
            # All wait: they go to the same webhook, which would refuse each of them in turn.
            until = now + (ended.wait or _patience(claimed.attempts))
            _set(session, Alert.state == AlertState.DUE, Alert.due_at < until, due_at=until)
    logger.log(
        logging.INFO if ended.outcome is Outcome.DELIVERED else logging.WARNING,
        "alert_sent",
        extra={"alert_id": claimed.alert_id, "outcome": ended.outcome.value, "fault": ended.fault},
    )


def _patience(attempts: int) -> timedelta:
    """Wait twice as long after every attempt: 5 s, 10 s, … 5 min."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)


def _set(session: Session, *where: Any, **values: Any) -> int:
    done = session.execute(update(Alert).where(*where).values(**values).execution_options(synchronize_session=False))
    return done.rowcount if isinstance(done, CursorResult) else 0
