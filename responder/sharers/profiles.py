"""Counting mentions into their authors' habits as they are scored: a new one changes its author in O(1).

What is counted lies in `tellings`, a row for each mention, so nothing is counted twice and all of it can be counted
again. Our own accounts and whoever objected are not counted. Call under the brand's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from responder.accounts.ours import is_ours, our_accounts
from responder.models import Author, Mention, Sharer, SharerReference, Telling
from responder.sharers.habits import day_of
from responder.sharers.kept import days_told, keep, withdraw
from responder.sharers.objections import may_be_counted
from responder.sharers.placing import AUTHOR, MADE, made_of
from responder.sharers.reference import EMPTY, Reference
from responder.sharers.tally import Tally, is_fresh, tallied

_SHARERS: Any = Sharer.__table__

COUNTERS = tuple(each.name for each in fields(Tally))
_UPDATE = (
    update(_SHARERS)
    .where(_SHARERS.c.author_id == bindparam("whose"))
    .values({name: bindparam(name) for name in (*COUNTERS, *MADE)})
)


def profile(session: Session, mention_ids: Sequence[int], *, brand_id: int, secret: str, now: datetime) -> None:
    """Count these live mentions, again where they were counted before, and place their authors anew."""
    heard = _heard(session, mention_ids, brand_id=brand_id, secret=secret)
    if not heard:
        return
    again = withdraw(session, [row.id for row in heard])
    whose = {row.author_id: row for row in heard}
    told_on = days_told(session, whose, {day_of(row.created_at) for row in heard})
    tallies = {author_id: tally_of(row) for author_id, row in _held(session, whose.keys() - again).items()}
    for told in keep(session, heard, brand_id):
        author_id = told.author_id
        if author_id in again:
            continue
        tally = tallies.setdefault(author_id, Tally(first_at=told.at, last_at=told.at))
        tally.add(told, followers=whose[author_id].followers, is_new_day=told.day not in told_on[author_id])
        if is_fresh(told):
            told_on[author_id].add(told.day)
    _write(session, brand_id, tallies, whose, now=now)
    if again:
        count_again(session, brand_id, again, now=now)


def forget(session: Session, brand_id: int, mention_ids: Sequence[int], *, now: datetime) -> None:
    """Count these mentions no more: their texts are gone."""
    if authors := withdraw(session, mention_ids):
        count_again(session, brand_id, authors, now=now)


def count_again(session: Session, brand_id: int, author_ids: Collection[int], *, now: datetime) -> set[int]:
    """Count all tellings of these authors again and place them anew; return whose place or badge that changed.

    Who is left without a telling has no habits any more; but what people of the team said they are is kept.
    """
    whose = {row.author_id: row for row in _authors(session, author_ids)}
    rows = session.execute(
        select(Telling.__table__).where(Telling.author_id.in_(author_ids)).order_by(Telling.author_id)
    )
    tallies = {
        author_id: tallied(told, followers=whose[author_id].followers)
        for author_id, told in groupby(rows, key=attrgetter("author_id"))
    }
    nothing_left = set(author_ids) - tallies.keys()
    of_those = _SHARERS.c.author_id.in_(nothing_left)
    session.execute(delete(_SHARERS).where(of_those, _SHARERS.c.kind_by.is_(None)))
    for row in session.execute(select(_SHARERS.c.author_id, _SHARERS.c.first_at, _SHARERS.c.last_at).where(of_those)):
        tallies[row.author_id] = Tally(first_at=row.first_at, last_at=row.last_at)
    return nothing_left | _write(session, brand_id, tallies, whose, now=now)


def tally_of(row: Any) -> Tally:
    """Return the counters of a row of `sharers`."""
    return Tally(**{name: getattr(row, name) for name in COUNTERS})


def references(session: Session, brand_id: int) -> Mapping[str, Reference]:
    """Return how the people of each of a brand's platforms stand, as of the last night; a missing one is empty."""
    rows = session.execute(
        select(SharerReference.source, SharerReference.figures).where(SharerReference.brand_id == brand_id)
    )
    return defaultdict(lambda: EMPTY, {row.source: Reference.from_dict(row.figures) for row in rows})


def _heard(session: Session, mention_ids: Sequence[int], *, brand_id: int, secret: str) -> list[Row[Any]]:
    """Return the live mentions whose author we know and may count, oldest first, with that author's profile.

    Of who may be scored again, only what was said since then.
    """
    rows = session.execute(
        select(
            Mention.id,
            Mention.author_id,
            Mention.created_at,
            Mention.text,
            Mention.is_repost,
            Mention.reposts,
            *AUTHOR,
        )
        .join(Author, Author.id == Mention.author_id)
        .where(Mention.id.in_(mention_ids), Mention.gone_at.is_(None))
        .order_by(Mention.created_at, Mention.id)
    ).all()
    if not rows:
        return []
    ours = our_accounts(session, brand_id)
    counted_from = may_be_counted(session, brand_id, secret, {(row.source, row.external_id) for row in rows})
    return [
        row
        for row in rows
        if not is_ours((row.external_id, row.handle), ours)
        and counted_from((row.source, row.external_id), row.created_at)
    ]


def _held(session: Session, author_ids: Iterable[int]) -> dict[int, Any]:
    rows = session.execute(select(_SHARERS).where(_SHARERS.c.author_id.in_(author_ids)))
    return {row.author_id: row for row in rows}


def _authors(session: Session, author_ids: Iterable[int]) -> Sequence[Any]:
    return session.execute(select(Author.id.label("author_id"), *AUTHOR).where(Author.id.in_(author_ids))).all()


def _write(
    session: Session, brand_id: int, tallies: Mapping[int, Tally], whose: Mapping[int, Any], *, now: datetime
) -> set[int]:
    """Store these counters and what is made of them; return whose place or badge that changed."""
    known = references(session, brand_id)
    held = _held(session, tallies)
    new, changed, moved = [], [], set()
    for author_id, tally in tallies.items():
        author, row = whose[author_id], held.get(author_id)
        columns = {**tally.columns(), **made_of(tally, author, row, own=known[author.source], now=now)}
        if row is None or (row.percentile, row.badge) != (columns["percentile"], columns["badge"]):
            moved.add(author_id)
        if row is not None:
            changed.append({"whose": author_id, **columns})
            continue
        met = {"first_posts": author.posts, "first_posts_at": now, "kind_by": None}
        new.append({"author_id": author_id, "brand_id": brand_id, "source": author.source, **met, **columns})
    if new:
        session.connection().execute(insert(_SHARERS), new)
    if changed:
        session.connection().execute(_UPDATE, changed)
    return moved
