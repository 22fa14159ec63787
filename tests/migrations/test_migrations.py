"""Numbered files, one head, the same schema as the tables, and a way back; on both databases."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from responder.db import Base, migrate, schema_revision

VERSIONS = Path(__file__).parents[2] / "migrations"


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    return ScriptDirectory.from_config(config)


def test_there_is_one_head_and_files_are_numbered_in_order():
    names = sorted(path.name for path in (VERSIONS / "versions").glob("*.py"))
    assert [int(re.match(r"(\d{4})_", name)[1]) for name in names] == list(range(1, len(names) + 1))
    assert len(scripts().get_heads()) == 1


def test_files_import_nothing_of_ours():
    for path in (VERSIONS / "versions").glob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (responder|listeners|sentiment|webapp)", path.read_text(), re.MULTILINE
        )


def test_the_migrated_schema_is_the_one_the_tables_describe(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": lambda _o, name, *_: "search" not in str(name)}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database):
    before = schema_revision(database)
    migrate(database)
    assert schema_revision(database) == before == scripts().get_current_head()


def test_down_and_up_again_leaves_the_same_tables(database):
    before = set(inspect(database.engine).get_table_names())
    migrate(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate(database)
    assert set(inspect(database.engine).get_table_names()) == before
