"""Polls as due rows: claiming one for a while, and settling what came of reading it.

Whoever settles must still hold the claim, so that a worker that was thought dead neither moves a cursor nor stores a
page twice over. Reading the platforms is left to `responder.intake.collect`.
"""

from __future__ import annotations

import logging
import random
import secrets
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from listeners import registry
from listeners.errors import ConnectionBroken, QuotaExhausted, RateLimited, Refused, SourceError
from listeners.pacing import backoff
from listeners.pages import Page
from responder.context import Context
from responder.intake.store import Stored, store_page
from responder.models import Connection, ConnectionState, Gap, Poll, Watch

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
"""How long a claim lasts: longer than one page takes, short enough that a crash is caught up with."""

REFUSED_WAIT = timedelta(hours=6)
"""How long a poll waits whose platform said no: it will say no again until a person mends something."""

LONGEST_RATE_LIMIT = timedelta(days=1)
LONGEST_QUOTA = timedelta(days=32)
_MAX_FAULT = 500
_RNG = random.Random()  # noqa: S311 — spreads retries in time, guards nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A poll that is ours until its lease ends. `connection` is a row without a session."""

    poll_id: int
    claim: str
    ability: str
    cursor: str | None
    attempts: int
    watch_id: int
    brand_id: int
    query: dict[str, Any] | None
    connection: Connection


def claim_due(
    context: Context,
    *,
    abilities: Sequence[str],
    busy: Collection[int],
    limit: int,
    watch_id: int | None = None,
) -> list[Claimed]:
    """Claim up to `limit` due polls, longest due first, at most one of each connection and none of the `busy` ones.

    `watch_id` None: those of every watch. Claiming paces the connection: the next claim has to wait as long as the
    source's limits say.
    """
    now = context.clock()
    due = _due(abilities, busy, now).limit(1)
    if watch_id is not None:
        due = due.where(Poll.watch_id == watch_id)
    with context.database.reading() as session:
        if session.execute(due).first() is None:
            return []
    claimed: list[Claimed] = []
    with context.database.writing() as session:
        while len(claimed) < limit:
            found = session.execute(due.with_for_update(of=(Poll, Connection), skip_locked=True)).first()
            if found is None:
                break
            poll, connection, watch = found
            poll.claim, poll.claimed_until = secrets.token_hex(16), now + LEASE
            connection.held_until = now + _pace(connection.source)
            session.flush()
            claimed.append(_claimed(poll, connection, watch))
    return claimed


def settle(context: Context, claimed: Claimed, page: Page) -> Stored | None:
    """Store a page and move its poll's cursor, both or neither. None: the claim was lost, and nothing was stored."""
    now = context.clock()
    with context.database.writing() as session:
        poll = _hold(session, claimed)
        if poll is None:
            logger.info("claim_lost", extra={"poll_id": claimed.poll_id})
            return None
        stored = store_page(
            session,
            brand_id=claimed.brand_id,
            watch_ids=(claimed.watch_id,),
            page=page,
            now=now,
            source=claimed.connection.source,
        )
        moved = page.cursor is not None and page.cursor != poll.cursor
        if page.cursor is not None:
            poll.cursor = page.cursor
        # A source that says "more" without moving on would be asked for ever.
        poll.due_at = now if page.more and moved else now + timedelta(seconds=poll.interval_s)
        poll.claim = poll.claimed_until = None
        poll.attempts = 0
        note_reading(session, poll, page, now=now)
    logger.info(
        "page_stored",
        extra={"poll_id": claimed.poll_id, "new": stored.new, "changed": stored.changed, "gone": stored.gone},
    )
    return stored


def note_reading(session: Session, poll: Poll, page: Page, *, now: datetime) -> None:
    """Note on a poll how its reading went: when, whether anything came, what could not be read, what was missed."""
    poll.last_read_at = now
    if page.mentions:
        poll.last_mention_at = now
    poll.last_fault, poll.last_fault_at = None, None
    if page.faults:
        first, count = page.faults[0], len(page.faults)
        told = f"{count} item{'s' * (count > 1)} could not be read; {first.where}: {first.why}"
        poll.last_fault, poll.last_fault_at = told[:_MAX_FAULT], now
    if page.gap is not None:
        gap = page.gap
        session.add(Gap(poll_id=poll.id, after=gap.after, before=gap.before, why=gap.why[:_MAX_FAULT], found_at=now))


def set_back(context: Context, claimed: Claimed, error: Exception) -> None:
    """Settle a reading that failed: what is wrong is shown, and the poll waits as long as the error says."""
    now = context.clock()
    setback = setback_of(error, attempts=claimed.attempts + 1, now=now)
    logger.warning("poll_failed", extra={"poll_id": claimed.poll_id, "error": type(error).__name__, **_where(error)})
    with context.database.writing() as session:
        poll = _hold(session, claimed)
        if poll is None:
            return
        poll.claim = poll.claimed_until = None
        poll.attempts = claimed.attempts + 1
        poll.due_at = setback.due_at
        poll.last_fault, poll.last_fault_at = setback.fault[:_MAX_FAULT], now
        connection = session.get(Connection, claimed.connection.id, with_for_update=True)
        if connection is None:
            return
        if setback.is_held:
            connection.held_until = max(setback.due_at, connection.held_until or setback.due_at)
        if setback.is_broken and connection.state == ConnectionState.ACTIVE:
            connection.state, connection.state_reason = ConnectionState.BROKEN, setback.fault[:_MAX_FAULT]


@dataclass(frozen=True, slots=True)
class Setback:
    """What a failed reading leads to. `is_held`: the whole connection waits; `is_broken`: until an admin mends it."""

    due_at: datetime
    fault: str
    is_held: bool = False
    is_broken: bool = False


def setback_of(error: Exception, *, attempts: int, now: datetime) -> Setback:
    """Return what an error of a source leads to; anything unexpected counts as the platform being unavailable.

    `attempts` counts the failures in a row, this one included.
    """
    later = now + backoff(attempts, _RNG)
    fault = str(error)
    if isinstance(error, RateLimited):
        return Setback(_within(error.until or later, now, LONGEST_RATE_LIMIT), fault, is_held=True)
    if isinstance(error, QuotaExhausted):
        return Setback(_within(error.until or now + REFUSED_WAIT, now, LONGEST_QUOTA), fault, is_held=True)
    if isinstance(error, ConnectionBroken):
        return Setback(now, fault, is_broken=True)
    if isinstance(error, Refused):
        return Setback(now + REFUSED_WAIT, fault)
    if isinstance(error, SourceError):
        return Setback(later, fault)
    return Setback(later, f"reading failed unexpectedly ({type(error).__name__}); it is tried again, see the log")


def _where(error: Exception) -> dict[str, str]:
    """Where an error nobody expected came from: the frames alone, since a message may quote texts or secrets."""
    if isinstance(error, SourceError):
        return {}
    return {"frames": "".join(traceback.format_tb(error.__traceback__))}


def _within(until: datetime, now: datetime, longest: timedelta) -> datetime:
    """A platform's wrong date must not silence a connection for years."""
    return min(max(until, now), now + longest)


def _due(abilities: Sequence[str], busy: Collection[int], now: datetime) -> Select[Poll, Connection, Watch]:
    return (
        select(Poll, Connection, Watch)
        .join(Connection, Connection.id == Poll.connection_id)
        .join(Watch, Watch.id == Poll.watch_id)
        .where(
            Poll.due_at <= now,
            Poll.ability.in_(abilities),
            (Poll.claimed_until.is_(None)) | (Poll.claimed_until <= now),
            Watch.paused_at.is_(None),
            Connection.state == ConnectionState.ACTIVE,
            (Connection.held_until.is_(None)) | (Connection.held_until <= now),
            Connection.id.not_in(busy),
        )
        .order_by(Poll.due_at, Poll.id)
    )


@cache
def _pace(source: str) -> timedelta:
    """How long a connection rests between two readings. Kept, because looking for plug-ins reads the disk."""
    info = registry.load().get(source)
    return timedelta(minutes=1 / info.limits.calls_per_minute) if info is not None else timedelta(0)


def _claimed(poll: Poll, connection: Connection, watch: Watch) -> Claimed:
    return Claimed(
        poll_id=poll.id,
        claim=str(poll.claim),
        ability=poll.ability,
        cursor=poll.cursor or None,
        attempts=poll.attempts,
        watch_id=watch.id,
        brand_id=watch.brand_id,
        query=watch.query,
        connection=connection,
    )


def _hold(session: Session, claimed: Claimed) -> Poll | None:
    """Return the poll, locked, if the claim is still ours."""
    return session.scalar(select(Poll).where(Poll.id == claimed.poll_id, Poll.claim == claimed.claim).with_for_update())
