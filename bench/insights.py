"""What the insights page costs over 90 days, and that ten times the mentions cost the same: `python -m bench.insights`.

Builds the rollup rows of three watches directly, which heard 100,000, 1,000,000 and 10,000,000 mentions in 90 days,
spread over hours, sources and languages as talk is (few of them hold most), and times the page's queries and the whole
page. A cost that follows the range grows only until every hour has met every source and language; the first line shows
how far 100,000 mentions are from that. Counting distinct people is timed apart: its cost grows with the people, and the
page leaves it to a second request above `COUNT_PEOPLE_UP_TO` mentions. `EARSHOT_DATABASE_URL` chooses another database
than a fresh SQLite file; of its content one brand is added, and deleted at the end.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from bench import bars
from listeners.http import Fetcher
from responder.context import Context
from responder.db import Database, migrate
from responder.insights.people import people
from responder.insights.periods import Period, preset_period
from responder.insights.queries import overview
from responder.models import AuthorDay, Brand, HourCell, Membership, Role, User, Watch
from responder.settings import Settings
from webapp import create_app

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAYS = 181  # the range shown and the one before it
SIZES = (100_000, 1_000_000, 10_000_000)
PEOPLE_UP_TO = 1_000_000
ROUNDS = 60
SOURCES = {"x": 40, "reddit": 25, "bluesky": 15, "mastodon": 8, "app_store": 8, "rss": 4}
LANGUAGES = {"en": 50, "ms": 20, "el": 12, "tr": 8, "de": 6, "es": 4}
HOURS = [1 + 6 * math.exp(-((hour - 15) ** 2) / 40) for hour in range(24)]
"""How much is said at each hour: seven times as much in the afternoon as at night."""


def main() -> None:
    with _database() as database:
        _, million, ten_million = (_measure(database, size) for size in SIZES)
    p95 = bars.percentile(million.page, 0.95)
    ratio = statistics.median(ten_million.queries) / statistics.median(million.queries)
    bars.record(
        bars.Bar("insights page, 90 days of 1,000,000 mentions", "p95 ≤ 200 ms", f"p95 {p95:.0f} ms", p95 <= 200),
        bars.Bar("its queries with 10 times the mentions", "≤ 1.20 ×", f"{ratio:.2f} ×", ratio <= 1.2),
    )


@dataclass(frozen=True)
class Times:
    """Milliseconds of each round: the page's queries alone, and the page as a browser gets it."""

    queries: list[float]
    page: list[float]


@contextmanager
def _database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(os.environ.get("EARSHOT_DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        migrate(database)
        with database.writing() as session:
            brand = Brand(name="bench insights", created_at=NOW)
            user = User(email="bench@example.org", name="Bench", session_key="bench", created_at=NOW)
            session.add_all([brand, user])
            session.flush()
            session.add(Membership(user_id=user.id, brand_id=brand.id, role=Role.MARKETER))
        try:
            yield database
        finally:
            with database.writing() as session:
                session.execute(delete(Brand).where(Brand.name == "bench insights"))
                session.execute(delete(User).where(User.email == "bench@example.org"))
            database.close()


def _fill(database: Database, mentions: int) -> Watch:
    """Add a watch that heard so many mentions in the last 90 days, and as many in the 91 before."""
    draw = random.Random(mentions)
    with database.writing() as session:
        brand_id = session.scalars(select(Brand.id).where(Brand.name == "bench insights")).one()
        watch = Watch(brand_id=brand_id, name=f"{mentions}", query=None, created_at=NOW - timedelta(days=DAYS))
        session.add(watch)
        session.flush()
        _add(session, HourCell, _cells(watch.id, 2 * mentions, draw))
        if mentions <= PEOPLE_UP_TO:
            _add(session, AuthorDay, _author_days(watch.id, 2 * mentions, draw))
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE hour_cells, author_days")
    return watch


def _cells(watch_id: int, mentions: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Every cell with a count drawn around its share; those nothing fell into are left out, as intake does."""
    whole = DAYS * sum(HOURS) * sum(SOURCES.values()) * sum(LANGUAGES.values())
    first = (NOW - timedelta(days=DAYS - 1)).replace(hour=0)
    for day, hour, source, language in product(range(DAYS), range(24), sorted(SOURCES), sorted(LANGUAGES)):
        count = _poisson(mentions * HOURS[hour] * SOURCES[source] * LANGUAGES[language] / whole, draw)
        if count:
            yield _cell(watch_id, first + timedelta(days=day, hours=hour), source, language, count, draw)


def _cell(watch_id: int, hour: datetime, source: str, language: str, count: int, draw: random.Random) -> dict[str, Any]:
    negative, neutral, unsure = (int(count * draw.uniform(0.1, 0.3)) for _ in range(3))
    return {
        "watch_id": watch_id, "hour": hour, "source": source, "language": language,
        "mentions": count, "scored": count, "negative": negative, "neutral": neutral, "unsure": unsure,
        "positive": count - negative - neutral - unsure,
        "sum_negative": count * 0.35, "sum_neutral": count * 0.35, "sum_positive": count * 0.3,
        **{f"p{number}": count // 10 for number in range(10)},
    }  # fmt: skip


def _author_days(watch_id: int, mentions: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Most people write once, a few all the time."""
    first = (NOW - timedelta(days=DAYS - 1)).date()
    for day in range(DAYS):
        heard = Counter(int(400 * draw.paretovariate(0.5)) % mentions for _ in range(mentions // DAYS))
        for author, count in sorted(heard.items()):
            yield {"watch_id": watch_id, "day": first + timedelta(days=day), "author_id": author, "mentions": count}


def _poisson(mean: float, draw: random.Random) -> int:
    """Draw a count: by its definition where it is small, by the normal curve where that is the same."""
    if mean > 50:
        return max(0, round(draw.gauss(mean, math.sqrt(mean))))
    count, chance, limit = 0, draw.random(), math.exp(-mean)
    while chance > limit:
        chance *= draw.random()
        count += 1
    return count


def _add(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, 5000)):
        session.execute(insert(table), batch)


def _measure(database: Database, size: int) -> Times:
    watch = _fill(database, size)
    period = preset_period("90d", now=NOW, zone=ZoneInfo("Asia/Kuala_Lumpur"))
    where = {"brand_id": watch.brand_id, "watch_id": watch.id, "period": period}
    queries = _timed(_reading(database, lambda session: overview(session, **where)))
    browser = _browser(database)
    page = _timed(lambda: _get(browser, f"/insights?watch={watch.id}&range=90d"))
    bare = _timed(_reading(database, lambda session: _bare_sum(session, watch, period)))
    with database.reading() as session:
        cells = session.scalar(select(func.count()).select_from(HourCell).where(HourCell.watch_id == watch.id))
    counted = ""
    if size <= PEOPLE_UP_TO:
        times = _timed(_reading(database, lambda session: people(session, watch_id=watch.id, period=period, volume=0)))
        counted = f"; people {_words(times)}"
    print(
        f"{size:>10,} mentions, {cells // 2:,} cells a range: queries {_words(queries)} "
        f"({statistics.median(queries) / statistics.median(bare):.0f} × one bare sum), page {_words(page)}{counted}",
        flush=True,
    )
    return Times(queries, page)


def _words(times: list[float]) -> str:
    return f"p50 {statistics.median(times):.0f} p95 {bars.percentile(times, 0.95):.0f} ms"


def _bare_sum(session: Session, watch: Watch, period: Period) -> None:
    where = (HourCell.watch_id == watch.id, HourCell.hour >= period.start, HourCell.hour < period.end)
    session.execute(select(func.sum(HourCell.mentions)).where(*where)).one()


def _browser(database: Database) -> FlaskClient:
    settings = Settings(_env_file=None, timezone="Asia/Kuala_Lumpur")
    app = create_app(
        Context(
            settings=settings, database=database, clock=lambda: NOW, fetcher=Fetcher(), secret="bench " * 8,
            make_scorer=lambda: None,  # type: ignore[arg-type, return-value]
        )
    )  # fmt: skip
    with database.reading() as session:
        user = session.scalars(select(User).where(User.email == "bench@example.org")).one()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = f"{user.id}.{user.session_key}"
    return browser


def _get(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    assert "Mentions by day" in answer.text


def _reading(database: Database, ask: Callable[[Session], Any]) -> Callable[[], None]:
    def once() -> None:
        with database.reading() as session:
            ask(session)

    return once


def _timed(once: Callable[[], None]) -> list[float]:
    times = []
    for _ in range(ROUNDS + 3):
        started = time.perf_counter()
        once()
        times.append(1000 * (time.perf_counter() - started))
    return times[3:]


if __name__ == "__main__":
    main()
