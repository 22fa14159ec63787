"""replies: what we say in public, its events, who may say it, and how each mention may be answered.

Nothing is known of mentions stored before: whether they may be answered is computed when they are read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TAKEN = sa.text("state IN ('approved', 'sending', 'unknown', 'sent')")
TO_SEND = sa.text("state IN ('approved', 'sending')")
TO_LOOK = sa.text("look_at IS NOT NULL")
WISHED = sa.text("wish_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "reply_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("set_by", ID, nullable=True),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_reply_rules_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["users.id"], name=op.f("fk_reply_rules_set_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reply_rules_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_rules")),
    )
    op.create_index("ix_reply_rules_brand_id", "reply_rules", ["brand_id"])
    op.create_index("ix_reply_rules_user_id", "reply_rules", ["user_id"])
    op.create_table(
        "replies",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=True),
        sa.Column("connection_id", ID, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("to_external_id", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=True),
        sa.Column("findings", JSON, nullable=True),
        sa.Column("newest_mention_id", sa.BigInteger(), nullable=True),
        sa.Column("written_by", ID, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("send_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("called_at", INSTANT, nullable=True),
        sa.Column("claim", sa.String(), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("look_at", INSTANT, nullable=True),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("wish", sa.String(), nullable=True),
        sa.Column("wished_text", sa.String(), nullable=True),
        sa.Column("wish_at", INSTANT, nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["users.id"], name=op.f("fk_replies_approved_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_replies_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_replies_case_id_cases"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_replies_connection_id_connections"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_replies_mention_id_mentions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["users.id"], name=op.f("fk_replies_written_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("key", name=op.f("uq_replies_key")),
    )
    op.create_index("ix_replies_brand_id_state", "replies", ["brand_id", "state", "id"])
    op.create_index("ix_replies_case_id", "replies", ["case_id"])
    op.create_index("ix_replies_external_id", "replies", ["brand_id", "source", "external_id"])
    op.create_index("ix_replies_wish", "replies", ["wish_at"], sqlite_where=WISHED, postgresql_where=WISHED)
    op.create_index("ix_replies_look", "replies", ["look_at"], sqlite_where=TO_LOOK, postgresql_where=TO_LOOK)
    op.create_index("ix_replies_mention_id", "replies", ["mention_id"])
    op.create_index("ix_replies_send", "replies", ["send_at"], sqlite_where=TO_SEND, postgresql_where=TO_SEND)
    op.create_index(
        "uq_replies_mention", "replies", ["mention_id"], unique=True, sqlite_where=TAKEN, postgresql_where=TAKEN
    )
    op.create_table(
        "reply_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name=op.f("fk_reply_events_reply_id_replies"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reply_events_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_events")),
    )
    op.create_index(op.f("ix_reply_events_reply_id"), "reply_events", ["reply_id"])
    op.add_column("cases", sa.Column("first_reply_at", INSTANT, nullable=True))
    op.add_column("cases", sa.Column("last_reply_at", INSTANT, nullable=True))
    op.add_column("mentions", sa.Column("eligible", sa.String(), nullable=True))
    op.add_column("mentions", sa.Column("eligible_reason", sa.String(), nullable=True))
    op.add_column("mentions", sa.Column("eligible_until", INSTANT, nullable=True))


def downgrade() -> None:
    for column in ("eligible_until", "eligible_reason", "eligible"):
        op.drop_column("mentions", column)
    for column in ("last_reply_at", "first_reply_at"):
        op.drop_column("cases", column)
    op.drop_table("reply_events")
    op.drop_table("replies")
    op.drop_table("reply_rules")
