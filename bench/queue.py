"""What the queue page and its searches cost at 1,000,000 mentions: `python -m bench.queue [--database URL]`.

Builds two databases, one of 10,000 mentions and 1,000 open cases and one of a hundred times that, and times the page,
later pages, filters and text searches on both, beside a bare indexed read of as many cases on the same connection.
SQLite files in a temporary folder unless `--database` names a PostgreSQL server to make two databases on.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bench import bars, dataset
from bench.dataset import FREQUENT, RARE, UNCOMMON, Dataset
from responder.cases.queue import Filters, choices, get_case, list_open
from responder.db import Database, migrate

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MOST_MS = 50
MOST_GROWTH = 2
_MORE_PAGES = 4
_WARM_UP = 6


@dataclass(frozen=True, slots=True)
class Question:
    """One thing people ask. `is_bar`: it must keep the bars; the others are printed only."""

    name: str
    ask: Callable[[Session, Dataset], Any]
    is_bar: bool = False


def _listed(**filters: Any) -> Callable[[Session, Dataset], Any]:
    return lambda session, made: list_open(session, brand_id=made.brand_id, filters=Filters(**filters), now=NOW)


def _later_page(**filters: Any) -> Callable[[Session, Dataset], Any]:
    def ask(session: Session, made: Dataset) -> Any:
        after = None
        for _ in range(_MORE_PAGES):
            wanted = Filters(**filters)
            page = list_open(session, brand_id=made.brand_id, filters=wanted, after=after, limit=10, now=NOW)
            after = page.next or after
        return page

    return ask


def _watch_page(session: Session, made: Dataset) -> Any:
    return list_open(session, brand_id=made.brand_id, filters=Filters(watch_id=made.watch_ids[2]), now=NOW)


def _bare_read(session: Session, made: Dataset) -> Any:
    wanted = "SELECT * FROM cases WHERE brand_id = :b AND state = 'open' ORDER BY rank_key DESC, id DESC LIMIT 50"
    return session.execute(text(wanted), {"b": made.brand_id}).all()


QUESTIONS = (
    Question("queue page", _listed(), is_bar=True),
    Question("four short pages on", _later_page()),
    Question("one source", _listed(source="reddit")),
    Question("one language", _listed(language="es")),
    Question("negative only", _listed(label="negative")),
    Question("unsure only", _listed(label="unsure")),
    Question("one intent", _listed(intent="suggestion")),
    Question("intent and unsure", _listed(intent="suggestion", label="unsure")),
    Question("source, label and intent", _listed(source="rss", label="positive", intent="suggestion")),
    Question("source, language and label", _listed(source="rss", language="es", label="positive")),
    Question("one watch", _watch_page),
    Question("resolved cases", _listed(state="resolved")),
    Question("search, 20 matches", _listed(text=RARE), is_bar=True),
    Question("search, 1 % match", _listed(text=UNCOMMON), is_bar=True),
    Question("search, 10 % match", _listed(text=FREQUENT), is_bar=True),
    Question("search, no match", _listed(text="nowhere")),
    Question("search, two words", _listed(text=f"{FREQUENT} {UNCOMMON}")),
    Question("search and intent", _listed(text=FREQUENT, intent="suggestion")),
    Question("search and source", _listed(text=FREQUENT, source="rss")),
    Question("search, four short pages", _later_page(text=UNCOMMON)),
    Question("filter menus", lambda session, made: choices(session, brand_id=made.brand_id)),
    Question("one case", lambda session, made: get_case(session, brand_id=made.brand_id, case_id=made.cases, now=NOW)),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="URL of a PostgreSQL server; without it SQLite")
    options.add_argument("--mentions", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=60)
    given = options.parse_args()
    measure(server=given.database, mentions=given.mentions, rounds=given.rounds)


def measure(*, server: str | None, mentions: int, rounds: int) -> None:
    """Print the table of one engine and record its bars."""
    few = max(mentions // 100, 1000)
    small, large = _times(server, (few, mentions), rounds)
    engine = "PostgreSQL" if server else "SQLite"
    bare = bars.percentile(large["bare indexed read"], 0.95)
    print(f"{engine}, {mentions:,} mentions against {few:,}; ms, and times a bare indexed read")
    for name, times in large.items():
        p50, p95, before = bars.percentile(times, 0.5), bars.percentile(times, 0.95), bars.percentile(small[name], 0.5)
        grown = f"at {few:,}: p50 {before:6.1f}, {p50 / before:.2f} ×"
        print(f"{name:<28} p50 {p50:6.1f}  p95 {p95:6.1f}  {p95 / bare:5.1f} ×   {grown}")
    asked = [question.name for question in QUESTIONS if question.is_bar]
    slowest = max(asked, key=lambda name: bars.percentile(large[name], 0.95))
    growth = {name: bars.percentile(large[name], 0.5) / bars.percentile(small[name], 0.5) for name in asked}
    most = max(growth, key=growth.__getitem__)
    p95 = bars.percentile(large[slowest], 0.95)
    beside = f"{p95:.1f} ms ({slowest}; {p95 / bare:.1f} × a bare indexed read)"
    bars.record(
        bars.Bar(f"queue and searches, {engine}", f"p95 ≤ {MOST_MS} ms", beside, p95 <= MOST_MS),
        bars.Bar(
            f"the same against {few:,} mentions", f"≤ {MOST_GROWTH} ×", f"{growth[most]:.2f} × ({most})",
            growth[most] <= MOST_GROWTH,
        ),
    )  # fmt: skip


def _times(server: str | None, sizes: tuple[int, ...], rounds: int) -> list[dict[str, list[float]]]:
    """Time every question on databases of these sizes, turn by turn: what else the machine does strikes all alike."""
    with ExitStack() as stack:
        databases = [stack.enter_context(fresh(server)) for _ in sizes]
        built = [
            dataset.build(database, mentions=size, open_cases=size // 10, now=NOW)
            for database, size in zip(databases, sizes, strict=True)
        ]
        asked = {"bare indexed read": _bare_read} | {question.name: question.ask for question in QUESTIONS}
        times: list[dict[str, list[float]]] = [{name: [] for name in asked} for _ in sizes]
        for name, ask in asked.items():
            for number in range(rounds + _WARM_UP):
                for database, made, found in zip(databases, built, times, strict=True):
                    took = _timed(database, ask, made)
                    if number >= _WARM_UP:
                        found[name].append(took)
    return times


@contextmanager
def fresh(server: str | None) -> Iterator[Database]:
    """A migrated, empty database that is gone after the block: SQLite, or a new one on the PostgreSQL `server`."""
    with tempfile.TemporaryDirectory() as folder, _url(server, Path(folder)) as url:
        database = Database(url)
        migrate(database)
        yield database
        database.close()


@contextmanager
def _url(server: str | None, folder: Path) -> Iterator[str]:
    if server is None:
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    name = f"earshot_bench_{secrets.token_hex(4)}"
    admin = create_engine(make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _timed(database: Database, ask: Callable[[Session, Dataset], Any], made: Dataset) -> float:
    """Return how many milliseconds one question takes, in a session of its own as a request has."""
    begun = time.perf_counter()
    with database.reading() as session:
        ask(session, made)
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
