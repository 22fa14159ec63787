"""Fixtures for the floors above the first: a database on both engines, a clock that stands still, and a context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from responder.clock import utc_now
from responder.context import Context
from responder.db import Database
from responder.settings import Settings
from tests import databases


class FrozenClock:
    """A clock that ticks by hand: `clock()` tells the time, `clock.tick(seconds=5)` moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.make_sqlite_template(tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Database | None]:
    with databases.postgresql_database() as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    database = databases.copy_sqlite(sqlite_template, tmp_path)
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgresql_server: Database | None) -> Database:
    if postgresql_server is None:
        pytest.skip(databases.NO_POSTGRESQL)
    databases.empty(postgresql_server)
    return postgresql_server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        database_url=database.engine.url.render_as_string(hide_password=False),
        allow_private_hosts=("127.0.0.1", "localhost"),
    )


@pytest.fixture
def context(settings: Settings, database: Database, clock: FrozenClock) -> Context:
    # Imported here, as the programs do: most tests need no HTTP client and none loads a model.
    from listeners.http import Fetcher
    from sentiment import build_scorer

    return Context(
        settings=settings,
        database=database,
        clock=clock,
        fetcher=Fetcher(allow_private_hosts=frozenset(settings.allow_private_hosts)),
        secret="a secret for tests, 32 characters or more",
        make_scorer=build_scorer,
    )


@pytest.fixture
def ticking_context(context: Context) -> Context:
    """The same context with the machine's clock, for what runs in threads and waits."""
    return replace(context, clock=utc_now)
