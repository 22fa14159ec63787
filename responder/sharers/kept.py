"""The rows of `tellings`: what each mention adds to its author's habits, and whether it was told before."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ScalarSelect,
    TableValuedAlias,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from responder.models import Mention, Telling
from responder.sharers.habits import day_of
from responder.sharers.traces import trace

_TABLE: Any = Telling.__table__
_EARLIER: Any = _TABLE.alias()

KEPT_FOR = timedelta(days=396)
"""Thirteen months: what was told before hardly counts any more, and is not kept (SCIENCE 5)."""


class Kept:
    """A new row, read by attribute like one that comes from the database."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = columns

    def __getattr__(self, name: str) -> Any:
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(name) from None


def keep(session: Session, heard: Sequence[Any], brand_id: int) -> list[Kept]:
    """Add a row for each of these mentions, which come oldest first, and return them.

    `heard` has a mention's id, author_id, text, created_at, is_repost and reposts. What is passed on openly is no copy.
    """
    traces = {row.id: trace(row.text) for row in heard}
    firsts = _firsts(session, brand_id, {found.mark for found in traces.values() if found.mark is not None})
    rows = []
    for row in heard:
        found = traces[row.id]
        mark = None if row.is_repost else found.mark  # who passes words on neither copies them nor said them first
        said_first = None
        if mark is not None:
            if mark in firsts and firsts[mark][0] <= row.created_at:
                said_first = firsts[mark][1]
            else:
                firsts[mark] = (row.created_at, row.author_id)
        rows.append(
            {
                "mention_id": row.id,
                "author_id": row.author_id,
                "brand_id": brand_id,
                "day": day_of(row.created_at),
                "at": row.created_at,
                "mark": mark,
                "copied": said_first is not None and said_first != row.author_id,
                "repeated": said_first == row.author_id,
                "is_reshare": row.is_repost,
                "linked": found.linked,
                "personal": found.personal,
                "selling": found.selling,
                "reshared": row.reposts,
            }
        )
    session.connection().execute(insert(_TABLE), rows)
    return [Kept(row) for row in rows]


def withdraw(session: Session, mention_ids: Sequence[int]) -> set[int]:
    """Remove the rows of these mentions; return whose they were."""
    gone = delete(_TABLE).where(_TABLE.c.mention_id.in_(mention_ids)).returning(_TABLE.c.author_id)
    return set(session.scalars(gone))


def days_told(session: Session, author_ids: Collection[int], days: Collection[int]) -> defaultdict[int, set[int]]:
    """Return on which of these days each of these authors told something that had not been told before."""
    known = (
        select(_TABLE.c.author_id, _TABLE.c.day)
        .where(
            _TABLE.c.author_id.in_(author_ids),
            _TABLE.c.day.in_(days),
            _TABLE.c.copied.is_(False),
            _TABLE.c.repeated.is_(False),
        )
        .distinct()
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for author_id, day in session.execute(known):
        found[author_id].add(day)
    return found


def look_again(session: Session, brand_id: int, author_ids: Collection[int]) -> None:
    """Bring the rows of these authors up to date: how often each was passed on by now, and who told it first.

    An original may be heard after its copies, or be deleted before them.
    """
    mine = Telling.author_id.in_(author_ids)
    reposts = select(Mention.reposts).where(Mention.id == Telling.mention_id).scalar_subquery()
    first, whose = (_first(column, brand_id, Telling.mark) for column in ("mention_id", "author_id"))
    is_later = and_(Telling.mark.is_not(None), first != Telling.mention_id)
    session.execute(
        update(Telling)
        .where(mine)
        .values(
            reshared=reposts,
            copied=and_(is_later, whose != Telling.author_id),
            repeated=and_(is_later, whose == Telling.author_id),
        )
        .execution_options(synchronize_session=False)
    )


def _firsts(session: Session, brand_id: int, marks: Collection[int]) -> dict[int, tuple[datetime, int]]:
    """Return when each of these marks was left first, and by whom."""
    if not marks:
        return {}
    asked = _each(session, sorted(marks))
    rows = session.execute(
        select(_TABLE.c.mark, _TABLE.c.at, _TABLE.c.author_id)
        .select_from(asked)
        .join(_TABLE, _TABLE.c.mention_id == _first("mention_id", brand_id, asked.c.value))
    )
    return {row.mark: (row.at, row.author_id) for row in rows}


def _each(session: Session, numbers: Sequence[int]) -> TableValuedAlias:
    """These numbers as a table with one column, `value`, in one parameter: however many, the statement is the same."""
    if session.get_bind().dialect.name == "sqlite":
        return func.json_each(json.dumps(numbers)).table_valued("value")
    return func.unnest(bindparam("numbers", numbers, ARRAY(BigInteger))).table_valued("value").render_derived()


def _first(name: str, brand_id: int, mark: Any) -> ScalarSelect[Any]:
    """A column of the row by which a mark was left first: one look into an index, however many left it since."""
    told = _EARLIER.c
    wanted = select(told[name]).where(told.brand_id == brand_id, told.mark == mark)
    return wanted.order_by(told.at, told.mention_id).limit(1).scalar_subquery()
