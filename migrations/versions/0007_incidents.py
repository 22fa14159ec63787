"""incidents: which texts were looked at, what people took out, and the outbreak a page asks for.

Texts stored so far count as looked at: what somebody complained of before this version opens no incident.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNGROUPED = sa.text("grouped_at IS NULL AND vector IS NOT NULL")
UNHAPPY = sa.text("p_negative >= 0.5 AND gone_at IS NULL")
OUTBREAK = sa.text("outbreak_at IS NOT NULL AND closed_at IS NULL")


def upgrade() -> None:
    op.add_column("incidents", sa.Column("refreshed_at", INSTANT, nullable=True))
    op.create_index(
        "ix_incidents_outbreak",
        "incidents",
        ["brand_id", "voices", "id"],
        sqlite_where=OUTBREAK,
        postgresql_where=OUTBREAK,
    )
    op.create_table(
        "kept_out",
        sa.Column("case_id", ID, autoincrement=False, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_kept_out_case_id_cases"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_kept_out_incident_id_incidents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kept_out_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_kept_out")),
    )
    op.create_index(op.f("ix_kept_out_incident_id"), "kept_out", ["incident_id"])
    op.add_column("mention_vectors", sa.Column("grouped_at", INSTANT, nullable=True))
    now = (
        "CURRENT_TIMESTAMP"
        if op.get_bind().dialect.name == "postgresql"
        else "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
    )
    op.execute(f"UPDATE mention_vectors SET grouped_at = {now}")
    op.create_index(
        "ix_mention_vectors_ungrouped", "mention_vectors", ["mention_id"],
        sqlite_where=UNGROUPED, postgresql_where=UNGROUPED,
    )  # fmt: skip
    op.create_index(
        "ix_mentions_unhappy", "mentions", ["brand_id", "created_at"], sqlite_where=UNHAPPY, postgresql_where=UNHAPPY
    )


def downgrade() -> None:
    op.drop_index("ix_mentions_unhappy", "mentions")
    op.drop_index("ix_mention_vectors_ungrouped", "mention_vectors")
    op.drop_column("mention_vectors", "grouped_at")
    op.drop_table("kept_out")
    op.drop_index("ix_incidents_outbreak", "incidents")
    op.drop_column("incidents", "refreshed_at")
