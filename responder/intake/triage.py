"""Putting scored mentions into cases: each joins its author's active case, or opens one.

Set-based: a batch costs the same few statements however many mentions it has. Call under the brand's lock, inside the
transaction that stores the opinions. Keeping the columns of a case in step is left to `responder.intake.leads`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from responder.accounts.ours import is_ours, our_accounts
from responder.cases.ranking import rank_key
from responder.cases.safety import danger
from responder.insights.rollups import language_of
from responder.intake import leads
from responder.models import Author, Case, CaseState, JoinProposal, JoinStatus, Mention

_TABLE: Any = Mention.__table__
_JOIN = update(_TABLE).where(_TABLE.c.id == bindparam("mention")).values(case_id=bindparam("joined"))

Person = tuple[str, int | str]
"""Whom a case is with: an author's id; of mentions whose author nobody knows, source and thread, or the mention."""


def triage(session: Session, mention_ids: Sequence[int], *, brand_id: int, now: datetime) -> None:
    """Give each of these live mentions its case: the one it has, its author's active one, or a new one.

    Our own accounts' words and reposts open nothing. A case that waited for the customer or slept becomes open again.
    """
    rows = session.execute(_mentions(Mention.id.in_(mention_ids))).all()
    ours = our_accounts(session, brand_id) if rows else frozenset()
    homeless = [
        row
        for row in rows
        if row.case_id is None and not row.is_repost and not is_ours((row.author_external_id, row.handle), ours)
    ]
    people: dict[Person, list[Row[Any]]] = {}
    for row in homeless:
        people.setdefault(_person(row), []).append(row)
    active = _active_cases(session, people, brand_id)
    joined = {person: case for person, case in active.items() if person in people}
    opened = _open(session, {p: rows[0] for p, rows in people.items() if p not in joined}, brand_id, now)
    cases = {person: case.id for person, case in joined.items()} | opened
    _join(session, people, cases)
    arrived = ((case.id, {"mention_id": row.id}) for person, case in joined.items() for row in people[person])
    leads.note(session, "mention_joined", arrived, now=now)
    _wake(session, [case for case in joined.values() if case.state != CaseState.OPEN], now)
    _warn(session, {row.id: cases.get(_person(row), row.case_id) for row in rows}, rows, now)
    leads.refresh(session, {*cases.values(), *(row.case_id for row in rows if row.case_id is not None)}, now=now)


def unpromised(session: Session, brand_id: int, *, above: int, limit: int) -> Sequence[int]:
    """Return cases not resolved, by rising id, that were read before anything was promised to anybody."""
    behind = Case.state != CaseState.RESOLVED, Case.promise_class.is_(None), Case.p_negative.is_not(None)
    wanted = select(Case.id).where(Case.brand_id == brand_id, Case.id > above, *behind)
    return session.scalars(wanted.order_by(Case.id).limit(limit)).all()


def catch_up(session: Session, case_ids: Sequence[int], *, now: datetime) -> None:
    """Do for these cases what is done for new ones: look for danger, and promise."""
    rows = session.execute(_mentions(Mention.case_id.in_(case_ids))).all()
    _warn(session, {row.id: row.case_id for row in rows}, rows, now)
    leads.refresh(session, case_ids, now=now)


def _mentions(which: ColumnElement[bool]) -> Any:
    columns = (
        Mention.id,
        Mention.source,
        Mention.author_id,
        Mention.thread_id,
        Mention.external_id,
        Mention.text,
        Mention.case_id,
        Mention.is_repost,
        Mention.created_at,
        Mention.language,
        Mention.opinion_language,
        Author.external_id.label("author_external_id"),
        Author.handle,
    )
    return (
        select(*columns)
        .outerjoin(Author, Author.id == Mention.author_id)
        .where(which, Mention.gone_at.is_(None))
        .order_by(Mention.created_at, Mention.id)
    )


def _warn(session: Session, case_of: Mapping[int, int | None], rows: Sequence[Row[Any]], now: datetime) -> None:
    """Put the cases of texts that tell of danger above all others, unless a person has judged them."""
    told = {case_id: found for row in rows if (case_id := case_of[row.id]) and (found := danger(row.text))}
    for kind in sorted(set(told.values())):
        warned = session.scalars(
            update(Case)
            .where(
                Case.id.in_([case_id for case_id, found in told.items() if found == kind]),
                Case.safety.is_(None),
                Case.safety_by.is_(None),
            )
            .values(safety=kind, updated_at=now)
            .returning(Case.id)
            .execution_options(synchronize_session=False)
        ).all()
        leads.note(session, "danger", ((case_id, {"danger": kind}) for case_id in warned), now=now)


def _person(row: Row[Any]) -> Person:
    if row.author_id is not None:
        return "author", row.author_id
    if row.thread_id is not None:
        return row.source, row.thread_id
    return "mention", row.id


def _active_cases(session: Session, people: Iterable[Person], brand_id: int) -> dict[Person, Row[Any]]:
    """The newest active case of each person who has one; of who has none, the one their words were joined to."""
    authors = [name for kind, name in people if kind == "author"]
    threads = [name for _, name in people if isinstance(name, str)]
    whose: list[ColumnElement[bool]] = [Case.author_id.in_(authors)] if authors else []
    if threads:
        whose.append(and_(Case.thread_id.is_not(None), Case.thread_id.in_(threads), Case.author_id.is_(None)))
    if not whose:
        return {}
    found: Iterable[Row[Any]] = session.execute(
        select(Case.id, Case.state, Case.author_id, Case.source, Case.thread_id)
        .where(Case.brand_id == brand_id, Case.state != CaseState.RESOLVED, or_(*whose))
        .order_by(Case.id)
        .with_for_update()
    )
    theirs = {
        ("author", row.author_id) if row.author_id is not None else (row.source, row.thread_id): row for row in found
    }
    return theirs | _joined_to(session, {name for name in authors if ("author", name) not in theirs}, brand_id)


def _joined_to(session: Session, authors: Collection[int | str], brand_id: int) -> dict[Person, Row[Any]]:
    """The active cases that mentions of these authors were joined to by a person, the latest of each."""
    if not authors:
        return {}
    found: Iterable[Row[Any]] = session.execute(
        select(Case.id, Case.state, Mention.author_id, Case.source, Case.thread_id)
        .join(Mention, Mention.case_id == Case.id)
        .join(JoinProposal, JoinProposal.mention_id == Mention.id)
        .where(
            Case.brand_id == brand_id,
            Case.state != CaseState.RESOLVED,
            Mention.author_id.in_(authors),
            JoinProposal.status == JoinStatus.JOINED,
        )
        .order_by(JoinProposal.decided_at)
        .with_for_update(of=Case)
    )
    return {("author", row.author_id): row for row in found}


def _open(session: Session, firsts: Mapping[Person, Row[Any]], brand_id: int, now: datetime) -> dict[Person, int]:
    """Open a case for each person; what its lead tells is filled in when the case is refreshed."""
    if not firsts:
        return {}
    rows = [_new_case(row, brand_id, now) for row in firsts.values()]
    ids = session.scalars(insert(Case).returning(Case.id, sort_by_parameter_order=True), rows).all()
    opened = dict(zip(firsts, ids, strict=True))
    leads.note(session, "opened", ((opened[p], {"mention_id": row.id}) for p, row in firsts.items()), now=now)
    return opened


def _new_case(first: Row[Any], brand_id: int, now: datetime) -> dict[str, Any]:
    return {
        "brand_id": brand_id,
        "state": CaseState.OPEN,
        "author_id": first.author_id,
        "thread_id": first.thread_id if first.author_id is None else None,
        "mention_count": 0,
        "source": first.source,
        "language": first.opinion_language or language_of(first.language),
        "lead_at": first.created_at,
        "rank_key": rank_key(p_negative=None, followers=None, lead_at=first.created_at),
        "opened_at": now,
        "updated_at": now,
    }


def _join(session: Session, people: Mapping[Person, Sequence[Row[Any]]], cases: Mapping[Person, int]) -> None:
    rows = [{"mention": row.id, "joined": cases[person]} for person, found in people.items() for row in found]
    if rows:
        session.connection().execute(_JOIN, rows)


def _wake(session: Session, cases: Sequence[Row[Any]], now: datetime) -> None:
    """Open again what waited for the customer, or slept: they have spoken."""
    if cases:
        session.execute(
            update(Case)
            .where(Case.id.in_([case.id for case in cases]))
            .values(state=CaseState.OPEN, snoozed_until=None, picked_at=None, updated_at=now)
            .execution_options(synchronize_session=False)
        )
        leads.note(session, "reopened", ((case.id, {"from": case.state}) for case in cases), now=now)
