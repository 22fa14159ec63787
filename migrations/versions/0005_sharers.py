"""sharers: habits of telling, ranked cases with promises, incidents, links between accounts.

Cases that are open already get their promise and their place when the worker next looks at them; their authors' habits
are counted by the nightly job.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

CASE_COLUMNS = (
    ("said_at", INSTANT),
    ("promise_class", sa.String()),
    ("promised_by", INSTANT),
    ("p_question", sa.Double()),
    ("intensity", sa.Double()),
    ("answerability", sa.Double()),
    ("hearers", sa.Double()),
    ("velocity", sa.Double()),
    ("tau", sa.Double()),
    ("telling", sa.Double()),
    ("sharer", sa.Double()),
    ("badge", sa.String()),
    ("safety", sa.String()),
    ("safety_by", sa.BigInteger()),
    ("incident_id", sa.BigInteger()),
    ("leased_by", sa.BigInteger()),
    ("leased_until", INSTANT),
    ("picked_at", INSTANT),
)
IN_INCIDENT = sa.text("incident_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("lead_mention_id", sa.BigInteger(), nullable=True),
        sa.Column("voices", sa.BigInteger(), nullable=False),
        sa.Column("case_count", sa.BigInteger(), nullable=False),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("outbreak_at", INSTANT, nullable=True),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("statement_by", ID, nullable=True),
        sa.Column("statement_at", INSTANT, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["users.id"], name=op.f("fk_incidents_approved_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_incidents_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["statement_by"], ["users.id"], name=op.f("fk_incidents_statement_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_brand_id_closed_at_last_at"), "incidents", ["brand_id", "closed_at", "last_at"])
    op.create_table(
        "objections",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_objections_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_objections_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("brand_id", "account", name=op.f("pk_objections")),
    )
    op.create_table(
        "rank_snapshots",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("computed_at", INSTANT, nullable=False),
        sa.Column("picks", sa.BigInteger(), nullable=False),
        sa.Column("last_case_id", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("case_ids", sa.LargeBinary(), nullable=False),
        sa.Column("priority", sa.LargeBinary(), nullable=False),
        sa.Column("added", sa.LargeBinary(), nullable=False),
        sa.Column("band_marks", sa.LargeBinary(), nullable=False),
        sa.Column("scale", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_rank_snapshots_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_rank_snapshots")),
    )
    op.create_table(
        "sharer_references",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("computed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_sharer_references_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", "source", name=op.f("pk_sharer_references")),
    )
    op.create_table(
        "stock_takings",
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_stock_takings_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_stock_takings")),
    )
    op.create_table(
        "account_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("one_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("clues", JSON, nullable=False),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("revoked_by", ID, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_account_links_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_account_links_decided_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["one_id"], ["authors.id"], name=op.f("fk_account_links_one_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["authors.id"], name=op.f("fk_account_links_other_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["users.id"], name=op.f("fk_account_links_revoked_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_account_links_one_id_other_id")),
    )
    op.create_index(op.f("ix_account_links_brand_id_status_id"), "account_links", ["brand_id", "status", "id"])
    op.create_index(op.f("ix_account_links_other_id"), "account_links", ["other_id"])
    op.create_table(
        "incident_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_events_incident_id_incidents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_incident_events_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_events")),
    )
    op.create_index(op.f("ix_incident_events_incident_id"), "incident_events", ["incident_id"])
    op.create_table(
        "sharer_flags",
        sa.Column("author_id", ID, autoincrement=False, nullable=False),
        sa.Column("month", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("badge", sa.String(), nullable=True),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_sharer_flags_author_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_sharer_flags_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("author_id", "month", name=op.f("pk_sharer_flags")),
    )
    op.create_index(op.f("ix_sharer_flags_brand_id_month"), "sharer_flags", ["brand_id", "month"])
    op.create_table(
        "sharers",
        sa.Column("author_id", ID, autoincrement=False, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("tellings", sa.BigInteger(), nullable=False),
        sa.Column("own_words", sa.BigInteger(), nullable=False),
        sa.Column("copied", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("linked", sa.BigInteger(), nullable=False),
        sa.Column("personal", sa.BigInteger(), nullable=False),
        sa.Column("selling", sa.BigInteger(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("first_posts", sa.BigInteger(), nullable=True),
        sa.Column("first_posts_at", INSTANT, nullable=True),
        sa.Column("reshared", sa.BigInteger(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kind_reason", sa.String(), nullable=True),
        sa.Column("kind_by", ID, nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("percentile", sa.Double(), nullable=True),
        sa.Column("carry", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("met", sa.Double(), nullable=True),
        sa.Column("badge", sa.String(), nullable=True),
        sa.Column("flagged_at", INSTANT, nullable=True),
        sa.Column("computed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_sharers_author_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_sharers_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["kind_by"], ["users.id"], name=op.f("fk_sharers_kind_by_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("author_id", name=op.f("pk_sharers")),
    )
    op.create_index(op.f("ix_sharers_brand_id_badge"), "sharers", ["brand_id", "badge"])
    op.create_index(op.f("ix_sharers_brand_id_source_percentile"), "sharers", ["brand_id", "source", "percentile"])
    op.create_table(
        "join_proposals",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("from_case_id", ID, nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_join_proposals_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_join_proposals_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_join_proposals_decided_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["from_case_id"], ["cases.id"], name=op.f("fk_join_proposals_from_case_id_cases"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_join_proposals_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_proposals")),
        sa.UniqueConstraint("mention_id", "case_id", name=op.f("uq_join_proposals_mention_id_case_id")),
    )
    op.create_index(op.f("ix_join_proposals_case_id"), "join_proposals", ["case_id"])
    op.create_table(
        "judgements",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("mention_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("shown", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_judgements_author_id_authors"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_judgements_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_judgements_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_judgements_mention_id_mentions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_judgements_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    op.create_index(op.f("ix_judgements_author_id"), "judgements", ["author_id"])
    op.create_index(op.f("ix_judgements_brand_id_kind_at"), "judgements", ["brand_id", "kind", "at"])
    op.create_index(op.f("ix_judgements_case_id"), "judgements", ["case_id"])
    op.create_index(op.f("ix_judgements_mention_id"), "judgements", ["mention_id"])
    op.create_table(
        "tellings",
        sa.Column("mention_id", ID, autoincrement=False, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=True),
        sa.Column("copied", sa.Boolean(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("is_reshare", sa.Boolean(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("selling", sa.Boolean(), nullable=False),
        sa.Column("reshared", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_tellings_author_id_authors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_tellings_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_tellings_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_tellings")),
    )
    op.create_index(op.f("ix_tellings_author_id_day"), "tellings", ["author_id", "day"])
    op.create_index(
        op.f("ix_tellings_brand_id_mark_at_mention_id"), "tellings", ["brand_id", "mark", "at", "mention_id"]
    )
    for name, kind in CASE_COLUMNS:
        op.add_column("cases", sa.Column(name, kind, nullable=True))
    op.create_index(
        "ix_cases_incident_id", "cases", ["incident_id"], sqlite_where=IN_INCIDENT, postgresql_where=IN_INCIDENT
    )


def downgrade() -> None:
    op.drop_index("ix_cases_incident_id", "cases")
    for name, _ in CASE_COLUMNS:
        op.drop_column("cases", name)
    op.drop_table("tellings")
    op.drop_table("judgements")
    op.drop_table("join_proposals")
    op.drop_table("sharers")
    op.drop_table("sharer_flags")
    op.drop_table("incident_events")
    op.drop_table("account_links")
    op.drop_table("stock_takings")
    op.drop_table("sharer_references")
    op.drop_table("rank_snapshots")
    op.drop_table("objections")
    op.drop_table("incidents")
