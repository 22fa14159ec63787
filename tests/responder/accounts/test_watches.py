"""Watches and the polls they make."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from listeners.mentions import Mention as Heard
from listeners.pages import Page
from responder.accounts.watches import add_watch, get_watch, list_watches, pause, remove_watch, resume
from responder.errors import Conflict, Invalid, NotFound
from responder.intake.store import lock_brand, store_page
from responder.models import Mention, Poll, Watch
from tests.factories import NOW, make_brand, make_connection, make_mention
from tests.responder.accounts import kiosk  # noqa: F401 — registers the sources


def added(session, brand, connections, **over):
    given = {"name": "kettles", "query": "kettle OR teapot", "connections": connections, "now": NOW}
    return add_watch(session, brand_id=brand.id, **given | over)


def polls(session):
    return {(poll.ability, poll.due_at, poll.interval_s) for poll in session.scalars(select(Poll))}


def test_every_reading_ability_of_a_connection_is_polled_at_the_platforms_pace(database):
    with database.writing() as session:
        brand = make_brand(session)
        added(session, brand, [make_connection(session, brand, source="kiosk")])
        assert polls(session) == {("search", NOW, 90.0), ("inbox", NOW, 90.0)}


def test_what_is_pushed_is_never_polled(database):
    with database.writing() as session:
        brand = make_brand(session)
        added(session, brand, [make_connection(session, brand, source="letterbox")], query=None)
        assert polls(session) == {("receive", None, 3600.0)}


def test_without_a_query_only_the_inbox_is_read(database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = added(session, brand, [make_connection(session, brand, source="kiosk")], query=None)
        assert polls(session) == {("inbox", NOW, 90.0)}
        assert watch.query is None


def test_every_fault_is_told_at_once(database):
    with database.writing() as session, pytest.raises(Invalid) as refused:
        brand = make_brand(session)
        added(session, brand, [make_connection(session, brand, source="pigeon")], name="", query="kettle AND (")
    told = "\n".join(refused.value.faults)
    assert "name:" in told
    assert "query:" in told
    assert "cannot be listened to" in told


def test_a_connection_of_another_brand_is_not_found(database):
    with database.writing() as session, pytest.raises(NotFound):
        added(session, make_brand(session), [make_connection(session, make_brand(session), source="kiosk")])


def test_a_name_is_taken_once_per_brand(database):
    with database.writing() as session:
        brand = make_brand(session)
        added(session, brand, [])
        added(session, make_brand(session), [])
        with pytest.raises(Conflict, match="kettles"):
            added(session, brand, [])


def test_a_resumed_watch_is_read_at_once_from_where_it_was(database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = added(session, brand, [make_connection(session, brand, source="kiosk")], query=None)
        poll = session.scalars(select(Poll)).one()
        poll.cursor, poll.due_at, poll.attempts = "c7", NOW + timedelta(hours=3), 4
        session.flush()
        pause(session, watch, now=NOW)
        pause(session, watch, now=NOW + timedelta(minutes=1))
        assert watch.paused_at == NOW
        later = NOW + timedelta(hours=1)
        resume(session, watch, now=later)
        resume(session, watch, now=later + timedelta(hours=1))
        session.refresh(poll)
        assert (poll.cursor, poll.due_at, poll.attempts, watch.paused_at) == ("c7", later, 0, None)


def test_removing_a_watch_keeps_what_it_heard(database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = added(session, brand, [make_connection(session, brand, source="kiosk")])
        make_mention(session, brand, watch=watch)
        remove_watch(session, watch)
        assert session.query(Watch).count() == session.query(Poll).count() == 0
        assert session.query(Mention).count() == 1


def test_removing_a_watch_waits_for_what_is_being_stored_for_it(database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = added(session, brand, [])

    def remove():
        with database.writing() as session:
            remove_watch(session, session.get_one(Watch, watch.id))

    page = Page(mentions=(Heard(source="kiosk", external_id="1", text="It leaks", created_at=NOW),))
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            lock_brand(session, brand.id)
            removing = pool.submit(remove)
            with pytest.raises(TimeoutError):
                removing.result(timeout=0.3)
            assert store_page(session, brand_id=brand.id, watch_ids=[watch.id], page=page, now=NOW).new == 1
        removing.result(timeout=20)
    with database.reading() as session:
        assert (session.query(Watch).count(), session.query(Mention).count()) == (0, 1)


def test_the_list_says_how_each_poll_is_doing(database):
    with database.writing() as session:
        brand = make_brand(session)
        added(session, brand, [make_connection(session, brand, source="kiosk", name="front")])
        session.scalars(select(Poll).where(Poll.ability == "inbox")).one().last_fault = "asks us to slow down"
        session.flush()
        (shown,) = list_watches(session, brand_id=brand.id)
    assert shown.query == "kettle OR teapot"
    assert {(poll.connection, poll.ability, poll.last_fault) for poll in shown.polls} == {
        ("front", "search", None),
        ("front", "inbox", "asks us to slow down"),
    }


def test_a_watch_of_another_brand_is_not_found(database):
    with database.writing() as session:
        added(session, make_brand(session), [])
        with pytest.raises(NotFound, match="none yet"):
            get_watch(session, brand_id=make_brand(session).id, name="kettles")
