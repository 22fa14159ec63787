"""intents: what a text wants and how upset its writer is, beside each opinion; cases are filtered by the intent.

What is stored already stays NULL, not judged: no text is read again for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JUDGED = ("mentions", "overruled_opinions")
OPEN = sa.text("state = 'open'")
OPEN_INDEXES = {
    "source": (("source",), ("language", "label", "abstained")),
    "language": (("language",), ("source", "label", "abstained")),
    "label": (("label", "abstained"), ()),
    "unsure": (("abstained",), ()),
}
"""Column by column what further filters look at, so that the intent has to stand in these indexes too."""


def upgrade() -> None:
    for table in JUDGED:
        op.add_column(table, sa.Column("intent", sa.String(), nullable=True))
        op.add_column(table, sa.Column("intent_confidence", sa.Double(), nullable=True))
        op.add_column(table, sa.Column("intensity", sa.Double(), nullable=True))
    op.add_column("cases", sa.Column("intent", sa.String(), nullable=True))
    _index("intent", ("intent",), ("source", "language", "label", "abstained"))
    for name, (columns, beside) in OPEN_INDEXES.items():
        _drop(name)
        _index(name, columns, (*beside, "intent"))


def downgrade() -> None:
    for name, (columns, beside) in OPEN_INDEXES.items():
        _drop(name)
        _index(name, columns, beside)
    _drop("intent")
    op.drop_column("cases", "intent")
    for table in JUDGED:
        for name in ("intensity", "intent_confidence", "intent"):
            op.drop_column(table, name)


def _index(name: str, columns: tuple[str, ...], beside: tuple[str, ...]) -> None:
    op.create_index(
        f"ix_cases_open_{name}",
        "cases",
        ["brand_id", *columns, "state", "rank_key", "id", *beside],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _drop(name: str) -> None:
    op.drop_index(f"ix_cases_open_{name}", "cases")
