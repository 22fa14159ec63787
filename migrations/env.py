"""Alembic's entry: runs the numbered files over the given connection. Imports settings and tables only."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from responder import models
from responder.db import Database, Instant
from responder.settings import read_settings


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=models.Alert.metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
        include_object=_is_ours,
        render_item=_render_portably,
    )
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    # The full-text index is made by hand in 0001 and unknown to the models.
    return not (kind == "table" and str(name).startswith("mentions_search"))


def _render_portably(kind: str, item: object, _context: object) -> str | bool:
    # Numbered files import nothing of ours, so our column types are written as the plain ones they stand for.
    if kind == "type" and isinstance(item, Instant):
        return "INSTANT"
    return False


connection = context.config.attributes.get("connection")
if connection is not None:
    _run(connection)
else:
    database = Database(read_settings().effective_database_url)
    with database.engine.execution_options(writes=True).begin() as own:
        _run(own)
    database.close()
