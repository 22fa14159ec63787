"""What a brand promises and when it is there: setting it, taking it back, and reading it as one book of terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.calendars.terms import FIRST_MINUTES, Book, Terms
from responder.calendars.written import read_calendar, write_calendar
from responder.errors import Conflict, Invalid, NotFound
from responder.models import BusinessCalendar, PromisePolicy

LONGEST_MINUTES = 365 * 1_440.0
MAX_NAME = 60
MAX_SOURCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is promised to a class on a channel (None: every channel); see `PromisePolicy`.

    `calendar` names it, None: the wall clock. `is_set` False: what holds while the team has set nothing.
    """

    promise_class: str
    source: str | None
    first: float
    next: float | None
    resolution: float | None
    calendar: str | None
    with_duty: bool
    is_set: bool


def book_of(session: Session, brand_id: int) -> Book:
    """Return the terms that a brand has set."""
    rows = session.execute(
        select(PromisePolicy, BusinessCalendar)
        .outerjoin(BusinessCalendar, BusinessCalendar.id == PromisePolicy.calendar_id)
        .where(PromisePolicy.brand_id == brand_id)
    ).all()
    known = {row.id: read_calendar(row.zone, row.hours) for _, row in rows if row is not None}
    terms = {}
    for policy, _ in rows:
        calendar = None if policy.calendar_id is None else known[policy.calendar_id]
        terms[policy.promise_class, policy.source] = Terms(
            first=policy.first,
            next=policy.next,
            resolution=policy.resolution,
            hours=calendar if calendar is None or policy.with_duty else calendar.without_duty,
        )
    return Book(terms)


def list_policies(session: Session, *, brand_id: int) -> list[Policy]:
    """Return what is promised to every class, then what is promised on single channels."""
    rows = session.execute(
        select(PromisePolicy, BusinessCalendar.name)
        .outerjoin(BusinessCalendar, BusinessCalendar.id == PromisePolicy.calendar_id)
        .where(PromisePolicy.brand_id == brand_id)
    )
    found = {(row.promise_class, row.source): _policy(row, name) for row, name in rows}
    everywhere = [found.get((name, None)) or _usual(name) for name in FIRST_MINUTES]
    single = [each for each in found.values() if each.source is not None]
    return everywhere + sorted(single, key=lambda each: (each.source or "", each.promise_class))


def set_policy(
    session: Session,
    *,
    brand_id: int,
    promise_class: str,
    source: str | None = None,
    first: float,
    next_minutes: float | None,
    resolution: float | None,
    calendar: str | None = None,
    with_duty: bool = False,
    user_id: int | None,
    now: datetime,
) -> Policy:
    """Promise this to a class on one source, or on all (None), from now on; open cases keep what is nearer.

    `next_minutes` and `resolution` None promise nothing; `calendar` None: on the wall clock. Raises Invalid with every
    fault, and for a calendar that never opens; NotFound for an unknown calendar.
    """
    faults = _faults(promise_class, source, first=first, next=next_minutes, resolution=resolution)
    if faults:
        raise Invalid(*faults)
    hours = None if calendar is None else get_calendar(session, brand_id=brand_id, name=calendar)
    if hours is not None:
        _require_hours(hours, with_duty=with_duty)
    row = _held(session, brand_id, promise_class, source)
    if row is None:
        row = PromisePolicy(brand_id=brand_id, promise_class=promise_class, source=source)
        session.add(row)
    row.first, row.next, row.resolution = first, next_minutes, resolution
    row.calendar_id = None if hours is None else hours.id
    row.with_duty, row.set_by, row.set_at = with_duty, user_id, now
    session.flush()
    return _policy(row, None if hours is None else hours.name)


def unset_policy(session: Session, *, brand_id: int, promise_class: str, source: str | None = None) -> None:
    """Promise again what holds otherwise. Raises NotFound when nothing of the kind was set."""
    row = _held(session, brand_id, promise_class, source)
    if row is None:
        raise NotFound(f"Nothing is set for {promise_class}{'' if source is None else f' on {source}'}.")
    session.delete(row)
    session.flush()


def set_calendar(
    session: Session, *, brand_id: int, name: str, zone: str, lines: Sequence[str], now: datetime
) -> BusinessCalendar:
    """Write down when somebody is there, in place of a calendar of the same name.

    Raises Invalid with every fault, and when a promise that goes by this calendar would never end.
    """
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= MAX_NAME:
        raise Invalid(f"A calendar's name has 1 to {MAX_NAME} characters.")
    read = read_calendar(zone, lines)
    row = _calendar(session, brand_id, cleaned)
    if row is None:
        row = BusinessCalendar(brand_id=brand_id, name=cleaned)
        session.add(row)
    row.zone, row.hours, row.set_at = read.zone.key, write_calendar(read), now
    session.flush()
    for policy in session.scalars(select(PromisePolicy).where(PromisePolicy.calendar_id == row.id)):
        _require_hours(row, with_duty=policy.with_duty)
    return row


def get_calendar(session: Session, *, brand_id: int, name: str) -> BusinessCalendar:
    """Return a brand's calendar by name. Raises NotFound with the names there are."""
    found = _calendar(session, brand_id, " ".join(name.split()))
    if found is None:
        names = ", ".join(row.name for row in list_calendars(session, brand_id=brand_id)) or "none yet"
        raise NotFound(f"No calendar is called {name.strip()!r}. Known are: {names}.")
    return found


def list_calendars(session: Session, *, brand_id: int) -> Sequence[BusinessCalendar]:
    """Return a brand's calendars by name."""
    mine = select(BusinessCalendar).where(BusinessCalendar.brand_id == brand_id)
    return session.scalars(mine.order_by(BusinessCalendar.name)).all()


def remove_calendar(session: Session, *, brand_id: int, name: str) -> None:
    """Forget a calendar. Raises NotFound, or Conflict while a promise goes by it."""
    row = get_calendar(session, brand_id=brand_id, name=name)
    users = select(PromisePolicy.promise_class).where(PromisePolicy.calendar_id == row.id)
    used = ", ".join(session.scalars(users.order_by(PromisePolicy.promise_class)))
    if used:
        raise Conflict(f"Promises go by {row.name}: {used}. Give them another calendar first.")
    session.delete(row)
    session.flush()


def _faults(promise_class: str, source: str | None, **minutes: float | None) -> list[str]:
    faults = []
    if promise_class not in FIRST_MINUTES:
        faults.append(f"{promise_class[:40]!r} is no class of promises: choose one of {', '.join(FIRST_MINUTES)}")
    if source is not None and not 0 < len(source.strip()) <= MAX_SOURCE:
        faults.append("name the source as its mentions do, such as x or app_store")
    faults += [
        f"{name}: write minutes above 0, a year of them ({LONGEST_MINUTES:,.0f}) at most"
        for name, value in minutes.items()
        if value is not None and not 0 < value <= LONGEST_MINUTES
    ]
    return faults


def _require_hours(row: BusinessCalendar, *, with_duty: bool) -> None:
    calendar = read_calendar(row.zone, row.hours)
    if not any(calendar.weekdays if with_duty else calendar.without_duty.weekdays):
        raise Invalid(f"{row.name} is open on no day of the week: a promise that goes by it would never end.")


def _held(session: Session, brand_id: int, promise_class: str, source: str | None) -> PromisePolicy | None:
    return session.scalar(
        select(PromisePolicy).where(
            PromisePolicy.brand_id == brand_id,
            PromisePolicy.promise_class == promise_class,
            PromisePolicy.source.is_not_distinct_from(source),
        )
    )


def _calendar(session: Session, brand_id: int, name: str) -> BusinessCalendar | None:
    return session.scalar(
        select(BusinessCalendar).where(BusinessCalendar.brand_id == brand_id, BusinessCalendar.name == name)
    )


def _policy(row: PromisePolicy, calendar: str | None) -> Policy:
    return Policy(
        promise_class=row.promise_class,
        source=row.source,
        first=row.first,
        next=row.next,
        resolution=row.resolution,
        calendar=calendar,
        with_duty=row.with_duty,
        is_set=True,
    )


def _usual(promise_class: str) -> Policy:
    minutes = FIRST_MINUTES[promise_class]
    return Policy(
        promise_class=promise_class,
        source=None,
        first=minutes,
        next=minutes,
        resolution=None,
        calendar=None,
        with_duty=False,
        is_set=False,
    )
