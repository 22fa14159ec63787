"""What the insights page costs over 90 days, and that ten times the mentions cost the same: `python -m bench.insights`.

Builds the rollup rows of two watches directly, one that heard 100,000 mentions and one that heard 1,000,000, spread
over hours, sources and languages as talk is (few of them hold most), and times the page's queries on both. Counting
distinct people is timed apart: its cost grows with the people, and the page counts them at once only while the volume
is small. `EARSHOT_DATABASE_URL` chooses another database than a fresh SQLite file; its content is left alone but for
one brand that is deleted at the end.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from bench import bars
from responder.db import Database, migrate
from responder.insights.people import people
from responder.insights.periods import Period, preset_period
from responder.insights.queries import overview
from responder.models import AuthorDay, Brand, HourCell, Watch

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAYS = 181  # the period shown and the one before it
SIZES = (100_000, 1_000_000)
ROUNDS = 60
SOURCES = {"x": 40, "reddit": 25, "bluesky": 15, "mastodon": 8, "app_store": 8, "rss": 4}
LANGUAGES = {"en": 50, "ms": 20, "el": 12, "tr": 8, "de": 6, "es": 4}


def main() -> None:
    with _database() as database:
        times = {}
        for size in SIZES:
            watch = _fill(database, size)
            times[size] = _time_page(database, watch, size)
    small, large = (times[size] for size in SIZES)
    p95 = bars.percentile(large, 0.95)
    ratio = bars.percentile(large, 0.5) / bars.percentile(small, 0.5)
    bars.record(
        bars.Bar("insights over 90 days, 1,000,000 mentions", "p95 ≤ 200 ms", f"p95 {p95:.0f} ms", p95 <= 200),
        bars.Bar("the same with 10 times the mentions", "≤ 1.20 ×", f"{ratio:.2f} ×", ratio <= 1.2),
    )


@contextmanager
def _database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(os.environ.get("EARSHOT_DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        migrate(database)
        with database.writing() as session:
            session.add(Brand(name="bench insights", created_at=NOW))
        try:
            yield database
        finally:
            with database.writing() as session:
                session.execute(delete(Brand).where(Brand.name == "bench insights"))
            database.close()


def _fill(database: Database, mentions: int) -> Watch:
    """Add a watch that heard so many mentions in the last 90 days, and as many in the 91 before."""
    draw = random.Random(mentions)
    with database.writing() as session:
        brand_id = session.scalars(select(Brand.id).where(Brand.name == "bench insights")).one()
        watch = Watch(brand_id=brand_id, name=f"{mentions}", query=None, created_at=NOW - timedelta(days=DAYS))
        session.add(watch)
        session.flush()
        heard: Counter[tuple[datetime, str, str]] = Counter()
        people: Counter[tuple[Any, int]] = Counter()
        for _ in range(2 * mentions):
            at = _moment(draw)
            heard[at, _pick(draw, SOURCES), _pick(draw, LANGUAGES)] += 1
            # Most people write once, a few all the time.
            people[at.date(), int(400 * draw.paretovariate(0.5)) % mentions] += 1
        _add(session, HourCell, (_cell(watch.id, *key, count, draw) for key, count in sorted(heard.items())))
        _add(session, AuthorDay, (
            {"watch_id": watch.id, "day": day, "author_id": author, "mentions": count}
            for (day, author), count in sorted(people.items())
        ))  # fmt: skip
        return watch


def _moment(draw: random.Random) -> datetime:
    """An hour of the past half year, in the evening more often than at night."""
    hour = min(23, max(0, round(draw.gauss(16, 5))))
    return (NOW - timedelta(days=draw.randrange(DAYS))).replace(hour=hour, minute=0)


def _pick(draw: random.Random, weights: dict[str, int]) -> str:
    return draw.choices(list(weights), cum_weights=_cumulated(weights))[0]


def _cumulated(weights: dict[str, int]) -> list[int]:
    return [sum(islice(weights.values(), n + 1)) for n in range(len(weights))]


def _cell(watch_id: int, hour: datetime, source: str, language: str, count: int, draw: random.Random) -> dict[str, Any]:
    labels = Counter(draw.choices(("negative", "neutral", "positive", "unsure"), (3, 3, 3, 1), k=count))
    bins = Counter(draw.randrange(10) for _ in range(count))
    return {
        "watch_id": watch_id, "hour": hour, "source": source, "language": language,
        "mentions": count, "scored": count,
        **{label: labels[label] for label in ("negative", "neutral", "positive", "unsure")},
        "sum_negative": count * 0.35, "sum_neutral": count * 0.35, "sum_positive": count * 0.3,
        **{f"p{number}": bins[number] for number in range(10)},
    }  # fmt: skip


def _add(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, 5000)):
        session.execute(insert(table), batch)


def _time_page(database: Database, watch: Watch, size: int) -> list[float]:
    period = preset_period("90d", now=NOW, zone=ZoneInfo("Asia/Kuala_Lumpur"))

    def page(session: Session) -> None:
        overview(session, brand_id=watch.brand_id, watch_id=watch.id, period=period)

    times = _timed(database, page)
    bare = _timed(database, lambda session: _bare_sum(session, watch, period))
    counting = _timed(database, lambda session: people(session, watch_id=watch.id, period=period, volume=0), rounds=10)
    with database.reading() as session:
        cells = session.scalar(select(func.count()).select_from(HourCell).where(HourCell.watch_id == watch.id))
    print(
        f"{size:>9,} mentions in {cells:,} cells: page p50 {bars.percentile(times, 0.5):.0f} ms, "
        f"p95 {bars.percentile(times, 0.95):.0f} ms ({bars.percentile(times, 0.5) / bars.percentile(bare, 0.5):.1f} × "
        f"one bare sum over the cells); people apart p50 {bars.percentile(counting, 0.5):.0f} ms",
        flush=True,
    )
    return times


def _bare_sum(session: Session, watch: Watch, period: Period) -> None:
    where = (HourCell.watch_id == watch.id, HourCell.hour >= period.start, HourCell.hour < period.end)
    session.execute(select(func.sum(HourCell.mentions)).where(*where)).one()


def _timed(database: Database, ask: Callable[[Session], Any], *, rounds: int = ROUNDS) -> list[float]:
    times = []
    for _ in range(rounds + 3):
        with database.reading() as session:
            started = time.perf_counter()
            ask(session)
            times.append(1000 * (time.perf_counter() - started))
    return times[3:]


if __name__ == "__main__":
    main()
