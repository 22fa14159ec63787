"""Units of work and instants, on both databases."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from responder.db import Database, Instant
from responder.models import Brand

NOW = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)


def test_an_instant_comes_back_as_the_same_utc_instant(database):
    with database.writing() as session:
        session.add(Brand(name="a", created_at=NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))))
    with database.reading() as session:
        found = session.scalar(select(Brand.created_at))
    assert found == NOW
    assert found.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(database):
    with pytest.raises(StatementError), database.writing() as session:
        session.add(Brand(name="a", created_at=datetime(2026, 1, 1)))


def test_a_unit_of_work_that_raises_leaves_nothing_behind(database):
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(Brand(name="a", created_at=NOW))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.scalar(select(Brand.id)) is None


def test_an_error_does_not_quote_what_was_being_stored(database):
    """Its message is logged by whoever catches it, and what is stored are people's words."""
    with pytest.raises(StatementError) as refused, database.writing() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "planted words"})
    assert "planted words" not in str(refused.value)


def test_a_folder_made_for_the_database_is_its_owners_alone(tmp_path):
    Database(f"sqlite:///{tmp_path}/new/earshot.sqlite3").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_two_writers_that_read_first_do_not_fail_each_other(database):
    """On SQLite a plain BEGIN would fail here at once, whatever the time-out."""
    with database.writing() as session:
        session.add(Brand(name="0", created_at=NOW))
    barrier = threading.Barrier(2)
    faults = []

    def write() -> None:
        barrier.wait()
        try:
            with database.writing() as session:
                brand = session.scalars(select(Brand).with_for_update()).one()
                brand.name = str(int(brand.name) + 1)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert (faults, session.scalar(select(Brand.name))) == ([], "2")


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_every_instant_keeps_its_order_and_microseconds_as_a_number(naive):
    from sqlalchemy.dialects import sqlite

    instant = naive.replace(tzinfo=UTC)
    column = Instant()
    stored = column.process_bind_param(instant, sqlite.dialect())
    assert column.process_result_value(stored, sqlite.dialect()) == instant
    assert column.process_bind_param(instant + timedelta(microseconds=1), sqlite.dialect()) == stored + 1
