"""vectors: a text vector per mention; those stored so far wait for theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mention_vectors",
        sa.Column("mention_id", ID, autoincrement=False, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_mention_vectors_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mention_vectors")),
    )
    # Before the index: building it once is cheaper than keeping it up row by row.
    op.execute(
        "INSERT INTO mention_vectors (mention_id, model) SELECT id, '' FROM mentions "
        "WHERE gone_at IS NULL AND (scored_at IS NOT NULL OR score_fault IS NOT NULL)"
    )
    op.create_index(op.f("ix_mention_vectors_model_mention_id"), "mention_vectors", ["model", "mention_id"])


def downgrade() -> None:
    op.drop_table("mention_vectors")
