"""The queue page and its searches at a million mentions, over HTTP: `python -m bench.pages [--database URL]`.

`earshot serve` answers on loopback from a made-up database (`bench.dataset`) with 1,000,000 mentions and 100,000 open
cases, ranked as a worker ranks them, and from one with 10,000 and 1,000. Each address is asked for in turn by one
client, then by eight at once without a pause between requests. Beside them stands a bare indexed read of the same rows
in the same database file.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench import bars
from bench.dataset import FREQUENT, RARE, UNCOMMON, build
from bench.queue import fresh
from bench.running import Running, earshot, signed_in
from responder.cases import snapshots
from responder.db import Database

ADDRESSES = {
    "queue page": "/queue",
    "rare term": f"/queue?q={RARE}",
    "1 % term": f"/queue?q={UNCOMMON}",
    "10 % term": f"/queue?q={FREQUENT}",
}
SMALL, LARGE = (10_000, 1_000), (1_000_000, 100_000)
CLIENTS = 8
ALONE_MS, TOGETHER_MS, TIMES_SMALL = 50, 150, 2
BARE = "SELECT id, rank_key FROM cases WHERE brand_id = 1 AND state = 'open' ORDER BY rank_key DESC, id DESC LIMIT 50"

Times = dict[str, list[float]]


def ask(cookie: str, running: Running, rounds: int) -> Times:
    """Ask for every address in turn, `rounds` times; return the milliseconds each answer took.

    By the plainest client there is: what a client does with its own processor time is not the server's doing.
    """
    times: Times = defaultdict(list)
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    for _ in range(rounds):
        for name, address in ADDRESSES.items():
            started = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": cookie})
            answer = connection.getresponse()
            body = answer.read()
            times[name].append(1000 * (time.perf_counter() - started))
            if answer.status != 200 or b"data-row" not in body:
                raise RuntimeError(f"{address} answered {answer.status}")
    connection.close()
    return times


def ask_together(cookie: str, running: Running, rounds: int) -> Times:
    """The same by several clients at once."""
    times: Times = defaultdict(list)

    def one() -> None:
        for name, found in ask(cookie, running, rounds).items():
            times[name] += found

    threads = [threading.Thread(target=one) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def bare_read(url: str, rounds: int) -> float:
    """Return the median milliseconds of reading one page of ids from the index."""
    database = Database(url)
    times = []
    with database.reading() as session:
        for _ in range(rounds):
            started = time.perf_counter()
            session.connection().exec_driver_sql(BARE).fetchall()
            times.append(1000 * (time.perf_counter() - started))
    database.close()
    return statistics.median(times)


@contextmanager
def served(server: str | None, size: tuple[int, int]) -> Iterator[tuple[Running, str]]:
    """Serve a made-up database of this size."""
    with fresh(server) as database, tempfile.TemporaryDirectory() as folder:
        url = database.engine.url.render_as_string(hide_password=False)
        made = build(database, mentions=size[0], open_cases=size[1], now=datetime.now(UTC))
        with database.writing() as session:  # as a worker does every few seconds
            order = snapshots.take(session, made.brand_id, now=datetime.now(UTC), zone=ZoneInfo("UTC"))
            snapshots.store(session, made.brand_id, order)
        if database.is_sqlite:
            with database.writing() as session:
                session.execute(text("ANALYZE"))
        database.close()
        with earshot(Path(folder), "--no-worker", database_url=url) as running:
            yield running, url


def measure(server: str | None, size: tuple[int, int], rounds: int) -> tuple[Times, Times, float]:
    with served(server, size) as (running, url):
        cookie = "; ".join(f"{name}={value}" for name, value in signed_in(running).cookies.items())
        ask_together(cookie, running, 5)  # so that every process has met every page
        alone = ask(cookie, running, rounds)
        together = ask_together(cookie, running, max(5, rounds // 4))
        return alone, together, bare_read(url, rounds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", help="a PostgreSQL server's URL; unset: SQLite")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    small_alone, _, small_bare = measure(options.database, SMALL, options.rounds)
    alone, together, bare = measure(options.database, LARGE, options.rounds)
    kind = "PostgreSQL" if options.database else "SQLite"
    print(f"bare indexed read: {bare:.2f} ms at 1,000,000 mentions, {small_bare:.2f} ms at 10,000")
    for name in ADDRESSES:
        p95 = bars.percentile(alone[name], 0.95)
        small = bars.percentile(small_alone[name], 0.95)
        crowd = bars.percentile(together[name], 0.95)
        bars.record(
            bars.Bar(
                f"{name}, {kind}",
                f"p95 ≤ {ALONE_MS} ms alone, ≤ {TOGETHER_MS} ms with {CLIENTS} clients, ≤ {TIMES_SMALL} × small",
                f"p50 {statistics.median(alone[name]):.1f}, p95 {p95:.1f} ms; {crowd:.0f} ms; {p95 / small:.2f} ×; "
                f"{statistics.median(alone[name]) / bare:.0f} × bare read",
                p95 <= ALONE_MS and crowd <= TOGETHER_MS and p95 <= TIMES_SMALL * small,
            )
        )


if __name__ == "__main__":
    main()
