"""What ranking every open case costs beside reading them: `python -m bench.rank [--database URL]`.

A made-up brand (`bench.dataset`) has 100,000 open cases, a fifth of them in incidents, some in danger. The bare read is
of every column that the rule needs, by the driver's own cursor, through the index over open cases. Beside it: the same
as the product does it, read, ranked with incidents, fair slot and bands, and the first fifty explained in words.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench import bars
from bench.dataset import build
from bench.queue import fresh
from responder.cases.open_cases import Read, as_arrays, read_open
from responder.cases.points import points
from responder.cases.priority import Ranked, rank
from responder.cases.reasons import sizes, words
from responder.db import Database

Done = TypeVar("Done")

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
MOST_TIMES = 20
EXPLAINED = 50
BARE = (
    "SELECT id, opened_at, promised_by, leased_until, said_at, p_negative, abstained, incident_id, safety, p_question, "
    "intensity, telling, hearers, velocity, tau, answerability "
    "FROM cases WHERE brand_id = 1 AND state = 'open' ORDER BY id"
)
NARROW = "SELECT id, rank_key FROM cases WHERE brand_id = 1 AND state = 'open' ORDER BY rank_key DESC, id DESC"
"""What one index holds already: no row is looked up."""

PLANTED = (
    "UPDATE cases SET incident_id = NULL",
    "UPDATE cases SET incident_id = 1 + id / 5 % 1000 WHERE id % 5 = 0",
    "UPDATE cases SET safety = 'injury' WHERE id % 1000 = 7",
)
"""A fifth of the cases in a thousand incidents, one in a thousand in danger."""


def bare(database: Database, statement: str = BARE) -> list[Any]:
    """Read every open case by the driver's cursor."""
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        connection.close()


def read(database: Database, brand_id: int) -> Read:
    """Read every open case as the product does."""
    with database.reading() as session:
        return as_arrays(read_open(session, brand_id), now=NOW, zone=ZONE)


def ranked(found: Read) -> Ranked:
    """Rank them, bands kept from jumping."""
    return rank(found.cases, promise_ends_today=found.ends_today, held=found.leased)


def explained(found: Read, order: Ranked) -> list[list[str]]:
    """Say of the first fifty why they stand where they do."""
    first, together = order.order[:EXPLAINED].tolist(), sizes(found.cases)
    told = zip(first, points(found.cases, order, first), strict=True)
    return [
        [words(part, found.cases, case, unknown=found.unknown(case), together=together.get(incident)) for part in parts]
        for case, parts in told
        for incident in [int(found.cases.incident[case])]
    ]


@dataclass
class Timer:
    """Milliseconds that each thing took, turn by turn: what else the machine does strikes all alike."""

    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __call__(self, name: str, do: Callable[[], Done]) -> Done:
        begun = time.perf_counter()
        done = do()
        self.taken[name].append(1000 * (time.perf_counter() - begun))
        return done

    def median(self, *names: str) -> float:
        """Return the median milliseconds of these things together."""
        return sum(statistics.median(self.taken[name]) for name in names)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="URL of a PostgreSQL server; without it SQLite")
    options.add_argument("--cases", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=9)
    given = options.parse_args()
    engine = "PostgreSQL" if given.database else "SQLite"
    with fresh(given.database) as database:
        made = build(database, mentions=given.cases * 5 // 2, open_cases=given.cases, now=NOW)
        with database.writing() as session:
            for statement in PLANTED:
                session.execute(text(statement))
        timer = Timer()
        for _ in range(given.rounds):
            rows = timer("bare", lambda: bare(database))
            timer("narrow", lambda: bare(database, NARROW))
            found = timer("read", lambda: read(database, made.brand_id))
            order = timer("rank", partial(ranked, found))
            told = timer("explain", partial(explained, found, order))
            if not len(rows) == len(found.ids) == len(order.order) == given.cases or len(told) != EXPLAINED:
                raise RuntimeError(f"{len(rows)} rows, {len(order.order)} ranked, {len(told)} explained")
    whole, alone, bare_ms = timer.median("read", "rank", "explain"), timer.median("rank"), timer.median("bare")
    print(f"{engine}, {given.cases:,} open cases, {(found.cases.incident >= 0).mean():.0%} in incidents")
    print(", ".join(f"{name} {timer.median(name):.0f} ms" for name in timer.taken))
    bars.record(
        bars.Bar(
            f"ranking {given.cases:,} open cases, {engine}", f"≤ {MOST_TIMES} × a bare indexed read",
            f"{whole:.0f} ms, {whole / bare_ms:.1f} × (the ranking alone {alone / bare_ms:.1f} ×); "
            f"{whole / timer.median('narrow'):.1f} × one of ids and keys alone",
            whole <= MOST_TIMES * bare_ms,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
