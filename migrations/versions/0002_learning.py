"""learning: corrections of opinions, what they overrule, decisions on models, permits to train."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("by_admin", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("was_label", sa.String(), nullable=True),
        sa.Column("was_p_negative", sa.Double(), nullable=True),
        sa.Column("was_p_neutral", sa.Double(), nullable=True),
        sa.Column("was_p_positive", sa.Double(), nullable=True),
        sa.Column("was_abstained", sa.Boolean(), nullable=True),
        sa.Column("was_model", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_corrections_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_corrections_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_corrections_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_brand_id"), "corrections", ["brand_id"])
    op.create_index(op.f("ix_corrections_mention_id"), "corrections", ["mention_id"])
    op.create_table(
        "overruled_opinions",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("correction_id", ID, nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("p_negative", sa.Double(), nullable=True),
        sa.Column("p_neutral", sa.Double(), nullable=True),
        sa.Column("p_positive", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("abstained", sa.Boolean(), nullable=True),
        sa.Column("abstain_reason", sa.String(), nullable=True),
        sa.Column("opinion_language", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("scored_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.id"],
            name=op.f("fk_overruled_opinions_correction_id_corrections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_overruled_opinions_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_overruled_opinions")),
    )
    op.create_index(op.f("ix_overruled_opinions_correction_id"), "overruled_opinions", ["correction_id"])
    op.create_table(
        "model_decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("setting", sa.String(), nullable=True),
        sa.Column("replaced", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_decisions")),
    )
    op.create_table(
        "training_permits",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_training_permits_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", "source", name=op.f("pk_training_permits")),
    )


def downgrade() -> None:
    op.drop_table("training_permits")
    op.drop_table("model_decisions")
    op.drop_table("overruled_opinions")
    op.drop_table("corrections")
