"""`python -m bench.ingest`: mentions stored per second in SQLite, and the share of a plain insert into the same tables.

Both fill a freshly migrated database with the same mentions, a thousand to a transaction, search index and rollups
included, scoring not. The plain insert knows every id and every sum beforehand and only writes.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import bars
from listeners.mentions import Author, Engagement, Mention
from listeners.pages import Page
from responder.db import Database, migrate
from responder.intake.store import store_page
from responder.models import Brand, Watch

MENTIONS = 50_000
BATCH = 1000
ROUNDS = 3
WANTED = 5_000
"""Mentions a second."""

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
_SYLLABLES = ("ka", "ro", "mi", "te", "lu", "so", "van", "der", "pe", "zi", "no", "ha", "bu", "fe", "gri", "sta")

INSERTS = {
    "authors": "id, brand_id, source, external_id, handle, name, followers, first_seen_at, updated_at",
    "mentions": "id, brand_id, source, external_id, kind, text, url, language, author_id, thread_id, likes, reposts,"
    " replies, is_repost, raw, created_at, version_at, revision, stored_at, score_attempts",
    "watch_mentions": "watch_id, mention_id",
    "author_days": "watch_id, day, author_id, mentions",
    "hour_cells": "watch_id, hour, source, language, mentions, scored, negative, neutral, positive, unsure,"
    " sum_negative, sum_neutral, sum_positive, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9",
}


def main() -> int:
    """Print the figures; return 1 when the bar is missed."""
    mentions = list(make_mentions(MENTIONS, random.Random(1)))
    plain_rows = as_rows(mentions)
    ours, plain = [], []
    for _ in range(ROUNDS):  # in turn, and the best of each: other work on the machine only ever slows down
        ours.append(timed(lambda database: store(database, mentions)))
        plain.append(timed(lambda database: insert(database, plain_rows)))
    rate, bare = MENTIONS / min(ours), MENTIONS / min(plain)
    bars.record(
        bars.Bar(
            "mentions stored in SQLite, index and rollups included",
            f">= {WANTED:,}/s",
            f"{rate:,.0f}/s, {rate / bare:.0%} of a plain insert into the same tables ({bare:,.0f}/s)",
            rate >= WANTED,
        )
    )
    return 0 if rate >= WANTED else 1


def make_mentions(count: int, rng: random.Random) -> Iterator[Mention]:
    """Posts of 14 words on average by a third as many people, over two weeks, newest last."""
    words = ["".join(rng.choices(_SYLLABLES, k=2 + n % 3)) for n in range(5000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    people = [
        Author(external_id=f"person-{n}", handle=f"person{n}", name=f"Person {n}", followers=rng.randrange(5000))
        for n in range(count // 3)
    ]
    for number in range(count):
        yield Mention(
            source=rng.choice(("x", "reddit", "bluesky")),
            external_id=f"post-{number}",
            text=" ".join(rng.choices(words, weights, k=rng.randrange(4, 25))),
            url=f"https://example.org/posts/{number}",
            language=rng.choice(("en", "ms", "el", None)),
            author=rng.choice(people),
            thread_id=f"thread-{number // 4}",
            engagement=Engagement(likes=rng.randrange(50), reposts=rng.randrange(9), replies=rng.randrange(9)),
            created_at=NOW - timedelta(minutes=20_000 * (count - number) / count),
            raw={"id": number, "visibility": "public", "tags": ["a", "b"]},
        )


def timed(fill: Callable[[Database], None]) -> float:
    """Return the seconds it takes to fill a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        migrate(database)
        with database.writing() as session:
            session.add(Brand(id=1, name="Bench", created_at=NOW))
            session.flush()
            session.add(Watch(id=1, brand_id=1, name="bench", query=None, created_at=NOW, paused_at=None))
        started = time.perf_counter()
        fill(database)
        took = time.perf_counter() - started
        database.close()
        return took


def store(database: Database, mentions: Sequence[Mention]) -> None:
    """Store as a collector does: what a platform handed over, page by page."""
    for start in range(0, len(mentions), BATCH):
        page = Page(mentions=tuple(mentions[start : start + BATCH]))
        with database.writing() as session:
            store_page(session, brand_id=1, watch_ids=(1,), page=page, now=NOW)


def insert(database: Database, batches: Sequence[dict[str, list[tuple[Any, ...]]]]) -> None:
    """Write ready rows with the driver alone."""
    connection = database.engine.raw_connection()
    cursor = connection.cursor()
    for batch in batches:
        cursor.execute("BEGIN IMMEDIATE")
        for table, rows in batch.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} ({INSERTS[table]}) VALUES ({marks})", rows)
        cursor.execute("COMMIT")
    connection.close()


def as_rows(mentions: Sequence[Mention]) -> list[dict[str, list[tuple[Any, ...]]]]:
    """Return what a plain insert writes, batch by batch; each author and each sum in the batch that meets it first."""
    now = _micros(NOW)
    authors: dict[tuple[str, str], int] = {}
    cells: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    days: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    batches = []
    for start in range(0, len(mentions), BATCH):
        batch: dict[str, list[tuple[Any, ...]]] = {table: [] for table in INSERTS}
        for number, m in enumerate(mentions[start : start + BATCH], start=start + 1):
            author, at = m.author, _micros(m.created_at)
            assert author is not None
            key = (m.source, author.external_id)
            if key not in authors:
                authors[key] = len(authors) + 1
                batch["authors"].append((authors[key], 1, *key, author.handle, author.name, author.followers, now, now))
            told = (m.kind.value, m.text, m.url, m.language, authors[key], m.thread_id)
            counts = (m.engagement.likes, m.engagement.reposts, m.engagement.replies)
            raw = str(m.raw).replace("'", '"')
            batch["mentions"].append(
                (number, 1, m.source, m.external_id, *told, *counts, False, raw, at, at, 1, now, 0)
            )
            batch["watch_mentions"].append((1, number))
            for sums, cell in (
                (cells, (1, at - at % 3_600_000_000, m.source, m.language or "und")),
                (days, (1, m.created_at.date().isoformat(), authors[key])),
            ):
                sums[cell] += 1
        batches.append(batch)
    batches[-1]["author_days"] = [(*key, count) for key, count in days.items()]
    batches[-1]["hour_cells"] = [(*key, count, *[0] * 18) for key, count in cells.items()]
    return batches


def _micros(instant: datetime) -> int:
    return int(instant.timestamp() * 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
