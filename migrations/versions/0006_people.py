"""people: what accounts can be found by across platforms, as keyed hashes.

Mentions that are in cases already are looked through by the worker, from the oldest event of their cases on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_traces",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_account_traces_author_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_account_traces_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_account_traces_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_traces")),
    )
    op.create_index(op.f("ix_account_traces_author_id"), "account_traces", ["author_id"])
    op.create_index(op.f("ix_account_traces_brand_id_mark"), "account_traces", ["brand_id", "mark"])
    op.create_index(op.f("ix_account_traces_mention_id"), "account_traces", ["mention_id"])
    op.create_table(
        "people_progress",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_people_progress_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_people_progress")),
    )


def downgrade() -> None:
    op.drop_table("people_progress")
    op.drop_table("account_traces")
