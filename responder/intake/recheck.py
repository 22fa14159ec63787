"""Looking again at what we hold, to follow edits and deletions that a search never shows.

A recheck is a poll like any other: claimed, read and settled by the same rules. Its cursor is the place in the watch's
mentions; a round begins again when all were looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from listeners import registry
from listeners.pages import Page
from responder.context import Context
from responder.intake.collect import READING, Sources, read_due
from responder.intake.polls import Claimed
from responder.models import Case, CaseState, Connection, Mention, Poll, WatchMention

EVERY = timedelta(hours=4)
"""How often each watch's mentions are looked at again."""

YOUNGER_THAN = timedelta(days=14)
"""Mentions older than this are left alone."""

STORED_WITHIN = timedelta(hours=48)
"""Younger mentions without an open case are looked at again for this long after they were stored."""

AT_ONCE = 100
_FROM_THE_START = ""


def recheck_due(context: Context, sources: Sources, *, limit: int = 20) -> int:
    """Look again at up to `limit` pages of mentions whose recheck is due; return how many pages."""
    with context.database.writing() as session:
        _add_missing(session, now=context.clock())

    def look(source: Any, claimed: Claimed) -> Page:
        return _look(context, source, claimed)

    return read_due(context, sources, look, abilities=("recheck",), limit=limit, threads=2)


def _look(context: Context, source: Any, claimed: Claimed) -> Page:
    with context.database.reading() as session:
        held = _standing(session, claimed, now=context.clock())
    if not held:
        return Page(cursor=_FROM_THE_START)
    found: Page = source.recheck([external_id for external_id, _, _ in held])
    _, created_at, mention_id = held[-1]
    is_last = len(held) < AT_ONCE
    cursor = _FROM_THE_START if is_last else f"{created_at.isoformat()} {mention_id}"
    return Page(mentions=found.mentions, gone=found.gone, faults=found.faults, cursor=cursor, more=not is_last)


def _standing(session: Session, claimed: Claimed, *, now: datetime) -> list[tuple[str, datetime, int]]:
    """The next mentions worth looking at again: recent, standing, and with an open case or just stored."""
    wanted = (
        select(Mention.external_id, Mention.created_at, Mention.id)
        .join(WatchMention, WatchMention.mention_id == Mention.id)
        .outerjoin(Case, Case.id == Mention.case_id)
        .where(
            WatchMention.watch_id == claimed.watch_id,
            Mention.brand_id == claimed.brand_id,
            Mention.source == claimed.connection.source,
            Mention.gone_at.is_(None),
            Mention.external_id.not_like("sha256:%"),
            Mention.created_at > now - YOUNGER_THAN,
            or_(Case.state != CaseState.RESOLVED, Mention.stored_at > now - STORED_WITHIN),
        )
        .order_by(Mention.created_at, Mention.id)
        .limit(AT_ONCE)
    )
    if claimed.cursor:
        instant, _, mention_id = claimed.cursor.partition(" ")
        place = (datetime.fromisoformat(instant), int(mention_id))
        wanted = wanted.where(tuple_(Mention.created_at, Mention.id) > place)
    return [(row.external_id, row.created_at, row.id) for row in session.execute(wanted)]


def _add_missing(session: Session, *, now: datetime) -> None:
    """Give every watch a recheck of each connection it reads whose source can look again."""
    able = [info.name for info in registry.load().values() if "recheck" in info.abilities]
    same = aliased(Poll)
    missing = session.execute(
        select(Poll.watch_id, Poll.connection_id)
        .join(Connection, Connection.id == Poll.connection_id)
        .where(
            Poll.ability.in_(READING),
            Connection.source.in_(able),
            ~exists().where(
                same.watch_id == Poll.watch_id, same.connection_id == Poll.connection_id, same.ability == "recheck"
            ),
        )
        .distinct()
    ).all()
    if missing:
        session.execute(insert(Poll), [_poll(watch_id, connection_id, now) for watch_id, connection_id in missing])


def _poll(watch_id: int, connection_id: int, now: datetime) -> dict[str, Any]:
    return {
        "watch_id": watch_id,
        "connection_id": connection_id,
        "ability": "recheck",
        "interval_s": EVERY.total_seconds(),
        "due_at": now + EVERY,
        "attempts": 0,
    }
