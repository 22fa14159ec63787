"""calendars: when a team is there, what it promises by class and channel, and which promises were missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
EVERYWHERE = sa.text("source IS NULL")
UNANSWERED = sa.text("first_reply_at IS NULL AND missed_at IS NULL AND state <> 'resolved'")
MISSED = sa.text("missed_at IS NOT NULL AND state <> 'resolved'")


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("hours", JSON, nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_calendars_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_calendars_brand_id_name")),
    )
    op.create_table(
        "promise_policies",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("promise_class", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("next", sa.Double(), nullable=True),
        sa.Column("resolution", sa.Double(), nullable=True),
        sa.Column("calendar_id", ID, nullable=True),
        sa.Column("with_duty", sa.Boolean(), nullable=False),
        sa.Column("set_by", ID, nullable=True),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_promise_policies_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_promise_policies_calendar_id_calendars")
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["users.id"], name=op.f("fk_promise_policies_set_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_policies")),
        sa.UniqueConstraint(
            "brand_id", "promise_class", "source", name=op.f("uq_promise_policies_brand_id_promise_class_source")
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_promise_policies_calendar_id"), "promise_policies", ["calendar_id"])
    op.create_index(
        "uq_promise_policies_everywhere", "promise_policies", ["brand_id", "promise_class"], unique=True,
        sqlite_where=EVERYWHERE, postgresql_where=EVERYWHERE,
    )  # fmt: skip
    op.add_column("cases", sa.Column("warned_at", INSTANT, nullable=True))
    op.add_column("cases", sa.Column("missed_at", INSTANT, nullable=True))
    op.create_index(
        "ix_cases_unanswered", "cases", ["promised_by", "id"], sqlite_where=UNANSWERED, postgresql_where=UNANSWERED
    )
    op.create_index("ix_cases_missed", "cases", ["brand_id", "missed_at"], sqlite_where=MISSED, postgresql_where=MISSED)


def downgrade() -> None:
    op.drop_index("ix_cases_missed", "cases")
    op.drop_index("ix_cases_unanswered", "cases")
    op.drop_column("cases", "missed_at")
    op.drop_column("cases", "warned_at")
    op.drop_table("promise_policies")
    op.drop_table("calendars")
