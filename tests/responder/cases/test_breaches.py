"""Promises nearly over or missed are noted on the case once, whoever looks how often, and put it on the shelf."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from responder.calendars import policies
from responder.cases.breaches import note_promises
from responder.cases.facts import facts_of, waits_of
from responder.cases.queue import Filters, list_open
from responder.models import Case, CaseEvent, CaseState
from tests.factories import NOW, make_brand, make_case, make_mention

OPENED = NOW - timedelta(hours=2)


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


@pytest.fixture
def brand(session):
    return make_brand(session)


def a_case(session, brand, **columns) -> Case:
    columns = {"promise_class": "unhappy", "promised_by": OPENED + timedelta(hours=1), "opened_at": OPENED, **columns}
    return make_case(session, lead=make_mention(session, brand, created_at=columns["opened_at"]), **columns)


def noted(session, case: Case) -> list[tuple[str, str]]:
    rows = session.execute(
        select(CaseEvent.kind, CaseEvent.detail).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
    )
    session.refresh(case)
    return [(row.kind, row.detail["clock"]) for row in rows if row.kind.startswith("promise_")]


def note(session, case: Case, kind: str, at: datetime, **detail) -> None:
    session.add(CaseEvent(case_id=case.id, kind=kind, user_id=None, at=at, detail=detail))
    session.flush()


def test_a_first_answer_is_warned_of_then_missed_each_once(session, brand):
    case = a_case(session, brand)
    for minutes, expected in ((44, []), (45, ["promise_warned"]), (59, ["promise_warned"])):
        note_promises(session, now=OPENED + timedelta(minutes=minutes))
        assert [kind for kind, _ in noted(session, case)] == expected
    for _ in range(3):
        note_promises(session, now=NOW)
    assert noted(session, case) == [("promise_warned", "first"), ("promise_missed", "first")]
    assert (case.warned_at, case.missed_at) == (OPENED + timedelta(minutes=45), case.promised_by)


@pytest.mark.parametrize(
    "columns",
    [
        {"first_reply_at": OPENED + timedelta(minutes=5)},
        {"state": CaseState.RESOLVED},
        {"state": CaseState.PENDING},
        {"promised_by": None},
    ],
)
def test_nothing_is_missed_where_nobody_waits_for_us(session, brand, columns):
    case = a_case(session, brand, **columns)
    assert note_promises(session, now=NOW) == 0
    assert noted(session, case) == []


def test_a_snoozed_case_is_missed_all_the_same(session, brand):
    case = a_case(session, brand, state=CaseState.SNOOZED, snoozed_until=NOW + timedelta(days=1))
    assert note_promises(session, now=NOW) == 1
    assert noted(session, case) == [("promise_missed", "first")]


def test_by_a_calendar_nobody_is_warned_in_the_night(session, brand):
    policies.set_calendar(session, brand_id=brand.id, name="Office", zone="UTC", lines=["mon-fri 09:00-17:00"], now=NOW)
    policies.set_policy(
        session, brand_id=brand.id, promise_class="unhappy", first=120, next_minutes=120, resolution=None,
        calendar="Office", user_id=None, now=NOW,
    )  # fmt: skip
    evening, due = datetime(2026, 3, 5, 16, tzinfo=UTC), datetime(2026, 3, 6, 10, tzinfo=UTC)
    case = a_case(session, brand, opened_at=evening, promised_by=due)
    assert note_promises(session, now=datetime(2026, 3, 6, 9, 29, tzinfo=UTC)) == 0
    assert note_promises(session, now=datetime(2026, 3, 6, 9, 30, tzinfo=UTC)) == 1
    assert noted(session, case) == [("promise_warned", "first")]


def test_the_answer_to_what_they_said_since_is_warned_of_and_missed_for_each_time_they_ask(session, brand):
    answered = OPENED + timedelta(minutes=5)
    case = a_case(session, brand, first_reply_at=answered, last_reply_at=answered)
    asked = answered + timedelta(minutes=10)
    make_mention(session, brand, case=case, created_at=asked, stored_at=asked)
    for minutes in (44, 45, 61, 62):
        note_promises(session, now=asked + timedelta(minutes=minutes))
    assert noted(session, case) == [("promise_warned", "next"), ("promise_missed", "next")]
    assert case.missed_at == asked + timedelta(minutes=60)
    case.last_reply_at = asked + timedelta(minutes=90)
    again = asked + timedelta(minutes=100)
    make_mention(session, brand, case=case, created_at=again, stored_at=again)
    note_promises(session, now=again + timedelta(minutes=61))
    assert noted(session, case)[2:] == [("promise_missed", "next")]


def test_the_end_is_missed_but_not_while_the_case_waits_for_the_customer(session, brand):
    policies.set_policy(
        session, brand_id=brand.id, promise_class="unhappy", first=60, next_minutes=60, resolution=100,
        user_id=None, now=NOW,
    )  # fmt: skip
    told = {"first_reply_at": OPENED, "last_reply_at": OPENED}
    late, waited = a_case(session, brand, **told), a_case(session, brand, **told)
    note(session, waited, "answered", OPENED + timedelta(minutes=10), waits=True)
    note(session, waited, "reopened", OPENED + timedelta(minutes=50))
    for _ in range(2):
        note_promises(session, now=NOW)
    assert (noted(session, late), noted(session, waited)) == ([("promise_missed", "resolution")], [])
    note_promises(session, now=OPENED + timedelta(minutes=141))
    assert noted(session, waited) == [("promise_missed", "resolution")]


def test_a_case_waits_from_an_answer_that_was_seen_until_anything_brings_it_back(session, brand):
    case = a_case(session, brand)
    at = [OPENED + timedelta(minutes=10 * step) for step in range(6)]
    note(session, case, "answered", at[0], reply_id=1, waits=False)
    note(session, case, "answered", at[1], reply_id=2, waits=True)
    note(session, case, "assigned", at[2])
    note(session, case, "reopened", at[3])
    note(session, case, "answered", at[4], reply_id=3, waits=True)
    assert waits_of(session, [case.id]) == {case.id: ((at[1], at[3]), (at[4], None))}
    assert facts_of(session, case).waiting == ((at[1], at[3]), (at[4], None))
    assert waits_of(session, []) == {}


def test_the_shelf_of_apologies_holds_open_cases_whose_promise_was_missed(session, brand):
    missed, kept = a_case(session, brand), a_case(session, brand, promised_by=NOW + timedelta(days=1))
    done = a_case(session, brand)
    note_promises(session, now=NOW)
    done.state = CaseState.RESOLVED
    session.flush()

    def listed(is_missed: bool) -> list[int]:
        page = list_open(session, brand_id=brand.id, filters=Filters(missed=is_missed), now=NOW, is_live=True)
        return [row.case_id for row in page.rows]

    assert (listed(True), listed(False)) == ([missed.id], [kept.id])
