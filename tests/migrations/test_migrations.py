"""Numbered files, one head, the same schema as the tables, and a way back; on both databases."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select

from responder import search
from responder.db import Base, migrate, schema_revision
from responder.models import Brand, Mention
from tests.factories import NOW

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


def test_a_mention_scored_before_intents_were_kept_is_found_and_its_intent_unknown(database):
    migrate(database, "base")
    migrate(database, "0003")
    with database.writing() as session:
        session.execute(insert(Brand.__table__).values(id=1, name="Lumen", created_at=NOW))
        instants = dict.fromkeys(("created_at", "version_at", "stored_at", "scored_at"), NOW)
        session.execute(
            insert(Mention.__table__).values(
                brand_id=1, source="x", external_id="1", kind="post", text="The kettle leaks.", is_repost=False,
                revision=1, label="negative", p_negative=0.9, **instants,
            )
        )  # fmt: skip
    migrate(database)
    with database.reading() as session:
        row = session.scalars(select(Mention)).one()
        found = search.newest(session, brand_id=1, words=search.read_words("leaks"), limit=5)
    assert (row.label, row.p_negative, row.scored_at) == ("negative", 0.9, NOW)
    assert (row.intent, row.intent_confidence, row.intensity) == (None, None, None)
    assert [hit.mention_id for hit in found] == [row.id]
