"""What a new mention costs its author's habits: `python -m bench.habits [--database URL]`.

A brand with 5,000 authors and 40,000 counted mentions; then new mentions are counted one by one, and 64 at a time as
the scorer hands them over, in one transaction each. The time is that of `responder.sharers.profiles.profile` alone: the
counters, the score, the place among the platform's people and the badge. Beside it stands a plain insert of as many
rows. An author with 5,000 tellings must cost no more than one with 5: the same is timed on both.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from bench import bars
from bench.queue import fresh
from responder.accounts.users import add_brand
from responder.db import Database
from responder.models import Author, Mention, Telling
from responder.sharers import nightly
from responder.sharers.profiles import count_again, profile

AUTHORS, TOLD = 5_000, 40_000
SECRET = "a secret for the bench, of forty characters"
MOST_MS = 1.0
TIMES_LARGE = 2.0
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def words(number: int) -> str:
    """Return a complaint that shares no run of words with another."""
    chance = random.Random(number)
    return "My " + " ".join("".join(chance.choices("aeioklmnprst", k=7)) for _ in range(12)) + " broke again"


def mention(number: int, author_id: int, at: datetime) -> dict[str, Any]:
    """Return a scored mention as a row."""
    unknown = ("url", "language", "thread_id", "parent_id", "rating", "likes", "replies", "views", "addressed", "raw",
               "edited_at", "gone_at", "abstain_reason", "intent", "intent_confidence", "intensity", "score_fault",
               "case_id")  # fmt: skip
    return {
        **dict.fromkeys(unknown), "id": number, "brand_id": 1, "source": "x", "external_id": str(number),
        "kind": "post", "text": words(number), "author_id": author_id, "reposts": number % 3, "is_repost": False,
        "created_at": at, "version_at": at, "revision": 1, "stored_at": NOW, "label": "negative", "p_negative": 0.9,
        "p_neutral": 0.05, "p_positive": 0.05, "confidence": 0.9, "abstained": False, "opinion_language": "en",
        "model": "bench", "scored_at": NOW, "score_attempts": 0,
    }  # fmt: skip


def fill(database: Database) -> None:
    """Make the brand, its people and what they told; author 1 told 5,000 times."""
    chance = random.Random(1)
    with database.writing() as session:
        add_brand(session, "Bench", now=NOW)
        unknown = ("handle", "name", "url", "following", "reputation", "account_created_at", "is_bot")
        rows = [
            {**dict.fromkeys(unknown), "id": number, "brand_id": 1, "source": "x", "external_id": f"a{number}",
             "followers": int(chance.paretovariate(1) * 60), "listed": number % 40, "posts": number,
             "first_seen_at": NOW, "updated_at": NOW}
            for number in range(1, AUTHORS + 1)
        ]  # fmt: skip
        session.connection().execute(insert(Author), rows)
        said = [
            mention(number, 1 if number <= 5_000 else chance.randint(2, AUTHORS), _some_time_ago(chance))
            for number in range(1, TOLD + 1)
        ]
        for begin in range(0, TOLD, 5_000):
            some = said[begin : begin + 5_000]
            session.connection().execute(insert(Mention), some)
            session.connection().execute(insert(Telling), [_telling(row) for row in some])
    with database.writing() as session:
        count_again(session, 1, range(1, AUTHORS + 1), now=NOW)
        nightly.take_census(session, 1, now=NOW)


def timed(database: Database, first: int, batches: int, size: int, author: int | None) -> list[float]:
    """Return milliseconds a mention of counting `batches` of `size` new ones, by one author or by many (None)."""
    chance = random.Random(first)
    times = []
    for batch in range(batches):
        numbers = range(first + batch * size, first + (batch + 1) * size)
        with database.writing() as session:
            rows = [mention(number, author or chance.randint(2, AUTHORS), NOW) for number in numbers]
            session.connection().execute(insert(Mention), rows)
            started = time.perf_counter()
            profile(session, list(numbers), brand_id=1, secret=SECRET, now=NOW)
            times.append(1000 * (time.perf_counter() - started) / size)
    return times


def _some_time_ago(chance: random.Random) -> datetime:
    return NOW - timedelta(minutes=chance.randint(1, 300 * 1_440))


def _telling(row: dict[str, Any]) -> dict[str, Any]:
    from responder.sharers.habits import day_of
    from responder.sharers.traces import trace

    found = trace(row["text"])
    return {
        "mention_id": row["id"], "author_id": row["author_id"], "brand_id": 1, "day": day_of(row["created_at"]),
        "at": row["created_at"], "mark": found.mark, "copied": False, "repeated": False, "is_reshare": False,
        "linked": found.linked, "personal": found.personal, "selling": found.selling, "reshared": row["reposts"],
    }  # fmt: skip


def main() -> None:
    """Print the bars."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", help="a PostgreSQL server's URL; unset: SQLite")
    server = parser.parse_args().database
    with fresh(server) as database:
        fill(database)
        timed(database, TOLD + 1, 20, 1, None)  # so that every statement has been compiled
        alone = timed(database, TOLD + 1_001, 200, 1, None)
        together = timed(database, TOLD + 10_001, 30, 64, None)
        few, many = (timed(database, TOLD + begin, 100, 1, author) for begin, author in ((50_001, 17), (60_001, 1)))
    kind = "PostgreSQL" if server else "SQLite"
    times = statistics.median(many) / statistics.median(few)
    bars.record(
        bars.Bar(
            f"an author brought up to date by a new mention, {kind}",
            f"≤ {MOST_MS:g} ms",
            f"{statistics.median(together):.2f} ms in a batch of 64 (p95 {bars.percentile(together, 0.95):.2f}); "
            f"{statistics.median(alone):.1f} ms alone, six statements",
            statistics.median(together) <= MOST_MS,
        ),
        bars.Bar(
            f"the same of an author with 5,000 tellings, {kind}",
            f"≤ {TIMES_LARGE:g} × of one with few",
            f"{times:.2f} ×",
            times <= TIMES_LARGE,
        ),
    )


if __name__ == "__main__":
    main()
