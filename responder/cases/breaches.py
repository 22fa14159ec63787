"""Noticing promises that are nearly or wholly over: events on the case, and its place on the shelf of apologies.

What is noted is noted once, whoever runs this how often: the first answer by two columns of the case, the others by the
events themselves. Which promises there are is `responder.calendars`; how late an answer came is read from the clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from responder.calendars.policies import book_of
from responder.calendars.terms import Book, Clock, Terms
from responder.cases.clocks import WARNED_FROM, due_unless_waiting, share_over
from responder.cases.facts import waits_of
from responder.models import Case, CaseEvent, CaseState, Mention, PromisePolicy

WARNED, MISSED = "promise_warned", "promise_missed"

AT_ONCE = 2_000
AHEAD = timedelta(hours=12)
"""How long before its end a promise is first looked at: nobody is warned half a week before."""

_OURS_TO_ANSWER = (CaseState.OPEN, CaseState.SNOOZED)
_UNANSWERED = and_(
    Case.first_reply_at.is_(None),
    Case.missed_at.is_(None),
    Case.state != literal(str(CaseState.RESOLVED), literal_execute=True),
)


_CASE = (Case.id, Case.brand_id, Case.source, Case.promise_class, Case.opened_at, Case.promised_by)
_MARK_MISSED = (
    update(Case.__table__)  # type: ignore[arg-type]
    .where(Case.id == bindparam("case"), Case.missed_at.is_(None))
    .values(missed_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    """What is to be noted of a case: which clock, started when, was promised by when."""

    case_id: int
    kind: str
    clock: Clock
    since: datetime
    due: datetime

    @property
    def detail(self) -> dict[str, str]:
        return {"clock": self.clock.value, "since": self.since.isoformat(), "by": self.due.isoformat()}


class _Books:
    """The terms of each brand, read when first asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[int, Book] = {}

    def terms(self, case: Row[*tuple[Any, ...]]) -> Terms:
        if case.brand_id not in self._read:
            self._read[case.brand_id] = book_of(self._session, case.brand_id)
        return self._read[case.brand_id].of(case.promise_class or "other", case.source)


def note_promises(session: Session, *, now: datetime) -> int:
    """Note which promises are nearly over and which are missed at `now`; return how many. Looks at some at once."""
    books = _Books(session)
    notices = [
        *_missed_first(session, now),
        *_nearly_first(session, books, now),
        *_next(session, books, now),
        *_ends(session, books, now),
    ]
    return _note(session, notices, now)


def _missed_first(session: Session, now: datetime) -> Iterator[_Notice]:
    over = (_UNANSWERED, Case.promised_by < now)
    for row in session.execute(_unanswered(*over)):
        yield _Notice(case_id=row.id, kind=MISSED, clock=Clock.FIRST, since=row.opened_at, due=row.promised_by)


def _nearly_first(session: Session, books: _Books, now: datetime) -> Iterator[_Notice]:
    near = (_UNANSWERED, Case.warned_at.is_(None), Case.promised_by >= now, Case.promised_by <= now + AHEAD)
    for row in session.execute(_unanswered(*near)):
        if share_over(books.terms(row).hours, row.opened_at, row.promised_by, WARNED_FROM) <= now:
            yield _Notice(case_id=row.id, kind=WARNED, clock=Clock.FIRST, since=row.opened_at, due=row.promised_by)


def _unanswered(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(*_CASE)
        .where(*conditions, Case.state.in_(_OURS_TO_ANSWER))
        .order_by(Case.promised_by, Case.id)
        .limit(AT_ONCE)
    )


def _next(session: Session, books: _Books, now: datetime) -> Iterator[_Notice]:
    """Look at open cases whose customer spoke after our last reply."""
    asked = session.execute(
        select(*_CASE, func.min(Mention.stored_at).label("asked_at"))
        .join(Mention, Mention.case_id == Case.id)
        .where(
            Case.state == CaseState.OPEN,
            Case.last_reply_at.is_not(None),
            Mention.created_at > Case.last_reply_at,
            Mention.gone_at.is_(None),
        )
        .group_by(Case.id)
    )
    for row in asked:
        terms = books.terms(row)
        due = terms.due(Clock.NEXT, row.asked_at)
        if due is None or share_over(terms.hours, row.asked_at, due, WARNED_FROM) > now:
            continue
        kind = MISSED if due < now else WARNED
        yield _Notice(case_id=row.id, kind=kind, clock=Clock.NEXT, since=row.asked_at, due=due)


def _ends(session: Session, books: _Books, now: datetime) -> Iterator[_Notice]:
    """Look at cases that are ours to go on with, opened so long ago that their end can have been promised by now."""
    shortest = session.execute(
        select(PromisePolicy.brand_id, func.min(PromisePolicy.resolution))
        .where(PromisePolicy.resolution.is_not(None))
        .group_by(PromisePolicy.brand_id)
    ).all()
    for brand_id, minutes in shortest:
        old = session.execute(
            select(*_CASE)
            .where(
                Case.brand_id == brand_id,
                Case.state.in_(_OURS_TO_ANSWER),
                Case.opened_at < now - timedelta(minutes=minutes or 0),
                ~exists().where(
                    CaseEvent.case_id == Case.id,
                    CaseEvent.kind == MISSED,
                    CaseEvent.detail["clock"].as_string() == Clock.RESOLUTION.value,
                ),
            )
            .order_by(Case.opened_at, Case.id)
            .limit(AT_ONCE)
        ).all()
        waits = waits_of(session, [row.id for row in old])
        for row in old:
            due = due_unless_waiting(books.terms(row), row.opened_at, waits.get(row.id, ()))
            if due is not None and due < now:
                yield _Notice(case_id=row.id, kind=MISSED, clock=Clock.RESOLUTION, since=row.opened_at, due=due)


def _note(session: Session, notices: Sequence[_Notice], now: datetime) -> int:
    """Write down what is not written down yet. The cases are held, so that nobody else does so meanwhile."""
    if not notices:
        return 0
    ids = {notice.case_id for notice in notices}
    wanted = select(Case.id).where(Case.id.in_(ids)).order_by(Case.id).with_for_update(skip_locked=True)
    held = set(session.scalars(wanted))
    told = {
        (row.case_id, row.kind, row.detail["clock"], row.detail["since"])
        for row in session.execute(
            select(CaseEvent.case_id, CaseEvent.kind, CaseEvent.detail).where(
                CaseEvent.case_id.in_(held), CaseEvent.kind.in_((WARNED, MISSED))
            )
        )
    }
    new = [
        notice
        for notice in notices
        if notice.case_id in held
        and (notice.case_id, notice.kind, notice.clock.value, notice.since.isoformat()) not in told
    ]
    connection = session.connection()
    missed = [{"case": notice.case_id, "at": notice.due} for notice in new if notice.kind == MISSED]
    if missed:
        connection.execute(_MARK_MISSED, missed)
    warned = [notice.case_id for notice in new if (notice.kind, notice.clock) == (WARNED, Clock.FIRST)]
    if warned:
        session.execute(
            update(Case).where(Case.id.in_(warned)).values(warned_at=now).execution_options(synchronize_session=False)
        )
    if new:
        event = {"user_id": None, "at": now}
        connection.execute(
            insert(CaseEvent),
            [{"case_id": one.case_id, "kind": one.kind, "detail": one.detail, **event} for one in new],
        )
    return len(new)
