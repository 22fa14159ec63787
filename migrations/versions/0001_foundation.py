"""foundation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Letters whose accents a search must not care about, by the plain letter they are found under.
FOLDED = {
    "a": "àáâãäåāăą", "c": "çćč", "d": "ď", "e": "èéêëēėęě", "g": "ğ", "i": "ìíîïīįıİ", "l": "ł", "n": "ñńň",
    "o": "òóôõöőøō", "r": "ř", "s": "śşš", "t": "ť", "u": "ùúûüūůűų", "y": "ýÿ", "z": "źżž",
    "α": "ά", "ε": "έ", "η": "ή", "ι": "ίϊΐ", "ο": "ό", "υ": "ύϋΰ", "ω": "ώ", "σ": "ς",
}  # fmt: skip


def _folding() -> tuple[str, str]:
    """Return accented letters and, at the same places, the plain ones. Capitals too: lower() of a database made in the
    C locale knows only ASCII."""
    pairs = {accented: plain for plain, group in FOLDED.items() for accented in group}
    capitals = {letter.upper(): plain for letter, plain in pairs.items()}
    greek = {letter.upper(): letter for letter in "αβγδεζηθικλμνξοπρστυφχψω"}
    known = {
        letter: plain for letter, plain in (pairs | greek | capitals).items() if len(letter) == 1 and letter > "\x7f"
    }
    return "".join(known), "".join(known.values())


ACCENTED, PLAIN = _folding()

# The tokenizer folds case and the accents of Latin letters; the view adds what it leaves: Greek, and Turkish dotless i.
LEFT_ACCENTED, LEFT_PLAIN = "άΆέΈήΉίΊϊΪΐόΌύΎϋΫΰώΏςı", "ααεεηηιιιιιοουυυυυωωσi"


def _words(column: str) -> str:
    for accented, plain in zip(LEFT_ACCENTED, LEFT_PLAIN, strict=True):
        column = f"replace({column}, '{accented}', '{plain}')"
    return column


SQLITE_SEARCH = (
    f"CREATE VIEW mentions_words AS SELECT id, {_words('text')} AS text FROM mentions",
    """
    CREATE VIRTUAL TABLE mentions_search USING fts5(
        text, content='mentions_words', content_rowid='id', columnsize=0, tokenize="unicode61 remove_diacritics 2")
    """,
    f"""
    CREATE TRIGGER mentions_search_insert AFTER INSERT ON mentions BEGIN
        INSERT INTO mentions_search(rowid, text) VALUES (new.id, {_words("new.text")});
    END
    """,
    f"""
    CREATE TRIGGER mentions_search_delete AFTER DELETE ON mentions BEGIN
        INSERT INTO mentions_search(mentions_search, rowid, text)
        VALUES ('delete', old.id, {_words("old.text")});
    END
    """,
    f"""
    CREATE TRIGGER mentions_search_update AFTER UPDATE OF text ON mentions WHEN old.text IS NOT new.text BEGIN
        INSERT INTO mentions_search(mentions_search, rowid, text)
        VALUES ('delete', old.id, {_words("old.text")});
        INSERT INTO mentions_search(rowid, text) VALUES (new.id, {_words("new.text")});
    END
    """,
)

# PostgreSQL's parser makes one word of a/b, a.b and a@b, and drops what looks like markup: punctuation goes first.
PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
SPACES = " " * (len(PUNCTUATION) - 1)  # the doubled quote is one character

POSTGRESQL_SEARCH = (
    f"""
    CREATE FUNCTION earshot_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT translate(lower($1), '{ACCENTED}', '{PLAIN}') $$
    """,
    f"""
    ALTER TABLE mentions ADD COLUMN search tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', translate(earshot_fold(text), '{PUNCTUATION}', '{SPACES}'))) STORED
    """,
    "CREATE INDEX mentions_search ON mentions USING gin (search)",
)


def _make_search() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_SEARCH if on_sqlite else POSTGRESQL_SEARCH:
        op.execute(statement)


def _drop_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE mentions_search")
        op.execute("DROP VIEW mentions_words")
        return
    op.execute("DROP INDEX mentions_search")
    op.execute("ALTER TABLE mentions DROP COLUMN search")
    op.execute("DROP FUNCTION earshot_fold")


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("name", name=op.f("uq_brands_name")),
    )
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_ran_at", INSTANT, nullable=False),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "authors",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("following", sa.BigInteger(), nullable=True),
        sa.Column("posts", sa.BigInteger(), nullable=True),
        sa.Column("listed", sa.BigInteger(), nullable=True),
        sa.Column("reputation", sa.BigInteger(), nullable=True),
        sa.Column("account_created_at", INSTANT, nullable=True),
        sa.Column("is_bot", sa.Boolean(), nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_authors_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("brand_id", "source", "external_id", name=op.f("uq_authors_brand_id_source_external_id")),
    )
    op.create_table(
        "connections",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=True),
        sa.Column("credentials", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_connections_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
    )
    op.create_table(
        "memberships",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_memberships_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "brand_id", name=op.f("pk_memberships")),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_links_user_id"), ["user_id"], unique=False)

    op.create_table(
        "watches",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", JSON, nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_watches_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_watches_brand_id_name")),
    )
    op.create_table(
        "author_days",
        sa.Column("watch_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("fk_author_days_watch_id_watches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("watch_id", "day", "author_id", name=op.f("pk_author_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("thread_id", sa.String(), nullable=True),
        sa.Column("lead_mention_id", sa.BigInteger(), nullable=True),
        sa.Column("mention_count", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("abstained", sa.Boolean(), nullable=True),
        sa.Column("p_negative", sa.Double(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("lead_at", INSTANT, nullable=False),
        sa.Column("rank_key", sa.Double(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_cases_assignee_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_cases_author_id_authors"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_cases_brand_id_brands"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_author_id", ["author_id"], unique=False)
        batch_op.create_index(
            "ix_cases_thread_id",
            ["brand_id", "source", "thread_id"],
            unique=False,
            sqlite_where=sa.text("thread_id IS NOT NULL"),
            postgresql_where=sa.text("thread_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cases_open_label",
            ["brand_id", "label", "abstained", "state", "rank_key", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_cases_open_language",
            ["brand_id", "language", "state", "rank_key", "id", "source", "label", "abstained"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("ix_cases_rank", ["brand_id", "state", "rank_key", "id"], unique=False)
        batch_op.create_index(
            "ix_cases_open_unsure",
            ["brand_id", "abstained", "state", "rank_key", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_cases_open_assignee",
            ["brand_id", "assignee_id", "state", "rank_key", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_cases_open_source",
            ["brand_id", "source", "state", "rank_key", "id", "language", "label", "abstained"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_cases_snoozed_until",
            ["snoozed_until"],
            unique=False,
            sqlite_where=sa.text("state = 'snoozed'"),
            postgresql_where=sa.text("state = 'snoozed'"),
        )

    op.create_table(
        "hour_cells",
        sa.Column("watch_id", ID, nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("negative", sa.BigInteger(), nullable=False),
        sa.Column("neutral", sa.BigInteger(), nullable=False),
        sa.Column("positive", sa.BigInteger(), nullable=False),
        sa.Column("unsure", sa.BigInteger(), nullable=False),
        sa.Column("sum_negative", sa.Double(), nullable=False),
        sa.Column("sum_neutral", sa.Double(), nullable=False),
        sa.Column("sum_positive", sa.Double(), nullable=False),
        sa.Column("p0", sa.BigInteger(), nullable=False),
        sa.Column("p1", sa.BigInteger(), nullable=False),
        sa.Column("p2", sa.BigInteger(), nullable=False),
        sa.Column("p3", sa.BigInteger(), nullable=False),
        sa.Column("p4", sa.BigInteger(), nullable=False),
        sa.Column("p5", sa.BigInteger(), nullable=False),
        sa.Column("p6", sa.BigInteger(), nullable=False),
        sa.Column("p7", sa.BigInteger(), nullable=False),
        sa.Column("p8", sa.BigInteger(), nullable=False),
        sa.Column("p9", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("fk_hour_cells_watch_id_watches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("watch_id", "hour", "source", "language", name=op.f("pk_hour_cells")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "polls",
        sa.Column("id", ID, nullable=False),
        sa.Column("watch_id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("ability", sa.String(), nullable=False),
        sa.Column("interval_s", sa.Double(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("claim", sa.String(), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_read_at", INSTANT, nullable=True),
        sa.Column("last_mention_at", INSTANT, nullable=True),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.Column("last_fault_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_polls_connection_id_connections"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("fk_polls_watch_id_watches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
        sa.UniqueConstraint(
            "watch_id", "connection_id", "ability", name=op.f("uq_polls_watch_id_connection_id_ability")
        ),
    )
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_polls_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(
            "ix_polls_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "case_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_case_events_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    with op.batch_alter_table("case_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_events_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_watches",
        sa.Column("watch_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_watches_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("fk_case_watches_watch_id_watches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("watch_id", "case_id", name=op.f("pk_case_watches")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("case_watches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_watches_case_id"), ["case_id"], unique=False)

    op.create_table(
        "gaps",
        sa.Column("id", ID, nullable=False),
        sa.Column("poll_id", ID, nullable=False),
        sa.Column("after", INSTANT, nullable=True),
        sa.Column("before", INSTANT, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_gaps_poll_id_polls"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gaps_poll_id"), ["poll_id"], unique=False)

    op.create_table(
        "mentions",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("thread_id", sa.String(), nullable=True),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("reposts", sa.BigInteger(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("addressed", sa.Boolean(), nullable=True),
        sa.Column("is_repost", sa.Boolean(), nullable=False),
        sa.Column("raw", JSON, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=True),
        sa.Column("version_at", INSTANT, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
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
        sa.Column("score_attempts", sa.BigInteger(), nullable=False),
        sa.Column("score_fault", sa.String(), nullable=True),
        sa.Column("case_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_mentions_author_id_authors"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_mentions_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mentions_case_id_cases"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
        sa.UniqueConstraint("brand_id", "source", "external_id", name=op.f("uq_mentions_brand_id_source_external_id")),
    )
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.create_index("ix_mentions_author_id", ["author_id"], unique=False)
        batch_op.create_index("ix_mentions_brand_id_created_at", ["brand_id", "created_at"], unique=False)
        batch_op.create_index("ix_mentions_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_mentions_unscored",
            ["id"],
            unique=False,
            sqlite_where=sa.text("scored_at IS NULL AND score_fault IS NULL AND gone_at IS NULL"),
            postgresql_where=sa.text("scored_at IS NULL AND score_fault IS NULL AND gone_at IS NULL"),
        )

    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.String(), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_alerts_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_alerts_case_id_cases"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_alerts_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("mention_id", "rule", name=op.f("uq_alerts_mention_id_rule")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_alerts_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('due', 'sending')"),
            postgresql_where=sa.text("state IN ('due', 'sending')"),
        )

    op.create_table(
        "watch_mentions",
        sa.Column("watch_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_watch_mentions_mention_id_mentions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("fk_watch_mentions_watch_id_watches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("watch_id", "mention_id", name=op.f("pk_watch_mentions")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("watch_mentions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watch_mentions_mention_id"), ["mention_id"], unique=False)

    _make_search()


def downgrade() -> None:
    _drop_search()
    with op.batch_alter_table("watch_mentions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watch_mentions_mention_id"))

    op.drop_table("watch_mentions")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_alerts_due",
            sqlite_where=sa.text("state IN ('due', 'sending')"),
            postgresql_where=sa.text("state IN ('due', 'sending')"),
        )
        batch_op.drop_index(batch_op.f("ix_alerts_case_id"))

    op.drop_table("alerts")
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mentions_unscored",
            sqlite_where=sa.text("scored_at IS NULL AND score_fault IS NULL AND gone_at IS NULL"),
            postgresql_where=sa.text("scored_at IS NULL AND score_fault IS NULL AND gone_at IS NULL"),
        )
        batch_op.drop_index("ix_mentions_case_id")
        batch_op.drop_index("ix_mentions_brand_id_created_at")
        batch_op.drop_index("ix_mentions_author_id")

    op.drop_table("mentions")
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gaps_poll_id"))

    op.drop_table("gaps")
    with op.batch_alter_table("case_watches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_watches_case_id"))

    op.drop_table("case_watches")
    with op.batch_alter_table("case_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_events_case_id"))

    op.drop_table("case_events")
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_polls_due", sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL")
        )
        batch_op.drop_index(batch_op.f("ix_polls_connection_id"))

    op.drop_table("polls")
    op.drop_table("hour_cells")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_cases_snoozed_until",
            sqlite_where=sa.text("state = 'snoozed'"),
            postgresql_where=sa.text("state = 'snoozed'"),
        )
        batch_op.drop_index(
            "ix_cases_open_source", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index("ix_cases_rank")
        batch_op.drop_index(
            "ix_cases_open_unsure", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_cases_open_assignee", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_cases_open_language", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_cases_open_label", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index("ix_cases_author_id")

    op.drop_table("cases")
    op.drop_table("author_days")
    op.drop_table("watches")
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_links_user_id"))

    op.drop_table("sign_in_links")
    op.drop_table("memberships")
    op.drop_table("connections")
    op.drop_table("authors")
    op.drop_table("users")
    op.drop_table("job_runs")
    op.drop_table("brands")
