"""Taking stock of a brand's people: count their habits again, see how those of each platform stand, place each anew.

New mentions keep the counters right in between; what changes without a mention (re-shares, followers, the passing of
time, what others do) is caught up with here. Each function does one piece in one transaction of the caller's, so that
nobody waits long for the brand's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from responder.models import Author, Mention, Sharer, SharerFlag, SharerReference, StockTaking, Telling
from responder.sharers import habits, kept
from responder.sharers.calibration import learned
from responder.sharers.census import PARTS, People, take
from responder.sharers.kept import KEPT_FOR
from responder.sharers.kinds import Kind
from responder.sharers.placing import AUTHOR, account_of
from responder.sharers.profiles import count_again, tally_of
from responder.sharers.reference import Reference, borrowed_for

AGAIN_AFTER = timedelta(hours=20)
"""How old the figures of a brand's people may become."""

GROWN = 2
FEWEST = 10
"""A brand that has just begun is looked at again when its people have doubled, from so many on."""

_READ = and_(Mention.scored_at.is_not(None), Mention.gone_at.is_(None))

SEEN_WITHIN = timedelta(days=180)
"""People heard of longer ago do not count among a platform's people."""

SPREAD_WITHIN = timedelta(days=30)


def is_due(session: Session, brand_id: int, *, now: datetime) -> bool:
    """Whether stock was taken longer ago than a night, or ahead (a clock was set back), or people doubled since."""
    last = session.get(StockTaking, brand_id)
    if last is None:
        told = exists().where(Mention.brand_id == brand_id, Mention.author_id.is_not(None), _READ)
        return session.scalar(select(told)) or False
    if not timedelta() <= now - last.at < AGAIN_AFTER:
        return True
    counted = select(func.count()).select_from(Sharer).where(*_among_people(brand_id, now))
    return (session.scalar(counted) or 0) > GROWN * max(last.people, FEWEST)


def uncounted(session: Session, brand_id: int, *, above: int, limit: int, now: datetime) -> Sequence[int]:
    """Return mentions, by rising id, that were read before habits were counted, and are not too old to be kept."""
    counted = exists().where(Telling.mention_id == Mention.id)
    return session.scalars(
        select(Mention.id)
        .where(
            Mention.brand_id == brand_id,
            Mention.id > above,
            Mention.created_at >= now - KEPT_FOR,
            _READ,
            Mention.author_id.is_not(None),
            ~counted,
        )
        .order_by(Mention.id)
        .limit(limit)
    ).all()


def forget_old(session: Session, brand_id: int, *, now: datetime) -> int:
    """Remove what was told more than thirteen months ago, and who stood where then; return how much was told."""
    session.execute(
        delete(SharerFlag).where(SharerFlag.brand_id == brand_id, SharerFlag.month < _month(now - KEPT_FOR))
    )
    gone = session.execute(
        delete(Telling).where(Telling.brand_id == brand_id, Telling.at < now - KEPT_FOR).returning(Telling.mention_id)
    )
    return len(gone.all())


def people_of(session: Session, brand_id: int, *, above: int, limit: int) -> Sequence[int]:
    """Return the authors of a brand whose habits are kept, by rising id."""
    wanted = select(Sharer.author_id).where(Sharer.brand_id == brand_id, Sharer.author_id > above)
    return session.scalars(wanted.order_by(Sharer.author_id).limit(limit)).all()


def look_again(session: Session, brand_id: int, author_ids: Sequence[int], *, now: datetime) -> set[int]:
    """Bring what these authors told up to date (how often it was passed on, who said it first) and count it again.

    Return whose place or badge that changed.
    """
    kept.look_again(session, brand_id, author_ids)
    return count_again(session, brand_id, set(author_ids), now=now)


def take_census(session: Session, brand_id: int, *, now: datetime) -> None:
    """Store how the people of each of a brand's platforms stand now, and what a standing meant in earlier months."""
    rows: dict[str, list[Any]] = {}
    for row in session.execute(
        select(Sharer.__table__, *AUTHOR)
        .join(Author, Author.id == Sharer.author_id)
        .where(*_among_people(brand_id, now))
    ):
        rows.setdefault(row.source, []).append(row)
    spreads, chances = _spreads(session, brand_id, now), learned(session, brand_id, now=now)
    for source, theirs in rows.items():
        found = take(_people(theirs, source, now), spread=spreads.get(source))
        _store(session, brand_id, source, replace(found, calibration=chances.get(source)), now)
    taken: dict[str, Any] = {"at": now, "people": sum(map(len, rows.values()))}
    _put(session, StockTaking, {"brand_id": brand_id}, taken)


def note_month(session: Session, brand_id: int, *, now: datetime) -> None:
    """Keep, once a month, who stands where: what was claimed is compared with what they then do."""
    month = _month(now)
    if session.scalar(select(exists().where(SharerFlag.brand_id == brand_id, SharerFlag.month == month))):
        return
    standing = select(
        Sharer.author_id,
        literal(month),
        Sharer.brand_id,
        Sharer.percentile,
        Sharer.badge,
        literal(now, SharerFlag.noted_at.type),
    ).where(*_among_people(brand_id, now), Sharer.percentile.is_not(None))
    names = ["author_id", "month", "brand_id", "score", "badge", "noted_at"]
    session.execute(insert(SharerFlag).from_select(names, standing))


def _among_people(brand_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions by which somebody counts among the people of their platform."""
    return Sharer.brand_id == brand_id, Sharer.kind == Kind.PERSON, Sharer.last_at >= now - SEEN_WITHIN


def _month(at: datetime) -> int:
    return at.year * 100 + at.month


def _spreads(session: Session, brand_id: int, now: datetime) -> dict[str, float]:
    """Return re-shares and replies a telling gets on average, by source, of the last thirty days."""
    got = func.coalesce(Mention.reposts, 0) + func.coalesce(Mention.replies, 0)
    rows = session.execute(
        select(Mention.source, func.avg(got))
        .where(
            Mention.brand_id == brand_id,
            Mention.created_at >= now - SPREAD_WITHIN,
            or_(Mention.reposts.is_not(None), Mention.replies.is_not(None)),
        )
        .group_by(Mention.source)
    )
    return {source: float(mean) for source, mean in rows}


def _people(rows: Sequence[Any], source: str, now: datetime) -> People:
    accounts = [account_of(tally_of(row), row, row, now=now) for row in rows]
    factor = borrowed_for(source).carry_factor
    values: dict[str, list[float | None]] = {
        "telling": [habits.telling_days(account.weight, now) for account in accounts],
        "reputation": [habits.reputation_of(account) for account in accounts],
        "carry": [habits.carry_of(account, factor) for account in accounts],
        "rate": [habits.rate_of(account) for account in accounts],
    }
    return People(
        values={part: _array(values[part]) for part in PARTS},
        days=np.array([account.days for account in accounts]),
        originality=_array([account.own_words / max(account.tellings, 1) for account in accounts]),
        later=_array([habits.days_since_met(account.weight, account.first_at, now) for account in accounts]),
        exposure=_array([habits.exposure(account.first_at, now) for account in accounts]),
        reshared=_array([account.reshared for account in accounts]),
        expected=_array([account.expected for account in accounts]),
    )


def _array(values: Iterable[float | None]) -> Any:
    return np.array(list(values), dtype=float)


def _store(session: Session, brand_id: int, source: str, found: Reference, now: datetime) -> None:
    columns: dict[str, Any] = {"people": found.people, "figures": found.to_dict(), "computed_at": now}
    _put(session, SharerReference, {"brand_id": brand_id, "source": source}, columns)


def _put(session: Session, table: Any, key: dict[str, Any], columns: dict[str, Any]) -> None:
    """Insert a row, or replace the columns of the one with this key."""
    insertion = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insertion(table).values(**key, **columns)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=columns))
