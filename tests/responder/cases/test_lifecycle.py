"""Moving cases: what is allowed from where, what it leaves behind, and for whom there is no such case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from responder.cases import lifecycle
from responder.cases.lifecycle import MOVES, moves_from, wake_snoozed
from responder.errors import Conflict, Invalid, NotFound
from responder.models import CaseEvent, CaseState
from tests.factories import NOW, make_brand, make_case, make_mention, make_user

LATER = NOW + timedelta(hours=3)


def move(session, name, case, user, **over):
    extra = {"assign": {"assignee_id": user.id}, "snooze": {"until": LATER}}.get(name, {})
    given_ = {"brand_id": case.brand_id, "case_id": case.id, "user_id": user.id, "now": NOW} | extra
    return getattr(lifecycle, name)(session, **given_ | over)


def case_and_user(session, state=CaseState.OPEN, **columns):
    brand = make_brand(session)
    case = make_case(session, lead=make_mention(session, brand, p_negative=0.9), state=state, **columns)
    return case, make_user(session, brand=brand)


def events(session, case):
    rows = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id))
    return [(event.kind, event.user_id, event.detail) for event in rows]


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", CaseState)
def test_the_table_says_what_is_allowed(sqlite_database, name, state):
    with sqlite_database.writing() as session:
        case, user = case_and_user(session, state)
        if name in moves_from(state):
            moved = move(session, name, case, user)
            assert moved.state == (MOVES[name].to or state)
            assert len(events(session, case)) == 1
        else:
            with pytest.raises(Conflict, match="eopen"):
                move(session, name, case, user)
            assert events(session, case) == []


@pytest.mark.parametrize("name", MOVES)
def test_a_case_of_another_brand_is_not_found(database, name):
    with database.writing() as session:
        case, user = case_and_user(session)
        with pytest.raises(NotFound):
            move(session, name, case, user, brand_id=make_brand(session).id)
        with pytest.raises(NotFound):
            move(session, name, case, user, case_id=case.id + 1000)


def test_assigning_is_noted_once(database):
    with database.writing() as session:
        case, user = case_and_user(session)
        move(session, "assign", case, user)
        move(session, "assign", case, user)
        assert case.assignee_id == user.id
        assert events(session, case) == [("assigned", user.id, {"assignee_id": user.id})]
        move(session, "assign", case, user, assignee_id=None)
        assert case.assignee_id is None


def test_a_case_is_given_to_people_of_its_brand_only(database):
    with database.writing() as session:
        case, user = case_and_user(session)
        stranger = make_user(session, brand=make_brand(session))
        left = make_user(session, brand=None)
        for person in (stranger, left):
            with pytest.raises(NotFound, match="person"):
                move(session, "assign", case, user, assignee_id=person.id)
        user.disabled_at = NOW
        session.flush()
        with pytest.raises(NotFound):
            move(session, "assign", case, user)


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(minutes=1), NOW + timedelta(days=366)])
def test_a_snooze_ends_ahead_and_within_a_year(database, until):
    with database.writing() as session:
        case, user = case_and_user(session)
        with pytest.raises(Invalid, match="year"):
            move(session, "snooze", case, user, until=until)
        assert case.state == CaseState.OPEN


def test_resolving_says_how_and_when(database):
    with database.writing() as session:
        case, user = case_and_user(session)
        move(session, "snooze", case, user)
        move(session, "resolve", case, user)
        assert (case.resolution, case.resolved_at, case.snoozed_until) == ("answered", NOW, None)
        other, user = case_and_user(session)
        move(session, "not_for_us", other, user)
        assert (other.state, other.resolution) == (CaseState.RESOLVED, "not_for_us")


def test_a_reopened_case_is_as_if_never_resolved(database):
    with database.writing() as session:
        case, user = case_and_user(session)
        move(session, "resolve", case, user)
        move(session, "reopen", case, user)
        assert (case.state, case.resolution, case.resolved_at) == (CaseState.OPEN, None, None)
        assert [kind for kind, _, _ in events(session, case)] == ["resolved", "reopened"]


def test_a_case_whose_posts_are_gone_stays_closed(database):
    with database.writing() as session:
        brand = make_brand(session)
        case = make_case(session, brand, state=CaseState.RESOLVED, resolution="gone")
        with pytest.raises(Conflict, match="deleted"):
            move(session, "reopen", case, make_user(session, brand=brand))


def test_snoozed_cases_wake_when_their_time_is_over(database):
    with database.writing() as session:
        due, user = case_and_user(session)
        ahead, other = case_and_user(session)
        move(session, "snooze", due, user, until=NOW + timedelta(hours=1))
        move(session, "snooze", ahead, other, until=NOW + timedelta(hours=5))
        assert wake_snoozed(session, NOW) == 0
        assert wake_snoozed(session, NOW + timedelta(hours=1)) == 1
        assert wake_snoozed(session, NOW + timedelta(hours=1)) == 0
        session.refresh(due)
        session.refresh(ahead)
        assert (due.state, due.snoozed_until) == (CaseState.OPEN, None)
        assert ahead.state == CaseState.SNOOZED
        assert events(session, due)[-1] == ("woke", None, {})


def test_the_second_of_two_agents_is_told_that_the_first_was_faster(database):
    with database.writing() as session:
        case, user = case_and_user(session)
    with database.writing() as session:
        move(session, "resolve", case, user)
    with database.writing() as session, pytest.raises(Conflict, match="resolved meanwhile"):
        move(session, "snooze", case, user)


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_path_leaves_a_case_that_contradicts_itself(sqlite_database, names):
    with sqlite_database.writing() as session:
        case, user = case_and_user(session)
        done = 0
        for name in names:
            try:
                before = case.assignee_id
                move(session, name, case, user)
                done += name != "assign" or before != case.assignee_id
            except Conflict:
                continue
        assert (case.state == CaseState.SNOOZED) == (case.snoozed_until is not None)
        assert (case.state == CaseState.RESOLVED) == (case.resolved_at is not None) == (case.resolution is not None)
        assert len(events(session, case)) == done
