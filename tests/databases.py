"""Databases for tests: a migrated SQLite file copied for each test, and one PostgreSQL database per test process."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from responder.db import Base, Database, migrate

POSTGRESQL_URL = os.environ.get("EARSHOT_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
NO_POSTGRESQL = (
    "no PostgreSQL server answers: start one (Debian: apt install postgresql) and set EARSHOT_TEST_POSTGRESQL_URL"
)


def make_sqlite_template(folder: Path) -> Path:
    """Make a migrated, empty SQLite file to copy from."""
    path = folder / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def copy_sqlite(template: Path, folder: Path) -> Database:
    """Open a fresh copy of the template in `folder`."""
    path = folder / "earshot.sqlite3"
    shutil.copyfile(template, path)
    return Database(f"sqlite:///{path}")


@contextmanager
def postgresql_database() -> Iterator[Database | None]:
    """Make a migrated database on the test server and drop it at the end; None when no server answers."""
    name = f"earshot_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{secrets.token_hex(4)}"
    server = create_engine(make_url(POSTGRESQL_URL), isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        with server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            # A test database need not survive a power cut.
            connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    except OperationalError:
        server.dispose()
        yield None
        return
    database = Database(_url_of(name).render_as_string(hide_password=False))
    try:
        migrate(database)
        yield database
    finally:
        database.close()
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        server.dispose()


def empty(database: Database) -> None:
    """Delete every row: a few milliseconds where TRUNCATE would rewrite every table and index."""
    statements = "; ".join(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables))
    with database.writing() as session:
        session.connection().exec_driver_sql(statements)


def _url_of(name: str) -> URL:
    return make_url(POSTGRESQL_URL).set(database=name)
