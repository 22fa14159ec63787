"""Collecting and scoring as processes that kill themselves at a planned point, and the platform they read.

A plan is a point of the work and how many passes of it are survived: the process takes SIGKILL there, as from a power
cut or the kernel's memory killer. The platform is a log of posts, edits and deletions, shuffled and repeated.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from listeners.http import Fetcher
from listeners.mentions import Author, Mention
from listeners.pages import Page
from listeners.queries import Query
from responder.clock import utc_now
from responder.context import Context
from responder.db import Database
from responder.intake.collect import collect_due
from responder.intake.scoring import score_waiting
from responder.models import Connection
from responder.settings import Settings
from sentiment import Opinion
from tests.listeners.stub import Answer, Hit
from tests.scorers import WordScorer

PAGE = 25
OVERLAP = 5
POSTED = datetime(2026, 3, 1, tzinfo=UTC)

Event = dict[str, Any]
"""One line of the log: an id, and the text and edit of a version, or a deletion."""


@dataclass(frozen=True)
class Plan:
    """Where a process dies: at the `nth` pass of a point. None: it lives."""

    point: str
    nth: int


COLLECTING = {"asking": 3, "fetched": 3, "statement": 40, "committing": 5, "committed": 5}
SCORING = {"scored": 3, "statement": 30, "committing": 3, "committed": 3}
"""Points of each kind of work, and within how many passes a plan may lie."""


def draw_plan(rng: random.Random, role: str) -> Plan:
    points = COLLECTING if role == "collect" else SCORING
    point = rng.choice(list(points))
    return Plan(point, rng.randint(1, points[point]))


def make_log(posts: int, rng: random.Random) -> list[Event]:
    """Posts in one to three versions and some deletions, in neighbouring disorder, a sixth of all repeated later."""
    timed: list[tuple[float, Event]] = []
    for number in range(posts):
        versions = range(rng.choice([1, 1, 1, 2, 3]))
        timed += [(number + rng.gauss(10 * version, 40), _version(number, version, posts)) for version in versions]
        if rng.random() < 0.05:
            timed.append((number + rng.gauss(30, 60), {"id": str(number), "gone": True}))
    timed += [(place + abs(rng.gauss(0, 300)), event) for place, event in rng.sample(timed, len(timed) // 6)]
    return [event for _, event in sorted(timed, key=lambda pair: pair[0])]


def _version(number: int, version: int, posts: int) -> Event:
    author = number % max(1, posts // 4)
    return {"id": str(number), "version": version, "text": f"kettle {number} v{version}", "author": f"a{author}"}


def final_texts(log: Sequence[Event]) -> dict[str, str | None]:
    """What should stand in the end: id → text of the last version, None for what was deleted."""
    versions: defaultdict[str, list[Event]] = defaultdict(list)
    for line in log:
        versions[line["id"]].append(line)
    return {
        external_id: None
        if any("gone" in line for line in lines)
        else max(lines, key=lambda line: int(line["version"]))["text"]
        for external_id, lines in versions.items()
    }


def serve_log(log: Sequence[Event]) -> Callable[[Hit], Answer]:
    """Serve the log by place, a little of what was served before first."""

    def page(hit: Hit) -> Answer:
        after = int(hit.query["after"])
        end = min(after + PAGE, len(log))
        return Answer(json={"events": log[max(0, after - OVERLAP) : end], "end": end, "more": end < len(log)})

    return page


class LogSource:
    """Reads the log over HTTP."""

    def __init__(self, url: str, fetcher: Fetcher, at: Callable[[str], None]) -> None:
        self._url, self._fetcher, self._at = url, fetcher, at

    def get(self, connection: Connection) -> LogSource:
        return self

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        self._at("asking")
        answer = self._fetcher.get(f"{self._url}/log", params={"after": cursor or "0"}).json()
        self._at("fetched")
        events = answer["events"]
        return Page(
            mentions=tuple(_mention(line) for line in events if "gone" not in line),
            gone=tuple(line["id"] for line in events if "gone" in line),
            cursor=str(answer["end"]),
            more=answer["more"],
        )


def _mention(line: Mapping[str, Any]) -> Mention:
    created_at = POSTED + timedelta(minutes=int(line["id"]))
    edited_at = created_at + timedelta(hours=line["version"]) if line["version"] else None
    return Mention(
        source="memory",
        external_id=line["id"],
        text=line["text"],
        created_at=created_at,
        edited_at=edited_at,
        author=Author(external_id=line["author"], handle=line["author"]),
    )


class Dying(WordScorer):
    """A scorer that passes a point when it has scored."""

    def __init__(self, at: Callable[[str], None]) -> None:
        super().__init__()
        self._at = at

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        opinions = super().score(texts, languages=languages)
        self._at("scored")
        return opinions


def work(role: str, database_url: str, url: str, plan: Plan | None, lives: int) -> None:
    """Collect or score until killed. Each life starts after the leases of the one before have run out."""
    passed: defaultdict[str, int] = defaultdict(int)

    def at(point: str) -> None:
        passed[point] += 1
        if plan is not None and (point, passed[point]) == (plan.point, plan.nth):
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(database_url)
    event.listen(database.engine, "after_cursor_execute", lambda *_: at("statement"))
    event.listen(database.engine, "commit", lambda _: at("committing"))
    event.listen(Session, "after_commit", lambda _: at("committed"))
    fetcher = Fetcher(allow_private_hosts=frozenset({"127.0.0.1"}))
    context = Context(
        settings=Settings(_env_file=None),
        database=database,
        clock=lambda: utc_now() + lives * timedelta(minutes=4),
        fetcher=fetcher,
        secret="not used",
        make_scorer=lambda: Dying(at),
    )
    source, scorer = LogSource(url, fetcher, at), context.make_scorer()
    while True:
        done = collect_due(context, source) if role == "collect" else score_waiting(context, scorer, batch=40)
        if not done:
            time.sleep(0.005)


def cursor_is_never_ahead(session: Session, cursor: str | None, log: Sequence[Event]) -> None:
    """Everything before the cursor is stored, in that version or a later one."""
    from responder.models import Mention as Row

    held = {row.external_id: row for row in session.execute(select(Row.external_id, Row.text, Row.gone_at))}
    for line in log[: int(cursor or 0)]:
        row = held[line["id"]]
        if "gone" in line:
            assert row.gone_at is not None
        elif row.gone_at is None:
            assert int(row.text.rpartition("v")[2]) >= line["version"]


def is_done(session: Session, cursor: str | None, log: Sequence[Event]) -> bool:
    """Everything was read and everything that stands was scored."""
    from responder.models import Mention as Row

    waiting = select(func.count()).where(Row.scored_at.is_(None), Row.gone_at.is_(None))
    return cursor == str(len(log)) and session.scalar(waiting) == 0
